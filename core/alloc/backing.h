// Where an allocator's own memory comes from, and where it goes when the allocator is destroyed. Freestanding; the
// backings that need an operating system or a standard library stand in hosted/.
//
// A backing is a movable value with
//   void* allocate(Layout) noexcept          null when there is no memory
//   void deallocate(void*, Layout) noexcept  with the layout that was asked for
// Raw is no allocator: its memory comes from the caller, in the constructor, and stays the caller's.
#pragma once

#include <concepts>

#include "layout.h"

namespace allocviz::alloc {

template <class B>
concept Backing = requires(B& backing, void* ptr, Layout layout) {
  { backing.deallocate(ptr, layout) }
  noexcept;
};

template <class B>
concept AllocatingBacking = Backing<B> && requires(B& backing, Layout layout) {
  { backing.allocate(layout) }
  noexcept->std::same_as<void*>;
};

struct Raw {
  void deallocate(void* /*ptr*/, Layout /*layout*/) const noexcept {}
};

// Memory from another allocator of this library: a Slab on a Buddy, a Bump on a Buddy. The other one must outlive it.
template <class Upstream>
class On {
 public:
  constexpr On() = default;
  constexpr explicit On(Upstream& upstream) : upstream_(&upstream) {}

  [[nodiscard]] void* allocate(Layout layout) noexcept { return upstream_->allocate(layout).ptr; }
  // The block was handed out by the same upstream, so giving it back cannot be refused.
  void deallocate(void* ptr, Layout /*layout*/) noexcept { (void)upstream_->deallocate(ptr); }

 private:
  Upstream* upstream_ = nullptr;
};

}  // namespace allocviz::alloc
