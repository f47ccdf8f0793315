// Playing is a function of time passed: no clock, no window.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/app_support.h"
#include "viz/app/cursor.h"
#include "viz/app/playback.h"

namespace {

using namespace app_test;
using app::Do;

int speed_index(double events_a_second) {
  for (std::size_t i = 0; i < app::kSpeeds.size(); ++i) {
    if (app::kSpeeds[i] == events_a_second) return static_cast<int>(i);
  }
  ADD_FAILURE() << "no such speed";
  return 0;
}

std::string long_log(int events) {
  std::string json = R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size"], "events": [)";
  for (int i = 0; i < events; ++i) json += fmt::format("{}[\"a\",{},16]", i == 0 ? "" : ",", i);
  return json + "]}";
}

struct AppPlayback : testing::Test {
  app::State state = opened(kLesson);
  void play(double speed) {
    act(state, Do::PlayPause);
    state.playback.speed_index = speed_index(speed);
  }
};

TEST_F(AppPlayback, speeds_grow_from_half_an_event_a_second) {
  EXPECT_EQ(app::kSpeeds.front(), 0.5);
  EXPECT_GE(app::kSpeeds.back(), 65536);
  for (std::size_t i = 1; i < app::kSpeeds.size(); ++i) EXPECT_GT(app::kSpeeds[i], app::kSpeeds[i - 1]);
  EXPECT_EQ(app::kSpeeds[static_cast<std::size_t>(app::Playback{}.speed_index)], 1);
  EXPECT_EQ(app::speed_text({}), "1×");
}

TEST_F(AppPlayback, nothing_moves_while_paused) {
  app::playback(state, 10);
  EXPECT_EQ(state.cursor().event, 0u);
}

TEST_F(AppPlayback, at_a_low_speed_an_event_takes_its_time_step_by_step) {
  play(1);
  std::vector<std::uint32_t> steps;
  for (int frame = 0; frame < 60; ++frame) {
    app::playback(state, 1.0 / 60);
    ASSERT_LE(state.cursor().event, 1u) << "frame " << frame;
    if (state.cursor().event == 1 && (steps.empty() || steps.back() != state.cursor().step)) {
      steps.push_back(state.cursor().step);
    }
  }
  const std::uint32_t all = state.timeline().step_count();
  ASSERT_GT(all, 2u);
  ASSERT_EQ(steps.size(), all);
  for (std::uint32_t i = 0; i < all; ++i) EXPECT_EQ(steps[i], i + 1);
}

TEST_F(AppPlayback, seven_events_at_two_a_second_take_three_and_a_half_seconds) {
  play(2);
  int frames = 0;
  while (state.playback.playing && frames < 1000) {
    app::playback(state, 1.0 / 60);
    ++frames;
  }
  EXPECT_EQ(state.cursor().event, 7u);
  EXPECT_NEAR(frames, 210, 2);
}

TEST_F(AppPlayback, above_that_it_goes_by_whole_events_at_any_frame_rate) {
  for (const double dt : {1.0 / 30, 1.0 / 60, 1.0 / 144}) {
    state = opened(long_log(5000));
    play(1024);
    double time = 0;
    while (time < 1) {
      app::playback(state, dt);
      time += dt;
      EXPECT_EQ(state.cursor().step, state.timeline().step_count());
    }
    EXPECT_NEAR(static_cast<double>(state.cursor().event), 1024 * time, 1.01) << dt;
  }
}

TEST_F(AppPlayback, a_frame_that_took_long_counts_as_a_short_one) {
  state = opened(long_log(5000));
  play(1024);
  app::playback(state, 3600);
  EXPECT_EQ(state.cursor().event, 256u);
}

TEST_F(AppPlayback, it_stops_at_the_last_event_and_begins_anew_from_there) {
  play(65536);
  app::playback(state, 0.25);
  EXPECT_EQ(state.cursor().event, 7u);
  EXPECT_FALSE(state.playback.playing);
  act(state, Do::PlayPause);
  EXPECT_EQ(state.cursor().event, 0u);
  EXPECT_TRUE(state.playback.playing);
}

TEST_F(AppPlayback, a_step_by_hand_ends_it) {
  play(1);
  act(state, Do::NextEvent);
  EXPECT_FALSE(state.playback.playing);
}

TEST_F(AppPlayback, it_waits_while_somebody_scrubs_and_goes_on_afterwards) {
  play(1);
  act(state, {.what = Do::ScrubTo, .position = {3, replay::kAllSteps}});
  EXPECT_FALSE(state.playback.playing);
  act(state, {.what = Do::ScrubTo, .position = {4, replay::kAllSteps}});
  act(state, Do::EndScrub);
  EXPECT_TRUE(state.playback.playing);
  EXPECT_EQ(state.cursor().event, 4u);
  act(state, Do::PlayPause);
  act(state, {.what = Do::ScrubTo, .position = {2, replay::kAllSteps}});
  act(state, Do::EndScrub);
  EXPECT_FALSE(state.playback.playing);
}

TEST_F(AppPlayback, slower_and_faster_stop_at_the_ends_of_the_scale) {
  for (int i = 0; i < 50; ++i) act(state, Do::Faster);
  EXPECT_EQ(app::kSpeeds[static_cast<std::size_t>(state.playback.speed_index)], app::kSpeeds.back());
  for (int i = 0; i < 50; ++i) act(state, Do::Slower);
  EXPECT_EQ(state.playback.speed_index, 0);
}

TEST_F(AppPlayback, a_tick_plays_by_the_clock_it_is_given) {
  state = opened(long_log(2000));
  play(64);
  app::tick(state, 100.0);
  EXPECT_EQ(state.cursor().event, 0u);
  app::tick(state, 100.125);
  EXPECT_EQ(state.cursor().event, 8u);
  EXPECT_TRUE(app::wants_frame(state));
}

TEST_F(AppPlayback, a_notice_goes_after_a_while) {
  app::tick(state, 1);
  act(state, Do::Undo);
  EXPECT_FALSE(state.notice.empty());
  EXPECT_TRUE(app::wants_frame(state));
  app::tick(state, 2);
  EXPECT_FALSE(state.notice.empty());
  app::tick(state, 1 + app::kNoticeSeconds + 0.1);
  EXPECT_TRUE(state.notice.empty());
  EXPECT_FALSE(app::wants_frame(state));
}

}  // namespace
