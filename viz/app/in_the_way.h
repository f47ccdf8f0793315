// What stands in the way of a request that failed: where a block for it could be, and who lives there.
//
//   needed   a block of 1 KiB
//   arena    | A 512 | free 512 | B 256 | C 256 | free 512 | D 1 KiB   |
//   places   |   512 B live     |        512 B live        | 1 KiB live |   the fewest live bytes first
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "viz/app/state.h"

namespace allocviz::app {

struct Place {
  std::uint64_t offset = 0, size = 0;
  std::uint64_t bytes = 0;   // of the live blocks in it
  std::uint64_t blocks = 0;  // how many
  std::uint64_t first = 0;   // where the first of them begins
  std::string names;         // "A", "A and C", "61 blocks"
};

struct InTheWay {
  std::size_t stage = 0;
  bool frees_help = false;      // else the request is larger than anything there can be
  std::string verdict, reason;  // "No 1 KiB block is free." and what would make room
  std::vector<Place> places;    // freeing the blocks of any of them makes room; at most kMostPlaces
  std::size_t place_count = 0;  // how many there are in all
  static constexpr std::size_t kMostPlaces = 4;
};

// Of the request at the cursor, once its step that fails is done; nothing where none failed. Unlike analyze/why.h it
// tries nothing out and looks at no other moment. O(blocks).
[[nodiscard]] std::optional<InTheWay> in_the_way(const State& state);
// The same into State::blocked, whenever the cursor has moved: frames ask that.
void judge_failure(State& state);

}  // namespace allocviz::app
