// The same requests on the same configuration land on the same offsets as the reference, event by event.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <unordered_map>

#include "core/alloc/buddy.h"
#include "core/alloc/bump.h"
#include "core/alloc/slab.h"
#include "tests/support/memory.h"
#include "tests/support/placement.h"

namespace allocviz::test::placement_test {
namespace {

using alloc::Layout;

// Runs every event and compares every offset; check() after each.
template <class A>
void expect_placements(A& allocator, const PlacementCase& vectors) {
  std::unordered_map<std::size_t, void*> live;
  std::size_t number = 0;
  for (const PlacementEvent& event : vectors.events) {
    ++number;
    if (event.is_alloc) {
      const alloc::Allocation got = allocator.allocate(Layout{event.size, event.align});
      ASSERT_EQ(static_cast<bool>(got), event.offset.has_value()) << "event " << number;
      if (got) {
        ASSERT_EQ(allocator.arena().offset_of(got.ptr), *event.offset) << "event " << number;
        live[event.id] = got.ptr;
      }
    } else if (const auto it = live.find(event.id); it != live.end()) {
      ASSERT_EQ(allocator.arena().offset_of(it->second), event.offset) << "event " << number;
      ASSERT_EQ(allocator.deallocate(it->second), alloc::Error::None) << "event " << number;
      live.erase(it);
    } else {
      ASSERT_FALSE(event.offset.has_value()) << "event " << number;
    }
    if (number % 16 != 0) continue;
    ASSERT_TRUE(allocator.check().holds()) << "event " << number << ": " << allocator.check().text;
  }
}

template <class Geometry, class Policy, class Free = alloc::InBand>
void run_buddy(const PlacementCase& vectors, Geometry geometry) {
  using Buddy = alloc::Buddy<Geometry, Policy, alloc::Raw, alloc::NoSteps, Free>;
  const std::size_t block = std::size_t{1} << geometry.block_shift();
  const std::size_t count = vectors.arena / block;
  const AlignedMemory region(*Buddy::region_layout(count, geometry));
  const AlignedMemory metadata(*Buddy::metadata_layout(count, geometry));
  std::vector<alloc::Range> gaps;
  for (std::size_t i = 0; i + 1 < vectors.gaps.size(); i += 2) gaps.push_back({vectors.gaps[i], vectors.gaps[i + 1]});
  auto made = Buddy::make_raw_with_gaps(metadata.data(), region.data(), count, gaps.data(), gaps.size(), geometry);
  ASSERT_TRUE(made);
  expect_placements(*made, vectors);
  if (!Free::kTouches) gaps.assign(1, {0, vectors.arena});
  for (const alloc::Range& gap : gaps) {
    for (std::size_t at = gap.from; at < gap.to; ++at) {
      ASSERT_EQ(region.data()[at], std::byte{0xA5}) << "a byte was written that nobody may touch, at offset " << at;
    }
  }
}

void run(const PlacementCase& vectors) {
  if (vectors.kind == "buddy") {
    const std::size_t block = vectors.block == 0 ? vectors.arena : vectors.block;
    const auto geometry = alloc::RuntimeBuddy::between(block, vectors.min_block);
    ASSERT_TRUE(geometry.valid());
    run_buddy<alloc::RuntimeBuddy, alloc::Checked>(vectors, geometry);
    run_buddy<alloc::RuntimeBuddy, alloc::Unchecked>(vectors, geometry);
    run_buddy<alloc::RuntimeBuddy, alloc::Checked, alloc::Beside>(vectors, geometry);
  } else if (vectors.kind == "bump") {
    const AlignedMemory region({vectors.arena, 4096});
    auto checked = alloc::Bump<>::make_raw(region.data(), {vectors.arena, 4096});
    expect_placements(*checked, vectors);
    auto unchecked = alloc::Bump<alloc::Unchecked>::make_raw(region.data(), {vectors.arena, 4096});
    expect_placements(*unchecked, vectors);
  } else {
    ASSERT_EQ(vectors.kind, "slab");
    const alloc::RuntimeSlab geometry(vectors.block);
    const AlignedMemory region(*alloc::Slab<>::region_layout(vectors.count, geometry));
    const AlignedMemory metadata(alloc::Slab<>::metadata_layout(vectors.count));
    auto checked = alloc::Slab<>::make_raw(metadata.data(), region.data(), vectors.count, geometry);
    expect_placements(*checked, vectors);
    using Unchecked = alloc::Slab<alloc::RuntimeSlab, alloc::Unchecked>;
    auto unchecked = Unchecked::make_raw(region.data(), vectors.count, geometry);
    expect_placements(*unchecked, vectors);
  }
}

class Placement : public testing::TestWithParam<const char*> {};

TEST_P(Placement, equals_the_reference_event_by_event) {
  const auto vectors = read_placement_case(ALLOCVIZ_SOURCE_DIR "/tests/data/placement", GetParam());
  ASSERT_TRUE(vectors.has_value());
  run(*vectors);
}

TEST_P(Placement, equals_the_reference_over_the_whole_of_each_vector) {
  const auto vectors = read_placement_case(ALLOCVIZ_SOURCE_DIR "/../shared/placement", GetParam());
  if (!vectors) GTEST_SKIP() << "the whole vectors are not here; the first 2000 events of each have run";
  run(*vectors);
}

INSTANTIATE_TEST_SUITE_P(Vectors, Placement,
                         testing::Values("buddyA-1", "buddyB-2", "buddyC-3", "buddyG-4", "bump-6", "slab48-5"),
                         [](const auto& vector) {
                           std::string name = vector.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

// The same code with compile-time constants.
TEST(PlacementFixed, a_fixed_geometry_places_as_a_runtime_one) {
  const std::string folder = ALLOCVIZ_SOURCE_DIR "/tests/data/placement";
  run_buddy<alloc::FixedBuddy<1048576, 15>, alloc::Checked>(*read_placement_case(folder, "buddyA-1"), {});
  run_buddy<alloc::FixedBuddy<65536, 11>, alloc::Checked>(*read_placement_case(folder, "buddyB-2"), {});
  run_buddy<alloc::FixedBuddy<4096, 9>, alloc::Unchecked>(*read_placement_case(folder, "buddyC-3"), {});
  run_buddy<alloc::FixedBuddy<65536, 13>, alloc::Checked>(*read_placement_case(folder, "buddyG-4"), {});
}

}  // namespace
}  // namespace allocviz::test::placement_test
