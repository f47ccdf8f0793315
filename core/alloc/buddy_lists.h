// The free lists of a buddy allocator, one a level, last in first out, linked inside the free blocks. Freestanding.
//
//   filled   ...0 1 0 1            bit L: the list of level L is not empty
//   lists    [1] head ------> next ----> next ----> (tail)
//                 (head) <---- prev <---- prev <---- tail
//
// Which bytes of a free block mean something: `next` in every block of a list but its tail, `prev` in every block but
// its head. A block alone in its list has neither, so pushing onto an empty list and popping the last block touch no
// memory of the region at all; popping touches the popped block only. Stale bytes elsewhere are never read.
#pragma once

#include <bit>
#include <new>

#include "arena.h"
#include "buddy_geometry.h"

namespace allocviz::alloc {

// What a buddy allocator knows beside its tags and links. Trivially copyable, offsets only: with the tags and the
// link bytes it is the whole state.
template <unsigned MaxLevels>
struct BuddyState {
  struct List {
    usize head;
    usize tail;
  };

  usize filled = 0;         // bit L: lists[L] has a block
  usize free_bytes = 0;     // on the lists
  usize managed_bytes = 0;  // everything but the gaps
  List lists[MaxLevels] = {};

  // By meaning: the ends of an empty list say nothing.
  [[nodiscard]] friend constexpr bool operator==(const BuddyState& a, const BuddyState& b) {
    if (a.filled != b.filled || a.free_bytes != b.free_bytes || a.managed_bytes != b.managed_bytes) return false;
    for (usize left = a.filled; left != 0; left &= left - 1) {
      const auto level = static_cast<unsigned>(std::countr_zero(left));
      if (a.lists[level].head != b.lists[level].head || a.lists[level].tail != b.lists[level].tail) return false;
    }
    return true;
  }
};

template <unsigned MaxLevels>
class BuddyLists {
 public:
  using State = BuddyState<MaxLevels>;

  [[nodiscard]] static usize next(const Arena& arena, usize offset) { return arena.as<BuddyNext>(offset)->offset; }
  [[nodiscard]] static usize prev(const Arena& arena, usize offset) {
    return arena.as<BuddyPrev>(offset + sizeof(BuddyNext))->offset;
  }
  [[nodiscard]] static constexpr usize bit(unsigned level) { return usize{1} << level; }

  static void push(State& state, const Arena& arena, unsigned level, usize offset) {
    auto& list = state.lists[level];
    if ((state.filled & bit(level)) == 0) {
      state.filled |= bit(level);
      list = {offset, offset};
      return;
    }
    // The old head's prev means something from here on; the new head's does not.
    set_next(arena, offset, list.head);
    set_prev(arena, list.head, offset);
    list.head = offset;
  }

  [[nodiscard]] static usize pop(State& state, const Arena& arena, unsigned level) {
    auto& list = state.lists[level];
    const usize offset = list.head;
    if (offset == list.tail) {
      state.filled &= ~bit(level);
    } else {
      list.head = next(arena, offset);
    }
    return offset;
  }

  // Takes a block out from wherever it stands in its list. O(1).
  static void remove(State& state, const Arena& arena, unsigned level, usize offset) {
    auto& list = state.lists[level];
    if (offset == list.head) {
      (void)pop(state, arena, level);
    } else if (offset == list.tail) {
      list.tail = prev(arena, offset);
    } else {
      const usize before = prev(arena, offset);
      const usize after = next(arena, offset);
      set_next(arena, before, after);
      set_prev(arena, after, before);
    }
  }

 private:
  // Written as new objects: until now this memory was, as the language sees it, the caller's.
  static void set_next(const Arena& arena, usize offset, usize next) {
    ::new (static_cast<void*>(arena.at(offset))) BuddyNext{next};
  }
  static void set_prev(const Arena& arena, usize offset, usize prev) {
    ::new (static_cast<void*>(arena.at(offset + sizeof(BuddyNext)))) BuddyPrev{prev};
  }
};

}  // namespace allocviz::alloc
