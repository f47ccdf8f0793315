// Growing a buddy allocator's memory and giving some of it back: the parts of buddy_core.h that turn gaps into free
// blocks and free blocks into gaps. Freestanding.
#pragma once

#include "buddy_core.h"

namespace allocviz::alloc {

template <class Geometry, class Policy, class Free>
void BuddyCore<Geometry, Policy, Free>::populate_around(const Range* gaps, usize gap_count) {
  NoSteps nobody;
  usize from = 0;
  for (usize i = 0; i < gap_count; ++i) {
    if (gaps[i].from == gaps[i].to) continue;
    const Range gap = units_around({smaller(gaps[i].from, arena_.size()), smaller(gaps[i].to, arena_.size())});
    populate(from, gap.from, nobody);
    if (from < gap.to) from = gap.to;
  }
  populate(from, unit_count(), nobody);
}

template <class Geometry, class Policy, class Free>
template <class S>
Error BuddyCore<Geometry, Policy, Free>::add_region(Range range, S& sink) {
  if (range.from > range.to || range.to > arena_.size()) return fail(Error::Foreign, sink);
  if (((range.from | range.to) & (unit() - 1)) != 0) return fail(Error::InsideBlock, sink);
  const Range units = units_around(range);
  for (usize at = units.from; at < units.to; ++at) {
    if (tags_[at] != BuddyTag::Gap) return fail(Error::DoubleFree, sink);
  }
  populate(units.from, units.to, sink);
  return Error::None;
}

template <class Geometry, class Policy, class Free>
template <class S>
Error BuddyCore<Geometry, Policy, Free>::reserve(Range range, S& sink) {
  if (range.from > range.to || range.to > arena_.size()) return fail(Error::Foreign, sink);
  if (range.from == range.to) return Error::None;
  const Range units = units_around(range);
  const usize first = head_of(units.from);
  for (usize at = first; at < units.to; at += block_at(at).units) {
    if (tags_[at] == BuddyTag::Gap) return fail(Error::NotManaged, sink);
    if (kind_of(tags_[at]) != BuddyTag::FreeHead) return fail(Error::OutOfMemory, sink);
  }
  for (usize at = first; at < units.to;) {
    const Block block = block_at(at);
    const usize end = at + block.units;
    withdraw(block, sink);
    if (at < units.from) populate(at, units.from, sink);
    if (end > units.to) populate(units.to, end, sink);
    at = end;
  }
  return Error::None;
}

template <class Geometry, class Policy, class Free>
void BuddyCore<Geometry, Policy, Free>::reset() {
  NoSteps nobody;
  state_ = {};
  forget_free();
  const usize end = unit_count();
  for (usize at = 0; at < end;) {
    const usize from = at;
    while (at < end && tags_[at] != BuddyTag::Gap) ++at;
    populate(from, at, nobody);
    while (at < end && tags_[at] == BuddyTag::Gap) ++at;
  }
}

template <class Geometry, class Policy, class Free>
template <class S>
void BuddyCore<Geometry, Policy, Free>::populate(usize from, usize to, S& sink) {
  while (from < to) {
    const auto aligned = static_cast<unsigned>(std::countr_zero(from | usize{1} << bottom()));
    const auto fits = static_cast<unsigned>(std::bit_width(to - from)) - 1;
    const Block block = block_of_order(from, aligned < fits ? aligned : fits);
    fill(block.at, block.at + block.units, BuddyTag::Interior);
    tags_[block.at] = live_head(block.level);
    state_.managed_bytes += bytes(block);
    give_back(block.at, block.level, sink);
    from += block.units;
  }
}

template <class Geometry, class Policy, class Free>
template <class S>
void BuddyCore<Geometry, Policy, Free>::withdraw(Block block, S& sink) {
  usize filled = state_.filled;
  remove(block, filled, sink);
  state_.filled = filled;
  state_.free_bytes -= bytes(block);
  state_.managed_bytes -= bytes(block);
  fill(block.at, block.at + block.units, BuddyTag::Gap);
}

template <class Geometry, class Policy, class Free>
usize BuddyCore<Geometry, Policy, Free>::head_of(usize at) const {
  usize units = 1;
  while (tags_[at & ~(units - 1)] == BuddyTag::Interior) units <<= 1;
  return at & ~(units - 1);
}

}  // namespace allocviz::alloc
