// What the preload library was told, and what it can say of the program it is in.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "core/record/spool.h"

namespace allocviz::record::preload {

struct Setup {
  bool read;    // whether the rest was filled in
  bool wanted;  // alloctrace asked for a recording
  std::uint32_t depth;
  std::uint32_t room_percent;  // of the spool's size that stays free on its disk
  pid_t only_pid;              // 0: every process
  char folder[3800];
};

// From the environment the program was started with. libc may not have taken that over yet when the first allocation
// comes, so /proc is asked where it has not.
void read_setup(Setup& setup);

// FOLDER/PID.GENERATION; false where it does not fit.
bool spool_path(char* path, std::size_t size, const char* folder, std::uint32_t pid, std::uint32_t generation);

// Fills in the parent, the process' start, the program's file and its arguments.
void describe_program(SpoolHeader& header);

}  // namespace allocviz::record::preload
