// alloctrace render: the stage as a picture. Drawing is allocviz' business, which stands beside this program.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "core/cli/commands.h"
#include "core/cli/terminal.h"

namespace allocviz::cli {
namespace {

namespace fs = std::filesystem;

// Where it is installed and where it is built; empty where it is neither.
std::string find_allocviz() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (error) return {};
  for (const char* place : {"allocviz", "../viz/allocviz"}) {
    const fs::path candidate = (folder / place).lexically_normal();
    if (fs::is_regular_file(candidate, error)) return candidate.string();
  }
  return {};
}

}  // namespace

int render(const RenderOptions& options) {
  const std::string program = find_allocviz();
  if (program.empty()) {
    return fail({"allocviz, which draws, is not beside alloctrace",
                 {},
                 "build it, too (ALLOCVIZ_VIZ=ON), or install both into one folder"});
  }
  std::vector<std::string> words = {program, "--slide", "--no-cache", "--screenshot", options.out, "--at", options.at};
  words.insert(words.end(), {"--theme", options.theme, "--size", options.size});
  if (!options.scale.empty()) words.insert(words.end(), {"--scale", options.scale});
  if (options.process) words.insert(words.end(), {"--process", std::to_string(*options.process)});
  for (const std::string& spec : options.allocators) words.insert(words.end(), {"--allocator", spec});
  words.insert(words.end(), {"--", options.file});
  std::vector<char*> call;
  for (std::string& word : words) call.push_back(word.data());
  call.push_back(nullptr);
  ::execv(program.c_str(), call.data());
  return fail(trace::Trouble{std::string("it cannot be run: ") + std::strerror(errno), {.file = program}, ""});
}

}  // namespace allocviz::cli
