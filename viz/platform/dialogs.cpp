#include "viz/platform/dialogs.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

extern char** environ;

namespace allocviz::platform {
namespace {

bool on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? std::string_view{} : std::string_view{path};
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string file = std::string{rest.substr(0, colon)} + "/" + program;
    if (access(file.c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return false;
}

bool is_kde() {
  const char* desktop = std::getenv("XDG_CURRENT_DESKTOP");
  return desktop != nullptr && std::strstr(desktop, "KDE") != nullptr;
}

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "./" : file.substr(0, slash + 1);
}

std::vector<std::string> zenity(DialogKind kind, const std::string& beside) {
  if (kind == DialogKind::Open) {
    return {"zenity", "--file-selection", "--title=Open a trace or a log", "--filename=" + folder_of(beside)};
  }
  const std::string name = beside.empty() ? "trace.json" : beside;
  return {
      "zenity", "--file-selection", "--save", "--confirm-overwrite", "--title=Save the trace", "--filename=" + name};
}

std::vector<std::string> kdialog(DialogKind kind, const std::string& beside) {
  if (kind == DialogKind::Open)
    return {"kdialog", "--title", "Open a trace or a log", "--getopenfilename", folder_of(beside)};
  const std::string name = beside.empty() ? "trace.json" : beside;
  return {"kdialog", "--title", "Save the trace", "--getsavefilename", name};
}

}  // namespace

std::vector<std::string> dialog_command(DialogKind kind, const std::string& beside) {
  const bool has_zenity = on_path("zenity"), has_kdialog = on_path("kdialog");
  if (has_kdialog && (is_kde() || !has_zenity)) return kdialog(kind, beside);
  if (has_zenity) return zenity(kind, beside);
  return {};
}

FileDialog::~FileDialog() {
  if (child_ > 0) {
    kill(child_, SIGTERM);
    waitpid(child_, nullptr, 0);
  }
  if (pipe_ >= 0) close(pipe_);
}

bool FileDialog::start(DialogKind kind, const std::string& beside) {
  if (is_open()) return false;
  const std::vector<std::string> command = dialog_command(kind, beside);
  if (command.empty()) return false;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);  // toolkits chatter
  const int failed = posix_spawnp(&child_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failed != 0) {
    close(ends[0]);
    child_ = -1;
    return false;
  }
  pipe_ = ends[0];
  kind_ = kind;
  said_.clear();
  return true;
}

std::optional<FileDialog::Answer> FileDialog::poll() {
  if (!is_open()) return std::nullopt;
  char bytes[4096];
  ssize_t got = 0;
  while ((got = read(pipe_, bytes, sizeof bytes)) > 0) said_.append(bytes, static_cast<std::size_t>(got));
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  int status = 0;
  if (waitpid(child_, &status, WNOHANG) == 0) return std::nullopt;  // has closed its output, is about to end
  close(pipe_);
  pipe_ = -1;
  child_ = -1;
  Answer answer{.kind = kind_, .path = {}, .failed = false};
  // Both programs: 0 = chosen, 1 = cancelled, anything else = could not show a dialog at all.
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
    answer.failed = true;
  } else if (WEXITSTATUS(status) == 0) {
    answer.path = said_;
    while (!answer.path.empty() && answer.path.back() == '\n') answer.path.pop_back();
  }
  return answer;
}

}  // namespace allocviz::platform
