// The whole window: how it is divided, what divides it, and which key means what.
#include <algorithm>
#include <cmath>
#include <string>

#include "viz/app/availability.h"
#include "viz/app/update.h"
#include "viz/panels/captions.h"
#include "viz/panels/error_bar.h"
#include "viz/panels/panel.h"
#include "viz/panels/ui.h"
#include "viz/panels/window_layout.h"

namespace allocviz::panels {

namespace {

using app::Do;
using draw::Rect;

// Held down, these go on.
bool repeats(Do what) {
  switch (what) {
    case Do::NextEvent:
    case Do::PreviousEvent:
    case Do::NextStep:
    case Do::PreviousStep:
    case Do::ZoomIn:
    case Do::ZoomOut:
    case Do::PanLeft:
    case Do::PanRight:
    case Do::ZoomTimeIn:
    case Do::ZoomTimeOut:
    case Do::PanTimeLeft:
    case Do::PanTimeRight:
    case Do::Slower:
    case Do::Faster:
    case Do::Undo:
    case Do::Redo:
    case Do::NextMatch:
    case Do::PreviousMatch:
    case Do::NextRow:
    case Do::PreviousRow:
    case Do::NextRows:
    case Do::PreviousRows:
      return true;
    default:
      return false;
  }
}

bool asked_for(const app::CommandInfo& info) {
  for (const std::string_view key : {info.key, info.key2}) {
    if (key.empty()) continue;
    const ui::Chord chord = ui::chord_of(std::string(key).c_str());
    if (ui::pressed(chord, repeats(info.what)) && ui::is_free(chord)) return true;
  }
  return false;
}

// W, S, A and D: over the charts they are the charts'.
bool is_the_charts(Do what) {
  return what == Do::ZoomIn || what == Do::ZoomOut || what == Do::PanLeft || what == Do::PanRight;
}

void keyboard(const Context& context, const Parts& parts) {
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const bool over_charts = (parts.bottom && parts.bottom_rect.contains({mouse.x, mouse.y})) ||
                           (parts.levels && parts.levels_rect.contains({mouse.x, mouse.y}));
  for (const app::CommandInfo& info : app::command_infos()) {
    if (over_charts && is_the_charts(info.what)) continue;
    if (asked_for(info)) context.commands.push(app::command_of(context.state, info));
  }
}

// A gap between two parts that can be dragged; a double click puts it back. `fraction` turns the mouse into a share.
struct Splitter {
  const char* label;
  app::Split which;
  Rect gap;
  bool upright;     // it stands between left and right
  float usual;      // its share in fresh settings
  double fraction;  // its share where the mouse is now
};

void push_split(const Context& context, app::Split which, double fraction) {
  app::Command command;
  command.what = Do::SetSplit;
  command.number = static_cast<std::uint64_t>(which);
  command.value = fraction;
  context.commands.push(std::move(command));
}

void splitter(const Context& context, const Splitter& split) {
  const bool hovered = ui::canvas(split.label, split.gap);
  const bool held = ImGui::IsItemActive();
  if (hovered && ImGui::IsMouseDoubleClicked(0)) {
    push_split(context, split.which, static_cast<double>(split.usual));
  } else if (held && ImGui::IsMouseDragging(0)) {
    push_split(context, split.which, split.fraction);
  }
  if (!hovered && !held) return;
  ImGui::SetMouseCursor(split.upright ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
  const float half = std::max(1.0f, std::round(0.1f * context.em));
  Rect line = split.gap;
  if (split.upright) {
    const float middle = std::round((line.x0 + line.x1) / 2);
    line = {middle - half, line.y0, middle + half, line.y1};
  } else {
    const float middle = std::round((line.y0 + line.y1) / 2);
    line = {line.x0, middle - half, line.x1, middle + half};
  }
  ui::fill(ui::draw_list(), line, context.theme.live, half);
}

void splitters(const Context& context, const Parts& parts, Rect rect) {
  const app::Settings usual;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const auto share = [](float part, float whole) { return static_cast<double>(part / whole); };
  const float half = parts.gap / 2, width = rect.width() - 2 * parts.gap;
  if (parts.left) {
    const double now = share(mouse.x - half - (rect.x0 + parts.gap), width);
    const bool groups = context.state.left_tab == app::LeftTab::Groups;
    const float left_usual = groups ? usual.groups_width : usual.left_width;
    splitter(context, {"split left", app::Split::Left, parts.left_gap, true, left_usual, now});
  }
  if (parts.right) {
    const double now = share(rect.x1 - parts.gap - (mouse.x + half), width);
    splitter(context, {"split right", app::Split::Right, parts.right_gap, true, usual.right_width, now});
  }
  if (parts.block) {
    const double now = share(parts.right_rect.y1 - (mouse.y + half), parts.right_rect.height());
    splitter(context, {"split block", app::Split::Block, parts.block_gap, false, usual.block_height, now});
  }
  if (parts.bottom) {
    const double now = share(rect.y1 - parts.gap - (mouse.y + half), rect.height());
    splitter(context, {"split bottom", app::Split::Bottom, parts.bottom_gap, false, usual.bottom_height, now});
  }
  if (!parts.stages.empty() && parts.stages.front().map && parts.stages.front().shown) {
    const double now = share(parts.stages.front().map_rect.y1 - (mouse.y + half), parts.center.height());
    splitter(context, {"split map", app::Split::Map, parts.map_gap, false, usual.map_height, now});
  }
}

void left_part(const Context& context, Rect rect) {
  if (context.state.left_tab == app::LeftTab::Scenarios) return scenarios(context, rect);
  if (context.state.left_tab == app::LeftTab::Groups) return groups(context, rect);
  events(context, rect);
}

// While the first file is being opened there is nothing to say yet: the parts are there, and empty.
void empty_parts(const Context& context, const Parts& parts) {
  const auto frame = [&](bool is_there, Rect rect, std::string_view title) {
    if (is_there) static_cast<void>(ui::panel_frame(context.theme, rect, title));
  };
  const bool lessons = context.state.left_tab == app::LeftTab::Scenarios;
  if (parts.left && lessons) scenarios(context, parts.left_rect);
  frame(parts.left && !lessons, parts.left_rect, "Events");
  frame(true, parts.center, "");
  frame(parts.right, parts.event_rect, "What happened");
  frame(parts.block, parts.block_rect, "Memory now");
  frame(parts.bottom, parts.bottom_rect, "Over time");
  transport(context, parts.transport);
}

void all_parts(const Context& context, const Parts& parts) {
  menu_bar(context, parts.menu);
  if (parts.error) error_bar(context, parts.error_rect);
  if (context.state.document.placeholder) return empty_parts(context, parts);
  if (parts.left) left_part(context, parts.left_rect);
  for (std::size_t i = 0; i < parts.stages.size(); ++i) {
    // What is tried is told over the topmost of the two.
    const StageRects& place = parts.stages[i];
    if (place.shown) stage(context, what_if_line(context, place.stage, i), i);
    if (place.map)
      memory_map(context, place.shown ? place.map_rect : what_if_line(context, place.map_rect, i), i, !place.shown);
  }
  for (std::size_t i = 0; i < parts.stages.size(); ++i) {
    if (parts.stages[i].legend.height() > 0) legend_row(context, parts.stages[i].legend, i);
    if (parts.stages[i].said.height() > 0) sentence_row(context, parts.stages[i].said, i);
  }
  if (parts.note_rect.height() > 0) note_row(context, parts.note_rect);
  if (parts.levels) free_levels(context, parts.levels_rect);
  if (parts.right) what_happened(context, parts.event_rect);
  if (parts.block) inspector(context, parts.block_rect);
  transport(context, parts.transport);
  if (parts.bottom) timeline(context, parts.bottom_rect);
}

}  // namespace

void stage(const Context& context, Rect rect, std::size_t index) {
  switch (context.state.timeline(index).spec().kind) {
    case trace::AllocatorKind::Recorded:
      return stage_recorded(context, rect, index);
    case trace::AllocatorKind::Bump:
      return stage_bump(context, rect, index);
    case trace::AllocatorKind::Slab:
      return stage_slab(context, rect, index);
    case trace::AllocatorKind::Buddy:
    case trace::AllocatorKind::Tiered:
      return stage_buddy(context, rect, index);
  }
}

void window(const Context& context, draw::Rect rect) {
  if (context.state.slide) return slide(context, rect);
  const Parts parts = layout(context, rect);
  keyboard(context, parts);
  ui::begin_region("window", rect, ui::kFixed);
  all_parts(context, parts);
  splitters(context, parts, rect);
  pinned_cards(context, parts, rect);
  popups(context);
  ui::end_region();
  if (app::wants_frame(context.state)) ui::want_frame();
}

}  // namespace allocviz::panels
