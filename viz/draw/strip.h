// A strip: the blocks of a census in address order on one row. The memory map is one strip (or several, wrapped), the
// bump region is one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/replay/census.h"
#include "core/replay/digest.h"
#include "viz/draw/axis.h"
#include "viz/draw/focus.h"
#include "viz/draw/scene.h"

namespace allocviz::draw {

// A view wrapped into rows of so many bytes. A block that spans several of them is one block: its pieces are open
// towards each other, and one of them has its label.
struct Rows {
  Span view;
  double bytes = 0;  // of a row; the last one may be shorter
};

struct StripOptions {
  bool labels = true;
  bool sizes = true;               // live blocks are labelled with what was asked for, beside their name
  const char* free_word = "free";  // what free bytes are called: a bump's are unused
  std::size_t max_boxes = 5000;
  TintOf tint_of = {};
  const replay::Digest* digest = nullptr;  // of the census, where there is one
  std::optional<Rows> rows = {};           // what the row is one of
};

// Adds the blocks in view as boxes with labels, and a band of columns for those too narrow. O(blocks in view + pixels).
void add_strip(Scene& scene, const replay::Census& census, const ByteAxis& axis, Rect row, const Focus& focus,
               const Style& style, const NameOf& name_of, const StripOptions& options = {});

// The box of one block on an axis: snapped, its waste marked, a seam of a pixel kept to its right neighbour.
[[nodiscard]] Box box_of(std::uint64_t offset, std::uint64_t size, std::uint64_t requested, Look look,
                         const ByteAxis& axis, Rect row);
// Adds a box and its labels, name and size as far as they fit: "A" over "100 B", "A  100 B", "free  512 B", "split".
void add_box(Scene& scene, const Box& box, const replay::Block* block, const Style& style, const NameOf& name_of,
             const StripOptions& options = {});
// Marks a block that is emphasised where the scene has no box for it.
void add_pin(Scene& scene, const ByteAxis& axis, Rect row, const Touch& block, bool selected);
// A size as sentences say it: to the byte below 10 000 B, unless it is so many KiB ("1 032 B" needs a block of 2 KiB,
// which "1 KiB" would not); above that shortly, with the fraction that it has ("64.0 KiB" of 65 540 B).
[[nodiscard]] std::string telling_size(std::uint64_t bytes);
// Points at the byte where a free was refused, when it is in view.
void add_refused(Scene& scene, const ByteAxis& axis, Rect row, const Focus& focus, const Style& style);
// Whether the piece in the row that begins at `row_from` is the one to be labelled of the bytes [from, to): the first
// one where a label has room there, else the widest.
[[nodiscard]] bool is_labelled_piece(const Rows& rows, double row_from, double from, double to, double least_bytes);
// Which of a box's marks the focus sets.
void apply_focus(Box& box, const Focus& focus);

// Ticks with offsets under a row, in hex: "0x000  0x080 ...". A label that would touch its neighbour is left out.
void add_byte_scale(Scene& scene, const ByteAxis& axis, float y, double arena_bytes, const Style& style);

}  // namespace allocviz::draw
