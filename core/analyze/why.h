// Why a request failed: what it needed, what there was, when it would last have been served, and whose release would
// have made room. Every answer is tried on a machine of its own: blocks are really released, the request is really made
// again.
//
//   needed   a block of 1 KiB
//   arena    | A 512 | free 512 | B 256 | C 256 | free 512 | D 1 KiB             |
//   windows  |        1         |            2             |          3          |     where such a block may lie
//   release  A                    B, C                       D
//
// On a buddy the windows are the blocks of the level needed; on a slab every block is one; a bump allocator has one,
// the whole of what is outstanding.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/replay/timeline.h"

namespace allocviz::analyze {

// Live blocks that together make room: in the order of their offsets.
struct Release {
  std::vector<replay::Block> blocks;
  std::uint64_t bytes = 0;  // of the blocks they stand in
};

struct Why {
  std::uint64_t event = 0;  // index of the request
  alloc::Error why = alloc::Error::None;
  std::uint64_t size = 0, align = 1;  // as asked
  std::uint64_t needed = 0;           // bytes of the block that it takes
  std::optional<int> level;           // buddy: that block's
  replay::Figures before;             // what the request met, after the free that an alloc of a live id begins with
  // The last position (events done) before it, after which the same request would have been served; nothing where there
  // is none. Where not everything was tried, the positions before `not_tried_before` were not, or not for free blocks
  // side by side: at many positions there was enough, but never aligned as asked, or never in one piece.
  std::optional<std::uint64_t> would_fit_after, not_tried_before;
  // The fewest blocks, of those the least in bytes; the least bytes, of those the fewest blocks; the blocks of which
  // the youngest is the oldest. Nothing where no release makes room (a request larger than the largest block there can
  // be).
  std::optional<Release> fewest, smallest, oldest;
};

// The answer for the request that is event `index` of the timeline's trace; moves the timeline's cursor. Trouble where
// that event did not fail, or is a free that was refused. O(events + blocks log blocks).
[[nodiscard]] trace::Result<Why> why_failed(replay::Timeline& timeline, std::uint64_t index);

}  // namespace allocviz::analyze
