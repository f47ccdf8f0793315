#include "viz/app/opening.h"

#include <fmt/format.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/import/importer.h"
#include "core/trace/beginning.h"
#include "core/trace/json.h"
#include "viz/app/front_timeline.h"

namespace allocviz::app {

namespace {

using SharedTrace = std::shared_ptr<trace::Trace>;

constexpr double kReading = 0.5;       // about half of the time goes into reading, the rest into replaying ...
constexpr double kReadingAhead = 0.9;  // ... of which little is left where that began meanwhile

// What replays of as many events found is read within half a second; of more the first part is shown meanwhile, for a
// disk may be slow.
constexpr std::uint64_t kReadInAMoment = 20'000'000;
constexpr std::uint64_t kFewBytes = 4096;  // no log needs so many for an event, on the average

// Part of a longer piece of work: its own 0 ... 1 is a stretch of the whole's.
trace::Progress part_of(const trace::Progress& whole, double from, double to) {
  trace::Progress part = whole;
  if (whole.report) part.report = [&whole, from, to](double f) { whole.report(from + (to - from) * f); };
  return part;
}

trace::Result<trace::Trace> read_whole(const OpenRequest& request, const trace::Progress& progress) {
  if (!request.path.empty()) return import::open_trace(request.path, progress, {.process = request.process});
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

// Where one process is asked for the events of the others are not counted; where the busiest was looked for they were.
void add_counts(std::vector<trace::LoggedProcess>& processes, const std::vector<trace::LoggedProcess>& counted) {
  for (trace::LoggedProcess& process : processes) {
    for (const trace::LoggedProcess& known : counted) {
      if (process.number == known.number && process.events == 0) process.events = known.events;
    }
  }
}

std::vector<trace::AllocatorSpec> specs_of(const OpenRequest& request, const trace::Trace& trace) {
  return request.specs.empty() ? trace.specs_to_open() : request.specs;
}

// Everything that belongs to a trace once it was read.
trace::Result<Opened> replayed(const OpenRequest& request, SharedTrace trace, const trace::Progress& progress,
                               replay::ReplayAhead* begun = nullptr, const replay::KeptReplays* kept = nullptr) {
  Opened opened;
  Document& document = opened.document;
  document.trace = std::move(trace);
  add_counts(document.trace->header().processes, request.counted);
  auto stages = build_stages(document.trace, specs_of(request, *document.trace), progress, begun, kept);
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

// Whether it takes long enough to read a file that its beginning is worth showing. What can be read only once (a pipe)
// is not.
bool is_long(const std::string& path, const LongLogs& ways) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  // What is packed comes to several times as much; how much of it there is, is seen when its first part was read.
  return !error && (bytes >= 2 * ways.first_bytes || (bytes >= ways.first_bytes / 4 && trace::is_packed(path)));
}

// One log being opened part by part.
class InParts {
 public:
  InParts(const OpenRequest& request, const LongLogs& ways, const std::function<void(Opened)>& take_first,
          const trace::Progress& progress)
      : request_(request), ways_(ways), take_first_(take_first), progress_(progress) {}

  trace::Result<Opened> open() {
    // What is kept of a file is what it is opened with when nothing is said.
    const bool keeps = !ways_.cache.folder.empty() && !request_.process;
    const std::optional<trace::FileMark> mark = keeps ? trace::mark_of(request_.path) : std::nullopt;
    if (auto kept = mark ? trace::read_cached(ways_.cache, *mark) : std::nullopt) return from(*std::move(kept), *mark);
    auto whole = read();
    if (!whole.ok()) return std::move(whole).trouble();
    auto opened = finish(std::make_shared<trace::Trace>(std::move(whole).value()), ahead_ ? kReadingAhead : kReading);
    // A file that was written to while it was read is not what it was marked as.
    const bool keep = opened.ok() && mark && opened->document.trace->size() >= ways_.cache.from_events;
    if (keep && trace::mark_of(request_.path) == mark) opened->document.log = LogOf{*mark, opened->document.trace};
    return opened;
  }

 private:
  trace::Result<Opened> from(trace::Trace kept, const trace::FileMark& mark) {
    const auto whole = std::make_shared<trace::Trace>(std::move(kept));
    const replay::KeptReplays replays{ways_.cache, mark};
    const std::vector<trace::AllocatorSpec> specs = specs_of(request_, *whole);
    const bool at_once = whole->size() <= kReadInAMoment &&
                         std::all_of(specs.begin(), specs.end(), [&](const trace::AllocatorSpec& spec) {
                           return replay::is_kept(replays, whole->size(), spec);
                         });
    if (!at_once && whole->size() >= 3 * ways_.first_events) show(trace::beginning_of(*whole, ways_.first_events));
    auto opened = finish(whole, 0, &replays);
    if (opened.ok()) opened->document.log = LogOf{mark, whole, false};
    return opened;
  }

  trace::Result<trace::Trace> read() {
    if (!is_long(request_.path, ways_)) return read_whole(request_, part_of(progress_, 0, kReading));
    // A header with a table of many call sites may take all of the first bytes: then more of them are tried, once.
    for (const std::uint64_t bytes : {ways_.first_bytes, 4 * ways_.first_bytes}) {
      bool more_follows = true;
      import::ReadOptions options{.process = request_.process};
      options.limits.first_bytes = bytes;
      options.more_follows = &more_follows;
      auto first = import::open_trace(request_.path, part_of(progress_, 0, 0), options);
      if (first.ok() && !more_follows) return first;
      // What holds hardly an event is no log, most likely: the document before stays until that is known.
      if (!first.ok() || first->size() <= ways_.first_bytes / kFewBytes) continue;
      show(std::move(first).value());
      break;
    }
    return read_and_replay();
  }

  // Two threads at once: the second is not worth its trouble for a log that is read in a moment.
  trace::Result<trace::Trace> read_and_replay() {
    keep_little_freed();
    ahead_ = std::make_unique<replay::ReplayAhead>(request_.specs.empty() ? std::nullopt
                                                                          : std::optional(request_.specs.front()));
    trace::Progress progress = part_of(progress_, 0, kReadingAhead);
    progress.watcher = ahead_.get();
    return read_whole(request_, progress);
  }

  void show(trace::Trace first) {
    part_ = std::make_shared<trace::Trace>(std::move(first));
    auto opened = replayed(request_, part_, part_of(progress_, 0, 0));
    if (!opened.ok()) {
      part_ = nullptr;
      return;
    }
    opened->document.first_part = true;
    take_first_(std::move(opened).value());
    if (ways_.before_rest) ways_.before_rest();
  }

  trace::Result<Opened> finish(SharedTrace whole, double from, const replay::KeptReplays* kept = nullptr) {
    // Its columns alone are looked at here: what people write at the part's events meanwhile stands beside them.
    const bool continues = part_ != nullptr && trace::begins_with(*whole, *part_);
    part_ = nullptr;
    auto opened = replayed(request_, std::move(whole), part_of(progress_, from, 1), ahead_.get(), kept);
    ahead_ = nullptr;
    give_back_freed();
    if (opened.ok()) opened->continues = continues;
    return opened;
  }

  const OpenRequest& request_;
  const LongLogs& ways_;
  const std::function<void(Opened)>& take_first_;
  const trace::Progress& progress_;
  SharedTrace part_;                            // handed out; null where none was
  std::unique_ptr<replay::ReplayAhead> ahead_;  // of a long log while the whole is read
};

}  // namespace

trace::Result<std::vector<Stage>> build_stages(const std::shared_ptr<const trace::Trace>& trace,
                                               const std::vector<trace::AllocatorSpec>& specs,
                                               const trace::Progress& progress, replay::ReplayAhead* begun,
                                               const replay::KeptReplays* kept) {
  std::vector<Stage> stages;
  for (const trace::AllocatorSpec& spec : specs) {
    const auto done = static_cast<double>(stages.size());
    const auto all = static_cast<double>(specs.size());
    const trace::Progress part = part_of(progress, done / all, (done + 1) / all);
    std::unique_ptr<replay::Timeline> timeline = kept ? replay::kept_timeline(*kept, trace, spec, part) : nullptr;
    const bool is_kept = timeline != nullptr;
    if (!is_kept) {
      const bool ahead = begun != nullptr && stages.empty();
      auto built = ahead ? begun->finish(trace, spec, part) : replay::Timeline::build(trace, spec, part);
      if (!built.ok()) return std::move(built).trouble();
      timeline = std::move(built).value();
    }
    stages.push_back({.timeline = std::make_unique<FrontTimeline>(std::move(timeline)), .kept = is_kept});
  }
  for (std::size_t i = 1; i < stages.size(); ++i) {
    const replay::Tally& here = stages[i].timeline->tally();
    stages[i].divergence = analyze::first_divergence(*stages.front().timeline, *stages[i].timeline);
    stages[i].serves_alike = stages.front().timeline->tally().first_served_otherwise(here) >= here.size();
  }
  return stages;
}

void keep_little_freed() {
#ifdef __GLIBC__
  // Set by hand neither moves: the end of a thread's memory, which malloc_trim leaves alone, stays as short as the
  // first says, and the second is high enough that what grows is not mapped anew each time.
  ::mallopt(M_TRIM_THRESHOLD, 1 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
#endif
}

bool is_long(const trace::Trace& trace) {
  return trace.size() >= replay::kLongTrace;
}

void give_back_freed() {
#ifdef __GLIBC__
  ::malloc_trim(0);
  // From here on what is freed is soon wanted again, at each move of the cursor: the bounds that glibc itself ends at.
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

trace::Result<Opened> open_now(const OpenRequest& request, const trace::Progress& progress) {
  auto trace = read_whole(request, part_of(progress, 0, kReading));
  if (!trace.ok()) return std::move(trace).trouble();
  auto shared = std::make_shared<trace::Trace>(std::move(trace).value());
  return replayed(request, std::move(shared), part_of(progress, kReading, 1));
}

trace::Result<Opened> open_in_parts(const OpenRequest& request, const LongLogs& ways,
                                    const std::function<void(Opened)>& take_first, const trace::Progress& progress) {
  if (request.path.empty()) return open_now(request, progress);
  return InParts(request, ways, take_first, progress).open();
}

OpenRequest request_of(const State& state, std::size_t scenario) {
  OpenRequest request;
  request.json = state.scenarios[scenario].json;
  request.name = state.scenarios[scenario].title;
  request.scenario = scenario;
  return request;
}

std::string file_name(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string title_with_file(const Document& document) {
  const std::string file = file_name(document.path);
  return file.empty() || file == document.title ? full_title(document) : file + " · " + full_title(document);
}

std::string full_title(const Document& document) {
  if (!document.first_part) return document.title;
  return fmt::format("{} (first {} events)", document.title, trace::count_text(document.trace->size()));
}

}  // namespace allocviz::app
