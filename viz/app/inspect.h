// Everything worth knowing about one block, as plain data: what the inspector shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "viz/app/state.h"

namespace allocviz::app {

// A block's buddy, whatever stands there now.
struct BuddyFacts {
  std::uint64_t offset = 0;
  std::string state;        // "live: D", "free", "split: 2 live in it", "contains a gap"
  bool in_the_way = false;  // the two cannot be one block now
};

// What the block would be part of if live blocks were freed at the cursor, in whatever order.
struct MergedBlock {
  std::uint64_t offset = 0, size = 0;
  std::vector<std::uint64_t> freed;  // where those blocks begin, ascending
};

struct BlockFacts {
  std::size_t stage = 0;
  replay::Block block;
  std::string id;                                          // empty where nobody owns it
  std::uint64_t waste = 0;                                 // rounding waste, bytes
  std::optional<std::uint64_t> allocated, resized, ended;  // event indices, each leads there
  trace::Op ended_by = trace::Op::Free;
  std::string site;                // innermost frame; empty = the log does not say
  std::vector<std::string> stack;  // all frames, when there are several
  std::string tag;
  std::uint64_t thread = 0;
  bool has_thread = false;
  std::optional<BuddyFacts> buddy;       // none at the top level, nor outside a buddy allocator
  std::optional<MergedBlock> freed_now;  // what the reason promises; none where frees alone would merge nothing
  std::string verdict, reason;           // "Cannot merge while D lives." and what would change that; may be empty
  bool verdict_is_obstacle = false;      // drawn as a warning, else as a remark
};

// The block that is selected, else the one that the step at the cursor touched last; nothing where there is neither.
[[nodiscard]] std::optional<BlockFacts> inspect(const State& state);
// That block's first byte: what panels mark on the stage too. O(steps of the event).
[[nodiscard]] std::optional<std::uint64_t> touched_offset(const replay::Timeline& timeline);

}  // namespace allocviz::app
