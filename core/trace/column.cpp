#include "core/trace/column.h"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "core/trace/packed_bits.h"

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

// How many values a column that packs itself holds unpacked, and how many of them it leaves so: whoever reads along
// asks for the last ones. As many as a log needs anyhow to be worth packing.
constexpr std::uint64_t kTail = std::uint64_t{1} << 14, kLast = std::uint64_t{1} << 12;

// How much room to have where `needed` is not there. Half as much again, not twice: the last growth of a long trace is
// what its memory peak consists of.
std::uint64_t grown(std::uint64_t room, std::uint64_t needed) {
  return std::max<std::uint64_t>(needed, room + room / 2 + 64);
}

bool saves_an_eighth(std::uint64_t packed, std::uint64_t plain) {
  return packed <= plain / 8 * 7;
}

}  // namespace

void Column::resize(Own& own, std::uint64_t bytes) {
  if (bytes == 0) return own.reset();
  void* const resized = std::realloc(own.get(), bytes);
  if (resized == nullptr) throw std::bad_alloc();
  (void)own.release();
  own.reset(static_cast<std::byte*>(resized));
}

Column::Column(const Column& other)
    : size_(other.size_),
      front_(other.front_),
      first_(other.first_),
      max_(other.max_),
      leaves_at_(other.leaves_at_),
      width_(other.width_),
      packs_(other.packs_) {
  if (other.grown_ != nullptr) {
    const Grown& from = *other.grown_;
    grown_ = std::make_unique<Grown>();
    grown_->make_room(from.values_end);
    std::memcpy(grown_->values.get(), from.values.get(), from.values_end);
    grown_->values_end = from.values_end;
    grown_->leaf_count = from.leaf_count;
    grown_->leaves_room = from.leaf_count * sizeof(Leaf);
    resize(grown_->leaves, grown_->leaves_room);
    std::memcpy(grown_->leaves.get(), from.leaves.get(), grown_->leaves_room);
  }
  set_room(held_bytes());
  if (room_ != 0) std::memcpy(own_.get(), other.bytes_, room_);
}

void Column::swap(Column& other) noexcept {
  std::swap(size_, other.size_);
  std::swap(front_, other.front_);
  std::swap(first_, other.first_);
  std::swap(max_, other.max_);
  std::swap(room_, other.room_);
  std::swap(full_at_, other.full_at_);
  std::swap(leaves_at_, other.leaves_at_);
  std::swap(width_, other.width_);
  std::swap(packs_, other.packs_);
  std::swap(own_, other.own_);
  std::swap(bytes_, other.bytes_);
  std::swap(packed_, other.packed_);
  std::swap(leaves_, other.leaves_);
  std::swap(grown_, other.grown_);
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
  column.front_ = size;
  column.leaves_at_ = bytes.size() - column.leaf_count() * sizeof(Leaf);
  column.settle();
  if (!column.leaves_hold()) return {};
  return column;
}

bool Column::leaves_hold() const {
  for (std::uint64_t i = 0; i < leaf_count(); ++i) {
    const Leaf leaf = leaf_at(i);
    if (leaf.bits() > 64 || leaf.at() > leaves_at_ || kLeaf / 8 * leaf.bits() > leaves_at_ - leaf.at()) return false;
  }
  return true;
}

std::uint64_t Column::gather(std::uint64_t leaf, Values& out) const {
  const std::uint64_t first = leaf * kLeaf, count = std::min(kLeaf, size_ - first);
  const auto each_from = [&](std::uint64_t begin, auto value_at) {
    if (count == kLeaf) {  // so often that it is worth a loop whose length is known
      for (std::uint64_t i = 0; i < kLeaf; ++i) out[i] = value_at(begin + i);
    } else {
      for (std::uint64_t i = 0; i < count; ++i) out[i] = value_at(begin + i);
    }
    return count;
  };
  if (first < front_) {  // a packed leaf is whole, whatever of it counts
    const Leaf packed = leaf_at(leaf);
    if (packed.bits() == 0) {
      out.fill(packed.least);
    } else if (packed.bits() == 64) {
      for (std::uint64_t i = 0; i < kLeaf; ++i)
        out[i] = packed.least + word_at<std::uint64_t>(packed_ + packed.at() + 8 * i);
    } else {
      unpack_eights(packed_ + packed.at(), kLeaf / 8, packed.least, packed.bits(), out.data());
    }
    return count;
  }
  const auto each = [&](auto value_at) { return each_from(first - front_, value_at); };
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
    default:
      return each([&](std::uint64_t i) { return load<std::uint64_t>(8 * i); });
  }
}

void Column::pack() {
  packs_ = false;
  if (width_ == 0 || width_ == kPacked) return;
  if (grown_ == nullptr) {
    pack_where_it_is();
  } else {
    pack_rest();
  }
  shrink_to_fit();
}

void Column::pack_where_it_is() {
  Values values{};
  std::vector<Leaf> leaves(leaf_count());
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < leaves.size(); ++i) {
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(gather(i, values)), values.end(), values[0]);
    const auto [least, largest] = range_of(std::span<const std::uint64_t, kLeaf>(values));
    const unsigned bits = packed_bits_for(largest - least);
    leaves[i] = {least, end * 128 + bits};
    end += kLeaf / 8 * bits;
  }
  if (!saves_an_eighth(end + leaves.size() * sizeof(Leaf), size_ * width_)) return;
  if (room_ == 0) set_room(held_bytes());
  // No leaf takes more than it took, so none is written over before it was read.
  for (std::uint64_t i = 0; i < leaves.size(); ++i) {
    const Leaf& leaf = leaves[i];
    if (leaf.bits() == 0) continue;
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(gather(i, values)), values.end(), leaf.least);
    write_packed(own_.get() + leaf.at(), std::span<const std::uint64_t, kLeaf>(values), leaf.least, leaf.bits());
  }
  std::memcpy(own_.get() + end, leaves.data(), leaves.size() * sizeof(Leaf));
  width_ = kPacked;
  max_ = 0;
  front_ = size_;
  leaves_at_ = end;
  settle();
}

void Column::Grown::make_room(std::uint64_t bytes) {
  const std::uint64_t needed = values_end + bytes + sizeof(std::uint64_t);
  if (needed <= values_room) return;
  values_room = values_room == 0 ? needed : grown(values_room, needed);
  resize(values, values_room);
}

void Column::Grown::add(const Leaf& leaf) {
  if ((leaf_count + 1) * sizeof(Leaf) > leaves_room) {
    leaves_room = grown(leaves_room, (leaf_count + 1) * sizeof(Leaf));
    resize(leaves, leaves_room);
  }
  std::memcpy(leaves.get() + leaf_count++ * sizeof(Leaf), &leaf, sizeof leaf);
}

void Column::Grown::add(const Values& all) {
  const auto [least, largest] = range_of(std::span<const std::uint64_t, kLeaf>(all));
  const unsigned bits = packed_bits_for(largest - least);
  make_room(kLeaf / 8 * bits);
  write_packed(values.get() + values_end, std::span<const std::uint64_t, kLeaf>(all), least, bits);
  add(Leaf{least, values_end * 128 + bits});
  values_end += kLeaf / 8 * bits;
}

bool Column::pack_tail() {
  if (grown_ == nullptr) grown_ = std::make_unique<Grown>();
  Grown& grown = *grown_;
  const std::uint64_t count = (size_ - front_ - kLast) / kLeaf * kLeaf;
  const std::uint64_t held_before = grown.held_bytes(), end_before = grown.values_end, leaves_before = grown.leaf_count;
  Values values{};
  for (std::uint64_t i = 0; i < count / kLeaf; ++i) {
    gather(front_ / kLeaf + i, values);
    grown.add(values);
  }
  if (!saves_an_eighth(grown.held_bytes() - held_before, count * width_)) {
    grown.values_end = end_before;
    grown.leaf_count = leaves_before;
    if (front_ == 0) grown_ = nullptr;
    settle();
    return false;
  }
  std::memmove(own_.get(), own_.get() + count * width_, (size_ - front_ - count) * width_);
  front_ += count;
  if (room_ > kTail * width_) set_room(kTail * width_);
  settle();
  return true;
}

void Column::pack_equal() {
  grown_ = std::make_unique<Grown>();
  grown_->make_room(0);
  front_ = size_ / kLeaf * kLeaf;
  for (std::uint64_t i = 0; i < front_ / kLeaf; ++i) grown_->add(Leaf{first_, 0});
  settle();
}

void Column::pack_rest() {
  Values values{};
  for (std::uint64_t i = front_ / kLeaf; i < leaf_count(); ++i) {
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(gather(i, values)), values.end(), values[0]);
    grown_->add(values);
  }
  const std::uint64_t bytes = grown_->held_bytes();
  if (!saves_an_eighth(bytes, size_ * width_)) {
    settle();
    return unpack();
  }
  resize(grown_->values, bytes);
  std::memcpy(grown_->values.get() + grown_->values_end, grown_->leaves.get(), grown_->leaf_count * sizeof(Leaf));
  own_ = std::move(grown_->values);
  bytes_ = own_.get();
  room_ = bytes;
  width_ = kPacked;
  max_ = 0;
  front_ = size_;
  leaves_at_ = grown_->values_end;
  grown_ = nullptr;
  settle();
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
  Values values{};
  for (std::uint64_t i = 0; i < leaf_count(); ++i) {
    if (i * kLeaf < front_) {
      const Leaf leaf = leaf_at(i);
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
  Values values{};
  std::uint64_t all = 0;
  for (std::uint64_t leaf = 0; leaf < leaf_count(); ++leaf) {
    const std::uint64_t count = gather(leaf, values);
    for (std::uint64_t i = 0; i < count; ++i) all |= values[i];
  }
  return all;
}

void Column::append(std::span<const std::uint64_t> values) {
  if (width_ == 0 && !values.empty()) {
    if (size_ == 0) first_ = values[0];
    const auto other = std::find_if(values.begin(), values.end(), [&](std::uint64_t value) { return value != first_; });
    const auto equal = static_cast<std::size_t>(other - values.begin());
    size_ += equal;
    values = values.subspan(equal);
  }
  std::uint64_t all = 0;
  for (const std::uint64_t value : values) all |= value;
  while (!values.empty()) {
    if (all > max_ || size_ >= full_at_) make_room(all);
    const std::size_t count = std::min<std::uint64_t>(values.size(), full_at_ - size_);
    store(size_ - front_, values.first(count));
    size_ += count;
    values = values.subspan(count);
  }
}

// What was borrowed is copied, what was its own grows or shrinks where it is.
void Column::set_room(std::uint64_t bytes) {
  const std::byte* const borrowed = room_ == 0 ? bytes_ : nullptr;
  resize(own_, bytes);
  if (bytes != 0 && borrowed != nullptr) std::memcpy(own_.get(), borrowed, std::min(bytes, held_bytes()));
  room_ = bytes;
  bytes_ = own_.get();
  settle();
}

void Column::settle() {
  if (grown_ != nullptr) {
    packed_ = grown_->values.get();
    leaves_ = grown_->leaves.get();
  } else if (width_ == kPacked) {
    packed_ = bytes_;
    leaves_ = bytes_ + leaves_at_;
  }
  full_at_ = width_ == 0 || width_ == kPacked ? 0 : front_ + room_ / width_;
}

void Column::make_room(std::uint64_t value) {
  if (width_ == kPacked) unpack();
  if (packs_ && width_ == 0 && size_ >= kTail) pack_equal();
  if (value > max_ || width_ == 0) widen(value);
  if (size_ < full_at_) return;
  if (packs_ && size_ - front_ >= kTail && pack_tail()) return;
  const std::uint64_t needed = (size_ - front_ + 1) * width_, whole_tail = kTail * width_;
  const std::uint64_t room = grown(room_, needed);
  set_room(packs_ && needed <= whole_tail ? std::min(room, whole_tail) : room);
}

void Column::make_writable(std::uint64_t value) {
  if (front_ != 0) unpack();
  if (value > max_ || width_ == 0) widen(value);
  if (room_ == 0) set_room(size_ * width_);
}

void Column::widen(std::uint64_t value) {
  const unsigned wider = std::max(width_for(value), width_ == 0 ? width_for(first_) : width_);
  const std::uint64_t count = size_ - front_;
  Column wide;
  wide.width_ = wider;
  wide.set_room(std::max<std::uint64_t>(count * wider, width_ == 0 ? 0 : room_ / width_ * wider));
  for (std::uint64_t i = 0; i < count; ++i) wide.store(i, (*this)[front_ + i]);
  own_ = std::move(wide.own_);
  bytes_ = own_.get();
  room_ = wide.room_;
  width_ = wider;
  max_ = largest_of(wider);
  settle();
}

void Column::reserve(std::uint64_t values) {
  if (width_ != 0 && width_ != kPacked && !packs_ && values * width_ > room_) set_room(values * width_);
}

void Column::shrink_to_fit() {
  if (room_ > held_bytes()) set_room(held_bytes());
}

}  // namespace allocviz::trace
