#include "core/replay/series.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace allocviz::replay {
namespace {

constexpr Extent kNothing{std::numeric_limits<std::uint64_t>::max(), 0};

void widen(Extent& extent, Extent by) {
  extent.min = std::min(extent.min, by.min);
  extent.max = std::max(extent.max, by.max);
}

// The first position at or after `x`, in [0, size].
std::uint64_t position_from(double x, std::uint64_t size) {
  const double up = std::ceil(x);
  if (!(up > 0)) return 0;
  return up >= static_cast<double>(size) ? size : static_cast<std::uint64_t>(up);
}

}  // namespace

void Series::append(const Figures& figures) {
  if (size_ == 0) managed_ = figures.reserved + figures.free;
  assert(figures.reserved + figures.free == managed_ &&
         "reserved and free bytes add up to the same sum at every event");
  const std::uint64_t at = size_ % kLeaf;
  const std::array<std::uint64_t, kStored> values = {figures.live_requested, figures.live_rounded, figures.free,
                                                     figures.largest_free, figures.live_blocks};
  for (std::size_t c = 0; c < kStored; ++c) tracks_[c].waiting[at] = values[c];
  ++size_;
  if (at + 1 == kLeaf) {
    for (Track& track : tracks_) track.pack();
  }
}

void Series::Track::pack() {
  std::uint64_t unequal = 0;  // bits in which any value differs from the first
  for (const std::uint64_t v : waiting) unequal |= v ^ waiting[0];
  Extent extent{waiting[0], waiting[0]};
  Leaf leaf{.extent = extent, .word = words.size()};
  if (unequal != 0) {
    for (const std::uint64_t v : waiting) widen(extent, {v, v});
    leaf.extent = extent;
    // Values that agree in their lowest bits differ from their minimum by multiples of that power of two.
    leaf.shift = static_cast<std::uint8_t>(std::countr_zero(unequal));
    leaf.bits = static_cast<std::uint8_t>(std::bit_width((extent.max - extent.min) >> leaf.shift));
    words.resize(words.size() + leaf.bits, 0);
    std::uint64_t* out = words.data() + leaf.word;
    std::uint64_t gathered = 0;
    unsigned filled = 0;
    for (const std::uint64_t v : waiting) {
      const std::uint64_t packed = (v - extent.min) >> leaf.shift;
      gathered |= packed << filled;
      filled += leaf.bits;
      if (filled < 64) continue;
      *out++ = gathered;
      filled -= 64;
      // What did not fit into the full word begins the next one.
      gathered = filled == 0 ? 0 : packed >> (leaf.bits - filled);
    }
  }
  leaves.push_back(leaf);
  raise();
}

void Series::Track::raise() {
  std::uint64_t below = leaves.size();
  for (std::size_t level = 0; below % kFan == 0; ++level) {
    if (level == levels.size()) levels.emplace_back();
    Extent whole = kNothing;
    for (std::uint64_t i = below - kFan; i < below; ++i) {
      widen(whole, level == 0 ? leaves[i].extent : levels[level - 1][i]);
    }
    levels[level].push_back(whole);
    below = levels[level].size();
  }
}

std::uint64_t Series::Track::value(std::uint64_t position) const {
  const std::uint64_t index = position / kLeaf;
  if (index == leaves.size()) return waiting[position % kLeaf];
  const Leaf& leaf = leaves[index];
  if (leaf.bits == 0) return leaf.extent.min;
  const std::uint64_t bit = (position % kLeaf) * leaf.bits;
  const std::uint64_t* word = words.data() + leaf.word + bit / 64;
  const unsigned from = bit % 64;
  std::uint64_t packed = word[0] >> from;
  if (from + leaf.bits > 64) packed |= word[1] << (64 - from);
  if (leaf.bits < 64) packed &= (std::uint64_t{1} << leaf.bits) - 1;
  return leaf.extent.min + (packed << leaf.shift);
}

void Series::Track::widen_by_values(Extent& extent, std::uint64_t first, std::uint64_t last) const {
  for (std::uint64_t p = first; p < last; ++p) {
    const std::uint64_t v = value(p);
    widen(extent, {v, v});
  }
}

// Whole leaves [first, last): singly up to the next multiple of kFan, then by the entries above them.
void Series::Track::widen_by_leaves(Extent& extent, std::uint64_t first, std::uint64_t last) const {
  for (std::size_t level = 0; first < last; ++level) {
    const auto entry = [&](std::uint64_t i) { return level == 0 ? leaves[i].extent : levels[level - 1][i]; };
    while (first < last && first % kFan != 0) widen(extent, entry(first++));
    while (first < last && last % kFan != 0) widen(extent, entry(--last));
    first /= kFan;
    last /= kFan;
  }
}

Extent Series::stored_extent(const Track& track, std::uint64_t first, std::uint64_t last) const {
  const std::uint64_t first_leaf = (first + kLeaf - 1) / kLeaf;
  const std::uint64_t last_leaf = last / kLeaf;
  Extent extent = kNothing;
  if (first_leaf > last_leaf) {  // inside one leaf
    track.widen_by_values(extent, first, last);
    return extent;
  }
  track.widen_by_values(extent, first, first_leaf * kLeaf);
  track.widen_by_leaves(extent, first_leaf, last_leaf);
  track.widen_by_values(extent, last_leaf * kLeaf, last);
  return extent;
}

std::uint64_t Series::at(Curve curve, std::uint64_t position) const {
  if (size_ == 0) return 0;
  position = std::min(position, size_ - 1);
  if (curve == Curve::Reserved) return managed_ - at(Curve::Free, position);
  return tracks_[static_cast<std::size_t>(curve)].value(position);
}

Extent Series::extent(Curve curve, std::uint64_t first, std::uint64_t last) const {
  last = std::min(last, size_);
  if (first >= last) {
    const std::uint64_t v = at(curve, first);
    return {v, v};
  }
  if (curve == Curve::Reserved) {
    const Extent free = extent(Curve::Free, first, last);
    return {managed_ - free.max, managed_ - free.min};
  }
  return stored_extent(tracks_[static_cast<std::size_t>(curve)], first, last);
}

void Series::bins(Curve curve, double first, double last, std::span<Extent> out) const {
  const double count = static_cast<double>(out.size());
  // An edge is computed once, by one expression, so that every position falls into exactly one bin.
  double edge = first;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double next = first + (last - first) * (static_cast<double>(i + 1) / count);
    const std::uint64_t from = position_from(edge, size_);
    const std::uint64_t to = position_from(next, size_);
    if (from < to) {
      out[i] = extent(curve, from, to);
    } else {
      const std::uint64_t v = at(curve, from == 0 || (static_cast<double>(from) == edge) ? from : from - 1);
      out[i] = {v, v};
    }
    edge = next;
  }
}

std::uint64_t Series::memory_bytes() const {
  std::uint64_t bytes = sizeof(Series);
  for (const Track& track : tracks_) {
    bytes += track.leaves.capacity() * sizeof(Leaf) + track.words.capacity() * sizeof(std::uint64_t);
    for (const auto& level : track.levels) bytes += level.capacity() * sizeof(Extent);
  }
  return bytes;
}

void Series::shrink_to_fit() {
  for (Track& track : tracks_) {
    track.leaves.shrink_to_fit();
    track.words.shrink_to_fit();
    for (auto& level : track.levels) level.shrink_to_fit();
  }
}

}  // namespace allocviz::replay
