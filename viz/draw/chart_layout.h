// Figures over time as a picture: for few events a staircase, for many one minimum and maximum a pixel column.
//
//   top  |      ____
//   half |   __|    |__        position p occupies [p - 1/2, p + 1/2) of the axis: the state after event p
//   0    |__|          |____
//        0  1  2  3  4  5
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/replay/series.h"
#include "viz/draw/axis.h"
#include "viz/draw/geometry.h"
#include "viz/draw/scene.h"
#include "viz/draw/theme.h"

namespace allocviz::draw {

struct TimeAxis {
  double first = 0, last = 1;  // positions, shown whole
  float x0 = 0, x1 = 1;
  [[nodiscard]] double x_of(double position) const;
  [[nodiscard]] double position_at(double x) const;
  [[nodiscard]] double px_per_position() const;
  bool operator==(const TimeAxis&) const = default;
};

struct ChartInput {
  const replay::Series& series;
  const std::vector<std::uint64_t>& failures;         // event indices, ascending
  const std::map<std::uint64_t, std::string>& marks;  // event index -> name
  unsigned curves = 0;                                // bit c = replay::Curve c
  double first = 0, last = 0;                         // positions in view
  Rect rect;
  Style style;
};

struct ChartCurve {
  replay::Curve curve = replay::Curve::LiveRequested;
  bool dashed = false;
  std::vector<std::vector<Point>> pieces;  // a solid curve is one piece
  std::vector<float> top;                  // y of the maximum, one a pixel column: what is filled
};
struct ChartFailure {
  float x = 0;
  std::uint64_t count = 0, first = 0;  // how many stand here, the first one's index
};
struct ChartFlag {
  float x = 0;
  std::uint64_t index = 0;
  std::string name;  // empty where there is no room for it
};

struct ChartScene {
  TimeAxis axis;
  Rect plot;
  double top = 1;                 // bytes at plot.y0
  std::uint64_t most_blocks = 0;  // LiveBlocks is drawn on a scale of its own
  std::vector<Label> labels;
  std::vector<float> grid;   // y of the horizontal lines
  std::vector<float> ticks;  // x
  std::vector<ChartCurve> curves;
  std::vector<ChartFailure> failures;
  std::vector<ChartFlag> flags;
  // The whole run in little, only while less than all of it is in view.
  bool zoomed = false;
  Rect minimap, window;
  std::vector<Point> outline;
};

[[nodiscard]] ChartScene lay_out_chart(const ChartInput& input);
// The areas under the curves, half transparent: plot.width() x plot.height().
void paint_areas(const ChartScene& scene, const Theme& theme, Picture& out);
// The top of an axis that holds `most`: a multiple of a power of two, cut into two to four parts of `unit`.
struct Rounded {
  std::uint64_t top = 1, unit = 1;
};
[[nodiscard]] Rounded rounded_top(std::uint64_t most);
// 1, 2 or 5 times a power of ten, so that labels stand at least min_gap_px apart.
[[nodiscard]] std::uint64_t event_step(const TimeAxis& axis, float min_gap_px);
[[nodiscard]] const char* name_of(replay::Curve curve);
[[nodiscard]] Color color_of(replay::Curve curve, const Theme& theme);

}  // namespace allocviz::draw
