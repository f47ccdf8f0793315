// Searching, the list's own keys and marks, and the table of groups, as they are clicked and typed into.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "tests/panels_support.h"
#include "viz/app/filter.h"
#include "viz/app/group_view.h"

namespace {

using namespace panels_test;
using app::Do;
using draw::Rect;

TEST_F(Panels, Escape_leaves_the_search_as_it_was_typed) {
  program.key("Ctrl+F");
  program.type("size>150");
  program.key("Enter");
  program.key("Ctrl+F");
  program.key("Ctrl+A");
  program.type("free");
  program.key("Escape");
  EXPECT_EQ(state.filter.text, "free");
  program.key("Ctrl+F");
  program.key("Ctrl+A");
  program.key("Delete");
  program.key("Escape");
  EXPECT_EQ(state.filter.text, "") << "not the search before it";
}

TEST_F(Panels, a_search_that_is_none_keeps_the_keyboard_until_it_is_one) {
  program.key("Ctrl+F");
  program.type("size>>");
  program.key("Enter");
  EXPECT_FALSE(state.filter.fault.empty());
  program.type("c");
  EXPECT_EQ(state.filter.text, "size>>c");
  program.key("Ctrl+A");
  program.type("mark");
  program.key("Enter");
  EXPECT_EQ(event(), 4u) << "now it goes to what was found";
  program.type("c");
  EXPECT_EQ(state.filter.text, "mark") << "and letters are keys again";
}

TEST_F(Panels, the_keys_of_a_list_go_along_its_rows) {
  program.key("Down");
  EXPECT_EQ(event(), 1u);
  program.key("Down");
  EXPECT_EQ(event(), 2u);
  program.key("Up");
  EXPECT_EQ(event(), 1u);
  program.key("PageDown");
  EXPECT_EQ(event(), 7u);
  program.key("PageUp");
  EXPECT_EQ(event(), 1u);
  act(state, {.what = Do::SetFilter, .text = "alloc"});
  program.key("Down");
  EXPECT_EQ(event(), 2u);
  program.key("Down");
  program.key("Down");
  EXPECT_EQ(event(), 5u) << "the mark between is no row of it";
  program.key("Up");
  EXPECT_EQ(event(), 3u);
}

TEST_F(Panels, f3_goes_round_what_was_found_in_either_direction) {
  program.key("Ctrl+F");
  program.type("mark");
  program.gui->key("Enter");
  program.gui->frames(2);
  EXPECT_EQ(event(), 4u);
  program.key("F3");
  EXPECT_EQ(event(), 7u);
  program.key("F3");
  EXPECT_EQ(event(), 4u);
  program.key("Shift+F3");
  EXPECT_EQ(event(), 7u);
}

TEST_F(Panels, a_search_can_mark_what_it_finds_in_the_whole_list) {
  act(state, {.what = Do::SetFilter, .text = "size>150"});
  program.gui->frames(2);
  EXPECT_FALSE(program.gui->sees("events list/1"));
  program.click("events/list all");
  EXPECT_TRUE(program.gui->sees("events list/1"));
  EXPECT_TRUE(program.gui->sees("events list/3"));
  EXPECT_TRUE(state.settings.list_all);
  program.click("events/list all");
  EXPECT_FALSE(program.gui->sees("events list/1"));
}

TEST_F(Panels, the_strip_beside_the_scroll_bar_leads_to_a_failure) {
  const Rect strip = program.gui->rect_of("events list/marks");
  program.gui->click_at({(strip.x0 + strip.x1) / 2, strip.y0 + strip.height() * 4.5f / 7});
  program.gui->frames(2);
  EXPECT_EQ(event(), 5u);
}

TEST_F(Panels, tab_completes_what_was_begun_in_the_search_and_else_goes_on) {
  program.key("Ctrl+F");
  program.type("alloc si");
  EXPECT_TRUE(program.gui->sees("events/becomes size>"));
  program.key("Tab");
  EXPECT_EQ(state.filter.text, "alloc size>");
  program.type("150");
  EXPECT_EQ(state.filter.matches, (std::vector<std::uint64_t>{2, 4}));
  program.key("Tab");
  program.type("x");
  EXPECT_EQ(state.filter.text, "alloc size>150") << "the field has lost the keyboard";
}

TEST_F(Panels, what_can_be_searched_is_listed_and_a_click_searches_for_it) {
  program.click("events/what can be searched");
  EXPECT_TRUE(state.search_help);
  EXPECT_TRUE(program.gui->sees("search language/failed"));
  EXPECT_FALSE(program.gui->sees("events list/1"));
  program.click("search language/failed");
  EXPECT_EQ(state.filter.text, "failed");
  EXPECT_TRUE(program.gui->sees("events list/5"));
  act(state, {.what = Do::SetFilter, .text = ""});
  program.key("Ctrl+F");
  EXPECT_TRUE(program.gui->sees("search language/failed")) << "an empty field that is typed into lists it, too";
  program.click("search language/size>4k");
  EXPECT_EQ(state.filter.text, "size>4k");
}

TEST_F(Panels, what_was_found_has_a_lane_in_the_chart_that_leads_there) {
  EXPECT_FALSE(program.gui->sees("timeline/found over time"));
  act(state, {.what = Do::SetFilter, .text = "size>150"});
  program.gui->frames(2);
  const Rect lane = program.gui->rect_of("timeline/found over time");
  EXPECT_GE(lane.y0, program.gui->rect_of("timeline/cursor").y1) << "below the curves, none of which it covers";
  program.gui->click_at({lane.x0 + lane.width() * 5.5f / 8, (lane.y0 + lane.y1) / 2});
  program.gui->frames(2);
  EXPECT_EQ(event(), 5u);
}

TEST_F(Panels, groups_are_a_table_whose_rows_search_and_whose_heads_sort) {
  act(state, {.what = Do::SeekTo, .position = {7, replay::kAllSteps}});
  program.click("events/GROUPS");
  ASSERT_EQ(state.left_tab, app::LeftTab::Groups);
  EXPECT_TRUE(state.groups.fresh);
  ASSERT_EQ(state.groups.rows.size(), 2u) << "main.c:12 parse_header, and no call site";
  const std::uint32_t first = state.groups.rows.front().group;
  program.click(("groups list/group " + std::to_string(first)).c_str());
  EXPECT_EQ(state.filter.text, app::query_of(state.groups.sums->grouping(), first));
  EXPECT_TRUE(state.filter.active);
  EXPECT_TRUE(program.gui->sees("memory map/legend 1")) << "the map says how many are lit";
  program.click("groups/sort 2");
  EXPECT_EQ(state.groups.sort, app::GroupColumn::Allocations);
  program.click("groups/by size");
  EXPECT_EQ(state.groups.by, analyze::GroupBy::Size);
  EXPECT_TRUE(state.groups.fresh);
}

TEST_F(Panels, of_call_sites_without_names_the_table_shows_the_offset_that_tells_them_apart) {
  state = opened(R"({"format": "allocviz-trace", "version": 1,
    "sites": ["/usr/lib/libalongname3.so.0+0xa7504", "/usr/lib/libalongname3.so.0+0xa7588"],
    "events": [{"op": "alloc", "id": "A", "size": 100, "site": 0},
               {"op": "alloc", "id": "B", "size": 60, "site": 1}]})");
  act(state, {.what = Do::SeekTo, .position = {2, replay::kAllSteps}});
  program.click("events/GROUPS");
  ASSERT_EQ(state.groups.rows.size(), 2u);
  for (const float width : {1280.0f, 1000.0f}) {
    program.size(width, 800, 13);
    program.gui->frames(3);
    for (const char* offset : {"+0xa7504", "+0xa7588"}) {
      const auto& placed = ui::placed();
      const auto row = std::find_if(placed.begin(), placed.end(), [&](const ui::Placed& one) {
        return one.raw.find("…") != std::string::npos && one.raw.ends_with(offset);
      });
      ASSERT_NE(row, placed.end()) << offset << " at " << width;
    }
  }
}

TEST_F(Panels, a_key_begins_and_ends_a_comparison_of_groups) {
  act(state, {.what = Do::SeekTo, .position = {2, replay::kAllSteps}});
  program.key("K");
  ASSERT_TRUE(app::is_compared(state));
  program.key("End");
  EXPECT_EQ(state.groups.sums->from(), 2u);
  EXPECT_EQ(state.groups.sums->to(), 7u);
  program.click("groups/sums");
  EXPECT_TRUE(state.groups.sums_of_range);
  program.key("Shift+K");
  EXPECT_FALSE(app::is_compared(state));
}

TEST_F(Panels, the_tabs_fit_the_narrowest_list) {
  state.settings.left_width = 0.05f;
  program.gui->frames(2);
  const Rect last = program.gui->rect_of("events/LESSONS");
  EXPECT_LE(last.x1, program.parts.left_rect.x1);
}

TEST_F(Panels, a_cross_stands_for_how_many_failed_before_other_tabs_are_cut) {
  const auto narrowest_with_all_words = [&](int failures) {
    std::string json = R"({"format": "allocviz-trace", "version": 1, "name": "All refused", "about": "",
      "allocators": [{"kind": "buddy", "arena": "1 KiB", "min_block": 64}], "events": [)";
    for (int id = 0; id < failures; ++id) {
      json += (id == 0 ? "" : ",") + (R"({"op": "alloc", "id": )" + std::to_string(id)) + R"(, "size": 4096})";
    }
    state = opened(json + "]}");
    for (int hundredths = 10; hundredths < 50; ++hundredths) {
      state.settings.left_width = static_cast<float>(hundredths) / 100;
      program.gui->frames(2);
      if (program.gui->sees("events/tab Groups") || program.gui->sees("events/tab GROUPS")) return hundredths;
    }
    return 50;
  };
  const int with_few = narrowest_with_all_words(5);
  EXPECT_LT(with_few, 50);
  EXPECT_LE(narrowest_with_all_words(1500), with_few + 1);
}

}  // namespace
