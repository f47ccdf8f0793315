// A slab allocator: equal blocks, a last-in first-out list of those that came back, and a mark below which every block
// has been handed out at least once. Freestanding.
//
//   offset     0        48       96      144      192      240                    size
//              |  live  | free ---> free  |  live  |  live  |  fresh |  fresh | ...  |
//                       head              (its link: end)   fresh mark
//
// The next block is the list's head, else the one at the fresh mark: blocks never used are the list's tail, in
// ascending order, without a link being written. So making a slab is O(1) whatever its size.
//
// Invariants, between any two calls; I1 between any two steps of one call as well:
//   I1  fresh is a multiple of the block size, and at most size
//   I2  (checked) outstanding + blocks on the list + fresh blocks = count
//   I3  the list has no cycle, and all its blocks start below fresh
//   I4  (checked) below fresh, a block's bit is set exactly when it is not on the list
//
// Checked slabs take metadata, one bit a block, initialised as the mark passes; unchecked ones take none. Links are
// meaningful in the blocks of the list only, and in all of those. Every call is O(1), but that unchecked slabs do not
// count what is outstanding: who asks them pays. For one thread at a time.
#pragma once

#include <concepts>

#include "backing.h"
#include "policy.h"
#include "slab_core.h"

namespace allocviz::alloc {

template <class Geometry = RuntimeSlab, class Policy = Checked, Backing Memory = Raw, class Sink = NoSteps>
class Slab {
  using Core = SlabCore<Geometry, Policy>;
  static constexpr bool kRaw = std::same_as<Memory, Raw>;
  static constexpr bool kChecked = Policy::kChecked;

 public:
  using State = SlabState;

  // ---- what it needs

  // Aligned to the lowest set bit of the block size. InvalidConfig when a block would not hold a link, or the region
  // not fit the address space.
  [[nodiscard]] static constexpr Made<Layout> region_layout(usize count, Geometry geometry = {}) {
    if (!geometry.valid() || count > ~usize{0} / geometry.block_size()) return InitError::InvalidConfig;
    return Layout{count * geometry.block_size(), slab_block_align(geometry.block_size())};
  }
  // One bit a block when checked, nothing when not.
  [[nodiscard]] static constexpr Layout metadata_layout(usize count) {
    return {kChecked ? Bitmap::bytes_for(count) : 0, 1};
  }

  // ---- making one: O(1). A count of 0 is an allocator of nothing, and needs no memory.

  // On the caller's memory. InvalidLocation when region or metadata is null, misaligned or wraps the address space.
  static Made<Slab> make_raw(void* metadata, void* region, usize count,
                             Geometry geometry = {}) requires(kRaw&& kChecked) {
    return build(Memory{}, metadata, region, count, geometry);
  }
  static Made<Slab> make_raw(void* region, usize count, Geometry geometry = {}) requires(kRaw && !kChecked) {
    return build(Memory{}, nullptr, region, count, geometry);
  }
  // On memory from a backing, which gets it back when the allocator is destroyed, or at once when making it fails.
  static Made<Slab> make(usize count, Memory memory = {}, Geometry geometry = {}) requires AllocatingBacking<Memory> {
    const Made<Layout> region_need = region_layout(count, geometry);
    if (!region_need) return region_need.error();
    const Layout metadata_need = metadata_layout(count);
    if (count == 0) return build(static_cast<Memory&&>(memory), nullptr, nullptr, count, geometry);
    void* const region = memory.allocate(*region_need);
    if (region == nullptr) return InitFailure{InitError::AllocFailed, *region_need};
    void* const metadata = kChecked ? memory.allocate(metadata_need) : nullptr;
    if (kChecked && metadata == nullptr) {
      memory.deallocate(region, *region_need);
      return InitFailure{InitError::AllocFailed, metadata_need};
    }
    return build(static_cast<Memory&&>(memory), metadata, region, count, geometry);
  }

  // An allocator of nothing. So is one that was moved from.
  constexpr Slab() requires std::default_initializable<Memory>
  = default;
  Slab(Slab&& other) noexcept
      : core_(other.core_), memory_(static_cast<Memory&&>(other.memory_)), sink_(static_cast<Sink&&>(other.sink_)) {
    other.core_ = Core{};
  }
  Slab& operator=(Slab&& other) noexcept {
    if (this == &other) return *this;
    give_memory_back();
    core_ = other.core_;
    memory_ = static_cast<Memory&&>(other.memory_);
    sink_ = static_cast<Sink&&>(other.sink_);
    other.core_ = Core{};
    return *this;
  }
  ~Slab() { give_memory_back(); }

  // The caller's memory back, blocks and all; leaves an allocator of nothing.
  [[nodiscard]] RawParts into_raw_parts() requires kRaw {
    const RawParts parts{arena().base(), region_need(), core_.bits(), metadata_need()};
    core_ = Core{};
    return parts;
  }

  // ---- allocating. Each call comes twice: heard by the allocator's own sink, or by a listener for this call alone.

  // One block. Refused with TooLarge, AlignTooLarge (also for an align that is no power of two, when checked) or
  // OutOfMemory.
  [[nodiscard]] Allocation allocate(Layout layout) { return core_.allocate(layout, sink_); }
  template <class S>
  [[nodiscard]] Allocation allocate(Layout layout, S&& listener) {
    return core_.allocate(layout, listener);
  }
  // One block, whatever its size.
  [[nodiscard]] Allocation allocate_block() { return core_.allocate_block(sink_); }
  template <class S>
  [[nodiscard]] Allocation allocate_block(S&& listener) {
    return core_.allocate_block(listener);
  }

  // Refused, when checked, with Foreign, InsideBlock or DoubleFree (also for a block never handed out).
  Error deallocate(void* ptr) { return core_.deallocate(ptr, sink_); }
  template <class S>
  Error deallocate(void* ptr, S&& listener) {
    return core_.deallocate(ptr, listener);
  }

  // The block stays where it is as long as the new layout fits a block. A refusal is silent: nothing happened.
  Error resize_in_place(void* ptr, Layout layout) { return core_.resize_in_place(ptr, layout, sink_); }
  template <class S>
  Error resize_in_place(void* ptr, Layout layout, S&& listener) {
    return core_.resize_in_place(ptr, layout, listener);
  }
  // In place, or not at all: no other block here is larger. Null, and when checked any pointer that is no live block,
  // acts as allocate.
  [[nodiscard]] Allocation reallocate(void* ptr, Layout layout) { return reallocate(ptr, layout, sink_); }
  template <class S>
  [[nodiscard]] Allocation reallocate(void* ptr, Layout layout, S&& listener) {
    if (ptr == nullptr || (kChecked && !owns(ptr))) return allocate(layout, listener);
    const Error why = resize_in_place(ptr, layout, listener);
    if (why != Error::None) listener(Step{.kind = StepKind::Fail, .why = why});
    return {why == Error::None ? ptr : nullptr, why};
  }
  // Takes every block back, whatever is outstanding; all are fresh again. O(1).
  void reset() { core_.reset(); }

  // ---- asking: O(1)

  [[nodiscard]] constexpr const Geometry& geometry() const { return core_.geometry(); }
  [[nodiscard]] constexpr const Arena& arena() const { return core_.arena(); }
  [[nodiscard]] constexpr usize block_size() const { return core_.block_size(); }
  [[nodiscard]] constexpr usize block_align() const { return core_.block_align(); }
  [[nodiscard]] constexpr usize num_blocks() const { return core_.count(); }
  [[nodiscard]] constexpr usize size() const { return arena().size(); }
  // The first byte behind the region.
  [[nodiscard]] const void* limit() const { return arena().at(size()); }
  [[nodiscard]] bool contains(const void* ptr) const { return arena().contains(ptr); }
  [[nodiscard]] constexpr bool can_allocate() const { return core_.can_allocate(); }
  // These two are O(blocks on the list) of an unchecked slab.
  [[nodiscard]] usize outstanding() const { return core_.outstanding(); }
  [[nodiscard]] usize free_bytes() const { return size() - outstanding() * block_size(); }
  // Whether ptr is the start of a live block; unchecked, of a block that has ever been handed out.
  [[nodiscard]] bool owns(const void* ptr) const { return core_.is_live(arena().offset_of(ptr)); }
  [[nodiscard]] usize usable_size(const void* ptr) const { return owns(ptr) ? block_size() : 0; }

  // Where the allocator's own steps go; of no use where nobody hears them.
  [[nodiscard]] constexpr Sink& own_sink() { return sink_; }

  // ---- looking inside; nothing here allocates, and all but check() is legal inside a listener's call

  // f(const Extent&) for every block in address order. O(blocks) when checked. Unchecked slabs do not know which blocks
  // are live without searching the list: O(blocks * blocks on the list), for debugging.
  template <class F>
  void walk(F&& f) const {
    core_.walk(f);
  }
  // f(unsigned level, usize offset) for every block that can be handed out, in that order; level is 0. The fresh ones
  // come last.
  template <class F>
  void visit_free_lists(F&& f) const {
    core_.visit_list([&f](usize offset) { f(0u, offset); });
    for (usize offset = state().fresh; offset < size(); offset += block_size()) f(0u, offset);
  }
  // f(usize offset, std::byte* bytes, usize count) for the link of every block on the list, in its order. f is called
  // before the link is read: a loader writes it in f, and so walks the very list that it restores.
  template <class F>
  void visit_links(F&& f) const {
    core_.visit_list([&](usize offset) { f(offset, arena().at(offset), sizeof(SlabLink)); });
  }
  [[nodiscard]] Report check() const { return core_.check(); }

  [[nodiscard]] constexpr State state() const { return core_.state(); }
  // With the metadata and the links of the same moment: back to that moment. Same geometry, same size.
  void restore(const State& state) { core_.restore(state); }
  // Of which only the bits of blocks below the fresh mark mean something.
  [[nodiscard]] Bytes metadata() { return {core_.bits(), metadata_need().size}; }
  [[nodiscard]] ConstBytes metadata() const { return {core_.bits(), metadata_need().size}; }

 private:
  Slab(Memory&& memory, const Core& core) : core_(core), memory_(static_cast<Memory&&>(memory)) {}

  static Made<Slab> build(Memory&& memory, void* metadata, void* region, usize count, Geometry geometry) {
    const Made<Layout> region_need = region_layout(count, geometry);
    if (!region_need) return region_need.error();
    if (count == 0) return Slab(static_cast<Memory&&>(memory), Core({}, nullptr, geometry));
    const Layout metadata_need = metadata_layout(count);
    if (!Arena::can_be(region, region_need->size, region_need->align) ||
        (kChecked && (!Arena::can_be(metadata, metadata_need.size, 1) ||
                      Arena::overlap(region, region_need->size, metadata, metadata_need.size)))) {
      memory.deallocate(region, *region_need);
      if (kChecked) memory.deallocate(metadata, metadata_need);
      return InitError::InvalidLocation;
    }
    return Slab(static_cast<Memory&&>(memory), Core(Arena(region, region_need->size), metadata, geometry));
  }

  void give_memory_back() noexcept {
    if (size() == 0) return;
    memory_.deallocate(arena().base(), region_need());
    if (kChecked) memory_.deallocate(core_.bits(), metadata_need());
  }
  [[nodiscard]] Layout region_need() const { return {size(), block_align()}; }
  [[nodiscard]] Layout metadata_need() const { return metadata_layout(num_blocks()); }

  Core core_;
  [[no_unique_address]] Memory memory_;
  [[no_unique_address]] Sink sink_;
};

}  // namespace allocviz::alloc
