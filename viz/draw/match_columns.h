// What a search found over time: how many events a pixel column stands for. O(columns log matches), whatever the log.
#pragma once

#include <cstdint>
#include <vector>

#include "viz/draw/chart_layout.h"

namespace allocviz::draw {

struct MatchColumn {
  std::uint64_t count = 0;
  std::uint64_t first = 0;  // index of the first of them
};

// One column a pixel of the axis; `matches` = event indices, ascending. An event stands where the position after it
// does.
[[nodiscard]] std::vector<MatchColumn> match_columns(const std::vector<std::uint64_t>& matches, const TimeAxis& axis);
// How strongly a column of so many is drawn where the fullest has `most`: 0 for none, from 0.35 for one to 1.
[[nodiscard]] double match_strength(std::uint64_t count, std::uint64_t most);

}  // namespace allocviz::draw
