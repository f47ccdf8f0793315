// The free blocks of a buddy allocator as bits beside its tags, instead of lists inside the blocks. Freestanding.
//
//   level 0   | 0 1 |                 the set:   0 1   0 0 1 0   0 1 0 0 0 0 0 0
//   level 1   | 0 0 1 0 |                        l.0   level 1   level 2
//   level 2   | 0 1 0 0 0 0 0 0 |
//
// No byte of the managed memory is ever read or written, so it may be what must not be touched: registers of a device,
// pages not mapped yet, memory of another machine. Of a size's free blocks the one at the lowest address is handed out.
// Beside a push and a pop stands the set's own cost, a few words: see bit_tree.h.
#pragma once

#include "bit_tree.h"
#include "buddy_lists.h"
#include "buddy_tag.h"

namespace allocviz::alloc {

template <unsigned MaxLevels>
struct BuddyBitState {
  usize filled = 0;              // the sizes in units, added up, of which there is a free block
  usize free_bytes = 0;          // of all free blocks
  usize managed_bytes = 0;       // of all blocks: everything but the gaps
  usize counts[MaxLevels] = {};  // free blocks of each level
};

// Which free blocks there are: a set of numbers, those of level 0 first, then of level 1, each level by address.
class BuddyBits {
 public:
  constexpr BuddyBits() = default;
  BuddyBits(void* words, usize unit_count, unsigned levels)
      : top_count_(unit_count >> (levels - 1)), set_(static_cast<usize*>(words), numbers_for(unit_count, levels)) {}

  [[nodiscard]] static constexpr usize bytes_for(usize unit_count, unsigned levels) {
    return BitTree::words_for(numbers_for(unit_count, levels)) * sizeof(usize);
  }

  void clear() { set_.clear(); }
  void insert(BuddyBlock block) { set_.insert(number_of(block)); }
  void erase(BuddyBlock block) { set_.erase(number_of(block)); }
  // The first unit of the block of this size and level at the lowest address. There is one.
  [[nodiscard]] usize first(BuddyBlock size) const { return unit_of(set_.next(first_of(size.level)), size); }
  [[nodiscard]] bool is_sound() const { return set_.is_sound(); }

  // f(usize at) for each free block of this size and level, by address.
  template <class State, class F>
  void visit(const State& /*state*/, BuddyBlock size, F&& f) const {
    const usize end = first_of(size.level + 1);
    for (usize number = set_.next(first_of(size.level)); number < end; number = set_.next(number + 1)) {
      f(unit_of(number, size));
    }
  }
  // There are no links.
  template <class State, class F>
  void visit_links(const State& /*state*/, BuddyBlock /*size*/, F&& /*f*/) const {}

 private:
  // As many as a whole tree below each block of level 0 has nodes.
  [[nodiscard]] static constexpr usize numbers_for(usize unit_count, unsigned levels) {
    return 2 * unit_count - (unit_count >> (levels - 1));
  }
  [[nodiscard]] usize first_of(unsigned level) const { return (top_count_ << level) - top_count_; }
  [[nodiscard]] usize number_of(BuddyBlock block) const {
    return first_of(block.level) + (block.at >> std::countr_zero(block.units));
  }
  [[nodiscard]] usize unit_of(usize number, BuddyBlock size) const {
    return (number - first_of(size.level)) * size.units;
  }

  usize top_count_ = 0;
  BitTree set_;
};

template <unsigned MaxLevels>
class BuddyBitLists {
 public:
  BuddyBitLists(usize& filled, BuddyBitState<MaxLevels>& state, const BuddyBits& bits)
      : filled_(filled), state_(state), bits_(bits) {}

  [[nodiscard]] usize first(BuddyBlock size) const { return bits_.first(size); }
  void push(BuddyBlock block) {
    bits_.insert(block);
    if (state_.counts[block.level]++ == 0) filled_ |= block.units;
  }
  void push_first(BuddyBlock block) { push(block); }
  void remove(BuddyBlock block) {
    bits_.erase(block);
    if (--state_.counts[block.level] == 0) filled_ ^= block.units;
  }
  void pop(BuddyBlock block) { remove(block); }

 private:
  usize& filled_;
  BuddyBitState<MaxLevels>& state_;
  BuddyBits bits_;
};

// The policy: what a buddy allocator keeps of its free blocks, and where.
struct OutOfBand {
  static constexpr bool kTouches = false;
  static constexpr bool kLists = false;
  static constexpr usize kMostUnits = ~usize{0};
  using Place = BuddyBits;
  template <unsigned MaxLevels>
  using State = BuddyBitState<MaxLevels>;
  template <unsigned MaxLevels>
  using Lists = BuddyBitLists<MaxLevels>;

  // The set stands behind the tags, at the next whole word.
  static constexpr usize kMetadataAlign = alignof(usize);
  [[nodiscard]] static constexpr usize metadata_bytes(usize unit_count, unsigned levels) {
    return set_at(unit_count) + BuddyBits::bytes_for(unit_count, levels);
  }
  [[nodiscard]] static Place place(const Arena& arena, BuddyTag* tags, unsigned levels, unsigned unit_shift) {
    const usize unit_count = arena.size() >> unit_shift;
    return {tags + set_at(unit_count), unit_count, levels};
  }

 private:
  [[nodiscard]] static constexpr usize set_at(usize unit_count) {
    return (unit_count + (kMetadataAlign - 1)) & ~(kMetadataAlign - 1);
  }
};

}  // namespace allocviz::alloc
