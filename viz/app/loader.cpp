#include "viz/app/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>
#include <thread>
#include <utility>
#include <variant>

#include "core/import/importer.h"
#include "core/trace/json.h"
#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/app/group_view.h"
#include "viz/app/in_the_way.h"

namespace allocviz::app {

namespace {

std::string file_name(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

// Part of a longer piece of work: its own 0 ... 1 is a stretch of the whole's.
trace::Progress part_of(const trace::Progress& whole, double from, double to) {
  trace::Progress part = whole;
  if (whole.report) part.report = [&whole, from, to](double f) { whole.report(from + (to - from) * f); };
  return part;
}

trace::Result<trace::Trace> read(const OpenRequest& request, const trace::Progress& progress) {
  if (!request.path.empty()) return import::open_trace(request.path, progress);
  const auto source = trace::source_of_text(request.json, request.name);
  return trace::read_json(*source, progress);
}

std::vector<std::uint64_t> failed_there(const trace::Trace& trace) {
  std::vector<std::uint64_t> indices;
  if (trace.facts().failed_requests == 0) return indices;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    if ((trace.flags(i) & trace::kFailedThere) != 0) indices.push_back(i);
  }
  return indices;
}

// Requests that failed in the log or on any of the stages.
std::vector<std::uint64_t> all_failures(const State& state) {
  std::vector<std::uint64_t> all = state.document.failed_there;
  for (const Stage& stage : state.stages) {
    const std::vector<std::uint64_t>& here = stage.timeline->failures();
    const auto old = static_cast<std::ptrdiff_t>(all.size());
    all.insert(all.end(), here.begin(), here.end());
    std::inplace_merge(all.begin(), all.begin() + old, all.end());
  }
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::uint64_t widest_arena(const State& state) {
  std::uint64_t bytes = 1;
  for (const Stage& stage : state.stages) bytes = std::max(bytes, stage.timeline->census().arena_bytes);
  return bytes;
}

void remember_path(Settings& settings, const std::string& path) {
  if (path.empty()) return;
  std::erase(settings.recent, path);
  settings.recent.insert(settings.recent.begin(), path);
  if (settings.recent.size() > 10) settings.recent.resize(10);
}

// New stages under an unchanged trace, the cursor at the event where it was.
void take_stages(State& state, std::vector<Stage> stages, replay::Position at) {
  state.stages = std::move(stages);
  state.failures = all_failures(state);
  forget_groups(state);
  state.selection = {};
  state.pins.clear();
  state.bytes = {0, static_cast<double>(widest_arena(state))};
  for (Stage& stage : state.stages) stage.timeline->seek(at);
  follow_cursor(state);
  judge_failure(state);
  state.moved_at_s = -1e9;
}

struct OpenWork {
  OpenRequest request;
  std::optional<trace::Result<Opened>> result;
};
struct RebuildWork {
  std::shared_ptr<const trace::Trace> trace;
  MakeUp to;
  Remember remember = Remember::New;
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
  job.result = open_now(job.request, progress);
}
void run(RebuildWork& job, const trace::Progress& progress) {
  job.result = build_stages(job.trace, job.to.shown, progress);
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

void leave(State& state) {
  state.loading->cancel = true;
  state.leaving.push_back(std::exchange(state.loading, nullptr));
}

bool saving(const State& state) {
  return state.loading != nullptr && std::holds_alternative<SaveWork>(state.loading->work->job);
}

template <class Job>
void start(State& state, std::string what, Job job) {
  if (saving(state)) {
    notice(state, "The file is still being written: try again when that is done");
    return;
  }
  if (state.loading != nullptr) leave(state);
  auto loading = std::make_shared<Loading>();
  loading->what = std::move(what);
  loading->work = std::make_shared<LoadWork>();
  loading->work->job = std::move(job);
  loading->work->cancel = &loading->cancel;
  // The worker's raw pointer is good: ~LoadWork, which joins, runs before any other part of the Loading is gone.
  loading->work->worker = std::thread([raw = loading.get()] { work_on(*raw); });
  state.loading = std::move(loading);
}

void take_make_up(State& state, MakeUp to, Remember as, std::vector<Stage> stages) {
  const MakeUp before = make_up_of(state);
  remember(state.history, before, as);
  // The header is no part of what a replay reads, so a worker that is still leaving is not disturbed.
  state.document.trace->header().allocators = to.named;
  const std::uint64_t event = state.cursor().event;
  take_stages(state, std::move(stages), {event, replay::kAllSteps});
  state.document.default_spec = to.named.empty() && to.shown == state.document.trace->specs_to_open();
  state.document.edited = differs_from_saved(state);
  // Other requests fail now than before.
  if (state.filter.active) set_filter(state, state.filter.text);
}

// The first file could not be opened: a lesson instead, never an empty window.
void leave_placeholder(State& state) {
  if (!state.document.placeholder || state.scenarios.empty()) return;
  auto lesson = open_now(request_of(state, 0));
  if (lesson.ok()) adopt(state, std::move(lesson).value());
}

void take(State& state, OpenWork& job) {
  if (job.result->ok()) return adopt(state, std::move(*job.result).value());
  leave_placeholder(state);
  state.trouble = std::move(*job.result).trouble();
}

void take(State& state, RebuildWork& job) {
  if (job.trace != state.document.trace) return;
  if (job.result->ok()) {
    take_make_up(state, std::move(job.to), job.remember, std::move(*job.result).value());
  } else {
    state.trouble = std::move(*job.result).trouble();
  }
}

void take(State& state, SaveWork& job) {
  if (!job.result->ok()) {
    state.trouble = std::move(*job.result).trouble();
    return;
  }
  state.document.path = job.path;
  mark_saved(state);
  remember_path(state.settings, job.path);
  notice(state, "Saved " + file_name(job.path));
}

}  // namespace

trace::Result<std::vector<Stage>> build_stages(const std::shared_ptr<const trace::Trace>& trace,
                                               const std::vector<trace::AllocatorSpec>& specs,
                                               const trace::Progress& progress) {
  std::vector<Stage> stages;
  for (const trace::AllocatorSpec& spec : specs) {
    const auto done = static_cast<double>(stages.size());
    const auto all = static_cast<double>(specs.size());
    auto timeline = replay::Timeline::build(trace, spec, part_of(progress, done / all, (done + 1) / all));
    if (!timeline.ok()) return std::move(timeline).trouble();
    stages.push_back({.timeline = std::move(timeline).value()});
  }
  for (std::size_t i = 1; i < stages.size(); ++i) {
    const replay::Tally& here = stages[i].timeline->tally();
    stages[i].divergence = analyze::first_divergence(*stages.front().timeline, *stages[i].timeline);
    stages[i].serves_alike = stages.front().timeline->tally().first_served_otherwise(here) >= here.size();
  }
  return stages;
}

trace::Result<Opened> open_now(const OpenRequest& request, const trace::Progress& progress) {
  const double reading = 0.5;  // about half of the time goes into reading, the rest into replaying
  auto trace = read(request, part_of(progress, 0, reading));
  if (!trace.ok()) return std::move(trace).trouble();
  Opened opened;
  Document& document = opened.document;
  document.trace = std::make_shared<trace::Trace>(std::move(trace).value());
  const std::vector<trace::AllocatorSpec> specs =
      request.specs.empty() ? document.trace->specs_to_open() : request.specs;
  auto stages = build_stages(document.trace, specs, part_of(progress, reading, 1));
  if (!stages.ok()) {
    trace::Trouble trouble = std::move(stages).trouble();
    if (trouble.where.file.empty()) trouble.where.file = request.path.empty() ? request.name : request.path;
    return trouble;
  }
  opened.stages = std::move(stages).value();
  const trace::Header& header = document.trace->header();
  document.path = request.path;
  document.title = header.name.empty() ? file_name(request.path.empty() ? request.name : request.path) : header.name;
  document.default_spec = request.specs.empty() && header.allocators.empty();
  document.failed_there = failed_there(*document.trace);
  if (document.trace->has_times()) document.clock = std::make_shared<const replay::Clock>(*document.trace);
  opened.scenario = request.scenario;
  opened.at = request.at;
  return opened;
}

void adopt(State& state, Opened opened) {
  state.document = std::move(opened.document);
  state.scenario = opened.scenario;
  state.history = {};
  state.filter = {};
  state.groups.anchor.reset();
  state.event_list.top = state.failure_list.top = 0;
  state.playback.playing = state.playback.resume_after_scrub = false;
  state.playback.carry = 0;
  state.only_color.reset();
  state.trouble.reset();
  take_stages(state, std::move(opened.stages), opened.at);
  state.document.saved = make_up_of(state);
  state.moved_from = state.cursor();
  state.time = {0, state.time_end()};
  state.range.reset();
  remember_path(state.settings, state.document.path);
}

OpenRequest request_of(const State& state, std::size_t scenario) {
  OpenRequest request;
  request.json = state.scenarios[scenario].json;
  request.name = state.scenarios[scenario].title;
  request.scenario = scenario;
  return request;
}

MakeUp make_up_of(const State& state) {
  MakeUp now;
  now.named = state.document.trace->header().allocators;
  for (const Stage& stage : state.stages) now.shown.push_back(stage.timeline->spec());
  return now;
}

void start_opening(State& state, OpenRequest request) {
  std::string what = "Opening " + file_name(request.path.empty() ? request.name : request.path);
  start(state, std::move(what), OpenWork{std::move(request), {}});
}

void change_make_up(State& state, MakeUp to, Remember remember) {
  if (saving(state)) return notice(state, "The file is still being written: try again when that is done");
  const std::shared_ptr<const trace::Trace> trace = state.document.trace;
  RebuildWork job{trace, std::move(to), remember, {}};
  if (trace->size() > kEventsAtOnce) return start(state, "Replaying " + state.document.title, std::move(job));
  cancel_loading(state);
  run_guarded(job, {});
  take(state, job);
}

void start_saving(State& state, std::string path) {
  SaveWork job{state.document.trace, std::move(path), {}};
  if (saving(state) || state.document.trace->size() > kEventsAtOnce) {
    return start(state, "Saving " + file_name(job.path), std::move(job));
  }
  run_guarded(job, {});
  take(state, job);
}

bool is_in_use(const State& state) {
  const auto saves = [](const std::shared_ptr<Loading>& loading) {
    return std::holds_alternative<SaveWork>(loading->work->job) && !loading->done;
  };
  return state.loading != nullptr || std::any_of(state.leaving.begin(), state.leaving.end(), saves);
}

bool poll_loading(State& state) {
  std::erase_if(state.leaving, [](const std::shared_ptr<Loading>& loading) { return loading->done.load(); });
  if (state.loading == nullptr || !state.loading->done) return false;
  const std::shared_ptr<Loading> finished = std::exchange(state.loading, nullptr);
  if (finished->work->worker.joinable()) finished->work->worker.join();
  std::visit([&](auto& job) { take(state, job); }, finished->work->job);
  return true;
}

void finish_loading(State& state) {
  if (state.loading != nullptr) state.loading->work->worker.join();
  poll_loading(state);
}

void cancel_loading(State& state) {
  if (state.loading == nullptr) return;
  leave(state);
  leave_placeholder(state);
}

}  // namespace allocviz::app
