#include "core/record/launch.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "core/record/spool.h"
#include "core/trace/file.h"

namespace allocviz::record {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibraryName = "liballoctrace_record.so";

// A handler can only reach what is global: the program that signals are passed on to.
volatile pid_t g_program = 0;

void pass_on(int signal) {
  if (g_program > 0) ::kill(g_program, signal);
}

// How we take signals while the program runs, and back to how it was.
class Signals {
 public:
  Signals() {
    for (std::size_t i = 0; i < kHandled.size(); ++i) {
      struct sigaction action {};
      action.sa_handler = i < kIgnored ? SIG_IGN : pass_on;
      action.sa_flags = SA_RESTART;
      ::sigaction(kHandled[i], &action, &before_[i]);
      // Whoever started us with a signal ignored (nohup) means the program, too.
      if (i >= kIgnored && before_[i].sa_handler == SIG_IGN) ::sigaction(kHandled[i], &before_[i], nullptr);
    }
  }
  ~Signals() { restore(); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  void restore() const {
    for (std::size_t i = 0; i < kHandled.size(); ++i) ::sigaction(kHandled[i], &before_[i], nullptr);
  }

  // One that comes while it is not yet known whom to pass it on to waits until it is: the program may run, and whoever
  // sees it may end us, before fork() has returned here.
  void hold() {
    sigset_t handled;
    sigemptyset(&handled);
    for (const int signal : kHandled) sigaddset(&handled, signal);
    ::sigprocmask(SIG_BLOCK, &handled, &mask_before_);
  }
  void release() const { ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr); }

 private:
  static constexpr std::array<int, 4> kHandled = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
  static constexpr std::size_t kIgnored = 2;  // the first of them: the terminal sends those to the program itself
  std::array<struct sigaction, 4> before_{};
  sigset_t mask_before_{};
};

// In the child, between fork and exec.
[[noreturn]] void become(const LaunchPlan& plan, const Signals& signals, int report) {
  signals.restore();
  signals.release();
  const char* const others = std::getenv("LD_PRELOAD");
  const bool alone = others == nullptr || *others == '\0';
  ::setenv("LD_PRELOAD", alone ? plan.library.c_str() : (plan.library + ":" + others).c_str(), 1);
  ::setenv(kFolderVariable, plan.spool_folder.c_str(), 1);
  ::setenv(kDepthVariable, std::to_string(plan.depth).c_str(), 1);
  ::setenv(kRoomVariable, std::to_string(plan.room_percent).c_str(), 1);
  ::unsetenv(kOnlyVariable);
  if (!plan.children) ::setenv(kOnlyVariable, std::to_string(::getpid()).c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& argument : plan.command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  const int fault = errno;
  if (::write(report, &fault, sizeof fault) < 0) ::_exit(126);
  ::_exit(127);
}

std::string first_bytes(const std::string& file, std::size_t count) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes(count, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

template <class Header>
bool has_interpreter(const std::string& file, const std::string& head) {
  Header header;
  if (head.size() < sizeof header) return true;
  std::memcpy(&header, head.data(), sizeof header);
  std::ifstream in(file, std::ios::binary);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    in.seekg(static_cast<std::streamoff>(header.e_phoff + std::uint64_t{i} * header.e_phentsize));
    if (!in.read(reinterpret_cast<char*>(&segment), sizeof segment)) return true;
    if (segment.p_type == PT_INTERP) return true;
  }
  return false;
}

// What a script's first line names: "#!/usr/bin/env python3" runs env, which runs python3.
std::string interpreter_of(const std::string& head) {
  std::string line = head.substr(2, head.find('\n') - 2);
  line.erase(0, line.find_first_not_of(" \t"));
  return line.substr(0, line.find_first_of(" \t\r"));
}

}  // namespace

std::string find_program(const std::string& word) {
  const auto runs = [](const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
  };
  if (word.find('/') != std::string::npos) return runs(word) ? word : "";
  const char* const path = std::getenv("PATH");
  std::string_view left = path != nullptr ? path : "/usr/bin:/bin";
  for (;;) {
    const std::size_t colon = left.find(':');
    const std::string_view folder = left.substr(0, colon);
    const std::string candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, word);
    if (runs(candidate)) return candidate;
    if (colon == std::string_view::npos) return "";
    left.remove_prefix(colon + 1);
  }
}

std::optional<trace::Trouble> why_not_recordable(const std::string& program) {
  std::string file = program;
  std::string head = first_bytes(file, sizeof(Elf64_Ehdr));
  if (head.starts_with("#!")) {
    head = first_bytes(file, 256);
    file = interpreter_of(head);
    head = first_bytes(file, sizeof(Elf64_Ehdr));
  }
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !head.starts_with(ELFMAG)) return {};
  const bool other_user = (status.st_mode & S_ISUID) != 0 && status.st_uid != ::geteuid();
  const bool other_group = (status.st_mode & S_ISGID) != 0 && status.st_gid != ::getegid();
  if (other_user || other_group) {
    return trace::Trouble{
        "it runs with another user's rights (setuid or setgid), and then no library can be put before its own",
        {.file = file},
        "record as that user, or a copy of it without that bit"};
  }
  const std::string own = first_bytes("/proc/self/exe", sizeof(Elf64_Ehdr));
  if (own.size() < sizeof(Elf64_Ehdr) || head.size() < sizeof(Elf64_Ehdr)) return {};
  Elf64_Ehdr ours, theirs;
  std::memcpy(&ours, own.data(), sizeof ours);
  std::memcpy(&theirs, head.data(), sizeof theirs);
  if (head[EI_CLASS] != own[EI_CLASS] || theirs.e_machine != ours.e_machine) {
    return trace::Trouble{"it is built for another kind of machine (or 32 bit) than this alloctrace",
                          {.file = file},
                          "record it with an alloctrace built for that"};
  }
  if (!has_interpreter<Elf64_Ehdr>(file, head)) {
    return trace::Trouble{"it is a static program: its allocator is inside it, out of reach",
                          {.file = file},
                          "link it dynamically, or record it with valgrind --trace-malloc=yes and open that log"};
  }
  return {};
}

std::string find_library() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (error) return "";
  for (const char* place : {"", "../lib/allocviz", "../" ALLOCVIZ_LIBRARY_FOLDER "/allocviz"}) {
    const fs::path candidate = (folder / place / kLibraryName).lexically_normal();
    if (fs::exists(candidate, error)) return candidate.string();
  }
  return "";
}

trace::Result<Ended> run_recorded(const LaunchPlan& plan, int& failed_with) {
  failed_with = 0;
  int report[2] = {-1, -1};
  if (::pipe2(report, O_CLOEXEC) != 0) return trace::errno_trouble(errno, "no pipe can be made", plan.command[0]);
  const trace::Descriptor from(report[0]);
  trace::Descriptor to(report[1]);
  Signals signals;
  signals.hold();
  const pid_t pid = ::fork();
  if (pid == 0) become(plan, signals, to.get());
  const int fork_fault = errno;
  if (pid > 0) g_program = pid;
  signals.release();
  if (pid < 0) return trace::errno_trouble(fork_fault, "no process can be started", plan.command[0]);
  (void)to.close();
  int fault = 0;
  ssize_t got = 0;
  do {
    got = ::read(from.get(), &fault, sizeof fault);
  } while (got < 0 && errno == EINTR);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  g_program = 0;
  if (got == static_cast<ssize_t>(sizeof fault)) {
    failed_with = fault;
    return trace::errno_trouble(fault, "it cannot be run", plan.command[0]);
  }
  Ended ended;
  ended.pid = pid;
  if (WIFSIGNALED(status)) {
    ended.signal = WTERMSIG(status);
  } else {
    ended.exit_code = WEXITSTATUS(status);
  }
  return ended;
}

void end_like(const Ended& ended) {
  if (ended.signal == 0) std::exit(ended.exit_code);
  const struct rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(ended.signal, SIG_DFL);
  sigset_t all;
  sigemptyset(&all);
  sigaddset(&all, ended.signal);
  ::sigprocmask(SIG_UNBLOCK, &all, nullptr);
  ::raise(ended.signal);
  std::_Exit(128 + ended.signal);
}

}  // namespace allocviz::record
