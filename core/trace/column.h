// One column of a trace: unsigned integers, stored as wide as its widest value needs.
//
//   width 0        1 byte         4 bytes              8 bytes
//   [7 7 7 7 7] -> [7 7 7 9 ] -> [7 7 7 70000 ...] -> [... 2^40]
//
// A column whose values are all equal costs nothing, one of small values a byte an event; a value that does not fit
// widens the whole column once. So a log without times, threads or alignments does not pay for them.
//   I1  size() values are held; the width is one of 0, 1, 2, 4, 8.
//   I2  width = 0  =>  every value equals the first one appended.
//   I3  width > 0  =>  bytes held = width * size().
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace allocviz::trace {

class Column {
 public:
  // Appends one value. Amortised O(1); O(size) at most four times in a column's life, when the width grows.
  void push_back(std::uint64_t value);
  // The value at index (< size()). O(1).
  [[nodiscard]] std::uint64_t operator[](std::uint64_t index) const;
  // Replaces the value at index; may widen the column.
  void set(std::uint64_t index, std::uint64_t value);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] unsigned width_bytes() const { return width_; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return bytes_.capacity(); }
  void reserve(std::uint64_t values);
  void shrink_to_fit();

 private:
  void widen(unsigned width);

  std::uint64_t size_ = 0;
  std::uint64_t first_ = 0;       // the one value while width_ == 0
  unsigned width_ = 0;
  std::vector<std::byte> bytes_;
};

}  // namespace allocviz::trace
