// The buddy's contract: what it needs, where it may stand, what it refuses, what it gives.
#include "core/alloc/buddy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/support/allocators.h"

namespace allocviz::test::buddy_test {
namespace {

using alloc::Error;
using alloc::Extent;
using alloc::InitError;
using alloc::Range;
using alloc::RuntimeBuddy;
using alloc::Use;
using Buddy = alloc::Buddy<>;

template <std::size_t BlockSize, unsigned Levels>
concept CanBeFixed = requires {
  typename alloc::FixedBuddy<BlockSize, Levels>;
};

TEST(BuddyLayout, metadata_is_one_byte_for_each_smallest_block_and_not_a_byte_more) {
  const RuntimeBuddy geometry = RuntimeBuddy::between(16 << 20, 64);
  EXPECT_EQ(Buddy::region_layout(1, geometry)->size, std::size_t{16} << 20);
  EXPECT_EQ(Buddy::region_layout(1, geometry)->align, std::size_t{16} << 20);
  EXPECT_EQ(Buddy::metadata_layout(1, geometry)->size, std::size_t{1} << 18);
  EXPECT_EQ(Buddy::metadata_layout(3, RuntimeBuddy::between(4096, 4096))->size, 3u);
}

TEST(BuddyLayout, is_a_constant_for_a_fixed_geometry) {
  using Fixed = alloc::Buddy<alloc::FixedBuddy<4096, 4>>;
  static_assert(Fixed::region_layout(4)->size == 16384);
  static_assert(Fixed::metadata_layout(4)->size == 32);
}

TEST(BuddyLayout, a_geometry_that_cannot_be_is_refused) {
  EXPECT_FALSE(RuntimeBuddy(256, 0).valid());
  EXPECT_FALSE(RuntimeBuddy(256, 64).valid());
  EXPECT_FALSE(RuntimeBuddy(0, 1).valid());
  EXPECT_FALSE(RuntimeBuddy(255, 4).valid());
  EXPECT_FALSE(RuntimeBuddy::between(4096, 8).valid());
  EXPECT_FALSE(RuntimeBuddy::between(64, 128).valid());
  EXPECT_FALSE(RuntimeBuddy::between(96, 32).valid());
  EXPECT_TRUE(RuntimeBuddy(16, 1).valid());
  EXPECT_TRUE(RuntimeBuddy(std::size_t{1} << 63, 60).valid());
  static_assert(CanBeFixed<4096, 9>);
  static_assert(!CanBeFixed<4096, 10>);
  static_assert(!CanBeFixed<4095, 1>);
  static_assert(!CanBeFixed<4096, 0>);
}

TEST(BuddyLayout, a_region_that_is_empty_or_larger_than_the_address_space_is_refused) {
  const RuntimeBuddy geometry(256, 1);
  EXPECT_EQ(Buddy::region_layout(0, geometry).error(), InitError::InvalidConfig);
  EXPECT_EQ(Buddy::region_layout(~std::size_t{0}, geometry).error(), InitError::InvalidConfig);
  EXPECT_EQ(Buddy::region_layout(~std::size_t{0} / 256 + 1, geometry).error(), InitError::InvalidConfig);
  EXPECT_TRUE(Buddy::region_layout(~std::size_t{0} / 256, geometry));
  EXPECT_EQ(Buddy::region_layout(1, RuntimeBuddy(255, 1)).error(), InitError::InvalidConfig);
  EXPECT_EQ(Buddy::metadata_layout(0, geometry).error(), InitError::InvalidConfig);
}

TEST(BuddyMaking, memory_that_cannot_be_used_is_an_invalid_location) {
  const RuntimeBuddy geometry(4096, 4);
  const AlignedMemory region({8192, 4096});
  const AlignedMemory metadata({16, 1});
  EXPECT_EQ(Buddy::make_raw(metadata.data(), nullptr, 1, geometry).error(), InitError::InvalidLocation);
  EXPECT_EQ(Buddy::make_raw(nullptr, region.data(), 1, geometry).error(), InitError::InvalidLocation);
  EXPECT_EQ(Buddy::make_raw(metadata.data(), region.data() + 64, 1, geometry).error(), InitError::InvalidLocation);
  EXPECT_EQ(Buddy::make_raw(region.data() + 4095, region.data(), 1, geometry).error(), InitError::InvalidLocation);
  auto* const last = reinterpret_cast<void*>(~std::uintptr_t{0} & ~std::uintptr_t{4095});
  EXPECT_EQ(Buddy::make_raw(metadata.data(), last, 2, geometry).error(), InitError::InvalidLocation);
  auto* const wrapping = reinterpret_cast<void*>(~std::uintptr_t{0} - 3);
  EXPECT_EQ(Buddy::make_raw(wrapping, region.data(), 1, geometry).error(), InitError::InvalidLocation);
  EXPECT_EQ(Buddy::make_raw(metadata.data(), region.data(), 0, geometry).error(), InitError::InvalidConfig);
  EXPECT_TRUE(Buddy::make_raw(metadata.data(), region.data(), 2, geometry));
}

TEST(BuddyMaking, gaps_out_of_order_are_an_invalid_config) {
  const std::vector<Range> backwards = {{64, 32}};
  const std::vector<Range> unsorted = {{512, 600}, {64, 128}};
  for (const auto& gaps : {backwards, unsorted}) {
    EXPECT_EQ(TestBuddy<>(1024, 64, 1, gaps).made.error(), InitError::InvalidConfig);
  }
}

TEST(BuddyMaking, a_fresh_region_is_handed_out_from_its_highest_top_level_block) {
  TestBuddy<> buddy(1024, 64, 3);
  EXPECT_EQ(list_of(*buddy, 0), (std::vector<std::size_t>{2048, 1024, 0}));
  EXPECT_EQ(offset_of(*buddy, buddy->allocate({1, 1}).ptr), 2048u);
}

TEST(BuddyRequests, a_size_of_nothing_is_served_as_one) {
  TestBuddy<> buddy(1024, 64);
  void* const ptr = buddy->allocate({0, 1}).ptr;
  EXPECT_EQ(buddy->usable_size(ptr), 64u);
}

TEST(BuddyRequests, an_alignment_above_the_size_is_served_by_a_block_of_it) {
  TestBuddy<> buddy(4096, 16, 2);
  (void)buddy->allocate({16, 1});
  const alloc::Allocation got = buddy->allocate({16, 1024});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got.ptr) % 1024, 0u);
  EXPECT_EQ(buddy->usable_size(got.ptr), 1024u);
}

TEST(BuddyRequests, what_cannot_be_served_says_why_and_changes_nothing) {
  TestBuddy<> buddy(1024, 64);
  const Buddy::State before = buddy->state();
  EXPECT_EQ(buddy->allocate({1025, 1}).why, Error::TooLarge);
  EXPECT_EQ(buddy->allocate({~std::size_t{0}, 1}).why, Error::TooLarge);
  EXPECT_EQ(buddy->allocate({8, 2048}).why, Error::AlignTooLarge);
  EXPECT_EQ(buddy->allocate({8, 24}).why, Error::AlignTooLarge);
  EXPECT_EQ(buddy->allocate({8, 0}).why, Error::AlignTooLarge);
  EXPECT_EQ(std::memcmp(&before, &buddy->state(), sizeof before), 0);
  ASSERT_TRUE(buddy->allocate({1024, 1}));
  EXPECT_EQ(buddy->allocate({1, 1}).why, Error::OutOfMemory);
}

TEST(BuddyMisuse, is_told_apart_and_changes_nothing) {
  TestBuddy<> buddy(1024, 64, 2, {{1024, 1100}});
  auto* const block = static_cast<std::byte*>(buddy->allocate({256, 1}).ptr);
  const std::byte* const base = buddy.region.data();
  const Buddy::State before = buddy->state();
  EXPECT_EQ(buddy->deallocate(nullptr), Error::Foreign);
  EXPECT_EQ(buddy->deallocate(buddy.region.data() - 1), Error::Foreign);
  EXPECT_EQ(buddy->deallocate(buddy.region.data() + 2048), Error::Foreign);
  EXPECT_EQ(buddy->deallocate(buddy.region.data() + 1024), Error::NotManaged);
  EXPECT_EQ(buddy->deallocate(buddy.region.data() + 1090), Error::NotManaged);
  EXPECT_EQ(buddy->deallocate(block + 1), Error::InsideBlock);
  EXPECT_EQ(buddy->deallocate(block + 64), Error::InsideBlock);
  EXPECT_EQ(buddy->deallocate(block + 128), Error::InsideBlock);
  EXPECT_EQ(buddy->deallocate(const_cast<std::byte*>(base) + (block == base ? 256 : 0)), Error::DoubleFree);
  EXPECT_EQ(std::memcmp(&before, &buddy->state(), sizeof before), 0);
  EXPECT_EQ(buddy->deallocate(block), Error::None);
  EXPECT_EQ(buddy->deallocate(block), Error::DoubleFree);
  EXPECT_TRUE(buddy->check().holds());
}

TEST(BuddyMisuse, a_block_swallowed_by_a_merge_is_inside_the_larger_one) {
  TestBuddy<> buddy(128, 64);
  void* const front = buddy->allocate({64, 1}).ptr;
  void* const back = buddy->allocate({64, 1}).ptr;
  EXPECT_EQ(buddy->deallocate(front), Error::None);
  EXPECT_EQ(buddy->deallocate(back), Error::None);
  EXPECT_EQ(buddy->deallocate(back), Error::InsideBlock);
  EXPECT_EQ(buddy->deallocate(front), Error::DoubleFree);
}

TEST(BuddyResize, shrinking_frees_the_back_and_growing_takes_it_again) {
  TestBuddy<> buddy(1024, 64);
  void* const ptr = buddy->allocate({1024, 1}).ptr;
  EXPECT_EQ(buddy->resize_in_place(ptr, {100, 1}), Error::None);
  EXPECT_EQ(buddy->usable_size(ptr), 128u);
  EXPECT_EQ(buddy->free_bytes(), 1024u - 128u);
  EXPECT_EQ(buddy->resize_in_place(ptr, {600, 1}), Error::None);
  EXPECT_EQ(buddy->usable_size(ptr), 1024u);
  EXPECT_EQ(buddy->free_bytes(), 0u);
  EXPECT_TRUE(buddy->check().holds());
}

TEST(BuddyResize, a_back_half_or_one_with_a_live_buddy_cannot_grow) {
  TestBuddy<> buddy(1024, 64);
  void* const front = buddy->allocate({64, 1}).ptr;
  void* const back = buddy->allocate({64, 1}).ptr;
  EXPECT_EQ(offset_of(*buddy, back), 64u);
  EXPECT_EQ(buddy->resize_in_place(front, {65, 1}), Error::OutOfMemory);
  EXPECT_EQ(buddy->deallocate(front), Error::None);
  EXPECT_EQ(buddy->resize_in_place(back, {65, 1}), Error::OutOfMemory);
  EXPECT_EQ(buddy->resize_in_place(back, {2000, 1}), Error::TooLarge);
  EXPECT_EQ(buddy->resize_in_place(front, {1, 1}), Error::DoubleFree);
  EXPECT_TRUE(buddy->check().holds());
}

TEST(BuddyResize, reallocate_moves_what_cannot_stay_and_keeps_its_bytes) {
  TestBuddy<> buddy(1024, 64);
  void* const ptr = buddy->allocate({64, 1}).ptr;
  void* const neighbour = buddy->allocate({64, 1}).ptr;
  std::memset(ptr, 0x5C, 64);
  const alloc::Allocation moved = buddy->reallocate(ptr, {200, 1});
  ASSERT_TRUE(moved);
  EXPECT_NE(moved.ptr, ptr);
  EXPECT_EQ(static_cast<unsigned char*>(moved.ptr)[63], 0x5C);
  EXPECT_FALSE(buddy->owns(ptr));
  EXPECT_TRUE(buddy->owns(neighbour));
}

TEST(BuddyResize, a_failed_reallocate_leaves_the_block_as_it_was) {
  TestBuddy<> buddy(256, 64);
  void* const a = buddy->allocate({64, 1}).ptr;
  void* const b = buddy->allocate({64, 1}).ptr;
  std::memset(a, 0x5C, 64);
  EXPECT_EQ(buddy->reallocate(a, {256, 1}).why, Error::OutOfMemory);
  EXPECT_EQ(buddy->reallocate(a, {257, 1}).why, Error::TooLarge);
  EXPECT_TRUE(buddy->owns(a) && buddy->owns(b));
  EXPECT_EQ(static_cast<unsigned char*>(a)[63], 0x5C);
}

TEST(BuddyResize, reallocate_of_nothing_or_of_no_block_acts_as_allocate) {
  TestBuddy<> buddy(1024, 64);
  EXPECT_TRUE(buddy->reallocate(nullptr, {64, 1}));
  EXPECT_TRUE(buddy->reallocate(buddy.region.data() + 65, {64, 1}));
  EXPECT_EQ(buddy->managed_bytes() - buddy->free_bytes(), 128u);
}

TEST(BuddyAsking, owns_and_usable_size_know_live_blocks_only) {
  TestBuddy<> buddy(1024, 64, 1, {{512, 1024}});
  void* const ptr = buddy->allocate({100, 1}).ptr;
  EXPECT_TRUE(buddy->owns(ptr));
  EXPECT_EQ(buddy->usable_size(ptr), 128u);
  EXPECT_FALSE(buddy->owns(static_cast<std::byte*>(ptr) + 64));
  EXPECT_EQ(buddy->usable_size(buddy.region.data() + 512), 0u);
  EXPECT_EQ(buddy->usable_size(nullptr), 0u);
  EXPECT_EQ(buddy->largest_free(), 256u);
}

TEST(BuddyWalk, shows_blocks_and_gaps_in_address_order_and_lists_in_list_order) {
  TestBuddy<> buddy(512, 64, 2, {{600, 700}});
  ASSERT_EQ(offset_of(*buddy, buddy->allocate({64, 1}).ptr), 704u);  // the last one that populating pushed
  const std::vector<Extent> extents = extents_of(*buddy);
  ASSERT_EQ(extents.size(), 5u);
  const auto expect = [&](std::size_t i, std::size_t offset, std::size_t size, Use use) {
    EXPECT_EQ(extents[i].offset, offset) << i;
    EXPECT_EQ(extents[i].size, size) << i;
    EXPECT_EQ(extents[i].use, use) << i;
  };
  expect(0, 0, 512, Use::Free);
  expect(1, 512, 64, Use::Free);
  expect(2, 576, 128, Use::Gap);
  expect(3, 704, 64, Use::Live);
  expect(4, 768, 256, Use::Free);
  EXPECT_EQ(list_of(*buddy, 0), std::vector<std::size_t>{0});
  EXPECT_EQ(list_of(*buddy, 1), std::vector<std::size_t>{768});
  EXPECT_EQ(list_of(*buddy, 3), std::vector<std::size_t>{512});
}

}  // namespace
}  // namespace allocviz::test::buddy_test
