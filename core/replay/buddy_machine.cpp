#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/alloc/buddy.h"
#include "core/alloc/prefetch.h"
#include "core/replay/buddy_keyframe.h"
#include "core/replay/event_machine.h"
#include "core/replay/free_order.h"
#include "core/replay/machines.h"
#include "core/replay/owners.h"
#include "core/replay/reservation.h"
#include "core/replay/side_by_side.h"

namespace allocviz::replay {
namespace {

// Its links beside its tags: the placement is every buddy's, and an arena of gigabytes, of whose free blocks each would
// cost a page for its link, is address space alone.
using Free = alloc::Beside;

class BuddyHeap {
 public:
  BuddyHeap(Reservation arena, Reservation metadata, RealBuddy<Free> buddy)
      : arena_(std::move(arena)),
        metadata_(std::move(metadata)),
        buddy_(std::move(buddy)),
        min_shift_(static_cast<unsigned>(std::countr_zero(buddy_.min_block_size()))),
        links_(Free::place(buddy_.arena(), reinterpret_cast<alloc::BuddyTag*>(metadata_.data()), buddy_.levels(),
                           min_shift_)),
        gaps_(gaps_of(buddy_)),
        shown_(links_),
        kept_(links_) {}

  template <class S>
  alloc::Allocation allocate(alloc::Layout layout, S& sink) {
    return buddy_.allocate(layout, sink);
  }
  template <class S>
  alloc::Error deallocate(void* ptr, S& sink) {
    return buddy_.deallocate(ptr, sink);
  }
  template <class S>
  alloc::Error resize_in_place(void* ptr, const LiveBlock& /*block*/, alloc::Layout layout, S& sink) {
    return buddy_.resize_in_place(ptr, layout, sink);
  }
  void reset() { buddy_.reset(); }

  [[nodiscard]] const alloc::Arena& arena() const { return buddy_.arena(); }
  [[nodiscard]] std::uint64_t block_bytes(void* ptr, std::uint64_t /*requested*/) const {
    return buddy_.usable_size(ptr);
  }
  void prefetch(std::uint64_t offset) const {
    alloc::prefetch(metadata_.data() + (offset >> min_shift_));
    links_.prefetch(offset >> min_shift_);
  }
  void placed(std::uint32_t /*slot*/, const LiveBlock& /*block*/) {}
  void resized(const LiveBlock& /*block*/) {}
  [[nodiscard]] bool took_all_back() const { return false; }

  [[nodiscard]] std::uint64_t free_bytes() const { return buddy_.free_bytes(); }
  [[nodiscard]] std::uint64_t largest_free() const { return buddy_.largest_free(); }
  [[nodiscard]] std::uint64_t managed_bytes() const { return buddy_.managed_bytes(); }
  [[nodiscard]] unsigned unit_shift() const { return min_shift_; }
  [[nodiscard]] alloc::Report check() const { return buddy_.check(); }

  void count_free(LevelCounts& out) const { count_levels(buddy_, out); }

  void census(Census& out, const LiveTable& live) const {
    out.free_lists.resize(buddy_.levels());
    for (unsigned level = 0; level < buddy_.levels(); ++level) {
      FreeList& list = out.free_lists[level];
      list.level = static_cast<int>(level);
      list.block_bytes = buddy_.size_at(level);
      list.offsets.clear();
    }
    shown_.look(buddy_);
    for (unsigned level = 0; level < buddy_.levels(); ++level) {
      const std::vector<std::uint32_t>& blocks = shown_.list(level);
      std::vector<std::uint64_t>& offsets = out.free_lists[level].offsets;
      offsets.reserve(blocks.size());
      for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
        offsets.push_back(std::uint64_t{*block} << min_shift_);
      }
    }
    owners_.put_in_order(live, arena().size(), unit_shift());
    buddy_.walk(
        [&](const alloc::Extent& extent) { out.blocks.push_back(block_of(extent, owners_.at(extent.offset))); });
  }

  void save_lists(ByteWriter& out) const {
    shown_.look(buddy_);
    shown_.save(out);
  }
  void watch_lists() { kept_.look(buddy_); }
  void save_list_changes(ByteWriter& out) {
    kept_.look(buddy_);
    kept_.save_changes(out);
  }
  void load_lists(ByteReader& in, bool whole) { kept_.load(in, whole); }
  void save(ByteWriter& /*out*/) const {}  // the lists and the live blocks say all
  void clear() {
    if (rests_) {
      write_gaps(buddy_, gaps_);
    } else {
      clear_heads(buddy_);
    }
    rests_ = false;
  }
  void load(ByteReader& /*in*/, const LiveTable& live) {
    if (live.size() < kManySlots) {
      set_live_heads(buddy_, live, {0, live.size()});
      kept_.put_into(buddy_);
      shown_ = kept_;
      return;
    }
    // Lists are short or long, the long ones those of small blocks: whoever is done first goes on with what is left.
    constexpr std::uint32_t kSlotsAtOnce = 16'384;
    typename RealBuddy<Free>::State state = kept_.sums(buddy_);
    std::atomic<unsigned> levels = buddy_.levels();
    std::atomic<std::uint32_t> next = 0;
    const auto put_and_set = [&] {
      for (unsigned level = levels; level != 0;) {
        if (levels.compare_exchange_weak(level, level - 1)) kept_.put_level(buddy_, --level, state);
      }
      for (std::uint32_t from = 0; (from = next.fetch_add(1) * kSlotsAtOnce) < live.size();) {
        set_live_heads(buddy_, live, {from, std::min(from + kSlotsAtOnce, live.size())});
      }
    };
    side_by_side(
        [&] {
          put_and_set();
          shown_ = kept_;
        },
        put_and_set);
    buddy_.restore(state);
  }

  // Of a million live blocks the metadata are pages by the hundred MiB.
  void rest() {
    rests_ = true;
    metadata_.forget();
    owners_ = {};
    shown_ = kept_ = FreeOrder(links_);
  }

 private:
  [[nodiscard]] static Block block_of(const alloc::Extent& extent, const LiveBlock* owner) {
    Block block{.offset = extent.offset, .size = extent.size};
    if (extent.use == alloc::Use::Gap) {
      block.state = BlockState::Gap;
      return block;
    }
    block.level = static_cast<std::int16_t>(extent.level);
    if (extent.use == alloc::Use::Live) set_owner(block, owner);
    return block;
  }

  Reservation arena_, metadata_;
  mutable Owners owners_;  // of the last census, kept for their memory
  RealBuddy<Free> buddy_;
  unsigned min_shift_;
  alloc::BuddySideLinks links_;
  std::vector<alloc::Range> gaps_;
  bool rests_ = false;
  mutable FreeOrder shown_;  // as they were when they were last shown, saved whole or loaded
  FreeOrder kept_;           // as the last keyframe has them that was saved as changes, or loaded
};

}  // namespace

MadeMachine make_buddy_machine(const trace::AllocatorSpec& spec, std::uint32_t slot_count) {
  const std::uint64_t largest = trace::largest_block_bytes(spec);
  const std::uint64_t units = spec.arena_bytes / spec.min_block_bytes;
  // Metadata are written when the allocator is made: unlike the arena they are paid for at once.
  constexpr std::uint64_t kMostUnits = std::uint64_t{1} << 30;
  if (units > kMostUnits) {
    return trace::Trouble{fmt::format("a buddy of {} smallest blocks takes {} of metadata, a byte each",
                                      trace::count_text(units), trace::size_text(units)),
                          {.field = "min"},
                          fmt::format("choose a smallest block of at least {}",
                                      trace::size_text(std::bit_ceil(spec.arena_bytes / kMostUnits)))};
  }
  const std::uint64_t count = spec.arena_bytes / largest;
  // So is the list of largest blocks, all of which stand in it at first: some 40 B each with what is kept of it. A file
  // of a hundred bytes may ask for them.
  constexpr std::uint64_t kMostLargest = std::uint64_t{1} << 24;
  if (count > kMostLargest) {
    return trace::Trouble{
        fmt::format("a buddy of {} largest blocks takes too much memory for its free list", trace::count_text(count)),
        {.field = "block"},
        fmt::format("choose a largest block of at least {}",
                    trace::size_text(std::bit_ceil((spec.arena_bytes - 1) / kMostLargest + 1)))};
  }
  const auto geometry = alloc::RuntimeBuddy::between(largest, spec.min_block_bytes);
  const auto needed = RealBuddy<Free>::metadata_layout(count, geometry);
  if (!needed) return trace::Trouble{fmt::format("{} cannot be", trace::to_text(spec)), {}, {}};
  auto arena = Reservation::make_untouched(spec.arena_bytes, largest, "An arena");
  if (!arena.ok()) return std::move(arena).trouble();
  auto metadata = Reservation::make(needed->size, needed->align, "Metadata");
  if (!metadata.ok()) return std::move(metadata).trouble();

  std::vector<alloc::Range> gaps;
  for (const trace::Gap& gap : spec.gaps) gaps.push_back({gap.from, gap.to});
  auto made =
      RealBuddy<Free>::make_raw_with_gaps(metadata->data(), arena->data(), count, gaps.data(), gaps.size(), geometry);
  if (!made) return trace::Trouble{fmt::format("{} cannot be", trace::to_text(spec)), {}, {}};
  auto heap = std::make_unique<BuddyHeap>(std::move(arena).value(), std::move(metadata).value(), std::move(*made));
  return std::unique_ptr<Machine>(std::make_unique<EventMachine<BuddyHeap>>(spec, std::move(heap), slot_count));
}

}  // namespace allocviz::replay
