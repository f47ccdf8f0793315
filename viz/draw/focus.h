// What is to be emphasised on a stage, the same for every layout of it: what the step at the cursor touched, what is
// selected, what was refused.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/alloc/step.h"
#include "core/replay/timeline.h"
#include "core/trace/spec.h"
#include "viz/draw/style.h"

namespace allocviz::draw {

// The shape of a buddy's tree. Levels count from the top: level 0 is the largest block.
struct BuddyShape {
  std::uint64_t arena = 1, top = 1;  // bytes; top = the largest block
  int levels = 1;
  [[nodiscard]] std::uint64_t size_of(int level) const { return top >> level; }
  [[nodiscard]] int level_of(std::uint64_t size) const;
};
// Calls f(offset, size) for the largest aligned powers of two that tile these bytes: the blocks that a run of a tiered
// allocator's buddy is made of, or those that a gap stands for.
template <class F>
void for_each_aligned(std::uint64_t offset, std::uint64_t size, std::uint64_t largest, F&& f) {
  for (const std::uint64_t end = offset + size; offset < end;) {
    std::uint64_t piece = std::min(largest, std::bit_floor(end - offset));
    if (offset != 0) piece = std::min(piece, offset & (~offset + 1));
    f(offset, piece);
    offset += piece;
  }
}
[[nodiscard]] BuddyShape shape_of(const trace::AllocatorSpec& spec);

// A block that a step touched; size 0 stands for whatever block begins there.
struct Touch {
  std::uint64_t offset = 0, size = 0;
  bool operator==(const Touch&) const = default;
};

struct Focus {
  std::vector<Touch> touched;
  std::optional<std::uint64_t> selected;  // a byte of the arena
  std::optional<std::uint64_t> refused;   // where a free was refused
};

// The event at the cursor as layouts see it: a view into the timeline, good until that moves.
struct Moment {
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::span<const alloc::Step> done;      // the steps up to the cursor; the last is the current one
  bool whole = false;                     // they are all of the event's steps
  replay::Outcome outcome;                // of the whole event
  std::uint64_t event = kNone;            // its index: what it makes is called by its id
  std::uint64_t asked = 0;                // bytes, of a request
  std::uint64_t align = 1;                // of a request
  std::optional<std::uint64_t> freed_at;  // of a free by offset: that offset
  std::uint64_t left_bytes = 0;           // of a realloc: those of the block that it had, on a buddy

  [[nodiscard]] const alloc::Step* current() const { return done.empty() ? nullptr : &done.back(); }
  [[nodiscard]] bool failed() const { return whole && outcome.kind == replay::OutcomeKind::Failed; }
};
[[nodiscard]] Moment moment_of(const replay::Timeline& timeline);

// The block a step is about, where it is about one: of a split the front half, of a merge the whole.
[[nodiscard]] std::optional<Touch> subject_of(const alloc::Step& step, const trace::AllocatorSpec& spec);
// Every block that the current step touched: of a split the halves and their parent, of a bump's free that only counts
// the block that was freed; at the end of a realloc that moved, where the block went to, too.
[[nodiscard]] std::vector<Touch> touched_by(const Moment& moment, const trace::AllocatorSpec& spec);

[[nodiscard]] Focus focus_of(const Moment& moment, const trace::AllocatorSpec& spec,
                             std::optional<std::uint64_t> selected);

// Why the event at the cursor was refused, in one line: "✕ I: 33 B does not fit a 32 B block"; empty where it was not.
[[nodiscard]] std::string refusal_text(const Moment& moment, const trace::AllocatorSpec& spec,
                                       const replay::Census& census, const std::string& name);

// As much of it as a narrow column holds in bold: who asked goes first, for the event's own panel says it.
[[nodiscard]] std::string refusal_within(std::string refused, float width, const Style& style);

}  // namespace allocviz::draw
