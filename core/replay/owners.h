// Which slot owns the block at an offset: the live slots in the order of their blocks, made when a census asks.
//
//   live slots   0: 0x0400    2: 0x0000    3: 0x0100
//   in order     2, 3, 0                               and a walk in address order meets each when it comes to its
//   block
//
// Sorted by their digits, so a million take as long as a few readings of them do, and no memory but their own.
// A table over the arena would be 128 MiB for one of 512 MiB, and a page fault for most of its entries.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/alloc/prefetch.h"
#include "core/replay/census.h"
#include "core/replay/live_table.h"

namespace allocviz::replay {

// What a block that the allocator holds to be live is: its owner's, or in flight.
inline void set_owner(Block& block, const LiveBlock* owner) {
  block.state = owner == nullptr ? BlockState::InFlight : BlockState::Live;
  if (owner == nullptr) return;
  block.requested = owner->requested;
  block.born = owner->born;
}

class Owners {
 public:
  // Of the blocks of a table that stays as it is while they are asked for. Offsets are below the arena's size and
  // multiples of 2^unit_shift. O(slots).
  void put_in_order(const LiveTable& live, std::uint64_t arena_bytes, unsigned unit_shift) {
    live_ = &live;
    next_ = 0;
    slot_bits_ = static_cast<unsigned>(std::bit_width(live.size()));
    // The offset above the slot: of the bits that tell blocks apart those for which there is room, the highest first.
    const unsigned offset_bits = static_cast<unsigned>(std::bit_width(arena_bytes));
    const unsigned needed = offset_bits + slot_bits_;
    const unsigned lowest = std::max(unit_shift, needed - std::min(needed, 64u));
    keys_.clear();
    keys_.reserve(live.blocks());
    for (std::uint32_t slot = 0; slot < live.size(); ++slot) {
      if (live.is_live(slot)) keys_.push_back((live[slot].offset >> lowest) << slot_bits_ | slot);
    }
    if (keys_.size() < kFew) {
      std::sort(keys_.begin(), keys_.end());
    } else {
      sort_by_digits(offset_bits - std::min(offset_bits, lowest));
    }
    if (lowest > unit_shift) {  // not all had room
      std::sort(keys_.begin(), keys_.end(),
                [&](std::uint64_t a, std::uint64_t b) { return live[slot_in(a)].offset < live[slot_in(b)].offset; });
    }
  }
  // The live block that begins at an offset, or nullptr. Offsets ascend from call to call.
  [[nodiscard]] const LiveBlock* at(std::uint64_t offset) {
    for (; next_ < keys_.size(); ++next_) {
      // Of a million each is somewhere else in the table.
      if (next_ + kAhead < keys_.size()) live_->prefetch(slot_in(keys_[next_ + kAhead]));
      const LiveBlock& block = (*live_)[slot_in(keys_[next_])];
      if (block.offset > offset) break;
      if (block.offset < offset) continue;
      ++next_;
      return &block;
    }
    return nullptr;
  }

  // All of them: use(slot, block), in the order of their blocks.
  template <class Use>
  void for_each(Use use) const {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (i + kAhead < keys_.size()) live_->prefetch(slot_in(keys_[i + kAhead]));
      use(slot_in(keys_[i]), (*live_)[slot_in(keys_[i])]);
    }
  }

 private:
  static constexpr std::size_t kAhead = 16;
  static constexpr unsigned kDigitBits = 11;
  static constexpr std::size_t kFew = 512;

  [[nodiscard]] std::uint32_t slot_in(std::uint64_t key) const {
    return static_cast<std::uint32_t>(key & ((std::uint64_t{1} << slot_bits_) - 1));
  }
  // From the lowest digit of the offsets up; each keeps the order of those in which it is the same.
  void sort_by_digits(unsigned bits) {
    constexpr std::uint64_t kMask = (1u << kDigitBits) - 1;
    sorted_.resize(keys_.size());
    for (unsigned digit = 0; digit < bits; digit += kDigitBits) {
      const unsigned shift = slot_bits_ + digit;
      std::array<std::size_t, kMask + 1> places{};
      for (const std::uint64_t key : keys_) ++places[key >> shift & kMask];
      std::size_t before = 0;
      for (std::size_t& place : places) before += std::exchange(place, before);
      for (const std::uint64_t key : keys_) sorted_[places[key >> shift & kMask]++] = key;
      keys_.swap(sorted_);
    }
  }

  const LiveTable* live_ = nullptr;
  unsigned slot_bits_ = 0;
  std::size_t next_ = 0;
  std::vector<std::uint64_t> keys_, sorted_;
};

}  // namespace allocviz::replay
