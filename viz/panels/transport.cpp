// The bar with the buttons of a recorder, where the cursor is, how fast playing goes, and what is under way.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "viz/app/availability.h"
#include "viz/app/cursor.h"
#include "viz/app/loader.h"
#include "viz/app/partings.h"
#include "viz/app/playback.h"
#include "viz/app/sides.h"
#include "viz/draw/time_axis.h"
#include "viz/panels/loading_bar.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using draw::Color;
using draw::Rect;

// Shapes stand in a square of this share of the button.
Rect glyph_box(Rect rect) {
  const float side = std::round(0.46f * std::min(rect.width(), rect.height()));
  const float x = std::round((rect.x0 + rect.x1 - side) / 2), y = std::round((rect.y0 + rect.y1 - side) / 2);
  return {x, y, x + side, y + side};
}

void triangle(ImDrawList* list, Rect box, Color color, bool right) {
  const float tip = right ? box.x1 : box.x0, base = right ? box.x0 : box.x1;
  // The order of the corners decides which side is smoothed.
  const ImVec2 top(base, box.y0), bottom(base, box.y1), point(tip, (box.y0 + box.y1) / 2);
  if (right) {
    list->AddTriangleFilled(top, point, bottom, color);
  } else {
    list->AddTriangleFilled(top, bottom, point, color);
  }
}

void bar(ImDrawList* list, Rect box, Color color, bool right) {
  const float width = std::max(2.0f, std::round(0.16f * box.width()));
  ui::fill(list, {right ? box.x1 - width : box.x0, box.y0, right ? box.x1 : box.x0 + width, box.y1}, color);
}

void paint_end(ImDrawList* list, Rect rect, Color color, bool right) {
  Rect box = glyph_box(rect);
  bar(list, box, color, right);
  const float width = std::round(0.24f * box.width());
  (right ? box.x1 : box.x0) += right ? -width : width;
  triangle(list, box, color, right);
}

void paint_event(ImDrawList* list, Rect rect, Color color, bool right) {
  const Rect box = glyph_box(rect);
  const float half = std::round(0.55f * box.width());
  triangle(list, {box.x0 - 0.05f * half, box.y0, box.x0 + half, box.y1}, color, right);
  triangle(list, {box.x1 - half, box.y0, box.x1 + 0.05f * half, box.y1}, color, right);
}

void paint_step(ImDrawList* list, Rect rect, Color color, bool right) {
  Rect box = glyph_box(rect);
  const float inset = std::round(0.16f * box.width());
  triangle(list, {box.x0 + inset, box.y0, box.x1 - inset, box.y1}, color, right);
}

void paint_first(ImDrawList* list, Rect rect, Color color) {
  paint_end(list, rect, color, false);
}
void paint_last(ImDrawList* list, Rect rect, Color color) {
  paint_end(list, rect, color, true);
}
void paint_event_back(ImDrawList* list, Rect rect, Color color) {
  paint_event(list, rect, color, false);
}
void paint_event_on(ImDrawList* list, Rect rect, Color color) {
  paint_event(list, rect, color, true);
}
void paint_step_back(ImDrawList* list, Rect rect, Color color) {
  paint_step(list, rect, color, false);
}
void paint_step_on(ImDrawList* list, Rect rect, Color color) {
  paint_step(list, rect, color, true);
}
// Play and pause are painted by the bar itself, in the colour of what lives.
void paint_nothing(ImDrawList*, Rect, Color) {}

void paint_minus(ImDrawList* list, Rect rect, Color color) {
  const Rect box = glyph_box(rect);
  const float half = std::max(1.0f, std::round(0.08f * box.width())), middle = std::round((box.y0 + box.y1) / 2);
  ui::fill(list, {box.x0, middle - half, box.x1, middle + half}, color);
}
void paint_plus(ImDrawList* list, Rect rect, Color color) {
  paint_minus(list, rect, color);
  const Rect box = glyph_box(rect);
  const float half = std::max(1.0f, std::round(0.08f * box.width())), middle = std::round((box.x0 + box.x1) / 2);
  ui::fill(list, {middle - half, box.y0, middle + half, box.y1}, color);
}

void paint_play(const Context& context, Rect rect) {
  ImDrawList* list = ui::draw_list();
  const Color color = context.theme.live;
  Rect box = glyph_box(rect);
  const float grow = std::round(0.15f * box.width());
  box = {box.x0 - grow, box.y0 - grow, box.x1 + grow, box.y1 + grow};
  if (!context.state.playback.playing) return triangle(list, {box.x0 + grow / 2, box.y0, box.x1, box.y1}, color, true);
  const float width = std::round(0.32f * box.width());
  ui::fill(list, {box.x0 + 1, box.y0, box.x0 + 1 + width, box.y1}, color);
  ui::fill(list, {box.x1 - 1 - width, box.y0, box.x1 - 1, box.y1}, color);
}

struct Button {
  app::Do what;
  const char* label;
  void (*paint)(ImDrawList*, Rect, Color);
  bool essential;  // stays where the bar is narrow
};
constexpr std::array kButtons{
    Button{app::Do::FirstEvent, "First event", paint_first, false},
    Button{app::Do::PreviousEvent, "Previous event", paint_event_back, true},
    Button{app::Do::PreviousStep, "Previous step", paint_step_back, true},
    Button{app::Do::PlayPause, "Play", paint_nothing, true},
    Button{app::Do::NextStep, "Next step", paint_step_on, true},
    Button{app::Do::NextEvent, "Next event", paint_event_on, true},
    Button{app::Do::LastEvent, "Last event", paint_last, false},
};
constexpr float kButtonEm = 2.2f, kButtonGapEm = 0.15f, kLeftEm = 0.5f, kPositionGapEm = 1.2f;

// Name and keys, as on the keys page.
std::string hint_of(app::Do what) {
  const app::CommandInfo& info = app::info_of(what);
  std::string hint(info.name);
  if (!info.key.empty()) hint += "   " + chord_text(info.key);
  return hint;
}

bool command_button(const Context& context, const Button& button, Rect rect) {
  const app::CommandInfo& info = app::info_of(button.what);
  const bool enabled = app::is_enabled(context.state, info);
  ImGui::SetCursorScreenPos(ImVec2(rect.x0, rect.y0));
  if (!enabled) ImGui::BeginDisabled();
  const bool clicked = ui::icon_button(fmt::format("##{}", button.label).c_str(), hint_of(button.what).c_str(),
                                       button.paint, {rect.width(), rect.height()});
  if (!enabled) ImGui::EndDisabled();
  if (clicked) context.commands.push(app::command_of(context.state, info));
  return clicked;
}

// What the bar holds: a narrow one goes without the speed first, which has its keys, then without the buttons for
// either end, then without the word before the number.
struct Fitted {
  bool speed = true, ends = true, word = true;
};

float buttons_width(const Context& context, bool ends) {
  float width = kLeftEm * context.em;
  for (const Button& button : kButtons) {
    if (ends || button.essential) width += std::round(kButtonEm * context.em) + std::round(kButtonGapEm * context.em);
  }
  return width;
}

float buttons(const Context& context, Rect rect, bool ends) {
  const float side = std::round(kButtonEm * context.em);
  const float y = std::round((rect.y0 + rect.y1 - side) / 2);
  float x = rect.x0 + kLeftEm * context.em;
  for (const Button& button : kButtons) {
    if (!ends && !button.essential) continue;
    const Rect box{x, y, x + side, y + side};
    command_button(context, button, box);
    if (button.what == app::Do::PlayPause) paint_play(context, box);
    x += side + std::round(kButtonGapEm * context.em);
  }
  return x;
}

struct Where {
  std::string event, step;  // "event 7 / 14", "step 4 / 5"
};

Where where_of(const app::State& state, bool word) {
  const replay::Position at = state.cursor();
  const std::uint32_t steps = state.timeline().step_count();
  Where where;
  where.event = fmt::format("{}{} / {}", word ? "event " : "", trace::count_text(at.event),
                            trace::count_text(app::event_count(state)));
  if (steps != 0) where.step = fmt::format("step {} / {}", at.step, steps);
  return where;
}

constexpr float kStepGapEm = 1.6f;

float width_of(const Context& context, const Where& where) {
  const ui::WithFont font(ui::Font::Mono);
  const float step = where.step.empty() ? 0 : kStepGapEm * context.em + ui::text_width(where.step);
  return ui::text_width(where.event) + step;
}

// "event 7 / 14  step 4 / 5"; returns where it ends.
float position(const Context& context, Rect rect, float x, bool word) {
  const app::State& state = context.state;
  const replay::Position at = state.cursor();
  const Where where = where_of(state, word);
  const ui::WithFont font(ui::Font::Mono);
  const float begin = x, room = rect.x1 - 0.5f * context.em;
  x += row_text(rect, x, context.theme.text, where.event, room - x);
  if (!where.step.empty()) {
    x += kStepGapEm * context.em;
    x += row_text(rect, x, context.theme.touched, where.step, std::max(0.0f, room - x));
  }
  ui::place("position", {begin, rect.y0, x, rect.y1});
  if (state.document.clock == nullptr || at.event == 0) return x;
  const std::string moment = draw::moment_text(state.document.clock->ns_of(at.event));
  x += 1.2f * context.em;
  if (x + ui::text_width(moment) + 10 * context.em > rect.x1) return x;  // how fast it goes stands there
  return x + row_text(rect, x, context.theme.text_faint, moment);
}

constexpr float kSpeedSideEm = 1.7f, kSpeedRightEm = 0.6f, kSpeedGapEm = 0.6f;

// Of the widest, between − and +.
float speed_text_width(const Context& context) {
  const ui::WithFont font(ui::Font::Mono);
  return ui::text_width("65536×") + kSpeedGapEm * context.em;
}

float speed_width(const Context& context) {
  return speed_text_width(context) + kSpeedRightEm * context.em + 2 * std::round(kSpeedSideEm * context.em);
}

Fitted fitted(const Context& context, Rect rect) {
  const auto fits = [&](Fitted what) {
    const float left = buttons_width(context, what.ends) + kPositionGapEm * context.em +
                       width_of(context, where_of(context.state, what.word));
    return left + context.em + (what.speed ? speed_width(context) : 0) <= rect.width();
  };
  for (const Fitted what : {Fitted{}, Fitted{false}, Fitted{false, false}}) {
    if (fits(what)) return what;
  }
  return {false, false, false};
}

// Slower, how fast, faster; returns where it begins.
float speed(const Context& context, Rect rect) {
  static constexpr Button kSlower{app::Do::Slower, "Slower", paint_minus, true};
  static constexpr Button kFaster{app::Do::Faster, "Faster", paint_plus, true};
  const float side = std::round(kSpeedSideEm * context.em);
  const float y = std::round((rect.y0 + rect.y1 - side) / 2);
  const ui::WithFont font(ui::Font::Mono);
  const float text = speed_text_width(context);
  float x = rect.x1 - kSpeedRightEm * context.em - side;
  command_button(context, kFaster, {x, y, x + side, y + side});
  const std::string now = app::speed_text(context.state.playback);
  row_text(rect, x - text / 2 - ui::text_width(now) / 2, context.theme.text_dim, now);
  ui::place("speed", {x - text, rect.y0, x, rect.y1});
  if (ImGui::IsMouseHoveringRect(ImVec2(x - text, rect.y0), ImVec2(x, rect.y1)) && ImGui::IsWindowHovered()) {
    ImGui::SetTooltip("%s", fmt::format("{} events a second",
                                        app::kSpeeds[static_cast<std::size_t>(context.state.playback.speed_index)])
                                .c_str());
  }
  x -= text + side;
  command_button(context, kSlower, {x, y, x + side, y + side});
  return x;
}

// The one line of the first start: which key to press.
void first_keys(const Context& context, Rect rect, float left, float right) {
  struct Hint {
    const char *key, *does;
  };
  static constexpr Hint kHints[] = {{"Right", "next event"}, {"Space", "plays"}, {"?", "all keys"}};
  const float em = context.em;
  const auto run = [&](float x, bool painted) {
    const float begin = x;
    for (const Hint& hint : kHints) {
      x += key_caps(context, {x, std::round((rect.y0 + rect.y1 - 1.45f * em) / 2)}, hint.key, painted) + 0.5f * em;
      if (painted) row_text(rect, x, context.theme.text_dim, hint.does);
      x += ui::text_width(hint.does) + 1.6f * em;
    }
    return x - begin - 1.6f * em;
  };
  const float width = run(0, false);
  if (width > right - left) return;
  run(left + (right - left - width) / 2, true);
  ui::place("first keys", {left, rect.y0, right, rect.y1});
}

// Where compared allocators part ways, as long as nothing else has to be said; a click goes there.
void parting(const Context& context, Rect rect, float left, float right) {
  const std::size_t stage = app::first_parting(context.state);
  if (stage == 0) return;
  const ui::WithFont font(ui::Font::Small);
  const std::uint64_t event = context.state.stages[stage].divergence->event + 1;
  const std::string shorter = "first divergence: event " + trace::count_text(event);
  // How they part ways may be what a reader is just guessing: it is said once the cursor has reached it.
  const bool reached = context.state.timeline().position().event >= event;
  const std::string whole = reached ? "first divergence · " + app::parting_text(context.state, stage) : shorter;
  const std::string text = ui::text_width(whole) <= right - left     ? whole
                           : ui::text_width(shorter) <= right - left ? shorter
                                                                     : "first divergence";
  const float width = std::min(ui::text_width(text), right - left);
  const float x = std::round(left + (right - left - width) / 2);
  const Rect box{x, rect.y0 + 0.5f * context.em, x + width, rect.y1 - 0.5f * context.em};
  if (width < 8 * context.em) return;
  const bool hovered = ui::canvas("first divergence", box);
  if (ImGui::IsItemClicked(0)) context.commands.push(app::Do::FirstDivergence);
  ui::tooltip(whole + "\n" + hint_of(app::Do::FirstDivergence));
  row_text(rect, x, hovered ? context.theme.text : context.theme.text_dim, text, width);
}

void notice(const Context& context, Rect rect, float left, float right) {
  const app::State& state = context.state;
  // Fades over its last second.
  const double age = state.now_s - state.noticed_at_s;
  const double share = state.settings.reduce_motion ? 1 : std::clamp(4 - age, 0.0, 1.0);
  const auto alpha = static_cast<std::uint32_t>(255 * share);
  const float width = ui::text_width(state.notice);
  if (width <= right - left) {
    row_text(rect, left + (right - left - width) / 2, draw::with_alpha(context.theme.text_dim, alpha), state.notice);
    ui::place(state.notice, {left, rect.y0, right, rect.y1});
    return;
  }
  // Cut to the few letters that there is room for it says nothing: for as long as it lasts it stands above the row.
  const float em = context.em, pad = std::round(0.7f * em);
  const float wide = std::min(width + 2 * pad, rect.width() - em);
  const Rect box{rect.x1 - 0.5f * em - wide, rect.y0 - 2.3f * em, rect.x1 - 0.5f * em, rect.y0 - 0.3f * em};
  ImDrawList* list = ImGui::GetForegroundDrawList();
  ui::fill(list, box, draw::with_alpha(context.theme.panel, alpha), 0.35f * em);
  ui::outline(list, box, draw::with_alpha(context.theme.panel_edge, alpha), 1, 0.35f * em);
  const float y = std::round((box.y0 + box.y1 - ui::line_height()) / 2);
  ui::text_at(list, {box.x0 + pad, y}, draw::with_alpha(context.theme.text, alpha), state.notice, wide - 2 * pad);
  ui::place(state.notice, box);
}

// What is under way, between where the cursor is and how fast it goes; a narrow row says that instead of both.
void under_way(const Context& context, Rect rect, float from, Fitted what) {
  const float em = context.em, least = (kLoadingLeast + 2) * em;
  const float end = rect.x1 - (what.speed ? speed_width(context) + em : kSpeedRightEm * em);
  if (end - from - width_of(context, where_of(context.state, what.word)) < least) {
    ui::end_region();
    return loading_bar(context, {from, rect.y0, rect.x1 - kSpeedRightEm * em, rect.y1});
  }
  const float left = position(context, {rect.x0, rect.y0, end - least, rect.y1}, from, what.word) + 2 * em;
  if (what.speed) speed(context, rect);
  ui::end_region();
  loading_bar(context, {left, rect.y0, end, rect.y1});
}

// The way to a side that has no room beside the other one; returns where it begins.
float way_to_side(const Context& context, Rect rect, float left, float right) {
  const app::Settings& settings = context.state.settings;
  const app::Sides seen = app::sides_in_sight(context.state);
  const bool list = settings.show_left && !seen.left && seen.right;
  if (!list && !(settings.show_right && !seen.right && seen.left)) return right;
  const app::Do what = list ? app::Do::ToggleLeft : app::Do::ToggleRight;
  const char* const name = list ? "event list" : "what happened";
  const ui::WithFont font(ui::Font::Small);
  const float x = std::round(right - ui::text_width(name));
  if (x < left) return right;
  ImGui::SetCursorScreenPos(ImVec2(x, std::round((rect.y0 + rect.y1 - ui::line_height()) / 2)));
  if (ui::link(context.theme, name)) context.commands.push(what);
  ui::tooltip(fmt::format("In place of {}\n{}", list ? "what happened" : "the list", hint_of(what)));
  return x - context.em;
}

}  // namespace

void transport(const Context& context, draw::Rect rect) {
  ui::begin_region("transport", rect, ui::kFixed);
  ui::fill(ui::draw_list(), rect, context.theme.panel);
  ui::fill(ui::draw_list(), {rect.x0, rect.y0, rect.x1, rect.y0 + 1}, context.theme.panel_edge);
  const float em = context.em;
  const Fitted what = fitted(context, rect);
  const float from = buttons(context, rect, what.ends) + kPositionGapEm * em;
  if (app::is_loading_shown(context.state)) return under_way(context, rect, from, what);
  const float left = position(context, rect, from, what.word) + 2 * em;
  float right = (what.speed ? speed(context, rect) : rect.x1) - 2 * em;
  right = way_to_side(context, rect, left, right);
  if (!context.state.notice.empty()) {
    notice(context, rect, left, right);
  } else if (context.state.first_start) {
    first_keys(context, rect, left, right);
  } else {
    parting(context, rect, left, right);
  }
  ui::end_region();
}

}  // namespace allocviz::panels
