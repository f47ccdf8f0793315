// Address space that faults when it is touched, and a buddy on it.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "core/alloc/buddy.h"
#include "tests/support/memory.h"

namespace allocviz::test {

class Untouchable {
 public:
  explicit Untouchable(alloc::Layout layout)
      : size_(layout.size + layout.align),
        mapped_(::mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)),
        align_(layout.align) {
    EXPECT_NE(mapped_, MAP_FAILED);
  }
  Untouchable(const Untouchable&) = delete;
  Untouchable& operator=(const Untouchable&) = delete;
  ~Untouchable() { ::munmap(mapped_, size_); }

  [[nodiscard]] std::byte* data() const {
    const auto at = reinterpret_cast<std::uintptr_t>(mapped_);
    return static_cast<std::byte*>(mapped_) + ((0 - at) & (align_ - 1));
  }

 private:
  std::size_t size_;
  void* mapped_;
  std::size_t align_;
};

// `count` top-level blocks of `block` bytes, split down to `min`.
template <class Free>
struct UntouchedBuddy {
  using Buddy = alloc::Buddy<alloc::RuntimeBuddy, alloc::Checked, alloc::Raw, alloc::NoSteps, Free>;

  UntouchedBuddy(std::size_t block, std::size_t min, std::size_t count = 1, std::vector<alloc::Range> holes = {})
      : geometry(alloc::RuntimeBuddy::between(block, min)),
        gaps(std::move(holes)),
        region(*Buddy::region_layout(count, geometry)),
        metadata(*Buddy::metadata_layout(count, geometry)),
        made(Buddy::make_raw_with_gaps(metadata.data(), region.data(), count, gaps.data(), gaps.size(), geometry)) {}

  Buddy& operator*() { return *made; }
  Buddy* operator->() { return &*made; }

  alloc::RuntimeBuddy geometry;
  std::vector<alloc::Range> gaps;
  Untouchable region;
  AlignedMemory metadata;
  alloc::Made<Buddy> made;
};

}  // namespace allocviz::test
