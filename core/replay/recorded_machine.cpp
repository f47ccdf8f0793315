// The recorded heap: no allocator, but what the log says of one. Blocks stand where the recorded program had them.
//
// What is known: where each block began, how many bytes were asked for, from which event to which. What is not: how
// much the allocator rounded up (blocks are as large as their requests, so internal fragmentation is 0 here), its free
// lists, and whether memory that is not live was free, its own, or not mapped. So "free" means: touched by a block at
// some time, and not live now; "largest free" is the longest such run.
//
// Where a new block covers others that are still live in the log, their frees are missing from it: they end there, and
// a later free of one does nothing. A block whose address the log does not say is not shown.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/replay/address_map.h"
#include "core/replay/live_table.h"
#include "core/replay/machines.h"
#include "core/replay/owners.h"

namespace allocviz::replay {
namespace {

using alloc::Step;
using alloc::StepKind;

// The live blocks in address order and the holes between them inside their regions.
//   R1  blocks do not overlap, and each lies in one region.
//   R2  holes holds, with their number, the lengths of all maximal runs of a region in which no block stands.
//   R3  free = the sum of these lengths.
class Places {
 public:
  explicit Places(const AddressMap& map) : map_(map) { clear(); }

  void clear() {
    blocks_.clear();
    holes_.clear();
    free_ = managed_ = 0;
    for (const AddressMap::Region& region : map_.regions()) add_hole(region.size);
    managed_ = free_;
  }

  struct Block {
    std::uint64_t end = 0;
    std::uint32_t slot = 0;
  };
  using Blocks = std::map<std::uint64_t, Block>;

  // Any block that a new one over [begin, end) would cover; end() where there is none.
  [[nodiscard]] Blocks::const_iterator covered(std::uint64_t begin, std::uint64_t end) const {
    auto at = blocks_.lower_bound(begin);
    if (at != blocks_.begin() && std::prev(at)->second.end > begin) return std::prev(at);
    return at != blocks_.end() && at->first < end ? at : blocks_.end();
  }
  // Whoever hears of holes that come and go, by their size; none where null.
  void tell(LevelChanges* changes) { changes_ = changes; }
  // Holes of at least a page by size, each level's half the one above.
  void count_holes(LevelCounts& out) const {
    out.levels = level_of(1) + 1;
    out.free.fill(0);
    for (std::size_t level = 0; level < out.levels; ++level)
      out.block_bytes[level] = std::uint64_t{1} << (top_bit() - level);
    for (const auto& [size, count] : holes_) out.free[level_of(size)] += static_cast<std::uint32_t>(count);
  }
  // In place of all that stands: the owners' blocks. In address order, which spares looking for each one's place and
  // all holes but those that stay.
  void fill(const Owners& owners) {
    blocks_.clear();
    holes_.clear();
    free_ = 0;
    auto region = map_.regions().begin();
    std::uint64_t from = region == map_.regions().end() ? 0 : region->offset;
    const auto next_region = [&] {
      add_hole(region->end() - from);
      if (++region != map_.regions().end()) from = region->offset;
    };
    owners.for_each([&](std::uint32_t slot, const LiveBlock& block) {
      while (block.offset >= region->end()) next_region();
      add_hole(block.offset - from);
      from = block.offset + block.bytes;
      blocks_.emplace_hint(blocks_.end(), block.offset, Block{from, slot});
    });
    while (region != map_.regions().end()) next_region();
  }
  void add(std::uint64_t begin, std::uint64_t end, std::uint32_t slot) {
    const auto after = blocks_.lower_bound(begin);
    const auto [from, to] = hole_around(begin, end, after);
    take_hole(to - from);
    add_hole(begin - from);
    add_hole(to - end);
    blocks_.emplace_hint(after, begin, Block{end, slot});
  }
  void remove(std::uint64_t begin) {
    const auto at = blocks_.find(begin);
    assert(at != blocks_.end() && "a live block has its place");
    const std::uint64_t end = at->second.end;
    const auto after = blocks_.erase(at);
    const auto [from, to] = hole_around(begin, end, after);
    take_hole(begin - from);
    take_hole(to - end);
    add_hole(to - from);
  }

  [[nodiscard]] const Blocks& blocks() const { return blocks_; }
  [[nodiscard]] std::uint64_t free_bytes() const { return free_; }
  [[nodiscard]] std::uint64_t managed_bytes() const { return managed_; }
  [[nodiscard]] std::uint64_t largest_free() const { return holes_.empty() ? 0 : holes_.rbegin()->first; }

  // 0, or the number of the first invariant that does not hold.
  [[nodiscard]] int check() const {
    std::map<std::uint64_t, std::uint64_t> holes;
    std::uint64_t sum = 0;
    auto at = blocks_.begin();
    for (const AddressMap::Region& region : map_.regions()) {
      std::uint64_t from = region.offset;
      const auto hole_up_to = [&](std::uint64_t to) {
        if (to > from) ++holes[to - from], sum += to - from;
      };
      for (; at != blocks_.end() && at->first < region.end(); ++at) {
        if (at->first < from || at->second.end > region.end() || at->second.end <= at->first) return 1;
        hole_up_to(at->first);
        from = at->second.end;
      }
      hole_up_to(region.end());
    }
    if (at != blocks_.end()) return 1;
    if (holes != holes_) return 2;
    return sum == free_ ? 0 : 3;
  }

 private:
  // The run without blocks that [begin, end) lies in, given the first block behind it.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> hole_around(std::uint64_t begin, std::uint64_t end,
                                                                    Blocks::const_iterator after) const {
    const AddressMap::Region& region = map_.regions()[map_.region_at(begin)];
    assert(end <= region.end() && "the regions were made of these very blocks");
    std::uint64_t from = region.offset, to = region.end();
    if (after != blocks_.begin()) from = std::max(from, std::prev(after)->second.end);
    if (after != blocks_.end()) to = std::min(to, after->first);
    return {from, std::max(to, end)};
  }
  void add_hole(std::uint64_t size) {
    if (size == 0) return;
    if (changes_ != nullptr) changes_->gave(level_of(size));
    ++holes_[size];
    free_ += size;
  }
  void take_hole(std::uint64_t size) {
    if (size == 0) return;
    if (changes_ != nullptr) changes_->took(level_of(size));
    const auto at = holes_.find(size);
    assert(at != holes_.end() && "every hole is counted");
    if (--at->second == 0) holes_.erase(at);
    free_ -= size;
  }

  // Level 0 holds the longest runs there can be, the last one those of a page up to two.
  [[nodiscard]] unsigned top_bit() const {
    return static_cast<unsigned>(std::bit_width(std::max(map_.size(), AddressMap::kPageBytes))) - 1;
  }
  [[nodiscard]] std::size_t level_of(std::uint64_t size) const {
    return top_bit() - (static_cast<unsigned>(std::bit_width(std::max(size, AddressMap::kPageBytes))) - 1);
  }

  const AddressMap& map_;
  LevelChanges* changes_ = nullptr;
  Blocks blocks_;
  std::map<std::uint64_t, std::uint64_t> holes_;  // length -> how many
  std::uint64_t free_ = 0, managed_ = 0;
};

// Kernel pages are known by their size: a power of two of 4 KiB pages, whose exponent the kernel calls the order.
constexpr std::uint64_t kKernelPage = AddressMap::kPageBytes;

class RecordedMachine final : public Machine {
 public:
  RecordedMachine(const trace::AllocatorSpec& spec, const trace::Trace& trace)
      : spec_(spec), trace_(trace), map_(trace), places_(map_), live_(trace.slot_count()) {
    spec_.arena_bytes = map_.size();
    pages_ = trace.header().format == "kmem" && map_.granule_bytes() > 16;
  }

  const trace::AllocatorSpec& spec() const override { return spec_; }

  Outcome apply(const trace::Event& event, std::uint64_t index) override {
    return run(event, index, [](const Step&) {});
  }
  Outcome apply(const trace::Event& event, std::uint64_t index, const StepListener& listener) override {
    return run(event, index, listener);
  }
  void apply(std::span<const trace::Event> events, std::uint64_t first, Applied* out) override {
    for (std::size_t i = 0; i < events.size(); ++i) {
      out[i].outcome = run(events[i], first + i, [](const Step&) {});
      out[i].figures = figures();
    }
  }

  // Kernel pages alone: a program's heap is no buddy system.
  LevelCounts count_free() const override {
    LevelCounts counts;
    if (pages_) places_.count_holes(counts);
    return counts;
  }
  void apply(std::span<const trace::Event> events, std::uint64_t first, Applied* out, LevelChanges& changes) override {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const bool resets = events[i].op == trace::Op::Reset;
      places_.tell(resets ? nullptr : &changes);
      out[i].outcome = run(events[i], first + i, [](const Step&) {});
      out[i].figures = figures();
      if (resets) changes.became(count_free());
      changes.end_event();
    }
    places_.tell(nullptr);
  }

  void census(Census& out) const override;
  Figures figures() const override {
    return {.live_requested = live_.requested(),
            .live_rounded = live_.bytes(),
            .live_blocks = live_.blocks(),
            .free = places_.free_bytes(),
            .largest_free = places_.largest_free(),
            .reserved = places_.managed_bytes() - places_.free_bytes(),
            .failed = 0};
  }
  void make_room(std::uint32_t slot_count) override { live_.make_room(slot_count); }
  std::optional<std::uint64_t> offset_of(std::uint32_t slot) const override {
    if (!live_.is_live(slot)) return std::nullopt;
    return live_[slot].offset;
  }
  std::uint64_t frees_of_failed() const override { return 0; }

  void save(Keyframe& out) const override { live_.save(out, 0); }
  void watch_changes() override { live_.watch_changes(); }
  void save_changes(Keyframe& out) override { live_.save_changes(out, 0); }
  void load(std::span<const Keyframe* const> frames) override {
    for (const Keyframe* const frame : frames) {
      [[maybe_unused]] const ByteReader reader = live_.load(*frame, 0);
      assert(reader.at_end() && "a keyframe is loaded by the kind of machine that saved it");
    }
    owners_.put_in_order(live_, map_.size(), 0);
    places_.fill(owners_);
  }
  std::optional<std::string> check() const override {
    if (const int broken = places_.check(); broken != 0) return fmt::format("R{} is broken", broken);
    if (places_.blocks().size() != live_.blocks()) return "the live table and the places differ";
    return std::nullopt;
  }

 private:
  template <class Tell>
  Outcome run(const trace::Event& event, std::uint64_t index, const Tell& tell) {
    switch (event.op) {
      case trace::Op::Alloc:
      case trace::Op::Realloc:
        return request(event, index, tell);
      case trace::Op::Free:
        return live_.is_live(event.slot) ? end(event.slot, tell) : Outcome{};
      case trace::Op::Reset:
        return reset(tell);
      case trace::Op::Mark:
        break;
    }
    return {};
  }

  // The old block goes, then the new one stands: that is how the log has it, whatever the allocator did in between.
  template <class Tell>
  Outcome request(const trace::Event& event, std::uint64_t index, const Tell& tell) {
    if (event.has(trace::kFailedThere)) return {};
    Outcome outcome;
    if (live_.is_live(event.slot)) outcome = end(event.slot, tell);
    trace::Event whole = event;
    whole.addr = trace_.event(index).addr;
    if (!has_place(whole)) return outcome;
    const std::uint64_t from = outcome.kind == OutcomeKind::Freed ? outcome.offset : Outcome::kNowhere;
    const std::uint64_t offset = *map_.offset_of(whole.addr);
    const std::uint64_t bytes = bytes_stood_on(event.size);
    for (auto at = places_.covered(offset, offset + bytes); at != places_.blocks().end();
         at = places_.covered(offset, offset + bytes)) {
      end(at->second.slot, tell);
    }
    live_.put(event.slot, {offset, bytes, bytes, index});
    places_.add(offset, offset + bytes, event.slot);
    tell(Step{.kind = StepKind::Take, .offset = offset, .size = bytes});
    const bool moved = event.op == trace::Op::Realloc && from != Outcome::kNowhere && from != offset;
    return {.kind = OutcomeKind::Placed,
            .offset = offset,
            .block_bytes = bytes,
            .moved_from = moved ? from : Outcome::kNowhere};
  }

  template <class Tell>
  Outcome end(std::uint32_t slot, const Tell& tell) {
    const LiveBlock block = live_.take(slot);
    places_.remove(block.offset);
    tell(Step{.kind = StepKind::Push, .offset = block.offset, .size = block.bytes});
    return {.kind = OutcomeKind::Freed, .offset = block.offset, .block_bytes = block.bytes};
  }

  template <class Tell>
  Outcome reset(const Tell& tell) {
    const std::uint64_t used = live_.bytes();
    live_.clear();
    places_.clear();
    tell(Step{.kind = StepKind::Rewind, .offset = spec_.arena_bytes, .size = used, .other = spec_.arena_bytes - used});
    return {.kind = OutcomeKind::Reset};
  }

  [[nodiscard]] std::int16_t level_of(std::uint64_t bytes) const {
    if (!pages_ || bytes < kKernelPage || !std::has_single_bit(bytes)) return -1;
    return static_cast<std::int16_t>(std::countr_zero(bytes / kKernelPage));
  }

  trace::AllocatorSpec spec_;
  const trace::Trace& trace_;
  AddressMap map_;
  Places places_;
  LiveTable live_;
  Owners owners_;  // load's own, kept for its memory
  bool pages_ = false;
};

void RecordedMachine::census(Census& out) const {
  out.kind = spec_.kind;
  out.arena_bytes = map_.size();
  out.blocks.clear();
  out.free_lists.clear();
  out.mark.reset();
  out.outstanding = live_.blocks();
  std::uint64_t at = 0;
  const auto add_up_to = [&](std::uint64_t end, BlockState state) {
    if (end > at) out.blocks.push_back({.offset = at, .size = end - at, .state = state});
    at = std::max(at, end);
  };
  auto next = places_.blocks().begin();
  for (const AddressMap::Region& region : map_.regions()) {
    add_up_to(region.offset, BlockState::Gap);
    for (; next != places_.blocks().end() && next->first < region.end(); ++next) {
      add_up_to(next->first, BlockState::Free);
      add_up_to(next->second.end, BlockState::Live);
      Block& block = out.blocks.back();
      block.level = level_of(block.size);
      block.requested = live_[next->second.slot].requested;
      block.born = live_[next->second.slot].born;
    }
    add_up_to(region.end(), BlockState::Free);
  }
  out.figures = figures();
}

}  // namespace

MadeMachine make_recorded_machine(const trace::AllocatorSpec& spec, const trace::Trace& trace) {
  if (!trace.has_addresses()) {
    return trace::Trouble{fmt::format("the log ({}) does not say where its blocks were", trace.header().format),
                          {},
                          "the recorded heap needs addresses: record with heaptrack --raw, mtrace, or ltrace; or "
                          "choose buddy, bump or slab"};
  }
  auto machine = std::make_unique<RecordedMachine>(spec, trace);
  if (machine->spec().arena_bytes == 0) {
    return trace::Trouble{"no block of the log has an address", {}, "choose buddy, bump or slab"};
  }
  return std::unique_ptr<Machine>(std::move(machine));
}

}  // namespace allocviz::replay
