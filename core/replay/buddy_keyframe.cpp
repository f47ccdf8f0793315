#include "core/replay/buddy_keyframe.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "core/alloc/prefetch.h"
#include "core/replay/rows.h"

namespace allocviz::replay {
namespace {

constexpr unsigned kLiveBit = 0x40;
constexpr unsigned kPartBit = 0x80;
constexpr std::size_t kAhead = 24;  // how far before it is written to what lies anywhere is brought nearer

template <class Free>
unsigned unit_shift(const RealBuddy<Free>& buddy) {
  return static_cast<unsigned>(std::countr_zero(buddy.min_block_size()));
}

template <class Free>
void load_live_heads(RealBuddy<Free>& buddy, ByteReader& in) {
  const alloc::Bytes tags = buddy.metadata();
  for (std::uint64_t offset = 0; offset < buddy.size();) {
    const auto head = static_cast<unsigned>(in.get());
    const unsigned level = head & ~(kLiveBit | kPartBit);
    if ((head & kLiveBit) != 0) {
      const alloc::BuddyTag tag = (head & kPartBit) != 0 ? alloc::live_part(level) : alloc::live_head(level);
      tags.data[offset >> unit_shift(buddy)] = static_cast<std::byte>(tag);
    }
    offset += buddy.size_at(level);
  }
}

// A list is what pushing its blocks, the last one first, makes of it.
template <class Free>
void load_lists(RealBuddy<Free>& buddy, ByteReader& in, std::vector<std::uint64_t>& list) {
  typename RealBuddy<Free>::State state;
  state.managed_bytes = buddy.managed_bytes();
  auto* const tags = reinterpret_cast<alloc::BuddyTag*>(buddy.metadata().data);
  typename Free::template Lists<alloc::RuntimeBuddy::kMaxLevels> lists(
      state.filled, state, Free::place(buddy.arena(), tags, buddy.levels(), unit_shift(buddy)));
  for (unsigned level = 0; level < buddy.levels(); ++level) {
    list.clear();
    RowReader<1> rows(in);
    for (std::array<std::uint64_t, 1> row; rows.next(row);) list.push_back(row[0]);
    for (auto i = list.rbegin(); i != list.rend(); ++i) {
      tags[*i] = alloc::free_head(level);
      lists.push({static_cast<alloc::usize>(*i), buddy.size_at(level) >> unit_shift(buddy), level});
    }
    state.free_bytes += list.size() * buddy.size_at(level);
  }
  buddy.restore(state);
}

}  // namespace

template <class Free>
void save_buddy(const RealBuddy<Free>& buddy, ByteWriter& out) {
  buddy.walk([&out](const alloc::Extent& extent) {
    out.put(extent.level | (extent.use == alloc::Use::Live ? kLiveBit : 0u) | (extent.part ? kPartBit : 0u));
  });
  RowWriter<1> rows(out);
  unsigned at = 0;
  buddy.visit_free_lists([&](unsigned level, alloc::usize offset) {
    for (; at < level; ++at) rows.end();
    rows.put({offset >> unit_shift(buddy)});
  });
  for (; at < buddy.levels(); ++at) rows.end();
}

template <class Free>
void load_buddy(RealBuddy<Free>& buddy, ByteReader& in, std::vector<std::uint64_t>& scratch) {
  clear_heads(buddy);
  load_live_heads(buddy, in);
  load_lists(buddy, in, scratch);
}

template <class Free>
std::vector<alloc::Range> gaps_of(const RealBuddy<Free>& buddy) {
  std::vector<alloc::Range> gaps;
  buddy.walk([&](const alloc::Extent& extent) {
    if (extent.use != alloc::Use::Gap) return;
    gaps.push_back({extent.offset >> unit_shift(buddy), (extent.offset + extent.size) >> unit_shift(buddy)});
  });
  return gaps;
}

template <class Free>
void write_gaps(RealBuddy<Free>& buddy, const std::vector<alloc::Range>& gaps) {
  auto* const tags = reinterpret_cast<alloc::BuddyTag*>(buddy.metadata().data);
  std::fill_n(tags, buddy.size() >> unit_shift(buddy), alloc::BuddyTag::Interior);
  for (const alloc::Range& gap : gaps) std::fill(tags + gap.from, tags + gap.to, alloc::BuddyTag::Gap);
}

// Heads are the only tags that differ from state to state: gaps stay, and all else is Interior.
template <class Free>
void clear_heads(RealBuddy<Free>& buddy) {
  const alloc::Bytes tags = buddy.metadata();
  buddy.walk([&](const alloc::Extent& extent) {
    if (extent.use == alloc::Use::Gap) return;
    tags.data[extent.offset >> unit_shift(buddy)] = static_cast<std::byte>(alloc::BuddyTag::Interior);
  });
}

template <class Free>
void set_live_heads(RealBuddy<Free>& buddy, const LiveTable& live, SlotRange part) {
  const alloc::Bytes tags = buddy.metadata();
  const int largest = std::countr_zero(std::uint64_t{buddy.size_at(0)});
  for (std::uint32_t slot = part.from; slot < part.to; ++slot) {
    if (const auto ahead = static_cast<std::uint32_t>(slot + kAhead); live.is_live(ahead)) {
      alloc::prefetch(tags.data + (live[ahead].offset >> unit_shift(buddy)));
    }
    if (!live.is_live(slot)) continue;
    const auto level = static_cast<unsigned>(largest - std::countr_zero(live[slot].bytes));
    tags.data[live[slot].offset >> unit_shift(buddy)] = static_cast<std::byte>(alloc::live_head(level));
  }
}

template <class Free>
void count_levels(const RealBuddy<Free>& buddy, LevelCounts& out) {
  out.levels = buddy.levels();
  out.free.fill(0);
  for (unsigned level = 0; level < buddy.levels(); ++level) out.block_bytes[level] = buddy.size_at(level);
  buddy.visit_free_lists([&out](unsigned level, alloc::usize) { ++out.free[level]; });
}

template void save_buddy(const RealBuddy<alloc::InBand>&, ByteWriter&);
template void load_buddy(RealBuddy<alloc::InBand>&, ByteReader&, std::vector<std::uint64_t>&);
template std::vector<alloc::Range> gaps_of(const RealBuddy<alloc::Beside>&);
template void write_gaps(RealBuddy<alloc::Beside>&, const std::vector<alloc::Range>&);
template void clear_heads(RealBuddy<alloc::Beside>&);
template void set_live_heads(RealBuddy<alloc::Beside>&, const LiveTable&, SlotRange);
template void count_levels(const RealBuddy<alloc::InBand>&, LevelCounts&);
template void count_levels(const RealBuddy<alloc::Beside>&, LevelCounts&);

}  // namespace allocviz::replay
