// Rows that are blocks with their whole lives, as an offline allocator's problems and reports of leaks have them:
//
//   id,lower,upper,size          alloc 1 at 0
//   1,0,3,4                 ->   alloc 2 at 1
//   2,1,3,8                      free 1 at 3, free 2 at 3, alloc 3 at 3
//   3,3,,2                       (3 is never freed)
//
// They are half-open, [begin,end): at one time blocks are freed before others are allocated, else the rows' order
// stays. A life that ends where it begins is an alloc and its free directly behind it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/trace/trace.h"

namespace allocviz::import {

struct TableLife {
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  std::uint64_t begin_ns = 0, end_ns = kNever;
};

// The trace of lives, from one whose n-th event is the alloc of the n-th of them. Blocks keep their ids; where those
// name several, or `number` says so, a block is called by its row. O(n log n), 16 bytes a life beside both traces.
[[nodiscard]] trace::Trace trace_of_lives(trace::Trace rows, const std::vector<TableLife>& lives, bool number);

}  // namespace allocviz::import
