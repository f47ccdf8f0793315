// Sizes, layouts, and what can go wrong: the words every allocator here shares. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace allocviz::alloc {

using usize = std::size_t;

// Where a block, a slab or a step belongs to no size class.
inline constexpr std::uint8_t kNoClass = 0xFF;

// What a caller asks for. A size of 0 is served as 1; align is a power of two.
struct Layout {
  usize size = 1;
  usize align = 1;
};

[[nodiscard]] constexpr bool is_power_of_two(usize number) {
  return number != 0 && (number & (number - 1)) == 0;
}

// Why a request or a release was refused. The allocator's state is unchanged whenever one of these comes back.
enum class Error : std::uint8_t {
  None,
  OutOfMemory,         // no free block is large enough
  TooLarge,            // larger than the largest block there can be
  AlignTooLarge,       // aligned beyond what this allocator can promise
  Foreign,             // the pointer is not inside the region
  DoubleFree,          // it points at a block that is free already
  InsideBlock,         // it points into the middle of a block
  NotManaged,          // it points into a gap
  NothingOutstanding,  // bump: more frees than allocations
};

// Why an allocator could not be made.
enum class InitError : std::uint8_t {
  None,
  AllocFailed,      // the backing gave no memory; `layout` says for what
  InvalidConfig,    // no such allocator can be
  InvalidLocation,  // region or metadata is misaligned or wraps the address space
};

}  // namespace allocviz::alloc
