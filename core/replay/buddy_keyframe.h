// A buddy's state as bytes and back: what a keyframe of a buddy holds, and of whatever stands on one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/alloc/buddy.h"
#include "core/replay/bytes.h"
#include "core/replay/free_levels.h"

namespace allocviz::replay {

// Heads in address order, a byte each: their sizes say where the next one is. Then each list in its order.
void save_buddy(const alloc::Buddy<>& buddy, ByteWriter& out);
// Into a buddy with the same geometry and the same gaps, in address order. `scratch` is kept for its memory.
void load_buddy(alloc::Buddy<>& buddy, ByteReader& in, std::span<const alloc::Range> gaps,
                std::vector<std::uint64_t>& scratch);
// How long each level's list is.
void count_levels(const alloc::Buddy<>& buddy, LevelCounts& out);

}  // namespace allocviz::replay
