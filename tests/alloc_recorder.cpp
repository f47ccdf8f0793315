// The recorder: what it tells, in which order, and that what it told, asked again, is answered the same.
#include "core/alloc/recorder.h"

#include <gtest/gtest.h>

#include <list>
#include <memory_resource>
#include <random>
#include <vector>

#include "core/alloc/hosted/memory_resource.h"
#include "tests/support/allocators.h"
#include "tests/support/seed.h"
#include "tests/support/tiered.h"

namespace allocviz::test::recorder_test {
namespace {

using alloc::Error;
using alloc::Layout;
using alloc::Recorded;
using alloc::Request;

struct Keep {
  std::vector<Recorded>* records;
  void operator()(const Recorded& record) const { records->push_back(record); }
};

TEST(Recorder, tells_each_request_once_with_its_answer) {
  TestBuddy<> buddy(1024, 64);
  std::vector<Recorded> records;
  alloc::Recorder recorder(*buddy, Keep{&records});
  void* const a = recorder.allocate({100, 8}).ptr;
  void* const b = recorder.reallocate(a, {300, 1}).ptr;
  EXPECT_FALSE(recorder.allocate({5000, 1}));
  EXPECT_EQ(recorder.deallocate(b), Error::None);
  EXPECT_EQ(recorder.deallocate(b), Error::DoubleFree);
  recorder.reset();
  ASSERT_EQ(records.size(), 6u);
  const auto expect = [&](std::size_t i, Request request, Error why, std::size_t size, void* before, void* after) {
    EXPECT_EQ(records[i].request, request) << i;
    EXPECT_EQ(records[i].why, why) << i;
    EXPECT_EQ(records[i].layout.size, size) << i;
    EXPECT_EQ(records[i].before, before) << i;
    EXPECT_EQ(records[i].after, after) << i;
    EXPECT_EQ(records[i].number, i);
  };
  expect(0, Request::Allocate, Error::None, 100, nullptr, a);
  expect(1, Request::Reallocate, Error::None, 300, a, b);
  expect(2, Request::Allocate, Error::TooLarge, 5000, nullptr, nullptr);
  expect(3, Request::Deallocate, Error::None, 0, b, nullptr);
  expect(4, Request::Deallocate, Error::DoubleFree, 0, b, nullptr);
  expect(5, Request::Reset, Error::None, 0, nullptr, nullptr);
}

TEST(Recorder, wraps_each_of_the_allocators) {
  std::vector<Recorded> records;
  TestSlab slab(48, 10);
  TestBump bump(1000);
  TestTiered<> tiered(4096, 64, 512);
  alloc::Recorder on_slab(*slab, Keep{&records});
  alloc::Recorder on_bump(*bump, Keep{&records});
  alloc::Recorder on_tiered(*tiered, Keep{&records});
  EXPECT_EQ(on_slab.deallocate(on_slab.allocate({40, 8}).ptr), Error::None);
  void* const block = on_bump.allocate({40, 8}).ptr;
  EXPECT_EQ(on_bump.reallocate(block, 40, {30, 8}).ptr, block);
  EXPECT_EQ(on_tiered.deallocate(on_tiered.allocate({40, 8}).ptr), Error::None);
  EXPECT_EQ(records.size(), 6u);
}

TEST(Recorder, stands_behind_an_adaptor_and_below_another_allocator) {
  std::vector<Recorded> records;
  TestBuddy<> buddy(65536, 64);
  using Recording = alloc::Recorder<alloc::Buddy<>, Keep>;
  Recording recorder(*buddy, Keep{&records});
  {
    alloc::Resource<Recording> resource(recorder);
    std::pmr::list<int> list({1, 2, 3}, &resource);
    using Upstream = alloc::On<Recording>;
    auto slab = alloc::Slab<alloc::RuntimeSlab, alloc::Unchecked, Upstream>::make(10, Upstream(recorder),
                                                                                  alloc::RuntimeSlab(40));
    ASSERT_TRUE(slab);
    ASSERT_TRUE(slab->allocate_block());
  }
  EXPECT_EQ(records.size(), 8u) << "three nodes and a region, each there and back";
  EXPECT_EQ(buddy->free_bytes(), 65536u);
}

TEST(Recorder, what_it_told_asked_again_is_answered_the_same) {
  std::mt19937_64 random(seed());
  std::vector<Recorded> records;
  TestTiered<> original(16384, 64, 512);
  TestTiered<> again(16384, 64, 512);
  alloc::Recorder recorder(*original, Keep{&records});
  std::vector<void*> live;
  for (int i = 0; i < 3000; ++i) {
    const Layout layout{random() % 400, std::size_t{1} << random() % 5};
    if (live.empty() || random() % 2 == 0) {
      if (const auto got = recorder.allocate(layout)) live.push_back(got.ptr);
      continue;
    }
    std::swap(live[random() % live.size()], live.back());
    if (random() % 4 == 0) {
      if (const auto got = recorder.reallocate(live.back(), layout)) live.back() = got.ptr;
    } else {
      ASSERT_EQ(recorder.deallocate(live.back()), Error::None);
      live.pop_back();
    }
  }
  const auto there = [&](void* ptr) {
    return ptr == nullptr ? nullptr : again->arena().at(original->arena().offset_of(ptr));
  };
  for (const Recorded& r : records) {
    if (r.request == Request::Allocate) {
      ASSERT_EQ(again->allocate(r.layout).ptr, there(r.after)) << r.number;
    } else if (r.request == Request::Reallocate) {
      ASSERT_EQ(again->reallocate(there(r.before), r.layout).ptr, there(r.after)) << r.number;
    } else {
      ASSERT_EQ(again->deallocate(there(r.before)), r.why) << r.number;
    }
  }
}

}  // namespace
}  // namespace allocviz::test::recorder_test
