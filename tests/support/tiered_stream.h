// A stream of requests that is the same on every machine, and a number that stands for every answer to it: equal
// numbers, equal placement. For the machine the tests run on and for one with nothing but 32 bits; freestanding.
#pragma once

#include "core/alloc/tiered.h"

namespace allocviz::test {

// What it gives in a region of one block of 256 KiB, smallest block 64 B, slabs of 4 KiB in the usual classes.
inline constexpr std::uint32_t kTieredDigest = 2159538378u;

inline alloc::TieredGeometry digest_geometry() {
  return alloc::TieredGeometry::usual(alloc::RuntimeBuddy::between(262144, 64), 4096);
}

class Digest {
 public:
  void add(std::uint32_t word) {
    for (int i = 0; i < 4; ++i, word >>= 8) value_ = (value_ ^ (word & 0xFF)) * 16777619u;  // FNV-1a
  }
  [[nodiscard]] std::uint32_t value() const { return value_; }

 private:
  std::uint32_t value_ = 2166136261u;
};

// Allocates, frees and resizes 20 000 times; 0 when an invariant does not hold.
template <class Tiered>
std::uint32_t placement_digest(Tiered& tiered) {
  constexpr unsigned kSlots = 512;
  static void* slots[kSlots];
  for (void*& slot : slots) slot = nullptr;
  Digest digest;
  std::uint32_t random = 1;
  const auto roll = [&random](std::uint32_t below) {
    random = random * 1664525u + 1013904223u;
    return (random >> 8) % below;
  };
  for (int event = 0; event < 20'000; ++event) {
    void*& slot = slots[roll(kSlots)];
    const alloc::Layout layout{roll(roll(8) == 0 ? 9000 : 400), alloc::usize{1} << roll(6)};
    const std::uint32_t what = roll(8);
    if (slot == nullptr) {
      slot = tiered.allocate(layout).ptr;
    } else if (what == 0) {
      if (void* const moved = tiered.reallocate(slot, layout).ptr; moved != nullptr) slot = moved;
    } else {
      digest.add(static_cast<std::uint32_t>(tiered.deallocate(slot)));
      slot = nullptr;
    }
    digest.add(slot == nullptr ? ~std::uint32_t{0} : static_cast<std::uint32_t>(tiered.arena().offset_of(slot)));
    if (event % 64 == 0 && !tiered.check().holds()) return 0;
  }
  digest.add(static_cast<std::uint32_t>(tiered.free_bytes()));
  return digest.value();
}

}  // namespace allocviz::test
