// One column of a trace: unsigned integers, stored as wide as its widest value needs.
//
//   width 0        1 byte         3 bytes              6 bytes
//   [7 7 7 7 7] -> [7 7 7 9 ] -> [7 7 7 70000 ...] -> [... 2^40]
//
// Three bytes hold most sizes, most slots and the numbers of sixteen million events, six an address.
// A column whose values are all equal costs nothing, one of small values a byte an event; a value that does not fit
// widens the whole column once. So a log without times, threads or alignments does not pay for them.
// A column that is complete can be packed: each 128 values in as many bits as their largest difference needs, above the
// least of them, so that what moves little (times, numbers of events, addresses) costs what it moves.
//
//   values   [ 13 bits a value ... | 0 bits | 2 bits a value ...
//   leaves   [ least, where, bits | least, where, bits | ...     16 B for 128 values, behind all of them
//
// Its bytes are its own, or borrowed from a file that is mapped read-only (core/trace/cache.h): the first change of a
// borrowed column gives it bytes of its own.
//   I1  size() values are held; the width is one of 0, 1, 2, 3, 4, 6, 8, or kPacked.
//   I2  width = 0  =>  every value equals the first one appended.
//   I3  bytes held >= width * size(); packed: what every leaf speaks of lies in them, before the leaves.
//   I4  nothing is written to borrowed bytes. Nor to packed ones: a change unpacks the column first.
#pragma once

#include <array>
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
  static constexpr unsigned kPacked = 9;  // in place of a width

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
      case 8:
        return load<std::uint64_t>(8 * index);
      default:
        return packed(index);
    }
  }

  // Replaces the value at index (< size()); may widen the column.
  void set(std::uint64_t index, std::uint64_t value) {
    if (width_ == 0 && value == first_) return;
    if (value > max_ || width_ == 0 || width_ == kPacked || room_ == 0) make_writable(value);
    store(index, value);
  }

  // Gives back what growing left over, and packs the values where that saves an eighth of their bytes at least.
  // O(size).
  void pack();
  // Whether no value is larger. O(size), of packed ones most often O(size / 128).
  [[nodiscard]] bool is_at_most(std::uint64_t limit) const;
  // All the bits that any value has. O(size).
  [[nodiscard]] std::uint64_t bits() const;

  // What a file has to say of a column for it to be borrowed: its bytes, and, while they are none, the one value.
  [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_, held_bytes()}; }
  [[nodiscard]] std::uint64_t first() const { return first_; }
  // A column of `size` values in bytes that outlive it; nothing where that cannot be one (I1, I3). O(1), of packed ones
  // O(size / 128).
  [[nodiscard]] static std::optional<Column> borrow(std::span<const std::byte> bytes, unsigned width,
                                                    std::uint64_t size, std::uint64_t first);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] unsigned width_bytes() const { return width_; }
  [[nodiscard]] bool any() const { return width_ != 0 || first_ != 0; }  // whether it ever held anything but 0
  // Borrowed bytes count: they are in memory once they were looked at.
  [[nodiscard]] std::uint64_t memory_bytes() const { return room_ != 0 ? room_ : held_bytes(); }
  // Its bytes may be brought nearer: the value at index, of a column that is not packed, is wanted soon.
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

  struct Leaf {
    std::uint64_t least = 0, place = 0;  // place: 128 * (how many bytes from bytes_ on its values begin) + bits
    [[nodiscard]] unsigned bits() const { return static_cast<unsigned>(place % 128); }
    [[nodiscard]] std::uint64_t at() const { return place / 128; }
  };
  static constexpr std::uint64_t kLeaf = 128;

  [[nodiscard]] std::uint64_t held_bytes() const {
    return width_ == kPacked ? leaves_at_ + leaf_count() * sizeof(Leaf) : size_ * width_;
  }
  [[nodiscard]] std::uint64_t leaf_count() const { return size_ / kLeaf + (size_ % kLeaf == 0 ? 0 : 1); }
  // Of up to 56 bits a value, or 64, so that eight bytes read at once hold any of them. Behind the last of them there
  // is a leaf.
  [[nodiscard]] std::uint64_t packed(std::uint64_t index) const {
    const auto leaf = load<Leaf>(leaves_at_ + index / kLeaf * sizeof(Leaf));
    const unsigned bits = leaf.bits();
    const std::uint64_t bit = index % kLeaf * bits;
    const std::uint64_t eight = load<std::uint64_t>(leaf.at() + bit / 8) >> (bit % 8);
    return leaf.least + (bits == 64 ? eight : eight & ((std::uint64_t{1} << bits) - 1));
  }
  [[nodiscard]] bool leaves_hold() const;
  // The values of a leaf, one after the other; returns how many they are.
  std::uint64_t gather(std::uint64_t leaf, std::array<std::uint64_t, kLeaf>& out) const;

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
      default:  // packed ones are not written to
        return put<std::uint64_t>(8 * index, value);
    }
  }
  void make_room(std::uint64_t value);      // for one more value, of this size
  void make_writable(std::uint64_t value);  // at a place there is
  void widen(std::uint64_t value);          // until `value` fits
  void unpack();
  void set_room(std::uint64_t bytes);

  std::uint64_t size_ = 0;
  std::uint64_t first_ = 0;      // the one value while width_ == 0
  std::uint64_t max_ = 0;        // the largest value that width_ bytes hold
  std::uint64_t room_ = 0;       // how many bytes are its own
  std::uint64_t leaves_at_ = 0;  // packed: how many bytes its values are
  unsigned width_ = 0;
  // From malloc, because a long column grows by moving its pages: without a copy, and without a time when it is there
  // twice.
  std::unique_ptr<std::byte, Free> own_;
  const std::byte* bytes_ = nullptr;  // own_'s, or borrowed
};

}  // namespace allocviz::trace
