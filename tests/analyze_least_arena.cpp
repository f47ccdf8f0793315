// The smallest arena that serves: held against trying every size there is.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/analyze/least_arena.h"
#include "core/replay/timeline.h"
#include "tests/support/replay.h"
#include "tests/support/seed.h"

namespace allocviz::analyze {
namespace {

std::uint64_t first_failed_on(const std::shared_ptr<const trace::Trace>& trace, const trace::AllocatorSpec& spec) {
  return test::timeline_of(trace, spec)->summary().first_failed;
}

// Blocks that come and go, none of which can fail in an arena that is large enough.
std::shared_ptr<const trace::Trace> some_log(std::mt19937_64& random, int events, std::uint64_t largest) {
  test::Script script;
  std::vector<std::string> live;
  for (int i = 0; i < events; ++i) {
    if (!live.empty() && random() % 5 < 2) {
      std::swap(live[random() % live.size()], live.back());
      script.free(live.back());
      live.pop_back();
    } else {
      live.push_back(std::to_string(i));
      script.alloc(live.back(), 1 + random() % largest, std::uint64_t{1} << random() % 5);
    }
  }
  return script.done();
}

TEST(LeastArena, serves_while_one_size_smaller_fails_where_it_says) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 12; ++round) {
    const auto trace = some_log(random, 400, 1000);
    for (const char* text : {"buddy:arena=64KiB,min=32", "buddy:arena=64KiB,min=32,block=2KiB", "bump:arena=64KiB",
                             "slab:block=1024,count=1", "tiered:arena=64KiB,min=64"}) {
      const auto least = least_arena(*trace, test::spec_of(text));
      ASSERT_TRUE(least.ok()) << text << ": " << least.trouble().text();
      ASSERT_TRUE(least->spec) << text << " round " << round;
      EXPECT_EQ(first_failed_on(trace, *least->spec), 0u) << text << " round " << round;
      ASSERT_TRUE(least->below) << text << " round " << round;
      EXPECT_EQ(first_failed_on(trace, least->below->spec), least->below->event) << text << " round " << round;
      EXPECT_GT(least->below->event, 0u);
    }
  }
}

TEST(LeastArena, is_the_smallest_power_of_two_of_all) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 20; ++round) {
    const auto trace = some_log(random, 200, 600);
    trace::AllocatorSpec spec = test::spec_of("buddy:arena=64,min=64");
    while (first_failed_on(trace, spec) != 0) spec.arena_bytes *= 2;
    const auto least = least_arena(*trace, test::spec_of("buddy:arena=1MiB,min=64"));
    ASSERT_TRUE(least.ok() && least->spec);
    EXPECT_EQ(least->spec->arena_bytes, spec.arena_bytes) << "round " << round;
  }
}

// The log's own figures count A and B as live to the end.
TEST(LeastArena, may_be_smaller_than_what_a_log_has_live_that_frees_by_offset) {
  const auto trace = test::Script().alloc("A", 64).free_at(0).alloc("B", 64).free_at(0).alloc("C", 100).done();
  for (const char* text : {"buddy:arena=64,min=64", "buddy:arena=128,min=64,block=128", "slab:block=128,count=1"}) {
    const auto least = least_arena(*trace, test::spec_of(text));
    ASSERT_TRUE(least.ok() && least->spec) << text;
    EXPECT_EQ(least->spec->arena_bytes + 128 * least->spec->block_count, 128u) << text;
  }
  const auto below = least_arena(*trace, test::spec_of("buddy:arena=64,min=64"));
  ASSERT_TRUE(below->below);
  EXPECT_EQ(below->below->event, 5u);
}

TEST(LeastArena, goes_round_what_is_not_managed) {
  test::Script script;
  for (int i = 0; i < 4; ++i) script.alloc(std::to_string(i), 1000);
  const auto least = least_arena(*script.done(), test::spec_of("buddy:arena=1MiB,min=64,gaps=0-5000"));
  ASSERT_TRUE(least.ok() && least->spec);
  EXPECT_EQ(least->spec->arena_bytes, 16384u);
  ASSERT_TRUE(least->below);
  EXPECT_EQ(least->below->spec.arena_bytes, 8192u);
}

TEST(LeastArena, needs_no_more_than_one_smallest_block_where_nothing_is_asked_for) {
  test::Script script;
  script.free_null();
  const auto trace = script.done();
  const auto least = least_arena(*trace, test::spec_of("buddy:arena=1MiB,min=64"));
  ASSERT_TRUE(least.ok() && least->spec);
  EXPECT_EQ(least->spec->arena_bytes, 64u);
  EXPECT_FALSE(least->below);
}

TEST(LeastArena, is_none_where_a_request_is_larger_than_the_largest_block_and_recorded_has_none) {
  test::Script script;
  script.alloc("A", 10).alloc("B", 5000);
  const auto trace = script.done();
  for (const char* text : {"buddy:arena=64KiB,min=64,block=4KiB", "slab:block=4096,count=100"}) {
    const auto least = least_arena(*trace, test::spec_of(text));
    ASSERT_TRUE(least.ok()) << text;
    EXPECT_FALSE(least->spec) << text;
    ASSERT_TRUE(least->below) << text;
    EXPECT_EQ(least->below->event, 2u) << text;
  }
  EXPECT_FALSE(least_arena(*trace, test::spec_of("recorded")).ok());
}

TEST(LeastArena, stops_when_it_is_told_to) {
  test::Script script;
  script.alloc("A", 10);
  trace::Progress progress;
  progress.cancelled = [] { return true; };
  const auto least = least_arena(*script.done(), test::spec_of("buddy:arena=1KiB,min=64"), progress);
  ASSERT_FALSE(least.ok());
  EXPECT_EQ(least.trouble().what, "cancelled");
}

}  // namespace
}  // namespace allocviz::analyze
