// Through trace, machine and timeline, requests land where the reference put them, event by event.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/placement.h"
#include "tests/support/replay.h"

namespace allocviz::replay {
namespace {

struct Case {
  const char* name;
  bool whole;  // of the folder beside the project, else the copy in tests/data
};

class Placement : public testing::TestWithParam<Case> {};

constexpr const char* kNames[] = {"buddyA-1", "buddyB-2", "buddyC-3", "buddyG-4", "bump-6", "slab48-5"};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const char* name : kNames) {
    all.push_back({name, false});
    all.push_back({name, true});
  }
  return all;
}

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  std::string name = std::string(info.param.name) + (info.param.whole ? "_whole" : "_copy");
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Of, Placement, testing::ValuesIn(cases()), name_of_case);

std::shared_ptr<const trace::Trace> trace_of(const test::PlacementCase& vectors) {
  trace::TraceBuilder builder;
  for (const test::PlacementEvent& from : vectors.events) {
    trace::RawEvent event;
    event.op = from.is_alloc ? trace::Op::Alloc : trace::Op::Free;
    event.id_kind = trace::RawEvent::Id::Number;
    event.id_number = from.id;
    event.size = from.size;
    if (from.is_alloc) event.align = from.align;
    EXPECT_TRUE(builder.append(event).ok());
  }
  return std::make_shared<const trace::Trace>(std::move(builder).finish());
}

trace::AllocatorSpec spec_of(const test::PlacementCase& vectors) {
  trace::AllocatorSpec spec;
  spec.kind = vectors.kind == "buddy"  ? trace::AllocatorKind::Buddy
              : vectors.kind == "slab" ? trace::AllocatorKind::Slab
                                       : trace::AllocatorKind::Bump;
  spec.arena_bytes = vectors.arena;
  spec.min_block_bytes = vectors.min_block;
  spec.block_bytes = vectors.block;
  spec.block_count = vectors.count;
  for (std::size_t i = 0; i + 1 < vectors.gaps.size(); i += 2)
    spec.gaps.push_back({vectors.gaps[i], vectors.gaps[i + 1]});
  return spec;
}

TEST_P(Placement, equals_the_reference_event_by_event) {
  const std::string folder =
      std::string(ALLOCVIZ_SOURCE_DIR) + (GetParam().whole ? "/../shared/placement" : "/tests/data/placement");
  const auto vectors = test::read_placement_case(folder, GetParam().name);
  if (!vectors && GetParam().whole) GTEST_SKIP() << folder << " is not there";
  ASSERT_TRUE(vectors.has_value());
  const auto trace = trace_of(*vectors);
  const auto machine = test::machine_of(spec_of(*vectors), *trace);
  std::uint64_t failed = 0;
  for (std::uint64_t i = 0; i < trace->size(); ++i) {
    const test::PlacementEvent& expected = vectors->events[i];
    const Outcome outcome = machine->apply(trace->event(i), i);
    if (expected.offset) {
      ASSERT_EQ(outcome.kind, expected.is_alloc ? OutcomeKind::Placed : OutcomeKind::Freed) << "event " << i + 1;
      ASSERT_EQ(outcome.offset, *expected.offset) << "event " << i + 1;
    } else {
      ASSERT_EQ(outcome.kind, expected.is_alloc ? OutcomeKind::Failed : OutcomeKind::FreeOfFailed) << "event " << i + 1;
      if (expected.is_alloc) ++failed;
    }
  }
  EXPECT_EQ(machine->figures().failed, failed);
  EXPECT_EQ(machine->check(), std::nullopt);

  // The same from a timeline that jumps: one event in a hundred, last first.
  const auto timeline = test::timeline_of(trace, spec_of(*vectors), {.keyframe_events = 700});
  EXPECT_EQ(timeline->summary().failed, failed);
  for (std::uint64_t i = trace->size(); i > 100; i -= 100) {
    timeline->seek({i});
    const test::PlacementEvent& expected = vectors->events[i - 1];
    if (expected.offset) {
      ASSERT_EQ(timeline->run().outcome.offset, *expected.offset) << "event " << i;
    }
  }
}

}  // namespace
}  // namespace allocviz::replay
