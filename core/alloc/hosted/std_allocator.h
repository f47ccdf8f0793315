// Both ways between this library and the C++ Allocator requirements: a backing that takes its memory from such an
// allocator, and such an allocator over any allocator here, so that containers run on it. Hosted.
#pragma once

#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include "../layout.h"

namespace allocviz::alloc {

// A backing over an Allocator of std::byte. Such an allocator promises no alignment, so more is asked of it than is
// needed, and where its block began is remembered behind ours.
template <class A = std::allocator<std::byte>>
class FromAllocator {
  using Bytes = typename std::allocator_traits<A>::template rebind_alloc<std::byte>;
  using Traits = std::allocator_traits<Bytes>;
  static_assert(std::is_same_v<typename Traits::pointer, std::byte*>, "fancy pointers are not supported");

 public:
  FromAllocator() = default;
  explicit FromAllocator(const A& upstream) : upstream_(upstream) {}

  [[nodiscard]] void* allocate(Layout layout) noexcept {
    if (layout.size > std::numeric_limits<usize>::max() / 2 - layout.align) return nullptr;
    try {
      std::byte* const begin = Traits::allocate(upstream_, whole_size(layout));
      std::byte* const ours = begin + ((0 - reinterpret_cast<std::uintptr_t>(begin)) & (layout.align - 1));
      std::memcpy(ours + layout.size, &begin, sizeof begin);
      return ours;
    } catch (...) {
      return nullptr;  // whatever it throws means that there is no memory
    }
  }
  void deallocate(void* ptr, Layout layout) noexcept {
    std::byte* begin = nullptr;
    std::memcpy(&begin, static_cast<std::byte*>(ptr) + layout.size, sizeof begin);
    Traits::deallocate(upstream_, begin, whole_size(layout));
  }

 private:
  [[nodiscard]] static usize whole_size(Layout layout) { return layout.size + (layout.align - 1) + sizeof(std::byte*); }

  [[no_unique_address]] Bytes upstream_;
};

// An Allocator of T over an allocator here, which must outlive it and every container that uses it. What does not fit
// throws std::bad_alloc, because the requirements say so.
template <class T, class A>
class StdAllocator {
 public:
  using value_type = T;

  explicit StdAllocator(A& allocator) noexcept : allocator_(&allocator) {}
  template <class U>
  StdAllocator(const StdAllocator<U, A>& other) noexcept : allocator_(other.upstream()) {}  // NOLINT: as required

  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
    void* const ptr = allocator_->allocate(Layout{count * sizeof(T), alignof(T)}).ptr;
    if (ptr == nullptr) throw std::bad_alloc();
    return static_cast<T*>(ptr);
  }
  void deallocate(T* ptr, std::size_t /*count*/) noexcept { (void)allocator_->deallocate(ptr); }

  [[nodiscard]] A* upstream() const noexcept { return allocator_; }
  template <class U>
  [[nodiscard]] friend bool operator==(const StdAllocator& a, const StdAllocator<U, A>& b) noexcept {
    return a.upstream() == b.upstream();
  }

 private:
  A* allocator_;
};

}  // namespace allocviz::alloc
