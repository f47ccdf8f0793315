// The cursor, the keyframes behind it, and the summary.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "core/import/importer.h"
#include "core/replay/timeline.h"
#include "tests/support/replay.h"
#include "tests/support/seed.h"

namespace allocviz::replay {
namespace {

using test::Script;

std::unique_ptr<Timeline> lesson() {
  Script script;
  script.alloc("A", 100).mark("a mark").free("A");
  return test::timeline_of(script.done(), test::spec_of("buddy:arena=1KiB,min=64"));
}

TEST(Timeline, begins_before_the_first_event) {
  const auto timeline = lesson();
  EXPECT_EQ(timeline->position(), (Position{0, 0}));
  EXPECT_EQ(timeline->step_count(), 0u);
  EXPECT_TRUE(timeline->run().steps.empty());
  EXPECT_EQ(timeline->census().blocks.size(), 1u);
  EXPECT_EQ(timeline->figures().free, 1024u);
}

TEST(Timeline, clamps_positions_to_what_there_is) {
  const auto timeline = lesson();
  timeline->seek({99, 99});
  EXPECT_EQ(timeline->position(), (Position{3, timeline->step_count()}));
  timeline->seek({1, 99});
  EXPECT_EQ(timeline->position(), (Position{1, timeline->step_count()}));
  EXPECT_GT(timeline->step_count(), 5u);
  timeline->seek({2, 1});
  EXPECT_EQ(timeline->position(), (Position{2, 0})) << "a mark has no steps";
  timeline->seek({0, 7});
  EXPECT_EQ(timeline->position(), (Position{0, 0}));
}

TEST(Timeline, walks_through_the_steps_of_an_event_in_both_directions) {
  const auto timeline = lesson();
  timeline->seek({1});
  const std::uint32_t steps = timeline->step_count();
  std::vector<Census> forward;
  for (std::uint32_t step = 0; step <= steps; ++step) {
    timeline->seek({1, step});
    EXPECT_EQ(timeline->position(), (Position{1, step}));
    EXPECT_EQ(timeline->run().steps.size(), steps) << "the steps of the event are always whole";
    forward.push_back(timeline->census());
  }
  EXPECT_EQ(forward.front().blocks.size(), 1u);
  EXPECT_EQ(forward.front().blocks[0].state, BlockState::Free);
  EXPECT_EQ(forward.back().blocks[0].state, BlockState::Live);
  EXPECT_TRUE(std::any_of(forward.begin() + 1, forward.end() - 1,
                          [](const Census& census) { return census.blocks[0].state == BlockState::InFlight; }));
  for (std::uint32_t step = steps + 1; step-- != 0;) {
    timeline->seek({1, step});
    EXPECT_EQ(timeline->census(), forward[step]) << step;
  }
  timeline->seek({3});
  EXPECT_EQ(timeline->figures().free, 1024u);
}

TEST(Timeline, of_the_summary_alone_sums_up_the_same) {
  std::mt19937_64 random(test::seed());
  const auto trace = test::random_trace(random, 3000, 16'384, 2000);
  for (const char* spec : {"buddy:arena=16KiB,min=64", "bump:arena=20000", "tiered:arena=16KiB,min=64"}) {
    const auto whole = test::timeline_of(trace, test::spec_of(spec));
    const auto alone = test::timeline_of(trace, test::spec_of(spec), kSummaryAlone);
    const Summary &a = whole->summary(), &b = alone->summary();
    EXPECT_EQ(a.events, b.events);
    EXPECT_EQ(a.failed, b.failed);
    EXPECT_EQ(a.first_failed, b.first_failed);
    EXPECT_EQ(a.frees_of_failed, b.frees_of_failed);
    EXPECT_EQ(a.peak_live_requested, b.peak_live_requested);
    EXPECT_EQ(a.peak_reserved, b.peak_reserved);
    EXPECT_EQ(a.peak_event, b.peak_event);
    EXPECT_EQ(a.at_peak, b.at_peak);
    EXPECT_EQ(a.at_end, b.at_end);
    EXPECT_EQ(whole->failures(), alone->failures());
    EXPECT_EQ(alone->series().size(), 0u);
    EXPECT_LT(alone->memory_bytes(), whole->memory_bytes());
  }
}

TEST(Timeline, looks_an_event_up_without_moving) {
  const auto timeline = lesson();
  timeline->seek({1, 2});
  const Census here = timeline->census();
  EXPECT_EQ(timeline->run_of(2).outcome.kind, OutcomeKind::Freed);
  EXPECT_EQ(timeline->run_of(0).outcome.kind, OutcomeKind::Placed);
  EXPECT_EQ(timeline->run_of(1).outcome.kind, OutcomeKind::Nothing);
  EXPECT_TRUE(timeline->run_of(3).steps.empty()) << "there is no such event";
  EXPECT_EQ(timeline->position(), (Position{1, 2}));
  EXPECT_EQ(timeline->census(), here);
}

// It rests until it is moved.
TEST(Timeline, of_a_long_log_is_at_its_beginning_what_it_is_from_anywhere) {
  constexpr std::uint64_t kLongEvents = 1'000'000;
  trace::TraceBuilder builder;
  for (std::uint64_t i = 0; i < kLongEvents / 2; ++i) {
    (void)builder.append({.op = trace::Op::Alloc, .id_kind = trace::RawEvent::Id::Number, .id_number = i, .size = 40});
    (void)builder.append({.op = trace::Op::Free, .id_kind = trace::RawEvent::Id::Number, .id_number = i});
  }
  const auto trace = std::make_shared<const trace::Trace>(std::move(builder).finish());
  const auto timeline = test::timeline_of(trace, test::spec_of("buddy:arena=65536,min=16"));
  ASSERT_NE(timeline, nullptr);
  Census at_first;
  timeline->take_census(at_first);
  const Keyframe before = timeline->snapshot();
  EXPECT_TRUE(timeline->census() == at_first);
  EXPECT_EQ(timeline->run_of(kLongEvents - 1).outcome.kind, OutcomeKind::Freed);
  timeline->seek({kLongEvents - 1, 1});
  timeline->seek({0});
  EXPECT_EQ(timeline->snapshot(), before);
  EXPECT_TRUE(timeline->census() == at_first);
}

TEST(Timeline, of_no_events_stands_at_its_only_position) {
  Script script;
  const auto timeline = test::timeline_of(script.done(), test::spec_of("slab:block=8,count=0"));
  timeline->seek({5});
  EXPECT_EQ(timeline->position(), (Position{0, 0}));
  EXPECT_EQ(timeline->census().blocks.size(), 0u);
  EXPECT_EQ(timeline->summary().peak_event, 0u);
  EXPECT_EQ(timeline->series().size(), 1u);
}

TEST(Timeline, sums_up_what_happened) {
  Script script;
  script.alloc("A", 100).alloc("B", 512).alloc("C", 512).free("C").free("B").alloc("D", 200).alloc("E", 600);
  const auto timeline = test::timeline_of(script.done(), test::spec_of("buddy:arena=1KiB,min=64"));
  const Summary& summary = timeline->summary();
  EXPECT_EQ(summary.events, 7u);
  EXPECT_EQ(summary.failed, 2u);
  EXPECT_EQ(summary.first_failed, 3u);
  EXPECT_EQ(summary.frees_of_failed, 1u);
  EXPECT_EQ(summary.peak_live_requested, 612u);
  EXPECT_EQ(summary.peak_reserved, 640u);
  EXPECT_EQ(summary.peak_event, 2u) << "the first maximum of live_rounded";
  EXPECT_EQ(summary.at_peak.live_rounded, 640u);
  EXPECT_EQ(summary.at_end.live_requested, 300u);
  EXPECT_EQ(timeline->failures(), (std::vector<std::uint64_t>{2, 6}));
  EXPECT_DOUBLE_EQ(internal_fragmentation(summary.at_peak), 1.0 - 612.0 / 640.0);
  EXPECT_DOUBLE_EQ(external_fragmentation(summary.at_peak, trace::AllocatorKind::Buddy), 1.0 - 256.0 / 384.0);
  EXPECT_EQ(internal_fragmentation(Figures{}), 0.0);
  EXPECT_EQ(external_fragmentation(Figures{}, trace::AllocatorKind::Buddy), 0.0);
  EXPECT_EQ(external_fragmentation(summary.at_peak, trace::AllocatorKind::Slab), 0.0) << "any free block serves";
}

TEST(Timeline, reports_progress_and_can_be_cancelled) {
  std::mt19937_64 random(test::seed());
  const auto trace = test::random_trace(random, 400'000, 1 << 20, 4000);
  const trace::AllocatorSpec spec = test::spec_of("buddy:arena=1MiB,min=16");
  std::vector<double> reported;
  trace::Progress watching;
  watching.report = [&](double fraction) { reported.push_back(fraction); };
  ASSERT_TRUE(Timeline::build(trace, spec, watching).ok());
  ASSERT_FALSE(reported.empty());
  EXPECT_TRUE(std::is_sorted(reported.begin(), reported.end()));
  EXPECT_EQ(reported.back(), 1.0);
  trace::Progress impatient;
  impatient.cancelled = [] { return true; };
  const auto cancelled = Timeline::build(trace, spec, impatient);
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.trouble().what, "cancelled");
}

TEST(Timeline, steps_back_far_from_any_keyframe) {
  std::mt19937_64 random(test::seed());
  const auto trace = test::random_trace(random, 6000, 16384, 500);
  const trace::AllocatorSpec spec = test::spec_of("buddy:arena=16KiB,min=32");
  const auto timeline = test::timeline_of(trace, spec, {.keyframe_events = 1'000'000});
  const auto machine = test::machine_of(spec, *trace);
  std::vector<Keyframe> expected(trace->size() + 1);
  machine->save(expected[0]);
  for (std::uint64_t i = 0; i < trace->size(); ++i) {
    machine->apply(trace->event(i), i);
    machine->save(expected[i + 1]);
  }
  for (std::uint64_t event = 5500; event > 3500; event -= 1 + random() % 5) {
    timeline->seek({event});
    ASSERT_EQ(timeline->snapshot(), expected[event]) << "event " << event;
  }
  timeline->seek({5800});
  ASSERT_EQ(timeline->snapshot(), expected[5800]);
}

TEST(Timeline, is_after_a_rest_what_it_was_wherever_it_stood) {
  std::mt19937_64 random(test::seed());
  for (const char* spec :
       {"buddy:arena=16KiB,min=64", "bump:arena=20000", "slab:block=128,count=90", "tiered:arena=16KiB,min=64"}) {
    SCOPED_TRACE(spec);
    const auto trace = test::random_trace(random, 900, 16'384, 700);
    const auto rests = test::timeline_of(trace, test::spec_of(spec)),
               never = test::timeline_of(trace, test::spec_of(spec));
    int smaller = 0;
    for (int i = 0; i < 120; ++i) {
      // Near and far, whole events and steps inside them.
      const std::uint64_t event = random() % 2 == 0 ? random() % 901 : rests->position().event + random() % 3;
      const Position to{event, random() % 2 == 0 ? kAllSteps : static_cast<std::uint32_t>(random() % 6)};
      rests->seek(to);
      never->seek(to);
      if (random() % 2 == 0) (void)rests->census();
      if (random() % 3 == 0) (void)rests->run_of(random() % 900);
      const std::uint64_t bytes = rests->memory_bytes();
      rests->rest();
      ASSERT_LE(rests->memory_bytes(), bytes);
      smaller += rests->memory_bytes() < bytes ? 1 : 0;
      ASSERT_EQ(rests->position(), never->position());
      ASSERT_EQ(rests->figures(), never->figures());
      const std::uint64_t asked = random() % 4;  // first after the rest, in any order
      if (asked == 0) {
        ASSERT_EQ(rests->census(), never->census());
      } else if (asked == 1) {
        ASSERT_EQ(rests->snapshot(), never->snapshot());
      } else if (asked == 2) {
        const std::uint64_t other = random() % 900;
        ASSERT_EQ(rests->run_of(other).outcome, never->run_of(other).outcome);
      }
    }
    EXPECT_GT(smaller, 10) << "it gave something back";
  }
}

// A real log, beside the project where there is one: the figures that a replay must arrive at, and seeks in it.
TEST(Timeline, of_a_real_log_is_the_same_from_anywhere) {
  const std::string path = std::string(ALLOCVIZ_SOURCE_DIR) + "/../shared/traces/perl-wordfreq.mtrace";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  auto opened = import::open_trace(path);
  ASSERT_TRUE(opened.ok());
  const auto trace = std::make_shared<const trace::Trace>(std::move(opened).value());
  const trace::AllocatorSpec spec = trace->specs_to_open().front();
  const auto timeline = test::timeline_of(trace, spec);
  EXPECT_EQ(timeline->summary().events, trace->size());
  EXPECT_EQ(timeline->summary().failed, 0u);
  EXPECT_EQ(timeline->summary().peak_live_requested, trace->facts().peak_live_bytes);
  std::mt19937_64 random(test::seed());
  const auto machine = test::machine_of(spec, *trace);
  Census expected;
  std::uint64_t at = 0;
  for (int i = 0; i < 40; ++i) {
    timeline->seek({random() % trace->size()});  // somewhere else first
    const std::uint64_t to = at + random() % (trace->size() / 40);
    for (; at < to; ++at) machine->apply(trace->event(at), at);
    timeline->seek({to});
    machine->census(expected);
    ASSERT_EQ(timeline->census(), expected) << "event " << to;
    ASSERT_NO_FATAL_FAILURE(test::expect_conditions(timeline->census()));
    Keyframe saved;
    machine->save(saved);
    ASSERT_EQ(timeline->snapshot(), saved) << "event " << to;
  }
}

}  // namespace
}  // namespace allocviz::replay
