// Playing: the cursor moves by itself, at a speed in events a second.
#pragma once

#include <array>
#include <string>

#include "viz/app/state.h"

namespace allocviz::app {

inline constexpr std::array kSpeeds{0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0, 65536.0};
// Up to this speed playing goes step by step, each step taking its share of its event's time; above it, by whole
// events.
inline constexpr double kFastestStepwise = 4;
// A frame that took longer than this counts as this long: playing never leaps after a stall.
inline constexpr double kLongestFrame = 0.25;

// Moves the cursor by what dt seconds are worth; stops at the last event. Takes no clock: dt alone decides.
void playback(State& state, double dt_s);
// "8×", "0.5×": events a second.
[[nodiscard]] std::string speed_text(const Playback& playback);

}  // namespace allocviz::app
