#include "viz/draw/match_columns.h"

#include <algorithm>
#include <cmath>

namespace allocviz::draw {

std::vector<MatchColumn> match_columns(const std::vector<std::uint64_t>& matches, const TimeAxis& axis) {
  const auto width = static_cast<std::size_t>(std::max(0.0f, std::floor(axis.x1 - axis.x0)));
  std::vector<MatchColumn> columns(width);
  if (width == 0) return columns;
  // By events a tick stands in the middle of what its position occupies, as the cursor does; by clock where it begins.
  std::vector<double> edges;
  if (axis.clock != nullptr) {
    edges = axis.edges(width);
  } else {
    for (std::size_t i = 0; i <= width; ++i) {
      edges.push_back(axis.position_at(static_cast<double>(axis.x0) + static_cast<double>(i)));
    }
  }
  // The first match that stands at or behind an edge: position p is the event of index p - 1.
  const auto at = [&](double edge) {
    const double index = std::ceil(edge) - 1;
    return std::lower_bound(matches.begin(), matches.end(), index <= 0 ? 0 : static_cast<std::uint64_t>(index));
  };
  auto from = at(edges.front());
  for (std::size_t i = 0; i < width && from != matches.end(); ++i) {
    const auto to = std::max(from, at(edges[i + 1]));
    if (to != from) columns[i] = {static_cast<std::uint64_t>(to - from), *from};
    from = to;
  }
  return columns;
}

double match_strength(std::uint64_t count, std::uint64_t most) {
  if (count == 0) return 0;
  if (most <= 1) return 1;
  return 0.35 + 0.65 * std::log(static_cast<double>(count)) / std::log(static_cast<double>(most));
}

}  // namespace allocviz::draw
