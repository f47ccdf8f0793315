#include "viz/draw/tip.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "core/replay/narrate.h"
#include "viz/draw/focus.h"
#include "viz/draw/lod.h"

namespace allocviz::draw {
namespace {

using replay::Block;
using replay::BlockState;
using replay::Census;
using replay::words_of;

// Whether it is several blocks of the buddy below a tiered allocator, as one.
bool is_run(const Block& block, trace::AllocatorKind kind) {
  return kind == trace::AllocatorKind::Tiered && block.state == BlockState::Live && block.size_class < 0 &&
         block.level < 0;
}
// The bytes of a block in a tree at one of its bytes: of a run those of one of its blocks.
Touch in_tree(const Census& census, const Block& block, std::uint64_t byte) {
  Touch found{block.offset, block.size};
  if (!is_run(block, census.kind)) return found;
  for_each_aligned(block.offset, block.size, std::bit_floor(block.size), [&](std::uint64_t offset, std::uint64_t size) {
    if (byte >= offset && byte - offset < size) found = {offset, size};
  });
  return found;
}

// Whether a tree has a block of this size for it.
bool stands_in_tree(const Census& census, const Block& block, std::uint64_t bytes) {
  if (!is_run(block, census.kind)) return block.size == bytes;
  bool found = false;
  for_each_aligned(block.offset, block.size, std::bit_floor(block.size),
                   [&](std::uint64_t, std::uint64_t size) { found |= size == bytes; });
  return found;
}

std::string range_text(std::uint64_t offset, std::uint64_t size, std::uint64_t arena) {
  return fmt::format("{} … {}", trace::offset_text(offset, arena), trace::offset_text(offset + size - 1, arena));
}

std::string size_with_count(std::uint64_t bytes) {
  const std::string shortly = trace::size_text(bytes);
  const std::string exactly = trace::exact_size_text(bytes);
  return shortly == exactly ? exactly : fmt::format("{} ({})", shortly, exactly);
}

// "1 KiB + 512 B side by side".
std::string blocks_of_run(const Block& run) {
  std::string text;
  for_each_aligned(run.offset, run.size, std::bit_floor(run.size), [&text](std::uint64_t, std::uint64_t size) {
    text += (text.empty() ? "" : " + ") + trace::exact_size_text(size);
  });
  return text + " side by side";
}

std::string block_text(const Census& census, const Block& block, const NameOf& name_of) {
  const bool owned = block.state == BlockState::Live || block.state == BlockState::Dead;
  const std::string name = owned && name_of ? name_of(block.born) : std::string();
  std::string text = name.empty() ? words_of(block.state) : fmt::format("{}: {}", name, words_of(block.state));
  text +=
      fmt::format("\n{}\n{}", range_text(block.offset, block.size, census.arena_bytes), size_with_count(block.size));
  const bool pages = census.kind == trace::AllocatorKind::Recorded;
  if (block.level >= 0) text += fmt::format(", {} {}", pages ? "order" : "level", block.level);
  if (is_run(block, census.kind)) text += ": " + blocks_of_run(block);
  if (!owned) return text;
  text += fmt::format("\nrequested {}", trace::exact_size_text(block.requested));
  if (block.state == BlockState::Live && block.requested < block.size) {
    const std::uint64_t waste = block.size - block.requested;
    const double part = 100.0 * static_cast<double>(waste) / static_cast<double>(block.size);
    text += fmt::format(", waste {} ({:.0f} %)", trace::exact_size_text(waste), part);
  }
  return text + fmt::format("\nby event {}", trace::count_text(block.born + 1));
}

std::string counts_text(const Behind& found) {
  std::string text;
  for (std::size_t s = 0; s < std::size(found.blocks); ++s) {
    if (found.blocks[s] == 0) continue;
    text += fmt::format("\n{} {}, {}", trace::count_text(found.blocks[s]), words_of(static_cast<BlockState>(s)),
                        trace::size_text(found.bytes[s]));
  }
  return text;
}

std::string behind_text(const Census& census, Span bytes, const Behind& found) {
  const auto from = static_cast<std::uint64_t>(std::max(0.0, std::floor(bytes.from)));
  const auto to = std::min(census.arena_bytes, static_cast<std::uint64_t>(std::max(std::ceil(bytes.to), 1.0)));
  return fmt::format("{} behind this pixel\n{}", trace::count_text(found.count, "block"),
                     range_text(from, std::max<std::uint64_t>(to, from + 1) - from, census.arena_bytes)) +
         counts_text(found);
}

}  // namespace

Behind behind(const Census& census, Span bytes, std::optional<std::uint64_t> size) {
  Behind out;
  for (std::size_t i = first_block_after(census, bytes.from); i < census.blocks.size(); ++i) {
    const Block& block = census.blocks[i];
    const auto from = static_cast<double>(block.offset);
    if (from >= bytes.to) break;
    if (size && !stands_in_tree(census, block, *size)) continue;
    const double low = std::max(from, bytes.from);
    const double high = std::min(from + static_cast<double>(block.size), bytes.to);
    const auto state = static_cast<std::size_t>(block.state);
    ++out.blocks[state];
    out.bytes[state] += static_cast<std::uint64_t>(std::max(0.0, std::round(high - low)));
    out.only = ++out.count == 1 ? &block : nullptr;
  }
  return out;
}

std::string tip_text(const Census& census, Span bytes, const NameOf& name_of) {
  const Behind found = behind(census, bytes);
  if (found.count == 0) return {};
  // A boundary between two wide blocks may run through a pixel: it belongs to the one that has more of it.
  const double middle = std::max(0.0, (bytes.from + bytes.to) / 2);
  const Block* centre = census.block_at(static_cast<std::uint64_t>(middle));
  const bool wide = centre != nullptr && static_cast<double>(centre->size) >= kBoxPx * bytes.width();
  if (wide) return block_text(census, *centre, name_of);
  return found.only != nullptr ? block_text(census, *found.only, name_of) : behind_text(census, bytes, found);
}

std::string tip_text(const Census& census, const BuddyShape& shape, const BuddyHit& hit, const NameOf& name_of) {
  const std::uint64_t size = shape.size_of(hit.level);
  const auto middle = static_cast<std::uint64_t>(std::max(0.0, (hit.bytes.from + hit.bytes.to) / 2));
  if (static_cast<double>(size) < kBoxPx * hit.bytes.width()) {
    const Behind found = behind(census, hit.bytes, size);
    if (found.count == 0) return {};
    return found.only != nullptr ? block_text(census, *found.only, name_of) : behind_text(census, hit.bytes, found);
  }
  const Block* block = census.block_at(middle);
  if (block == nullptr) return {};
  const std::uint64_t here = in_tree(census, *block, middle).size;
  if (here > size) return {};
  if (here == size || block->state == BlockState::Gap) return block_text(census, *block, name_of);
  const std::uint64_t offset = middle & ~(size - 1);
  const Behind inside = behind(census, {static_cast<double>(offset), static_cast<double>(offset + size)});
  return fmt::format("split\n{}\n{}, level {}\n{} in it:", range_text(offset, size, census.arena_bytes),
                     size_with_count(size), hit.level, trace::count_text(inside.count, "block")) +
         counts_text(inside);
}

}  // namespace allocviz::draw
