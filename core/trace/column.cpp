#include "core/trace/column.h"

#include <algorithm>
#include <new>
#include <utility>

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

}  // namespace

Column::Column(const Column& other) : size_(other.size_), first_(other.first_), max_(other.max_), width_(other.width_) {
  set_room(size_ * width_);
  if (room_ != 0) std::memcpy(own_.get(), other.bytes_, size_ * width_);
}

void Column::swap(Column& other) noexcept {
  std::swap(size_, other.size_);
  std::swap(first_, other.first_);
  std::swap(max_, other.max_);
  std::swap(room_, other.room_);
  std::swap(width_, other.width_);
  std::swap(own_, other.own_);
  std::swap(bytes_, other.bytes_);
}

std::optional<Column> Column::borrow(std::span<const std::byte> bytes, unsigned width, std::uint64_t size,
                                     std::uint64_t first) {
  if (width > 8 || width == 5 || width == 7) return {};
  if (width != 0 && bytes.size() / width < size) return {};
  Column column;
  column.size_ = size;
  column.first_ = first;
  column.width_ = width;
  if (width != 0) column.max_ = largest_of(width);
  column.bytes_ = bytes.data();
  return column;
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
    if (room_ == 0 && bytes_ != nullptr) std::memcpy(own_.get(), bytes_, std::min(bytes, size_ * width_));
  }
  room_ = bytes;
  bytes_ = own_.get();
}

void Column::make_room(std::uint64_t value) {
  if (value > max_ || width_ == 0) widen(value);
  const std::uint64_t needed = (size_ + 1) * width_;
  // Half as much again, not twice: the last growth of a long trace is what its memory peak consists of.
  if (needed > room_) set_room(std::max<std::uint64_t>(needed, room_ + room_ / 2 + 64));
}

void Column::make_writable(std::uint64_t value) {
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
  if (width_ != 0 && values * width_ > room_) set_room(values * width_);
}

void Column::shrink_to_fit() {
  if (room_ > size_ * width_) set_room(size_ * width_);
}

}  // namespace allocviz::trace
