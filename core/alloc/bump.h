// A bump allocator: a mark that walks down through the region, and memory that comes back all at once. Freestanding.
//
//   offset    0                    mark                        size
//             |       unused       | newest |pad|  ...  | oldest |
//
// Invariants, between any two calls:
//   I1  mark <= size: the unused run and the used run tile the region
//   I2  outstanding = 0 implies mark = size: with nothing outstanding, nothing is used
//
// Everything is O(1). It keeps a mark and a count and nothing else, so deallocate only counts, and a double free is
// seen only once nothing is outstanding. Alignment is that of the address, whatever the region's own is.
// For one thread at a time.
#pragma once

#include <bit>
#include <concepts>

#include "arena.h"
#include "backing.h"
#include "policy.h"
#include "result.h"
#include "step.h"
#include "walk.h"

namespace allocviz::alloc {

struct BumpState {
  usize mark = 0;
  usize outstanding = 0;
  [[nodiscard]] friend constexpr bool operator==(const BumpState&, const BumpState&) = default;
};

template <class B>
struct BumpHalves {
  B unused;
  B used;
};

template <class Policy = Checked, Backing Memory = Raw, class Sink = NoSteps>
class Bump {
  static constexpr bool kRaw = std::same_as<Memory, Raw>;

 public:
  using State = BumpState;  // there are no metadata and no links: this is everything it knows

  // ---- making one

  // On the caller's memory. InvalidConfig when the layout's size is 0 or its align no power of two; InvalidLocation
  // when the region is null, not aligned to layout.align, or wraps the address space.
  static Made<Bump> make_raw(void* region, Layout layout) requires kRaw { return build(Memory{}, region, layout); }
  // On memory from a backing, which gets it back when the allocator is destroyed, or at once when making it fails.
  static Made<Bump> make(Layout layout, Memory memory = {}) requires AllocatingBacking<Memory> {
    if (layout.size == 0 || !is_power_of_two(layout.align)) return InitError::InvalidConfig;
    void* const region = memory.allocate(layout);
    if (region == nullptr) return InitFailure{InitError::AllocFailed, layout};
    return build(static_cast<Memory&&>(memory), region, layout);
  }

  // An allocator of nothing. So is one that was moved from.
  constexpr Bump() requires std::default_initializable<Memory>
  = default;
  Bump(Bump&& other) noexcept
      : arena_(other.arena_),
        align_(other.align_),
        memory_(static_cast<Memory&&>(other.memory_)),
        sink_(static_cast<Sink&&>(other.sink_)),
        state_(other.state_) {
    other.forget();
  }
  Bump& operator=(Bump&& other) noexcept {
    if (this == &other) return *this;
    give_memory_back();
    arena_ = other.arena_;
    align_ = other.align_;
    memory_ = static_cast<Memory&&>(other.memory_);
    sink_ = static_cast<Sink&&>(other.sink_);
    state_ = other.state_;
    other.forget();
    return *this;
  }
  ~Bump() { give_memory_back(); }

  // The caller's memory back; leaves an allocator of nothing.
  [[nodiscard]] RawParts into_raw_parts() requires kRaw {
    const RawParts parts{.region = arena_.base(), .region_layout = {arena_.size(), align_}};
    forget();
    return parts;
  }
  // Cuts the region at the mark. The first half of the answer is a new allocator of all that is unused; the second
  // keeps what is used, every outstanding block and their count, and has room again once they all came back. Either
  // may be an allocator of nothing. Leaves an allocator of nothing here.
  [[nodiscard]] BumpHalves<Bump> split() requires kRaw {
    const Arena lower(arena_.base(), state_.mark);
    const Arena upper(arena_.at(state_.mark), arena_.size() - state_.mark);
    const State outstanding{0, state_.outstanding};
    forget();
    return {Bump(Memory{}, lower, 1, State{lower.size(), 0}), Bump(Memory{}, upper, 1, outstanding)};
  }

  // ---- allocating. Each call comes twice: heard by the allocator's own sink, or by a listener for this call alone.

  // mark = (mark - size) rounded down to align. A size of 0 is served as 1. Refused with OutOfMemory, TooLarge (larger
  // than the region) or, when checked, AlignTooLarge for an align that is no power of two.
  [[nodiscard]] Allocation allocate(Layout layout) { return allocate(layout, sink_); }
  template <class S>
  [[nodiscard]] Allocation allocate(Layout layout, S&& listener) {
    if (Policy::kChecked && !is_power_of_two(layout.align)) [[unlikely]] {
      return {nullptr, fail(Error::AlignTooLarge, listener)};
    }
    const usize size = layout.size + (layout.size == 0);
    const usize old_mark = state_.mark;
    const std::uintptr_t base = arena_.address();
    const usize mask = ~(layout.align - 1);
    // Where the region is aligned so, offsets alone will do, and the next call waits less for this one's mark.
    usize new_mark = (old_mark - size) & mask;
    if ((base & ~mask) != 0) [[unlikely]]
      new_mark = ((base + old_mark - size) & mask) - base;
    // Wherever it wraps, it comes out above the mark, unless size and align wrap together; of constants that is known.
    if (new_mark >= old_mark || size > ~usize{0} - layout.align) [[unlikely]] {
      return {nullptr, fail(size > arena_.size() ? Error::TooLarge : Error::OutOfMemory, listener)};
    }
    state_.mark = new_mark;
    ++state_.outstanding;
    listener(Step{.kind = StepKind::Move, .offset = state_.mark, .size = old_mark - state_.mark, .other = old_mark});
    listener(Step{.kind = StepKind::Take, .offset = state_.mark, .size = size});
    return {arena_.at(state_.mark)};
  }

  // Counts, and rewinds the mark once nothing is outstanding. Refused, when checked, with Foreign (not inside the used
  // run) or NothingOutstanding.
  Error deallocate(void* ptr) { return deallocate(ptr, sink_); }
  template <class S>
  Error deallocate(void* ptr, S&& listener) {
    if constexpr (Policy::kChecked) {
      if (!arena_.contains(ptr)) [[unlikely]]
        return fail(Error::Foreign, listener);
      if (state_.outstanding == 0) [[unlikely]]
        return fail(Error::NothingOutstanding, listener);
      if (!owns(ptr)) [[unlikely]]
        return fail(Error::Foreign, listener);
    }
    if (--state_.outstanding == 0) rewind(listener);
    return Error::None;
  }

  // A bump allocator knows no sizes, so the caller says what the block was allocated with. It stays where it is when it
  // does not grow and its address suits the new align. A refusal is silent: nothing happened, and the caller may go on
  // to allocate, copy and free.
  Error resize_in_place(void* ptr, usize old_size, Layout layout) {
    return resize_in_place(ptr, old_size, layout, sink_);
  }
  template <class S>
  Error resize_in_place(void* ptr, usize old_size, Layout layout, S&& listener) {
    if (!owns(ptr)) return Error::Foreign;
    if (layout.size > old_size) return Error::OutOfMemory;
    if ((reinterpret_cast<std::uintptr_t>(ptr) & (layout.align - 1)) != 0) return Error::AlignTooLarge;
    listener(Step{.kind = StepKind::Take, .offset = arena_.offset_of(ptr), .size = layout.size});
    return Error::None;
  }

  // In place where that is possible, else a new block, a copy of what fits, and the old one freed (which rewinds
  // nothing, since the new block is outstanding). When that fails the old block is as it was. Null, and a pointer
  // outside the used run, acts as allocate.
  [[nodiscard]] Allocation reallocate(void* ptr, usize old_size, Layout layout) {
    return reallocate(ptr, old_size, layout, sink_);
  }
  template <class S>
  [[nodiscard]] Allocation reallocate(void* ptr, usize old_size, Layout layout, S&& listener) {
    if (resize_in_place(ptr, old_size, layout, listener) == Error::None) return {ptr};
    const bool known = owns(ptr) && state_.outstanding != 0;
    const Allocation moved = allocate(layout, listener);
    if (!moved || !known) return moved;
    __builtin_memcpy(moved.ptr, ptr, old_size < layout.size ? old_size : layout.size);
    (void)deallocate(ptr, listener);
    return moved;
  }

  // Takes everything back, whatever is outstanding.
  void reset() { reset(sink_); }
  template <class S>
  void reset(S&& listener) {
    state_.outstanding = 0;
    if (state_.mark != arena_.size()) rewind(listener);
  }

  // ---- asking: O(1)

  [[nodiscard]] constexpr const Arena& arena() const { return arena_; }
  [[nodiscard]] constexpr usize size() const { return arena_.size(); }
  [[nodiscard]] constexpr usize mark() const { return state_.mark; }
  [[nodiscard]] constexpr usize outstanding() const { return state_.outstanding; }
  [[nodiscard]] constexpr usize free_bytes() const { return state_.mark; }
  [[nodiscard]] bool contains(const void* ptr) const { return arena_.contains(ptr); }
  // Whether ptr lies in the used run, which is as much as a mark can say.
  [[nodiscard]] bool owns(const void* ptr) const {
    return arena_.contains(ptr) && arena_.offset_of(ptr) >= state_.mark;
  }

  // Where the allocator's own steps go; of no use where nobody hears them.
  [[nodiscard]] constexpr Sink& own_sink() { return sink_; }

  // ---- looking inside

  // f(const Extent&) for the two runs, Free and Used, where they are not empty.
  template <class F>
  void walk(F&& f) const {
    if (state_.mark != 0) f(Extent{0, state_.mark, Use::Free, 0});
    if (state_.mark != size()) f(Extent{state_.mark, size() - state_.mark, Use::Used, 0});
  }
  [[nodiscard]] Report check() const {
    if (state_.mark > size()) return {1, state_.mark, "the mark is beyond the region"};
    if (state_.outstanding == 0 && state_.mark != size()) return {2, state_.mark, "nothing is outstanding, but used"};
    return {};
  }
  [[nodiscard]] constexpr const State& state() const { return state_; }
  constexpr void restore(const State& state) { state_ = state; }

 private:
  constexpr Bump(Memory&& memory, Arena arena, usize align, State state)
      : arena_(arena), align_(align), memory_(static_cast<Memory&&>(memory)), state_(state) {}

  static Made<Bump> build(Memory&& memory, void* region, Layout layout) {
    if (layout.size == 0 || !is_power_of_two(layout.align)) return InitError::InvalidConfig;
    if (!Arena::can_be(region, layout.size, layout.align)) {
      memory.deallocate(region, layout);
      return InitError::InvalidLocation;
    }
    return Bump(static_cast<Memory&&>(memory), Arena(region, layout.size), layout.align, State{layout.size, 0});
  }

  template <class S>
  void rewind(S& sink) {
    const usize old_mark = state_.mark;
    state_.mark = arena_.size();
    sink(Step{.kind = StepKind::Rewind, .offset = state_.mark, .size = state_.mark - old_mark, .other = old_mark});
  }
  template <class S>
  static Error fail(Error why, S& sink) {
    sink(Step{.kind = StepKind::Fail, .why = why});
    return why;
  }
  void forget() {
    arena_ = Arena{};
    state_ = State{};
  }
  void give_memory_back() noexcept {
    if (size() != 0) memory_.deallocate(arena_.base(), Layout{size(), align_});
  }

  Arena arena_;
  usize align_ = 1;
  [[no_unique_address]] Memory memory_;
  [[no_unique_address]] Sink sink_;
  State state_;
};

}  // namespace allocviz::alloc
