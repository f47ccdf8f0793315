// The smallest arena that serves a log: tried on the allocator itself, for an allocator's own rounding and splitting
// say what a sum of sizes cannot.
//
//   arena          64 KiB      128 KiB      256 KiB
//   log        event 12 fails  event 90 fails  served       least: 256 KiB, below: 128 KiB, event 90
//
// Sizes are those that the configuration allows: powers of two of a buddy and of a tiered allocator, multiples of the
// largest block where the configuration names one, multiples of 16 B of a bump, whole blocks of a slab.
#pragma once

#include <cstdint>
#include <optional>

#include "core/trace/io.h"
#include "core/trace/spec.h"
#include "core/trace/trace.h"

namespace allocviz::analyze {

// A size that does not serve, and the first event (from 1) that failed there.
struct TooSmall {
  trace::AllocatorSpec spec;
  std::uint64_t event = 0;
};

struct LeastArena {
  // The given configuration with that arena (a slab: that count); nothing where no arena serves: a request is larger
  // than the largest block there can be, or fails in the largest arena that was tried, of up to 4096
  // times what is live at the peak.
  std::optional<trace::AllocatorSpec> spec;
  std::optional<TooSmall> below;  // one size smaller, or, where no arena serves, the largest that was tried
};

// The arena (count) that `spec` names does not matter. A request that the log says failed there, and a free that is
// refused, are no failures here. Of powers of two the smallest that serves; of multiples one that serves while that one
// size smaller does not. Trouble for `recorded`, which has no arena, where no arena fits the configuration's other
// keys, and "cancelled". O(events log(arena)).
[[nodiscard]] trace::Result<LeastArena> least_arena(const trace::Trace& trace, const trace::AllocatorSpec& spec,
                                                    const trace::Progress& progress = {});

}  // namespace allocviz::analyze
