#include "core/replay/live_table.h"

namespace allocviz::replay {

void LiveTable::clear() {
  for (LiveBlock& block : slots_) block.offset = LiveBlock::kNowhere;
  blocks_ = bytes_ = requested_ = 0;
}

std::uint32_t LiveTable::slot_at(std::uint64_t offset) const {
  for (std::uint32_t slot = 0; slot < size(); ++slot) {
    if (slots_[slot].offset == offset) return slot;
  }
  return trace::kNoSlot;
}

void LiveTable::save(ByteWriter& out, unsigned unit_shift) const {
  out.put(blocks_);
  std::uint64_t after = 0;  // the slot after the last one written
  std::uint64_t born = 0;
  for (std::uint32_t slot = 0; slot < size(); ++slot) {
    if (!is_live(slot)) continue;
    const LiveBlock& block = slots_[slot];
    out.put(slot - after);
    out.put(block.offset >> unit_shift);
    out.put(block.bytes >> unit_shift);
    out.put(block.requested);
    out.put_difference(block.born, born);
    after = slot + 1u;
    born = block.born;
  }
}

void LiveTable::load(ByteReader& in, unsigned unit_shift) {
  clear();
  std::uint64_t slot = 0, born = 0;
  for (std::uint64_t left = in.get(); left != 0; --left, ++slot) {
    slot += in.get();
    LiveBlock block;
    block.offset = in.get() << unit_shift;
    block.bytes = in.get() << unit_shift;
    block.requested = in.get();
    block.born = born = in.get_difference(born);
    put(static_cast<std::uint32_t>(slot), block);
  }
}

}  // namespace allocviz::replay
