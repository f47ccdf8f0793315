// Why a configuration cannot be, with the nearest one that can.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "core/trace/spec.h"

namespace allocviz::trace {
namespace {

using Fault = std::optional<Trouble>;

constexpr std::uint64_t kTwoPointers = 16;  // the links of a free block
constexpr std::uint64_t kOneLink = 8;       // the link of a free slab block
constexpr unsigned kMaxLevels = 63;
constexpr std::size_t kMaxClasses = 64;

Trouble fault(std::string field, std::string what, std::string todo) {
  return {.what = std::move(what), .where = {.field = std::move(field)}, .todo = std::move(todo)};
}

// "64", "64 KiB" where that is exact, else bytes: what the user can write back.
std::string writable(std::uint64_t bytes) {
  if (bytes >= 1024 && bytes % 1024 == 0) {
    const int unit = std::min(std::countr_zero(bytes) / 10, 3);
    constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB"};
    return fmt::format("{} {}", bytes >> (10 * unit), kUnits[unit]);
  }
  return fmt::format("{} B", bytes);
}

std::string nearest(std::uint64_t below, std::uint64_t above) {
  if (below == 0 || below == above) return fmt::format("nearest: {}", writable(above));
  if (above == 0) return fmt::format("nearest: {}", writable(below));
  return fmt::format("nearest: {} or {}", writable(below), writable(above));
}

Fault power_of_two(std::string_view field, std::uint64_t bytes, std::uint64_t least) {
  if (std::has_single_bit(bytes)) return {};
  const std::uint64_t below = std::bit_floor(bytes);
  const std::uint64_t above = bytes > (std::uint64_t{1} << 63) ? 0 : std::bit_ceil(bytes);
  return fault(std::string(field), fmt::format("{} is {}, which is no power of two", field, writable(bytes)),
               nearest(below < least ? 0 : below, above == 0 ? above : std::max(above, least)));
}

Fault arena_fault(std::uint64_t arena) {
  if (arena == 0) return fault("arena", "arena is 0 B", "write a size of 1 B or more");
  if (arena > kMaxArenaBytes) {
    return fault("arena", fmt::format("arena is {}, larger than what a process can reserve", writable(arena)),
                 fmt::format("nearest: {}", writable(kMaxArenaBytes)));
  }
  return {};
}

Fault min_block_fault(const AllocatorSpec& spec) {
  const std::uint64_t smallest = spec.min_block_bytes;
  const std::uint64_t block = largest_block_bytes(spec);
  if (smallest == 0) return fault("min", "min is 0 B", "nearest: 16 B");
  if (auto found = power_of_two("min", smallest, kTwoPointers)) return found;
  if (std::has_single_bit(block) && block > smallest) {
    const auto levels = static_cast<unsigned>(std::countr_zero(block) - std::countr_zero(smallest)) + 1;
    if (levels > kMaxLevels) {
      return fault("min",
                   fmt::format("from {} down to {} there are {} levels, too many: {} is the most", writable(block),
                               writable(smallest), levels, kMaxLevels),
                   "nearest: 16 B");
    }
  }
  if (smallest < kTwoPointers) {
    return fault("min",
                 fmt::format("the smallest block is {}, but a free block holds two pointers", writable(smallest)),
                 "nearest: 16 B");
  }
  return {};
}

Fault block_fault(const AllocatorSpec& spec) {
  const std::uint64_t block = largest_block_bytes(spec);
  if (auto found = power_of_two("block", block, spec.min_block_bytes)) return found;
  if (block < spec.min_block_bytes) {
    if (spec.block_bytes != 0) {
      return fault("block",
                   fmt::format("the largest block is {}, smaller than the smallest, {}", writable(block),
                               writable(spec.min_block_bytes)),
                   nearest(0, spec.min_block_bytes));
    }
    const std::uint64_t below = spec.arena_bytes / spec.min_block_bytes * spec.min_block_bytes;
    return fault("arena",
                 fmt::format("arena is {}, no multiple of the smallest block, {}", writable(spec.arena_bytes),
                             writable(spec.min_block_bytes)),
                 nearest(below, below + spec.min_block_bytes));
  }
  if (spec.arena_bytes % block != 0) {
    const std::uint64_t below = spec.arena_bytes / block * block;
    return fault(
        "arena",
        fmt::format("arena is {}, no multiple of the largest block, {}", writable(spec.arena_bytes), writable(block)),
        nearest(below, below + block));
  }
  return {};
}

Fault gaps_fault(const AllocatorSpec& spec) {
  std::uint64_t end = 0, managed = 0, rounded_end = 0;
  for (std::size_t i = 0; i < spec.gaps.size(); ++i) {
    const auto [from, to] = spec.gaps[i];
    const auto field = fmt::format("gaps[{}]", i);
    const auto text = fmt::format("gap {} is [{}, {})", i + 1, from, to);
    if (from >= to) return fault(field, text + ", which is empty or backwards", "write FROM smaller than TO");
    if (to > spec.arena_bytes) {
      return fault(field, fmt::format("{}, outside the arena of {} B", text, spec.arena_bytes),
                   fmt::format("end it at {} or before", spec.arena_bytes));
    }
    if (i != 0 && from < spec.gaps[i - 1].from) {
      return fault(field, fmt::format("{}, but the gap before it begins at {}", text, spec.gaps[i - 1].from),
                   "sort gaps by address");
    }
    if (i != 0 && from < end) {
      return fault(field, fmt::format("{}, but the gap before it ends at {}", text, end),
                   fmt::format("begin it at {} or join the two", end));
    }
    end = to;
    const std::uint64_t rounded_from = from / spec.min_block_bytes * spec.min_block_bytes;
    if (rounded_from > rounded_end) managed += rounded_from - rounded_end;
    rounded_end = (to + spec.min_block_bytes - 1) / spec.min_block_bytes * spec.min_block_bytes;
  }
  if (managed == 0 && rounded_end >= spec.arena_bytes && !spec.gaps.empty()) {
    return fault("gaps",
                 fmt::format("the gaps, rounded outward to blocks of {}, leave nothing to manage",
                             writable(spec.min_block_bytes)),
                 "leave at least one smallest block");
  }
  return {};
}

Fault slab_fault(const AllocatorSpec& spec) {
  if (spec.block_bytes < kOneLink) {
    return fault("block",
                 fmt::format("a block of {} cannot hold the link that a free block holds", writable(spec.block_bytes)),
                 "nearest: 8 B");
  }
  if (spec.block_bytes > kMaxArenaBytes) {
    return fault("block",
                 fmt::format("a block of {} is larger than what a process can reserve", writable(spec.block_bytes)),
                 fmt::format("nearest: {}", writable(kMaxArenaBytes)));
  }
  const std::uint64_t rounded = (spec.block_bytes + kOneLink - 1) / kOneLink * kOneLink;
  if (spec.block_count > kMaxArenaBytes / rounded) {
    return fault("count",
                 fmt::format("{} blocks of {} are larger than what a process can reserve", spec.block_count,
                             writable(spec.block_bytes)),
                 fmt::format("nearest: {}", kMaxArenaBytes / rounded));
  }
  return {};
}

Fault classes_fault(const AllocatorSpec& spec) {
  if (spec.class_bytes.size() > kMaxClasses) {
    return fault("classes", fmt::format("{} classes are too many", spec.class_bytes.size()),
                 fmt::format("name {} or fewer", kMaxClasses));
  }
  for (std::size_t i = 0; i < spec.class_bytes.size(); ++i) {
    const std::uint64_t size = spec.class_bytes[i];
    const auto field = fmt::format("classes[{}]", i);
    if (size < kOneLink) {
      return fault(field, fmt::format("a class of {} cannot hold the link that a free block holds", writable(size)),
                   "nearest: 8 B");
    }
    if (size > largest_block_bytes(spec)) {
      return fault(field, fmt::format("a class of {} is larger than the largest block", writable(size)),
                   nearest(0, largest_block_bytes(spec)));
    }
    if (i != 0 && size <= spec.class_bytes[i - 1]) {
      return fault(field,
                   fmt::format("a class of {} after one of {}", writable(size), writable(spec.class_bytes[i - 1])),
                   "name each class once, the smallest first");
    }
  }
  return {};
}

}  // namespace

std::optional<Trouble> fault_of(const AllocatorSpec& spec) {
  switch (spec.kind) {
    case AllocatorKind::Recorded:
      return {};
    case AllocatorKind::Slab:
      return slab_fault(spec);
    case AllocatorKind::Bump:
      return arena_fault(spec.arena_bytes);
    case AllocatorKind::Buddy:
    case AllocatorKind::Tiered:
      break;
  }
  // The smallest block is looked at first: the others are measured in it. Too many levels need an arena beyond what a
  // process can reserve, and the number of levels is the more telling reason.
  if (spec.arena_bytes != 0) {
    if (auto found = min_block_fault(spec)) return found;
  }
  if (auto found = arena_fault(spec.arena_bytes)) return found;
  if (auto found = block_fault(spec)) return found;
  if (auto found = gaps_fault(spec)) return found;
  return classes_fault(spec);
}

}  // namespace allocviz::trace
