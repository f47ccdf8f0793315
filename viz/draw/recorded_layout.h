// The recorded heap as the log has it: its addresses wrapped into rows, or, where the log is of kernel pages, a row for
// each order over the page frames, as in a buddy tree.
//
//   0x5581a000 |AA|B|   |CCCC|      |    addresses           order 2 |    [ C ]      |    pages
//   0x5581c000 |    |DD|EE|         |                        order 1 |[B]        [D] |
//   0x7f12e000 |FFFFFFFF|  |G|      |                        order 0 |  A      E     |
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/replay/census.h"
#include "core/replay/digest.h"
#include "viz/draw/axis.h"
#include "viz/draw/focus.h"
#include "viz/draw/scene.h"

namespace allocviz::draw {

// Where the recorded program had the block that event `born` made; 0 = the log does not say.
using AddressOf = std::function<std::uint64_t(std::uint64_t born)>;

struct RecordedInput {
  const replay::Census& census;
  const Focus& focus;
  Rect rect;
  Span view;
  Style style;
  const NameOf& name_of;
  const AddressOf& address_of;
  const replay::Digest* digest = nullptr;  // of the census, where there is one
};

struct RecordedScene {
  Scene scene;
  std::vector<ByteAxis> axes;  // one a row
  std::vector<Rect> rows;
  std::vector<int> orders;  // of kernel pages: one a row, the largest first; empty where rows are addresses
};

// Whether the log is of kernel pages: then blocks have orders.
[[nodiscard]] bool has_orders(const replay::Census& census);
[[nodiscard]] RecordedScene lay_out_recorded(const RecordedInput& input);
// The bytes of the pixel at a point, and on which row.
struct RecordedHit {
  std::size_t row = 0;
  Span bytes;
};
[[nodiscard]] std::optional<RecordedHit> hit(const RecordedScene& scene, Point at);
// The address that stands at an offset: known from the blocks that live around it; 0 where none does.
[[nodiscard]] std::uint64_t address_at(const replay::Census& census, const AddressOf& address_of, std::uint64_t offset);

}  // namespace allocviz::draw
