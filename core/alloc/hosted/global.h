// Backing by the C++ heap: operator new and delete, aligned, never throwing. Hosted.
#pragma once

#include <new>

#include "../layout.h"

namespace allocviz::alloc {

struct Global {
  [[nodiscard]] void* allocate(Layout layout) const noexcept {
    return ::operator new (layout.size, std::align_val_t{layout.align}, std::nothrow);
  }
  void deallocate(void* ptr, Layout layout) const noexcept { ::operator delete (ptr, std::align_val_t{layout.align}); }
};

}  // namespace allocviz::alloc
