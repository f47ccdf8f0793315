// Every invariant is broken on purpose once, and check() names it.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/allocators.h"

namespace allocviz::test::check_test {
namespace {

using alloc::BuddyTag;

// 1 KiB in blocks of 64 B and up: live 64 at 0, free 64 at 64, 128 at 128, 256 at 256; two free top-level blocks
// behind.
class BrokenBuddy : public testing::Test {
 protected:
  BrokenBuddy() : buddy_(512, 64, 3) {
    EXPECT_TRUE(buddy_->reserve({512, 1536}) == alloc::Error::None);
    (void)buddy_->allocate({64, 1});
    EXPECT_TRUE(buddy_->release({512, 1536}) == alloc::Error::None);
    EXPECT_EQ(list_of(*buddy_, 0), (std::vector<std::size_t>{1024, 512}));
    EXPECT_EQ(list_of(*buddy_, 3), (std::vector<std::size_t>{64}));
    EXPECT_TRUE(buddy_->check().holds());
  }

  void set_tag(std::size_t unit, BuddyTag tag) { buddy_->metadata().data[unit] = static_cast<std::byte>(tag); }
  template <class F>
  void change_state(F&& change) {
    auto state = buddy_->state();
    change(state);
    buddy_->restore(state);
  }
  void set_link(std::size_t offset, std::size_t value) {
    std::memcpy(buddy_.region.data() + offset, &value, sizeof value);
  }
  void expect_broken(unsigned invariant) {
    const alloc::Report report = buddy_->check();
    EXPECT_EQ(report.invariant, invariant) << report.text;
    EXPECT_STRNE(report.text, "");
  }

  TestBuddy<> buddy_;
};

TEST_F(BrokenBuddy, I1_a_block_that_starts_nowhere) {
  set_tag(0, BuddyTag::Interior);
  expect_broken(1);
}

TEST_F(BrokenBuddy, I1_a_level_that_does_not_exist) {
  set_tag(0, alloc::live_head(60));
  expect_broken(1);
}

TEST_F(BrokenBuddy, I1_a_block_that_is_not_aligned_to_its_size) {
  set_tag(1, alloc::live_head(2));
  expect_broken(1);
}

TEST_F(BrokenBuddy, I1_a_head_inside_a_block) {
  set_tag(3, alloc::live_head(3));
  expect_broken(1);
  EXPECT_EQ(buddy_->check().offset, 192u);
}

TEST_F(BrokenBuddy, I2_a_sum_of_managed_bytes_that_is_off) {
  change_state([](auto& state) { state.managed_bytes += 64; });
  expect_broken(2);
}

TEST_F(BrokenBuddy, I2_a_gap_nobody_accounted_for) {
  set_tag(0, BuddyTag::Gap);
  expect_broken(2);
}

TEST_F(BrokenBuddy, I3_a_sum_of_free_bytes_that_is_off) {
  change_state([](auto& state) { state.free_bytes -= 64; });
  expect_broken(3);
}

TEST_F(BrokenBuddy, I3_a_live_block_that_says_it_is_free) {
  set_tag(0, alloc::free_head(3));
  expect_broken(3);
}

TEST_F(BrokenBuddy, I4_a_head_that_is_no_free_block) {
  change_state([](auto& state) { state.heads[3] = 0; });
  expect_broken(4);
}

TEST_F(BrokenBuddy, I4_a_link_out_of_the_region) {
  set_link(1024, 1000);
  expect_broken(4);
}

TEST_F(BrokenBuddy, I4_a_list_that_leaves_out_a_free_block) {
  change_state([](auto& state) { state.tails[0] = state.heads[0]; });
  expect_broken(4);
}

TEST_F(BrokenBuddy, I5_a_size_with_a_free_block_that_is_not_in_filled) {
  change_state([](auto& state) { state.filled &= ~std::size_t{1}; });
  expect_broken(5);
}

TEST_F(BrokenBuddy, I5_a_size_without_a_free_block_that_is_in_filled) {
  change_state([](auto& state) { state.filled |= 1u << 20; });
  expect_broken(5);
}

TEST_F(BrokenBuddy, I6_a_prev_that_is_not_the_block_before) {
  set_link(512 + sizeof(std::size_t), 0);
  expect_broken(6);
}

TEST_F(BrokenBuddy, I6_a_tail_that_is_not_the_last_block) {
  change_state([](auto& state) { state.tails[0] = 0; });
  expect_broken(6);
}

TEST_F(BrokenBuddy, I6_a_tail_that_is_not_the_block_that_stands_alone) {
  change_state([](auto& state) { state.tails[3] = 2; });
  expect_broken(6);
}

TEST_F(BrokenBuddy, I7_two_free_buddies) {
  // The live block at 0 becomes free and stands in its list, in front of its buddy at 64, but nobody merges them.
  set_tag(0, alloc::free_head(3));
  set_link(0, 1);
  set_link(64 + sizeof(std::size_t), 0);
  change_state([](auto& state) {
    state.free_bytes += 64;
    state.heads[3] = 0;
    state.tails[3] = 1;
  });
  expect_broken(7);
}

// Ten blocks of 48 B: at 0 live, at 48 and 96 on the list, at 144 live, the rest fresh.
class BrokenSlab : public testing::Test {
 protected:
  BrokenSlab() : slab_(48, 10) {
    void* blocks[4];
    for (void*& block : blocks) block = slab_->allocate_block().ptr;
    EXPECT_EQ(slab_->deallocate(blocks[2]), alloc::Error::None);
    EXPECT_EQ(slab_->deallocate(blocks[1]), alloc::Error::None);
    EXPECT_TRUE(slab_->check().holds());
  }
  template <class F>
  void change_state(F&& change) {
    auto state = slab_->state();
    change(state);
    slab_->restore(state);
  }
  void set_link(std::size_t offset, std::size_t next) {
    const alloc::SlabLink link{slab_->size() - next};
    std::memcpy(slab_.region.data() + offset, &link, sizeof link);
  }
  TestSlab slab_;
};

TEST_F(BrokenSlab, I1_a_fresh_mark_inside_a_block) {
  change_state([](auto& state) { state.fresh += 1; });
  EXPECT_EQ(slab_->check().invariant, 1u);
}

TEST_F(BrokenSlab, I1_a_fresh_mark_beyond_the_region) {
  change_state([](auto& state) { state.fresh = 11 * 48; });
  EXPECT_EQ(slab_->check().invariant, 1u);
}

TEST_F(BrokenSlab, I2_a_count_that_is_off) {
  change_state([](auto& state) { state.outstanding += 1; });
  EXPECT_EQ(slab_->check().invariant, 2u);
}

TEST_F(BrokenSlab, I3_a_link_to_a_fresh_block) {
  set_link(96, 5 * 48);
  EXPECT_EQ(slab_->check().invariant, 3u);
}

TEST_F(BrokenSlab, I3_a_link_into_a_block) {
  set_link(96, 49);
  EXPECT_EQ(slab_->check().invariant, 3u);
}

TEST_F(BrokenSlab, I3_a_link_out_of_the_region) {
  for (const std::size_t beyond : {std::size_t{480 + 48}, ~std::size_t{0} - 47, std::size_t{1} << 40}) {
    set_link(96, beyond);
    EXPECT_EQ(slab_->check().invariant, 3u) << beyond;
  }
}

TEST_F(BrokenSlab, I3_a_head_that_is_no_block_below_fresh) {
  for (const std::size_t head : {std::size_t{5 * 48}, std::size_t{49}, std::size_t{1} << 40}) {
    change_state([&](auto& state) { state.head = {slab_->size() - head}; });
    EXPECT_EQ(slab_->check().invariant, 3u) << head;
  }
}

TEST_F(BrokenSlab, I3_a_list_that_goes_round) {
  set_link(96, 48);
  EXPECT_EQ(slab_->check().invariant, 3u);
}

TEST_F(BrokenSlab, I4_a_listed_block_that_is_marked_as_live) {
  slab_->metadata().data[0] |= std::byte{0b10};
  EXPECT_EQ(slab_->check().invariant, 4u);
}

TEST_F(BrokenSlab, I4_a_live_block_that_is_not_marked) {
  slab_->metadata().data[0] &= std::byte{0b1110};
  EXPECT_EQ(slab_->check().invariant, 4u);
}

TEST(BrokenBump, I1_a_mark_beyond_the_region) {
  TestBump bump(100);
  bump->restore({101, 1});
  EXPECT_EQ(bump->check().invariant, 1u);
}

TEST(BrokenBump, I2_used_bytes_that_nobody_holds) {
  TestBump bump(100);
  bump->restore({99, 0});
  EXPECT_EQ(bump->check().invariant, 2u);
}

}  // namespace
}  // namespace allocviz::test::check_test
