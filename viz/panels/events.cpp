// The left part: the search and the list of events, or the list of failures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viz/app/cursor.h"
#include "viz/panels/events_list.h"
#include "viz/panels/events_rows.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
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

// Enter goes to the next event found after the cursor, and from the last to the first.
void go_to_next_match(const Context& context) {
  const auto& matches = context.state.filter.matches;
  if (matches.empty()) return;
  const auto next = std::lower_bound(matches.begin(), matches.end(), context.state.cursor().event);
  app::Command command;
  command.what = app::Do::SeekTo;
  command.position = {(next == matches.end() ? matches.front() : *next) + 1, replay::kAllSteps};
  context.commands.push(std::move(command));
}

std::string search_note(const app::State& state) {
  const app::EventFilter& filter = state.filter;
  const std::uint64_t all = state.document.trace->size();
  if (!filter.active) return trace::count_text(all) + (all == 1 ? " event" : " events");
  std::string note = fmt::format("{} of {}", trace::count_text(filter.matches.size()), trace::count_text(all));
  if (filter.scanned < all) {
    note +=
        fmt::format(" · searching {:.0f} %", 100.0 * static_cast<double>(filter.scanned) / static_cast<double>(all));
  }
  return note;
}

// The field and the line below it: how many were found, or why the text is no search. Returns where the list begins.
float search(const Context& context, draw::Rect inside) {
  const app::State& state = context.state;
  std::string text = state.filter.text;
  const bool clearable = !text.empty();
  const float button = clearable ? ImGui::GetFrameHeight() : 0;
  ImGui::SetCursorScreenPos(ImVec2(inside.x0, inside.y0));
  ImGui::SetNextItemWidth(inside.width() - button);
  if (state.frame == state.focus_search_at) ui::type_into_next_field();
  if (ui::input_text("##find", "find: id, size>4k, failed …", text)) push_filter(context, text);
  if (ImGui::IsItemDeactivated() && ui::pressed({.key = ui::Key::Enter}, false)) go_to_next_match(context);
  const float field = ImGui::GetItemRectMax().y - inside.y0;
  if (clearable) {
    ImGui::SetCursorScreenPos(ImVec2(inside.x1 - button, inside.y0));
    if (ui::button(ui::symbols("✕##clear the search").c_str(), {button, field})) push_filter(context, {});
  }
  const ui::WithFont font(ui::Font::Small);
  const float y = inside.y0 + field + std::round(0.45f * context.em);
  if (!state.filter.fault.empty()) {
    const float height = wrapped({inside.x0, y}, inside.width(), context.theme.failed, state.filter.fault);
    return y + height + std::round(0.4f * context.em);
  }
  ui::text_at(ui::draw_list(), {inside.x0 + 0.2f * context.em, y}, context.theme.text_faint, search_note(state),
              inside.width());
  return y + ui::line_height() + std::round(0.4f * context.em);
}

// Failures before marks: they are fewer and matter more.
draw::Color tick_of(const Context& context, std::uint64_t first, std::uint64_t last) {
  const auto& failures = context.state.failures;
  const auto failure = std::lower_bound(failures.begin(), failures.end(), first);
  if (failure != failures.end() && *failure < last) return context.theme.failed;
  const auto& marks = context.state.document.trace->marks();
  const auto mark = marks.lower_bound(first);
  return mark != marks.end() && mark->first < last ? context.theme.relation : 0;
}

void event_list(const Context& context, draw::Rect rect) {
  const app::State& state = context.state;
  const EventColumns columns = event_columns(context, rect);
  RowList list{"events list",
               LeftTab::Events,
               state.event_list,
               app::row_count(state, LeftTab::Events),
               std::round(1.75f * context.em),
               {},
               {}};
  const bool filtered = state.filter.active;
  list.draw_row = [&](std::uint64_t row, draw::Rect where) {
    event_row(context, columns, filtered ? state.filter.matches[row] : row, where);
  };
  if (!filtered) list.tick = [&](std::uint64_t first, std::uint64_t last) { return tick_of(context, first, last); };
  row_list(context, rect, list);
}

void failure_list(const Context& context, draw::Rect rect) {
  const app::State& state = context.state;
  if (state.failures.empty()) {
    wrapped({rect.x0, rect.y0 + context.em}, rect.width(), context.theme.text_dim,
            "No request failed: every one was served by this allocator.");
    return;
  }
  RowList list{"failures list",
               LeftTab::Failures,
               state.failure_list,
               state.failures.size(),
               std::round(3.2f * context.em),
               {},
               {}};
  list.draw_row = [&](std::uint64_t row, draw::Rect where) { failure_row(context, state.failures[row], where); };
  row_list(context, rect, list);
}

}  // namespace

void events(const Context& context, draw::Rect rect) {
  constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
  ui::begin_region("events", rect, kFixed);
  const draw::Rect inside = left_tabs(context, rect);
  // Rows reach to the panel's edges, words keep their distance.
  const float edge = std::round(0.35f * context.em);
  if (context.state.left_tab == LeftTab::Failures) {
    const std::size_t failures = context.state.failures.size();
    const float room = failures == 0 ? inside.x0 : rect.x0 + edge;
    failure_list(context, {room, inside.y0, failures == 0 ? inside.x1 : rect.x1 - edge, rect.y1 - edge});
  } else {
    const float top = search(context, inside);
    event_list(context, {rect.x0 + edge, top, rect.x1 - edge, rect.y1 - edge});
  }
  ui::end_region();
}

}  // namespace allocviz::panels
