// The desktop's own file dialogs: zenity or kdialog as a child process, so that the window keeps drawing meanwhile.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace allocviz::platform {

enum class DialogKind { Open, Save };

class FileDialog {
 public:
  FileDialog() = default;
  ~FileDialog();  // a dialog still open is closed
  FileDialog(const FileDialog&) = delete;
  FileDialog& operator=(const FileDialog&) = delete;

  // False when there is no such program (or a dialog is open already): the window then asks for a path itself.
  [[nodiscard]] bool start(DialogKind kind, const std::string& beside);  // in the folder of this file
  [[nodiscard]] bool is_open() const { return child_ > 0; }
  [[nodiscard]] DialogKind kind() const { return kind_; }

  struct Answer {
    DialogKind kind = DialogKind::Open;
    std::string path;     // empty = cancelled
    bool failed = false;  // the program itself failed: the window asks for a path itself
  };
  // The answer once there is one; never waits.
  [[nodiscard]] std::optional<Answer> poll();

 private:
  pid_t child_ = -1;
  int pipe_ = -1;
  DialogKind kind_ = DialogKind::Open;
  std::string said_;
};

// The command line that would be run, empty when there is no such program on PATH. For tests.
[[nodiscard]] std::vector<std::string> dialog_command(DialogKind kind, const std::string& beside);

}  // namespace allocviz::platform
