// How many free blocks of each size there were, over time: a row a level, brighter for more, dark for none.
//
//   16 MiB |####                 |      a column of pixels holds the events under it: as bright as the least and the
//    8 MiB |########  ####       |      greatest count there say together, and never dark where some block was free
//    4 MiB |   ##################|
#pragma once

#include <string>
#include <vector>

#include "core/replay/free_levels.h"
#include "viz/draw/scene.h"
#include "viz/draw/theme.h"
#include "viz/draw/time_axis.h"

namespace allocviz::draw {

struct LevelsInput {
  const replay::FreeLevels& levels;
  double first = 0, last = 0;  // in view, on the axis
  const replay::Clock* clock = nullptr;
  Rect rect;
  Style style;
};

struct LevelsScene {
  TimeAxis axis;
  Rect plot;
  std::size_t levels = 0, columns = 0;
  std::vector<replay::CountExtent> counts;  // counts[level * columns + column]
  std::uint32_t most = 0;                   // of any level in view
  std::vector<Label> labels;

  // The level and the column of pixels at a point of the plot.
  [[nodiscard]] float top_of(std::size_t level) const;  // whole pixels; of `levels`, the bottom
  [[nodiscard]] std::size_t level_at(float y) const;
  [[nodiscard]] std::size_t column_at(float x) const;
};

[[nodiscard]] LevelsScene lay_out_levels(const LevelsInput& input);
// plot.width() x plot.height().
void paint_levels(const LevelsScene& scene, const Theme& theme, Picture& out);
// 0 for none, else 0.4 ... 1: the logarithm of the count against that of the most.
[[nodiscard]] double brightness(std::uint32_t count, std::uint32_t most);

}  // namespace allocviz::draw
