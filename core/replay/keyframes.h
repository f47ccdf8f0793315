// Saved states along a trace, in ascending order of events, within a budget of memory.
//
//   event   0      4096     8192     12288         over budget: every second one is dropped,
//           K      K        K        K             and the spacing doubles
//   K1  the state before the first event is always held.
//   K2  memory_bytes() <= the budget, or only that one is held.
#pragma once

#include <cstdint>
#include <vector>

#include "core/replay/machine.h"

namespace allocviz::replay {

class Keyframes {
 public:
  struct Kept {
    std::uint64_t event = 0;  // how many events had been applied
    Keyframe frame;
  };

  explicit Keyframes(std::uint64_t budget_bytes) : budget_bytes_(budget_bytes) {}

  // Events ascend; the first one added is that of event 0. Amortised O(bytes of the frame).
  void add(std::uint64_t event, const Keyframe& frame);
  // The last one at or before an event. O(log of how many there are).
  [[nodiscard]] const Kept& at_or_before(std::uint64_t event) const;

  [[nodiscard]] std::uint64_t last_event() const { return kept_.back().event; }
  [[nodiscard]] std::size_t size() const { return kept_.size(); }
  // 1, and twice as much each time that the budget thinned them out: what to multiply an intended spacing by.
  [[nodiscard]] std::uint64_t spacing() const { return spacing_; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return bytes_; }

 private:
  void thin_out();

  std::vector<Kept> kept_;
  std::uint64_t budget_bytes_;
  std::uint64_t bytes_ = 0;
  std::uint64_t spacing_ = 1;
};

}  // namespace allocviz::replay
