// The buddy algorithm itself, on memory that somebody else owns; buddy.h is its interface and states the invariants.
// Freestanding.
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

template <class Geometry, class Policy>
class BuddyCore {
 public:
  using State = BuddyState<Geometry::kMaxLevels>;
  using View = BuddyView<Geometry::kMaxLevels>;

  constexpr BuddyCore() = default;
  // The region is all gap.
  BuddyCore(Arena arena, void* metadata, Geometry geometry)
      : arena_(arena), tags_(static_cast<BuddyTag*>(metadata)), geometry_(geometry) {
    fill_tags(0, arena_.size(), BuddyTag::Gap);
  }

  template <class S>
  Allocation allocate(Layout layout, S& sink) {
    if (const Error why = why_impossible(layout); why != Error::None) [[unlikely]]
      return {nullptr, fail(why, sink)};
    const unsigned level = level_for(layout);
    sink(Step{.kind = StepKind::Round, .level = narrow(level), .size = size_at(level), .other = layout.size});

    // Of the lists that are not empty, the lowest one that is high enough.
    const usize candidates = state_.filled & up_to(level);
    tell_looks(level, candidates, sink);
    if (candidates == 0) [[unlikely]]
      return {nullptr, fail(Error::OutOfMemory, sink)};
    const unsigned found = static_cast<unsigned>(std::bit_width(candidates)) - 1;

    const usize offset = pop(found, sink);
    for (unsigned at = found; at < level; ++at) split(offset, at, sink);
    sink(Step{.kind = StepKind::Take, .level = narrow(level), .offset = offset, .size = size_at(level)});
    return {arena_.at(offset)};
  }

  template <class S>
  Error deallocate(void* ptr, S& sink) {
    const usize offset = arena_.offset_of(ptr);
    if constexpr (Policy::kChecked) {
      if (!is_live(offset)) [[unlikely]]
        return fail(why_not_live(offset), sink);
    }
    give_back(offset, level_of(tag(offset)), sink);
    return Error::None;
  }

  template <class S>
  Error resize_in_place(void* ptr, Layout layout, S& sink) {
    const usize offset = arena_.offset_of(ptr);
    if constexpr (Policy::kChecked) {
      if (!is_live(offset)) return why_not_live(offset);
    }
    if (const Error why = why_impossible(layout); why != Error::None) return why;
    const unsigned level = level_for(layout);
    unsigned at = level_of(tag(offset));
    if (!can_grow(offset, at, level)) return Error::OutOfMemory;

    sink(Step{.kind = StepKind::Round, .level = narrow(level), .size = size_at(level), .other = layout.size});
    for (; at > level; --at) absorb(offset, at, sink);
    for (; at < level; ++at) split(offset, at, sink);
    sink(Step{.kind = StepKind::Take, .level = narrow(level), .offset = offset, .size = size_at(level)});
    return Error::None;
  }

  // Of a region that is all gap: frees everything but these, each rounded outward, in ascending order.
  void populate_around(const Range* gaps, usize gap_count) {
    NoSteps nobody;
    usize from = 0;
    for (usize i = 0; i < gap_count; ++i) {
      if (gaps[i].from == gaps[i].to) continue;
      const Range gap = outward({smaller(gaps[i].from, arena_.size()), smaller(gaps[i].to, arena_.size())});
      populate(from, gap.from, nobody);
      if (from < gap.to) from = gap.to;
    }
    populate(from, arena_.size(), nobody);
  }

  template <class S>
  Error add_region(Range range, S& sink) {
    if (range.from > range.to || range.to > arena_.size()) return fail(Error::Foreign, sink);
    if (((range.from | range.to) & (unit() - 1)) != 0) return fail(Error::InsideBlock, sink);
    for (usize at = range.from; at < range.to; at += unit()) {
      if (tag(at) != BuddyTag::Gap) return fail(Error::DoubleFree, sink);
    }
    populate(range.from, range.to, sink);
    return Error::None;
  }

  template <class S>
  Error reserve(Range range, S& sink) {
    if (range.from > range.to || range.to > arena_.size()) return fail(Error::Foreign, sink);
    range = outward(range);
    if (range.from == range.to) return Error::None;
    for (usize at = head_of(range.from); at < range.to; at += size_at(level_of(tag(at)))) {
      if (tag(at) == BuddyTag::Gap) return fail(Error::NotManaged, sink);
      if (kind_of(tag(at)) != BuddyTag::FreeHead) return fail(Error::OutOfMemory, sink);
    }
    for (usize at = head_of(range.from); at < range.to;) {
      const unsigned level = level_of(tag(at));
      const usize end = at + size_at(level);
      remove(at, level, sink);
      fill_tags(at, end, BuddyTag::Gap);
      state_.managed_bytes -= end - at;
      if (at < range.from) populate(at, range.from, sink);
      if (end > range.to) populate(range.to, end, sink);
      at = end;
    }
    return Error::None;
  }

  void reset() {
    NoSteps nobody;
    state_ = {};
    for (usize at = 0; at < arena_.size();) {
      usize end = at;
      while (end < arena_.size() && tag(end) != BuddyTag::Gap) end += unit();
      populate(at, end, nobody);
      while (end < arena_.size() && tag(end) == BuddyTag::Gap) end += unit();
      at = end;
    }
  }

  // The range, rounded to whole smallest blocks that cover it.
  [[nodiscard]] Range outward(Range range) const {
    const usize to = range.to & (unit() - 1) ? (range.to | (unit() - 1)) + 1 : range.to;
    return {range.from & ~(unit() - 1), to};
  }
  [[nodiscard]] bool is_live(usize offset) const {
    return offset < arena_.size() && (offset & (unit() - 1)) == 0 && kind_of(tag(offset)) == BuddyTag::LiveHead;
  }
  [[nodiscard]] constexpr usize size_at(unsigned level) const { return usize{1} << (geometry_.block_shift() - level); }
  [[nodiscard]] constexpr usize unit() const { return usize{1} << geometry_.min_shift(); }
  [[nodiscard]] constexpr usize unit_count() const { return arena_.size() >> geometry_.min_shift(); }
  [[nodiscard]] BuddyTag tag(usize offset) const { return tags_[offset >> geometry_.min_shift()]; }
  [[nodiscard]] constexpr const Arena& arena() const { return arena_; }
  [[nodiscard]] constexpr const Geometry& geometry() const { return geometry_; }
  [[nodiscard]] constexpr BuddyTag* tags() const { return tags_; }
  [[nodiscard]] constexpr const State& state() const { return state_; }
  constexpr void restore(const State& state) { state_ = state; }
  [[nodiscard]] constexpr View view() const {
    return {arena_, tags_, &state_, geometry_.levels(), geometry_.block_shift(), geometry_.min_shift()};
  }

 private:
  using Lists = BuddyLists<Geometry::kMaxLevels>;

  [[nodiscard]] static constexpr std::uint8_t narrow(unsigned level) { return static_cast<std::uint8_t>(level); }
  // The bits of level and of every larger block.
  [[nodiscard]] static constexpr usize up_to(unsigned level) { return (usize{2} << level) - 1; }

  // Since align is at least 1, so is the larger of the two: a size of 0 becomes 1 by itself.
  [[nodiscard]] static constexpr usize bytes_for(Layout layout) {
    return layout.size > layout.align ? layout.size : layout.align;
  }
  [[nodiscard]] Error why_impossible(Layout layout) const {
    if (Policy::kChecked && !std::has_single_bit(layout.align)) [[unlikely]]
      return Error::AlignTooLarge;
    if (bytes_for(layout) <= size_at(0)) [[likely]]
      return Error::None;
    return layout.size > size_at(0) ? Error::TooLarge : Error::AlignTooLarge;
  }
  [[nodiscard]] unsigned level_for(Layout layout) const {
    return geometry_.levels() - 1 -
           static_cast<unsigned>(std::bit_width((bytes_for(layout) - 1) >> geometry_.min_shift()));
  }

  void set_tag(usize offset, BuddyTag tag) { tags_[offset >> geometry_.min_shift()] = tag; }
  void fill_tags(usize from, usize to, BuddyTag tag) {
    const usize first = from >> geometry_.min_shift();
    __builtin_memset(tags_ + first, static_cast<int>(tag), (to - from) >> geometry_.min_shift());
  }

  // Takes the first block from a level's list; it is in flight.
  template <class S>
  usize pop(unsigned level, S& sink) {
    const usize offset = Lists::pop(state_, arena_, level);
    state_.free_bytes -= size_at(level);
    set_tag(offset, live_head(level));
    sink(Step{.kind = StepKind::Pop, .level = narrow(level), .offset = offset, .size = size_at(level)});
    return offset;
  }
  // Puts a block in flight at the head of its level's list.
  template <class S>
  void push(usize offset, unsigned level, S& sink) {
    Lists::push(state_, arena_, level, offset);
    state_.free_bytes += size_at(level);
    set_tag(offset, free_head(level));
    sink(Step{.kind = StepKind::Push, .level = narrow(level), .offset = offset, .size = size_at(level)});
  }
  // Takes a free block from the midst of its level's list; it is in flight.
  template <class S>
  void remove(usize offset, unsigned level, S& sink) {
    Lists::remove(state_, arena_, level, offset);
    state_.free_bytes -= size_at(level);
    set_tag(offset, live_head(level));
    sink(Step{.kind = StepKind::Remove, .level = narrow(level), .offset = offset, .size = size_at(level)});
  }
  // Halves a block in flight: the front half stays in flight, the back half is freed.
  template <class S>
  void split(usize offset, unsigned level, S& sink) {
    const usize back = offset + size_at(level + 1);
    set_tag(back, live_head(level + 1));
    set_tag(offset, live_head(level + 1));
    sink(
        Step{.kind = StepKind::Split, .level = narrow(level), .offset = offset, .size = size_at(level), .other = back});
    push(back, level + 1, sink);
  }
  // Makes one block in flight of two: the block at offset, in flight, and its free buddy. Returns the front one.
  template <class S>
  usize absorb(usize offset, unsigned level, S& sink) {
    remove(offset ^ size_at(level), level, sink);
    const usize front = offset & ~size_at(level);
    const usize back = offset | size_at(level);
    set_tag(back, BuddyTag::Interior);
    set_tag(front, live_head(level - 1));
    sink(Step{.kind = StepKind::Merge,
              .level = narrow(level - 1),
              .offset = front,
              .size = size_at(level - 1),
              .other = back});
    return front;
  }
  // Frees a block in flight: merges upward while its buddy is free, then pushes what came of it.
  template <class S>
  void give_back(usize offset, unsigned level, S& sink) {
    while (level > 0 && tag(offset ^ size_at(level)) == free_head(level)) {
      offset = absorb(offset, level, sink);
      --level;
    }
    push(offset, level, sink);
  }
  // Whether a live block can become one of level `to` without moving: its buddies on the way are all behind it, and
  // free.
  [[nodiscard]] bool can_grow(usize offset, unsigned from, unsigned to) const {
    for (; from > to; --from) {
      if ((offset & size_at(from)) != 0 || tag(offset | size_at(from)) != free_head(from)) return false;
    }
    return true;
  }
  // Frees a range of gap, in ascending order, in the largest aligned blocks that fit.
  template <class S>
  void populate(usize from, usize to, S& sink) {
    while (from < to) {
      const usize aligned = from == 0 ? size_at(0) : from & (~from + 1);
      const usize fits = std::bit_floor(to - from);
      const usize size = smaller(size_at(0), smaller(aligned, fits));
      const unsigned level = geometry_.block_shift() - static_cast<unsigned>(std::countr_zero(size));
      fill_tags(from, from + size, BuddyTag::Interior);
      set_tag(from, live_head(level));
      state_.managed_bytes += size;
      give_back(from, level, sink);
      from += size;
    }
  }
  [[nodiscard]] static constexpr usize smaller(usize a, usize b) { return a < b ? a : b; }

  // The head of the block, or the gap's smallest block, that holds offset.
  [[nodiscard]] usize head_of(usize offset) const {
    usize size = unit();
    while (tag(offset & ~(size - 1)) == BuddyTag::Interior) size <<= 1;
    return offset & ~(size - 1);
  }
  [[nodiscard]] Error why_not_live(usize offset) const {
    if (offset >= arena_.size()) return Error::Foreign;
    if (tag(offset) == BuddyTag::Gap) return Error::NotManaged;
    if ((offset & (unit() - 1)) != 0 || tag(offset) == BuddyTag::Interior) return Error::InsideBlock;
    return kind_of(tag(offset)) == BuddyTag::FreeHead ? Error::DoubleFree : Error::None;
  }

  template <class S>
  static Error fail(Error why, S& sink) {
    sink(Step{.kind = StepKind::Fail, .why = why});
    return why;
  }
  template <class S>
  static void tell_looks(unsigned level, usize candidates, S& sink) {
    for (; (candidates >> level & 1) == 0; --level) {
      sink(Step{.kind = StepKind::Look, .level = narrow(level), .other = 0});
      if (level == 0) return;
    }
    sink(Step{.kind = StepKind::Look, .level = narrow(level), .other = 1});
  }

  Arena arena_;
  BuddyTag* tags_ = nullptr;
  [[no_unique_address]] Geometry geometry_;
  State state_;
};

}  // namespace allocviz::alloc
