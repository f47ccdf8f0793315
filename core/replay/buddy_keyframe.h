// A buddy's state as bytes and back: what a keyframe of a buddy holds, and of whatever stands on one.
#pragma once

#include <cstdint>
#include <vector>

#include "core/alloc/buddy.h"
#include "core/replay/bytes.h"
#include "core/replay/free_levels.h"
#include "core/replay/live_table.h"

namespace allocviz::replay {

// Free: InBand, or Beside; what follows is there for both.
template <class Free>
using RealBuddy = alloc::Buddy<alloc::RuntimeBuddy, alloc::Checked, alloc::Raw, alloc::NoSteps, Free>;

// Of a buddy without gaps, heads in address order, a byte each: their sizes say where the next one is. Then each list
// in its order.
template <class Free>
void save_buddy(const RealBuddy<Free>& buddy, ByteWriter& out);
// Into a buddy with the same geometry. `scratch` is kept for its memory.
template <class Free>
void load_buddy(RealBuddy<Free>& buddy, ByteReader& in, std::vector<std::uint64_t>& scratch);

// The gaps, in smallest blocks, in ascending order.
template <class Free>
[[nodiscard]] std::vector<alloc::Range> gaps_of(const RealBuddy<Free>& buddy);
// Makes its tags those of no block but these gaps, whatever they were: of a buddy whose metadata were given back.
template <class Free>
void write_gaps(RealBuddy<Free>& buddy, const std::vector<alloc::Range>& gaps);
// The same where they are tags: O(blocks).
template <class Free>
void clear_heads(RealBuddy<Free>& buddy);

// Where a live table says which blocks are live, their heads follow from it, and the order of the free lists is all
// that it does not say (free_order.h). Of a buddy without heads;
// for some of the slots, for others another thread may do the same.
template <class Free>
void set_live_heads(RealBuddy<Free>& buddy, const LiveTable& live, SlotRange part);

// How long each level's list is.
template <class Free>
void count_levels(const RealBuddy<Free>& buddy, LevelCounts& out);

}  // namespace allocviz::replay
