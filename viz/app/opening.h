// From a file to a document: what a worker does to open one, or whoever waits for it.
//
//   short log    read, replay ------------------------------------------------------> Opened
//   long log     read 16 MiB, replay --> first part;  read it all and replay on the way --> Opened
//   kept log     map its columns, replay some --> first part;  replay all ----------> Opened
//   kept replay  map its columns, read what the replay found -----------------------> Opened
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/replay/ahead.h"
#include "core/replay/kept.h"
#include "core/trace/cache.h"
#include "core/trace/io.h"
#include "viz/app/state.h"

namespace allocviz::app {

struct OpenRequest {
  std::string path;                             // a file, or ...
  std::string_view json;                        // ... the text of a scenario, which must outlive the request
  std::string name;                             // what the scenario is called in messages
  std::optional<std::size_t> scenario;          // its index in State::scenarios
  std::vector<trace::AllocatorSpec> specs;      // empty = what the trace says
  std::optional<std::uint64_t> process{};       // of a log of several; absent: the one with the most events
  std::vector<trace::LoggedProcess> counted{};  // what is known of that log's processes
  replay::Position at{0, replay::kAllSteps};
};

struct Opened {
  Document document;
  std::vector<Stage> stages;
  std::optional<std::size_t> scenario;
  replay::Position at{};
  bool continues = false;  // it begins with the first part that was handed out before
};

[[nodiscard]] OpenRequest request_of(const State& state, std::size_t scenario);

// Reads and replays. Trouble names the file and the place; a cancelled call comes back with some Trouble too.
[[nodiscard]] trace::Result<Opened> open_now(const OpenRequest& request, const trace::Progress& progress = {});
// The same; of a long log the first part is handed out as soon as it is there. What is wrong with the first part alone
// is not said: the whole is what counts.
[[nodiscard]] trace::Result<Opened> open_in_parts(const OpenRequest& request, const LongLogs& ways,
                                                  const std::function<void(Opened)>& take_first,
                                                  const trace::Progress& progress);
// Whether so much is freed on its way that giving it back is worth its milliseconds.
[[nodiscard]] bool is_long(const trace::Trace& trace);
// What was taken and freed is the system's again: an allocator keeps it, thread by thread, for more of the same, which
// after reading a log does not come, nor when the cursor comes to rest.
void give_back_freed();
// Before that: no thread keeps more than a MiB of what it freed, until give_back_freed().
void keep_little_freed();
// begun: a replay that began while the trace was read; kept: where what replays found may be. Both may be null.
[[nodiscard]] trace::Result<std::vector<Stage>> build_stages(const std::shared_ptr<const trace::Trace>& trace,
                                                             const std::vector<trace::AllocatorSpec>& specs,
                                                             const trace::Progress& progress = {},
                                                             replay::ReplayAhead* begun = nullptr,
                                                             const replay::KeptReplays* kept = nullptr);

// "log.json" of "/var/log.json".
[[nodiscard]] std::string file_name(std::string_view path);
// "log.json", or, while it is no more than that, "log.json (first 381 204 events)".
[[nodiscard]] std::string full_title(const Document& document);
// With the file it is in, where that is called otherwise: "mine.json · The first split".
[[nodiscard]] std::string title_with_file(const Document& document);

}  // namespace allocviz::app
