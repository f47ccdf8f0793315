// What comes back: a block or the reason why not; a new allocator or the reason why not. Freestanding.
#pragma once

#include "layout.h"

namespace allocviz::alloc {

// The answer to a request: the block, or the one error value (`ptr` is null), whose reason stands beside it.
// Two machine words, returned in registers.
struct Allocation {
  void* ptr = nullptr;
  Error why = Error::None;

  constexpr explicit operator bool() const { return ptr != nullptr; }
};

// Why an allocator could not be made, and for AllocFailed the layout that the backing refused.
struct InitFailure {
  InitError error = InitError::None;
  Layout layout = {0, 1};
};

// A new T, or why there is none. It is returned in place and never moved; take the value out of it:
//   auto made = Slab<>::make_raw(region, 48, 100);
//   if (!made) return made.error();
//   Slab<> slab = static_cast<Slab<>&&>(*made);
template <class T>
class [[nodiscard]] Made {
 public:
  constexpr Made(T&& value) : made_(true), value_(static_cast<T&&>(value)) {}  // NOLINT: a value is a Made
  constexpr Made(InitFailure failure) : failure_(failure), none_() {}          // NOLINT: so is a failure
  constexpr Made(InitError error) : Made(InitFailure{error, {0, 1}}) {}        // NOLINT: and a bare reason
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  constexpr ~Made() {
    if (made_) value_.~T();
  }

  [[nodiscard]] constexpr explicit operator bool() const { return made_; }
  [[nodiscard]] constexpr InitError error() const { return failure_.error; }
  [[nodiscard]] constexpr Layout refused_layout() const { return failure_.layout; }
  // Only when there is one.
  [[nodiscard]] constexpr T& operator*() { return value_; }
  [[nodiscard]] constexpr const T& operator*() const { return value_; }
  [[nodiscard]] constexpr T* operator->() { return &value_; }
  [[nodiscard]] constexpr const T* operator->() const { return &value_; }

 private:
  struct None {};
  bool made_ = false;
  InitFailure failure_;
  union {
    None none_;
    T value_;
  };
};

// Half-open [from, to), offsets from the start of the region.
struct Range {
  usize from = 0;
  usize to = 0;
};

struct Bytes {
  std::byte* data = nullptr;
  usize size = 0;
};

struct ConstBytes {
  const std::byte* data = nullptr;
  usize size = 0;
};

// The memory an allocator stood on, handed back to the caller who gave it.
struct RawParts {
  void* region = nullptr;
  Layout region_layout = {0, 1};
  void* metadata = nullptr;
  Layout metadata_layout = {0, 1};
};

}  // namespace allocviz::alloc
