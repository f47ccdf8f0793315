// The names of the curves at the right of the charts' title: all of them where they have room, else those that are
// shown; and a menu with every one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "viz/app/names.h"
#include "viz/app/partings.h"
#include "viz/panels/timeline_parts.h"

namespace allocviz::panels {
namespace {

using draw::Rect;
using replay::Curve;

constexpr int kLane = replay::kCurves;  // the failures stand behind the curves

struct Name {
  int what = 0;  // a curve, or kLane
  std::size_t run = 0;
  std::string text;  // behind ## what no other name has
  bool on = false;
};

bool is_on(const app::State& state, int what) {
  return what == kLane ? state.settings.failure_lane : (state.curves() >> static_cast<unsigned>(what) & 1u) != 0;
}

std::string name_of(int what) {
  return what == kLane ? "failures" : draw::name_of(static_cast<Curve>(what));
}

// How much the names of several runs' curves say: "reserved by buddy 1 KiB / 64 B", "reserved by slab 48 × 64 B"; of
// the second and later ones "by slab 48 × 64 B"; where the kinds differ, "by slab".
enum class Say { All, CurveOnce, KindOnce };

bool kinds_differ(const app::State& state) {
  std::vector<trace::AllocatorKind> kinds;
  for (std::size_t run = 0; run < state.stages.size(); ++run) kinds.push_back(state.timeline(run).spec().kind);
  std::sort(kinds.begin(), kinds.end());
  return std::adjacent_find(kinds.begin(), kinds.end()) == kinds.end();
}

// Of several runs a curve is named once for each, but what is common to all.
std::vector<Name> names(const app::State& state, bool hidden_too, Say say) {
  std::vector<Name> all;
  const bool alike = app::serve_alike(state);
  for (int what = 0; what <= kLane; ++what) {
    const bool on = is_on(state, what);
    if (!on && !hidden_too) continue;
    const bool common = what == kLane || draw::is_common(static_cast<Curve>(what), alike);
    const std::size_t runs = on && !common ? state.stages.size() : 1;
    for (std::size_t run = 0; run < runs; ++run) {
      std::string text = say == Say::All || run == 0 ? name_of(what) : std::string{};
      if (runs > 1) {
        std::string whose = app::title_of_stage(state, run);
        if (say == Say::KindOnce) whose.erase(std::min(whose.find(' '), whose.size()));
        text += fmt::format("{}by {}", text.empty() ? "" : " ", whose);
      }
      if (say != Say::All) text += fmt::format("##{} {}", what, run);
      all.push_back({what, run, std::move(text), on});
    }
  }
  return all;
}

std::string_view seen(const Name& name) {
  return std::string_view(name.text).substr(0, name.text.find("##"));
}

void push_toggle(const Context& context, int what) {
  if (what == kLane) return context.commands.push(app::Do::ToggleFailureLane);
  context.commands.push({.what = app::Do::ToggleCurve, .number = static_cast<std::uint64_t>(what)});
}

void paint_lane_sign(const Context& context, draw::Point left, draw::Color color) {
  const float r = 0.25f * context.em, x = left.x + 0.55f * context.em;
  ImDrawList* list = ui::draw_list();
  const float thick = std::max(1.5f, 0.12f * context.em);
  list->AddLine(ImVec2(x - r, left.y - r), ImVec2(x + r, left.y + r), color, thick);
  list->AddLine(ImVec2(x - r, left.y + r), ImVec2(x + r, left.y - r), color, thick);
}

// A piece of the curve; of one that is hidden, an empty box.
void paint_swatch(const Context& context, const Name& name, draw::Point left) {
  const float em = context.em;
  ImDrawList* list = ui::draw_list();
  const draw::Point right{left.x + 1.1f * em, left.y};
  const float thick = std::max(2.0f, 0.13f * em);
  if (!name.on) {
    const float half = std::round(0.25f * em);
    ui::outline(list, {left.x, left.y - half, right.x, left.y + half}, context.theme.text_faint, 1, 2);
    return;
  }
  if (name.what == kLane) return paint_lane_sign(context, left, context.theme.failed);
  const auto curve = static_cast<Curve>(name.what);
  const draw::Color color = draw::color_of(curve, name.run, context.theme);
  switch (draw::stroke_of(curve, name.run, context.state.stages.size())) {
    case draw::Stroke::Solid:
      return ui::fill(list, {left.x, left.y - thick / 2, right.x, left.y + thick / 2}, color);
    case draw::Stroke::Dashed:
      return ui::dashed(list, left, right, color, thick, 0.32f * em);
    case draw::Stroke::Dotted:
      return ui::dashed(list, left, right, color, thick, 0.16f * em);
  }
}

float width_of(const Context& context, const Name& name) {
  const float text = ui::text_width(seen(name));
  return std::ceil(text + (text > 0 ? 1.7f : 1.1f) * context.em);
}

void draw_name(const Context& context, const Name& name, Rect item) {
  const bool hovered = ui::canvas(name.text.c_str(), item);
  if (ImGui::IsItemClicked(0)) push_toggle(context, name.what);
  ui::tooltip(
      fmt::format("{}click to {}", seen(name).empty() ? name_of(name.what) + ": " : "", name.on ? "hide" : "show"));
  const float middle = std::floor((item.y0 + item.y1) / 2);
  paint_swatch(context, name, {item.x0, middle});
  const draw::Theme& theme = context.theme;
  const draw::Color ink = hovered ? theme.text : name.on ? theme.text_dim : theme.text_faint;
  ui::text_at(ui::draw_list(), {item.x0 + 1.4f * context.em, middle - ui::line_height() / 2}, ink, seen(name));
}

// Opens downward or upward, wherever there is room; every curve, with a tick at what is shown.
void menu(const Context& context, Rect item, const std::string& label) {
  ImGui::SetCursorScreenPos(ImVec2(item.x0, item.y0));
  if (ui::button((label + "##curves").c_str(), {item.width(), item.height()})) ImGui::OpenPopup("curve menu");
  ui::tooltip("Which curves are shown");
  if (!ImGui::BeginPopup("curve menu")) return;
  for (int what = 0; what <= kLane; ++what) {
    if (ui::menu_item(name_of(what).c_str(), nullptr, is_on(context.state, what))) push_toggle(context, what);
  }
  ImGui::EndPopup();
}

float width_of(const Context& context, const std::vector<Name>& names) {
  float width = 0;
  for (const Name& name : names) width += width_of(context, name) + context.em;
  return width - context.em;
}

}  // namespace

void curve_names(const Context& context, Rect rect) {
  const float em = context.em, gap = em;
  const ui::WithFont font{ui::Font::Small};
  std::vector<Name> shown = names(context.state, true, Say::All);
  float x = rect.x1;
  if (width_of(context, shown) > rect.width()) {
    int on = 0;
    for (int what = 0; what <= kLane; ++what) on += is_on(context.state, what) ? 1 : 0;
    const std::string label = fmt::format("curves {} / {}", on, kLane + 1);
    const float button = std::ceil(ui::text_width(label) + 1.4f * em);
    menu(context, {x - button, rect.y0, x, rect.y1}, label);
    x -= button + gap;
    for (const Say say : {Say::All, Say::CurveOnce, Say::KindOnce}) {
      if (say == Say::KindOnce && !kinds_differ(context.state)) break;
      shown = names(context.state, false, say);
      if (width_of(context, shown) <= x - rect.x0) break;
    }
    const auto fits = [&] { return width_of(context, shown) <= x - rect.x0; };
    if (!fits() && shown.back().what == kLane)
      shown.back().text = "##failures";  // its sign alone, its tip says the word
    while (!shown.empty() && !fits()) shown.pop_back();
  }
  for (std::size_t i = shown.size(); i-- > 0;) {
    const float wide = width_of(context, shown[i]);
    draw_name(context, shown[i], {std::floor(x - wide), rect.y0, std::floor(x), rect.y1});
    x -= wide + gap;
  }
}

}  // namespace allocviz::panels
