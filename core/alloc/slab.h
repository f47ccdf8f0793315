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
//   I2  outstanding + blocks on the list + fresh blocks = count
//   I3  the list has no cycle, and all its blocks start below fresh
//   I4  (checked) below fresh, a block's bit is set exactly when it is not on the list
//
// Checked slabs take metadata, one bit a block, initialised as the mark passes; unchecked ones take none. Links are
// meaningful in the blocks of the list only, and in all of those. Every call is O(1). For one thread at a time.
#pragma once

#include <concepts>
#include <new>

#include "arena.h"
#include "backing.h"
#include "bitmap.h"
#include "policy.h"
#include "result.h"
#include "slab_geometry.h"
#include "step.h"
#include "walk.h"

namespace allocviz::alloc {

struct SlabState {
  usize head = kSlabEnd;  // first block of the list
  usize fresh = 0;        // offset of the first block never handed out
  usize outstanding = 0;
  [[nodiscard]] friend constexpr bool operator==(const SlabState&, const SlabState&) = default;
};

template <class Geometry = RuntimeSlab, class Policy = Checked, Backing Memory = Raw, class Sink = NoSteps>
class Slab {
  static constexpr bool kRaw = std::same_as<Memory, Raw>;
  static constexpr bool kChecked = Policy::kChecked;

 public:
  using State = SlabState;

  // ---- what it needs

  // Aligned to the lowest set bit of the block size. InvalidConfig when a block would not hold a link, or the region
  // not fit the address space.
  [[nodiscard]] static constexpr Made<Layout> region_layout(usize count, Geometry geometry = {}) {
    if (!geometry.valid() || count > ~usize{0} / geometry.block_size()) return InitError::InvalidConfig;
    return Layout{count * geometry.block_size(), align_of(geometry)};
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
      : arena_(other.arena_),
        live_(other.live_),
        geometry_(other.geometry_),
        memory_(static_cast<Memory&&>(other.memory_)),
        sink_(static_cast<Sink&&>(other.sink_)),
        state_(other.state_) {
    other.forget();
  }
  Slab& operator=(Slab&& other) noexcept {
    if (this == &other) return *this;
    give_memory_back();
    arena_ = other.arena_;
    live_ = other.live_;
    geometry_ = other.geometry_;
    memory_ = static_cast<Memory&&>(other.memory_);
    sink_ = static_cast<Sink&&>(other.sink_);
    state_ = other.state_;
    other.forget();
    return *this;
  }
  ~Slab() { give_memory_back(); }

  // The caller's memory back, blocks and all; leaves an allocator of nothing.
  [[nodiscard]] RawParts into_raw_parts() requires kRaw {
    const RawParts parts{arena_.base(), region_need(), live_.data(), metadata_need()};
    forget();
    return parts;
  }

  // ---- allocating. Each call comes twice: heard by the allocator's own sink, or by a listener for this call alone.

  // One block. Refused with TooLarge, AlignTooLarge (also for an align that is no power of two, when checked) or
  // OutOfMemory.
  [[nodiscard]] Allocation allocate(Layout layout) { return allocate(layout, sink_); }
  template <class S>
  [[nodiscard]] Allocation allocate(Layout layout, S&& listener) {
    if (const Error why = why_impossible(layout); why != Error::None) [[unlikely]] {
      return {nullptr, fail(why, listener)};
    }
    listener(Step{.kind = StepKind::Round, .size = block_size(), .other = layout.size});
    return take(listener);
  }
  // One block, whatever its size.
  [[nodiscard]] Allocation allocate_block() { return allocate_block(sink_); }
  template <class S>
  [[nodiscard]] Allocation allocate_block(S&& listener) {
    return take(listener);
  }

  // Refused, when checked, with Foreign, InsideBlock or DoubleFree (also for a block never handed out).
  Error deallocate(void* ptr) { return deallocate(ptr, sink_); }
  template <class S>
  Error deallocate(void* ptr, S&& listener) {
    const usize offset = arena_.offset_of(ptr);
    if constexpr (kChecked) {
      if (!is_live(offset)) [[unlikely]]
        return fail(why_not_live(offset), listener);
      live_.clear(geometry_.number(offset));
    }
    ::new (ptr) SlabLink{state_.head};
    state_.head = offset;
    --state_.outstanding;
    listener(Step{.kind = StepKind::Push, .offset = offset, .size = block_size()});
    return Error::None;
  }

  // The block stays where it is as long as the new layout fits a block. A refusal is silent: nothing happened.
  Error resize_in_place(void* ptr, Layout layout) { return resize_in_place(ptr, layout, sink_); }
  template <class S>
  Error resize_in_place(void* ptr, Layout layout, S&& listener) {
    if constexpr (kChecked) {
      if (const usize offset = arena_.offset_of(ptr); !is_live(offset)) return why_not_live(offset);
    }
    if (const Error why = why_impossible(layout); why != Error::None) return why;
    listener(Step{.kind = StepKind::Round, .size = block_size(), .other = layout.size});
    listener(Step{.kind = StepKind::Take, .offset = arena_.offset_of(ptr), .size = block_size()});
    return Error::None;
  }
  // In place, or not at all: no other block here is larger. Null, and when checked any pointer that is no live block,
  // acts as allocate.
  [[nodiscard]] Allocation reallocate(void* ptr, Layout layout) { return reallocate(ptr, layout, sink_); }
  template <class S>
  [[nodiscard]] Allocation reallocate(void* ptr, Layout layout, S&& listener) {
    if (ptr == nullptr || (kChecked && !owns(ptr))) return allocate(layout, listener);
    if (const Error why = resize_in_place(ptr, layout, listener); why != Error::None) {
      return {nullptr, fail(why, listener)};
    }
    return {ptr};
  }
  // Takes every block back, whatever is outstanding; all are fresh again. O(1).
  void reset() { state_ = State{}; }

  // ---- asking: O(1)

  [[nodiscard]] constexpr const Geometry& geometry() const { return geometry_; }
  [[nodiscard]] constexpr const Arena& arena() const { return arena_; }
  [[nodiscard]] constexpr usize block_size() const { return geometry_.block_size(); }
  [[nodiscard]] constexpr usize block_align() const { return align_of(geometry_); }
  [[nodiscard]] constexpr usize num_blocks() const { return size() / block_size(); }
  [[nodiscard]] constexpr usize size() const { return arena_.size(); }
  // The first byte behind the region.
  [[nodiscard]] const void* limit() const { return arena_.at(size()); }
  [[nodiscard]] bool contains(const void* ptr) const { return arena_.contains(ptr); }
  [[nodiscard]] constexpr bool can_allocate() const { return state_.head != kSlabEnd || state_.fresh != size(); }
  [[nodiscard]] constexpr usize outstanding() const { return state_.outstanding; }
  [[nodiscard]] constexpr usize free_bytes() const { return size() - state_.outstanding * block_size(); }
  // Whether ptr is the start of a live block; unchecked, of a block that has ever been handed out.
  [[nodiscard]] bool owns(const void* ptr) const { return is_live(arena_.offset_of(ptr)); }
  [[nodiscard]] usize usable_size(const void* ptr) const { return owns(ptr) ? block_size() : 0; }

  // ---- looking inside; nothing here allocates, and all but check() is legal inside a listener's call

  // f(const Extent&) for every block in address order. O(blocks) when checked. Unchecked slabs do not know which blocks
  // are live without searching the list: O(blocks * blocks on the list), for debugging.
  template <class F>
  void walk(F&& f) const {
    for (usize offset = 0; offset < size(); offset += block_size()) {
      f(Extent{offset, block_size(), use_of(offset), 0});
    }
  }
  // f(unsigned level, usize offset) for every block that can be handed out, in that order; level is 0. The fresh ones
  // come last.
  template <class F>
  void visit_free_lists(F&& f) const {
    for (usize offset = state_.head; offset != kSlabEnd; offset = next(offset)) f(0u, offset);
    for (usize offset = state_.fresh; offset < size(); offset += block_size()) f(0u, offset);
  }
  // f(usize offset, std::byte* bytes, usize count) for the link of every block on the list, in its order. f is called
  // before the link is read: a loader writes it in f, and so walks the very list that it restores.
  template <class F>
  void visit_links(F&& f) const {
    for (usize offset = state_.head; offset != kSlabEnd; offset = next(offset)) {
      f(offset, arena_.at(offset), sizeof(SlabLink));
    }
  }
  [[nodiscard]] Report check() const;

  [[nodiscard]] constexpr const State& state() const { return state_; }
  // With the metadata and the links of the same moment: back to that moment. Same geometry, same size.
  constexpr void restore(const State& state) { state_ = state; }
  // Of which only the bits below the fresh mark mean something.
  [[nodiscard]] Bytes metadata() { return {static_cast<std::byte*>(live_.data()), metadata_need().size}; }
  [[nodiscard]] ConstBytes metadata() const {
    return {static_cast<const std::byte*>(live_.data()), metadata_need().size};
  }

 private:
  constexpr Slab(Memory&& memory, Arena arena, Bitmap live, Geometry geometry)
      : arena_(arena), live_(live), geometry_(geometry), memory_(static_cast<Memory&&>(memory)) {}

  [[nodiscard]] static constexpr usize align_of(const Geometry& geometry) {
    return geometry.block_size() & (~geometry.block_size() + 1);
  }

  static Made<Slab> build(Memory&& memory, void* metadata, void* region, usize count, Geometry geometry) {
    const Made<Layout> region_need = region_layout(count, geometry);
    if (!region_need) return region_need.error();
    if (count == 0) return Slab(static_cast<Memory&&>(memory), Arena{}, Bitmap{}, geometry);
    const Layout metadata_need = metadata_layout(count);
    if (!Arena::can_be(region, region_need->size, region_need->align) ||
        (kChecked && (!Arena::can_be(metadata, metadata_need.size, 1) ||
                      Arena::overlap(region, region_need->size, metadata, metadata_need.size)))) {
      memory.deallocate(region, *region_need);
      if (kChecked) memory.deallocate(metadata, metadata_need);
      return InitError::InvalidLocation;
    }
    return Slab(static_cast<Memory&&>(memory), Arena(region, region_need->size), Bitmap(metadata), geometry);
  }

  [[nodiscard]] Error why_impossible(Layout layout) const {
    if (layout.size > block_size()) return Error::TooLarge;
    if (layout.align > block_align() || (kChecked && !is_power_of_two(layout.align))) return Error::AlignTooLarge;
    return Error::None;
  }

  // The head of the list, else the first fresh block.
  template <class S>
  Allocation take(S& sink) {
    sink(Step{.kind = StepKind::Look, .other = can_allocate() ? usize{1} : usize{0}});
    usize offset = state_.head;
    if (offset != kSlabEnd) [[likely]] {
      state_.head = next(offset);
    } else {
      offset = state_.fresh;
      if (offset == size()) [[unlikely]]
        return {nullptr, fail(Error::OutOfMemory, sink)};
      if constexpr (kChecked) init_bits(offset);
      state_.fresh += block_size();
    }
    if constexpr (kChecked) live_.set(geometry_.number(offset));
    ++state_.outstanding;
    sink(Step{.kind = StepKind::Pop, .offset = offset, .size = block_size()});
    sink(Step{.kind = StepKind::Take, .offset = offset, .size = block_size()});
    return {arena_.at(offset)};
  }
  // The metadata are as the caller left them until the mark comes by.
  void init_bits(usize offset) {
    if (const usize number = geometry_.number(offset); number % 8 == 0) live_.clear_byte_of(number);
  }

  [[nodiscard]] usize next(usize offset) const { return arena_.as<SlabLink>(offset)->next; }
  [[nodiscard]] bool is_live(usize offset) const {
    if (offset >= state_.fresh) return false;
    const usize number = geometry_.number(offset);
    return number < ~usize{0} / block_size() && (!kChecked || live_.test(number));
  }
  [[nodiscard]] Error why_not_live(usize offset) const {
    if (offset >= size()) return Error::Foreign;
    return offset % block_size() != 0 ? Error::InsideBlock : Error::DoubleFree;
  }
  [[nodiscard]] Use use_of(usize offset) const {
    if (offset >= state_.fresh) return Use::Fresh;
    if constexpr (kChecked) return live_.test(geometry_.number(offset)) ? Use::Live : Use::Free;
    for (usize at = state_.head; at != kSlabEnd; at = next(at)) {
      if (at == offset) return Use::Free;
    }
    return Use::Live;
  }

  template <class S>
  static Error fail(Error why, S& sink) {
    sink(Step{.kind = StepKind::Fail, .why = why});
    return why;
  }
  [[nodiscard]] Layout region_need() const { return {size(), block_align()}; }
  [[nodiscard]] Layout metadata_need() const { return metadata_layout(num_blocks()); }
  void forget() {
    arena_ = Arena{};
    live_ = Bitmap{};
    state_ = State{};
  }
  void give_memory_back() noexcept {
    if (size() == 0) return;
    memory_.deallocate(arena_.base(), region_need());
    if (kChecked) memory_.deallocate(live_.data(), metadata_need());
  }

  Arena arena_;
  Bitmap live_;
  [[no_unique_address]] Geometry geometry_;
  [[no_unique_address]] Memory memory_;
  [[no_unique_address]] Sink sink_;
  State state_;
};

template <class Geometry, class Policy, Backing Memory, class Sink>
Report Slab<Geometry, Policy, Memory, Sink>::check() const {
  if (state_.fresh > size() || state_.fresh % block_size() != 0)
    return {1, state_.fresh, "fresh is not a block's start"};
  const usize used = state_.fresh / block_size();
  usize listed = 0;
  for (usize offset = state_.head; offset != kSlabEnd; offset = next(offset)) {
    if (offset >= state_.fresh || offset % block_size() != 0) return {3, offset, "the list leads to no used block"};
    if (++listed > used) return {3, offset, "the list has a cycle"};
    if (kChecked && live_.test(offset / block_size())) return {4, offset, "a block on the list is marked live"};
  }
  if (state_.outstanding + listed != used) return {2, 0, "outstanding + listed + fresh blocks are not all blocks"};
  if constexpr (kChecked) {
    usize live = 0;
    for (usize number = 0; number < used; ++number) live += live_.test(number) ? 1 : 0;
    if (live != state_.outstanding) return {4, 0, "a block that is not on the list is not marked live"};
  }
  return {};
}

}  // namespace allocviz::alloc
