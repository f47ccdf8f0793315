// Asking the processor for memory that will soon be needed. Freestanding.
#pragma once

namespace allocviz::alloc {

// Brings the cache line at this address nearer, for reading and writing. Never faults; costs one instruction.
//
// The empty statement is there for GCC, which holds a function that does nothing but prefetch to be without effect, and
// removes calls of it that it did not happen to inline.
[[gnu::always_inline]] inline void prefetch(const void* at) {
  __builtin_prefetch(at, 1);
  asm volatile("");
}

}  // namespace allocviz::alloc
