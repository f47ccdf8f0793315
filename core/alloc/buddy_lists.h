// The free lists of a buddy allocator, one a level, last in first out. Their links stand inside the free blocks, or
// beside the tags (buddy_beside.h). Freestanding.
//
//   heads[0]   9                                 tails[0] = 9: alone, no link is written
//   heads[1]   4 -- next --> 2 -- next --> 6     tails[1]
//                <-- prev --   <-- prev --
//
// Places are counted in smallest blocks, here called units. What of all this means something: `heads` and `tails` where
// `filled` says so; `next` in every block of a list but its tail, `prev` in every block but its head.
// So a push onto an empty list and a pop of the last block touch no memory of the region at all, and a pop touches no
// block but the one it hands out. What is stale is never read.
#pragma once

#include <new>

#include "arena.h"
#include "buddy_geometry.h"
#include "buddy_tag.h"

namespace allocviz::alloc {

// A block: its first unit, how many units it has (a power of two), and the level that belongs to that size.
struct BuddyBlock {
  usize at = 0;
  usize units = 0;
  unsigned level = 0;
};

// What a buddy allocator knows beside its tags and links. Trivially copyable, and no address in it: with the tags and
// the link bytes it is the whole state.
template <unsigned MaxLevels>
struct BuddyState {
  usize filled = 0;         // the sizes of the free blocks in units, each once, added up: each is a power of two
  usize free_bytes = 0;     // of all free blocks
  usize managed_bytes = 0;  // of all blocks: everything but the gaps
  usize heads[MaxLevels] = {};
  usize tails[MaxLevels] = {};
};

// f(usize at) for each free block of this size and level, from the head of their list. There is one.
template <class Links, class State, class F>
void visit_list(const Links& links, const State& state, BuddyBlock size, F&& f) {
  usize at = state.heads[size.level];
  f(at);
  while (at != state.tails[size.level]) {
    at = links.next(at);
    f(at);
  }
}

// The links, which stand in the first bytes of a free block.
class BuddyLinks {
 public:
  static constexpr bool kAtHand = false;  // what means nothing may be read: it costs no page, and hurts no device

  constexpr BuddyLinks() = default;
  constexpr BuddyLinks(const Arena& arena, unsigned unit_shift) : arena_(arena), unit_shift_(unit_shift) {}

  [[nodiscard]] usize next(usize at) const { return arena_.as<BuddyNext>(next_offset(at))->unit; }
  [[nodiscard]] usize prev(usize at) const { return arena_.as<BuddyPrev>(prev_offset(at))->unit; }
  // Written as new objects: until now this memory was, as the language sees it, the caller's.
  void set_next(usize at, usize next) const { ::new (static_cast<void*>(arena_.at(next_offset(at)))) BuddyNext{next}; }
  void set_prev(usize at, usize prev) const { ::new (static_cast<void*>(arena_.at(prev_offset(at)))) BuddyPrev{prev}; }

  template <class State, class F>
  void visit(const State& state, BuddyBlock size, F&& f) const {
    visit_list(*this, state, size, f);
  }
  // f(usize offset, std::byte* bytes, usize count) for the link bytes of that list that mean something.
  template <class State, class F>
  void visit_links(const State& state, BuddyBlock size, F&& f) const {
    const usize head = state.heads[size.level];
    const usize tail = state.tails[size.level];
    if ((state.filled & size.units) == 0 || head == tail) return;
    visit_bytes(f, next_offset(head), sizeof(BuddyNext));
    for (usize at = next(head); at != tail; at = next(at)) visit_bytes(f, next_offset(at), kBuddyLinkBytes);
    visit_bytes(f, prev_offset(tail), sizeof(BuddyPrev));
  }

 private:
  [[nodiscard]] usize next_offset(usize at) const { return at << unit_shift_; }
  [[nodiscard]] usize prev_offset(usize at) const { return (at << unit_shift_) + sizeof(BuddyNext); }
  template <class F>
  void visit_bytes(F& f, usize offset, usize count) const {
    f(offset, arena_.at(offset), count);
  }

  Arena arena_;
  unsigned unit_shift_ = 0;
};

// `filled` stands apart from the rest of the state, so that a call can keep it in a register until it is done.
template <unsigned MaxLevels, class Links = BuddyLinks>
class BuddyLists {
 public:
  BuddyLists(usize& filled, BuddyState<MaxLevels>& state, const Links& links)
      : filled_(filled), state_(state), links_(links) {}

  // The first unit of the block to be popped. There is one.
  [[nodiscard]] usize first(BuddyBlock size) const { return state_.heads[size.level]; }
  // O(1).
  void push(BuddyBlock block) {
    assume_level(block);
    const usize old_head = state_.heads[block.level];
    state_.heads[block.level] = block.at;
    if ((filled_ & block.units) == 0) {
      state_.tails[block.level] = block.at;
      filled_ |= block.units;
      return;
    }
    links_.set_next(block.at, old_head);
    links_.set_prev(old_head, block.at);
  }

  // The same onto a list that is empty.
  void push_first(BuddyBlock block) {
    assume_level(block);
    state_.heads[block.level] = block.at;
    state_.tails[block.level] = block.at;
    filled_ |= block.units;
  }

  // Takes the block at the head of its list. O(1).
  void pop(BuddyBlock block) {
    assume_level(block);
    const bool last = block.at == state_.tails[block.level];
    if constexpr (Links::kAtHand) {  // short lists come and go: a guess would often be wrong, so there is none
      state_.heads[block.level] = links_.next(block.at);
      filled_ ^= block.units & (0 - usize{last});
    } else if (last) {
      filled_ ^= block.units;
    } else {
      state_.heads[block.level] = links_.next(block.at);
    }
  }
  // Takes a block out from wherever it stands in its list. O(1).
  void remove(BuddyBlock block) {
    assume_level(block);
    usize& head = state_.heads[block.level];
    usize& tail = state_.tails[block.level];
    if (head == tail) [[likely]] {
      filled_ ^= block.units;
    } else if (block.at == head) {
      head = links_.next(head);
    } else if (block.at == tail) {
      tail = links_.prev(tail);
    } else {
      const usize before = links_.prev(block.at);
      const usize after = links_.next(block.at);
      links_.set_next(before, after);
      links_.set_prev(after, before);
    }
  }

 private:
  // A block's level is one of this allocator's. Told to the compiler, which else warns of loops it has unrolled.
  static void assume_level(BuddyBlock block) {
    if (block.level >= MaxLevels) __builtin_unreachable();
  }

  usize& filled_;
  BuddyState<MaxLevels>& state_;
  Links links_;
};

// The policy: what a buddy allocator keeps of its free blocks, and where. See buddy_beside.h and buddy_bits.h for the
// others.
struct InBand {
  static constexpr bool kTouches = true;  // the region
  static constexpr bool kLists = true;    // else bits
  static constexpr usize kMostUnits = ~usize{0};
  using Place = BuddyLinks;
  template <unsigned MaxLevels>
  using State = BuddyState<MaxLevels>;
  template <unsigned MaxLevels>
  using Lists = BuddyLists<MaxLevels>;

  // Nothing beside the tags.
  static constexpr usize kMetadataAlign = 1;
  [[nodiscard]] static constexpr usize metadata_bytes(usize unit_count, unsigned /*levels*/) { return unit_count; }
  [[nodiscard]] static Place place(const Arena& arena, BuddyTag* /*tags*/, unsigned /*levels*/, unsigned unit_shift) {
    return {arena, unit_shift};
  }
};

}  // namespace allocviz::alloc
