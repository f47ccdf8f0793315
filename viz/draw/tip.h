// What a tooltip says about the bytes under the mouse: one block in full, or how many stand behind the pixel.
#pragma once

#include <optional>
#include <string>

#include "core/replay/census.h"
#include "viz/draw/axis.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/scene.h"

namespace allocviz::draw {

// How many blocks of each state begin in a span of bytes or reach into it, and how many of their bytes lie in it.
struct Behind {
  std::uint64_t blocks[7] = {}, bytes[7] = {};  // by replay::BlockState
  std::uint64_t count = 0;
  const replay::Block* only = nullptr;  // the block, when there is just one
};
// Counts blocks of `size` alone, where one is given. O(log blocks + blocks in the span).
[[nodiscard]] Behind behind(const replay::Census& census, Span bytes, std::optional<std::uint64_t> size = {});

// Sentences, a line each. Nothing where no block stands.
[[nodiscard]] std::string tip_text(const replay::Census& census, Span bytes, const NameOf& name_of);
// For a level of the buddy tree: the block of that level there, or what a split one has been split into.
[[nodiscard]] std::string tip_text(const replay::Census& census, const BuddyShape& shape, const BuddyHit& hit,
                                   const NameOf& name_of);

}  // namespace allocviz::draw
