// Figures over time as a picture: for few events a staircase, for many one minimum and maximum a pixel column.
//
//   64 MiB |      ____        | 100 %     bytes by the axis at the left, fragmentation by the one at the right
//          |   __|    |__     |
//        0 |__|          |____| 0
//          0  1  2  3  4  5
//          [====|      |======]           the whole run in little, and the part in view
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/replay/series.h"
#include "core/trace/trace.h"
#include "viz/draw/axis.h"
#include "viz/draw/geometry.h"
#include "viz/draw/scene.h"
#include "viz/draw/theme.h"
#include "viz/draw/time_axis.h"

namespace allocviz::draw {

// The run of one allocator.
struct ChartRun {
  const replay::Series* series = nullptr;
  std::string name;  // "bump 4 KiB", where there are several
};

// Whose failures they are, where several allocators are compared: each has a lane of its own in a high chart; in a low
// one they share it, and each has a name beside it where there is room.
struct FailureLane {
  std::string name;                         // shortly, before the lane
  std::span<const std::uint64_t> failures;  // event indices, ascending
};

struct ChartInput {
  std::vector<ChartRun> runs;                         // at least one
  bool alike = true;                                  // all serve the same requests: what lives is one curve
  const std::vector<std::uint64_t>& failures;         // event indices, ascending: whosever they are
  const std::map<std::uint64_t, std::string>& marks;  // event index -> name
  unsigned curves = 0;                                // bit c = replay::Curve c
  bool failure_lane = true;
  std::vector<FailureLane> failure_lanes = {};  // none: they all stand in one, which has no name
  // From this index on it is not told whose a failure is: those stand amid the lanes.
  std::uint64_t told_until = trace::kNoEvent;
  bool match_lane = false;     // a lane below the plot, for what a search found
  double first = 0, last = 0;  // in view, on the axis
  const replay::Clock* clock = nullptr;
  Rect rect;
  Style style;
};

enum class Stroke : std::uint8_t { Solid, Dashed, Dotted };

struct ChartCurve {
  replay::Curve curve = replay::Curve::LiveRequested;
  std::size_t run = 0;
  Stroke stroke = Stroke::Solid;
  bool stairs = false;
  // Where it is alone, in its stroke: a line of pixel columns is cut into dashes already, stairs are not.
  std::vector<std::vector<Point>> pieces = {};
  // Where its line is another curve's, too, they take turns: its stretches of that, without dashes.
  std::vector<std::vector<Point>> shared = {};
  std::vector<float> top = {}, low = {};  // y of the maximum, to which it is filled, and of the minimum, by column
};
struct ChartFailure {
  float x = 0;
  std::uint64_t count = 0, first = 0;  // how many stand here, the first one's index
  int lane = 0;                        // from the top; kUntold: whose it is is not told
  std::string name = {};               // whose, where they share a lane and that is told
  static constexpr int kUntold = -1;
};
struct ChartFlag {
  float x = 0;
  std::uint64_t index = 0;
  std::string name;  // empty where there is no room for it
};

struct ChartScene {
  TimeAxis axis;
  Rect plot;
  Rect match_lane;                 // between the plot and the numbers of its axis; empty where none is wanted
  float failure_lane = 0;          // of the plot, at its top: where failures stand, above all curves
  float lane_height = 0;           // one of `lanes` of them, the upper one first
  std::vector<std::string> lanes;  // whose each is, the first allocator's first; empty: one, of all
  double top = 1;                  // bytes at plot.y0 + failure_lane
  std::uint64_t most_blocks = 0;   // LiveBlocks is drawn on a scale of its own
  bool shares = false;             // some curve is in per cent: the axis at the right
  std::vector<Label> labels;
  std::vector<float> grid;   // y of the horizontal lines
  std::vector<float> ticks;  // x
  std::vector<ChartCurve> curves;
  // One a cross wide while crosses have room beside each other, else (`crowded`) one a pixel wide.
  std::vector<ChartFailure> failures;
  bool crowded = false;
  std::vector<ChartFlag> flags;
  // The whole run in little: of a long one always, of another while less than all of it is in view.
  bool has_minimap = false;
  TimeAxis whole;
  Rect minimap, window;
  std::vector<Point> outline;
  std::vector<float> minimap_failures, minimap_marks;  // x
};

inline constexpr std::uint64_t kLongRun = 1000;  // events from which on the minimap is always there

[[nodiscard]] ChartScene lay_out_chart(const ChartInput& input);
// The middle of a failure's lane.
[[nodiscard]] float lane_middle(const ChartScene& scene, const ChartFailure& failure);
// The areas under the curves, half transparent: plot.width() x plot.height().
void paint_areas(const ChartScene& scene, const Theme& theme, Picture& out);
// The top of an axis that holds `most`: a multiple of a power of two, cut into two to four parts of `unit`.
struct Rounded {
  std::uint64_t top = 1, unit = 1;
};
[[nodiscard]] Rounded rounded_top(std::uint64_t most);

// Failures: chart_failures.cpp.
using Indices = std::span<const std::uint64_t>;
// One for every so many pixels in which some of them stand, of a run of so many positions.
[[nodiscard]] std::vector<ChartFailure> failures_by(Indices failures, std::uint64_t positions, const TimeAxis& axis,
                                                    double px);
// How high the lanes are, when the axes and the plot are known; and then what stands in them.
void lay_lanes(const ChartInput& input, ChartScene& scene);
void lay_failures(const ChartInput& input, ChartScene& scene);

// Curves: chart_curves.cpp.
[[nodiscard]] const char* name_of(replay::Curve curve);
[[nodiscard]] Color color_of(replay::Curve curve, const Theme& theme);
// The same of one run of several: told apart by stroke, and by colour where two such curves stand in one picture.
[[nodiscard]] Color color_of(replay::Curve curve, std::size_t run, const Theme& theme);
[[nodiscard]] Stroke stroke_of(replay::Curve curve, std::size_t run, std::size_t runs);
[[nodiscard]] bool is_share(replay::Curve curve);
// Of a curve that is the same for all runs: what was asked for is, where all of them serve it.
[[nodiscard]] bool is_common(replay::Curve curve, bool alike);
// "12.3 %" of kWhole.
[[nodiscard]] std::string share_text(std::uint64_t of_a_million);
// All curves that are wanted, the one that lies on top last.
void lay_curves(const ChartInput& input, ChartScene& scene);
[[nodiscard]] float y_of(const ChartScene& scene, replay::Curve curve, std::uint64_t value);

}  // namespace allocviz::draw
