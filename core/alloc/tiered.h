// A tiered allocator: small requests from slabs, one size class each; slabs and everything larger from a buddy below.
// Freestanding. For programs that ask for all sizes.
//
//   buddy    |          slab, class 1          |  live: 4 KiB + 1 KiB  | free | slab, class 0  |      free      |
//   slab     | 48 live | 48 free | 48 fresh ...|                       |      |16|16|16|16| ...
//   lists[1]   -> this slab, it has room
//
// A request takes a block from the slab of its class that has had room longest, which it makes of a block of the buddy
// where none has. A slab goes back to the buddy with its last block: once everything is freed the region is whole.
// What no class holds is a run: blocks of the buddy side by side, as one. Sizes of runs are four to each doubling, as
// those of the usual classes are: what a block has behind that size goes back to the buddy. Where no block of the buddy
// is large enough, sixteen of half and sixteen of a quarter of the size are looked at, for one that has enough free
// memory beside it; and a run grows where it stands, into whatever is free behind it. Where the buddy has no block for
// a slab, the request is served by a run, or by a larger class; so it fails only when no free block anywhere can hold
// it.
//
// Invariants, all of them between any two calls; the tiling (I1, and within slabs) between any two steps as well:
//   I1 .. I7  those of the buddy below, as buddy.h states them
//   I8  a slab is a live block of the buddy's of slab_bytes, and has one of the classes
//   I9  inside, a slab holds slab.h's invariants, and at least one of its blocks is live
//   I10 a slab is in its class's list exactly when it has room; prev(next(s)) = s, prev(first) = last; room = the
//       classes with such slabs
//   I11 free_bytes and slabs of the lists are the sums over all slabs
//   I12 a run is made of live blocks of the buddy, no two of which are buddies; none of them is a slab
//
// Misuse is a result in O(1): a pointer's place says whether it lies in a slab, and the slab's bits or the buddy's tags
// say the rest. Everything but reset costs the levels that the buddy splits, merges or looks at, and nothing else that
// grows with the region. Metadata: the buddy's, an entry a place where a slab can be, and (checked) a bit a block.
// Source of size classes over larger blocks: J. Bonwick, The Slab Allocator, USENIX Summer 1994.
// For one thread at a time.
#pragma once

#include <concepts>

#include "backing.h"
#include "policy.h"
#include "tiered_check.h"
#include "tiered_core.h"

namespace allocviz::alloc {

template <class Policy = Checked, Backing Memory = Raw, class Sink = NoSteps>
class Tiered {
  using Core = TieredCore<Policy>;
  using Slabs = TieredSlabs<Policy>;
  static constexpr bool kRaw = std::same_as<Memory, Raw>;

 public:
  using Below = typename Core::Below;
  // With metadata() and the bytes of visit_links(): everything the allocator knows.
  struct State {
    typename Below::State buddy;
    TieredLists lists;
  };

  // ---- what it needs

  // `count` blocks of the buddy's largest size, aligned to that size. InvalidConfig when there can be no such region.
  [[nodiscard]] static constexpr Made<Layout> region_layout(usize count, const TieredGeometry& geometry) {
    if (!geometry.valid()) return InitError::InvalidConfig;
    return Below::region_layout(count, geometry.buddy());
  }
  // An entry for each place, a byte for each smallest block, the bits: exactly that.
  [[nodiscard]] static constexpr Made<Layout> metadata_layout(usize count, const TieredGeometry& geometry) {
    const Made<Layout> region = region_layout(count, geometry);
    if (!region) return region.error();
    const usize places = region->size >> geometry.slab_shift();
    return Layout{places * sizeof(TieredSlab) + (region->size >> geometry.buddy().min_shift()) +
                      Slabs::bits_bytes(places, geometry),
                  alignof(TieredSlab)};
  }

  // ---- making one: O(metadata). InvalidLocation when region or metadata is null, misaligned or wraps the address
  // space, or when they overlap.

  // On the caller's memory, which has the two layouts above.
  static Made<Tiered> make_raw(void* metadata, void* region, usize count,
                               const TieredGeometry& geometry) requires kRaw {
    return build(Memory{}, metadata, region, count, geometry);
  }
  // On memory from a backing, which gets it back when the allocator is destroyed, or at once when making it fails.
  static Made<Tiered> make(usize count, Memory memory,
                           const TieredGeometry& geometry) requires AllocatingBacking<Memory> {
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
    return build(static_cast<Memory&&>(memory), metadata, region, count, geometry);
  }

  // An allocator of nothing: every request is refused, every pointer Foreign. So is one that was moved from.
  constexpr Tiered() requires std::default_initializable<Memory>
  = default;
  Tiered(Tiered&& other) noexcept
      : core_(static_cast<Core&&>(other.core_)),
        memory_(static_cast<Memory&&>(other.memory_)),
        sink_(static_cast<Sink&&>(other.sink_)) {
    other.core_ = Core{};
  }
  Tiered& operator=(Tiered&& other) noexcept {
    if (this == &other) return *this;
    give_memory_back();
    core_ = static_cast<Core&&>(other.core_);
    memory_ = static_cast<Memory&&>(other.memory_);
    sink_ = static_cast<Sink&&>(other.sink_);
    other.core_ = Core{};
    return *this;
  }
  ~Tiered() { give_memory_back(); }

  // The caller's memory back, blocks and all; leaves an allocator of nothing.
  [[nodiscard]] RawParts into_raw_parts() requires kRaw {
    const RawParts parts{arena().base(), region_need(), core_.slabs().table(), metadata_need()};
    core_ = Core{};
    return parts;
  }

  // ---- allocating. Each call comes twice: heard by the allocator's own sink, or by a listener for this call alone.

  // A size of 0 is served as 1. Refused with TooLarge, AlignTooLarge (also for an align that is no power of two, when
  // checked) or OutOfMemory.
  [[nodiscard]] Allocation allocate(Layout layout) { return core_.allocate(layout.size, layout.align, sink_); }
  template <class S>
  [[nodiscard]] Allocation allocate(Layout layout, S&& listener) {
    return core_.allocate(layout.size, layout.align, listener);
  }

  // Refused, when checked, with Foreign, InsideBlock or DoubleFree (also for a block never handed out).
  Error deallocate(void* ptr) { return core_.deallocate(ptr, sink_); }
  template <class S>
  Error deallocate(void* ptr, S&& listener) {
    return core_.deallocate(ptr, listener);
  }

  // In a slab, the block stays as long as the new layout fits it; of the buddy, as Buddy has it. A refusal is silent.
  Error resize_in_place(void* ptr, Layout layout) { return core_.resize_in_place(ptr, layout, sink_); }
  template <class S>
  Error resize_in_place(void* ptr, Layout layout, S&& listener) {
    return core_.resize_in_place(ptr, layout, listener);
  }

  // In place where that is possible, else a new block, a copy of what fits, and the old one freed. When that fails the
  // old block is as it was. Null, and when checked any pointer that is no live block, acts as allocate.
  [[nodiscard]] Allocation reallocate(void* ptr, Layout layout) { return reallocate(ptr, layout, sink_); }
  template <class S>
  [[nodiscard]] Allocation reallocate(void* ptr, Layout layout, S&& listener) {
    const usize old_size = ptr == nullptr ? 0 : usable_size(ptr);
    if (old_size != 0 && resize_in_place(ptr, layout, listener) == Error::None) return {ptr};
    const Allocation moved = allocate(layout, listener);
    if (!moved || old_size == 0) return moved;
    __builtin_memcpy(moved.ptr, ptr, old_size < layout.size ? old_size : layout.size);
    (void)deallocate(ptr, listener);
    return moved;
  }
  // Forgets every block: the state of a new allocator. O(metadata), heard by nobody.
  void reset() { core_.reset(); }

  // ---- asking: O(1)

  [[nodiscard]] constexpr const TieredGeometry& geometry() const { return core_.geometry(); }
  [[nodiscard]] constexpr const Arena& arena() const { return core_.arena(); }
  [[nodiscard]] constexpr usize size() const { return arena().size(); }
  [[nodiscard]] constexpr usize slab_count() const { return core_.slabs().lists().slabs; }
  // Of the buddy, and of the blocks in slabs that are free or were never used.
  [[nodiscard]] constexpr usize free_bytes() const {
    return core_.below().free_bytes() + core_.slabs().lists().free_bytes;
  }
  [[nodiscard]] constexpr usize managed_bytes() const { return core_.below().managed_bytes(); }
  // Bytes of the largest free block, 0 when nothing is free. A request of them would be served; a larger one may be,
  // too, from free blocks side by side.
  [[nodiscard]] constexpr usize largest_free() const { return core_.largest_free(); }
  // Whether ptr is the start of a live block; unchecked, in a slab, of one that has ever been handed out.
  [[nodiscard]] bool owns(const void* ptr) const { return usable_size(ptr) != 0; }
  // Bytes of the live block at ptr; 0 when there is none.
  [[nodiscard]] usize usable_size(const void* ptr) const { return core_.live_bytes(arena().offset_of(ptr)); }
  // The buddy below, to look at; a block of it that is a slab is live there.
  [[nodiscard]] constexpr const Below& below() const { return core_.below(); }

  // Where the allocator's own steps go; of no use where nobody hears them.
  [[nodiscard]] constexpr Sink& own_sink() { return sink_; }

  // ---- looking inside; nothing here allocates, and all but check() is legal inside a listener's call

  // f(const Extent&) for every block in address order: those of the buddy, and in place of a slab its blocks and its
  // rest. A block in flight walks as live.
  template <class F>
  void walk(F&& f) const {
    core_.walk(f);
  }
  // f(const SlabExtent&) for every slab in address order.
  template <class F>
  void visit_slabs(F&& f) const {
    core_.visit_slabs(f);
  }
  // f(const SlabExtent&) for the slabs of a class that have room, in the order in which they will be used.
  template <class F>
  void visit_slabs_with_room(unsigned size_class, F&& f) const {
    core_.visit_slabs_with_room(size_class, f);
  }
  // f(unsigned level, usize offset) for every free block of the buddy: level 0 first, each list in its order.
  template <class F>
  void visit_free_lists(F&& f) const {
    core_.below().visit_free_lists(f);
  }
  // f(usize offset) for every block of a class that can be handed out without making a slab, in that order.
  template <class F>
  void visit_free_blocks(unsigned size_class, F&& f) const {
    core_.visit_free_blocks(size_class, f);
  }
  // f(usize offset, std::byte* bytes, usize count) for the link bytes that mean something. f is called before they are
  // read: a loader, with state and metadata already in place, writes them in f.
  template <class F>
  void visit_links(F&& f) const {
    core_.visit_links(f);
  }
  [[nodiscard]] Report check() const { return TieredCheck<Policy>(core_).run(); }

  [[nodiscard]] constexpr State state() const { return {core_.below().state(), core_.slabs().lists()}; }
  // With the metadata and the link bytes of the same moment: back to that moment. Same geometry, same size.
  constexpr void restore(const State& state) {
    core_.below().restore(state.buddy);
    core_.slabs().restore(state.lists);
  }
  // The table of slabs, the buddy's tags, the bits; of the last, those of blocks that have been handed out mean
  // something.
  [[nodiscard]] Bytes metadata() { return {reinterpret_cast<std::byte*>(core_.slabs().table()), metadata_need().size}; }
  [[nodiscard]] ConstBytes metadata() const {
    return {reinterpret_cast<const std::byte*>(core_.slabs().table()), metadata_need().size};
  }
  // The parts of it, and the buddy, for a loader that keeps a snapshot of its own making.
  [[nodiscard]] TieredSlab* slab_table() { return core_.slabs().table(); }
  [[nodiscard]] std::byte* bits_of_slab(usize place) {
    return core_.slabs().bits() + place * geometry().bitmap_bytes();
  }
  [[nodiscard]] Below& below_to_load() { return core_.below(); }

 private:
  Tiered(Memory&& memory, Core&& core) : core_(static_cast<Core&&>(core)), memory_(static_cast<Memory&&>(memory)) {}

  static Made<Tiered> build(Memory&& memory, void* metadata, void* region, usize count,
                            const TieredGeometry& geometry) {
    const Made<Layout> region_need = region_layout(count, geometry);
    if (!region_need) return region_need.error();
    const Made<Layout> metadata_need = metadata_layout(count, geometry);
    const bool possible = Arena::can_be(region, region_need->size, region_need->align) &&
                          Arena::can_be(metadata, metadata_need->size, metadata_need->align) &&
                          !Arena::overlap(region, region_need->size, metadata, metadata_need->size);
    if (!possible) {
      memory.deallocate(region, *region_need);
      memory.deallocate(metadata, *metadata_need);
      return InitError::InvalidLocation;
    }
    const usize places = region_need->size >> geometry.slab_shift();
    auto* const table = static_cast<TieredSlab*>(metadata);
    auto* const tags = reinterpret_cast<std::byte*>(table + places);
    auto below = Below::make_raw(tags, region, count, geometry.buddy());
    if (!below) return below.error();
    const Slabs slabs(Arena(region, region_need->size), table,
                      tags + (region_need->size >> geometry.buddy().min_shift()), geometry);
    return Tiered(static_cast<Memory&&>(memory), Core(static_cast<Below&&>(*below), slabs, geometry));
  }

  void give_memory_back() noexcept {
    if (size() == 0) return;
    memory_.deallocate(arena().base(), region_need());
    memory_.deallocate(core_.slabs().table(), metadata_need());
  }
  [[nodiscard]] Layout region_need() const { return {size(), core_.below().block_size()}; }
  [[nodiscard]] Layout metadata_need() const {
    const usize places = core_.slabs().places();
    return {places * sizeof(TieredSlab) + (size() >> geometry().buddy().min_shift()) +
                Slabs::bits_bytes(places, geometry()),
            alignof(TieredSlab)};
  }

  Core core_;
  [[no_unique_address]] Memory memory_;
  [[no_unique_address]] Sink sink_;
};

}  // namespace allocviz::alloc
