// Reading a buddy allocator's state, and nothing else: the walk, the free lists, the link bytes. Freestanding.
// Everything is legal between any two steps of a call, and allocates nothing.
#pragma once

#include <bit>

#include "arena.h"
#include "buddy_lists.h"
#include "buddy_tag.h"
#include "walk.h"

namespace allocviz::alloc {

template <unsigned MaxLevels>
struct BuddyView {
  using Lists = BuddyLists<MaxLevels>;

  Arena arena;
  const BuddyTag* tags = nullptr;
  const BuddyState<MaxLevels>* state = nullptr;
  unsigned levels = 0;
  unsigned block_shift = 0;
  unsigned min_shift = 0;

  [[nodiscard]] usize size_at(unsigned level) const { return usize{1} << (block_shift - level); }
  [[nodiscard]] usize unit() const { return usize{1} << min_shift; }
  [[nodiscard]] BuddyTag tag(usize offset) const { return tags[offset >> min_shift]; }

  // f(const Extent&) for every block and every maximal gap, in address order.
  template <class F>
  void walk(F&& f) const {
    for (usize offset = 0; offset < arena.size();) {
      const Extent extent = extent_at(offset);
      f(extent);
      offset += extent.size;
    }
  }

  // f(unsigned level, usize offset) for every free block: level 0 first, each list from its head.
  template <class F>
  void visit_free_lists(F&& f) const {
    for (usize left = state->filled; left != 0; left &= left - 1) {
      const auto level = static_cast<unsigned>(std::countr_zero(left));
      const auto list = state->lists[level];
      usize offset = list.head;
      f(level, offset);
      while (offset != list.tail) {
        offset = Lists::next(arena, offset);
        f(level, offset);
      }
    }
  }

  // f(usize offset, std::byte* bytes, usize count) for the link bytes that mean something, list by list.
  template <class F>
  void visit_links(F&& f) const {
    for (usize left = state->filled; left != 0; left &= left - 1) {
      const auto list = state->lists[std::countr_zero(left)];
      usize offset = list.head;
      while (offset != list.tail) {
        // The head has no prev, every other block but the tail has both.
        const usize count = offset == list.head ? sizeof(BuddyNext) : kBuddyLinkBytes;
        f(offset, arena.at(offset), count);
        offset = Lists::next(arena, offset);
      }
      if (list.head == list.tail) continue;
      f(offset + sizeof(BuddyNext), arena.at(offset + sizeof(BuddyNext)), sizeof(BuddyPrev));
    }
  }

 private:
  [[nodiscard]] Extent extent_at(usize offset) const {
    const BuddyTag head = tag(offset);
    if (is_head(head)) {
      const Use use = kind_of(head) == BuddyTag::FreeHead ? Use::Free : Use::Live;
      return {offset, size_at(level_of(head)), use, level_of(head)};
    }
    usize end = offset + unit();
    while (end < arena.size() && tag(end) == BuddyTag::Gap) end += unit();
    return {offset, end - offset, Use::Gap, 0};
  }
};

}  // namespace allocviz::alloc
