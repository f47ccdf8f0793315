// Proves the invariants I1 .. I12 of tiered.h, and names the first that is broken. Freestanding; allocates nothing.
// O(units + places). Legal between any two calls, not between the steps of one.
#pragma once

#include "tiered_core.h"

namespace allocviz::alloc {

template <class Policy>
class TieredCheck {
 public:
  explicit TieredCheck(const TieredCore<Policy>& core) : core_(core), slabs_(core.slabs()) {}

  // In an order in which each check may rely on the ones before it.
  [[nodiscard]] Report run() {
    Report report = core_.below().check();
    if (report.holds()) report = table();
    if (report.holds()) report = lists();
    if (report.holds()) report = runs();
    return report;
  }

 private:
  [[nodiscard]] Report broken(unsigned invariant, usize place, const char* text) const {
    return {invariant, slabs_.offset_of(place), text};
  }
  [[nodiscard]] const TieredGeometry& geometry() const { return core_.geometry(); }

  [[nodiscard]] Report table() {
    usize free_bytes = 0;
    for (usize place = 0; place < slabs_.places(); ++place) {
      if (!slabs_.is_slab(place)) continue;
      if (slabs_.table()[place].size_class >= geometry().class_count())
        return broken(8, place, "there is no such class");
      const usize offset = slabs_.offset_of(place);
      if (core_.below().usable_size(core_.arena().at(offset)) != geometry().slab_bytes()) {
        return broken(8, place, "a slab is no live block of the buddy");
      }
      const auto slab = slabs_.core(place, geometry());
      if (const Report inside = slab.check(); !inside.holds()) return {9, offset + inside.offset, inside.text};
      if (slab.state().outstanding == 0) return broken(9, place, "a slab is kept that has no live block");
      free_bytes += slab.arena().size() - slab.state().outstanding * slab.block_size();
      with_room_ += slab.can_allocate() ? 1u : 0u;
      ++count_;
    }
    if (free_bytes != slabs_.lists().free_bytes) return broken(11, 0, "free_bytes is not what the slabs have free");
    if (count_ != slabs_.lists().slabs) return broken(11, 0, "the count of slabs is off");
    return {};
  }

  [[nodiscard]] Report lists() const {
    usize listed = 0;
    for (unsigned number = 0; number < geometry().class_count(); ++number) {
      if ((slabs_.lists().room >> number & 1) == 0) continue;
      const usize head = slabs_.lists().heads[number];
      usize before = TieredSlab::kEnd;
      for (usize at = head; at != TieredSlab::kEnd; at = slabs_.table()[at].next) {
        if (at >= slabs_.places()) return broken(10, 0, "a list leads out of the table");
        if (slabs_.table()[at].size_class != number) return broken(10, at, "a list leads to a slab of another class");
        if (!slabs_.core(at, geometry()).can_allocate()) return broken(10, at, "a slab in a list has no room");
        if (at != head && slabs_.table()[at].prev != before)
          return broken(10, at, "a slab's prev is not the slab before it");
        if (++listed > with_room_) return broken(10, at, "a list goes round");
        before = at;
      }
      if (slabs_.table()[head].prev != before) return broken(10, head, "the first slab's prev is not the last slab");
    }
    if (listed != with_room_) return broken(10, 0, "a slab with room is in no list");
    return {};
  }

  [[nodiscard]] Report runs() const {
    Report report;
    Extent before;
    core_.below().walk([&](const Extent& extent) {
      const bool slab = slabs_.is_slab(slabs_.place_of(before.offset)) && before.size != 0;
      if (report.holds() && extent.part) {
        if (slab) report = {12, extent.offset, "a slab is part of a run"};
        if (before.level == extent.level && (before.offset ^ extent.offset) == extent.size) {
          report = {12, extent.offset, "two blocks of a run are buddies"};
        }
      }
      before = extent;
    });
    return report;
  }

  const TieredCore<Policy>& core_;
  const TieredSlabs<Policy>& slabs_;
  usize with_room_ = 0;
  usize count_ = 0;
};

}  // namespace allocviz::alloc
