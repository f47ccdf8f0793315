// Charts over time: scrub by dragging, Shift and drag selects a range, the wheel zooms, right or middle drag pans; a
// minimap of the whole below.
#include <algorithm>
#include <cmath>
#include <string>

#include "viz/app/moving.h"
#include "viz/app/names.h"
#include "viz/app/partings.h"
#include "viz/panels/canvas.h"
#include "viz/panels/match_lane.h"
#include "viz/panels/timeline_parts.h"

namespace allocviz::panels {
namespace {

using draw::ChartScene;
using draw::Rect;

constexpr double kKeyFactor = 1.5;  // one press of W
constexpr double kKeyPan = 0.2;     // one press of A, of what is seen

// What else the picture depends on, in one number.
unsigned flags_of(const app::State& state) {
  return state.curves() | (state.settings.failure_lane ? 1u << 16 : 0u) | (state.clock() != nullptr ? 1u << 17 : 0u) |
         (state.filter.active ? 1u << 18 : 0u);
}

void lay_out(const Context& context, Rect inside, draw::Cached<ChartScene>& cached) {
  const app::State& state = context.state;
  const replay::Timeline& timeline = state.timeline();
  const draw::TimeAxis axis = time_axis_of(state, 0, 1);
  draw::ViewKey key;
  key.trace = state.document.trace;
  key.spec = timeline.spec();
  key.events = timeline.event_count();
  key.rect = inside;
  key.view = {axis.first, axis.last};
  key.style = style_of(context.em);
  key.theme = context.theme.kind;
  key.flags = flags_of(state);
  key.failures = state.failures.size();
  key.version = state.document.texts_changed;
  draw::ChartInput input{.runs = {},
                         .alike = app::serve_alike(state),
                         .failures = state.failures,
                         .marks = timeline.trace().marks(),
                         .curves = state.curves(),
                         .failure_lane = state.settings.failure_lane,
                         .match_lane = state.filter.active,
                         .first = axis.first,
                         .last = axis.last,
                         .clock = axis.clock,
                         .rect = inside,
                         .style = key.style};
  for (std::size_t i = 0; i < state.stages.size(); ++i) {
    const std::string name = trace::to_text(state.timeline(i).spec());
    input.runs.push_back({&state.timeline(i).series(), name});
    if (i != 0) key.others += name + "\n";
  }
  for (const app::Refuser& refuser : app::refusers(state))
    input.failure_lanes.push_back({refuser.name, *refuser.failures});
  input.told_until = app::told_until(state);
  if (input.told_until != trace::kNoEvent) key.found = input.told_until;  // each move of the cursor may tell of one
  if (!cached.outdated(key)) return;
  cached.scene = draw::lay_out_chart(input);
  draw::paint_areas(cached.scene, context.theme, cached.picture);
  cached.texture = ui::upload("chart", cached.picture.pixels.data(), cached.picture.width, cached.picture.height);
}

void set_time(const Context& context, double first, double last) {
  const double all = context.state.time_end();
  const double width = std::min(last - first, all);
  const double from = std::clamp(first, 0.0, all - width);
  context.commands.push({.what = app::Do::SetTimeView, .value = from, .value2 = from + width});
}

void zoom_at(const Context& context, const draw::TimeAxis& axis, float x, double factor) {
  const double at = std::clamp(axis.unit_at(static_cast<double>(x)), axis.first, axis.last);
  // By events half of one stands beyond either end: it is seen, too.
  const double half = axis.clock != nullptr ? 0 : 0.5;
  const double from = at - (at - axis.first + half) * factor + half;
  const double to = at + (axis.last + half - at) * factor - half;
  const double middle = (from + to) / 2;
  set_time(context, std::min(from, middle), std::max(to, middle));
}

void scrub(const Context& context, const draw::TimeAxis& axis, draw::Point at) {
  const std::uint64_t event = hair_at(context.state, axis, at.x).position;
  const replay::Position now = context.state.cursor();
  const bool there = now.event == event && now.step == context.state.timeline().step_count();
  if (there && !ImGui::IsMouseClicked(0)) return;
  context.commands.push({.what = app::Do::ScrubTo, .position = {event, replay::kAllSteps}});
}

// The events that happened between two places of the axis, whichever is the left one.
void select_between(const Context& context, const draw::TimeAxis& axis, float a, float b) {
  const auto left = static_cast<double>(std::min(a, b)), right = static_cast<double>(std::max(a, b));
  const auto all = static_cast<double>(context.state.timeline().event_count());
  if (all < 1) return;
  double first = 0, last = 0;  // positions
  if (axis.clock != nullptr) {
    first = static_cast<double>(std::max<std::uint64_t>(axis.clock->first_from(axis.unit_at(left)), 1));
    last = axis.position_at(right);
  } else {
    first = std::clamp(std::round(axis.position_at(left)), 1.0, all);
    last = std::clamp(std::round(axis.position_at(right)), 1.0, all);
  }
  if (first > last) return;
  const app::EventRange range{static_cast<std::uint64_t>(first) - 1, static_cast<std::uint64_t>(last)};
  if (context.state.range == range) return;
  context.commands.push({.what = app::Do::SelectRange, .value = first - 1, .value2 = last});
}

// Drags a window edge of the minimap, or, from anywhere else, the window.
void control_minimap(const Context& context, const ChartScene& scene) {
  if (!scene.has_minimap) return;
  const Pointer pointer = canvas("minimap", scene.minimap);
  const float grip = 0.4f * context.em;
  enum Part : int { Window, Left, Right };
  const auto part_at = [&](float x) {
    if (std::abs(x - scene.window.x0) <= grip) return Left;
    return std::abs(x - scene.window.x1) <= grip ? Right : Window;
  };
  ImGuiStorage* kept = ImGui::GetStateStorage();
  const ImGuiID id = ImGui::GetID("minimap part"), grip_id = ImGui::GetID("minimap grip");
  if (ImGui::IsItemActivated()) {
    // Held where it was taken; a click beside it brings its middle there.
    const bool inside = pointer.at.x >= scene.window.x0 && pointer.at.x <= scene.window.x1;
    kept->SetInt(id, part_at(pointer.at.x));
    kept->SetFloat(grip_id, inside ? pointer.at.x - (scene.window.x0 + scene.window.x1) / 2 : 0);
  }
  const bool held = ImGui::IsItemActive() && ImGui::IsMouseDown(0);
  const int part = held ? kept->GetInt(id) : part_at(pointer.at.x);
  if ((held || pointer.hovered) && part != Window) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
  if (!held) return;
  const draw::TimeAxis shown = time_axis_of(context.state, 0, 1);
  const float x = part == Window ? pointer.at.x - kept->GetFloat(grip_id) : pointer.at.x;
  const double at = std::clamp(scene.whole.unit_at(static_cast<double>(x)), 0.0, context.state.time_end());
  const double half = (shown.last - shown.first) / 2;
  if (part == Left) {
    set_time(context, std::min(at, shown.last), shown.last);
  } else if (part == Right) {
    set_time(context, shown.first, std::max(at, shown.first));
  } else {
    set_time(context, at - half, at + half);
  }
}

// What the selected events came to, in `line`; what the keys do behind it where there is room.
void range_line(const Context& context, Rect line) {
  const ui::WithFont font{ui::Font::Small};
  std::string text = range_text(context.state, *context.state.range, false);
  const std::string keys = "R zooms there · Esc clears";
  const float room = line.width(), hint = ui::text_width(keys) + 2 * context.em;
  if (ui::text_width(text) > room) text = range_text(context.state, *context.state.range, true);
  const float y = std::round((line.y0 + line.y1 - ui::line_height()) / 2);
  const float used = ui::text_at(ui::draw_list(), {line.x0, y}, context.theme.text, text, room);
  ui::place(text, {line.x0, line.y0, line.x0 + used, line.y1});
  if (used + hint > room) return;
  ui::text_at(ui::draw_list(), {line.x1 - ui::text_width(keys), y}, context.theme.text_faint, keys);
}

// The line behind the title: the curves' names, and, where the panel is too low for another line, the range before
// them. Returns how much of `inside` is taken at the top.
float head(const Context& context, Rect rect, Rect inside) {
  const float em = context.em;
  Rect line{inside.x0 + 8 * em, rect.y0 + 0.4f * em, inside.x1, rect.y0 + 1.9f * em};
  const bool low = inside.height() < 9 * em;
  if (context.state.range && low) {
    const float menu = 8 * em;
    range_line(context, {line.x0, line.y0, line.x1 - menu - em, line.y1});
    line.x0 = line.x1 - menu;
  }
  curve_names(context, line);
  if (!context.state.range || low) return 0;
  const float height = std::round(1.5f * em);
  range_line(context, {inside.x0, inside.y0 - 0.3f * em, inside.x1, inside.y0 + height - 0.6f * em});
  return height;
}

}  // namespace

draw::TimeAxis time_axis_of(const app::State& state, float x0, float x1) {
  const double all = state.time_end();
  draw::TimeAxis axis{0, all, x0, x1, state.clock()};
  if (state.time.last > state.time.first) {
    axis.first = std::max(0.0, state.time.first);
    axis.last = std::min(all, state.time.last);
  }
  return axis;
}

Hair hair_at(const app::State& state, const draw::TimeAxis& axis, float x) {
  const auto all = static_cast<double>(state.timeline().event_count());
  const double position = std::clamp(std::round(axis.position_at(static_cast<double>(x))), 0.0, all);
  // By clock the hair stays under the mouse: what is in force there may have begun long before.
  const float at = axis.clock != nullptr ? x : static_cast<float>(axis.x_of(position));
  return {std::floor(at), static_cast<std::uint64_t>(position)};
}

bool control_time(const Context& context, const char* label, Rect area, const draw::TimeAxis& axis) {
  const Pointer pointer = canvas(label, area);
  const ImGuiIO& io = ImGui::GetIO();
  ImGuiStorage* kept = ImGui::GetStateStorage();
  const ImGuiID selecting = ImGui::GetID(label);
  if (ImGui::IsItemActivated()) kept->SetBool(selecting, io.KeyShift);
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(0)) {
    if (kept->GetBool(selecting)) {
      select_between(context, axis, io.MouseClickedPos[0].x, pointer.at.x);
    } else {
      scrub(context, axis, pointer.at);
    }
  }
  if (ImGui::IsItemDeactivated() && ImGui::IsMouseReleased(0) && !kept->GetBool(selecting)) {
    context.commands.push(app::Do::EndScrub);
  }
  const Wheel wheel = wheel_over(pointer);
  const double by = wheel.pan * (axis.last - axis.first) - (dragged_px(1) + dragged_px(2)) / axis.px_per_unit();
  if (by != 0) set_time(context, axis.first + by, axis.last + by);
  if (wheel.factor != 1) zoom_at(context, axis, pointer.at.x, wheel.factor);
  return pointer.hovered;
}

void control_keys(const Context& context, Rect panel, const draw::TimeAxis& axis) {
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  if (!panel.contains({mouse.x, mouse.y})) return;
  const auto down = [](ui::Key key) {
    const ui::Chord chord{.key = key};
    return ui::pressed(chord, true) && ui::is_free(chord);
  };
  const double shift = (axis.last - axis.first) * kKeyPan;
  if (down(ui::Key::W)) zoom_at(context, axis, mouse.x, 1 / kKeyFactor);
  if (down(ui::Key::S)) zoom_at(context, axis, mouse.x, kKeyFactor);
  if (down(ui::Key::A)) set_time(context, axis.first - shift, axis.last - shift);
  if (down(ui::Key::D)) set_time(context, axis.first + shift, axis.last + shift);
}

void timeline(const Context& context, Rect rect) {
  const app::State& state = context.state;
  Rect inside = ui::panel_frame(context.theme, rect, "Over time");
  const float em = context.em;
  if (inside.width() < 8 * em || inside.height() < 3 * em) return;
  draw::Caches spare;
  auto& cached = (context.caches != nullptr ? *context.caches : spare).chart;
  ui::begin_region("timeline", rect, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  inside.y0 += head(context, rect, inside);
  lay_out(context, inside, cached);
  const ChartScene& scene = cached.scene;
  const Paint paint{ui::draw_list(), context.theme, em};
  // Inside an event the cursor stands on it: the curves know whole events alone. They know where it is going, too.
  const std::uint64_t cursor = app::heading(state).event;
  paint_chart(paint, scene, cached.texture, cursor);
  if (state.range) paint_range(paint, scene.axis, scene.plot, *state.range);
  paint_minimap(paint, scene, cursor);
  match_lane(context, scene);
  const Rect area{scene.plot.x0, scene.plot.y0 - 1.2f * em, scene.plot.x1, scene.plot.y1 + 1.2f * em};
  if (control_time(context, "chart", area, scene.axis) && !ImGui::IsItemActive()) {
    const Hair hair = hair_at(state, scene.axis, ImGui::GetIO().MousePos.x);
    paint_hair(context, paint, scene, hair);
    ui::tooltip(hover_text(state, scene, hair));
  }
  control_minimap(context, scene);
  control_keys(context, rect, scene.axis);
  ui::end_region();
}

}  // namespace allocviz::panels
