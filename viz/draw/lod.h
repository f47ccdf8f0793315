// Level of detail: what is narrower than two pixels is summed up by pixel column, never dropped.
//
//   blocks   |A      |bcdefghijk|L          |
//   pixels   |  box  | columns  |   box     |       columns: shares of live, waste, free ...; hidden = 10
//
//   L1  sum over the columns of share * bytes per pixel = bytes of the row's blocks in view, state by state.
//   L2  every block in view is a box or is counted in `hidden` of the column its first visible byte stands in.
//   L3  a state with a share above 0 in a painted column gets at least one pixel of it (as long as there are pixels).
#pragma once

#include <cstdint>
#include <span>

#include "core/replay/census.h"
#include "viz/draw/axis.h"
#include "viz/draw/scene.h"
#include "viz/draw/theme.h"

namespace allocviz::draw {

inline constexpr double kBoxPx = 2.0;           // narrower than this: summed up
inline constexpr std::size_t kMaxBoxes = 5000;  // more than this in a scene: the narrowest are summed up as well

[[nodiscard]] Look look_of(replay::BlockState state);

// Adds the bytes [from, to) in state `look` to the columns of a row.
void add_share(std::span<Column> row, const ByteAxis& axis, double from, double to, Look look);
// Hands the columns of the live bytes [from, to) the block's tint, where no other block has more of the column.
void add_tint(std::span<Column> row, const ByteAxis& axis, double from, double to, Color tint);
// Counts a block that is not drawn as a box, and has the columns it touches painted.
void add_hidden(std::span<Column> row, const ByteAxis& axis, double from, double to);

// The first block of a census that ends after `byte`, as an index. O(log blocks).
[[nodiscard]] std::size_t first_block_after(const replay::Census& census, double byte);

// How high each state stands in a column `height` pixels high, bottom first; their sum is at most height.
struct Stack {
  int height[kLooks] = {};
};
[[nodiscard]] Stack stack_of(const Column& column, int height);

// Paints every band of a scene. The picture's corner is the first band's, it reaches down to the last one's end, and
// it is transparent where there is nothing to sum up.
void paint_bands(const Scene& scene, const Theme& theme, Picture& out);

}  // namespace allocviz::draw
