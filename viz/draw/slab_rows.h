// The slabs of a tiered allocator: one row a size class, one cell a slab in address order, filled as far as its blocks
// are handed out.
//
//   16 B   [####][##  ][#   ]     0x2040 -> 0x2010 -> +31
//   64 B   [####][####]           - none free
//
// Cells shrink with their number; below three pixels neighbours share one, which then shows their mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/replay/census.h"
#include "viz/draw/axis.h"
#include "viz/draw/scene.h"
#include "viz/draw/style.h"

namespace allocviz::draw {

struct SlabCell {
  Rect rect;
  std::size_t first = 0, last = 0;  // indices into census.slabs of the row's class, half-open in `slabs` of the row
  std::uint64_t blocks = 0, outstanding = 0;
};

struct SlabRow {
  int size_class = 0;
  std::uint64_t block_bytes = 0;
  Rect rect;                           // of the cells
  std::vector<replay::SlabRun> slabs;  // of this class, in address order
  std::vector<SlabCell> cells;
};

struct SlabRows {
  Scene scene;
  std::vector<SlabRow> rows;  // the smallest class first; only classes that have slabs
};

struct SlabRowsInput {
  const replay::Census& census;
  Rect rect;
  float x0 = 0, x1 = 0;  // where the cells go: the tree's own columns
  Style style;
  std::optional<std::uint64_t> touched;  // a byte of the slab that the event used
  std::optional<std::uint64_t> selected;
};

// The height that the rows would like, their title included. O(slabs).
[[nodiscard]] float slab_rows_height(const replay::Census& census, const Style& style);
[[nodiscard]] SlabRows lay_out_slab_rows(const SlabRowsInput& input);
// The cell at a point, and its row.
struct SlabHit {
  const SlabRow* row = nullptr;
  const SlabCell* cell = nullptr;
};
[[nodiscard]] std::optional<SlabHit> hit(const SlabRows& rows, Point at);
// "slab of 64 B blocks / 0x4000 ... 0x7fff / 200 of 256 handed out".
[[nodiscard]] std::string tip_text(const SlabHit& hit, std::uint64_t arena_bytes);

}  // namespace allocviz::draw
