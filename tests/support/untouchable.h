// Address space that faults when it is touched, and a buddy on it.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

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

// A copy at another address goes on where the original is, from its state and its metadata: no link is in the region.
template <class Free>
void expect_state_and_metadata_to_be_all(std::uint64_t seed) {
  UntouchedBuddy<Free> original(1024, 16, 3), copy(1024, 16, 3);
  std::mt19937_64 random(seed);
  std::vector<std::size_t> live;
  for (int i = 0; i < 300; ++i) {
    void* const ptr = original->allocate({1 + random() % 60, 1}).ptr;
    if (ptr == nullptr) continue;
    if (random() % 3 != 0) {
      live.push_back(offset_of(*original, ptr));
    } else {
      EXPECT_EQ(original->deallocate(ptr), alloc::Error::None);
    }
  }
  original->visit_links([](std::size_t, std::byte*, std::size_t) { ADD_FAILURE() << "there are no links"; });
  copy->restore(original->state());
  std::memcpy(copy->metadata().data, original->metadata().data, original->metadata().size);
  ASSERT_TRUE(copy->check().holds());
  for (unsigned level = 0; level < copy->levels(); ++level) EXPECT_EQ(list_of(*copy, level), list_of(*original, level));
  for (const std::size_t at : live) EXPECT_EQ(copy->deallocate(copy->arena().at(at)), alloc::Error::None);
}

}  // namespace allocviz::test
