// The property that everything rests on: arriving at a position from anywhere is equal, snapshot, census, figures and
// steps, to arriving from the start.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/support/replay.h"
#include "tests/support/sanitized.h"
#include "tests/support/seed.h"

namespace allocviz::replay {
namespace {

struct Setting {
  const char* spec;
  std::uint64_t largest_size;
};

class Arriving : public testing::TestWithParam<Setting> {};

INSTANTIATE_TEST_SUITE_P(
    On, Arriving,
    testing::Values(Setting{"buddy:arena=16KiB,min=64", 2000}, Setting{"buddy:arena=1KiB,min=16", 200},
                    Setting{"buddy:arena=40KiB,block=8KiB,min=32", 3000},
                    Setting{"buddy:arena=32KiB,block=4KiB,min=16,gaps=0-100+5000-9000+9001-9002+20480-24576", 1500},
                    Setting{"buddy:arena=4KiB,block=64,min=64", 64}, Setting{"bump:arena=20000", 1200},
                    Setting{"bump:arena=64", 20}, Setting{"slab:block=48,count=150", 48},
                    Setting{"tiered:arena=16KiB,min=64", 2000}, Setting{"tiered:arena=40KiB,min=32", 300},
                    Setting{"tiered:arena=16KiB,min=64,classes=16+24+100+500", 600},
                    Setting{"slab:block=64,count=13", 64}),
    [](const auto& setting) { return "setting_" + std::to_string(setting.index); });

struct State {
  Census census;
  Figures figures;
  Keyframe snapshot;
  EventRun run;
  Position position;
};

bool operator==(const alloc::Step& a, const alloc::Step& b) {
  return a.kind == b.kind && a.why == b.why && a.level == b.level && a.size_class == b.size_class &&
         a.offset == b.offset && a.size == b.size && a.other == b.other;
}

// The long way: a new machine, every event from the first one on, and no timeline at all.
State from_the_start(const trace::AllocatorSpec& spec, const trace::Trace& trace, Position to) {
  const auto machine = test::machine_of(spec, trace);
  State state;
  to.event = std::min(to.event, trace.size());
  const auto take = [&] {
    machine->census(state.census);
    state.figures = machine->figures();
    machine->save(state.snapshot);
  };
  for (std::uint64_t i = 0; i + 1 < to.event; ++i) machine->apply(trace.event(i), i);
  take();
  if (to.event != 0) {
    if (to.step != 0) {
      state.run.outcome = machine->apply(trace.event(to.event - 1), to.event - 1, [&](const alloc::Step& step) {
        state.run.steps.push_back(step);
        if (state.run.steps.size() == to.step) take();
      });
    } else {
      state.run.outcome = machine->apply(trace.event(to.event - 1), to.event - 1,
                                         [&](const alloc::Step& step) { state.run.steps.push_back(step); });
    }
    if (to.step >= state.run.steps.size()) take();
  }
  const auto steps = static_cast<std::uint32_t>(state.run.steps.size());
  state.position = {to.event, std::min(to.step, steps)};
  return state;
}

void expect_equal(const Timeline& timeline, const State& expected) {
  ASSERT_EQ(timeline.position(), expected.position);
  ASSERT_EQ(timeline.step_count(), expected.run.steps.size());
  ASSERT_TRUE(timeline.census() == expected.census);
  ASSERT_EQ(timeline.figures(), expected.figures);
  ASSERT_EQ(timeline.run().outcome, expected.run.outcome);
  ASSERT_TRUE(std::equal(timeline.run().steps.begin(), timeline.run().steps.end(), expected.run.steps.begin(),
                         expected.run.steps.end(), [](const auto& a, const auto& b) { return a == b; }));
  ASSERT_EQ(timeline.snapshot(), expected.snapshot);
  // Taking a snapshot inside an event leaves the cursor where it was.
  ASSERT_TRUE(timeline.census() == expected.census);
}

Position somewhere(std::mt19937_64& random, Position from, std::uint64_t events) {
  switch (random() % 8) {
    case 0:
      return {from.event + 1, kAllSteps};
    case 1:
      return {from.event == 0 ? 0 : from.event - 1, kAllSteps};
    case 2:
      return {from.event, from.step + 1};
    case 3:
      return {from.event, from.step == 0 ? 0 : from.step - 1};
    case 4:
      return {random() % (events + 1), static_cast<std::uint32_t>(random() % 6)};
    case 5:
      return {events + random() % 2, kAllSteps};
    default:
      return {random() % (events + 1), kAllSteps};
  }
}

TEST_P(Arriving, from_anywhere_equals_arriving_from_the_start) {
  std::mt19937_64 random(test::seed());
  const trace::AllocatorSpec spec = test::spec_of(GetParam().spec);
  const auto trace = test::random_trace(random, 800, 16384, GetParam().largest_size);
  for (const TimelineOptions options :
       {TimelineOptions{.keyframe_events = 1 + random() % 150},
        TimelineOptions{.keyframe_events = 7, .keyframe_budget_bytes = 6000}, TimelineOptions{}}) {
    const auto timeline = test::timeline_of(trace, spec, options);
    ASSERT_NE(timeline, nullptr);
    Position to{0, 0};
    for (int seek = 0; seek < 60; ++seek) {
      SCOPED_TRACE(testing::Message() << "event " << to.event << " step " << to.step << ", seek " << seek);
      timeline->seek(to);
      const State expected = from_the_start(spec, *trace, to);
      ASSERT_NO_FATAL_FAILURE(expect_equal(*timeline, expected));
      if (random() % 4 == 0) {
        const std::uint64_t index = random() % trace->size();
        const EventRun run = timeline->run_of(index);
        const State there = from_the_start(spec, *trace, {index + 1, kAllSteps});
        ASSERT_EQ(run.outcome, there.run.outcome) << index;
        ASSERT_EQ(run.steps.size(), there.run.steps.size()) << index;
        ASSERT_NO_FATAL_FAILURE(expect_equal(*timeline, expected));
      }
      to = somewhere(random, timeline->position(), trace->size());
    }
  }
}

TEST_P(Arriving, the_census_conditions_hold_at_every_step) {
  std::mt19937_64 random(test::seed());
  const trace::AllocatorSpec spec = test::spec_of(GetParam().spec);
  const auto trace = test::random_trace(random, test::fewer(800, 3), 16384, GetParam().largest_size);
  const auto machine = test::machine_of(spec, *trace);
  Census census;
  for (std::uint64_t i = 0; i < trace->size(); ++i) {
    SCOPED_TRACE(testing::Message() << "event " << i + 1);
    bool changed = false;
    Keyframe before, after;
    machine->save(before);
    const Outcome outcome = machine->apply(trace->event(i), i, [&](const alloc::Step&) {
      changed = true;
      machine->census(census);
      ASSERT_NO_FATAL_FAILURE(test::expect_conditions(census));
    });
    ASSERT_FALSE(testing::Test::HasFatalFailure());
    machine->census(census);
    ASSERT_NO_FATAL_FAILURE(test::expect_conditions(census));
    Figures sums = sums_of(census);
    sums.failed = census.figures.failed;
    ASSERT_EQ(machine->figures(), sums) << "C2: the machine's own counters are the sums";
    ASSERT_EQ(machine->figures(), census.figures);
    ASSERT_EQ(machine->check(), std::nullopt);
    for (const Block& block : census.blocks) ASSERT_NE(block.state, BlockState::InFlight) << block.offset;
    machine->save(after);
    if (!changed && outcome.kind != OutcomeKind::FreeOfFailed) {
      ASSERT_EQ(before, after) << "an event without steps changes nothing";
    }
  }
}

TEST_P(Arriving, a_loaded_machine_goes_on_like_the_one_that_was_saved) {
  std::mt19937_64 random(test::seed());
  const trace::AllocatorSpec spec = test::spec_of(GetParam().spec);
  const auto trace = test::random_trace(random, 1000, 16384, GetParam().largest_size);
  const auto original = test::machine_of(spec, *trace);
  const auto copy = test::machine_of(spec, *trace);
  Keyframe saved, one, other;
  for (std::uint64_t i = 0; i < trace->size(); ++i) {
    if (i % 97 == 0) {
      original->save(saved);
      load(*copy, saved);  // over whatever the copy came to meanwhile
      copy->save(other);
      ASSERT_EQ(saved, other) << "equal states are equal bytes";
    }
    ASSERT_EQ(original->apply(trace->event(i), i), copy->apply(trace->event(i), i)) << "event " << i + 1;
    ASSERT_EQ(copy->check(), std::nullopt);
    original->save(one);
    copy->save(other);
    ASSERT_EQ(one, other) << "event " << i + 1;
    if (i % 97 == 60) {  // led astray, so that the next load has something to undo
      for (std::uint64_t j = 0; j < 20 && i + j < trace->size(); ++j) copy->apply(trace->event(i + j), i + j);
      load(*copy, one);
    }
  }
}

TEST_P(Arriving, the_series_hold_the_figures_of_every_event) {
  std::mt19937_64 random(test::seed());
  const trace::AllocatorSpec spec = test::spec_of(GetParam().spec);
  const auto trace = test::random_trace(random, 2000, 16384, GetParam().largest_size);
  const auto timeline = test::timeline_of(trace, spec);
  const auto machine = test::machine_of(spec, *trace);
  ASSERT_EQ(timeline->series().size(), trace->size() + 1);
  std::uint64_t failed = 0, first_failed = 0, peak_event = 0;
  Figures at_peak = machine->figures();
  for (std::uint64_t p = 0; p <= trace->size(); ++p) {
    if (p != 0 && machine->apply(trace->event(p - 1), p - 1).kind == OutcomeKind::Failed) {
      ASSERT_LT(failed, timeline->failures().size());
      ASSERT_EQ(timeline->failures()[failed], p - 1);
      if (++failed == 1) first_failed = p;
    }
    const Figures f = machine->figures();
    const Series& series = timeline->series();
    ASSERT_EQ(f, (Figures{series.at(Curve::LiveRequested, p), series.at(Curve::LiveRounded, p),
                          series.at(Curve::LiveBlocks, p), series.at(Curve::Free, p), series.at(Curve::LargestFree, p),
                          series.at(Curve::Reserved, p), failed}))
        << "position " << p;
    if (f.live_rounded > at_peak.live_rounded) {
      at_peak = f;
      peak_event = p;
    }
  }
  const Summary& summary = timeline->summary();
  EXPECT_EQ(summary.events, trace->size());
  EXPECT_EQ(summary.failed, failed);
  EXPECT_EQ(summary.first_failed, first_failed);
  EXPECT_EQ(summary.frees_of_failed, machine->frees_of_failed());
  EXPECT_EQ(summary.at_peak, at_peak);
  EXPECT_EQ(summary.peak_event, peak_event);
  EXPECT_EQ(summary.at_end, machine->figures());
}

}  // namespace
}  // namespace allocviz::replay
