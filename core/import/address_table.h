// Which block stands at an address: address -> id of the life that is on there, for logs that name blocks by address.
//
//   home = top bits of a hash of (address, seed)
//   entries | -   | A:1 | B:7 | C:2 | -   |        open addressing, linear probing; B's home may be A's place
//
//   I1  capacity is 0 or a power of two, and 4 * size() <= 3 * capacity.
//   I2  address 0 marks an empty entry; no block stands there.
//   I3  between the home of an entry and its place there is no empty entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/alloc/prefetch.h"
#include "core/trace/large_pages.h"

namespace allocviz::import {

class AddressTable {
 public:
  static constexpr std::uint64_t kNoId = 0;

  // The seed keeps a file from choosing addresses that all collide.
  explicit AddressTable(std::uint64_t seed = 0) : seed_(seed) {}

  // The id at addr, kNoId when nothing is there. O(1) expected.
  [[nodiscard]] std::uint64_t find(std::uint64_t addr) const {
    if (size_ == 0 || addr == 0) return kNoId;
    return entries_[place_of(addr)].id;
  }

  // Brings the place where addr would be nearer.
  void prefetch(std::uint64_t addr) const {
    if (size_ != 0) alloc::prefetch(&entries_[home_of(addr)]);
  }

  // The id at addr; `id` (not kNoId) is put there first when nothing was. addr is not 0. Amortised O(1).
  std::uint64_t find_or_put(std::uint64_t addr, std::uint64_t id) {
    if (4 * (size_ + 1) > 3 * entries_.size()) grow();
    Entry& entry = entries_[place_of(addr)];
    if (entry.addr == 0) {
      entry = {addr, id};
      ++size_;
    }
    return entry.id;
  }

  // Removes and returns the id at addr, kNoId when nothing was there. O(1) expected.
  std::uint64_t take(std::uint64_t addr) {
    if (size_ == 0 || addr == 0) return kNoId;
    const std::size_t place = place_of(addr);
    const std::uint64_t id = entries_[place].id;
    if (id != kNoId) remove(place);
    return id;
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  // 0 when every invariant holds, else the number of the first one that does not. O(capacity).
  [[nodiscard]] int check() const {
    const std::size_t capacity = entries_.size();
    if ((capacity & (capacity - 1)) != 0 || 4 * size_ > 3 * capacity) return 1;
    std::uint64_t held = 0;
    for (std::size_t i = 0; i < capacity; ++i) {
      if (entries_[i].addr == 0) {
        if (entries_[i].id != kNoId) return 2;
        continue;
      }
      ++held;
      if (place_of(entries_[i].addr) != i) return 3;
    }
    return held == size_ ? 0 : 2;
  }

 private:
  struct Entry {
    std::uint64_t addr = 0;
    std::uint64_t id = kNoId;
  };

  [[nodiscard]] std::size_t home_of(std::uint64_t addr) const {
    // Rounds of the MurmurHash3 finalizer (Austin Appleby, public domain).
    std::uint64_t hash = addr ^ seed_;
    hash = (hash ^ (hash >> 33)) * 0xff51'afd7'ed55'8ccdu;
    hash = (hash ^ (hash >> 33)) * 0xc4ce'b9fe'1a85'ec53u;
    return static_cast<std::size_t>(hash >> shift_);
  }

  // Where addr stands, or the empty entry where it would be put.
  [[nodiscard]] std::size_t place_of(std::uint64_t addr) const {
    const std::size_t mask = entries_.size() - 1;
    std::size_t place = home_of(addr);
    while (entries_[place].addr != addr && entries_[place].addr != 0) place = (place + 1) & mask;
    return place;
  }

  // Empties a place and closes the hole, so that no tombstones gather: whatever stands behind it and may stand in the
  // hole (its home is not between the two) moves there, which opens the next hole.
  void remove(std::size_t hole) {
    const std::size_t mask = entries_.size() - 1;
    std::size_t next = hole;
    while (true) {
      next = (next + 1) & mask;
      if (entries_[next].addr == 0) break;
      const std::size_t home = home_of(entries_[next].addr);
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      entries_[hole] = entries_[next];
      hole = next;
    }
    entries_[hole] = {};
    --size_;
  }

  void grow() {
    const std::size_t capacity = entries_.empty() ? 64 : entries_.size() * 2;
    trace::LargeVector<Entry> old = std::exchange(entries_, trace::LargeVector<Entry>(capacity));
    shift_ = 64;
    for (std::size_t c = capacity; c > 1; c /= 2) --shift_;
    for (const Entry& entry : old) {
      if (entry.addr != 0) entries_[place_of(entry.addr)] = entry;
    }
  }

  std::uint64_t seed_;
  trace::LargeVector<Entry> entries_;
  std::uint64_t size_ = 0;
  unsigned shift_ = 64;
};

}  // namespace allocviz::import
