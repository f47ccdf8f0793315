// How the charts look: curves, signs, cursor, range, minimap.
#include <algorithm>
#include <cmath>
#include <optional>

#include "viz/panels/timeline_parts.h"

namespace allocviz::panels {
namespace {

using draw::ChartScene;
using draw::Rect;

void paint_curve(const Paint& paint, const draw::ChartCurve& curve) {
  // Whole pixels: ImGui draws these from a texture, with a third of the triangles.
  const float thickness = std::max(2.0f, std::round(0.11f * paint.em));
  const draw::Color color = draw::color_of(curve.curve, curve.run, paint.theme);
  for (const std::vector<draw::Point>& piece : curve.shared) ui::polyline(paint.list, piece, color, thickness);
  const bool dashed = curve.stairs && curve.stroke != draw::Stroke::Solid;
  const float dash = (curve.stroke == draw::Stroke::Dotted ? 0.16f : 0.32f) * paint.em;
  for (const std::vector<draw::Point>& piece : curve.pieces) {
    if (!dashed) ui::polyline(paint.list, piece, color, thickness);
    for (std::size_t i = 0; dashed && i + 1 < piece.size(); ++i) {
      ui::dashed(paint.list, piece[i], piece[i + 1], color, thickness, dash);
    }
  }
}

void paint_cross(const Paint& paint, draw::Point middle, float radius) {
  const auto line = [&](float dx) {
    paint.list->AddLine(ImVec2(middle.x - dx, middle.y - radius), ImVec2(middle.x + dx, middle.y + radius),
                        paint.theme.failed, std::max(1.5f, 0.12f * paint.em));
  };
  line(radius);
  line(-radius);
}

// Where a mark and its name stand, the flag's staff not included.
Rect words_of(const Paint& paint, const ChartScene& scene, const draw::ChartFlag& flag) {
  const float em = paint.em, top = scene.plot.y0 - 1.2f * em;
  const ui::WithFont font{ui::Font::Small};
  const float end = flag.name.empty() ? flag.x + 0.7f * em : flag.x + 1.1f * em + ui::text_width(flag.name);
  return {flag.x, top, end, top + em};
}

// Where the cursor stands on a mark its handle, drawn later, stands over the flag; the name stays where it is.
void paint_flag(const Paint& paint, const ChartScene& scene, const draw::ChartFlag& flag) {
  const float em = paint.em;
  const draw::Color color = paint.theme.mark;
  const float top = scene.plot.y0 - 1.1f * em;
  ui::fill(paint.list, {flag.x, top, flag.x + 1, scene.plot.y1}, draw::with_alpha(color, 110));
  const ui::WithFont font{ui::Font::Small};
  const draw::Point words{flag.x + 0.9f * em, top - 0.15f * em};
  const Rect ground = words_of(paint, scene, flag);
  ui::fill(paint.list, ground, paint.theme.panel);
  ui::place(flag.name.empty() ? "mark" : "mark " + flag.name, ground);
  paint.list->AddTriangleFilled(ImVec2(flag.x, top), ImVec2(flag.x + 0.7f * em, top + 0.35f * em),
                                ImVec2(flag.x, top + 0.7f * em), color);
  if (!flag.name.empty()) ui::text_at(paint.list, words, color, flag.name);
}

// Crosses; where they have no room beside each other, a column of pixels each, taller for more.
void paint_failures(const Paint& paint, const ChartScene& scene) {
  const float em = paint.em, lane = scene.lane_height;
  if (!scene.crowded) {
    const float radius = std::min(0.28f * em, 0.32f * lane);
    for (const draw::ChartFailure& failure : scene.failures) {
      const draw::Point middle{failure.x + 0.5f, draw::lane_middle(scene, failure)};
      // The cursor's line makes room.
      paint.list->AddCircleFilled(ImVec2(middle.x, middle.y), 1.6f * radius, paint.theme.panel, 16);
      paint_cross(paint, middle, radius);
    }
    return;
  }
  std::uint64_t most = 1;
  for (const draw::ChartFailure& failure : scene.failures) most = std::max(most, failure.count);
  const float whole = std::log2(1.0f + static_cast<float>(most));
  for (const draw::ChartFailure& failure : scene.failures) {
    const float part = 0.35f + 0.65f * std::log2(1.0f + static_cast<float>(failure.count)) / whole;
    const float top = draw::lane_middle(scene, failure) - std::floor(0.5f * lane);
    ui::fill(paint.list, {failure.x, top, failure.x + 1, top + std::round((lane - 1) * part)}, paint.theme.failed);
  }
}

// Where the cursor stands, if that is in view.
std::optional<float> cursor_on(const draw::TimeAxis& axis, Rect plot, std::uint64_t position) {
  const double x = axis.x_of(static_cast<double>(position));
  if (x < static_cast<double>(plot.x0) - 1 || x > static_cast<double>(plot.x1) + 1) return {};
  return static_cast<float>(std::round(x));
}

// A handle; its point alone where a mark's name stands in its place.
void paint_handle(const Paint& paint, const ChartScene& scene, float at) {
  const Rect plot = scene.plot;
  const float em = paint.em, half = std::max(1.0f, std::floor(em / 14));
  const bool on_words = std::any_of(scene.flags.begin(), scene.flags.end(), [&](const draw::ChartFlag& flag) {
    const Rect words = words_of(paint, scene, flag);
    return std::abs(flag.x - at) > 1 && at + 0.4f * em > words.x0 && at - 0.4f * em < words.x1;
  });
  if (on_words) {
    const Rect point{at - 0.4f * em, plot.y0 - 0.2f * em, at + 0.4f * em, plot.y0 + 0.4f * em};
    ui::place("handle", point);
    paint.list->AddTriangleFilled(ImVec2(point.x0, point.y0), ImVec2(point.x1, point.y0), ImVec2(at, point.y1),
                                  paint.theme.cursor);
    return;
  }
  ui::place("handle", {at - 0.4f * em, plot.y0 - 1.2f * em, at + 0.4f * em, plot.y0 - 0.4f * em});
  ui::fill(paint.list, {at - half, plot.y0 - 0.7f * em, at + half, plot.y0}, paint.theme.cursor);
  const float wide = 0.4f * em, top = plot.y0 - 1.2f * em;
  ui::fill(paint.list, {at - wide, top, at + wide, top + 0.5f * em}, paint.theme.cursor, 0.12f * em);
  paint.list->AddTriangleFilled(ImVec2(at - wide, top + 0.4f * em), ImVec2(at + wide, top + 0.4f * em),
                                ImVec2(at, top + 0.8f * em), paint.theme.cursor);
}

// Where a range stands on a plot, and which of its ends are in view.
struct RangeInView {
  Rect rect;
  bool begins = false, ends = false;
};

std::optional<RangeInView> range_in_view(const draw::TimeAxis& axis, Rect plot, app::EventRange range) {
  const auto left = static_cast<double>(plot.x0), right = static_cast<double>(plot.x1);
  const double end = axis.clock == nullptr ? axis.begin_of(range.last + 1) : axis.begin_of(range.last) + 1;
  const double x0 = axis.begin_of(range.first + 1), x1 = std::max(end, x0 + 1);
  if (x1 < left || x0 > right) return std::nullopt;
  const Rect rect{static_cast<float>(std::round(std::max(x0, left))), plot.y0,
                  static_cast<float>(std::round(std::min(x1, right))), plot.y1};
  return RangeInView{rect, x0 >= left, x1 <= right};
}

}  // namespace

// Words and signs have a ground of their own: neither a curve nor the cursor's line runs through them. Only the
// cursor's handle lies above them.
void paint_chart(const Paint& paint, const ChartScene& scene, std::uintptr_t areas, std::uint64_t cursor) {
  for (const float y : scene.grid) ui::fill(paint.list, {scene.plot.x0, y, scene.plot.x1, y + 1}, paint.theme.grid);
  for (const float x : scene.ticks) {
    ui::fill(paint.list, {x, scene.match_lane.y1, x + 1, scene.match_lane.y1 + 0.25f * paint.em},
             paint.theme.free_edge);
  }
  ui::image(paint.list, scene.plot, areas);
  for (const draw::ChartCurve& curve : scene.curves) paint_curve(paint, curve);
  paint_cursor(paint, scene.axis, scene.plot, cursor);
  for (const draw::Label& label : scene.labels) {
    if (label.grounded) ui::fill(paint.list, label.rect, paint.theme.panel);
    paint_label(paint, label);
  }
  for (const draw::ChartFlag& flag : scene.flags) paint_flag(paint, scene, flag);
  paint_failures(paint, scene);
  if (const std::optional<float> at = cursor_on(scene.axis, scene.plot, cursor)) paint_handle(paint, scene, *at);
}

void paint_cursor(const Paint& paint, const draw::TimeAxis& axis, Rect plot, std::uint64_t position) {
  const std::optional<float> at = cursor_on(axis, plot, position);
  if (!at) return;
  ui::place("cursor", {*at - 1, plot.y0, *at + 1, plot.y1});
  const float half = std::max(1.0f, std::floor(paint.em / 14));
  ui::fill(paint.list, {*at - half, plot.y0, *at + half, plot.y1}, paint.theme.cursor);
}

void paint_minimap(const Paint& paint, const ChartScene& scene, std::uint64_t cursor) {
  if (!scene.has_minimap) return;
  const Rect map = scene.minimap;
  const float em = paint.em;
  ui::fill(paint.list, map, paint.theme.inset, 2);
  for (const float x : scene.minimap_marks) {
    ui::fill(paint.list, {x, map.y0, x + 1, map.y1}, draw::with_alpha(paint.theme.mark, 110));
  }
  ui::polyline(paint.list, scene.outline, draw::with_alpha(paint.theme.curve_requested, 200));
  const float tick = std::max(3.0f, std::round(0.35f * em));
  for (const float x : scene.minimap_failures) {
    ui::fill(paint.list, {x, map.y0, x + 2, map.y0 + tick}, paint.theme.failed);
  }
  const bool whole = scene.window.x0 <= map.x0 && scene.window.x1 >= map.x1;
  if (!whole) {
    ui::fill(paint.list, scene.window, draw::with_alpha(paint.theme.text, 24));
    ui::outline(paint.list, scene.window, paint.theme.text_dim, 1, 2);
    const float grip = std::round(0.2f * em), middle = (map.y0 + map.y1) / 2;
    for (const float x : {scene.window.x0, scene.window.x1}) {
      ui::fill(paint.list, {x - grip / 2, middle - 2 * grip, x + grip / 2, middle + 2 * grip}, paint.theme.text_dim, 2);
    }
  }
  const auto x = static_cast<float>(std::round(scene.whole.x_of(static_cast<double>(cursor))));
  ui::fill(paint.list, {x, map.y0, x + 1, map.y1}, paint.theme.cursor);
}

void paint_range(const Paint& paint, const draw::TimeAxis& axis, Rect plot, app::EventRange range) {
  const std::optional<RangeInView> seen = range_in_view(axis, plot, range);
  if (!seen) return;
  const Rect& shade = seen->rect;
  ui::place("range", shade);
  ui::fill(paint.list, shade, draw::with_alpha(paint.theme.live, 36));
  if (seen->begins) ui::fill(paint.list, {shade.x0, shade.y0, shade.x0 + 1, shade.y1}, paint.theme.live);
  if (seen->ends) ui::fill(paint.list, {shade.x1 - 1, shade.y0, shade.x1, shade.y1}, paint.theme.live);
}

void bracket_range(const Paint& paint, const draw::TimeAxis& axis, Rect plot, app::EventRange range) {
  const std::optional<RangeInView> seen = range_in_view(axis, plot, range);
  if (!seen) return;
  const Rect& inside = seen->rect;
  ui::place("range", inside);
  const draw::Color veil = draw::with_alpha(paint.theme.panel, 150), edge = paint.theme.text;
  ui::fill(paint.list, {plot.x0, plot.y0, inside.x0, plot.y1}, veil);
  ui::fill(paint.list, {inside.x1, plot.y0, plot.x1, plot.y1}, veil);
  const float line = std::max(1.0f, std::round(paint.em / 9)), foot = std::round(0.5f * paint.em);
  const auto bracket = [&](float x, float towards) {
    ui::fill(paint.list, {x, plot.y0, x + line, plot.y1}, edge);
    const float from = std::min(x, x + towards), to = std::max(x, x + towards) + line;
    ui::fill(paint.list, {from, plot.y0, to, plot.y0 + line}, edge);
    ui::fill(paint.list, {from, plot.y1 - line, to, plot.y1}, edge);
  };
  // Outside of what it holds: of a range of few pixels all is seen.
  if (seen->begins) bracket(inside.x0 - line, std::min(foot, inside.width()));
  if (seen->ends) bracket(inside.x1, -std::min(foot, inside.width()));
}

void paint_hair(const Context& context, const Paint& paint, const ChartScene& scene, const Hair& hair) {
  if (hair.x < scene.plot.x0 || hair.x > scene.plot.x1) return;
  ui::fill(paint.list, {hair.x, scene.plot.y0, hair.x + 1, scene.plot.y1}, draw::with_alpha(paint.theme.text_dim, 130));
  for (const draw::ChartCurve& curve : scene.curves) {
    const replay::Series& series = context.state.timeline(curve.run).series();
    const float y = draw::y_of(scene, curve.curve, series.at(curve.curve, hair.position));
    paint.list->AddCircleFilled(ImVec2(hair.x + 0.5f, y), 0.22f * paint.em,
                                draw::color_of(curve.curve, curve.run, paint.theme), 12);
  }
}

}  // namespace allocviz::panels
