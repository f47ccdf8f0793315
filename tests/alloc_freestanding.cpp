// Everything outside core/alloc/hosted in one translation unit that has no standard library to lean on. It is compiled
// with -ffreestanding -fno-exceptions -fno-rtti, and a test looks at what symbols it still needs.
#include "core/alloc/arena.h"
#include "core/alloc/backing.h"
#include "core/alloc/bit_tree.h"
#include "core/alloc/bitmap.h"
#include "core/alloc/buddy.h"
#include "core/alloc/bump.h"
#include "core/alloc/layout.h"
#include "core/alloc/policy.h"
#include "core/alloc/recorder.h"
#include "core/alloc/result.h"
#include "core/alloc/slab.h"
#include "core/alloc/step.h"
#include "core/alloc/tiered.h"
#include "core/alloc/walk.h"

namespace {

using namespace allocviz::alloc;  // NOLINT: a firmware may

struct CountRecords {
  unsigned* count;
  void operator()(const Recorded&) const { ++*count; }
};

struct CountSteps {
  unsigned* count;
  void operator()(const Step&) const { ++*count; }
};

template <class A>
usize use(A& allocator, unsigned* count) {
  const CountSteps listener{count};
  usize sum = 0;
  void* const silent = allocator.allocate(Layout{24, 8}).ptr;
  void* const heard = allocator.allocate(Layout{24, 8}, listener).ptr;
  allocator.walk([&](const Extent& extent) { sum += extent.size; });
  sum += allocator.owns(silent) ? 1u : 0u;
  sum += allocator.deallocate(silent) == Error::None ? 1u : 0u;
  sum += allocator.deallocate(heard, listener) == Error::None ? 1u : 0u;
  Recorder<A, CountRecords> recorder(allocator, CountRecords{count});
  sum += recorder.deallocate(recorder.allocate(Layout{24, 8}).ptr) == Error::None ? 1u : 0u;
  const auto state = allocator.state();
  allocator.restore(state);
  recorder.reset();
  sum += allocator.check().holds() ? 1u : 0u;
  const A moved = static_cast<A&&>(allocator);
  return sum + moved.size();
}

template <class A>
usize resize(A& allocator) {
  void* const ptr = allocator.reallocate(nullptr, Layout{24, 8}).ptr;
  usize sum = allocator.resize_in_place(ptr, Layout{8, 8}) == Error::None ? 1u : 0u;
  allocator.visit_free_lists([&](unsigned level, usize offset) { sum += level + offset; });
  allocator.visit_links([&](usize offset, std::byte*, usize count) { sum += offset + count; });
  return sum + allocator.usable_size(ptr) + allocator.metadata().size;
}

template <class Geometry, class Policy>
usize use_buddy(void* metadata, void* region, Geometry geometry, unsigned* count) {
  const Range gap{64, 128};
  auto made = Buddy<Geometry, Policy>::make_raw_with_gaps(metadata, region, 2, &gap, 1, geometry);
  if (!made) return 0;
  usize sum = resize(*made);
  sum += made->reserve({256, 300}) == Error::None ? 1u : 0u;
  sum += made->release({256, 300}) == Error::None ? 1u : 0u;
  using Upstream = On<Buddy<Geometry, Policy>>;
  auto slab = Slab<RuntimeSlab, Policy, Upstream>::make(4, Upstream(*made), RuntimeSlab(24));
  auto bump = Bump<Policy, Upstream>::make({64, 8}, Upstream(*made));
  if (slab) sum += use(*slab, count);
  if (bump) sum += use(*bump, count);
  return sum + use(*made, count);
}

template <class B>
usize use_untouching_buddy(void* metadata, void* region, unsigned* count) {
  auto made = B::make_raw(metadata, region, 2, RuntimeBuddy::between(4096, 64));
  return made ? use(*made, count) : 0;
}

template <class Geometry, class Policy>
usize use_slab(void* metadata, void* region, Geometry geometry, unsigned* count) {
  if constexpr (Policy::kChecked) {
    auto made = Slab<Geometry, Policy>::make_raw(metadata, region, 9, geometry);
    return made ? resize(*made) + use(*made, count) : 0;
  } else {
    auto made = Slab<Geometry, Policy>::make_raw(region, 9, geometry);
    return made ? resize(*made) + use(*made, count) : 0;
  }
}

template <class Policy>
usize use_tiered(void* metadata, void* region, unsigned* count) {
  const usize classes[] = {16, 48, 128};
  const auto buddy = RuntimeBuddy::between(4096, 64);
  auto named = Tiered<Policy>::make_raw(metadata, region, 1, TieredGeometry(buddy, 512, classes, 3));
  usize sum = named ? resize(*named) + use(*named, count) : 0;
  auto usual = Tiered<Policy>::make_raw(metadata, region, 1, TieredGeometry::usual(buddy, 1024));
  if (!usual) return sum;
  usual->visit_slabs([&](const SlabExtent& slab) { sum += slab.offset; });
  usual->visit_free_blocks(0, [&](usize offset) { sum += offset; });
  return sum + resize(*usual) + use(*usual, count);
}

template <class Policy>
usize use_all(void* metadata, void* region, unsigned* count) {
  usize sum = use_buddy<FixedBuddy<4096, 5>, Policy>(metadata, region, {}, count);
  sum += use_buddy<RuntimeBuddy, Policy>(metadata, region, RuntimeBuddy::between(4096, 64), count);
  sum += use_untouching_buddy<BitmapBuddy<RuntimeBuddy, Policy>>(metadata, region, count);
  sum += use_untouching_buddy<BesideBuddy<RuntimeBuddy, Policy>>(metadata, region, count);
  sum += use_slab<FixedSlab<48>, Policy>(metadata, region, {}, count);
  sum += use_slab<RuntimeSlab, Policy>(metadata, region, RuntimeSlab(48), count);
  sum += use_tiered<Policy>(metadata, region, count);
  auto bump = Bump<Policy>::make_raw(region, {4096, 8});
  if (bump) {
    void* const ptr = bump->reallocate(nullptr, 0, {8, 8}).ptr;
    sum += bump->resize_in_place(ptr, 8, {4, 4}) == Error::None ? 1u : 0u;
    auto halves = bump->split();
    sum += use(halves.unused, count) + use(halves.used, count);
  }
  return sum;
}

}  // namespace

extern "C" std::size_t allocviz_use_everything(void* metadata, void* region, unsigned* count) {
  return use_all<Checked>(metadata, region, count) + use_all<Unchecked>(metadata, region, count);
}
