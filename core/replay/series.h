// Figures over time: one value an event, exact, and minima and maxima above them, so that a chart of any width over any
// range reads O(pixels) entries and misses no spike.
//
//   levels[1]   [ min max                               ...        one entry for 16 below
//   levels[0]   [ min max | min max | ...                          one for 16 leaves
//   leaves      [ min max | min max | min max | ...                one for 64 positions
//   words       [ 7 bits a value | 0 bits | 12 bits a value ...    the values, packed
//
// A leaf stores its values less their minimum, without the zero bits they all end in, in as many bits as the largest
// difference needs: 64 values of b bits are exactly b words, so any value is found in O(1) and curves that barely move
// cost next to nothing. All curves of a real log together take 3 to 6 bytes an event instead of 48.
//   S1  a leaf's min and max are the least and the greatest of its 64 values; an entry of a level, those of the entries
//       below it. The last positions (< 64 of them) wait unpacked until their leaf is full.
//   S2  reserved + free is the same at every position (the arena without its gaps): Reserved is not stored. Nor is Free
//       while free + live_rounded is the same at every position, which it is of an allocator of nothing but blocks.
//   S3  the fragmentations are not stored either, but follow from two curves that are; an entry of their shares holds
//       the least and the greatest over the 64 positions of a leaf, or over 16 entries below.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/replay/census.h"

namespace allocviz::replay {

enum class Curve : std::uint8_t {
  LiveRequested,
  LiveRounded,
  Free,
  LargestFree,
  LiveBlocks,
  Reserved,
  InternalFragmentation,  // of a million, rounded down: 123'456 = 12.3456 %
  ExternalFragmentation
};
inline constexpr int kCurves = 8;
inline constexpr std::uint64_t kWhole = 1'000'000;  // a fragmentation of 100 %

struct Extent {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  bool operator==(const Extent&) const = default;
};

// Positions 0 ... size()-1: position p is the state after event p (p = 0: before the first).
class Series {
 public:
  Series() = default;
  // Of a slab and a bump external fragmentation is 0, whatever the figures.
  explicit Series(trace::AllocatorKind kind)
      : outside_(kind != trace::AllocatorKind::Slab && kind != trace::AllocatorKind::Bump) {}

  // Amortised O(1).
  void append(const Figures& figures);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // The value at a position; beyond the last one, that of the last; 0 while nothing was appended. O(1).
  [[nodiscard]] std::uint64_t at(Curve curve, std::uint64_t position) const;
  // Exact minimum and maximum over [first, last), cut to what there is; of an empty range, the value at first.
  // O(64 + log size).
  [[nodiscard]] Extent extent(Curve curve, std::uint64_t first, std::uint64_t last) const;
  // One Extent a bin of [first, last) cut into out.size() equal bins; a bin that holds no position repeats the value in
  // force there (that of the position before it; of the first position before the beginning).
  void bins(Curve curve, double first, double last, std::span<Extent> out) const;
  // The same for the bins [edges[i], edges[i + 1]) between ascending edges, one more than there are bins.
  void bins(Curve curve, std::span<const double> edges, std::span<Extent> out) const;
  // The last position before `before` at which the curve was at least `value`; size() where there is none.
  // O(log size + 64).
  [[nodiscard]] std::uint64_t last_at_least(Curve curve, std::uint64_t value, std::uint64_t before) const;
  // The first position at or after `from` at which the curve is at least `value`; size() where there is none.
  [[nodiscard]] std::uint64_t first_at_least(Curve curve, std::uint64_t value, std::uint64_t from) const;
  [[nodiscard]] std::uint64_t memory_bytes() const;
  // See Account.
  template <class Self, class F>
  static void each_part(Self& self, F&& f) {
    f(self.size_);
    f(self.managed_);
    f(self.closed_);
    f(self.free_follows_);
    f(self.outside_);
    f(self.tracks_);
    f(self.internal_);
    f(self.external_);
  }
  // Gives back what growing left over; for when nothing more will be appended.
  void shrink_to_fit();

 private:
  static constexpr std::uint64_t kLeaf = 64;
  static constexpr std::uint64_t kFan = 16;
  static constexpr std::size_t kStored = 5;  // at most: S2, S3

  struct Leaf {
    std::uint64_t min = 0;
    std::uint32_t word = 0;   // where in words its values begin: 32 bits reach beyond 4 * 10^9 events
    std::uint16_t range = 0;  // the greatest of the packed values; where it has more bits, it stands behind them
    std::uint8_t bits = 0;    // of a packed value; 0 = all are equal
    std::uint8_t shift = 0;   // zero bits taken off its end
  };
  struct Track {
    std::vector<Leaf> leaves;
    std::vector<std::uint64_t> words;
    std::vector<std::vector<Extent>> levels;
    std::array<std::uint64_t, kLeaf> waiting{};

    template <class Self, class F>
    static void each_part(Self& self, F&& f) {
      f(self.leaves);
      f(self.words);
      f(self.levels);
      f(self.waiting);
    }

    void pack();
    void raise();  // after a leaf: completes the entries above it that are whole now
    [[nodiscard]] Extent extent_of(const Leaf& leaf) const;
    [[nodiscard]] std::uint64_t value(std::uint64_t position) const;
    void widen_by_values(Extent& extent, std::uint64_t first, std::uint64_t last) const;
    void widen_by_leaves(Extent& extent, std::uint64_t first, std::uint64_t last) const;
  };

  struct Share {  // of a million
    std::uint32_t min = 0, max = 0;
  };
  using Shares = std::vector<std::vector<Share>>;  // [0]: one a leaf; above: one for 16 below

  // What a fragmentation is made of: one less `part` of `whole`.
  struct Parts {
    Curve part, whole;
  };
  [[nodiscard]] static Parts parts_of(Curve curve);
  [[nodiscard]] std::uint64_t share_at(Curve curve, std::uint64_t position) const;
  [[nodiscard]] Extent share_extent(Curve curve, std::uint64_t first, std::uint64_t last) const;
  void pack_shares(Shares& shares, Curve curve);
  void store_free();                                       // from now on, and up to now
  [[nodiscard]] const Track& track_of(Curve curve) const;  // that moves when the curve does
  [[nodiscard]] Extent bin(Curve curve, double from, double to) const;
  [[nodiscard]] Extent stored_extent(const Track& track, std::uint64_t first, std::uint64_t last) const;

  std::uint64_t size_ = 0;
  std::uint64_t managed_ = 0;  // reserved + free
  std::uint64_t closed_ = 0;   // live_rounded + free, while that is so
  bool free_follows_ = true;
  bool outside_ = true;  // external fragmentation can be
  std::array<Track, kStored> tracks_;
  Shares internal_, external_;
};

}  // namespace allocviz::replay
