// The top line: menus at the left, the document's title in the middle, its configuration at the right.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "viz/app/availability.h"
#include "viz/app/names.h"
#include "viz/app/opening.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

constexpr const char* kMenus[] = {"File", "View", "Charts", "Go", "Trace", "Allocator", "Help"};
constexpr const char* kFolded = "Menu";

std::string file_name(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

void recent_files(const Context& context) {
  const std::vector<std::string>& recent = context.state.settings.recent;
  if (recent.empty() || !ui::begin_menu("Open recent")) return;
  for (const std::string& path : recent) {
    const bool chosen = ui::menu_item(fmt::format("{}##{}", file_name(path), path).c_str(), nullptr);
    ui::tooltip(path);
    if (!chosen) continue;
    app::Command command;
    command.what = app::Do::OpenFile;
    command.text = path;
    context.commands.push(std::move(command));
  }
  ui::end_menu();
}

// Of a log of several: which one's events are shown, and the others to show instead.
void processes(const Context& context) {
  const app::Document& document = context.state.document;
  const trace::Header& header = document.trace->header();
  if (header.processes.empty() || document.path.empty() || !ui::begin_menu("Process")) return;
  for (const trace::LoggedProcess& process : header.processes) {
    const std::string events = process.events == 0 ? "" : trace::count_text(process.events, "event");
    const bool shown = process.number == header.process;
    if (!ui::menu_item(fmt::format("{}##process", process.number).c_str(), events.c_str(), shown) || shown) continue;
    app::Command command;
    command.what = app::Do::OpenProcess;
    command.number = process.number;
    context.commands.push(std::move(command));
  }
  ui::end_menu();
}

void menu(const Context& context, const char* name) {
  if (!ui::begin_menu(name)) return;
  for (const app::CommandInfo& info : app::command_infos()) {
    if (info.menu != name) continue;
    if (info.line_above) ImGui::Separator();
    const bool checked = app::is_checked(context.state, info), enabled = app::is_enabled(context.state, info);
    const std::string chord = ui::symbols(chord_text(info.key));
    if (ui::menu_item(ui::symbols(info.name).c_str(), chord.c_str(), checked, enabled)) {
      context.commands.push(app::command_of(context.state, info));
    }
    if (!info.hint.empty()) ui::tooltip(info.hint);
    if (info.what != app::Do::OpenFile) continue;
    recent_files(context);
    processes(context);
  }
  ui::end_menu();
}

// How the menus stand: far apart, close together, or, where the window is narrow for its type, all of them in one.
struct MenuRow {
  float spacing = 0, width = 0;
  bool folded = false;
};

MenuRow menu_row(const Context& context, float spacing_em, bool folded) {
  MenuRow row{std::round(spacing_em * context.em), 0, folded};
  row.width = row.spacing;
  // ImGui keeps a spacing free on either side of a title.
  const auto add = [&row](const char* name) { row.width += ui::text_width(name) + 2 * row.spacing; };
  if (folded) {
    add(kFolded);
  } else {
    for (const char* name : kMenus) add(name);
  }
  return row;
}

// A region of its own: what stands beside ImGui's menu bar in one window is clipped away.
void menus(const Context& context, draw::Rect rect, const MenuRow& row) {
  constexpr ImGuiWindowFlags kFlags =
      ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_MenuBar;
  const float pad = std::round((rect.height() - ImGui::GetFontSize()) / 2);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(0.6f * context.em, pad));
  ui::begin_region("menu", rect, kFlags);
  const bool begun = ImGui::BeginMenuBar();
  // The bar is tall, the menus that hang from it are not.
  ImGui::PopStyleVar();
  if (begun) {
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(row.spacing, 0.5f * context.em));
    const bool shown = !row.folded || ui::begin_menu(kFolded);
    for (const char* name : kMenus) {
      if (shown) menu(context, name);
    }
    if (row.folded && shown) ui::end_menu();
    ImGui::PopStyleVar();
    ImGui::EndMenuBar();
  }
  ui::end_region();
}

struct Chip {
  std::string text;
  bool defaulted = false;
  float width = 0;
};

Chip chip_of(const Context& context, std::size_t stage) {
  Chip chip;
  chip.text = app::title_of_stage(context.state, stage);
  chip.defaulted = context.state.document.default_spec && stage == 0;
  const float em = context.em;
  {
    const ui::WithFont font(ui::Font::Mono);
    chip.width = ui::text_width(chip.text) + 3.2f * em;
  }
  if (chip.defaulted) chip.width += badge_width(context, "default") + 0.5f * em;
  chip.width = std::round(chip.width);
  return chip;
}

void arrow_down(ImDrawList* list, draw::Point at, float size, draw::Color color) {
  const ImVec2 left(at.x - size, at.y - size / 2), low(at.x, at.y + size / 2), right(at.x + size, at.y - size / 2);
  list->AddLine(left, low, color, std::max(1.5f, size / 3));
  list->AddLine(low, right, color, std::max(1.5f, size / 3));
}

void draw_chip(const Context& context, const Chip& chip, std::size_t stage, draw::Rect box) {
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  ui::fill(ui::draw_list(), box, theme.inset, box.height() / 2);
  ImGui::SetCursorScreenPos(ImVec2(box.x0, box.y0));
  ImGui::PushStyleVar(ImGuiStyleVar_FrameRounding, box.height() / 2);
  const auto nothing = [](ImDrawList*, draw::Rect, draw::Color) {};
  const char* hint = chip.defaulted
                         ? "The log names no allocator: this is the default for its peak. Click to change it."
                         : "Click to change the configuration   Ctrl+E";
  if (ui::icon_button(fmt::format("##allocator {}", stage + 1).c_str(), hint, nothing, {box.width(), box.height()})) {
    app::Command command;
    command.what = app::Do::ShowAllocator;
    command.stage = stage;
    context.commands.push(std::move(command));
  }
  ImGui::PopStyleVar();
  ui::outline(ui::draw_list(), box, theme.panel_edge, 1, box.height() / 2);
  float x = box.x0 + 0.9f * em;
  {
    const ui::WithFont font(ui::Font::Mono);
    x += row_text(box, x, theme.live, chip.text, box.x1 - x - 2 * em) + 0.5f * em;
  }
  // Where the chip is narrow its own words go first; the hint still says it.
  if (chip.defaulted && x + badge_width(context, "default") + 1.8f * em <= box.x1)
    badge(context, box, x + badge_width(context, "default"), "default", theme.waste, theme.waste_ground);
  arrow_down(ui::draw_list(), {box.x1 - 1.1f * em, (box.y0 + box.y1) / 2}, 0.3f * em, theme.text_dim);
}

constexpr float kChipGap = 0.5f;  // ems
constexpr const char* kAdd = "+ compare";

// What the first `count` configurations take, and a link to compare with another where it is wanted.
float chips_width(const Context& context, std::size_t count, bool with_link) {
  if (context.state.document.placeholder) return 0;
  float width = 2 * context.em;  // on either side
  for (std::size_t stage = 0; stage < count; ++stage) width += chip_of(context, stage).width + kChipGap * context.em;
  return with_link ? width + std::round(ui::text_width(kAdd)) + context.em : width;
}

// A menu can be shorter, what is replayed cannot: the menus make way for the configurations.
MenuRow menu_row_beside_chips(const Context& context, float whole) {
  const MenuRow loose = menu_row(context, 1.3f, false), tight = menu_row(context, 0.65f, false);
  const std::size_t all = context.state.stages.size();
  if (loose.width + chips_width(context, all, true) <= whole) return loose;
  return tight.width + chips_width(context, all, false) <= whole ? tight : menu_row(context, 1.3f, true);
}

// The configurations, from the right edge; returns where they begin.
float chips(const Context& context, draw::Rect rect, float from) {
  if (context.state.document.placeholder) return rect.x1;
  const float em = context.em;
  const float height = std::round(1.85f * em);
  const float y = std::round((rect.y0 + rect.y1 - height) / 2);
  const std::size_t all = context.state.stages.size();
  float x = rect.x1 - em;
  if (from - em + chips_width(context, all, true) <= rect.x1) {
    x -= std::round(ui::text_width(kAdd));
    ImGui::SetCursorScreenPos(ImVec2(x, std::round((rect.y0 + rect.y1 - ui::line_height()) / 2)));
    if (ui::link(context.theme, kAdd)) context.commands.push(app::Do::AddStage);
    ui::tooltip("The same trace on another allocator beside this one");
    x -= em;
  }
  // Where there is not room for all of them whole, none takes more than its share.
  const bool all_fit = from - em + chips_width(context, all, false) <= rect.x1;
  for (std::size_t stage = all; stage-- > 0;) {
    const Chip chip = chip_of(context, stage);
    const float share = (x - from - static_cast<float>(stage) * kChipGap * em) / static_cast<float>(stage + 1);
    const float left = std::max(x - (all_fit ? chip.width : std::min(chip.width, std::floor(share))), from);
    if (x - left < 4 * em) break;
    draw_chip(context, chip, stage, {left, y, x, y + height});
    x = left - kChipGap * em;
  }
  return x;
}

void title(const Context& context, draw::Rect rect, float left, float right) {
  const app::Document& document = context.state.document;
  const ui::WithFont font(ui::Font::Bold);
  const float room = right - left;
  const std::string mark = document.edited ? " •" : "";
  std::string text = app::title_with_file(document) + mark;
  if (ui::text_width(text) > room) text = app::full_title(document) + mark;  // the tooltip has the file
  if (room < std::min(ui::text_width(text), 7 * context.em)) return;         // a few letters of it say nothing
  const float width = std::min(ui::text_width(text), room);
  // In the middle of the window, moved aside where it would touch the menus or the chips.
  const float x = std::clamp((rect.x0 + rect.x1 - width) / 2, left, std::max(left, right - width));
  row_text(rect, x, context.theme.text, text, room);
  const draw::Rect box{x, rect.y0, x + width, rect.y1};
  ui::place("title", box);
  const bool hovered = ImGui::IsMouseHoveringRect(ImVec2(box.x0, box.y0), ImVec2(box.x1, box.y1));
  if (hovered && ImGui::IsWindowHovered() && !document.path.empty()) ImGui::SetTooltip("%s", document.path.c_str());
}

}  // namespace

void menu_bar(const Context& context, draw::Rect rect) {
  ui::fill(ui::draw_list(), {rect.x0, rect.y1 - 1, rect.x1, rect.y1}, context.theme.panel_edge);
  const MenuRow row = menu_row_beside_chips(context, rect.width());
  const float split = std::min(rect.x0 + row.width, rect.x1);
  menus(context, {rect.x0, rect.y0, split, rect.y1 - 1}, row);
  ui::begin_region("document", {split, rect.y0, rect.x1, rect.y1 - 1}, ui::kFixed);
  const float left = split + context.em;
  const float right = chips(context, rect, left) - context.em;
  title(context, rect, left, right);
  ui::end_region();
}

}  // namespace allocviz::panels
