#include "viz/draw/chart_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>

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

// Of an event that is half in view, the middle need not be.
bool is_in_view(const TimeAxis& axis, double x) {
  return x >= static_cast<double>(axis.x0) - 1 && x <= static_cast<double>(axis.x1) + 1;
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
    if (is_in_view(scene.axis, x)) scene.flags.push_back({px, at->first, fits ? at->second : std::string()});
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
  scene.axis = {input.first, std::max(input.last, input.first), left, right, input.clock};
  scene.whole = {0, end, left, right, input.clock};
  lay_lanes(input, scene);
  scene.match_lane = {left, scene.plot.y1, right, scene.plot.y1 + lane};
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
