// Runs: blocks of a buddy side by side that are handed out, grown and freed as one, for sizes between the powers of
// two. The parts of buddy_core.h that a layer above is built on (tiered_core.h); alone a buddy makes none.
// Freestanding.
//
//   units      0       2       4   5   6       8
//   blocks     |  live, level 1    |p.2|  free |        a run of 5 units: its first block, and a part
//   tags       | L1  .   .   .     |P3 | F2  . |
//
// A run's sizes are four to each doubling, so that it wastes at most a fifth of its bytes. Its blocks are as few as can
// be: no two of them are buddies. A request takes the block that a buddy would take, and gives back what is behind its
// size; where none is large enough, a few free blocks of half and of a quarter of its size are looked at, for one that
// together with what is free beside it holds the request.
#pragma once

#include "buddy_core.h"

namespace allocviz::alloc {

template <class Geometry, class Policy, class Free>
template <class S>
Allocation BuddyCore<Geometry, Policy, Free>::allocate_run(Layout layout, S& sink) {
  const unsigned order = order_for(layout);
  if (is_impossible(layout, order)) [[unlikely]]
    return {nullptr, fail(why_impossible(layout), sink)};
  Block wanted = block_of_order(0, order);
  const usize units = units_of_run(layout.size);
  tell_round_run(wanted, units, layout, sink);

  usize filled = state_.filled;
  const usize candidates = filled & (0 - wanted.units);
  tell_looks(wanted, candidates, sink);
  if (candidates == 0) return allocate_side_by_side(order, units, layout.align, sink);
  Block block = first_free(static_cast<unsigned>(std::countr_zero(candidates)), filled);
  pop(block, filled, sink);
  while (block.level < wanted.level) block = split<kAlone>(block, filled, sink);
  keep(block, {block.at, block.at + units}, block.at, filled, sink);
  state_.filled = filled;
  state_.free_bytes -= units << shift();
  return {take_run(block.at, units, sink)};
}

// Each block is a live block of its own until it is freed: what is left of the run walks as one that is shorter.
template <class Geometry, class Policy, class Free>
template <class S>
Error BuddyCore<Geometry, Policy, Free>::deallocate_run(void* ptr, S& sink) {
  const usize offset = arena_.offset_of(ptr);
  if constexpr (Policy::kChecked) {
    if (!is_live(offset)) [[unlikely]]
      return fail(why_not_live(offset), sink);
  }
  give_back_run(offset >> shift(), sink);
  return Error::None;
}

template <class Geometry, class Policy, class Free>
template <class S>
Error BuddyCore<Geometry, Policy, Free>::resize_run(void* ptr, Layout layout, S& sink) {
  const usize offset = arena_.offset_of(ptr);
  if constexpr (Policy::kChecked) {
    if (!is_live(offset)) return why_not_live(offset);
  }
  const unsigned order = order_for(layout);
  if (is_impossible(layout, order)) return why_impossible(layout);
  const usize at = offset >> shift();
  const usize units = units_of_run(layout.size);
  const usize old_end = end_of_run(at), end = at + units;
  if ((offset & (layout.align - 1)) != 0 || (end > old_end && !is_free_between(old_end, end)))
    return Error::OutOfMemory;

  tell_round_run(block_of_order(0, order), units, layout, sink);
  if (end > old_end) {
    claim({old_end, end}, at, sink);
    for (usize part = old_end; part < end;) {
      const usize next = part + block_at(part).units;
      settle(part, at, sink);
      part = next;
    }
  } else if (end < old_end) {
    shrink_run(at, end, sink);
  }
  take_run(at, units, sink);
  return Error::None;
}

// No block is large enough. Units side by side that hold more than half of a block have a free block of half or a
// quarter of its size among them: of each the first few are looked at, with what is free around them, which is at most
// a block or two of each size.
template <class Geometry, class Policy, class Free>
template <class S>
Allocation BuddyCore<Geometry, Policy, Free>::allocate_side_by_side(unsigned order, usize units, usize align, S& sink) {
  constexpr unsigned kMostLooks = 16;
  const usize step = align > unit() ? align >> shift() : 1;
  for (unsigned smaller = order; smaller > 0 && smaller + 2 > order;) {
    const Block size = block_of_order(0, --smaller);
    const bool found = (state_.filled & size.units) != 0;
    sink(Step{.kind = StepKind::Look, .level = static_cast<std::uint8_t>(size.level), .other = found});
    if (!found) continue;
    usize at = state_.heads[size.level];
    for (unsigned looks = kMostLooks; looks > 0; --looks) {
      const Range room = free_around(at);
      const usize from = (room.from + (step - 1)) & ~(step - 1);
      if (from < room.to && room.to - from >= units) {
        claim({from, from + units}, from, sink);
        return {take_run(from, units, sink)};
      }
      if (at == state_.tails[size.level]) break;
      at = place().next(at);
    }
  }
  return {nullptr, fail(Error::OutOfMemory, sink)};
}

// The free units around a free block, its own among them.
template <class Geometry, class Policy, class Free>
Range BuddyCore<Geometry, Policy, Free>::free_around(usize at) const {
  Range room{at, at + block_at(at).units};
  while (room.to < unit_count() && kind_of(tags_[room.to]) == BuddyTag::FreeHead) room.to += block_at(room.to).units;
  while (room.from > 0) {
    const usize before = head_of(room.from - 1);
    if (kind_of(tags_[before]) != BuddyTag::FreeHead) break;
    room.from = before;
  }
  return room;
}

template <class Geometry, class Policy, class Free>
bool BuddyCore<Geometry, Policy, Free>::is_free_between(usize from, usize to) const {
  for (; from < to; from += block_at(from).units) {
    if (from >= unit_count() || kind_of(tags_[from]) != BuddyTag::FreeHead) return false;
  }
  return true;
}

template <class Geometry, class Policy, class Free>
usize BuddyCore<Geometry, Policy, Free>::end_of_run(usize at) const {
  do at += block_at(at).units;
  while (at < unit_count() && is_part(tags_[at]));
  return at;
}

template <class Geometry, class Policy, class Free>
usize BuddyCore<Geometry, Policy, Free>::units_of_run(usize size) const {
  const usize less_one = (size - (size != 0)) >> shift();
  const auto order = static_cast<unsigned>(std::bit_width(less_one));
  const usize step = usize{1} << (order > 3 ? order - 3 : 0);
  return (less_one | (step - 1)) + 1;
}

// Of a block in flight the units of this range; what lies before and behind it is pushed. The block at `first` becomes
// the first of the run, all others its parts.
template <class Geometry, class Policy, class Free>
template <class S>
void BuddyCore<Geometry, Policy, Free>::keep(Block block, Range units, usize first, usize& filled, S& sink) {
  while (units.from > block.at || units.to < block.at + block.units) {
    const Block front{block.at, block.units >> 1, block.level + 1};
    const Block back{block.at + front.units, front.units, front.level};
    show(front, sink);
    show(back, sink);
    tell(StepKind::Split, block, back.at, filled, sink);
    if (units.to <= back.at) {
      push(back, filled, sink);
      block = front;
    } else if (units.from >= back.at) {
      push(front, filled, sink);
      block = back;
    } else if (units.from <= front.at) {  // some of both, of one of them all or a part that begins or ends with it: so
      keep(front, units, first, filled, sink);  // no call is deeper than the second
      block = back;
    } else {
      keep(back, units, first, filled, sink);
      block = front;
    }
  }
  tags_[block.at] = block.at == first ? live_head(block.level) : live_part(block.level);
}

// Takes these units, which are free, for the run that begins at `first`.
template <class Geometry, class Policy, class Free>
template <class S>
void BuddyCore<Geometry, Policy, Free>::claim(Range units, usize first, S& sink) {
  usize filled = state_.filled;
  for (usize at = head_of(units.from); at < units.to;) {
    const Block block = block_at(at);
    remove(block, filled, sink);
    keep(block, units, first, filled, sink);
    at += block.units;
  }
  state_.filled = filled;
  state_.free_bytes -= (units.to - units.from) << shift();
}

// Merges a part with the blocks of its run before it, as long as those are its buddies.
template <class Geometry, class Policy, class Free>
template <class S>
void BuddyCore<Geometry, Policy, Free>::settle(usize part, usize first, S& sink) {
  Block block = block_at(part);
  while (block.level > 0 && (block.at & block.units) != 0 && block.at - block.units >= first) {
    const usize front = block.at - block.units;
    if (tags_[front] != live_head(block.level) && tags_[front] != live_part(block.level)) return;
    tags_[block.at] = BuddyTag::Interior;
    const usize back = block.at;
    block = {front, block.units << 1, block.level - 1};
    tags_[front] = front == first ? live_head(block.level) : live_part(block.level);
    tell(StepKind::Merge, block, back, state_.filled, sink);
  }
}

template <class Geometry, class Policy, class Free>
template <class S>
void BuddyCore<Geometry, Policy, Free>::give_back_run(usize at, S& sink) {
  for (;;) {
    const Block block = block_at(at);
    const usize next = at + block.units;
    const bool goes_on = next < unit_count() && is_part(tags_[next]);
    if (goes_on) tags_[next] = live_head(level_of(tags_[next]));
    give_back(at, block.level, sink);
    if (!goes_on) return;
    at = next;
  }
}

template <class Geometry, class Policy, class Free>
template <class S>
void BuddyCore<Geometry, Policy, Free>::shrink_run(usize first, usize end, S& sink) {
  usize at = first;
  while (at + block_at(at).units < end) at += block_at(at).units;
  const Block last = block_at(at);
  const usize next = at + last.units;
  if (next < unit_count() && is_part(tags_[next])) {
    tags_[next] = live_head(level_of(tags_[next]));
    give_back_run(next, sink);
  }
  if (next == end) return;
  usize filled = state_.filled;
  keep(last, {at, end}, first, filled, sink);
  state_.filled = filled;
  state_.free_bytes += (next - end) << shift();
}

}  // namespace allocviz::alloc
