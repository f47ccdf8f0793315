#include "core/analyze/least_arena.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <utility>

#include "core/replay/machine.h"

namespace allocviz::analyze {
namespace {

using trace::AllocatorKind;
using trace::AllocatorSpec;
using trace::Result;
using trace::Trace;
using trace::Trouble;

constexpr std::uint64_t kBumpUnit = 16;
constexpr std::uint64_t kMostDoublings = std::countr_zero(trace::kMaxArenaBytes);
constexpr int kDoublings = 12;  // beyond what the log needs at least
constexpr std::uint64_t kEventsBetweenLooks = 1u << 14;

// The sizes that an arena may have, numbered upwards.
class Sizes {
 public:
  explicit Sizes(const AllocatorSpec& spec) : spec_(spec) {
    if (spec.kind == AllocatorKind::Slab) {
      unit_ = 1;
    } else if (spec.kind == AllocatorKind::Bump) {
      unit_ = kBumpUnit;
    } else {
      unit_ = spec.block_bytes;  // 0: powers of two
    }
  }
  [[nodiscard]] bool doubles() const { return unit_ == 0; }
  [[nodiscard]] AllocatorSpec spec_of(std::uint64_t number) const {
    AllocatorSpec spec = spec_;
    if (doubles()) {
      spec.arena_bytes = std::uint64_t{1} << number;
    } else if (spec.kind == AllocatorKind::Slab) {
      spec.block_count = number;
    } else {
      spec.arena_bytes = number * unit_;
    }
    return spec;
  }
  // The first that may hold what the log has live at its peak.
  [[nodiscard]] std::uint64_t least_of(const trace::Facts& facts) const {
    if (spec_.kind == AllocatorKind::Slab) return std::max<std::uint64_t>(1, facts.peak_live_blocks);
    std::uint64_t bytes = std::max<std::uint64_t>(facts.peak_live_bytes, 1);
    if (!spec_.gaps.empty()) bytes = std::max(bytes, spec_.gaps.back().to);
    bytes = std::min(bytes, trace::kMaxArenaBytes);
    if (doubles()) return static_cast<std::uint64_t>(std::countr_zero(std::bit_ceil(bytes)));
    return (bytes + unit_ - 1) / unit_;
  }
  [[nodiscard]] std::uint64_t twice(std::uint64_t number) const { return doubles() ? number + 1 : 2 * number; }
  [[nodiscard]] bool is_possible(std::uint64_t number) const {
    if (number == 0 || (doubles() && number > kMostDoublings) || (!doubles() && number > trace::kMaxArenaBytes / unit_))
      return false;
    return !trace::fault_of(spec_of(number));
  }

 private:
  AllocatorSpec spec_;
  std::uint64_t unit_ = 0;
};

struct Tried {
  std::uint64_t failed = 0;  // the first event that did, from 1; 0 = none
  bool for_ever = false;     // in a larger arena, too
};

Result<Tried> try_on(const Trace& trace, const AllocatorSpec& spec, const trace::Progress& progress) {
  auto machine = replay::make_machine(spec, trace);
  if (!machine) return std::move(machine).trouble();
  const bool fixed = spec.kind == AllocatorKind::Slab || spec.block_bytes != 0;
  std::array<trace::Event, 256> events;
  std::array<replay::Applied, events.size()> applied;
  for (std::uint64_t from = 0; from < trace.size(); from += events.size()) {
    if (from % kEventsBetweenLooks == 0 && progress.stop()) return Trouble{"cancelled", {}, ""};
    const auto batch = std::span(events).first(std::min<std::uint64_t>(events.size(), trace.size() - from));
    trace.requests(from, batch);
    (*machine)->apply(batch, from, applied.data());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const replay::Outcome& outcome = applied[i].outcome;
      if (outcome.kind != replay::OutcomeKind::Failed || batch[i].op == trace::Op::Free) continue;
      return Tried{from + i + 1, fixed && outcome.why != alloc::Error::OutOfMemory};
    }
  }
  return Tried{};
}

// The first size that serves, of those from `number` on, each twice the one before; `below` is the last that did not.
Result<LeastArena> grow(const Trace& trace, const Sizes& sizes, std::uint64_t number, const trace::Progress& progress) {
  LeastArena least;
  for (int i = 0; i <= kDoublings && sizes.is_possible(number); ++i, number = sizes.twice(number)) {
    const AllocatorSpec spec = sizes.spec_of(number);
    const Result<Tried> tried = try_on(trace, spec, progress);
    if (!tried && least.below && !progress.stop()) break;  // larger than can be had
    if (!tried) return tried.trouble();
    if (tried->failed == 0) {
      least.spec = spec;
      break;
    }
    least.below = TooSmall{spec, tried->failed};
    if (tried->for_ever) break;
  }
  return least;
}

}  // namespace

Result<LeastArena> least_arena(const Trace& trace, const AllocatorSpec& spec, const trace::Progress& progress) {
  if (spec.kind == AllocatorKind::Recorded) {
    return Trouble{
        "recorded has no arena to find the least of", {.field = "arena"}, "name a buddy, bump, slab or tiered"};
  }
  const Sizes sizes(spec);
  std::uint64_t first = sizes.least_of(trace.facts());
  // Classes and gaps may ask for more than the log does.
  while (!sizes.is_possible(first)) {
    const std::uint64_t next = sizes.doubles() ? first + 1 : sizes.twice(first);
    if (next > trace::kMaxArenaBytes || (sizes.doubles() && next > kMostDoublings)) {
      auto fault = trace::fault_of(sizes.spec_of(first));
      return fault ? *std::move(fault) : Trouble{"no arena fits this configuration", {.field = "arena"}, ""};
    }
    first = next;
  }
  Result<LeastArena> grown = grow(trace, sizes, first, progress);
  if (!grown || !grown->spec) return grown;
  LeastArena least = std::move(grown).value();
  const auto number_of = [&](const AllocatorSpec& of) {
    return of.kind == AllocatorKind::Slab ? of.block_count
           : sizes.doubles()              ? static_cast<std::uint64_t>(std::countr_zero(of.arena_bytes))
                                          : of.arena_bytes / (sizes.spec_of(1).arena_bytes);
  };
  std::uint64_t serves = number_of(*least.spec);
  // The first one does: what it lacks one size smaller is still to be told. A smaller one may do, too, for the log's
  // own figures count blocks that it frees by their offset as live.
  bool grows = !sizes.doubles();
  for (std::uint64_t step = 1; !least.below && step != 0;) {
    if (step >= serves || !sizes.is_possible(serves - step)) {
      grows = false;
      step /= 2;
      continue;
    }
    const AllocatorSpec smaller = sizes.spec_of(serves - step);
    const Result<Tried> tried = try_on(trace, smaller, progress);
    if (!tried) return tried.trouble();
    if (tried->failed != 0) {
      least.below = TooSmall{smaller, tried->failed};
    } else {
      serves -= step;
      least.spec = smaller;
      if (grows) step *= 2;
    }
  }
  if (!least.below) return least;
  std::uint64_t fails = number_of(least.below->spec);
  while (!sizes.doubles() && serves - fails > 1) {
    const std::uint64_t middle = fails + (serves - fails) / 2;
    const AllocatorSpec between = sizes.spec_of(middle);
    const Result<Tried> tried = try_on(trace, between, progress);
    if (!tried) return tried.trouble();
    if (tried->failed == 0) {
      serves = middle;
      least.spec = between;
    } else {
      fails = middle;
      least.below = TooSmall{between, tried->failed};
    }
  }
  return least;
}

}  // namespace allocviz::analyze
