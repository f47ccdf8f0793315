// The state of an allocator as a picture the size of a stamp: its blocks, without words. What a list of lessons shows.
#pragma once

#include "core/replay/census.h"
#include "core/trace/spec.h"
#include "viz/draw/scene.h"

namespace allocviz::draw {

// A buddy's tree in rows, a slab's grid, everything else a strip. O(blocks).
[[nodiscard]] Scene lay_out_glimpse(const replay::Census& census, const trace::AllocatorSpec& spec, Rect rect);

}  // namespace allocviz::draw
