// A byte axis: which bytes of the arena stand on which pixels. The stage and the map under it share one.
//
//   from                            to          bytes, fractions allowed while zooming
//    |---------------|---------------|
//   x0                               x1         window pixels, whole
#pragma once

#include <cstdint>
#include <vector>

#include "core/trace/spec.h"
#include "viz/draw/geometry.h"
#include "viz/draw/style.h"

namespace allocviz::draw {

struct Span {
  double from = 0, to = 0;
  [[nodiscard]] double width() const { return to - from; }
  bool operator==(const Span&) const = default;
};

struct ByteAxis {
  Span bytes;
  float x0 = 0, x1 = 1;

  [[nodiscard]] double bytes_per_px() const;
  // Where a byte stands; not clamped, exact enough for arenas up to 2^52 bytes.
  [[nodiscard]] double x_of(double byte) const;
  [[nodiscard]] double byte_at(double x) const;
  // x_of snapped to a whole pixel and clamped to the axis, so that neighbours share an edge.
  [[nodiscard]] float snapped(double byte) const;
  [[nodiscard]] int columns() const { return static_cast<int>(x1 - x0); }
  bool operator==(const ByteAxis&) const = default;
};

// The part of an arena that a view shows: a view that is empty or outside becomes the whole arena; never below one
// byte.
[[nodiscard]] Span clamped_view(Span view, double arena_bytes);
// The view after zooming by factor (< 1: closer) so that byte `at` keeps its place; clamped.
[[nodiscard]] Span zoomed(Span view, double at, double factor, double arena_bytes);
// The view moved by so many bytes, stopped at the arena's ends, its width kept.
[[nodiscard]] Span panned(Span view, double by, double arena_bytes);

struct Tick {
  std::uint64_t byte = 0;
  float x = 0;
};
// Multiples of one power of two, at least min_gap_px apart, in ascending order.
[[nodiscard]] std::vector<Tick> byte_ticks(const ByteAxis& axis, float min_gap_px);

// Beside a tree in a narrow panel: the space to its words, and what a pill there has around its text.
inline constexpr float kNarrowGapEm = 0.5f, kLeastPillPadEm = 0.14f;

// The x axis inside a panel's content: room for level labels at the left and free lists at the right on a buddy, the
// whole width elsewhere. One function, so that the tree and the map cannot disagree.
[[nodiscard]] ByteAxis stage_axis(Rect inside, Span view, trace::AllocatorKind kind, const Style& style);
// The same of recorded kernel pages, which stand in a row for each order.
[[nodiscard]] ByteAxis orders_axis(Rect inside, Span view, const Style& style);

}  // namespace allocviz::draw
