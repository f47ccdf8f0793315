// Moving the cursor: all stages stand at the same event, lists follow, and where it came from is kept for motion.
#pragma once

#include "viz/app/state.h"

namespace allocviz::app {

// Every stage goes to `to`. Stages may take different numbers of steps over one event: where the first stage has done
// all of its steps the others have too, else each has done as many, at most all.
// Of a large log this may be done by a worker (moving.h): then the cursor stands there some frames later.
void move_cursor(State& state, replay::Position to);
// Takes what such a worker brought, and sends it to where was asked for meanwhile; called by tick().
void poll_moving(State& state);
// Waits until the cursor stands where it was last sent.
void finish_moving(State& state);
[[nodiscard]] std::uint64_t event_count(const State& state);
// The row of the list `tab` on which the cursor stands, or would stand.
[[nodiscard]] double cursor_row(const State& state, LeftTab tab);
[[nodiscard]] std::uint64_t row_count(const State& state, LeftTab tab);
// Scrolls the lists as little as brings the cursor's row into view.
void follow_cursor(State& state);
// A popup appears, its fields as they are at first.
void open_popup(State& state, Popup popup);
// The configuration popup for one stage, or, with stages.size(), for one more.
void open_allocator_popup(State& state, std::size_t stage);
// A line for a few seconds, at the bottom of the stage.
void notice(State& state, std::string text);

}  // namespace allocviz::app
