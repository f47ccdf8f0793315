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
// One that is only appended to can pack itself while it grows, so that a long log is never held unpacked:
//
//   | packed, 128 values a leaf ...            | as wide as the widest |     what was appended last is not packed yet
//   0                                      front                  size()
//
// Its bytes are its own, or borrowed from a file that is mapped read-only (core/trace/cache.h): the first change of a
// borrowed column gives it bytes of its own.
//   I1  size() values are held; the width is one of 0, 1, 2, 3, 4, 6, 8, or kPacked.
//   I2  width = 0  =>  every value equals the first one appended.
//   I3  bytes held >= width * (size() - front); what every leaf speaks of lies in the bytes of the packed, with eight
//       bytes behind it that can be read: leaves, or room. Width kPacked: front = size(), and all are bytes().
//   I4  nothing is written to borrowed bytes. Nor to packed ones: a change there unpacks the column first, and it does
//       not pack itself any more.
//   I5  front is 0, or size() with kPacked, or a whole number of leaves; no value before it is wider than the width.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

#include "core/alloc/prefetch.h"

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
    if (value > max_ || size_ >= full_at_) make_room(value);
    store(size_++ - front_, value);
  }

  // Appends several, which costs less than one by one.
  void append(std::span<const std::uint64_t> values);

  // The value at index (< size()). O(1).
  [[nodiscard]] std::uint64_t operator[](std::uint64_t index) const {
    if (index < front_) return packed(index);
    index -= front_;
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

  // The values from kLeaf * leaf on (< size()), which costs less than one by one; returns how many there are of kLeaf.
  static constexpr std::uint64_t kLeaf = 128;
  using Values = std::array<std::uint64_t, kLeaf>;
  std::uint64_t gather(std::uint64_t leaf, Values& out) const;

  // Replaces the value at index (< size()); may widen the column.
  void set(std::uint64_t index, std::uint64_t value) {
    if (width_ == 0 && value == first_) return;
    if (value > max_ || index < front_ || room_ == 0) make_writable(value);
    store(index - front_, value);
  }

  // From now on it packs what was appended, some thousand values at a time, where that saves an eighth of their bytes
  // at least. For one that is not written to in other places: a set() among the packed is O(size), and ends this.
  void pack_while_growing() { packs_ = true; }
  // It is complete: gives back what growing left over, and packs all values where that saves an eighth of their bytes
  // at least. O(size).
  void pack();
  // Whether no value is larger. O(size), of packed ones most often O(size / 128).
  [[nodiscard]] bool is_at_most(std::uint64_t limit) const;
  // All the bits that any value has. O(size).
  [[nodiscard]] std::uint64_t bits() const;

  // What a file has to say of a column for it to be borrowed: its bytes, and, while they are none, the one value.
  // Of one that packed itself they are in one place when it is complete, after pack().
  [[nodiscard]] std::span<const std::byte> bytes() const {
    assert(front_ == 0 || width_ == kPacked);
    return {bytes_, held_bytes()};
  }
  [[nodiscard]] std::uint64_t first() const { return first_; }
  // A column of `size` values in bytes that outlive it; nothing where that cannot be one (I1, I3). O(1), of packed ones
  // O(size / 128).
  [[nodiscard]] static std::optional<Column> borrow(std::span<const std::byte> bytes, unsigned width,
                                                    std::uint64_t size, std::uint64_t first);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] unsigned width_bytes() const { return width_; }
  [[nodiscard]] bool any() const { return width_ != 0 || first_ != 0; }  // whether it ever held anything but 0
  // Borrowed bytes count: they are in memory once they were looked at.
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return (room_ != 0 ? room_ : held_bytes()) + (grown_ != nullptr ? grown_->memory_bytes() : 0);
  }
  // Its bytes may be brought nearer: the value at index, of a column of which nothing is packed, is wanted soon.
  void prefetch(std::uint64_t index) const { alloc::prefetch(bytes_ + index * width_); }
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
  // From malloc, because a long column grows by moving its pages: without a copy, and without a time when it is there
  // twice.
  using Own = std::unique_ptr<std::byte, Free>;
  static void resize(Own& own, std::uint64_t bytes);

  struct Leaf {
    std::uint64_t least = 0, place = 0;  // place: 128 * (how many bytes from packed_ on its values begin) + bits
    [[nodiscard]] unsigned bits() const { return static_cast<unsigned>(place % 128); }
    [[nodiscard]] std::uint64_t at() const { return place / 128; }
  };
  // What a column that packs itself has packed so far.
  struct Grown {
    Own values, leaves;
    std::uint64_t values_room = 0, values_end = 0, leaves_room = 0, leaf_count = 0;  // room and end in bytes

    void add(const Values& values);
    void add(const Leaf& leaf);
    void make_room(std::uint64_t bytes);  // behind values_end, and for what is read with them
    [[nodiscard]] std::uint64_t memory_bytes() const { return values_room + leaves_room; }
    [[nodiscard]] std::uint64_t held_bytes() const { return values_end + leaf_count * sizeof(Leaf); }
  };

  [[nodiscard]] std::uint64_t held_bytes() const {
    return width_ == kPacked ? leaves_at_ + leaf_count() * sizeof(Leaf) : (size_ - front_) * width_;
  }
  [[nodiscard]] std::uint64_t leaf_count() const { return size_ / kLeaf + (size_ % kLeaf == 0 ? 0 : 1); }
  [[nodiscard]] Leaf leaf_at(std::uint64_t leaf) const { return word_at<Leaf>(leaves_ + leaf * sizeof(Leaf)); }
  // Of up to 56 bits a value, or 64, so that eight bytes read at once hold any of them.
  [[nodiscard]] std::uint64_t packed(std::uint64_t index) const {
    const Leaf leaf = leaf_at(index / kLeaf);
    const unsigned bits = leaf.bits();
    const std::uint64_t bit = index % kLeaf * bits;
    const std::uint64_t eight = word_at<std::uint64_t>(packed_ + leaf.at() + bit / 8) >> (bit % 8);
    return leaf.least + (bits == 64 ? eight : eight & ((std::uint64_t{1} << bits) - 1));
  }
  [[nodiscard]] bool leaves_hold() const;
  template <class Word>
  [[nodiscard]] static Word word_at(const std::byte* bytes) {
    Word word;
    std::memcpy(&word, bytes, sizeof(Word));
    return word;
  }
  template <class Word>
  [[nodiscard]] Word load(std::uint64_t byte) const {
    return word_at<Word>(bytes_ + byte);
  }
  template <class Word>
  static void put(std::byte* to, std::uint64_t value) {
    const auto word = static_cast<Word>(value);
    std::memcpy(to, &word, sizeof(Word));
  }
  void store(std::uint64_t index, std::uint64_t value) {  // index from front_ on
    store(index, std::span<const std::uint64_t, 1>(&value, 1));
  }
  template <std::size_t kCount>
  void store(std::uint64_t index, std::span<const std::uint64_t, kCount> values) {
    std::byte* const to = own_.get() + index * width_;
    const auto each = [&](auto put_at) {
      for (std::size_t i = 0; i < values.size(); ++i) put_at(i, values[i]);
    };
    switch (width_) {  // once, not for each value
      case 1:
        return each([&](std::uint64_t i, std::uint64_t value) { put<std::uint8_t>(to + i, value); });
      case 2:
        return each([&](std::uint64_t i, std::uint64_t value) { put<std::uint16_t>(to + 2 * i, value); });
      case 3:
        return each([&](std::uint64_t i, std::uint64_t value) {
          put<std::uint16_t>(to + 3 * i, value);
          put<std::uint8_t>(to + 3 * i + 2, value >> 16);
        });
      case 4:
        return each([&](std::uint64_t i, std::uint64_t value) { put<std::uint32_t>(to + 4 * i, value); });
      case 6:
        return each([&](std::uint64_t i, std::uint64_t value) {
          put<std::uint32_t>(to + 6 * i, value);
          put<std::uint16_t>(to + 6 * i + 4, value >> 32);
        });
      default:  // packed ones are not written to
        return each([&](std::uint64_t i, std::uint64_t value) { put<std::uint64_t>(to + 8 * i, value); });
    }
  }
  void make_room(std::uint64_t value);      // for one more value, of this size
  void make_writable(std::uint64_t value);  // at a place there is
  void widen(std::uint64_t value);          // until `value` fits
  void unpack();
  void pack_where_it_is();
  void pack_equal();               // the values of a width of 0
  [[nodiscard]] bool pack_tail();  // false: nothing was changed, because it saves nothing
  void pack_rest();
  void set_room(std::uint64_t bytes);
  void settle();  // after a change of bytes, width or front: what follows from them

  std::uint64_t size_ = 0;
  std::uint64_t front_ = 0;      // how many of them are packed
  std::uint64_t first_ = 0;      // the one value while width_ == 0
  std::uint64_t max_ = 0;        // the largest value that width_ bytes hold
  std::uint64_t room_ = 0;       // how many bytes are its own, those of grown_ aside
  std::uint64_t full_at_ = 0;    // the size at which there is no room for one more
  std::uint64_t leaves_at_ = 0;  // kPacked: how many bytes its values are
  unsigned width_ = 0;
  bool packs_ = false;
  Own own_;
  const std::byte* bytes_ = nullptr;   // own_'s, or borrowed
  const std::byte* packed_ = nullptr;  // the bytes of packed values and of their leaves: grown_'s, or in bytes_
  const std::byte* leaves_ = nullptr;
  std::unique_ptr<Grown> grown_;  // while 0 < front_ and the width is not kPacked
};

}  // namespace allocviz::trace
