#include "viz/draw/chart_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/replay/words.h"
#include "core/trace/spec.h"

namespace allocviz::draw {
namespace {

using replay::Curve;
using replay::Extent;

bool wanted(const ChartInput& input, Curve curve) {
  return (input.curves >> static_cast<unsigned>(curve) & 1u) != 0;
}

std::uint64_t positions(const ChartInput& input) {
  return input.runs.front().series->size();
}

void lay_share_scale(const ChartInput& input, ChartScene& scene) {
  const float em = input.style.em;
  for (const int percent : {0, 50, 100}) {
    if (percent == 50 && scene.plot.height() < 5 * em) continue;
    const float y = std::floor(
        y_of(scene, Curve::InternalFragmentation, replay::kWhole / 100 * static_cast<std::uint64_t>(percent)));
    scene.labels.push_back({{scene.plot.x1 + 0.5f * em, y - 0.6f * em, input.rect.x1 + em, y + 0.6f * em},
                            percent == 0 ? "0" : std::to_string(percent) + " %",
                            Tone::Dim,
                            Type::MonoSmall,
                            Align::Left});
  }
}

void lay_scale(const ChartInput& input, ChartScene& scene) {
  std::uint64_t most = 1;
  for (int c = 0; c < replay::kCurves; ++c) {
    const auto curve = static_cast<Curve>(c);
    if (!wanted(input, curve) || is_share(curve)) continue;
    for (const ChartRun& run : input.runs) {
      std::uint64_t& of = curve == Curve::LiveBlocks ? scene.most_blocks : most;
      of = std::max(of, run.series->extent(curve, 0, run.series->size()).max);
    }
  }
  const Rounded rounded = rounded_top(most);
  scene.top = static_cast<double>(rounded.top);
  const float em = input.style.em;
  const bool room = scene.plot.height() > 5 * em;
  for (std::uint64_t value = 0; value <= rounded.top; value += rounded.unit) {
    const float y = std::floor(y_of(scene, Curve::LiveRequested, value));
    scene.grid.push_back(y);
    if (!room && value != 0 && value != rounded.top) continue;
    scene.labels.push_back({{input.rect.x0, y - 0.6f * em, scene.plot.x0 - 0.7f * em, y + 0.6f * em},
                            value == 0 ? "0" : trace::size_text(value),
                            Tone::Dim,
                            Type::MonoSmall,
                            Align::Right});
  }
  if (scene.shares) lay_share_scale(input, scene);
}

void add_tick(const ChartInput& input, ChartScene& scene, double at, const std::string& text, float y) {
  const float em = input.style.em;
  const auto x = static_cast<float>(std::floor(at));
  scene.ticks.push_back(x);
  const float half = 0.5f * input.style.width(Type::MonoSmall, text);
  Rect rect{x - 4 * em, y, x + 4 * em, y + 1.2f * em};
  Align align = Align::Center;
  if (x + half > input.rect.x1) {
    rect.x1 = input.rect.x1;
    align = Align::Right;
  }
  scene.labels.push_back({rect, text, Tone::Dim, Type::MonoSmall, align});
}

void lay_ticks(const ChartInput& input, ChartScene& scene, float y) {
  const TimeAxis& axis = scene.axis;
  const float em = input.style.em;
  const bool by_clock = axis.clock != nullptr;
  const std::uint64_t step = by_clock ? clock_step(axis, 7 * em) : event_step(axis, 5 * em);
  const double end = by_clock ? axis.last : std::min(axis.last, static_cast<double>(positions(input)) - 1);
  const auto first =
      static_cast<std::uint64_t>(std::max(0.0, std::ceil(axis.first / static_cast<double>(step)))) * step;
  for (std::uint64_t unit = first; static_cast<double>(unit) <= end; unit += step) {
    const auto at = static_cast<double>(unit);
    if (by_clock) {
      const double x = static_cast<double>(axis.x0) + (at - axis.first) * axis.px_per_unit();
      add_tick(input, scene, x, clock_text(unit, step), y);
    } else {
      add_tick(input, scene, axis.x_of(at) + 0.5, event_text(unit), y);
    }
  }
}

using Indices = std::span<const std::uint64_t>;

// The first failure at or after the position.
auto failure_from(Indices failures, double position) {
  return std::lower_bound(failures.begin(), failures.end(), position,
                          [](std::uint64_t index, double p) { return static_cast<double>(index) + 1 < p; });
}

// Of an event that is half in view, the middle need not be.
bool is_on(const TimeAxis& axis, double x) {
  return x >= static_cast<double>(axis.x0) - 1 && x <= static_cast<double>(axis.x1) + 1;
}

// One for every so many pixels in which some request failed.
std::vector<ChartFailure> failures_by(Indices failures, std::uint64_t positions, const TimeAxis& axis, double px) {
  std::vector<ChartFailure> groups;
  const TimeAxis::Positions in_view = axis.in_view(positions);
  auto at = failure_from(failures, static_cast<double>(in_view.first));
  while (at != failures.end() && *at + 1 < in_view.last) {
    const double x = std::floor(axis.x_of(static_cast<double>(*at) + 1));
    // By clock what is in force at the group's end began there or before: only what begins behind it is another's.
    const double until = axis.position_at(x + px) + (axis.clock != nullptr ? 1 : 0);
    const auto next = std::max(at + 1, failure_from(failures, until));
    if (is_on(axis, x)) groups.push_back({static_cast<float>(x), static_cast<std::uint64_t>(next - at), *at});
    at = next;
  }
  return groups;
}

// Those of each lane, and of all lanes those of which nobody is told.
std::vector<ChartFailure> failures_in_lanes(const ChartInput& input, const ChartScene& scene, double px) {
  const auto split = [&](Indices all) {
    return static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), input.told_until) - all.begin());
  };
  std::vector<ChartFailure> all;
  const auto add = [&](Indices failures, int lane) {
    for (ChartFailure failure : failures_by(failures, positions(input), scene.axis, px)) {
      failure.lane = lane;
      all.push_back(failure);
    }
  };
  if (scene.lanes.empty()) {
    add(input.failures, 0);
    return all;
  }
  for (std::size_t i = 0; i < input.failure_lanes.size(); ++i) {
    const Indices failures = input.failure_lanes[i].failures;
    add(failures.first(split(failures)), static_cast<int>(i));
  }
  add(Indices(input.failures).subspan(split(input.failures)), ChartFailure::kUntold);
  return all;
}

// "slab", "buddy and slab": who refused some of those that stand under one cross.
std::string names_of(const ChartInput& input, const ChartFailure& failure) {
  const auto from = std::lower_bound(input.failures.begin(), input.failures.end(), failure.first);
  const std::uint64_t last = from[static_cast<std::ptrdiff_t>(failure.count) - 1];
  std::vector<std::string> names;
  if (last >= input.told_until) return {};
  for (const FailureLane& lane : input.failure_lanes) {
    const auto here = std::lower_bound(lane.failures.begin(), lane.failures.end(), failure.first);
    if (here == lane.failures.end() || *here > last) continue;
    names.push_back(lane.name);
  }
  return replay::list_text(names);
}

// Beside each cross of a shared lane whose it is, at its right or, if there is none, at its left.
void name_crosses(const ChartInput& input, ChartScene& scene) {
  if (!scene.lanes.empty() || input.failure_lanes.empty() || scene.crowded) return;
  const float em = input.style.em;  // clear of the curves, though the lane be low
  const float middle = scene.plot.y0 + std::floor(std::min(0.5f * scene.lane_height, scene.lane_height - 0.55f * em));
  float free_from = scene.plot.x0;
  for (std::size_t i = 0; i < scene.failures.size(); ++i) {
    ChartFailure& failure = scene.failures[i];
    failure.name = names_of(input, failure);
    const float wide = input.style.width(Type::Small, failure.name), off = 0.6f * em;
    const float next = i + 1 < scene.failures.size() ? scene.failures[i + 1].x - off : scene.plot.x1;
    const bool right = failure.x + off + wide<next, left = failure.x - off - wide> free_from;
    const float x = right ? failure.x + off : failure.x - off - wide;
    free_from = failure.x + off;
    if (failure.name.empty() || (!right && !left)) continue;
    if (right) free_from = x + wide;
    Label label{{x, middle - 0.6f * em, x + wide + 1, middle + 0.6f * em}, failure.name, Tone::Failed, Type::Small};
    label.grounded = true;
    scene.labels.push_back(std::move(label));
  }
}

void lay_failures(const ChartInput& input, ChartScene& scene) {
  if (!input.failure_lane) return;
  const double cross = 0.9 * static_cast<double>(input.style.em);
  scene.failures = failures_in_lanes(input, scene, cross);
  // Crosses that touch say nothing: then every column of pixels says how many.
  const auto lanes = std::max<std::size_t>(scene.lanes.size(), 1);
  const auto room = static_cast<std::size_t>(static_cast<double>(scene.plot.width()) / (2.5 * cross));
  scene.crowded = scene.failures.size() > std::max<std::size_t>(room, 12) * lanes;
  if (scene.crowded) scene.failures = failures_in_lanes(input, scene, 1);
  name_crosses(input, scene);
}

// How high a lane of failures is, or several: of a low plot no more than a part, as long as a cross can be told.
void lay_lanes(const ChartInput& input, ChartScene& scene) {
  if (!input.failure_lane || input.failures.empty()) return;
  constexpr float kMostOfLanes = 0.3f;  // of the plot
  const float em = input.style.em, height = scene.plot.height();
  const auto count = static_cast<float>(input.failure_lanes.size());
  const float lane = std::floor(1.1f * em), below = std::floor(0.35f * em);  // clear of the axis' first number
  if (count == 0 || lane * count + below > kMostOfLanes * height) {
    scene.lane_height = std::floor(std::min({1.2f * em, 0.35f * height, std::max(8.0f, 0.25f * height)}));
    scene.failure_lane = scene.lane_height;
    return;
  }
  scene.lane_height = lane;
  scene.failure_lane = lane * count + below;
  for (std::size_t i = 0; i < input.failure_lanes.size(); ++i) {
    const std::string& name = scene.lanes.emplace_back(input.failure_lanes[i].name);
    const float middle = scene.plot.y0 + std::floor(lane * (static_cast<float>(i) + 0.5f));
    scene.labels.push_back({{input.rect.x0, middle - 0.6f * em, scene.plot.x0 - 0.7f * em, middle + 0.6f * em},
                            name,
                            Tone::Failed,
                            Type::Small,
                            Align::Right});
  }
}

void lay_flags(const ChartInput& input, ChartScene& scene) {
  const float em = input.style.em;
  const TimeAxis::Positions in_view = scene.axis.in_view(positions(input));
  auto at = input.marks.lower_bound(in_view.first == 0 ? 0 : in_view.first - 1);
  float free_from = scene.plot.x0;
  while (at != input.marks.end() && at->first + 1 < in_view.last) {
    const double x = scene.axis.x_of(static_cast<double>(at->first) + 1);
    const auto px = static_cast<float>(std::floor(x));
    const double until = std::max(scene.axis.position_at(x + 3) - 1, static_cast<double>(at->first) + 1);
    const auto next = input.marks.lower_bound(static_cast<std::uint64_t>(std::ceil(until)));
    const double next_x = next == input.marks.end() ? static_cast<double>(scene.plot.x1)
                                                    : scene.axis.x_of(static_cast<double>(next->first) + 1);
    const float width = input.style.width(Type::Small, at->second) + 1.2f * em;
    const bool fits = px >= free_from && x + static_cast<double>(width) < next_x;
    if (is_on(scene.axis, x)) scene.flags.push_back({px, at->first, fits ? at->second : std::string()});
    if (fits) free_from = px + width;
    at = next;
  }
}

void lay_minimap(const ChartInput& input, ChartScene& scene) {
  const Rect& rect = scene.minimap;
  const std::vector<double> edges = scene.whole.edges(static_cast<std::size_t>(std::max(1.0f, rect.width())));
  std::vector<Extent> bins(edges.size() - 1);
  input.runs.front().series->bins(Curve::LiveRequested, edges, bins);
  std::uint64_t most = 1;
  for (const Extent& bin : bins) most = std::max(most, bin.max);
  for (std::size_t c = 0; c < bins.size(); ++c) {
    const double part = static_cast<double>(bins[c].max) / static_cast<double>(most);
    scene.outline.push_back(
        {rect.x0 + static_cast<float>(c) + 0.5f, rect.y1 - 3 - static_cast<float>(part) * (rect.height() - 6)});
  }
  for (const ChartFailure& failure : failures_by(input.failures, positions(input), scene.whole, 2))
    scene.minimap_failures.push_back(failure.x);
  float last = -1;
  for (auto at = input.marks.begin(); at != input.marks.end();) {
    const double x = scene.whole.x_of(static_cast<double>(at->first) + 1);
    const auto px = static_cast<float>(std::floor(x));
    if (px != last) scene.minimap_marks.push_back(last = px);
    const double next = std::floor(scene.whole.position_at(x + 2));
    at = input.marks.lower_bound(std::max(at->first + 1, static_cast<std::uint64_t>(std::max(next, 1.0)) - 1));
  }
  const double unit = scene.whole.px_per_unit(), more = input.clock != nullptr ? 0 : 1;
  const auto left = static_cast<double>(rect.x0);
  const auto x0 = static_cast<float>(std::floor(left + scene.axis.first * unit));
  const auto x1 = static_cast<float>(std::ceil(left + (scene.axis.last + more) * unit));
  scene.window = {std::max(rect.x0, x0), rect.y0, std::min(rect.x1, std::max(x1, x0 + 4)), rect.y1};
}

}  // namespace

Rounded rounded_top(std::uint64_t most) {
  const std::uint64_t least = std::max<std::uint64_t>(most, 1);
  const std::uint64_t unit = std::bit_ceil((least + 3) / 4);
  return {(least + unit - 1) / unit * unit, unit};
}

float lane_middle(const ChartScene& scene, const ChartFailure& failure) {
  const auto lanes = static_cast<float>(std::max<std::size_t>(scene.lanes.size(), 1));
  const float at = failure.lane == ChartFailure::kUntold ? lanes / 2 : static_cast<float>(failure.lane) + 0.5f;
  return scene.plot.y0 + std::floor(at * scene.lane_height);
}

ChartScene lay_out_chart(const ChartInput& input) {
  ChartScene scene;
  const float em = input.style.em;
  const Rect& rect = input.rect;
  const double all = std::max(1.0, static_cast<double>(positions(input)) - 1);
  const double end = input.clock != nullptr ? static_cast<double>(input.clock->end_ns()) : all;
  const bool zoomed = input.last - input.first < end * (1 - 1e-9) - (input.clock != nullptr ? 0 : 0.5);
  scene.has_minimap = (zoomed || positions(input) > kLongRun) && rect.height() > 8 * em;
  scene.shares = wanted(input, Curve::InternalFragmentation) || wanted(input, Curve::ExternalFragmentation);
  const float left = std::floor(rect.x0 + input.style.width(Type::MonoSmall, "999 MiB") + 0.9f * em);
  const float margin = scene.shares ? input.style.width(Type::MonoSmall, "100 %") + 0.5f * em : 0;
  const float right = std::max(left + 1, std::floor(rect.x1 - margin));
  float bottom = rect.y1 - 1.4f * em;
  if (scene.has_minimap) {
    scene.minimap = {left, std::floor(rect.y1 - 2.0f * em), right, std::floor(rect.y1)};
    bottom -= 2.4f * em;
  }
  const float lane = input.match_lane ? std::max(4.0f, std::round(0.45f * em)) : 0;
  scene.plot = {left, std::floor(rect.y0 + 1.4f * em), right, std::floor(bottom - lane)};
  if (scene.plot.height() < 8) scene.plot.y1 = scene.plot.y0 + 8;
  lay_lanes(input, scene);
  scene.match_lane = {left, scene.plot.y1, right, scene.plot.y1 + lane};
  scene.axis = {input.first, std::max(input.last, input.first), left, right, input.clock};
  scene.whole = {0, end, left, right, input.clock};
  lay_scale(input, scene);
  lay_ticks(input, scene, scene.match_lane.y1 + 0.2f * em);
  if (positions(input) != 0) {
    lay_curves(input, scene);
    if (scene.has_minimap) lay_minimap(input, scene);
  }
  lay_failures(input, scene);
  lay_flags(input, scene);
  return scene;
}

}  // namespace allocviz::draw
