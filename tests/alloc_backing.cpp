// Where memory comes from and where it goes: every byte that was taken is given back, whatever fails and whatever
// moves.
#include "core/alloc/backing.h"

#include <gtest/gtest.h>

#include <map>
#include <memory_resource>
#include <utility>
#include <vector>

#include "core/alloc/hosted/global.h"
#include "core/alloc/hosted/memory_resource.h"
#include "core/alloc/hosted/mmap.h"
#include "core/alloc/hosted/std_allocator.h"
#include "tests/support/allocators.h"

// Under a sanitizer a request that no machine can serve is an answer to test, not a reason to stop.
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}  // NOLINT: its name
extern "C" const char* __tsan_default_options() {
  return "allocator_may_return_null=1";
}  // NOLINT: its name

namespace allocviz::test::backing_test {
namespace {

using alloc::Error;
using alloc::InitError;
using alloc::Layout;
using alloc::RuntimeBuddy;
using alloc::RuntimeSlab;

// A ledger of what is out, and how many more requests it will serve.
struct Ledger {
  std::map<void*, Layout> out;
  int left = 1000;
  std::size_t shift = 0;  // a faulty one: its memory is this far from aligned
};

class Counting {
 public:
  explicit Counting(Ledger& ledger) : ledger_(&ledger) {}
  void* allocate(Layout layout) noexcept {
    if (ledger_->left-- <= 0) return nullptr;
    void* const ptr = ::operator new (layout.size + 64, std::align_val_t{layout.align});
    void* const given = static_cast<std::byte*>(ptr) + ledger_->shift;
    ledger_->out[given] = layout;
    return given;
  }
  void deallocate(void* ptr, Layout layout) noexcept {
    const auto it = ledger_->out.find(ptr);
    ASSERT_NE(it, ledger_->out.end()) << "given back what was not taken";
    EXPECT_EQ(it->second.size, layout.size);
    EXPECT_EQ(it->second.align, layout.align);
    ::operator delete (static_cast<std::byte*>(ptr) - ledger_->shift, std::align_val_t{layout.align});
    ledger_->out.erase(it);
  }

 private:
  Ledger* ledger_;
};

using Buddy = alloc::Buddy<RuntimeBuddy, alloc::Checked, Counting>;
using Slab = alloc::Slab<RuntimeSlab, alloc::Checked, Counting>;
using Bump = alloc::Bump<alloc::Checked, Counting>;
const RuntimeBuddy kGeometry = RuntimeBuddy::between(1024, 64);

TEST(Backings, get_their_memory_back_when_the_allocator_is_destroyed) {
  Ledger ledger;
  {
    auto buddy = Buddy::make(4, Counting(ledger), kGeometry);
    auto slab = Slab::make(10, Counting(ledger), RuntimeSlab(48));
    auto bump = Bump::make({500, 32}, Counting(ledger));
    ASSERT_TRUE(buddy && slab && bump);
    EXPECT_EQ(ledger.out.size(), 5u);
    EXPECT_TRUE(buddy->allocate({1000, 1}) && slab->allocate({48, 1}) && bump->allocate({500, 1}));
  }
  EXPECT_TRUE(ledger.out.empty());
}

TEST(Backings, that_run_dry_are_named_with_the_layout_they_refused_and_leak_nothing) {
  for (int served : {0, 1}) {
    Ledger ledger;
    ledger.left = served;
    auto buddy = Buddy::make(4, Counting(ledger), kGeometry);
    ASSERT_FALSE(buddy);
    EXPECT_EQ(buddy.error(), InitError::AllocFailed);
    EXPECT_EQ(buddy.refused_layout().size, served == 0 ? 4096u : 64u);
    ledger.left = served;
    auto slab = Slab::make(10, Counting(ledger), RuntimeSlab(48));
    ASSERT_FALSE(slab);
    EXPECT_EQ(slab.error(), InitError::AllocFailed);
    EXPECT_EQ(slab.refused_layout().size, served == 0 ? 480u : 2u);
    EXPECT_TRUE(ledger.out.empty());
  }
  Ledger ledger;
  ledger.left = 0;
  auto bump = Bump::make({500, 32}, Counting(ledger));
  EXPECT_EQ(bump.error(), InitError::AllocFailed);
  EXPECT_EQ(bump.refused_layout().size, 500u);
}

TEST(Backings, get_their_memory_back_when_making_fails_for_any_other_reason) {
  Ledger ledger;
  const std::vector<alloc::Range> unsorted = {{512, 600}, {0, 64}};
  EXPECT_EQ(Buddy::make_with_gaps(1, unsorted.data(), 2, Counting(ledger), kGeometry).error(),
            InitError::InvalidConfig);
  EXPECT_TRUE(ledger.out.empty());
  ledger.shift = 8;
  EXPECT_EQ(Buddy::make(1, Counting(ledger), kGeometry).error(), InitError::InvalidLocation);
  EXPECT_EQ(Slab::make(10, Counting(ledger), RuntimeSlab(48)).error(), InitError::InvalidLocation);
  EXPECT_EQ(Bump::make({500, 32}, Counting(ledger)).error(), InitError::InvalidLocation);
  EXPECT_TRUE(ledger.out.empty());
}

TEST(Backings, are_not_asked_for_a_configuration_that_cannot_be) {
  Ledger ledger;
  ledger.left = 1000;
  EXPECT_EQ(Buddy::make(0, Counting(ledger), kGeometry).error(), InitError::InvalidConfig);
  EXPECT_EQ(Buddy::make(1, Counting(ledger), RuntimeBuddy(3, 1)).error(), InitError::InvalidConfig);
  EXPECT_EQ(Slab::make(1, Counting(ledger), RuntimeSlab(1)).error(), InitError::InvalidConfig);
  EXPECT_EQ(Bump::make({0, 1}, Counting(ledger)).error(), InitError::InvalidConfig);
  EXPECT_EQ(Bump::make({8, 3}, Counting(ledger)).error(), InitError::InvalidConfig);
  EXPECT_TRUE(Slab::make(0, Counting(ledger), RuntimeSlab(48))) << "no blocks need no memory";
  EXPECT_EQ(ledger.left, 1000);
}

template <class A>
void expect_moves_keep_one_owner(A first, A second, Ledger& ledger) {
  void* const ptr = first.allocate({40, 1}).ptr;
  const std::size_t out = ledger.out.size();
  A moved = std::move(first);
  EXPECT_EQ(ledger.out.size(), out);
  EXPECT_FALSE(first.allocate({1, 1}));              // NOLINT: a moved-from allocator is one of nothing
  EXPECT_EQ(first.deallocate(ptr), Error::Foreign);  // NOLINT
  EXPECT_EQ(first.size(), 0u);                       // NOLINT
  EXPECT_TRUE(first.check().holds());                // NOLINT
  first.walk([](const alloc::Extent&) { FAIL(); });  // NOLINT
  EXPECT_TRUE(moved.owns(ptr));
  second = std::move(moved);
  EXPECT_LT(ledger.out.size(), out) << "what it stood on before went back";
  EXPECT_EQ(second.deallocate(ptr), Error::None);
  A& itself = second;
  second = std::move(itself);
  EXPECT_TRUE(second.allocate({40, 1}));
}

TEST(Moving, leaves_an_allocator_of_nothing_and_one_owner) {
  Ledger ledger;
  expect_moves_keep_one_owner(std::move(*Buddy::make(1, Counting(ledger), kGeometry)),
                              std::move(*Buddy::make(2, Counting(ledger), kGeometry)), ledger);
  EXPECT_TRUE(ledger.out.empty());
  expect_moves_keep_one_owner(std::move(*Slab::make(3, Counting(ledger), RuntimeSlab(48))),
                              std::move(*Slab::make(5, Counting(ledger), RuntimeSlab(64))), ledger);
  EXPECT_TRUE(ledger.out.empty());
  expect_moves_keep_one_owner(std::move(*Bump::make({100, 8}, Counting(ledger))),
                              std::move(*Bump::make({200, 8}, Counting(ledger))), ledger);
  EXPECT_TRUE(ledger.out.empty());
}

TEST(AllocatorsOfNothing, refuse_everything) {
  alloc::Buddy<> buddy;
  alloc::Buddy<alloc::FixedBuddy<4096, 4>> fixed;
  alloc::Slab<> slab;
  alloc::Bump<> bump;
  std::size_t somewhere[4] = {};
  EXPECT_EQ(buddy.allocate({1, 1}).why, Error::OutOfMemory);
  EXPECT_EQ(fixed.allocate({1, 1}).why, Error::OutOfMemory);
  EXPECT_EQ(slab.allocate({1, 1}).why, Error::OutOfMemory);
  EXPECT_FALSE(bump.allocate({1, 1}));
  EXPECT_EQ(buddy.deallocate(somewhere), Error::Foreign);
  EXPECT_EQ(fixed.deallocate(nullptr), Error::Foreign);
  EXPECT_EQ(slab.deallocate(somewhere), Error::Foreign);
  EXPECT_EQ(bump.deallocate(somewhere), Error::Foreign);
  EXPECT_EQ(buddy.largest_free(), 0u);
  buddy.reset();
  slab.reset();
  bump.reset();
  EXPECT_TRUE(buddy.check().holds() && fixed.check().holds() && slab.check().holds() && bump.check().holds());
}

TEST(RawParts, come_back_as_they_were_given) {
  TestBuddy<> buddy(1024, 64, 2);
  const alloc::RawParts of_buddy = buddy->into_raw_parts();
  EXPECT_EQ(of_buddy.region, buddy.region.data());
  EXPECT_EQ(of_buddy.region_layout.size, 2048u);
  EXPECT_EQ(of_buddy.region_layout.align, 1024u);
  EXPECT_EQ(of_buddy.metadata, buddy.metadata.data());
  EXPECT_EQ(of_buddy.metadata_layout.size, 32u);
  EXPECT_FALSE(buddy->allocate({1, 1}));
  TestSlab slab(48, 9);
  const alloc::RawParts of_slab = slab->into_raw_parts();
  EXPECT_EQ(of_slab.region, slab.region.data());
  EXPECT_EQ(of_slab.region_layout.size, 432u);
  EXPECT_EQ(of_slab.metadata_layout.size, 2u);
  TestBump bump(100);
  const alloc::RawParts of_bump = bump->into_raw_parts();
  EXPECT_EQ(of_bump.region, bump.region.data());
  EXPECT_EQ(of_bump.region_layout.size, 100u);
  EXPECT_EQ(of_bump.metadata, nullptr);
}

template <class Memory>
void expect_serves(Memory memory) {
  auto buddy = alloc::Buddy<RuntimeBuddy, alloc::Checked, Memory>::make(3, memory, RuntimeBuddy::between(65536, 64));
  ASSERT_TRUE(buddy);
  const alloc::Allocation got = buddy->allocate({1, 65536});
  ASSERT_TRUE(got);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got.ptr) % 65536, 0u);
  std::fill_n(static_cast<std::byte*>(got.ptr), 65536, std::byte{1});
  auto slab = alloc::Slab<RuntimeSlab, alloc::Checked, Memory>::make(100, memory, RuntimeSlab(48));
  ASSERT_TRUE(slab);
  EXPECT_TRUE(slab->allocate_block());
  auto bump = alloc::Bump<alloc::Checked, Memory>::make({1000, 64}, memory);
  ASSERT_TRUE(bump);
  EXPECT_TRUE(bump->allocate({1000, 64}));
}

TEST(Backings, of_every_kind_serve_every_allocator) {
  expect_serves(alloc::Global{});
  expect_serves(alloc::Mmap{});
  std::pmr::monotonic_buffer_resource monotonic;
  expect_serves(alloc::FromResource(&monotonic));
  expect_serves(alloc::FromAllocator<>{});
}

template <class T>
struct NeverServes {
  using value_type = T;
  T* allocate(std::size_t) { throw std::bad_alloc(); }
  void deallocate(T*, std::size_t) {}
};

TEST(Backings, without_the_memory_say_so_instead_of_throwing) {
  const Layout too_much{~std::size_t{0} / 2, 4096};
  EXPECT_EQ(alloc::Global{}.allocate(too_much), nullptr);
  EXPECT_EQ(alloc::Mmap{}.allocate(too_much), nullptr);
  EXPECT_EQ(alloc::Mmap{}.allocate({~std::size_t{0}, 1}), nullptr);
  EXPECT_EQ(alloc::FromResource(std::pmr::null_memory_resource()).allocate({1, 1}), nullptr);
  EXPECT_EQ(alloc::FromAllocator<NeverServes<std::byte>>{}.allocate({1, 1}), nullptr);
  EXPECT_EQ(alloc::FromAllocator<>{}.allocate({~std::size_t{0}, 1}), nullptr);
}

TEST(Backings, may_be_another_allocator) {
  TestBuddy<> buddy(4096, 64, 2);
  using Upstream = alloc::On<alloc::Buddy<>>;
  {
    auto slab = alloc::Slab<RuntimeSlab, alloc::Checked, Upstream>::make(10, Upstream(*buddy), RuntimeSlab(48));
    auto bump = alloc::Bump<alloc::Checked, Upstream>::make({1000, 64}, Upstream(*buddy));
    ASSERT_TRUE(slab && bump);
    EXPECT_TRUE(slab->allocate({48, 1}) && bump->allocate({500, 1}));
    EXPECT_EQ(buddy->managed_bytes() - buddy->free_bytes(), 512u + 64u + 1024u);
    auto none = alloc::Bump<alloc::Checked, Upstream>::make({8192, 64}, Upstream(*buddy));
    EXPECT_EQ(none.error(), InitError::AllocFailed);
  }
  EXPECT_EQ(buddy->free_bytes(), 8192u);
  EXPECT_EQ(list_of(*buddy, 0).size(), 2u);
}

}  // namespace
}  // namespace allocviz::test::backing_test
