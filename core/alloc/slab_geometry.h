// The size of a slab's blocks, at run time or compile time, and the way from an offset to a block's number.
// Freestanding.
#pragma once

#include <bit>

#include "layout.h"

namespace allocviz::alloc {

// The link in the first bytes of a recycled block: how far before the region's end the next one starts, or 0 when there
// is none. No address, as everywhere; and end - link is one instruction that loads and subtracts, which lets a
// processor run ahead along the list as it does along a list of pointers: a load and an addition do not.
struct SlabLink {
  usize before_end = 0;
  [[nodiscard]] friend constexpr bool operator==(const SlabLink&, const SlabLink&) = default;
};

// A block holds a link; its size is rounded up to a link's alignment.
[[nodiscard]] constexpr bool is_slab_block(usize block_size) {
  return block_size >= sizeof(SlabLink) && block_size <= ~usize{0} - (alignof(SlabLink) - 1);
}
[[nodiscard]] constexpr usize slab_block_size(usize asked) {
  return (asked + alignof(SlabLink) - 1) & ~(alignof(SlabLink) - 1);
}

// What every block is aligned to when the first one is: the lowest set bit of the size.
[[nodiscard]] constexpr usize slab_block_align(usize block_size) {
  return block_size & (~block_size + 1);
}

// Division of offsets by a block size that is only known at run time, without a divide: offset times the inverse of the
// size's odd part modulo 2^w, rotated right by the power of two in the size, is offset / size when that is exact, and
// larger than any quotient when it is not. So one multiplication finds a block's number and that there is one.
// Source: T. Granlund, P. L. Montgomery, Division by Invariant Integers using Multiplication, PLDI 1994, section 9.
class ExactDivision {
 public:
  constexpr ExactDivision() = default;
  constexpr explicit ExactDivision(usize divisor) : shift_(std::countr_zero(divisor)) {
    const usize odd = divisor >> shift_;
    inverse_ = odd;                                                           // right in its last 3 bits
    for (int bits = 3; bits < 64; bits *= 2) inverse_ *= 2 - odd * inverse_;  // twice as many each time
  }
  [[nodiscard]] constexpr usize operator()(usize offset) const { return std::rotr(offset * inverse_, shift_); }

 private:
  usize inverse_ = 1;
  int shift_ = 0;
};

template <usize BlockSize>
requires(is_slab_block(BlockSize)) struct FixedSlab {
  [[nodiscard]] static constexpr bool valid() { return true; }
  [[nodiscard]] static constexpr usize block_size() { return slab_block_size(BlockSize); }
  [[nodiscard]] static constexpr usize number(usize offset) { return kDivision(offset); }

 private:
  static constexpr ExactDivision kDivision{slab_block_size(BlockSize)};
};

class RuntimeSlab {
 public:
  constexpr RuntimeSlab() = default;  // of no valid size
  constexpr explicit RuntimeSlab(usize block_size) {
    if (!is_slab_block(block_size)) return;
    block_size_ = slab_block_size(block_size);
    division_ = ExactDivision(block_size_);
    valid_ = true;
  }

  [[nodiscard]] constexpr bool valid() const { return valid_; }
  [[nodiscard]] constexpr usize block_size() const { return block_size_; }
  // offset / block_size when offset is a multiple of it, else at least as much as any number of blocks.
  [[nodiscard]] constexpr usize number(usize offset) const { return division_(offset); }

 private:
  // Even an invalid one can be computed with: an allocator of nothing asks it for sizes.
  usize block_size_ = sizeof(SlabLink);
  ExactDivision division_{sizeof(SlabLink)};
  bool valid_ = false;
};

}  // namespace allocviz::alloc
