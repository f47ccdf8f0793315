// The slab's contract.
#include "core/alloc/slab.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/support/allocators.h"

namespace allocviz::test::slab_test {
namespace {

using alloc::Error;
using alloc::InitError;
using alloc::RuntimeSlab;
using alloc::Use;
using Slab = alloc::Slab<>;
using UncheckedSlab = alloc::Slab<RuntimeSlab, alloc::Unchecked>;

template <std::size_t BlockSize>
concept CanBeFixed = requires {
  typename alloc::FixedSlab<BlockSize>;
};

TEST(SlabLayout, rounds_a_block_up_to_a_links_alignment_and_aligns_to_its_lowest_bit) {
  constexpr std::size_t kLink = sizeof(void*);
  EXPECT_EQ(Slab::region_layout(10, RuntimeSlab(6 * kLink))->size, 60 * kLink);
  EXPECT_EQ(Slab::region_layout(10, RuntimeSlab(6 * kLink))->align, 2 * kLink);
  EXPECT_EQ(RuntimeSlab(6 * kLink + 1).block_size(), 7 * kLink);
  EXPECT_EQ(Slab::region_layout(3, RuntimeSlab(7 * kLink))->align, kLink);
  EXPECT_EQ(Slab::metadata_layout(65).size, 9u);
  EXPECT_EQ(UncheckedSlab::metadata_layout(65).size, 0u);
  static_assert(alloc::Slab<alloc::FixedSlab<48>>::region_layout(10)->size == 480);
}

TEST(SlabLayout, a_block_that_holds_no_link_or_a_region_beyond_the_address_space_is_refused) {
  for (std::size_t count : {0u, 1u}) {
    EXPECT_EQ(Slab::region_layout(count, RuntimeSlab(0)).error(), InitError::InvalidConfig);
    EXPECT_EQ(Slab::region_layout(count, RuntimeSlab(sizeof(void*) - 1)).error(), InitError::InvalidConfig);
    EXPECT_EQ(Slab::region_layout(count, RuntimeSlab(~std::size_t{0})).error(), InitError::InvalidConfig);
  }
  EXPECT_EQ(Slab::region_layout(~std::size_t{0} / 64 + 1, RuntimeSlab(64)).error(), InitError::InvalidConfig);
  EXPECT_TRUE(Slab::region_layout(~std::size_t{0} / 64, RuntimeSlab(64)));
  static_assert(CanBeFixed<8> && !CanBeFixed<1>);
}

TEST(SlabMaking, memory_that_cannot_be_used_is_an_invalid_location) {
  const RuntimeSlab geometry(64);
  const AlignedMemory region({128, 64});
  const AlignedMemory metadata({1, 1});
  EXPECT_EQ(Slab::make_raw(metadata.data(), region.data() + 8, 1, geometry).error(), InitError::InvalidLocation);
  EXPECT_EQ(Slab::make_raw(metadata.data(), nullptr, 1, geometry).error(), InitError::InvalidLocation);
  EXPECT_EQ(Slab::make_raw(nullptr, region.data(), 1, geometry).error(), InitError::InvalidLocation);
  EXPECT_EQ(Slab::make_raw(region.data() + 100, region.data(), 2, geometry).error(), InitError::InvalidLocation);
  auto* const last = reinterpret_cast<void*>(~std::uintptr_t{63});
  EXPECT_EQ(UncheckedSlab::make_raw(last, 2, geometry).error(), InitError::InvalidLocation);
  EXPECT_TRUE(Slab::make_raw(metadata.data(), region.data(), 2, geometry));
}

TEST(SlabMaking, neither_reads_nor_writes_region_or_metadata) {
  TestSlab slab(64, 1000);
  for (std::size_t at = 0; at < slab.region.size(); ++at) ASSERT_EQ(slab.region.data()[at], std::byte{0xA5});
  for (std::size_t at = 0; at < slab.metadata.size(); ++at) ASSERT_EQ(slab.metadata.data()[at], std::byte{0xA5});
}

TEST(SlabOfNothing, refuses_every_request_and_every_pointer) {
  auto made = Slab::make_raw(nullptr, nullptr, 0, RuntimeSlab(128));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->allocate({0, 1}).why, Error::OutOfMemory);
  EXPECT_EQ(made->allocate_block().why, Error::OutOfMemory);
  EXPECT_FALSE(made->can_allocate());
  std::size_t somewhere[4] = {};
  EXPECT_EQ(made->deallocate(somewhere), Error::Foreign);
  EXPECT_EQ(made->deallocate(nullptr), Error::Foreign);
  EXPECT_EQ(made->num_blocks(), 0u);
  EXPECT_TRUE(made->check().holds());
}

TEST(SlabRequests, come_from_the_list_last_in_first_out_then_from_the_fresh_blocks_in_order) {
  TestSlab slab(48, 5);
  std::vector<void*> blocks;
  for (int i = 0; i < 3; ++i) blocks.push_back(slab->allocate({1, 1}).ptr);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(offset_of(*slab, blocks[i]), 48 * i);
  EXPECT_EQ(slab->deallocate(blocks[0]), Error::None);
  EXPECT_EQ(slab->deallocate(blocks[2]), Error::None);
  EXPECT_EQ(list_of(*slab), (std::vector<std::size_t>{96, 0, 144, 192}));
  for (std::size_t expected : {96u, 0u, 144u, 192u}) {
    EXPECT_TRUE(slab->can_allocate());
    EXPECT_EQ(offset_of(*slab, slab->allocate_block().ptr), expected);
  }
  EXPECT_FALSE(slab->can_allocate());
  EXPECT_EQ(slab->allocate({1, 1}).why, Error::OutOfMemory);
  EXPECT_EQ(slab->outstanding(), 5u);
}

TEST(SlabRequests, that_do_not_fit_a_block_say_why) {
  TestSlab slab(48, 5);
  EXPECT_EQ(slab->allocate({49, 1}).why, Error::TooLarge);
  EXPECT_EQ(slab->allocate({8, 32}).why, Error::AlignTooLarge);
  EXPECT_EQ(slab->allocate({8, 3}).why, Error::AlignTooLarge);
  EXPECT_EQ(slab->allocate({8, 0}).why, Error::AlignTooLarge);
  EXPECT_TRUE(slab->allocate({48, 16}));
  EXPECT_TRUE(slab->allocate({0, 1}));
}

TEST(SlabMisuse, is_told_apart_and_changes_nothing) {
  TestSlab slab(48, 5);
  auto* const block = static_cast<std::byte*>(slab->allocate_block().ptr);
  const alloc::SlabState before = slab->state();
  EXPECT_EQ(slab->deallocate(nullptr), Error::Foreign);
  EXPECT_EQ(slab->deallocate(block - 48), Error::Foreign);
  EXPECT_EQ(slab->deallocate(block + 240), Error::Foreign);
  EXPECT_EQ(slab->deallocate(block + 1), Error::InsideBlock);
  EXPECT_EQ(slab->deallocate(block + 24), Error::InsideBlock);
  EXPECT_EQ(slab->deallocate(block + 48), Error::DoubleFree) << "never handed out";
  EXPECT_EQ(slab->state(), before);
  EXPECT_EQ(slab->deallocate(block), Error::None);
  EXPECT_EQ(slab->deallocate(block), Error::DoubleFree);
  EXPECT_EQ(slab->outstanding(), 0u);
}

// The number of a block is found without a division: for every size and offset, it is the quotient or none.
TEST(SlabMisuse, every_offset_that_is_no_blocks_start_is_seen_for_every_size) {
  for (std::size_t size = 8; size <= 400; size += 8) {
    TestSlab slab(size, 17);
    while (slab->can_allocate()) (void)slab->allocate_block();
    for (std::size_t offset = 0; offset < slab->size(); ++offset) {
      ASSERT_EQ(slab->owns(slab.region.data() + offset), offset % size == 0) << size << " at " << offset;
    }
  }
  constexpr alloc::ExactDivision kThree(3 << 4);
  static_assert(kThree(48 * 1000003ull) == 1000003);
  static_assert(kThree(~std::size_t{0} / 48 * 48) == ~std::size_t{0} / 48);
  static_assert(kThree(48 * 1000003ull + 16) > ~std::size_t{0} / 48);
}

TEST(SlabResize, stays_where_it_is_or_is_refused) {
  TestSlab slab(48, 2);
  void* const block = slab->allocate({10, 1}).ptr;
  EXPECT_EQ(slab->resize_in_place(block, {48, 16}), Error::None);
  EXPECT_EQ(slab->resize_in_place(block, {49, 1}), Error::TooLarge);
  EXPECT_EQ(slab->resize_in_place(nullptr, {8, 1}), Error::Foreign);
  EXPECT_EQ(slab->reallocate(block, {20, 1}).ptr, block);
  EXPECT_EQ(slab->reallocate(block, {60, 1}).why, Error::TooLarge);
  EXPECT_TRUE(slab->owns(block));
  EXPECT_EQ(slab->usable_size(block), 48u);
  EXPECT_TRUE(slab->reallocate(nullptr, {20, 1}));
  EXPECT_EQ(slab->outstanding(), 2u);
}

TEST(SlabWalk, tells_fresh_blocks_from_recycled_and_live_ones) {
  TestSlab slab(64, 4);
  void* const a = slab->allocate_block().ptr;
  (void)slab->allocate_block();
  EXPECT_EQ(slab->deallocate(a), Error::None);
  const auto extents = extents_of(*slab);
  ASSERT_EQ(extents.size(), 4u);
  EXPECT_EQ(extents[0].use, Use::Free);
  EXPECT_EQ(extents[1].use, Use::Live);
  EXPECT_EQ(extents[2].use, Use::Fresh);
  EXPECT_EQ(extents[3].offset, 192u);
}

TEST(SlabReset, makes_every_block_fresh_again) {
  TestSlab slab(64, 40);
  for (int i = 0; i < 30; ++i) (void)slab->allocate_block();
  slab->reset();
  EXPECT_EQ(slab->outstanding(), 0u);
  EXPECT_EQ(offset_of(*slab, slab->allocate_block().ptr), 0u);
  EXPECT_EQ(slab->deallocate(slab.region.data() + 64), Error::DoubleFree) << "live before the reset, fresh after it";
  EXPECT_TRUE(slab->check().holds());
}

TEST(UncheckedSlabs, hand_out_the_same_blocks_and_walk_the_same_way) {
  const AlignedMemory region(*UncheckedSlab::region_layout(4, RuntimeSlab(64)));
  auto slab = UncheckedSlab::make_raw(region.data(), 4, RuntimeSlab(64));
  ASSERT_TRUE(slab);
  void* const a = slab->allocate({1, 1}).ptr;
  (void)slab->allocate({1, 1});
  EXPECT_EQ(slab->deallocate(a), Error::None);
  const auto extents = extents_of(*slab);
  EXPECT_EQ(extents[0].use, Use::Free);
  EXPECT_EQ(extents[1].use, Use::Live);
  EXPECT_EQ(extents[2].use, Use::Fresh);
  EXPECT_EQ(slab->allocate({1, 1}).ptr, a);
  EXPECT_TRUE(slab->check().holds());
}

TEST(UncheckedSlabs, count_what_is_outstanding_when_they_are_asked) {
  const AlignedMemory region(*UncheckedSlab::region_layout(4, RuntimeSlab(64)));
  auto slab = UncheckedSlab::make_raw(region.data(), 4, RuntimeSlab(64));
  ASSERT_TRUE(slab);
  EXPECT_EQ(slab->outstanding(), 0u);
  std::vector<void*> blocks;
  for (int i = 0; i < 3; ++i) blocks.push_back(slab->allocate_block().ptr);
  EXPECT_EQ(slab->outstanding(), 3u);
  EXPECT_EQ(slab->deallocate(blocks[0]), Error::None);
  EXPECT_EQ(slab->deallocate(blocks[2]), Error::None);
  EXPECT_EQ(slab->outstanding(), 1u);
  EXPECT_EQ(slab->free_bytes(), 3u * 64);
  slab->reset();
  EXPECT_EQ(slab->outstanding(), 0u);
}

TEST(SlabAsking, answers_from_its_configuration) {
  TestSlab slab(48, 12);
  EXPECT_EQ(slab->block_size(), 48u);
  EXPECT_EQ(slab->block_align(), 16u);
  EXPECT_EQ(slab->num_blocks(), 12u);
  EXPECT_EQ(slab->size(), 576u);
  EXPECT_EQ(slab->limit(), slab.region.data() + 576);
  EXPECT_TRUE(slab->contains(slab.region.data() + 575));
  EXPECT_FALSE(slab->contains(slab.region.data() + 576));
}

}  // namespace
}  // namespace allocviz::test::slab_test
