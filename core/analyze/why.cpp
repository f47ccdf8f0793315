#include "core/analyze/why.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace allocviz::analyze {
namespace {

using alloc::StepKind;
using replay::Block;
using replay::BlockState;
using replay::Curve;
using replay::Keyframe;
using replay::Machine;
using replay::OutcomeKind;
using trace::AllocatorKind;

constexpr std::size_t kMaxTries = 256;  // candidates that are tried for each answer

trace::Place at_event(std::uint64_t index) {
  trace::Place place;
  place.event = index + 1;
  return place;
}

// What a place for the block would cost: the live blocks in the way.
struct Candidate {
  std::vector<std::size_t> blocks;  // indices into the census
  std::uint64_t bytes = 0;
  std::uint64_t youngest = 0;  // event that made the youngest of them
};

class Candidates {
 public:
  // Of the blocks that may go: not the one that the request itself wants to grow.
  Candidates(const replay::Census& census, const trace::Trace& trace, const trace::Event& request, std::uint64_t needed)
      : census_(census), trace_(trace), request_(request) {
    switch (census.kind) {
      case AllocatorKind::Buddy:
        windows(needed);
        break;
      case AllocatorKind::Slab:
        each_alone(0);
        break;
      case AllocatorKind::Tiered:  // a block of a slab like the one needed, or room for a slab: fewer may do
        each_alone(needed);
        spans(needed);
        windows(std::bit_ceil(needed));
        break;
      default:
        all_together();
        break;
    }
  }
  [[nodiscard]] std::vector<Candidate>& all() { return found_; }

 private:
  [[nodiscard]] bool may_go(const Block& block) const {
    return block.state == BlockState::Live && trace_.request(block.born).slot != request_.slot;
  }
  void add(Candidate& candidate, std::size_t index) const {
    const Block& block = census_.blocks[index];
    candidate.blocks.push_back(index);
    candidate.bytes += block.size;
    candidate.youngest = std::max(candidate.youngest, block.born);
  }

  // Blocks are aligned to their size, so one that is smaller than a window lies in one window, and no larger one lies
  // half in it. A window with a gap in it is none. What lies in a slab makes room only when the whole slab goes: a slab
  // stands for its blocks, as one that is as large.
  void windows(std::uint64_t needed) {
    std::map<std::uint64_t, Candidate> by_window;  // by where it begins
    std::map<std::uint64_t, bool> spoiled;
    auto slab = census_.slabs.begin();
    for (std::size_t i = 0; i < census_.blocks.size(); ++i) {
      const Block& block = census_.blocks[i];
      while (slab != census_.slabs.end() && slab->offset + slab->size <= block.offset) ++slab;
      const bool in_slab = block.size_class >= 0 && slab != census_.slabs.end() && slab->offset <= block.offset;
      const std::uint64_t begin = in_slab ? slab->offset : block.offset;
      const std::uint64_t size = in_slab ? slab->size : block.size;
      const std::uint64_t first = begin / needed * needed, last = (begin + size - 1) / needed * needed;
      if (may_go(block)) {
        add(by_window[first], i);
      } else if (block.state == BlockState::Gap || block.state == BlockState::InFlight) {
        spoiled[first] = spoiled[last] = true;
      }
    }
    for (auto& [window, candidate] : by_window) {
      const bool inside = window + needed <= census_.arena_bytes;
      if (inside && !spoiled.contains(window)) found_.push_back(std::move(candidate));
    }
  }
  // Tiered: what lies side by side, from the start of any block on, whether blocks are buddies or not. A slab goes with
  // all of its blocks. Of a place with a great many blocks nobody needs to hear.
  void spans(std::uint64_t needed) {
    constexpr std::size_t kMostBlocks = 256, kMostLooks = 4096;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places;  // slabs, and blocks outside them
    auto slab = census_.slabs.begin();
    for (const Block& block : census_.blocks) {
      while (slab != census_.slabs.end() && slab->offset + slab->size <= block.offset) ++slab;
      const bool in_slab = slab != census_.slabs.end() && slab->offset <= block.offset;
      if (in_slab && !places.empty() && places.back().first == slab->offset) continue;
      places.emplace_back(in_slab ? slab->offset : block.offset, in_slab ? slab->size : block.size);
    }
    for (std::size_t first = 0, last = 0, i = 0; first < places.size(); ++first) {
      const std::uint64_t from = places[first].first;
      while (i < census_.blocks.size() && census_.blocks[i].offset < from) ++i;
      if ((from & (request_.align() - 1)) != 0) continue;
      while (last < places.size() && places[last].first + places[last].second - from < needed) ++last;
      if (last == places.size()) break;
      const std::uint64_t to = places[last].first + places[last].second;
      Candidate candidate;
      bool whole = true;
      for (std::size_t at = i; at < census_.blocks.size() && census_.blocks[at].offset < to && whole; ++at) {
        const Block& block = census_.blocks[at];
        if (may_go(block)) {
          add(candidate, at);
        } else {
          const bool grows = at == i && block.state == BlockState::Live;  // where it stands, the block to be resized
          whole = grows || block.state == BlockState::Free || block.state == BlockState::Fresh ||
                  block.state == BlockState::Padding;
        }
        whole = whole && candidate.blocks.size() <= kMostBlocks && at - i < kMostLooks;
      }
      if (whole && !candidate.blocks.empty()) found_.push_back(std::move(candidate));
    }
  }
  // A block of a slab is aligned to the lowest bit of its size, wherever it lies.
  void each_alone(std::uint64_t least) {
    for (std::size_t i = 0; i < census_.blocks.size(); ++i) {
      const Block& block = census_.blocks[i];
      const bool aligned = (block.size & (request_.align() - 1)) == 0;
      if (!may_go(block) || block.size < least || !aligned) continue;
      found_.emplace_back();
      add(found_.back(), i);
    }
  }
  // A bump rewinds when as many as it counts have come back: all, or, where a double free led its count astray, as many
  // of the smallest or of the oldest.
  void all_together() {
    std::vector<std::size_t> live;
    for (std::size_t i = 0; i < census_.blocks.size(); ++i) {
      if (may_go(census_.blocks[i])) live.push_back(i);
    }
    const std::uint64_t counted = census_.kind == AllocatorKind::Bump ? census_.outstanding : live.size();
    first_of(live, counted, &Block::size);
    if (counted < live.size()) first_of(live, counted, &Block::born);
  }
  void first_of(std::vector<std::size_t>& live, std::uint64_t count, std::uint64_t Block::*key) {
    const auto block = [&](std::size_t i) -> const Block& { return census_.blocks[i]; };
    std::ranges::stable_sort(live, {}, [&](std::size_t i) { return block(i).*key; });
    Candidate chosen;
    for (std::size_t i = 0; i < std::min<std::uint64_t>(count, live.size()); ++i) add(chosen, live[i]);
    std::ranges::sort(chosen.blocks);  // in the order of their offsets
    if (!chosen.blocks.empty()) found_.push_back(std::move(chosen));
  }

  const replay::Census& census_;
  const trace::Trace& trace_;
  const trace::Event& request_;
  std::vector<Candidate> found_;
};

class Question {
 public:
  Question(replay::Timeline& timeline, std::uint64_t index, std::unique_ptr<Machine> machine)
      : timeline_(timeline), trace_(timeline.trace()), machine_(std::move(machine)) {
    why_.event = index;
  }

  Why answer() {
    describe();
    const bool room_helps = why_.why == alloc::Error::OutOfMemory;
    if (!room_helps) return std::move(why_);
    find_last_fit();
    find_releases();
    timeline_.seek({why_.event + 1});
    return std::move(why_);
  }

 private:
  void describe() {
    const trace::Event event = trace_.event(why_.event);
    why_.size = event.size;
    why_.align = event.align();
    why_.needed = std::max<std::uint64_t>(event.size, 1);
    timeline_.seek({why_.event + 1});
    why_.why = timeline_.run().outcome.why;
    for (const alloc::Step& step : timeline_.run().steps) {
      if (step.kind != StepKind::Round) continue;
      why_.needed = step.size;
      if (timeline_.spec().kind == AllocatorKind::Buddy) why_.level = step.level;
    }
    if (timeline_.spec().kind == AllocatorKind::Slab) why_.needed = timeline_.spec().block_bytes;
    why_.before = timeline_.figures();
  }

  // The figures say where to look, the allocator itself whether it would. Of a tiered allocator several blocks of its
  // buddy may do side by side, where one of them has at least a quarter of the size of all; that seldom holds, so after
  // as many tries only blocks that are large enough alone are looked for.
  void find_last_fit() {
    const bool tiered = timeline_.spec().kind == AllocatorKind::Tiered;
    const std::uint64_t least = tiered ? std::bit_ceil(why_.needed) / 4 : why_.needed;
    std::size_t alone = 0, side_by_side = 0;
    for (std::uint64_t position = why_.event + 1; position-- != 0;) {
      const std::uint64_t largest = timeline_.series().at(Curve::LargestFree, position);
      const bool is_alone = largest >= why_.needed;
      if (!is_alone && (largest < least || side_by_side > kMaxTries)) continue;
      std::size_t& tries = is_alone ? alone : side_by_side;
      if (tries++ == kMaxTries) {
        if (!why_.not_tried_before) why_.not_tried_before = position + 1;
        if (is_alone) return;
        continue;
      }
      timeline_.seek({position});
      replay::load(*machine_, timeline_.snapshot());
      trace::Event request = trace_.request(why_.event);
      request.op = trace::Op::Alloc;
      request.flags = 0;
      request.slot = trace_.slot_count();  // one that no block of the trace has
      if (machine_->apply(request, why_.event).kind != OutcomeKind::Placed) continue;
      why_.would_fit_after = position;
      return;
    }
  }

  // A refused request leaves the state as it met it: with the block gone that an alloc of a live id frees first.
  void find_releases() {
    timeline_.seek({why_.event + 1});
    const replay::Census& census = timeline_.census();
    before_ = timeline_.snapshot();
    const trace::Event request = trace_.request(why_.event);
    std::vector<Candidate> candidates = std::move(Candidates(census, trace_, request, why_.needed).all());
    const auto by = [](auto key) { return [key](const Candidate& a, const Candidate& b) { return key(a) < key(b); }; };
    why_.fewest = first_that_works(
        candidates, by([](const Candidate& c) { return std::pair(std::uint64_t{c.blocks.size()}, c.bytes); }));
    why_.smallest = first_that_works(
        candidates, by([](const Candidate& c) { return std::pair(c.bytes, std::uint64_t{c.blocks.size()}); }));
    why_.oldest = first_that_works(
        candidates, by([](const Candidate& c) { return std::pair(c.youngest, std::uint64_t{c.blocks.size()}); }));
  }

  template <class Less>
  std::optional<Release> first_that_works(std::vector<Candidate>& candidates, Less less) {
    std::stable_sort(candidates.begin(), candidates.end(), less);
    const std::size_t tries = std::min(candidates.size(), kMaxTries);
    for (std::size_t i = 0; i < tries; ++i) {
      if (auto release = try_out(candidates[i])) return release;
    }
    return {};
  }

  // Frees the blocks on a copy of the state, then makes the very request again.
  std::optional<Release> try_out(const Candidate& candidate) {
    const trace::Event request = trace_.request(why_.event);
    replay::load(*machine_, before_);
    Release release;
    for (const std::size_t index : candidate.blocks) {
      const Block& block = timeline_.census().blocks[index];
      trace::Event free;
      free.op = trace::Op::Free;
      free.slot = trace_.request(block.born).slot;
      if (machine_->apply(free, why_.event).kind != OutcomeKind::Freed) return {};
      release.blocks.push_back(block);
      release.bytes += block.size;
    }
    if (release.blocks.empty() || machine_->apply(request, why_.event).kind != OutcomeKind::Placed) return {};
    return release;
  }

  replay::Timeline& timeline_;
  const trace::Trace& trace_;
  std::unique_ptr<Machine> machine_;
  Keyframe before_;
  Why why_;
};

}  // namespace

trace::Result<Why> why_failed(replay::Timeline& timeline, std::uint64_t index) {
  const auto& failures = timeline.failures();
  const trace::Trace& trace = timeline.trace();
  if (index >= trace.size()) {
    return trace::Trouble{
        fmt::format("there is no event {}", index + 1), {}, "the log has " + trace::count_text(trace.size(), "event")};
  }
  if (!std::binary_search(failures.begin(), failures.end(), index)) {
    return trace::Trouble{"the event did not fail on this allocator", at_event(index),
                          failures.empty() ? "none did" : fmt::format("the first that failed is {}", failures[0] + 1)};
  }
  if (trace.op(index) == trace::Op::Free) {
    return trace::Trouble{"the event is a free that was refused, which no room would have helped", at_event(index),
                          "`alloctrace steps` says why"};
  }
  auto machine = replay::make_machine(timeline.spec(), trace.slot_count() + 1);
  if (!machine) return std::move(machine).trouble();
  return Question(timeline, index, std::move(machine).value()).answer();
}

}  // namespace allocviz::analyze
