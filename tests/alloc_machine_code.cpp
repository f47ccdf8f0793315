// Functions whose machine code is compared: as it is, and with every call of a sink removed by a macro. Not a test by
// itself; see support/machine_code.cmake.
#include "core/alloc/buddy.h"
#include "core/alloc/bump.h"
#include "core/alloc/slab.h"
#include "core/alloc/tiered.h"

using namespace allocviz::alloc;  // NOLINT: short names for the compared functions

using CheckedBuddy = Buddy<RuntimeBuddy, Checked>;
using UncheckedBuddy = Buddy<FixedBuddy<65536, 11>, Unchecked>;
using CheckedBitmap = BitmapBuddy<RuntimeBuddy, Checked>;
using UncheckedBitmap = BitmapBuddy<FixedBuddy<65536, 11>, Unchecked>;
using CheckedBeside = BesideBuddy<RuntimeBuddy, Checked>;
using UncheckedBeside = BesideBuddy<FixedBuddy<65536, 11>, Unchecked>;
using CheckedSlab = Slab<RuntimeSlab, Checked>;
using UncheckedSlab = Slab<FixedSlab<64>, Unchecked>;
using CheckedBump = Bump<Checked>;
using UncheckedBump = Bump<Unchecked>;
using CheckedTiered = Tiered<Checked>;
using UncheckedTiered = Tiered<Unchecked>;

#define COMPARED(Allocator)                                           \
  void* Allocator##_allocate(Allocator& a, usize size, usize align) { \
    return a.allocate({size, align}).ptr;                             \
  }                                                                   \
  Error Allocator##_deallocate(Allocator& a, void* ptr) {             \
    return a.deallocate(ptr);                                         \
  }

#ifndef ONLY_UNCHECKED
COMPARED(CheckedBuddy)
COMPARED(CheckedBitmap)
COMPARED(CheckedBeside)
COMPARED(CheckedSlab)
COMPARED(CheckedBump)
COMPARED(CheckedTiered)

void* buddy_reallocate(CheckedBuddy& a, void* ptr, usize size) {
  return a.reallocate(ptr, {size, 1}).ptr;
}
Error buddy_resize(CheckedBuddy& a, void* ptr, usize size) {
  return a.resize_in_place(ptr, {size, 1});
}
#endif
COMPARED(UncheckedBuddy)
COMPARED(UncheckedBitmap)
COMPARED(UncheckedBeside)
COMPARED(UncheckedSlab)
COMPARED(UncheckedBump)
COMPARED(UncheckedTiered)
