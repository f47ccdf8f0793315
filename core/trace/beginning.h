// The first events of a trace as a trace of their own.
#pragma once

#include <cstdint>

#include "core/trace/trace.h"

namespace allocviz::trace {

// What a reader would have made of the log had it ended after `events` events: whatever lives then is live at its end,
// and facts, names and tags are those of these events alone. Header and sites are the whole's. O(events).
[[nodiscard]] Trace beginning_of(const Trace& whole, std::uint64_t events);

// Whether a replay of `whole` goes through all of `part` first: the same requests under the same ids. What people
// wrote at them, times and sites are not looked at. O(size of the part).
[[nodiscard]] bool begins_with(const Trace& whole, const Trace& part);

}  // namespace allocviz::trace
