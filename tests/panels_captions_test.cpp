// What stands below the stages: a legend where there is no map, and of compared allocators a sentence each and the
// note.
#include <string>
#include <string_view>
#include <vector>

#include "tests/panels_support.h"
#include "viz/app/scenario_list.h"

namespace {

using namespace panels_test;
using app::Do;
using draw::Rect;

struct Captions : Panels {
  void open(std::string_view title) {
    for (const app::Scenario& lesson : app::scenario_list()) {
      if (lesson.title == title) state = opened(lesson.json);
    }
    program.gui->frames(3);
  }
  void go(std::uint64_t event, std::uint32_t step = replay::kAllSteps) {
    seek(state, event, step);
    program.gui->frames(2);
  }
  void size(float width, float height) {
    program.size(width, height, 16);
    program.gui->frames(3);
  }
};

TEST_F(Captions, a_small_window_without_a_map_says_what_the_colours_of_its_stage_mean) {
  size(800, 600);
  act(state, Do::PresetTeach);
  go(3);
  ASSERT_FALSE(program.parts.stages.front().map);
  ASSERT_TRUE(program.gui->sees("legend"));
  const Rect legend = program.gui->rect_of("legend"), stage = program.parts.stages.front().stage;
  EXPECT_GE(legend.y0, stage.y1);
  EXPECT_LE(legend.y1, program.parts.transport.y0);
  size(1280, 800);
  ASSERT_TRUE(program.parts.stages.front().map);
  EXPECT_FALSE(program.gui->sees("legend")) << "the map has it";
}

TEST_F(Captions, of_a_slab_beside_others_what_is_live_and_not_again_how_many_blocks_it_has) {
  size(1280, 800);
  go(2);
  app::Command add;
  add.what = Do::AddStage;
  for (const char* text : {"slab:block=64,count=100000", "bump:arena=64MiB"}) {
    add.spec = spec(text);
    act(state, add);
  }
  act(state, Do::PresetCompare);
  go(2);
  ASSERT_EQ(state.stages.size(), 3u);
  const auto sees = [&](const std::string& start) {
    for (const char* rest : {"", " · list: 99 999", " · list: 99 998", " · list: 100 000"})
      if (program.gui->sees(start + rest)) return true;
    return false;
  };
  const std::string live = trace::count_text(state.timeline(1).census().outstanding) + " live";
  EXPECT_TRUE(sees(live)) << live;
  EXPECT_FALSE(program.gui->sees("100 000 blocks of 64 B"));
}

TEST_F(Captions, of_compared_allocators_each_says_what_it_did_and_the_lesson_has_its_note) {
  size(1280, 800);
  open("Slab beside buddy");
  act(state, Do::PresetCompare);
  ASSERT_EQ(state.stages.size(), 2u);
  go(5);
  const Rect first = program.gui->rect_of("said 1"), second = program.gui->rect_of("said 2");
  EXPECT_EQ(first.x0, program.parts.stages[0].stage.x0);
  EXPECT_EQ(second.x0, program.parts.stages[1].stage.x0);
  EXPECT_EQ(first.y0, second.y0);
  const Rect note = program.gui->rect_of("said note");
  EXPECT_GT(note.y0, first.y1);
  EXPECT_LT(note.y1, program.parts.transport.y0);
  EXPECT_GE(program.parts.stages[0].stage.height(), 14 * program.em) << "the stages keep their height";
  EXPECT_TRUE(program.parts.stages[0].map);
  for (std::uint64_t event = 0; event <= state.timeline().event_count(); ++event) {
    go(event);
    EXPECT_EQ(program.gui->rect_of("said 1").y0, first.y0) << "nothing moves from event to event";
    EXPECT_EQ(program.parts.stages[0].stage.y1, program.parts.stages[1].stage.y1);
  }
  act(state, Do::ToggleRight);
  program.gui->frames(3);
  EXPECT_FALSE(program.gui->sees("said 1")) << "the panel says it";
}

TEST_F(Captions, of_a_log_without_notes_there_is_no_row_for_one) {
  size(1280, 800);
  state = opened(R"({"format": "allocviz-trace", "version": 1, "events": [{"op": "alloc", "id": 1, "size": 100}]})");
  act(state, Do::PresetCompare);
  go(1);
  EXPECT_TRUE(program.gui->sees("said 2"));
  EXPECT_FALSE(program.gui->sees("said note"));
}

TEST_F(Captions, in_a_small_window_the_sentences_stay_and_the_stages_too) {
  size(800, 600);
  open("Slab beside buddy");
  act(state, Do::PresetCompare);
  go(7);
  EXPECT_TRUE(program.gui->sees("said 1"));
  EXPECT_TRUE(program.gui->sees("said 2"));
  for (const panels::StageRects& stage : program.parts.stages) EXPECT_GE(stage.stage.height(), 14 * program.em - 1);
}

TEST_F(Captions, what_just_happened_is_said_whole_where_its_row_has_no_room) {
  size(800, 600);
  open("Slab beside buddy");
  state.notice = "Beside it: buddy 1 KiB / 64 B. Ctrl+Z takes it away again";
  state.noticed_at_s = state.now_s;
  program.gui->frames(1);
  ASSERT_FALSE(state.notice.empty());
  const ui::Placed* said = ui::find(state.notice.c_str());
  ASSERT_NE(said, nullptr);
  EXPECT_GE(said->rect.width(), 20 * program.em);
  EXPECT_GE(said->rect.x0, 0);
  EXPECT_LE(said->rect.x1, 800);
}

}  // namespace
