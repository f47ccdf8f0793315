// Unsigned numbers in as many bits as their largest difference needs, above the least of them.
//
//   values   700 703 701        least 700, 2 bits each    ->  00 11 01
//
// Written as 64-bit words, the first value in the lowest bits; a value may begin in one word and end in the next.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace allocviz::trace {

// How many bits a value's difference from the least takes: up to 56, or 64, so that eight bytes read at once hold any.
inline unsigned packed_bits_for(std::uint64_t largest_difference) {
  const auto bits = static_cast<unsigned>(std::bit_width(largest_difference));
  return bits <= 56 ? bits : 64;
}

// How many bytes so many values take: whole words.
constexpr std::size_t packed_bytes(std::size_t count, unsigned bits) {
  return (count * bits + 63) / 64 * 8;
}

struct LeastAndLargest {
  std::uint64_t least, largest;
};
template <std::size_t kCount = std::dynamic_extent>
LeastAndLargest range_of(std::span<const std::uint64_t, kCount> values) {  // of one at least
  // Two at a time: each pair is put in order while the one before it is compared.
  LeastAndLargest range{values.back(), values.back()};
  for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
    const std::uint64_t a = values[i], b = values[i + 1];
    range.least = std::min(range.least, std::min(a, b));
    range.largest = std::max(range.largest, std::max(a, b));
  }
  return range;
}

// Writes packed_bytes() of them. bits: what packed_bits_for() says of the largest value less the least, or more.
template <std::size_t kCount = std::dynamic_extent>
void write_packed(std::byte* to, std::span<const std::uint64_t, kCount> values, std::uint64_t least, unsigned bits) {
  if (bits == 0) return;
  if (bits == 64) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::uint64_t above = values[i] - least;
      std::memcpy(to + 8 * i, &above, sizeof above);
    }
    return;
  }
  // Two beside each other are one of twice the bits. No pair waits for the one before it, as the words below do.
  if constexpr (kCount != std::dynamic_extent && kCount % 2 == 0) {
    if (bits <= 32) {
      std::array<std::uint64_t, kCount / 2> pairs;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        pairs[i] = (values[2 * i] - least) | (values[2 * i + 1] - least) << bits;
      }
      return write_packed(to, std::span<const std::uint64_t, kCount / 2>(pairs), 0, 2 * bits);
    }
  }
  // A word is stored with each value that reaches into it: whether one is full is nothing that a processor could guess.
  std::uint64_t word = 0;
  unsigned filled = 0;  // bits of the word
  for (const std::uint64_t value : values) {
    const std::uint64_t above = value - least;
    word |= above << filled;
    std::memcpy(to, &word, sizeof word);
    filled += bits;
    const bool is_full = filled >= 64;
    filled %= 64;
    const std::uint64_t rest = above >> ((bits - filled) % 64);  // where it is full: what had no room, or nothing
    word = is_full ? rest : word;
    to += is_full ? sizeof word : 0;
  }
  // The last value may have begun a word that none after it has stored.
  if (filled != 0) std::memcpy(to, &word, sizeof word);
}

// Values of so many bits each, of 1 to 56, by eights: `from` holds as many bytes more than they have, and eight.
void unpack_eights(const std::byte* from, std::size_t eights, std::uint64_t least, unsigned bits, std::uint64_t* out);

// The first count of at most kMost values that write_packed() wrote; looks at packed_bytes() of them and no further.
template <std::size_t kMost>
void read_packed(const std::byte* from, std::size_t count, std::uint64_t least, unsigned bits,
                 std::array<std::uint64_t, kMost>& out) {
  static_assert(kMost % 8 == 0);
  if (bits == 0) {
    std::fill_n(out.begin(), count, least);
    return;
  }
  const std::size_t bytes = packed_bytes(count, bits);
  if (bits == 64) {
    std::memcpy(out.data(), from, bytes);
    for (std::size_t i = 0; i < count; ++i) out[i] += least;
    return;
  }
  // A copy with room behind it, so that eight bytes can be read wherever a value begins.
  const std::size_t eights = (count + 7) / 8;
  std::array<std::byte, kMost * 8 + 16> words;
  std::memcpy(words.data(), from, bytes);
  std::memset(words.data() + bytes, 0, std::max(eights * bits, bytes) + 8 - bytes);
  unpack_eights(words.data(), eights, least, bits, out.data());
}

}  // namespace allocviz::trace
