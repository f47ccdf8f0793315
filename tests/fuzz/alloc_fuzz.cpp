// Bytes become calls on a buddy with gaps, a slab, a bump and a tiered allocator: requests, releases of anything,
// resizes, reservations. Nothing may crash, and after every call every invariant holds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "tests/support/allocators.h"
#include "tests/support/tiered.h"

namespace {

using namespace allocviz::alloc;  // NOLINT: short names for one file
using namespace allocviz::test;   // NOLINT

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  [[nodiscard]] bool empty() const { return left_ == 0; }
  std::size_t byte() { return left_ == 0 ? 0 : (--left_, *data_++); }
  std::size_t word() { return byte() << 8 | byte(); }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

template <class A>
void expect_sound(const A& allocator) {
  std::size_t at = 0;
  allocator.walk([&](const Extent& extent) {
    if (extent.offset != at) std::abort();
    at += extent.size;
  });
  if (at != allocator.size() || !allocator.check().holds()) std::abort();
}

// A size, an alignment (now and then no power of two), and a pointer that may be anything.
Layout layout(Input& in) {
  const std::size_t size = in.word();
  const std::size_t align = in.byte();
  return {size, align % 8 == 7 ? align : std::size_t{1} << align % 16};
}
template <class A>
void* pointer(const A& allocator, const std::vector<void*>& given, Input& in) {
  const std::size_t which = in.word();
  if (which % 4 != 0 && !given.empty()) return given[which % given.size()];
  return reinterpret_cast<void*>(allocator.arena().address() + which);
}

template <class A>
void keep(std::vector<void*>& given, const A& allocator, const Allocation& got, Layout layout) {
  if (!got) return;
  if (!allocator.owns(got.ptr) || (reinterpret_cast<std::uintptr_t>(got.ptr) & (layout.align - 1)) != 0) std::abort();
  given.push_back(got.ptr);
}

void run_buddy(Input& in) {
  const std::size_t block = std::size_t{64} << in.byte() % 8;
  const std::size_t from = in.word() % (3 * block);
  TestBuddy<> buddy(block, std::size_t{16} << in.byte() % 3, 3, {{from, from + in.byte()}});
  if (!buddy.made) std::abort();
  std::vector<void*> given;
  while (!in.empty()) {
    const std::size_t op = in.byte() % 8;
    if (op < 3) {
      const Layout wanted = layout(in);
      keep(given, *buddy, buddy->allocate(wanted, [&](const Step&) { (void)buddy->free_bytes(); }), wanted);
    } else if (op < 5) {
      void* const ptr = pointer(*buddy, given, in);
      if ((buddy->deallocate(ptr) == Error::None) && buddy->owns(ptr)) std::abort();
    } else if (op == 5) {
      void* const ptr = pointer(*buddy, given, in);
      const Layout wanted = layout(in);
      keep(given, *buddy, buddy->reallocate(ptr, wanted), wanted);
    } else {
      const std::size_t first = in.word();
      const Range range{first, first + in.byte()};
      (void)(op == 6 ? buddy->reserve(range) : buddy->release(range));
    }
    expect_sound(*buddy);
  }
}

void run_slab(Input& in) {
  TestSlab slab(8 + in.byte(), in.byte());
  if (!slab.made) std::abort();
  std::vector<void*> given;
  while (!in.empty()) {
    if (in.byte() % 2 == 0) {
      const Layout wanted = layout(in);
      keep(given, *slab, slab->allocate({wanted.size % 300, wanted.align}), wanted);
    } else {
      void* const ptr = pointer(*slab, given, in);
      if (slab->deallocate(ptr) == Error::None && slab->owns(ptr)) std::abort();
    }
    expect_sound(*slab);
  }
}

void run_bump(Input& in) {
  TestBump bump(1 + in.word());
  std::vector<void*> given;
  while (!in.empty()) {
    if (in.byte() % 4 != 0) {
      const Layout wanted = layout(in);
      keep(given, *bump, bump->allocate(wanted), wanted);
    } else {
      (void)bump->deallocate(pointer(*bump, given, in));
    }
    expect_sound(*bump);
  }
}

void run_tiered(Input& in) {
  const std::size_t block = std::size_t{512} << in.byte() % 5;
  const std::size_t min = std::size_t{16} << in.byte() % 3;
  std::vector<std::size_t> classes;
  for (std::size_t size = 8 + in.byte() % 32; in.byte() % 4 != 0 && size <= block / 4;) {
    classes.push_back(size);
    size += 1 + in.byte();
  }
  TestTiered<> tiered(block, min, std::max(min, block >> in.byte() % 4), 1 + in.byte() % 3, classes);
  if (!tiered.made) return;  // a class larger than a slab
  std::vector<void*> given;
  while (!in.empty()) {
    const std::size_t op = in.byte() % 8;
    if (op < 4) {
      const Layout any = layout(in);
      const Layout wanted{any.size >> op * 2, op == 0 ? any.align : any.align & 0x3F};
      keep(given, *tiered, tiered->allocate(wanted, [&](const Step&) { (void)tiered->free_bytes(); }), wanted);
    } else if (op < 7) {
      void* const ptr = pointer(*tiered, given, in);
      if (tiered->deallocate(ptr) == Error::None && tiered->owns(ptr)) std::abort();
    } else {
      void* const ptr = pointer(*tiered, given, in);
      const Layout wanted = layout(in);
      keep(given, *tiered, tiered->reallocate(ptr, wanted), wanted);
    }
    expect_sound(*tiered);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const std::size_t which = in.byte() % 4;
  if (which == 0) run_buddy(in);
  if (which == 1) run_slab(in);
  if (which == 2) run_bump(in);
  if (which == 3) run_tiered(in);
  return 0;
}
