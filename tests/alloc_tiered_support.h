// The small tiered allocator that its tests are about.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "tests/support/tiered.h"

namespace allocviz::test::tiered_test {

using Tiered = alloc::Tiered<>;

inline constexpr std::size_t kSlab = 1024;

// 16 KiB, smallest block 64 B, slabs of 1 KiB in classes of 16, 48 and 128 B.
class TieredTest : public testing::Test {
 protected:
  TieredTest() : tiered_(16384, 64, kSlab, 1, {16, 48, 128}) {}

  void* get(std::size_t size, std::size_t align = 1) { return tiered_->allocate({size, align}).ptr; }
  // Takes blocks of a size until the allocator has none; says how many.
  std::vector<void*> exhaust(std::size_t size) {
    std::vector<void*> blocks;
    while (void* const ptr = get(size)) blocks.push_back(ptr);
    return blocks;
  }
  void expect_sound() {
    const alloc::Report report = tiered_->check();
    EXPECT_TRUE(report.holds()) << "I" << report.invariant << " at " << report.offset << ": " << report.text;
  }
  void expect_whole() {
    expect_sound();
    EXPECT_EQ(tiered_->slab_count(), 0u);
    EXPECT_EQ(tiered_->largest_free(), 16384u);
    EXPECT_EQ(tiered_->free_bytes(), 16384u);
  }

  TestTiered<> tiered_;
};

}  // namespace allocviz::test::tiered_test
