// The left part: the search and the list of events, or the list of failures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/panels/events_list.h"
#include "viz/panels/events_rows.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/search_help.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using app::LeftTab;

void push_filter(const Context& context, std::string text) {
  app::Command command;
  command.what = app::Do::SetFilter;
  command.text = std::move(text);
  context.commands.push(std::move(command));
}

struct Searched {
  float bottom = 0;        // where what is below begins
  bool has_focus = false;  // it is typed into now, or was until the mouse went down elsewhere
};

// The field with what empties and explains it.
Searched search_field(const Context& context, draw::Rect inside) {
  const app::State& state = context.state;
  std::string text = state.filter.text;
  const bool clearable = !text.empty();
  const float square = ImGui::GetFrameHeight();
  const float buttons = clearable ? 2 * square : square;
  ImGui::SetCursorScreenPos(ImVec2(inside.x0, inside.y0));
  ImGui::SetNextItemWidth(inside.width() - buttons);
  if (state.frame == state.focus_search_at) ui::type_into_next_field();
  if (ui::input_text("##find", "find: id, size>4k, failed …", text, ui::Complete(complete_search)))
    push_filter(context, text);
  Searched searched;
  searched.has_focus = ImGui::IsItemActive() || ImGui::IsItemDeactivated();
  const bool enter = ImGui::IsItemDeactivated() && ui::pressed({.key = ui::Key::Enter}, false);
  const bool backward = ImGui::IsItemDeactivated() && ui::pressed({.key = ui::Key::Enter, .shift = true}, false);
  if ((enter || backward) && !state.filter.fault.empty()) {
    context.commands.push(app::Do::ShowFind);  // it is typed on: the letters are no keys yet
  } else if (enter || backward) {
    context.commands.push(enter ? app::Do::NextMatch : app::Do::PreviousMatch);
  }
  searched.bottom = ImGui::GetItemRectMax().y;
  const float height = searched.bottom - inside.y0;
  if (clearable) {
    ImGui::SetCursorScreenPos(ImVec2(inside.x1 - buttons, inside.y0));
    if (ui::button(ui::symbols("✕##clear the search").c_str(), {square, height})) push_filter(context, {});
  }
  ImGui::SetCursorScreenPos(ImVec2(inside.x1 - square, inside.y0));
  if (ui::button("?##what can be searched", {square, height})) context.commands.push(app::Do::ToggleSearchHelp);
  ui::tooltip("What can be searched, with an example each");
  return searched;
}

// How many were found, or why the text is no search; and whether the list holds them alone.
float search_line(const Context& context, draw::Rect inside, float y) {
  const app::State& state = context.state;
  const ui::WithFont font(ui::Font::Small);
  if (!state.filter.fault.empty()) {
    const float height = wrapped({inside.x0, y}, inside.width(), context.theme.failed, state.filter.fault);
    return y + height + std::round(0.4f * context.em);
  }
  const std::string note = app::found_text(state);
  float x = inside.x0 + 0.2f * context.em;
  const float used = ui::text_at(ui::draw_list(), {x, y}, context.theme.text_faint, note, inside.width());
  ui::place("found", {x, y, x + used, y + ui::line_height()});
  const char* other = state.settings.list_all ? "only these##list all" : "list all##list all";
  x += used + 0.7f * context.em;
  if (state.filter.active && x + ui::text_width("only these") <= inside.x1) {
    ImGui::SetCursorScreenPos(ImVec2(x, y));
    if (ui::link(context.theme, other)) context.commands.push(app::Do::ToggleListAll);
    ui::tooltip(state.settings.list_all ? "List nothing but what was found"
                                        : "List all events, with those that were found marked");
  }
  return y + ui::line_height() + std::round(0.4f * context.em);
}

struct Below {
  float top = 0;
  bool help = false;  // what can be searched stands there, not the list
};

// The field, what it may go on with, and the line below. While nothing is written yet the language is in sight.
Below search(const Context& context, draw::Rect inside) {
  const app::State& state = context.state;
  const Searched searched = search_field(context, inside);
  float y = searched.bottom + std::round(0.45f * context.em);
  if (searched.has_focus && !state.search_help) y = suggestions(context, {inside.x0, y, inside.x1, inside.y1});
  const bool help = state.search_help || (searched.has_focus && state.filter.text.empty());
  return {search_line(context, inside, y), help};
}

// The first of `ascending` in [first, last).
const std::uint64_t* first_in(const std::vector<std::uint64_t>& ascending, std::uint64_t first, std::uint64_t last) {
  const auto at = std::lower_bound(ascending.begin(), ascending.end(), first);
  return at != ascending.end() && *at < last ? &*at : nullptr;
}

const std::uint64_t* mark_in(const app::State& state, std::uint64_t first, std::uint64_t last) {
  const auto& marks = state.document.trace->marks();
  const auto mark = marks.lower_bound(first);
  return mark != marks.end() && mark->first < last ? &mark->first : nullptr;
}

// Failures before marks: they are fewer and matter more.
Ticks ticks_of(const Context& context, std::uint64_t first, std::uint64_t last) {
  const app::State& state = context.state;
  Ticks ticks;
  if (first_in(state.filter.matches, first, last) != nullptr) ticks.found = context.theme.live;
  if (first_in(state.failures, first, last) != nullptr) {
    ticks.notable = context.theme.failed;
  } else if (mark_in(state, first, last) != nullptr) {
    ticks.notable = context.theme.mark;
  }
  return ticks;
}

bool jump_to_tick(const Context& context, std::uint64_t first, std::uint64_t last) {
  const app::State& state = context.state;
  const std::uint64_t* to = first_in(state.failures, first, last);
  if (to == nullptr) to = mark_in(state, first, last);
  if (to == nullptr) to = first_in(state.filter.matches, first, last);
  if (to == nullptr) return false;
  seek_to(context, *to);
  return true;
}

void event_list(const Context& context, draw::Rect rect) {
  const app::State& state = context.state;
  const EventColumns columns = event_columns(context, rect);
  RowList list{.name = "events list",
               .tab = LeftTab::Events,
               .view = state.event_list,
               .rows = app::row_count(state, LeftTab::Events),
               .row_height = std::round(1.75f * context.em),
               .draw_row = {}};
  const std::vector<std::uint64_t>* found = app::list_is_narrowed(state) ? &state.filter.matches : nullptr;
  list.menu = [&] { event_menu(context); };
  list.draw_row = [&](std::uint64_t row, draw::Rect where) {
    event_row(context, columns, found != nullptr ? (*found)[row] : row, where);
  };
  // Of a narrowed list: from the first of its events there to the one after the last.
  const auto event_of = [found, all = state.document.trace->size()](std::uint64_t row) {
    return found == nullptr ? row : row < found->size() ? (*found)[row] : all;
  };
  if (found == nullptr) {
    list.ticks = [&](std::uint64_t first, std::uint64_t last) { return ticks_of(context, first, last); };
    list.jump = [&](std::uint64_t first, std::uint64_t last) { return jump_to_tick(context, first, last); };
  } else {
    list.ticks = [&](std::uint64_t first, std::uint64_t last) {
      const std::uint64_t* failure = first_in(state.failures, event_of(first), event_of(last - 1) + 1);
      return Ticks{0, failure != nullptr && app::is_found(state, *failure) ? context.theme.failed : 0};
    };
    list.jump = [&](std::uint64_t first, std::uint64_t) {
      seek_to(context, event_of(first));
      return true;
    };
  }
  row_list(context, rect, list);
  if (list.rows == 0 && found != nullptr && !app::is_searching(state)) {
    wrapped({rect.x0 + 0.6f * context.em, rect.y0 + context.em}, rect.width() - context.em, context.theme.text_dim,
            "No event found.");
  }
}

void failure_list(const Context& context, draw::Rect rect) {
  const app::State& state = context.state;
  if (state.failures.empty()) {
    wrapped({rect.x0, rect.y0 + context.em}, rect.width(), context.theme.text_dim,
            "No request failed: every one was served by this allocator.");
    return;
  }
  RowList list{.name = "failures list",
               .tab = LeftTab::Failures,
               .view = state.failure_list,
               .rows = state.failures.size(),
               .row_height = std::round(3.2f * context.em),
               .draw_row = {}};
  list.menu = [&] { event_menu(context); };
  list.draw_row = [&](std::uint64_t row, draw::Rect where) { failure_row(context, state.failures[row], where); };
  row_list(context, rect, list);
}

}  // namespace

void events(const Context& context, draw::Rect rect) {
  ui::begin_region("events", rect, ui::kFixed);
  const draw::Rect inside = left_tabs(context, rect);
  // Rows reach to the panel's edges, words keep their distance.
  const float edge = std::round(0.35f * context.em);
  if (context.state.left_tab == LeftTab::Failures) {
    const std::size_t failures = context.state.failures.size();
    const float room = failures == 0 ? inside.x0 : rect.x0 + edge;
    failure_list(context, {room, inside.y0, failures == 0 ? inside.x1 : rect.x1 - edge, rect.y1 - edge});
  } else {
    const Below list = search(context, inside);
    const draw::Rect below{rect.x0 + edge, list.top, rect.x1 - edge, rect.y1 - edge};
    if (list.help) {
      search_help(context, {inside.x0, below.y0, inside.x1, below.y1});
    } else {
      event_list(context, below);
    }
  }
  ui::end_region();
}

}  // namespace allocviz::panels
