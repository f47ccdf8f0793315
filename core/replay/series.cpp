#include "core/replay/series.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/trace/packed_bits.h"

namespace allocviz::replay {
namespace {

constexpr unsigned kRangeBits = 16;  // that a leaf has room for
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

// Of a million, rounded down; 0 of nothing.
std::uint32_t share_of(std::uint64_t part, std::uint64_t whole) {
  if (part >= whole) return 0;
  return static_cast<std::uint32_t>(static_cast<double>(kWhole) * static_cast<double>(whole - part) /
                                    static_cast<double>(whole));
}

bool is_share(Curve curve) {
  return curve == Curve::InternalFragmentation || curve == Curve::ExternalFragmentation;
}

}  // namespace

void Series::append(const Figures& figures) {
  if (size_ == 0) {
    managed_ = figures.reserved + figures.free;
    closed_ = figures.live_rounded + figures.free;
  }
  if (free_follows_ && figures.live_rounded + figures.free != closed_) store_free();
  assert(figures.reserved + figures.free == managed_ &&
         "reserved and free bytes add up to the same sum at every event");
  const std::uint64_t at = size_ % kLeaf;
  const std::array<std::uint64_t, kStored> values = {figures.live_requested, figures.live_rounded, figures.free,
                                                     figures.largest_free, figures.live_blocks};
  for (std::size_t c = 0; c < kStored; ++c) tracks_[c].waiting[at] = values[c];
  ++size_;
  if (at + 1 == kLeaf) {
    for (std::size_t c = 0; c < kStored; ++c) {
      if (!free_follows_ || static_cast<Curve>(c) != Curve::Free) tracks_[c].pack();
    }
    pack_shares(internal_, Curve::InternalFragmentation);
    if (outside_) pack_shares(external_, Curve::ExternalFragmentation);
  }
}

void Series::store_free() {
  const Track& live = tracks_[static_cast<std::size_t>(Curve::LiveRounded)];
  Track& free = tracks_[static_cast<std::size_t>(Curve::Free)];
  const auto waiting = free.waiting;
  for (std::uint64_t leaf = 0; leaf < live.leaves.size(); ++leaf) {
    for (std::uint64_t i = 0; i < kLeaf; ++i) free.waiting[i] = closed_ - live.value(leaf * kLeaf + i);
    free.pack();
  }
  free.waiting = waiting;
  free_follows_ = false;
}

const Series::Track& Series::track_of(Curve curve) const {
  if (curve == Curve::Free && free_follows_) curve = Curve::LiveRounded;
  return tracks_[static_cast<std::size_t>(curve)];
}

void Series::Track::pack() {
  const std::span<const std::uint64_t, kLeaf> values = waiting;
  std::uint64_t unequal = 0;  // bits in which any value differs from the first
  for (const std::uint64_t v : values) unequal |= v ^ values[0];
  Leaf leaf{.min = values[0], .word = static_cast<std::uint32_t>(words.size())};
  if (unequal != 0) {
    const auto [least, largest] = trace::range_of(values);
    // Values that agree in their lowest bits differ from their minimum by multiples of that power of two.
    const int shift = std::countr_zero(unequal);
    const std::uint64_t range = (largest - least) >> shift;
    leaf.min = least;
    leaf.shift = static_cast<std::uint8_t>(shift);
    leaf.bits = static_cast<std::uint8_t>(std::bit_width(range));
    std::array<std::uint64_t, kLeaf> above, packed;
    for (std::size_t i = 0; i < kLeaf; ++i) above[i] = (values[i] - least) >> shift;
    trace::write_packed(reinterpret_cast<std::byte*>(packed.data()), std::span<const std::uint64_t, kLeaf>(above), 0,
                        leaf.bits);
    words.insert(words.end(), packed.begin(), packed.begin() + leaf.bits);
    if (leaf.bits <= kRangeBits) {
      leaf.range = static_cast<std::uint16_t>(range);
    } else {
      words.push_back(range);
    }
  }
  leaves.push_back(leaf);
  raise();
}

Series::Parts Series::parts_of(Curve curve) {
  if (curve == Curve::InternalFragmentation) return {Curve::LiveRequested, Curve::LiveRounded};
  return {Curve::LargestFree, Curve::Free};
}

// Of the leaf just packed, whose values still wait.
void Series::pack_shares(Shares& shares, Curve curve) {
  const Parts parts = parts_of(curve);
  const Track& part = tracks_[static_cast<std::size_t>(parts.part)];
  const Track& whole = tracks_[static_cast<std::size_t>(parts.whole)];
  const std::uint32_t first = share_of(part.waiting[0], whole.waiting[0]);
  Share share{first, first};
  if (track_of(parts.part).leaves.back().bits != 0 || track_of(parts.whole).leaves.back().bits != 0) {
    for (std::size_t i = 1; i < kLeaf; ++i) {
      const std::uint32_t value = share_of(part.waiting[i], whole.waiting[i]);
      share = {std::min(share.min, value), std::max(share.max, value)};
    }
  }
  if (shares.empty()) shares.emplace_back();
  shares[0].push_back(share);
  for (std::size_t level = 0; shares[level].size() % kFan == 0; ++level) {
    if (level + 1 == shares.size()) shares.emplace_back();
    Share over = shares[level].back();
    for (std::size_t i = shares[level].size() - kFan; i < shares[level].size(); ++i) {
      over = {std::min(over.min, shares[level][i].min), std::max(over.max, shares[level][i].max)};
    }
    shares[level + 1].push_back(over);
  }
}

Extent Series::Track::extent_of(const Leaf& leaf) const {
  const std::uint64_t range = leaf.bits <= kRangeBits ? leaf.range : words[leaf.word + leaf.bits];
  return {leaf.min, leaf.min + (range << leaf.shift)};
}

void Series::Track::raise() {
  std::uint64_t below = leaves.size();
  for (std::size_t level = 0; below % kFan == 0; ++level) {
    if (level == levels.size()) levels.emplace_back();
    Extent whole = kNothing;
    for (std::uint64_t i = below - kFan; i < below; ++i) {
      widen(whole, level == 0 ? extent_of(leaves[i]) : levels[level - 1][i]);
    }
    levels[level].push_back(whole);
    below = levels[level].size();
  }
}

std::uint64_t Series::Track::value(std::uint64_t position) const {
  const std::uint64_t index = position / kLeaf;
  if (index == leaves.size()) return waiting[position % kLeaf];
  const Leaf& leaf = leaves[index];
  if (leaf.bits == 0) return leaf.min;
  const std::uint64_t bit = (position % kLeaf) * leaf.bits;
  const std::uint64_t* word = words.data() + leaf.word + bit / 64;
  const unsigned from = bit % 64;
  std::uint64_t packed = word[0] >> from;
  if (from + leaf.bits > 64) packed |= word[1] << (64 - from);
  if (leaf.bits < 64) packed &= (std::uint64_t{1} << leaf.bits) - 1;
  return leaf.min + (packed << leaf.shift);
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
    const auto entry = [&](std::uint64_t i) { return level == 0 ? extent_of(leaves[i]) : levels[level - 1][i]; };
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

std::uint64_t Series::share_at(Curve curve, std::uint64_t position) const {
  if (curve == Curve::ExternalFragmentation && !outside_) return 0;
  const Parts parts = parts_of(curve);
  return share_of(at(parts.part, position), at(parts.whole, position));
}

Extent Series::share_extent(Curve curve, std::uint64_t first, std::uint64_t last) const {
  if (curve == Curve::ExternalFragmentation && !outside_) return {0, 0};
  const Shares& shares = curve == Curve::InternalFragmentation ? internal_ : external_;
  Extent extent = kNothing;
  const auto by_values = [&](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t p = from; p < to; ++p) {
      const std::uint64_t value = share_at(curve, p);
      widen(extent, {value, value});
    }
  };
  std::uint64_t from = (first + kLeaf - 1) / kLeaf, to = last / kLeaf;
  if (from > to) {  // inside one leaf
    by_values(first, last);
    return extent;
  }
  by_values(first, from * kLeaf);
  by_values(to * kLeaf, last);
  for (std::size_t level = 0; from < to; ++level) {
    const auto take = [&](std::uint64_t i) { widen(extent, {shares[level][i].min, shares[level][i].max}); };
    while (from < to && from % kFan != 0) take(from++);
    while (from < to && to % kFan != 0) take(--to);
    from /= kFan;
    to /= kFan;
  }
  return extent;
}

std::uint64_t Series::at(Curve curve, std::uint64_t position) const {
  if (size_ == 0) return 0;
  position = std::min(position, size_ - 1);
  if (is_share(curve)) return share_at(curve, position);
  if (curve == Curve::Reserved) return managed_ - at(Curve::Free, position);
  if (curve == Curve::Free && free_follows_) return closed_ - at(Curve::LiveRounded, position);
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
  if (curve == Curve::Free && free_follows_) {
    const Extent live = extent(Curve::LiveRounded, first, last);
    return {closed_ - live.max, closed_ - live.min};
  }
  if (is_share(curve)) return share_extent(curve, first, last);
  return stored_extent(tracks_[static_cast<std::size_t>(curve)], first, last);
}

Extent Series::bin(Curve curve, double from, double to) const {
  const std::uint64_t first = position_from(from, size_);
  const std::uint64_t last = position_from(to, size_);
  if (first < last) return extent(curve, first, last);
  const std::uint64_t v = at(curve, first == 0 || static_cast<double>(first) == from ? first : first - 1);
  return {v, v};
}

void Series::bins(Curve curve, double first, double last, std::span<Extent> out) const {
  const double count = static_cast<double>(out.size());
  // An edge is computed once, by one expression, so that every position falls into exactly one bin.
  double edge = first;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double next = first + (last - first) * (static_cast<double>(i + 1) / count);
    out[i] = bin(curve, edge, next);
    edge = next;
  }
}

void Series::bins(Curve curve, std::span<const double> edges, std::span<Extent> out) const {
  assert(edges.size() == out.size() + 1 && "every bin has two edges");
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = bin(curve, edges[i], edges[i + 1]);
}

// A stretch twice as long each time, until it holds what is looked for; then halves of it.
std::uint64_t Series::last_at_least(Curve curve, std::uint64_t value, std::uint64_t before) const {
  std::uint64_t last = std::min(before, size_), length = 1, first = last;
  for (;; length *= 2) {
    if (last == 0) return size_;
    first = last - std::min(last, length);
    if (extent(curve, first, last).max >= value) break;
    last = first;
  }
  while (last - first > 1) {
    const std::uint64_t middle = first + (last - first) / 2;
    (extent(curve, middle, last).max >= value ? first : last) = middle;
  }
  return first;
}

std::uint64_t Series::first_at_least(Curve curve, std::uint64_t value, std::uint64_t from) const {
  std::uint64_t first = from, length = 1, last = from;
  for (;; length *= 2) {
    if (first >= size_) return size_;
    last = first + std::min(size_ - first, length);
    if (extent(curve, first, last).max >= value) break;
    first = last;
  }
  while (last - first > 1) {
    const std::uint64_t middle = first + (last - first) / 2;
    (extent(curve, first, middle).max >= value ? last : first) = middle;
  }
  return first;
}

std::uint64_t Series::memory_bytes() const {
  std::uint64_t bytes = sizeof(Series);
  for (const Track& track : tracks_) {
    bytes += track.leaves.capacity() * sizeof(Leaf) + track.words.capacity() * sizeof(std::uint64_t);
    for (const auto& level : track.levels) bytes += level.capacity() * sizeof(Extent);
  }
  for (const Shares* shares : {&internal_, &external_}) {
    for (const auto& level : *shares) bytes += level.capacity() * sizeof(Share);
  }
  return bytes;
}

void Series::shrink_to_fit() {
  for (Shares* shares : {&internal_, &external_}) {
    for (auto& level : *shares) level.shrink_to_fit();
  }
  for (Track& track : tracks_) {
    track.leaves.shrink_to_fit();
    track.words.shrink_to_fit();
    for (auto& level : track.levels) level.shrink_to_fit();
  }
}

}  // namespace allocviz::replay
