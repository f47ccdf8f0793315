// The slab algorithm itself, on memory that somebody else owns; slab.h is its interface and states the invariants.
// Freestanding.
#pragma once

#include <new>

#include "arena.h"
#include "bitmap.h"
#include "result.h"
#include "slab_geometry.h"
#include "step.h"
#include "walk.h"

namespace allocviz::alloc {

// What a slab knows beside its bits and links. No address in it: with those it is the whole state.
struct SlabState {
  SlabLink head;          // to the first block of the list
  usize fresh = 0;        // offset of the first block never handed out
  usize outstanding = 0;  // blocks, where they are counted
  [[nodiscard]] friend constexpr bool operator==(const SlabState&, const SlabState&) = default;
};

// Who does not count what is outstanding (two changes of a word in memory, of the ten instructions that a block which
// comes and goes takes) finds it by counting the list.
template <class Geometry, class Policy, bool kCounts = Policy::kChecked>
class SlabCore {
  static constexpr bool kChecked = Policy::kChecked;

 public:
  constexpr SlabCore() = default;
  SlabCore(Arena arena, void* bits, Geometry geometry)
      : arena_(arena),
        count_(arena.size() / geometry.block_size()),
        live_(bits),
        geometry_(geometry),
        end_(arena.address() + arena.size()),
        head_(end_) {}
  // One in the midst of its life, of `count` blocks that fill the arena.
  SlabCore(Arena arena, usize count, void* bits, Geometry geometry, const SlabState& state)
      : arena_(arena), count_(count), live_(bits), geometry_(geometry), end_(arena.address() + arena.size()) {
    restore(state);
  }

  template <class S>
  Allocation allocate(Layout layout, S& sink) {
    if (const Error why = why_impossible(layout); why != Error::None) [[unlikely]]
      return {nullptr, fail(why, sink)};
    sink(Step{.kind = StepKind::Round, .size = block_size(), .other = layout.size});
    return allocate_block(sink);
  }

  // The head of the list, else the first fresh block.
  template <class S>
  Allocation allocate_block(S& sink) {
    sink(Step{.kind = StepKind::Look, .other = can_allocate()});
    std::uintptr_t block = head_;
    if (block != end_) [[likely]] {
      head_ = next(block);
    } else {
      if (fresh_ == arena_.size()) [[unlikely]]
        return {nullptr, fail(Error::OutOfMemory, sink)};
      if constexpr (kChecked) init_bits(fresh_);
      block = arena_.address() + fresh_;
      fresh_ += block_size();
    }
    const usize offset = block - arena_.address();
    if constexpr (kChecked) live_.set(geometry_.number(offset));
    if constexpr (kCounts) ++outstanding_;
    sink(Step{.kind = StepKind::Pop, .offset = offset, .size = block_size()});
    sink(Step{.kind = StepKind::Take, .offset = offset, .size = block_size()});
    return {reinterpret_cast<void*>(block)};
  }

  template <class S>
  Error deallocate(void* ptr, S& sink) {
    if constexpr (kChecked) {
      const usize offset = arena_.offset_of(ptr);
      if (!is_live(offset)) [[unlikely]]
        return fail(why_not_live(offset), sink);
      live_.clear(geometry_.number(offset));
    }
    put_on_list(ptr, sink);
    return Error::None;
  }
  // The same for a block of which is_live() is known.
  template <class S>
  void deallocate_live(void* ptr, S& sink) {
    if constexpr (kChecked) live_.clear(geometry_.number(arena_.offset_of(ptr)));
    put_on_list(ptr, sink);
  }

  template <class S>
  Error resize_in_place(void* ptr, Layout layout, S& sink) {
    const usize offset = arena_.offset_of(ptr);
    if constexpr (kChecked) {
      if (!is_live(offset)) return why_not_live(offset);
    }
    if (const Error why = why_impossible(layout); why != Error::None) return why;
    sink(Step{.kind = StepKind::Round, .size = block_size(), .other = layout.size});
    sink(Step{.kind = StepKind::Take, .offset = offset, .size = block_size()});
    return Error::None;
  }

  void reset() { restore({}); }

  // f(const Extent&) for every block in address order.
  template <class F>
  void walk(F&& f) const {
    for (usize offset = 0; offset < arena_.size(); offset += block_size()) {
      f(Extent{offset, block_size(), use_of(offset), 0});
    }
  }
  // f(usize offset) for every block on the list; not the fresh ones.
  template <class F>
  void visit_list(F&& f) const {
    for (std::uintptr_t block = head_; block != end_; block = next(block)) f(block - arena_.address());
  }
  [[nodiscard]] Report check() const;

  // Blocks. O(1) where they are counted, else O(blocks on the list).
  [[nodiscard]] usize outstanding() const {
    if constexpr (kCounts) return outstanding_;
    usize live = fresh_ / block_size();
    visit_list([&live](usize) { --live; });
    return live;
  }
  // Whether a live block starts at this offset; unchecked, a block that has ever been handed out.
  [[nodiscard]] bool is_live(usize offset) const {
    if (offset >= fresh_) return false;
    const usize number = geometry_.number(offset);
    return number < count_ && (!kChecked || live_.test(number));
  }
  [[nodiscard]] constexpr bool can_allocate() const { return head_ != end_ || fresh_ != arena_.size(); }
  [[nodiscard]] constexpr usize count() const { return count_; }
  [[nodiscard]] constexpr usize block_size() const { return geometry_.block_size(); }
  [[nodiscard]] constexpr usize block_align() const { return slab_block_align(block_size()); }
  [[nodiscard]] constexpr const Arena& arena() const { return arena_; }
  [[nodiscard]] constexpr const Geometry& geometry() const { return geometry_; }
  [[nodiscard]] constexpr std::byte* bits() const { return static_cast<std::byte*>(live_.data()); }
  [[nodiscard]] constexpr SlabState state() const { return {link_to(head_), fresh_, outstanding_}; }
  void restore(const SlabState& state) {
    head_ = end_ - state.head.before_end;
    fresh_ = state.fresh;
    outstanding_ = state.outstanding;
  }

 private:
  template <class S>
  void put_on_list(void* ptr, S& sink) {
    ::new (ptr) SlabLink{link_to(head_)};
    head_ = reinterpret_cast<std::uintptr_t>(ptr);
    if constexpr (kCounts) --outstanding_;
    sink(Step{.kind = StepKind::Push, .offset = arena_.offset_of(ptr), .size = block_size()});
  }
  [[nodiscard]] Error why_impossible(Layout layout) const {
    if (layout.size > block_size()) return Error::TooLarge;
    if (layout.align > block_align() || (kChecked && !is_power_of_two(layout.align))) return Error::AlignTooLarge;
    return Error::None;
  }
  [[nodiscard]] Error why_not_live(usize offset) const {
    if (offset >= arena_.size()) return Error::Foreign;
    return offset % block_size() != 0 ? Error::InsideBlock : Error::DoubleFree;
  }
  // The bits are as the caller left them until the mark comes by.
  void init_bits(usize offset) {
    if (const usize number = geometry_.number(offset); number % 8 == 0) live_.clear_byte_of(number);
  }
  [[nodiscard]] std::uintptr_t next(std::uintptr_t block) const {
    return end_ - reinterpret_cast<const SlabLink*>(block)->before_end;
  }
  [[nodiscard]] constexpr SlabLink link_to(std::uintptr_t block) const { return {end_ - block}; }
  [[nodiscard]] Use use_of(usize offset) const {
    if (offset >= fresh_) return Use::Fresh;
    if constexpr (kChecked) return live_.test(geometry_.number(offset)) ? Use::Live : Use::Free;
    bool is_listed = false;
    visit_list([&](usize listed) { is_listed |= listed == offset; });
    return is_listed ? Use::Free : Use::Live;
  }
  template <class S>
  static Error fail(Error why, S& sink) {
    sink(Step{.kind = StepKind::Fail, .why = why});
    return why;
  }

  Arena arena_;
  usize count_ = 0;
  Bitmap live_;
  [[no_unique_address]] Geometry geometry_;
  // Numbers, and not pointers: what a caller keeps its blocks' pointers in cannot be these then, so a loop over many
  // blocks holds them in registers. As std::byte* the head was written for every block, and draining took a third
  // longer.
  std::uintptr_t end_ = 0;   // behind the last block, where the list ends
  std::uintptr_t head_ = 0;  // the first block of the list, or end_
  usize fresh_ = 0;
  usize outstanding_ = 0;
};

// In an order in which each check may rely on the ones before it. Follows no link before it knows where it leads, which
// it finds out by numbers: a pointer made of a link that somebody has overwritten may not even be made.
template <class Geometry, class Policy, bool kCounts>
Report SlabCore<Geometry, Policy, kCounts>::check() const {
  const usize size = block_size();
  if (fresh_ > arena_.size() || fresh_ % size != 0) return {1, fresh_, "fresh is no block's start"};
  const usize used = fresh_ / size;
  usize listed = 0;
  for (usize offset = head_ - arena_.address(); offset != arena_.size();
       offset = arena_.size() - arena_.as<SlabLink>(offset)->before_end) {
    if (offset >= fresh_ || offset % size != 0) return {3, offset, "the list leads to no block below fresh"};
    if (++listed > used) return {3, offset, "the list has a cycle"};
    if (kChecked && live_.test(offset / size)) return {4, offset, "a block on the list is marked as live"};
  }
  if (kCounts && outstanding_ + listed != used)
    return {2, 0, "outstanding + listed blocks are not all blocks below fresh"};
  if constexpr (kChecked) {
    usize live = 0;
    for (usize number = 0; number < used; ++number) live += live_.test(number) ? 1 : 0;
    if (live != outstanding_) return {4, 0, "a block that is not on the list is not marked as live"};
  }
  return {};
}

}  // namespace allocviz::alloc
