// One column of a trace: unsigned integers, stored as wide as its widest value needs.
//
//   width 0        1 byte         3 bytes              6 bytes
//   [7 7 7 7 7] -> [7 7 7 9 ] -> [7 7 7 70000 ...] -> [... 2^40]
//
// Three bytes hold most sizes, most slots and the numbers of sixteen million events, six an address.
// A column whose values are all equal costs nothing, one of small values a byte an event; a value that does not fit
// widens the whole column once. So a log without times, threads or alignments does not pay for them.
// Its bytes are its own, or borrowed from a file that is mapped read-only (core/trace/cache.h): the first change of a
// borrowed column gives it bytes of its own.
//   I1  size() values are held; the width is one of 0, 1, 2, 3, 4, 6, 8.
//   I2  width = 0  =>  every value equals the first one appended.
//   I3  bytes held >= width * size().
//   I4  nothing is written to borrowed bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

namespace allocviz::trace {

class Column {
 public:
  // Appends one value. Amortised O(1); O(size) at most six times in a column's life, when the width grows.
  void push_back(std::uint64_t value) {
    if (width_ == 0 && (size_ == 0 || value == first_)) {
      first_ = value;
      ++size_;
      return;
    }
    if (value > max_ || width_ == 0 || (size_ + 1) * width_ > room_) make_room(value);
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
        return load<std::uint16_t>(2 * index);
      case 3:  // in two parts: what lies behind the last value need not be memory
        return load<std::uint16_t>(3 * index) | std::uint64_t{load<std::uint8_t>(3 * index + 2)} << 16;
      case 4:
        return load<std::uint32_t>(4 * index);
      case 6:
        return load<std::uint32_t>(6 * index) | std::uint64_t{load<std::uint16_t>(6 * index + 4)} << 32;
      default:
        return load<std::uint64_t>(8 * index);
    }
  }

  // Replaces the value at index (< size()); may widen the column.
  void set(std::uint64_t index, std::uint64_t value) {
    if (width_ == 0 && value == first_) return;
    if (value > max_ || width_ == 0 || room_ == 0) make_writable(value);
    store(index, value);
  }

  // What a file has to say of a column for it to be borrowed: its bytes, width_bytes() * size() of them, and, while
  // that is nothing, the one value.
  [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_, size_ * width_}; }
  [[nodiscard]] std::uint64_t first() const { return first_; }
  // A column of `size` values in bytes that outlive it; nothing where that cannot be one (I1, I3).
  [[nodiscard]] static std::optional<Column> borrow(std::span<const std::byte> bytes, unsigned width,
                                                    std::uint64_t size, std::uint64_t first);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] unsigned width_bytes() const { return width_; }
  [[nodiscard]] bool any() const { return width_ != 0 || first_ != 0; }  // whether it ever held anything but 0
  // Borrowed bytes count: they are in memory once they were looked at.
  [[nodiscard]] std::uint64_t memory_bytes() const { return room_ != 0 ? room_ : size_ * width_; }
  // Its bytes may be brought nearer: the value at index is wanted soon.
  void prefetch(std::uint64_t index) const { __builtin_prefetch(bytes_ + index * width_, 1); }
  void reserve(std::uint64_t values);
  void shrink_to_fit();

  Column() = default;
  Column(const Column& other);
  Column(Column&& other) noexcept { swap(other); }
  Column& operator=(Column other) noexcept {
    swap(other);
    return *this;
  }
  ~Column() = default;
  void swap(Column& other) noexcept;

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };

  template <class Word>
  [[nodiscard]] Word load(std::uint64_t byte) const {
    Word word;
    std::memcpy(&word, bytes_ + byte, sizeof(Word));
    return word;
  }
  template <class Word>
  void put(std::uint64_t byte, std::uint64_t value) {
    const auto word = static_cast<Word>(value);
    std::memcpy(own_.get() + byte, &word, sizeof(Word));
  }
  void store(std::uint64_t index, std::uint64_t value) {
    switch (width_) {
      case 1:
        return put<std::uint8_t>(index, value);
      case 2:
        return put<std::uint16_t>(2 * index, value);
      case 3:
        put<std::uint16_t>(3 * index, value);
        return put<std::uint8_t>(3 * index + 2, value >> 16);
      case 4:
        return put<std::uint32_t>(4 * index, value);
      case 6:
        put<std::uint32_t>(6 * index, value);
        return put<std::uint16_t>(6 * index + 4, value >> 32);
      default:
        return put<std::uint64_t>(8 * index, value);
    }
  }
  void make_room(std::uint64_t value);      // for one more value, of this size
  void make_writable(std::uint64_t value);  // at a place there is
  void widen(std::uint64_t value);          // until `value` fits
  void set_room(std::uint64_t bytes);

  std::uint64_t size_ = 0;
  std::uint64_t first_ = 0;  // the one value while width_ == 0
  std::uint64_t max_ = 0;    // the largest value that width_ bytes hold
  std::uint64_t room_ = 0;   // how many bytes are its own
  unsigned width_ = 0;
  // From malloc, because a long column grows by moving its pages: without a copy, and without a time when it is there
  // twice.
  std::unique_ptr<std::byte, Free> own_;
  const std::byte* bytes_ = nullptr;  // own_'s, or borrowed
};

}  // namespace allocviz::trace
