// Proves the invariants I1 .. I7 of buddy.h, and names the first that is broken. Freestanding; allocates nothing;
// follows no link before it knows that the block it stands in is free, so it is safe on a state that is corrupt.
//
// O(units). Legal between any two calls, not between the steps of one.
#pragma once

#include "buddy_view.h"

namespace allocviz::alloc {

template <unsigned MaxLevels, class Free>
class BuddyCheck {
 public:
  explicit BuddyCheck(const BuddyView<MaxLevels, Free>& view) : view_(view) {}

  // In an order in which each check may rely on the ones before it.
  [[nodiscard]] Report run() {
    Report report = tiling();
    if (report.holds()) report = sums();
    if (report.holds()) report = sizes();
    if (report.holds()) report = lists();
    if (report.holds()) report = buddies();
    return report;
  }

 private:
  [[nodiscard]] Report broken(unsigned invariant, usize at, const char* text) const {
    return {invariant, view_.offset(at), text};
  }

  [[nodiscard]] Report tiling() {
    bool after_live = false;
    for (usize at = 0; at < view_.unit_count();) {
      const BuddyTag tag = view_.tag(at);
      if (tag == BuddyTag::Gap) {
        after_live = false;
        ++at;
        continue;
      }
      if (!is_head(tag)) return broken(1, at, "a block must start here, but the tag is no head");
      if (level_of(tag) >= view_.levels()) return broken(1, at, "a head's level is not one of this allocator's");
      const usize units = view_.units_at(level_of(tag));
      if ((at & (units - 1)) != 0) return broken(1, at, "a block is not aligned to its size");
      if (units > view_.unit_count() - at) return broken(1, at, "a block reaches beyond the region");
      for (usize inside = at + 1; inside < at + units; ++inside) {
        if (view_.tag(inside) != BuddyTag::Interior) return broken(1, inside, "the tag inside a block is not Interior");
      }
      managed_ += units;
      if (is_part(tag) && !after_live) return broken(1, at, "a part of a run follows no live block");
      after_live = kind_of(tag) != BuddyTag::FreeHead;
      if (!after_live) {
        free_ += units;
        ++free_blocks_[level_of(tag)];
      }
      at += units;
    }
    return {};
  }

  [[nodiscard]] Report sums() const {
    if (view_.offset(managed_) != view_.state().managed_bytes) {
      return broken(2, 0, "managed_bytes is not the bytes of all blocks");
    }
    if (view_.offset(free_) != view_.state().free_bytes) {
      return broken(3, 0, "free_bytes is not the bytes of all free blocks");
    }
    return {};
  }

  [[nodiscard]] Report sizes() const {
    usize expected = 0;
    for (unsigned level = 0; level < view_.levels(); ++level) {
      if (free_blocks_[level] != 0) expected |= view_.units_at(level);
    }
    if (view_.state().filled != expected) return broken(5, 0, "filled is not the sizes of the free blocks");
    if constexpr (!Free::kLists) {
      for (unsigned level = 0; level < view_.levels(); ++level) {
        if (view_.state().counts[level] != free_blocks_[level])
          return broken(5, 0, "a level's count is not its free blocks");
      }
    }
    return {};
  }

  [[nodiscard]] Report lists() const {
    if constexpr (!Free::kLists) {
      if (!view_.place().is_sound()) return broken(6, 0, "a bit of the set does not say what the word below it is");
    }
    for (unsigned level = 0; level < view_.levels(); ++level) {
      if (const Report report = level_of_free(level); !report.holds()) return report;
    }
    return {};
  }
  [[nodiscard]] Report level_of_free(unsigned level) const {
    if constexpr (Free::kLists)
      return free_blocks_[level] == 0 ? Report{} : list(level);
    else
      return bits(level);
  }

  [[nodiscard]] Report bits(unsigned level) const {
    Report report;
    usize seen = 0;
    view_.place().visit(view_.state(), view_.size_at(level), [&](usize at) {
      ++seen;
      if (report.holds() && !is_free(at, level)) report = broken(4, at, "a bit is set for what is no free block");
    });
    if (report.holds() && seen != free_blocks_[level]) return broken(4, 0, "the bit of a free block is not set");
    return report;
  }

  [[nodiscard]] Report list(unsigned level) const {
    usize at = view_.state().heads[level];
    if (!is_free(at, level)) return broken(4, at, "a head is not a free block of its level");
    for (usize left = free_blocks_[level] - 1; left > 0; --left) {
      if (at == view_.state().tails[level])
        return broken(4, at, "a list ends before it has all free blocks of its level");
      const usize next = view_.place().next(at);
      if (!is_free(next, level)) return broken(4, at, "a link leads to what is not a free block of its level");
      if (view_.place().prev(next) != at) return broken(6, next, "a block's prev is not the block before it");
      at = next;
    }
    if (at != view_.state().tails[level]) return broken(6, at, "the last block is not the tail");
    return {};
  }

  [[nodiscard]] Report buddies() const {
    for (usize at = 0; at < view_.unit_count();) {
      const BuddyTag tag = view_.tag(at);
      const usize units = tag == BuddyTag::Gap ? 1 : view_.units_at(level_of(tag));
      if (kind_of(tag) == BuddyTag::FreeHead && level_of(tag) != 0 && view_.tag(at ^ units) == tag) {
        return broken(7, at, "a block and its buddy are both free, but not merged");
      }
      at += units;
    }
    return {};
  }

  [[nodiscard]] bool is_free(usize at, unsigned level) const {
    return at < view_.unit_count() && view_.tag(at) == free_head(level);
  }

  BuddyView<MaxLevels, Free> view_;
  usize managed_ = 0;
  usize free_ = 0;
  usize free_blocks_[MaxLevels] = {};
};

}  // namespace allocviz::alloc
