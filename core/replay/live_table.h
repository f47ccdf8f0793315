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
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/alloc/prefetch.h"
#include "core/replay/bytes.h"
#include "core/replay/machine.h"
#include "core/trace/large_pages.h"
#include "core/trace/trace.h"

namespace allocviz::replay {

struct LiveBlock {
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

  std::uint64_t offset = kNowhere;
  std::uint64_t bytes = 0;  // of the block it stands in
  std::uint64_t requested = 0;
  std::uint64_t born = 0;  // index of the event that made or last resized it
};

// With fewer slots a second thread is not worth its beginning.
inline constexpr std::uint32_t kManySlots = 262'144;

struct SlotRange {
  std::uint32_t from = 0, to = 0;
};

class LiveTable {
 public:
  explicit LiveTable(std::uint32_t slot_count) : slots_(slot_count), slot_count_(slot_count) {}

  [[nodiscard]] bool is_live(std::uint32_t slot) const {
    return slot < slots_.size() && slots_[slot].offset != LiveBlock::kNowhere;
  }
  [[nodiscard]] const LiveBlock& operator[](std::uint32_t slot) const { return slots_[slot]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }

  // Slots below slot_count may be put; what lives stays.
  void make_room(std::uint32_t slot_count) {
    if (slot_count <= slot_count_) return;
    slot_count_ = slot_count;
    slots_.resize(slot_count);
    if (watches_) changed_.resize(words_of(slot_count));
  }

  // Brings a slot's entry nearer: in a long log it was last touched too long ago to be at hand.
  void prefetch(std::uint32_t slot) const {
    if (slot < slots_.size()) alloc::prefetch(&slots_[slot]);
  }

  void put(std::uint32_t slot, const LiveBlock& block) {
    assert(slot < slots_.size() && "an event that makes a block has one of the trace's slots");
    assert(!is_live(slot) && "a slot owns one block at a time");
    slots_[slot] = block;
    changes(slot);
    ++blocks_;
    bytes_ += block.bytes;
    requested_ += block.requested;
  }
  // Takes the block out and returns it.
  LiveBlock take(std::uint32_t slot) {
    assert(is_live(slot) && "only a live slot has a block to take");
    const LiveBlock block = slots_[slot];
    slots_[slot].offset = LiveBlock::kNowhere;
    changes(slot);
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
  [[nodiscard]] bool sums_hold() const;  // L1. O(slots)

  // Begins a keyframe with the live slots in ascending order; offsets and sizes in units of 2^unit_shift bytes, which
  // divides them all. O(slots).
  void save(Keyframe& out, unsigned unit_shift) const;
  // From now on, up to a load(), it remembers which slots change: for the next save_changes().
  void watch_changes();
  // The same with the slots that changed since watch_changes(), or since the last one of these.
  // O(slots / 64 + changes).
  void save_changes(Keyframe& out, unsigned unit_shift);
  // A whole keyframe, or the changes behind the one that was loaded last; returns what stands behind the live table's.
  // O(slots), or O(changes).
  [[nodiscard]] ByteReader load(const Keyframe& frame, unsigned unit_shift);
  // The same of a whole keyframe and those behind it, or in parts, so that several threads can load at once:
  // begin_load() with the last one of them, then load_part() of slots that no other thread loads. Returns what stands
  // behind the live table's in each.
  void begin_load(const Keyframe& last);
  [[nodiscard]] std::vector<ByteReader> load_part(std::span<const Keyframe* const> frames, unsigned unit_shift,
                                                  SlotRange part);
  // Gives its memory back. A load() of a whole keyframe comes next, before anything is put or asked for.
  void rest();

 private:
  static constexpr std::size_t kAhead = 16;

  [[nodiscard]] ByteWriter begin(Keyframe& out) const;
  static std::size_t words_of(std::size_t slots) { return (slots + 63) / 64; }
  void changes(std::uint32_t slot) {
    if (watches_) changed_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  }

  trace::LargeVector<LiveBlock> slots_;  // none while it rests
  std::uint32_t slot_count_;
  std::uint64_t blocks_ = 0, bytes_ = 0, requested_ = 0;
  bool watches_ = false;
  std::vector<std::uint64_t> changed_;  // a bit a slot, while it watches
};

// A keyframe, and the changes that were saved after it, as one: the later state, saved where the earlier one's changes
// begin, and whole where that is. O(bytes of both).
[[nodiscard]] Keyframe both_as_one(const Keyframe& earlier, const Keyframe& changes);

}  // namespace allocviz::replay
