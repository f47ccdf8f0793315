// Call stacks as return addresses, and the number each distinct one has in the log.
#pragma once

#include <cstdint>

#include "core/record/preload_log.h"

namespace allocviz::record::preload {

// The number of the call stack whose innermost return address is that of the function with this frame (as
// __builtin_frame_address(0) gives it), at most log.depth frames deep; described in the log when it is first met. 0
// where the depth is 0 or the table is full. Expected O(depth). Takes no lock; what it reads of the stack is what an
// exception thrown at this place would read.
std::uint32_t stack_number(Log& log, const void* frame);

// A module was unloaded: what is remembered of addresses may soon be of others.
void forget_addresses();

}  // namespace allocviz::record::preload
