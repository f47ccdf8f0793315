#include "core/trace/column.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>
#include <vector>

namespace allocviz::trace {
namespace {

unsigned width_for(std::uint64_t value) {
  if (value <= 0xff) return 1;
  if (value <= 0xffff) return 2;
  if (value <= 0xff'ffff) return 3;
  if (value <= 0xffff'ffff) return 4;
  if (value <= 0xffff'ffff'ffff) return 6;
  return 8;
}

std::uint64_t largest_of(unsigned width) {
  return width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
}

unsigned bits_for(std::uint64_t value) {
  const auto bits = static_cast<unsigned>(std::bit_width(value));
  return bits <= 56 ? bits : 64;
}

}  // namespace

Column::Column(const Column& other)
    : size_(other.size_), first_(other.first_), max_(other.max_), leaves_at_(other.leaves_at_), width_(other.width_) {
  set_room(held_bytes());
  if (room_ != 0) std::memcpy(own_.get(), other.bytes_, held_bytes());
}

void Column::swap(Column& other) noexcept {
  std::swap(size_, other.size_);
  std::swap(first_, other.first_);
  std::swap(max_, other.max_);
  std::swap(room_, other.room_);
  std::swap(leaves_at_, other.leaves_at_);
  std::swap(width_, other.width_);
  std::swap(own_, other.own_);
  std::swap(bytes_, other.bytes_);
}

std::optional<Column> Column::borrow(std::span<const std::byte> bytes, unsigned width, std::uint64_t size,
                                     std::uint64_t first) {
  if (width > kPacked || width == 5 || width == 7) return {};
  if (width != 0 && width != kPacked && bytes.size() / width < size) return {};
  Column column;
  column.size_ = size;
  column.first_ = first;
  column.width_ = width;
  if (width != 0 && width != kPacked) column.max_ = largest_of(width);
  column.bytes_ = bytes.data();
  if (width != kPacked) return column;
  if (size == 0 || column.leaf_count() > bytes.size() / sizeof(Leaf)) return {};
  column.leaves_at_ = bytes.size() - column.leaf_count() * sizeof(Leaf);
  if (!column.leaves_hold()) return {};
  return column;
}

bool Column::leaves_hold() const {
  for (std::uint64_t i = 0; i < leaf_count(); ++i) {
    const auto leaf = load<Leaf>(leaves_at_ + i * sizeof(Leaf));
    if (leaf.bits() > 64 || leaf.at() > leaves_at_ || kLeaf / 8 * leaf.bits() > leaves_at_ - leaf.at()) return false;
  }
  return true;
}

std::uint64_t Column::gather(std::uint64_t leaf, std::array<std::uint64_t, kLeaf>& out) const {
  const std::uint64_t first = leaf * kLeaf, count = std::min(kLeaf, size_ - first);
  const auto each = [&](auto value_at) {
    if (count == kLeaf) {  // so often that it is worth a loop whose length is known
      for (std::uint64_t i = 0; i < kLeaf; ++i) out[i] = value_at(first + i);
    } else {
      for (std::uint64_t i = 0; i < count; ++i) out[i] = value_at(first + i);
    }
    return count;
  };
  switch (width_) {  // once, not for each value
    case 0:
      return each([&](std::uint64_t) { return first_; });
    case 1:
      return each([&](std::uint64_t i) { return load<std::uint8_t>(i); });
    case 2:
      return each([&](std::uint64_t i) { return load<std::uint16_t>(2 * i); });
    case 3:
      return each([&](std::uint64_t i) {
        return load<std::uint16_t>(3 * i) | std::uint64_t{load<std::uint8_t>(3 * i + 2)} << 16;
      });
    case 4:
      return each([&](std::uint64_t i) { return load<std::uint32_t>(4 * i); });
    case 6:
      return each([&](std::uint64_t i) {
        return load<std::uint32_t>(6 * i) | std::uint64_t{load<std::uint16_t>(6 * i + 4)} << 32;
      });
    case 8:
      return each([&](std::uint64_t i) { return load<std::uint64_t>(8 * i); });
    case kPacked:
      return each([&](std::uint64_t i) { return packed(i); });
    default:
      return each([&](std::uint64_t i) { return (*this)[i]; });
  }
}

void Column::pack() {
  if (width_ == 0 || width_ == kPacked) return;
  std::array<std::uint64_t, kLeaf> values{};
  std::vector<Leaf> leaves(leaf_count());
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < leaves.size(); ++i) {
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(gather(i, values)), values.end(), values[0]);
    std::uint64_t least = values[0], largest = values[0];
    for (const std::uint64_t value : values) {
      least = std::min(least, value);
      largest = std::max(largest, value);
    }
    const unsigned bits = bits_for(largest - least);
    leaves[i] = {least, end * 128 + bits};
    end += kLeaf / 8 * bits;
  }
  const std::uint64_t bytes = end + leaves.size() * sizeof(Leaf);
  if (bytes > size_ * width_ / 8 * 7) return shrink_to_fit();
  if (room_ == 0) set_room(held_bytes());
  // Where it is: no leaf takes more than it took, so none is written over before it was read.
  for (std::uint64_t i = 0; i < leaves.size(); ++i) {
    const Leaf& leaf = leaves[i];
    const unsigned bits = leaf.bits();
    if (bits == 0) continue;
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(gather(i, values)), values.end(), leaf.least);
    std::uint64_t at = leaf.at(), word = 0;
    unsigned filled = 0;  // bits of the word
    for (const std::uint64_t value : values) {
      const std::uint64_t above = value - leaf.least;
      word |= above << filled;
      filled += bits;
      if (filled < 64) continue;
      std::memcpy(own_.get() + at, &word, sizeof word);
      at += sizeof word;
      filled -= 64;
      word = filled == 0 ? 0 : above >> (bits - filled);
    }
  }
  std::memcpy(own_.get() + end, leaves.data(), leaves.size() * sizeof(Leaf));
  width_ = kPacked;
  max_ = 0;
  leaves_at_ = end;
  shrink_to_fit();
}

void Column::unpack() {
  Column wide;
  wide.width_ = width_for(bits());
  wide.max_ = largest_of(wide.width_);
  wide.set_room(size_ * wide.width_);
  wide.size_ = size_;
  wide.first_ = first_;
  for (std::uint64_t i = 0; i < size_; ++i) wide.store(i, (*this)[i]);
  swap(wide);
}

bool Column::is_at_most(std::uint64_t limit) const {
  if (width_ == 0) return size_ == 0 || first_ <= limit;
  if (max_ != 0 && max_ <= limit) return true;  // of its width
  std::array<std::uint64_t, kLeaf> values{};
  for (std::uint64_t i = 0; i < leaf_count(); ++i) {
    if (width_ == kPacked) {
      const auto leaf = load<Leaf>(leaves_at_ + i * sizeof(Leaf));
      if (leaf.bits() < 64 && leaf.least <= limit && limit - leaf.least >= (std::uint64_t{1} << leaf.bits()) - 1)
        continue;
    }
    const std::uint64_t count = gather(i, values);
    if (*std::max_element(values.data(), values.data() + count) > limit) return false;
  }
  return true;
}

std::uint64_t Column::bits() const {
  if (width_ == 0) return size_ == 0 ? 0 : first_;
  std::array<std::uint64_t, kLeaf> values{};
  std::uint64_t all = 0;
  for (std::uint64_t leaf = 0; leaf < leaf_count(); ++leaf) {
    const std::uint64_t count = gather(leaf, values);
    for (std::uint64_t i = 0; i < count; ++i) all |= values[i];
  }
  return all;
}

// What was borrowed is copied, what was its own grows or shrinks where it is.
void Column::set_room(std::uint64_t bytes) {
  if (bytes == 0) {
    own_.reset();
  } else {
    void* const grown = std::realloc(own_.get(), bytes);
    if (grown == nullptr) throw std::bad_alloc();
    (void)own_.release();
    own_.reset(static_cast<std::byte*>(grown));
    if (room_ == 0 && bytes_ != nullptr) std::memcpy(own_.get(), bytes_, std::min(bytes, held_bytes()));
  }
  room_ = bytes;
  bytes_ = own_.get();
}

void Column::make_room(std::uint64_t value) {
  if (width_ == kPacked) unpack();
  if (value > max_ || width_ == 0) widen(value);
  const std::uint64_t needed = (size_ + 1) * width_;
  // Half as much again, not twice: the last growth of a long trace is what its memory peak consists of.
  if (needed > room_) set_room(std::max<std::uint64_t>(needed, room_ + room_ / 2 + 64));
}

void Column::make_writable(std::uint64_t value) {
  if (width_ == kPacked) unpack();
  if (value > max_ || width_ == 0) widen(value);
  if (room_ == 0) set_room(size_ * width_);
}

void Column::widen(std::uint64_t value) {
  const unsigned wider = std::max(width_for(value), width_ == 0 ? width_for(first_) : width_);
  Column copy;
  copy.width_ = wider;
  copy.max_ = largest_of(wider);
  copy.set_room(std::max<std::uint64_t>(size_ * wider, width_ == 0 ? 0 : room_ / width_ * wider));
  copy.size_ = size_;
  for (std::uint64_t i = 0; i < size_; ++i) copy.store(i, (*this)[i]);
  swap(copy);
}

void Column::reserve(std::uint64_t values) {
  if (width_ != 0 && width_ != kPacked && values * width_ > room_) set_room(values * width_);
}

void Column::shrink_to_fit() {
  if (room_ > held_bytes()) set_room(held_bytes());
}

}  // namespace allocviz::trace
