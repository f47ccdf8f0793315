// What the events of any range came to, and whether two replays of one trace went alike: a little kept for each event,
// so that both are answered without replaying.
//
//   sums     [ allocs frees reallocs bytes | ...        before every 1024th event
//   placed   0 1 1 0 1 ...                              a bit an event: its request was served
//   digests  [ hash | hash | ...                        of where 256 events were served
//
// Costs about a fifth of a byte an event.
#pragma once

#include <cstdint>
#include <vector>

#include "core/replay/machine.h"
#include "core/replay/series.h"
#include "core/trace/trace.h"

namespace allocviz::replay {

struct Totals {
  std::uint64_t events = 0, allocs = 0, frees = 0, reallocs = 0;  // as the log has them, served or not
  std::uint64_t bytes_allocated = 0;                              // requested by what was served
  std::uint64_t bytes_freed = 0;                                  // requested of blocks that ended or were resized
  std::uint64_t live_before = 0, live_after = 0;                  // requested bytes: before + allocated - freed = after
};

class Tally {
 public:
  static constexpr std::uint64_t kDigest = 256;

  void append(const trace::Event& event, const Outcome& outcome);
  void shrink_to_fit();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  // The request of event `index` was served here.
  [[nodiscard]] bool placed(std::uint64_t index) const { return (placed_[index / 64] >> (index % 64) & 1) != 0; }
  // Over the events [first, last), cut to what there is. O(1024).
  [[nodiscard]] Totals between(const trace::Trace& trace, const Series& series, std::uint64_t first,
                               std::uint64_t last) const;
  // The first event that one serves and the other does not; size() where there is none. O(events / 64).
  [[nodiscard]] std::uint64_t first_served_otherwise(const Tally& other) const;
  // The first of kDigest events among which some are served otherwise, or elsewhere; size() where there is none.
  // O(events / kDigest).
  [[nodiscard]] std::uint64_t first_other_digest(const Tally& other) const;
  [[nodiscard]] std::uint64_t memory_bytes() const;
  // See Account.
  template <class Self, class F>
  static void each_part(Self& self, F&& f) {
    f(self.size_);
    f(self.sum_);
    f(self.sums_);
    f(self.placed_);
    f(self.digests_);
  }

 private:
  static constexpr std::uint64_t kSum = 1024;

  struct Sum {
    std::uint64_t allocs = 0, frees = 0, reallocs = 0, bytes = 0;
    void add(const trace::Event& event, bool served);
  };
  [[nodiscard]] Sum up_to(const trace::Trace& trace, std::uint64_t event) const;

  std::uint64_t size_ = 0;
  Sum sum_;
  std::vector<Sum> sums_;
  std::vector<std::uint64_t> placed_, digests_;
};

}  // namespace allocviz::replay
