#include "core/replay/free_levels.h"

#include <algorithm>
#include <cmath>

namespace allocviz::replay {
namespace {

void widen(CountExtent& extent, CountExtent by) {
  extent.min = std::min(extent.min, by.min);
  extent.max = std::max(extent.max, by.max);
}

std::uint64_t position_at_edge(double x, std::uint64_t size) {
  const double up = std::ceil(x);
  if (!(up > 0)) return 0;
  return up >= static_cast<double>(size) ? size : static_cast<std::uint64_t>(up);
}

}  // namespace

void LevelChanges::became(const LevelCounts& after) {
  for (std::size_t level = 0; level < now_.levels; ++level) {
    const auto byte = static_cast<std::uint8_t>(level | kMore);
    const std::uint32_t before = now_.free[level], count = after.free[level];
    bytes_.insert(bytes_.end(), count > before ? count - before : 0, byte);
    bytes_.insert(bytes_.end(), before > count ? before - count : 0, static_cast<std::uint8_t>(byte | kTaken));
    now_.free[level] = count;
  }
}

// The counts from one position on, forward.
class FreeLevels::Reader {
 public:
  explicit Reader(const FreeLevels& of) : of_(of) {}

  void go_to(std::uint64_t position) {
    const std::uint64_t block = position / kBlock;
    if (!begun_ || block != at_ / kBlock || position < at_) {
      begun_ = true;
      at_ = block * kBlock;
      byte_ = of_.begins_[block];
      const std::uint32_t* start = of_.starts_.data() + block * of_.levels();
      std::copy(start, start + of_.levels(), counts_.begin());
    }
    while (at_ < position) next([](std::size_t) {});
  }
  // To the next position; changed(level) for every count that is another now. Most events change one list or none.
  template <class F>
  void next(F changed) {
    ++at_;
    const std::uint64_t first = byte_;
    while ((apply(of_.bytes_[byte_++]) & LevelChanges::kMore) != 0) {
    }
    // Only what holds after the whole event counts, so its changes are gone through once more.
    for (std::uint64_t byte = first; byte < byte_; ++byte) {
      const std::size_t level = of_.bytes_[byte] & LevelChanges::kLevel;
      if (level != LevelChanges::kNothing) changed(level);
    }
  }
  [[nodiscard]] const std::array<std::uint32_t, kMostLevels>& counts() const { return counts_; }

  // The extents over [at, last), inside one block.
  void widen_up_to(Extents& extents, std::uint64_t last) {
    const auto take = [&](std::size_t level) { widen(extents[level], {counts_[level], counts_[level]}); };
    for (std::size_t level = 0; level < of_.levels(); ++level) take(level);
    while (at_ + 1 < last) next(take);
  }

 private:
  std::uint8_t apply(std::uint8_t change) {
    const std::size_t level = change & LevelChanges::kLevel;
    if (level != LevelChanges::kNothing) {
      counts_[level] += (change & LevelChanges::kTaken) != 0 ? ~std::uint32_t{0} : 1;
    }
    return change;
  }

  const FreeLevels& of_;
  bool begun_ = false;
  std::uint64_t at_ = 0, byte_ = 0;
  std::array<std::uint32_t, kMostLevels> counts_{};
};

void FreeLevels::begin(const LevelCounts& counts) {
  *this = {};
  counts_ = counts;
  if (counts.levels == 0) return;
  size_ = 1;
  start_block();
}

// The position size_ - 1 is the first of a block.
void FreeLevels::start_block() {
  begins_.push_back(bytes_.size());
  starts_.insert(starts_.end(), counts_.free.begin(), counts_.free.begin() + static_cast<std::ptrdiff_t>(levels()));
  for (std::size_t level = 0; level < levels(); ++level) running_[level] = {counts_.free[level], counts_.free[level]};
}

void FreeLevels::append(const LevelChanges& changes) {
  if (levels() == 0) return;
  const std::vector<std::uint8_t>& bytes = changes.bytes_;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t begin = at;
    do {
      const std::size_t level = bytes[at] & LevelChanges::kLevel;
      if (level == LevelChanges::kNothing) continue;
      counts_.free[level] += (bytes[at] & LevelChanges::kTaken) != 0 ? ~std::uint32_t{0} : 1;
    } while ((bytes[at++] & LevelChanges::kMore) != 0);
    const bool first = size_++ % kBlock == 0;
    bytes_.insert(bytes_.end(), bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                  bytes.begin() + static_cast<std::ptrdiff_t>(at));
    if (first) start_block();
    for (std::size_t i = begin; i < at; ++i) {
      const std::size_t level = bytes[i] & LevelChanges::kLevel;
      if (level != LevelChanges::kNothing) widen(running_[level], {counts_.free[level], counts_.free[level]});
    }
    if (size_ % kBlock == 0) finish_block();
  }
}

void FreeLevels::finish_block() {
  if (extents_.empty()) extents_.emplace_back();
  extents_[0].insert(extents_[0].end(), running_.begin(), running_.begin() + static_cast<std::ptrdiff_t>(levels()));
  std::uint64_t below = extents_[0].size() / levels();
  for (std::size_t entry = 0; below % kFan == 0; ++entry) {
    if (entry + 1 == extents_.size()) extents_.emplace_back();
    for (std::size_t level = 0; level < levels(); ++level) {
      CountExtent whole = extents_[entry][(below - kFan) * levels() + level];
      for (std::uint64_t i = below - kFan; i < below; ++i) widen(whole, extents_[entry][i * levels() + level]);
      extents_[entry + 1].push_back(whole);
    }
    below = extents_[entry + 1].size() / levels();
  }
}

LevelCounts FreeLevels::at(std::uint64_t position) const {
  if (levels() == 0 || position + 1 >= size_) return counts_;
  LevelCounts counts = counts_;
  Reader reader(*this);
  reader.go_to(position);
  counts.free = reader.counts();
  return counts;
}

void FreeLevels::widen_by_entry(Extents& extents, std::size_t entry, std::uint64_t index) const {
  const CountExtent* from = extents_[entry].data() + index * levels();
  for (std::size_t level = 0; level < levels(); ++level) widen(extents[level], from[level]);
}

// Whole blocks [first, last): singly up to the next multiple of kFan, then by the entries above them.
void FreeLevels::widen_by_blocks(Extents& extents, std::uint64_t first, std::uint64_t last) const {
  for (std::size_t entry = 0; first < last; ++entry) {
    while (first < last && first % kFan != 0) widen_by_entry(extents, entry, first++);
    while (first < last && last % kFan != 0) widen_by_entry(extents, entry, --last);
    first /= kFan;
    last /= kFan;
  }
}

void FreeLevels::bins(std::span<const double> edges, std::span<CountExtent> out) const {
  if (levels() == 0 || edges.size() < 2) return;
  const std::size_t count = edges.size() - 1;
  Reader reader(*this);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t from = std::min(position_at_edge(edges[i], size_), size_);
    std::uint64_t to = std::min(position_at_edge(edges[i + 1], size_), size_);
    if (from >= to) {  // what is in force there
      from = from == 0 || (from < size_ && static_cast<double>(from) == edges[i]) ? from : from - 1;
      to = from + 1;
    }
    Extents extents;
    extents.fill({~std::uint32_t{0}, 0});
    const std::uint64_t first_block = (from + kBlock - 1) / kBlock, last_block = to / kBlock;
    if (from < std::min(to, first_block * kBlock)) {
      reader.go_to(from);
      reader.widen_up_to(extents, std::min(to, first_block * kBlock));
    }
    if (first_block <= last_block) {
      widen_by_blocks(extents, first_block, last_block);
      if (last_block * kBlock < to) {
        reader.go_to(last_block * kBlock);
        reader.widen_up_to(extents, to);
      }
    }
    for (std::size_t level = 0; level < levels(); ++level) out[level * count + i] = extents[level];
  }
}

void FreeLevels::shrink_to_fit() {
  bytes_.shrink_to_fit();
  begins_.shrink_to_fit();
  starts_.shrink_to_fit();
  for (auto& level : extents_) level.shrink_to_fit();
}

std::uint64_t FreeLevels::memory_bytes() const {
  std::uint64_t bytes = sizeof(FreeLevels) + bytes_.capacity() + begins_.capacity() * sizeof(std::uint64_t) +
                        starts_.capacity() * sizeof(std::uint32_t);
  for (const auto& level : extents_) bytes += level.capacity() * sizeof(CountExtent);
  return bytes;
}

}  // namespace allocviz::replay
