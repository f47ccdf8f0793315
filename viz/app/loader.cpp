#include "viz/app/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <new>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/replay/kept.h"
#include "core/trace/json.h"
#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/app/keeping.h"
#include "viz/app/moving.h"

namespace allocviz::app {

namespace {

struct OpenWork {
  OpenRequest request;
  LongLogs ways;
  std::optional<Opened> first;  // written before `first_ready` is set, the window's after that
  std::atomic<bool>* first_ready = nullptr;
  std::optional<trace::Result<Opened>> result;
};
struct RebuildWork {
  std::shared_ptr<const trace::Trace> trace;
  MakeUp to;
  Remember remember = Remember::New;
  std::optional<replay::KeptReplays> kept;
  std::optional<trace::Result<std::vector<Stage>>> result;
};
struct SaveWork {
  std::shared_ptr<const trace::Trace> trace;
  std::string path;
  std::optional<trace::Status> result;
};

}  // namespace

// Owned by the Loading that the worker belongs to; the worker writes `job`'s result, then `done`, and nothing after it.
struct LoadWork {
  std::variant<OpenWork, RebuildWork, SaveWork> job;
  std::atomic<bool>* cancel = nullptr;
  std::thread worker;
  ~LoadWork() {
    *cancel = true;
    if (worker.joinable()) worker.join();
  }
};

namespace {

void run(OpenWork& job, const trace::Progress& progress) {
  const auto take_first = [&job](Opened first) {
    job.first = std::move(first);
    if (job.first_ready != nullptr) *job.first_ready = true;
  };
  job.result = open_in_parts(job.request, job.ways, take_first, progress);
}
void run(RebuildWork& job, const trace::Progress& progress) {
  job.result = build_stages(job.trace, job.to.shown, progress, nullptr, job.kept ? &*job.kept : nullptr);
}
void run(SaveWork& job, const trace::Progress& progress) {
  job.result = trace::write_json(*job.trace, job.path, progress);
}

// Libraries below throw nothing but what the machine runs out of.
template <class Job>
void run_guarded(Job& job, const trace::Progress& progress) {
  try {
    run(job, progress);
  } catch (const std::bad_alloc&) {
    job.result = trace::Trouble{"there is not enough memory for this", {}, "close other programs, or cut the log"};
  } catch (const std::exception& error) {
    job.result = trace::Trouble{error.what(), {}, ""};
  }
}

void work_on(Loading& loading) {
  trace::Progress progress;
  progress.report = [&loading](double fraction) { loading.fraction = fraction; };
  progress.cancelled = [&loading] { return loading.cancel.load(); };
  std::visit([&](auto& job) { run_guarded(job, progress); }, loading.work->job);
  loading.done = true;
}

void leave(State& state, std::shared_ptr<Loading>& loading) {
  if (loading == nullptr) return;
  loading->cancel = true;
  state.leaving.push_back(std::exchange(loading, nullptr));
}

// What was under way beside it goes on as the only one.
void return_to_rest(State& state) {
  if (state.loading == nullptr) state.loading = std::exchange(state.rest, nullptr);
}

template <class Job>
bool is_work_of(const std::shared_ptr<Loading>& loading) {
  return loading != nullptr && loading->work != nullptr && std::holds_alternative<Job>(loading->work->job);
}

bool saving(const State& state) {
  return is_work_of<SaveWork>(state.loading);
}

bool shows_first(const std::shared_ptr<Loading>& loading) {
  return loading != nullptr && loading->shows_first;
}

template <class Job>
void start(State& state, std::string what, Job job) {
  constexpr bool opens = std::is_same_v<Job, OpenWork>;
  if (saving(state)) {
    notice(state, "The file is still being written: try again when that is done");
    return;
  }
  // The rest of a log is read on until it is known that something else takes the log's place.
  if (opens && shows_first(state.loading)) state.rest = std::exchange(state.loading, nullptr);
  leave(state, state.loading);
  state.compares_next = false;  // of what is given up
  auto loading = std::make_shared<Loading>();
  loading->what = std::move(what);
  loading->started_at_s = state.now_s;
  loading->work = std::make_shared<LoadWork>();
  loading->work->job = std::move(job);
  loading->work->cancel = &loading->cancel;
  if (auto* open = std::get_if<OpenWork>(&loading->work->job)) open->first_ready = &loading->first_ready;
  // The worker's raw pointer is good: ~LoadWork, which joins, runs before any other part of the Loading is gone.
  loading->work->worker = std::thread([raw = loading.get()] { work_on(*raw); });
  state.loading = std::move(loading);
}

void take_make_up(State& state, MakeUp to, Remember as, std::vector<Stage> stages) {
  const MakeUp before = make_up_of(state);
  remember(state.history, before, as);
  // The header is no part of what a replay reads, so a worker that is still leaving is not disturbed.
  state.document.trace->header().allocators = to.named;
  const std::uint64_t event = heading(state).event;
  take_stages(state, std::move(stages), {event, replay::kAllSteps});
  state.document.default_spec = to.named.empty() && to.shown == state.document.trace->specs_to_open();
  state.document.edited = differs_from_saved(state);
  // Other requests fail now than before.
  if (state.filter.active) set_filter(state, state.filter.text);
}

// A log's first part is not written over the log.
bool loses_rest(State& state, const std::string& path) {
  std::error_code error;
  const Document& document = state.document;
  if (!document.first_part || !std::filesystem::equivalent(path, document.path, error)) return false;
  state.trouble = trace::Trouble{"only the first events of this log were read, and the rest of it would be lost",
                                 {.file = path},
                                 "save under another name, or open the log again"};
  return true;
}

// The first file could not be opened: a lesson instead, never an empty window.
void leave_placeholder(State& state) {
  if (!state.document.placeholder || state.scenarios.empty()) return;
  auto lesson = open_now(request_of(state, 0));
  if (lesson.ok()) adopt(state, std::move(lesson).value());
}

void take_first(State& state, Loading& loading, OpenWork& job) {
  leave(state, state.rest);  // of the document that was shown until now
  loading.shows_first = true;
  adopt(state, *std::exchange(job.first, std::nullopt));
  loading.what = fmt::format("Reading the rest of {}: its first {} events are shown", file_name(job.request.path),
                             trace::count_text(state.document.trace->size()));
}

void take_whole(State& state, const Loading& loading, Opened opened) {
  if (loading.shows_first && opened.continues) {
    adopt_rest(state, std::move(opened));
  } else {
    leave(state, state.rest);
    adopt(state, std::move(opened));
  }
  if (is_long(*state.document.trace)) give_back_freed();  // what the first part was
  start_keeping(state);
}

void take(State& state, Loading& loading, OpenWork& job) {
  if (job.result->ok()) {
    job.first.reset();  // where nobody took it
    return take_whole(state, loading, std::move(*job.result).value());
  }
  if (job.first) take_first(state, loading, job);  // as far as it could be read
  leave_placeholder(state);
  state.trouble = std::move(*job.result).trouble();
}

void take(State& state, Loading&, RebuildWork& job) {
  if (job.trace != state.document.trace) return;
  if (job.result->ok()) {
    take_make_up(state, std::move(job.to), job.remember, std::move(*job.result).value());
    start_keeping(state);
  } else {
    state.compares_next = false;
    state.trouble = std::move(*job.result).trouble();
  }
}

void take(State& state, Loading&, SaveWork& job) {
  if (!job.result->ok()) {
    state.put_off.reset();
    state.trouble = std::move(*job.result).trouble();
    return;
  }
  state.document.path = job.path;
  if (state.document.trace->header().name.empty()) state.document.title = file_name(job.path);
  state.document.first_part = false;  // of this file it is all there is
  mark_saved(state);
  state.trouble.reset();  // a folder that took no file, mostly
  remember_path(state.settings, job.path);
  notice(state, "Saved " + file_name(job.path));
}

// What is being read is not given up for a name that leads nowhere. A pipe is not tried: it is read once.
bool leads_nowhere(State& state, const std::string& path) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  using Type = std::filesystem::file_type;
  if (path.empty() || (type != Type::regular && type != Type::directory && type != Type::not_found)) return false;
  auto source = trace::open_source(path);
  if (source.ok()) return false;
  state.trouble = std::move(source).trouble();
  return true;
}

}  // namespace

MakeUp make_up_of(const State& state) {
  MakeUp now;
  now.named = state.document.trace->header().allocators;
  for (const Stage& stage : state.stages) now.shown.push_back(stage.timeline->spec());
  return now;
}

void start_opening(State& state, OpenRequest request) {
  if (state.loading != nullptr && leads_nowhere(state, request.path)) return;
  std::string what = "Opening " + file_name(request.path.empty() ? request.name : request.path);
  give_up_keeping(state);
  OpenWork job;
  job.request = std::move(request);
  job.ways = state.long_logs;
  if (!state.settings.keep_logs) job.ways.cache.folder.clear();
  start(state, std::move(what), std::move(job));
}

void change_make_up(State& state, MakeUp to, Remember remember) {
  if (saving(state)) return notice(state, "The file is still being written: try again when that is done");
  if (waits_for_rest(state)) return;
  const std::shared_ptr<const trace::Trace> trace = state.document.trace;
  RebuildWork job{trace, std::move(to), remember, kept_replays(state), {}};
  if (trace->size() > kEventsAtOnce) return start(state, "Replaying " + state.document.title, std::move(job));
  cancel_loading(state);
  run_guarded(job, {});
  Loading at_once;
  take(state, at_once, job);
}

void start_saving(State& state, std::string path) {
  if (waits_for_rest(state) || loses_rest(state, path)) {
    state.put_off.reset();  // what waited for the file
    return;
  }
  SaveWork job{state.document.trace, std::move(path), {}};
  if (saving(state) || state.document.trace->size() > kEventsAtOnce) {
    return start(state, "Saving " + file_name(job.path), std::move(job));
  }
  run_guarded(job, {});
  Loading at_once;
  take(state, at_once, job);
}

bool is_reading_rest(const State& state) {
  return shows_first(state.loading) || state.rest != nullptr;
}

bool is_loading_shown(const State& state) {
  if (state.loading == nullptr) return false;
  const bool at_once = state.document.placeholder || is_reading_rest(state);  // there is nothing else to look at
  return at_once || state.now_s - state.loading->started_at_s >= kShownAfterSeconds;
}

bool waits_for_rest(State& state) {
  if (!is_reading_rest(state)) return false;
  notice(state, "The rest of the log is still being read: try again when it is there, or cancel that");
  return true;
}

bool is_in_use(const State& state) {
  const auto saves = [](const std::shared_ptr<Loading>& loading) {
    return is_work_of<SaveWork>(loading) && !loading->done;
  };
  // The rest of a log is read beside its first part, not from it.
  const bool reads = state.loading != nullptr && !is_reading_rest(state);
  return reads || std::any_of(state.leaving.begin(), state.leaving.end(), saves);
}

namespace {

bool take_finished(State& state, std::shared_ptr<Loading>& loading) {
  const std::shared_ptr<Loading> finished = std::exchange(loading, nullptr);
  if (finished->work->worker.joinable()) finished->work->worker.join();
  std::visit([&](auto& job) { take(state, *finished, job); }, finished->work->job);
  return true;
}

}  // namespace

bool poll_loading(State& state) {
  std::erase_if(state.leaving, [](const std::shared_ptr<Loading>& loading) { return loading->done.load(); });
  if (state.rest != nullptr && state.rest->done) return take_finished(state, state.rest);
  if (state.loading == nullptr) return false;
  if (!state.loading->done) {
    if (!state.loading->first_ready || state.loading->shows_first) return false;
    take_first(state, *state.loading, std::get<OpenWork>(state.loading->work->job));
    return true;
  }
  take_finished(state, state.loading);
  return_to_rest(state);
  return true;
}

void finish_loading(State& state) {
  if (state.loading != nullptr) state.loading->work->worker.join();
  if (state.loading != nullptr) take_finished(state, state.loading);
  return_to_rest(state);
}

void give_up_loading(State& state) {
  leave(state, state.rest);
  cancel_loading(state);
}

void cancel_loading(State& state) {
  if (state.loading == nullptr) return;
  leave(state, state.loading);
  state.compares_next = false;
  return_to_rest(state);
  leave_placeholder(state);
}

}  // namespace allocviz::app
