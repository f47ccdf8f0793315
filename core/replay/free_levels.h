// How many free blocks of each level there were after every event: exact at every position, with minima and maxima
// above, so that a picture of any width reads in proportion to its pixels.
//
//   levels[0]  [ min max a level   | ...                          one entry for 16 blocks
//   blocks     [ start min max     | start min max     | ...      one for 512 positions: counts of every level
//   bytes      [ +3 | -2+3+3+4 | . | ...                          what each event did to the free lists, a byte a
//   change
//
// The changes are what the allocator itself told of its lists (pushed, popped, removed), in the order of the events.
//   F1  a block's start and the changes from there on give the counts at each of its positions.
//   F2  a block's min and max are the least and greatest counts at its positions; an entry of a level, those of the
//       entries below it. The last positions (< 512 of them) have no entry yet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/alloc/step.h"

namespace allocviz::replay {

inline constexpr std::size_t kMostLevels = 63;

// The free lists of a buddy allocator as numbers: how long each is.
struct LevelCounts {
  std::size_t levels = 0;
  std::array<std::uint64_t, kMostLevels> block_bytes{};  // level 0 first, the largest
  std::array<std::uint32_t, kMostLevels> free{};
};

// What a run of events did to the free lists. Doubles as the sink that hears it: of a tiered allocator, the buddy's
// steps alone.
class LevelChanges {
 public:
  explicit LevelChanges(const LevelCounts& before) : now_(before) {}

  void operator()(const alloc::Step& step) {
    if (step.size_class != alloc::kNoClass) return;
    if (step.kind == alloc::StepKind::Push) {
      gave(step.level);
    } else if (step.kind == alloc::StepKind::Pop || step.kind == alloc::StepKind::Remove) {
      took(step.level);
    }
  }
  void gave(std::size_t level) {
    ++now_.free[level];
    bytes_.push_back(static_cast<std::uint8_t>(level | kMore));
  }
  void took(std::size_t level) {
    --now_.free[level];
    bytes_.push_back(static_cast<std::uint8_t>(level | kTaken | kMore));
  }
  // All lists were made anew at once, without steps.
  void became(const LevelCounts& after);
  void end_event() {
    if (bytes_.size() == begun_) bytes_.push_back(kNothing);
    bytes_.back() &= static_cast<std::uint8_t>(~kMore);
    begun_ = bytes_.size();
  }
  void clear() {
    bytes_.clear();
    begun_ = 0;
  }

 private:
  friend class FreeLevels;
  // A change: six bits of its level, one for taken or given, one for another change of the same event behind it.
  static constexpr std::uint8_t kLevel = 0x3f, kTaken = 0x40, kMore = 0x80, kNothing = 0x3f;

  LevelCounts now_;
  std::vector<std::uint8_t> bytes_;
  std::size_t begun_ = 0;  // where the event under way began
};

struct CountExtent {
  std::uint32_t min = 0, max = 0;
  bool operator==(const CountExtent&) const = default;
};

class FreeLevels {
 public:
  // What there is before the first event; of an allocator without levels nothing, and then nothing follows.
  void begin(const LevelCounts& counts);
  // Amortised O(1) an event.
  void append(const LevelChanges& changes);
  void shrink_to_fit();

  [[nodiscard]] std::size_t levels() const { return counts_.levels; }
  [[nodiscard]] std::uint64_t block_bytes(std::size_t level) const { return counts_.block_bytes[level]; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // The counts after `position` events, at most all. O(512).
  [[nodiscard]] LevelCounts at(std::uint64_t position) const;
  // For every bin [edges[i], edges[i + 1]) and every level the least and greatest count: out[level * bins + i]. A bin
  // that holds no position repeats what is in force there. Ascending edges; O(bins * (levels + 512)).
  void bins(std::span<const double> edges, std::span<CountExtent> out) const;
  [[nodiscard]] std::uint64_t memory_bytes() const;
  // See Account.
  template <class Self, class F>
  static void each_part(Self& self, F&& f) {
    f(self.counts_);
    f(self.size_);
    f(self.bytes_);
    f(self.begins_);
    f(self.starts_);
    f(self.extents_);
    f(self.running_);
  }

 private:
  static constexpr std::uint64_t kBlock = 512;
  static constexpr std::uint64_t kFan = 16;
  using Extents = std::array<CountExtent, kMostLevels>;
  class Reader;

  void start_block();
  void finish_block();
  void widen_by_blocks(Extents& extents, std::uint64_t first, std::uint64_t last) const;
  void widen_by_entry(Extents& extents, std::size_t level, std::uint64_t index) const;

  LevelCounts counts_;  // at the last position
  std::uint64_t size_ = 0;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint64_t> begins_;              // where in bytes_ a block's first change is
  std::vector<std::uint32_t> starts_;              // levels() counts a block
  std::vector<std::vector<CountExtent>> extents_;  // [0]: levels() entries a whole block; above: of 16 below
  Extents running_{};                              // of the block under way
};

}  // namespace allocviz::replay
