// Discontiguous memory under a buddy: gaps, regions added later, ranges reserved and released, and reset.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "tests/support/allocators.h"
#include "tests/support/seed.h"

namespace allocviz::test::buddy_regions_test {
namespace {

using alloc::Error;
using alloc::Range;
using alloc::RuntimeBuddy;
using Buddy = alloc::Buddy<>;

// Each case: top-level blocks of 16 B, gaps, and how many blocks remain.
TEST(BuddyGaps, round_outward_to_whole_smallest_blocks) {
  struct Case {
    std::size_t count;
    std::vector<Range> gaps;
    std::size_t blocks;
  };
  for (const Case& c :
       {Case{1, {{0, 1}}, 0}, Case{1, {{15, 16}}, 0}, Case{1, {{15, 32}}, 0}, Case{2, {{15, 17}}, 0},
        Case{3, {{15, 33}}, 0}, Case{3, {{0, 17}}, 1}, Case{3, {{16, 33}}, 1}, Case{1, {{16, 32}}, 1},
        Case{4, {{0, 1}, {1, 2}, {40, 41}}, 2}, Case{2, {{5, 5}}, 2}, Case{9, {{3, 30}, {30, 50}}, 5}}) {
    TestBuddy<> buddy(16, 16, c.count, c.gaps);
    ASSERT_TRUE(buddy.made);
    std::size_t blocks = 0;
    while (buddy->allocate({1, 1})) ++blocks;
    EXPECT_EQ(blocks, c.blocks);
    EXPECT_EQ(buddy->managed_bytes(), c.blocks * 16);
  }
}

TEST(BuddyGaps, a_release_never_merges_into_one) {
  TestBuddy<> buddy(32, 16, 1, {{16, 32}});
  EXPECT_FALSE(buddy->allocate({32, 1}));
  void* const half = buddy->allocate({16, 1}).ptr;
  ASSERT_NE(half, nullptr);
  EXPECT_FALSE(buddy->allocate({1, 1}));
  EXPECT_EQ(buddy->deallocate(half), Error::None);
  EXPECT_FALSE(buddy->allocate({32, 1}));
  EXPECT_TRUE(buddy->check().holds());
}

TEST(BuddyRegions, an_unpopulated_region_is_not_touched_before_it_is_added) {
  const RuntimeBuddy geometry = RuntimeBuddy::between(16384, 4096);
  const AlignedMemory region({16384, 16384});
  const AlignedMemory metadata({4, 1});
  auto made = Buddy::make_raw_unpopulated(metadata.data(), region.data(), 1, geometry);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->allocate({1, 1}).why, Error::OutOfMemory);
  EXPECT_EQ(made->managed_bytes(), 0u);
  EXPECT_EQ(made->add_region({0, 4096}), Error::None);
  EXPECT_EQ(made->add_region({8192, 16384}), Error::None);
  std::vector<void*> blocks;
  while (void* block = made->allocate({4096, 1}).ptr) blocks.push_back(block);
  EXPECT_EQ(blocks.size(), 3u);
  for (void* block : blocks) {
    std::memset(block, 0, 4096);
    EXPECT_EQ(made->deallocate(block), Error::None);
  }
  for (std::size_t at = 4096; at < 8192; ++at) ASSERT_EQ(region.data()[at], std::byte{0xA5}) << at;
}

TEST(BuddyRegions, two_halves_added_one_after_the_other_merge) {
  const RuntimeBuddy geometry = RuntimeBuddy::between(128, 64);
  const AlignedMemory region({128, 128});
  const AlignedMemory metadata({2, 1});
  auto made = Buddy::make_raw_unpopulated(metadata.data(), region.data(), 1, geometry);
  EXPECT_EQ(made->add_region({64, 128}), Error::None);
  EXPECT_FALSE(made->allocate({128, 1}));
  EXPECT_EQ(made->add_region({0, 64}), Error::None);
  EXPECT_TRUE(made->allocate({128, 1}));
}

TEST(BuddyRegions, adding_what_is_outside_cut_or_managed_is_refused) {
  TestBuddy<> buddy(1024, 64, 2, {{1024, 2048}});
  EXPECT_EQ(buddy->add_region({1024, 4096}), Error::Foreign);
  EXPECT_EQ(buddy->add_region({1088, 1024}), Error::Foreign);
  EXPECT_EQ(buddy->add_region({1030, 1088}), Error::InsideBlock);
  EXPECT_EQ(buddy->add_region({960, 1088}), Error::DoubleFree);
  EXPECT_EQ(buddy->managed_bytes(), 1024u);
  EXPECT_EQ(buddy->add_region({1024, 2048}), Error::None);
  EXPECT_EQ(buddy->managed_bytes(), 2048u);
}

TEST(BuddyRegions, a_reserved_range_is_a_gap_until_it_is_released) {
  TestBuddy<> buddy(1024, 64);
  EXPECT_EQ(buddy->reserve({200, 300}), Error::None);  // 192 .. 320
  EXPECT_EQ(buddy->managed_bytes(), 1024u - 128u);
  EXPECT_EQ(buddy->free_bytes(), 1024u - 128u);
  EXPECT_TRUE(buddy->check().holds()) << buddy->check().text;
  EXPECT_EQ(buddy->reserve({256, 257}), Error::NotManaged);
  EXPECT_EQ(buddy->deallocate(buddy.region.data() + 192), Error::NotManaged);
  EXPECT_FALSE(buddy->allocate({1024, 1}));
  EXPECT_EQ(buddy->release({200, 300}), Error::None);
  EXPECT_EQ(buddy->release({200, 300}), Error::DoubleFree);
  EXPECT_TRUE(buddy->allocate({1024, 1}));
}

TEST(BuddyRegions, a_range_with_a_live_block_in_it_is_not_reserved) {
  TestBuddy<> buddy(1024, 64);
  void* const live = buddy->allocate({64, 1}).ptr;
  EXPECT_EQ(buddy->reserve({0, 1}), Error::OutOfMemory);
  EXPECT_EQ(buddy->reserve({512, 2000}), Error::Foreign);
  EXPECT_EQ(buddy->managed_bytes(), 1024u);
  EXPECT_EQ(buddy->deallocate(live), Error::None);
  EXPECT_EQ(buddy->reserve({0, 1024}), Error::None);
  EXPECT_EQ(buddy->managed_bytes(), 0u);
  EXPECT_EQ(buddy->release({0, 1024}), Error::None);
  EXPECT_EQ(buddy->largest_free(), 1024u);
}

// A random stream of reservations among requests, against one flag a smallest block.
TEST(BuddyRegions, agree_with_a_map_of_flags_whatever_is_reserved_and_released) {
  enum class Flag : char { Free, Live, Gap };
  std::mt19937_64 random(seed());
  TestBuddy<> buddy(1024, 32, 5);
  const std::size_t units = 5 * 1024 / 32;
  std::vector<Flag> flags(units, Flag::Free);
  std::vector<Range> reserved;
  std::vector<void*> live;
  const auto mark = [&](std::size_t from, std::size_t to, Flag flag) {
    for (std::size_t at = from / 32; at * 32 < to; ++at) flags[at] = flag;
  };
  const auto all = [&](std::size_t from, std::size_t to, Flag flag) {
    for (std::size_t at = from / 32; at * 32 < to; ++at) {
      if (flags[at] != flag) return false;
    }
    return true;
  };
  for (int event = 0; event < 4000; ++event) {
    const std::size_t from = random() % (units * 32);
    const Range range{from, std::min(units * 32, from + random() % 300)};
    switch (random() % 4) {
      case 0:
        ASSERT_EQ(buddy->reserve(range) == Error::None,
                  range.from == range.to || all(range.from, range.to, Flag::Free));
        if (range.from == range.to || !all(range.from, range.to, Flag::Free)) break;
        mark(range.from, range.to, Flag::Gap);
        reserved.push_back(range);
        break;
      case 1:
        if (reserved.empty()) break;
        std::swap(reserved[random() % reserved.size()], reserved.back());
        ASSERT_EQ(buddy->release(reserved.back()), Error::None);
        mark(reserved.back().from, reserved.back().to, Flag::Free);
        reserved.pop_back();
        break;
      case 2:
        if (void* const ptr = buddy->allocate({1 + random() % 400, 1}).ptr) {
          const std::size_t at = offset_of(*buddy, ptr);
          ASSERT_TRUE(all(at, at + buddy->usable_size(ptr), Flag::Free));
          mark(at, at + buddy->usable_size(ptr), Flag::Live);
          live.push_back(ptr);
        }
        break;
      default:
        if (live.empty()) break;
        std::swap(live[random() % live.size()], live.back());
        mark(offset_of(*buddy, live.back()), offset_of(*buddy, live.back()) + buddy->usable_size(live.back()),
             Flag::Free);
        ASSERT_EQ(buddy->deallocate(live.back()), Error::None);
        live.pop_back();
    }
    ASSERT_TRUE(buddy->check().holds()) << buddy->check().text;
  }
  for (void* ptr : live) ASSERT_EQ(buddy->deallocate(ptr), Error::None);
  for (const Range& range : reserved) ASSERT_EQ(buddy->release(range), Error::None);
  EXPECT_EQ(list_of(*buddy, 0).size(), 5u) << "everything came back, but did not merge";
}

TEST(BuddyReset, gives_the_state_of_a_new_allocator_with_the_same_gaps) {
  const std::vector<Range> gaps = {{0, 100}, {700, 1500}};
  TestBuddy<> used(1024, 32, 4, gaps);
  TestBuddy<> fresh(1024, 32, 4, gaps);
  for (std::size_t size : {100u, 3u, 900u, 40u, 40u}) (void)used->allocate({size, 1});
  used->reset();
  EXPECT_TRUE(used->check().holds());
  EXPECT_EQ(std::memcmp(used->metadata().data, fresh->metadata().data, fresh->metadata().size), 0);
  for (unsigned level = 0; level < used->levels(); ++level) EXPECT_EQ(list_of(*used, level), list_of(*fresh, level));
  EXPECT_EQ(used->free_bytes(), fresh->free_bytes());
}

}  // namespace
}  // namespace allocviz::test::buddy_regions_test
