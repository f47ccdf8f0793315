#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "core/alloc/prefetch.h"
#include "core/alloc/tiered.h"
#include "core/replay/buddy_keyframe.h"
#include "core/replay/event_machine.h"
#include "core/replay/machines.h"
#include "core/replay/owners.h"
#include "core/replay/reservation.h"

namespace allocviz::replay {
namespace {

using RealTiered = alloc::Tiered<>;
using alloc::SlabExtent;
using alloc::TieredSlab;

class TieredHeap {
 public:
  TieredHeap(Reservation arena, Reservation metadata, RealTiered tiered)
      : arena_(std::move(arena)), metadata_(std::move(metadata)), tiered_(std::move(tiered)) {}

  template <class S>
  alloc::Allocation allocate(alloc::Layout layout, S& sink) {
    return tiered_.allocate(layout, sink);
  }
  template <class S>
  alloc::Error deallocate(void* ptr, S& sink) {
    return tiered_.deallocate(ptr, sink);
  }
  template <class S>
  alloc::Error resize_in_place(void* ptr, const LiveBlock& /*block*/, alloc::Layout layout, S& sink) {
    return tiered_.resize_in_place(ptr, layout, sink);
  }
  void reset() { tiered_.reset(); }

  [[nodiscard]] const alloc::Arena& arena() const { return tiered_.arena(); }
  [[nodiscard]] std::uint64_t block_bytes(void* ptr, std::uint64_t /*requested*/) const {
    return tiered_.usable_size(ptr);
  }
  void prefetch(std::uint64_t offset) const { alloc::prefetch(arena_.data() + offset); }
  void placed(std::uint32_t /*slot*/, const LiveBlock& /*block*/) {}
  void resized(const LiveBlock& /*block*/) {}
  [[nodiscard]] bool took_all_back() const { return false; }

  [[nodiscard]] std::uint64_t free_bytes() const { return tiered_.free_bytes(); }
  [[nodiscard]] std::uint64_t largest_free() const { return tiered_.largest_free(); }
  [[nodiscard]] std::uint64_t managed_bytes() const { return tiered_.managed_bytes(); }
  [[nodiscard]] unsigned unit_shift() const { return kUnitShift; }
  [[nodiscard]] alloc::Report check() const { return tiered_.check(); }

  void count_free(LevelCounts& out) const { count_levels(tiered_.below(), out); }

  void census(Census& out, const LiveTable& live) const {
    lists(out);
    tiered_.visit_slabs([&out](const SlabExtent& slab) {
      out.slabs.push_back({.offset = slab.offset,
                           .size = slab.size,
                           .size_class = static_cast<int>(slab.size_class),
                           .block_bytes = slab.block_size,
                           .blocks = slab.blocks,
                           .outstanding = slab.state.outstanding});
    });
    owners_.put_in_order(live, arena().size(), unit_shift());
    tiered_.walk(
        [&](const alloc::Extent& extent) { out.blocks.push_back(block_of(extent, owners_.at(extent.offset))); });
  }

  // The buddy; then each slab, and each class's list of slabs.
  void save(ByteWriter& out) const {
    save_buddy(tiered_.below(), out);
    out.put(tiered_.slab_count());
    std::uint64_t last = 0;
    tiered_.visit_slabs([&](const SlabExtent& slab) {
      const std::uint64_t place = place_of(slab);
      out.put(place - last);
      last = place;
      save_slab(slab, out);
    });
    for (unsigned number = 0; number < geometry().class_count(); ++number) {
      std::uint64_t with_room = 0;
      tiered_.visit_slabs_with_room(number, [&](const SlabExtent&) { ++with_room; });
      out.put(with_room);
      tiered_.visit_slabs_with_room(number, [&](const SlabExtent& slab) { out.put(place_of(slab)); });
    }
  }
  void load(ByteReader& in, const LiveTable& /*live*/) {
    TieredSlab* const table = tiered_.slab_table();
    tiered_.visit_slabs([&](const SlabExtent& slab) { table[place_of(slab)].size_class = alloc::kNoClass; });
    load_buddy(tiered_.below_to_load(), in, list_);
    alloc::TieredLists lists;
    lists.slabs = in.get();
    std::uint64_t place = 0;
    for (std::uint64_t i = 0; i < lists.slabs; ++i) {
      place += in.get();
      load_slab(place, in);
      const alloc::TieredClass& size_class = geometry()[static_cast<unsigned>(table[place].size_class)];
      lists.free_bytes += size_class.bytes - table[place].state.outstanding * size_class.blocks.block_size();
    }
    for (unsigned number = 0; number < geometry().class_count(); ++number) load_class(number, in, lists);
    tiered_.restore({tiered_.below().state(), lists});
  }

 private:
  // Every block's offset and size is a multiple of what aligns a link.
  static constexpr unsigned kUnitShift = std::countr_zero(alignof(alloc::SlabLink));

  [[nodiscard]] const alloc::TieredGeometry& geometry() const { return tiered_.geometry(); }
  [[nodiscard]] std::uint64_t place_of(const SlabExtent& slab) const { return slab.offset >> geometry().slab_shift(); }

  void lists(Census& out) const {
    const RealTiered::Below& buddy = tiered_.below();
    out.free_lists.resize(buddy.levels() + geometry().class_count());
    for (unsigned level = 0; level < buddy.levels(); ++level) {
      FreeList& list = out.free_lists[level];
      list.level = static_cast<int>(level);
      list.block_bytes = buddy.size_at(level);
      list.offsets.clear();
    }
    tiered_.visit_free_lists(
        [&out](unsigned level, alloc::usize offset) { out.free_lists[level].offsets.push_back(offset); });
    for (unsigned number = 0; number < geometry().class_count(); ++number) {
      FreeList& list = out.free_lists[buddy.levels() + number];
      list.level = -1;
      list.size_class = static_cast<int>(number);
      list.block_bytes = geometry().block_size(number);
      list.offsets.clear();
      tiered_.visit_free_blocks(number, [&list](alloc::usize offset) { list.offsets.push_back(offset); });
    }
  }

  [[nodiscard]] static Block block_of(const alloc::Extent& extent, const LiveBlock* owner) {
    Block block{.offset = extent.offset, .size = extent.size};
    if (extent.size_class == alloc::kNoClass) {
      block.level = extent.level == alloc::kNoLevel ? std::int16_t{-1} : static_cast<std::int16_t>(extent.level);
    } else {
      block.size_class = extent.size_class;
    }
    if (extent.use == alloc::Use::Fresh) block.state = BlockState::Fresh;
    if (extent.use == alloc::Use::Rest) block.state = BlockState::Padding;
    if (extent.use == alloc::Use::Live) set_owner(block, owner);
    return block;
  }

  // Its class, the mark below which blocks have been used, and its list; whatever else lies below the mark is live.
  void save_slab(const SlabExtent& slab, ByteWriter& out) const {
    const std::uint64_t used = slab.state.fresh / slab.block_size;
    out.put(slab.size_class);
    out.put(used);
    out.put(used - slab.state.outstanding);
    std::uint64_t last = 0;
    const std::uint64_t end = slab.blocks * slab.block_size;
    for (alloc::SlabLink link = slab.state.head; link != alloc::SlabLink{};) {
      const std::uint64_t at = end - link.before_end;
      out.put_difference(at / slab.block_size, last);
      last = at / slab.block_size;
      link = *arena().as<alloc::SlabLink>(slab.offset + at);
    }
  }
  void load_slab(std::uint64_t place, ByteReader& in) {
    const auto number = static_cast<unsigned>(in.get());
    const std::uint64_t used = in.get();
    const std::uint64_t listed = in.get();
    const std::uint64_t size = geometry().block_size(number);
    TieredSlab slab;
    slab.size_class = number;
    slab.state = {.head = {}, .fresh = used * size, .outstanding = used - listed};
    std::byte* const bits = tiered_.bits_of_slab(place);
    if (used != 0) std::memset(bits, 0xff, used / 8);
    if (used % 8 != 0) bits[used / 8] = static_cast<std::byte>((1u << (used % 8)) - 1);
    list_.clear();
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < listed; ++i) list_.push_back(last = in.get_difference(last));
    for (auto i = list_.rbegin(); i != list_.rend(); ++i) {
      const std::uint64_t offset = *i * size;
      std::byte* const block = arena().at((place << geometry().slab_shift()) + offset);
      ::new (static_cast<void*>(block)) alloc::SlabLink{slab.state.head};
      slab.state.head = {geometry()[number].bytes - offset};
      bits[*i / 8] &= ~(std::byte{1} << (*i % 8));
    }
    tiered_.slab_table()[place] = slab;
  }
  void load_class(unsigned number, ByteReader& in, alloc::TieredLists& lists) {
    TieredSlab* const table = tiered_.slab_table();
    std::uint64_t before = TieredSlab::kEnd;
    for (std::uint64_t left = in.get(); left != 0; --left) {
      const std::uint64_t place = in.get();
      table[place].prev = before;
      if (before == TieredSlab::kEnd) {
        lists.heads[number] = place;
        lists.room |= alloc::usize{1} << number;
      } else {
        table[before].next = place;
      }
      before = place;
    }
    if (before != TieredSlab::kEnd) table[lists.heads[number]].prev = before;
  }

  Reservation arena_, metadata_;
  mutable Owners owners_;  // of the last census, kept for their memory
  RealTiered tiered_;
  std::vector<std::uint64_t> list_;  // load's own, kept for its memory
};

}  // namespace

MadeMachine make_tiered_machine(const trace::AllocatorSpec& spec, std::uint32_t slot_count) {
  const std::uint64_t largest = trace::largest_block_bytes(spec);
  const std::uint64_t slab = trace::slab_bytes(spec);
  // Metadata are written when the allocator is made: unlike the arena they are paid for at once.
  constexpr std::uint64_t kMostUnits = std::uint64_t{1} << 30;
  if (spec.arena_bytes / spec.min_block_bytes > kMostUnits) {
    return trace::Trouble{fmt::format("a tiered allocator of {} smallest blocks takes {} of metadata, a byte each",
                                      trace::count_text(spec.arena_bytes / spec.min_block_bytes),
                                      trace::size_text(spec.arena_bytes / spec.min_block_bytes)),
                          {.field = "min"},
                          fmt::format("choose a smallest block of at least {}",
                                      trace::size_text(std::bit_ceil(spec.arena_bytes / kMostUnits)))};
  }
  const auto below = alloc::RuntimeBuddy::between(largest, spec.min_block_bytes);
  const std::vector<alloc::usize> classes(spec.class_bytes.begin(), spec.class_bytes.end());
  const auto geometry = classes.empty()
                            ? alloc::TieredGeometry::usual(below, slab)
                            : alloc::TieredGeometry(below, slab, classes.data(), static_cast<unsigned>(classes.size()));
  const std::uint64_t count = spec.arena_bytes / largest;
  const auto region = RealTiered::region_layout(count, geometry);
  const auto needed = RealTiered::metadata_layout(count, geometry);
  if (!region || !needed) return trace::Trouble{fmt::format("{} cannot be", trace::to_text(spec)), {}, {}};
  auto arena = Reservation::make(region->size, region->align, "An arena");
  if (!arena.ok()) return std::move(arena).trouble();
  auto metadata = Reservation::make(needed->size, needed->align, "Metadata");
  if (!metadata.ok()) return std::move(metadata).trouble();
  auto made = RealTiered::make_raw(metadata->data(), arena->data(), count, geometry);
  if (!made) return trace::Trouble{fmt::format("{} cannot be", trace::to_text(spec)), {}, {}};
  auto heap = std::make_unique<TieredHeap>(std::move(arena).value(), std::move(metadata).value(), std::move(*made));
  return std::unique_ptr<Machine>(std::make_unique<EventMachine<TieredHeap>>(spec, std::move(heap), slot_count));
}

}  // namespace allocviz::replay
