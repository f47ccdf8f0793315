// The numbers a tiered allocator is made of: the buddy below, the size of its slabs, its size classes. Freestanding.
//
//   buddy     |        |        |   slab   |        |             slabs are live blocks of the buddy, all of one size
//   slab                        |48|48|48|4|                      cut into blocks of one class; what is left is its
//   rest
//
// A request belongs to the smallest class that holds its size and whose blocks are aligned as it asks; what belongs to
// none is served by the buddy itself.
#pragma once

#include <bit>

#include "buddy_geometry.h"
#include "slab_geometry.h"

namespace allocviz::alloc {

struct TieredClass {
  RuntimeSlab blocks;
  usize align = 1;  // of every block of it
  usize count = 0;  // blocks in a slab
  usize bytes = 0;  // of those blocks; the rest of the slab is lost
};

class TieredGeometry {
 public:
  // A class is a bit of a word.
  static constexpr unsigned kMaxClasses = kUsizeBits;

  constexpr TieredGeometry() = default;  // of no valid geometry
  // Slabs are a power of two, from the smallest block to the largest one. Classes ascend, are rounded up to what aligns
  // a link (equal ones count once) and are no larger than a slab; there may be none at all.
  constexpr TieredGeometry(RuntimeBuddy buddy, usize slab_bytes, const usize* classes, unsigned count)
      : buddy_(buddy), slab_shift_(static_cast<unsigned>(std::countr_zero(slab_bytes))) {
    valid_ = buddy.valid() && is_power_of_two(slab_bytes) && slab_shift_ >= buddy.min_shift() &&
             slab_shift_ <= buddy.block_shift();
    for (unsigned i = 0; valid_ && i < count; ++i) valid_ = add(classes[i]);
    if (valid_) index();
  }
  // The usual classes for slabs of that size: 16, 32, 48, 64, then four to each doubling (80, 96, 112, 128, 160 …) as
  // long as a slab holds eight of them. So no request wastes more than a fifth of its block, above 64 bytes.
  [[nodiscard]] static constexpr TieredGeometry usual(RuntimeBuddy buddy, usize slab_bytes) {
    usize classes[kMaxClasses] = {};
    unsigned count = 0;
    for (usize size = 16, step = 16; size <= slab_bytes / 8 && count < kMaxClasses; size += step) {
      classes[count++] = size;
      if (size >= 64 && is_power_of_two(size)) step = size / 4;
    }
    return {buddy, slab_bytes, classes, count};
  }

  [[nodiscard]] constexpr bool valid() const { return valid_; }
  [[nodiscard]] constexpr const RuntimeBuddy& buddy() const { return buddy_; }
  [[nodiscard]] constexpr unsigned slab_shift() const { return slab_shift_; }
  [[nodiscard]] constexpr usize slab_bytes() const { return usize{1} << slab_shift_; }
  [[nodiscard]] constexpr unsigned class_count() const { return count_; }
  [[nodiscard]] constexpr const TieredClass& operator[](usize number) const { return classes_[number]; }
  [[nodiscard]] constexpr usize block_size(usize number) const { return classes_[number].blocks.block_size(); }
  // Of the bits that say which blocks of a slab are live: room for the class with the most of them.
  [[nodiscard]] constexpr usize bitmap_bytes() const { return bitmap_bytes_; }

  // The class a layout belongs to; class_count() when there is none. O(1) for the usual classes: where the size's
  // bucket says, and as many steps from there as the alignment asks for.
  [[nodiscard]] constexpr unsigned class_for(usize size, usize align) const {
    if (size > largest_) return count_;
    unsigned number = first_[bucket_of(size == 0 ? 0 : size - 1)];
    while (number < count_ && (block_size(number) < size || classes_[number].align < align)) ++number;
    return number;
  }

 private:
  // Four buckets to each doubling, by the highest bit and the two below it of the last byte's offset: what lies between
  // two of the usual classes is one bucket.
  static constexpr unsigned kBuckets = 4 * kUsizeBits;
  [[nodiscard]] static constexpr unsigned bucket_of(usize last) {
    const auto shift = static_cast<unsigned>(std::bit_width(last | 7)) - 3;
    return 4 * shift + static_cast<unsigned>(last >> shift);
  }
  [[nodiscard]] static constexpr usize least_of(unsigned bucket) {
    return bucket < 8 ? bucket : usize{4 + bucket % 4} << (bucket / 4 - 1);
  }

  [[nodiscard]] constexpr bool add(usize asked) {
    const RuntimeSlab blocks(asked);
    if (!blocks.valid() || blocks.block_size() > slab_bytes()) return false;
    if (blocks.block_size() <= largest_) return blocks.block_size() == largest_;
    if (count_ == kMaxClasses) return false;
    const usize count = slab_bytes() / blocks.block_size();
    largest_ = blocks.block_size();
    classes_[count_++] = {blocks, slab_block_align(largest_), count, count * largest_};
    return true;
  }
  constexpr void index() {
    bitmap_bytes_ = count_ == 0 ? 0 : (classes_[0].count + 7) / 8;
    unsigned number = 0;
    for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
      while (number < count_ && block_size(number) <= least_of(bucket)) ++number;
      first_[bucket] = static_cast<std::uint8_t>(number);
    }
  }

  RuntimeBuddy buddy_;
  unsigned slab_shift_ = 0;
  unsigned count_ = 0;
  usize largest_ = 0;
  usize bitmap_bytes_ = 0;
  bool valid_ = false;
  TieredClass classes_[kMaxClasses];
  std::uint8_t first_[kBuckets] = {};
};

}  // namespace allocviz::alloc
