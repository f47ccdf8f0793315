// Keys and mouse on one page, made of the list of commands itself.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "viz/panels/parts.h"
#include "viz/panels/popups.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

constexpr float kColumnEm = 25, kNarrowEm = 22.5f;

struct Entry {
  std::string_view key, key2, name;
};
struct Group {
  std::string_view title;
  std::vector<Entry> entries;
};

constexpr std::array kMouse{
    Entry{"wheel", "", "zoom at the cursor"},
    Entry{"drag, Shift+wheel", "", "pan the stage and the map"},
    Entry{"click, double click", "", "select a block, zoom to it"},
    Entry{"Shift+click, right click", "", "pin its card, what else there is"},
    Entry{"drag on the charts", "", "go through time"},
    Entry{"wheel on the charts", "", "zoom in time"},
    Entry{"right-drag, Shift+wheel", "", "pan in time"},
    Entry{"Shift+drag", "", "select a range of events"},
    Entry{"W S A D", "", "over the charts: in time"},
    Entry{"drop a file", "", "open it"},
    Entry{"Tab", "", "the next control"},
    Entry{"Esc", "", "close a dialog"},
};

// Of the menu Trace, what changes it or copies from it; the rest belongs to what is found by moving.
bool writes(app::Do what) {
  switch (what) {
    case app::Do::EditMark:
    case app::Do::EditNote:
    case app::Do::TryRequest:
    case app::Do::FreeSelected:
    case app::Do::Undo:
    case app::Do::Redo:
    case app::Do::CopyText:
      return true;
    default:
      return false;
  }
}

// The menus in other words: three columns hold them on a window of 1280x800.
std::string_view group_of(const app::CommandInfo& info) {
  if (info.menu == "Go") return "MOVING IN TIME";
  if (info.menu == "Trace") return writes(info.what) ? "WRITING" : "MOVING IN TIME";
  if (info.menu == "Charts") return "CHARTS";
  if (info.menu == "View") return "LOOKING";
  if (info.menu == "File" || info.menu == "Help") return "FILES AND HELP";
  return info.menu == "Allocator" ? "ALLOCATOR" : "";
}

std::vector<Group> groups() {
  // In an order that fills three columns evenly, each group going to the one that is shortest so far.
  static constexpr std::array<std::string_view, 7> kTitles{"MOVING IN TIME", "CHARTS",         "LOOKING",  "WRITING",
                                                           "MOUSE",          "FILES AND HELP", "ALLOCATOR"};
  std::vector<Group> all;
  for (const std::string_view title : kTitles) {
    Group group{title, {}};
    if (title == "MOUSE") group.entries.assign(kMouse.begin(), kMouse.end());
    for (const app::CommandInfo& info : app::command_infos()) {
      if (group_of(info) == title && !info.key.empty()) group.entries.push_back({info.key, info.key2, info.name});
    }
    all.push_back(std::move(group));
  }
  return all;
}

// On a low window the rows stand closer, as far as the caps of the keys allow.
float row_height(const Context& context) {
  // What a window leaves for the longest column, which is 29 rows.
  const float room = (ImGui::GetIO().DisplaySize.y - 6.8f * context.em) / 29;
  return std::clamp(std::floor(room), std::round(1.43f * context.em), std::round(1.7f * context.em));
}

float height_of(const Context& context, const Group& group) {
  return row_height(context) * (static_cast<float>(group.entries.size()) + 2);
}

void draw_group(const Context& context, const Group& group, draw::Point at, float width) {
  const bool narrow = width < kColumnEm * context.em;
  const float em = context.em;
  const float height = row_height(context);
  {
    const ui::WithFont font(ui::Font::SmallBold);
    row_text({at.x, at.y, at.x + width, at.y + height}, at.x, context.theme.text_dim, group.title);
  }
  float y = at.y + height;
  const float keys = std::round((narrow ? 11.1f : 12.6f) * em);
  for (const Entry& entry : group.entries) {
    const float caps = std::min(kCapHeight * em, height - 0.15f * em);
    const float caps_y = y + std::round((height - caps) / 2);
    const bool is_key = entry.key == "Tab" || entry.key == "Esc" || group.title != "MOUSE";
    const draw::Rect row{at.x, y, at.x + width, y + height};
    if (is_key) {
      const float used = key_caps(context, {at.x, caps_y}, entry.key, true, caps / em);
      if (!entry.key2.empty()) {
        const float from = at.x + used + 0.5f * em;
        const float word = row_text(row, from, context.theme.text_dim, "or");
        key_caps(context, {from + word + 0.5f * em, caps_y}, entry.key2, true, caps / em);
      }
    } else {
      row_text(row, at.x, context.theme.text, entry.key, keys);
    }
    row_text(row, at.x + keys, context.theme.text_dim, entry.name, width - keys - 0.5f * em);
    ui::place(fmt::format("row {}", entry.name), row);
    y += height;
  }
}

}  // namespace

void keys_page(const Context& context) {
  const float em = context.em;
  const ImVec2 window = ImGui::GetIO().DisplaySize;
  const float room_em = window.x / em - 4.4f;
  const float column_em = room_em < 2 * kColumnEm && room_em >= 2 * kNarrowEm ? kNarrowEm : kColumnEm;
  const int columns = std::clamp(static_cast<int>(room_em / column_em), 1, 3);
  // Each group goes to the column that is shortest so far.
  const std::vector<Group> all = groups();
  std::vector<float> heights(static_cast<std::size_t>(columns), 0);
  std::vector<draw::Point> places;
  for (const Group& group : all) {
    const auto shortest = std::min_element(heights.begin(), heights.end());
    places.push_back({static_cast<float>(shortest - heights.begin()) * column_em * em, *shortest});
    *shortest += height_of(context, group);
  }
  const float tallest = *std::max_element(heights.begin(), heights.end()) - row_height(context);
  const draw::Rect inside =
      begin_dialog(context, "keys", column_em * static_cast<float>(columns) + 2.4f, tallest / em + 5);
  const float top = dialog_title(context, inside, "Keys and mouse");
  // Whole rows are seen: the place for them is so many rows high, and what is scrolled by goes from row to row.
  const float row = row_height(context);
  const float seen = std::max(1.0f, std::floor((inside.y1 - top + 1) / row)) * row;
  ui::begin_region("all keys", {inside.x0, top, inside.x1, top + std::min(seen, tallest)});
  ImVec2 begin = ImGui::GetCursorScreenPos();
  const float scrolled = ImGui::GetScrollY();
  const ImVec2 first = begin;
  begin.y = std::round(begin.y + scrolled - std::round(scrolled / row) * row);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const float width = std::min(column_em * em, inside.width());
    draw_group(context, all[i], {begin.x + places[i].x, begin.y + places[i].y}, width);
  }
  ImGui::SetCursorScreenPos(ImVec2(first.x, first.y + tallest - ImGui::GetStyle().ItemSpacing.y - 1));
  ImGui::Dummy(ImVec2(1, 1));
  ui::place("end", {begin.x, begin.y + tallest - 1, begin.x + 1, begin.y + tallest});
  ui::end_region();
  const bool again = ui::pressed(ui::chord_of("?"), false) || ui::pressed(ui::chord_of("F1"), false);
  if (again && context.state.frame > context.state.popup_opened_at) context.commands.push(app::Do::ClosePopup);
  end_dialog();
}

}  // namespace allocviz::panels
