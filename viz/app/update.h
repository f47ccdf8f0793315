// The only code that changes the State.
#pragma once

#include "viz/app/command.h"
#include "viz/app/state.h"

namespace allocviz::app {

// Carries out one command. A command that cannot be carried out now (nothing to undo, no further failure) changes
// nothing but the notice; one that the user got wrong sets `trouble`. Never throws, never waits: long work goes to a
// worker and arrives through tick().
void update(State& state, const Command& command);

// What happens by itself between two frames: takes over what a worker finished, plays, searches on, lets the notice
// fade, remembers changed settings. `now_s` is the frame's clock, never running backwards.
void tick(State& state, double now_s);
// Whether the next frame must be drawn even if no input comes.
[[nodiscard]] bool wants_frame(const State& state);

inline constexpr double kNoticeSeconds = 4;

// "7", "7.3", "1 234 567" -> where `--at` and Go to event lead. N.0 is N-1; a bare N is after its last step.
[[nodiscard]] trace::Result<replay::Position> parse_position(std::string_view text);

}  // namespace allocviz::app
