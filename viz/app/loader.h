// Opening, rebuilding and saving: in the foreground for tests and screenshots, on a worker thread for the window.
//
//   request ----> worker: read, replay on each allocator ----> Opened ----> adopt(): becomes the document
//                    |  fraction, cancel (atomics)                              on the UI thread, in poll_loading()
//                    +- Trouble: the document before stays as it was, the bar above the stage says why
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/trace/io.h"
#include "viz/app/history.h"
#include "viz/app/state.h"

namespace allocviz::app {

// Logs of fewer events are replayed at once, without a worker: that takes less than a frame.
inline constexpr std::uint64_t kEventsAtOnce = 5'000;

struct OpenRequest {
  std::string path;                         // a file, or ...
  std::string_view json;                    // ... the text of a scenario, which must outlive the request
  std::string name;                         // what the scenario is called in messages
  std::optional<std::size_t> scenario;      // its index in State::scenarios
  std::vector<trace::AllocatorSpec> specs;  // empty = what the trace says
  replay::Position at{0, replay::kAllSteps};
};

struct Opened {
  Document document;
  std::vector<Stage> stages;
  std::optional<std::size_t> scenario;
  replay::Position at{};
};

[[nodiscard]] OpenRequest request_of(const State& state, std::size_t scenario);

// Reads and replays. Trouble names the file and the place; a cancelled call comes back with some Trouble too.
[[nodiscard]] trace::Result<Opened> open_now(const OpenRequest& request, const trace::Progress& progress = {});
[[nodiscard]] trace::Result<std::vector<Stage>> build_stages(const std::shared_ptr<const trace::Trace>& trace,
                                                             const std::vector<trace::AllocatorSpec>& specs,
                                                             const trace::Progress& progress = {});
// The opened trace becomes the document: views, selection, search and history begin anew, settings stay.
void adopt(State& state, Opened opened);

// Begins on a worker, replacing whatever another worker was opening. A save under way is never replaced: the request is
// refused with a notice.
void start_opening(State& state, OpenRequest request);
// Takes over what the worker finished; true when it did.
bool poll_loading(State& state);
// Waits for the worker and takes over: for tests and --screenshot only.
void finish_loading(State& state);
void cancel_loading(State& state);
// Whether a worker reads the document, or may still.
[[nodiscard]] bool is_in_use(const State& state);

// The make-up as it is now, and a change of it: `shown` is built on a worker where the log is long. Only when that has
// succeeded is anything changed: history, header, stages.
[[nodiscard]] MakeUp make_up_of(const State& state);
void change_make_up(State& state, MakeUp to, Remember remember);

// Writes the document to `path`, on a worker where it is long; `edited` ends when the file stands.
void start_saving(State& state, std::string path);

}  // namespace allocviz::app
