// The one pass over a trace that a timeline begins with: everything about it that is known without asking.
#pragma once

#include <cstdint>
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

  Keyframes keyframes;
  Series series;
  Tally tally;
  FreeLevels free_levels;
  std::vector<std::uint64_t> failures;
  Summary summary;
};

// Applies the whole trace to a machine that is as it was made, and leaves it at the end. O(events).
[[nodiscard]] trace::Status take_account(Account& account, Machine& machine, const trace::Trace& trace,
                                         const trace::Progress& progress, const TimelineOptions& options);

}  // namespace allocviz::replay
