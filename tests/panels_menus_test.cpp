// Menus: what they hold, and how mouse and keys go through them.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>

#include "tests/panels_support.h"
#include "viz/app/command.h"

namespace {

using namespace panels_test;

TEST_F(Panels, menus_hold_the_commands) {
  program.click("menu/Go");
  program.click("Go/Last event");
  EXPECT_EQ(event(), 7u);
  program.click("menu/View");
  program.click("View/Light theme");
  EXPECT_EQ(state.settings.theme, 1);
  program.click("menu/Help");
  program.click("Help/Keys and mouse");
  EXPECT_EQ(state.popup, app::Popup::Keys);
  program.key("Escape");
  EXPECT_EQ(state.popup, app::Popup::None);
}

TEST_F(Panels, Escape_closes_an_open_menu_and_nothing_else) {
  program.key("Right");
  app::update(state, {.what = app::Do::Select, .number = 0});
  program.click("menu/File");
  ASSERT_TRUE(program.gui->sees("File/Save"));
  program.key("Escape");
  EXPECT_FALSE(program.gui->sees("File/Save"));
  EXPECT_TRUE(state.selection.offset.has_value()) << "the Escape was the menu's";
  program.key("Escape");
  EXPECT_FALSE(state.selection.offset.has_value());
}

TEST_F(Panels, arrows_go_along_the_rows_of_a_menu_and_from_menu_to_menu) {
  program.click("menu/View");
  program.key("Right");
  program.key("Right");
  ASSERT_TRUE(program.gui->sees("Go/Next event")) << "though the mouse rests on the title View";
  program.gui->frames(3);
  ASSERT_TRUE(program.gui->sees("Go/Next event"));
  EXPECT_EQ(event(), 0u) << "no arrow went through to the events";
  program.key("End");
  program.key("Down");  // from the last row to the first
  program.key("Enter");
  EXPECT_EQ(event(), 1u);
  EXPECT_FALSE(program.gui->sees("Go/Next event"));
  program.key("Right");
  EXPECT_EQ(event(), 2u) << "arrows are the events' again";
}

TEST_F(Panels, a_menu_opened_by_keys_begins_at_its_first_row_and_Escape_leads_back_to_its_title) {
  program.key("Tab");  // File
  program.key("Enter");
  ASSERT_TRUE(program.gui->sees("File/Open..."));
  program.key("Left");  // round to the last one
  ASSERT_TRUE(program.gui->sees("Help/Keys and mouse"));
  program.key("Escape");
  EXPECT_FALSE(program.gui->sees("Help/Keys and mouse"));
  program.key("Enter");
  ASSERT_TRUE(program.gui->sees("Help/Keys and mouse")) << "the title had the focus";
  program.key("Down");
  program.key("Space");
  EXPECT_EQ(state.popup, app::Popup::Keys);
}

TEST_F(Panels, a_menu_within_a_menu_is_opened_and_left_by_keys) {
  state.settings.recent = {"/there/a.jsonl", "/there/b.jsonl"};
  program.click("menu/File");
  program.key("Down");
  program.key("Down");
  program.key("Right");
  program.gui->frames(2);
  ASSERT_TRUE(program.gui->sees("Open recent/a.jsonl"));
  program.key("Left");
  EXPECT_FALSE(program.gui->sees("Open recent/a.jsonl"));
  ASSERT_TRUE(program.gui->sees("File/Save"));
  program.key("Enter");
  program.gui->frames(2);
  program.key("Down");
  program.pressed.clear();
  program.key("Enter");
  EXPECT_EQ(program.pressed, std::vector<app::Do>{app::Do::OpenFile});
}

TEST_F(Panels, a_right_click_on_a_block_asks_what_can_be_done_with_it) {
  for (const char* where : {"buddy tree/block 0x000", "memory map/block 0x000"}) {
    app::update(state, {.what = app::Do::SeekTo, .position = {3, replay::kAllSteps}});
    program.gui->frames(2);
    program.gui->click(where, 1);
    program.gui->frames(3);
    EXPECT_TRUE(state.selection.offset.has_value()) << where;
    ASSERT_TRUE(program.gui->sees("of the block/Pin the selected block")) << where;
    program.click("of the block/Go to where it was made");
    EXPECT_EQ(event(), 1u);
    EXPECT_FALSE(program.gui->sees("of the block/Pin the selected block"));
  }
  program.gui->click("memory map/block 0x000", 1);
  program.gui->frames(3);
  program.key("Escape");
  EXPECT_FALSE(program.gui->sees("of the block/Pin the selected block"));
  EXPECT_TRUE(state.selection.offset.has_value());
}

TEST_F(Panels, a_right_click_on_an_event_goes_there_and_asks_what_can_be_done) {
  program.gui->click("events list/3", 1);
  program.gui->frames(3);
  EXPECT_EQ(event(), 3u);
  ASSERT_TRUE(program.gui->sees("of the event/Range begins at the cursor"));
  program.key("Down");
  program.key("Enter");
  EXPECT_EQ(state.popup, app::Popup::EventText) << "its first row: a mark";
}

TEST_F(Panels, no_menu_lies_under_the_mouse_that_opened_it) {
  const auto below = [&](const char* title) {
    const draw::Rect bar = program.gui->rect_of(std::string("menu/") + title);
    program.click((std::string("menu/") + title).c_str());
    for (const app::CommandInfo& info : app::command_infos()) {
      if (info.menu != title || info.name.find("…") != std::string_view::npos) continue;
      const std::string row = std::string(title) + "/" + std::string(info.name);
      EXPECT_GE(program.gui->rect_of(row).y0, bar.y1) << row << " at " << program.height;
      break;
    }
    program.key("Escape");
  };
  program.size(1280, 800, 13);
  for (const char* title : {"View", "Charts", "Go", "Trace"}) below(title);
  program.size(1280, 420, 13);  // lower than most menus are high: they scroll
  for (const char* title : {"View", "Charts", "Go", "Trace"}) below(title);
}

TEST_F(Panels, the_palette_goes_through_a_logs_processes_and_says_which_one_comes) {
  program.key("Ctrl+Shift+P");
  program.type("next process");
  EXPECT_TRUE(program.gui->sees("commands/Next process of the log: the log is of one process"));
  program.key("Escape");
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("allocviz-palette-" + std::to_string(::getpid()) + ".csv");
  std::ofstream(path) << "pid,op,ptr,size\n11,malloc,0x10,1\n22,malloc,0x10,2\n22,malloc,0x20,3\n";
  act(state, {.what = app::Do::OpenFile, .text = path.string()});
  app::finish_loading(state);
  for (const auto& [typed, row, events] :
       {std::tuple{"next process", "commands/Next process of the log: process 11, 1 event", 1u},
        {"former process", "commands/Back to the former process: process 22, 2 events", 2u}}) {
    program.key("Ctrl+Shift+P");
    program.type(typed);
    EXPECT_TRUE(program.gui->sees(row));
    program.key("Enter");
    app::finish_loading(state);
    EXPECT_EQ(state.timeline().event_count(), events);
  }
  std::filesystem::remove(path);
}

}  // namespace
