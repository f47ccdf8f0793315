// The buddy that keeps its free blocks as bits: the same contract on memory that faults when it is touched, and the
// lowest address first.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "core/alloc/bit_tree.h"
#include "tests/support/allocators.h"
#include "tests/support/interval_model.h"
#include "tests/support/seed.h"
#include "tests/support/untouchable.h"

namespace allocviz::test::bitmap_test {
namespace {

using alloc::Error;
using alloc::Extent;
using alloc::Layout;
using alloc::Range;
using alloc::RuntimeBuddy;
using alloc::Use;
using Bitmap = alloc::BitmapBuddy<>;

TEST(BitTree, agrees_with_a_set_of_numbers_at_every_size) {
  std::mt19937_64 random(seed());
  for (const std::size_t size : {1u, 2u, 63u, 64u, 65u, 4095u, 4096u, 4097u, 300'000u}) {
    std::vector<std::size_t> words(alloc::BitTree::words_for(size), 0xABCD);
    alloc::BitTree tree(words.data(), size);
    tree.clear();
    std::set<std::size_t> expected;
    for (int event = 0; event < 2000; ++event) {
      const std::size_t number = random() % size;
      if (expected.insert(number).second) {
        tree.insert(number);
      } else {
        expected.erase(number);
        tree.erase(number);
      }
      const std::size_t from = random() % 8 == 0 ? 0 : random() % (size + 1);
      const auto next = expected.lower_bound(from);
      ASSERT_EQ(tree.next(from), next == expected.end() ? size : *next) << "from " << from << " of " << size;
    }
    ASSERT_TRUE(tree.is_sound());
  }
}

// It needs nothing that a compiler has not.
constexpr std::size_t second_of_three() {
  std::size_t words[alloc::BitTree::words_for(1000)];
  alloc::BitTree tree(words, 1000);
  tree.clear();
  for (const std::size_t number : {900u, 7u, 70u, 8u}) tree.insert(number);
  tree.erase(8);
  return tree.is_sound() ? tree.next(tree.next(0) + 1) : 0;
}
static_assert(second_of_three() == 70);

using TestBitmap = UntouchedBuddy<alloc::OutOfBand>;

TEST(BitmapBuddyLayout, is_a_byte_a_smallest_block_and_two_bits_with_what_stands_above_them) {
  const auto layout = Bitmap::metadata_layout(3, RuntimeBuddy::between(4096, 64));
  // 192 tags; 3 * 127 bits are 6 words of 64, and one above those.
  const std::size_t words = sizeof(std::size_t) == 8 ? 7 : 12 + 1;
  EXPECT_EQ(layout->size, 192 + words * sizeof(std::size_t));
  EXPECT_EQ(layout->align, alignof(std::size_t));
  const std::size_t large = Bitmap::metadata_layout(1, RuntimeBuddy::between(std::size_t{1} << 30, 64))->size;
  EXPECT_NEAR(static_cast<double>(large) / (1 << 24), 1.254, 0.001);
}

TEST(BitmapBuddyMaking, refuses_metadata_that_is_no_place_for_words) {
  const RuntimeBuddy geometry = RuntimeBuddy::between(4096, 64);
  const Untouchable region({4096, 4096});
  const AlignedMemory metadata({200, 8});
  EXPECT_EQ(Bitmap::make_raw(metadata.data() + 1, region.data(), 1, geometry).error(),
            alloc::InitError::InvalidLocation);
}

TEST(BitmapBuddy, hands_out_the_front_of_a_fresh_region_and_then_what_follows) {
  TestBitmap buddy(1024, 64, 2);
  for (std::size_t at = 0; at < 2048; at += 64) EXPECT_EQ(offset_of(*buddy, buddy->allocate({64, 1}).ptr), at);
  EXPECT_EQ(buddy->allocate({1, 1}).why, Error::OutOfMemory);
  for (const std::size_t at : {1024u, 64u, 640u}) EXPECT_EQ(buddy->deallocate(buddy->arena().at(at)), Error::None);
  for (const std::size_t at : {64u, 640u, 1024u}) EXPECT_EQ(offset_of(*buddy, buddy->allocate({64, 1}).ptr), at);
}

TEST(BitmapBuddy, tells_misuse_apart_and_changes_nothing) {
  TestBitmap buddy(1024, 64, 2, {{1024, 1100}});
  void* const block = buddy->allocate({200, 1}).ptr;
  std::byte* const base = buddy->arena().base();
  EXPECT_EQ(buddy->deallocate(base + 64), Error::InsideBlock);
  EXPECT_EQ(buddy->deallocate(base + 1024), Error::NotManaged);
  EXPECT_EQ(buddy->deallocate(base + 2048), Error::Foreign);
  EXPECT_EQ(buddy->deallocate(block), Error::None);
  EXPECT_EQ(buddy->deallocate(block), Error::DoubleFree);
  EXPECT_TRUE(buddy->check().holds());
}

template <class B>
constexpr bool kReallocates = requires(B& buddy) {
  buddy.reallocate(nullptr, Layout{});
};

TEST(BitmapBuddy, never_copies_so_it_resizes_in_place_or_not_at_all) {
  TestBitmap buddy(1024, 64);
  void* const block = buddy->allocate({200, 1}).ptr;
  void* const behind = buddy->allocate({200, 1}).ptr;
  EXPECT_EQ(buddy->resize_in_place(block, {300, 1}), Error::OutOfMemory);
  EXPECT_EQ(buddy->deallocate(behind), Error::None);
  EXPECT_EQ(buddy->resize_in_place(block, {300, 1}), Error::None);
  EXPECT_EQ(buddy->usable_size(block), 512u);
  static_assert(kReallocates<alloc::Buddy<>> && !kReallocates<Bitmap> && !kReallocates<alloc::BesideBuddy<>>);
}

// Where the contract has it: in the smallest free block that is large enough, of those the first by address.
std::optional<std::size_t> expected_place(const Bitmap& buddy, std::size_t size) {
  std::optional<Extent> best;
  buddy.walk([&](const Extent& extent) {
    if (extent.use == Use::Free && extent.size >= size && (!best || extent.size < best->size)) best = extent;
  });
  return best ? std::optional(best->offset) : std::nullopt;
}

// A random stream on memory that faults, against a model of intervals.
class BitmapDuel {
 public:
  BitmapDuel(Bitmap& buddy, std::uint64_t seed) : buddy_(buddy), model_(nullptr, buddy.size()), random_(seed) {
    buddy_.walk([&](const Extent& e) {
      if (e.use == Use::Gap) model_.claim_gap(e.offset, e.size);
    });
  }

  void run(int events) {
    for (int event = 0; event < events && !testing::Test::HasFatalFailure(); ++event) {
      SCOPED_TRACE("event " + std::to_string(event));
      step();
      const alloc::Report report = buddy_.check();
      ASSERT_TRUE(report.holds()) << "I" << report.invariant << " at " << report.offset << ": " << report.text;
    }
    for (void* ptr : live_) ASSERT_EQ(buddy_.deallocate(ptr), Error::None);
    for (const Range& range : reserved_) ASSERT_EQ(buddy_.release(range), Error::None);
    ASSERT_EQ(buddy_.free_bytes(), buddy_.managed_bytes());
    ASSERT_TRUE(buddy_.check().holds());
  }

 private:
  void step() {
    switch (random_() % 8) {
      case 0:
      case 1:
      case 2:
        return allocate();
      case 3:
      case 4:
        return live_.empty() ? allocate() : free();
      case 5:
        return live_.empty() ? allocate() : resize();
      case 6:
        return reserve();
      default:
        return misuse();
    }
  }
  [[nodiscard]] std::size_t block_for(std::size_t size) const {
    return std::bit_ceil(std::max(size, buddy_.min_block_size()));
  }
  [[nodiscard]] std::size_t random_size() { return 1 + random_() % buddy_.block_size() / (1 + random_() % 32); }
  // Walks at every step, and so touches nothing then either.
  void tile(const alloc::Step&) {
    std::size_t at = 0;
    buddy_.walk([&](const Extent& extent) {
      EXPECT_EQ(extent.offset, at);
      at += extent.size;
    });
    EXPECT_EQ(at, buddy_.size());
  }
  void allocate() {
    const std::size_t size = random_size();
    const std::size_t block = block_for(size);
    const auto expected = expected_place(buddy_, block);
    ASSERT_EQ(expected.has_value(), model_.has_room(block, block));
    const alloc::Allocation got = buddy_.allocate({size, 1}, [this](const alloc::Step& step) { tile(step); });
    ASSERT_EQ(static_cast<bool>(got), expected.has_value()) << size;
    if (!got) return;
    ASSERT_EQ(offset_of(buddy_, got.ptr), *expected);
    const auto fault = model_.claim(*expected, buddy_.usable_size(got.ptr));
    ASSERT_FALSE(fault.has_value()) << *fault;
    live_.push_back(got.ptr);
  }
  void free() {
    std::swap(live_[random_() % live_.size()], live_.back());
    model_.drop(offset_of(buddy_, live_.back()));
    ASSERT_EQ(buddy_.deallocate(live_.back(), [this](const alloc::Step& step) { tile(step); }), Error::None);
    live_.pop_back();
  }
  void resize() {
    void* const ptr = live_[random_() % live_.size()];
    const std::size_t at = offset_of(buddy_, ptr);
    const std::size_t block = block_for(random_size());
    const std::size_t old = buddy_.usable_size(ptr);
    const bool fits = block <= old || (at % block == 0 && model_.is_free(at + old, at + block));
    ASSERT_EQ(buddy_.resize_in_place(ptr, {block, 1}) == Error::None, fits);
    if (!fits) return;
    model_.drop(at);
    ASSERT_FALSE(model_.claim(at, block).has_value());
  }
  void reserve() {
    if (!reserved_.empty() && random_() % 2 == 0) {
      ASSERT_EQ(buddy_.release(reserved_.back()), Error::None);
      model_.drop(reserved_.back().from);
      reserved_.pop_back();
      return;
    }
    const std::size_t unit = buddy_.min_block_size();
    const std::size_t from = random_() % (buddy_.size() / unit) * unit;
    const Range range{from, std::min(buddy_.size(), from + (1 + random_() % 8) * unit)};
    const bool fits = model_.is_free(range.from, range.to);
    ASSERT_EQ(buddy_.reserve(range) == Error::None, fits);
    if (!fits) return;
    model_.claim_gap(range.from, range.to - range.from);
    reserved_.push_back(range);
  }
  void misuse() {
    const std::size_t at = random_() % (buddy_.size() + 100);
    const auto owner = model_.owned().find(at);
    if (owner != model_.owned().end() && !owner->second.is_gap) return;
    ASSERT_NE(buddy_.deallocate(buddy_.arena().at(at)), Error::None);
  }

  Bitmap& buddy_;
  IntervalModel model_;
  std::mt19937_64 random_;
  std::vector<void*> live_;
  std::vector<Range> reserved_;
};

TEST(BitmapBuddy, agrees_with_the_interval_model_on_memory_that_faults_when_touched) {
  const std::uint64_t base = seed();
  for (std::uint64_t round = 0; round < 8; ++round) {
    std::mt19937_64 random(base + round);
    const std::size_t min = std::size_t{16} << random() % 4;
    const std::size_t block = min << random() % 8;
    const std::size_t count = 1 + random() % 12;
    const std::size_t from = random() % (block * count);
    TestBitmap buddy(block, min, count, {{from, from + random() % block}});
    ASSERT_TRUE(buddy.made);
    BitmapDuel(*buddy, base + round).run(600);
    buddy->reset();
    ASSERT_TRUE(buddy->check().holds());
    ASSERT_EQ(buddy->free_bytes(), buddy->managed_bytes());
  }
}

TEST(BitmapBuddy, is_its_state_and_its_metadata_and_nothing_else) {
  expect_state_and_metadata_to_be_all<alloc::OutOfBand>(seed());
}

// Splits and merges of the smallest block taken from an empty heap and given back: what a call may cost at most.
template <class B>
std::size_t worst_case(std::size_t arena, unsigned levels) {
  const RuntimeBuddy geometry(arena, levels);
  const Untouchable region(*B::region_layout(1, geometry));
  const AlignedMemory metadata(*B::metadata_layout(1, geometry));
  auto made = B::make_raw(metadata.data(), region.data(), 1, geometry);
  std::size_t steps = 0;
  const auto count = [&](const alloc::Step& step) {
    steps += step.kind == alloc::StepKind::Split || step.kind == alloc::StepKind::Merge ? 1 : 0;
  };
  void* const ptr = made->allocate({1, 1}, count).ptr;
  EXPECT_EQ(made->deallocate(ptr, count), Error::None);
  return steps;
}

// And no byte of the region is touched either, not even by lists: a list of one has no link.
TEST(WorstCase, is_the_levels_split_and_merged_from_1_KiB_to_64_GiB_and_nothing_else) {
  for (unsigned shift = 10; shift <= (sizeof(std::size_t) == 8 ? 36u : 28u); shift += 2) {
    EXPECT_EQ(worst_case<alloc::Buddy<>>(std::size_t{1} << shift, 7), 12u) << "arena of 2^" << shift;
    EXPECT_EQ(worst_case<Bitmap>(std::size_t{1} << shift, 7), 12u) << "arena of 2^" << shift;
  }
  for (unsigned levels = 1; levels <= 17; ++levels) {
    EXPECT_EQ(worst_case<alloc::Buddy<>>(std::size_t{1} << 24, levels), 2 * (levels - 1));
  }
}

class BrokenBitmapBuddy : public testing::Test {
 protected:
  BrokenBitmapBuddy() : buddy_(8192, 64) {
    (void)buddy_->allocate({64, 1});
    EXPECT_TRUE(buddy_->check().holds());
  }
  // 128 tags, then 255 bits: block 0 of level 6 has number 63; 4 words and one above.
  [[nodiscard]] std::size_t* words() { return reinterpret_cast<std::size_t*>(buddy_->metadata().data + 128); }
  void expect_broken(unsigned invariant) {
    const alloc::Report report = buddy_->check();
    EXPECT_EQ(report.invariant, invariant) << report.text;
    EXPECT_STRNE(report.text, "");
  }
  TestBitmap buddy_;
};

TEST_F(BrokenBitmapBuddy, I4_a_bit_for_a_block_that_is_not_free) {
  words()[0] |= std::size_t{1} << 63;  // block 0 of level 6: what stands there is of level 7, and live
  expect_broken(4);
}

TEST_F(BrokenBitmapBuddy, I4_a_free_block_without_its_bit) {
  words()[0] &= ~(std::size_t{1} << 2);  // block 1 of level 1
  expect_broken(4);
}

TEST_F(BrokenBitmapBuddy, I5_a_count_that_is_off) {
  auto state = buddy_->state();
  ++state.counts[1];
  buddy_->restore(state);
  expect_broken(5);
}

TEST_F(BrokenBitmapBuddy, I6_a_bit_that_does_not_say_what_stands_below_it) {
  words()[4] ^= 8;
  expect_broken(6);
}

}  // namespace
}  // namespace allocviz::test::bitmap_test
