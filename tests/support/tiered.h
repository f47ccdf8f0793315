// A tiered allocator under test, with the memory it stands on.
#pragma once

#include <cstddef>
#include <vector>

#include "core/alloc/tiered.h"
#include "tests/support/memory.h"

namespace allocviz::test {

// `count` largest blocks of `block` bytes, split down to `min`; slabs of `slab` bytes, of the usual classes where none
// are named.
template <class Policy = alloc::Checked>
struct TestTiered {
  using Tiered = alloc::Tiered<Policy>;

  TestTiered(std::size_t block, std::size_t min, std::size_t slab, std::size_t count = 1,
             const std::vector<std::size_t>& classes = {})
      : geometry(geometry_of(alloc::RuntimeBuddy::between(block, min), slab, classes)),
        region(*Tiered::region_layout(count, geometry)),
        metadata(*Tiered::metadata_layout(count, geometry)),
        made(Tiered::make_raw(metadata.data(), region.data(), count, geometry)) {}

  Tiered& operator*() { return *made; }
  Tiered* operator->() { return &*made; }

  static alloc::TieredGeometry geometry_of(alloc::RuntimeBuddy buddy, std::size_t slab,
                                           const std::vector<std::size_t>& classes) {
    if (classes.empty()) return alloc::TieredGeometry::usual(buddy, slab);
    return {buddy, slab, classes.data(), static_cast<unsigned>(classes.size())};
  }

  alloc::TieredGeometry geometry;
  AlignedMemory region;
  AlignedMemory metadata;
  alloc::Made<Tiered> made;
};

}  // namespace allocviz::test
