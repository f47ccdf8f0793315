// When each event of a log happened, as a clock that never goes back: threads may be a little behind each other in a
// log, so an event's time is the latest one told up to there.
//
//   told      0  5  9  7  12        ns since the start, as the log has them
//   clock     0  5  9  9  12        position p, after p events, begins at the p-th of these; position 0 at 0
//   latest    [ 0 | 12 | ...        before every 64th event, and only where the log does go back
#pragma once

#include <cstdint>
#include <vector>

#include "core/trace/trace.h"

namespace allocviz::replay {

class Clock {
 public:
  Clock() = default;
  // O(events). The trace outlives the clock.
  explicit Clock(const trace::Trace& trace);

  [[nodiscard]] bool empty() const { return trace_ == nullptr || trace_->size() == 0 || end_ns_ == 0; }
  [[nodiscard]] std::uint64_t end_ns() const { return end_ns_; }
  // When the position begins, at most the last one. O(64).
  [[nodiscard]] std::uint64_t ns_of(std::uint64_t position) const;
  // The first position that begins at `ns` or later; one beyond the last where none does. O(log events + 64).
  [[nodiscard]] std::uint64_t first_from(double ns) const;
  // The last position that begins at `ns` or before: what is in force then. O(log events + 64).
  [[nodiscard]] std::uint64_t position_at(double ns) const;

 private:
  static constexpr std::uint64_t kBlock = 64;

  const trace::Trace* trace_ = nullptr;
  std::uint64_t end_ns_ = 0;
  std::vector<std::uint64_t> latest_;  // of the events before each block; empty where times never go back
};

}  // namespace allocviz::replay
