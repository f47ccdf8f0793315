#include "viz/panels/match_lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "viz/draw/match_columns.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

// The nearest column with something in it, a few pixels away at most.
const draw::MatchColumn* column_near(const std::vector<draw::MatchColumn>& columns, float x) {
  constexpr int kReach = 4;
  const int middle = static_cast<int>(std::floor(x));
  for (int away = 0; away <= kReach; ++away) {
    for (const int at : {middle - away, middle + away}) {
      if (at < 0 || at >= static_cast<int>(columns.size())) continue;
      const draw::MatchColumn& column = columns[static_cast<std::size_t>(at)];
      if (column.count != 0) return &column;
    }
  }
  return nullptr;
}

std::string text_of(const draw::MatchColumn& column) {
  const std::string event = trace::count_text(column.first + 1);
  if (column.count == 1) return fmt::format("Found: event {}. A click goes there.", event);
  return fmt::format("{} events found here, the first is {}. A click goes there.", trace::count_text(column.count),
                     event);
}

}  // namespace

void match_lane(const Context& context, const draw::ChartScene& scene) {
  const app::EventFilter& filter = context.state.filter;
  if (!filter.active) return;
  const draw::Rect& lane = scene.match_lane;
  if (lane.height() < 1) return;
  ui::fill(ui::draw_list(), lane, context.theme.inset);
  const std::vector<draw::MatchColumn> columns = draw::match_columns(filter.matches, scene.axis);
  std::uint64_t most = 0;
  for (const draw::MatchColumn& column : columns) most = std::max(most, column.count);
  for (std::size_t i = 0; i < columns.size();) {
    // Columns that look alike are one rectangle; a lone one is two pixels wide, to be seen at all.
    const double strength = draw::match_strength(columns[i].count, most);
    const auto alpha = static_cast<unsigned>(std::lround(255 * strength));
    std::size_t end = i + 1;
    while (end < columns.size() &&
           static_cast<unsigned>(std::lround(255 * draw::match_strength(columns[end].count, most))) == alpha) {
      ++end;
    }
    if (alpha != 0) {
      const float x0 = lane.x0 + static_cast<float>(i), x1 = std::max(lane.x0 + static_cast<float>(end), x0 + 2);
      ui::fill(ui::draw_list(), {x0, lane.y0, x1, lane.y1}, draw::with_alpha(context.theme.live, alpha));
    }
    i = end;
  }
  const bool hovered = ui::canvas("found over time", lane);
  const draw::MatchColumn* near = hovered ? column_near(columns, ImGui::GetIO().MousePos.x - lane.x0) : nullptr;
  if (near == nullptr) return;
  ui::tooltip(text_of(*near));
  if (!ImGui::IsItemClicked(0)) return;
  context.commands.push({.what = app::Do::SeekTo, .position = {near->first + 1, replay::kAllSteps}});
}

}  // namespace allocviz::panels
