// A strip: the blocks of a census in address order on one row. The memory map is one strip (or several, wrapped), the
// bump region is one.
#pragma once

#include <optional>
#include <vector>

#include "core/replay/census.h"
#include "viz/draw/axis.h"
#include "viz/draw/scene.h"

namespace allocviz::draw {

// A range of bytes that the step at the cursor touched.
struct Touch {
  std::uint64_t offset = 0, size = 0;
  bool operator==(const Touch&) const = default;
};

// What is to be emphasised, the same for every layout of a stage.
struct Focus {
  std::vector<Touch> touched;
  std::optional<std::uint64_t> selected;  // a byte of the arena
};

struct StripOptions {
  bool labels = true;
  std::size_t max_boxes = 5000;
};

// Adds the blocks in view as boxes with labels, and a band of columns for those too narrow. O(blocks in view + pixels).
void add_strip(Scene& scene, const replay::Census& census, const ByteAxis& axis, Rect row, const Focus& focus,
               const Style& style, const NameOf& name_of, const StripOptions& options = {});

// The box of one block on an axis: snapped, its waste marked, a seam of a pixel kept to its right neighbour.
[[nodiscard]] Box box_of(std::uint64_t offset, std::uint64_t size, std::uint64_t requested, Look look,
                         const ByteAxis& axis, Rect row);
// Name and size for a box, as much as fits: "A" over "100 B", "free  512 B", "split". Adds nothing where nothing fits.
void add_box_labels(Scene& scene, const Box& box, const replay::Block* block, const Style& style,
                    const NameOf& name_of);
// Which of a box's marks the focus sets.
void apply_focus(Box& box, const Focus& focus);

// Ticks with offsets under a row, in hex: "0x000  0x080 ...". A label that would touch its neighbour is left out.
void add_byte_scale(Scene& scene, const ByteAxis& axis, float y, double arena_bytes, const Style& style);

}  // namespace allocviz::draw
