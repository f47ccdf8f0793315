#include "core/replay/builder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

namespace allocviz::replay {
namespace {

using StopWatch = std::chrono::steady_clock;

std::uint64_t ns_between(StopWatch::time_point from, StopWatch::time_point to) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count());
}

// Events are applied in batches, so that the clock is read per batch and times the machine alone.
class Pass {
 public:
  Pass(Account& account, Machine& machine, const trace::Trace& trace, const TimelineOptions& options)
      : account_(account),
        machine_(machine),
        trace_(trace),
        options_(options),
        levels_(options.free_levels ? machine.count_free() : LevelCounts{}),
        changes_(levels_) {}

  trace::Status run(const trace::Progress& progress);

 private:
  static constexpr std::uint64_t kBatch = 256;
  static constexpr std::uint64_t kReportNs = 20'000'000;

  void apply_batch(std::uint64_t first, std::uint64_t count);
  void account_for(std::uint64_t first, std::uint64_t count);
  [[nodiscard]] bool keyframe_is_due(std::uint64_t event) const;
  void keep(std::uint64_t event);

  Account& account_;
  Machine& machine_;
  const trace::Trace& trace_;
  const TimelineOptions& options_;
  std::array<trace::Event, kBatch> events_;
  std::array<Applied, kBatch> applied_;
  const LevelCounts levels_;  // before the first event; none where they are not wanted
  LevelChanges changes_;
  std::uint64_t applying_ns_ = 0;
  std::uint64_t applying_ns_at_keyframe_ = 0;
  std::uint64_t saving_ns_ = 0;  // what the last save took
  Keyframe frame_;
};

trace::Status Pass::run(const trace::Progress& progress) {
  const std::uint64_t n = trace_.size();
  Summary& summary = account_.summary;
  summary.events = n;
  summary.at_peak = machine_.figures();
  summary.peak_reserved = summary.at_peak.reserved;
  account_.series.append(summary.at_peak);
  account_.free_levels.begin(levels_);
  keep(0);
  StopWatch::time_point reported = StopWatch::now();
  for (std::uint64_t first = 0; first < n;) {
    std::uint64_t count = std::min(kBatch, n - first);
    if (options_.keyframe_events != 0) {
      const std::uint64_t due =
          account_.keyframes.last_event() + options_.keyframe_events * account_.keyframes.spacing();
      count = std::min(count, std::max<std::uint64_t>(due, first + 1) - first);
    }
    apply_batch(first, count);
    account_for(first, count);
    first += count;
    if (keyframe_is_due(first) && first < n) keep(first);
    const StopWatch::time_point now = StopWatch::now();
    if (ns_between(reported, now) < kReportNs) continue;
    reported = now;
    if (progress.stop()) return trace::Trouble{.what = "cancelled", .where = {}, .todo = {}};
    if (progress.report) progress.report(static_cast<double>(first) / static_cast<double>(n));
  }
  summary.at_end = machine_.figures();
  summary.failed = account_.failures.size();
  summary.first_failed = account_.failures.empty() ? 0 : account_.failures.front() + 1;
  summary.frees_of_failed = machine_.frees_of_failed();
  summary.ns_per_event = n == 0 ? 0 : static_cast<double>(applying_ns_) / static_cast<double>(n);
  account_.series.shrink_to_fit();
  account_.failures.shrink_to_fit();
  account_.tally.shrink_to_fit();
  account_.free_levels.shrink_to_fit();
  if (progress.report) progress.report(1.0);
  return trace::Done{};
}

void Pass::apply_batch(std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) events_[i] = trace_.request(first + i);
  const StopWatch::time_point began = StopWatch::now();
  const std::span<const trace::Event> events = std::span(events_).first(count);
  if (levels_.levels == 0) {
    machine_.apply(events, first, applied_.data());
  } else {
    machine_.apply(events, first, applied_.data(), changes_);
  }
  applying_ns_ += ns_between(began, StopWatch::now());
}

void Pass::account_for(std::uint64_t first, std::uint64_t count) {
  Summary& summary = account_.summary;
  account_.free_levels.append(changes_);
  changes_.clear();
  for (std::uint64_t i = 0; i < count; ++i) {
    const Figures& figures = applied_[i].figures;
    account_.series.append(figures);
    account_.tally.append(events_[i], applied_[i].outcome);
    if (applied_[i].outcome.kind == OutcomeKind::Failed) account_.failures.push_back(first + i);
    summary.peak_live_requested = std::max(summary.peak_live_requested, figures.live_requested);
    summary.peak_reserved = std::max(summary.peak_reserved, figures.reserved);
    if (figures.live_rounded > summary.at_peak.live_rounded) {
      summary.at_peak = figures;
      summary.peak_event = first + i + 1;
    }
  }
}

// A seek loads a keyframe and replays what follows. Saving takes about as long as an event for every thirty bytes, so
// intervals in proportion to the last keyframe's size keep saving a small part of the pass; they are counted in events,
// because what a clock says of one save may be the system's doing. The clock only adds keyframes, where events are
// slow.
bool Pass::keyframe_is_due(std::uint64_t event) const {
  const std::uint64_t since = event - account_.keyframes.last_event();
  const std::uint64_t spacing = account_.keyframes.spacing();
  if (options_.keyframe_events != 0) return since >= options_.keyframe_events * spacing;
  constexpr std::uint64_t kMinEvents = 8192;
  constexpr std::uint64_t kMaxEvents = 262'144;
  constexpr std::uint64_t kMinNs = 4'000'000;
  const std::uint64_t events = std::clamp<std::uint64_t>(frame_.bytes.size() / 6, kMinEvents, kMaxEvents);
  return since >= events * spacing ||
         applying_ns_ - applying_ns_at_keyframe_ >= std::max(kMinNs, 8 * saving_ns_) * spacing;
}

void Pass::keep(std::uint64_t event) {
  const StopWatch::time_point began = StopWatch::now();
  machine_.save(frame_);
  account_.keyframes.add(event, frame_);
  saving_ns_ = ns_between(began, StopWatch::now());
  applying_ns_at_keyframe_ = applying_ns_;
}

}  // namespace

trace::Status take_account(Account& account, Machine& machine, const trace::Trace& trace,
                           const trace::Progress& progress, const TimelineOptions& options) {
  return Pass(account, machine, trace, options).run(progress);
}

}  // namespace allocviz::replay
