// One target an allocator, one for discontiguous regions, one for sequences that are mostly misuse. Nothing may crash;
// every release is answered as the walk before it says; what is in a live block stays; after every call every invariant
// holds.
#ifdef ALLOCVIZ_LIBFUZZER
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ALLOCVIZ_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ALLOCVIZ_POISONS 1
#endif
#endif
#ifdef ALLOCVIZ_POISONS
#include <sanitizer/asan_interface.h>
#endif

#include "tests/fuzz/alloc_calls.h"
#include "tests/support/tiered.h"

namespace {

using namespace allocviz::alloc;  // NOLINT: short names for one file
using namespace allocviz::test;   // NOLINT

// A request of a buddy, and whether it was answered as the walk before it says it must be.
template <class B>
void allocate_from(B& buddy, Calls<B>& calls, Layout wanted) {
  const std::size_t size = std::max({wanted.size, wanted.align, buddy.min_block_size()});
  bool has_room = false;
  buddy.walk([&](const Extent& extent) { has_room |= extent.use == Use::Free && extent.size >= std::bit_ceil(size); });
  Error expected = has_room ? Error::None : Error::OutOfMemory;
  if (size > buddy.block_size()) expected = wanted.size > buddy.block_size() ? Error::TooLarge : Error::AlignTooLarge;
  if (!is_power_of_two(wanted.align)) expected = Error::AlignTooLarge;
  if (calls.allocate(wanted).why != expected) stop("a request was answered otherwise than its walk says");
}

// Three largest blocks with a gap. Bits or lists, the same calls; but only lists can be reallocated.
template <class Free>
void run_buddy(Input& in) {
  const std::size_t block = std::size_t{64} << in.byte() % 8;
  const std::size_t from = in.word() % (3 * block);
  const std::vector<Range> gaps = {{from, from + in.byte()}};
  TestBuddy<Checked, NoSteps, Free> buddy(block, std::size_t{16} << in.byte() % 3, 3, gaps);
  if (!buddy.made) stop("a buddy could not be made");
  Calls calls(
      *buddy,
      with_gaps(spec_json("buddy", {{"arena", 3 * block}, {"block", block}, {"min_block", buddy->min_block_size()}}),
                gaps));
  while (!in.empty()) {
    const std::size_t op = in.byte() % 8;
    if (op < 3) {
      allocate_from(*buddy, calls, in.layout());
    } else if (op < 5) {
      calls.deallocate(calls.pointer(in));
    } else if (op == 5) {
      void* const ptr = calls.pointer(in);
      const Layout wanted = in.layout();
      if constexpr (Free::kTouches) {
        calls.reallocate(ptr, wanted);
      } else if (buddy->resize_in_place(ptr, wanted) == Error::None) {
        calls.resized(ptr, wanted.size);
      }
    } else {
      const std::size_t first = in.word();
      const Range range{first, first + in.byte()};
      calls.mark(op == 6 ? "reserve" : "release");
      (void)(op == 6 ? buddy->reserve(range) : buddy->release(range));
    }
    calls.expect_sound();
  }
  calls.expect_all_intact();
}

void run_slab(Input& in) {
  TestSlab slab(8 + in.byte(), in.byte());
  if (!slab.made) stop("a slab could not be made");
  Calls calls(*slab, spec_json("slab", {{"block", slab->block_size()}, {"count", slab->num_blocks()}}));
  while (!in.empty()) {
    const std::size_t op = in.byte() % 8;
    if (op < 4) {
      const Layout any = in.layout();
      const Layout wanted{any.size % 300, any.align};
      const bool fits = wanted.size <= slab->block_size() && is_power_of_two(wanted.align) &&
                        wanted.align <= slab->block_align() && slab->can_allocate();
      if (static_cast<bool>(calls.allocate(wanted)) != fits) stop("a slab served or refused wrongly");
    } else if (op < 7) {
      calls.deallocate(calls.pointer(in));
    } else {
      void* const ptr = calls.pointer(in);
      const Layout any = in.layout();
      calls.reallocate(ptr, {any.size % 300, any.align});
    }
    calls.expect_sound();
  }
  calls.expect_all_intact();
}

void run_bump(Input& in) {
  TestBump bump(1 + in.word());
  Calls calls(*bump, spec_json("bump", {{"arena", bump->size()}}));
  while (!in.empty()) {
    const std::size_t op = in.byte() % 8;
    if (op < 6) {
      (void)calls.allocate(in.layout());
    } else if (op == 6 || in.byte() != 0) {
      calls.deallocate(calls.pointer(in));
    } else {
      bump->reset();
      calls.mark("reset");
      calls.forget();
    }
    calls.expect_sound();
  }
  calls.expect_all_intact();
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
  if (!tiered.made) stop("a tiered allocator could not be made");
  Calls calls(*tiered, with_classes(spec_json("tiered", {{"arena", tiered->size()}, {"min_block", min}}),
                                    classes.data(), classes.size()));
  while (!in.empty()) {
    const std::size_t op = in.byte() % 8;
    if (op < 4) {
      const Layout any = in.layout();
      (void)calls.allocate({any.size >> op * 2, op == 0 ? any.align : any.align & 0x3F});
    } else if (op < 7) {
      calls.deallocate(calls.pointer(in));
    } else {
      void* const ptr = calls.pointer(in);
      calls.reallocate(ptr, in.layout());
    }
    calls.expect_sound();
  }
  calls.expect_all_intact();
}

// A region that starts as one gap and is handed over, withdrawn and given back piece by piece, against one flag a unit.
// Under AddressSanitizer a gap cannot be touched unseen.
template <class Kept>
class Regions {
  enum class Flag : char { Gap, Free, Live };

 public:
  explicit Regions(Input& in)
      : buddy_(std::size_t{64} << in.byte() % 6, std::size_t{16} << in.byte() % 3, 4, {{0, ~std::size_t{0}}}),
        unit_(buddy_->min_block_size()),
        flags_(buddy_->size() / unit_, Flag::Gap),
        calls_(*buddy_,
               spec_json("buddy", {{"arena", buddy_->size()}, {"block", buddy_->block_size()}, {"min_block", unit_}})) {
    shield();
  }
  Regions(const Regions&) = delete;
  Regions& operator=(const Regions&) = delete;
  ~Regions() { poison(0, flags_.size(), false); }

  void run(Input& in) {
    while (!in.empty()) {
      const std::size_t op = in.byte() % 8;
      if (op < 3) {
        change(in, op == 2);
      } else if (op < 6) {
        allocate_from(*buddy_, calls_, {in.word() % (buddy_->block_size() + 9), 1});
      } else {
        calls_.deallocate(calls_.pointer(in));
      }
      calls_.expect_sound();
      read_flags();
    }
    calls_.expect_all_intact();
  }

 private:
  // Hands over, or withdraws, a range that may be anything.
  void change(Input& in, bool withdraw) {
    std::size_t from = in.word() % (buddy_->size() + 2 * unit_);
    std::size_t to = from + in.word() % (buddy_->size() / 2);
    if (in.byte() % 8 != 0) from = from / unit_ * unit_, to = to / unit_ * unit_;
    if (in.byte() % 16 == 0) std::swap(from, to);
    const Error expected = expected_change(from, to, withdraw);
    calls_.mark(withdraw ? "reserve" : "add_region");
    poison(0, flags_.size(), false);  // what is handed over may be touched from here on
    for (std::size_t at = 0; at < flags_.size(); ++at) {
      const bool becomes = !withdraw && expected == Error::None && at * unit_ >= from && at * unit_ < to;
      if (flags_[at] == Flag::Gap && !becomes) poison(at, at + 1, true);
    }
    const Error why = withdraw ? buddy_->reserve({from, to}) : buddy_->add_region({from, to});
    if (why != expected) stop("a range was taken or refused wrongly");
    if (why != Error::None || from == to) return;
    const Flag flag = withdraw ? Flag::Gap : Flag::Free;
    for (std::size_t at = from / unit_; at * unit_ < to; ++at) flags_[at] = flag;
    shield();
  }
  [[nodiscard]] Error expected_change(std::size_t from, std::size_t to, bool withdraw) {
    if (from > to || to > buddy_->size()) return Error::Foreign;
    if (!withdraw && ((from | to) & (unit_ - 1)) != 0) return Error::InsideBlock;
    if (from == to) return Error::None;
    for (std::size_t at = from / unit_; at * unit_ < to; ++at) {
      if (!withdraw && flags_[at] != Flag::Gap) return Error::DoubleFree;
      if (withdraw && flags_[at] == Flag::Gap) return Error::NotManaged;
      if (withdraw && flags_[at] == Flag::Live) return Error::OutOfMemory;
    }
    return Error::None;
  }
  // Gaps are where they were; the rest is as the walk says, which the calls have been held against.
  void read_flags() {
    buddy_->walk([&](const Extent& extent) {
      for (std::size_t at = extent.offset / unit_; at * unit_ < extent.offset + extent.size; ++at) {
        if ((extent.use == Use::Gap) != (flags_[at] == Flag::Gap)) stop("a gap moved");
        if (extent.use != Use::Gap) flags_[at] = extent.use == Use::Free ? Flag::Free : Flag::Live;
      }
    });
  }
  void shield() {
    for (std::size_t at = 0; at < flags_.size(); ++at) poison(at, at + 1, flags_[at] == Flag::Gap);
  }
  void poison([[maybe_unused]] std::size_t from, [[maybe_unused]] std::size_t to, [[maybe_unused]] bool on) {
#ifdef ALLOCVIZ_POISONS
    std::byte* const at = buddy_->arena().at(from * unit_);
    if (on) ASAN_POISON_MEMORY_REGION(at, (to - from) * unit_);
    if (!on) ASAN_UNPOISON_MEMORY_REGION(at, (to - from) * unit_);
#endif
  }

  TestBuddy<Checked, NoSteps, Kept> buddy_;
  std::size_t unit_;
  std::vector<Flag> flags_;
  Calls<typename TestBuddy<Checked, NoSteps, Kept>::Buddy> calls_;
};

void run_regions(Input& in) {
  if (in.byte() % 2 == 0) return Regions<InBand>(in).run(in);
  return Regions<OutOfBand>(in).run(in);
}

// A few blocks, and then hardly anything but releases of what must not be released.
template <class A>
void misuse(A& allocator, Calls<A>& calls, Input& in) {
  while (!in.empty()) {
    const std::size_t op = in.byte() % 8;
    if (op == 0) (void)calls.allocate({in.byte(), std::size_t{1} << in.byte() % 4});
    void* const given = calls.pointer(in);
    auto* const shifted = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(given) + in.byte() - 128);
    calls.deallocate(op < 4 ? given : shifted);
    if (expected_release(allocator, given) == Error::None && op == 1) calls.deallocate(given);
    calls.expect_sound();
  }
  calls.expect_all_intact();
}
void run_misuse(Input& in) {
  const auto on = [&in](auto& allocator, const std::string& spec) {
    Calls calls(allocator, spec);
    misuse(allocator, calls, in);
  };
  const std::size_t which = in.byte() % 5;
  if (which == 0) {
    TestBuddy<> buddy(256, 16, 2, {{100, 200}});
    on(*buddy, with_gaps(spec_json("buddy", {{"arena", 512}, {"block", 256}, {"min_block", 16}}), buddy.gaps));
  } else if (which == 1) {
    TestBuddy<Checked, NoSteps, OutOfBand> buddy(256, 16, 2, {{100, 200}});
    on(*buddy, with_gaps(spec_json("buddy", {{"arena", 512}, {"block", 256}, {"min_block", 16}}), buddy.gaps));
  } else if (which == 2) {
    TestSlab slab(8 + in.byte(), 10);
    on(*slab, spec_json("slab", {{"block", slab->block_size()}, {"count", 10}}));
  } else if (which == 3) {
    TestBump bump(500);
    on(*bump, spec_json("bump", {{"arena", 500}}));
  } else {
    TestTiered<> tiered(1024, 16, 256, 2, {8, 24, 40, 100});
    constexpr std::size_t kClasses[] = {8, 24, 40, 100};
    on(*tiered, with_classes(spec_json("tiered", {{"arena", 2048}, {"min_block", 16}}), kClasses, 4));
  }
}

constexpr void (*kTargets[])(Input&) = {run_buddy<InBand>, run_buddy<OutOfBand>, run_slab,   run_bump,
                                        run_tiered,        run_regions,          run_misuse, run_buddy<Beside>};

}  // namespace

#ifdef ALLOCVIZ_LIBFUZZER
extern const unsigned fuzz_target;  // of this program, which the build says
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  __sanitizer_set_death_callback(save);
  return 0;
}
#endif
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
#ifdef ALLOCVIZ_LIBFUZZER
  kTargets[fuzz_target](in);
#else
  kTargets[in.byte() % std::size(kTargets)](in);
#endif
  return 0;
}
