// Moving in time.
#include <algorithm>

#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/app/moving.h"
#include "viz/app/partings.h"
#include "viz/app/playback.h"
#include "viz/app/update_parts.h"

namespace allocviz::app {

namespace {

bool inside(const State& state) {
  return state.cursor().step < state.timeline().step_count();
}

// The event that a command goes on from.
std::uint64_t here(const State& state) {
  return heading(state).event;
}

void next_event(State& state) {
  if (heading(state).step != replay::kAllSteps) finish_moving(state);  // it may be inside an event
  const std::uint64_t event = here(state);
  const bool stays = state.moving == nullptr && inside(state);
  move_cursor(state, {stays ? event : event + 1, replay::kAllSteps});
}

void previous_event(State& state) {
  const std::uint64_t event = here(state);
  move_cursor(state, {event == 0 ? 0 : event - 1, replay::kAllSteps});
}

void next_step(State& state) {
  finish_moving(state);  // how many steps there are is known where they are
  const replay::Position at = state.cursor();
  if (inside(state)) return move_cursor(state, {at.event, at.step + 1});
  if (at.event < event_count(state)) move_cursor(state, {at.event + 1, 1});
}

void previous_step(State& state) {
  finish_moving(state);
  const replay::Position at = state.cursor();
  // Before the first step of N is the state after N-1, and that is how it is called.
  if (at.step > 1) return move_cursor(state, {at.event, at.step - 1});
  previous_event(state);
}

// To the event of the next index beyond the cursor, in either direction.
template <class Index>
void jump(State& state, const Index* found, const char* none) {
  if (found == nullptr) return notice(state, none);
  move_cursor(state, {*found + 1, replay::kAllSteps});
}

void next_failure(State& state) {
  const auto found = std::lower_bound(state.failures.begin(), state.failures.end(), here(state));
  jump(state, found == state.failures.end() ? nullptr : &*found, "No request fails after this event");
}

void previous_failure(State& state) {
  const std::uint64_t event = here(state);
  auto found = std::lower_bound(state.failures.begin(), state.failures.end(), event == 0 ? 0 : event - 1);
  jump(state, found == state.failures.begin() ? nullptr : &*--found, "No request failed before this event");
}

void next_mark(State& state) {
  const auto& marks = state.document.trace->marks();
  const auto found = marks.lower_bound(here(state));
  jump(state, found == marks.end() ? nullptr : &found->first, "No mark after this event");
}

void previous_mark(State& state) {
  const auto& marks = state.document.trace->marks();
  const std::uint64_t event = here(state);
  auto found = marks.lower_bound(event == 0 ? 0 : event - 1);
  jump(state, found == marks.begin() ? nullptr : &(--found)->first, "No mark before this event");
}

void first_divergence(State& state) {
  const std::size_t stage = first_parting(state);
  if (stage == 0)
    return notice(state, state.stages.size() < 2 ? "There is one allocator: nothing to compare it with"
                                                 : "These allocators never part ways");
  move_cursor(state, {state.stages[stage].divergence->event + 1, replay::kAllSteps});
  notice(state, parting_text(state, stage));
}

const char* nothing_found(const State& state) {
  return state.filter.active ? "Nothing was found" : "Nothing is being searched";
}

// Round the ends: after the last one comes the first.
void next_match(State& state) {
  const std::vector<std::uint64_t>& found = state.filter.matches;
  const auto next = std::lower_bound(found.begin(), found.end(), here(state));
  const std::uint64_t* at = next != found.end() ? &*next : found.empty() ? nullptr : &found.front();
  jump(state, at, nothing_found(state));
}

void previous_match(State& state) {
  const std::vector<std::uint64_t>& found = state.filter.matches;
  const std::uint64_t event = here(state);
  const auto here = std::lower_bound(found.begin(), found.end(), event == 0 ? 0 : event - 1);
  const std::uint64_t* at = here != found.begin() ? &*(here - 1) : found.empty() ? nullptr : &found.back();
  jump(state, at, nothing_found(state));
}

// Along the rows of the list at the left, `by` of them down or up, to its ends at most.
void step_rows(State& state, std::int64_t by) {
  const bool failures = state.left_tab == LeftTab::Failures;
  const auto rows = static_cast<std::int64_t>(row_count(state, failures ? LeftTab::Failures : LeftTab::Events));
  if (rows == 0) return;
  const std::uint64_t event = here(state);
  const std::vector<std::uint64_t>* some = failures ? &state.failures : nullptr;
  if (!failures && list_is_narrowed(state)) some = &state.filter.matches;
  // The row that Down leads to; the one before it is the cursor's, or the last before it.
  auto next = static_cast<std::int64_t>(event);
  bool on_row = event != 0;
  if (some != nullptr) {
    next = std::lower_bound(some->begin(), some->end(), event) - some->begin();
    on_row = next != 0 && (*some)[static_cast<std::size_t>(next - 1)] + 1 == event;
  }
  if (by < 0 && next == 0) return;
  const std::int64_t row = std::clamp(next + by - (by > 0 || on_row ? 1 : 0), std::int64_t{0}, rows - 1);
  const std::uint64_t index =
      some != nullptr ? (*some)[static_cast<std::size_t>(row)] : static_cast<std::uint64_t>(row);
  move_cursor(state, {index + 1, replay::kAllSteps});
}

std::int64_t page_of(const State& state) {
  const ListView& list = state.left_tab == LeftTab::Failures ? state.failure_list : state.event_list;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(list.seen) - 1);
}

void play_or_pause(State& state) {
  Playback& playback = state.playback;
  if (!playback.playing && here(state) >= event_count(state) && (state.moving != nullptr || !inside(state))) {
    move_cursor(state, {0, replay::kAllSteps});
  }
  playback.playing = !playback.playing;
  playback.resume_after_scrub = false;
  playback.carry = 0;
}

void change_speed(State& state, int by) {
  const int fastest = static_cast<int>(kSpeeds.size()) - 1;
  state.playback.speed_index = std::clamp(state.playback.speed_index + by, 0, fastest);
  state.playback.carry = 0;
}

void scrub(State& state, replay::Position to) {
  state.playback.resume_after_scrub |= state.playback.playing;
  state.playback.playing = false;
  move_cursor(state, to);
}

void end_scrub(State& state) {
  state.playback.playing |= state.playback.resume_after_scrub;
  state.playback.resume_after_scrub = false;
  state.playback.carry = 0;
}

// A step by hand ends playing: who presses → wants to look.
void by_hand(State& state, void (*move)(State&)) {
  state.playback.playing = state.playback.resume_after_scrub = false;
  move(state);
}

}  // namespace

bool update_time(State& state, const Command& command) {
  switch (command.what) {
    case Do::NextEvent:
      by_hand(state, next_event);
      break;
    case Do::PreviousEvent:
      by_hand(state, previous_event);
      break;
    case Do::NextStep:
      by_hand(state, next_step);
      break;
    case Do::PreviousStep:
      by_hand(state, previous_step);
      break;
    case Do::FirstEvent:
      by_hand(state, [](State& s) { move_cursor(s, {0, replay::kAllSteps}); });
      break;
    case Do::LastEvent:
      by_hand(state, [](State& s) { move_cursor(s, {event_count(s), replay::kAllSteps}); });
      break;
    case Do::NextFailure:
      by_hand(state, next_failure);
      break;
    case Do::PreviousFailure:
      by_hand(state, previous_failure);
      break;
    case Do::NextMark:
      by_hand(state, next_mark);
      break;
    case Do::PreviousMark:
      by_hand(state, previous_mark);
      break;
    case Do::FirstDivergence:
      by_hand(state, first_divergence);
      break;
    case Do::NextMatch:
      by_hand(state, next_match);
      break;
    case Do::PreviousMatch:
      by_hand(state, previous_match);
      break;
    case Do::NextRow:
      by_hand(state, [](State& s) { step_rows(s, 1); });
      break;
    case Do::PreviousRow:
      by_hand(state, [](State& s) { step_rows(s, -1); });
      break;
    case Do::NextRows:
      by_hand(state, [](State& s) { step_rows(s, page_of(s)); });
      break;
    case Do::PreviousRows:
      by_hand(state, [](State& s) { step_rows(s, -page_of(s)); });
      break;
    case Do::SeekTo:
      state.playback.playing = state.playback.resume_after_scrub = false;
      move_cursor(state, command.position);
      break;
    case Do::ScrubTo:
      scrub(state, command.position);
      break;
    case Do::EndScrub:
      end_scrub(state);
      break;
    case Do::PlayPause:
      play_or_pause(state);
      break;
    case Do::Slower:
      change_speed(state, -1);
      break;
    case Do::Faster:
      change_speed(state, +1);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace allocviz::app
