// The one pass over a trace that a timeline begins with: everything about it that is known without asking.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/replay/keyframes.h"
#include "core/replay/machine.h"
#include "core/replay/series.h"
#include "core/replay/timeline.h"
#include "core/trace/io.h"
#include "core/trace/trace.h"

namespace allocviz::replay {

struct Account {
  Account(trace::AllocatorKind kind, std::uint64_t keyframe_budget_bytes)
      : keyframes(keyframe_budget_bytes), series(kind) {}

  // f(part) for each part of what has to be kept to have it again, in an order that stays; of the classes below, too.
  template <class Self, class F>
  static void each_part(Self& self, F&& f) {
    f(self.keyframes);
    f(self.series);
    f(self.tally);
    f(self.free_levels);
    f(self.failures);
    f(self.summary);
  }

  Keyframes keyframes;
  Series series;
  Tally tally;
  FreeLevels free_levels;
  std::vector<std::uint64_t> failures;
  Summary summary;
};

// The pass itself, in as many pieces as the events come in.
class Pass {
 public:
  // The machine is as it was made. All three outlive the pass.
  Pass(Account& account, Machine& machine, const TimelineOptions& options);

  // Events of the trace, the first of which is the one after those already applied.
  void apply(std::span<const trace::Event> events);
  // The trace's events after those already applied. O(events).
  [[nodiscard]] trace::Status apply_rest(const trace::Trace& trace, const trace::Progress& progress);
  // After the last event: sums up.
  void finish();
  [[nodiscard]] std::uint64_t applied() const { return event_; }

 private:
  // Events are applied in batches, so that the clock is read per batch and times the machine alone.
  static constexpr std::uint64_t kBatch = 256;

  [[nodiscard]] std::uint64_t begin_batch(std::uint64_t most);  // how many events it has
  void apply_batch(std::span<const trace::Event> events);
  void account_for(std::span<const trace::Event> events);
  [[nodiscard]] bool keyframe_is_due() const;
  void keep();

  Account& account_;
  Machine& machine_;
  const TimelineOptions& options_;
  std::uint64_t event_ = 0;  // how many have been applied
  std::array<Applied, kBatch> applied_;
  const LevelCounts levels_;  // before the first event; none where they are not wanted
  LevelChanges changes_;
  std::uint64_t applying_ns_ = 0;
  std::uint64_t applying_ns_at_keyframe_ = 0;
  std::uint64_t saving_ns_ = 0;  // what the last save took
  Keyframe frame_;
};

// Of a machine that stands after the trace's last event, and what its pass found.
[[nodiscard]] std::unique_ptr<Timeline> timeline_of(std::shared_ptr<const trace::Trace> trace,
                                                    std::unique_ptr<Machine> machine, Account account);

}  // namespace allocviz::replay
