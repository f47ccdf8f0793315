#include "core/replay/address_map.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <map>

namespace allocviz::replay {
namespace {

// Runs of granules, first -> one past the last, merged as they come.
class Runs {
 public:
  void add(std::uint64_t first, std::uint64_t last) {
    if (first >= first_ && last <= last_) return;  // most blocks lie where the one before lay
    auto at = runs_.upper_bound(first);
    if (at != runs_.begin() && std::prev(at)->second >= first) {
      --at;
      first = at->first;
    }
    while (at != runs_.end() && at->first <= last) {
      last = std::max(last, at->second);
      at = runs_.erase(at);
    }
    runs_.emplace_hint(at, first, last);
    first_ = first;
    last_ = last;
  }
  [[nodiscard]] const std::map<std::uint64_t, std::uint64_t>& all() const { return runs_; }

 private:
  std::map<std::uint64_t, std::uint64_t> runs_;
  std::uint64_t first_ = 1, last_ = 0;  // of the run last added to
};

std::uint64_t granule_of(const trace::Trace& trace) {
  std::uint64_t largest = AddressMap::kPageBytes;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    const trace::Event event = trace.request(i);
    if (event.op == trace::Op::Alloc || event.op == trace::Op::Realloc) largest = std::max(largest, event.align());
  }
  return std::min(largest, AddressMap::kMaxGranuleBytes);
}

}  // namespace

bool has_place(const trace::Event& event) {
  const bool makes = event.op == trace::Op::Alloc || event.op == trace::Op::Realloc;
  return makes && !event.has(trace::kFailedThere) && event.addr != trace::kNoAddr &&
         bytes_stood_on(event.size) <= ~event.addr;
}

AddressMap::AddressMap(const trace::Trace& trace) {
  if (!trace.has_addresses()) return;
  granule_ = granule_of(trace);
  Runs runs;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    const trace::Event event = trace.event(i);
    if (!has_place(event)) continue;
    runs.add(event.addr / granule_, (event.addr + bytes_stood_on(event.size) - 1) / granule_ + 1);
  }
  std::uint64_t offset = 0, address = 0;
  for (const auto& [first, last] : runs.all()) {
    if (!regions_.empty()) {
      // A hole is a multiple of the granule, and so is what is drawn of it.
      offset += std::min(first * granule_ - address, std::max(kMaxGapBytes, granule_));
    }
    regions_.push_back({first * granule_, offset, (last - first) * granule_});
    offset += regions_.back().size;
    address = last * granule_;
  }
}

std::optional<std::uint64_t> AddressMap::offset_of(std::uint64_t address) const {
  const auto after = std::upper_bound(regions_.begin(), regions_.end(), address,
                                      [](std::uint64_t at, const Region& region) { return at < region.address; });
  if (after == regions_.begin() || address - std::prev(after)->address >= std::prev(after)->size) return {};
  return std::prev(after)->offset + (address - std::prev(after)->address);
}

std::optional<std::uint64_t> AddressMap::address_of(std::uint64_t offset) const {
  const auto after = std::upper_bound(regions_.begin(), regions_.end(), offset,
                                      [](std::uint64_t at, const Region& region) { return at < region.offset; });
  if (after == regions_.begin() || offset >= std::prev(after)->end()) return {};
  return std::prev(after)->address + (offset - std::prev(after)->offset);
}

std::size_t AddressMap::region_at(std::uint64_t offset) const {
  const auto after = std::upper_bound(regions_.begin(), regions_.end(), offset,
                                      [](std::uint64_t at, const Region& region) { return at < region.offset; });
  assert(after != regions_.begin() && offset < std::prev(after)->end() && "the offset lies in a region");
  return static_cast<std::size_t>(std::prev(after) - regions_.begin());
}

}  // namespace allocviz::replay
