// Reading a buddy allocator's state, and nothing else: the walk, the free lists, the link bytes. Freestanding.
// Everything is legal between any two steps of a call, and allocates nothing.
#pragma once

#include "arena.h"
#include "buddy_lists.h"
#include "buddy_tag.h"
#include "walk.h"

namespace allocviz::alloc {

template <unsigned MaxLevels, class Free>
class BuddyView {
 public:
  using State = typename Free::template State<MaxLevels>;
  using Place = typename Free::Place;

  BuddyView(const Arena& arena, BuddyTag* tags, const State& state, unsigned levels, unsigned unit_shift)
      : unit_count_(arena.size() >> unit_shift),
        place_(Free::place(arena, tags, levels, unit_shift)),
        tags_(tags),
        state_(&state),
        levels_(levels),
        shift_(unit_shift) {}

  [[nodiscard]] const State& state() const { return *state_; }
  [[nodiscard]] const Place& place() const { return place_; }
  [[nodiscard]] unsigned levels() const { return levels_; }
  [[nodiscard]] usize unit_count() const { return unit_count_; }
  [[nodiscard]] usize units_at(unsigned level) const { return usize{1} << (levels_ - 1 - level); }
  [[nodiscard]] BuddyBlock size_at(unsigned level) const { return {0, units_at(level), level}; }
  [[nodiscard]] usize offset(usize at) const { return at << shift_; }
  [[nodiscard]] BuddyTag tag(usize at) const { return tags_[at]; }
  [[nodiscard]] bool is_filled(unsigned level) const { return (state_->filled & units_at(level)) != 0; }

  // f(const Extent&) for every block and every maximal gap, in address order.
  template <class F>
  void walk(F&& f) const {
    for (usize at = 0; at < unit_count();) {
      const Extent extent = extent_at(at);
      f(extent);
      at += extent.size >> shift_;
    }
  }

  // f(unsigned level, usize offset) for every free block: level 0 first, each level in the order of handing out.
  template <class F>
  void visit_free_lists(F&& f) const {
    for (unsigned level = 0; level < levels_; ++level) {
      if (is_filled(level)) place_.visit(*state_, size_at(level), [&](usize at) { f(level, offset(at)); });
    }
  }

  // f(usize offset, std::byte* bytes, usize count) for the link bytes that mean something, list by list.
  template <class F>
  void visit_links(F&& f) const {
    for (unsigned level = 0; level < levels_; ++level) place_.visit_links(*state_, size_at(level), f);
  }

 private:
  [[nodiscard]] Extent extent_at(usize at) const {
    const BuddyTag tag = tags_[at];
    if (is_head(tag)) {
      const Use use = kind_of(tag) == BuddyTag::FreeHead ? Use::Free : Use::Live;
      return {offset(at), offset(units_at(level_of(tag))), use, level_of(tag), kNoClass, is_part(tag)};
    }
    usize end = at + 1;
    while (end < unit_count() && tags_[end] == BuddyTag::Gap) ++end;
    return {offset(at), offset(end - at), Use::Gap, 0};
  }

  usize unit_count_;
  Place place_;
  const BuddyTag* tags_;
  const State* state_;
  unsigned levels_;
  unsigned shift_;
};

}  // namespace allocviz::alloc
