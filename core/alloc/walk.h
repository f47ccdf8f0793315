// What a walk over an allocator reports, and what a check finds. Freestanding, shared by all of them.
#pragma once

#include "layout.h"

namespace allocviz::alloc {

enum class Use : std::uint8_t {
  Free,   // on a free list; bump: the run below the mark
  Fresh,  // slab: never handed out yet
  Live,   // handed out, or in flight between two steps of one call
  Gap,    // not managed
  Used,   // bump: the run from the mark up, which the allocator does not divide
  Rest,   // tiered: what is left at the end of a slab, too small for a block of its class
};

inline constexpr unsigned kNoLevel = ~0u;  // of several blocks of the buddy's as one

// One block, or one maximal gap. Walks report them in address order; each starts where the one before ends.
struct Extent {
  usize offset = 0;
  usize size = 0;
  Use use = Use::Free;
  unsigned level = 0;                  // buddy: 0 is the largest block; 0 elsewhere and in gaps; tiered: or kNoLevel
  std::uint8_t size_class = kNoClass;  // tiered: of the slab it lies in; kNoClass: a block of the buddy
  bool part = false;                   // of the buddy below a tiered allocator: belongs to the live block before it
};

// What check() found: the number of the first broken invariant (0: all of them hold), where, and its text.
struct Report {
  unsigned invariant = 0;
  usize offset = 0;
  const char* text = "";

  [[nodiscard]] constexpr bool holds() const { return invariant == 0; }
};

}  // namespace allocviz::alloc
