// State, metadata and the link bytes that mean something are all there is: copied to another address, the allocator
// goes on as if nothing had happened.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "tests/support/allocators.h"
#include "tests/support/seed.h"

namespace allocviz::test::snapshot_test {
namespace {

template <class A>
struct Snapshot {
  typename A::State state;
  std::vector<std::byte> metadata;
  std::vector<std::byte> links;
};

template <class A>
Snapshot<A> save(const A& allocator) {
  Snapshot<A> snapshot{allocator.state(), {}, {}};
  const alloc::ConstBytes metadata = allocator.metadata();
  snapshot.metadata.assign(metadata.data, metadata.data + metadata.size);
  allocator.visit_links([&](std::size_t, const std::byte* bytes, std::size_t count) {
    snapshot.links.insert(snapshot.links.end(), bytes, bytes + count);
  });
  return snapshot;
}

template <class A>
void load(A& allocator, const Snapshot<A>& snapshot) {
  allocator.restore(snapshot.state);
  std::memcpy(allocator.metadata().data, snapshot.metadata.data(), snapshot.metadata.size());
  std::size_t read = 0;
  allocator.visit_links([&](std::size_t, std::byte* bytes, std::size_t count) {
    std::memcpy(bytes, snapshot.links.data() + read, count);
    read += count;
  });
  EXPECT_EQ(read, snapshot.links.size());
}

// Random requests and releases; says where everything was put.
template <class A>
std::vector<std::size_t> churn(A& allocator, std::vector<std::size_t>& live, std::uint64_t seed, int events) {
  std::mt19937_64 random(seed);
  std::vector<std::size_t> placed;
  for (int i = 0; i < events; ++i) {
    if (random() % 5 < 3) {
      const alloc::Allocation got = allocator.allocate({1 + random() % 48, 1});
      placed.push_back(got ? offset_of(allocator, got.ptr) : ~std::size_t{0});
      if (got) live.push_back(placed.back());
      if (got) std::memset(got.ptr, static_cast<int>(random() % 256), 16);
    } else if (!live.empty()) {
      std::swap(live[random() % live.size()], live.back());
      EXPECT_EQ(allocator.deallocate(allocator.arena().at(live.back())), alloc::Error::None);
      live.pop_back();
    }
  }
  return placed;
}

template <class Owner>
void expect_a_copy_goes_on(Owner& original, Owner& copy) {
  const std::uint64_t base = seed();
  for (std::uint64_t round = 0; round < 20; ++round) {
    std::vector<std::size_t> live;
    (*original).reset();
    (void)churn(*original, live, base + round, 300);
    std::vector<std::size_t> live_there = live;
    load(*copy, save(*original));
    ASSERT_TRUE((*copy).check().holds()) << (*copy).check().text;
    EXPECT_EQ(churn(*original, live, base + round + 1000, 300), churn(*copy, live_there, base + round + 1000, 300));
  }
}

TEST(Snapshot, of_a_buddy_goes_on_at_another_address) {
  TestBuddy<> original(1024, 16, 5, {{2000, 2500}});
  TestBuddy<> copy(1024, 16, 5, {{2000, 2500}});
  expect_a_copy_goes_on(original, copy);
}

TEST(Snapshot, of_a_slab_goes_on_at_another_address) {
  TestSlab original(48, 100);
  TestSlab copy(48, 100);
  expect_a_copy_goes_on(original, copy);
}

TEST(Snapshot, holds_no_address) {
  TestBuddy<> buddy(1024, 16, 5);
  TestSlab slab(48, 100);
  std::vector<std::size_t> live;
  (void)churn(*buddy, live, 1, 500);
  live.clear();
  (void)churn(*slab, live, 1, 500);
  const auto expect_none = [](const void* data, std::size_t size, const void* base) {
    for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= size; ++at) {
      std::uintptr_t word = 0;
      std::memcpy(&word, static_cast<const std::byte*>(data) + at, sizeof word);
      const auto address = reinterpret_cast<std::uintptr_t>(base);
      ASSERT_FALSE(word >= address && word < address + 5 * 1024) << "an address stands at byte " << at;
    }
  };
  const auto of_buddy = save(*buddy);
  expect_none(&of_buddy.state, sizeof of_buddy.state, buddy.region.data());
  expect_none(of_buddy.metadata.data(), of_buddy.metadata.size(), buddy.region.data());
  expect_none(of_buddy.links.data(), of_buddy.links.size(), buddy.region.data());
  EXPECT_FALSE(of_buddy.links.empty());
  const auto of_slab = save(*slab);
  expect_none(&of_slab.state, sizeof of_slab.state, slab.region.data());
  expect_none(of_slab.links.data(), of_slab.links.size(), slab.region.data());
  EXPECT_FALSE(of_slab.links.empty());
}

// What lies in free memory outside the links is nobody's business.
TEST(Snapshot, does_not_depend_on_any_other_byte_of_free_memory) {
  TestBuddy<> buddy(1024, 32, 4);
  std::vector<std::size_t> live;
  (void)churn(*buddy, live, 7, 400);
  const auto snapshot = save(*buddy);
  buddy->walk([&](const alloc::Extent& extent) {
    if (extent.use == alloc::Use::Free) std::memset(buddy->arena().at(extent.offset), 0xEE, extent.size);
  });
  load(*buddy, snapshot);
  EXPECT_TRUE(buddy->check().holds());
  for (std::size_t offset : live) EXPECT_EQ(buddy->deallocate(buddy->arena().at(offset)), alloc::Error::None);
  EXPECT_EQ(buddy->free_bytes(), 4096u);
}

}  // namespace
}  // namespace allocviz::test::snapshot_test
