// Requests that no class holds: blocks of the buddy side by side, as one.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "tests/alloc_tiered_support.h"
#include "tests/support/allocators.h"

namespace allocviz::test::tiered_test {
namespace {

using alloc::BuddyTag;
using alloc::Error;
using alloc::Extent;
using alloc::Step;
using alloc::StepKind;
using alloc::Use;

// Blocks of the buddy's: "2048:1024 live" for each, "+" before what belongs to the block before it.
std::string blocks_below(const Tiered& tiered) {
  std::string out;
  tiered.below().walk([&](const Extent& extent) {
    out += (out.empty() ? "" : " ") + std::string(extent.part ? "+" : "") + std::to_string(extent.size) +
           (extent.use == Use::Live ? "" : "f");
  });
  return out;
}

class TieredRuns : public TieredTest {
 protected:
  [[nodiscard]] std::size_t size_of(std::size_t asked) {
    void* const ptr = get(asked);
    const std::size_t size = tiered_->usable_size(ptr);
    EXPECT_EQ(tiered_->deallocate(ptr), Error::None);
    return size;
  }
  void expect_below(const std::string& blocks) {
    EXPECT_EQ(blocks_below(*tiered_), blocks);
    expect_sound();
  }
  // "pop0@0 split …": the levels and places that a listener hears of.
  auto heard_into(std::string& out) {
    return [this, &out](const Step& step) {
      static const char* const kNames[] = {"round", "look", "pop",  "split",  "push", "remove",
                                           "merge", "take", "move", "rewind", "fail"};
      if (step.kind == StepKind::Look) return;
      out += (out.empty() ? "" : " ") + std::string(kNames[static_cast<int>(step.kind)]);
      if (step.kind != StepKind::Round) out += std::to_string(step.offset);
      if (step.kind != StepKind::Pop) out += ":" + std::to_string(step.size);
      std::size_t at = 0;
      tiered_->walk([&](const Extent& extent) {
        EXPECT_EQ(extent.offset, at) << out;
        at += extent.size;
      });
      EXPECT_EQ(at, tiered_->size()) << out;
    };
  }
};

TEST_F(TieredRuns, come_in_four_sizes_to_each_doubling_of_whole_smallest_blocks) {
  const std::vector<std::pair<std::size_t, std::size_t>> kSizes = {
      {129, 192},    {192, 192},     {193, 256},     {257, 320},     {513, 640},    {640, 640},
      {641, 768},    {1000, 1024},   {1025, 1280},   {1281, 1536},   {1537, 1792},  {1793, 2048},
      {8193, 10240}, {10241, 12288}, {12289, 14336}, {14337, 16384}, {16384, 16384}};
  for (const auto& [asked, size] : kSizes) EXPECT_EQ(size_of(asked), size) << asked;
  expect_whole();
}

TEST_F(TieredRuns, keep_the_front_of_a_block_and_free_what_is_behind_it) {
  std::string heard;
  void* const run = tiered_->allocate({1300, 1}, heard_into(heard)).ptr;
  EXPECT_EQ(tiered_->usable_size(run), 1536u);
  EXPECT_EQ(heard,
            "round:1536 pop0 split0:16384 push8192:8192 split0:8192 push4096:4096 split0:4096 push2048:2048 "
            "split0:2048 split1024:1024 push1536:512 take0:1536");
  expect_below("1024 +512 512f 2048f 4096f 8192f");
  EXPECT_EQ(extents_of(*tiered_)[0].size, 1536u) << "a walk has it as one";
  EXPECT_EQ(extents_of(*tiered_)[0].level, alloc::kNoLevel);
  EXPECT_EQ(tiered_->free_bytes(), 16384u - 1536u);
  EXPECT_EQ(get(500), tiered_->arena().at(1536));
}

TEST_F(TieredRuns, are_freed_block_by_block_and_merge_as_any) {
  void* const run = get(1300);
  std::string heard;
  EXPECT_EQ(tiered_->deallocate(run, heard_into(heard)), Error::None);
  EXPECT_EQ(heard,
            "push0:1024 remove1536:512 merge1024:1024 remove0:1024 merge0:2048 remove2048:2048 merge0:4096 "
            "remove4096:4096 merge0:8192 remove8192:8192 merge0:16384 push0:16384");
  expect_whole();
}

TEST_F(TieredRuns, are_made_of_free_blocks_side_by_side_where_none_is_large_enough) {
  std::vector<void*> blocks = exhaust(1024);
  ASSERT_EQ(blocks.size(), 16u);
  EXPECT_EQ(get(1500), nullptr);
  const auto at = [&](std::size_t offset) { return tiered_->arena().at(offset); };
  EXPECT_EQ(tiered_->deallocate(at(3 * 1024)), Error::None);
  EXPECT_EQ(tiered_->deallocate(at(4 * 1024)), Error::None);
  EXPECT_EQ(get(2100), nullptr) << "2.5 KiB are not free";
  std::string heard;
  void* const run = tiered_->allocate({1500, 1}, heard_into(heard)).ptr;
  EXPECT_EQ(run, at(3 * 1024)) << "they are no buddies: 2 KiB at 2 KiB and at 4 KiB are";
  EXPECT_EQ(heard, "round:1536 remove3072:1024 remove4096:1024 split4096:1024 push4608:512 take3072:1536");
  EXPECT_EQ(tiered_->usable_size(run), 1536u);
  expect_sound();
  EXPECT_EQ(tiered_->deallocate(run), Error::None);
  EXPECT_EQ(get(2048), at(3 * 1024)) << "whole blocks side by side too";
  expect_sound();
  tiered_->reset();
  expect_whole();
}

TEST_F(TieredRuns, are_looked_for_beside_a_few_free_blocks_and_no_more) {
  TestTiered<> large(1 << 20, 64, 1024, 1, {16});
  std::vector<void*> blocks;
  while (void* const ptr = large->allocate({64, 1}).ptr) blocks.push_back(ptr);
  ASSERT_EQ(blocks.size(), 16384u);
  // Two that are no buddies, then a great many that stand alone, which are before them in the list.
  EXPECT_EQ(large->deallocate(large->arena().at(64)), Error::None);
  EXPECT_EQ(large->deallocate(large->arena().at(128)), Error::None);
  for (std::size_t offset = 1024; offset < 1024 + 15 * 256; offset += 256) {
    EXPECT_EQ(large->deallocate(large->arena().at(offset)), Error::None);
  }
  void* const run = large->allocate({100, 1}).ptr;
  EXPECT_EQ(run, large->arena().at(64)) << "the sixteenth";
  EXPECT_EQ(large->deallocate(run), Error::None);
  for (std::size_t offset = 8192; offset < 8192 + 16 * 256; offset += 256) {
    EXPECT_EQ(large->deallocate(large->arena().at(offset)), Error::None);
  }
  EXPECT_EQ(large->allocate({100, 1}).why, Error::OutOfMemory);
  EXPECT_TRUE(large->check().holds());
}

TEST_F(TieredRuns, of_a_large_alignment_need_no_block_of_that_size) {
  std::vector<void*> blocks = exhaust(1024);
  EXPECT_EQ(tiered_->deallocate(tiered_->arena().at(4096)), Error::None);
  EXPECT_EQ(get(100, 8192), nullptr) << "only blocks of 4 and 2 KiB are looked at";
  EXPECT_EQ(get(100, 4096), tiered_->arena().at(4096));
  EXPECT_EQ(get(100, 2048), nullptr) << "what is left of it is not aligned so";
  expect_sound();
}

TEST_F(TieredRuns, grow_into_whatever_is_free_behind_them) {
  auto* const front = static_cast<std::byte*>(get(1000));
  void* const run = get(1000);
  EXPECT_EQ(tiered_->arena().offset_of(run), 1024u);
  EXPECT_EQ(tiered_->reallocate(run, {1200, 1}).ptr, run);
  EXPECT_EQ(tiered_->usable_size(run), 1280u);
  expect_below("1024 1024 +256 256f 512f 1024f 4096f 8192f");
  std::string heard;
  EXPECT_EQ(tiered_->resize_in_place(run, {1500, 1}, heard_into(heard)), Error::None);
  EXPECT_EQ(heard, "round:1536 remove2304:256 merge2048:512 take1024:1536") << "as few blocks as can be";
  expect_below("1024 1024 +512 512f 1024f 4096f 8192f");
  EXPECT_EQ(tiered_->resize_in_place(run, {6000, 1}), Error::None) << "past the end of its own buddy's buddy";
  expect_below("1024 1024 +2048 +2048 +1024 1024f 8192f");
  EXPECT_EQ(tiered_->resize_in_place(run, {14000, 1}), Error::None);
  EXPECT_EQ(tiered_->resize_in_place(run, {16000, 1}), Error::OutOfMemory);
  EXPECT_EQ(tiered_->resize_in_place(front, {1500, 1}), Error::OutOfMemory) << "a run is behind it";
  EXPECT_EQ(tiered_->resize_in_place(run, {14000, 2048}), Error::OutOfMemory) << "it is aligned to 1 KiB";
  EXPECT_EQ(tiered_->deallocate(run), Error::None);
  EXPECT_EQ(tiered_->deallocate(front), Error::None);
  expect_whole();
}

TEST_F(TieredRuns, shrink_where_they_stand) {
  void* const run = get(1792);
  expect_below("1024 +512 +256 256f 2048f 4096f 8192f");
  std::string heard;
  EXPECT_EQ(tiered_->resize_in_place(run, {1100, 1}, heard_into(heard)), Error::None);
  EXPECT_EQ(heard, "round:1280 remove1792:256 merge1536:512 push1536:512 split1024:512 push1280:256 take0:1280");
  expect_below("1024 +256 256f 512f 2048f 4096f 8192f");
  EXPECT_EQ(tiered_->resize_in_place(run, {1024, 1}), Error::None);
  expect_below("1024 1024f 2048f 4096f 8192f");
  EXPECT_EQ(tiered_->resize_in_place(run, {0, 1}), Error::None);
  EXPECT_EQ(tiered_->usable_size(run), 64u);
  EXPECT_EQ(tiered_->deallocate(run), Error::None);
  expect_whole();
}

TEST_F(TieredRuns, are_one_block_to_whoever_misuses_them) {
  auto* const run = static_cast<std::byte*>(get(1300));
  EXPECT_EQ(tiered_->deallocate(run + 1024), Error::InsideBlock) << "the start of its second block";
  EXPECT_EQ(tiered_->resize_in_place(run + 1024, {10, 1}), Error::InsideBlock);
  EXPECT_EQ(tiered_->usable_size(run + 1024), 0u);
  EXPECT_FALSE(tiered_->owns(run + 1024));
  EXPECT_EQ(tiered_->deallocate(run), Error::None);
  EXPECT_EQ(tiered_->deallocate(run), Error::DoubleFree);
  EXPECT_NE(tiered_->deallocate(run + 1024), Error::None);
  expect_whole();
}

TEST_F(TieredRuns, I1_a_part_that_follows_no_live_block) {
  void* const run = get(1300);
  tiered_->below_to_load().metadata().data[0] = static_cast<std::byte>(alloc::free_head(4));
  EXPECT_EQ(tiered_->check().invariant, 1u);
  tiered_->below_to_load().metadata().data[0] = static_cast<std::byte>(alloc::live_head(4));
  EXPECT_EQ(tiered_->deallocate(run), Error::None);
  expect_whole();
}

TEST_F(TieredRuns, I12_two_blocks_of_a_run_that_are_buddies) {
  (void)get(2048);
  std::byte* const tags = tiered_->below_to_load().metadata().data;
  tags[0] = static_cast<std::byte>(alloc::live_head(4));
  tags[16] = static_cast<std::byte>(alloc::live_part(4));
  EXPECT_EQ(tiered_->check().invariant, 12u);
}

TEST_F(TieredRuns, I12_a_slab_with_a_part_behind_it) {
  (void)get(48);
  (void)get(1024);
  std::byte* const tags = tiered_->below_to_load().metadata().data;
  tags[16] = static_cast<std::byte>(alloc::live_part(4));
  EXPECT_EQ(tiered_->check().invariant, 12u);
}

}  // namespace
}  // namespace allocviz::test::tiered_test
