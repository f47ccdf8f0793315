// Memory for an allocator under test: aligned as asked, filled with a pattern, given back at the end.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

#include "core/alloc/layout.h"

namespace allocviz::test {

class AlignedMemory {
 public:
  explicit AlignedMemory(alloc::Layout layout, unsigned char fill = 0xA5)
      : size_(layout.size == 0 ? 1 : layout.size),
        align_(layout.align),
        bytes_(static_cast<std::byte*>(::operator new (size_, std::align_val_t{align_}))) {
    std::memset(bytes_, fill, size_);
  }
  AlignedMemory(const AlignedMemory&) = delete;
  AlignedMemory& operator=(const AlignedMemory&) = delete;
  ~AlignedMemory() { ::operator delete (bytes_, std::align_val_t{align_}); }

  [[nodiscard]] std::byte* data() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  std::size_t align_;
  std::byte* bytes_;
};

}  // namespace allocviz::test
