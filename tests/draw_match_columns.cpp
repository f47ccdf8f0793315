// Where a search found something, over time: every event in one column, wherever the axis begins.
#include <gtest/gtest.h>

#include <cmath>

#include "viz/draw/match_columns.h"

namespace {

using namespace allocviz::draw;

TEST(MatchColumns, hold_every_match_in_view_once_where_the_cursor_would_stand_on_it) {
  const std::vector<std::uint64_t> matches{0, 1, 5, 6, 7, 50, 98, 99};
  for (const TimeAxis axis : {TimeAxis{0, 100, 10, 110}, TimeAxis{0, 100, 0, 37}, TimeAxis{0, 100, 3, 800}}) {
    const std::vector<MatchColumn> columns = match_columns(matches, axis);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      sum += columns[i].count;
      if (columns[i].count == 0) continue;
      const double x = axis.x_of(static_cast<double>(columns[i].first + 1)) - static_cast<double>(axis.x0);
      EXPECT_NEAR(x, static_cast<double>(i) + 0.5, 0.501);
    }
    EXPECT_EQ(sum, matches.size());
  }
}

TEST(MatchColumns, leave_out_what_is_not_in_view) {
  const std::vector<std::uint64_t> matches{10, 20, 30};
  std::uint64_t sum = 0;
  for (const MatchColumn& column : match_columns(matches, {15, 25, 0, 100})) sum += column.count;
  EXPECT_EQ(sum, 1u);
  EXPECT_TRUE(match_columns({}, {0, 1, 0, 0}).empty());
}

TEST(MatchColumns, a_single_match_is_seen_beside_a_thousand) {
  EXPECT_EQ(match_strength(0, 1000), 0);
  EXPECT_GE(match_strength(1, 1000), 0.35);
  EXPECT_LT(match_strength(1, 1000), match_strength(50, 1000));
  EXPECT_EQ(match_strength(1000, 1000), 1);
}

}  // namespace
