// Which slot a number stands for while its block lives: an open-addressing hash table with linear probing.
//
//   key   | 17 |    | 18 | 40 |    |
//   slot  |  0 |  - |  1 |  2 |  - |      an entry is empty when its slot is kNoSlot
//
//   I1  entries are a power of two, at most half of them taken.
//   I2  between the place a key hashes to and the place it is in, no entry is empty (removal shifts back, leaves no
//       tombstones), so a search ends at the first empty entry.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/alloc/prefetch.h"
#include "core/trace/large_pages.h"

namespace allocviz::trace {

class IdTable {
 public:
  static constexpr std::uint32_t kNone = 0xffff'ffffu;

  // The seed keeps a file from choosing ids that all collide.
  explicit IdTable(std::uint64_t seed) : seed_(seed), entries_(64) {}

  [[nodiscard]] std::uint32_t find(std::uint64_t key) const {
    for (std::size_t i = home(key);; i = next(i)) {
      if (entries_[i].slot == kNone) return kNone;
      if (entries_[i].key == key) return entries_[i].slot;
    }
  }

  // Brings the place where `key` would be nearer.
  void prefetch(std::uint64_t key) const { alloc::prefetch(&entries_[home(key)]); }

  // `key` must not be in the table.
  void insert(std::uint64_t key, std::uint32_t slot) {
    if (2 * (taken_ + 1) > entries_.size()) grow();
    std::size_t i = home(key);
    while (entries_[i].slot != kNone) i = next(i);
    entries_[i] = {key, slot};
    ++taken_;
  }

  // Removes `key` and returns its slot, kNone when it was not there.
  std::uint32_t remove(std::uint64_t key) {
    std::size_t hole = home(key);
    while (entries_[hole].key != key || entries_[hole].slot == kNone) {
      if (entries_[hole].slot == kNone) return kNone;
      hole = next(hole);
    }
    const std::uint32_t slot = entries_[hole].slot;
    // Whoever stands further on and may stand in the hole moves into it, which makes the next hole.
    for (std::size_t i = next(hole); entries_[i].slot != kNone; i = next(i)) {
      const std::size_t wanted = home(entries_[i].key);
      if (((i - wanted) & mask()) < ((i - hole) & mask())) continue;
      entries_[hole] = entries_[i];
      hole = i;
    }
    entries_[hole].slot = kNone;
    --taken_;
    return slot;
  }

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t slot = kNone;
  };

  [[nodiscard]] std::size_t mask() const { return entries_.size() - 1; }
  [[nodiscard]] std::size_t next(std::size_t i) const { return (i + 1) & mask(); }
  // The finalizer of MurmurHash3 (Austin Appleby, public domain): every bit of the key moves every bit of the place.
  // Eight keys in a row have eight places in a row, which come from memory together: most logs number their blocks.
  [[nodiscard]] std::size_t home(std::uint64_t key) const {
    std::uint64_t h = (key / kRow) ^ seed_;
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
    return static_cast<std::size_t>((h ^ (h >> 33)) * kRow + key % kRow) & mask();
  }
  void grow() {
    LargeVector<Entry> old(entries_.size() * 2);
    old.swap(entries_);
    taken_ = 0;
    for (const auto& entry : old) {
      if (entry.slot != kNone) insert(entry.key, entry.slot);
    }
  }

  static constexpr std::uint64_t kRow = 8;

  std::uint64_t seed_;
  std::size_t taken_ = 0;
  LargeVector<Entry> entries_;
};

}  // namespace allocviz::trace
