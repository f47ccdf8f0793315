// The bump allocator's contract.
#include "core/alloc/bump.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/allocators.h"

namespace allocviz::test::bump_test {
namespace {

using alloc::Error;
using alloc::InitError;
using alloc::Use;
using Bump = alloc::Bump<>;

TEST(BumpMaking, a_region_that_cannot_be_is_refused) {
  const AlignedMemory region({128, 64});
  EXPECT_EQ(Bump::make_raw(region.data() + 8, {64, 64}).error(), InitError::InvalidLocation);
  EXPECT_EQ(Bump::make_raw(nullptr, {64, 1}).error(), InitError::InvalidLocation);
  EXPECT_EQ(Bump::make_raw(reinterpret_cast<void*>(~std::uintptr_t{0} - 10), {64, 1}).error(),
            InitError::InvalidLocation);
  EXPECT_EQ(Bump::make_raw(region.data(), {0, 1}).error(), InitError::InvalidConfig);
  EXPECT_EQ(Bump::make_raw(region.data(), {64, 48}).error(), InitError::InvalidConfig);
  EXPECT_TRUE(Bump::make_raw(region.data() + 1, {64, 1}));
}

TEST(BumpRequests, walk_down_from_the_end_and_round_down_to_the_alignment) {
  TestBump bump(1000);
  EXPECT_EQ(offset_of(*bump, bump->allocate({10, 1}).ptr), 990u);
  EXPECT_EQ(offset_of(*bump, bump->allocate({10, 64}).ptr), 960u);
  EXPECT_EQ(offset_of(*bump, bump->allocate({0, 1}).ptr), 959u);
  EXPECT_EQ(bump->outstanding(), 3u);
  EXPECT_EQ(bump->free_bytes(), 959u);
}

TEST(BumpRequests, of_nearly_the_whole_address_space_wrap_nowhere) {
  const AlignedMemory memory({4096, 4096});
  for (const std::size_t start : {0u, 1u, 3u, 64u}) {
    auto bump = Bump::make_raw(memory.data() + start, {1000, 1});
    for (std::size_t align = 1; align != 0; align <<= 1) {
      for (const std::size_t below : {0u, 1u, 15u, 16u, 17u, 1000u, 4095u, 4096u, 5096u}) {
        ASSERT_EQ(bump->allocate({~std::size_t{0} - below, align}).why, Error::TooLarge) << below << " at " << align;
        ASSERT_EQ(bump->allocate({0 - align - below, align}).ptr, nullptr) << below << " at " << align;
      }
    }
    EXPECT_EQ(bump->free_bytes(), 1000u);
  }
}

TEST(BumpRequests, are_aligned_as_addresses_wherever_the_region_stands) {
  const AlignedMemory memory({4096, 4096});
  auto bump = Bump::make_raw(memory.data() + 3, {2000, 1});
  for (std::size_t align : {1u, 2u, 64u, 512u}) {
    const alloc::Allocation got = bump->allocate({5, align});
    ASSERT_TRUE(got);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got.ptr) % align, 0u);
  }
}

TEST(BumpRequests, that_do_not_fit_say_why_and_change_nothing) {
  TestBump bump(1000, 4096);
  (void)bump->allocate({500, 1});
  const alloc::BumpState before = bump->state();
  EXPECT_EQ(bump->allocate({501, 1}).why, Error::OutOfMemory);
  EXPECT_EQ(bump->allocate({1001, 1}).why, Error::TooLarge);
  EXPECT_EQ(bump->allocate({~std::size_t{0}, 1}).why, Error::TooLarge);
  EXPECT_EQ(bump->allocate({1, 3}).why, Error::AlignTooLarge);
  EXPECT_EQ(bump->allocate({1, 0}).why, Error::AlignTooLarge);
  const std::size_t above_any = std::size_t{1} << (sizeof(std::size_t) * 8 - 1);
  EXPECT_EQ(bump->allocate({1, above_any}).why, Error::OutOfMemory);
  EXPECT_EQ(bump->state(), before);
  EXPECT_TRUE(bump->allocate({500, 1}));
  EXPECT_EQ(bump->allocate({1, 1}).why, Error::OutOfMemory);
}

TEST(BumpReleases, return_the_mark_once_nothing_is_outstanding) {
  TestBump bump(1000);
  void* const a = bump->allocate({10, 1}).ptr;
  void* const b = bump->allocate({10, 1}).ptr;
  EXPECT_EQ(bump->deallocate(b), Error::None);
  EXPECT_EQ(bump->mark(), 980u);
  EXPECT_EQ(bump->deallocate(a), Error::None);
  EXPECT_EQ(bump->mark(), 1000u);
}

TEST(BumpMisuse, is_seen_as_far_as_a_mark_and_a_count_can_see) {
  TestBump bump(1000);
  std::size_t somewhere[4] = {};
  EXPECT_EQ(bump->deallocate(somewhere), Error::Foreign);
  EXPECT_EQ(bump->deallocate(bump.region.data() + 999), Error::NothingOutstanding);
  void* const a = bump->allocate({10, 1}).ptr;
  EXPECT_EQ(bump->deallocate(bump.region.data() + 989), Error::Foreign) << "in the unused run";
  EXPECT_EQ(bump->deallocate(nullptr), Error::Foreign);
  EXPECT_EQ(bump->outstanding(), 1u);
  EXPECT_EQ(bump->deallocate(a), Error::None);
  EXPECT_EQ(bump->deallocate(a), Error::NothingOutstanding);
}

TEST(BumpReset, forgets_what_was_outstanding_so_that_the_mark_rewinds_again_later) {
  TestBump bump(1000);
  (void)bump->allocate({10, 1});
  (void)bump->allocate({10, 1});
  bump->reset();
  EXPECT_EQ(bump->outstanding(), 0u);
  EXPECT_EQ(bump->mark(), 1000u);
  void* const a = bump->allocate({10, 1}).ptr;
  EXPECT_EQ(bump->deallocate(a), Error::None);
  EXPECT_EQ(bump->mark(), 1000u);
}

TEST(BumpSplit, gives_the_unused_and_the_used_half_each_its_own_allocator) {
  TestBump bump(1000);
  auto* const a = static_cast<std::byte*>(bump->allocate({100, 1}).ptr);
  auto* const b = static_cast<std::byte*>(bump->allocate({100, 1}).ptr);
  auto halves = bump->split();
  EXPECT_EQ(halves.unused.size(), 800u);
  EXPECT_EQ(halves.unused.free_bytes(), 800u);
  EXPECT_EQ(halves.used.size(), 200u);
  EXPECT_EQ(halves.used.outstanding(), 2u);
  EXPECT_EQ(halves.used.allocate({1, 1}).why, Error::OutOfMemory);
  EXPECT_EQ(bump->allocate({1, 1}).why, Error::TooLarge) << "nothing is left in the one that was split";
  EXPECT_EQ(halves.unused.allocate({800, 1}).ptr, bump.region.data());
  EXPECT_EQ(halves.used.deallocate(a), Error::None);
  EXPECT_EQ(halves.used.deallocate(b), Error::None);
  EXPECT_EQ(halves.used.allocate({200, 1}).ptr, bump.region.data() + 800);
  EXPECT_TRUE(halves.used.check().holds() && halves.unused.check().holds());
}

TEST(BumpSplit, of_an_unused_or_a_full_one_leaves_a_half_of_nothing) {
  TestBump unused(100);
  auto halves = unused->split();
  EXPECT_EQ(halves.used.size(), 0u);
  EXPECT_FALSE(halves.used.allocate({1, 1}));
  TestBump full(100);
  (void)full->allocate({100, 1});
  auto others = full->split();
  EXPECT_EQ(others.unused.size(), 0u);
  EXPECT_FALSE(others.unused.allocate({1, 1}));
  EXPECT_EQ(others.used.outstanding(), 1u);
}

TEST(BumpResize, stays_when_it_does_not_grow_and_moves_when_it_does) {
  TestBump bump(1000);
  void* const a = bump->allocate({100, 1}).ptr;
  std::memset(a, 0x5C, 100);
  EXPECT_EQ(bump->resize_in_place(a, 100, {50, 1}), Error::None);
  EXPECT_EQ(bump->resize_in_place(a, 50, {51, 1}), Error::OutOfMemory);
  EXPECT_EQ(bump->resize_in_place(a, 50, {50, 512}), Error::AlignTooLarge);
  EXPECT_EQ(bump->resize_in_place(bump.region.data(), 50, {50, 1}), Error::Foreign);
  const alloc::Allocation moved = bump->reallocate(a, 50, {200, 1});
  ASSERT_TRUE(moved);
  EXPECT_EQ(offset_of(*bump, moved.ptr), 700u);
  EXPECT_EQ(static_cast<unsigned char*>(moved.ptr)[49], 0x5C);
  EXPECT_EQ(bump->outstanding(), 1u);
  EXPECT_EQ(bump->reallocate(moved.ptr, 200, {701, 1}).why, Error::OutOfMemory);
  EXPECT_EQ(bump->outstanding(), 1u);
  EXPECT_TRUE(bump->reallocate(nullptr, 0, {10, 1}));
  EXPECT_EQ(bump->outstanding(), 2u);
}

TEST(BumpWalk, shows_an_unused_and_a_used_run) {
  TestBump bump(1000);
  EXPECT_EQ(extents_of(*bump).size(), 1u);
  (void)bump->allocate({300, 1});
  const auto extents = extents_of(*bump);
  ASSERT_EQ(extents.size(), 2u);
  EXPECT_EQ(extents[0].use, Use::Free);
  EXPECT_EQ(extents[0].size, 700u);
  EXPECT_EQ(extents[1].use, Use::Used);
  EXPECT_EQ(extents[1].offset, 700u);
}

}  // namespace
}  // namespace allocviz::test::bump_test
