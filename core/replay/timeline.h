// A trace replayed on one allocator: a cursor that goes to any event and any step inside it, forward and back.
//
//   keyframes   K0 ........ K1 ........ K2 ........            a saved machine every so many events
//   cursor                       |- seek: load K1, apply forward
//
// The property everything rests on: arriving at a position from anywhere is equal, census and snapshot, to arriving
// from the start. Not thread-safe; built on a worker, then owned by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/replay/census.h"
#include "core/replay/digest.h"
#include "core/replay/free_levels.h"
#include "core/replay/machine.h"
#include "core/replay/series.h"
#include "core/replay/tally.h"
#include "core/trace/io.h"
#include "core/trace/trace.h"

namespace allocviz::replay {

inline constexpr std::uint32_t kAllSteps = 0xffff'ffffu;

// event = how many events have begun (0 = before the first, n = the last); step = how many steps of that event are
// done, kAllSteps = all of them, whatever their number. {N, 0} is the same state as {N-1, kAllSteps}; {N, its last
// step} is the event done, {N, kAllSteps}. An event of no steps at all (a mark, a null free) changes nothing.
struct Position {
  std::uint64_t event = 0;
  std::uint32_t step = kAllSteps;
  bool operator==(const Position&) const = default;
};

// Everything about one event as it ran: its steps in order and what it came to.
struct EventRun {
  std::vector<alloc::Step> steps;
  Outcome outcome;
};

struct Summary {  // what `alloctrace replay` reports, gathered while the timeline was built
  std::uint64_t events = 0, failed = 0, first_failed = 0 /* counted from 1; 0 = none */, frees_of_failed = 0;
  std::uint64_t peak_live_requested = 0, peak_reserved = 0;
  std::uint64_t peak_event = 0;  // first maximum of live_rounded, counted from 1
  Figures at_peak, at_end;       // at_peak.live_rounded is the peak
  double ns_per_event = 0;       // of applying them: reading the trace and keeping this account not counted
};

struct Account;  // builder.h

struct TimelineOptions {
  std::uint64_t keyframe_events = 0;  // a keyframe every so many events; 0 = by what they cost to replay and to save
  std::uint64_t keyframe_budget_bytes = std::uint64_t{256} << 20;
  bool curves = true;       // keep the figures after every event (series) and what each came to (tally)
  bool free_levels = true;  // keep how many free blocks of each level there were
};

// Where the summary alone is wanted: nothing is kept of single events, and no keyframes.
inline constexpr TimelineOptions kSummaryAlone{
    .keyframe_events = std::uint64_t{1} << 62, .keyframe_budget_bytes = 0, .curves = false, .free_levels = false};

// From so many events on memory is given back until the cursor is moved: that takes milliseconds.
inline constexpr std::uint64_t kLongTrace = 1'000'000;

class Timeline {
 public:
  // Replays everything once: keyframes, series, failures, summary. O(events). The cursor then stands at event 0.
  // Trouble when the configuration cannot be, and "cancelled" when progress says to stop.
  [[nodiscard]] static trace::Result<std::unique_ptr<Timeline>> build(std::shared_ptr<const trace::Trace> trace,
                                                                      const trace::AllocatorSpec& spec,
                                                                      const trace::Progress& progress = {},
                                                                      const TimelineOptions& options = {});
  virtual ~Timeline() = default;

  [[nodiscard]] virtual const trace::Trace& trace() const = 0;
  [[nodiscard]] virtual const trace::AllocatorSpec& spec() const = 0;
  [[nodiscard]] virtual std::uint64_t event_count() const = 0;

  // Moves the cursor; positions beyond the ends are clamped to them. O(keyframe interval).
  virtual void seek(Position position) = 0;
  [[nodiscard]] virtual Position position() const = 0;  // step is always a number here, never kAllSteps ...
  [[nodiscard]] virtual std::uint32_t step_count()
      const = 0;                                             // ... from 0 to this, the steps of the event at the cursor
  [[nodiscard]] virtual const Census& census() const = 0;    // at the cursor; taken when first asked for
  [[nodiscard]] virtual const Figures& figures() const = 0;  // at the cursor
  [[nodiscard]] virtual const EventRun& run() const = 0;     // the event at the cursor, whole; empty at event 0

  // Gives back the memory that only going somewhere else takes; whatever is asked next may take a keyframe's load more.
  virtual void rest() {}

  // What an event did, wherever the cursor stands (which it leaves as it was). index from 0.
  [[nodiscard]] virtual EventRun run_of(std::uint64_t index) = 0;
  // The machine's bytes at the cursor: what the property test compares. Inside an event, those of its step.
  [[nodiscard]] virtual Keyframe snapshot() const = 0;

  // The census at the cursor by exchange: `out` gets it, and what `out` held is room for the next one.
  virtual void take_census(Census& out) = 0;
  // The census at the cursor summed up, where somebody did (of millions of blocks a picture needs it); else null.
  [[nodiscard]] virtual const Digest* digest() const { return nullptr; }

  [[nodiscard]] virtual const Series& series() const = 0;
  [[nodiscard]] virtual const Tally& tally() const = 0;
  // Of a buddy, and of the buddy below a tiered allocator; else without levels.
  [[nodiscard]] virtual const FreeLevels& free_levels() const = 0;
  // Events whose outcome is Failed: requests that were not served, and frees by offset that were refused. Ascending.
  [[nodiscard]] virtual const std::vector<std::uint64_t>& failures() const = 0;
  [[nodiscard]] virtual const Summary& summary() const = 0;
  // All that the pass found, as one: what can be kept for the next time. It changes no more.
  [[nodiscard]] virtual std::shared_ptr<const Account> account() const = 0;
  [[nodiscard]] virtual std::uint64_t memory_bytes() const = 0;
};

}  // namespace allocviz::replay
