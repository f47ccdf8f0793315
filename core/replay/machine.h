// One runtime interface in front of every allocator: apply an event, say what the state is, save it, load it.
//
// The virtual call is per event or per batch, never inside an allocator. A further allocator is one file beside this.
// A machine owns its arena (reserved address space; only what the allocator itself writes is ever touched), the real
// allocator on it, and the table of live blocks: slot -> (offset, requested, born).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/alloc/step.h"
#include "core/replay/census.h"
#include "core/replay/free_levels.h"
#include "core/trace/trace.h"

namespace allocviz::replay {

// What one event came to.
enum class OutcomeKind : std::uint8_t {
  Nothing,       // a mark, a null free, an unknown free, a request that failed in the log itself
  Placed,        // offset, block_bytes: the request was served
  Freed,         // offset: was given back
  Failed,        // why: the request or the free was refused, the state is as before
  FreeOfFailed,  // free of an id whose request failed in this replay: does nothing
  Reset,
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::Nothing;
  alloc::Error why = alloc::Error::None;
  std::uint64_t offset = 0;  // of a failed realloc: that of the old block, which stays (block_bytes 0: none)
  std::uint64_t block_bytes = 0;
  std::uint64_t moved_from = kNowhere;  // realloc: the offset it left, when it moved
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};
  bool operator==(const Outcome&) const = default;
};

// An event's outcome and the figures after it.
struct Applied {
  Outcome outcome;
  Figures figures;
};

// Called in the midst of an event, at each step; census(), figures() and save() of the machine are legal inside. Every
// event that changes the state has a step. Two are told by the machine, because the allocator has none of its own: a
// Reset is a Rewind (size: bytes taken back), a bump's free that only counts is a Move of the mark to where it stands.
using StepListener = std::function<void(const alloc::Step&)>;

// The live table, and what of the allocator's state does not follow from it. Opaque; between events equal bytes are
// equal states, inside one a buddy's block in flight is told by its census alone. Bytes in proportion to the blocks,
// whatever the arena's size.
struct Keyframe {
  std::vector<std::byte> bytes;
  std::size_t table_bytes = 0;  // how many of them, at the beginning, are the live table's and the free lists'
  std::uint64_t live_blocks = 0;
  bool whole = true;  // else those are what changed since the keyframe before it
  bool operator==(const Keyframe&) const = default;
};

class Machine {
 public:
  virtual ~Machine() = default;

  [[nodiscard]] virtual const trace::AllocatorSpec& spec() const = 0;
  // Applies event `index` of the trace (Trace::request is enough of it). The silent forms are the fast ones: no
  // listener, no allocation of memory.
  virtual Outcome apply(const trace::Event& event, std::uint64_t index) = 0;
  virtual Outcome apply(const trace::Event& event, std::uint64_t index, const StepListener& listener) = 0;
  // The same for a run of events, the first of which is event `first`; out has as many entries.
  virtual void apply(std::span<const trace::Event> events, std::uint64_t first, Applied* out) = 0;
  // The same, and what each did to the free lists by level: of what has levels (count_free), else nothing is told.
  virtual void apply(std::span<const trace::Event> events, std::uint64_t first, Applied* out, LevelChanges&) {
    apply(events, first, out);
  }
  // How long each level's free list is, of what has such lists; else no levels. O(free blocks).
  [[nodiscard]] virtual LevelCounts count_free() const { return {}; }

  // Of a trace that is still being read: slots below slot_count may come. O(slots), amortised.
  virtual void make_room(std::uint32_t slot_count) = 0;

  virtual void census(Census& out) const = 0;         // O(blocks); reuses out's memory
  [[nodiscard]] virtual Figures figures() const = 0;  // O(1)
  // Where the block of a slot is now; nothing when it is not live here.
  [[nodiscard]] virtual std::optional<std::uint64_t> offset_of(std::uint32_t slot) const = 0;
  [[nodiscard]] virtual std::uint64_t frees_of_failed() const = 0;

  virtual void save(Keyframe& out) const = 0;  // inside an event to compare it, not to load it
  // The next save_changes() holds of the live table what changed from now on; each one after it, since the one before.
  // A load() ends that.
  virtual void watch_changes() = 0;
  virtual void save_changes(Keyframe& out) = 0;
  // A whole keyframe and those that were saved behind it, in their order, of a machine with an equal spec and no more
  // slots: the state is that of the last one.
  virtual void load(std::span<const Keyframe* const> frames) = 0;
  // Gives back what memory a load() fills anew. Until then only its spec may be asked for.
  virtual void rest() {}
  // The allocator's own check(): nothing when every invariant holds, else a sentence that names the broken one.
  [[nodiscard]] virtual std::optional<std::string> check() const = 0;
};

inline void load(Machine& machine, const Keyframe& whole) {
  const Keyframe* const one = &whole;
  machine.load({&one, 1});
}

// Trouble when the configuration cannot be (fault_of) or the arena cannot be reserved.
[[nodiscard]] trace::Result<std::unique_ptr<Machine>> make_machine(const trace::AllocatorSpec& spec,
                                                                   std::uint32_t slot_count);
// The same for the slots of a trace, and for `recorded`, which is made of the trace itself: it must outlive the
// machine.
[[nodiscard]] trace::Result<std::unique_ptr<Machine>> make_machine(const trace::AllocatorSpec& spec,
                                                                   const trace::Trace& trace);

}  // namespace allocviz::replay
