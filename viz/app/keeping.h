// Keeping a long log's columns (core/trace/cache.h) and what its replays found (core/replay/kept.h) for the next time
// it is opened, beside the frames and without a word: what fails is done without.
#pragma once

#include <optional>

#include "core/replay/kept.h"
#include "viz/app/state.h"

namespace allocviz::app {

// Where replays of the document may be found, and are to be kept; nothing where nothing is.
[[nodiscard]] std::optional<replay::KeptReplays> kept_replays(const State& state);
// Begins to write what is not there yet: the document as it was read, where nothing was written into it since, and what
// the replays that are shown have found. What is already being written is written first.
void start_keeping(State& state);
// When it returns nobody reads the document for this any more; what was not yet kept is not. Waits for a few
// milliseconds at most.
void stop_keeping(State& state);
// The same without waiting: what is being kept need not be any more.
void give_up_keeping(State& state);
// Takes leave of a worker that is done; called by tick().
void poll_keeping(State& state);

}  // namespace allocviz::app
