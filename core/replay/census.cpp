#include "core/replay/census.h"

#include <algorithm>

namespace allocviz::replay {
namespace {

double one_less(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : 1.0 - static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double internal_fragmentation(const Figures& figures) {
  return one_less(figures.live_requested, figures.live_rounded);
}
double external_fragmentation(const Figures& figures) {
  return one_less(figures.largest_free, figures.free);
}
double external_fragmentation(const Figures& figures, trace::AllocatorKind kind) {
  if (kind == trace::AllocatorKind::Slab || kind == trace::AllocatorKind::Bump) return 0.0;
  return external_fragmentation(figures);
}

Figures sums_of(const Census& census) {
  Figures sums;
  std::uint64_t managed = census.arena_bytes;
  for (const Block& block : census.blocks) {
    switch (block.state) {
      case BlockState::Free:
      case BlockState::Fresh:
        sums.free += block.size;
        sums.largest_free = std::max(sums.largest_free, block.size);
        break;
      case BlockState::Live:
        ++sums.live_blocks;
        sums.live_rounded += block.size;
        sums.live_requested += block.requested;
        break;
      case BlockState::Gap:
        managed -= block.size;
        break;
      case BlockState::InFlight:
      case BlockState::Dead:
      case BlockState::Padding:
        break;
    }
  }
  sums.reserved = managed - sums.free;
  return sums;
}

const SlabRun* Census::slab_at(std::uint64_t offset) const {
  const auto after = std::upper_bound(slabs.begin(), slabs.end(), offset,
                                      [](std::uint64_t at, const SlabRun& slab) { return at < slab.offset; });
  if (after == slabs.begin() || offset - (after - 1)->offset >= (after - 1)->size) return nullptr;
  return &*(after - 1);
}

const Block* Census::block_at(std::uint64_t offset) const {
  if (offset >= arena_bytes) return nullptr;
  const auto after = std::upper_bound(blocks.begin(), blocks.end(), offset,
                                      [](std::uint64_t at, const Block& block) { return at < block.offset; });
  return after == blocks.begin() ? nullptr : &*(after - 1);
}

}  // namespace allocviz::replay
