// The order of a real buddy's free lists: as it is looked at, kept as what became of it, and put back.
#include "core/replay/free_order.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "core/alloc/buddy.h"
#include "core/alloc/buddy_beside.h"
#include "tests/support/seed.h"

namespace allocviz::replay {
namespace {

using Lists = std::vector<std::vector<std::uint32_t>>;

constexpr std::uint64_t kSmallest = 16, kLargest = 4096, kCount = 16;

// A buddy without a user, its links beside its tags.
struct Heap {
  Heap() : bytes(new std::byte[FreeOrder::Buddy::metadata_layout(kCount, geometry())->size + 64]) {
    static std::byte nowhere[kLargest * 2 * kCount];
    const auto align = [](std::byte* at, std::uintptr_t to) {
      return at + (to - reinterpret_cast<std::uintptr_t>(at) % to) % to;
    };
    auto made = FreeOrder::Buddy::make_raw(align(bytes.get(), 64), align(nowhere, kLargest), kCount, geometry());
    EXPECT_TRUE(made);
    buddy = std::make_unique<FreeOrder::Buddy>(std::move(*made));
  }
  static alloc::RuntimeBuddy geometry() { return alloc::RuntimeBuddy::between(kLargest, kSmallest); }
  [[nodiscard]] FreeOrder order() const {
    auto* const tags = reinterpret_cast<alloc::BuddyTag*>(buddy->metadata().data);
    return FreeOrder(alloc::Beside::place(buddy->arena(), tags, buddy->levels(), std::countr_zero(kSmallest)));
  }
  void change_some(std::mt19937_64& random) {
    for (std::uint64_t left = random() % 200; left != 0; --left) {
      if (random() % 2 == 0 || live.empty()) {
        const alloc::Allocation made = buddy->allocate({.size = kSmallest << random() % 6, .align = 1});
        if (made) live.push_back(made.ptr);
      } else {
        const std::size_t at = random() % live.size();
        EXPECT_EQ(buddy->deallocate(live[at]), alloc::Error::None);
        live[at] = live.back();
        live.pop_back();
      }
    }
    if (random() % 60 == 0) {
      buddy->reset();
      live.clear();
    }
  }

  std::unique_ptr<std::byte[]> bytes;
  std::unique_ptr<FreeOrder::Buddy> buddy;
  std::vector<void*> live;
};

// From each head on, as the allocator itself tells it.
Lists lists_of(const FreeOrder::Buddy& buddy) {
  Lists lists(buddy.levels());
  buddy.visit_free_lists([&lists](unsigned level, alloc::usize offset) {
    lists[level].push_back(static_cast<std::uint32_t>(offset / kSmallest));
  });
  return lists;
}
Lists lists_of(const FreeOrder& order, unsigned levels) {
  Lists lists;
  for (unsigned level = 0; level < levels; ++level) {
    lists.emplace_back(order.list(level).rbegin(), order.list(level).rend());
  }
  return lists;
}

std::vector<std::byte> whole(const FreeOrder& order) {
  std::vector<std::byte> bytes;
  ByteWriter out(bytes);
  order.save(out);
  return bytes;
}
std::vector<std::byte> changes(const FreeOrder& order) {
  std::vector<std::byte> bytes;
  ByteWriter out(bytes);
  order.save_changes(out);
  return bytes;
}
// The first one is whole.
void load_all(FreeOrder& order, std::span<const std::vector<std::byte>> saved) {
  for (std::size_t i = 0; i < saved.size(); ++i) {
    ByteReader in(saved[i]);
    order.load(in, i == 0);
    EXPECT_TRUE(in.at_end());
  }
}

TEST(FreeOrder, is_what_the_allocators_lists_say_however_long_ago_it_was_looked_at) {
  std::mt19937_64 random(test::seed());
  Heap heap;
  FreeOrder order = heap.order();
  for (int round = 0; round < 400; ++round) {
    heap.change_some(random);
    if (random() % 4 == 0) continue;
    order.look(*heap.buddy);
    ASSERT_EQ(lists_of(order, heap.buddy->levels()), lists_of(*heap.buddy)) << "round " << round;
  }
}

TEST(FreeOrder, is_found_again_from_what_became_of_it_and_with_two_changes_made_one_wherever_they_stand) {
  std::mt19937_64 random(test::seed());
  Heap heap;
  for (int round = 0; round < 100; ++round) {
    FreeOrder order = heap.order(), other = heap.order();
    heap.change_some(random);
    order.look(*heap.buddy);
    std::vector<std::vector<std::byte>> saved(1, whole(order));
    for (int i = 0; i < 6; ++i) {
      heap.change_some(random);
      order.look(*heap.buddy);
      saved.push_back(changes(order));
    }
    const Lists expected = lists_of(*heap.buddy);
    load_all(other, saved);
    ASSERT_EQ(lists_of(other, heap.buddy->levels()), expected);
    while (saved.size() > 1) {
      const std::size_t at = random() % (saved.size() - 1);
      std::vector<std::byte> both;
      ByteWriter out(both);
      ByteReader earlier(saved[at]), later(saved[at + 1]);
      write_both_as_one(earlier, later, out);
      saved[at] = both;
      saved.erase(saved.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      load_all(other, saved);
      ASSERT_EQ(lists_of(other, heap.buddy->levels()), expected) << saved.size() << " left";
    }
    EXPECT_EQ(saved[0], whole(order)) << "one spelling for one state";
  }
}

TEST(FreeOrder, of_a_long_list_of_which_little_changed_takes_few_bytes) {
  Heap heap;
  for (std::uint64_t i = 0; i < kCount * kLargest / kSmallest; ++i) {
    heap.live.push_back(heap.buddy->allocate({.size = kSmallest, .align = 1}).ptr);
  }
  for (std::size_t i = 0; i < heap.live.size(); i += 2) {
    EXPECT_EQ(heap.buddy->deallocate(heap.live[i]), alloc::Error::None);
  }
  FreeOrder order = heap.order();
  order.look(*heap.buddy);
  const std::size_t all = whole(order).size();
  EXPECT_EQ(heap.buddy->deallocate(heap.live[1001]), alloc::Error::None);  // merges with one from the middle
  EXPECT_EQ(heap.buddy->deallocate(heap.live[501]), alloc::Error::None);
  order.look(*heap.buddy);
  EXPECT_LT(changes(order).size(), 80u);
  EXPECT_GT(all, 1000u);
}

// What of them no free block's tag says, as after a load.
TEST(FreeOrder, put_into_a_buddy_of_the_same_shape_makes_its_lists) {
  std::mt19937_64 random(test::seed());
  Heap heap, other;
  for (int round = 0; round < 100; ++round) {
    heap.change_some(random);
    other.change_some(random);
    FreeOrder order = heap.order(), copy = other.order();
    order.look(*heap.buddy);
    const std::vector<std::byte> saved = whole(order);
    ByteReader in(saved);
    copy.load(in, true);
    // The live heads, as set_live_heads() has them.
    const alloc::Bytes to = other.buddy->metadata();
    for (std::uint64_t unit = 0; unit < kCount * kLargest / kSmallest; ++unit) {
      to.data[unit] = static_cast<std::byte>(alloc::BuddyTag::Interior);
    }
    heap.buddy->walk([&](const alloc::Extent& extent) {
      if (extent.use != alloc::Use::Live) return;
      to.data[extent.offset / kSmallest] = static_cast<std::byte>(alloc::live_head(extent.level));
    });
    copy.put_into(*other.buddy);
    ASSERT_EQ(lists_of(*other.buddy), lists_of(*heap.buddy));
    ASSERT_EQ(other.buddy->free_bytes(), heap.buddy->free_bytes());
    ASSERT_TRUE(other.buddy->check().holds()) << other.buddy->check().text;
    other.buddy->reset();
    other.live.clear();
  }
}

}  // namespace
}  // namespace allocviz::replay
