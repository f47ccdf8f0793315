// What only the machine above an allocator knows: which slot of the trace owns which block, and how much of it was
// asked for.
//
//   slot         0        1      2        3
//   block      0x0400     -    0x0000   0x0100       offset, bytes, requested, born; "-" is not live here
//
//   L1  blocks(), bytes() and requested() are the sums over the live slots.
//   L2  no two live slots have the same offset.
#pragma once

#include <cassert>
#include <cstdint>
#include <vector>

#include "core/alloc/prefetch.h"
#include "core/replay/bytes.h"
#include "core/trace/trace.h"

namespace allocviz::replay {

struct LiveBlock {
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

  std::uint64_t offset = kNowhere;
  std::uint64_t bytes = 0;  // of the block it stands in
  std::uint64_t requested = 0;
  std::uint64_t born = 0;  // index of the event that made or last resized it
};

class LiveTable {
 public:
  explicit LiveTable(std::uint32_t slot_count) : slots_(slot_count) {}

  [[nodiscard]] bool is_live(std::uint32_t slot) const {
    return slot < slots_.size() && slots_[slot].offset != LiveBlock::kNowhere;
  }
  [[nodiscard]] const LiveBlock& operator[](std::uint32_t slot) const { return slots_[slot]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }

  // Slots below slot_count may be put; what lives stays.
  void make_room(std::uint32_t slot_count) {
    if (slot_count > slots_.size()) slots_.resize(slot_count);
  }

  // Brings a slot's entry nearer: in a long log it was last touched too long ago to be at hand.
  void prefetch(std::uint32_t slot) const {
    if (slot < slots_.size()) alloc::prefetch(&slots_[slot]);
  }

  void put(std::uint32_t slot, const LiveBlock& block) {
    assert(slot < slots_.size() && "an event that makes a block has one of the trace's slots");
    assert(!is_live(slot) && "a slot owns one block at a time");
    slots_[slot] = block;
    ++blocks_;
    bytes_ += block.bytes;
    requested_ += block.requested;
  }
  // Takes the block out and returns it.
  LiveBlock take(std::uint32_t slot) {
    assert(is_live(slot) && "only a live slot has a block to take");
    const LiveBlock block = slots_[slot];
    slots_[slot].offset = LiveBlock::kNowhere;
    --blocks_;
    bytes_ -= block.bytes;
    requested_ -= block.requested;
    return block;
  }
  void clear();

  // The live slot whose block begins at offset, kNoSlot when there is none. O(slots).
  [[nodiscard]] std::uint32_t slot_at(std::uint64_t offset) const;

  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t requested() const { return requested_; }

  // Live slots in ascending order; offsets and sizes in units of 2^unit_shift bytes, which divides them all.
  void save(ByteWriter& out, unsigned unit_shift) const;
  void load(ByteReader& in, unsigned unit_shift);

 private:
  std::vector<LiveBlock> slots_;
  std::uint64_t blocks_ = 0, bytes_ = 0, requested_ = 0;
};

}  // namespace allocviz::replay
