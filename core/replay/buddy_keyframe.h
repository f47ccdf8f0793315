// A buddy's state as bytes and back: what a keyframe of a buddy holds, and of whatever stands on one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/alloc/buddy.h"
#include "core/replay/bytes.h"
#include "core/replay/free_levels.h"

namespace allocviz::replay {

// Free: InBand, or Beside; what follows is there for both.
template <class Free>
using RealBuddy = alloc::Buddy<alloc::RuntimeBuddy, alloc::Checked, alloc::Raw, alloc::NoSteps, Free>;

// Heads in address order, a byte each: their sizes say where the next one is. Then each list in its order.
template <class Free>
void save_buddy(const RealBuddy<Free>& buddy, ByteWriter& out);
// Into a buddy with the same geometry and the same gaps, in address order. `scratch` is kept for its memory.
template <class Free>
void load_buddy(RealBuddy<Free>& buddy, ByteReader& in, std::span<const alloc::Range> gaps,
                std::vector<std::uint64_t>& scratch);
// How long each level's list is.
template <class Free>
void count_levels(const RealBuddy<Free>& buddy, LevelCounts& out);

}  // namespace allocviz::replay
