// One moment of one replay: the machine brought to an event without keyframes, and that event's steps.
#pragma once

#include <cstdint>
#include <vector>

#include "core/cli/commands.h"
#include "core/replay/machine.h"
#include "core/replay/timeline.h"
#include "core/trace/trace.h"

namespace allocviz::cli {

struct Moment {
  trace::AllocatorSpec spec;  // the machine's own, which knows how large a recorded heap is
  replay::Census census;      // at the event and step asked for
  replay::EventRun run;       // the event, whole; empty at event 0
  std::uint64_t step = 0;     // how many of its steps are done
};

// Trouble for an event or a step that there is not, with how many there are. O(events up to there).
[[nodiscard]] trace::Result<Moment> go_to(const At& at, const trace::Trace& trace, const trace::AllocatorSpec& spec);

}  // namespace allocviz::cli
