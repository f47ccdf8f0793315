// Bytes become calls on a buddy with gaps, a slab, a bump and a tiered allocator: requests, releases of anything,
// resizes, reservations. Nothing may crash, and after every call every invariant holds.
#ifdef ALLOCVIZ_LIBFUZZER
#include <sanitizer/common_interface_defs.h>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/allocators.h"
#include "tests/support/saved_stream.h"
#include "tests/support/tiered.h"

namespace {

using namespace allocviz::alloc;  // NOLINT: short names for one file
using namespace allocviz::test;   // NOLINT

SavedStream* asked = nullptr;  // of the run under way

// Also called when a sanitizer ends the program.
void save() {
  if (asked != nullptr && asked->write("failed-stream.jsonl", "found by the fuzzer")) {
    std::fputs("what was asked up to here, as a trace: failed-stream.jsonl\n", stderr);
  }
}
[[noreturn]] void stop() {
  save();
  std::abort();
}

// The stream of one run, written when the run does not come to its end.
class Asked {
 public:
  explicit Asked(std::string spec) : stream_(std::move(spec)) { asked = &stream_; }
  ~Asked() { asked = nullptr; }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  template <class A>
  Allocation allocate(A& allocator, Layout wanted) {
    const Allocation got = allocator.allocate(wanted, [&](const Step&) { (void)allocator.free_bytes(); });
    stream_.allocate(wanted.size, wanted.align, place_of(allocator, got));
    return got;
  }
  template <class A>
  Allocation reallocate(A& allocator, void* ptr, Layout wanted) {
    const std::size_t from = allocator.arena().offset_of(ptr);
    const Allocation got = allocator.reallocate(ptr, wanted);
    stream_.reallocate(from, wanted.size, wanted.align, place_of(allocator, got));
    return got;
  }
  template <class A>
  void deallocate(A& allocator, void* ptr) {
    stream_.deallocate(allocator.arena().offset_of(ptr));
    const bool is_bump = !requires {
      allocator.usable_size(ptr);
    };
    if (allocator.deallocate(ptr) == Error::None && !is_bump && allocator.owns(ptr)) stop();
  }
  void mark(const char* name) { stream_.mark(name); }

 private:
  template <class A>
  static std::size_t place_of(const A& allocator, const Allocation& got) {
    return got ? allocator.arena().offset_of(got.ptr) : SavedStream::kNowhere;
  }
  SavedStream stream_;
};

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
    if (extent.offset != at) stop();
    at += extent.size;
  });
  if (at != allocator.size() || !allocator.check().holds()) stop();
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
  if (!allocator.owns(got.ptr) || (reinterpret_cast<std::uintptr_t>(got.ptr) & (layout.align - 1)) != 0) stop();
  given.push_back(got.ptr);
}

void run_buddy(Input& in) {
  const std::size_t block = std::size_t{64} << in.byte() % 8;
  const std::size_t from = in.word() % (3 * block);
  const std::vector<Range> gaps = {{from, from + in.byte()}};
  TestBuddy<> buddy(block, std::size_t{16} << in.byte() % 3, 3, gaps);
  if (!buddy.made) stop();
  Asked calls(with_gaps(
      spec_json("buddy", {{"arena", 3 * block}, {"block", block}, {"min_block", buddy->min_block_size()}}), gaps));
  std::vector<void*> given;
  while (!in.empty()) {
    const std::size_t op = in.byte() % 8;
    if (op < 3) {
      const Layout wanted = layout(in);
      keep(given, *buddy, calls.allocate(*buddy, wanted), wanted);
    } else if (op < 5) {
      calls.deallocate(*buddy, pointer(*buddy, given, in));
    } else if (op == 5) {
      void* const ptr = pointer(*buddy, given, in);
      const Layout wanted = layout(in);
      keep(given, *buddy, calls.reallocate(*buddy, ptr, wanted), wanted);
    } else {
      const std::size_t first = in.word();
      const Range range{first, first + in.byte()};
      calls.mark(op == 6 ? "reserve" : "release");
      (void)(op == 6 ? buddy->reserve(range) : buddy->release(range));
    }
    expect_sound(*buddy);
  }
}

void run_slab(Input& in) {
  TestSlab slab(8 + in.byte(), in.byte());
  if (!slab.made) stop();
  Asked calls(spec_json("slab", {{"block", slab->block_size()}, {"count", slab->num_blocks()}}));
  std::vector<void*> given;
  while (!in.empty()) {
    if (in.byte() % 2 == 0) {
      const Layout any = layout(in);
      const Layout wanted{any.size % 300, any.align};
      keep(given, *slab, calls.allocate(*slab, wanted), wanted);
    } else {
      calls.deallocate(*slab, pointer(*slab, given, in));
    }
    expect_sound(*slab);
  }
}

void run_bump(Input& in) {
  TestBump bump(1 + in.word());
  Asked calls(spec_json("bump", {{"arena", bump->size()}}));
  std::vector<void*> given;
  while (!in.empty()) {
    if (in.byte() % 4 != 0) {
      const Layout wanted = layout(in);
      keep(given, *bump, calls.allocate(*bump, wanted), wanted);
    } else {
      calls.deallocate(*bump, pointer(*bump, given, in));
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
  const std::size_t slab = std::max(min, block >> in.byte() % 4);
  if (!TestTiered<>::geometry_of(RuntimeBuddy::between(block, min), slab, classes).valid()) return;
  TestTiered<> tiered(block, min, slab, 1 + in.byte() % 3, classes);
  if (!tiered.made) stop();
  Asked calls(with_classes(spec_json("tiered", {{"arena", tiered->size()}, {"min_block", min}}), classes.data(),
                           classes.size()));
  std::vector<void*> given;
  while (!in.empty()) {
    const std::size_t op = in.byte() % 8;
    if (op < 4) {
      const Layout any = layout(in);
      const Layout wanted{any.size >> op * 2, op == 0 ? any.align : any.align & 0x3F};
      keep(given, *tiered, calls.allocate(*tiered, wanted), wanted);
    } else if (op < 7) {
      calls.deallocate(*tiered, pointer(*tiered, given, in));
    } else {
      void* const ptr = pointer(*tiered, given, in);
      const Layout wanted = layout(in);
      keep(given, *tiered, calls.reallocate(*tiered, ptr, wanted), wanted);
    }
    expect_sound(*tiered);
  }
}

}  // namespace

#ifdef ALLOCVIZ_LIBFUZZER
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  __sanitizer_set_death_callback(save);
  return 0;
}
#endif
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const std::size_t which = in.byte() % 4;
  if (which == 0) run_buddy(in);
  if (which == 1) run_slab(in);
  if (which == 2) run_bump(in);
  if (which == 3) run_tiered(in);
  return 0;
}
