// The cursor of a large log, moved by a worker while the window goes on.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <chrono>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/app_support.h"
#include "viz/app/cursor.h"
#include "viz/app/moving.h"
#include "viz/app/what_if.h"

namespace {

using namespace app_test;
using app::Do;

// 6000 blocks that live at once, then what a random program does; a mark and a few requests that fail among it.
std::string many_blocks() {
  std::mt19937_64 random(1);
  std::string json = R"({"format": "allocviz-trace", "version": 1, "name": "Many", "allocators": [)"
                     R"({"kind": "buddy", "arena": "1 MiB", "min_block": 64}, {"kind": "bump", "arena": "1 MiB"}],)"
                     R"("columns": ["op", "id", "size"], "events": [)";
  std::vector<std::uint64_t> live;
  std::uint64_t id = 0;
  for (int i = 0; i < 12'000; ++i) {
    json += i == 0 ? "" : ",\n";
    if (i == 7000) {
      json += R"({"op": "mark", "name": "here"})";
    } else if (i > 6000 && random() % 2 == 0) {
      std::swap(live[random() % live.size()], live.back());
      json += fmt::format(R"(["f", {}, null])", live.back());
      live.pop_back();
    } else {
      live.push_back(++id);
      json += fmt::format(R"(["a", {}, {}])", id, i % 1500 == 1499 ? 2'000'000 : 1 + random() % 150);
    }
  }
  return json + "]}";
}

const std::string& log() {
  static const std::string json = many_blocks();
  return json;
}

app::State late_state() {
  app::State state = opened(log());
  state.moves_late = true;
  state.patience = std::chrono::milliseconds(0);
  return state;
}

void expect_same_moment(const app::State& late, const app::State& at_once) {
  ASSERT_EQ(late.stages.size(), at_once.stages.size());
  for (std::size_t i = 0; i < late.stages.size(); ++i) {
    SCOPED_TRACE(i);
    const replay::Timeline& a = late.timeline(i);
    const replay::Timeline& b = at_once.timeline(i);
    EXPECT_EQ(a.position(), b.position());
    EXPECT_EQ(a.step_count(), b.step_count());
    EXPECT_EQ(a.figures(), b.figures());
    EXPECT_TRUE(a.census() == b.census());
    EXPECT_EQ(a.snapshot(), b.snapshot());
  }
  const double row = app::cursor_row(late, app::LeftTab::Events);
  EXPECT_LE(late.event_list.top, row);
  EXPECT_GE(late.event_list.top + late.event_list.seen, row + 1);
  EXPECT_EQ(late.blocked == nullptr, at_once.blocked == nullptr);
}

TEST(AppMoving, of_a_small_log_is_done_at_once) {
  app::State state = opened(kLesson);
  state.moves_late = true;
  state.patience = std::chrono::milliseconds(0);
  seek(state, 5);
  EXPECT_EQ(state.moving, nullptr);
  EXPECT_EQ(state.cursor().event, 5u);
}

TEST(AppMoving, shows_where_it_was_until_it_arrives) {
  app::State late = late_state(), at_once = opened(log());
  ASSERT_EQ(late.stages.size(), 2u);
  const replay::Census before = late.timeline().census();
  seek(late, 11'000);
  seek(at_once, 11'000);
  EXPECT_EQ(app::heading(late).event, 11'000u);
  if (late.moving != nullptr) {  // else the worker was quicker than this line
    EXPECT_EQ(late.cursor().event, 0u);
    EXPECT_TRUE(late.timeline().census() == before);
    EXPECT_TRUE(app::wants_frame(late));
  }
  for (double now = 0; late.moving != nullptr; now += 0.001) app::tick(late, now);
  EXPECT_EQ(late.moved_from.event, 0u);
  expect_same_moment(late, at_once);
}

TEST(AppMoving, goes_where_it_was_last_sent) {
  app::State late = late_state();
  for (std::uint64_t event = 1000; event <= 9000; event += 7) {
    act(late, {.what = Do::ScrubTo, .position = {event, replay::kAllSteps}});
    EXPECT_EQ(app::heading(late).event, event);
  }
  act(late, {.what = Do::SeekTo, .position = {1'000'000, replay::kAllSteps}});
  EXPECT_EQ(app::heading(late).event, 12'000u);
  app::finish_moving(late);
  EXPECT_EQ(late.cursor().event, 12'000u);
  EXPECT_EQ(late.moving, nullptr);
}

TEST(AppMoving, ends_where_the_same_commands_end_when_each_is_waited_for) {
  int smaller = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    app::State late = late_state(), at_once = opened(log());
    const Do some[] = {Do::NextEvent,       Do::PreviousEvent, Do::NextStep,     Do::PreviousStep,   Do::NextFailure,
                       Do::PreviousFailure, Do::NextMark,      Do::PreviousMark, Do::FirstEvent,     Do::LastEvent,
                       Do::NextRow,         Do::PreviousRow,   Do::NextRows,     Do::FirstDivergence};
    for (int i = 0; i < 60; ++i) {
      app::Command command;
      command.what = random() % 4 == 0 ? Do::ScrubTo : some[random() % std::size(some)];
      command.position = {random() % 12'001,
                          random() % 3 == 0 ? static_cast<std::uint32_t>(random() % 4) : replay::kAllSteps};
      act(late, command);
      act(at_once, command);
      if (random() % 5 == 0) app::tick(late, 0.01 * i);
      if (random() % 9 == 0) app::finish_moving(late);
      if (random() % 4 == 0 && late.moving == nullptr) {  // what come_to_rest() does of a long log
        for (app::Stage& stage : late.stages) {
          const std::uint64_t bytes = stage.timeline->memory_bytes();
          stage.timeline->rest();
          smaller += stage.timeline->memory_bytes() < bytes ? 1 : 0;
        }
      }
      if (late.moving == nullptr) {
        ASSERT_EQ(late.cursor(), at_once.cursor()) << i;
      } else {
        ASSERT_EQ(app::heading(late).event, at_once.cursor().event) << i;
      }
    }
    app::finish_moving(late);
    expect_same_moment(late, at_once);
  }
  EXPECT_GT(smaller, 0) << "a rest gave something back";
}

TEST(AppMoving, plays_to_the_end) {
  app::State state = late_state();
  seek(state, 11'990);
  app::finish_moving(state);
  act(state, Do::PlayPause);
  int frames = 0;
  for (double now = 0; (state.playback.playing || state.moving != nullptr) && frames < 100'000; ++frames) {
    app::tick(state, now += 0.05);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  EXPECT_FALSE(state.playback.playing);
  EXPECT_EQ(state.cursor().event, 12'000u);
  act(state, Do::PlayPause);  // from the end: once more from the beginning
  app::finish_moving(state);
  EXPECT_TRUE(state.playback.playing);
  EXPECT_EQ(state.cursor().event, 0u);
}

TEST(AppMoving, answers_for_another_event_and_tries_frees_while_a_worker_is_under_way) {
  app::State late = late_state(), at_once = opened(log());
  const std::uint64_t failed = late.failures.front() + 1;
  seek(late, failed);
  app::finish_moving(late);
  seek(at_once, failed);
  act(late, {.what = Do::ScrubTo, .position = {11'500, replay::kAllSteps}});
  EXPECT_EQ(late.stages.front().timeline->run_of(8'000).outcome,
            at_once.stages.front().timeline->run_of(8'000).outcome);
  if (late.moving != nullptr) {
    app::try_frees(late, 0);
    app::try_frees(at_once, 0);
    EXPECT_EQ(late.is_what_if(), at_once.is_what_if());
    if (late.is_what_if()) {
      EXPECT_TRUE(late.shown().census() == at_once.shown().census());
    }
  }
  app::finish_moving(late);
  EXPECT_FALSE(late.is_what_if());
  EXPECT_EQ(late.cursor().event, 11'500u);
}

TEST(AppMoving, is_left_when_another_document_is_opened_or_the_window_closes) {
  app::State state = late_state();
  seek(state, 11'000);
  app::OpenRequest request;
  request.json = kLesson;
  request.name = "lesson.json";
  auto other = app::open_now(request);
  ASSERT_TRUE(other.ok());
  app::adopt(state, std::move(other).value());
  EXPECT_EQ(state.moving, nullptr);
  EXPECT_EQ(state.cursor().event, 0u);
  for (int i = 0; i < 5; ++i) {
    app::State closing = late_state();
    seek(closing, 12'000);
    seek(closing, 1);
    if (i % 2 == 0) closing = {};
  }
}

}  // namespace
