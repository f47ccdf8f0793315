// One column of a trace: unsigned integers, stored as wide as its widest value needs.
//
//   width 0        1 byte         4 bytes              8 bytes
//   [7 7 7 7 7] -> [7 7 7 9 ] -> [7 7 7 70000 ...] -> [... 2^40]
//
// A column whose values are all equal costs nothing, one of small values a byte an event; a value that does not fit
// widens the whole column once. So a log without times, threads or alignments does not pay for them.
//   I1  size() values are held; the width is one of 0, 1, 2, 4, 8.
//   I2  width = 0  =>  every value equals the first one appended.
//   I3  bytes held >= width * size().
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace allocviz::trace {

class Column {
 public:
  // Appends one value. Amortised O(1); O(size) at most four times in a column's life, when the width grows.
  void push_back(std::uint64_t value) {
    if (width_ == 0 && (size_ == 0 || value == first_)) {
      first_ = value;
      ++size_;
      return;
    }
    if (value > max_ || width_ == 0 || (size_ + 1) * width_ > bytes_.size()) make_room(value);
    store(size_++, value);
  }

  // The value at index (< size()). O(1).
  [[nodiscard]] std::uint64_t operator[](std::uint64_t index) const {
    switch (width_) {
      case 0:
        return first_;
      case 1:
        return load<std::uint8_t>(index);
      case 2:
        return load<std::uint16_t>(index);
      case 4:
        return load<std::uint32_t>(index);
      default:
        return load<std::uint64_t>(index);
    }
  }

  // Replaces the value at index (< size()); may widen the column.
  void set(std::uint64_t index, std::uint64_t value) {
    if (width_ == 0 && value == first_) return;
    if (value > max_ || width_ == 0) widen(value);
    store(index, value);
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] unsigned width_bytes() const { return width_; }
  [[nodiscard]] bool any() const { return width_ != 0 || first_ != 0; }  // whether it ever held anything but 0
  [[nodiscard]] std::uint64_t memory_bytes() const { return bytes_.capacity(); }
  void reserve(std::uint64_t values);
  void shrink_to_fit();

 private:
  // Memory that is not written until a value is: growing does not touch what it does not use.
  template <class T>
  struct Untouched : std::allocator<T> {
    template <class U>
    struct rebind {
      using other = Untouched<U>;
    };
    template <class U, class... Args>
    void construct(U* at, Args&&... args) {
      if constexpr (sizeof...(Args) == 0) {
        ::new (static_cast<void*>(at)) U;
      } else {
        ::new (static_cast<void*>(at)) U(std::forward<Args>(args)...);
      }
    }
  };

  template <class Word>
  [[nodiscard]] std::uint64_t load(std::uint64_t index) const {
    Word word;
    std::memcpy(&word, bytes_.data() + index * sizeof(Word), sizeof(Word));
    return word;
  }
  template <class Word>
  void put(std::uint64_t index, std::uint64_t value) {
    const auto word = static_cast<Word>(value);
    std::memcpy(bytes_.data() + index * sizeof(Word), &word, sizeof(Word));
  }
  void store(std::uint64_t index, std::uint64_t value) {
    switch (width_) {
      case 1:
        return put<std::uint8_t>(index, value);
      case 2:
        return put<std::uint16_t>(index, value);
      case 4:
        return put<std::uint32_t>(index, value);
      default:
        return put<std::uint64_t>(index, value);
    }
  }
  void make_room(std::uint64_t value);  // for one more value, of this size
  void widen(std::uint64_t value);      // until `value` fits

  std::uint64_t size_ = 0;
  std::uint64_t first_ = 0;  // the one value while width_ == 0
  std::uint64_t max_ = 0;    // the largest value that width_ bytes hold
  unsigned width_ = 0;
  std::vector<std::byte, Untouched<std::byte>> bytes_;
};

}  // namespace allocviz::trace
