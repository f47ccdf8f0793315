// Allocators under test, each with the memory it stands on.
#pragma once

#include <initializer_list>
#include <ostream>
#include <vector>

#include "core/alloc/buddy.h"
#include "core/alloc/bump.h"
#include "core/alloc/slab.h"
#include "tests/support/memory.h"

namespace allocviz::alloc {

inline std::ostream& operator<<(std::ostream& out, Error error) {
  return out << "Error " << static_cast<int>(error);
}
inline std::ostream& operator<<(std::ostream& out, InitError error) {
  return out << "InitError " << static_cast<int>(error);
}

}  // namespace allocviz::alloc

namespace allocviz::test {

template <class A>
std::size_t offset_of(const A& allocator, const void* ptr) {
  return allocator.arena().offset_of(ptr);
}

// What a walk reports, in its order.
template <class A>
std::vector<alloc::Extent> extents_of(const A& allocator) {
  std::vector<alloc::Extent> extents;
  allocator.walk([&](const alloc::Extent& extent) { extents.push_back(extent); });
  return extents;
}

// The free list of a level, in its order.
template <class A>
std::vector<std::size_t> list_of(const A& allocator, unsigned wanted = 0) {
  std::vector<std::size_t> offsets;
  allocator.visit_free_lists([&](unsigned level, std::size_t offset) {
    if (level == wanted) offsets.push_back(offset);
  });
  return offsets;
}

// `count` top-level blocks of `block` bytes, split down to `min`.
template <class Policy = alloc::Checked, class Sink = alloc::NoSteps, class Free = alloc::InBand,
          class Region = AlignedMemory>
struct TestBuddy {
  using Buddy = alloc::Buddy<alloc::RuntimeBuddy, Policy, alloc::Raw, Sink, Free>;

  TestBuddy(std::size_t block, std::size_t min, std::size_t count = 1, std::vector<alloc::Range> holes = {})
      : geometry(alloc::RuntimeBuddy::between(block, min)),
        gaps(std::move(holes)),
        region(*Buddy::region_layout(count, geometry)),
        metadata(*Buddy::metadata_layout(count, geometry)),
        made(Buddy::make_raw_with_gaps(metadata.data(), region.data(), count, gaps.data(), gaps.size(), geometry)) {}

  Buddy& operator*() { return *made; }
  Buddy* operator->() { return &*made; }

  alloc::RuntimeBuddy geometry;
  std::vector<alloc::Range> gaps;
  Region region;
  AlignedMemory metadata;
  alloc::Made<Buddy> made;
};

struct TestSlab {
  using Slab = alloc::Slab<>;

  TestSlab(std::size_t block, std::size_t count)
      : geometry(block),
        region(*Slab::region_layout(count, geometry)),
        metadata(Slab::metadata_layout(count)),
        made(Slab::make_raw(metadata.data(), region.data(), count, geometry)) {}

  Slab& operator*() { return *made; }
  Slab* operator->() { return &*made; }

  alloc::RuntimeSlab geometry;
  AlignedMemory region;
  AlignedMemory metadata;
  alloc::Made<Slab> made;
};

struct TestBump {
  using Bump = alloc::Bump<>;

  explicit TestBump(std::size_t size, std::size_t align = 4096)
      : region({size, align}), made(Bump::make_raw(region.data(), {size, align})) {}

  Bump& operator*() { return *made; }
  Bump* operator->() { return &*made; }

  AlignedMemory region;
  alloc::Made<Bump> made;
};

}  // namespace allocviz::test
