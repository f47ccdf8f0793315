// The slabs of a tiered allocator: a table with an entry for every place where a slab can be, and for each class a list
// of its slabs that have room. Freestanding. All of it stands in metadata; no byte of the region is touched.
//
//   places       | 0       | 1       | 2       | 3       |        a place is slab_bytes large, and so aligned
//   table        | none    | class 3 | none    | class 3 |
//   lists[3]       3 -- next --> 1                                room: bit 3 is set
//
// A slab that gets room goes to its list's end, so that it has more when its turn comes: at the front it would be full
// again with the next request, and most calls would change the list.
#pragma once

#include "arena.h"
#include "bitmap.h"
#include "slab_core.h"
#include "tiered_geometry.h"

namespace allocviz::alloc {

struct TieredSlab {
  static constexpr usize kEnd = ~usize{0};

  SlabState state;
  usize next = kEnd;            // places; of a slab with room, the neighbours in its class's list
  usize prev = kEnd;            // of the first slab, the last one
  usize size_class = kNoClass;  // kNoClass: there is no slab here
};

// Trivially copyable, and no address in it.
struct TieredLists {
  usize room = 0;        // one bit for each class that has a slab with room
  usize free_bytes = 0;  // of the blocks of all slabs that are free or fresh
  usize slabs = 0;
  usize heads[TieredGeometry::kMaxClasses] = {};  // where `room` says so
};

// What a walk over the slabs reports.
struct SlabExtent {
  usize offset = 0;
  usize size = 0;  // of the whole slab, its rest included
  unsigned size_class = 0;
  usize block_size = 0;
  usize blocks = 0;
  SlabState state;
};

template <class Policy>
class TieredSlabs {
 public:
  static constexpr bool kCounts = true;  // a slab of which every block is free goes back
  using Core = SlabCore<RuntimeSlab, Policy, kCounts>;

  constexpr TieredSlabs() = default;
  // No slab anywhere. `table` has places() entries, `bits` bits_bytes(); the latter are as they are.
  TieredSlabs(Arena arena, TieredSlab* table, void* bits, const TieredGeometry& geometry)
      : arena_(arena), table_(table), bits_(static_cast<std::byte*>(bits)), shift_(geometry.slab_shift()) {
    forget_all();
  }

  [[nodiscard]] static constexpr usize bits_bytes(usize places, const TieredGeometry& geometry) {
    return Policy::kChecked ? places * geometry.bitmap_bytes() : 0;
  }

  // Back to no slab anywhere. O(places).
  void forget_all() {
    for (usize place = 0; place < places(); ++place) ::new (static_cast<void*>(table_ + place)) TieredSlab{};
    lists_ = TieredLists{};
  }
  // The block at this place becomes a slab, all of it fresh.
  void make(usize place, usize number, const TieredGeometry& geometry) {
    TieredSlab slab;
    slab.size_class = number;
    table_[place] = slab;
    lists_.free_bytes += geometry[number].bytes;
    ++lists_.slabs;
    link(place);
  }
  // A slab of which every block is free is a block again.
  [[gnu::noinline]] void unmake(usize place, const TieredGeometry& geometry) {
    unlink(place);
    lists_.free_bytes -= geometry[class_of(place)].bytes;
    --lists_.slabs;
    table_[place].size_class = kNoClass;
  }
  // To the end of its class's list.
  [[gnu::noinline]] void link(usize place) {
    TieredSlab& slab = table_[place];
    const usize bit = usize{1} << slab.size_class;
    usize& head = lists_.heads[slab.size_class];
    if ((lists_.room & bit) == 0) {
      head = place;
      lists_.room |= bit;
    } else {
      table_[table_[head].prev].next = place;
    }
    slab.next = TieredSlab::kEnd;
    slab.prev = head == place ? place : table_[head].prev;
    table_[head].prev = place;
  }
  [[gnu::noinline]] void unlink(usize place) {
    const TieredSlab& slab = table_[place];
    usize& head = lists_.heads[slab.size_class];
    if (place != head) {
      table_[slab.prev].next = slab.next;
      table_[slab.next != TieredSlab::kEnd ? slab.next : head].prev = slab.prev;
    } else if (slab.next != TieredSlab::kEnd) {
      head = slab.next;
      table_[head].prev = slab.prev;
    } else {
      lists_.room &= ~(usize{1} << slab.size_class);
    }
  }
  void keep(usize place, const SlabState& state) { table_[place].state = state; }
  void count_free(usize more, usize fewer) { lists_.free_bytes += more - fewer; }

  [[nodiscard]] constexpr usize places() const { return arena_.size() >> shift_; }
  [[nodiscard]] constexpr usize place_of(usize offset) const { return offset >> shift_; }
  [[nodiscard]] constexpr usize offset_of(usize place) const { return place << shift_; }
  [[nodiscard]] bool is_slab(usize place) const { return table_[place].size_class != kNoClass; }
  [[nodiscard]] unsigned class_of(usize place) const { return static_cast<unsigned>(table_[place].size_class); }
  // The slab algorithm on the slab at this place; what it does to its state counts once it is kept.
  [[nodiscard]] Core core(usize place, const TieredGeometry& geometry) const {
    const TieredClass& size_class = geometry[class_of(place)];
    return Core(Arena(arena_.at(offset_of(place)), size_class.bytes), size_class.count,
                bits_ + place * geometry.bitmap_bytes(), size_class.blocks, table_[place].state);
  }
  [[nodiscard]] SlabExtent extent(usize place, const TieredGeometry& geometry) const {
    const TieredClass& size_class = geometry[class_of(place)];
    return {offset_of(place), usize{1} << shift_, class_of(place), size_class.blocks.block_size(),
            size_class.count, table_[place].state};
  }

  [[nodiscard]] constexpr TieredSlab* table() const { return table_; }
  [[nodiscard]] constexpr std::byte* bits() const { return bits_; }
  [[nodiscard]] constexpr const TieredLists& lists() const { return lists_; }
  constexpr void restore(const TieredLists& lists) { lists_ = lists; }

 private:
  Arena arena_;
  TieredSlab* table_ = nullptr;
  std::byte* bits_ = nullptr;
  unsigned shift_ = 0;
  TieredLists lists_;
};

}  // namespace allocviz::alloc
