#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>
#include <vector>

#include "core/alloc/bump.h"
#include "core/replay/event_machine.h"
#include "core/replay/machines.h"
#include "core/replay/reservation.h"

namespace allocviz::replay {
namespace {

using RealBump = alloc::Bump<>;

// The allocator knows a mark and a count. What lies in the used run is remembered here, one entry a block.
struct Used {
  std::uint64_t offset = 0;
  std::uint64_t end = 0;  // as it was allocated; a block that shrank in place ends before
  std::uint64_t bytes = 0;
  std::uint64_t requested = 0;
  std::uint64_t born = 0;
  std::uint32_t slot = 0;
  bool dead = false;  // freed, but the mark has not returned
};

class BumpHeap {
 public:
  BumpHeap(Reservation arena, RealBump bump)
      : arena_(std::move(arena)), bump_(std::move(bump)), most_align_(std::bit_ceil(bump_.size())) {}

  template <class S>
  alloc::Allocation allocate(alloc::Layout layout, S& sink) {
    return bump_.allocate(within(layout), sink);
  }
  // A free that only counts has no step of the allocator's own; it is told as a move of the mark to where it is.
  template <class S>
  alloc::Error deallocate(void* ptr, S& sink) {
    const alloc::Error why = bump_.deallocate(ptr, sink);
    if (why != alloc::Error::None) return why;
    if (bump_.outstanding() == 0) {
      used_.clear();
      return why;
    }
    if (Used* const used = find(arena().offset_of(ptr))) used->dead = true;
    sink(alloc::Step{.kind = alloc::StepKind::Move, .offset = bump_.mark(), .size = 0, .other = bump_.mark()});
    return why;
  }
  template <class S>
  alloc::Error resize_in_place(void* ptr, const LiveBlock& block, alloc::Layout layout, S& sink) {
    if (layout.size == 0) layout.size = 1;
    return bump_.resize_in_place(ptr, static_cast<alloc::usize>(block.bytes), within(layout), sink);
  }
  void reset() {
    bump_.reset();
    used_.clear();
  }

  [[nodiscard]] const alloc::Arena& arena() const { return bump_.arena(); }
  [[nodiscard]] std::uint64_t block_bytes(void* /*ptr*/, std::uint64_t requested) const { return requested; }
  void prefetch(std::uint64_t /*offset*/) const {}
  void placed(std::uint32_t slot, const LiveBlock& block) {
    used_.push_back({.offset = block.offset,
                     .end = block.offset + block.bytes,
                     .bytes = block.bytes,
                     .requested = block.requested,
                     .born = block.born,
                     .slot = slot});
  }
  void resized(const LiveBlock& block) {
    Used* const used = find(block.offset);
    used->bytes = block.bytes;
    used->requested = block.requested;
    used->born = block.born;
  }
  // A double free by offset may lead its count astray: it rewinds although blocks are live.
  [[nodiscard]] bool took_all_back() const { return bump_.outstanding() == 0; }

  [[nodiscard]] std::uint64_t free_bytes() const { return bump_.free_bytes(); }
  [[nodiscard]] std::uint64_t largest_free() const { return bump_.free_bytes(); }
  [[nodiscard]] std::uint64_t managed_bytes() const { return bump_.size(); }
  [[nodiscard]] unsigned unit_shift() const { return 0; }
  [[nodiscard]] alloc::Report check() const { return bump_.check(); }

  void census(Census& out, const LiveTable& live) const {
    out.mark = bump_.mark();
    out.outstanding = bump_.outstanding();
    out.free_lists.clear();
    std::uint64_t at = 0;
    const auto add_up_to = [&](std::uint64_t end, BlockState state) -> Block& {
      out.blocks.push_back({.offset = at, .size = end - at, .state = state});
      at = end;
      return out.blocks.back();
    };
    if (bump_.mark() != 0) add_up_to(bump_.mark(), BlockState::Free);
    // The newest is the lowest. In the midst of an event the mark may be below it, for a block that is nobody's yet, or
    // above all of them, when it has just rewound.
    bool newest = true;
    for (auto used = used_.rbegin(); used != used_.rend(); ++used) {
      if (used->offset < bump_.mark()) continue;
      if (at < used->offset) add_up_to(used->offset, newest ? BlockState::InFlight : BlockState::Padding);
      newest = false;
      const bool owned = live.is_live(used->slot) && live[used->slot].offset == used->offset;
      Block& block = add_up_to(used->offset + used->bytes, used->dead ? BlockState::Dead
                                                           : owned    ? BlockState::Live
                                                                      : BlockState::InFlight);
      if (block.state != BlockState::InFlight) {
        block.requested = used->requested;
        block.born = used->born;
      }
      if (at < used->end) add_up_to(used->end, BlockState::Dead);
    }
    if (at < bump_.size()) add_up_to(bump_.size(), newest ? BlockState::InFlight : BlockState::Padding);
  }

  void save(ByteWriter& out) const {
    out.put(bump_.mark());
    out.put(bump_.outstanding());
    out.put(used_.size());
    std::uint64_t above = bump_.size(), born = 0;
    for (const Used& used : used_) {
      out.put(above - used.end);
      out.put(used.end - used.offset);
      out.put(used.end - used.offset - used.bytes);
      out.put_difference(used.requested, used.bytes);
      out.put_difference(used.born, born);
      out.put(std::uint64_t{used.slot} * 2 + (used.dead ? 1 : 0));
      above = used.offset;
      born = used.born;
    }
  }
  void load(ByteReader& in, const LiveTable& /*live*/) {
    RealBump::State state;
    state.mark = static_cast<alloc::usize>(in.get());
    state.outstanding = static_cast<alloc::usize>(in.get());
    bump_.restore(state);
    used_.resize(in.get());
    std::uint64_t above = bump_.size(), born = 0;
    for (Used& used : used_) {
      used.end = above - in.get();
      const std::uint64_t whole = in.get();
      used.offset = above = used.end - whole;
      used.bytes = whole - in.get();
      used.requested = in.get_difference(used.bytes);
      used.born = born = in.get_difference(born);
      const std::uint64_t slot = in.get();
      used.slot = static_cast<std::uint32_t>(slot / 2);
      used.dead = slot % 2 != 0;
    }
  }

 private:
  // Alignment counts from offset 0, which suits any; no other offset suits one above the arena's, where addresses would
  // say nothing of offsets.
  [[nodiscard]] alloc::Layout within(alloc::Layout layout) const {
    return {layout.size, std::min(layout.align, most_align_)};
  }
  // The block that begins at offset; nullptr when there is none. O(log blocks): the run is in descending order.
  [[nodiscard]] Used* find(std::uint64_t offset) {
    const auto found = std::lower_bound(used_.begin(), used_.end(), offset,
                                        [](const Used& used, std::uint64_t at) { return used.offset > at; });
    return found != used_.end() && found->offset == offset ? &*found : nullptr;
  }

  Reservation arena_;
  RealBump bump_;
  alloc::usize most_align_ = 1;
  std::vector<Used> used_;  // oldest first, so in descending order of offsets
};

}  // namespace

MadeMachine make_bump_machine(const trace::AllocatorSpec& spec, std::uint32_t slot_count) {
  // Aligned like the power of two that holds it: then alignment up to that counts the same from address 0 and from
  // offset 0.
  constexpr std::uint64_t kMostAlign = std::uint64_t{1} << 40;
  const std::uint64_t align = std::min(std::bit_ceil(spec.arena_bytes), kMostAlign);
  auto arena = Reservation::make(spec.arena_bytes, align, "An arena");
  if (!arena.ok()) return std::move(arena).trouble();
  auto made = RealBump::make_raw(arena->data(), {static_cast<alloc::usize>(spec.arena_bytes), 1});
  if (!made) return trace::Trouble{fmt::format("{} cannot be", trace::to_text(spec)), {}, {}};
  auto heap = std::make_unique<BumpHeap>(std::move(arena).value(), std::move(*made));
  return std::unique_ptr<Machine>(std::make_unique<EventMachine<BumpHeap>>(spec, std::move(heap), slot_count));
}

}  // namespace allocviz::replay
