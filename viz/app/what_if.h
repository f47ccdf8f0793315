// What if some blocks had been freed before a request that failed? They are really freed and the request is really made
// again, by the same allocator, on a copy of its state; what happened stays as it is.
//
//   event 6   | A 512 | free 512 |   alloc C 1 KiB: refused
//   what if   free A, then C:  | C 1 KiB          |
#pragma once

#include <cstddef>

#include "viz/app/state.h"

namespace allocviz::app {

// Tries the blocks of one place of State::blocked (a slab's any block, a bump's all); the stage then shows what came of
// it. With a notice where there is nothing to try. O(blocks).
void try_frees(State& state, std::size_t place);
void end_what_if(State& state);
// "what if they had been freed earlier?": what try_frees() of the first place answers; empty where it would not help.
[[nodiscard]] std::string question_of(const State& state);
// "If A and C had been freed before event 7, the request would fit at 0x100.": what the stage says meanwhile; empty
// when it shows none.
[[nodiscard]] std::string what_if_text(const State& state, std::size_t stage);

}  // namespace allocviz::app
