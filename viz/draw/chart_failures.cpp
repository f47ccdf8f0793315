// Where failed requests stand on a chart, and whose they are.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/replay/words.h"
#include "viz/draw/chart_layout.h"

namespace allocviz::draw {
namespace {

// The first failure at or after the position.
auto failure_from(Indices failures, double position) {
  return std::lower_bound(failures.begin(), failures.end(), position,
                          [](std::uint64_t index, double p) { return static_cast<double>(index) + 1 < p; });
}

// Those of each lane, and of all lanes those of which nobody is told.
std::vector<ChartFailure> failures_in_lanes(const ChartInput& input, const ChartScene& scene, double px) {
  const auto split = [&](Indices all) {
    return static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), input.told_until) - all.begin());
  };
  std::vector<ChartFailure> all;
  const auto add = [&](Indices failures, int lane) {
    for (ChartFailure failure : failures_by(failures, input.runs.front().series->size(), scene.axis, px)) {
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

// A cross of a shared lane, whose it is, and where that is written: at its right or, if there is no room, at its left.
struct NamedCross {
  std::size_t failure = 0;
  std::string name;
  float x = 0;
  bool fits = false;
};

std::vector<NamedCross> name_crosses(const ChartInput& input, const TimeAxis& axis,
                                     const std::vector<ChartFailure>& failures) {
  std::vector<NamedCross> all;
  const float off = 0.6f * input.style.em;
  float free_from = axis.x0;
  for (std::size_t i = 0; i < failures.size(); ++i) {
    NamedCross cross{.failure = i, .name = names_of(input, failures[i])};
    const float at = failures[i].x, wide = input.style.width(Type::Small, cross.name);
    const float next = i + 1 < failures.size() ? failures[i + 1].x - off : axis.x1;
    const bool right = at + off + wide < next;
    const bool left = at - off - wide > free_from;
    cross.x = right ? at + off : at - off - wide;
    cross.fits = right || left;
    free_from = right ? cross.x + wide : at + off;
    if (!cross.name.empty()) all.push_back(std::move(cross));
  }
  return all;
}

double cross_px(const ChartInput& input) {
  return 0.9 * static_cast<double>(input.style.em);
}

// Crosses that touch say nothing.
bool are_crowded(const ChartInput& input, const ChartScene& scene, std::size_t crosses) {
  const auto lanes = std::max<std::size_t>(scene.lanes.size(), 1);
  const auto room = static_cast<std::size_t>(static_cast<double>(scene.plot.width()) / (2.5 * cross_px(input)));
  return crosses > std::max<std::size_t>(room, 12) * lanes;
}

// Whether every cross of a shared lane has room for a name, over the whole run: no zooming changes the lanes.
bool have_room_for_names(const ChartInput& input, const ChartScene& scene) {
  const auto crosses = failures_by(input.failures, input.runs.front().series->size(), scene.whole, cross_px(input));
  if (are_crowded(input, scene, crosses.size())) return false;
  const std::vector<NamedCross> names = name_crosses(input, scene.whole, crosses);
  return std::all_of(names.begin(), names.end(), [](const NamedCross& cross) { return cross.fits; });
}

// How high each lane is where each allocator has its own; 0 where they share one: where that leaves the curves too
// little, or, in a chart that is not high, where each cross has its allocator's name beside it.
float height_of_each(const ChartInput& input, const ChartScene& scene, float below) {
  constexpr float kLittle = 0.3f, kMost = 0.45f;  // of the plot
  const float em = input.style.em, height = scene.plot.height();
  const auto count = static_cast<float>(input.failure_lanes.size());
  if (count == 0) return 0;
  const float usual = std::floor(1.1f * em), least = std::floor(0.9f * em);
  if (usual * count + below <= kLittle * height) return usual;
  return least * count + below <= kMost * height && !have_room_for_names(input, scene) ? least : 0;
}

}  // namespace

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
    const bool seen = x >= static_cast<double>(axis.x0) - 1 && x <= static_cast<double>(axis.x1) + 1;
    if (seen) groups.push_back({static_cast<float>(x), static_cast<std::uint64_t>(next - at), *at});
    at = next;
  }
  return groups;
}

void lay_lanes(const ChartInput& input, ChartScene& scene) {
  if (!input.failure_lane || input.failures.empty()) return;
  const float em = input.style.em, height = scene.plot.height();
  const float below = std::floor(0.35f * em);  // clear of the axis' first number
  const float lane = height_of_each(input, scene, below);
  if (lane == 0) {  // of a low plot no more than a part, as long as a cross can be told
    scene.lane_height = std::floor(std::min({1.2f * em, 0.35f * height, std::max(8.0f, 0.25f * height)}));
    scene.failure_lane = scene.lane_height;
    return;
  }
  scene.lane_height = lane;
  scene.failure_lane = lane * static_cast<float>(input.failure_lanes.size()) + below;
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

void lay_failures(const ChartInput& input, ChartScene& scene) {
  if (!input.failure_lane) return;
  scene.failures = failures_in_lanes(input, scene, cross_px(input));
  // Then every column of pixels says how many.
  scene.crowded = are_crowded(input, scene, scene.failures.size());
  if (scene.crowded) scene.failures = failures_in_lanes(input, scene, 1);
  if (!scene.lanes.empty() || input.failure_lanes.empty() || scene.crowded) return;
  const float em = input.style.em;  // clear of the curves, though the lane be low
  const float middle = scene.plot.y0 + std::floor(std::min(0.5f * scene.lane_height, scene.lane_height - 0.55f * em));
  const float half = std::min(0.6f * em, scene.plot.y0 + scene.failure_lane - 1 - middle);
  for (NamedCross& cross : name_crosses(input, scene.axis, scene.failures)) {
    scene.failures[cross.failure].name = cross.name;
    if (!cross.fits) continue;
    const float end = cross.x + input.style.width(Type::Small, cross.name) + 1;
    Label label{{cross.x, middle - half, end, middle + half}, cross.name, Tone::Failed, Type::Small};
    label.grounded = true;
    scene.labels.push_back(std::move(label));
  }
}

float lane_middle(const ChartScene& scene, const ChartFailure& failure) {
  const auto lanes = static_cast<float>(std::max<std::size_t>(scene.lanes.size(), 1));
  const float at = failure.lane == ChartFailure::kUntold ? lanes / 2 : static_cast<float>(failure.lane) + 0.5f;
  return scene.plot.y0 + std::floor(at * scene.lane_height);
}

}  // namespace allocviz::draw
