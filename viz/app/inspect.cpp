#include "viz/app/inspect.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/trace/spec.h"

namespace allocviz::app {

namespace {

using replay::Block;
using replay::BlockState;
using replay::Census;
using trace::AllocatorKind;

constexpr int kLongestResizing = 10'000;  // how far back the first of many resizings is looked for
constexpr std::size_t kNamesSpelled = 3;  // "P, Q and R"; beyond that a number

std::string owner(const trace::Trace& trace, const Block& block) {
  if (block.born >= trace.size()) return {};
  const std::string id = trace.id_text(block.born);
  return id.empty() ? fmt::format("the block of event {}", trace::count_text(block.born + 1)) : id;
}

// "D", "P and Q", "P, Q and R", "61 blocks".
std::string names_of(const trace::Trace& trace, const std::vector<const Block*>& blocks) {
  if (blocks.size() > kNamesSpelled) return trace::count_text(blocks.size()) + " blocks";
  std::string names;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i != 0) names += i + 1 == blocks.size() ? " and " : ", ";
    names += owner(trace, *blocks[i]);
  }
  return names;
}

std::vector<const Block*> live_within(const Census& census, std::uint64_t from, std::uint64_t to) {
  std::vector<const Block*> live;
  auto block = std::lower_bound(census.blocks.begin(), census.blocks.end(), from,
                                [](const Block& b, std::uint64_t offset) { return b.offset < offset; });
  for (; block != census.blocks.end() && block->offset < to; ++block) {
    if (block->state == BlockState::Live) live.push_back(&*block);
  }
  return live;
}

// "Freeing D (event 8)", or "Freeing D" where the log never does.
std::string freeing(const trace::Trace& trace, const Block& block) {
  const std::uint64_t end = block.born < trace.size() ? trace.ended_at(block.born) : trace::kNoEvent;
  const std::string id = owner(trace, block);
  if (end == trace::kNoEvent || trace.op(end) != trace::Op::Free) return fmt::format("Freeing {}", id);
  return fmt::format("Freeing {} (event {})", id, trace::count_text(end + 1));
}

// Who keeps a live block and its buddy, or a free one and its buddy, from being one.
void judge_buddy(BlockFacts& facts, const trace::Trace& trace, const Census& census, const Block* there) {
  const Block& block = facts.block;
  const std::uint64_t low = std::min(block.offset, facts.buddy->offset);
  const std::string merged = fmt::format("{} back as one {} block", trace::offset_text(low, census.arena_bytes),
                                         trace::size_text(block.size * 2));
  const std::vector<const Block*> live = live_within(census, facts.buddy->offset, facts.buddy->offset + block.size);
  const bool ours_lives = block.state == BlockState::Live;
  facts.buddy->in_the_way = facts.verdict_is_obstacle = !live.empty();
  if (there->state == BlockState::Gap) {
    facts.buddy->state = "not managed";
    facts.verdict = "Never merges.";
    facts.reason = "Its buddy lies in a gap that the allocator does not manage.";
  } else if (!live.empty()) {
    const bool whole = there->size == block.size;
    facts.buddy->state = whole ? "live: " + owner(trace, *there) : fmt::format("split: {} live in it", live.size());
    const std::string names = names_of(trace, live);
    facts.verdict = fmt::format("Cannot merge while {} {}.", names, live.size() == 1 ? "lives" : "live");
    facts.reason = live.size() == 1 ? freeing(trace, *live.front()) : "Freeing them";
    facts.reason += ours_lives ? fmt::format(" leaves {}; freeing {} gives {}.", facts.id,
                                             live.size() == 1 ? "both" : "it too", merged)
                               : fmt::format(" gives {}.", merged);
  } else if (there->state == BlockState::Free && there->size == block.size) {
    facts.buddy->state = "free";
    if (!ours_lives) return;
    facts.verdict = "Its buddy is free.";
    facts.reason = fmt::format("{} gives {}.", freeing(trace, block), merged);
  } else {
    facts.buddy->state = there->state == BlockState::InFlight ? "in flight" : "split";
  }
}

void add_buddy(BlockFacts& facts, const trace::Trace& trace, const replay::Timeline& timeline) {
  const Census& census = timeline.census();
  const Block& block = facts.block;
  const bool can_merge = block.state == BlockState::Live || block.state == BlockState::Free;
  if (census.kind != AllocatorKind::Buddy || !can_merge) return;
  if (block.size >= trace::largest_block_bytes(timeline.spec())) return;
  BuddyFacts buddy;
  buddy.offset = block.offset ^ block.size;
  const Block* there = census.block_at(buddy.offset);
  if (there == nullptr) return;
  facts.buddy = buddy;
  judge_buddy(facts, trace, census, there);
}

// A bump allocator returns everything or nothing.
void judge_bump(BlockFacts& facts, const trace::Trace& trace, const Census& census) {
  if (census.kind != AllocatorKind::Bump || facts.block.state == BlockState::Free) return;
  const std::vector<const Block*> live = live_within(census, 0, census.arena_bytes);
  if (live.empty()) return;
  const bool one = live.size() == 1;
  facts.verdict = fmt::format("{} {} the whole region.", names_of(trace, live), one ? "holds" : "hold");
  facts.reason = fmt::format(
      "A bump allocator gives memory back only when nothing is outstanding, or on reset. Freeing {} ({}) returns {}.",
      one ? "it" : (live.size() == 2 ? "both" : fmt::format("these {}", live.size())),
      trace::size_text(census.figures.live_requested), trace::size_text(census.figures.reserved));
  facts.verdict_is_obstacle = facts.block.state != BlockState::Live || live.size() > 1;
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
  for (std::size_t i = done; i-- > 0;) {
    switch (run.steps[i].kind) {
      case alloc::StepKind::Take:
      case alloc::StepKind::Pop:
      case alloc::StepKind::Push:
      case alloc::StepKind::Split:
      case alloc::StepKind::Merge:
        return run.steps[i].offset;
      default:
        break;
    }
  }
  const bool has_block =
      run.outcome.kind == replay::OutcomeKind::Placed || run.outcome.kind == replay::OutcomeKind::Freed;
  if (done == run.steps.size() && has_block) return run.outcome.offset;
  return std::nullopt;
}

std::optional<BlockFacts> inspect(const State& state) {
  BlockFacts facts;
  std::optional<std::uint64_t> offset = state.selection.offset;
  if (offset) {
    facts.stage = std::min(state.selection.stage, state.stages.size() - 1);
  } else {
    offset = touched_offset(state.timeline());
  }
  if (!offset) return std::nullopt;
  const replay::Timeline& timeline = state.timeline(facts.stage);
  const Block* block = timeline.census().block_at(*offset);
  if (block == nullptr) return std::nullopt;
  const trace::Trace& trace = *state.document.trace;
  facts.block = *block;
  if (block->state == BlockState::Live) facts.waste = block->size - std::min(block->requested, block->size);
  if (block->state == BlockState::Live || block->state == BlockState::Dead) add_life(facts, trace);
  add_buddy(facts, trace, timeline);
  judge_bump(facts, trace, timeline.census());
  return facts;
}

}  // namespace allocviz::app
