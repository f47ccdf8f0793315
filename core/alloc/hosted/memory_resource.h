// Both ways between this library and std::pmr: a backing that takes its memory from a memory_resource, and a
// memory_resource over any allocator here, so that std::pmr containers run on it. Hosted.
#pragma once

#include <memory_resource>
#include <new>
#include <type_traits>

#include "../layout.h"

namespace allocviz::alloc {

// A backing. The resource must outlive the allocator.
class FromResource {
 public:
  FromResource() = default;  // of the resource that is the default just now
  explicit FromResource(std::pmr::memory_resource* upstream) : upstream_(upstream) {}

  [[nodiscard]] void* allocate(Layout layout) noexcept {
    try {
      return upstream_->allocate(layout.size, layout.align);
    } catch (...) {
      return nullptr;  // whatever it throws means that there is no memory
    }
  }
  void deallocate(void* ptr, Layout layout) noexcept { upstream_->deallocate(ptr, layout.size, layout.align); }

 private:
  std::pmr::memory_resource* upstream_ = std::pmr::get_default_resource();
};

// A memory_resource over an allocator, which must outlive it. What does not fit throws std::bad_alloc, because the
// interface says so. A block that the allocator refuses to take back was not its own: that is the container's error.
template <class A>
class Resource final : public std::pmr::memory_resource {
 public:
  explicit Resource(A& allocator) : allocator_(&allocator) {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t align) override {
    void* const ptr = allocator_->allocate(Layout{bytes, align}).ptr;
    if (ptr == nullptr) throw std::bad_alloc();
    return ptr;
  }
  void do_deallocate(void* ptr, std::size_t /*bytes*/, std::size_t /*align*/) override {
    (void)allocator_->deallocate(ptr);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    const auto* const same = dynamic_cast<const Resource*>(&other);
    return same != nullptr && same->allocator_ == allocator_;
  }

  A* allocator_;
};

}  // namespace allocviz::alloc
