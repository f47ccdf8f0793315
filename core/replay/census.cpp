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

const Block* Census::block_at(std::uint64_t offset) const {
  if (offset >= arena_bytes) return nullptr;
  const auto after = std::upper_bound(blocks.begin(), blocks.end(), offset,
                                      [](std::uint64_t at, const Block& block) { return at < block.offset; });
  return after == blocks.begin() ? nullptr : &*(after - 1);
}

}  // namespace allocviz::replay
