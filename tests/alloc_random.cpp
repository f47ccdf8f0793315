// Random streams of requests, releases and misuse against an independent model of intervals: every answer is where
// nobody else is, succeeds exactly when the model has room, keeps what was written in it, and leaves every invariant.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "tests/support/allocators.h"
#include "tests/support/interval_model.h"
#include "tests/support/saved_stream.h"
#include "tests/support/seed.h"
#include "tests/support/tiered.h"

namespace allocviz::test::random_test {
namespace {

using alloc::Error;
using alloc::Extent;
using alloc::Layout;
using alloc::Use;

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  // Log-uniform in [1, most]; now and then 0.
  std::size_t size(std::size_t most) {
    if (one_in(50)) return 0;
    const double exponent = std::uniform_real_distribution<double>(0, std::log2(static_cast<double>(most)))(engine_);
    return static_cast<std::size_t>(std::exp2(exponent));
  }
  std::size_t align(std::size_t most) {
    const auto orders = static_cast<std::size_t>(std::countr_zero(most)) + 1;
    return std::size_t{1} << std::min(below(orders), below(orders));
  }

 private:
  std::mt19937_64 engine_;
};

// Blocks in address order, without a hole, from 0 to the end: what a walk must be at any time, also between two steps.
template <class A>
void expect_tiling(const A& allocator) {
  std::size_t at = 0;
  allocator.walk([&](const Extent& extent) {
    EXPECT_EQ(extent.offset, at);
    EXPECT_GT(extent.size, 0u);
    at += extent.size;
  });
  EXPECT_EQ(at, allocator.size());
}

// Drives one allocator and the model side by side. What differs from allocator to allocator is in the three traits.
template <class A, class Traits>
class Duel {
 public:
  Duel(A& allocator, IntervalModel& model, std::uint64_t seed, const std::string& spec)
      : allocator_(allocator), model_(model), random_(seed), seed_(seed), asked_(spec) {}

  void run(int events) {
    run_all(events);
    if (!testing::Test::HasFailure()) return;
    const std::string path = testing::TempDir() + "failed-stream-" + std::to_string(seed_) + ".jsonl";
    const bool written = asked_.write(path, "seed " + std::to_string(seed_));
    ADD_FAILURE() << (written ? "what was asked up to here, as a trace: allocviz " : "could not be written: ") << path;
  }

 private:
  void run_all(int events) {
    for (int event = 0; event < events && !testing::Test::HasFailure(); ++event) {
      SCOPED_TRACE("event " + std::to_string(event));
      step();
      const alloc::Report report = allocator_.check();
      ASSERT_TRUE(report.holds()) << "I" << report.invariant << " at " << report.offset << ": " << report.text;
      ASSERT_TRUE(event % 64 != 0 || model_.all_intact());
      expect_walk_agrees();
    }
    finish();
  }

  struct Live {
    void* ptr;
    std::size_t requested;
  };

  void step() {
    switch (random_.below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return allocate();
      case 4:
      case 5:
      case 6:
        return live_.empty() ? allocate() : free();
      case 7:
        return live_.empty() ? allocate() : resize();
      default:
        return misuse();
    }
  }

  // Now and then with a listener that walks at every step, else in silence.
  template <class Call>
  auto heard(Call call) {
    if (!random_.one_in(4)) return call(silence_);
    auto listener = [this](const alloc::Step&) { expect_tiling(allocator_); };
    return call(listener);
  }

  [[nodiscard]] std::size_t place_of(const alloc::Allocation& got) const {
    return got ? allocator_.arena().offset_of(got.ptr) : SavedStream::kNowhere;
  }

  void allocate() {
    const Layout layout = Traits::layout(random_, allocator_);
    const bool expected = Traits::has_room(allocator_, model_, layout);
    const alloc::Allocation got = heard([&](auto& listener) { return allocator_.allocate(layout, listener); });
    asked_.allocate(layout.size, layout.align, place_of(got));
    ASSERT_EQ(static_cast<bool>(got), expected) << layout.size << " bytes aligned to " << layout.align;
    if (got) placed(got.ptr, layout);
  }

  void placed(void* ptr, Layout layout) {
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(ptr) % layout.align, 0u);
    const std::size_t offset = allocator_.arena().offset_of(ptr);
    const std::size_t size = Traits::block_bytes(allocator_, ptr, layout.size);
    ASSERT_GE(size, std::max<std::size_t>(layout.size, 1));
    const auto fault = model_.claim(offset, size);
    ASSERT_FALSE(fault.has_value()) << "the block at " << offset << " " << *fault;
    model_.paint(offset, size, ++paint_);
    live_.push_back({ptr, layout.size});
  }

  void free() {
    const std::size_t i = random_.below(live_.size());
    const Live live = live_[i];
    live_[i] = live_.back();
    live_.pop_back();
    const std::size_t offset = allocator_.arena().offset_of(live.ptr);
    ASSERT_TRUE(model_.is_intact(offset, allocator_.size())) << "the block at " << offset << " was written over";
    asked_.deallocate(offset);
    ASSERT_EQ(heard([&](auto& listener) { return allocator_.deallocate(live.ptr, listener); }), Error::None);
    Traits::freed(allocator_, model_, offset);
    freed_.push_back(live.ptr);
  }

  void resize() {
    Live& live = live_[random_.below(live_.size())];
    const std::size_t offset = allocator_.arena().offset_of(live.ptr);
    const Layout layout = Traits::layout(random_, allocator_);
    const std::size_t kept = std::min(live.requested, layout.size);
    const auto before = model_.owned().at(offset);
    const bool stays = Traits::stays(allocator_, model_, offset, live.requested, layout);
    const bool expected = stays || Traits::has_room(allocator_, model_, layout);
    const alloc::Allocation got = heard([&](auto& l) { return Traits::reallocate(allocator_, live, layout, l); });
    asked_.reallocate(offset, layout.size, layout.align, place_of(got));
    ASSERT_EQ(static_cast<bool>(got), expected) << layout.size << " bytes aligned to " << layout.align;
    if (!got) {
      ASSERT_TRUE(model_.is_intact(offset, before.size)) << "a failed reallocate changed the block";
      return;
    }
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(got.ptr) % layout.align, 0u);
    const std::size_t moved_to = allocator_.arena().offset_of(got.ptr);
    ASSERT_EQ(moved_to == offset, stays);
    const std::size_t size = Traits::block_bytes(allocator_, got.ptr, layout.size);
    const std::vector<std::byte> old = model_.painted(before, kept);
    ASSERT_TRUE(std::equal(old.begin(), old.end(), allocator_.arena().at(moved_to))) << "bytes were lost on the way";
    Traits::moved(allocator_, model_, offset, moved_to);
    const auto fault = model_.claim(moved_to, size);
    ASSERT_FALSE(fault.has_value()) << "the block at " << moved_to << " " << *fault;
    model_.paint(moved_to, size, ++paint_);
    live = {got.ptr, layout.size};
  }

  // Whatever is no live block is refused, and nothing changes.
  void misuse() {
    std::byte* const base = allocator_.arena().base();
    std::byte* ptr = nullptr;
    switch (random_.below(4)) {
      case 0:
        ptr = base + random_.below(allocator_.size());
        break;
      case 1:
        ptr = base + allocator_.size() + random_.below(1000);
        break;
      case 2:
        ptr = freed_.empty() ? nullptr : static_cast<std::byte*>(freed_[random_.below(freed_.size())]);
        break;
      default:
        ptr = live_.empty() ? nullptr : static_cast<std::byte*>(live_[random_.below(live_.size())].ptr) + 1;
    }
    if (Traits::is_acceptable(allocator_, model_, ptr)) return;
    const auto state = allocator_.state();
    asked_.deallocate(allocator_.arena().offset_of(ptr));
    ASSERT_NE(heard([&](auto& listener) { return allocator_.deallocate(ptr, listener); }), Error::None);
    const auto& now = allocator_.state();
    ASSERT_EQ(std::memcmp(&state, &now, sizeof state), 0) << "a refused release changed the state";
  }

  // Every block of the model is a live one of the walk, with its size; nothing else is live.
  void expect_walk_agrees() {
    expect_tiling(allocator_);
    std::size_t live = 0;
    allocator_.walk([&](const Extent& extent) {
      if (extent.use != Use::Live) return;
      ++live;
      const auto it = model_.owned().find(extent.offset);
      ASSERT_NE(it, model_.owned().end()) << "nobody owns the block at " << extent.offset;
      ASSERT_EQ(it->second.size, extent.size);
    });
    ASSERT_EQ(live, Traits::kWalksLive ? live_.size() : 0);
  }

  void finish() {
    while (!live_.empty() && !testing::Test::HasFailure()) free();
    ASSERT_TRUE(Traits::is_as_new(allocator_));
    ASSERT_TRUE(allocator_.check().holds());
  }

  A& allocator_;
  IntervalModel& model_;
  Random random_;
  std::uint64_t seed_;
  SavedStream asked_;
  alloc::NoSteps silence_;
  std::vector<Live> live_;
  std::vector<void*> freed_;
  std::uint64_t paint_ = 0;
};

struct BuddyTraits {
  static constexpr bool kWalksLive = true;
  template <class A>
  static Layout layout(Random& random, const A& buddy) {
    return {random.size(buddy.block_size() + buddy.block_size() / 8), random.align(2 * buddy.block_size())};
  }
  template <class A>
  static bool has_room(const A& buddy, const IntervalModel& model, Layout layout) {
    const std::size_t size = std::bit_ceil(std::max({layout.size, layout.align, buddy.min_block_size()}));
    return size <= buddy.block_size() && model.has_room(size, size);
  }
  // Whether a block can take a new layout without moving.
  template <class A>
  static bool stays(const A& buddy, const IntervalModel& model, std::size_t offset, std::size_t, Layout layout) {
    const std::size_t size = std::bit_ceil(std::max({layout.size, layout.align, buddy.min_block_size()}));
    const std::size_t old_size = model.owned().at(offset).size;
    return size <= old_size ||
           (size <= buddy.block_size() && offset % size == 0 && model.is_free(offset + old_size, offset + size));
  }
  template <class A>
  static std::size_t block_bytes(const A& buddy, void* ptr, std::size_t) {
    return buddy.usable_size(ptr);
  }
  template <class A, class L, class S>
  static alloc::Allocation reallocate(A& buddy, const L& live, Layout layout, S& listener) {
    return buddy.reallocate(live.ptr, layout, listener);
  }
  template <class A>
  static void freed(const A&, IntervalModel& model, std::size_t offset) {
    model.drop(offset);
  }
  template <class A>
  static void moved(const A&, IntervalModel& model, std::size_t from, std::size_t) {
    model.drop(from);
  }
  template <class A>
  static bool is_acceptable(const A& buddy, const IntervalModel& model, const void* ptr) {
    const auto it = model.owned().find(buddy.arena().offset_of(ptr));
    return it != model.owned().end() && !it->second.is_gap;
  }
  template <class A>
  static bool is_as_new(const A& buddy) {
    return buddy.free_bytes() == buddy.managed_bytes();
  }
};

struct SlabTraits : BuddyTraits {
  template <class A>
  static Layout layout(Random& random, const A& slab) {
    return {random.size(slab.block_size() + 8), random.align(2 * slab.block_align())};
  }
  template <class A>
  static bool has_room(const A& slab, const IntervalModel& model, Layout layout) {
    return layout.size <= slab.block_size() && layout.align <= slab.block_align() &&
           model.owned().size() < slab.num_blocks();
  }
  template <class A>
  static bool stays(const A& slab, const IntervalModel&, std::size_t, std::size_t, Layout layout) {
    return layout.size <= slab.block_size() && layout.align <= slab.block_align();
  }
  template <class A>
  static bool is_as_new(const A& slab) {
    return slab.outstanding() == 0 && slab.free_bytes() == slab.size();
  }
};

// The model of a bump allocator keeps every block until the mark rewinds.
struct BumpTraits {
  static constexpr bool kWalksLive = false;
  template <class A>
  static Layout layout(Random& random, const A& bump) {
    return {random.size(1 + bump.size() / 16), random.align(512)};
  }
  static std::size_t lowest(std::size_t size, const IntervalModel& model) {
    return model.owned().empty() ? size : model.owned().begin()->first;
  }
  template <class A>
  static bool has_room(const A& bump, const IntervalModel& model, Layout layout) {
    const std::size_t size = std::max<std::size_t>(layout.size, 1);
    const std::size_t room = lowest(bump.size(), model);
    if (size > room) return false;
    const std::uintptr_t highest = bump.arena().address() + room - size;
    return highest - highest % layout.align >= bump.arena().address();
  }
  template <class A>
  static bool stays(const A& bump, const IntervalModel&, std::size_t offset, std::size_t requested, Layout layout) {
    return layout.size <= requested && (bump.arena().address() + offset) % layout.align == 0;
  }
  template <class A>
  static std::size_t block_bytes(const A&, void*, std::size_t requested) {
    return std::max<std::size_t>(requested, 1);
  }
  template <class A, class L, class S>
  static alloc::Allocation reallocate(A& bump, const L& live, Layout layout, S& listener) {
    return bump.reallocate(live.ptr, live.requested, layout, listener);
  }
  template <class A>
  static void freed(const A& bump, IntervalModel& model, std::size_t) {
    if (bump.outstanding() == 0) model.drop_blocks();
  }
  template <class A>
  static void moved(const A&, IntervalModel& model, std::size_t from, std::size_t to) {
    if (from == to) model.drop(from);
  }
  template <class A>
  static bool is_acceptable(const A& bump, const IntervalModel&, const void* ptr) {
    return bump.outstanding() != 0 && bump.owns(ptr);
  }
  template <class A>
  static bool is_as_new(const A& bump) {
    return bump.mark() == bump.size();
  }
};

// What a request needs, and where it may stand, as the contract has it: told from the walk alone.
struct TieredTraits : BuddyTraits {
  template <class A>
  static std::size_t in_buddy(const A& tiered, Layout layout) {
    return std::bit_ceil(std::max({layout.size, layout.align, tiered.below().min_block_size()}));
  }
  // Four sizes to each doubling, of whole smallest blocks.
  template <class A>
  static std::size_t as_run(const A& tiered, Layout layout) {
    const std::size_t block = std::bit_ceil(std::max(layout.size, tiered.below().min_block_size()));
    const std::size_t step = std::max(block / 8, tiered.below().min_block_size());
    return (std::max<std::size_t>(layout.size, 1) + step - 1) / step * step;
  }
  template <class A>
  static Layout layout(Random& random, const A& tiered) {
    const std::size_t block = tiered.below().block_size();
    const bool small = !random.one_in(4);
    return {random.size(small ? tiered.geometry().slab_bytes() / 4 : block + block / 8),
            random.align(random.one_in(8) ? 2 * block : 64)};
  }
  template <class A>
  static bool fits(const A& tiered, const Extent& extent, Layout layout) {
    if (extent.use != Use::Free && extent.use != Use::Fresh) return false;
    if (extent.size_class == alloc::kNoClass) return extent.size >= in_buddy(tiered, layout);
    return extent.size >= layout.size && extent.size % layout.align == 0;
  }
  // Whether one of the first blocks of half or a quarter of the size has enough free memory around it.
  template <class A>
  static bool fits_side_by_side(const A& tiered, Layout layout) {
    std::vector<Extent> free;  // the buddy's, what lies side by side as one
    tiered.walk([&](const Extent& extent) {
      if (extent.use != Use::Free || extent.size_class != alloc::kNoClass) return;
      if (!free.empty() && free.back().offset + free.back().size == extent.offset) {
        free.back().size += extent.size;
      } else {
        free.push_back(extent);
      }
    });
    const std::size_t whole = in_buddy(tiered, layout);
    std::array<std::size_t, 2> looks{16, 16};
    bool found = false;
    tiered.visit_free_lists([&](unsigned level, std::size_t offset) {
      const std::size_t size = tiered.below().size_at(level);
      if (size != whole / 2 && size != whole / 4) return;
      std::size_t& left = looks[size == whole / 2 ? 0 : 1];
      if (left == 0) return;
      --left;
      const auto room = std::find_if(free.begin(), free.end(), [&](const Extent& extent) {
        return offset >= extent.offset && offset < extent.offset + extent.size;
      });
      const std::size_t from = (room->offset + layout.align - 1) / layout.align * layout.align;
      found |= from + as_run(tiered, layout) <= room->offset + room->size;
    });
    return found;
  }
  // Any free block anywhere that can hold it, or several side by side.
  template <class A>
  static bool has_room(const A& tiered, const IntervalModel&, Layout layout) {
    if (layout.size > tiered.below().block_size() || layout.align > tiered.below().block_size()) return false;
    bool found = false;
    tiered.walk([&](const Extent& extent) { found |= fits(tiered, extent, layout); });
    return found || fits_side_by_side(tiered, layout);
  }
  template <class A>
  static bool stays(const A& tiered, const IntervalModel&, std::size_t offset, std::size_t, Layout layout) {
    const std::size_t size = as_run(tiered, layout);
    bool may = false, in_slab = false;
    std::size_t free_to = 0;  // from the block's end on, blocks of the buddy are free up to here
    tiered.walk([&](const Extent& extent) {
      if (extent.offset == offset) {
        in_slab = extent.size_class != alloc::kNoClass;
        may = in_slab ? extent.size >= layout.size && extent.size % layout.align == 0 : false;
        free_to = offset + extent.size;
      } else if (extent.offset == free_to && extent.use == Use::Free && extent.size_class == alloc::kNoClass) {
        free_to += extent.size;
      }
    });
    if (may || in_slab) return may;
    return in_buddy(tiered, layout) <= tiered.below().block_size() && offset % layout.align == 0 &&
           free_to >= offset + size;
  }
};

class RandomStream : public testing::TestWithParam<int> {};

TEST_P(RandomStream, a_buddy_agrees_with_the_interval_model) {
  const std::uint64_t base = seed() + static_cast<std::uint64_t>(GetParam()) * 1000;
  for (std::uint64_t round = 0; round < 6; ++round) {
    Random random(base + round);
    const std::size_t min = std::size_t{16} << random.below(4);
    const std::size_t block = min << random.below(9);
    const std::size_t count = 1 + random.below(20);
    std::vector<alloc::Range> gaps;
    for (std::size_t at = 0; random.below(3) != 0 && at < block * count;) {
      const std::size_t from = at + random.below(block * count - at);
      gaps.push_back({from, from + random.below(block)});
      at = gaps.back().to;
    }
    TestBuddy<> buddy(block, min, count, gaps);
    ASSERT_TRUE(buddy.made);
    IntervalModel model(buddy.region.data(), buddy->size());
    buddy->walk([&](const Extent& e) {
      if (e.use == Use::Gap) model.claim_gap(e.offset, e.size);
    });
    Duel<TestBuddy<>::Buddy, BuddyTraits>(
        *buddy, model, base + round,
        with_gaps(spec_json("buddy", {{"arena", buddy->size()}, {"block", block}, {"min_block", min}}), gaps))
        .run(1500);
  }
}

TEST_P(RandomStream, a_slab_agrees_with_the_interval_model) {
  const std::uint64_t base = seed() + static_cast<std::uint64_t>(GetParam()) * 1000;
  for (std::uint64_t round = 0; round < 6; ++round) {
    Random random(base + round);
    TestSlab slab(8 + random.below(200), 1 + random.below(150));
    ASSERT_TRUE(slab.made);
    IntervalModel model(slab.region.data(), slab->size());
    Duel<TestSlab::Slab, SlabTraits>(*slab, model, base + round,
                                     spec_json("slab", {{"block", slab->block_size()}, {"count", slab->num_blocks()}}))
        .run(1500);
  }
}

TEST_P(RandomStream, a_bump_agrees_with_the_interval_model) {
  const std::uint64_t base = seed() + static_cast<std::uint64_t>(GetParam()) * 1000;
  for (std::uint64_t round = 0; round < 6; ++round) {
    Random random(base + round);
    TestBump bump(1 + random.below(20000),
                  random.one_in(2) ? 4096 : 1);  // also where the region itself is not aligned so
    ASSERT_TRUE(bump.made);
    IntervalModel model(bump.region.data(), bump->size());
    Duel<TestBump::Bump, BumpTraits>(*bump, model, base + round, spec_json("bump", {{"arena", bump->size()}}))
        .run(1500);
  }
}

TEST_P(RandomStream, a_tiered_agrees_with_the_interval_model) {
  const std::uint64_t base = seed() + static_cast<std::uint64_t>(GetParam()) * 1000;
  for (std::uint64_t round = 0; round < 6; ++round) {
    Random random(base + round);
    const std::size_t min = std::size_t{16} << random.below(3);
    const std::size_t block = std::size_t{2048} << random.below(4);
    const std::size_t slab = std::max(min, block >> random.below(4));
    std::vector<std::size_t> classes;
    for (std::size_t size = 8 + random.below(20); !random.one_in(3) && size <= slab; size += 1 + random.below(size)) {
      classes.push_back(size);
    }
    TestTiered<> tiered(block, min, slab, 1 + random.below(6), classes);
    ASSERT_TRUE(tiered.made);
    IntervalModel model(tiered.region.data(), tiered->size());
    Duel<TestTiered<>::Tiered, TieredTraits>(
        *tiered, model, base + round,
        with_classes(spec_json("tiered", {{"arena", tiered->size()}, {"min_block", min}}), classes.data(),
                     classes.size()))
        .run(1500);
  }
}

INSTANTIATE_TEST_SUITE_P(Rounds, RandomStream, testing::Range(0, 3));

}  // namespace
}  // namespace allocviz::test::random_test
