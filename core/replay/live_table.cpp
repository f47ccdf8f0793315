#include "core/replay/live_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <deque>
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

// A keyframe's part of the live table, read from the lowest slot up.
class SavedSlots {
 public:
  explicit SavedSlots(const Keyframe& frame) : in_(behind_sums(frame)), gone_(slots_in(in_)), rows_(in_) {}
  SavedSlots(const SavedSlots&) = delete;
  SavedSlots& operator=(const SavedSlots&) = delete;

  // Puts what it says of some slots; those of the next call lie behind them. What lies before is passed over, which
  // takes a fifth of the time.
  void put_into(std::span<LiveBlock> slots, unsigned unit_shift, SlotRange part) {
    for (; next_gone_ < gone_.size() && gone_[next_gone_] < part.to; ++next_gone_) {
      if (gone_[next_gone_] >= part.from) slots[gone_[next_gone_]].offset = LiveBlock::kNowhere;
    }
    while (next_ < count_ || begin_run()) {
      while (next_ < count_ && slots_[next_] < part.from) ++next_;
      if (next_ == count_) continue;
      if (slots_[next_] >= part.to) return;
      if (!is_read_) rows_.read_columns(kOffset, kColumns);
      is_read_ = true;
      for (; next_ < count_ && slots_[next_] < part.to; ++next_) {
        slots[slots_[next_]] = block_at(rows_, next_, unit_shift);
      }
    }
  }
  // To be called once, at last: what stands behind it in the keyframe.
  [[nodiscard]] ByteReader behind() {
    while (!ended_) ended_ = rows_.begin_run() == 0;
    return in_;
  }

 private:
  static constexpr std::size_t kRunBytes = 1'280;  // about what a run takes

  static ByteReader behind_sums(const Keyframe& frame) {
    ByteReader in(frame.bytes);
    for (int sum = 0; sum < 3; ++sum) (void)in.get();
    return in;
  }
  bool begin_run() {
    if (ended_) return false;
    count_ = rows_.begin_run();
    next_ = 0;
    is_read_ = false;
    ended_ = count_ == 0;
    if (ended_) return false;
    in_.prefetch(kRunBytes);  // the next run's: meanwhile others are read
    rows_.read_columns(kSlot, kSlot + 1);
    for (std::size_t i = 0; i < count_; ++i) {
      slots_[i] = after_ + static_cast<std::uint32_t>(rows_.column(kSlot)[i]);
      after_ = slots_[i] + 1;
    }
    return true;
  }

  ByteReader in_;
  std::vector<std::uint64_t> gone_;
  RowReader<kColumns> rows_;
  std::size_t next_gone_ = 0, next_ = 0, count_ = 0;  // of the run that is being read
  bool is_read_ = false, ended_ = false;
  std::array<std::uint32_t, kRunRows> slots_;
  std::uint32_t after_ = 0;  // the slot behind the last one of the run
};

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
  out.live_blocks = blocks_;
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

void LiveTable::rest() {
  watches_ = false;
  std::vector<std::uint64_t>().swap(changed_);
  trace::LargeVector<LiveBlock>().swap(slots_);
}

ByteReader LiveTable::load(const Keyframe& frame, unsigned unit_shift) {
  begin_load(frame);
  const Keyframe* const one = &frame;
  const std::vector<ByteReader> behind = load_part({&one, 1}, unit_shift, {0, size()});
  assert(sums_hold());
  return behind.front();
}

void LiveTable::begin_load(const Keyframe& last) {
  watches_ = false;
  slots_.resize(slot_count_);
  ByteReader in(last.bytes);
  blocks_ = in.get();
  bytes_ = in.get();
  requested_ = in.get();
}

// Of a million slots each that changed is somewhere else, and memory is waited for: so all keyframes put what they have
// of as many slots as are at hand together, before the next ones.
std::vector<ByteReader> LiveTable::load_part(std::span<const Keyframe* const> frames, unsigned unit_shift,
                                             SlotRange part) {
  constexpr std::uint32_t kAtHand = 16'384;
  std::deque<SavedSlots> saved;
  for (const Keyframe* const frame : frames) saved.emplace_back(*frame);
  while (part.from < part.to) {
    const SlotRange now{part.from, part.from + std::min(kAtHand, part.to - part.from)};
    for (std::uint32_t slot = now.from; frames.front()->whole && slot < now.to; ++slot) {
      slots_[slot].offset = LiveBlock::kNowhere;
    }
    for (SavedSlots& each : saved) each.put_into(slots_, unit_shift, now);
    part.from = now.to;
  }
  std::vector<ByteReader> behind;
  for (SavedSlots& each : saved) behind.push_back(each.behind());
  return behind;
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
  out.live_blocks = changes.live_blocks;
  out.whole = earlier.whole;
  out.table_bytes = out.bytes.size();
  writer.put_bytes(std::span(changes.bytes).subspan(changes.table_bytes));
  out.bytes.shrink_to_fit();
  return out;
}

}  // namespace allocviz::replay
