// What an event does to an allocator, whichever it is: the one place where a trace's words become calls.
//
// A Heap is an allocator on its own arena, with what it takes to show and to save it:
//   allocate(Layout, sink)   deallocate(void*, sink)   resize_in_place(void*, LiveBlock, Layout, sink)   reset()
//   arena()   block_bytes(ptr, requested): of a live block   free_bytes()   largest_free()   managed_bytes()   check()
//   placed(slot, LiveBlock), resized(LiveBlock): for an allocator that does not know its own blocks
//   prefetch(offset): a block there may soon be freed, and what that touches is brought nearer
//   took_all_back(): it holds nothing, whatever the slots believe
//   census(Census&, LiveTable)   save(ByteWriter&)   load(ByteReader&, LiveTable)
//   save_lists(ByteWriter&)   watch_lists()   save_list_changes(ByteWriter&)   load_lists(ByteReader&, whole):
//     where the order of its free lists is kept as what changed; load_lists() comes before load()
//   unit_shift(): offsets and sizes divide by 2^that
//   count_free(LevelCounts&): where there are free lists by level
//   clear(): where something has to be forgotten before load(); called beside load_lists(), by another thread
//   rest(): where there is memory worth giving back; then come clear(), load_lists() and load()
// While an event is under way its block is in flight: no slot owns it, and a census shows it so.
#pragma once

#include <fmt/format.h>

#include <cassert>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/alloc/result.h"
#include "core/replay/live_table.h"
#include "core/replay/machine.h"
#include "core/replay/side_by_side.h"

namespace allocviz::replay {

template <class Heap>
class EventMachine final : public Machine {
 public:
  EventMachine(trace::AllocatorSpec spec, std::unique_ptr<Heap> heap, std::uint32_t slot_count)
      : spec_(std::move(spec)), heap_(std::move(heap)), live_(slot_count) {}

  const trace::AllocatorSpec& spec() const override { return spec_; }

  Outcome apply(const trace::Event& event, std::uint64_t index) override {
    alloc::NoSteps silent;
    return run(event, index, silent);
  }
  Outcome apply(const trace::Event& event, std::uint64_t index, const StepListener& listener) override {
    under_way_ = true;
    const auto tell = [&listener](const alloc::Step& step) { listener(step); };
    const Outcome outcome = run(event, index, tell);
    under_way_ = false;
    return outcome;
  }

  void apply(std::span<const trace::Event> events, std::uint64_t first, Applied* out) override {
    alloc::NoSteps silent;
    for (std::size_t i = 0; i < events.size(); ++i) {
      approach(events, i);
      // Made in its place: an Outcome that is put together first is copied in larger pieces than it was written in,
      // which a processor waits for.
      ::new (&out[i].outcome) Outcome(run(events[i], first + i, silent));
      out[i].figures = counted();
    }
  }

  void apply(std::span<const trace::Event> events, std::uint64_t first, Applied* out, LevelChanges& changes) override {
    if constexpr (kHasLevels) {
      for (std::size_t i = 0; i < events.size(); ++i) {
        approach(events, i);
        ::new (&out[i].outcome) Outcome(run(events[i], first + i, changes));
        out[i].figures = counted();
        if (events[i].op == trace::Op::Reset) changes.became(count_free());
        changes.end_event();
      }
    } else {
      apply(events, first, out);
    }
  }
  LevelCounts count_free() const override {
    LevelCounts counts;
    if constexpr (kHasLevels) heap_->count_free(counts);
    return counts;
  }

  void census(Census& out) const override {
    out.kind = spec_.kind;
    out.arena_bytes = heap_->arena().size();
    out.blocks.clear();
    out.slabs.clear();
    // Of a million a first census would be copied several times over while it grows.
    if (out.blocks.capacity() < live_.blocks()) out.blocks.reserve(live_.blocks() + live_.blocks() / 4);
    heap_->census(out, live_);
    if (under_way_) {  // as in figures()
      out.figures = with_failures(sums_of(out));
      return;
    }
    out.figures = counted();
    assert(with_failures(sums_of(out)) == out.figures && "the counters are the sums over the census");
  }

  Figures figures() const override {
    if (under_way_) {  // an allocator's counters are true between events, its walk between steps
      Census now;
      census(now);
      return now.figures;
    }
    return counted();
  }

  void make_room(std::uint32_t slot_count) override { live_.make_room(slot_count); }
  std::optional<std::uint64_t> offset_of(std::uint32_t slot) const override {
    if (!live_.is_live(slot)) return std::nullopt;
    return live_[slot].offset;
  }
  std::uint64_t frees_of_failed() const override { return frees_of_failed_; }

  void save(Keyframe& out) const override {
    live_.save(out, heap_->unit_shift());
    ByteWriter writer(out.bytes);
    if constexpr (kKeepsLists) heap_->save_lists(writer);
    save_rest(out, writer);
  }
  void watch_changes() override {
    live_.watch_changes();
    if constexpr (kKeepsLists) heap_->watch_lists();
  }
  void save_changes(Keyframe& out) override {
    live_.save_changes(out, heap_->unit_shift());
    ByteWriter writer(out.bytes);
    if constexpr (kKeepsLists) heap_->save_list_changes(writer);
    save_rest(out, writer);
  }
  void load(std::span<const Keyframe* const> frames) override {
    assert(!frames.empty() && frames.front()->whole && "changes are of a state that was saved whole");
    ByteReader reader({});
    live_.begin_load(*frames.back());
    const auto load_slots = [&](SlotRange part) { return live_.load_part(frames, heap_->unit_shift(), part); };
    const auto load_slots_and_lists = [&](SlotRange part) {
      const std::vector<ByteReader> behind = load_slots(part);
      for (std::size_t i = 0; i < frames.size(); ++i) {
        reader = behind[i];
        if constexpr (kKeepsLists) heap_->load_lists(reader, frames[i]->whole);
      }
    };
    const auto clear = [this] {
      if constexpr (requires(Heap & heap) { heap.clear(); }) heap_->clear();
    };
    const std::uint32_t slots = live_.size(), middle = slots < kManySlots ? slots : slots / 2;
    if (middle == slots) {
      clear();
      load_slots_and_lists({0, slots});
    } else {
      side_by_side(
          [&] {
            load_slots_and_lists({0, middle});
          },
          [&] {
            clear();
            (void)load_slots({middle, slots});
          });
    }
    assert(live_.sums_hold());
    failed_ = reader.get();
    frees_of_failed_ = reader.get();
    heap_->load(reader, live_);
    assert(reader.at_end() && "a keyframe is loaded by the kind of machine that saved it");
  }

  void rest() override {
    live_.rest();
    if constexpr (requires(Heap & heap) { heap.rest(); }) heap_->rest();
  }

  std::optional<std::string> check() const override {
    const alloc::Report report = heap_->check();
    if (report.holds()) return std::nullopt;
    return fmt::format("I{} is broken at offset {}: {}", report.invariant, report.offset, report.text);
  }

 private:
  static constexpr bool kKeepsLists = requires(Heap & heap) { heap.watch_lists(); };
  static constexpr bool kHasLevels = requires(const Heap& heap, LevelCounts& counts) { heap.count_free(counts); };

  // What an event some way ahead will touch is brought nearer: the live table's entry, then the memory it speaks of.
  void approach(std::span<const trace::Event> events, std::size_t i) const {
    constexpr std::size_t kFar = 12, kNear = 6;
    if (i + kFar < events.size()) live_.prefetch(events[i + kFar].slot);
    if (i + kNear < events.size() && live_.is_live(events[i + kNear].slot)) {
      heap_->prefetch(live_[events[i + kNear].slot].offset);
    }
  }

  void save_rest(Keyframe& out, ByteWriter& writer) const {
    out.table_bytes = out.bytes.size();
    writer.put(failed_);
    writer.put(frees_of_failed_);
    heap_->save(writer);
  }

  [[nodiscard]] Figures with_failures(Figures sums) const {
    sums.failed = failed_;
    return sums;
  }
  [[nodiscard]] Figures counted() const {
    const std::uint64_t free = heap_->free_bytes();
    return {.live_requested = live_.requested(),
            .live_rounded = live_.bytes(),
            .live_blocks = live_.blocks(),
            .free = free,
            .largest_free = heap_->largest_free(),
            .reserved = heap_->managed_bytes() - free,
            .failed = failed_};
  }

  template <class S>
  Outcome run(const trace::Event& event, std::uint64_t index, S& sink) {
    constexpr std::uint8_t kNotReplayed = trace::kFailedThere | trace::kNullFree;
    if ((event.flags & kNotReplayed) != 0) return {};
    switch (event.op) {
      case trace::Op::Alloc:
        return alloc(event, index, sink);
      case trace::Op::Free:
        return free(event, sink);
      case trace::Op::Realloc:
        return realloc(event, index, sink);
      case trace::Op::Reset:
        return reset(sink);
      case trace::Op::Mark:
        break;
    }
    return {};
  }

  template <class S>
  Outcome alloc(const trace::Event& event, std::uint64_t index, S& sink) {
    if (live_.is_live(event.slot)) free_slot(event.slot, sink);  // kImplicitFree: the id was alive
    return place(event, index, sink);
  }

  template <class S>
  Outcome place(const trace::Event& event, std::uint64_t index, S& sink) {
    const alloc::Allocation made = heap_->allocate(layout_of(event), sink);
    if (!made) return failed(made.why);
    return own(event, index, made.ptr);
  }

  // A slot that is not live here (its request failed in this replay) makes a realloc an alloc. In place where that is
  // possible; else the allocators' own order: a new block first, then the old one is freed.
  template <class S>
  Outcome realloc(const trace::Event& event, std::uint64_t index, S& sink) {
    if (!live_.is_live(event.slot)) return place(event, index, sink);
    const LiveBlock old = live_.take(event.slot);
    void* const ptr = pointer_to(old.offset);
    if (heap_->resize_in_place(ptr, old, layout_of(event), sink) == alloc::Error::None) {
      const std::uint64_t requested = requested_of(event);
      const LiveBlock block{old.offset, heap_->block_bytes(ptr, requested), requested, index};
      heap_->resized(block);
      live_.put(event.slot, block);
      return {.kind = OutcomeKind::Placed, .offset = block.offset, .block_bytes = block.bytes};
    }
    live_.put(event.slot, old);
    const alloc::Allocation made = heap_->allocate(layout_of(event), sink);
    if (!made) {
      Outcome outcome = failed(made.why);
      outcome.offset = old.offset;
      outcome.block_bytes = old.bytes;
      return outcome;
    }
    live_.take(event.slot);
    Outcome outcome = own(event, index, made.ptr);
    heap_->deallocate(ptr, sink);
    outcome.moved_from = old.offset;
    return outcome;
  }

  template <class S>
  Outcome free(const trace::Event& event, S& sink) {
    if (event.has(trace::kByOffset)) return free_offset(event.offset, sink);
    if (event.has(trace::kUnknownId)) return {};
    if (live_.is_live(event.slot)) return free_slot(event.slot, sink);
    ++frees_of_failed_;
    return {.kind = OutcomeKind::FreeOfFailed};
  }

  template <class S>
  Outcome free_slot(std::uint32_t slot, S& sink) {
    const LiveBlock block = live_.take(slot);
    const alloc::Error why = heap_->deallocate(pointer_to(block.offset), sink);
    if (why != alloc::Error::None) {
      live_.put(slot, block);
      return failed(why);
    }
    drop_what_was_taken_back();
    return {.kind = OutcomeKind::Freed, .offset = block.offset, .block_bytes = block.bytes};
  }

  // A free that the allocator sees as it is, right or wrong. If it hits somebody's block, that one is gone.
  template <class S>
  Outcome free_offset(std::uint64_t offset, S& sink) {
    const std::uint32_t slot = live_.slot_at(offset);
    if (slot != trace::kNoSlot) return free_slot(slot, sink);
    const alloc::Error why = heap_->deallocate(pointer_to(offset), sink);
    if (why != alloc::Error::None) {
      Outcome outcome = failed(why);
      outcome.offset = offset;
      return outcome;
    }
    drop_what_was_taken_back();
    return {.kind = OutcomeKind::Freed, .offset = offset};
  }

  template <class S>
  Outcome reset(S& sink) {
    const std::uint64_t used = heap_->managed_bytes() - heap_->free_bytes();
    const std::uint64_t end = heap_->arena().size();
    live_.clear();
    heap_->reset();
    sink(alloc::Step{.kind = alloc::StepKind::Rewind, .offset = end, .size = used, .other = end - used});
    return {.kind = OutcomeKind::Reset};
  }

  Outcome own(const trace::Event& event, std::uint64_t index, void* ptr) {
    const std::uint64_t requested = requested_of(event);
    const LiveBlock block{heap_->arena().offset_of(ptr), heap_->block_bytes(ptr, requested), requested, index};
    heap_->placed(event.slot, block);
    live_.put(event.slot, block);
    return {.kind = OutcomeKind::Placed, .offset = block.offset, .block_bytes = block.bytes};
  }

  Outcome failed(alloc::Error why) {
    ++failed_;
    return {.kind = OutcomeKind::Failed, .why = why};
  }

  void drop_what_was_taken_back() {
    if (live_.blocks() != 0 && heap_->took_all_back()) live_.clear();
  }

  // Computed as a number: a free by offset may point anywhere.
  [[nodiscard]] void* pointer_to(std::uint64_t offset) const {
    return reinterpret_cast<void*>(heap_->arena().address() + static_cast<std::uintptr_t>(offset));
  }
  static std::uint64_t requested_of(const trace::Event& event) { return event.size == 0 ? 1 : event.size; }
  static alloc::Layout layout_of(const trace::Event& event) {
    return {static_cast<alloc::usize>(event.size), static_cast<alloc::usize>(event.align())};
  }

  trace::AllocatorSpec spec_;
  std::unique_ptr<Heap> heap_;
  LiveTable live_;
  std::uint64_t failed_ = 0, frees_of_failed_ = 0;
  bool under_way_ = false;
};

}  // namespace allocviz::replay
