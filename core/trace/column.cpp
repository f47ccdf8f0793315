#include "core/trace/column.h"

#include <algorithm>

namespace allocviz::trace {
namespace {

unsigned width_for(std::uint64_t value) {
  if (value <= 0xff) return 1;
  if (value <= 0xffff) return 2;
  if (value <= 0xffff'ffff) return 4;
  return 8;
}

std::uint64_t largest_of(unsigned width) {
  return width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
}

}  // namespace

void Column::make_room(std::uint64_t value) {
  if (value > max_ || width_ == 0) widen(value);
  const std::uint64_t needed = (size_ + 1) * width_;
  // Half as much again, not twice: the last growth of a long trace is what its memory peak consists of.
  if (needed > bytes_.size()) bytes_.resize(std::max<std::uint64_t>(needed, bytes_.size() + bytes_.size() / 2 + 64));
}

void Column::widen(std::uint64_t value) {
  const unsigned wider = std::max(width_for(value), width_ == 0 ? width_for(first_) : width_);
  Column copy;
  copy.width_ = wider;
  copy.max_ = largest_of(wider);
  copy.size_ = size_;
  copy.bytes_.resize(std::max<std::uint64_t>(size_ * wider, width_ == 0 ? 0 : bytes_.size() / width_ * wider));
  for (std::uint64_t i = 0; i < size_; ++i) copy.store(i, (*this)[i]);
  *this = std::move(copy);
}

void Column::reserve(std::uint64_t values) {
  if (width_ != 0 && values * width_ > bytes_.size()) bytes_.resize(values * width_);
}

void Column::shrink_to_fit() {
  bytes_.resize(size_ * width_);
  bytes_.shrink_to_fit();
}

}  // namespace allocviz::trace
