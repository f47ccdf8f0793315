// Every invariant of a tiered allocator's own, broken on purpose once: check() names its number.
#include <gtest/gtest.h>

#include <cstddef>

#include "tests/alloc_tiered_support.h"
#include "tests/support/allocators.h"

namespace allocviz::test::tiered_test {
namespace {

// A slab of 48 B blocks with three live, and a slab of 128 B blocks that is full.
class BrokenTiered : public TieredTest {
 protected:
  BrokenTiered() {
    for (int i = 0; i < 3; ++i) last_ = get(48);
    for (int i = 0; i < 8; ++i) full_ = get(128);
    EXPECT_EQ(tiered_->slab_count(), 2u);
    expect_sound();
  }
  [[nodiscard]] std::size_t place_of(void* ptr) { return offset_of(*tiered_, ptr) / kSlab; }
  alloc::TieredSlab& slab_of(void* ptr) { return tiered_->slab_table()[place_of(ptr)]; }
  template <class F>
  void change_lists(F&& change) {
    auto state = tiered_->state();
    change(state.lists);
    tiered_->restore(state);
  }
  void expect_broken(unsigned invariant) {
    const alloc::Report report = tiered_->check();
    EXPECT_EQ(report.invariant, invariant) << report.text;
    EXPECT_STRNE(report.text, "");
  }
  void* last_ = nullptr;
  void* full_ = nullptr;
};

TEST_F(BrokenTiered, I3_a_sum_of_the_buddy_below_that_is_off) {
  auto state = tiered_->state();
  state.buddy.free_bytes -= 64;
  tiered_->restore(state);
  expect_broken(3);
}

TEST_F(BrokenTiered, I8_a_class_that_does_not_exist) {
  slab_of(last_).size_class = 3;
  expect_broken(8);
}

TEST_F(BrokenTiered, I8_a_slab_where_the_buddy_has_no_such_block) {
  slab_of(last_).size_class = kNoClass;
  tiered_->slab_table()[15] = slab_of(full_);
  expect_broken(8);
}

TEST_F(BrokenTiered, I9_a_slab_whose_count_is_off) {
  ++slab_of(last_).state.outstanding;
  expect_broken(9);
}

TEST_F(BrokenTiered, I9_a_slab_kept_without_a_live_block) {
  slab_of(last_).state = {};
  expect_broken(9);
}

TEST_F(BrokenTiered, I10_a_slab_with_room_in_no_list) {
  change_lists([](auto& lists) { lists.room = 0; });
  expect_broken(10);
}

TEST_F(BrokenTiered, I10_a_full_slab_in_a_list) {
  change_lists([&](auto& lists) {
    lists.room |= 4;
    lists.heads[2] = place_of(full_);
  });
  expect_broken(10);
}

TEST_F(BrokenTiered, I10_a_list_of_another_class) {
  change_lists([&](auto& lists) { lists.heads[1] = place_of(full_); });
  expect_broken(10);
}

TEST_F(BrokenTiered, I10_a_list_that_leads_out_of_the_table) {
  slab_of(last_).next = 99;
  expect_broken(10);
}

TEST_F(BrokenTiered, I10_a_first_slab_whose_prev_is_not_the_last) {
  slab_of(last_).prev = 3;
  expect_broken(10);
}

TEST_F(BrokenTiered, I10_a_prev_that_is_not_the_slab_before) {
  while (tiered_->slab_count() == 2) ASSERT_NE(get(48), nullptr);
  ASSERT_EQ(tiered_->deallocate(last_), Error::None);  // its slab was full, and is the second of two in the list now
  expect_sound();
  slab_of(last_).prev = 3;
  expect_broken(10);
}

TEST_F(BrokenTiered, I11_free_bytes_of_the_slabs_that_are_off) {
  change_lists([](auto& lists) { lists.free_bytes += 48; });
  expect_broken(11);
}

TEST_F(BrokenTiered, I11_a_count_of_slabs_that_is_off) {
  change_lists([](auto& lists) { ++lists.slabs; });
  expect_broken(11);
}

}  // namespace
}  // namespace allocviz::test::tiered_test
