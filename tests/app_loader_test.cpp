// Opening, saving and starting: what goes wrong keeps the document, and the window never waits.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "tests/app_support.h"
#include "viz/app/scenario_list.h"
#include "viz/app/startup.h"

namespace {

using namespace app_test;
using app::Do;
namespace fs = std::filesystem;

struct AppLoader : testing::Test {
  app::State state = opened(kLesson);
  fs::path folder = fs::temp_directory_path() / fmt::format("allocviz-loader-{}", ::getpid());

  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }

  std::string write(const std::string& name, std::string_view text) {
    const fs::path path = folder / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void open(const std::string& path) {
    act(state, {.what = Do::OpenFile, .text = path});
    ASSERT_NE(state.loading, nullptr);
    app::finish_loading(state);
  }
};

std::string log_of(int events) {
  std::string text = R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size"], "events": [)";
  for (int i = 0; i < events; ++i) text += fmt::format("{}[\"a\",{},{}]\n", i == 0 ? "" : ",", i, 16 + i % 200);
  return text + "]}";
}

TEST_F(AppLoader, a_file_becomes_the_document_when_the_worker_is_done) {
  const std::string path = write("small.json", log_of(10));
  seek(state, 3);
  act(state, {.what = Do::OpenFile, .text = path});
  EXPECT_EQ(state.document.title, "A lesson");
  EXPECT_EQ(state.cursor().event, 3u);
  app::finish_loading(state);
  EXPECT_EQ(state.loading, nullptr);
  EXPECT_EQ(state.document.title, "small.json");
  EXPECT_EQ(state.document.path, path);
  EXPECT_EQ(state.cursor().event, 0u);
  EXPECT_TRUE(state.document.default_spec);
  ASSERT_EQ(state.settings.recent.size(), 1u);
  EXPECT_EQ(state.settings.recent[0], path);
}

TEST_F(AppLoader, ticks_take_over_what_the_worker_finished) {
  act(state, {.what = Do::OpenFile, .text = write("small.json", log_of(10))});
  for (int i = 0; i < 2000 && state.loading != nullptr; ++i) {
    app::tick(state, i * 0.01);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(state.document.title, "small.json");
}

TEST_F(AppLoader, a_file_that_cannot_be_read_keeps_the_document_and_says_why) {
  seek(state, 3);
  const trace::Trace* before = state.document.trace.get();
  const std::string missing = (folder / "missing.json").string();
  for (const std::string& path : {missing, write("wrong.json", R"({"format": "allocviz-trace", "version": 1,
           "events": [{"op": "alloc", "id": 1, "size": -1}]})"),
                                  write("noise.bin", "\x01\x02\x03 nothing that anybody wrote")}) {
    state.trouble.reset();
    open(path);
    ASSERT_TRUE(state.trouble.has_value()) << path;
    EXPECT_EQ(state.trouble->where.file, path);
    EXPECT_FALSE(state.trouble->what.empty());
    EXPECT_EQ(state.document.trace.get(), before);
    EXPECT_EQ(state.cursor().event, 3u);
    EXPECT_TRUE(state.settings.recent.empty());
  }
}

TEST_F(AppLoader, an_allocator_that_cannot_be_made_is_a_trouble_with_the_files_name) {
  app::OpenRequest request;
  request.path = write("log.json", log_of(3));
  request.specs = {spec("buddy:arena=1KiB,min=64")};
  request.specs[0].arena_bytes = 1000;
  const auto result = app::open_now(request);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.trouble().where.file, request.path);
}

TEST_F(AppLoader, cancelling_keeps_the_document_and_does_not_wait) {
  act(state, {.what = Do::OpenFile, .text = write("long.json", log_of(300'000))});
  act(state, Do::CancelLoading);
  EXPECT_EQ(state.loading, nullptr);
  EXPECT_EQ(state.document.title, "A lesson");
  for (int i = 0; i < 10'000 && !state.leaving.empty(); ++i) {
    app::tick(state, i * 0.01);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(state.leaving.empty());
  EXPECT_EQ(state.document.title, "A lesson");
  EXPECT_FALSE(state.trouble.has_value());
}

TEST_F(AppLoader, a_second_file_replaces_the_first_that_is_still_being_opened) {
  act(state, {.what = Do::OpenFile, .text = write("long.json", log_of(300'000))});
  act(state, {.what = Do::OpenFile, .text = write("short.json", log_of(3))});
  app::finish_loading(state);
  EXPECT_EQ(state.document.title, "short.json");
}

TEST_F(AppLoader, the_program_ends_while_a_file_is_being_opened) {
  app::State other = opened(kLesson);
  act(other, {.what = Do::OpenFile, .text = write("long.json", log_of(100'000))});
  act(other, {.what = Do::OpenFile, .text = write("long2.json", log_of(100'000))});
}

TEST_F(AppLoader, a_long_log_is_replayed_anew_on_a_worker_and_undo_waits_for_its_turn) {
  open(write("long.json", log_of(20'000)));
  seek(state, 1234);
  const std::string before = make_up_text(state);
  act(state, {.what = Do::SetAllocator, .spec = spec("buddy:arena=64MiB,min=16")});
  ASSERT_NE(state.loading, nullptr);
  EXPECT_EQ(make_up_text(state), before);
  app::finish_loading(state);
  EXPECT_EQ(state.timeline().spec(), spec("buddy:arena=64MiB,min=16"));
  EXPECT_EQ(state.cursor().event, 1234u);
  act(state, Do::Undo);
  app::finish_loading(state);
  EXPECT_EQ(make_up_text(state), before);
  EXPECT_EQ(state.cursor().event, 1234u);
  EXPECT_EQ(state.history.redo.size(), 1u);
}

TEST_F(AppLoader, saving_writes_what_is_shown_and_the_document_counts_as_saved) {
  open(write("trace.json", kLesson));
  act(state, {.what = Do::SetAllocator, .spec = spec("buddy:arena=4KiB,min=64")});
  EXPECT_TRUE(state.document.edited);
  act(state, Do::Save);
  app::finish_loading(state);
  EXPECT_FALSE(state.document.edited);
  EXPECT_EQ(state.notice, "Saved trace.json");
  act(state, Do::Undo);
  EXPECT_TRUE(state.document.edited);
  open((folder / "trace.json").string());
  EXPECT_EQ(state.timeline().spec(), spec("buddy:arena=4KiB,min=64"));
}

TEST_F(AppLoader, another_programs_log_is_never_overwritten) {
  const std::string text = "= Start\n@ prog:[0x1] + 0x10 0x20\n@ prog:[0x1] - 0x10\n= End\n";
  const std::string path = write("log.mtrace", text);
  open(path);
  act(state, Do::Save);
  EXPECT_EQ(state.popup, app::Popup::SavePath);
  EXPECT_EQ(state.popup_state.text, (folder / "log.json").string());
  EXPECT_EQ(read(path), text);
  act(state, {.what = Do::SaveAs, .text = state.popup_state.text});
  app::finish_loading(state);
  EXPECT_TRUE(fs::exists(folder / "log.json"));
  EXPECT_EQ(state.document.path, (folder / "log.json").string());
}

TEST_F(AppLoader, a_lesson_is_saved_under_a_name_of_its_own_that_ends_as_a_trace_does) {
  act(state, Do::Save);
  EXPECT_EQ(state.popup, app::Popup::SavePath);
  EXPECT_EQ(state.popup_state.text, "a-lesson.json");
  act(state, {.what = Do::SaveAs, .text = (folder / "mine").string()});
  app::finish_loading(state);
  EXPECT_TRUE(fs::exists(folder / "mine.json"));
}

TEST_F(AppLoader, a_folder_that_cannot_be_written_is_a_trouble_and_the_document_stays_edited) {
  act(state, {.what = Do::SetAllocator, .spec = spec("buddy:arena=4KiB,min=64")});
  act(state, {.what = Do::SaveAs, .text = (folder / "no" / "such" / "folder.json").string()});
  app::finish_loading(state);
  EXPECT_TRUE(state.trouble.has_value());
  EXPECT_TRUE(state.document.edited);
}

TEST_F(AppLoader, the_recent_files_are_ten_the_newest_first) {
  for (int i = 0; i < 12; ++i) open(write(fmt::format("{}.json", i), log_of(2)));
  open((folder / "5.json").string());
  ASSERT_EQ(state.settings.recent.size(), 10u);
  EXPECT_EQ(state.settings.recent[0], (folder / "5.json").string());
  EXPECT_EQ(state.settings.recent[1], (folder / "11.json").string());
}

TEST_F(AppLoader, a_recent_file_is_kept_whole_so_that_it_opens_from_any_folder_and_stands_there_once) {
  const std::string path = write("small.json", log_of(2));
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  open("small.json");
  open("./small.json");
  std::filesystem::current_path(before);
  open(path);
  EXPECT_EQ(state.settings.recent, std::vector<std::string>{path});
}

TEST_F(AppLoader, a_document_of_another_name_than_its_file_is_called_by_both) {
  open(write("app.csv", "op,ptr,size\nmalloc,0x10,1\n"));  // a log is named after its file
  EXPECT_EQ(app::title_with_file(state.document), "app.csv");
  const std::string path = (folder / "mine.json").string();
  act(state, {.what = Do::SaveAs, .text = path});
  app::finish_loading(state);
  EXPECT_EQ(app::title_with_file(state.document), "mine.json · app.csv");
  open(path);
  EXPECT_EQ(app::title_with_file(state.document), "mine.json · app.csv");
  open(write("nameless.json", log_of(2)));
  act(state, {.what = Do::SaveAs, .text = path});
  app::finish_loading(state);
  EXPECT_EQ(app::title_with_file(state.document), "mine.json") << "nothing else is its name";
}

TEST(AppStart, opens_the_first_lesson_when_nothing_is_given) {
  auto state = app::start({.remember = false});
  ASSERT_TRUE(state.ok()) << state.trouble().text();
  ASSERT_FALSE(state->scenarios.empty());
  EXPECT_EQ(state->scenario, 0u);
  EXPECT_EQ(state->document.title, state->scenarios[0].title);
  EXPECT_EQ(state->cursor().event, 0u);
  EXPECT_FALSE(state->playback.playing);
  for (std::size_t i = 0; i < state->scenarios.size(); ++i) {
    EXPECT_FALSE(state->scenarios[i].hint.empty()) << i;
    act(*state, {.what = Do::OpenScenario, .number = i});
    EXPECT_FALSE(state->trouble.has_value()) << state->trouble->text();
    EXPECT_EQ(state->document.title, state->scenarios[i].title);
  }
}

TEST(AppStart, takes_position_preset_theme_and_allocators_from_the_command_line) {
  app::Arguments arguments;
  arguments.remember = false;
  arguments.at = "2.1";
  arguments.preset = "debug";
  arguments.theme = "light";
  arguments.allocators = {"buddy:arena=2KiB,min=32", "bump:arena=4KiB"};
  auto state = app::start(arguments);
  ASSERT_TRUE(state.ok()) << state.trouble().text();
  EXPECT_EQ(state->cursor(), (replay::Position{2, 1}));
  EXPECT_EQ(state->settings.preset, app::Preset::Debug);
  EXPECT_EQ(state->settings.theme, 1);
  EXPECT_EQ(state->stages.size(), 2u);
  EXPECT_FALSE(state->document.edited);
}

TEST(AppStart, refuses_arguments_that_mean_nothing) {
  const auto refused = [](app::Arguments arguments) {
    arguments.remember = false;
    return !app::start(arguments).ok();
  };
  EXPECT_TRUE(refused({.at = "x"}));
  EXPECT_TRUE(refused({.preset = "play"}));
  EXPECT_TRUE(refused({.theme = "blue"}));
  EXPECT_TRUE(refused({.allocators = {"buddy:arena=1000,min=48"}}));
  EXPECT_TRUE(refused({.allocators = {"heap"}}));
}

TEST(AppStart, a_file_that_cannot_be_opened_leaves_a_lesson_and_the_reason) {
  for (const bool wait : {true, false}) {
    auto state = app::start({.file = "/nowhere/missing.json", .wait = wait, .remember = false});
    ASSERT_TRUE(state.ok());
    app::finish_loading(*state);
    EXPECT_TRUE(state->trouble.has_value());
    EXPECT_EQ(state->scenario, 0u);
    EXPECT_FALSE(state->document.placeholder);
  }
}

TEST(AppStart, a_real_log_opens_on_the_default_allocator) {
  const std::string path = ALLOCVIZ_SOURCE_DIR "/../shared/traces/perl-wordfreq.mtrace";
  if (!fs::exists(path)) GTEST_SKIP() << path << " is not here";
  auto state = app::start({.file = path, .at = "100", .wait = true, .remember = false});
  ASSERT_TRUE(state.ok());
  ASSERT_FALSE(state->trouble.has_value()) << state->trouble->text();
  EXPECT_TRUE(state->document.default_spec);
  EXPECT_EQ(state->cursor().event, 100u);
  EXPECT_TRUE(state->failures.empty());
}

}  // namespace
