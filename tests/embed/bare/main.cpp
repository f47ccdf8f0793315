// The placement vectors of tests/data/placement, and the tests' stream on a tiered allocator, on a machine of 32 bits
// without a library: every answer where the PC's 64 bits have it.
#include "board.h"
#include "core/alloc/buddy.h"
#include "core/alloc/bump.h"
#include "core/alloc/slab.h"
#include "core/alloc/tiered.h"
#include "tests/support/tiered_stream.h"

using namespace allocviz::alloc;  // NOLINT: a firmware may

static_assert(sizeof(usize) == 4);

int run();

#define VECTOR(symbol, file)                                                                              \
  asm(".section .rodata\n.global " #symbol "_asked\n" #symbol "_asked: .incbin \"" VECTORS "/" file       \
      ".json\"\n.byte 0\n.global " #symbol "_answered\n" #symbol "_answered: .incbin \"" VECTORS "/" file \
      ".placements\"\n.byte 0\n.text\n");                                                                 \
  extern "C" const char symbol##_asked[];                                                                 \
  extern "C" const char symbol##_answered[]
VECTOR(buddy_a, "buddyA-1");
VECTOR(buddy_b, "buddyB-2");
VECTOR(buddy_c, "buddyC-3");
VECTOR(buddy_g, "buddyG-4");
VECTOR(bump, "bump-6");
VECTOR(slab48, "slab48-5");
#undef VECTOR

namespace {

constexpr usize kRegion = 1 << 20;
alignas(kRegion) [[gnu::section(".managed")]] std::byte region[kRegion];
alignas(8) std::byte metadata[1 << 17];
void* live[4096];

// Reads a text number by number, line by line.
class Reader {
 public:
  explicit Reader(const char* text) : at_(text) {}
  void next_line() {
    while (*at_ != '\0' && *at_ != '\n') ++at_;
    if (*at_ == '\n') ++at_;
  }
  [[nodiscard]] bool at_row() const { return at_[0] == '[' && at_[1] == '"'; }
  [[nodiscard]] bool at_end() const { return *at_ == '\0'; }
  [[nodiscard]] char kind() const { return at_[2]; }
  // Of this line; false when it has no more.
  [[nodiscard]] bool number(usize& out) {
    while (*at_ != '\0' && *at_ != '\n' && *at_ != '-' && !is_digit()) ++at_;
    if (!is_digit()) return false;
    for (out = 0; is_digit(); ++at_) out = out * 10 + static_cast<usize>(*at_ - '0');
    return true;
  }

 private:
  [[nodiscard]] bool is_digit() const { return *at_ >= '0' && *at_ <= '9'; }
  const char* at_;
};

// 0, or the number of the first event that went otherwise.
template <class A>
unsigned long differs(A& allocator, const char* asked, const char* answered) {
  for (void*& block : live) block = nullptr;
  Reader in(asked), expected(answered);
  in.next_line();
  unsigned long event = 1;
  for (; in.at_row() && !expected.at_end(); in.next_line(), expected.next_line(), ++event) {
    const bool is_alloc = in.kind() == 'a';
    usize id = 0, size = 0, align = 1, ignored = 0, offset = 0;
    if (!in.number(id) || id >= 4096 || !expected.number(ignored)) return event;
    const bool placed = expected.number(offset);
    void*& block = live[id];
    if (is_alloc) {
      if (!in.number(size) || !in.number(align)) return event;
      block = allocator.allocate({size, align}).ptr;
    }
    if ((block != nullptr) != placed) return event;
    if (placed && allocator.arena().offset_of(block) != offset) return event;
    if (!is_alloc && placed && allocator.deallocate(block) != Error::None) return event;
    if (!is_alloc) block = nullptr;
    if (event % 16 == 0 && !allocator.check().holds()) return event;
  }
  return event > 1000 ? 0 : event;
}

int failures = 0;

template <class MadeAllocator>
void hold(const char* name, MadeAllocator&& made, const char* asked, const char* answered) {
  const unsigned long event = made ? differs(*made, asked, answered) : 1;
  board::say(name);
  if (event == 0) return board::say(": as on 64 bits\n");
  board::say(": differs at event ", event);
  board::say("\n");
  ++failures;
}

template <class Policy>
void hold_buddy(const char* name, usize arena, usize block, usize min, const char* asked, const char* answered,
                const Range* gaps = nullptr, usize gap_count = 0) {
  hold(name,
       Buddy<RuntimeBuddy, Policy>::make_raw_with_gaps(metadata, region, arena / block, gaps, gap_count,
                                                       RuntimeBuddy::between(block, min)),
       asked, answered);
}

template <class Policy>
void hold_buddies() {
  const Range gaps[] = {{4096, 8192}, {100000, 163850}, {400000, 400001}};
  hold_buddy<Policy>("buddyA-1", 1048576, 1048576, 64, buddy_a_asked, buddy_a_answered);
  hold_buddy<Policy>("buddyB-2", 1048576, 65536, 64, buddy_b_asked, buddy_b_answered);
  hold_buddy<Policy>("buddyC-3", 151552, 4096, 16, buddy_c_asked, buddy_c_answered);
  hold_buddy<Policy>("buddyG-4", 524288, 65536, 16, buddy_g_asked, buddy_g_answered, gaps, 3);
  hold("bump-6", Bump<Policy>::make_raw(region, {1048576, 4096}), bump_asked, bump_answered);
}

}  // namespace

int run() {
  hold_buddies<Checked>();
  hold_buddies<Unchecked>();
  hold("slab48-5", Slab<>::make_raw(metadata, region, 1000, RuntimeSlab(48)), slab48_asked, slab48_answered);
  hold("slab48-5", Slab<RuntimeSlab, Unchecked>::make_raw(region, 1000, RuntimeSlab(48)), slab48_asked,
       slab48_answered);

  auto tiered = Tiered<>::make_raw(metadata, region, 1, allocviz::test::digest_geometry());
  const std::uint32_t digest = tiered ? allocviz::test::placement_digest(*tiered) : 0;
  const bool same = digest == allocviz::test::kTieredDigest;
  board::say(same ? "tiered: as on 64 bits" : "tiered: differs, ", digest);
  board::say("\n");
  return failures + (same ? 0 : 1);
}
