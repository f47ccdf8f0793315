// Proves the invariants I1 .. I7 of buddy.h, and names the first that is broken. Freestanding; allocates nothing;
// reads no link before it knows that the link lies in a free block, so it is safe on a state that is corrupt.
//
// O(smallest blocks). Legal between any two calls, not between the steps of one.
#pragma once

#include "buddy_view.h"

namespace allocviz::alloc {

template <unsigned MaxLevels>
class BuddyCheck {
 public:
  explicit BuddyCheck(const BuddyView<MaxLevels>& view) : view_(view) {}

  // In an order in which each check may rely on the ones before it.
  [[nodiscard]] Report run() {
    Report report = tiling();
    if (report.holds()) report = sums();
    if (report.holds()) report = masks();
    if (report.holds()) report = lists();
    if (report.holds()) report = buddies();
    return report;
  }

 private:
  using Lists = BuddyLists<MaxLevels>;

  [[nodiscard]] Report tiling() {
    const usize end = view_.arena.size();
    for (usize offset = 0; offset < end;) {
      const BuddyTag tag = view_.tag(offset);
      if (tag == BuddyTag::Gap) {
        offset += view_.unit();
        continue;
      }
      if (!is_head(tag)) return {1, offset, "a block must start here, but the tag is no head"};
      if (level_of(tag) >= view_.levels) return {1, offset, "a head's level is not one of this allocator's"};
      const usize size = view_.size_at(level_of(tag));
      if ((offset & (size - 1)) != 0) return {1, offset, "a block is not aligned to its size"};
      if (size > end - offset) return {1, offset, "a block reaches beyond the region"};
      for (usize inner = offset + view_.unit(); inner < offset + size; inner += view_.unit()) {
        if (view_.tag(inner) != BuddyTag::Interior) return {1, inner, "the tag inside a block is not Interior"};
      }
      managed_ += size;
      if (kind_of(tag) == BuddyTag::FreeHead) {
        free_ += size;
        ++free_blocks_[level_of(tag)];
      }
      offset += size;
    }
    return {};
  }

  [[nodiscard]] Report sums() {
    if (managed_ != view_.state->managed_bytes) return {2, 0, "managed_bytes is not the bytes of all blocks"};
    if (free_ != view_.state->free_bytes) return {3, 0, "free_bytes is not the bytes of all free blocks"};
    return {};
  }

  [[nodiscard]] Report masks() {
    for (unsigned level = 0; level < kUsizeBits; ++level) {
      const bool filled = (view_.state->filled >> level & 1) != 0;
      if (level >= view_.levels && filled) return {5, 0, "filled names a level that does not exist"};
      if (level < view_.levels && filled != (free_blocks_[level] != 0)) {
        return {5, 0, "a bit of filled does not say whether its level has free blocks"};
      }
    }
    return {};
  }

  [[nodiscard]] Report lists() {
    for (unsigned level = 0; level < view_.levels; ++level) {
      if (free_blocks_[level] == 0) continue;
      if (const Report report = list(level); !report.holds()) return report;
    }
    return {};
  }

  [[nodiscard]] Report list(unsigned level) {
    const auto ends = view_.state->lists[level];
    usize offset = ends.head;
    for (usize count = 1;; ++count) {
      if (!is_free(offset, level)) return {4, offset, "a list names a block that is not free at its level"};
      if (count > free_blocks_[level]) return {4, offset, "a list is longer than its level has free blocks"};
      if (offset == ends.tail) {
        if (count == free_blocks_[level]) return {};
        return {4, offset, "a list is shorter than its level has free blocks"};
      }
      const usize next = Lists::next(view_.arena, offset);
      if (!is_free(next, level)) return {4, offset, "a link leads to a block that is not free at its level"};
      if (Lists::prev(view_.arena, next) != offset) return {6, next, "a block's prev is not the block before it"};
      offset = next;
    }
  }

  [[nodiscard]] Report buddies() {
    for (usize offset = 0; offset < view_.arena.size();) {
      const BuddyTag tag = view_.tag(offset);
      const usize size = tag == BuddyTag::Gap ? view_.unit() : view_.size_at(level_of(tag));
      if (kind_of(tag) == BuddyTag::FreeHead && level_of(tag) != 0 && view_.tag(offset ^ size) == tag) {
        return {7, offset, "a block and its buddy are both free, but not merged"};
      }
      offset += size;
    }
    return {};
  }

  [[nodiscard]] bool is_free(usize offset, unsigned level) const {
    return offset < view_.arena.size() && (offset & (view_.unit() - 1)) == 0 && view_.tag(offset) == free_head(level);
  }

  BuddyView<MaxLevels> view_;
  usize managed_ = 0;
  usize free_ = 0;
  usize free_blocks_[MaxLevels] = {};
};

}  // namespace allocviz::alloc
