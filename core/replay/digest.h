// A census summed up by runs of neighbouring blocks, so that a picture of millions of them takes one step where a whole
// run lies behind one pixel.
//
//   blocks   |a|b |c|d  ...  |e |f|g|  ...  |h|i ...|     a run has kRun of them, the last one what is left
//   runs     | live 90, free 38 | live 128  | ...   |     by level and state
//
//   D1  the parts of a plain run are the sums over its blocks, level by level and state by state.
//   D2  a split block of the tree that begins where a block of a plain run does is counted in the run's parts when it
//       ends in the run too, and else is one of the run's `open` ones, parents first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/replay/census.h"

namespace allocviz::replay {

class Digest {
 public:
  static constexpr std::size_t kRun = 128;

  struct Part {  // the blocks of one level in one state
    BlockState state = BlockState::Free;
    bool split = false;          // split blocks of the tree; they have no state
    std::int16_t level = -1;     // as in Block; of what is summed up over all levels -1
    std::uint32_t blocks = 0;    // how many
    std::uint64_t solid = 0;     // bytes; of live blocks those asked for
    std::uint64_t rounding = 0;  // bytes beyond them
  };
  struct Open {
    std::uint64_t offset = 0, size = 0;
    int level = 0;
  };
  struct Run {
    std::uint64_t offset = 0, end = 0;
    std::uint64_t levels = 0;  // bit i: a block that is not split is of level i
    std::size_t first = 0;     // index of its first block
    std::uint32_t blocks = 0;
    std::uint32_t largest =
        0;  // of its live blocks that with most bytes asked for, the first such: counted from `first`
    bool has_live = false;
    bool plain = true;  // without a gap, and of a buddy without a block of no level: else nothing is summed up
    std::uint32_t parts = 0, states = 0, open = 0;  // where its own end in the lists of all runs
  };

  Digest() = default;
  explicit Digest(const Census& census) { sum_up(census); }

  // Another census, in the memory of the one before. O(blocks).
  void sum_up(const Census& census);
  // Empty, with its memory kept.
  void clear();

  [[nodiscard]] bool empty() const { return runs_.empty(); }
  // The run that begins with the block of this index; nullptr where none does, and where it is not plain.
  [[nodiscard]] const Run* run_at(std::size_t block) const {
    if (block % kRun != 0 || block / kRun >= runs_.size()) return nullptr;
    const Run& run = runs_[block / kRun];
    return run.plain ? &run : nullptr;
  }
  [[nodiscard]] std::span<const Part> by_level(const Run& run) const { return slice(parts_, run, &Run::parts); }
  [[nodiscard]] std::span<const Part> by_state(const Run& run) const { return slice(states_, run, &Run::states); }
  [[nodiscard]] std::span<const Open> open(const Run& run) const { return slice(open_, run, &Run::open); }
  // Whether any block of the census is in this state.
  [[nodiscard]] bool has(BlockState state) const { return (held_ >> static_cast<unsigned>(state) & 1u) != 0; }
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  template <class T>
  [[nodiscard]] std::span<const T> slice(const std::vector<T>& all, const Run& run, std::uint32_t Run::*end) const {
    const std::size_t from = &run == runs_.data() ? 0 : (&run)[-1].*end;
    return {all.data() + from, run.*end - from};
  }

  std::vector<Run> runs_;
  std::vector<Part> parts_, states_;
  std::vector<Open> open_;
  unsigned held_ = 0;
};

}  // namespace allocviz::replay
