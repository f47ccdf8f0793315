// alloctrace replay: the log through the real allocators, one after the other, and what came of it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/cli/choice.h"
#include "core/cli/commands.h"
#include "core/cli/json_writer.h"
#include "core/cli/terminal.h"
#include "core/replay/ahead.h"
#include "core/replay/narrate.h"
#include "core/replay/timeline.h"

namespace allocviz::cli {
namespace {

using replay::Outcome;
using replay::OutcomeKind;
using replay::Summary;
using trace::AllocatorSpec;
using trace::count_text;
using trace::Event;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::size_t kNameWidth = 20;
constexpr std::size_t kWriteBytes = std::size_t{1} << 16;

struct Run {
  AllocatorSpec spec;
  Summary summary;
};

// begun: a replay that began while the log was read; may be null.
Result<Run> run_on(const std::shared_ptr<const Trace>& trace, const AllocatorSpec& spec, replay::ReplayAhead* begun) {
  const ProgressBar bar("replaying");
  auto timeline = begun == nullptr ? replay::Timeline::build(trace, spec, bar.progress(), replay::kSummaryAlone)
                                   : begun->finish(trace, spec, bar.progress());
  if (!timeline) return std::move(timeline).trouble();
  return Run{spec, (*timeline)->summary()};
}

const char* reason_of(const Event& event, const Outcome& outcome) {
  if (outcome.kind == OutcomeKind::Failed) return replay::name_of(outcome.why);
  if (outcome.kind == OutcomeKind::FreeOfFailed) return "free-of-failed";
  if (event.op == trace::Op::Mark) return "mark";
  if (event.op == trace::Op::Reset) return "reset";
  if (event.has(trace::kFailedThere)) return "failed-in-the-log";
  if (event.has(trace::kNullFree)) return "null-free";
  return "unknown-id";
}

// "event offset size"; a free: "event offset 0"; what placed nothing: "event - reason".
void put_placement(std::string& out, std::uint64_t number, const Event& event, const Outcome& outcome) {
  if (outcome.kind == OutcomeKind::Placed) {
    out += fmt::format("{} {} {}\n", number, outcome.offset, std::max<std::uint64_t>(event.size, 1));
  } else if (outcome.kind == OutcomeKind::Freed) {
    out += fmt::format("{} {} 0\n", number, outcome.offset);
  } else {
    out += fmt::format("{} - {}\n", number, reason_of(event, outcome));
  }
}

// A machine and a loop: nothing is kept of an event but its line.
Status write_placements(const Trace& trace, const AllocatorSpec& spec, const std::string& path) {
  auto machine = replay::make_machine(spec, trace);
  if (!machine) return std::move(machine).trouble();
  auto file = trace::AtomicFile::create(path);
  if (!file) return std::move(file).trouble();
  const ProgressBar bar("replaying");
  std::string lines;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    const Event event = trace.event(i);
    put_placement(lines, i + 1, event, (*machine)->apply(event, i));
    if (lines.size() < kWriteBytes) continue;
    if (Status status = (*file)->write(lines); !status) return status;
    lines.clear();
    if (bar.progress().stop()) return trace::Trouble{"cancelled", {}, ""};
    if (bar.progress().report) bar.progress().report(static_cast<double>(i) / static_cast<double>(trace.size()));
  }
  if (Status status = (*file)->write(lines); !status) return status;
  return (*file)->commit();
}

void print_json(std::FILE* out, const ReplayOptions& options, const std::vector<Run>& runs) {
  JsonWriter json(out);
  json.begin_object().member("file", options.file).key("runs").begin_array();
  for (const auto& [spec, summary] : runs) {
    json.begin_object().member("allocator", trace::to_text(spec)).member("events", summary.events);
    json.member("failed", summary.failed).key("first_failed");
    summary.first_failed == 0 ? json.null() : json.value(summary.first_failed);
    json.member("frees_of_failed", summary.frees_of_failed);
    json.member("peak_live_requested", summary.peak_live_requested);
    json.member("peak_live_rounded", summary.at_peak.live_rounded).member("peak_event", summary.peak_event);
    json.member("peak_reserved", summary.peak_reserved);
    json.member("internal_fragmentation_at_peak", replay::internal_fragmentation(summary.at_peak));
    json.member("external_fragmentation_at_peak", replay::external_fragmentation(summary.at_peak));
    json.member("internal_fragmentation_at_end", replay::internal_fragmentation(summary.at_end));
    json.member("external_fragmentation_at_end", replay::external_fragmentation(summary.at_end));
    json.member("live_requested_at_end", summary.at_end.live_requested);
    json.member("live_rounded_at_end", summary.at_end.live_rounded).member("free_at_end", summary.at_end.free);
    json.member("largest_free_at_end", summary.at_end.largest_free);
    json.member("ns_per_event", summary.ns_per_event).end_object();
  }
  json.end_array().end_object().end();
}

std::string first_failed_text(const Run& run) {
  return run.summary.first_failed == 0 ? "none" : "event " + count_text(run.summary.first_failed);
}

struct Row {
  const char* name;
  std::function<std::string(const Run&)> text;
};

std::vector<Row> rows() {
  using replay::external_fragmentation;
  using replay::internal_fragmentation;
  using trace::exact_size_text;
  return {
      {"events", [](const Run& r) { return count_text(r.summary.events); }},
      {"failed requests", [](const Run& r) { return count_text(r.summary.failed); }},
      {"  the first", first_failed_text},
      {"  frees of them", [](const Run& r) { return count_text(r.summary.frees_of_failed); }},
      {"peak live, requested", [](const Run& r) { return exact_size_text(r.summary.peak_live_requested); }},
      {"peak live, rounded", [](const Run& r) { return exact_size_text(r.summary.at_peak.live_rounded); }},
      {"  at event", [](const Run& r) { return count_text(r.summary.peak_event); }},
      {"  internal fragm.", [](const Run& r) { return percent(internal_fragmentation(r.summary.at_peak)); }},
      {"  external fragm.",
       [](const Run& r) { return percent(external_fragmentation(r.summary.at_peak)); }},
      {"peak reserved", [](const Run& r) { return exact_size_text(r.summary.peak_reserved); }},
      {"at the end: live", [](const Run& r) { return exact_size_text(r.summary.at_end.live_rounded); }},
      {"  internal fragm.", [](const Run& r) { return percent(internal_fragmentation(r.summary.at_end)); }},
      {"  external fragm.",
       [](const Run& r) { return percent(external_fragmentation(r.summary.at_end)); }},
      {"  largest free", [](const Run& r) { return exact_size_text(r.summary.at_end.largest_free); }},
      {"ns an event", [](const Run& r) { return fmt::format("{:.1f}", r.summary.ns_per_event); }},
  };
}

// A column a run, a row a figure.
void print_text(std::FILE* out, const std::vector<Run>& runs, const std::string& why) {
  const std::vector<Row> table = rows();
  std::string text(kNameWidth, ' ');
  std::vector<std::size_t> widths;
  for (const Run& run : runs) {
    const std::string title = trace::to_text(run.spec);
    std::size_t width = title.size();
    for (const Row& row : table) width = std::max(width, row.text(run).size());
    widths.push_back(width);
    text += fmt::format("  {:>{}}", title, width);
  }
  for (const Row& row : table) {
    text += fmt::format("\n{:<{}}", row.name, kNameWidth);
    for (std::size_t i = 0; i < runs.size(); ++i) text += fmt::format("  {:>{}}", row.text(runs[i]), widths[i]);
  }
  fmt::print(out, "{}\n", text);
  if (!why.empty()) fmt::print(out, "allocator chosen: {}\n", why);
}

}  // namespace

int replay(const ReplayOptions& options) {
  replay::ReplayAhead begun(options.allocators.empty() ? std::nullopt : std::optional(options.allocators.front()),
                            replay::kSummaryAlone);
  Result<Trace> opened = open(options.file, options.reading, &begun);
  if (!opened) return fail(opened.trouble());
  const auto trace = std::make_shared<const Trace>(std::move(opened).value());
  note_warnings(*trace);
  const Choice choice = choose(*trace, options.allocators);
  if (options.placements && choice.specs.size() != 1) {
    return fail_usage(fmt::format("--placements takes one allocator and the file names {}; choose one with --allocator",
                                  choice.specs.size()));
  }
  if (options.placements) {
    const Status status = write_placements(*trace, choice.specs.front(), *options.placements);
    if (!status) return fail(status.trouble());
  }
  std::vector<Run> runs;
  for (const AllocatorSpec& spec : choice.specs) {
    Result<Run> run = run_on(trace, spec, runs.empty() ? &begun : nullptr);
    if (!run) return fail(run.trouble());
    runs.push_back(std::move(run).value());
  }
  std::FILE* const report = options.placements == "-" ? stderr : stdout;
  if (options.json) {
    if (!choice.why.empty()) note(fmt::format("{}: {}", trace::to_text(choice.specs.front()), choice.why));
    print_json(report, options, runs);
  } else {
    print_text(report, runs, choice.why);
  }
  return done();
}

}  // namespace allocviz::cli
