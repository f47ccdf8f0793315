// One bit a block, in bytes the caller provides; exactly (count + 7) / 8 of them. Freestanding.
#pragma once

#include "layout.h"

namespace allocviz::alloc {

// An enumeration of its own, not a character type: a store to it cannot alias the allocator's counters.
enum class BitmapByte : std::uint8_t {};

class Bitmap {
 public:
  constexpr Bitmap() = default;
  constexpr explicit Bitmap(void* bytes) : bytes_(static_cast<BitmapByte*>(bytes)) {}

  [[nodiscard]] static constexpr usize bytes_for(usize count) { return count / 8 + (count % 8 != 0); }

  [[nodiscard]] constexpr void* data() const { return bytes_; }
  [[nodiscard]] bool test(usize index) const { return (byte(index) >> (index % 8) & 1) != 0; }
  void set(usize index) { store(index, byte(index) | 1u << index % 8); }
  void clear(usize index) { store(index, byte(index) & ~(1u << index % 8)); }
  // Clears the whole byte in which index is the first bit.
  void clear_byte_of(usize index) { store(index, 0); }

 private:
  [[nodiscard]] unsigned byte(usize index) const { return static_cast<unsigned>(bytes_[index / 8]); }
  void store(usize index, unsigned byte) { bytes_[index / 8] = static_cast<BitmapByte>(byte); }

  BitmapByte* bytes_ = nullptr;
};

}  // namespace allocviz::alloc
