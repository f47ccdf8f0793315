// Traces made of others: the first events of one as a trace of their own, or one with an event more.
#pragma once

#include <cstdint>

#include "core/trace/trace.h"

namespace allocviz::trace {

// What a reader would have made of the log had it ended after `events` events: whatever lives then is live at its end,
// and facts, names and tags are those of these events alone. Header and sites are the whole's. O(events).
[[nodiscard]] Trace beginning_of(const Trace& whole, std::uint64_t events);

// The same log with one event more, which becomes event `index`; what comes after it means what it says then (a free of
// a block that the new event freed is one of an unknown id). Refused as TraceBuilder::append() does. O(size).
[[nodiscard]] Result<Trace> with_event(const Trace& log, std::uint64_t index, const RawEvent& event);

// Whether a replay of `whole` goes through all of `part` first: the same requests under the same ids. What people
// wrote at them, times and sites are not looked at. O(size of the part).
[[nodiscard]] bool begins_with(const Trace& whole, const Trace& part);

}  // namespace allocviz::trace
