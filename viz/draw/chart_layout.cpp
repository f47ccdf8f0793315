#include "viz/draw/chart_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "core/trace/spec.h"

namespace allocviz::draw {
namespace {

using replay::Curve;
using replay::Extent;

constexpr double kStairsFromPx = 2.5;  // from this width of an event on, each is a stair
constexpr int kDashPx = 5;

bool wanted(const ChartInput& input, int curve) {
  return ((input.curves >> static_cast<unsigned>(curve)) & 1u) != 0;
}

bool in_blocks(Curve curve) {
  return curve == Curve::LiveBlocks;
}

float y_of(const ChartScene& scene, Curve curve, std::uint64_t value) {
  const double top = in_blocks(curve) ? static_cast<double>(std::max<std::uint64_t>(scene.most_blocks, 1)) : scene.top;
  const double part = std::clamp(static_cast<double>(value) / top, 0.0, 1.0);
  return scene.plot.y1 - static_cast<float>(part) * (scene.plot.height() - 1) - 1;
}

// Few events: a level for each, joined by risers at the boundaries between them.
std::vector<Point> stairs(const ChartInput& input, const ChartScene& scene, Curve curve) {
  std::vector<Point> points;
  const auto first = static_cast<std::uint64_t>(std::max(0.0, std::floor(scene.axis.first)));
  const std::uint64_t end = std::min(input.series.size(), static_cast<std::uint64_t>(std::ceil(scene.axis.last)) + 1);
  const auto x_at = [&](double position) {
    return static_cast<float>(
        std::clamp(scene.axis.x_of(position), static_cast<double>(scene.plot.x0), static_cast<double>(scene.plot.x1)));
  };
  for (std::uint64_t p = first; p < end; ++p) {
    const float y = std::round(y_of(scene, curve, input.series.at(curve, p)));
    const float x1 = x_at(static_cast<double>(p) + 0.5);
    if (!points.empty() && points.back().y == y) {
      points.back().x = x1;
    } else {
      points.push_back({x_at(static_cast<double>(p) - 0.5), y});
      points.push_back({x1, y});
    }
  }
  return points;
}

// Many events: down and up through the minimum and maximum of each column, so that no spike is missed.
std::vector<Point> zigzag(const ChartScene& scene, Curve curve, const std::vector<Extent>& bins, std::size_t from,
                          std::size_t to) {
  std::vector<Point> points;
  bool up = false;
  for (std::size_t c = from; c < to; ++c) {
    const float x = scene.plot.x0 + static_cast<float>(c) + 0.5f;
    const float high = y_of(scene, curve, bins[c].max);
    const float low = y_of(scene, curve, bins[c].min);
    if (low - high < 1) {
      points.push_back({x, high});
      continue;
    }
    points.push_back({x, up ? low : high});
    points.push_back({x, up ? high : low});
    up = !up;
  }
  return points;
}

ChartCurve lay_curve(const ChartInput& input, const ChartScene& scene, Curve curve) {
  ChartCurve out;
  out.curve = curve;
  out.dashed = curve == Curve::LargestFree || curve == Curve::LiveBlocks;
  const auto width = static_cast<std::size_t>(std::max(1.0f, scene.plot.width()));
  std::vector<Extent> bins(width);
  input.series.bins(curve, scene.axis.first, scene.axis.last + 1, bins);
  out.top.reserve(width);
  for (const Extent& bin : bins) out.top.push_back(y_of(scene, curve, bin.max));
  if (scene.axis.px_per_position() >= kStairsFromPx) {
    out.pieces.push_back(stairs(input, scene, curve));
    return out;
  }
  if (!out.dashed) {
    out.pieces.push_back(zigzag(scene, curve, bins, 0, width));
    return out;
  }
  for (std::size_t from = 0; from < width; from += 2 * kDashPx) {
    out.pieces.push_back(zigzag(scene, curve, bins, from, std::min(width, from + kDashPx + 1)));
  }
  return out;
}

void lay_scale(const ChartInput& input, ChartScene& scene) {
  std::uint64_t most = 1;
  for (int c = 0; c < replay::kCurves; ++c) {
    const auto curve = static_cast<Curve>(c);
    if (!wanted(input, c) || input.series.size() == 0) continue;
    const std::uint64_t max = input.series.extent(curve, 0, input.series.size()).max;
    if (in_blocks(curve)) {
      scene.most_blocks = max;
    } else {
      most = std::max(most, max);
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
}

std::string event_text(std::uint64_t event) {
  if (event >= 1'000'000 && event % 100'000 == 0) return fmt::format("{:g} M", static_cast<double>(event) / 1e6);
  if (event >= 10'000 && event % 1'000 == 0) return fmt::format("{} k", event / 1000);
  return trace::count_text(event);
}

void lay_ticks(const ChartInput& input, ChartScene& scene, float y) {
  const float em = input.style.em;
  const std::uint64_t step = event_step(scene.axis, 5 * em);
  const auto first =
      static_cast<std::uint64_t>(std::max(0.0, std::ceil(scene.axis.first / static_cast<double>(step)))) * step;
  const double end = std::min(scene.axis.last, static_cast<double>(input.series.size()) - 1);
  for (std::uint64_t event = first; static_cast<double>(event) <= end; event += step) {
    const auto x = static_cast<float>(std::floor(scene.axis.x_of(static_cast<double>(event)) + 0.5));
    scene.ticks.push_back(x);
    Rect rect{x - 3 * em, y, x + 3 * em, y + 1.2f * em};
    Align align = Align::Center;
    const std::string text = event_text(event);
    const float half = 0.3f * em * static_cast<float>(text.size());  // of a text of digits
    if (x + half > input.rect.x1) {
      rect.x1 = input.rect.x1;
      align = Align::Right;
    }
    scene.labels.push_back({rect, text, Tone::Dim, Type::MonoSmall, align});
  }
}

// Failures nearer than a cross is wide stand under one cross.
void lay_failures(const ChartInput& input, ChartScene& scene) {
  const double bin = 0.9 * static_cast<double>(input.style.em);
  const std::vector<std::uint64_t>& all = input.failures;
  auto at = std::lower_bound(all.begin(), all.end(), std::max(0.0, scene.axis.first - 1.5),
                             [](std::uint64_t index, double p) { return static_cast<double>(index) < p; });
  while (at != all.end() && static_cast<double>(*at) + 1 <= scene.axis.last + 0.5) {
    const double x = scene.axis.x_of(static_cast<double>(*at) + 1);
    const double until = scene.axis.position_at(x + bin) - 1;
    const auto next = std::lower_bound(at + 1, all.end(), until,
                                       [](std::uint64_t index, double p) { return static_cast<double>(index) < p; });
    scene.failures.push_back({static_cast<float>(std::floor(x)), static_cast<std::uint64_t>(next - at), *at});
    at = next;
  }
}

void lay_flags(const ChartInput& input, ChartScene& scene) {
  const float em = input.style.em;
  const double low = std::max(0.0, scene.axis.first - 1);
  auto at = input.marks.lower_bound(static_cast<std::uint64_t>(low));
  float free_from = scene.plot.x0;
  while (at != input.marks.end() && static_cast<double>(at->first) + 1 <= scene.axis.last + 0.5) {
    const double x = scene.axis.x_of(static_cast<double>(at->first) + 1);
    const auto px = static_cast<float>(std::floor(x));
    const double until = std::max(scene.axis.position_at(x + 3) - 1, static_cast<double>(at->first) + 1);
    const auto next = input.marks.lower_bound(static_cast<std::uint64_t>(std::ceil(until)));
    const double next_x = next == input.marks.end() ? static_cast<double>(scene.plot.x1)
                                                    : scene.axis.x_of(static_cast<double>(next->first) + 1);
    const float width = input.style.width(Type::Small, at->second) + 1.2f * em;
    const bool fits = px >= free_from && x + static_cast<double>(width) < next_x;
    scene.flags.push_back({px, at->first, fits ? at->second : std::string()});
    if (fits) free_from = px + width;
    at = next;
  }
}

void lay_minimap(const ChartInput& input, ChartScene& scene) {
  const double all = static_cast<double>(input.series.size()) - 1;
  const Rect& rect = scene.minimap;
  const auto width = static_cast<std::size_t>(std::max(1.0f, rect.width()));
  std::vector<Extent> bins(width);
  input.series.bins(Curve::LiveRequested, 0, all + 1, bins);
  std::uint64_t most = 1;
  for (const Extent& bin : bins) most = std::max(most, bin.max);
  for (std::size_t c = 0; c < width; ++c) {
    const double part = static_cast<double>(bins[c].max) / static_cast<double>(most);
    scene.outline.push_back(
        {rect.x0 + static_cast<float>(c) + 0.5f, rect.y1 - 3 - static_cast<float>(part) * (rect.height() - 6)});
  }
  const TimeAxis whole{0, all, rect.x0, rect.x1};
  const auto x0 = static_cast<float>(std::floor(whole.x_of(scene.axis.first - 0.5)));
  const auto x1 = static_cast<float>(std::ceil(whole.x_of(scene.axis.last + 0.5)));
  scene.window = {std::max(rect.x0, x0), rect.y0, std::min(rect.x1, std::max(x1, x0 + 4)), rect.y1};
}

}  // namespace

double TimeAxis::px_per_position() const {
  return (static_cast<double>(x1) - x0) / std::max(last - first + 1, 1e-9);
}
double TimeAxis::x_of(double position) const {
  return x0 + (position - first + 0.5) * px_per_position();
}
double TimeAxis::position_at(double x) const {
  return first - 0.5 + (x - x0) / px_per_position();
}

Rounded rounded_top(std::uint64_t most) {
  const std::uint64_t least = std::max<std::uint64_t>(most, 1);
  const std::uint64_t unit = std::bit_ceil((least + 3) / 4);
  return {(least + unit - 1) / unit * unit, unit};
}

std::uint64_t event_step(const TimeAxis& axis, float min_gap_px) {
  const double wanted = static_cast<double>(min_gap_px) / std::max(axis.px_per_position(), 1e-12);
  std::uint64_t step = 1;
  for (std::uint64_t ten = 1; ten < 1'000'000'000'000'000'000u; ten *= 10) {
    for (const std::uint64_t factor : {1u, 2u, 5u}) {
      step = factor * ten;
      if (static_cast<double>(step) >= wanted) return step;
      if (step == 1 && axis.px_per_position() > 24) return 1;  // a lesson numbers every event
    }
  }
  return step;
}

const char* name_of(Curve curve) {
  switch (curve) {
    case Curve::LiveRequested:
      return "live requested";
    case Curve::LiveRounded:
      return "live rounded";
    case Curve::Free:
      return "free";
    case Curve::LargestFree:
      return "largest free";
    case Curve::LiveBlocks:
      return "live blocks";
    case Curve::Reserved:
      return "reserved";
  }
  return "";
}

Color color_of(Curve curve, const Theme& theme) {
  switch (curve) {
    case Curve::LiveRequested:
      return theme.curve_requested;
    case Curve::LiveRounded:
      return theme.curve_rounded;
    case Curve::Free:
      return theme.curve_free;
    case Curve::LargestFree:
      return theme.curve_largest;
    case Curve::LiveBlocks:
      return theme.text_dim;
    case Curve::Reserved:
      return theme.relation;
  }
  return theme.text;
}

ChartScene lay_out_chart(const ChartInput& input) {
  ChartScene scene;
  const float em = input.style.em;
  const Rect& rect = input.rect;
  const double all = std::max(1.0, static_cast<double>(input.series.size()) - 1);
  scene.zoomed = input.last - input.first < all - 0.5 && rect.height() > 8 * em;
  const float left = std::floor(rect.x0 + input.style.width(Type::MonoSmall, "999 MiB") + 0.9f * em);
  float bottom = rect.y1 - 1.4f * em;
  if (scene.zoomed) {
    scene.minimap = {left, std::floor(rect.y1 - 2.0f * em), std::floor(rect.x1), std::floor(rect.y1)};
    bottom -= 2.4f * em;
  }
  scene.plot = {left, std::floor(rect.y0 + 1.4f * em), std::max(left + 1, std::floor(rect.x1)), std::floor(bottom)};
  if (scene.plot.height() < 8) scene.plot.y1 = scene.plot.y0 + 8;
  scene.axis = {input.first, std::max(input.last, input.first), scene.plot.x0, scene.plot.x1};
  lay_scale(input, scene);
  lay_ticks(input, scene, scene.plot.y1 + 0.2f * em);
  if (input.series.size() != 0) {
    for (const int c : {3, 2, 5, 4, 1, 0}) {  // what lives is drawn last, over the rest
      if (wanted(input, c)) scene.curves.push_back(lay_curve(input, scene, static_cast<Curve>(c)));
    }
    if (scene.zoomed) lay_minimap(input, scene);
  }
  lay_failures(input, scene);
  lay_flags(input, scene);
  return scene;
}

void paint_areas(const ChartScene& scene, const Theme& theme, Picture& out) {
  out.width = static_cast<int>(scene.plot.width());
  out.height = static_cast<int>(scene.plot.height());
  const auto width = static_cast<std::size_t>(out.width);
  out.pixels.assign(width * static_cast<std::size_t>(out.height), 0);
  for (const ChartCurve& curve : scene.curves) {
    if (curve.curve != Curve::LiveRequested && curve.curve != Curve::LiveRounded && curve.curve != Curve::Reserved)
      continue;
    const bool requested = curve.curve == Curve::LiveRequested;
    const Color color = with_alpha(color_of(curve.curve, theme), requested ? 60 : 26);
    for (std::size_t c = 0; c < std::min(width, curve.top.size()); ++c) {
      const int from = std::clamp(static_cast<int>(curve.top[c] - scene.plot.y0), 0, out.height);
      for (auto y = static_cast<std::size_t>(from); y < static_cast<std::size_t>(out.height); ++y) {
        out.pixels[y * width + c] = color;
      }
    }
  }
}

}  // namespace allocviz::draw
