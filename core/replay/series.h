// Figures over time: one value an event, and pyramids of minimum and maximum above them, so that a chart of any width
// over any range reads O(pixels) entries and misses no spike.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/replay/census.h"
#include "core/trace/column.h"

namespace allocviz::replay {

enum class Curve : std::uint8_t { LiveRequested, LiveRounded, Free, LargestFree, LiveBlocks, Reserved };
inline constexpr int kCurves = 6;

struct Extent {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  bool operator==(const Extent&) const = default;
};

// Positions 0 ... size()-1: position p is the state after event p (p = 0: before the first).
class Series {
 public:
  void append(const Figures& figures);
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] std::uint64_t at(Curve curve, std::uint64_t position) const;
  // Exact minimum and maximum over [first, last). O(log size).
  [[nodiscard]] Extent extent(Curve curve, std::uint64_t first, std::uint64_t last) const;
  // One Extent a bin of [first, last) cut into out.size() equal bins; an empty bin repeats the value in force.
  void bins(Curve curve, double first, double last, std::span<Extent> out) const;
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  struct Level { trace::Column min, max; };
  struct Pyramid { trace::Column values; std::vector<Level> levels; };
  Pyramid pyramids_[kCurves];
};

}  // namespace allocviz::replay
