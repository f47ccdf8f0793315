// Numbers as bytes and back: seven bits a byte, lowest first, the eighth says that more follow. One spelling a number,
// so equal states are equal bytes.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/alloc/prefetch.h"

namespace allocviz::replay {

class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>& out) : out_(out) {}

  void put(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<std::byte>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<std::byte>(value));
  }
  // A difference, small either way.
  void put_difference(std::uint64_t value, std::uint64_t from) {
    const std::uint64_t d = value - from;
    put((d << 1) ^ (0 - (d >> 63)));
  }
  // So many bytes more, to be written there before anything else is put.
  [[nodiscard]] std::byte* room_for(std::size_t bytes) {
    out_.resize(out_.size() + bytes);
    return out_.data() + out_.size() - bytes;
  }
  void put_bytes(std::span<const std::byte> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

 private:
  std::vector<std::byte>& out_;
};

// Reads what a ByteWriter wrote, in the same order.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> in) : in_(in) {}

  [[nodiscard]] std::uint64_t get() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      assert(at_ < in_.size() && "a keyframe is read to its end and no further");
      const auto byte = static_cast<std::uint64_t>(in_[at_++]);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
  [[nodiscard]] std::uint64_t get_difference(std::uint64_t from) {
    const std::uint64_t d = get();
    return from + ((d >> 1) ^ (0 - (d & 1)));
  }
  // The next so many bytes as they stand.
  [[nodiscard]] const std::byte* take(std::size_t bytes) {
    assert(bytes <= in_.size() - at_ && "a keyframe is read to its end and no further");
    at_ += bytes;
    return in_.data() + at_ - bytes;
  }
  // Brings the next so many bytes nearer.
  void prefetch(std::size_t bytes) const {
    for (std::size_t i = 0; i < bytes && at_ + i < in_.size(); i += 64) alloc::prefetch(in_.data() + at_ + i);
  }
  [[nodiscard]] std::size_t at() const { return at_; }  // how many bytes it has read
  [[nodiscard]] bool at_end() const { return at_ == in_.size(); }

 private:
  std::span<const std::byte> in_;
  std::size_t at_ = 0;
};

}  // namespace allocviz::replay
