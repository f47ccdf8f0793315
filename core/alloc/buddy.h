// A binary buddy allocator: blocks of a power of two, split in halves on demand, and merged again with their other
// half, the buddy, as soon as both are free. Freestanding.
//
//   offset     0          1 KiB       2 KiB       3 KiB       4 KiB
//   level 0    |                      |         free          |          lists[0]: 2048
//   level 1    |           |   live   |                                  lists[1]: empty
//   level 2    |live |free |                                             lists[2]: 512
//
//   size(L) = block_size >> L;   the buddy of the block at `offset` of level L stands at  offset XOR size(L)
//
// Invariants, all of them between any two calls, I1 between any two steps of one call as well:
//   I1  blocks and gaps tile the region: each head is aligned to its block's size, the tags under the rest of a block
//       are Interior, and the sizes of all blocks and gaps add up to the region's
//   I2  managed_bytes = sum of all blocks = region - gaps
//   I3  free_bytes = sum of all free blocks
//   I4  a block stands in the list of its level exactly when its tag says free
//   I5  filled = sum of the sizes (in smallest blocks) that have a free block
//   I6  prev(next(b)) = b for every block b of a list but its last, which is its tail
//   I7  no two free blocks are buddies (above them is always a larger block; at level 0 there is none)
// Links stand inside the free blocks (InBand), or beside the tags (Beside, buddy_beside.h), for memory that must not be
// touched. OutOfBand has bits instead of lists (buddy_bits.h): less metadata, another placement. There I4 is said of a
// block's bit, I5 also of a level's count of free blocks, and I6 is the set's own invariant, T1 of bit_tree.h.
//
// allocate and deallocate cost the levels that they split or merge; nothing else grows with the region. Placement is a
// promise: the front half of a split is kept, the back half pushed; lists are last in, first out; a region is
// populated in ascending order. Source: D. E. Knuth, The Art of Computer Programming, volume 1, section 2.5.
// For one thread at a time.
#pragma once

#include <concepts>

#include "backing.h"
#include "buddy_beside.h"
#include "buddy_bits.h"
#include "buddy_check.h"
#include "buddy_core.h"
#include "buddy_regions.h"
#include "buddy_runs.h"
#include "policy.h"

namespace allocviz::alloc {

template <class Policy>
class TieredCore;

template <class Geometry = RuntimeBuddy, class Policy = Checked, Backing Memory = Raw, class Sink = NoSteps,
          class Free = InBand>
class Buddy {
  template <class>
  friend class TieredCore;  // which is built on runs
  using Core = BuddyCore<Geometry, Policy, Free>;
  static constexpr bool kRaw = std::same_as<Memory, Raw>;

 public:
  // Heads, sizes and sums: with metadata() and the bytes of visit_links(), everything the allocator knows. True between
  // any two calls; in the midst of one only the walks are.
  using State = typename Core::State;

  // ---- what it needs

  // `count` blocks of the largest size, aligned to that size. InvalidConfig when there can be no such region.
  [[nodiscard]] static constexpr Made<Layout> region_layout(usize count, Geometry geometry = {}) {
    if (!geometry.valid() || count == 0) return InitError::InvalidConfig;
    if (count > ~usize{0} >> geometry.block_shift()) return InitError::InvalidConfig;
    if (count > Free::kMostUnits >> (geometry.levels() - 1)) return InitError::InvalidConfig;
    return Layout{count << geometry.block_shift(), usize{1} << geometry.block_shift()};
  }
  // A byte for each smallest block: exactly that, not rounded up to anything. OutOfBand adds its bits, Beside its
  // links, 8 bytes for each.
  [[nodiscard]] static constexpr Made<Layout> metadata_layout(usize count, Geometry geometry = {}) {
    const Made<Layout> region = region_layout(count, geometry);
    if (!region) return region.error();
    return metadata_of(region->size, geometry);
  }

  // ---- making one: O(metadata). InvalidLocation when region or metadata is null, misaligned or wraps the address
  // space, or when they overlap.

  // On the caller's memory, which has the two layouts above. All of the region is free.
  static Made<Buddy> make_raw(void* metadata, void* region, usize count, Geometry geometry = {}) requires kRaw {
    return build(Memory{}, metadata, region, count, geometry, nullptr, 0);
  }
  // The same with nothing in it: no byte of the region is read or written before add_region hands it over.
  static Made<Buddy> make_raw_unpopulated(void* metadata, void* region, usize count,
                                          Geometry geometry = {}) requires kRaw {
    const Made<Layout> layout = region_layout(count, geometry);
    if (!layout) return layout.error();
    const Range everything{0, layout->size};
    return build(Memory{}, metadata, region, count, geometry, &everything, 1);
  }
  // The same with all of it free but the gaps, which are never read or written. They are half-open, sorted, and
  // rounded outward to the smallest block; what lies beyond the region is cut off. InvalidConfig when not sorted.
  static Made<Buddy> make_raw_with_gaps(void* metadata, void* region, usize count, const Range* gaps, usize gap_count,
                                        Geometry geometry = {}) requires kRaw {
    return build(Memory{}, metadata, region, count, geometry, gaps, gap_count);
  }
  // On memory from a backing, which gets it back when the allocator is destroyed, or at once when making it fails.
  static Made<Buddy> make(usize count, Memory memory = {}, Geometry geometry = {}) requires AllocatingBacking<Memory> {
    return make_with_gaps(count, nullptr, 0, static_cast<Memory&&>(memory), geometry);
  }
  static Made<Buddy> make_with_gaps(usize count, const Range* gaps, usize gap_count, Memory memory = {},
                                    Geometry geometry = {}) requires AllocatingBacking<Memory> {
    const Made<Layout> region_need = region_layout(count, geometry);
    const Made<Layout> metadata_need = metadata_layout(count, geometry);
    if (!region_need) return region_need.error();
    void* const region = memory.allocate(*region_need);
    if (region == nullptr) return InitFailure{InitError::AllocFailed, *region_need};
    void* const metadata = memory.allocate(*metadata_need);
    if (metadata == nullptr) {
      memory.deallocate(region, *region_need);
      return InitFailure{InitError::AllocFailed, *metadata_need};
    }
    return build(static_cast<Memory&&>(memory), metadata, region, count, geometry, gaps, gap_count);
  }

  // An allocator of nothing: every request is refused, every pointer Foreign. So is one that was moved from.
  constexpr Buddy() requires std::default_initializable<Memory>
  = default;
  Buddy(Buddy&& other) noexcept
      : core_(other.core_), memory_(static_cast<Memory&&>(other.memory_)), sink_(static_cast<Sink&&>(other.sink_)) {
    other.core_ = Core{};
  }
  Buddy& operator=(Buddy&& other) noexcept {
    if (this == &other) return *this;
    give_memory_back();
    core_ = other.core_;
    memory_ = static_cast<Memory&&>(other.memory_);
    sink_ = static_cast<Sink&&>(other.sink_);
    other.core_ = Core{};
    return *this;
  }
  ~Buddy() { give_memory_back(); }

  // The caller's memory back, blocks and all; leaves an allocator of nothing.
  [[nodiscard]] RawParts into_raw_parts() requires kRaw {
    const RawParts parts{arena().base(), region_need(), core_.tags(), metadata_need()};
    core_ = Core{};
    return parts;
  }

  // ---- allocating. Each call comes twice: heard by the allocator's own sink, or by a listener for this call alone.

  // A block of the smallest power of two that holds size and align; a size of 0 is served as 1. Refused with
  // TooLarge, AlignTooLarge (also for an align that is no power of two, when checked) or OutOfMemory.
  [[nodiscard]] Allocation allocate(Layout layout) { return core_.allocate(layout, sink_); }
  template <class S>
  [[nodiscard]] Allocation allocate(Layout layout, S&& listener) {
    return core_.allocate(layout, listener);
  }

  // Refused, when checked, with Foreign, NotManaged, InsideBlock or DoubleFree.
  Error deallocate(void* ptr) { return core_.deallocate(ptr, sink_); }
  template <class S>
  Error deallocate(void* ptr, S&& listener) {
    return core_.deallocate(ptr, listener);
  }

  // The block keeps its offset: it becomes smaller, its back halves freed, or larger, when the back halves it needs are
  // free. A refusal is silent, whatever its reason, since nothing happened and the caller may go on to allocate, copy
  // and free: OutOfMemory when it cannot grow, else as allocate and deallocate have it.
  Error resize_in_place(void* ptr, Layout layout) { return core_.resize_in_place(ptr, layout, sink_); }
  template <class S>
  Error resize_in_place(void* ptr, Layout layout, S&& listener) {
    return core_.resize_in_place(ptr, layout, listener);
  }

  // In place where that is possible, else a new block, a copy of what fits, and the old one freed. When that fails the
  // old block is as it was. Null, and when checked any pointer that is no live block, acts as allocate. Not where
  // nobody may touch the region, and so not copy.
  [[nodiscard]] Allocation reallocate(void* ptr, Layout layout) requires Free::kTouches {
    return reallocate(ptr, layout, sink_);
  }
  template <class S>
  [[nodiscard]] Allocation reallocate(void* ptr, Layout layout, S&& listener) requires Free::kTouches {
    const usize old_size = ptr == nullptr ? 0 : usable_size(ptr);
    if (old_size != 0 && resize_in_place(ptr, layout, listener) == Error::None) return {ptr};
    const Allocation moved = allocate(layout, listener);
    if (!moved || old_size == 0) return moved;
    __builtin_memcpy(moved.ptr, ptr, old_size < layout.size ? old_size : layout.size);
    (void)deallocate(ptr, listener);
    return moved;
  }

  // ---- growing and giving back

  // Hands a gap to the allocator; offsets, multiples of the smallest block. Foreign when it leaves the region,
  // InsideBlock when it cuts a smallest block, DoubleFree when any of it is managed already.
  Error add_region(Range range) { return core_.add_region(range, sink_); }
  template <class S>
  Error add_region(Range range, S&& listener) {
    return core_.add_region(range, listener);
  }
  // Withdraws free memory: the range, rounded outward to the smallest block, becomes a gap. Foreign when it leaves the
  // region, OutOfMemory when a block in it is live, NotManaged when any of it is a gap already.
  Error reserve(Range range) { return core_.reserve(range, sink_); }
  template <class S>
  Error reserve(Range range, S&& listener) {
    return core_.reserve(range, listener);
  }
  // Undoes reserve of the same range.
  Error release(Range range) { return release(range, sink_); }
  template <class S>
  Error release(Range range, S&& listener) {
    return core_.add_region(core_.outward(range), listener);
  }
  // Forgets every block: the state of a new allocator with the same gaps. O(metadata), heard by nobody.
  void reset() { core_.reset(); }

  // ---- asking: O(1)

  [[nodiscard]] constexpr const Geometry& geometry() const { return core_.geometry(); }
  [[nodiscard]] constexpr unsigned levels() const { return core_.geometry().levels(); }
  [[nodiscard]] constexpr usize size_at(unsigned level) const { return core_.size_at(level); }
  [[nodiscard]] constexpr usize block_size() const { return core_.size_at(0); }
  [[nodiscard]] constexpr usize min_block_size() const { return core_.unit(); }
  [[nodiscard]] constexpr const Arena& arena() const { return core_.arena(); }
  [[nodiscard]] constexpr usize size() const { return core_.arena().size(); }
  [[nodiscard]] constexpr usize free_bytes() const { return state().free_bytes; }
  [[nodiscard]] constexpr usize managed_bytes() const { return state().managed_bytes; }
  // Bytes of the largest free block, which is the largest request that would be served; 0 when nothing is free.
  [[nodiscard]] constexpr usize largest_free() const { return std::bit_floor(state().filled) * core_.unit(); }
  // Whether ptr is the start of a live block of this allocator.
  [[nodiscard]] bool owns(const void* ptr) const { return core_.is_live(arena().offset_of(ptr)); }
  // Bytes of the live block at ptr; 0 when there is none.
  [[nodiscard]] usize usable_size(const void* ptr) const {
    return owns(ptr) ? core_.bytes_at(arena().offset_of(ptr)) : 0;
  }

  // Where the allocator's own steps go; of no use where nobody hears them.
  [[nodiscard]] constexpr Sink& own_sink() { return sink_; }

  // ---- looking inside; nothing here allocates, and all but check() is legal inside a listener's call

  // f(const Extent&) for every block and every maximal gap, in address order. A block in flight walks as live.
  template <class F>
  void walk(F&& f) const {
    core_.view().walk(f);
  }
  // f(unsigned level, usize offset) for every free block: level 0 first, each list in its order.
  template <class F>
  void visit_free_lists(F&& f) const {
    core_.view().visit_free_lists(f);
  }
  // f(usize offset, std::byte* bytes, usize count) for the link bytes that mean something, list by list. f is called
  // before they are read: a loader writes them in f, and so walks the very lists that it restores.
  template <class F>
  void visit_links(F&& f) const {
    core_.view().visit_links(f);
  }
  [[nodiscard]] Report check() const { return BuddyCheck<Geometry::kMaxLevels, Free>(core_.view()).run(); }

  [[nodiscard]] constexpr const State& state() const { return core_.state(); }
  // With the metadata and the link bytes of the same moment: back to that moment. Same geometry, same size.
  constexpr void restore(const State& state) { core_.restore(state); }
  [[nodiscard]] Bytes metadata() { return {reinterpret_cast<std::byte*>(core_.tags()), core_.metadata_bytes()}; }
  [[nodiscard]] ConstBytes metadata() const {
    return {reinterpret_cast<const std::byte*>(core_.tags()), core_.metadata_bytes()};
  }

 private:
  constexpr Buddy(Memory&& memory, const Core& core) : core_(core), memory_(static_cast<Memory&&>(memory)) {}

  // Owns region and metadata, if anybody does: whatever fails gives them back.
  static Made<Buddy> build(Memory&& memory, void* metadata, void* region, usize count, Geometry geometry,
                           const Range* gaps, usize gap_count) {
    const Made<Layout> region_need = region_layout(count, geometry);
    if (!region_need) return region_need.error();
    const Layout metadata_need = metadata_of(region_need->size, geometry);

    InitError error = InitError::None;
    if (!in_order(gaps, gap_count)) error = InitError::InvalidConfig;
    if (!Arena::can_be(region, region_need->size, region_need->align) ||
        !Arena::can_be(metadata, metadata_need.size, metadata_need.align) ||
        Arena::overlap(region, region_need->size, metadata, metadata_need.size)) {
      error = InitError::InvalidLocation;
    }
    if (error != InitError::None) {
      memory.deallocate(region, *region_need);
      memory.deallocate(metadata, metadata_need);
      return error;
    }
    Core core(Arena(region, region_need->size), metadata, geometry);
    core.populate_around(gaps, gap_count);
    return Buddy(static_cast<Memory&&>(memory), core);
  }
  [[nodiscard]] static constexpr Layout metadata_of(usize region_size, const Geometry& geometry) {
    return {Free::metadata_bytes(region_size >> geometry.min_shift(), geometry.levels()), Free::kMetadataAlign};
  }
  [[nodiscard]] static constexpr bool in_order(const Range* gaps, usize gap_count) {
    for (usize i = 0; i < gap_count; ++i) {
      if (gaps[i].from > gaps[i].to || (i != 0 && gaps[i].from < gaps[i - 1].to)) return false;
    }
    return true;
  }

  void give_memory_back() noexcept {
    if (size() == 0) return;
    memory_.deallocate(arena().base(), region_need());
    memory_.deallocate(core_.tags(), metadata_need());
  }
  [[nodiscard]] Layout region_need() const { return {size(), block_size()}; }
  [[nodiscard]] Layout metadata_need() const { return metadata_of(size(), geometry()); }

  Core core_;
  [[no_unique_address]] Memory memory_;
  [[no_unique_address]] Sink sink_;
};

// On memory that must not be touched: device registers, pages not mapped yet. The first has the placement of every
// Buddy and 5 bytes of metadata for a smallest block, the second the lowest address first, and 1.3 bytes.
template <class Geometry = RuntimeBuddy, class Policy = Checked, Backing Memory = Raw, class Sink = NoSteps>
using BesideBuddy = Buddy<Geometry, Policy, Memory, Sink, Beside>;
template <class Geometry = RuntimeBuddy, class Policy = Checked, Backing Memory = Raw, class Sink = NoSteps>
using BitmapBuddy = Buddy<Geometry, Policy, Memory, Sink, OutOfBand>;

}  // namespace allocviz::alloc
