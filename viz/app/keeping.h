// Keeping a long log's columns for the next time it is opened (core/trace/cache.h), beside the frames and without a
// word: what fails is done without.
#pragma once

#include "core/trace/cache.h"
#include "viz/app/state.h"

namespace allocviz::app {

// Begins to write the document as it was read; nothing may have been written into it since.
void start_keeping(State& state, const trace::FileMark& mark);
// When it returns nobody reads the document for this any more; what was not yet kept is not. Waits for a few
// milliseconds at most.
void stop_keeping(State& state);
// The same without waiting: what is being kept need not be any more.
void give_up_keeping(State& state);
// Takes leave of a worker that is done; called by tick().
void poll_keeping(State& state);

}  // namespace allocviz::app
