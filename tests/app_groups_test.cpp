// The table of groups as the window keeps it: which events it sums up, how it is brought on, what a click means.
#include <fmt/format.h>

#include "tests/app_support.h"
#include "viz/app/filter.h"
#include "viz/app/group_view.h"

namespace {

using namespace app_test;
using app::Do;
using app::GroupColumn;
using Indices = std::vector<std::uint64_t>;

constexpr std::string_view kGroupedLog = R"({
  "format": "allocviz-trace", "version": 1, "allocators": [{"kind": "buddy", "arena": "4 KiB", "min_block": 64}],
  "sites": [["malloc", "parse", "main"], ["parse", "other"], "say \"hi\""],
  "events": [
    {"op": "alloc", "id": "A", "size": 100, "site": 0},
    {"op": "alloc", "id": "B", "size": 60, "site": 1},
    {"op": "alloc", "id": "C", "size": 300, "site": 2},
    {"op": "free", "id": "A"},
    {"op": "alloc", "id": "D", "size": 9000, "site": 2},
    {"op": "alloc", "id": "E", "size": 10}
  ]})";

struct AppGroups : testing::Test {
  app::State state = opened(kGroupedLog);
  double now = 0;
  AppGroups() {
    act(state, Do::ShowGroups);
    go(6);
  }
  void go(std::uint64_t event) {
    seek(state, event);
    for (int i = 0; i < 3; ++i) app::tick(state, now += 0.1);
    EXPECT_FALSE(app::is_grouping(state));
  }
  std::vector<std::string> labels() {
    std::vector<std::string> out;
    for (const auto& row : state.groups.rows) out.push_back(state.groups.sums->grouping().label(row.group));
    return out;
  }
  void pick(const std::string& label) {
    for (const auto& row : state.groups.rows) {
      if (state.groups.sums->grouping().label(row.group) != label) continue;
      return act(state, {.what = Do::PickGroup, .number = row.group});
    }
    ADD_FAILURE() << "no group " << label;
  }
};

TEST_F(AppGroups, are_of_the_cursor_and_follow_it_back) {
  EXPECT_EQ(labels(), (std::vector<std::string>{"say \"hi\"", "parse", "no call site"}));
  EXPECT_EQ(state.groups.rows[0].live_bytes, 300u);
  EXPECT_EQ(state.groups.rows[0].failures, 1u);
  EXPECT_EQ(state.groups.rows[1].live_bytes, 60u);
  EXPECT_EQ(state.groups.rows[1].allocations, 2u);
  go(2);
  EXPECT_EQ(labels(), (std::vector<std::string>{"parse"}));
  EXPECT_EQ(state.groups.rows[0].live_bytes, 160u);
  go(0);
  EXPECT_TRUE(state.groups.rows.empty());
}

TEST_F(AppGroups, are_told_apart_by_more_frames_on_demand) {
  act(state, Do::NextGroupFrames);
  app::tick(state, now += 1);
  EXPECT_EQ(labels(), (std::vector<std::string>{"say \"hi\"", "parse < other", "no call site", "parse < main"}));
  for (int i = 0; i < 3; ++i) act(state, Do::NextGroupFrames);
  EXPECT_EQ(state.groups.frames, analyze::kWholeStack);
  act(state, Do::NextGroupFrames);
  EXPECT_EQ(state.groups.frames, 1u);
}

TEST_F(AppGroups, a_click_searches_for_a_group_and_another_ends_that) {
  pick("parse");
  EXPECT_EQ(state.filter.text, "site=\"parse\"");
  EXPECT_EQ(state.filter.matches, (Indices{0, 1}));
  EXPECT_TRUE(app::is_found(state, 0));
  pick("parse");
  EXPECT_FALSE(state.filter.active);
  pick("say \"hi\"");
  EXPECT_EQ(state.filter.matches, (Indices{2, 4})) << state.filter.text;
  pick("no call site");
  EXPECT_EQ(state.filter.matches, (Indices{3, 5})) << state.filter.text;
}

TEST_F(AppGroups, every_kind_of_group_is_spelled_as_a_search_that_finds_its_requests) {
  for (const analyze::GroupBy by : {analyze::GroupBy::Site, analyze::GroupBy::Size}) {
    act(state, {.what = Do::SetGroupBy, .number = static_cast<std::uint64_t>(by)});
    app::tick(state, now += 1);
    const auto rows = state.groups.rows;
    ASSERT_FALSE(rows.empty());
    for (const auto& row : rows) {
      const std::string query = app::query_of(state.groups.sums->grouping(), row.group);
      act(state, {.what = Do::SetFilter, .text = query + " alloc"});
      EXPECT_EQ(state.filter.fault, "");
      EXPECT_EQ(state.filter.matches.size(), row.allocations + row.failures) << query;
    }
  }
}

TEST_F(AppGroups, two_cursors_are_compared_whichever_comes_first) {
  go(2);
  act(state, Do::CompareFrom);
  go(6);
  ASSERT_EQ(app::group_columns(state).front(), GroupColumn::Grown);
  ASSERT_EQ(labels(), (std::vector<std::string>{"say \"hi\"", "parse", "no call site"}));
  EXPECT_EQ(app::text_of(state.groups.rows[0], GroupColumn::Grown), "+300 B");
  EXPECT_EQ(app::text_of(state.groups.rows[1], GroupColumn::Grown), "−100 B");
  EXPECT_EQ(state.groups.rows[1].died_bytes(), 100u);
  EXPECT_EQ(state.groups.rows[1].stayed_bytes, 60u);
  act(state, Do::ToggleGroupSums);
  EXPECT_EQ(app::group_columns(state).front(), GroupColumn::LiveBytes);
  act(state, Do::ToggleGroupSums);
  go(1);
  EXPECT_EQ(state.groups.sums->from(), 1u);
  EXPECT_EQ(state.groups.sums->to(), 2u);
  EXPECT_EQ(state.groups.rows[0].born_bytes(), 60u);
  act(state, Do::EndCompare);
  go(6);
  EXPECT_EQ(state.groups.rows[0].live_bytes, 300u);
}

TEST_F(AppGroups, are_sorted_by_a_click_and_turned_round_by_another) {
  act(state, {.what = Do::SortGroups, .number = static_cast<std::uint64_t>(GroupColumn::Allocations)});
  EXPECT_EQ(labels().front(), "parse");
  act(state, {.what = Do::SortGroups, .number = static_cast<std::uint64_t>(GroupColumn::Allocations)});
  EXPECT_NE(labels().front(), "parse");
  act(state, Do::CopyGroups);
  EXPECT_NE(state.to_clipboard.find("live\tblocks\tallocs"), std::string::npos) << state.to_clipboard;
  EXPECT_NE(state.to_clipboard.find("60\t1\t2\t160\t0\t3\tparse\n"), std::string::npos) << state.to_clipboard;
}

TEST_F(AppGroups, fall_back_to_sizes_where_a_log_cannot_say_and_are_made_anew_for_another_log) {
  state = opened(kLesson);
  act(state, Do::ShowGroups);
  state.groups.by = analyze::GroupBy::Thread;  // as it was chosen for another log
  go(3);
  EXPECT_EQ(app::group_by(state), analyze::GroupBy::Size);
  EXPECT_EQ(labels().front(), "129 B … 256 B");
  act(state, {.what = Do::SetAllocator, .spec = spec("buddy:arena=128,min=64")});
  app::tick(state, now += 1);
  ASSERT_FALSE(labels().empty());
  EXPECT_EQ(labels().front(), "65 B … 128 B") << "the smaller arena refuses the 200 B";
}

TEST(AppGroupsLong, are_summed_up_from_frame_to_frame) {
  std::string json = R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size"],
    "allocators": [{"kind": "buddy", "arena": "64 KiB", "min_block": 16}], "events": [)";
  constexpr int kEvents = 1000;
  for (int i = 0; i < kEvents; ++i) json += fmt::format("{}[\"a\",{},16]", i == 0 ? "" : ",", i);
  app::State state = opened(json + "]}");
  act(state, Do::ShowGroups);
  seek(state, kEvents);
  int slices = 0;
  for (; app::is_grouping(state); ++slices) app::group_on(state, 300);
  EXPECT_EQ(slices, 4);
  EXPECT_EQ(state.groups.rows.front().live_blocks, 1000u);
}

double a_millisecond_a_look() {
  static double now_ms = 0;
  return now_ms += 1;
}

TEST(AppGroupsLong, a_frame_sums_up_as_many_portions_as_its_time_holds) {
  std::string json = R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size"],
    "allocators": [{"kind": "buddy", "arena": "1 MiB", "min_block": 16}], "events": [)";
  constexpr std::uint64_t kEvents = 4 * app::kEventsGroupedAtOnce;
  for (std::uint64_t i = 0; i < kEvents; ++i) json += fmt::format("{}[\"a\",{},16]", i == 0 ? "" : ",", i);
  app::State state = opened(json + "]}");
  act(state, Do::ShowGroups);
  seek(state, kEvents);
  int frames = 0;
  for (; app::is_grouping(state); ++frames) app::group_on(state, app::Slice(2, &a_millisecond_a_look));
  EXPECT_EQ(frames, 2);
  EXPECT_EQ(state.groups.rows.front().live_blocks, kEvents);
}

TEST(AppGroupsLong, call_sites_are_labelled_from_frame_to_frame_too) {
  std::string sites, events;
  constexpr int kSites = 1000;
  for (int i = 0; i < kSites; ++i) {
    sites += fmt::format("{}[\"leaf {}\", \"main\"]", i == 0 ? "" : ",", i);
    events += fmt::format("{}[\"a\",{},16,{}]", i == 0 ? "" : ",", i, i);
  }
  app::State state = opened(R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size", "site"],
    "allocators": [{"kind": "buddy", "arena": "64 KiB", "min_block": 16}], "sites": [)" +
                            sites + "], \"events\": [" + events + "]}");
  act(state, Do::ShowGroups);
  seek(state, kSites);
  int portions = 0;
  for (; app::is_grouping(state); ++portions) app::group_on(state, 100 * analyze::Grouping::kSiteCost);
  EXPECT_GE(portions, 10) << "a portion of so much labels a hundred of them";
  EXPECT_EQ(state.groups.rows.size(), 1000u);
  EXPECT_EQ(state.groups.sums->grouping().label(1), "leaf 0");
}

}  // namespace
