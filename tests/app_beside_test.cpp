// What is opened while the rest of a long log is still being read: errors lose nothing.
#include "tests/app_opening_support.h"
#include "viz/app/availability.h"
#include "viz/app/processes.h"

namespace {

using namespace app_opening_test;

TEST_F(AppOpening, what_cannot_be_opened_beside_it_does_not_stop_the_reading_of_the_rest) {
  begin(write("long.jsonl", grown_log(5000)));
  const std::uint64_t part = events();
  const std::string noise = write("noise.bin", "\x01\x02\x03 nothing that anybody wrote");
  act(state, {.what = Do::OpenFile, .text = noise});
  EXPECT_TRUE(app::is_reading_rest(state));
  app::finish_loading(state);
  ASSERT_TRUE(state.trouble.has_value());
  EXPECT_EQ(state.trouble->where.file, noise);
  EXPECT_TRUE(app::is_reading_rest(state));
  ASSERT_NE(state.loading, nullptr);
  EXPECT_TRUE(state.loading->shows_first) << "it is the one that Cancel means again";
  EXPECT_EQ(events(), part);
  finish();
  EXPECT_EQ(events(), 5000u);
  EXPECT_FALSE(state.document.first_part);
}

TEST_F(AppOpening, what_is_opened_beside_it_is_cancelled_alone) {
  begin(write("long.jsonl", grown_log(5000)));
  act(state, {.what = Do::OpenFile, .text = write("small.json", grown_log(10))});
  act(state, Do::CancelLoading);
  EXPECT_TRUE(app::is_reading_rest(state));
  finish();
  EXPECT_EQ(events(), 5000u);
}

TEST_F(AppOpening, the_rest_is_taken_over_while_another_file_is_still_being_opened) {
  begin(write("long.jsonl", grown_log(5000)));
  act(state, {.what = Do::OpenFile, .text = write("small.json", grown_log(10))});
  ASSERT_NE(state.rest, nullptr);
  gate->open();
  while (!state.rest->done) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  app::poll_loading(state);
  EXPECT_EQ(events(), 5000u);
  app::finish_loading(state);
  EXPECT_EQ(events(), 10u);
  EXPECT_FALSE(app::is_reading_rest(state));
}

TEST_F(AppOpening, another_document_that_opens_ends_the_reading_of_the_rest) {
  begin(write("long.jsonl", grown_log(5000)));
  act(state, {.what = Do::OpenFile, .text = write("small.json", grown_log(10))});
  app::finish_loading(state);
  EXPECT_EQ(events(), 10u);
  EXPECT_FALSE(app::is_reading_rest(state));
  EXPECT_EQ(state.loading, nullptr);
}

TEST_F(AppOpening, a_logs_processes_are_gone_through_by_commands_that_say_what_they_will_do) {
  std::string text = "pid,op,ptr,size\n";
  for (int i = 0; i < 4000; ++i) text += fmt::format("{},malloc,0x{:x},16\n", i % 4 == 0 ? 11 : 22, 0x1000 + 64 * i);
  for (int i = 0; i < 50; ++i) text += fmt::format("33,malloc,0x{:x},16\n", 0x1000000 + 64 * i);
  const auto process = [&] { return state.document.trace->header().process; };
  const auto effect = [&](Do what) { return app::effect_of(state, app::info_of(what)); };
  const auto go = [&](Do what) {
    act(state, what);
    ASSERT_NE(state.loading, nullptr);
    app::finish_loading(state);
  };
  EXPECT_FALSE(app::is_enabled(state, app::info_of(Do::NextProcess))) << "a lesson is of one";
  begin(write("three.csv", text));
  finish();
  ASSERT_EQ(process(), 22u);
  seek(state, 1234);
  EXPECT_EQ(effect(Do::NextProcess), "process 33, 50 events");
  EXPECT_EQ(effect(Do::PreviousProcess), "process 11, 1 000 events");
  EXPECT_FALSE(app::is_enabled(state, app::info_of(Do::FormerProcess)));
  go(Do::NextProcess);
  EXPECT_EQ(process(), 33u);
  EXPECT_EQ(effect(Do::NextProcess), "process 11, 1 000 events") << "after the last one the first";
  EXPECT_EQ(effect(Do::FormerProcess), "process 22, 3 000 events");
  go(Do::FormerProcess);
  EXPECT_EQ(process(), 22u);
  EXPECT_EQ(state.cursor().event, 1234u) << "where it was left";
  EXPECT_EQ(effect(Do::FormerProcess), "process 33, 50 events") << "there and back";
  go(Do::PreviousProcess);
  EXPECT_EQ(process(), 11u);
  act(state, {.what = Do::OpenFile, .text = write("small.json", grown_log(10))});
  app::finish_loading(state);
  EXPECT_FALSE(app::is_enabled(state, app::info_of(Do::FormerProcess))) << "of another log";
}

}  // namespace
