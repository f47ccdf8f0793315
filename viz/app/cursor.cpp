#include "viz/app/cursor.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "viz/app/filter.h"
#include "viz/app/in_the_way.h"
#include "viz/app/moving.h"

namespace allocviz::app {

std::uint64_t event_count(const State& state) {
  return state.timeline().event_count();
}

namespace {

// What was in sight on the charts stays in sight, with some room before it.
void follow_in_charts(State& state, std::uint64_t from, std::uint64_t to) {
  const replay::Clock* clock = state.clock();
  const auto on_axis = [clock](std::uint64_t event) {
    return static_cast<double>(clock != nullptr ? clock->ns_of(event) : event);
  };
  TimeView& view = state.time;
  const double before = on_axis(from), now = on_axis(to), width = view.last - view.first;
  const bool was_seen = before >= view.first && before <= view.last;
  if (!was_seen || (now >= view.first && now <= view.last)) return;
  const double start = now < view.first ? now - 0.1 * width : now - 0.9 * width;
  view.first = std::clamp(start, 0.0, std::max(0.0, state.time_end() - width));
  view.last = view.first + width;
}

// Everything that follows from a move that is done.
void arrive(State& state, replay::Position from) {
  for (Stage& stage : state.stages) stage.what_if.reset();
  const replay::Position at = state.cursor();
  if (at == from) return;
  state.moved_from = from;
  state.moved_at_s = state.now_s;
  state.first_start = false;
  follow_in_charts(state, from.event, at.event);
  follow_cursor(state);
  judge_failure(state);
}

void move_at_once(State& state, replay::Position to) {
  replay::Timeline& first = *state.stages.front().timeline;
  first.seek(to);
  const bool whole = first.position().step >= first.step_count();
  const replay::Position others{first.position().event, whole ? replay::kAllSteps : first.position().step};
  for (std::size_t i = 1; i < state.stages.size(); ++i) state.stages[i].timeline->seek(others);
}

}  // namespace

void move_cursor(State& state, replay::Position to) {
  const replay::Position from = state.cursor();
  if (!moves_by_worker(state)) {
    move_at_once(state, to);
  } else if (!set_off(state, to)) {
    return;
  }
  arrive(state, from);
}

void poll_moving(State& state) {
  const replay::Position from = state.cursor();
  std::optional<replay::Position> wish;
  if (!has_arrived(state, wish)) return;
  arrive(state, from);
  if (wish) move_cursor(state, *wish);
}

void finish_moving(State& state) {
  while (state.moving != nullptr) {
    poll_moving(state);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

namespace {

// Which of some ascending event indices belongs to the cursor: the last one at or before it.
double row_among(const std::vector<std::uint64_t>& indices, std::uint64_t event) {
  if (event == 0) return 0;
  const auto after = std::upper_bound(indices.begin(), indices.end(), event - 1);
  return after == indices.begin() ? 0 : static_cast<double>(after - indices.begin() - 1);
}

void follow(ListView& list, double row, double rows) {
  // Two rows of what comes before and after stay in sight where the list is tall enough for that.
  const double margin = list.seen >= 8 ? 2 : 0;
  list.top = std::min(list.top, row - margin);
  list.top = std::max(list.top, row + 1 + margin - list.seen);
  list.top = std::clamp(list.top, 0.0, std::max(0.0, rows - list.seen));
}

}  // namespace

double cursor_row(const State& state, LeftTab tab) {
  const std::uint64_t event = state.cursor().event;
  if (tab == LeftTab::Failures) return row_among(state.failures, event);
  if (list_is_narrowed(state)) return row_among(state.filter.matches, event);
  return event == 0 ? 0 : static_cast<double>(event - 1);
}

std::uint64_t row_count(const State& state, LeftTab tab) {
  if (tab == LeftTab::Failures) return state.failures.size();
  if (tab == LeftTab::Groups) return state.groups.rows.size();
  return list_is_narrowed(state) ? state.filter.matches.size() : event_count(state);
}

void follow_cursor(State& state) {
  const auto rows = [&](LeftTab tab) { return static_cast<double>(row_count(state, tab)); };
  follow(state.event_list, cursor_row(state, LeftTab::Events), rows(LeftTab::Events));
  follow(state.failure_list, cursor_row(state, LeftTab::Failures), rows(LeftTab::Failures));
}

void open_popup(State& state, Popup popup) {
  state.popup = popup;
  state.popup_state = {};
  state.popup_opened_at = state.frame + 1;
}

namespace {

// What is compared with a buddy is most often a bump, and the other way round; a kind that stands there already is no
// news.
trace::AllocatorKind kind_to_add(const State& state) {
  using trace::AllocatorKind;
  const auto is_shown = [&](AllocatorKind kind) {
    return std::any_of(state.stages.begin(), state.stages.end(),
                       [kind](const Stage& stage) { return stage.timeline->spec().kind == kind; });
  };
  const bool buddy = state.timeline().spec().kind == AllocatorKind::Buddy;
  const AllocatorKind likely = buddy ? AllocatorKind::Bump : AllocatorKind::Buddy;
  for (const AllocatorKind kind : {likely, AllocatorKind::Tiered, AllocatorKind::Slab, AllocatorKind::Bump}) {
    if (!is_shown(kind)) return kind;
  }
  return likely;
}

}  // namespace

void open_allocator_popup(State& state, std::size_t stage) {
  open_popup(state, Popup::Allocator);
  state.popup_state.stage = std::min(stage, state.stages.size());
  const bool adds = state.popup_state.stage == state.stages.size();
  state.popup_state.draft = draft_of(state.timeline(adds ? 0 : state.popup_state.stage).spec());
  if (adds) change_kind(state.popup_state.draft, kind_to_add(state));
}

void notice(State& state, std::string text) {
  state.notice = std::move(text);
  state.noticed_at_s = state.now_s;
}

}  // namespace allocviz::app
