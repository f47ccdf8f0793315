// Which allocator a trace is replayed on: the configuration as data, its two spellings, and its validation.
//
// Spelled `buddy:arena=1MiB,min=64[,block=64KiB][,gaps=4096-8192+...]` on a command line and as an object in a
// trace's header ("allocators"). Neither spelling says anything the other cannot. A smallest block that is not given
// is 64 B.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/trace/trouble.h"

namespace allocviz::trace {

enum class AllocatorKind : std::uint8_t { Buddy, Bump, Slab, Tiered, Recorded };

struct Gap {  // half-open [from, to), offsets into the arena, counted through other gaps
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  bool operator==(const Gap&) const = default;
};

struct AllocatorSpec {
  AllocatorKind kind = AllocatorKind::Buddy;
  std::uint64_t arena_bytes = 0;             // buddy, bump, tiered
  std::uint64_t min_block_bytes = 0;         // buddy, tiered
  std::uint64_t block_bytes = 0;             // buddy: the largest block (0 = see largest_block_bytes); slab: the block
  std::uint64_t block_count = 0;             // slab
  std::vector<Gap> gaps{};                   // buddy, sorted, as the user gave them (the allocator rounds them outward)
  std::vector<std::uint64_t> class_bytes{};  // tiered; empty = its default classes
  bool operator==(const AllocatorSpec&) const = default;
};

inline constexpr std::uint64_t kDefaultMinBlockBytes = 64;
inline constexpr std::uint64_t kMostDefaultBlocks = std::uint64_t{1} << 28;
inline constexpr std::uint64_t kMaxArenaBytes = std::uint64_t{1} << 45;  // what a process can reserve at a multiple of it

// A buddy's largest block: block_bytes, or, where that is 0, the largest power of two that divides the arena (which is
// the arena itself where that is a power of two).
[[nodiscard]] constexpr std::uint64_t largest_block_bytes(const AllocatorSpec& spec) {
  return spec.block_bytes != 0 ? spec.block_bytes : spec.arena_bytes & (~spec.arena_bytes + 1);
}

// A tiered allocator's slabs: a 512th of the arena, within 512 B and 64 KiB, but eight blocks of the largest class that
// is named, and never outside its smallest and its largest block. Its classes, where none are named, are the usual ones
// of such slabs: 16, 32, 48, 64, then four to each doubling up to an eighth of a slab.
[[nodiscard]] std::uint64_t slab_bytes(const AllocatorSpec& spec);

// "buddy", "bump", "slab", "tiered", "recorded".
[[nodiscard]] std::string_view kind_text(AllocatorKind kind);

// "buddy:arena=1MiB,min=64" <-> AllocatorSpec. to_text prints what parse_spec reads back equal; keys that hold their
// default are left out, sizes in the largest unit that divides them.
[[nodiscard]] Result<AllocatorSpec> parse_spec(std::string_view text);
[[nodiscard]] std::string to_text(const AllocatorSpec& spec);
// "buddy 1 MiB / 64 B", as the window's configuration chip shows it.
[[nodiscard]] std::string to_title(const AllocatorSpec& spec);

// Says why a configuration cannot be (zero, not a power of two, too many levels, larger than the address space, gaps
// that overlap ...) with the nearest valid value in `todo` and the field in `where.field`; nothing when it can.
[[nodiscard]] std::optional<Trouble> fault_of(const AllocatorSpec& spec);

// The configuration of a log that names none: a buddy, smallest block 64 B, its arena the smallest power of two that
// is at least twice the peak of live bytes requested (and at least one smallest block). Where that were more than
// kMostDefaultBlocks of them, whose metadata are a byte each, they are larger: a GPU has a hundred GiB. With another
// smallest block, a power of two: the same of a log whose requests are known to be multiples of it.
[[nodiscard]] AllocatorSpec default_spec(std::uint64_t peak_live_bytes,
                                         std::uint64_t min_block_bytes = kDefaultMinBlockBytes);

// "64", "64 B", "1 KiB", "1MiB", "2GiB" -> bytes; Trouble for anything else, a sign, a fraction or an overflow.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
// The same as people type it in a hurry, too: "4k", "512 kib", " 1M ". Files are held to parse_size().
[[nodiscard]] Result<std::uint64_t> parse_typed_size(std::string_view text);
// 1536 -> "1.5 KiB", 64 -> "64 B": at most one decimal, for people. exact_size prints "1 048 576 B".
[[nodiscard]] std::string size_text(std::uint64_t bytes);
[[nodiscard]] std::string exact_size_text(std::uint64_t bytes);
// Such a text with its article, as it is spoken: "a 128 B", "an 8 KiB", "an 11 B", "an 18 432 B".
[[nodiscard]] std::string with_article(std::string_view size);
// 0x0400: as many digits as `extent_bytes` needs, at least three.
[[nodiscard]] std::string offset_text(std::uint64_t offset, std::uint64_t extent_bytes);
// 1234567 -> "1 234 567" (narrow groups of three, plain spaces).
[[nodiscard]] std::string count_text(std::uint64_t count);
// With what is counted, in English: "1 block", "2 blocks", "3 size classes".
[[nodiscard]] std::string count_text(std::uint64_t count, std::string_view noun);

}  // namespace allocviz::trace
