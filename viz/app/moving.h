// Moving the cursor where that takes longer than a frame may: a worker goes there, the window goes on showing where it
// was, and of several wishes on the way the last one counts.
#pragma once

#include "viz/app/state.h"

namespace allocviz::app {

// Whether the stages may be moved by a worker: State::moves_late says so, and they are large enough for it.
[[nodiscard]] bool moves_by_worker(const State& state);
// Sets off for `to`, or, while a worker is under way, wishes to be there next. True when it has arrived already: a
// worker is waited for as long as nobody notices. Then the caller goes on as if it had moved at once.
[[nodiscard]] bool set_off(State& state, replay::Position to);
// Whether a worker has arrived and its moment is shown from now on; called by tick(). `wish` is where to go next.
[[nodiscard]] bool has_arrived(State& state, std::optional<replay::Position>& wish);
// For when nothing has moved for a while: of a long log what a move needs is given back until there is one, and with it
// what moves before have freed. Some milliseconds.
void come_to_rest(State& state);
// Where the cursor will stand once nothing is under way: what "the next event" goes by. Its step may be kAllSteps.
[[nodiscard]] replay::Position heading(const State& state);

}  // namespace allocviz::app
