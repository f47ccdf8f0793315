// The buddy whose links stand beside its tags: the lists and the placement of every buddy, on memory that faults when
// it is touched.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>
#include <vector>

#include "tests/support/allocators.h"
#include "tests/support/seed.h"
#include "tests/support/untouchable.h"

namespace allocviz::test::beside_test {
namespace {

using alloc::Error;
using alloc::Range;
using alloc::RuntimeBuddy;
using Beside = UntouchedBuddy<alloc::Beside>;

TEST(BesideBuddyLayout, is_five_bytes_a_smallest_block) {
  const auto layout = alloc::BesideBuddy<>::metadata_layout(3, RuntimeBuddy::between(4096, 64));
  EXPECT_EQ(layout->size, 192u + 192u * 4u);
  EXPECT_EQ(layout->align, 8u);
  EXPECT_EQ(alloc::BesideBuddy<>::metadata_layout(3, RuntimeBuddy(64, 1))->size, 8u + 3u * 8u)
      << "of one level each has its own link, and tags fill up to where one may stand";
}

TEST(BesideBuddyLayout, is_of_fewer_smallest_blocks_than_a_link_can_count) {
  if (sizeof(std::size_t) != 8) GTEST_SKIP() << "there are no more on this machine";
  const RuntimeBuddy geometry(std::size_t{1} << 30, 27);  // of 16 B: 2^26 in each
  EXPECT_TRUE(alloc::BesideBuddy<>::region_layout(63, geometry));
  EXPECT_EQ(alloc::BesideBuddy<>::region_layout(64, geometry).error(), alloc::InitError::InvalidConfig);
  EXPECT_EQ(alloc::BesideBuddy<>::metadata_layout(64, geometry).error(), alloc::InitError::InvalidConfig);
  EXPECT_TRUE(alloc::Buddy<>::region_layout(64, geometry));
}

TEST(BesideBuddyMaking, refuses_metadata_that_is_no_place_for_links) {
  const RuntimeBuddy geometry = RuntimeBuddy::between(4096, 64);
  const Untouchable region({4096, 4096});
  const AlignedMemory metadata({64 * 5 + 8, 8});
  EXPECT_EQ(alloc::BesideBuddy<>::make_raw(metadata.data() + 4, region.data(), 1, geometry).error(),
            alloc::InitError::InvalidLocation);
}

bool same(const alloc::Step& a, const alloc::Step& b) {
  const auto all = [](const alloc::Step& s) { return std::tuple(s.kind, s.why, s.level, s.offset, s.size, s.other); };
  return all(a) == all(b);
}

// Two of one configuration, asked the same.
class Twins {
 public:
  using Inside = TestBuddy<>;

  Twins(std::size_t block, std::size_t min, std::size_t count, const Range& gap, std::uint64_t seed)
      : beside_(block, min, count, {gap}), inside_(block, min, count, {gap}), random_(seed) {}

  void run(int events) {
    for (int event = 0; event < events && !testing::Test::HasFatalFailure(); ++event) {
      step();
      ASSERT_TRUE(beside_->check().holds()) << beside_->check().text;
      if (event % 20 == 0) compare();
    }
    beside_->reset();
    inside_->reset();
    compare();
  }

 private:
  void step() {
    const std::uint64_t what = random_() % 20;
    if (what < 9 || live_.empty()) return allocate();
    if (what < 17) return free();
    if (what < 19) return resize();
    const std::size_t from = random_() % beside_->size();
    const Range range{from, std::min(beside_->size(), from + random_() % 200)};
    const bool back = random_() % 2 == 0;
    ASSERT_EQ(back ? beside_->release(range) : beside_->reserve(range),
              back ? inside_->release(range) : inside_->reserve(range));
  }
  void allocate() {
    const std::size_t size = random_() % (beside_->min_block_size() << random_() % beside_->levels()) + 1;
    std::vector<alloc::Step> told, expected;
    const auto got = beside_->allocate({size, 1}, [&](const alloc::Step& step) { told.push_back(step); });
    const auto twin = inside_->allocate({size, 1}, [&](const alloc::Step& step) { expected.push_back(step); });
    ASSERT_EQ(got.why, twin.why);
    ASSERT_TRUE(std::equal(told.begin(), told.end(), expected.begin(), expected.end(), same));
    if (!got) return;
    ASSERT_EQ(offset_of(*beside_, got.ptr), offset_of(*inside_, twin.ptr));
    live_.push_back(offset_of(*beside_, got.ptr));
  }
  void free() {
    std::swap(live_[random_() % live_.size()], live_.back());
    std::vector<alloc::Step> told, expected;
    const std::size_t at = live_.back();
    live_.pop_back();
    ASSERT_EQ(beside_->deallocate(beside_->arena().at(at), [&](const alloc::Step& step) { told.push_back(step); }),
              Error::None);
    ASSERT_EQ(inside_->deallocate(inside_->arena().at(at), [&](const alloc::Step& step) { expected.push_back(step); }),
              Error::None);
    ASSERT_TRUE(std::equal(told.begin(), told.end(), expected.begin(), expected.end(), same));
  }
  void resize() {
    const std::size_t at = live_[random_() % live_.size()];
    const std::size_t size = 1 + random_() % (4 * beside_->min_block_size());
    ASSERT_EQ(beside_->resize_in_place(beside_->arena().at(at), {size, 1}),
              inside_->resize_in_place(inside_->arena().at(at), {size, 1}));
  }
  void compare() {
    for (unsigned level = 0; level < beside_->levels(); ++level) {
      ASSERT_EQ(list_of(*beside_, level), list_of(*inside_, level)) << "level " << level;
    }
    ASSERT_EQ(beside_->free_bytes(), inside_->free_bytes());
    ASSERT_EQ(beside_->managed_bytes(), inside_->managed_bytes());
  }

  Beside beside_;
  Inside inside_;
  std::mt19937_64 random_;
  std::vector<std::size_t> live_;
};

TEST(BesideBuddy, places_lists_and_tells_as_one_with_its_links_in_its_blocks_and_touches_none) {
  const std::uint64_t base = seed();
  for (std::uint64_t round = 0; round < 8; ++round) {
    std::mt19937_64 random(base + round);
    const std::size_t min = std::size_t{16} << random() % 4;
    const std::size_t block = min << round;  // of one level, in which no two blocks share a link, and of more
    const std::size_t count = 3 + random() % 10;
    const std::size_t from = random() % (block * count);
    Twins(block, min, count, {from, from + random() % block}, base + round).run(600);
  }
}

TEST(BesideBuddy, is_its_state_and_its_metadata_and_nothing_else) {
  expect_state_and_metadata_to_be_all<alloc::Beside>(seed());
}

// Three free blocks of level 4, at 0, 128 and 256, in this order from the head: none is another's buddy.
class BrokenBesideBuddy : public testing::Test {
 protected:
  BrokenBesideBuddy() : buddy_(1024, 64) {
    void* blocks[6];
    for (void*& block : blocks) block = buddy_->allocate({64, 1}).ptr;
    for (const int i : {4, 2, 0}) EXPECT_EQ(buddy_->deallocate(blocks[i]), Error::None);
    EXPECT_EQ(list_of(*buddy_, 4), (std::vector<std::size_t>{0, 128, 256}));
  }
  [[nodiscard]] alloc::BuddySideLink* links() {
    return reinterpret_cast<alloc::BuddySideLink*>(buddy_->metadata().data + 16);
  }

  Beside buddy_;
};

TEST_F(BrokenBesideBuddy, I4_a_link_to_what_is_not_free) {
  links()[0].next = 1;
  EXPECT_EQ(buddy_->check().invariant, 4u);
}
TEST_F(BrokenBesideBuddy, I6_a_block_whose_prev_is_another) {
  links()[1].prev = 4;  // of the block at 128, the third
  EXPECT_EQ(buddy_->check().invariant, 6u);
}

}  // namespace
}  // namespace allocviz::test::beside_test
