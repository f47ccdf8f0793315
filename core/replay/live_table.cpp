#include "core/replay/live_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "core/replay/free_order.h"
#include "core/replay/rows.h"

namespace allocviz::replay {
namespace {

// How the table stands in a keyframe: the sums over all that is live; the slots that are live no more (none where it is
// whole); the live ones.
enum RowColumn : std::size_t { kSlot, kOffset, kBytes, kRequested, kBorn, kColumns };
using LiveRow = std::array<std::uint64_t, kColumns>;

// A power of two, which most blocks' sizes are, as its exponent: few bits, however much they differ. All else above
// them.
std::uint64_t code_of(std::uint64_t units) {
  return std::has_single_bit(units) ? static_cast<std::uint64_t>(std::countr_zero(units)) : units + 64;
}
std::uint64_t units_of(std::uint64_t code) {
  return code < 64 ? std::uint64_t{1} << code : code - 64;
}

using SlotWriter = AscendingWriter<1>;
using LiveRowWriter = AscendingWriter<kColumns>;
using LiveRowReader = AscendingReader<kColumns>;

LiveRow row_of(std::uint32_t slot, const LiveBlock& block, unsigned unit_shift) {
  return {slot, block.offset >> unit_shift, code_of(block.bytes >> unit_shift), block.requested, block.born};
}

LiveBlock block_at(const RowReader<kColumns>& rows, std::size_t i, unsigned unit_shift) {
  return {rows.column(kOffset)[i] << unit_shift, units_of(rows.column(kBytes)[i]) << unit_shift,
          rows.column(kRequested)[i], rows.column(kBorn)[i]};
}

std::vector<std::uint64_t> slots_in(ByteReader& in) {
  std::vector<std::uint64_t> slots;
  AscendingReader<1> reader(in);
  for (std::array<std::uint64_t, 1> slot{}; reader.next(slot);) slots.push_back(slot[0]);
  return slots;
}

}  // namespace

void LiveTable::clear() {
  for (std::uint32_t slot = 0; slot < size(); ++slot) {
    if (!is_live(slot)) continue;
    slots_[slot].offset = LiveBlock::kNowhere;
    changes(slot);
  }
  blocks_ = bytes_ = requested_ = 0;
}

std::uint32_t LiveTable::slot_at(std::uint64_t offset) const {
  for (std::uint32_t slot = 0; slot < size(); ++slot) {
    if (slots_[slot].offset == offset) return slot;
  }
  return trace::kNoSlot;
}

ByteWriter LiveTable::begin(Keyframe& out) const {
  out.bytes.clear();
  ByteWriter writer(out.bytes);
  writer.put(blocks_);
  writer.put(bytes_);
  writer.put(requested_);
  return writer;
}

void LiveTable::save(Keyframe& out, unsigned unit_shift) const {
  ByteWriter writer = begin(out);
  SlotWriter(writer).end();
  LiveRowWriter rows(writer);
  for (std::uint32_t slot = 0; slot < size(); ++slot) {
    if (is_live(slot)) rows.put(row_of(slot, slots_[slot], unit_shift));
  }
  rows.end();
  out.whole = true;
  out.table_bytes = out.bytes.size();
}

void LiveTable::watch_changes() {
  watches_ = true;
  changed_.assign(words_of(slots_.size()), 0);
}

void LiveTable::save_changes(Keyframe& out, unsigned unit_shift) {
  assert(watches_ && "what changed is known to whoever watched");
  std::vector<std::uint32_t> slots;
  for (std::size_t word = 0; word < changed_.size(); ++word) {
    for (std::uint64_t bits = std::exchange(changed_[word], 0); bits != 0; bits &= bits - 1) {
      slots.push_back(static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits))));
    }
  }
  ByteWriter writer = begin(out);
  SlotWriter gone(writer);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (i + kAhead < slots.size()) prefetch(slots[i + kAhead]);
    if (!is_live(slots[i])) gone.put({slots[i]});
  }
  gone.end();
  LiveRowWriter rows(writer);
  for (const std::uint32_t slot : slots) {
    if (is_live(slot)) rows.put(row_of(slot, slots_[slot], unit_shift));
  }
  rows.end();
  out.whole = false;
  out.table_bytes = out.bytes.size();
}

ByteReader LiveTable::load(const Keyframe& frame, unsigned unit_shift) {
  watches_ = false;
  ByteReader in(frame.bytes);
  blocks_ = in.get();
  bytes_ = in.get();
  requested_ = in.get();
  const std::vector<std::uint64_t> gone = slots_in(in);
  if (frame.whole) {
    load_whole(in, unit_shift);
  } else {
    load_changes(in, gone, unit_shift);
  }
  assert(sums_hold());
  return in;
}

void LiveTable::load_whole(ByteReader& in, unsigned unit_shift) {
  auto slot = slots_.begin();
  RowReader<kColumns> rows(in);
  while (const std::size_t count = rows.next_run()) {
    for (std::size_t i = 0; i < count; ++i, ++slot) {
      for (std::uint64_t gap = rows.column(kSlot)[i]; gap != 0; --gap, ++slot) slot->offset = LiveBlock::kNowhere;
      *slot = block_at(rows, i, unit_shift);
    }
  }
  for (; slot != slots_.end(); ++slot) slot->offset = LiveBlock::kNowhere;
}

// Of a million slots each that changed is somewhere else: first all of a run are brought nearer.
void LiveTable::load_changes(ByteReader& in, std::span<const std::uint64_t> gone, unsigned unit_shift) {
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (i + kAhead < gone.size()) alloc::prefetch(&slots_[gone[i + kAhead]]);
    slots_[gone[i]].offset = LiveBlock::kNowhere;
  }
  std::uint64_t after = 0;
  std::array<LiveBlock*, kRunRows> places;
  RowReader<kColumns> rows(in);
  while (const std::size_t count = rows.next_run()) {
    for (std::size_t i = 0; i < count; ++i) {
      places[i] = &slots_[after + rows.column(kSlot)[i]];
      alloc::prefetch(places[i]);
      after += rows.column(kSlot)[i] + 1;
    }
    for (std::size_t i = 0; i < count; ++i) *places[i] = block_at(rows, i, unit_shift);
  }
}

bool LiveTable::sums_hold() const {
  std::uint64_t blocks = 0, bytes = 0, requested = 0;
  for (const LiveBlock& block : slots_) {
    if (block.offset == LiveBlock::kNowhere) continue;
    ++blocks;
    bytes += block.bytes;
    requested += block.requested;
  }
  return blocks == blocks_ && bytes == bytes_ && requested == requested_;
}

Keyframe both_as_one(const Keyframe& earlier, const Keyframe& changes) {
  assert(!changes.whole && "a whole keyframe needs none before it");
  ByteReader earlier_in(earlier.bytes), changes_in(changes.bytes);
  Keyframe out;
  ByteWriter writer(out.bytes);
  for (int sum = 0; sum < 3; ++sum) {
    (void)earlier_in.get();
    writer.put(changes_in.get());
  }
  const std::vector<std::uint64_t> gone_before = slots_in(earlier_in), gone = slots_in(changes_in);

  std::vector<LiveRow> rows;
  LiveRowReader earlier_rows(earlier_in), changed_rows(changes_in);
  LiveRow row, changed;
  bool has_changed = changed_rows.next(changed);
  const auto take_changed_before = [&](std::uint64_t slot) {
    for (; has_changed && changed[kSlot] < slot; has_changed = changed_rows.next(changed)) rows.push_back(changed);
  };
  auto next_gone = gone.begin();
  while (earlier_rows.next(row)) {
    const std::uint64_t slot = row[kSlot];
    take_changed_before(slot);
    while (next_gone != gone.end() && *next_gone < slot) ++next_gone;
    const bool is_gone = next_gone != gone.end() && *next_gone == slot;
    const bool is_changed = has_changed && changed[kSlot] == slot;
    if (!is_gone && !is_changed) rows.push_back(row);
  }
  take_changed_before(~std::uint64_t{0});

  SlotWriter slots(writer);
  if (!earlier.whole) {  // gone are those that went and did not come again
    std::vector<std::uint64_t> went;
    std::set_union(gone_before.begin(), gone_before.end(), gone.begin(), gone.end(), std::back_inserter(went));
    auto live = rows.begin();
    for (const std::uint64_t slot : went) {
      while (live != rows.end() && (*live)[kSlot] < slot) ++live;
      if (live == rows.end() || (*live)[kSlot] != slot) slots.put({slot});
    }
  }
  slots.end();
  LiveRowWriter live_rows(writer);
  for (const LiveRow& live : rows) live_rows.put(live);
  live_rows.end();
  if (changes_in.at() < changes.table_bytes) write_both_as_one(earlier_in, changes_in, writer);
  out.whole = earlier.whole;
  out.table_bytes = out.bytes.size();
  writer.put_bytes(std::span(changes.bytes).subspan(changes.table_bytes));
  out.bytes.shrink_to_fit();
  return out;
}

}  // namespace allocviz::replay
