// Each command changes what it says it does, and nothing needs a window for that.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/app_support.h"
#include "viz/app/availability.h"
#include "viz/app/cursor.h"
#include "viz/app/inspect.h"
#include "viz/app/sides.h"

namespace {

using namespace app_test;
using app::Do;

struct AppUpdate : testing::Test {
  app::State state = opened(kLesson);
  [[nodiscard]] replay::Position at() const { return state.cursor(); }
  [[nodiscard]] std::uint32_t steps() const { return state.timeline().step_count(); }
};

TEST_F(AppUpdate, a_document_opens_before_its_first_event) {
  EXPECT_EQ(at().event, 0u);
  EXPECT_EQ(app::event_count(state), 7u);
  EXPECT_EQ(state.document.title, "A lesson");
  EXPECT_FALSE(state.document.edited);
  EXPECT_TRUE(state.first_start);
}

TEST_F(AppUpdate, next_event_finishes_the_event_at_the_cursor_before_it_goes_on) {
  act(state, Do::NextEvent);
  EXPECT_EQ(at().event, 1u);
  EXPECT_EQ(at().step, steps());
  EXPECT_GT(steps(), 1u);
  seek(state, 2, 1);
  act(state, Do::NextEvent);
  EXPECT_EQ(at(), (replay::Position{2, steps()}));
  act(state, Do::NextEvent);
  EXPECT_EQ(at().event, 3u);
  EXPECT_FALSE(state.first_start);
}

TEST_F(AppUpdate, previous_event_ends_before_the_event_at_the_cursor) {
  seek(state, 2, 1);
  act(state, Do::PreviousEvent);
  EXPECT_EQ(at().event, 1u);
  EXPECT_EQ(at().step, steps());
  act(state, Do::PreviousEvent);
  act(state, Do::PreviousEvent);
  EXPECT_EQ(at().event, 0u);
}

TEST_F(AppUpdate, steps_walk_through_every_state_forward_and_back_the_same_way) {
  std::vector<replay::Position> forward{at()};
  for (int i = 0; i < 200 && !(at().event == 7 && at().step >= steps()); ++i) {
    act(state, Do::NextStep);
    forward.push_back(at());
  }
  ASSERT_EQ(at().event, 7u);
  EXPECT_GT(forward.size(), 10u);
  for (std::size_t i = forward.size() - 1; i-- > 0;) {
    act(state, Do::PreviousStep);
    EXPECT_EQ(at(), forward[i]) << "step " << i;
  }
}

TEST_F(AppUpdate, first_and_last_go_to_the_ends_and_stay_there) {
  act(state, Do::LastEvent);
  EXPECT_EQ(at().event, 7u);
  act(state, Do::NextEvent);
  act(state, Do::NextStep);
  EXPECT_EQ(at().event, 7u);
  act(state, Do::FirstEvent);
  EXPECT_EQ(at().event, 0u);
  act(state, Do::PreviousStep);
  EXPECT_EQ(at().event, 0u);
}

TEST_F(AppUpdate, failures_are_found_in_both_directions_and_their_end_is_said) {
  EXPECT_EQ(state.failures, (std::vector<std::uint64_t>{4}));
  act(state, Do::NextFailure);
  EXPECT_EQ(at().event, 5u);
  act(state, Do::NextFailure);
  EXPECT_EQ(at().event, 5u);
  EXPECT_FALSE(state.notice.empty());
  act(state, Do::LastEvent);
  act(state, Do::PreviousFailure);
  EXPECT_EQ(at().event, 5u);
  act(state, Do::PreviousFailure);
  EXPECT_EQ(at().event, 5u);
}

TEST_F(AppUpdate, marks_are_found_in_both_directions) {
  act(state, Do::NextMark);
  EXPECT_EQ(at().event, 4u);
  act(state, Do::NextMark);
  EXPECT_EQ(at().event, 7u);
  act(state, Do::NextMark);
  EXPECT_EQ(at().event, 7u);
  act(state, Do::PreviousMark);
  EXPECT_EQ(at().event, 4u);
  act(state, Do::PreviousMark);
  EXPECT_EQ(at().event, 4u);
}

TEST_F(AppUpdate, failures_of_the_log_itself_are_among_the_failures) {
  state = opened(R"({"format": "allocviz-trace", "version": 1, "events": [
    {"op": "alloc", "id": 1, "size": 10}, {"op": "alloc", "size": 99, "ok": false}]})");
  EXPECT_EQ(state.failures, (std::vector<std::uint64_t>{1}));
}

TEST_F(AppUpdate, another_configuration_keeps_the_cursor_at_its_event_and_undo_restores_exactly) {
  seek(state, 3);
  const std::string before = make_up_text(state);
  const replay::Keyframe snapshot = state.timeline().snapshot();
  act(state, {.what = Do::SetAllocator, .spec = spec("buddy:arena=4KiB,min=32")});
  const std::string after = make_up_text(state);
  EXPECT_EQ(at().event, 3u);
  EXPECT_EQ(state.timeline().spec(), spec("buddy:arena=4KiB,min=32"));
  EXPECT_EQ(state.document.trace->header().allocators.at(0), spec("buddy:arena=4KiB,min=32"));
  EXPECT_TRUE(state.document.edited);
  EXPECT_TRUE(state.failures.empty());
  EXPECT_EQ(state.bytes.to, 4096.0);
  act(state, Do::Undo);
  EXPECT_EQ(make_up_text(state), before);
  EXPECT_EQ(state.timeline().snapshot(), snapshot);
  EXPECT_EQ(state.failures, (std::vector<std::uint64_t>{4}));
  act(state, Do::Redo);
  EXPECT_EQ(make_up_text(state), after);
  act(state, Do::Undo);
  EXPECT_EQ(make_up_text(state), before);
  act(state, Do::Undo);
  EXPECT_EQ(make_up_text(state), before);
  EXPECT_EQ(state.notice, "Nothing to undo");
}

TEST_F(AppUpdate, a_configuration_that_cannot_be_is_refused_and_changes_nothing) {
  const std::string before = make_up_text(state);
  trace::AllocatorSpec wrong = spec("buddy:arena=1KiB,min=64");
  wrong.min_block_bytes = 48;
  act(state, {.what = Do::SetAllocator, .spec = wrong});
  EXPECT_EQ(make_up_text(state), before);
  ASSERT_TRUE(state.trouble.has_value());
  EXPECT_EQ(state.trouble->where.field, "min");
  act(state, Do::DismissError);
  EXPECT_FALSE(state.trouble.has_value());
}

TEST_F(AppUpdate, stages_are_added_and_removed_beside_each_other_on_one_cursor) {
  seek(state, 2, 1);
  const std::string before = make_up_text(state);
  act(state, {.what = Do::AddStage, .spec = spec("bump:arena=4KiB")});
  ASSERT_EQ(state.stages.size(), 2u);
  EXPECT_EQ(state.timeline(1).position().event, 2u);
  act(state, Do::NextEvent);
  EXPECT_EQ(state.timeline(1).position().event, state.timeline(0).position().event);
  EXPECT_EQ(state.timeline(1).position().step, state.timeline(1).step_count());
  const std::string two = make_up_text(state);
  act(state, {.what = Do::RemoveStage, .stage = 1});
  EXPECT_EQ(state.stages.size(), 1u);
  act(state, Do::Undo);
  EXPECT_EQ(make_up_text(state), two);
  act(state, Do::Undo);
  EXPECT_EQ(make_up_text(state), before);
  act(state, Do::RemoveStage);
  EXPECT_EQ(state.stages.size(), 1u);
}

TEST_F(AppUpdate, a_log_that_names_no_allocator_says_so_until_one_is_chosen) {
  state = opened(R"({"format": "allocviz-trace", "version": 1, "events": [{"op": "alloc", "id": 1, "size": 100}]})");
  EXPECT_TRUE(state.document.default_spec);
  EXPECT_EQ(state.timeline().spec(), trace::default_spec(100));
  act(state, {.what = Do::SetAllocator, .spec = spec("slab:block=128,count=4")});
  EXPECT_FALSE(state.document.default_spec);
  act(state, Do::Undo);
  EXPECT_TRUE(state.document.default_spec);
  EXPECT_FALSE(state.document.edited);
}

TEST_F(AppUpdate, the_byte_axis_zooms_about_what_is_asked_for_and_never_leaves_the_arena) {
  act(state, {.what = Do::SetView, .value = 256, .value2 = 512});
  act(state, {.what = Do::ZoomIn, .number = 1, .value = 256});
  EXPECT_DOUBLE_EQ(state.bytes.from, 256);
  EXPECT_LT(state.bytes.to, 512);
  act(state, {.what = Do::SetView, .value = -500, .value2 = 100});
  EXPECT_DOUBLE_EQ(state.bytes.from, 0);
  EXPECT_DOUBLE_EQ(state.bytes.to, 600);
  act(state, Do::PanLeft);
  EXPECT_DOUBLE_EQ(state.bytes.from, 0);
  for (int i = 0; i < 50; ++i) act(state, Do::PanRight);
  EXPECT_DOUBLE_EQ(state.bytes.to, 1024);
  for (int i = 0; i < 50; ++i) act(state, Do::ZoomIn);
  EXPECT_GE(state.bytes.to - state.bytes.from, 8);
  for (int i = 0; i < 50; ++i) act(state, Do::ZoomOut);
  EXPECT_DOUBLE_EQ(state.bytes.from, 0);
  EXPECT_DOUBLE_EQ(state.bytes.to, 1024);
}

TEST_F(AppUpdate, fit_shows_the_selected_block_and_then_everything) {
  seek(state, 1);
  act(state, {.what = Do::Select, .number = 10});
  act(state, Do::ZoomFit);
  EXPECT_GT(state.bytes.to, 127);
  EXPECT_LT(state.bytes.to, 1024);
  act(state, Do::ZoomFit);
  EXPECT_DOUBLE_EQ(state.bytes.to, 1024);
}

TEST_F(AppUpdate, the_time_axis_stays_inside_the_events) {
  act(state, {.what = Do::SetTimeView, .value = 3, .value2 = 100});
  EXPECT_LE(state.time.last, 7.0);
  EXPECT_GE(state.time.first, 0.0);
  act(state, Do::ZoomTimeFit);
  EXPECT_DOUBLE_EQ(state.time.first, 0);
  EXPECT_DOUBLE_EQ(state.time.last, 7);
}

TEST_F(AppUpdate, escape_closes_the_popup_first_and_then_clears_the_selection) {
  act(state, {.what = Do::Select, .number = 10});
  act(state, Do::ShowPalette);
  act(state, Do::ClearSelection);
  EXPECT_EQ(state.popup, app::Popup::None);
  EXPECT_TRUE(state.selection.offset.has_value());
  act(state, Do::ClearSelection);
  EXPECT_FALSE(state.selection.offset.has_value());
}

TEST_F(AppUpdate, escape_takes_an_error_away_before_the_selection) {
  act(state, {.what = Do::Select, .number = 10});
  state.trouble = trace::Trouble{"no such file", {}, "choose another"};
  act(state, Do::ClearSelection);
  EXPECT_FALSE(state.trouble.has_value());
  EXPECT_TRUE(state.selection.offset.has_value());
}

TEST_F(AppUpdate, the_list_keeps_the_cursor_in_sight_and_is_otherwise_left_alone) {
  std::string json = R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size"], "events": [)";
  for (int i = 0; i < 1000; ++i) json += fmt::format("{}[\"a\",{},16]", i == 0 ? "" : ",", i);
  state = opened(json + "]}");
  act(state, {.what = Do::ScrollList, .number = 0, .value = 500, .value2 = 20});
  EXPECT_DOUBLE_EQ(state.event_list.top, 500);
  seek(state, 510);
  EXPECT_DOUBLE_EQ(state.event_list.top, 500);
  seek(state, 700);
  EXPECT_GT(state.event_list.top + 20, 700);
  EXPECT_LT(state.event_list.top, 700);
  seek(state, 1);
  EXPECT_DOUBLE_EQ(state.event_list.top, 0);
  act(state, {.what = Do::ScrollList, .number = 0, .value = 1e9, .value2 = 20});
  EXPECT_DOUBLE_EQ(state.event_list.top, 980);
}

TEST_F(AppUpdate, presets_divide_the_window_and_compare_brings_a_second_allocator) {
  act(state, Do::PresetDebug);
  EXPECT_EQ(state.settings.preset, app::Preset::Debug);
  EXPECT_EQ(state.left_tab, app::LeftTab::Failures);
  EXPECT_GT(state.settings.map_height, app::Settings{}.map_height);
  act(state, Do::PresetTeach);
  EXPECT_EQ(state.settings.map_height, app::Settings{}.map_height);
  act(state, Do::PresetCompare);
  EXPECT_FALSE(state.settings.show_left);
  EXPECT_EQ(state.settings.preset, app::Preset::Compare);
  EXPECT_EQ(state.popup, app::Popup::None);
  ASSERT_EQ(state.stages.size(), 2u);
  EXPECT_NE(state.timeline(1).spec().kind, state.timeline(0).spec().kind);
  EXPECT_FALSE(state.notice.empty());
}

TEST_F(AppUpdate, in_a_window_with_room_for_one_side_the_one_asked_for_last_is_there) {
  const auto seen = [this] {
    const app::Sides sides = app::sides_in_sight(state);
    return std::string(sides.left ? "list " : "") + (sides.right ? "event" : "");
  };
  EXPECT_EQ(seen(), "list event");
  state.width_em = 50;
  EXPECT_EQ(seen(), "event") << "it explains the stage";
  act(state, Do::ToggleLeft);
  EXPECT_EQ(seen(), "list ");
  act(state, Do::ToggleRight);
  EXPECT_EQ(seen(), "event");
  act(state, Do::ShowFind);
  EXPECT_EQ(seen(), "list ") << "or nobody saw what is typed";
  act(state, Do::ToggleLeft);
  EXPECT_EQ(seen(), "event") << "hidden, it leaves its room";
  state.width_em = 80;
  EXPECT_EQ(seen(), "event") << "the list was hidden";
  act(state, Do::ToggleLeft);
  EXPECT_EQ(seen(), "list event");
  state.width_em = 30;
  act(state, Do::ToggleLeft);
  EXPECT_EQ(seen(), "");
  EXPECT_FALSE(state.notice.empty()) << "nothing happened, and why";
}

TEST_F(AppUpdate, compare_ends_with_its_second_allocator_and_everything_is_as_before) {
  act(state, Do::PresetDebug);
  act(state, {.what = Do::SetSplit, .number = 2, .value = 0.5});
  act(state, Do::ToggleRight);
  const app::Settings before = state.settings;
  for (const Do end : {Do::Undo, Do::RemoveStage}) {
    act(state, Do::PresetCompare);
    ASSERT_EQ(state.stages.size(), 2u);
    EXPECT_FALSE(state.settings.show_left);
    act(state, {.what = end, .stage = 1});
    EXPECT_EQ(state.stages.size(), 1u);
    EXPECT_EQ(state.settings, before);
  }
}

TEST_F(AppUpdate, compare_is_left_for_another_preset_or_another_document_with_the_list_and_what_happened) {
  const auto again = [] {
    app::OpenRequest request;
    request.json = kLesson;
    request.name = "again.json";
    return app::open_now(request);
  };
  act(state, Do::PresetCompare);
  act(state, Do::PresetTeach);
  EXPECT_TRUE(state.settings.show_left && state.settings.show_right);
  act(state, Do::PresetCompare);
  app::adopt(state, again().value());
  EXPECT_EQ(state.settings.preset, app::Preset::Teach);
  EXPECT_TRUE(state.settings.show_left && state.settings.show_right);
  // As the settings of a former run may have it.
  app::State next;
  next.settings.preset = app::Preset::Compare;
  next.settings.show_left = next.settings.show_right = false;
  app::adopt(next, again().value());
  EXPECT_EQ(next.settings.preset, app::Preset::Teach);
  EXPECT_TRUE(next.settings.show_left && next.settings.show_right);
}

TEST(AppCurves, over_a_bump_allocator_are_chosen_apart_and_show_what_is_reserved) {
  app::State state = opened(kLesson, {spec("bump:arena=1KiB")});
  const auto reserved = static_cast<unsigned>(replay::Curve::Reserved);
  EXPECT_EQ(state.curves() >> reserved & 1u, 1u);
  const app::Settings before = state.settings;
  act(state, {.what = Do::ToggleCurve, .number = reserved});
  EXPECT_EQ(state.curves() >> reserved & 1u, 0u);
  EXPECT_EQ(state.settings.curves, before.curves) << "those over a buddy stay as they are";
  EXPECT_EQ(opened(kLesson).curves() >> reserved & 1u, 0u);
}

TEST_F(AppUpdate, looks_change_what_they_name) {
  act(state, {.what = Do::SetTheme, .number = 1});
  EXPECT_EQ(state.settings.theme, 1);
  act(state, Do::ScaleUp);
  EXPECT_FLOAT_EQ(state.settings.scale, 1.1f);
  act(state, Do::ScaleDown);
  act(state, Do::ScaleDown);
  EXPECT_FLOAT_EQ(state.settings.scale, 0.9f);
  act(state, Do::ScaleReset);
  EXPECT_FLOAT_EQ(state.settings.scale, 1);
  const unsigned curves = state.settings.curves;
  act(state, {.what = Do::ToggleCurve, .number = 2});
  EXPECT_EQ(state.settings.curves, curves ^ 4u);
  act(state, Do::ToggleReduceMotion);
  EXPECT_TRUE(state.settings.reduce_motion);
  act(state, {.what = Do::SetSplit, .number = 1, .value = 0.3});
  EXPECT_FLOAT_EQ(state.settings.right_width, 0.3f);
  act(state, {.what = Do::SetSplit, .number = 0, .value = 7});
  EXPECT_LE(state.settings.left_width, 0.5f);
  act(state, Do::Screenshot);
  EXPECT_EQ(state.screenshot_path, "allocviz-0.png");
  act(state, Do::Slide);
  EXPECT_EQ(state.slide_path, "allocviz-0.svg");
  act(state, Do::Quit);
  EXPECT_TRUE(state.quit);
}

TEST_F(AppUpdate, every_command_of_the_list_is_carried_out_and_leaves_a_document) {
  for (const app::CommandInfo& info : app::command_infos()) {
    app::update(state, app::command_of(state, info));
    EXPECT_FALSE(state.stages.empty()) << info.name;
    state.popup = app::Popup::None;
  }
}

TEST_F(AppUpdate, every_command_has_one_name_and_no_chord_stands_for_two) {
  std::vector<std::string_view> names, keys;
  for (const app::CommandInfo& info : app::command_infos()) {
    EXPECT_FALSE(info.name.empty());
    names.push_back(info.name);
    for (const std::string_view key : {info.key, info.key2}) {
      if (!key.empty()) keys.push_back(key);
    }
  }
  for (auto* list : {&names, &keys}) {
    std::sort(list->begin(), list->end());
    EXPECT_EQ(std::adjacent_find(list->begin(), list->end()), list->end());
  }
}

TEST(AppPosition, is_read_as_it_is_written_by_people) {
  EXPECT_EQ(*app::parse_position("7"), (replay::Position{7, replay::kAllSteps}));
  EXPECT_EQ(*app::parse_position("7.3"), (replay::Position{7, 3}));
  EXPECT_EQ(*app::parse_position("1 234 567"), (replay::Position{1234567, replay::kAllSteps}));
  for (const char* wrong : {"", "x", "-1", "7.", ".3", "7.x", "7.3.1", "99999999999999999999"}) {
    EXPECT_FALSE(app::parse_position(wrong).ok()) << wrong;
  }
}

TEST(AppPalette, finds_commands_by_a_few_letters_the_best_first) {
  EXPECT_EQ(app::palette_matches("nf").front()->what, Do::NextFailure);
  EXPECT_EQ(app::palette_matches("undo").front()->what, Do::Undo);
  EXPECT_EQ(app::palette_matches("goto").front()->what, Do::ShowGoTo);
  EXPECT_TRUE(app::palette_matches("zzzz").empty());
  EXPECT_EQ(app::palette_matches("").size(), app::command_infos().size());
}

}  // namespace
