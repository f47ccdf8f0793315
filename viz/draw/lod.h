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
#include <optional>
#include <span>

#include "core/replay/census.h"
#include "core/replay/digest.h"
#include "viz/draw/axis.h"
#include "viz/draw/scene.h"
#include "viz/draw/theme.h"

namespace allocviz::draw {

inline constexpr double kBoxPx = 2.0;           // narrower than this: summed up
inline constexpr std::size_t kMaxBoxes = 5000;  // more than this in a scene: the narrowest are summed up as well

[[nodiscard]] constexpr Look look_of(replay::BlockState state) {
  constexpr Look kLookOf[] = {Look::Free, Look::Fresh, Look::Live,   Look::InFlight,
                              Look::Gap,  Look::Dead,  Look::Padding};
  return kLookOf[static_cast<std::size_t>(state)];
}

// The columns of a row, added to block by block: tens of thousands of them each time the cursor moves, so what all have
// in common is computed once. Bytes outside the axis are left out.
class Columns {
 public:
  Columns() = default;
  Columns(std::span<Column> row, const ByteAxis& axis)
      : row_(row.data()),
        count_(static_cast<double>(row.size())),
        origin_(axis.bytes.from),
        scale_(1.0 / axis.bytes_per_px()) {}
  [[nodiscard]] bool empty() const { return !(count_ > 0); }

  // Adds the bytes [from, to) in state `look`.
  void add_share(double from, double to, Look look) { add_px(px_of(from), px_of(to), look); }
  // A live block: requested bytes up to `solid`, rounding waste from there on.
  void add_live(double from, double solid, double to) {
    const double middle = px_of(solid);
    add_px(px_of(from), middle, Look::Live);
    add_px(middle, px_of(to), Look::Waste);
  }
  // What the two above and add_hidden() do for a block that is not drawn as a box, in one step: most of them lie within
  // one column. Of a block that is not live `solid` is its end.
  void add_hidden_block(double from, double solid, double to, Look look) {
    const double a = px_of(from), middle = px_of(solid), b = px_of(to);
    if (!(a >= 0 && b < count_) || static_cast<std::size_t>(a) != static_cast<std::size_t>(b)) {
      add_px(a, middle, look);
      if (b > middle) add_px(middle, b, Look::Waste);
      add_hidden(from, to);
      return;
    }
    Column& column = row_[static_cast<std::size_t>(a)];
    column.share[static_cast<std::size_t>(look)] += static_cast<float>(middle - a);
    column.share[static_cast<std::size_t>(Look::Waste)] += static_cast<float>(b - middle);
    ++column.hidden;
    column.painted = true;
  }
  // What lies in one column as a whole, and how many blocks it is: a part of a run's sum (core/replay/digest.h).
  void add_hidden_part(std::size_t column, double solid_bytes, double rest_bytes, Look look, std::uint32_t blocks) {
    Column& to = row_[column];
    to.share[static_cast<std::size_t>(look)] += static_cast<float>(solid_bytes * scale_);
    to.share[static_cast<std::size_t>(Look::Waste)] += static_cast<float>(rest_bytes * scale_);
    to.hidden += blocks;
    to.painted = true;
  }
  // Hands the columns of the live bytes [from, to) the block's tint, where no other block has more of the column.
  void add_tint(double from, double to, Color tint);
  // Counts a block that is not drawn as a box, and has the columns it touches painted.
  void add_hidden(double from, double to);

 private:
  [[nodiscard]] double px_of(double byte) const { return (byte - origin_) * scale_; }
  void add_px(double from, double to, Look look) {
    const double a = from > 0 ? from : 0;
    const double b = to < count_ ? to : count_;
    if (!(b > a)) return;
    const auto first = static_cast<std::size_t>(a), last = static_cast<std::size_t>(b);
    if (first == last) {
      row_[first].share[static_cast<std::size_t>(look)] += static_cast<float>(b - a);
    } else {
      spread(a, b, first, last, look);
    }
  }
  void spread(double a, double b, std::size_t first, std::size_t last, Look look);

  Column* row_ = nullptr;
  double count_ = 0, origin_ = 0, scale_ = 0;
};

// The first block of a census that ends after `byte`, as an index. O(log blocks).
[[nodiscard]] std::size_t first_block_after(const replay::Census& census, double byte);

// The pixel column that holds all bytes of the run; none where several do, or the axis has not all of them.
[[nodiscard]] std::optional<std::size_t> only_column(const replay::Digest::Run& run, const ByteAxis& axis);

// Goes through the blocks in view in address order: runs of the digest (null: there is none) for as long as
// take_run(run) says that it took them, and take_block(block) for each block of the others. take_block must have had
// the first block in view, so that the runs after it begin with no block that began out of view.
template <class TakeRun, class TakeBlock>
void for_each_in_view(const replay::Census& census, const replay::Digest* digest, Span view, TakeRun&& take_run,
                      TakeBlock&& take_block) {
  const std::size_t first = first_block_after(census, view.from);
  for (std::size_t i = first; i < census.blocks.size();) {
    if (static_cast<double>(census.blocks[i].offset) >= view.to) return;
    const replay::Digest::Run* run = digest != nullptr && i != first ? digest->run_at(i) : nullptr;
    if (run != nullptr && take_run(*run)) {
      i += run->blocks;
      continue;
    }
    take_block(census.blocks[i], i);
    ++i;
  }
}

// How high each state stands in a column `height` pixels high, bottom first; their sum is at most height.
struct Stack {
  int height[kLooks] = {};
};
[[nodiscard]] Stack stack_of(const Column& column, int height);

// Paints every band of a scene. The picture's corner is the first band's, it reaches down to the last one's end, and
// it is transparent where there is nothing to sum up. A dot of a column that stands for several blocks is so many
// pixels wide and high.
void paint_bands(const Scene& scene, const Theme& theme, Picture& out, int dot = 1);

}  // namespace allocviz::draw
