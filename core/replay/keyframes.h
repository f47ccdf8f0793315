// Saved states along a trace, in ascending order of events, within a budget of memory.
//
//   event   0      4096     8192     12288    16384         W is whole, c the live blocks that changed since the one
//           W      c        c        c        W             before: loaded with those before it, from the last W on
//
//   over budget:   W                 c        W             every second one goes into the one behind it, and the
//                                                           spacing doubles
//
// Among a million live blocks few change from one to the next, so that changes take a tenth of what states would.
//   K1  the state before the first event is always held, whole.
//   K2  memory_bytes() <= the budget, or only that one is held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/replay/machine.h"

namespace allocviz::replay {

class Keyframes {
 public:
  struct Kept {
    std::uint64_t event = 0;  // how many events had been applied
    Keyframe frame;
    template <class Self, class F>
    static void each_part(Self& self, F&& f) {
      f(self.event);
      f(self.frame.bytes);
      f(self.frame.table_bytes);
      f(self.frame.live_blocks);
      f(self.frame.whole);
    }
  };

  explicit Keyframes(std::uint64_t budget_bytes) : budget_bytes_(budget_bytes) {}

  // Whether the next one has to be whole: when the one added last was dropped, or the last whole one and the changes
  // behind it, which are all loaded, are 6 MB and three times as large as a whole one would be now. Where
  // blocks only come they never are, where most of them go they soon are. O(how many they are).
  [[nodiscard]] bool wants_whole() const;
  // Events ascend; the first one added is that of event 0, and whole. Amortised O(bytes of the frame).
  void add(std::uint64_t event, const Keyframe& frame);
  // The last one at or before an event. O(log of how many there are).
  [[nodiscard]] const Kept& at_or_before(std::uint64_t event) const;

  // What has to be loaded for one of them: the last whole one up to it, all behind that, and itself.
  void frames_for(const Kept& kept, std::vector<const Keyframe*>& out) const;
  [[nodiscard]] std::uint64_t bytes_to_load(const Kept& kept) const;

  [[nodiscard]] std::uint64_t last_event() const { return kept_.back().event; }
  [[nodiscard]] std::size_t size() const { return kept_.size(); }
  // 1, and twice as much each time that the budget thinned them out: what to multiply an intended spacing by.
  [[nodiscard]] std::uint64_t spacing() const { return spacing_; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return bytes_; }
  // See Account.
  template <class Self, class F>
  static void each_part(Self& self, F&& f) {
    f(self.kept_);
    f(self.bytes_);
    f(self.spacing_);
    f(self.dropped_last_);
  }

 private:
  [[nodiscard]] const Kept& whole_before(const Kept& kept) const;  // or itself
  void thin_out();

  std::vector<Kept> kept_;
  std::uint64_t budget_bytes_;
  std::uint64_t bytes_ = 0;
  std::uint64_t spacing_ = 1;
  bool dropped_last_ = false;
};

}  // namespace allocviz::replay
