// Memory for tables that are looked up all over: in large pages where the system gives them, so that a look does not
// cost a walk through the page tables as well.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

namespace allocviz::trace {

// The allocator of a std::vector. What is smaller than two large pages comes from operator new as ever.
template <class T>
struct InLargePages {
  using value_type = T;
  static constexpr std::size_t kPage = std::size_t{2} << 20;

  InLargePages() = default;
  template <class U>
  InLargePages(const InLargePages<U>& /*other*/) {}  // NOLINT: allocators convert

  [[nodiscard]] T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);  // a std::vector asks for no more than there can be
    if (bytes < 2 * kPage) return static_cast<T*>(::operator new(bytes));
    void* const data = ::operator new (bytes, std::align_val_t{kPage});
    // Before anything is written: later a page is large only once somebody has found the time to make it so. Where the
    // system knows none they are small.
    (void)::madvise(data, bytes, MADV_HUGEPAGE);
    return static_cast<T*>(data);
  }
  void deallocate(T* data, std::size_t count) noexcept {
    if (count * sizeof(T) < 2 * kPage) return ::operator delete(data);
    ::operator delete (data, std::align_val_t{kPage});
  }
  template <class U>
  [[nodiscard]] bool operator==(const InLargePages<U>& /*other*/) const {
    return true;
  }
};

template <class T>
using LargeVector = std::vector<T, InLargePages<T>>;

}  // namespace allocviz::trace
