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
// cost next to nothing. All curves of a real log together take 6 to 10 bytes an event instead of 48.
//   S1  a leaf's min and max are the least and the greatest of its 64 values; an entry of a level, those of the entries
//       below it. The last positions (< 64 of them) wait unpacked until their leaf is full.
//   S2  reserved + free is the same at every position (the arena without its gaps): Reserved is not stored.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/replay/census.h"

namespace allocviz::replay {

enum class Curve : std::uint8_t { LiveRequested, LiveRounded, Free, LargestFree, LiveBlocks, Reserved };
inline constexpr int kCurves = 6;

struct Extent {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  bool operator==(const Extent&) const = default;
};

// Positions 0 ... size()-1: position p is the state after event p (p = 0: before the first).
class Series {
 public:
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
  [[nodiscard]] std::uint64_t memory_bytes() const;
  // Gives back what growing left over; for when nothing more will be appended.
  void shrink_to_fit();

 private:
  static constexpr std::uint64_t kLeaf = 64;
  static constexpr std::uint64_t kFan = 16;
  static constexpr std::size_t kStored = kCurves - 1;  // S2

  struct Leaf {
    Extent extent;
    std::uint64_t word = 0;  // where in words its values begin
    std::uint8_t bits = 0;   // of a packed value; 0 = all are equal
    std::uint8_t shift = 0;  // zero bits taken off its end
  };
  struct Track {
    std::vector<Leaf> leaves;
    std::vector<std::uint64_t> words;
    std::vector<std::vector<Extent>> levels;
    std::array<std::uint64_t, kLeaf> waiting{};

    void pack();
    void raise();  // after a leaf: completes the entries above it that are whole now
    [[nodiscard]] std::uint64_t value(std::uint64_t position) const;
    void widen_by_values(Extent& extent, std::uint64_t first, std::uint64_t last) const;
    void widen_by_leaves(Extent& extent, std::uint64_t first, std::uint64_t last) const;
  };

  [[nodiscard]] Extent stored_extent(const Track& track, std::uint64_t first, std::uint64_t last) const;

  std::uint64_t size_ = 0;
  std::uint64_t managed_ = 0;  // reserved + free
  std::array<Track, kStored> tracks_;
};

}  // namespace allocviz::replay
