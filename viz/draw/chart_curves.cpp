// The curves of a chart: their points, their looks, the areas under them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viz/draw/chart_layout.h"

namespace allocviz::draw {
namespace {

using replay::Curve;
using replay::Extent;

constexpr double kStairsFromPx = 2.5;  // from this mean width of an event on, each is a stair

struct Dashes {
  std::size_t on, period;  // pixel columns
};
constexpr Dashes dashes_of(Stroke stroke) {
  return stroke == Stroke::Dashed ? Dashes{6, 10} : Dashes{2, 5};
}

// A level for each event, joined by risers at the boundaries between them.
std::vector<Point> stairs(const replay::Series& series, const ChartScene& scene, Curve curve) {
  std::vector<Point> points;
  const auto clamped = [&](double x) {
    return static_cast<float>(std::clamp(x, static_cast<double>(scene.plot.x0), static_cast<double>(scene.plot.x1)));
  };
  const TimeAxis::Positions in_view = scene.axis.in_view(series.size());
  for (std::uint64_t p = in_view.first; p < in_view.last; ++p) {
    const float y = std::round(y_of(scene, curve, series.at(curve, p)));
    const bool lasts = scene.axis.clock != nullptr && p + 1 == series.size();
    const float x1 = lasts ? scene.plot.x1 : clamped(scene.axis.begin_of(p + 1));
    if (!points.empty() && points.back().y == y) {
      points.back().x = x1;
    } else {
      points.push_back({clamped(scene.axis.begin_of(p)), y});
      points.push_back({x1, y});
    }
  }
  return points;
}

// Down and up through the minimum and maximum of each column, so that no spike is missed.
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

ChartCurve lay_curve(const ChartInput& input, const ChartScene& scene, Curve curve, std::size_t run,
                     const std::vector<double>& edges) {
  const replay::Series& series = *input.runs[run].series;
  ChartCurve out{.curve = curve, .run = run, .stroke = stroke_of(curve, run, input.runs.size())};
  const std::size_t width = edges.size() - 1;
  std::vector<Extent> bins(width);
  series.bins(curve, edges, bins);
  out.top.reserve(width);
  out.low.reserve(width);
  for (const Extent& bin : bins) {
    out.top.push_back(y_of(scene, curve, bin.max));
    out.low.push_back(y_of(scene, curve, bin.min));
  }
  const TimeAxis::Positions in_view = scene.axis.in_view(series.size());
  out.stairs = static_cast<double>(width) >= kStairsFromPx * static_cast<double>(in_view.last - in_view.first);
  if (out.stairs) {
    out.pieces.push_back(stairs(series, scene, curve));
  } else if (out.stroke == Stroke::Solid) {
    out.pieces.push_back(zigzag(scene, curve, bins, 0, width));
  } else {
    const Dashes dashes = dashes_of(out.stroke);
    for (std::size_t from = 0; from < width; from += dashes.period) {
      out.pieces.push_back(zigzag(scene, curve, bins, from, std::min(width, from + dashes.on + 1)));
    }
  }
  return out;
}

// Whether one line lies on the other all over what is in view, so that the later one would hide it.
bool are_one_line(const ChartCurve& a, const ChartCurve& b) {
  const auto close = [](float y, float other) { return std::abs(y - other) < 0.75f; };
  return std::equal(a.top.begin(), a.top.end(), b.top.begin(), b.top.end(), close) &&
         std::equal(a.low.begin(), a.low.end(), b.low.begin(), b.low.end(), close);
}

// The parts of a line in every `turns`-th stretch of the plot, from the stretch `turn` on. Its x never falls.
std::vector<std::vector<Point>> turns_of(const std::vector<Point>& line, float x0, float stretch, std::size_t turn,
                                         std::size_t turns) {
  std::vector<std::vector<Point>> pieces;
  const auto append = [&](Point from, Point to) {
    if (pieces.empty() || pieces.back().back().x != from.x || pieces.back().back().y != from.y)
      pieces.push_back({from});
    pieces.back().push_back(to);
  };
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    Point from = line[i];
    const Point end = line[i + 1];
    do {
      const float slot = std::floor((from.x - x0) / stretch);
      const float next = std::min(end.x, x0 + (slot + 1) * stretch);
      const float part = end.x > from.x ? (next - from.x) / (end.x - from.x) : 1.0f;
      const Point to = next < end.x ? Point{next, from.y + part * (end.y - from.y)} : end;
      if (static_cast<std::size_t>(std::max(slot, 0.0f)) % turns == turn) append(from, to);
      from = to;
    } while (from.x < end.x);
  }
  return pieces;
}

// Curves whose lines are one take turns on it, each a stretch: none is hidden.
void take_turns(const ChartInput& input, ChartScene& scene) {
  const float stretch = std::max(4.0f, std::round(0.6f * input.style.em));
  std::vector<bool> done(scene.curves.size());
  for (std::size_t i = 0; i < scene.curves.size(); ++i) {
    std::vector<std::size_t> group;
    for (std::size_t k = i; k < scene.curves.size() && !done[i]; ++k) {
      if (!done[k] && (k == i || are_one_line(scene.curves[i], scene.curves[k]))) group.push_back(k);
    }
    if (group.size() < 2) continue;
    // The one that would lie on top gives the line.
    const ChartCurve& top = scene.curves[group.back()];
    std::vector<Point> line;
    if (top.stairs) {
      line = top.pieces.front();
    } else {
      bool up = false;
      for (std::size_t c = 0; c < top.top.size(); ++c, up = !up) {
        const float x = scene.plot.x0 + static_cast<float>(c) + 0.5f;
        line.push_back({x, up ? top.low[c] : top.top[c]});
        if (top.low[c] - top.top[c] >= 1) line.push_back({x, up ? top.top[c] : top.low[c]});
      }
    }
    for (std::size_t turn = 0; turn < group.size(); ++turn) {
      ChartCurve& curve = scene.curves[group[turn]];
      curve.shares = done[group[turn]] = true;
      curve.pieces = turns_of(line, scene.plot.x0, stretch, turn, group.size());
    }
  }
}

bool is_filled(const ChartCurve& curve) {
  return curve.run == 0 &&
         (curve.curve == Curve::LiveRequested || curve.curve == Curve::LiveRounded || curve.curve == Curve::Reserved);
}

}  // namespace

bool is_share(Curve curve) {
  return curve == Curve::InternalFragmentation || curve == Curve::ExternalFragmentation;
}

bool is_common(Curve curve, bool alike) {
  return alike && (curve == Curve::LiveRequested || curve == Curve::LiveBlocks);
}

std::string share_text(std::uint64_t of_a_million) {
  return fmt::format("{:.1f} %", static_cast<double>(of_a_million) / 1e4);
}

float y_of(const ChartScene& scene, Curve curve, std::uint64_t value) {
  double top = scene.top;
  if (curve == Curve::LiveBlocks) top = static_cast<double>(std::max<std::uint64_t>(scene.most_blocks, 1));
  if (is_share(curve)) top = static_cast<double>(replay::kWhole);
  const double part = std::clamp(static_cast<double>(value) / top, 0.0, 1.0);
  return scene.plot.y1 - static_cast<float>(part) * (scene.plot.height() - 1) - 1;
}

void lay_curves(const ChartInput& input, ChartScene& scene) {
  const std::vector<double> edges =
      scene.axis.edges(static_cast<std::size_t>(std::max(1.0f, std::floor(scene.plot.width()))));
  // What lives is drawn last, over the rest; of several runs the first.
  for (const Curve curve : {Curve::LargestFree, Curve::Free, Curve::ExternalFragmentation, Curve::InternalFragmentation,
                            Curve::Reserved, Curve::LiveBlocks, Curve::LiveRounded, Curve::LiveRequested}) {
    if ((input.curves >> static_cast<unsigned>(curve) & 1u) == 0) continue;
    const std::size_t runs = is_common(curve, input.alike) ? 1 : input.runs.size();
    for (std::size_t run = runs; run-- > 0;) scene.curves.push_back(lay_curve(input, scene, curve, run, edges));
  }
  take_turns(input, scene);
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
    case Curve::InternalFragmentation:
      return "internal frag.";
    case Curve::ExternalFragmentation:
      return "external frag.";
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
    case Curve::InternalFragmentation:
      return theme.curve_internal;
    case Curve::ExternalFragmentation:
      return theme.curve_external;
  }
  return theme.text;
}

Color color_of(Curve curve, std::size_t run, const Theme& theme) {
  if (run == 0) return color_of(curve, theme);
  if (curve == Curve::Reserved && run == 1) return theme.curve_rounded;
  return mix(color_of(curve, theme), theme.text, 0.4);
}

Stroke stroke_of(Curve curve, std::size_t run, std::size_t runs) {
  if (runs > 1) return run == 0 ? Stroke::Solid : run == 1 ? Stroke::Dashed : Stroke::Dotted;
  if (is_share(curve)) return Stroke::Dotted;
  return curve == Curve::LargestFree || curve == Curve::LiveBlocks ? Stroke::Dashed : Stroke::Solid;
}

void paint_areas(const ChartScene& scene, const Theme& theme, Picture& out) {
  out.width = static_cast<int>(scene.plot.width());
  out.height = static_cast<int>(scene.plot.height());
  const auto width = static_cast<std::size_t>(out.width);
  out.pixels.assign(width * static_cast<std::size_t>(out.height), 0);
  for (const ChartCurve& curve : scene.curves) {
    if (!is_filled(curve)) continue;
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
