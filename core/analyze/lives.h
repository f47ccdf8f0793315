// Which block lives from when to when in one replay: the lives that the log tells, less what the allocator refused.
//
//   event   0 alloc A   1 realloc A (refused)   2 realloc A   3 free A
//   A       [-- made at 0, ended at 2 --------------)[-- 2 --)            a resized block is a new one
//
// Events are indices. The trace and the failures must outlive this.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/replay/machine.h"
#include "core/trace/trace.h"

namespace allocviz::analyze {

// Blocks that end otherwise than the log tells: (the event that ends it, the event that made it), ascending. Frees by
// offset that hit somebody's block; and of a bump, which only counts, what still lived when frees of nobody's block had
// brought its count to nothing, and all went back at once. Only a replay tells.
using OffsetFrees = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
// Replays a log that frees by offset (on a bump all of it, else up to the last of those); for every other log there is
// nothing to do but look. The machine is as it was made, before the first event.
[[nodiscard]] OffsetFrees offset_frees(const trace::Trace& trace, replay::Machine& machine);
[[nodiscard]] bool has_offset_frees(const trace::Trace& trace);

class Lives {
 public:
  // `failures` = events that this allocator refused, ascending.
  Lives(const trace::Trace& trace, const std::vector<std::uint64_t>& failures, OffsetFrees by_offset = {});

  [[nodiscard]] bool refused(std::uint64_t index) const;
  // Whether a block begins to live with this event.
  [[nodiscard]] bool makes(std::uint64_t index) const;
  // Of an event that makes a block: the event that ends it, trace::kNoEvent where none does. O(1) but for refusals.
  [[nodiscard]] std::uint64_t ended_at(std::uint64_t maker) const;
  // The block that this event ends, by the event that made it; trace::kNoEvent where it ends none. A reset ends all
  // that live: ended_at() of each says so, this does not.
  [[nodiscard]] std::uint64_t ends(std::uint64_t index) const;
  // What it ends beside that one, where a bump takes everything back: pairs of this event and who made the block.
  [[nodiscard]] std::span<const OffsetFrees::value_type> also_ends(std::uint64_t index) const;
  // Whether the block made by `maker` lives after `position` events.
  [[nodiscard]] bool is_live(std::uint64_t maker, std::uint64_t position) const;
  // Bytes as the allocator counts them: a request for none takes one.
  [[nodiscard]] static std::uint64_t bytes_of(const trace::Event& event) { return event.size == 0 ? 1 : event.size; }

 private:
  [[nodiscard]] std::uint64_t ended_by_offset(std::uint64_t maker) const;

  const trace::Trace& trace_;
  const std::vector<std::uint64_t>& failures_;
  OffsetFrees by_offset_;
};

}  // namespace allocviz::analyze
