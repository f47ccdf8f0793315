// The charts' axis: by events, each as wide as the others, or by the clock, each where it happened.
//
//   events   | 0 | 1 | 2 | 3 |     position p, the state after p events, occupies [p - 1/2, p + 1/2)
//   clock    |0|1    |2|3     |    it begins when the p-th event happened and lasts until the next one
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/replay/clock.h"

namespace allocviz::draw {

struct TimeAxis {
  double first = 0, last = 1;  // positions, shown whole; by clock, ns
  float x0 = 0, x1 = 1;
  const replay::Clock* clock = nullptr;

  [[nodiscard]] double px_per_unit() const;          // of a position, or of a nanosecond
  [[nodiscard]] double x_of(double position) const;  // the middle of an event; by clock, where it begins
  // Where the state after `position` events begins.
  [[nodiscard]] double begin_of(std::uint64_t position) const;
  [[nodiscard]] double unit_at(double x) const;      // on the axis, as first and last are
  [[nodiscard]] double position_at(double x) const;  // by clock a whole number: what is in force there
  // The borders of `columns` columns of pixels from x0 on, as positions: column c holds [edges[c], edges[c + 1]).
  [[nodiscard]] std::vector<double> edges(std::size_t columns) const;
  // Positions of which something lies in view: [first, last), at most `size` of them.
  struct Positions {
    std::uint64_t first = 0, last = 0;
  };
  [[nodiscard]] Positions in_view(std::uint64_t size) const;
  bool operator==(const TimeAxis&) const = default;
};

// 1, 2 or 5 times a power of ten, so that labels stand at least min_gap_px apart.
[[nodiscard]] std::uint64_t event_step(const TimeAxis& axis, float min_gap_px);
// The same for nanoseconds, at least one.
[[nodiscard]] std::uint64_t clock_step(const TimeAxis& axis, float min_gap_px);
// "1 234", "20 k", "1.5 M".
[[nodiscard]] std::string event_text(std::uint64_t event);
// A time told to `step` exactly, in the unit that suits the step: "0", "250 µs", "1.5 s".
[[nodiscard]] std::string clock_text(std::uint64_t ns, std::uint64_t step);
// One moment: "12.345678 s", "1.5 µs".
[[nodiscard]] std::string moment_text(std::uint64_t ns);

}  // namespace allocviz::draw
