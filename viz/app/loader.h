// Opening, rebuilding and saving: in the foreground for tests and screenshots, on a worker thread for the window.
//
//   request ----> worker: read, replay on each allocator ----> Opened ----> adopt(): becomes the document
//                    |  fraction, cancel (atomics)                              on the UI thread, in poll_loading()
//                    +- of a long log the first part ----> adopt(), and adopt_rest() when the whole is there
//                    +- Trouble: the document before stays as it was, the bar above the stage says why; were it a first
//                       part, its rest is read on all the while (State::rest)
//
// A first part whose rest is cancelled or cannot be read stays the document, and its title says what it is.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "viz/app/adopt.h"
#include "viz/app/history.h"
#include "viz/app/opening.h"
#include "viz/app/state.h"

namespace allocviz::app {

// Logs of fewer events are replayed at once, without a worker: that takes less than a frame.
inline constexpr std::uint64_t kEventsAtOnce = 5'000;

// Begins on a worker, replacing whatever another worker was opening. A save under way is never replaced: the request is
// refused with a notice.
void start_opening(State& state, OpenRequest request);
// Takes over what the worker finished, or the first part of it; true when it did.
bool poll_loading(State& state);
// Waits for the worker and takes over: for tests and --screenshot only.
void finish_loading(State& state);
// Cancels what was begun last; the rest of the log that is shown, read beside it, is read on.
void cancel_loading(State& state);
// Cancels everything: another document takes its place now.
void give_up_loading(State& state);
// Whether a worker reads the document, or may still.
[[nodiscard]] bool is_in_use(const State& state);
// Whether there is something under way that the window should say: what is done in a moment is not, so that nothing
// flickers.
inline constexpr double kShownAfterSeconds = 0.3;
[[nodiscard]] bool is_loading_shown(const State& state);
// Whether the document is the first part of a log whose rest is being read.
[[nodiscard]] bool is_reading_rest(const State& state);
// The same; if so a notice says that this has to wait: saving, and what would have to be done again for the whole.
[[nodiscard]] bool waits_for_rest(State& state);

// The make-up as it is now, and a change of it: `shown` is built on a worker where the log is long. Only when that has
// succeeded is anything changed: history, header, stages.
[[nodiscard]] MakeUp make_up_of(const State& state);
void change_make_up(State& state, MakeUp to, Remember remember);

// Writes the document to `path`, on a worker where it is long; `edited` ends when the file stands.
void start_saving(State& state, std::string path);

}  // namespace allocviz::app
