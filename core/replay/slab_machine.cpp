#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "core/alloc/prefetch.h"
#include "core/alloc/slab.h"
#include "core/replay/event_machine.h"
#include "core/replay/machines.h"
#include "core/replay/owners.h"
#include "core/replay/reservation.h"

namespace allocviz::replay {
namespace {

using RealSlab = alloc::Slab<>;

class SlabHeap {
 public:
  SlabHeap(Reservation arena, Reservation metadata, RealSlab slab)
      : arena_(std::move(arena)), metadata_(std::move(metadata)), slab_(std::move(slab)) {}

  template <class S>
  alloc::Allocation allocate(alloc::Layout layout, S& sink) {
    return slab_.allocate(layout, sink);
  }
  template <class S>
  alloc::Error deallocate(void* ptr, S& sink) {
    return slab_.deallocate(ptr, sink);
  }
  template <class S>
  alloc::Error resize_in_place(void* ptr, const LiveBlock& /*block*/, alloc::Layout layout, S& sink) {
    return slab_.resize_in_place(ptr, layout, sink);
  }
  void reset() { slab_.reset(); }

  [[nodiscard]] const alloc::Arena& arena() const { return slab_.arena(); }
  [[nodiscard]] std::uint64_t block_bytes(void* /*ptr*/, std::uint64_t /*requested*/) const {
    return slab_.block_size();
  }
  void prefetch(std::uint64_t offset) const { alloc::prefetch(arena_.data() + offset); }
  void placed(std::uint32_t /*slot*/, const LiveBlock& /*block*/) {}
  void resized(const LiveBlock& /*block*/) {}
  [[nodiscard]] bool took_all_back() const { return false; }

  [[nodiscard]] std::uint64_t free_bytes() const { return slab_.free_bytes(); }
  [[nodiscard]] std::uint64_t largest_free() const { return slab_.can_allocate() ? slab_.block_size() : 0; }
  [[nodiscard]] std::uint64_t managed_bytes() const { return slab_.size(); }
  [[nodiscard]] unsigned unit_shift() const { return kUnitShift; }
  [[nodiscard]] alloc::Report check() const { return slab_.check(); }

  void census(Census& out, const LiveTable& live) const {
    out.outstanding = slab_.outstanding();
    out.free_lists.resize(1);
    FreeList& list = out.free_lists.front();
    list.level = 0;
    list.block_bytes = slab_.block_size();
    list.offsets.clear();
    slab_.visit_free_lists([&list](unsigned, alloc::usize offset) { list.offsets.push_back(offset); });
    owners_.put_in_order(live, arena().size(), unit_shift());
    slab_.walk([&](const alloc::Extent& extent) { out.blocks.push_back(block_of(extent, owners_.at(extent.offset))); });
  }

  // The mark below which blocks have been used, and the list in its order; whatever else lies below the mark is live.
  void save(ByteWriter& out) const {
    out.put(slab_.state().fresh / slab_.block_size());
    out.put(slab_.state().fresh / slab_.block_size() - slab_.outstanding());
    std::uint64_t last = 0;
    slab_.visit_links([&](alloc::usize offset, std::byte*, alloc::usize) {
      const std::uint64_t number = slab_.geometry().number(offset);
      out.put_difference(number, last);
      last = number;
    });
  }
  void load(ByteReader& in, const LiveTable& /*live*/) {
    const std::uint64_t used = in.get();
    const std::uint64_t listed = in.get();
    RealSlab::State state;
    state.fresh = used * slab_.block_size();
    state.outstanding = used - listed;
    std::byte* const bits = slab_.metadata().data;
    if (used != 0) std::memset(bits, 0xff, used / 8);
    if (used % 8 != 0) bits[used / 8] = static_cast<std::byte>((1u << (used % 8)) - 1);
    list_.clear();
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < listed; ++i) list_.push_back(last = in.get_difference(last));
    for (auto i = list_.rbegin(); i != list_.rend(); ++i) {
      const std::uint64_t offset = *i * slab_.block_size();
      ::new (static_cast<void*>(arena().at(offset))) alloc::SlabLink{state.head};
      state.head = {slab_.size() - offset};
      bits[*i / 8] &= ~(std::byte{1} << (*i % 8));
    }
    slab_.restore(state);
  }

 private:
  static constexpr unsigned kUnitShift = std::countr_zero(alignof(alloc::SlabLink));

  [[nodiscard]] static Block block_of(const alloc::Extent& extent, const LiveBlock* owner) {
    Block block{.offset = extent.offset, .size = extent.size};
    if (extent.use == alloc::Use::Fresh) block.state = BlockState::Fresh;
    if (extent.use == alloc::Use::Live) set_owner(block, owner);
    return block;
  }

  Reservation arena_, metadata_;
  mutable Owners owners_;  // of the last census, kept for their memory
  RealSlab slab_;
  std::vector<std::uint64_t> list_;  // load's own, kept for its memory
};

}  // namespace

MadeMachine make_slab_machine(const trace::AllocatorSpec& spec, std::uint32_t slot_count) {
  // A census names every block, those never used among them, for some 40 B each; a file of a hundred bytes may ask for
  // them.
  constexpr std::uint64_t kMostBlocks = std::uint64_t{1} << 24;
  if (spec.block_count > kMostBlocks) {
    return trace::Trouble{fmt::format("a slab of {} takes too much memory to be shown block by block",
                                      trace::count_text(spec.block_count, "block")),
                          {.field = "count"},
                          fmt::format("choose a count of at most {}", trace::count_text(kMostBlocks))};
  }
  const alloc::RuntimeSlab geometry(spec.block_bytes);
  const auto region = RealSlab::region_layout(spec.block_count, geometry);
  if (!region) return trace::Trouble{fmt::format("{} cannot be", trace::to_text(spec)), {}, {}};
  auto arena = Reservation::make(region->size, region->align, "An arena");
  if (!arena.ok()) return std::move(arena).trouble();
  auto metadata = Reservation::make(RealSlab::metadata_layout(spec.block_count).size, 1, "Metadata");
  if (!metadata.ok()) return std::move(metadata).trouble();
  auto made = RealSlab::make_raw(metadata->data(), arena->data(), spec.block_count, geometry);
  if (!made) return trace::Trouble{fmt::format("{} cannot be", trace::to_text(spec)), {}, {}};
  auto heap = std::make_unique<SlabHeap>(std::move(arena).value(), std::move(metadata).value(), std::move(*made));
  return std::unique_ptr<Machine>(std::make_unique<EventMachine<SlabHeap>>(spec, std::move(heap), slot_count));
}

}  // namespace allocviz::replay
