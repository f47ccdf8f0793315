// Containers of the standard library on the allocators.
#include <gtest/gtest.h>

#include <list>
#include <map>
#include <memory_resource>
#include <string>
#include <vector>

#include "core/alloc/hosted/memory_resource.h"
#include "core/alloc/hosted/std_allocator.h"
#include "tests/support/allocators.h"

namespace allocviz::test::adaptors_test {
namespace {

using Buddy = alloc::Buddy<>;

TEST(PmrResource, carries_containers_and_takes_everything_back) {
  TestBuddy<> buddy(1 << 16, 32);
  {
    alloc::Resource<Buddy> resource(*buddy);
    std::pmr::map<int, std::pmr::string> map(&resource);
    for (int i = 0; i < 200; ++i) map[i] = std::string(static_cast<std::size_t>(i), 'x');
    for (int i = 0; i < 200; i += 2) map.erase(i);
    EXPECT_EQ(map.at(199).size(), 199u);
    EXPECT_TRUE(buddy->check().holds());
    EXPECT_LT(buddy->free_bytes(), buddy->managed_bytes());
  }
  EXPECT_EQ(buddy->free_bytes(), buddy->managed_bytes());
}

TEST(PmrResource, throws_bad_alloc_where_nothing_fits_because_its_interface_says_so) {
  TestSlab slab(64, 3);
  alloc::Resource<TestSlab::Slab> resource(*slab);
  EXPECT_THROW((void)resource.allocate(65, 8), std::bad_alloc);
  std::pmr::list<long> list(&resource);
  list.assign(3, 1L);
  EXPECT_THROW(list.push_back(1), std::bad_alloc);
  EXPECT_EQ(slab->outstanding(), 3u);
}

TEST(PmrResource, equals_another_one_over_the_same_allocator_and_no_other) {
  TestBuddy<> a(1024, 64);
  TestBuddy<> b(1024, 64);
  const alloc::Resource<Buddy> first(*a);
  const alloc::Resource<Buddy> same(*a);
  const alloc::Resource<Buddy> other(*b);
  EXPECT_TRUE(first.is_equal(same));
  EXPECT_FALSE(first.is_equal(other));
  EXPECT_FALSE(first.is_equal(*std::pmr::get_default_resource()));
}

TEST(StdAllocator, carries_containers_and_takes_everything_back) {
  TestBuddy<> buddy(1 << 16, 32);
  {
    const alloc::StdAllocator<int, Buddy> allocator(*buddy);
    std::vector<int, alloc::StdAllocator<int, Buddy>> vector(allocator);
    for (int i = 0; i < 3000; ++i) vector.push_back(i);
    std::list<double, alloc::StdAllocator<double, Buddy>> list(100, 1.5, allocator);
    auto copy = vector;
    EXPECT_EQ(copy.back(), 2999);
    EXPECT_EQ(copy.get_allocator(), list.get_allocator());
    EXPECT_TRUE(buddy->check().holds());
  }
  EXPECT_EQ(buddy->free_bytes(), buddy->managed_bytes());
}

TEST(StdAllocator, throws_where_nothing_fits) {
  TestBuddy<> buddy(1024, 64);
  alloc::StdAllocator<int, Buddy> allocator(*buddy);
  EXPECT_THROW((void)allocator.allocate(257), std::bad_alloc);
  EXPECT_THROW((void)allocator.allocate(~std::size_t{0} / 2), std::bad_array_new_length);
}

TEST(StdAllocator, runs_on_a_bump_allocator_that_rewinds_by_itself) {
  TestBump bump(10000);
  {
    using Bump = TestBump::Bump;
    std::vector<int, alloc::StdAllocator<int, Bump>> vector{alloc::StdAllocator<int, Bump>(*bump)};
    for (int i = 0; i < 500; ++i) vector.push_back(i);
    EXPECT_LT(bump->mark(), 10000u);
  }
  EXPECT_EQ(bump->mark(), 10000u);
}

}  // namespace
}  // namespace allocviz::test::adaptors_test
