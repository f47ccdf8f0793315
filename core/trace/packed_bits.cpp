#include "core/trace/packed_bits.h"

#include <utility>

namespace allocviz::trace {
namespace {

constexpr unsigned kMostBits = 56;

// Eight values of so many bits are as many bytes, so that in each eight the same value begins at the same bit of the
// same byte: with the bits known to the compiler it is a load, a shift and a mask.
template <unsigned kBits>
void unpack_eights_of(const std::byte* from, std::size_t eights, std::uint64_t least, std::uint64_t* out) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << kBits) - 1;
  const auto value_at = [&]<std::size_t kIndex>() {
    std::uint64_t eight_bytes = 0;
    std::memcpy(&eight_bytes, from + kIndex * kBits / 8, sizeof eight_bytes);
    return least + (eight_bytes >> (kIndex * kBits % 8) & kMask);
  };
  for (; eights != 0; --eights, from += kBits, out += 8) {
    [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
      ((out[kIndex] = value_at.template operator()<kIndex>()), ...);
    }
    (std::make_index_sequence<8>{});
  }
}

using Unpack = void (*)(const std::byte*, std::size_t, std::uint64_t, std::uint64_t*);

template <std::size_t... kBits>
constexpr std::array<Unpack, sizeof...(kBits)> each_of(std::index_sequence<kBits...>) {
  return {&unpack_eights_of<static_cast<unsigned>(kBits) + 1>...};
}
constexpr auto kUnpack = each_of(std::make_index_sequence<kMostBits>{});

}  // namespace

void unpack_eights(const std::byte* from, std::size_t eights, std::uint64_t least, unsigned bits, std::uint64_t* out) {
  kUnpack[bits - 1](from, eights, least, out);
}

}  // namespace allocviz::trace
