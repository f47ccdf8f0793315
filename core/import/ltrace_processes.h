// Whose lines are whose in a log of ltrace -f, which numbers threads and forked processes alike.
//
//   7 fork( <unfinished ...>               7: process 7
//   8 <... fork resumed> ) = 0             8: process 8, for its first word is that it was forked
//   8 pthread_create(...) = 0
//   9 malloc(24) = 0x10                    9: process 8, which has just made a thread
//   7 <... fork resumed> ) = 8
//
// A child of vfork has its parent's memory up to its exec. Where fork is not among the calls that are traced, a child
// looks like a thread; that it was none is told by the signal its parent gets.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/import/ltrace_line.h"

namespace allocviz::import::ltrace {

class ProcessNumbers {
 public:
  struct Owner {
    std::uint64_t process = 0;  // the number of its first thread
    bool begins_anew = false;   // another program: nothing of what it had before lives
  };
  // Whose the line is, after it was looked at for what it says of processes. O(1) expected, exec O(threads).
  Owner take(const Line& line, std::uint64_t line_number);

  // The line from which on several processes are taken for one; 0 = none.
  [[nodiscard]] std::uint64_t several_line() const { return several_line_; }
  // Threads of which nothing tells the process, where there are several.
  [[nodiscard]] std::uint64_t guessed_threads() const { return guessed_threads_; }

 private:
  struct Fork {
    std::uint64_t number = 0;  // of the caller
    bool is_vfork = false;
  };

  [[nodiscard]] std::uint64_t process_of_new(const Line& line, std::uint64_t number, bool all_ended);
  std::optional<Fork> take_fork(const Line& line);
  std::uint64_t add_process(std::uint64_t number);
  [[nodiscard]] bool is_alone(std::uint64_t process) const;
  Owner take_exit(std::uint64_t number);
  void take_fork_line(const Line& line, std::uint64_t line_number);
  bool take_exec(std::uint64_t number, std::uint64_t line_number);
  void note_several(std::uint64_t line_number);

  std::unordered_map<std::uint64_t, std::uint64_t> process_of_;   // of those that run
  std::unordered_map<std::uint64_t, std::uint64_t> first_lines_;  // of those that have said something and run
  std::unordered_set<std::uint64_t> processes_;                   // all there were
  std::unordered_set<std::uint64_t> in_vfork_;                    // children before their exec
  std::vector<Fork> forks_;                                       // that have not come back
  std::uint64_t first_ = 0;                                       // of processes_
  std::optional<std::uint64_t> last_number_;                      // of process_of_
  std::uint64_t last_process_ = 0;
  std::optional<std::uint64_t> maker_;  // the process that made a thread last
  bool exited_ = false;
  std::uint64_t exited_process_ = 0, exited_first_line_ = 0;  // of the one that exited last; line 0 = it had none
  std::uint64_t several_line_ = 0, guessed_threads_ = 0;
};

}  // namespace allocviz::import::ltrace
