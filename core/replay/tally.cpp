#include "core/replay/tally.h"

#include <algorithm>
#include <bit>

namespace allocviz::replay {
namespace {

// Fowler, Noll and Vo's, a word at a time.
void stir(std::uint64_t& hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x100000001b3u;
  hash ^= hash >> 32;
}

}  // namespace

void Tally::Sum::add(const trace::Event& event, bool served) {
  allocs += event.op == trace::Op::Alloc ? 1 : 0;
  frees += event.op == trace::Op::Free ? 1 : 0;
  reallocs += event.op == trace::Op::Realloc ? 1 : 0;
  if (served) bytes += std::max<std::uint64_t>(event.size, 1);
}

void Tally::append(const trace::Event& event, const Outcome& outcome) {
  const bool served = outcome.kind == OutcomeKind::Placed;
  if (size_ % kSum == 0) sums_.push_back(sum_);
  if (size_ % 64 == 0) placed_.push_back(0);
  if (size_ % kDigest == 0) digests_.push_back(0xcbf29ce484222325u);
  sum_.add(event, served);
  placed_.back() |= static_cast<std::uint64_t>(served) << (size_ % 64);
  stir(digests_.back(), served ? outcome.offset : Outcome::kNowhere);
  ++size_;
}

Tally::Sum Tally::up_to(const trace::Trace& trace, std::uint64_t event) const {
  if (event >= size_) return sum_;
  Sum sum = sums_[event / kSum];
  for (std::uint64_t i = event / kSum * kSum; i < event; ++i) sum.add(trace.request(i), placed(i));
  return sum;
}

Totals Tally::between(const trace::Trace& trace, const Series& series, std::uint64_t first, std::uint64_t last) const {
  last = std::min(last, size_);
  first = std::min(first, last);
  const Sum before = up_to(trace, first), after = up_to(trace, last);
  Totals totals{.events = last - first,
                .allocs = after.allocs - before.allocs,
                .frees = after.frees - before.frees,
                .reallocs = after.reallocs - before.reallocs,
                .bytes_allocated = after.bytes - before.bytes,
                .live_before = series.at(Curve::LiveRequested, first),
                .live_after = series.at(Curve::LiveRequested, last)};
  totals.bytes_freed = totals.live_before + totals.bytes_allocated - totals.live_after;
  return totals;
}

std::uint64_t Tally::first_served_otherwise(const Tally& other) const {
  const std::size_t words = std::min(placed_.size(), other.placed_.size());
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint64_t unequal = placed_[i] ^ other.placed_[i];
    if (unequal != 0) return i * 64 + static_cast<std::uint64_t>(std::countr_zero(unequal));
  }
  return size_;
}

std::uint64_t Tally::first_other_digest(const Tally& other) const {
  const std::size_t digests = std::min(digests_.size(), other.digests_.size());
  for (std::size_t i = 0; i < digests; ++i) {
    if (digests_[i] != other.digests_[i]) return i * kDigest;
  }
  return size_;
}

void Tally::shrink_to_fit() {
  sums_.shrink_to_fit();
  placed_.shrink_to_fit();
  digests_.shrink_to_fit();
}

std::uint64_t Tally::memory_bytes() const {
  return sums_.capacity() * sizeof(Sum) + (placed_.capacity() + digests_.capacity()) * sizeof(std::uint64_t);
}

}  // namespace allocviz::replay
