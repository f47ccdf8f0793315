// The buddy algorithm itself, on memory that somebody else owns; buddy.h is its interface and states the invariants.
// Freestanding. Places and sizes are counted in smallest blocks ("units") from end to end; pointers, offsets and bytes
// appear only where a caller sees them.
#pragma once

#include <bit>

#include "arena.h"
#include "buddy_geometry.h"
#include "buddy_lists.h"
#include "buddy_tag.h"
#include "buddy_view.h"
#include "result.h"
#include "step.h"

namespace allocviz::alloc {

template <class Geometry, class Policy, class Free>
class BuddyCore {
  using Block = BuddyBlock;

 public:
  using State = typename Free::template State<Geometry::kMaxLevels>;
  using View = BuddyView<Geometry::kMaxLevels, Free>;

  constexpr BuddyCore() = default;
  // The region is all gap.
  BuddyCore(Arena arena, void* metadata, Geometry geometry)
      : arena_(arena), tags_(static_cast<BuddyTag*>(metadata)), geometry_(geometry) {
    fill(0, unit_count(), BuddyTag::Gap);
    forget_free();
  }

  template <class S>
  Allocation allocate(Layout layout, S& sink) {
    const unsigned order = order_for(layout);
    if (is_impossible(layout, order)) [[unlikely]]
      return {nullptr, fail(why_impossible(layout), sink)};
    const Block wanted = block_of_order(0, order);
    tell_round(wanted, layout, sink);

    usize filled = state_.filled;
    tell_looks(wanted, filled & (0 - wanted.units), sink);
    if ((filled & wanted.units) == 0) [[unlikely]]
      return allocate_by_splitting(order, sink);
    const Block block = first_free(order, filled);
    pop(block, filled, sink);
    return hand_out(block, filled, sink);
  }

  template <class S>
  Error deallocate(void* ptr, S& sink) {
    const usize offset = arena_.offset_of(ptr);
    if constexpr (Policy::kChecked) {
      if (!is_live(offset)) [[unlikely]]
        return fail(why_not_live(offset), sink);
    }
    const usize at = offset >> shift();
    give_back(at, level_of(tags_[at]), sink);
    return Error::None;
  }

  template <class S>
  Error resize_in_place(void* ptr, Layout layout, S& sink) {
    const usize offset = arena_.offset_of(ptr);
    if constexpr (Policy::kChecked) {
      if (!is_live(offset)) return why_not_live(offset);
    }
    const unsigned order = order_for(layout);
    if (is_impossible(layout, order)) return why_impossible(layout);
    const Block wanted = block_of_order(0, order);
    Block block = block_at(offset >> shift());
    if (!can_grow(block, wanted.level)) return Error::OutOfMemory;

    tell_round(wanted, layout, sink);
    state_.free_bytes += bytes(block);
    usize filled = state_.filled;
    while (block.level > wanted.level) block = absorb(block, buddy_of(block), filled, sink);
    while (block.level < wanted.level) block = split<kAmongOthers>(block, filled, sink);
    state_.filled = filled;
    state_.free_bytes -= bytes(block);
    take(block, sink);
    return Error::None;
  }

  // Growing and giving back: buddy_regions.h.
  // Of a region that is all gap: frees everything but these, each rounded outward, in ascending order.
  void populate_around(const Range* gaps, usize gap_count);
  template <class S>
  Error add_region(Range range, S& sink);
  template <class S>
  Error reserve(Range range, S& sink);
  void reset();

  // Blocks side by side as one: buddy_runs.h.
  template <class S>
  Allocation allocate_run(Layout layout, S& sink);
  template <class S>
  Error deallocate_run(void* ptr, S& sink);
  template <class S>
  Error resize_run(void* ptr, Layout layout, S& sink);
  // Of a live run, or block.
  [[nodiscard]] usize run_bytes_at(usize offset) const {
    const usize at = offset >> shift();
    return (end_of_run(at) - at) << shift();
  }

  // Whether a live block starts at this offset.
  [[nodiscard]] bool is_live(usize offset) const {
    return offset < arena_.size() && (offset & (unit() - 1)) == 0 &&
           kind_of(tags_[offset >> shift()]) == BuddyTag::LiveHead;
  }
  // Of a live block.
  [[nodiscard]] usize bytes_at(usize offset) const { return bytes(block_at(offset >> shift())); }
  // The smallest range of whole units around this one, in bytes.
  [[nodiscard]] Range outward(Range range) const {
    const Range units = units_around(range);
    return {units.from << shift(), units.to << shift()};
  }
  [[nodiscard]] constexpr usize size_at(unsigned level) const { return usize{1} << (geometry_.block_shift() - level); }
  [[nodiscard]] constexpr usize unit() const { return usize{1} << shift(); }
  [[nodiscard]] constexpr usize unit_count() const { return arena_.size() >> shift(); }
  [[nodiscard]] constexpr usize metadata_bytes() const {
    return Free::metadata_bytes(unit_count(), geometry_.levels());
  }
  [[nodiscard]] constexpr const Arena& arena() const { return arena_; }
  [[nodiscard]] constexpr const Geometry& geometry() const { return geometry_; }
  [[nodiscard]] constexpr BuddyTag* tags() const { return tags_; }
  [[nodiscard]] constexpr const State& state() const { return state_; }
  constexpr void restore(const State& state) { state_ = state; }
  [[nodiscard]] View view() const { return View(arena_, tags_, state_, geometry_.levels(), shift()); }

 private:
  [[nodiscard]] constexpr unsigned shift() const { return geometry_.min_shift(); }
  [[nodiscard]] constexpr unsigned bottom() const { return geometry_.levels() - 1; }
  [[nodiscard]] constexpr usize bytes(Block block) const { return block.units << shift(); }
  [[nodiscard]] static constexpr usize smaller(usize a, usize b) { return a < b ? a : b; }
  [[nodiscard]] Range units_around(Range range) const {
    return {range.from >> shift(), (range.to >> shift()) + ((range.to & (unit() - 1)) != 0)};
  }

  // Since align is at least 1, so is the larger of the two: a size of 0 becomes 1 by itself.
  [[nodiscard]] static constexpr usize bytes_for(Layout layout) {
    return layout.size > layout.align ? layout.size : layout.align;
  }
  // How often a smallest block is doubled until it holds the layout. The one shifted in spares bit_width its case of 0.
  [[nodiscard]] unsigned order_for(Layout layout) const {
    return static_cast<unsigned>(std::bit_width((bytes_for(layout) - 1) >> shift() << 1 | 1)) - 1;
  }
  [[nodiscard]] bool is_impossible(Layout layout, unsigned order) const {
    return (Policy::kChecked && !is_power_of_two(layout.align)) || order > bottom();
  }
  [[nodiscard]] Error why_impossible(Layout layout) const {
    return is_power_of_two(layout.align) && layout.size > size_at(0) ? Error::TooLarge : Error::AlignTooLarge;
  }

  [[nodiscard]] Block block_of_order(usize at, unsigned order) const {
    return {at, usize{1} << order, bottom() - order};
  }
  [[nodiscard]] Block block_at(usize at) const { return block_of_order(at, bottom() - level_of(tags_[at])); }
  [[nodiscard]] Block first_free(unsigned order, usize& filled) {
    Block block = block_of_order(0, order);
    block.at = lists(filled).first(block);
    return block;
  }

  // Whether a list that is pushed onto is known to be empty.
  static constexpr bool kAlone = true;
  static constexpr bool kAmongOthers = false;

  // Puts a block in flight at the head of its level's list.
  template <bool Alone = kAmongOthers, class S>
  void push(Block block, usize& filled, S& sink) {
    if constexpr (Alone) {
      lists(filled).push_first(block);
    } else {
      lists(filled).push(block);
    }
    tags_[block.at] = free_head(block.level);
    tell(StepKind::Push, block, 0, filled, sink);
  }
  // Takes the block at the head of its level's list; it is in flight.
  template <class S>
  void pop(Block block, usize& filled, S& sink) {
    lists(filled).pop(block);
    show(block, sink);
    tell(StepKind::Pop, block, 0, filled, sink);
  }
  // The same from wherever in the list it stands.
  template <class S>
  void remove(Block block, usize& filled, S& sink) {
    lists(filled).remove(block);
    show(block, sink);
    tell(StepKind::Remove, block, 0, filled, sink);
  }
  // Halves a block in flight: the back half is pushed, the front half is returned, in flight. Where a request is served
  // the back halves are alone in their lists: had one of those sizes had a block, it would have been taken.
  template <bool Alone, class S>
  Block split(Block block, usize& filled, S& sink) {
    const usize half = block.units >> 1;
    const Block front{block.at, half, block.level + 1};
    const Block back{block.at + half, half, block.level + 1};
    show(front, sink);
    show(back, sink);
    tell(StepKind::Split, block, back.at, filled, sink);
    push<Alone>(back, filled, sink);
    return front;
  }
  // Makes one block in flight of two: the one in flight, and its buddy, which is free. Whoever has looked at the buddy
  // knows where it is: computed once more for each level, it would be a twentieth of a full merge.
  template <class S>
  Block absorb(Block block, usize buddy, usize& filled, S& sink) {
    remove({buddy, block.units, block.level}, filled, sink);
    const usize back = block.at | buddy;
    const Block both{block.at & buddy, block.units << 1, block.level - 1};
    tags_[back] = BuddyTag::Interior;
    show(both, sink);
    tell(StepKind::Merge, both, back, filled, sink);
    return both;
  }
  // Hands out a block in flight.
  template <class S>
  Allocation hand_out(Block block, usize filled, S& sink) {
    state_.filled = filled;
    state_.free_bytes -= bytes(block);
    return {take(block, sink)};
  }
  template <class S>
  void* take(Block block, S& sink) {
    tags_[block.at] = live_head(block.level);
    tell(StepKind::Take, block, 0, state_.filled, sink);
    return arena_.at(block.at << shift());
  }
  // Where the wanted size has no free block: of the sizes that have one, the smallest that is larger. A function of its
  // own, as is give_back_merging, so that the paths that neither split nor merge, nearly all, save no registers for it.
  template <class S>
  [[gnu::noinline]] Allocation allocate_by_splitting(unsigned order, S& sink) {
    usize filled = state_.filled;
    const usize candidates = filled & (0 - (usize{1} << order));
    if (candidates == 0) return {nullptr, fail(Error::OutOfMemory, sink)};
    Block block = first_free(static_cast<unsigned>(std::countr_zero(candidates)), filled);
    pop(block, filled, sink);
    const unsigned level = bottom() - order;
    while (block.level < level) block = split<kAlone>(block, filled, sink);
    return hand_out(block, filled, sink);
  }

  // Frees a block in flight: merges it with its buddy while that is free, and pushes what came of it. It takes the two
  // numbers, which go in registers: a whole Block goes by memory, written in parts and read in one piece, which a
  // processor waits for.
  template <class S>
  void give_back(usize at, unsigned level, S& sink) {
    const Block block = block_of_order(at, bottom() - level);
    state_.free_bytes += bytes(block);
    if (is_free(buddy_of(block), block.level)) [[unlikely]]
      return give_back_merging(at, level, sink);
    usize filled = state_.filled;
    push(block, filled, sink);
    state_.filled = filled;
  }
  template <class S>
  [[gnu::noinline]] void give_back_merging(usize at, unsigned level, S& sink) {
    Block block = block_of_order(at, bottom() - level);
    usize filled = state_.filled;
    usize buddy = buddy_of(block);
    do {
      block = absorb(block, buddy, filled, sink);
      buddy = buddy_of(block);
    } while (is_free(buddy, block.level));
    push(block, filled, sink);
    state_.filled = filled;
  }
  [[nodiscard]] static usize buddy_of(Block block) { return block.at ^ block.units; }
  // Whether this buddy is one free block of this level; that of the largest block is none.
  [[nodiscard]] bool is_free(usize buddy, unsigned level) const {
    return level > 0 && tags_[buddy] == free_head(level);
  }
  // Whether a live block can be had at this level without moving: the buddies on the way are all behind it, and free.
  [[nodiscard]] bool can_grow(Block block, unsigned level) const {
    for (; block.level > level; --block.level, block.units <<= 1) {
      if ((block.at & block.units) != 0 || tags_[block.at | block.units] != free_head(block.level)) return false;
    }
    return true;
  }

  // ---- of runs
  template <class S>
  [[gnu::noinline]] Allocation allocate_side_by_side(unsigned order, usize units, usize align, S& sink);
  template <class S>
  void keep(Block block, Range units, usize first, usize& filled, S& sink);
  template <class S>
  void claim(Range units, usize first, S& sink);
  template <class S>
  void settle(usize part, usize first, S& sink);
  template <class S>
  void give_back_run(usize at, S& sink);
  template <class S>
  void shrink_run(usize first, usize end, S& sink);
  [[nodiscard]] usize end_of_run(usize at) const;
  [[nodiscard]] usize units_of_run(usize size) const;
  [[nodiscard]] Range free_around(usize at) const;
  [[nodiscard]] bool is_free_between(usize from, usize to) const;

  // Frees units of gap, in ascending order, in the largest aligned blocks that fit.
  template <class S>
  void populate(usize from, usize to, S& sink);
  // Makes a gap of a free block.
  template <class S>
  void withdraw(Block block, S& sink);
  // The head of the block, or the gap's own unit, that holds this unit.
  [[nodiscard]] usize head_of(usize at) const;
  void fill(usize from, usize to, BuddyTag tag) { __builtin_memset(tags_ + from, static_cast<int>(tag), to - from); }
  // Kept out of line, so that the path of a release that is right is straight.
  [[nodiscard, gnu::noinline, gnu::cold]] Error why_not_live(usize offset) const {
    if (offset >= arena_.size()) return Error::Foreign;
    const BuddyTag tag = tags_[offset >> shift()];
    if (tag == BuddyTag::Gap) return Error::NotManaged;
    if ((offset & (unit() - 1)) != 0 || tag == BuddyTag::Interior || is_part(tag)) return Error::InsideBlock;
    return kind_of(tag) == BuddyTag::FreeHead ? Error::DoubleFree : Error::None;
  }

  [[nodiscard]] typename Free::Place place() const { return Free::place(arena_, tags_, geometry_.levels(), shift()); }
  [[nodiscard]] typename Free::template Lists<Geometry::kMaxLevels> lists(usize& filled) {
    return {filled, state_, place()};
  }
  // Links that nothing leads to need not be cleared; bits must be.
  void forget_free() {
    if constexpr (!Free::kLists) place().clear();
  }

  // A block in flight walks as live. Only a listener can walk just now, so only for one is its tag written.
  template <class S>
  void show(Block block, S& /*sink*/) {
    if constexpr (kHeard<S>) tags_[block.at] = live_head(block.level);
  }
  // Likewise for the filled, which a call keeps to itself until it is done.
  template <class S>
  void tell(StepKind kind, Block block, usize other, usize filled, S& sink) {
    if constexpr (kHeard<S>) state_.filled = filled;
    sink(Step{.kind = kind,
              .level = static_cast<std::uint8_t>(block.level),
              .offset = block.at << shift(),
              .size = bytes(block),
              .other = other << shift()});
  }
  template <class S>
  void tell_round(Block wanted, Layout layout, S& sink) const {
    tell_round_run(wanted, wanted.units, layout, sink);
  }
  // Of a run: the level of the block that it is the front of.
  template <class S>
  void tell_round_run(Block wanted, usize units, Layout layout, S& sink) const {
    sink(Step{.kind = StepKind::Round,
              .level = static_cast<std::uint8_t>(wanted.level),
              .size = units << shift(),
              .other = layout.size});
  }
  template <class S>
  void* take_run(usize at, usize units, S& sink) {
    sink(Step{.kind = StepKind::Take,
              .level = static_cast<std::uint8_t>(level_of(tags_[at])),
              .offset = at << shift(),
              .size = units << shift()});
    return arena_.at(at << shift());
  }
  // Code finds the size in one operation; a listener hears of each level that it stands for.
  template <class S>
  static void tell_looks(Block wanted, usize candidates, S& sink) {
    for (unsigned level = wanted.level;; --level, wanted.units <<= 1) {
      const bool found = (candidates & wanted.units) != 0;
      sink(Step{.kind = StepKind::Look, .level = static_cast<std::uint8_t>(level), .other = found});
      if (found || level == 0) return;
    }
  }
  template <class S>
  static Error fail(Error why, S& sink) {
    sink(Step{.kind = StepKind::Fail, .why = why});
    return why;
  }

  Arena arena_;
  BuddyTag* tags_ = nullptr;
  [[no_unique_address]] Geometry geometry_;
  State state_;
};

}  // namespace allocviz::alloc
