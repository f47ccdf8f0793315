// The curves of a chart: their points, their looks, the areas under them.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "viz/draw/chart_layout.h"

namespace allocviz::draw {
namespace {

using replay::Curve;
using replay::Extent;

constexpr double kStairsFromPx = 2.5;  // from this mean width of an event on, each is a stair

struct Dashes {
  float on, period;  // along the line
};
Dashes dashes_of(Stroke stroke, float em) {
  const float scale = std::max(1.0f, em / 15);
  return stroke == Stroke::Dashed ? Dashes{6 * scale, 10 * scale} : Dashes{2 * scale, 5 * scale};
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

// Down and up through the minimum and maximum of each column, so that no spike is missed; from one column to the next
// by the nearer end, so that a riser is gone through once.
std::vector<Point> zigzag(const ChartScene& scene, Curve curve, const std::vector<Extent>& bins) {
  std::vector<Point> points;
  for (std::size_t c = 0; c < bins.size(); ++c) {
    const float x = scene.plot.x0 + static_cast<float>(c) + 0.5f;
    const float high = y_of(scene, curve, bins[c].max);
    const float low = y_of(scene, curve, bins[c].min);
    if (low - high < 1) {
      points.push_back({x, high});
      continue;
    }
    const bool up = !points.empty() && std::abs(points.back().y - low) < std::abs(points.back().y - high);
    points.push_back({x, up ? low : high});
    points.push_back({x, up ? high : low});
  }
  return points;
}

// A curve and its whole line, from which pieces are cut.
struct Lined {
  ChartCurve curve;
  std::vector<Point> line;  // its x never falls
};

Lined lay_curve(const ChartInput& input, const ChartScene& scene, Curve curve, std::size_t run,
                const std::vector<double>& edges) {
  const replay::Series& series = *input.runs[run].series;
  Lined out{{.curve = curve, .run = run, .stroke = stroke_of(curve, run, input.runs.size())}, {}};
  const std::size_t width = edges.size() - 1;
  std::vector<Extent> bins(width);
  series.bins(curve, edges, bins);
  out.curve.top.reserve(width);
  out.curve.low.reserve(width);
  for (const Extent& bin : bins) {
    out.curve.top.push_back(y_of(scene, curve, bin.max));
    out.curve.low.push_back(y_of(scene, curve, bin.min));
  }
  const TimeAxis::Positions in_view = scene.axis.in_view(series.size());
  out.curve.stairs = static_cast<double>(width) >= kStairsFromPx * static_cast<double>(in_view.last - in_view.first);
  out.line = out.curve.stairs ? stairs(series, scene, curve) : zigzag(scene, curve, bins);
  return out;
}

// Whether one line lies on the other in a column of pixels, so that the later one would hide it there. Stairs stand on
// whole pixels: of two that are one apart both are seen.
bool lies_on(const ChartCurve& a, const ChartCurve& b, std::size_t column) {
  const auto is_near = [&](float y, float other) {
    return a.stairs && b.stairs ? std::round(y) == std::round(other) : std::abs(y - other) < 0.75f;
  };
  return is_near(a.top[column], b.top[column]) && is_near(a.low[column], b.low[column]);
}

// Whose line it is in a column, for one of the curves. Edge: others come to it or leave it there.
enum class Turn : std::uint8_t { Alone, Own, Others, Edge };

// With which of the curves each lies on one line, by column: bit i = curve i.
std::vector<std::vector<std::uint64_t>> lines_shared(const std::vector<Lined>& curves, std::size_t width) {
  std::vector<std::vector<std::uint64_t>> with(curves.size(), std::vector<std::uint64_t>(width));
  std::vector<std::size_t> first(curves.size());
  for (std::size_t c = 0; c < width; ++c) {
    for (std::size_t i = 0; i < curves.size(); ++i) {
      first[i] = i;
      for (std::size_t k = 0; k < i && first[i] == i; ++k) {
        if (first[k] == k && lies_on(curves[k].curve, curves[i].curve, c)) first[i] = k;
      }
      with[first[i]][c] |= std::uint64_t{1} << i;
    }
    for (std::size_t i = 0; i < curves.size(); ++i) with[i][c] = with[first[i]][c];
  }
  return with;
}

// Where the lines of several curves are one they take turns on it, each a stretch: none is hidden. By curve and column.
std::vector<std::vector<Turn>> take_turns(const std::vector<Lined>& curves, std::size_t width, std::size_t stretch) {
  std::vector<std::vector<Turn>> turns(curves.size(), std::vector<Turn>(width, Turn::Alone));
  if (curves.size() > 64) return turns;
  const std::vector<std::vector<std::uint64_t>> with = lines_shared(curves, width);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    for (std::size_t c = 0; c < width; ++c) {
      const std::uint64_t these = with[i][c];
      const auto together = static_cast<std::size_t>(std::popcount(these));
      if (together < 2) continue;
      // The riser from one line to another stands in either of two columns: whoever has it draws it.
      turns[i][c] = Turn::Edge;
      if ((c > 0 && with[i][c - 1] != these) || (c + 1 < width && with[i][c + 1] != these)) continue;
      const auto rank = static_cast<std::size_t>(std::popcount(these & ((std::uint64_t{1} << i) - 1)));
      turns[i][c] = c / stretch % together == rank ? Turn::Own : Turn::Others;
    }
  }
  return turns;
}

// The part of a line between two x.
std::vector<Point> cut(const std::vector<Point>& line, float from, float to) {
  std::vector<Point> piece;
  auto at = std::lower_bound(line.begin(), line.end(), from, [](Point p, float x) { return p.x < x; });
  const auto between = [](Point a, Point b, float x) { return Point{x, a.y + (x - a.x) / (b.x - a.x) * (b.y - a.y)}; };
  if (at != line.begin() && at != line.end() && at->x > from) piece.push_back(between(at[-1], *at, from));
  for (; at != line.end() && at->x <= to; ++at) {
    piece.push_back(*at);
    if (at->x == to && piece.size() > 1) return piece;  // a riser there is the next piece's
  }
  if (at != line.end() && !piece.empty() && piece.back().x < to) piece.push_back(between(at[-1], *at, to));
  return piece;
}

// How far along its line each point stands, for dashes that go on up and down its risers as they do along it. Where a
// noisy line goes up and down in every column the way there and back counts less: no dash could be told there, and what
// they cost follows the width.
std::vector<float> walk_of(const std::vector<Point>& line, float width) {
  constexpr float kMostUpAndDown = 4;  // times the width
  float up_and_down = 0;
  for (std::size_t i = 1; i < line.size(); ++i) up_and_down += std::abs(line[i].y - line[i - 1].y);
  const float share = std::min(1.0f, kMostUpAndDown * width / std::max(up_and_down, 1.0f));
  std::vector<float> at(line.size());
  for (std::size_t i = 1; i < line.size(); ++i)
    at[i] = at[i - 1] + std::hypot(line[i].x - line[i - 1].x, share * (line[i].y - line[i - 1].y));
  return at;
}

// The dashes of a line's part between two x.
void cut_dashes(const std::vector<Point>& line, const std::vector<float>& walk, float x0, float x1, Dashes dashes,
                std::vector<std::vector<Point>>& to) {
  std::vector<Point> dash;
  const auto end_dash = [&] {
    if (dash.size() > 1) to.push_back(std::move(dash));
    dash.clear();
  };
  const auto from = std::lower_bound(line.begin(), line.end(), x0, [](Point p, float x) { return p.x < x; });
  for (auto i = static_cast<std::size_t>(std::max<std::ptrdiff_t>(from - line.begin(), 1));
       i < line.size() && line[i - 1].x <= x1; ++i) {
    const Point a = line[i - 1], b = line[i];
    const float length = walk[i] - walk[i - 1];
    if (b.x < x0 || length <= 0) continue;
    const float per_x = b.x > a.x ? 1 / (b.x - a.x) : 0;
    const float first = a.x < x0 ? (x0 - a.x) * per_x : 0, last = b.x > x1 ? (x1 - a.x) * per_x : 1;
    const auto between = [&](float t) { return Point{a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)}; };
    for (float t = first; t < last;) {
      const float at = walk[i - 1] + t * length, into = std::fmod(at, dashes.period);
      const bool on = into < dashes.on;
      const float until = std::min(last, t + std::max(((on ? dashes.on : dashes.period) - into) / length, 1e-5f));
      if (on && dash.empty()) dash.push_back(between(t));
      if (on) dash.push_back(between(until));
      if (!on || until < last) end_dash();
      t = until;
    }
  }
  end_dash();
}

// Where a line comes to another or leaves it, the riser is its own: that keeps its stroke.
void take_risers(std::vector<Point>& piece, ChartCurve& curve) {
  std::vector<Point> level;
  for (const Point& point : piece) {
    if (!level.empty() && level.back().x == point.x && level.back().y != point.y) {
      curve.pieces.push_back({level.back(), point});
      if (level.size() > 1) curve.shared.push_back(std::move(level));
      level.clear();
    }
    level.push_back(point);
  }
  piece = std::move(level);
}

// Cuts a curve's line into what is drawn of it: its own stroke where it is alone, stretches where it has its turn.
void cut_pieces(Lined& lined, const std::vector<Turn>& turns, Rect plot, float em) {
  ChartCurve& curve = lined.curve;
  const auto add = [&](std::vector<std::vector<Point>>& to, float x0, float x1) {
    std::vector<Point> piece = cut(lined.line, x0, x1);
    if (piece.size() > 1) to.push_back(std::move(piece));
  };
  std::vector<float> walk;
  for (std::size_t c = 0; c < turns.size();) {
    const Turn turn = turns[c];
    std::size_t end = c + 1;
    while (end < turns.size() && turns[end] == turn) ++end;
    const float x0 = plot.x0 + static_cast<float>(c);
    const float x1 = end == turns.size() ? plot.x1 : plot.x0 + static_cast<float>(end);
    if (turn == Turn::Own || turn == Turn::Edge) {
      std::vector<Point> piece = cut(lined.line, x0, x1);
      if (turn == Turn::Edge && curve.stairs && curve.stroke != Stroke::Solid) take_risers(piece, curve);
      if (piece.size() > 1) curve.shared.push_back(std::move(piece));
    }
    const bool whole = curve.stairs || curve.stroke == Stroke::Solid;
    if (turn == Turn::Alone && whole) add(curve.pieces, x0, x1);
    if (turn == Turn::Alone && !whole) {  // of a line of pixel columns the dashes are cut here
      if (walk.empty()) walk = walk_of(lined.line, plot.width());
      cut_dashes(lined.line, walk, x0, x1, dashes_of(curve.stroke, em), curve.pieces);
    }
    c = end;
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
  return scene.plot.y1 - static_cast<float>(part) * (scene.plot.height() - scene.failure_lane - 1) - 1;
}

void lay_curves(const ChartInput& input, ChartScene& scene) {
  const std::vector<double> edges =
      scene.axis.edges(static_cast<std::size_t>(std::max(1.0f, std::floor(scene.plot.width()))));
  std::vector<Lined> lined;
  // What lives is drawn last, over the rest; of several runs the first.
  for (const Curve curve : {Curve::LargestFree, Curve::Free, Curve::ExternalFragmentation, Curve::InternalFragmentation,
                            Curve::Reserved, Curve::LiveBlocks, Curve::LiveRounded, Curve::LiveRequested}) {
    if ((input.curves >> static_cast<unsigned>(curve) & 1u) == 0) continue;
    const std::size_t runs = is_common(curve, input.alike) ? 1 : input.runs.size();
    for (std::size_t run = runs; run-- > 0;) lined.push_back(lay_curve(input, scene, curve, run, edges));
  }
  const auto stretch = static_cast<std::size_t>(std::max(4.0f, std::round(0.6f * input.style.em)));
  const std::vector<std::vector<Turn>> turns = take_turns(lined, edges.size() - 1, stretch);
  for (std::size_t i = 0; i < lined.size(); ++i) {
    cut_pieces(lined[i], turns[i], scene.plot, input.style.em);
    scene.curves.push_back(std::move(lined[i].curve));
  }
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
