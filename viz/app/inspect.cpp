#include "viz/app/inspect.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/trace/spec.h"
#include "viz/app/names.h"

namespace allocviz::app {

namespace {

using replay::Block;
using replay::BlockState;
using replay::Census;
using trace::AllocatorKind;

constexpr int kLongestResizing = 10'000;  // how far back the first of many resizings is looked for

std::vector<const Block*> live_within(const Census& census, std::uint64_t from, std::uint64_t to) {
  std::vector<const Block*> live;
  auto block = std::lower_bound(census.blocks.begin(), census.blocks.end(), from,
                                [](const Block& b, std::uint64_t offset) { return b.offset < offset; });
  for (; block != census.blocks.end() && block->offset < to; ++block) {
    if (block->state == BlockState::Live) live.push_back(&*block);
  }
  return live;
}

bool holds_gap(const Census& census, std::uint64_t from, std::uint64_t to) {
  auto block = std::upper_bound(census.blocks.begin(), census.blocks.end(), from,
                                [](std::uint64_t offset, const Block& b) { return offset < b.offset; });
  if (block != census.blocks.begin()) --block;
  for (; block != census.blocks.end() && block->offset < to; ++block) {
    if (block->state == BlockState::Gap) return true;
  }
  return false;
}

// Whether all of [from, to) would be one free block once `freed`, sorted by address, are free.
bool becomes_whole(const Census& census, std::uint64_t from, std::uint64_t to, const std::vector<const Block*>& freed) {
  auto block = std::lower_bound(census.blocks.begin(), census.blocks.end(), from,
                                [](const Block& b, std::uint64_t offset) { return b.offset < offset; });
  if (block == census.blocks.end() || block->offset != from) return false;  // it begins inside a larger one
  auto known = std::lower_bound(freed.begin(), freed.end(), from,
                                [](const Block* b, std::uint64_t offset) { return b->offset < offset; });
  for (; block != census.blocks.end() && block->offset < to; ++block) {
    if (block->state == BlockState::Free && block->offset + block->size <= to) continue;
    if (known == freed.end() || (*known)->offset != block->offset) return false;
    ++known;
  }
  return true;
}

// What `block` would be part of once `freed` are free: as a merge does, it takes in its buddy as long as that is free
// as a whole, and the buddy of what that makes. O(blocks of those buddies).
MergedBlock merged_with(const Census& census, std::uint64_t largest, const Block& block,
                        const std::vector<const Block*>& freed) {
  MergedBlock merged{block.offset, block.size, {}};
  while (merged.size < largest) {
    const std::uint64_t buddy = merged.offset ^ merged.size;
    if (!becomes_whole(census, buddy, buddy + merged.size, freed)) break;
    merged.offset = std::min(merged.offset, buddy);
    merged.size *= 2;
  }
  return merged;
}

// What frees would make of a block and those in its buddy; only where they would be one block then.
void add_remedy(BlockFacts& facts, const trace::Trace& trace, const Census& census, std::uint64_t largest,
                const std::vector<const Block*>& others) {
  const Block& block = facts.block;
  const bool ours_lives = block.state == BlockState::Live;
  std::vector<const Block*> freed = others;
  if (ours_lives) {
    const auto place = std::lower_bound(freed.begin(), freed.end(), block.offset,
                                        [](const Block* b, std::uint64_t offset) { return b->offset < offset; });
    freed.insert(place, &block);
  }
  const MergedBlock merged = merged_with(census, largest, block, freed);
  if (merged.size <= block.size) return;  // in the midst of an event: what is in flight belongs to nobody yet
  facts.freed_now = merged;
  for (const Block* one : freed) facts.freed_now->freed.push_back(one->offset);
  const std::string whole = fmt::format("one {} block at {}", trace::size_text(merged.size),
                                        trace::offset_text(merged.offset, census.arena_bytes));
  // Where they are too many to name, the verdict before it has said how many.
  const bool many = freed.size() > kNamesSpelled;
  const std::string names = many ? "they" : names_of(trace, others);
  if (!ours_lives) {
    std::uint64_t theirs = 0;
    for (const Block* one : others) theirs += one->size;
    const bool one = others.size() == 1;
    facts.reason =
        fmt::format("If {} were freed now, this block would merge with {}{} into {}.", names, one ? "it" : "them",
                    theirs + block.size < merged.size ? " and what is free around them" : "", whole);
  } else if (others.empty()) {
    facts.reason = fmt::format("Freed now, {} comes back as {}.", owner_of(trace, block), whole);
  } else {
    facts.reason = fmt::format("Freed now, {} come back as {}.",
                               many ? "they and " + owner_of(trace, block) : names_of(trace, freed), whole);
  }
}

// Who keeps a live block and its buddy, or a free one and its buddy, from being one.
void judge_buddy(BlockFacts& facts, const trace::Trace& trace, const Census& census, std::uint64_t largest,
                 const Block& there) {
  const Block& block = facts.block;
  const std::uint64_t from = facts.buddy->offset, to = from + block.size;
  const std::vector<const Block*> live = live_within(census, from, to);
  facts.buddy->in_the_way = facts.verdict_is_obstacle = !live.empty();
  if (holds_gap(census, from, to)) {
    const bool all = there.state == BlockState::Gap && there.offset + there.size >= to;
    facts.buddy->state = all ? "a gap" : "contains a gap";
    facts.buddy->in_the_way = facts.verdict_is_obstacle = true;
    facts.verdict = "Never merges.";
    facts.reason = fmt::format("Its buddy {} {} a gap, which the allocator does not manage.",
                               trace::offset_text(from, census.arena_bytes), all ? "is" : "contains");
  } else if (!live.empty()) {
    const bool whole = there.size == block.size;
    facts.buddy->state = whole ? "live: " + owner_of(trace, there) : fmt::format("split: {} live in it", live.size());
    facts.verdict =
        fmt::format("Cannot merge while {} {}.", names_of(trace, live), live.size() == 1 ? "lives" : "live");
    add_remedy(facts, trace, census, largest, live);
  } else if (there.state == BlockState::Free && there.size == block.size) {
    facts.buddy->state = "free";
    if (block.state != BlockState::Live) return;
    facts.verdict = "Its buddy is free.";
    add_remedy(facts, trace, census, largest, {});
  } else {
    facts.buddy->state = there.state == BlockState::InFlight ? "in flight" : "split";
  }
}

void add_buddy(BlockFacts& facts, const trace::Trace& trace, const replay::Timeline& timeline) {
  const Census& census = timeline.census();
  const Block& block = facts.block;
  const bool can_merge = block.state == BlockState::Live || block.state == BlockState::Free;
  const std::uint64_t largest = trace::largest_block_bytes(timeline.spec());
  if (census.kind != AllocatorKind::Buddy || !can_merge || block.size >= largest) return;
  BuddyFacts buddy;
  buddy.offset = block.offset ^ block.size;
  const Block* there = census.block_at(buddy.offset);
  if (there == nullptr) return;
  facts.buddy = buddy;
  judge_buddy(facts, trace, census, largest, *there);
}

// A bump allocator returns everything or nothing. Its stage says so at length: here it is who, and how much.
void judge_bump(BlockFacts& facts, const trace::Trace& trace, const Census& census) {
  if (census.kind != AllocatorKind::Bump || facts.block.state == BlockState::Free) return;
  const std::uint64_t count = census.figures.live_blocks;
  const bool pinned = std::any_of(census.blocks.begin(), census.blocks.end(),
                                  [](const Block& block) { return block.state == BlockState::Dead; });
  if (count == 0 || !pinned) return;
  // It is asked for in each frame: where they are many, their number does.
  const std::string names = count > kNamesSpelled ? trace::count_text(count) + " blocks"
                                                  : names_of(trace, live_within(census, 0, census.arena_bytes));
  facts.verdict = fmt::format("{} {} all {} above the mark.", names, count == 1 ? "holds" : "hold",
                              trace::size_text(census.figures.reserved));
  facts.verdict_is_obstacle = facts.block.state != BlockState::Live || count > 1;
}

void add_life(BlockFacts& facts, const trace::Trace& trace) {
  const std::uint64_t born = facts.block.born;
  if (born >= trace.size()) return;
  std::uint64_t first = born;
  for (int i = 0; i < kLongestResizing && trace.op(first) == trace::Op::Realloc; ++i) {
    const std::uint64_t before = trace.began_at(first);
    if (before == trace::kNoEvent) break;
    first = before;
  }
  facts.allocated = first;
  if (first != born) facts.resized = born;
  if (const std::uint64_t end = trace.ended_at(born); end != trace::kNoEvent) {
    facts.ended = end;
    facts.ended_by = trace.op(end);
  }
  const trace::Event event = trace.event(born);
  facts.id = trace.id_text(event);
  if (event.site != 0) {
    const trace::Site& site = trace.sites()[event.site - 1];
    facts.site = site.frames.front();
    if (site.frames.size() > 1) facts.stack = site.frames;
  }
  if (event.tag != 0) facts.tag = trace.tags()[event.tag - 1];
  facts.has_thread = trace.has_threads();
  facts.thread = event.thread;
}

}  // namespace

std::optional<std::uint64_t> touched_offset(const replay::Timeline& timeline) {
  const replay::EventRun& run = timeline.run();
  const std::size_t done = std::min<std::size_t>(timeline.position().step, run.steps.size());
  // Where a block moved, its old place is given back last: the event is about the new one all the same.
  if (done == run.steps.size() && run.outcome.kind == replay::OutcomeKind::Placed) return run.outcome.offset;
  for (std::size_t i = done; i-- > 0;) {
    switch (run.steps[i].kind) {
      case alloc::StepKind::Take:
      case alloc::StepKind::Pop:
      case alloc::StepKind::Push:
      case alloc::StepKind::Split:
      case alloc::StepKind::Merge:
        return run.steps[i].offset;
      case alloc::StepKind::Move:  // a free moves a bump's mark by nothing, and touches its block once it is counted
        if (run.steps[i].size != 0) return run.steps[i].offset;
        break;
      default:
        break;
    }
  }
  if (done == run.steps.size() && run.outcome.kind == replay::OutcomeKind::Freed) return run.outcome.offset;
  return std::nullopt;
}

std::optional<BlockFacts> inspect(const State& state) {
  BlockFacts facts;
  std::optional<std::uint64_t> offset = state.selection.offset;
  if (offset) {
    facts.stage = std::min(state.selection.stage, state.stages.size() - 1);
  } else {
    offset = touched_offset(state.shown());
  }
  if (!offset) return std::nullopt;
  const replay::Timeline& timeline = state.shown(facts.stage);
  const Block* block = timeline.census().block_at(*offset);
  if (block == nullptr) return std::nullopt;
  // Where a bump allocator took everything back, nothing is left of the block that was freed.
  const bool bump = timeline.census().kind == AllocatorKind::Bump;
  if (bump && !state.selection.offset && block->state == BlockState::Free) return std::nullopt;
  const trace::Trace& trace = *state.document.trace;
  facts.block = *block;
  if (block->state == BlockState::Live) facts.waste = block->size - std::min(block->requested, block->size);
  if (block->state == BlockState::Live || block->state == BlockState::Dead) add_life(facts, trace);
  add_buddy(facts, trace, timeline);
  judge_bump(facts, trace, timeline.census());
  return facts;
}

}  // namespace allocviz::app
