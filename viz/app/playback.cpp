#include "viz/app/playback.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viz/app/cursor.h"
#include "viz/app/moving.h"

namespace allocviz::app {

namespace {

// The number of steps of the event whose step comes next.
std::uint32_t steps_ahead(State& state, replay::Position at) {
  replay::Timeline& timeline = *state.stages.front().timeline;
  if (at.step < timeline.step_count()) return timeline.step_count();
  // Of a large log nobody waits for what the next event will do: it is taken to have as many steps as this one.
  if (moves_by_worker(state)) return timeline.step_count();
  return static_cast<std::uint32_t>(timeline.run_of(at.event).steps.size());
}

// Plays as many steps as the carry pays for; an event costs 1, shared evenly by its steps.
void play_steps(State& state) {
  const std::uint64_t last = event_count(state);
  while (state.playback.carry > 0) {
    const replay::Position at = state.cursor();
    const bool inside = at.step < state.timeline().step_count();
    if (!inside && at.event >= last) return;
    const std::uint32_t steps = std::max<std::uint32_t>(steps_ahead(state, at), 1);
    const double cost = 1.0 / steps;
    // A hair of slack: the shares of an event must add up to exactly one event whatever the rounding.
    if (state.playback.carry < cost - 1e-9) return;
    state.playback.carry = std::max(0.0, state.playback.carry - cost);
    move_cursor(state, inside ? replay::Position{at.event, at.step + 1} : replay::Position{at.event + 1, 1});
    if (state.moving != nullptr) return;
  }
}

void play_events(State& state) {
  const double whole = std::floor(state.playback.carry + 1e-9);
  if (whole < 1) return;
  state.playback.carry = std::max(0.0, state.playback.carry - whole);
  const std::uint64_t last = event_count(state);
  const std::uint64_t to =
      state.cursor().event + std::min(static_cast<std::uint64_t>(whole), last - state.cursor().event);
  move_cursor(state, {to, replay::kAllSteps});
}

}  // namespace

void playback(State& state, double dt_s) {
  if (!state.playback.playing || state.stages.empty()) return;
  const double speed = kSpeeds[static_cast<std::size_t>(state.playback.speed_index)];
  state.playback.carry += std::clamp(dt_s, 0.0, kLongestFrame) * speed;
  if (state.moving != nullptr) {  // what is due is played from where that arrives
    state.playback.carry = std::min(state.playback.carry, std::max(1.0, kLongestFrame * speed));
    return;
  }
  if (speed <= kFastestStepwise) {
    play_steps(state);
  } else {
    play_events(state);
  }
  const replay::Position at = state.cursor();
  if (at.event >= event_count(state) && at.step >= state.timeline().step_count()) {
    state.playback.playing = false;
    state.playback.carry = 0;
  }
}

std::string speed_text(const Playback& playback) {
  return fmt::format("{}×", kSpeeds[static_cast<std::size_t>(playback.speed_index)]);
}

}  // namespace allocviz::app
