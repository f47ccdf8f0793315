#include "core/replay/buddy_keyframe.h"

#include <bit>
#include <cstddef>

namespace allocviz::replay {
namespace {

constexpr unsigned kLiveBit = 0x40;

template <class Free>
unsigned unit_shift(const RealBuddy<Free>& buddy) {
  return static_cast<unsigned>(std::countr_zero(buddy.min_block_size()));
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
void load_heads(RealBuddy<Free>& buddy, ByteReader& in, std::span<const alloc::Range> gaps,
                typename RealBuddy<Free>::State& state) {
  const alloc::Bytes tags = buddy.metadata();
  std::size_t gap = 0;
  for (std::uint64_t offset = 0; offset < buddy.size();) {
    if (gap < gaps.size() && gaps[gap].from == offset) {
      offset = gaps[gap++].to;
      continue;
    }
    const auto head = static_cast<unsigned>(in.get());
    const unsigned level = head & ~kLiveBit;
    const bool is_live = (head & kLiveBit) != 0;
    tags.data[offset >> unit_shift(buddy)] =
        static_cast<std::byte>(is_live ? alloc::live_head(level) : alloc::free_head(level));
    if (!is_live) state.free_bytes += buddy.size_at(level);
    offset += buddy.size_at(level);
  }
}

// A list is what pushing its blocks, the last one first, makes of it.
template <class Free>
void load_lists(RealBuddy<Free>& buddy, ByteReader& in, typename RealBuddy<Free>::State& state,
                std::vector<std::uint64_t>& list) {
  std::uint64_t counts[alloc::RuntimeBuddy::kMaxLevels] = {};
  for (unsigned level = 0; level < buddy.levels(); ++level) counts[level] = in.get();
  std::uint64_t last = 0;
  auto* const tags = reinterpret_cast<alloc::BuddyTag*>(buddy.metadata().data);
  typename Free::template Lists<alloc::RuntimeBuddy::kMaxLevels> lists(
      state.sizes, state, Free::place(buddy.arena(), tags, buddy.levels(), unit_shift(buddy)));
  for (unsigned level = 0; level < buddy.levels(); ++level) {
    list.clear();
    for (std::uint64_t i = 0; i < counts[level]; ++i) list.push_back(last = in.get_difference(last));
    for (auto i = list.rbegin(); i != list.rend(); ++i) {
      lists.push({static_cast<alloc::usize>(*i), buddy.size_at(level) >> unit_shift(buddy), level});
    }
  }
}

}  // namespace

template <class Free>
void save_buddy(const RealBuddy<Free>& buddy, ByteWriter& out) {
  buddy.walk([&out](const alloc::Extent& extent) {
    if (extent.use != alloc::Use::Gap) out.put(extent.level | (extent.use == alloc::Use::Live ? kLiveBit : 0u));
  });
  std::uint64_t counts[alloc::RuntimeBuddy::kMaxLevels] = {};
  buddy.visit_free_lists([&](unsigned level, alloc::usize) { ++counts[level]; });
  for (unsigned level = 0; level < buddy.levels(); ++level) out.put(counts[level]);
  std::uint64_t last = 0;
  buddy.visit_free_lists([&](unsigned, alloc::usize offset) {
    out.put_difference(offset >> unit_shift(buddy), last);
    last = offset >> unit_shift(buddy);
  });
}

template <class Free>
void load_buddy(RealBuddy<Free>& buddy, ByteReader& in, std::span<const alloc::Range> gaps,
                std::vector<std::uint64_t>& scratch) {
  clear_heads(buddy);
  typename RealBuddy<Free>::State state;
  state.managed_bytes = buddy.managed_bytes();
  load_heads(buddy, in, gaps, state);
  load_lists(buddy, in, state, scratch);
  buddy.restore(state);
}

template <class Free>
void count_levels(const RealBuddy<Free>& buddy, LevelCounts& out) {
  out.levels = buddy.levels();
  out.free.fill(0);
  for (unsigned level = 0; level < buddy.levels(); ++level) out.block_bytes[level] = buddy.size_at(level);
  buddy.visit_free_lists([&out](unsigned level, alloc::usize) { ++out.free[level]; });
}

template void save_buddy(const RealBuddy<alloc::InBand>&, ByteWriter&);
template void save_buddy(const RealBuddy<alloc::Beside>&, ByteWriter&);
template void load_buddy(RealBuddy<alloc::InBand>&, ByteReader&, std::span<const alloc::Range>,
                         std::vector<std::uint64_t>&);
template void load_buddy(RealBuddy<alloc::Beside>&, ByteReader&, std::span<const alloc::Range>,
                         std::vector<std::uint64_t>&);
template void count_levels(const RealBuddy<alloc::InBand>&, LevelCounts&);
template void count_levels(const RealBuddy<alloc::Beside>&, LevelCounts&);

}  // namespace allocviz::replay
