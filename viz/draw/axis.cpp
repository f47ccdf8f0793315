#include "viz/draw/axis.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace allocviz::draw {

double ByteAxis::bytes_per_px() const {
  return bytes.width() / std::max(1.0, static_cast<double>(x1) - x0);
}

double ByteAxis::x_of(double byte) const {
  return x0 + (byte - bytes.from) / bytes_per_px();
}

double ByteAxis::byte_at(double x) const {
  return bytes.from + (x - x0) * bytes_per_px();
}

float ByteAxis::snapped(double byte) const {
  return static_cast<float>(std::clamp(std::floor(x_of(byte) + 0.5), static_cast<double>(x0), static_cast<double>(x1)));
}

Span clamped_view(Span view, double arena_bytes) {
  const double arena = std::max(arena_bytes, 1.0);
  if (!(view.to > view.from) || view.from >= arena || view.to <= 0) return {0, arena};
  const double width = std::clamp(view.width(), 1.0, arena);
  const double from = std::clamp(view.from, 0.0, arena - width);
  return {from, from + width};
}

Span zoomed(Span view, double at, double factor, double arena_bytes) {
  const Span now = clamped_view(view, arena_bytes);
  const double width = std::clamp(now.width() * factor, 1.0, std::max(arena_bytes, 1.0));
  const double part = std::clamp((at - now.from) / now.width(), 0.0, 1.0);
  const double from = now.from + part * (now.width() - width);
  return clamped_view({from, from + width}, arena_bytes);
}

Span panned(Span view, double by, double arena_bytes) {
  const Span now = clamped_view(view, arena_bytes);
  const double from = std::clamp(now.from + by, 0.0, std::max(arena_bytes, 1.0) - now.width());
  return {from, from + now.width()};
}

std::vector<Tick> byte_ticks(const ByteAxis& axis, float min_gap_px) {
  std::vector<Tick> ticks;
  const double wanted = std::max(1.0, axis.bytes_per_px() * static_cast<double>(std::max(min_gap_px, 1.0f)));
  const auto step = std::bit_ceil(static_cast<std::uint64_t>(std::ceil(wanted)));
  const double unit = static_cast<double>(step);
  for (double byte = std::ceil(axis.bytes.from / unit) * unit; byte <= axis.bytes.to; byte += unit) {
    ticks.push_back({static_cast<std::uint64_t>(byte), axis.snapped(byte)});
  }
  return ticks;
}

namespace {

constexpr float kMostBesideTree = 0.42f;

// What stands beside a tree, the space to it included.
struct TreeSides {
  float left = 0, right = 0;
};

// A level's number and its size stand at the left, its free list at the right. Of a narrow panel the tree has more than
// a half: of what it leaves, the sizes of levels get what they need, a list as much as a long offset takes, and what is
// left over goes to the levels' words and then to the lists.
TreeSides sides_of_tree(float room, bool slabs, const Style& style) {
  const float em = style.em;
  const float size = style.width(Type::MonoSmall, "999 KiB");
  const float words = std::max(5.2f * em, 2.4f * em + size);
  const TreeSides wide{std::clamp(room * 0.16f, std::min(words, room * 0.3f), std::max(6.3f * em, words)),
                       std::clamp(room * 0.2f, std::min(7.0f * em, room * 0.3f), 20.0f * em)};
  // Slabs below a tree have words of their own beside them.
  if (slabs || wide.left + wide.right <= kMostBesideTree * room) return wide;
  const float shortest = std::ceil(size + kNarrowGapEm * em);
  const auto list = [&](const char* offset) {
    return std::ceil(style.width(Type::MonoSmall, offset) + (2 * kLeastPillPadEm + kNarrowGapEm) * em) + 1;
  };
  // A little more where that is all that number, size and offset of the deepest tree need.
  const float whole = shortest + std::ceil(style.width(Type::Small, "99") + 0.3f * em) + list("0x00000000");
  const float short_lists = std::min(shortest + list("0x000"), 0.45f * room);
  const float both = std::max({kMostBesideTree * room, short_lists, whole <= 0.455f * room ? whole : 0});
  const float right = std::clamp(both - shortest, std::min(0.46f * both, list("0x000")), list("0x00000000"));
  const float left = std::min(both - right, words);
  return {left, both - left};
}

}  // namespace

ByteAxis stage_axis(Rect inside, Span view, trace::AllocatorKind kind, const Style& style) {
  ByteAxis axis{view, std::floor(inside.x0), std::floor(inside.x1)};
  const float em = style.em;
  const float room = inside.width();
  if (kind == trace::AllocatorKind::Buddy || kind == trace::AllocatorKind::Tiered) {
    const TreeSides sides = sides_of_tree(room, kind == trace::AllocatorKind::Tiered, style);
    axis.x0 = std::floor(inside.x0 + sides.left);
    axis.x1 = std::floor(inside.x1 - sides.right);
  } else {
    axis.x0 = std::floor(inside.x0 + std::min(em, room * 0.05f));
    axis.x1 = std::floor(inside.x1 - std::min(em, room * 0.05f));
  }
  axis.x1 = std::max(axis.x1, axis.x0 + 1);
  return axis;
}

ByteAxis orders_axis(Rect inside, Span view, const Style& style) {
  ByteAxis axis{view, std::floor(inside.x0 + 8.2f * style.em), std::floor(inside.x1 - 5.2f * style.em)};
  axis.x1 = std::max(axis.x1, axis.x0 + 1);
  return axis;
}

}  // namespace allocviz::draw
