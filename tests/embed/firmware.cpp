// 64 KiB in blocks of 32 B and up, on memory of our own; ends with 0 when the allocator did what its contract says.
#include "core/alloc/buddy.h"

namespace {

using Geometry = allocviz::alloc::FixedBuddy<65536, 12>;
using Heap = allocviz::alloc::Buddy<Geometry>;

alignas(65536) unsigned char region[65536];
unsigned char metadata[65536 / 32];

}  // namespace

// Clang mangles main where there is no operating system.
extern "C" int main() {
  auto made = Heap::make_raw(metadata, region, 1);
  if (!made) return 1;
  Heap heap = static_cast<Heap&&>(*made);
  const auto block = heap.allocate({100, 4});
  if (!block || block.ptr != region) return 2;
  if (heap.deallocate(block.ptr) != allocviz::alloc::Error::None) return 3;
  if (heap.deallocate(block.ptr) != allocviz::alloc::Error::DoubleFree) return 4;
  return 0;
}
