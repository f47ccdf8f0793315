// A set of numbers below a size, as bits in words the caller provides, with a word above each word's worth of them.
// Freestanding.
//
//   height 2   |                    1                    |      a bit says: not all of the word below it is zero
//   height 1   |  1   0   0   1  ...                     |
//   height 0   | 0010 | 0000 | 0000 | 1001 | ...                the numbers themselves
//
// Invariant:
//   T1  a bit above height 0 is set exactly when the word below it is not zero
//
// Every call costs the heights: log of the size to the base of a word's bits, 3 for 262 144 numbers on a 64-bit
// machine. Source: P. van Emde Boas' idea with a word as the unit, as in D. E. Knuth, The Art of Computer Programming,
// volume 4A, section 7.1.3.
#pragma once

#include <bit>
#include <limits>

#include "layout.h"

namespace allocviz::alloc {

class BitTree {
  static constexpr usize kBits = std::numeric_limits<usize>::digits;
  static constexpr unsigned kMaxHeights = kBits == 64 ? 11 : 7;
  [[nodiscard]] static constexpr usize words_of(usize bits) { return bits / kBits + (bits % kBits != 0); }

 public:
  constexpr BitTree() = default;
  // On words_for(size) words; empty after clear().
  constexpr BitTree(usize* words, usize size) : words_(words), size_(size) {}

  [[nodiscard]] static constexpr usize words_for(usize size) {
    usize sum = 0;
    for (usize bits = size; bits != 0; bits = bits > kBits ? words_of(bits) : 0) sum += words_of(bits);
    return sum;
  }

  [[nodiscard]] constexpr usize* words() const { return words_; }
  [[nodiscard]] constexpr usize size() const { return size_; }
  constexpr void clear() {
    for (usize i = 0; i < words_for(size_); ++i) words_[i] = 0;
  }

  constexpr void insert(usize number) {
    usize* at = words_;
    for (usize bits = size_;; bits = words_of(bits), number /= kBits) {
      usize& word = at[number / kBits];
      const bool was_empty = word == 0;
      word |= usize{1} << number % kBits;
      if (!was_empty || bits <= kBits) return;
      at += words_of(bits);
    }
  }
  constexpr void erase(usize number) {
    usize* at = words_;
    for (usize bits = size_;; bits = words_of(bits), number /= kBits) {
      usize& word = at[number / kBits];
      word &= ~(usize{1} << number % kBits);
      if (word != 0 || bits <= kBits) return;
      at += words_of(bits);
    }
  }
  // The least member that is not below `number`; size() when there is none.
  [[nodiscard]] constexpr usize next(usize number) const {
    const usize* heights[kMaxHeights] = {};
    const usize* at = words_;
    unsigned height = 0;
    for (usize bits = size_; number < bits; bits = words_of(bits)) {
      heights[height] = at;
      if (const usize word = at[number / kBits] & ~usize{0} << number % kBits; word != 0) {
        number = number / kBits * kBits + lowest(word);
        while (height-- != 0) number = number * kBits + lowest(heights[height][number]);
        return number;
      }
      if (bits <= kBits) break;
      at += words_of(bits);
      number = number / kBits + 1;
      ++height;
    }
    return size_;
  }
  // T1.
  [[nodiscard]] constexpr bool is_sound() const {
    const usize* below = words_;
    for (usize bits = size_; bits > kBits; bits = words_of(bits)) {
      const usize* const above = below + words_of(bits);
      for (usize i = 0; i < words_of(bits); ++i) {
        if ((above[i / kBits] >> i % kBits & 1) != (below[i] != 0)) return false;
      }
      below = above;
    }
    return true;
  }

 private:
  [[nodiscard]] static constexpr usize lowest(usize word) { return static_cast<usize>(std::countr_zero(word)); }

  usize* words_ = nullptr;
  usize size_ = 0;
};

}  // namespace allocviz::alloc
