// Who holds what: a table of groups with a bar a row, sorted by a click on a column; a click on a row searches for what
// the group asked for, which lights its blocks on the map.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "viz/app/group_view.h"
#include "viz/app/names.h"
#include "viz/panels/events_list.h"
#include "viz/panels/events_rows.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using analyze::GroupBy;
using analyze::GroupRow;
using app::GroupColumn;
using draw::Rect;

constexpr GroupBy kBy[] = {GroupBy::Site, GroupBy::Size, GroupBy::Thread, GroupBy::Tag};

// Which columns there is room for, from left to right, and where each ends.
struct Table {
  struct Column {
    GroupColumn column;
    float right = 0, width = 0;
  };
  std::vector<Column> columns;
  float label = 0, label_end = 0;
  float bar = 0, bar_end = 0;
  bool bar_below = false;  // where a bar has no column of its own, it is a line below the label
};

Table table_of(const Context& context, Rect rect) {
  constexpr float kColumn = 5.4f, kLabelLeast = 10, kBar = 5;
  const float em = context.em;
  Table table;
  const std::span<const GroupColumn> all = app::group_columns(context.state);
  const GroupColumn sorted = app::sorted_by(context.state);
  const float width = std::round(kColumn * em);
  auto room = static_cast<std::size_t>(std::max(0.0f, (rect.width() - (kLabelLeast + kBar) * em) / width));
  room = std::clamp<std::size_t>(room, 1, all.size());
  // What is sorted by is always there.
  for (const GroupColumn column : all) {
    const bool keep =
        column == sorted || table.columns.size() + 1 < room ||
        (table.columns.size() < room && std::any_of(table.columns.begin(), table.columns.end(),
                                                    [sorted](const Table::Column& c) { return c.column == sorted; }));
    if (keep && table.columns.size() < room) table.columns.push_back({column, 0, width});
  }
  float right = rect.x1 - 0.4f * em;
  for (auto column = table.columns.rbegin(); column != table.columns.rend(); ++column) {
    column->right = right;
    right -= width;
  }
  table.label = rect.x0 + 0.6f * em;
  table.label_end = right;
  table.bar_end = right;
  table.bar = right - kBar * em;
  table.bar_below = right - table.label < (kLabelLeast + kBar) * em;
  if (table.bar_below) table.bar = table.label;
  if (!table.bar_below) table.label_end = table.bar - 0.6f * em;
  return table;
}

void control_line(const Context& context, Rect inside, float y) {
  const app::State& state = context.state;
  const ui::WithFont font(ui::Font::Small);
  float x = inside.x0;
  const auto word = [&](const std::string& label, draw::Color color) {
    ui::text_at(ui::draw_list(), {x, y}, color, label, inside.x1 - x);
    x += ui::text_width(label) + 0.6f * context.em;
  };
  word("by", context.theme.text_faint);
  for (const GroupBy by : kBy) {
    const char* name = analyze::name_of(by);
    if (!app::can_group_by(by, *state.document.trace)) continue;
    if (app::group_by(state) == by) {
      word(name, context.theme.text);
      continue;
    }
    ImGui::SetCursorScreenPos(ImVec2(x, y));
    if (ui::link(context.theme, fmt::format("{}##by {}", name, name).c_str())) {
      context.commands.push({.what = app::Do::SetGroupBy, .number = static_cast<std::uint64_t>(by)});
    }
    x += ui::text_width(name) + 0.6f * context.em;
  }
  if (app::group_by(state) != GroupBy::Site) return;
  const std::size_t frames = state.groups.frames;
  const std::string told = frames == analyze::kWholeStack ? "whole stack"
                           : frames == 1                  ? "1 frame"
                                                          : fmt::format("{} frames", frames);
  x += 0.6f * context.em;
  if (x + ui::text_width(told) > inside.x1) return;
  ImGui::SetCursorScreenPos(ImVec2(x, y));
  if (ui::link(context.theme, (told + "##frames").c_str())) context.commands.push(app::Do::NextGroupFrames);
  ui::tooltip(
      "How many frames of a stack tell call sites apart, from where it leaves the allocator (malloc, operator new and "
      "usual wrappers are passed by). A click goes on: 1, 2, 3, 5, all.");
}

std::string moment_of(const app::State& state) {
  const std::string at = fmt::format("event {}", trace::count_text(state.cursor().event));
  if (!app::is_compared(state)) return state.cursor().event == 0 ? "before the first event" : "up to " + at;
  if (state.range) {
    return fmt::format("events {} to {}", trace::count_text(state.range->first + 1),
                       trace::count_text(state.range->last));
  }
  const std::uint64_t anchor = *state.groups.anchor;
  const std::string from = anchor == 0 ? "the start" : fmt::format("event {}", trace::count_text(anchor));
  return state.cursor().event < anchor ? fmt::format("{} to {}", at, from) : fmt::format("{} to {}", from, at);
}

// Which events are summed up; and what else could be.
void moment_line(const Context& context, Rect inside, float y) {
  const app::State& state = context.state;
  const ui::WithFont font(ui::Font::Small);
  float x = inside.x0;
  const std::string moment = moment_of(state);
  ui::text_at(ui::draw_list(), {x, y}, context.theme.text_dim, moment, inside.width());
  x += ui::text_width(moment) + 0.8f * context.em;
  const auto link = [&](const char* label, const char* id, const char* hint, app::Do what) {
    if (x + ui::text_width(label) > inside.x1) return;
    ImGui::SetCursorScreenPos(ImVec2(x, y));
    if (ui::link(context.theme, fmt::format("{}##{}", label, id).c_str())) context.commands.push(what);
    ui::tooltip(hint);
    x += ui::text_width(label) + 0.8f * context.em;
  };
  if (app::is_compared(state)) {
    const bool sums = state.groups.sums_of_range;
    link(sums ? "what changed" : "sums", "sums", sums ? "Born, died, stayed" : "What was asked for between the two",
         app::Do::ToggleGroupSums);
    if (state.range) {
      link("end", "end range", "Without the range that is selected on the charts (Esc)", app::Do::ClearSelection);
    } else {
      link("end", "end compare", "Everything up to the cursor again (Shift+K)", app::Do::EndCompare);
    }
  } else {
    link("compare from here", "compare",
         "From this event on: what is born, dies and stays, as the cursor moves on or back (K)", app::Do::CompareFrom);
  }
  link("copy", "copy groups", "The table as text, for a spreadsheet", app::Do::CopyGroups);
}

void head(const Context& context, const Table& table, Rect line) {
  const ui::WithFont font(ui::Font::Small);
  const GroupColumn sorted = app::sorted_by(context.state);
  const trace::Trace& trace = *context.state.document.trace;
  for (const Table::Column& column : table.columns) {
    const Rect cell{column.right - column.width + 0.3f * context.em, line.y0, column.right + 0.2f * context.em,
                    line.y1};
    const std::string label = fmt::format("##sort {}", static_cast<int>(column.column));
    const bool hovered = ui::canvas(label.c_str(), cell);
    ui::tooltip(fmt::format("{}. A click sorts by it, another one turns the order round.",
                            app::meaning_of(column.column, trace)));
    if (ImGui::IsItemClicked(0)) {
      context.commands.push({.what = app::Do::SortGroups, .number = static_cast<std::uint64_t>(column.column)});
    }
    const bool chosen = column.column == sorted;
    const std::string word =
        chosen ? fmt::format("{} {}", context.state.groups.ascending ? "↑" : "↓", app::name_of(column.column, trace))
               : app::name_of(column.column, trace);
    row_text_right(line, column.right, chosen || hovered ? context.theme.text : context.theme.text_faint, word);
  }
  ui::fill(ui::draw_list(), {line.x0, line.y1, line.x1, line.y1 + 1}, context.theme.grid);
}

// From the left, or, of what grows and shrinks, from the middle: to the right what grew, to the left what shrank.
void bar(const Context& context, const Table& table, Rect row, double value, double most, bool is_signed) {
  if (table.bar_end - table.bar < 2 || !(most > 0)) return;
  const float inset = std::round(0.55f * context.em), line = std::max(2.0f, std::round(0.15f * context.em));
  const float bottom = table.bar_below ? row.y1 - 1 : row.y1 - inset;
  const float top = table.bar_below ? bottom - line : row.y0 + inset;
  const float whole = table.bar_end - table.bar;
  const float zero = is_signed ? std::round(table.bar + whole / 2) : table.bar;
  const float reach = is_signed ? whole / 2 : whole;
  const auto length = static_cast<float>(std::abs(value) / most) * reach;
  const float end = value < 0 ? std::floor(zero - length) : std::ceil(zero + length);
  const draw::Color color = value < 0 ? context.theme.dead : context.theme.live;
  if (length > 0) ui::fill(ui::draw_list(), {std::min(zero, end), top, std::max(zero, end), bottom}, color);
  if (is_signed)
    ui::fill(ui::draw_list(), {zero, table.bar_below ? top : row.y0, zero + 1, row.y1}, context.theme.grid);
}

std::string tip_of(const app::State& state, const GroupRow& row) {
  std::string text = state.groups.sums->grouping().label(row.group);
  for (const GroupColumn column : app::group_columns(state)) {
    text += fmt::format("\n{}: {}", app::name_of(column, *state.document.trace), app::text_of(row, column));
  }
  const bool picked = state.groups.picked == row.group;
  return text +
         (picked ? "\nA click ends the search for it." : "\nA click searches for its events and lights its blocks.");
}

// Of files without names it is the offset that tells one call site from another: where not all has room, the file's
// name is cut before it. In the current font.
std::string site_within(std::string site, float width) {
  const std::size_t kept = app::offset_bytes(site);
  if (kept == 0 || kept == site.size() || ui::text_width(site) <= width) return site;
  const std::string tail = "…" + site.substr(site.size() - kept);
  std::string head = site.substr(0, site.size() - kept);
  while (!head.empty() && ui::text_width(head + tail) > width) {
    while (head.size() > 1 && (static_cast<unsigned char>(head.back()) & 0xC0) == 0x80) head.pop_back();
    head.pop_back();
  }
  while (!head.empty() && head.back() == '.') head.pop_back();  // beside an ellipsis it would be a fourth
  return head + tail;
}

void group_row(const Context& context, const Table& table, const GroupRow& row, Rect where, double most) {
  const app::State& state = context.state;
  const draw::Theme& theme = context.theme;
  const GroupColumn sorted = app::sorted_by(state);
  const bool picked = state.groups.picked == row.group && state.filter.active;
  if (row_button(context, fmt::format("##group {}", row.group).c_str(), where, picked)) {
    context.commands.push({.what = app::Do::PickGroup, .number = row.group});
  }
  ui::tooltip(tip_of(state, row));
  bar(context, table, where, app::value_of(row, sorted), most, sorted == GroupColumn::Grown);
  const bool stale = !state.groups.fresh;
  // Of paths that begin alike it is the end that tells one from another.
  const std::string label = state.groups.sums->grouping().label(row.group);
  const bool is_site = app::group_by(state) == GroupBy::Site && state.groups.frames == 1;
  const float room = table.label_end - table.label - 0.3f * context.em;
  const std::string shown = is_site ? site_within(app::short_site(label), room) : label;
  row_text(where, table.label, stale ? theme.text_dim : theme.text, shown, room);
  ui::place(shown, {table.label, where.y0, table.label + room, where.y1});
  const ui::WithFont font(ui::Font::MonoSmall);
  for (const Table::Column& column : table.columns) {
    const bool nothing = app::value_of(row, column.column) == 0;
    const draw::Color color = nothing                                  ? theme.text_faint
                              : column.column == GroupColumn::Failures ? theme.failed
                              : stale || column.column != sorted       ? theme.text_dim
                                                                       : theme.text;
    row_text_right(where, column.right, color, app::text_of(row, column.column));
  }
}

void nothing_there(const Context& context, Rect rect) {
  const app::State& state = context.state;
  const char* why = app::is_grouping(state)     ? "Summing up …"
                    : app::is_compared(state)   ? "Nothing happened between the two: move the cursor on."
                    : state.cursor().event == 0 ? "Nothing was asked for yet: this is before the first event."
                                                : "Nothing was asked for up to here.";
  wrapped({rect.x0 + 0.6f * context.em, rect.y0 + context.em}, rect.width() - context.em, context.theme.text_dim, why);
}

void rows(const Context& context, const Table& table, Rect rect) {
  const app::State& state = context.state;
  const std::vector<GroupRow>& all = state.groups.rows;
  double most = 0;
  for (const GroupRow& row : all) most = std::max(most, std::abs(app::value_of(row, app::sorted_by(state))));
  RowList list{.name = "groups list",
               .tab = app::LeftTab::Groups,
               .view = state.groups.list,
               .rows = all.size(),
               .row_height = std::round(1.75f * context.em),
               .draw_row = {}};
  list.draw_row = [&](std::uint64_t row, Rect where) { group_row(context, table, all[row], where, most); };
  row_list(context, rect, list);
}

std::string note_of(const app::State& state) {
  if (app::is_grouping(state) && state.groups.sums != nullptr) {
    return fmt::format("summing up {:.0f} %", 100 * state.groups.sums->fraction());
  }
  const std::size_t count = state.groups.rows.size();
  return count == 0 ? std::string{} : trace::count_text(count, "group");
}

}  // namespace

void groups(const Context& context, Rect rect) {
  constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
  ui::begin_region("groups", rect, kFixed);
  const Rect inside = left_tabs(context, rect);
  float y = inside.y0;
  float line = 0;
  {
    const ui::WithFont font(ui::Font::Small);
    line = ui::line_height();
    const std::string note = note_of(context.state);
    const float width = ui::text_width(note);
    if (inside.width() > width + 26 * context.em || app::is_grouping(context.state)) {
      ui::text_at(ui::draw_list(), {inside.x1 - width, y}, context.theme.text_faint, note);
    }
  }
  control_line(context, inside, y);
  y += line + std::round(0.45f * context.em);
  moment_line(context, inside, y);
  y += line + std::round(0.5f * context.em);
  const float edge = std::round(0.35f * context.em), bar = std::round(0.75f * context.em);
  const Rect body{rect.x0 + edge, y, rect.x1 - edge, rect.y1 - edge};
  const Table table = table_of(context, {body.x0, body.y0, body.x1 - bar, body.y1});
  const bool empty = context.state.groups.rows.empty() || context.state.groups.sums == nullptr;
  if (empty) {
    nothing_there(context, body);
  } else {
    const float top = std::round(y + line + 0.4f * context.em);
    head(context, table, {body.x0, y, body.x1 - bar, top});
    rows(context, table, {body.x0, top + 1, body.x1, body.y1});
  }
  ui::end_region();
}

}  // namespace allocviz::panels
