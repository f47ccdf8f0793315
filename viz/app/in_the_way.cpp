#include "viz/app/in_the_way.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include "core/replay/reasons.h"
#include "core/replay/words.h"
#include "viz/app/names.h"

namespace allocviz::app {

namespace {

using replay::Block;
using replay::BlockState;
using replay::Census;
using trace::AllocatorKind;

// The places of a buddy allocator for a block of `needed` bytes: each is aligned to that size, holds no gap, and is
// freed as a whole. The blocks come in the order of their addresses, so a place is complete when the next one begins.
class Places {
 public:
  Places(const Census& census, std::uint64_t needed) : shift_(std::countr_zero(needed)) {
    for (const Block& block : census.blocks) add(block);
    finish();
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  // How many of them hold as little as the one that holds least.
  [[nodiscard]] std::size_t least() const { return least_; }
  [[nodiscard]] std::vector<Place> take() { return std::move(best_); }

 private:
  void add(const Block& block) {
    const std::uint64_t first = block.offset >> shift_;
    if (first != window_) {
      finish();
      window_ = first;
    }
    if (block.state == BlockState::Live) {
      if (place_.blocks == 0) place_.first = block.offset;
      place_.size = std::max(block.size, std::uint64_t{1} << shift_);
      place_.bytes += block.size;
      ++place_.blocks;
    } else if (block.state != BlockState::Free) {
      spoiled_ = true;
      const std::uint64_t last = (block.offset + block.size - 1) >> shift_;
      if (last == first) return;
      finish();
      window_ = last;
      spoiled_ = true;  // what follows in that place shares it with the gap
    }
  }

  // Few are kept: the others are counted.
  void finish() {
    if (!spoiled_ && place_.blocks != 0) {
      // A block larger than what was wanted holds several places, and is freed once for all of them.
      const auto held = static_cast<std::size_t>(place_.size >> shift_);
      count_ += held;
      if (best_.empty() || place_.bytes < best_.front().bytes) least_ = 0;
      if (least_ == 0 || place_.bytes == best_.front().bytes) least_ += held;
      place_.offset = window_ << shift_;
      keep();
    }
    place_ = {};
    spoiled_ = false;
  }
  void keep() {
    const auto less = [](const Place& a, const Place& b) {
      return std::tuple(a.bytes, a.blocks, a.offset) < std::tuple(b.bytes, b.blocks, b.offset);
    };
    const bool full = best_.size() == InTheWay::kMostPlaces;
    if (full && !less(place_, best_.back())) return;
    if (full) best_.pop_back();
    best_.insert(std::upper_bound(best_.begin(), best_.end(), place_, less), place_);
  }

  int shift_;
  std::uint64_t window_ = 0;
  Place place_;
  bool spoiled_ = false;
  std::size_t count_ = 0, least_ = 0;
  std::vector<Place> best_;
};

// The places of a tiered allocator for a run: as much as is needed from the start of any block on, blocks side by side,
// buddies or not. A slab is in the way as a whole, with all of its blocks. Of places that differ only in free blocks
// there is one.
std::vector<Place> places_for_run(const Census& census, std::uint64_t needed, std::uint64_t align) {
  struct Step {
    std::uint64_t offset = 0, size = 0, bytes = 0, blocks = 0, first = 0;
  };
  std::vector<Step> steps;
  auto slab = census.slabs.begin();
  for (const Block& block : census.blocks) {
    while (slab != census.slabs.end() && slab->offset + slab->size <= block.offset) ++slab;
    const bool in_slab = slab != census.slabs.end() && slab->offset <= block.offset;
    if (!in_slab || steps.empty() || steps.back().offset != slab->offset) {
      steps.push_back({.offset = block.offset, .size = in_slab ? slab->size : block.size});
    }
    Step& step = steps.back();
    if (block.state != BlockState::Live) continue;
    if (step.blocks++ == 0) step.first = block.offset;
    step.bytes += block.size;
  }
  std::vector<Place> places;
  Place sum;  // of the steps from `first` to before `last`
  for (std::size_t first = 0, last = 0; first < steps.size(); ++first) {
    const std::uint64_t from = steps[first].offset;
    for (; last < steps.size() && (last == 0 || steps[last - 1].offset + steps[last - 1].size < from + needed);
         ++last) {
      sum.bytes += steps[last].bytes;
      sum.blocks += steps[last].blocks;
    }
    const std::uint64_t to = steps[last - 1].offset + steps[last - 1].size;
    if (to < from + needed) break;
    if (from % align == 0 && sum.blocks != 0) {
      const auto live = std::find_if(steps.begin() + static_cast<std::ptrdiff_t>(first), steps.end(),
                                     [](const Step& step) { return step.blocks != 0; });
      const Place place{from, to - from, sum.bytes, sum.blocks, live->first, {}};
      const bool again = !places.empty() && places.back().first == place.first && places.back().blocks == place.blocks;
      if (!again) places.push_back(place);
    }
    sum.bytes -= steps[first].bytes;
    sum.blocks -= steps[first].blocks;
  }
  std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::tuple(a.bytes, a.blocks) < std::tuple(b.bytes, b.blocks);
  });
  return places;
}

std::string names_in(const trace::Trace& trace, const Census& census, const Place& place) {
  if (place.blocks > kNamesSpelled) return trace::count_text(place.blocks) + " blocks";
  std::vector<const Block*> blocks;
  for (const Block* block = census.block_at(place.first); blocks.size() < place.blocks; ++block) {
    if (block->state == BlockState::Live) blocks.push_back(block);
  }
  return names_of(trace, blocks);
}

// "0x000", "0x000 and 0x0c0"; where they are many, how many.
std::string offsets_of(const std::vector<Place>& places, std::size_t count, std::uint64_t arena) {
  if (count > kNamesSpelled || count > places.size()) return trace::count_text(count);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) text += i + 1 == count ? " and " : ", ";
    text += trace::offset_text(places[i].offset, arena);
  }
  return text;
}

void judge_buddy(InTheWay& out, const trace::Trace& trace, const Census& census, std::uint64_t needed) {
  Places places(census, needed);
  out.place_count = places.count();
  out.places = places.take();
  out.verdict = fmt::format("No {} block is free.", trace::size_text(needed));
  if (out.places.empty()) {
    out.reason = "There is no place for one: every one holds a gap.";
    return;
  }
  for (Place& place : out.places) place.names = names_in(trace, census, place);
  out.frees_help = true;
  const Place& best = out.places.front();
  const std::string where = trace::offset_text(best.offset, census.arena_bytes);
  const std::string bytes = trace::size_text(best.bytes);
  const bool one = best.blocks == 1;
  const std::string all = trace::count_text(out.place_count);
  if (out.place_count == 1) {
    out.reason =
        fmt::format("Its only place is {}, where {} {} ({}).", where, best.names, one ? "lives" : "live", bytes);
  } else if (out.places.size() == 1) {
    out.reason = fmt::format("{} ({}) holds every place for one.", best.names, bytes);
  } else if (best.size > needed) {
    out.reason = fmt::format("All {} places for one are held by larger blocks, none smaller than {} ({}).", all,
                             best.names, bytes);
  } else if (places.least() == 1) {
    out.reason = fmt::format("Of {} places for one, {} has the least in it: {} ({}).", all, where, best.names, bytes);
  } else if (places.least() == out.place_count) {
    out.reason = fmt::format("Each of the {} places for one holds {}. Freed now, {} makes room.", all, bytes,
                             out.place_count == 2 ? "either" : "any of them");
    return;
  } else {
    out.reason = fmt::format("Of {} places for one, {} have the least in them: {} each. Freed now, {} makes room.", all,
                             offsets_of(out.places, places.least(), census.arena_bytes), bytes,
                             places.least() == 2 ? "either" : "any of them");
    return;
  }
  out.reason += one ? " Freed now, it makes room." : " Freed now, they make room.";
}

void judge_tiered(InTheWay& out, const trace::Trace& trace, const replay::Timeline& timeline, std::uint64_t align) {
  const Census& census = timeline.census();
  std::uint64_t needed = 0;
  bool small = false;
  for (const alloc::Step& step : timeline.run().steps) {
    if (step.kind != alloc::StepKind::Round) continue;
    needed = step.size;
    small = small || step.size_class != alloc::kNoClass;
  }
  out.verdict = small ? "No slab has room, and none can be made."
                      : fmt::format("No {} are free side by side.", trace::exact_size_text(needed));
  out.places = places_for_run(census, std::max(needed, align), align);  // smaller ones are not looked at for so little
  out.place_count = out.places.size();
  if (out.places.size() > InTheWay::kMostPlaces) out.places.resize(InTheWay::kMostPlaces);
  out.frees_help = !out.places.empty();
  if (out.places.empty()) {
    out.reason = "There is no place for as much.";
    return;
  }
  for (Place& place : out.places) place.names = names_in(trace, census, place);
  const Place& best = out.places.front();
  const bool one = best.blocks == 1;
  const std::string where = trace::offset_text(best.offset, census.arena_bytes);
  const std::string bytes = trace::size_text(best.bytes);
  out.reason = out.place_count == 1 ? fmt::format("Its only place is {}, where {} {} ({}).", where, best.names,
                                                  one ? "lives" : "live", bytes)
                                    : fmt::format("Of {} places for it, {} has the least in it: {} ({}).",
                                                  trace::count_text(out.place_count), where, best.names, bytes);
  // No more: that a heap with very many free blocks finds it among those that it looks at is not certain.
  out.reason += one ? " Freed now, it leaves enough side by side." : " Freed now, they leave enough side by side.";
}

void judge_slab(InTheWay& out, const Census& census) {
  out.frees_help = true;
  out.verdict = fmt::format("All {} blocks are live.", trace::count_text(census.blocks.size()));
  out.reason = "Any one of them, freed now, makes room.";
}

void judge_bump(InTheWay& out, const trace::Trace& trace, const Census& census, std::uint64_t size) {
  std::vector<const Block*> live;
  for (const Block& block : census.blocks) {
    if (block.state == BlockState::Live) live.push_back(&block);
  }
  const bool one = live.size() == 1;
  out.frees_help = !live.empty();
  out.verdict = fmt::format("{} {} all {} above the mark.", names_of(trace, live), one ? "holds" : "hold",
                            trace::size_text(census.figures.reserved));
  out.reason =
      fmt::format("Only {} are below it. Freed now, {} back: then {} would fit.", trace::size_text(census.figures.free),
                  one ? "it gives all of it" : "they give all of it", trace::size_text(size));
}

// Whether the request has failed at the step where the cursor stands.
bool has_failed(const replay::Timeline& timeline) {
  const replay::EventRun& run = timeline.run();
  if (run.outcome.kind != replay::OutcomeKind::Failed) return false;
  const std::size_t done = std::min<std::size_t>(timeline.position().step, run.steps.size());
  return done != 0 && run.steps[done - 1].kind == alloc::StepKind::Fail;
}

InTheWay judge(const trace::Trace& trace, const replay::Timeline& timeline) {
  InTheWay out;
  const std::uint64_t index = timeline.position().event - 1;
  const Census& census = timeline.census();
  const replay::Refusal refusal = replay::refusal_of(trace, index, timeline.spec(), timeline.run(), &census);
  const bool full = refusal.why == alloc::Error::OutOfMemory;
  const AllocatorKind kind = timeline.spec().kind;
  if (full && kind == AllocatorKind::Buddy && refusal.needed != 0) {
    judge_buddy(out, trace, census, refusal.needed);
  } else if (full && kind == AllocatorKind::Tiered) {
    judge_tiered(out, trace, timeline, std::max<std::uint64_t>(refusal.align, 1));
  } else if (full && kind == AllocatorKind::Slab) {
    judge_slab(out, census);
  } else if (full && kind == AllocatorKind::Bump) {
    judge_bump(out, trace, census, refusal.size);
  } else {
    out.verdict = full ? "Nothing free is large enough." : "Freeing would not help.";
    out.reason = replay::with_capital(replay::reason_text(refusal)) + ".";
  }
  return out;
}

// A free that the allocator refused changed nothing.
InTheWay refused_free(const trace::Trace& trace, const replay::Timeline& timeline) {
  InTheWay out;
  const std::uint64_t index = timeline.position().event - 1;
  const replay::Refusal refusal = replay::refusal_of(trace, index, timeline.spec(), timeline.run(), &timeline.census());
  out.verdict = "The free was refused.";
  out.reason = replay::with_capital(replay::reason_text(refusal)) + ". Nothing has changed.";
  return out;
}

}  // namespace

std::optional<InTheWay> in_the_way(const State& state) {
  for (std::size_t stage = 0; stage < state.stages.size(); ++stage) {
    const replay::Timeline& timeline = state.timeline(stage);
    if (timeline.position().event == 0 || !has_failed(timeline)) continue;
    const trace::Op op = state.document.trace->op(timeline.position().event - 1);
    const bool request = op == trace::Op::Alloc || op == trace::Op::Realloc;
    InTheWay out = request ? judge(*state.document.trace, timeline) : refused_free(*state.document.trace, timeline);
    out.stage = stage;
    return out;
  }
  return std::nullopt;
}

void judge_failure(State& state) {
  std::optional<InTheWay> found = in_the_way(state);
  state.blocked = found ? std::make_shared<const InTheWay>(std::move(*found)) : nullptr;
}

}  // namespace allocviz::app
