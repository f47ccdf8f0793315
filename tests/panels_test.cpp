// The window as a person uses it: found on the screen, clicked, typed into; without a display.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "tests/panels_support.h"
#include "tests/support/sanitized.h"
#include "viz/app/loader.h"
#include "viz/app/scenario_list.h"
#include "viz/draw/theme.h"
#include "viz/panels/events_list.h"
#include "viz/panels/panel.h"
#include "viz/panels/window_layout.h"

namespace {

using namespace panels_test;
using app::Do;
using draw::Point;
using draw::Rect;
namespace ui = allocviz::ui;

TEST_F(Panels, a_click_on_an_event_goes_there) {
  program.click("events list/3");
  EXPECT_EQ(event(), 3u);
  program.click("events list/1");
  EXPECT_EQ(event(), 1u);
}

TEST_F(Panels, keys_move_through_events_and_steps) {
  program.key("Right");
  EXPECT_EQ(event(), 1u);
  program.key("F10");
  EXPECT_EQ(event(), 2u);
  program.key("Left");
  EXPECT_EQ(event(), 1u);
  program.key("F11");
  EXPECT_EQ(state.cursor(), (replay::Position{2, 1}));
  program.key("Shift+Right");
  EXPECT_EQ(state.cursor(), (replay::Position{2, 2}));
  program.key("Shift+F11");
  EXPECT_EQ(state.cursor(), (replay::Position{2, 1}));
  program.key("End");
  EXPECT_EQ(event(), 7u);
  program.key("Home");
  EXPECT_EQ(event(), 0u);
  program.key("N");
  EXPECT_EQ(event(), 5u);
  program.key("M");
  EXPECT_EQ(event(), 7u);
  program.key("Shift+M");
  EXPECT_EQ(event(), 4u);
}

TEST_F(Panels, space_plays_and_signs_change_the_speed) {
  const int speed = state.playback.speed_index;
  program.type("+");
  EXPECT_EQ(state.playback.speed_index, speed + 1);
  program.type("-");
  EXPECT_EQ(state.playback.speed_index, speed);
  program.key("Space");
  EXPECT_TRUE(state.playback.playing);
  program.key("Space");
  EXPECT_FALSE(state.playback.playing);
}

TEST_F(Panels, the_transport_buttons_do_what_they_show) {
  program.click("transport/Next event");
  EXPECT_EQ(event(), 1u);
  program.click("transport/Next step");
  EXPECT_EQ(state.cursor(), (replay::Position{2, 1}));
  program.click("transport/Previous step");
  EXPECT_EQ(event(), 1u);
  program.click("transport/Last event");
  EXPECT_EQ(event(), 7u);
  program.click("transport/Previous event");
  EXPECT_EQ(event(), 6u);
  program.click("transport/First event");
  EXPECT_EQ(event(), 0u);
  program.click("transport/Play");
  EXPECT_TRUE(state.playback.playing);
  program.click("transport/Slower");
  EXPECT_EQ(state.playback.speed_index, 0);
}

TEST(Tab, reaches_what_the_mouse_reaches) {
  std::set<std::string> done;
  const auto after = [&done](int tabs, const char* key) {
    Program fresh;
    for (int i = 0; i < tabs; ++i) fresh.gui->key("Tab");
    fresh.key(key);
    fresh.key("Enter");
    const app::State& state = fresh.state;
    if (state.playback.playing) done.insert("play");
    if (state.cursor() == replay::Position{1, 1}) done.insert("step");
    if (state.cursor().event == 7) done.insert("last");
    if (state.playback.speed_index == 2) done.insert("faster");
    if (state.popup == app::Popup::Allocator) done.insert(state.popup_state.stage == 0 ? "configure" : "compare");
    if (state.left_tab == app::LeftTab::Failures) done.insert("failures");
  };
  const std::set<std::string> all{"play", "step", "last", "faster", "configure", "compare", "failures"};
  const int most = test::kSanitized ? 6 : 40;  // frames by the square of it
  for (int tabs = 1; tabs <= most && done != all; ++tabs) {
    after(tabs, "Up");    // a button stays where it is
    after(tabs, "Down");  // rows beside each other are one stop, and an arrow goes on inside
  }
  if (!test::kSanitized) {
    EXPECT_EQ(done, all);
  }
}

TEST_F(Panels, while_the_first_file_is_opened_no_part_speaks_of_what_is_not_there) {
  EXPECT_TRUE(program.gui->sees("events/FAILURES"));
  EXPECT_TRUE(program.gui->sees("document/allocator 1"));
  state.document.placeholder = true;
  program.gui->frames(2);
  EXPECT_FALSE(program.gui->sees("events/FAILURES"));
  EXPECT_FALSE(program.gui->sees("document/allocator 1"));
  EXPECT_TRUE(program.gui->sees("transport/Play"));
}

TEST_F(Panels, of_a_log_of_several_processes_the_file_menu_lists_them_and_shows_another) {
  program.click("File");
  EXPECT_TRUE(program.gui->sees("Open..."));
  EXPECT_FALSE(program.gui->sees("Process")) << "it is a lesson";
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("allocviz-processes-" + std::to_string(::getpid()) + ".csv");
  std::ofstream(path) << "pid,op,ptr,size\n11,malloc,0x10,1\n22,malloc,0x10,2\n22,malloc,0x20,3\n";
  app::update(state, {.what = app::Do::OpenFile, .text = path.string()});
  app::finish_loading(state);
  program.gui->frames(3);
  EXPECT_EQ(state.timeline().event_count(), 2u);
  program.click("Process");
  program.click("11");
  app::finish_loading(state);
  std::filesystem::remove(path);
  EXPECT_EQ(state.timeline().event_count(), 1u);
  EXPECT_EQ(state.document.trace->header().process, 11u);
}

TEST_F(Panels, the_first_keys_are_named_until_the_first_one_is_pressed) {
  EXPECT_TRUE(program.gui->sees("transport/first keys"));
  program.key("Right");
  EXPECT_FALSE(program.gui->sees("transport/first keys"));
}

TEST_F(Panels, a_search_narrows_the_list_and_enter_goes_to_what_was_found) {
  program.key("Ctrl+F");
  program.type("size>150");
  EXPECT_EQ(state.filter.text, "size>150");
  EXPECT_TRUE(program.gui->sees("events list/3"));
  EXPECT_TRUE(program.gui->sees("events list/5"));
  EXPECT_FALSE(program.gui->sees("events list/1"));
  EXPECT_EQ(event(), 0u) << "letters typed into a field are no shortcuts";
  program.key("Enter");
  EXPECT_EQ(event(), 3u);
  program.click("events/clear the search");
  EXPECT_FALSE(state.filter.active);
  EXPECT_TRUE(program.gui->sees("events list/1"));
}

TEST_F(Panels, failures_are_a_list_of_their_own) {
  program.click("events/FAILURES");
  EXPECT_EQ(state.left_tab, app::LeftTab::Failures);
  program.click("failures list/5");
  EXPECT_EQ(event(), 5u);
}

TEST_F(Panels, a_lesson_opens_with_a_click) {
  state.scenarios = app::scenario_list();
  program.click("events/LESSONS");
  ASSERT_FALSE(state.scenarios.empty());
  program.click(("lesson list/" + state.scenarios[1].title).c_str());
  EXPECT_EQ(state.scenario, 1u);
  EXPECT_EQ(state.document.title, state.scenarios[1].title);
}

TEST_F(Panels, what_happened_shows_sentence_note_and_steps_and_a_step_can_be_clicked) {
  program.height = 1500;
  program.gui->resize(program.width, program.height);
  program.key("Right");
  const Rect sentence = program.gui->rect_of("what happened/sentence"), note = program.gui->rect_of("event/note");
  const std::uint32_t steps = state.timeline().step_count();
  EXPECT_LT(sentence.y1, note.y0);
  EXPECT_LE(note.y1, program.gui->rect_of("event/step 1").y0);
  EXPECT_TRUE(program.gui->sees("event/step " + std::to_string(steps)));
  program.gui->wheel(program.gui->middle_of("event/note"), -50);
  program.gui->frames(2);
  for (const std::uint32_t step : {steps - 1, steps - 2}) {
    program.click(("event/step " + std::to_string(step)).c_str());
    EXPECT_EQ(state.cursor(), (replay::Position{1, step}));
  }
}

TEST_F(Panels, the_inspector_leads_to_the_events_of_a_block_and_to_its_buddy) {
  act(state, {.what = Do::SeekTo, .position = {3, replay::kAllSteps}});
  act(state, {.what = Do::Select, .number = 128});
  program.gui->frames(2);
  EXPECT_EQ(program.gui->sees("block/offset"), true);
  const ui::Placed* buddy = nullptr;
  for (const ui::Placed& placed : ui::placed()) {
    if (placed.raw.find("##buddy") != std::string::npos) buddy = &placed;
  }
  ASSERT_NE(buddy, nullptr);
  const Rect rect = buddy->rect;
  program.gui->click_at({(rect.x0 + rect.x1) / 2, (rect.y0 + rect.y1) / 2});
  program.gui->frames(2);
  EXPECT_EQ(state.selection.offset, 192u);
  act(state, {.what = Do::Select, .number = 128});
  program.gui->frames(2);
  program.gui->wheel(program.gui->middle_of("block/offset"), -50);
  program.gui->frames(2);
  program.click("block/event 2");
  EXPECT_EQ(event(), 2u);
}

TEST_F(Panels, an_end_that_the_log_could_not_tell_is_about_an_event) {
  state = opened(R"({"format": "allocviz-trace", "version": 1, "lifetimes": "approximate",
    "allocators": [{"kind": "buddy", "arena": "1 KiB", "min_block": 64}],
    "events": [{"op": "alloc", "id": 1, "size": 50}, {"op": "free", "id": 1}]})");
  act(state, {.what = Do::SeekTo, .position = {1, replay::kAllSteps}});
  act(state, {.what = Do::Select, .number = 0});
  program.gui->frames(2);
  program.gui->wheel(program.gui->middle_of("block/offset"), -50);
  program.gui->frames(2);
  program.click("block/about event 2");
  EXPECT_EQ(event(), 2u);
}

TEST_F(Panels, splitters_move_what_they_divide) {
  const float before = state.settings.left_width;
  const Point at = program.gui->middle_of("window/split left");
  program.gui->drag(at, {at.x + 100, at.y});
  program.gui->frames(2);
  EXPECT_GT(state.settings.left_width, before + 0.05f);
  const Point now = program.gui->middle_of("window/split left");
  EXPECT_NEAR(now.x, at.x + 100, 3);
}

TEST_F(Panels, the_palette_finds_a_command_and_carries_it_out) {
  program.key("Ctrl+Shift+P");
  EXPECT_EQ(state.popup, app::Popup::Palette);
  program.type("last ev");
  program.key("Enter");
  EXPECT_EQ(event(), 7u);
  EXPECT_EQ(state.popup, app::Popup::None);
  program.key("Ctrl+Shift+P");
  program.key("Down");
  EXPECT_EQ(state.popup_state.row, 1u);
  program.key("Escape");
  EXPECT_EQ(state.popup, app::Popup::None);
  EXPECT_FALSE(state.quit);
}

TEST_F(Panels, the_maps_legend_changes_what_is_coloured_by_and_lights_one_entry) {
  act(state, {.what = Do::SeekTo, .position = {3, replay::kAllSteps}});
  program.gui->frames(2);
  program.click("memory map/colour");
  EXPECT_EQ(state.settings.color_by, app::ColorBy::Size);
  EXPECT_TRUE(program.gui->sees("memory map/legend 2"));
  program.click("memory map/legend 2");
  EXPECT_EQ(state.only_color, 1u);
  program.click("memory map/legend 2");
  EXPECT_FALSE(state.only_color);
  program.key("C");
  EXPECT_EQ(state.settings.color_by, app::ColorBy::Age);
}

TEST_F(Panels, go_to_takes_an_event_and_a_step) {
  program.key("Ctrl+G");
  program.type("9x");
  program.key("Enter");
  EXPECT_EQ(event(), 0u);
  EXPECT_EQ(state.popup, app::Popup::GoTo);
  program.key("Ctrl+A");  // what was refused can be typed over at once
  program.type("2.1");
  program.key("Enter");
  EXPECT_EQ(state.cursor(), (replay::Position{2, 1}));
  EXPECT_EQ(state.popup, app::Popup::None);
}

TEST_F(Panels, the_configuration_is_checked_while_it_is_typed_and_undone_by_a_key) {
  program.click("document/allocator 1");
  EXPECT_EQ(state.popup, app::Popup::Allocator);
  EXPECT_FALSE(program.gui->sees("allocator/fault"));
  program.click("allocator/min");
  program.key("Ctrl+A");
  program.type("48");
  EXPECT_TRUE(program.gui->sees("allocator/fault"));
  program.key("Enter");
  EXPECT_EQ(state.timeline().spec(), spec("buddy:arena=1KiB,min=64")) << "what cannot be is not applied";
  program.key("Ctrl+A");
  program.type("32");
  EXPECT_FALSE(program.gui->sees("allocator/fault"));
  program.click("allocator/Apply");
  EXPECT_EQ(state.timeline().spec(), spec("buddy:arena=1KiB,min=32"));
  EXPECT_EQ(state.popup, app::Popup::None);
  program.key("Ctrl+Z");
  EXPECT_EQ(state.timeline().spec(), spec("buddy:arena=1KiB,min=64"));
}

TEST_F(Panels, compare_sets_a_second_allocator_beside_the_first) {
  program.click("document/+ compare");
  EXPECT_EQ(state.popup_state.stage, 1u);
  program.click("allocator/bump");
  program.click("allocator/Add");
  EXPECT_EQ(state.stages.size(), 2u);
  EXPECT_TRUE(program.gui->sees("document/allocator 2"));
}

TEST_F(Panels, a_wheel_pans_with_Shift_or_sideways_and_so_does_the_middle_button) {
  for (const char* where : {"buddy tree/block 0x000", "memory map/block 0x000"}) {
    app::update(state, {.what = app::Do::SetView, .value = 256, .value2 = 512});
    program.gui->frames(2);
    const Rect map = program.gui->rect_of("memory map/map");
    const Rect first = program.gui->rect_of(where);
    const Point at{map.x0 + map.width() / 2, (first.y0 + first.y1) / 2};
    program.gui->wheel(at, 1, 0, true);
    EXPECT_LT(state.bytes.from, 256) << where;
    EXPECT_DOUBLE_EQ(state.bytes.to - state.bytes.from, 256);
    const double before = state.bytes.from;
    program.gui->wheel(at, 0, -1);
    EXPECT_GT(state.bytes.from, before) << "right of it";
    const double here = state.bytes.from;
    program.gui->drag(at, {at.x + 40, at.y}, 2);
    EXPECT_LT(state.bytes.from, here);
    EXPECT_DOUBLE_EQ(state.bytes.to - state.bytes.from, 256);
  }
}

TEST_F(Panels, zoomed_in_the_map_says_where_the_step_touched_something_and_leads_there) {
  program.key("Right");  // A, at 0x000
  EXPECT_FALSE(program.gui->sees("memory map elsewhere/touched"));
  app::update(state, {.what = app::Do::SetView, .value = 512, .value2 = 640});
  program.gui->frames(2);
  EXPECT_TRUE(program.gui->sees("memory map elsewhere/<- touched: 0x000"));
  program.click("memory map elsewhere/<- touched: 0x000");
  EXPECT_EQ(state.bytes.from, 0);
  EXPECT_EQ(state.bytes.to, 128) << "as close as before";
  EXPECT_FALSE(program.gui->sees("memory map elsewhere/touched"));
}

TEST_F(Panels, a_double_click_zooms_to_a_block_and_another_one_back_to_everything) {
  program.key("Right");
  const auto double_click = [&] {
    const Point at = program.gui->middle_of("memory map/block 0x000");
    program.gui->click_at(at);
    EXPECT_EQ(program.pressed.back(), app::Do::Select);
    program.gui->click_at(at);
    program.gui->frames(40);  // the next click is no third one
  };
  const double all = state.bytes.to;
  double_click();
  EXPECT_LT(state.bytes.to, all);
  double_click();
  EXPECT_EQ(state.bytes.to, all);
}

TEST_F(Panels, the_error_bar_says_what_where_and_what_to_do_and_goes_when_dismissed) {
  state.trouble = trace::Trouble{"size is negative", {.file = "a.json", .line = 12, .event = 3}, "write a number"};
  program.gui->frames(2);
  EXPECT_TRUE(program.gui->sees("error/what"));
  const Rect bar = program.gui->rect_of("error/what");
  EXPECT_LT(bar.y1, program.gui->rect_of("transport/Play").y0);
  program.key("Right");
  EXPECT_EQ(event(), 1u) << "the rest goes on";
  program.click("error/dismiss");
  EXPECT_FALSE(state.trouble.has_value());
  EXPECT_FALSE(program.gui->sees("error/what"));
}

TEST_F(Panels, a_side_without_room_beside_the_other_is_a_click_away) {
  program.em = 16;
  program.gui->resize(program.width = 800, program.height = 600);
  program.gui->frames(3);
  ASSERT_FALSE(program.gui->sees("events list/id 1"));
  program.click("transport/event list");
  EXPECT_TRUE(program.gui->sees("events list/id 1"));
  ASSERT_TRUE(program.gui->sees("transport/what happened"));
  program.click("transport/what happened");
  EXPECT_FALSE(program.gui->sees("events list/id 1"));
  program.gui->resize(program.width = 1280, program.height = 800);
  program.gui->frames(3);
  EXPECT_FALSE(program.gui->sees("transport/event list")) << "both are there";
}

TEST_F(Panels, below_the_error_bar_the_charts_stay_and_no_part_comes_that_was_not_there) {
  const auto parts = [this] {
    const panels::Parts& now = program.parts;
    return std::vector<bool>{now.bottom, now.stages.front().map, now.block, now.left, now.right};
  };
  for (const float em : {13.0f, 14.0f, 15.0f, 16.0f, 17.0f}) {
    SCOPED_TRACE(em);
    program.em = em;
    program.gui->resize(program.width = 800, program.height = 600);
    program.gui->frames(3);
    const std::vector<bool> before = parts();
    EXPECT_TRUE(before.front()) << "the charts are there";
    state.trouble = trace::Trouble{"size is negative", {.file = "a.json", .line = 12, .event = 3}, "write a number"};
    program.gui->frames(3);
    ASSERT_TRUE(program.gui->sees("error/what"));
    const std::vector<bool> now = parts();
    EXPECT_TRUE(now.front()) << "they stay";
    for (std::size_t i = 0; i < now.size(); ++i) EXPECT_LE(now[i], before[i]) << "part " << i << " came with the bar";
    state.trouble.reset();
  }
}

TEST_F(Panels, a_window_of_any_size_and_scale_is_drawn) {
  for (const float em : {13.0f, 26.0f}) {
    for (const auto& [width, height] : {std::pair{800.0f, 600.0f}, {1280.0f, 800.0f}, {2560.0f, 1440.0f}}) {
      for (const Do preset : {Do::PresetTeach, Do::PresetDebug}) {
        act(state, preset);
        state.popup = app::Popup::None;
        program.em = em;
        program.width = width;
        program.height = height;
        program.gui->resize(width, height);
        program.gui->frames(3);
        for (const ui::Placed& placed : ui::placed()) {
          if (placed.label.rfind("transport/", 0) != 0) continue;
          EXPECT_GE(placed.rect.x0, 0) << placed.label << " at " << width << ", em " << em;
          EXPECT_LE(placed.rect.y1, height) << placed.label << " at " << width << ", em " << em;
        }
        EXPECT_TRUE(program.gui->sees("transport/Play"));
      }
    }
  }
}

// No part covers another, all stand in the window, and the stage always has room.
TEST_F(Panels, parts_never_overlap) {
  const draw::Theme& theme = draw::theme(draw::ThemeKind::Dark);
  state.trouble = trace::Trouble{"something went wrong", {.file = "a.json"}, "do this"};
  for (float em = 10; em <= 40; em += 6) {
    for (float width = 800; width <= 2560; width += 220) {
      const Rect window{0, 0, width, width * 0.6f};
      std::vector<Rect> rects;
      const panels::Context context{.state = state, .commands = program.commands, .theme = theme, .em = em};
      // Layout measures words, so it needs a frame around it.
      struct InFrame {
        InFrame() { ImGui::NewFrame(); }
        ~InFrame() { ImGui::EndFrame(); }
      } in_frame;
      const panels::Parts parts = panels::layout(context, window);
      rects = {parts.menu, parts.transport, parts.error_rect};
      if (parts.left) rects.push_back(parts.left_rect);
      if (parts.right) rects.push_back(parts.right_rect);
      if (parts.bottom) rects.push_back(parts.bottom_rect);
      for (const panels::StageRects& stage : parts.stages) {
        rects.push_back(stage.stage);
        if (stage.map) rects.push_back(stage.map_rect);
        EXPECT_GE(stage.stage.width(), std::min(18 * em, width - 2 * em)) << em << " " << width;
        EXPECT_GT(stage.stage.height(), std::min(5 * em, width * 0.6f - 12 * em)) << em << " " << width;
      }
      for (std::size_t i = 0; i < rects.size(); ++i) {
        EXPECT_GE(rects[i].x0, 0);
        EXPECT_LE(rects[i].x1, window.x1);
        EXPECT_LE(rects[i].y1, window.y1);
        for (std::size_t k = i + 1; k < rects.size(); ++k) {
          const bool apart = rects[i].x1 <= rects[k].x0 || rects[k].x1 <= rects[i].x0 || rects[i].y1 <= rects[k].y0 ||
                             rects[k].y1 <= rects[i].y0;
          EXPECT_TRUE(apart) << i << " and " << k << ", em " << em << ", width " << width;
        }
      }
    }
  }
}

// A hundred million rows: only what is seen is drawn, to the very last.
struct LongList : testing::Test {
  static constexpr std::uint64_t kRows = 100'000'000;
  app::State state = opened(kLesson);
  app::Commands commands;
  app::ListView view;
  std::vector<std::uint64_t> drawn;
  float height = 400, lowest = 0;  // where the last row ends
  ui_test::Gui gui{[this] { frame(); }, 400, 400};

  void frame() {
    ui::apply_style(draw::theme(draw::ThemeKind::Dark), 13);
    ui::begin_frame();
    ui::begin_region("test", {0, 0, 400, 400});
    drawn.clear();
    panels::RowList list{"rows", app::LeftTab::Events, view, kRows, 20, {}, {}};
    list.draw_row = [this](std::uint64_t row, Rect where) {
      drawn.push_back(row);
      lowest = where.y1;
    };
    panels::row_list({.state = state, .commands = commands, .theme = draw::theme(draw::ThemeKind::Dark), .em = 13},
                     {0, 0, 200, height}, list);
    ui::end_region();
    ui::end_frame();
    for (const app::Command& command : commands.take()) view = {command.value, command.value2};
  }
};

TEST_F(LongList, draws_only_what_is_seen_to_the_very_last_row) {
  gui.frames(3);
  EXPECT_EQ(drawn.front(), 0u);
  EXPECT_LE(drawn.size(), 22u);
  EXPECT_EQ(view.seen, 20);
  view.top = 1e18;
  gui.frames(3);
  EXPECT_EQ(drawn.back(), kRows - 1);
  EXPECT_EQ(drawn.size(), 20u);
  view.top = 54'321'987.4;
  gui.frames(2);
  EXPECT_EQ(drawn.front(), 54'321'987u);
  EXPECT_EQ(drawn.size(), 20u);
}

TEST_F(LongList, shows_rows_whole_where_its_height_is_no_multiple_of_theirs) {
  height = 394;
  gui.frames(3);
  EXPECT_EQ(drawn.size(), 19u);
  view.top = 1e18;
  gui.frames(3);
  EXPECT_EQ(drawn.back(), kRows - 1);
  EXPECT_EQ(drawn.size(), 19u);
  EXPECT_EQ(lowest, 380);
}

TEST_F(LongList, the_wheel_goes_by_rows_and_the_bar_through_all_of_them) {
  gui.frames(3);
  gui.wheel({50, 50}, -2);
  gui.frames(2);
  EXPECT_EQ(drawn.front(), 6u);
  gui.drag({195, 10}, {195, 399});
  gui.frames(2);
  EXPECT_EQ(drawn.back(), kRows - 1);
  gui.drag({195, 380}, {195, 200});
  gui.frames(2);
  EXPECT_NEAR(static_cast<double>(drawn.front()), static_cast<double>(kRows) / 2, static_cast<double>(kRows) / 20);
}

}  // namespace
