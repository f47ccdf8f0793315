// The region an allocator manages, and the only place where offsets become pointers. Freestanding.
//
//   base                                   base + size
//    |  at(0) ... at(offset) ...           |
//
// Allocators think in offsets; no address stands in their state, so a copy of the state means the same anywhere.
#pragma once

#include "layout.h"

namespace allocviz::alloc {

class Arena {
 public:
  constexpr Arena() = default;
  constexpr Arena(void* base, usize size) : base_(static_cast<std::byte*>(base)), size_(size) {}

  // Whether [base, base + size) is non-null, starts at a multiple of align (a power of two) and ends inside the
  // address space.
  [[nodiscard]] static bool can_be(const void* base, usize size, usize align) {
    const auto address = reinterpret_cast<std::uintptr_t>(base);
    return base != nullptr && (address & (align - 1)) == 0 && address + size >= address;
  }
  // Whether two ranges of memory share a byte.
  [[nodiscard]] static bool overlap(const void* a, usize a_size, const void* b, usize b_size) {
    const auto first = reinterpret_cast<std::uintptr_t>(a);
    const auto second = reinterpret_cast<std::uintptr_t>(b);
    return first < second + b_size && second < first + a_size;
  }

  [[nodiscard]] constexpr std::byte* base() const { return base_; }
  [[nodiscard]] constexpr usize size() const { return size_; }
  [[nodiscard]] std::uintptr_t address() const { return reinterpret_cast<std::uintptr_t>(base_); }

  // For a pointer from elsewhere the subtraction wraps, and the result is not below size().
  [[nodiscard]] usize offset_of(const void* ptr) const { return reinterpret_cast<std::uintptr_t>(ptr) - address(); }
  [[nodiscard]] bool contains(const void* ptr) const { return offset_of(ptr) < size_; }
  [[nodiscard]] constexpr std::byte* at(usize offset) const { return base_ + offset; }
  template <class T>
  [[nodiscard]] T* as(usize offset) const {
    return reinterpret_cast<T*>(base_ + offset);
  }

 private:
  std::byte* base_ = nullptr;
  usize size_ = 0;
};

}  // namespace allocviz::alloc
