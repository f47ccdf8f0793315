#include "tests/cli_support.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

extern char** environ;

namespace allocviz::cli {
namespace {

// The environment of a run. Sanitized, half of a run goes into looking for leaks and into keeping the calls behind each
// allocation: a program of tests has that once a subcommand. The later of two equal options counts.
std::vector<std::string> environment_for(const std::string& subcommand) {
  static std::set<std::string> looked_for_leaks;
  const bool first = looked_for_leaks.insert(subcommand).second;
  std::vector<std::string> variables;
  std::string sanitizer = "ASAN_OPTIONS=";
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (const std::string_view text = *variable; text.starts_with(sanitizer)) {
      sanitizer = text;
    } else {
      variables.emplace_back(text);
    }
  }
  if (!first) sanitizer += ":detect_leaks=0:malloc_context_size=5";
  variables.push_back(std::move(sanitizer));
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::string data(const std::string& name) {
  return ALLOCVIZ_SOURCE_DIR "/tests/data/" + name;
}
bool exists(const std::string& path) {
  return std::filesystem::exists(path);
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Test programs of several tests run beside each other: the process' number keeps their files apart.
Scratch::Scratch(const std::string& name, std::string_view bytes)
    : path_(testing::TempDir() + "cli_" + std::to_string(getpid()) + "_" + name) {
  if (bytes.data() == nullptr) return;
  std::ofstream file(path_, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

Scratch::~Scratch() {
  std::filesystem::remove(path_);
}

std::string Scratch::bytes() const {
  return bytes_of(path_);
}

Ran run(const std::vector<std::string>& arguments, std::string_view input) {
  const Scratch out("out");
  Ran ran = run_to(out.path(), arguments, input);
  ran.out = out.bytes();
  return ran;
}

Ran run_to(const std::string& out, const std::vector<std::string>& arguments, std::string_view input) {
  const Scratch in("in", input.data() == nullptr ? std::string_view("") : input);
  const Scratch err("err");
  std::vector<std::string> words{"alloctrace"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const std::vector<char*> argv = pointers_to(words);
  std::vector<std::string> variables = environment_for(arguments.empty() ? std::string() : arguments.front());
  const std::vector<char*> envp = pointers_to(variables);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, in.path().c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  // A shell ignores these for what it runs in the background, and what is ignored here is ignored there.
  sigset_t heard;
  sigemptyset(&heard);
  for (const int signal : {SIGINT, SIGQUIT, SIGHUP}) sigaddset(&heard, signal);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &heard);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int spawned = posix_spawn(&child, ALLOCTRACE_PROGRAM, &files, &attributes, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  EXPECT_EQ(spawned, 0) << "cannot run " << ALLOCTRACE_PROGRAM;
  if (spawned != 0) return {};

  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), {}, err.bytes()};
}

nlohmann::ordered_json json_of(const Ran& ran) {
  EXPECT_EQ(ran.code, 0) << ran.err;
  nlohmann::ordered_json parsed = nlohmann::ordered_json::parse(ran.out, nullptr, false);
  EXPECT_FALSE(parsed.is_discarded()) << ran.out.substr(0, 400);
  return parsed;
}

void expect_one_line_error(const Ran& ran, int code, std::string_view says) {
  EXPECT_EQ(ran.code, code) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_EQ(ran.err.rfind("alloctrace: ", 0), 0u) << ran.err;
  EXPECT_NE(ran.err.find(says), std::string::npos) << ran.err;
}

}  // namespace allocviz::cli
