// The numbers a buddy allocator is made of: its largest block and its levels. Freestanding.
//
//   level 0            |                block_size                |
//   level 1            |      block_size/2   |                    |
//   ...
//   level levels - 1   |min|                                       min = block_size >> (levels - 1)
//
// One code serves both: FixedBuddy holds them as compile-time constants and occupies no memory, RuntimeBuddy as
// numbers that a configuration file may name.
#pragma once

#include <bit>
#include <limits>

#include "layout.h"

namespace allocviz::alloc {

inline constexpr unsigned kUsizeBits = std::numeric_limits<usize>::digits;

// The links of a free block: the first units of other blocks. See buddy_lists.h for which of them mean something.
struct BuddyNext {
  usize unit;
};
struct BuddyPrev {
  usize unit;
};
// 16 on a 64-bit machine: a power of two, and so the least smallest block.
inline constexpr usize kBuddyLinkBytes = sizeof(BuddyNext) + sizeof(BuddyPrev);

// block_size is a power of two; 1 .. kUsizeBits - 1 levels (63 on a 64-bit machine); the smallest block holds a link.
[[nodiscard]] constexpr bool is_buddy_geometry(usize block_size, unsigned levels) {
  return is_power_of_two(block_size) && levels >= 1 && levels < kUsizeBits &&
         (block_size >> (levels - 1)) >= kBuddyLinkBytes;
}

template <usize BlockSize, unsigned Levels>
requires(is_buddy_geometry(BlockSize, Levels)) struct FixedBuddy {
  static constexpr unsigned kMaxLevels = Levels;

  [[nodiscard]] static constexpr bool valid() { return true; }
  [[nodiscard]] static constexpr unsigned levels() { return Levels; }
  [[nodiscard]] static constexpr unsigned block_shift() { return static_cast<unsigned>(std::countr_zero(BlockSize)); }
  [[nodiscard]] static constexpr unsigned min_shift() { return block_shift() - (Levels - 1); }
};

class RuntimeBuddy {
 public:
  static constexpr unsigned kMaxLevels = kUsizeBits - 1;

  constexpr RuntimeBuddy() = default;  // of no valid geometry
  constexpr RuntimeBuddy(usize block_size, unsigned levels) {
    if (!is_buddy_geometry(block_size, levels)) return;
    block_shift_ = static_cast<std::uint8_t>(std::countr_zero(block_size));
    min_shift_ = static_cast<std::uint8_t>(block_shift_ + 1u - levels);
    levels_ = static_cast<std::uint8_t>(levels);
    valid_ = true;
  }
  // The geometry between a largest and a smallest block, both powers of two; of no valid geometry otherwise.
  [[nodiscard]] static constexpr RuntimeBuddy between(usize largest, usize smallest) {
    if (!is_power_of_two(largest) || !is_power_of_two(smallest) || smallest > largest) return {};
    return {largest, static_cast<unsigned>(std::countr_zero(largest) - std::countr_zero(smallest)) + 1};
  }

  [[nodiscard]] constexpr bool valid() const { return valid_; }
  [[nodiscard]] constexpr unsigned levels() const { return levels_; }
  [[nodiscard]] constexpr unsigned block_shift() const { return block_shift_; }
  [[nodiscard]] constexpr unsigned min_shift() const { return min_shift_; }

 private:
  // Even an invalid one can be computed with: an allocator of nothing asks it for sizes.
  std::uint8_t block_shift_ = std::countr_zero(kBuddyLinkBytes);
  std::uint8_t min_shift_ = std::countr_zero(kBuddyLinkBytes);
  std::uint8_t levels_ = 1;
  bool valid_ = false;
};

}  // namespace allocviz::alloc
