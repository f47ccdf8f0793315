// Why a request fails and why a block stays apart from its buddy: with the numbers and the names that the state has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/replay/timeline.h"

namespace allocviz::replay {

// A refusal, as far as it is known. What is not known is told without its numbers.
struct Refusal {
  const trace::AllocatorSpec& spec;
  alloc::Error why = alloc::Error::None;
  std::string id = {};                           // whose request it is; empty: nobody's
  std::uint64_t size = 0, align = 1;             // as asked
  std::uint64_t needed = 0;                      // buddy: bytes of the block that it takes; 0: not known
  std::optional<std::uint64_t> free_bytes = {};  // in all; of a bump allocator: below its mark
};

// What is known of event `index`, which was refused; `census` may be null, else it is one taken at that event.
[[nodiscard]] Refusal refusal_of(const trace::Trace& trace, std::uint64_t index, const trace::AllocatorSpec& spec,
                                 const EventRun& run, const Census* census);
// A clause without a full stop: "no free block of 1 KiB or more", "only 328 B are below the mark".
[[nodiscard]] std::string reason_text(const Refusal& refusal);

// Why the block that event `index` gave back did not merge with its buddy, the `size` bytes at `offset`: "is live (D)",
// "is split (D and F live in it)", "contains a gap". Of a census taken at that event; without one: "is not free as a
// whole". O(log blocks + blocks in the buddy).
[[nodiscard]] std::string apart_text(const trace::Trace& trace, std::uint64_t index, const Census* census,
                                     std::uint64_t offset, std::uint64_t size);
// Why a buddy's block of `from_bytes` at `offset`, which event `index` moved, could not become one of `to_bytes` where
// it stood: "B lives behind it", "the 64 B at 0x040 are a back half themselves". Empty where the census does not tell.
[[nodiscard]] std::string stuck_text(const trace::Trace& trace, std::uint64_t index, const Census* census,
                                     std::uint64_t offset, std::uint64_t from_bytes, std::uint64_t to_bytes);
// The id of the live block that holds the byte at `offset`; `otherwise` where there is none, or it has no id.
[[nodiscard]] std::string name_at(const trace::Trace& trace, const Census* census, std::uint64_t offset,
                                  std::string otherwise);

}  // namespace allocviz::replay
