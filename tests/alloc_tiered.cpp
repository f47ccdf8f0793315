// The tiered allocator: which tier serves a request, slabs that come and go, misuse, resizing, steps and snapshots.
#include "tests/alloc_tiered_support.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tests/support/allocators.h"
#include "tests/support/tiered_stream.h"

namespace allocviz::test::tiered_test {
namespace {

using alloc::Error;
using alloc::Extent;
using alloc::kNoClass;
using alloc::Layout;
using alloc::Step;
using alloc::StepKind;
using alloc::Use;

TEST(TieredGeometry, has_four_classes_to_each_doubling_up_to_an_eighth_of_a_slab) {
  constexpr auto geometry = alloc::TieredGeometry::usual(alloc::RuntimeBuddy::between(65536, 64), 2048);
  static_assert(geometry.valid() && geometry.class_count() == 12);
  const std::vector<std::size_t> expected = {16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256};
  for (unsigned i = 0; i < geometry.class_count(); ++i) EXPECT_EQ(geometry.block_size(i), expected[i]);
}

TEST(TieredGeometry, finds_the_smallest_class_that_holds_size_and_alignment) {
  const std::vector<std::size_t> odd = {8, 24, 25, 1000, 1008, 4096};
  for (const auto& geometry : {alloc::TieredGeometry::usual(alloc::RuntimeBuddy::between(1 << 20, 64), 65536),
                               TestTiered<>::geometry_of(alloc::RuntimeBuddy::between(65536, 16), 4096, odd)}) {
    ASSERT_TRUE(geometry.valid());
    for (std::size_t size = 0; size < 9000; ++size) {
      for (std::size_t align = 1; align <= 8192; align *= 2) {
        unsigned expected = 0;
        while (expected < geometry.class_count() &&
               (geometry.block_size(expected) < size || geometry.block_size(expected) % align != 0)) {
          ++expected;
        }
        ASSERT_EQ(geometry.class_for(size, align), expected) << size << " bytes aligned to " << align;
      }
    }
    EXPECT_EQ(geometry.class_for(~std::size_t{0}, 1), geometry.class_count());
  }
}

TEST(TieredGeometry, rounds_classes_to_what_aligns_a_link_and_counts_equal_ones_once) {
  const auto geometry = TestTiered<>::geometry_of(alloc::RuntimeBuddy::between(4096, 64), 1024, {9, 16, 17});
  ASSERT_TRUE(geometry.valid());
  ASSERT_EQ(geometry.class_count(), 2u);
  EXPECT_EQ(geometry.block_size(0), 16u);
  EXPECT_EQ(geometry.block_size(1), 24u);
}

TEST(TieredGeometry, is_not_valid_where_no_allocator_can_be) {
  const auto buddy = alloc::RuntimeBuddy::between(4096, 64);
  EXPECT_FALSE(TestTiered<>::geometry_of(buddy, 32, {16}).valid()) << "a slab below the smallest block";
  EXPECT_FALSE(TestTiered<>::geometry_of(buddy, 8192, {16}).valid()) << "a slab above the largest block";
  EXPECT_FALSE(TestTiered<>::geometry_of(buddy, 1000, {16}).valid()) << "a slab that is no power of two";
  EXPECT_FALSE(TestTiered<>::geometry_of(buddy, 1024, {4}).valid()) << "a class that holds no link";
  EXPECT_FALSE(TestTiered<>::geometry_of(buddy, 1024, {1025}).valid()) << "a class larger than a slab";
  EXPECT_FALSE(TestTiered<>::geometry_of(buddy, 1024, {32, 16}).valid()) << "classes that do not ascend";
  EXPECT_FALSE(TestTiered<>::geometry_of({}, 1024, {16}).valid()) << "no buddy";
  const auto made = Tiered::make_raw(nullptr, nullptr, 1, alloc::TieredGeometry{});
  EXPECT_EQ(made.error(), alloc::InitError::InvalidConfig);
  EXPECT_EQ(Tiered::metadata_layout(0, TestTiered<>::geometry_of(buddy, 1024, {16})).error(),
            alloc::InitError::InvalidConfig);
}

TEST_F(TieredTest, serves_small_requests_from_slabs_and_large_ones_from_the_buddy) {
  void* const small = get(20);
  void* const large = get(129);
  EXPECT_EQ(tiered_->usable_size(small), 48u);
  EXPECT_EQ(tiered_->usable_size(large), 192u) << "the rest of the block of 256 B is free";
  EXPECT_EQ(tiered_->slab_count(), 1u);
  EXPECT_EQ(tiered_->below().free_bytes(), 16384u - kSlab - 192);
  EXPECT_EQ(tiered_->free_bytes(), 16384u - 192 - kSlab + 20 * 48);
  expect_sound();
}

TEST_F(TieredTest, fills_a_slab_in_ascending_order_before_it_makes_the_next) {
  std::vector<std::size_t> offsets;
  for (int i = 0; i < 21; ++i) offsets.push_back(offset_of(*tiered_, get(128)));
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(offsets[i], offsets[0] + i * 128);
  EXPECT_EQ(tiered_->slab_count(), 3u);
  std::size_t slabs = 0;
  tiered_->visit_slabs([&](const alloc::SlabExtent& slab) {
    ++slabs;
    EXPECT_EQ(slab.size, kSlab);
    EXPECT_EQ(slab.size_class, 2u);
    EXPECT_EQ(slab.block_size, 128u);
    EXPECT_EQ(slab.blocks, 8u);
  });
  EXPECT_EQ(slabs, 3u);
  expect_sound();
}

TEST_F(TieredTest, reuses_the_last_block_freed_first) {
  void* const a = get(40);
  void* const b = get(40);
  (void)get(40);
  EXPECT_EQ(tiered_->deallocate(a), Error::None);
  EXPECT_EQ(tiered_->deallocate(b), Error::None);
  EXPECT_EQ(get(40), b);
  EXPECT_EQ(get(40), a);
}

TEST_F(TieredTest, uses_the_slab_first_that_has_had_room_longest) {
  std::vector<void*> blocks;
  for (int i = 0; i < 16; ++i) blocks.push_back(get(128));
  EXPECT_EQ(tiered_->deallocate(blocks[1]), Error::None);
  EXPECT_EQ(tiered_->deallocate(blocks[9]), Error::None);
  std::vector<std::size_t> with_room;
  tiered_->visit_slabs_with_room(2, [&](const alloc::SlabExtent& slab) { with_room.push_back(slab.offset); });
  EXPECT_EQ(with_room, (std::vector<std::size_t>{offset_of(*tiered_, blocks[0]), offset_of(*tiered_, blocks[8])}));
  std::vector<void*> next;
  tiered_->visit_free_blocks(2, [&](std::size_t offset) { next.push_back(tiered_->arena().at(offset)); });
  EXPECT_EQ(next, (std::vector<void*>{blocks[1], blocks[9]}));
  EXPECT_EQ(get(128), blocks[1]);
  EXPECT_EQ(get(128), blocks[9]);
  expect_sound();
}

TEST_F(TieredTest, gives_a_slab_back_with_its_last_block) {
  std::vector<void*> blocks;
  for (int i = 0; i < 100; ++i) blocks.push_back(get(16 * (1 + static_cast<std::size_t>(i) % 8)));
  expect_sound();
  for (void* const block : blocks) EXPECT_EQ(tiered_->deallocate(block), Error::None);
  expect_whole();
}

TEST_F(TieredTest, aligns_by_the_class_whose_blocks_are_aligned_so) {
  void* const ptr = get(20, 32);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(ptr) % 32, 0u);
  EXPECT_EQ(tiered_->usable_size(ptr), 128u) << "blocks of 48 B are aligned to 16";
  void* const page = get(20, 4096);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(page) % 4096, 0u);
  EXPECT_EQ(tiered_->usable_size(page), 64u) << "no class is: the front of a block of the buddy's serves it";
}

TEST_F(TieredTest, serves_size_0_as_1) {
  EXPECT_EQ(tiered_->usable_size(get(0)), 16u);
}

TEST_F(TieredTest, goes_to_the_buddy_where_there_is_no_room_for_a_slab) {
  std::vector<void*> large;
  while (void* const ptr = get(512)) large.push_back(ptr);
  EXPECT_EQ(tiered_->deallocate(large[3]), Error::None);
  void* const small = get(40);
  ASSERT_NE(small, nullptr);
  EXPECT_EQ(tiered_->slab_count(), 0u) << "512 free bytes are no slab";
  EXPECT_EQ(tiered_->usable_size(small), 64u);
  expect_sound();
}

TEST_F(TieredTest, goes_to_a_larger_class_where_the_buddy_has_nothing) {
  (void)get(100);  // a slab of 128 B blocks, seven of them free
  while (get(64, 64) != nullptr && tiered_->below().free_bytes() != 0) {
  }
  ASSERT_EQ(tiered_->below().free_bytes(), 0u);
  void* const small = get(16);
  ASSERT_NE(small, nullptr);
  EXPECT_EQ(tiered_->usable_size(small), 128u);
  expect_sound();
}

TEST_F(TieredTest, fails_only_when_no_free_block_anywhere_can_hold_the_request) {
  const std::vector<void*> blocks = exhaust(100);
  EXPECT_EQ(blocks.size(), 16384u / 128);
  EXPECT_EQ(tiered_->allocate({1, 1}).why, Error::OutOfMemory);
  EXPECT_EQ(tiered_->free_bytes(), 0u);
  EXPECT_EQ(tiered_->largest_free(), 0u);
  EXPECT_EQ(tiered_->deallocate(blocks[17]), Error::None);
  EXPECT_EQ(tiered_->largest_free(), 128u);
  EXPECT_EQ(get(1), blocks[17]);
  for (void* const block : blocks) EXPECT_EQ(tiered_->deallocate(block), Error::None);
  expect_whole();
}

TEST_F(TieredTest, says_why_a_request_is_refused) {
  EXPECT_EQ(tiered_->allocate({16385, 1}).why, Error::TooLarge);
  EXPECT_EQ(tiered_->allocate({1, 32768}).why, Error::AlignTooLarge);
  EXPECT_EQ(tiered_->allocate({1, 3}).why, Error::AlignTooLarge);
  expect_whole();
}

TEST_F(TieredTest, refuses_every_misuse_and_changes_nothing) {
  auto* const small = static_cast<std::byte*>(get(48));
  auto* const large = static_cast<std::byte*>(get(2000));
  void* const freed = get(48);
  EXPECT_EQ(tiered_->deallocate(freed), Error::None);
  const auto state = tiered_->state();
  EXPECT_EQ(tiered_->deallocate(nullptr), Error::Foreign);
  EXPECT_EQ(tiered_->deallocate(tiered_.region.data() + 16384), Error::Foreign);
  EXPECT_EQ(tiered_->deallocate(tiered_.region.data() - 1), Error::Foreign);
  EXPECT_EQ(tiered_->deallocate(small + 1), Error::InsideBlock);
  EXPECT_EQ(tiered_->deallocate(small + 16), Error::InsideBlock);
  EXPECT_EQ(tiered_->deallocate(small + 21 * 48), Error::InsideBlock) << "the rest behind the last block";
  EXPECT_EQ(tiered_->deallocate(small + 20 * 48), Error::DoubleFree) << "a block never handed out";
  EXPECT_EQ(tiered_->deallocate(freed), Error::DoubleFree);
  EXPECT_EQ(tiered_->deallocate(large + 64), Error::InsideBlock);
  EXPECT_EQ(tiered_->deallocate(large), Error::None);
  EXPECT_EQ(tiered_->deallocate(large), Error::DoubleFree);
  void* const again = get(2000);
  EXPECT_EQ(again, large);
  const auto now = tiered_->state();
  EXPECT_EQ(std::memcmp(&state, &now, sizeof state), 0);
  expect_sound();
}

TEST_F(TieredTest, refuses_a_block_of_a_slab_that_has_gone) {
  void* const block = get(48);
  void* const second = get(48);
  EXPECT_EQ(tiered_->deallocate(block), Error::None);
  EXPECT_EQ(tiered_->deallocate(second), Error::None);
  EXPECT_NE(tiered_->deallocate(block), Error::None);
  EXPECT_NE(tiered_->deallocate(second), Error::None);
  EXPECT_EQ(tiered_->resize_in_place(second, {8, 8}), Error::InsideBlock);
  expect_whole();
}

TEST_F(TieredTest, keeps_a_block_that_is_resized_within_its_class_and_moves_it_otherwise) {
  auto* const small = static_cast<std::byte*>(get(17));
  std::memset(small, 0x5A, 17);
  EXPECT_EQ(tiered_->reallocate(small, {48, 16}).ptr, small);
  EXPECT_EQ(tiered_->resize_in_place(small, {49, 1}), Error::TooLarge);
  EXPECT_EQ(tiered_->resize_in_place(small, {8, 32}), Error::AlignTooLarge);
  auto* const moved = static_cast<std::byte*>(tiered_->reallocate(small, {300, 1}).ptr);
  ASSERT_NE(moved, small);
  for (int i = 0; i < 17; ++i) EXPECT_EQ(moved[i], std::byte{0x5A});
  EXPECT_EQ(tiered_->slab_count(), 0u) << "it was the slab's only block";
  EXPECT_EQ(tiered_->usable_size(moved), 320u);
  EXPECT_EQ(tiered_->reallocate(moved, {1000, 1}).ptr, moved) << "what lies behind it is free";
  EXPECT_EQ(tiered_->reallocate(moved, {10, 1}).ptr, moved) << "the buddy splits the rest off";
  EXPECT_EQ(tiered_->usable_size(moved), 64u);
  expect_sound();
}

TEST_F(TieredTest, keeps_the_old_block_when_a_reallocate_fails) {
  const std::vector<void*> blocks = exhaust(100);
  std::memset(blocks[0], 0x77, 100);
  EXPECT_EQ(tiered_->reallocate(blocks[0], {200, 1}).why, Error::OutOfMemory);
  EXPECT_TRUE(tiered_->owns(blocks[0]));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(static_cast<std::byte*>(blocks[0])[i], std::byte{0x77});
  expect_sound();
}

TEST_F(TieredTest, allocates_when_it_is_to_reallocate_what_it_does_not_know) {
  EXPECT_NE(tiered_->reallocate(nullptr, {40, 8}).ptr, nullptr);
  EXPECT_NE(tiered_->reallocate(tiered_.region.data() + 1, {40, 8}).ptr, nullptr);
  EXPECT_EQ(tiered_->below().free_bytes(), 16384u - kSlab);
  expect_sound();
}

TEST_F(TieredTest, is_as_new_after_a_reset) {
  void* const first = get(40);
  (void)exhaust(40);
  tiered_->reset();
  expect_whole();
  EXPECT_EQ(get(40), first);
}

TEST_F(TieredTest, walks_slabs_block_by_block_and_names_the_class) {
  void* const a = get(48);
  void* const b = get(48);
  (void)get(48);
  EXPECT_EQ(tiered_->deallocate(b), Error::None);
  const std::vector<Extent> extents = extents_of(*tiered_);
  const std::size_t base = offset_of(*tiered_, a);
  ASSERT_GE(extents.size(), 23u);
  std::size_t at = 0;
  for (const Extent& extent : extents) {
    EXPECT_EQ(extent.offset, at);
    at += extent.size;
    const bool inside = extent.offset >= base && extent.offset < base + kSlab;
    EXPECT_EQ(extent.size_class, inside ? 1 : kNoClass);
    if (!inside) continue;
    const std::size_t number = (extent.offset - base) / 48;
    const Use expected = number == 21 ? Use::Rest : number > 2 ? Use::Fresh : number == 1 ? Use::Free : Use::Live;
    EXPECT_EQ(extent.use, expected) << number;
    EXPECT_EQ(extent.size, number == 21 ? kSlab - 21 * 48 : 48u);
  }
  EXPECT_EQ(at, 16384u);
}

// "look c1:no split L3 …": what was told, in its order.
std::string told(TieredTest&, Tiered& tiered, const Layout& layout) {
  std::string out;
  (void)tiered.allocate(layout, [&](const Step& step) {
    static const char* const kNames[] = {"round", "look", "pop",  "split",  "push", "remove",
                                         "merge", "take", "move", "rewind", "fail"};
    out += kNames[static_cast<int>(step.kind)];
    if (step.size_class != kNoClass) out += "/" + std::to_string(step.size_class);
    if (step.kind == StepKind::Look) out += step.other != 0 ? "+" : "-";
    out += " ";
  });
  return out;
}

TEST_F(TieredTest, tells_which_tier_each_step_is_about) {
  EXPECT_EQ(told(*this, *tiered_, {40, 1}),
            "round/1 look/1- round look- look- look- look- look+ pop split push split push split push split push take "
            "look/1+ pop/1 take/1 ");
  EXPECT_EQ(told(*this, *tiered_, {40, 1}), "round/1 look/1+ pop/1 take/1 ");
  EXPECT_EQ(told(*this, *tiered_, {1000, 1}), "round look+ pop take ");
  (void)exhaust(1024);
  (void)exhaust(40);
  EXPECT_EQ(
      told(*this, *tiered_, {100, 1}),
      "round/2 look/2- round look- look- look- look- look- round look- look- look- look- look- look- look- look- look- "
      "fail ")
      << "one failure, of the request";
}

TEST_F(TieredTest, tiles_at_every_step_also_while_slabs_come_and_go) {
  const auto expect_tiling = [&](const Step&) {
    std::size_t at = 0;
    tiered_->walk([&](const Extent& extent) {
      EXPECT_EQ(extent.offset, at);
      at += extent.size;
    });
    EXPECT_EQ(at, 16384u);
  };
  std::vector<void*> blocks;
  for (std::size_t size : {16u, 48u, 128u, 500u}) {
    for (int i = 0; i < 9; ++i) blocks.push_back(tiered_->allocate({size, 1}, expect_tiling).ptr);
  }
  for (void* const block : blocks) EXPECT_EQ(tiered_->deallocate(block, expect_tiling), Error::None);
  expect_whole();
}

TEST_F(TieredTest, a_step_shows_the_slab_as_it_is_just_then) {
  (void)get(48);
  std::vector<std::size_t> live;
  (void)tiered_->allocate({48, 1}, [&](const Step&) {
    live.push_back(0);
    tiered_->walk([&](const Extent& extent) { live.back() += extent.use == Use::Live ? 1u : 0u; });
  });
  EXPECT_EQ(live, (std::vector<std::size_t>{1, 1, 2, 2})) << "round, look, pop, take";
}

TEST_F(TieredTest, hands_its_raw_parts_back_and_is_then_one_of_nothing) {
  const alloc::RawParts parts = tiered_->into_raw_parts();
  EXPECT_EQ(parts.region, tiered_.region.data());
  EXPECT_EQ(parts.metadata, tiered_.metadata.data());
  EXPECT_EQ(parts.metadata_layout.size, (Tiered::metadata_layout(1, tiered_.geometry))->size);
  EXPECT_EQ(tiered_->size(), 0u);
  EXPECT_FALSE(tiered_->allocate({1, 1}));
  EXPECT_EQ(tiered_->deallocate(parts.region), Error::Foreign);
  EXPECT_TRUE(tiered_->check().holds());
}

TEST_F(TieredTest, can_be_moved) {
  void* const block = get(40);
  Tiered moved = std::move(*tiered_);
  EXPECT_EQ(tiered_->size(), 0u);
  EXPECT_EQ(moved.deallocate(block), Error::None);
  EXPECT_EQ(moved.largest_free(), 16384u);
  moved = Tiered();
  EXPECT_EQ(moved.size(), 0u);
}

TEST(Tiered, is_refused_where_its_memory_cannot_be) {
  TestTiered<> fine(4096, 64, 1024);
  const auto refused = [&](void* metadata, void* region) {
    return Tiered::make_raw(metadata, region, 1, fine.geometry).error();
  };
  EXPECT_EQ(refused(fine.metadata.data(), fine.region.data() + 64), alloc::InitError::InvalidLocation);
  EXPECT_EQ(refused(fine.metadata.data() + 1, fine.region.data()), alloc::InitError::InvalidLocation);
  EXPECT_EQ(refused(nullptr, fine.region.data()), alloc::InitError::InvalidLocation);
  EXPECT_EQ(refused(fine.region.data(), fine.region.data()), alloc::InitError::InvalidLocation);
}

// A backing that counts, and gives nothing after a while.
struct Counting {
  int* outstanding;
  int left;
  void* allocate(Layout layout) noexcept {
    if (left-- == 0) return nullptr;
    ++*outstanding;
    return ::operator new (layout.size, std::align_val_t{layout.align}, std::nothrow);
  }
  void deallocate(void* ptr, Layout layout) noexcept {
    --*outstanding;
    ::operator delete (ptr, std::align_val_t{layout.align});
  }
};

TEST(Tiered, gives_its_memory_back_whatever_fails) {
  const auto geometry = alloc::TieredGeometry::usual(alloc::RuntimeBuddy::between(4096, 64), 1024);
  for (int left = 0; left <= 2; ++left) {
    int outstanding = 0;
    {
      auto made = alloc::Tiered<alloc::Checked, Counting>::make(2, Counting{&outstanding, left}, geometry);
      EXPECT_EQ(static_cast<bool>(made), left == 2);
      if (!made) {
        EXPECT_EQ(made.error(), alloc::InitError::AllocFailed);
        EXPECT_EQ(outstanding, 0);
      }
    }
    EXPECT_EQ(outstanding, 0);
  }
}

TEST(Tiered, unchecked_serves_the_same_places) {
  TestTiered<> checked(16384, 64, 1024);
  TestTiered<alloc::Unchecked> unchecked(16384, 64, 1024);
  EXPECT_LT((TestTiered<alloc::Unchecked>::Tiered::metadata_layout(1, unchecked.geometry)->size),
            (Tiered::metadata_layout(1, checked.geometry)->size));
  std::vector<void*> here, there;
  std::size_t number = 1;
  for (int i = 0; i < 2000; ++i) {
    number = number * 6364136223846793005u + 1442695040888963407u;
    const std::size_t dice = number >> 33;
    if (dice % 5 < 3) {
      const Layout layout{dice % 400, std::size_t{1} << dice % 7};
      const alloc::Allocation a = checked->allocate(layout);
      const alloc::Allocation b = unchecked->allocate(layout);
      ASSERT_EQ(static_cast<bool>(a), static_cast<bool>(b));
      if (!a) continue;
      ASSERT_EQ(offset_of(*checked, a.ptr), offset_of(*unchecked, b.ptr));
      here.push_back(a.ptr);
      there.push_back(b.ptr);
    } else if (!here.empty()) {
      const std::size_t at = dice % here.size();
      ASSERT_EQ(checked->deallocate(here[at]), Error::None);
      ASSERT_EQ(unchecked->deallocate(there[at]), Error::None);
      here[at] = here.back(), there[at] = there.back();
      here.pop_back(), there.pop_back();
    }
  }
  EXPECT_TRUE(unchecked->check().holds());
}

TEST(Tiered, goes_on_at_another_address_from_state_metadata_and_links) {
  TestTiered<> original(16384, 64, 512);
  TestTiered<> copy(16384, 64, 512);
  std::vector<std::size_t> live;
  std::size_t number = 7;
  const auto churn = [&](Tiered& tiered, std::vector<std::size_t> blocks, int events, std::size_t& dice) {
    std::vector<std::size_t> placed;
    for (int i = 0; i < events; ++i) {
      dice = dice * 6364136223846793005u + 1442695040888963407u;
      const std::size_t roll = dice >> 33;
      if (roll % 5 < 3) {
        const alloc::Allocation got = tiered.allocate({roll % 300, 1});
        placed.push_back(got ? offset_of(tiered, got.ptr) : ~std::size_t{0});
        if (got) blocks.push_back(placed.back());
        if (got) std::memset(got.ptr, 0xEE, 16);
      } else if (!blocks.empty()) {
        std::swap(blocks[roll % blocks.size()], blocks.back());
        EXPECT_EQ(tiered.deallocate(tiered.arena().at(blocks.back())), Error::None);
        blocks.pop_back();
      }
    }
    live = blocks;
    return placed;
  };
  for (int round = 0; round < 20; ++round) {
    (void)churn(*original, live, 300, number);
    std::vector<std::byte> links;
    original->visit_links([&](std::size_t, const std::byte* bytes, std::size_t count) {
      links.insert(links.end(), bytes, bytes + count);
    });
    const auto from = original->metadata();
    std::memcpy(copy->metadata().data, from.data, from.size);
    copy->restore(original->state());
    std::size_t read = 0;
    copy->visit_links([&](std::size_t, std::byte* bytes, std::size_t count) {
      std::memcpy(bytes, links.data() + read, count);
      read += count;
    });
    ASSERT_EQ(read, links.size());
    ASSERT_TRUE(copy->check().holds()) << copy->check().text;
    std::size_t here = number, there = number;
    const std::vector<std::size_t> before = live;
    const auto expected = churn(*original, before, 200, here);
    EXPECT_EQ(churn(*copy, before, 200, there), expected);
    number = here;
  }
}

// The same stream runs on machines of 32 bits (embed/bare), and gives the same number there.
TEST(Tiered, answers_a_long_stream_as_it_does_on_every_machine) {
  TestTiered<> tiered(262144, 64, 4096);
  EXPECT_EQ(placement_digest(*tiered), kTieredDigest);
  TestTiered<alloc::Unchecked> unchecked(262144, 64, 4096);
  EXPECT_NE(placement_digest(*unchecked), 0u);
}

}  // namespace
}  // namespace allocviz::test::tiered_test
