// What is remembered between runs survives damage, and an allocator's configuration survives being typed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/app_support.h"
#include "viz/app/draft.h"
#include "viz/app/names.h"
#include "viz/app/settings.h"
#include "viz/app/startup.h"

namespace {

using namespace app_test;
using app::DraftField;
namespace fs = std::filesystem;

struct AppSettings : testing::Test {
  fs::path folder = fs::temp_directory_path() / fmt::format("allocviz-settings-{}", ::getpid());
  std::string path = (folder / "allocviz" / "settings.json").string();
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }
  static app::Settings unusual() {
    app::Settings settings;
    settings.theme = 1;
    settings.scale = 1.25f;
    settings.reduce_motion = true;
    settings.preset = app::Preset::Debug;
    settings.left_width = 0.25f;
    settings.right_width = 0.125f;
    settings.bottom_height = 0.5f;
    settings.map_height = 0.75f;
    settings.show_left = false;
    settings.show_right = false;
    settings.keep_logs = false;
    settings.window_width = 1920;
    settings.window_height = 1080;
    settings.recent = {"/a/b.json", "/c d/é.mtrace"};
    settings.curves = 0b101;
    settings.bump_curves = 0b11;
    settings.compare_curves = 0b11000000;
    settings.failure_lane = false;
    settings.by_clock = true;
    settings.block_height = 0.3f;
    return settings;
  }
};

TEST_F(AppSettings, come_back_as_they_were_saved) {
  ASSERT_TRUE(app::save_settings(path, unusual()).ok());
  EXPECT_EQ(app::load_settings(path), unusual());
}

TEST_F(AppSettings, cut_at_any_byte_give_something_that_can_be_used) {
  ASSERT_TRUE(app::save_settings(path, unusual()).ok());
  std::ifstream file(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, length);
    EXPECT_EQ(app::load_settings(path), app::Settings{}) << length;
  }
}

TEST_F(AppSettings, a_field_of_the_wrong_kind_or_range_is_passed_by_and_the_others_are_kept) {
  fs::create_directories(folder / "allocviz");
  std::ofstream(path) << R"({"theme": 7, "scale": 99, "reduce_motion": "yes", "preset": "dance", "left_width": -1,
    "window_width": 1e99, "window_height": 900, "recent": [1, null, "", "/kept"], "curves": -4, "unknown": {}})";
  const app::Settings settings = app::load_settings(path);
  app::Settings expected;
  expected.window_height = 900;
  expected.recent = {"/kept"};
  EXPECT_EQ(settings, expected);
  for (const char* text : {"[]", "7", "null", "\"x\"", "\xff\xfe"}) {
    std::ofstream(path, std::ios::trunc) << text;
    EXPECT_EQ(app::load_settings(path), app::Settings{}) << text;
  }
}

TEST_F(AppSettings, a_missing_file_is_no_trouble) {
  EXPECT_EQ(app::load_settings((folder / "none.json").string()), app::Settings{});
}

TEST_F(AppSettings, a_place_that_cannot_be_written_is_said_and_disturbs_nobody) {
  std::ofstream(folder / "allocviz") << "a file where the folder should be";
  EXPECT_FALSE(app::save_settings(path, unusual()).ok());
  app::State state = opened(kLesson);
  state.settings_path = path;
  state.settings.theme = 1;
  app::tick(state, 0);
  app::tick(state, 10);
  EXPECT_FALSE(state.trouble.has_value());
  EXPECT_FALSE(app::wants_frame(state));
}

TEST_F(AppSettings, are_written_once_they_have_rested) {
  app::State state = opened(kLesson);
  state.settings_path = path;
  app::tick(state, 0);
  act(state, {.what = app::Do::SetTheme, .number = 1});
  app::tick(state, 0.1);
  EXPECT_FALSE(fs::exists(path));
  app::tick(state, 0.5);
  EXPECT_FALSE(fs::exists(path));
  app::tick(state, 2);
  EXPECT_EQ(app::load_settings(path).theme, 1);
}

TEST_F(AppSettings, live_where_the_environment_says) {
  ::setenv("XDG_CONFIG_HOME", "/x/config", 1);
  EXPECT_EQ(app::default_settings_path(), "/x/config/allocviz/settings.json");
  ::setenv("XDG_CONFIG_HOME", "relative", 1);
  ::setenv("HOME", "/home/somebody", 1);
  EXPECT_EQ(app::default_settings_path(), "/home/somebody/.config/allocviz/settings.json");
  ::unsetenv("XDG_CONFIG_HOME");
  ::unsetenv("HOME");
  EXPECT_EQ(app::default_settings_path(), "");
}

TEST_F(AppSettings, the_first_keys_are_named_only_where_nothing_is_remembered) {
  const char* before = std::getenv("XDG_CONFIG_HOME");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("XDG_CONFIG_HOME", folder.c_str(), 1);
  auto first = app::start({});
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->first_start);
  ASSERT_EQ(first->settings_path, path);
  ASSERT_TRUE(app::save_settings(path, first->settings).ok());
  auto second = app::start({});
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->first_start);
  if (before != nullptr) {
    ::setenv("XDG_CONFIG_HOME", kept.c_str(), 1);
  } else {
    ::unsetenv("XDG_CONFIG_HOME");
  }
}

TEST(AppDraft, a_configuration_typed_and_read_again_is_the_same) {
  for (const char* text :
       {"buddy:arena=1MiB,min=64", "buddy:arena=1MiB,min=32,block=64KiB,gaps=4096-8192+100000-163850",
        "bump:arena=64KiB", "slab:block=64,count=1024", "buddy:arena=3KiB,min=16,block=1KiB",
        "tiered:arena=64MiB,min=64", "tiered:arena=1MiB,min=128,classes=16+48+96"}) {
    const auto draft = app::draft_of(spec(text));
    const auto back = app::spec_of(draft);
    ASSERT_TRUE(back.ok()) << text << ": " << back.trouble().text();
    EXPECT_EQ(*back, spec(text));
  }
}

TEST(AppDraft, says_which_field_is_wrong_while_it_is_typed) {
  app::Draft draft = app::draft_of(spec("buddy:arena=1MiB,min=64"));
  const auto field = [&](DraftField which, const char* text) {
    app::Draft changed = draft;
    changed[which] = text;
    const auto result = app::spec_of(changed);
    return result.ok() ? std::string("fine") : result.trouble().where.field;
  };
  EXPECT_EQ(field(DraftField::MinBlock, "48"), "min");
  EXPECT_EQ(field(DraftField::MinBlock, ""), "min");
  EXPECT_EQ(field(DraftField::MinBlock, "64 KiB"), "fine");
  EXPECT_EQ(field(DraftField::Arena, "1 Mi"), "arena");
  EXPECT_EQ(field(DraftField::Arena, "1 MiB,min=16"), "arena");
  EXPECT_EQ(field(DraftField::Block, "3 KiB"), "block");
  EXPECT_EQ(field(DraftField::Block, ""), "fine");
  EXPECT_EQ(field(DraftField::Gaps, "4096"), "gaps");
  EXPECT_EQ(field(DraftField::Gaps, "4096-8192"), "fine");
}

TEST(AppDraft, sizes_are_shown_with_their_unit) {
  const app::Draft draft = app::draft_of(spec("tiered:arena=64MiB,min=64,classes=16+48"));
  EXPECT_EQ(draft[DraftField::Arena], "64 MiB");
  EXPECT_EQ(draft[DraftField::MinBlock], "64 B");
  EXPECT_EQ(draft[DraftField::Classes], "16+48");
}

TEST(AppDraft, another_kind_is_valid_at_once_and_about_as_large) {
  for (const char* text :
       {"buddy:arena=1MiB,min=64", "bump:arena=1000", "slab:block=48,count=100", "tiered:arena=64MiB,min=64"}) {
    for (const trace::AllocatorKind kind : app::draft_kinds()) {
      app::Draft draft = app::draft_of(spec(text));
      app::change_kind(draft, kind);
      const auto result = app::spec_of(draft);
      ASSERT_TRUE(result.ok()) << text << " -> " << trace::kind_text(kind) << ": " << result.trouble().text();
      EXPECT_EQ(result->kind, kind);
    }
  }
}

TEST(AppDraft, is_edited_by_commands_and_applied_by_another) {
  app::State state = opened(kLesson);
  act(state, {.what = app::Do::ShowAllocator, .stage = 0});
  EXPECT_EQ(state.popup, app::Popup::Allocator);
  EXPECT_EQ(state.popup_state.draft[DraftField::Arena], "1 KiB");
  act(state, {.what = app::Do::DraftText, .number = 0, .text = "2 KiB"});
  EXPECT_EQ(app::spec_of(state.popup_state.draft)->arena_bytes, 2048u);
  act(state, {.what = app::Do::DraftKind, .number = static_cast<std::uint64_t>(trace::AllocatorKind::Slab)});
  EXPECT_EQ(app::spec_of(state.popup_state.draft)->kind, trace::AllocatorKind::Slab);
}

TEST(AppDraft, says_of_a_comma_what_to_write_instead) {
  app::Draft draft = app::draft_of(spec("buddy:arena=1MiB,min=64"));
  const auto said = [&](DraftField which, const char* text) {
    app::Draft changed = draft;
    changed[which] = text;
    const auto result = app::spec_of(changed);
    return result.ok() ? std::string("fine") : result.trouble().what + "; " + result.trouble().todo;
  };
  EXPECT_EQ(said(DraftField::Arena, "1,024"), "\"1,024\" has a comma; write the digits alone, or 4 KiB, 1 MiB");
  EXPECT_EQ(said(DraftField::Gaps, "0-64,128-192"), "\"0-64,128-192\" has a comma; write several joined by +");
}

TEST(AppDraft, says_what_is_wrong_in_the_words_that_stand_beside_the_fields) {
  const app::Draft draft = app::draft_of(spec("buddy:arena=1MiB,min=64"));
  const auto said = [&](DraftField which, const char* text) {
    app::Draft changed = draft;
    changed[which] = text;
    const auto result = app::spec_of(changed);
    return result.ok() ? std::string("fine") : result.trouble().what + "; " + result.trouble().todo;
  };
  EXPECT_EQ(said(DraftField::MinBlock, "48"),
            "the smallest block is 48 B, which is no power of two; nearest: 32 B or 64 B");
  EXPECT_EQ(said(DraftField::Arena, "0"), "the arena is 0 B; write a size of 1 B or more");
  EXPECT_EQ(said(DraftField::Block, "3 KiB"),
            "the largest block is 3 KiB, which is no power of two; nearest: 2 KiB or 4 KiB");
  EXPECT_EQ(said(DraftField::Gaps, "4096").find("gaps="), std::string::npos) << "the field takes what is behind that";
}

TEST(AppNames, allocators_that_would_be_called_alike_are_told_apart_by_their_number) {
  app::State state = opened(kLesson);
  const trace::AllocatorSpec first = state.timeline().spec();
  EXPECT_EQ(app::title_of_stage(state, 0), trace::to_title(first)) << "alone it needs none";
  app::Command add;
  add.what = app::Do::AddStage;
  add.spec = spec("slab:block=64,count=16");
  act(state, add);
  add.spec = first;
  act(state, add);
  ASSERT_EQ(state.stages.size(), 3u);
  EXPECT_EQ(app::title_of_stage(state, 0), trace::to_title(first) + " (1)");
  EXPECT_EQ(app::title_of_stage(state, 1), "slab 16 × 64 B");
  EXPECT_EQ(app::title_of_stage(state, 2), trace::to_title(first) + " (3)");
}

TEST(AppDraft, what_is_proposed_beside_the_others_is_of_a_kind_that_none_of_them_is) {
  app::State state = opened(kLesson);
  const auto proposed = [&] {
    act(state, app::Do::AddStage);
    return state.popup_state.draft.kind;
  };
  std::vector<trace::AllocatorKind> kinds{trace::AllocatorKind::Buddy};
  for (int i = 0; i < 3; ++i) {
    kinds.push_back(proposed());
    const auto added = app::spec_of(state.popup_state.draft);
    ASSERT_TRUE(added.ok()) << added.trouble().text();
    act(state, {.what = app::Do::AddStage, .spec = *added});
  }
  using enum trace::AllocatorKind;
  EXPECT_EQ(kinds, (std::vector{Buddy, Bump, Tiered, Slab}));
  EXPECT_EQ(proposed(), Bump) << "there is no other kind";
}

}  // namespace
