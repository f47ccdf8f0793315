// Address space that faults when it is touched, and a buddy on it.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>

#include "tests/support/allocators.h"

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

template <class Free>
using UntouchedBuddy = TestBuddy<alloc::Checked, alloc::NoSteps, Free, Untouchable>;

}  // namespace allocviz::test
