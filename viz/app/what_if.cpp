#include "viz/app/what_if.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "viz/app/cursor.h"
#include "viz/app/in_the_way.h"
#include "viz/app/names.h"

namespace allocviz::app {

namespace {

using replay::Block;
using replay::BlockState;

// The moment of another timeline, as it would be with some blocks freed before its event. It does not move.
class WhatIf final : public replay::Timeline {
 public:
  WhatIf(const replay::Timeline& real, std::unique_ptr<replay::Machine> machine)
      : real_(real), machine_(std::move(machine)) {
    const std::uint64_t index = real_.position().event - 1;
    run_.outcome = machine_->apply(real_.trace().request(index), index,
                                   [this](const alloc::Step& step) { run_.steps.push_back(step); });
    machine_->census(census_);
  }

  const trace::Trace& trace() const override { return real_.trace(); }
  const trace::AllocatorSpec& spec() const override { return real_.spec(); }
  std::uint64_t event_count() const override { return real_.event_count(); }
  void seek(replay::Position) override {}
  replay::Position position() const override { return {real_.position().event, step_count()}; }
  std::uint32_t step_count() const override { return static_cast<std::uint32_t>(run_.steps.size()); }
  const replay::Census& census() const override { return census_; }
  const replay::Figures& figures() const override { return census_.figures; }
  const replay::EventRun& run() const override { return run_; }
  replay::EventRun run_of(std::uint64_t) override { return run_; }
  replay::Keyframe snapshot() const override {
    replay::Keyframe frame;
    machine_->save(frame);
    return frame;
  }
  void take_census(replay::Census& out) override { out = census_; }
  const replay::Series& series() const override { return real_.series(); }
  const replay::Tally& tally() const override { return real_.tally(); }
  const replay::FreeLevels& free_levels() const override { return real_.free_levels(); }
  const std::vector<std::uint64_t>& failures() const override { return real_.failures(); }
  const replay::Summary& summary() const override { return real_.summary(); }
  std::shared_ptr<const replay::Account> account() const override { return real_.account(); }
  std::uint64_t memory_bytes() const override { return 0; }

 private:
  const replay::Timeline& real_;
  std::unique_ptr<replay::Machine> machine_;
  replay::EventRun run_;
  replay::Census census_;
};

// The live blocks that are freed for a place; of a slab any one does, a bump needs all.
std::vector<const Block*> blocks_of(const replay::Census& census, const InTheWay& blocked, std::size_t place) {
  std::uint64_t from = 0, count = census.kind == trace::AllocatorKind::Slab ? 1 : census.figures.live_blocks;
  if (place < blocked.places.size()) {
    from = blocked.places[place].first;
    count = blocked.places[place].blocks;
  }
  std::vector<const Block*> blocks;
  for (const Block& block : census.blocks) {
    if (blocks.size() == count) break;
    if (block.offset >= from && block.state == BlockState::Live) blocks.push_back(&block);
  }
  return blocks;
}

}  // namespace

void try_frees(State& state, std::size_t place) {
  if (state.blocked == nullptr || !state.blocked->frees_help)
    return notice(state, "No request failed here for want of room");
  const std::size_t stage = state.blocked->stage;
  const replay::Timeline& real = state.timeline(stage);
  const trace::Trace& trace = real.trace();
  auto machine = replay::make_machine(real.spec(), trace);
  if (!machine.ok()) {
    state.trouble = std::move(machine).trouble();
    return;
  }
  replay::load(**machine, real.snapshot());
  const std::uint64_t index = real.position().event - 1;
  for (const Block* block : blocks_of(real.census(), *state.blocked, place)) {
    trace::Event free;
    free.op = trace::Op::Free;
    free.slot = trace.request(block->born).slot;
    (void)(*machine)->apply(free, index);
  }
  end_what_if(state);
  state.selection = {};
  state.stages[stage].what_if = std::make_unique<WhatIf>(real, std::move(machine).value());
  state.tried = place;
}

void end_what_if(State& state) {
  for (Stage& stage : state.stages) stage.what_if.reset();
}

std::string question_of(const State& state) {
  if (state.blocked == nullptr || !state.blocked->frees_help) return {};
  const std::size_t stage = state.blocked->stage;
  // They are counted, not looked for: this is asked in each frame.
  const replay::Census& census = state.timeline(stage).census();
  const bool any = census.kind == trace::AllocatorKind::Slab;
  const std::uint64_t count =
      state.blocked->places.empty() ? census.figures.live_blocks : state.blocked->places.front().blocks;
  return fmt::format("what if {} had been freed earlier?", any ? "one" : count == 1 ? "it" : "they");
}

std::string what_if_text(const State& state, std::size_t stage) {
  if (state.stages[stage].what_if == nullptr || state.blocked == nullptr) return {};
  const replay::Timeline& real = state.timeline(stage);
  const std::vector<const Block*> freed = blocks_of(real.census(), *state.blocked, state.tried);
  const replay::Outcome& outcome = state.shown(stage).run().outcome;
  const std::string if_freed = fmt::format("If {} had been freed before event {}, the request would",
                                           names_of(real.trace(), freed), trace::count_text(real.position().event));
  if (outcome.kind != replay::OutcomeKind::Placed) return if_freed + " fail all the same.";
  return fmt::format("{} fit at {}.", if_freed, trace::offset_text(outcome.offset, real.census().arena_bytes));
}

}  // namespace allocviz::app
