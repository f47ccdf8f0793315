// Where two allocators on one trace part ways: the first event that one of them serves and the other does not, or,
// where both are of one kind, that they serve at different offsets.
#pragma once

#include <cstdint>
#include <optional>

#include "core/replay/timeline.h"

namespace allocviz::analyze {

struct Divergence {
  std::uint64_t event = 0;  // index
  replay::Outcome a, b;     // what it came to here and there
};

// Nothing where they never part. Both replay the same trace; the cursors stay where they are. O(events / 64) to find
// where, and a few hundred events replayed to say what.
[[nodiscard]] std::optional<Divergence> first_divergence(replay::Timeline& a, replay::Timeline& b);

}  // namespace allocviz::analyze
