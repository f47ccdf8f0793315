#include "viz/draw/lod.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace allocviz::draw {
namespace {

// From the bottom of a column upwards: what is held first, what is free last.
constexpr std::array<Look, kLooks> kOrder = {Look::Live, Look::Waste, Look::Padding, Look::InFlight, Look::Dead,
                                             Look::Gap,  Look::Free,  Look::Fresh,   Look::Split};

struct Paint {
  Color solid;
  Color dots;   // say that several blocks are behind the column; no stripes, which mean rounding waste
  Color alone;  // of one block: other than solid where that is like the ground, or the block would be seen as none
};

std::array<Paint, kLooks> paints(const Theme& theme) {
  std::array<Paint, kLooks> out{};
  const auto set = [&](Look look, Color solid, Color dots) {
    out[static_cast<std::size_t>(look)] = {solid, dots, solid};
  };
  const auto faint = [&](Look look, Color solid, Color edge) {
    out[static_cast<std::size_t>(look)] = {solid, edge, mix(solid, edge, 0.6)};
  };
  // One blue, one orange: what a box and the legend have, and not a mean of a fill and its edge.
  set(Look::Live, theme.live_fill, mix(theme.live_fill, theme.live, 0.6));
  set(Look::Waste, theme.waste, mix(theme.waste, theme.waste_ground, 0.5));
  set(Look::Padding, theme.waste, mix(theme.waste, theme.waste_ground, 0.5));
  set(Look::InFlight, theme.touched, mix(theme.touched, theme.touched_fill, 0.5));
  set(Look::Dead, theme.dead, mix(theme.dead, theme.reserved, 0.4));
  set(Look::Gap, mix(theme.panel, theme.reserved, 0.35), theme.reserved);
  faint(Look::Free, theme.free_fill, theme.free_edge);
  faint(Look::Fresh, theme.panel, theme.split_edge);
  faint(Look::Split, theme.panel, theme.split_edge);
  return out;
}

// In a quincunx: every column has its dots, however narrow what is dotted.
bool is_dot(std::size_t x, std::size_t y) {
  return ((2 * x + y) & 3u) == 0;
}

}  // namespace

void Columns::spread(double a, double b, std::size_t first, std::size_t last, Look look) {
  const auto slot = static_cast<std::size_t>(look);
  row_[first].share[slot] += static_cast<float>(static_cast<double>(first + 1) - a);
  for (++first; first < last; ++first) row_[first].share[slot] += 1.0f;
  if (static_cast<double>(last) < count_) row_[last].share[slot] += static_cast<float>(b - static_cast<double>(last));
}

void Columns::add_tint(double from, double to, Color tint) {
  const double a = std::max(px_of(from), 0.0);
  const double b = std::min(px_of(to), count_);
  for (double x = std::floor(a); x < b; ++x) {
    const auto share = static_cast<float>(std::min(x + 1, b) - std::max(x, a));
    Column& column = row_[static_cast<std::size_t>(x)];
    if (share <= column.tint_share) continue;
    column.tint_share = share;
    column.tint = tint;
  }
}

void Columns::add_hidden(double from, double to) {
  if (empty()) return;
  // The last column is the one whose right edge is the first at or behind the block's end.
  const double a = std::clamp(px_of(from), 0.0, count_ - 1);
  const auto first = static_cast<std::size_t>(a);
  ++row_[first].hidden;
  const double end = std::min(px_of(to), count_);
  std::size_t x = first;
  do {
    row_[x++].painted = true;
  } while (static_cast<double>(x) < end);
}

std::size_t first_block_after(const replay::Census& census, double byte) {
  const auto found = std::partition_point(census.blocks.begin(), census.blocks.end(), [byte](const replay::Block& b) {
    return static_cast<double>(b.offset) + static_cast<double>(b.size) <= byte;
  });
  return static_cast<std::size_t>(found - census.blocks.begin());
}

std::optional<std::size_t> only_column(const replay::Digest::Run& run, const ByteAxis& axis) {
  const double px_per_byte = 1.0 / axis.bytes_per_px();
  const double from = (static_cast<double>(run.offset) - axis.bytes.from) * px_per_byte;
  const double to = (static_cast<double>(run.end) - axis.bytes.from) * px_per_byte;
  if (!(from >= 0 && to < static_cast<double>(axis.columns()))) return std::nullopt;
  const auto column = static_cast<std::size_t>(from);
  if (column != static_cast<std::size_t>(to)) return std::nullopt;
  return column;
}

Stack stack_of(const Column& column, int height) {
  Stack stack;
  int left = height;
  for (const Look look : kOrder) {
    const auto slot = static_cast<std::size_t>(look);
    const float share = column.share[slot];
    if (!(share > 1e-7f) || left == 0) continue;
    const int wanted = std::max(1, static_cast<int>(std::lround(share * static_cast<float>(height))));
    stack.height[slot] = std::min(wanted, left);
    left -= stack.height[slot];
  }
  // A state at the end of the order that found no pixel left takes one from the highest.
  for (const Look look : kOrder) {
    const auto slot = static_cast<std::size_t>(look);
    if (!(column.share[slot] > 1e-7f) || stack.height[slot] != 0) continue;
    int* highest = std::max_element(std::begin(stack.height), std::end(stack.height));
    if (*highest < 2) break;
    --*highest;
    stack.height[slot] = 1;
  }
  return stack;
}

void paint_bands(const Scene& scene, const Theme& theme, Picture& out, int dot) {
  out = {};
  if (scene.bands.empty()) return;
  const Rect& origin = scene.bands.front().rect;
  for (const Band& band : scene.bands) out.width = std::max(out.width, static_cast<int>(band.rect.width()));
  out.height = std::max(0, static_cast<int>(scene.bands.back().rect.y1 - origin.y0));
  out.pixels.assign(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height), 0);
  const std::array<Paint, kLooks> colours = paints(theme);
  const auto stride = static_cast<std::size_t>(out.width), unit = static_cast<std::size_t>(std::max(dot, 1));
  for (const Band& band : scene.bands) {
    const auto top = static_cast<std::size_t>(band.rect.y0 - origin.y0);
    const int height = std::max(0, static_cast<int>(band.rect.height()));
    const auto width = static_cast<std::size_t>(band.rect.width());
    for (std::size_t x = 0; x < width; ++x) {
      const Column& column = scene.columns[band.first_column + x];
      if (!column.painted) continue;
      const Stack stack = stack_of(column, height);
      const bool hides = column.hidden > 1;
      std::size_t y = top + static_cast<std::size_t>(height);
      for (const Look look : kOrder) {
        Paint paint = colours[static_cast<std::size_t>(look)];
        if (look == Look::Live && column.tint != 0)
          paint = {column.tint, mix(column.tint, theme.panel, 0.35), column.tint};
        for (int i = stack.height[static_cast<std::size_t>(look)]; i > 0; --i) {
          --y;
          out.pixels[y * stride + x] = !hides ? paint.alone : is_dot(x / unit, y / unit) ? paint.dots : paint.solid;
        }
      }
    }
  }
}

}  // namespace allocviz::draw
