// Charts over time: scrub by dragging, wheel zooms, right drag pans, a click on a name shows or hides its curve.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "viz/app/names.h"
#include "viz/draw/chart_layout.h"
#include "viz/panels/canvas.h"
#include "viz/panels/paint.h"
#include "viz/panels/panel.h"

namespace allocviz::panels {
namespace {

using draw::ChartScene;
using draw::Rect;
using replay::Curve;

constexpr double kWheelFactor = 0.8;
constexpr int kNames[] = {0, 1, 2, 3, 4, 5};  // curves in the order they are named

bool is_shown(const app::State& state, int curve) {
  return ((state.curves() >> static_cast<unsigned>(curve)) & 1u) != 0;
}

// First and last position in view; everything while nothing else was asked for.
draw::Span positions_of(const app::State& state) {
  const auto all = static_cast<double>(state.timeline().event_count());
  if (!(state.time.last > state.time.first)) return {0, all};
  return {std::max(0.0, state.time.first), std::min(all, state.time.last)};
}

void lay_out(const Context& context, Rect inside, draw::Cached<ChartScene>& cached) {
  const app::State& state = context.state;
  const replay::Timeline& timeline = state.timeline();
  draw::ViewKey key;
  key.trace = state.document.trace;
  key.spec = timeline.spec();
  key.events = timeline.event_count();
  key.rect = inside;
  key.view = positions_of(state);
  key.style = style_of(context.em);
  key.theme = context.theme.kind;
  key.flags = state.curves();
  key.failures = state.failures.size();
  if (!cached.outdated(key)) return;
  cached.scene = draw::lay_out_chart({.series = timeline.series(),
                                      .failures = state.failures,
                                      .marks = timeline.trace().marks(),
                                      .curves = state.curves(),
                                      .first = key.view.from,
                                      .last = key.view.to,
                                      .rect = inside,
                                      .style = key.style});
  draw::paint_areas(cached.scene, context.theme, cached.picture);
  cached.texture = ui::upload("chart", cached.picture.pixels.data(), cached.picture.width, cached.picture.height);
}

void paint_curve(const Paint& paint, const draw::ChartCurve& curve) {
  const float thickness = std::max(1.5f, 0.11f * paint.em);
  const draw::Color color = draw::color_of(curve.curve, paint.theme);
  const bool stairs_dashed = curve.dashed && curve.pieces.size() == 1;
  if (!stairs_dashed) {
    for (const std::vector<draw::Point>& piece : curve.pieces) ui::polyline(paint.list, piece, color, thickness);
    return;
  }
  const std::vector<draw::Point>& points = curve.pieces.front();
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    ui::dashed(paint.list, points[i], points[i + 1], color, thickness, 0.3f * paint.em);
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

// Where the cursor stands on a mark, its handle stands in place of the flag; the name stays where it is.
void paint_flag(const Paint& paint, const ChartScene& scene, const draw::ChartFlag& flag, float cursor) {
  const float em = paint.em;
  const draw::Color color = paint.theme.relation;
  const float top = scene.plot.y0 - 1.1f * em;
  ui::fill(paint.list, {flag.x, top, flag.x + 1, scene.plot.y1}, draw::with_alpha(color, 110));
  const bool beside = cursor >= flag.x - 0.5f * em && cursor <= flag.x + 0.7f * em;
  const float x = flag.x;
  const ui::WithFont font{ui::Font::Small};
  const draw::Point words{x + 0.9f * em, top - 0.15f * em};
  const float end = flag.name.empty() ? x + 0.7f * em : words.x + ui::text_width(flag.name) + 0.2f * em;
  ui::fill(paint.list, {x, top - 0.1f * em, end, top + 0.9f * em}, paint.theme.panel);
  if (!beside) {
    paint.list->AddTriangleFilled(ImVec2(x, top), ImVec2(x + 0.7f * em, top + 0.35f * em), ImVec2(x, top + 0.7f * em),
                                  color);
  }
  if (!flag.name.empty()) ui::text_at(paint.list, words, color, flag.name);
}

// Words and signs keep a ground of their own: neither a curve nor the cursor's line runs through them. Only the
// cursor's handle lies above them.
void paint_events(const Paint& paint, const ChartScene& scene, float cursor) {
  const float em = paint.em;
  for (const draw::ChartFlag& flag : scene.flags) paint_flag(paint, scene, flag, cursor);
  for (const draw::ChartFailure& failure : scene.failures) {
    const draw::Point middle{failure.x + 0.5f, scene.plot.y0 + 0.6f * em};
    paint.list->AddCircleFilled(ImVec2(middle.x, middle.y), 0.5f * em, paint.theme.panel, 16);
    paint_cross(paint, middle, 0.28f * em);
  }
}

struct CursorMark {
  float x = 0;
  bool seen = false;  // it lies on the part of the axis that is shown
};

CursorMark cursor_mark(const ChartScene& scene, double position) {
  const double x = scene.axis.x_of(position);
  const bool seen = x >= static_cast<double>(scene.plot.x0) - 1 && x <= static_cast<double>(scene.plot.x1) + 1;
  return {static_cast<float>(std::round(x)), seen};
}

void paint_cursor_line(const Paint& paint, const ChartScene& scene, const CursorMark& cursor) {
  if (!cursor.seen) return;
  ui::place("cursor", {cursor.x - 1, scene.plot.y0, cursor.x + 1, scene.plot.y1});
  const float half = std::max(1.0f, std::floor(paint.em / 14));
  ui::fill(paint.list, {cursor.x - half, scene.plot.y0 - 0.7f * paint.em, cursor.x + half, scene.plot.y1},
           paint.theme.cursor);
}

void paint_cursor_handle(const Paint& paint, const ChartScene& scene, const CursorMark& cursor) {
  if (!cursor.seen) return;
  const float em = paint.em, at = cursor.x;
  const float wide = 0.4f * em;
  const float top = scene.plot.y0 - 1.2f * em;
  ui::fill(paint.list, {at - wide, top, at + wide, top + 0.5f * em}, paint.theme.cursor, 0.12f * em);
  paint.list->AddTriangleFilled(ImVec2(at - wide, top + 0.4f * em), ImVec2(at + wide, top + 0.4f * em),
                                ImVec2(at, top + 0.8f * em), paint.theme.cursor);
}

void paint_minimap(const Paint& paint, const ChartScene& scene, double cursor, double all) {
  if (!scene.zoomed) return;
  ui::fill(paint.list, scene.minimap, paint.theme.inset, 2);
  ui::polyline(paint.list, scene.outline, draw::with_alpha(paint.theme.curve_requested, 200));
  ui::fill(paint.list, scene.window, draw::with_alpha(paint.theme.text, 24));
  ui::outline(paint.list, scene.window, paint.theme.text_dim, 1, 2);
  const draw::TimeAxis whole{0, all, scene.minimap.x0, scene.minimap.x1};
  const auto x = static_cast<float>(std::round(whole.x_of(cursor)));
  ui::fill(paint.list, {x, scene.minimap.y0, x + 1, scene.minimap.y1}, paint.theme.cursor);
}

void paint_chart(const Paint& paint, const ChartScene& scene, std::uintptr_t areas, double cursor, double all) {
  for (const float y : scene.grid) ui::fill(paint.list, {scene.plot.x0, y, scene.plot.x1, y + 1}, paint.theme.grid);
  for (const float x : scene.ticks) {
    ui::fill(paint.list, {x, scene.plot.y1, x + 1, scene.plot.y1 + 0.25f * paint.em}, paint.theme.free_edge);
  }
  ui::image(paint.list, scene.plot, areas);
  for (const draw::ChartCurve& curve : scene.curves) paint_curve(paint, curve);
  const CursorMark mark = cursor_mark(scene, cursor);
  paint_cursor_line(paint, scene, mark);
  for (const draw::Label& label : scene.labels) paint_label(paint, label);
  paint_events(paint, scene, mark.seen ? mark.x : -1);
  paint_cursor_handle(paint, scene, mark);
  paint_minimap(paint, scene, cursor, all);
}

std::string value_text(Curve curve, std::uint64_t value) {
  if (curve == Curve::LiveBlocks) return trace::count_text(value);
  const std::string shortly = trace::size_text(value);
  const std::string exactly = trace::exact_size_text(value);
  return shortly == exactly ? exactly : fmt::format("{} ({})", shortly, exactly);
}

// Every curve that is shown, at the position under the mouse; and what stands there.
std::string hover_text(const app::State& state, const ChartScene& scene, draw::Point at) {
  const replay::Timeline& timeline = state.timeline();
  const double raw = std::round(scene.axis.position_at(at.x));
  const auto position = static_cast<std::uint64_t>(std::clamp(raw, 0.0, static_cast<double>(timeline.event_count())));
  std::string text = position == 0 ? "before event 1" : "event " + trace::count_text(position);
  for (const int c : kNames) {
    if (!is_shown(state, c) || position >= timeline.series().size()) continue;
    const auto curve = static_cast<Curve>(c);
    text += fmt::format("\n{}  {}", draw::name_of(curve), value_text(curve, timeline.series().at(curve, position)));
  }
  for (const draw::ChartFailure& failure : scene.failures) {
    if (std::abs(failure.x - at.x) > 6) continue;
    const std::string who = failure.count == 1 ? app::refused_by(state, failure.first) : std::string{};
    text += failure.count == 1 ? fmt::format("\n✕ event {} failed{}{}", trace::count_text(failure.first + 1),
                                             who.empty() ? "" : " on ", who)
                               : fmt::format("\n✕ {} requests failed here, event {} first",
                                             trace::count_text(failure.count), trace::count_text(failure.first + 1));
  }
  for (const draw::ChartFlag& flag : scene.flags) {
    if (std::abs(flag.x - at.x) > 6) continue;
    const auto found = timeline.trace().marks().find(flag.index);
    if (found != timeline.trace().marks().end()) text += "\nmark: " + found->second;
  }
  return text;
}

void set_time(const Context& context, double first, double last) {
  const auto all = static_cast<double>(context.state.timeline().event_count());
  const double width = std::min(last - first, all);
  const double from = std::clamp(first, 0.0, all - width);
  context.commands.push({.what = app::Do::SetTimeView, .value = from, .value2 = from + width});
}

void scrub(const Context& context, const ChartScene& scene, draw::Point at) {
  const auto all = static_cast<double>(context.state.timeline().event_count());
  const double raw = std::clamp(std::round(scene.axis.position_at(at.x)), 0.0, all);
  const auto event = static_cast<std::uint64_t>(raw);
  const replay::Position now = context.state.cursor();
  const bool there = now.event == event && now.step == context.state.timeline().step_count();
  if (there && !ImGui::IsMouseClicked(0)) return;
  context.commands.push({.what = app::Do::ScrubTo, .position = {event, replay::kAllSteps}});
}

void control_plot(const Context& context, const ChartScene& scene) {
  const float em = context.em;
  const Rect area{scene.plot.x0, scene.plot.y0 - 1.2f * em, scene.plot.x1, scene.plot.y1 + 1.2f * em};
  const Pointer pointer = canvas("chart", area);
  const ImGuiIO& io = ImGui::GetIO();
  const draw::Span shown = positions_of(context.state);
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(0)) scrub(context, scene, pointer.at);
  if (ImGui::IsItemDeactivated() && ImGui::IsMouseReleased(0)) context.commands.push(app::Do::EndScrub);
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(1) && io.MouseDelta.x != 0) {
    const double by = -static_cast<double>(io.MouseDelta.x) / scene.axis.px_per_position();
    set_time(context, shown.from + by, shown.to + by);
  }
  if (!pointer.hovered) return;
  if (io.MouseWheel != 0) {
    const double at = std::clamp(scene.axis.position_at(pointer.at.x), shown.from, shown.to);
    const double factor = std::pow(kWheelFactor, io.MouseWheel);
    set_time(context, at - (at - shown.from) * factor, at + (shown.to - at) * factor);
  }
  if (!ImGui::IsItemActive()) ui::tooltip(hover_text(context.state, scene, pointer.at));
}

void control_minimap(const Context& context, const ChartScene& scene) {
  if (!scene.zoomed) return;
  const Pointer pointer = canvas("minimap", scene.minimap);
  if (!ImGui::IsItemActive() || !ImGui::IsMouseDown(0)) return;
  const auto all = static_cast<double>(context.state.timeline().event_count());
  const draw::TimeAxis whole{0, all, scene.minimap.x0, scene.minimap.x1};
  const draw::Span shown = positions_of(context.state);
  const double middle = whole.position_at(pointer.at.x);
  set_time(context, middle - shown.width() / 2, middle + shown.width() / 2);
}

// A piece of the curve; of one that is hidden, an empty box.
void paint_swatch(const Context& context, Curve curve, draw::Point left, bool on) {
  const float em = context.em;
  ImDrawList* list = ui::draw_list();
  const draw::Point right{left.x + 1.1f * em, left.y};
  const draw::Color color = on ? draw::color_of(curve, context.theme) : context.theme.text_faint;
  const float thick = std::max(2.0f, 0.13f * em);
  if (!on) {
    const float half = std::round(0.25f * em);
    ui::outline(list, {left.x, left.y - half, right.x, left.y + half}, color, 1, 2);
  } else if (curve == Curve::LargestFree || curve == Curve::LiveBlocks) {
    ui::dashed(list, left, right, color, thick, 0.25f * em);
  } else {
    ui::fill(list, {left.x, left.y - thick / 2, right.x, left.y + thick / 2}, color);
  }
}

// The names of the curves at the right of the title, each in its colour; a click shows or hides it.
void curve_names(const Context& context, Rect rect) {
  const float em = context.em;
  const ui::WithFont font{ui::Font::Small};
  ImDrawList* list = ui::draw_list();
  float x = rect.x1;
  for (int i = static_cast<int>(std::size(kNames)) - 1; i >= 0; --i) {
    const auto curve = static_cast<Curve>(kNames[i]);
    const bool on = is_shown(context.state, kNames[i]);
    const float width = ui::text_width(draw::name_of(curve));
    const Rect item{std::floor(x - width - 1.7f * em), rect.y0, std::floor(x), rect.y1};
    if (item.x0 < rect.x0) return;
    const bool hovered = ui::canvas(draw::name_of(curve), item);
    if (ImGui::IsItemClicked(0)) {
      context.commands.push({.what = app::Do::ToggleCurve, .number = static_cast<std::uint64_t>(kNames[i])});
    }
    ui::tooltip(on ? "click to hide" : "click to show");
    const float middle = std::floor((item.y0 + item.y1) / 2);
    paint_swatch(context, curve, {item.x0, middle}, on);
    const draw::Color ink = hovered ? context.theme.text : on ? context.theme.text_dim : context.theme.text_faint;
    ui::text_at(list, {item.x0 + 1.4f * em, middle - ui::line_height() / 2}, ink, draw::name_of(curve));
    x = item.x0 - 1.0f * em;
  }
}

}  // namespace

void timeline(const Context& context, Rect rect) {
  const replay::Timeline& timeline = context.state.timeline();
  const Rect inside = ui::panel_frame(context.theme, rect, "Over time");
  if (inside.width() < 8 * context.em || inside.height() < 3 * context.em) return;
  draw::Caches spare;
  auto& cached = (context.caches != nullptr ? *context.caches : spare).chart;
  ui::begin_region("timeline", rect, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  lay_out(context, inside, cached);
  const Paint paint{ui::draw_list(), context.theme, context.em};
  // Inside an event the cursor stands on it: the curves know whole events alone.
  const auto cursor = static_cast<double>(timeline.position().event);
  paint_chart(paint, cached.scene, cached.texture, cursor, static_cast<double>(timeline.event_count()));
  control_plot(context, cached.scene);
  control_minimap(context, cached.scene);
  curve_names(context,
              {inside.x0 + 8 * context.em, rect.y0 + 0.4f * context.em, inside.x1, rect.y0 + 1.9f * context.em});
  ui::end_region();
}

}  // namespace allocviz::panels
