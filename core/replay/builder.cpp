#include "core/replay/builder.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace allocviz::replay {
namespace {

using StopWatch = std::chrono::steady_clock;

std::uint64_t ns_between(StopWatch::time_point from, StopWatch::time_point to) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count());
}

constexpr std::uint64_t kReportNs = 20'000'000;

}  // namespace

Pass::Pass(Account& account, Machine& machine, const TimelineOptions& options)
    : account_(account),
      machine_(machine),
      options_(options),
      levels_(options.free_levels ? machine.count_free() : LevelCounts{}),
      changes_(levels_) {
  Summary& summary = account_.summary;
  summary.at_peak = machine_.figures();
  summary.peak_reserved = summary.at_peak.reserved;
  if (options_.curves) account_.series.append(summary.at_peak);
  account_.free_levels.begin(levels_);
  keep();
}

void Pass::apply(std::span<const trace::Event> events) {
  while (!events.empty()) {
    const std::uint64_t count = begin_batch(events.size());
    apply_batch(events.first(count));
    events = events.subspan(count);
  }
}

trace::Status Pass::apply_rest(const trace::Trace& trace, const trace::Progress& progress) {
  const std::uint64_t n = trace.size();
  std::array<trace::Event, kBatch> events;
  StopWatch::time_point reported = StopWatch::now();
  while (event_ < n) {
    const std::uint64_t count = begin_batch(n - event_);
    const std::span<trace::Event> batch = std::span(events).first(count);
    trace.requests(event_, batch);
    apply_batch(batch);
    const StopWatch::time_point now = StopWatch::now();
    if (ns_between(reported, now) < kReportNs) continue;
    reported = now;
    if (progress.stop()) return trace::Trouble{.what = "cancelled", .where = {}, .todo = {}};
    if (progress.report) progress.report(static_cast<double>(event_) / static_cast<double>(n));
  }
  if (progress.report) progress.report(1.0);
  return trace::Done{};
}

void Pass::finish() {
  Summary& summary = account_.summary;
  summary.events = event_;
  summary.at_end = machine_.figures();
  summary.failed = account_.failures.size();
  summary.first_failed = account_.failures.empty() ? 0 : account_.failures.front() + 1;
  summary.frees_of_failed = machine_.frees_of_failed();
  summary.ns_per_event = event_ == 0 ? 0 : static_cast<double>(applying_ns_) / static_cast<double>(event_);
  account_.series.shrink_to_fit();
  account_.failures.shrink_to_fit();
  account_.tally.shrink_to_fit();
  account_.free_levels.shrink_to_fit();
}

// A keyframe stands where an event follows. One that is asked for at an event of its own is not stepped over.
std::uint64_t Pass::begin_batch(std::uint64_t most) {
  if (event_ != 0 && keyframe_is_due()) keep();
  const std::uint64_t count = std::min(kBatch, most);
  if (options_.keyframe_events == 0) return count;
  const std::uint64_t due = account_.keyframes.last_event() + options_.keyframe_events * account_.keyframes.spacing();
  return std::min(count, std::max<std::uint64_t>(due, event_ + 1) - event_);
}

void Pass::apply_batch(std::span<const trace::Event> events) {
  const StopWatch::time_point began = StopWatch::now();
  if (levels_.levels == 0) {
    machine_.apply(events, event_, applied_.data());
  } else {
    machine_.apply(events, event_, applied_.data(), changes_);
  }
  applying_ns_ += ns_between(began, StopWatch::now());
  account_for(events);
  event_ += events.size();
}

void Pass::account_for(std::span<const trace::Event> events) {
  Summary& summary = account_.summary;
  account_.free_levels.append(changes_);
  changes_.clear();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Figures& figures = applied_[i].figures;
    if (options_.curves) {
      account_.series.append(figures);
      account_.tally.append(events[i], applied_[i].outcome);
    }
    if (applied_[i].outcome.kind == OutcomeKind::Failed) account_.failures.push_back(event_ + i);
    summary.peak_live_requested = std::max(summary.peak_live_requested, figures.live_requested);
    summary.peak_reserved = std::max(summary.peak_reserved, figures.reserved);
    if (figures.live_rounded > summary.at_peak.live_rounded) {
      summary.at_peak = figures;
      summary.peak_event = event_ + i + 1;
    }
  }
}

// A seek loads a keyframe and replays what follows. The live blocks that changed are as many as the events make them,
// at whatever intervals; the rest of a keyframe takes about as long to save as an event for every thirty bytes, so
// intervals in proportion to it keep saving a small part of the pass. They are counted in events, because what a clock
// says of one save may be the system's doing. The clock only adds keyframes, where events are slow.
bool Pass::keyframe_is_due() const {
  const std::uint64_t since = event_ - account_.keyframes.last_event();
  const std::uint64_t spacing = account_.keyframes.spacing();
  if (options_.keyframe_events != 0) return since >= options_.keyframe_events * spacing;
  constexpr std::uint64_t kMinEvents = 32'768;
  constexpr std::uint64_t kMaxEvents = 262'144;
  constexpr std::uint64_t kMinNs = 4'000'000;
  const std::uint64_t rest = frame_.bytes.size() - frame_.table_bytes;
  const std::uint64_t events = std::clamp<std::uint64_t>(rest / 6, kMinEvents, kMaxEvents);
  return since >= events * spacing ||
         applying_ns_ - applying_ns_at_keyframe_ >= std::max(kMinNs, 8 * saving_ns_) * spacing;
}

void Pass::keep() {
  const StopWatch::time_point began = StopWatch::now();
  if (account_.keyframes.wants_whole()) {
    machine_.save(frame_);
    machine_.watch_changes();
  } else {
    machine_.save_changes(frame_);
  }
  account_.keyframes.add(event_, frame_);
  saving_ns_ = ns_between(began, StopWatch::now());
  applying_ns_at_keyframe_ = applying_ns_;
}

}  // namespace allocviz::replay
