// What an event may not say, whatever its log: what TraceBuilder::append() refuses.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "core/trace/trace.h"
#include "core/trace/trouble.h"

namespace allocviz::trace {

inline constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();

inline bool is_request(Op op) {
  return op == Op::Alloc || op == Op::Realloc;
}

// Whether nothing is wrong with an event by itself, of those that nearly all are. Looks at one field after the other:
// they have just been written, and a processor waits where two of them are read at once.
inline bool is_plain(const RawEvent& raw) {
  return raw.id_kind == RawEvent::Id::Number && raw.op <= Op::Realloc && raw.ok && raw.size <= kMaxSize && !raw.align &&
         !raw.offset;
}

// What is wrong with an event by itself. Nothing of a Trouble is inlined where events are appended: its many strings
// would be cleared for each.
[[nodiscard, gnu::noinline]] std::optional<Trouble> fault_in(const RawEvent& raw);
[[nodiscard, gnu::noinline]] Trouble back_in_time(const RawEvent& raw, std::uint64_t last_time);
[[nodiscard, gnu::noinline]] Trouble too_many_blocks();
[[nodiscard, gnu::noinline]] Trouble at_event(std::uint64_t event, Trouble trouble);

}  // namespace allocviz::trace
