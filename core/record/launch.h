// A program run with the preload library in front of its allocator: looked at before, waited for, its end passed on.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/trace/trouble.h"

namespace allocviz::record {

struct LaunchPlan {
  std::vector<std::string> command;  // the program and its arguments, never empty
  std::string library;               // the preload library's file
  std::string spool_folder;
  unsigned depth = 0;
  unsigned room_percent = 0;  // of the spools' size that is to stay free for the traces
  bool children = false;      // record the processes it starts, too
};

struct Ended {
  pid_t pid = 0;
  int exit_code = 0;
  int signal = 0;  // that ended it, 0 = it exited
};

// The file that would be run for the first word of a command, found as a shell does; "" where there is none.
[[nodiscard]] std::string find_program(const std::string& word);

// Why a program cannot be recorded (static, of another machine, setuid), before it is run; nothing where it can, or
// where that cannot be told. A script is judged by its interpreter.
[[nodiscard]] std::optional<trace::Trouble> why_not_recordable(const std::string& program);

// The preload library beside this program, where it was built or installed; "" where it is missing.
[[nodiscard]] std::string find_library();

// Runs the command to its end. Standard input, output and error are the program's own. What the terminal's keys send
// (SIGINT, SIGQUIT) is the program's to answer; SIGTERM and SIGHUP to us are passed on to it. The Trouble says why it
// could not be started; its errno is in `failed_with`.
[[nodiscard]] trace::Result<Ended> run_recorded(const LaunchPlan& plan, int& failed_with);

// Ends this process as the program ended: by the same signal, without a core file, or with its exit code.
[[noreturn]] void end_like(const Ended& ended);

}  // namespace allocviz::record
