// What a listener hears, primitive by primitive, and what it may see in between.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/support/allocators.h"

namespace allocviz::test::steps_test {
namespace {

using alloc::Extent;
using alloc::Step;
using alloc::StepKind;
using alloc::Use;

template <class... Words>
std::string line(const Words&... words) {
  std::ostringstream out;
  const char* space = "";
  ((out << space << words, space = " "), ...);
  return out.str();
}

std::string text_of(const Step& step) {
  const int level = step.level;
  switch (step.kind) {
    case StepKind::Round:
      return line("round", step.other, "to", step.size, "at level", level);
    case StepKind::Look:
      return line("look", level, step.other != 0 ? "found" : "empty");
    case StepKind::Pop:
      return line("pop", step.offset, "of", level);
    case StepKind::Split:
      return line("split", step.offset, "of", level, "back", step.other);
    case StepKind::Push:
      return line("push", step.offset, "to", level);
    case StepKind::Remove:
      return line("remove", step.offset, "of", level);
    case StepKind::Merge:
      return line("merge", step.offset, "to", level, "gone", step.other);
    case StepKind::Take:
      return line("take", step.offset, "size", step.size);
    case StepKind::Move:
      return line("move", step.other, "to", step.offset, "size", step.size);
    case StepKind::Rewind:
      return line("rewind", step.other, "to", step.offset);
    case StepKind::Fail:
      return line("fail", static_cast<int>(step.why));
  }
  return "?";
}

struct Heard {
  void operator()(const Step& step) { lines.push_back(text_of(step)); }
  std::vector<std::string> lines;
};
using Lines = std::vector<std::string>;

template <class Call>
Lines hear(Call call) {
  Heard heard;
  call(heard);
  return heard.lines;
}

TEST(BuddySteps, a_first_split_is_round_look_pop_split_push_take) {
  TestBuddy<> buddy(256, 64);
  EXPECT_EQ(
      hear([&](auto& heard) {
        (void)buddy->allocate({50, 1}, heard);
      }),
      (Lines{"round 50 to 64 at level 2", "look 2 empty", "look 1 empty", "look 0 found", "pop 0 of 0",
             "split 0 of 0 back 128", "push 128 to 1", "split 0 of 1 back 64", "push 64 to 2", "take 0 size 64"}));
}

TEST(BuddySteps, a_block_of_the_right_size_is_popped_and_taken) {
  TestBuddy<> buddy(256, 64);
  (void)buddy->allocate({50, 1});
  EXPECT_EQ(hear([&](auto& heard) {
              (void)buddy->allocate({0, 1}, heard);
            }),
            (Lines{"round 0 to 64 at level 2", "look 2 found", "pop 64 of 2", "take 64 size 64"}));
}

TEST(BuddySteps, a_release_merges_all_the_way_up_then_pushes) {
  TestBuddy<> buddy(256, 64);
  void* const ptr = buddy->allocate({50, 1}).ptr;
  EXPECT_EQ(
      hear([&](auto& heard) { (void)buddy->deallocate(ptr, heard); }),
      (Lines{"remove 64 of 2", "merge 0 to 1 gone 64", "remove 128 of 1", "merge 0 to 0 gone 128", "push 0 to 0"}));
}

TEST(BuddySteps, a_release_beside_a_live_buddy_is_one_push) {
  TestBuddy<> buddy(256, 64);
  void* const ptr = buddy->allocate({50, 1}).ptr;
  (void)buddy->allocate({50, 1});
  EXPECT_EQ(hear([&](auto& heard) { (void)buddy->deallocate(ptr, heard); }), (Lines{"push 0 to 2"}));
}

TEST(BuddySteps, a_failure_tells_every_level_it_looked_at_and_why) {
  TestBuddy<> buddy(256, 64);
  (void)buddy->allocate({50, 1});
  EXPECT_EQ(hear([&](auto& heard) {
              (void)buddy->allocate({256, 1}, heard);
            }),
            (Lines{"round 256 to 256 at level 0", "look 0 empty", "fail 1"}));
  EXPECT_EQ(hear([&](auto& heard) { (void)buddy->allocate({257, 1}, heard); }), (Lines{"fail 2"}));
  EXPECT_EQ(hear([&](auto& heard) { (void)buddy->deallocate(nullptr, heard); }), (Lines{"fail 4"}));
}

TEST(BuddySteps, a_resize_in_place_splits_or_merges_and_takes_again) {
  TestBuddy<> buddy(256, 64);
  void* const ptr = buddy->allocate({256, 1}).ptr;
  EXPECT_EQ(hear([&](auto& heard) {
              (void)buddy->resize_in_place(ptr, {100, 1}, heard);
            }),
            (Lines{"round 100 to 128 at level 1", "split 0 of 0 back 128", "push 128 to 1", "take 0 size 128"}));
  EXPECT_EQ(hear([&](auto& heard) {
              (void)buddy->resize_in_place(ptr, {200, 1}, heard);
            }),
            (Lines{"round 200 to 256 at level 0", "remove 128 of 1", "merge 0 to 0 gone 128", "take 0 size 256"}));
}

TEST(BuddySteps, a_resize_in_place_that_cannot_be_is_not_heard) {
  TestBuddy<> buddy(256, 64);
  void* const ptr = buddy->allocate({64, 1}).ptr;
  (void)buddy->allocate({64, 1});
  EXPECT_EQ(hear([&](auto& heard) { (void)buddy->resize_in_place(ptr, {65, 1}, heard); }), Lines{});
  EXPECT_EQ(hear([&](auto& heard) {
              (void)buddy->reallocate(ptr, {65, 1}, heard);
            }),
            (Lines{"round 65 to 128 at level 1", "look 1 found", "pop 128 of 1", "take 128 size 128", "push 0 to 2"}));
}

TEST(BuddySteps, between_two_of_them_every_byte_is_free_live_or_in_flight) {
  TestBuddy<> buddy(1024, 64, 2, {{100, 200}});
  const auto sums = [&](const Step& step) {
    std::size_t end = 0;
    std::size_t listed = 0;
    std::size_t free = 0;
    buddy->walk([&](const Extent& extent) {
      EXPECT_EQ(extent.offset, end) << text_of(step);
      end += extent.size;
      if (extent.use == Use::Free) free += extent.size;
    });
    buddy->visit_free_lists([&](unsigned level, std::size_t) { listed += buddy->size_at(level); });
    EXPECT_EQ(end, 2048u) << text_of(step);
    EXPECT_EQ(listed, free) << text_of(step);
  };
  void* const a = buddy->allocate({64, 1}, sums).ptr;
  void* const b = buddy->allocate({300, 1}, sums).ptr;
  EXPECT_TRUE(buddy->resize_in_place(b, {64, 1}, sums) == alloc::Error::None);
  EXPECT_TRUE(buddy->resize_in_place(b, {512, 1}, sums) == alloc::Error::None);
  EXPECT_TRUE(buddy->reserve({1024, 1030}, sums) == alloc::Error::None);
  EXPECT_TRUE(buddy->deallocate(a, sums) == alloc::Error::None);
  EXPECT_TRUE(buddy->deallocate(b, sums) == alloc::Error::None);
  EXPECT_TRUE(buddy->add_region({64, 256}, sums) == alloc::Error::None);
}

TEST(BuddySteps, the_block_in_flight_walks_as_live_at_every_size_on_its_way_down) {
  TestBuddy<> buddy(256, 64);
  std::vector<std::size_t> sizes;
  (void)buddy->allocate({50, 1}, [&](const Step&) {
    buddy->walk([&](const Extent& extent) {
      if (extent.offset == 0 && extent.use == Use::Live) sizes.push_back(extent.size);
    });
  });
  EXPECT_EQ(sizes, (std::vector<std::size_t>{256, 128, 128, 64, 64, 64}));
}

struct Counter {
  int* count = nullptr;
  void operator()(const Step&) const {
    if (count != nullptr) ++*count;
  }
};

TEST(SinkOfTheAllocator, hears_every_call_without_being_passed) {
  TestBuddy<alloc::Checked, Counter> buddy(256, 64);
  int count = 0;
  buddy->own_sink() = Counter{&count};
  void* const ptr = buddy->allocate({50, 1}).ptr;
  EXPECT_EQ(count, 10);
  EXPECT_EQ(buddy->deallocate(ptr), alloc::Error::None);
  EXPECT_EQ(count, 15);
  EXPECT_EQ(buddy->reallocate(nullptr, {256, 1}, alloc::NoSteps{}).why, alloc::Error::None);
  EXPECT_EQ(count, 15) << "a listener for one call takes the place of the allocator's own";
}

TEST(SlabSteps, are_round_look_pop_take_and_push) {
  TestSlab slab(48, 1);
  EXPECT_EQ(hear([&](auto& heard) {
              (void)slab->allocate({20, 1}, heard);
            }),
            (Lines{"round 20 to 48 at level 0", "look 0 found", "pop 0 of 0", "take 0 size 48"}));
  EXPECT_EQ(hear([&](auto& heard) {
              (void)slab->allocate({20, 1}, heard);
            }),
            (Lines{"round 20 to 48 at level 0", "look 0 empty", "fail 1"}));
  EXPECT_EQ(hear([&](auto& heard) { (void)slab->deallocate(slab.region.data(), heard); }), (Lines{"push 0 to 0"}));
  EXPECT_EQ(hear([&](auto& heard) { (void)slab->deallocate(slab.region.data(), heard); }), (Lines{"fail 5"}));
}

TEST(BumpSteps, are_move_take_and_rewind) {
  TestBump bump(100);
  void* a = nullptr;
  void* b = nullptr;
  EXPECT_EQ(hear([&](auto& heard) {
              a = bump->allocate({10, 1}, heard).ptr;
            }),
            (Lines{"move 100 to 90 size 10", "take 90 size 10"}));
  EXPECT_EQ(hear([&](auto& heard) {
              b = bump->allocate({10, 32}, heard).ptr;
            }),
            (Lines{"move 90 to 64 size 26", "take 64 size 10"}));
  EXPECT_EQ(hear([&](auto& heard) { (void)bump->deallocate(a, heard); }), Lines{});
  EXPECT_EQ(hear([&](auto& heard) { (void)bump->deallocate(b, heard); }), (Lines{"rewind 64 to 100"}));
  EXPECT_EQ(hear([&](auto& heard) { (void)bump->deallocate(b, heard); }), (Lines{"fail 8"}));
  EXPECT_EQ(hear([&](auto& heard) { (void)bump->allocate({101, 1}, heard); }), (Lines{"fail 2"}));
}

}  // namespace
}  // namespace allocviz::test::steps_test
