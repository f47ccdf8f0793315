// The charts' axis, the range of events, and where compared allocators part ways: commands alone, no window.
#include "tests/app_support.h"
#include "viz/app/availability.h"
#include "viz/app/partings.h"
#include "viz/app/refusals.h"

namespace {

using namespace app_test;
using app::Do;
using app::EventRange;

// Four events within 30 ns, then nothing for a while, then two more.
constexpr std::string_view kTimed = R"({
  "format": "allocviz-trace", "version": 1, "allocators": [{"kind": "bump", "arena": "4 KiB"}],
  "events": [
    {"op": "alloc", "id": 1, "size": 100, "t": 0}, {"op": "alloc", "id": 2, "size": 100, "t": 10},
    {"op": "free", "id": 1, "t": 20}, {"op": "alloc", "id": 3, "size": 100, "t": 30},
    {"op": "free", "id": 2, "t": 10000}, {"op": "free", "id": 3, "t": 10010}
  ]})";

// What really was, beside what ours makes of it: one cursor, and curves of both.
TEST(RecordedHeap, stands_beside_ours_at_every_event_with_curves_of_its_own) {
  app::State state = opened(R"({"format": "allocviz-trace", "version": 1, "events": [
    {"op": "alloc", "id": 1, "size": 100, "addr": "0x7000010"}, {"op": "alloc", "id": 2, "size": 50, "addr": "0x7000100"},
    {"op": "free", "id": 1}, {"op": "alloc", "id": 3, "size": 30, "addr": "0x7000020"}, {"op": "free", "id": 2}]})",
                            {spec("buddy:arena=1KiB,min=64"), spec("recorded")});
  ASSERT_EQ(state.stages.size(), 2u);
  constexpr std::uint64_t kLive[] = {0, 100, 150, 50, 80, 30};
  for (std::uint64_t event = 0; event <= 5; ++event) {
    seek(state, event);
    for (std::size_t stage = 0; stage < 2; ++stage) {
      const replay::Timeline& timeline = state.timeline(stage);
      EXPECT_EQ(timeline.census().figures.live_requested, kLive[event]) << "stage " << stage << " event " << event;
      EXPECT_EQ(timeline.series().at(replay::Curve::LiveRequested, event), kLive[event]);
    }
  }
  seek(state, 4);
  std::vector<std::uint64_t> live;
  for (const replay::Block& block : state.timeline(1).census().blocks) {
    if (block.state == replay::BlockState::Live) live.push_back(block.offset);
  }
  EXPECT_EQ(live, (std::vector<std::uint64_t>{0x20, 0x100})) << "where the log has them, with gaps between";
}

TEST(Range, is_selected_from_either_end_and_cleared_before_the_block) {
  app::State state = opened(kLesson);
  seek(state, 3);
  act(state, Do::RangeFrom);
  EXPECT_EQ(state.range, (EventRange{2, 3}));
  seek(state, 6);
  act(state, Do::RangeTo);
  EXPECT_EQ(state.range, (EventRange{2, 6}));
  seek(state, 7);
  act(state, Do::RangeFrom);
  EXPECT_EQ(state.range, (EventRange{6, 7})) << "a beginning behind the end begins anew";
  act(state, {.what = Do::SelectRange, .value = 1, .value2 = 99});
  EXPECT_EQ(state.range, (EventRange{1, 7}));
  act(state, {.what = Do::SelectRange, .value = 5, .value2 = 5});
  EXPECT_EQ(state.range, (EventRange{1, 7})) << "of no event there is none";
  act(state, {.what = Do::Select, .number = 0});
  act(state, Do::ClearSelection);
  EXPECT_FALSE(state.range);
  EXPECT_TRUE(state.selection.offset);
  act(state, Do::ClearSelection);
  EXPECT_FALSE(state.selection.offset);
}

TEST(Range, is_what_the_charts_zoom_to) {
  app::State state = opened(kTimed);
  act(state, {.what = Do::SelectRange, .value = 1, .value2 = 4});
  act(state, Do::ZoomToRange);
  EXPECT_DOUBLE_EQ(state.time.first, 2);
  EXPECT_DOUBLE_EQ(state.time.last, 4);
  act(state, Do::ToggleClock);
  act(state, Do::ZoomToRange);
  EXPECT_DOUBLE_EQ(state.time.first, 10);
  EXPECT_DOUBLE_EQ(state.time.last, 30);
}

TEST(Range, ends_with_its_document) {
  app::State state = opened(kTimed);
  act(state, {.what = Do::SelectRange, .value = 1, .value2 = 4});
  app::OpenRequest request;
  request.json = kLesson;
  app::adopt(state, std::move(app::open_now(request)).value());
  EXPECT_FALSE(state.range);
}

TEST(Clock, turns_the_axis_and_keeps_what_is_in_view) {
  app::State state = opened(kTimed);
  EXPECT_DOUBLE_EQ(state.time.last, 6);
  act(state, Do::ToggleClock);
  EXPECT_DOUBLE_EQ(state.time.first, 0);
  EXPECT_DOUBLE_EQ(state.time.last, 10010) << "all stays all";
  act(state, {.what = Do::SetTimeView, .value = 10, .value2 = 30});
  act(state, Do::ToggleClock);
  EXPECT_DOUBLE_EQ(state.time.first, 2);
  EXPECT_DOUBLE_EQ(state.time.last, 4);
  act(state, Do::ToggleClock);
  EXPECT_DOUBLE_EQ(state.time.first, 10);
  EXPECT_DOUBLE_EQ(state.time.last, 30);
  act(state, {.what = Do::SetTimeView, .value = 5000, .value2 = 5001});
  EXPECT_LE(state.time.last - state.time.first, 11) << "where nothing happens can be looked at, too";
  act(state, Do::ZoomTimeFit);
  EXPECT_DOUBLE_EQ(state.time.last, 10010);
}

TEST(Clock, is_not_there_where_the_log_has_no_times) {
  app::State state = opened(kLesson);
  EXPECT_EQ(state.document.clock, nullptr);
  act(state, Do::ToggleClock);
  EXPECT_FALSE(state.settings.by_clock);
  EXPECT_FALSE(state.notice.empty());
  state.settings.by_clock = true;  // remembered from another log
  EXPECT_EQ(state.clock(), nullptr);
  EXPECT_DOUBLE_EQ(state.time_end(), 7);
}

TEST(Time, is_zoomed_and_panned_by_commands_with_names) {
  app::State state = opened(kLesson);
  seek(state, 2);
  act(state, Do::ZoomTimeIn);
  const double width = state.time.last - state.time.first;
  EXPECT_NEAR(width, 7 / 1.5, 0.01);
  EXPECT_LE(state.time.first, 2);
  EXPECT_GE(state.time.last, 2);
  const double first = state.time.first;
  act(state, Do::PanTimeRight);
  EXPECT_NEAR(state.time.first, first + 0.2 * width, 0.01);
  act(state, Do::PanTimeLeft);
  EXPECT_NEAR(state.time.first, first, 0.01);
  act(state, Do::ZoomTimeOut);
  EXPECT_NEAR(state.time.last - state.time.first, 7, 0.01);
}

TEST(Time, follows_the_cursor_that_was_in_view) {
  app::State state = opened(kLesson);
  act(state, {.what = Do::SetTimeView, .value = 0, .value2 = 3});
  seek(state, 2);
  EXPECT_DOUBLE_EQ(state.time.first, 0);
  seek(state, 6);
  EXPECT_DOUBLE_EQ(state.time.last - state.time.first, 3);
  EXPECT_LE(state.time.first, 6);
  EXPECT_GE(state.time.last, 6);
  act(state, {.what = Do::SetTimeView, .value = 0, .value2 = 3});
  seek(state, 7);
  EXPECT_DOUBLE_EQ(state.time.first, 0) << "who looked elsewhere goes on looking there";
}

TEST(Partings, are_jumped_to_and_told) {
  app::State state = opened(kLesson, {spec("buddy:arena=1KiB,min=64"), spec("bump:arena=4KiB")});
  ASSERT_EQ(app::first_parting(state), 1u);
  act(state, Do::FirstDivergence);
  EXPECT_EQ(state.cursor().event, 5u) << "800 B do not fit the buddy";
  EXPECT_EQ(state.notice, "Event 5: bump 4 KiB serves C (800 B) at 0x0b78, buddy 1 KiB / 64 B does not");
  EXPECT_FALSE(app::serve_alike(state));
}

TEST(Partings, of_one_kind_are_other_offsets_too) {
  app::State state = opened(kLesson, {spec("buddy:arena=1KiB,min=64"), spec("buddy:arena=1KiB,min=256")});
  ASSERT_EQ(app::first_parting(state), 1u);
  EXPECT_EQ(state.stages[1].divergence->event, 1u);
  EXPECT_EQ(app::parting_text(state, 1),
            "Event 2: buddy 1 KiB / 64 B serves B (60 B) at 0x080, buddy 1 KiB / 256 B at 0x100");
  EXPECT_TRUE(app::serve_alike(state));
}

TEST(Partings, are_none_of_one_allocator_or_of_two_that_are_alike) {
  app::State alone = opened(kLesson);
  EXPECT_EQ(app::first_parting(alone), 0u);
  act(alone, Do::FirstDivergence);
  EXPECT_EQ(alone.cursor().event, 0u);
  app::State alike = opened(kTimed, {spec("bump:arena=4KiB"), spec("bump:arena=4KiB")});
  EXPECT_EQ(app::first_parting(alike), 0u);
  EXPECT_FALSE(app::is_enabled(alike, app::info_of(Do::FirstDivergence)));
}

TEST(Refusals, say_what_was_needed_and_what_there_was) {
  EXPECT_EQ(app::refusal_text(opened(kLesson), 4), "needs 1 KiB, largest free 512 B");
  EXPECT_EQ(app::refusal_text(opened(kLesson, {spec("buddy:arena=1KiB,block=512,min=64")}), 4),
            "more than the largest block, 512 B");
  EXPECT_EQ(app::refusal_text(opened(kLesson, {spec("bump:arena=200")}), 2), "40 B are left below the mark");
  const app::State slab = opened(kLesson, {spec("slab:block=64,count=1"), spec("bump:arena=4KiB")});
  EXPECT_EQ(app::refusal_text(slab, 0), "slab 1 × 64 B: more than a block of 64 B");
}

}  // namespace
