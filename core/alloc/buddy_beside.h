// The free lists of a buddy allocator with their links beside its tags instead of inside the blocks. Freestanding.
//
//   tags     | F2  .   .   .  | F3   .  | L3  F3  |       a byte a smallest block
//   links    | 4,-    .       | 7,0     | -,4     |       next and prev, 4 bytes each: for two smallest blocks
//
// Two smallest blocks that are buddies are never both free, and whatever is larger begins with the first of two: so one
// link does for both. Only in a buddy of a single level, where nothing merges, has each block its own.
//
// Same lists, same placement, and no byte of the managed memory is ever read or written. For memory that must not be
// touched where the promised placement is wanted, which bits (buddy_bits.h) do not keep; and for arenas so large and so
// sparsely filled that a link in a free block would cost a page. A link is meaningful as buddy_lists.h has it: the rest
// is never read, so the memory for them need not be cleared, and a page of it that no link was written to stays
// untouched.
#pragma once

#include "buddy_lists.h"
#include "prefetch.h"

namespace allocviz::alloc {

struct BuddySideLink {
  std::uint32_t next, prev;
};

class BuddySideLinks {
 public:
  static constexpr bool kAtHand = true;

  constexpr BuddySideLinks() = default;
  constexpr BuddySideLinks(void* links, unsigned levels)
      : links_(static_cast<BuddySideLink*>(links)), shift_(shift_for(levels)) {}

  [[nodiscard]] static constexpr usize bytes_for(usize unit_count, unsigned levels) {
    return (unit_count >> shift_for(levels)) * sizeof(BuddySideLink);
  }

  [[nodiscard]] usize next(usize at) const { return of(at).next; }
  [[nodiscard]] usize prev(usize at) const { return of(at).prev; }
  void set_next(usize at, usize next) const { of(at).next = static_cast<std::uint32_t>(next); }
  void set_prev(usize at, usize prev) const { of(at).prev = static_cast<std::uint32_t>(prev); }
  // Brings a block's link nearer, for a call that is to come.
  void prefetch(usize at) const { alloc::prefetch(&of(at)); }

  template <class State, class F>
  void visit(const State& state, BuddyBlock size, F&& f) const {
    visit_list(*this, state, size, f);
  }
  // None stands in the region: they are metadata.
  template <class State, class F>
  void visit_links(const State& /*state*/, BuddyBlock /*size*/, F&& /*f*/) const {}

 private:
  // Of several levels there is an even number of units.
  [[nodiscard]] static constexpr unsigned shift_for(unsigned levels) { return levels > 1 ? 1 : 0; }
  [[nodiscard]] BuddySideLink& of(usize at) const { return links_[at >> shift_]; }

  BuddySideLink* links_ = nullptr;
  unsigned shift_ = 0;
};

// The policy: what a buddy allocator keeps of its free blocks, and where.
struct Beside {
  static constexpr bool kTouches = false;
  static constexpr bool kLists = true;
  static constexpr usize kMostUnits = ~std::uint32_t{0};
  using Place = BuddySideLinks;
  template <unsigned MaxLevels>
  using State = BuddyState<MaxLevels>;
  template <unsigned MaxLevels>
  using Lists = BuddyLists<MaxLevels, BuddySideLinks>;

  // The links stand behind the tags, at the next multiple of their size.
  static constexpr usize kMetadataAlign = sizeof(BuddySideLink);
  [[nodiscard]] static constexpr usize metadata_bytes(usize unit_count, unsigned levels) {
    return links_at(unit_count) + BuddySideLinks::bytes_for(unit_count, levels);
  }
  [[nodiscard]] static Place place(const Arena& arena, BuddyTag* tags, unsigned levels, unsigned unit_shift) {
    return Place(tags + links_at(arena.size() >> unit_shift), levels);
  }

 private:
  [[nodiscard]] static constexpr usize links_at(usize unit_count) {
    return (unit_count + (kMetadataAlign - 1)) & ~(kMetadataAlign - 1);
  }
};

}  // namespace allocviz::alloc
