// The slab as a grid: one cell a block, numbered, and the list of free blocks as arrows through it.
//
//   [0 ][1 ][2 ][3 ]      cells shrink with the number of blocks in view; when even two pixels a cell are too many,
//   [4 ][5 ][6 ][7 ]      the rows become strips of pixel columns (lod.h)
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/replay/census.h"
#include "core/replay/digest.h"
#include "core/trace/spec.h"
#include "viz/draw/axis.h"
#include "viz/draw/focus.h"
#include "viz/draw/scene.h"
#include "viz/draw/strip.h"
#include "viz/draw/theme.h"

namespace allocviz::draw {

struct SlabInput {
  const replay::Census& census;
  const trace::AllocatorSpec& spec;
  Moment now;  // the event at the cursor
  std::optional<std::uint64_t> selected;
  Rect rect;
  Span view;  // bytes: the blocks that lie in it are shown
  Style style;
  const NameOf& name_of;
  const replay::Digest* digest = nullptr;  // of the census, where there is one
};

enum class CellMode : std::uint8_t {
  Boxes,   // outlined, numbered where there is room
  Pixels,  // squares of a few pixels, painted into a picture
  Strips,  // fewer than two pixels a block: rows of columns
};

struct SlabGrid {
  CellMode mode = CellMode::Boxes;
  std::uint64_t block_bytes = 1;
  std::uint64_t first = 0, last = 0;  // blocks in view, half-open
  std::uint64_t columns = 1, rows = 1;
  float cell_width = 1, cell_height = 1;
  Rect rect;  // of the cells

  [[nodiscard]] Rect cell(std::uint64_t block) const;  // of a block in view
  [[nodiscard]] float seam() const;                    // pixels between two cells: more where arrows go along
};
// The grid for so many blocks in an area: the largest cells that fit, columns a multiple of eight where that costs
// little.
[[nodiscard]] SlabGrid grid_for(std::uint64_t first, std::uint64_t last, Rect area, float em);

struct SlabScene {
  Scene scene;
  SlabGrid grid;
  std::vector<ByteAxis> axes;  // CellMode::Strips: one a row
};

[[nodiscard]] SlabScene lay_out_slab(const SlabInput& input);
// The blocks at a point, as bytes.
[[nodiscard]] std::optional<Span> hit(const SlabScene& scene, Point at);
// The picture of a grid in CellMode::Pixels.
void paint_cells(const SlabGrid& grid, const replay::Census& census, const Theme& theme, Picture& out);

// How the list below the grid is written. It is chosen by the number of blocks, so that it stays as it is while the
// list grows and shrinks.
struct ListForm {
  bool with_offsets = false;  // "3 · 0x060", else "3"
  int lines = 1;
  float pill = 0;  // width of the widest
  float arrow = 0;
};
inline constexpr float kListLineEm = 1.75f;

[[nodiscard]] std::string offset_of(const SlabInput& input, std::uint64_t offset);  // as wide as the arena asks for

// Parts of lay_out_slab (slab_list.cpp). The list in its order: "3 · 0x060 → 4 · 0x080 → end".
[[nodiscard]] ListForm list_form(const SlabInput& input, std::uint64_t count, std::uint64_t block_bytes);
void add_list(const SlabInput& input, SlabScene& out, Rect at, const ListForm& form);

}  // namespace allocviz::draw
