// The first whole path, driven as a person drives it and without a display: step, seek, open and save.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/import/importer.h"
#include "tests/ui/harness.h"
#include "viz/platform/frame.h"

namespace {

using ui_test::Session;

// A path of this test's own, gone with it.
struct Scratch {
  std::filesystem::path path;
  explicit Scratch(const std::string& name)
      : path(std::filesystem::temp_directory_path() /
             (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" + name)) {}
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

TEST(Session, opens_on_a_lesson_paused_before_its_first_event) {
  Session s;
  EXPECT_EQ(s.cursor().event, 0u);
  EXPECT_FALSE(s.state.playback.playing);
  EXPECT_FALSE(s.state.document.title.empty());
}

TEST(Session, what_happened_is_copied_as_text) {
  Session s;
  s.open_scenario("The first split");
  s.key("Right");
  s.key("F11");
  s.key("Ctrl+C");
  const std::string text = s.clipboard();
  EXPECT_NE(text.find("The first split on buddy:arena=1KiB,min=64"), std::string::npos) << text;
  EXPECT_NE(text.find("event 2 of 6, step 1 of 10"), std::string::npos) << text;
  EXPECT_NE(text.find("> 1. round up: 128 B"), std::string::npos) << text;
  EXPECT_NE(text.find("  2. look: level 3: empty"), std::string::npos) << text;
  s.command({.what = allocviz::app::Do::Select, .number = 0});
  s.key("Ctrl+C");
  EXPECT_NE(s.clipboard().find("Block 0x000 (A): 512 B, live, 512 B requested, 0 B waste"), std::string::npos)
      << s.clipboard();
}

// How often each panel was laid out so far.
struct Layouts {
  std::uint64_t stage = 0, map = 0, chart = 0;
  explicit Layouts(const Session& s) : chart(s.caches.chart.made) {
    const auto found = s.caches.stages.find(0);
    if (found == s.caches.stages.end()) return;
    stage = found->second.buddy.made;
    map = found->second.map.made;
  }
};

TEST(Session, a_frame_lays_out_only_what_changed) {
  Session s;
  s.open_scenario("Coalescing");
  s.key("Right");
  s.settle();
  const Layouts before(s);
  ASSERT_GT(before.stage, 0u);
  ASSERT_GT(before.map, 0u);
  ASSERT_GT(before.chart, 0u);
  s.frames(5);
  const Layouts rested(s);
  EXPECT_EQ(rested.stage, before.stage);
  EXPECT_EQ(rested.map, before.map);
  EXPECT_EQ(rested.chart, before.chart);
  s.key("Right");
  s.settle();
  const Layouts stepped(s);
  EXPECT_EQ(stepped.stage, before.stage + 1);
  EXPECT_EQ(stepped.map, before.map + 1);
  EXPECT_EQ(stepped.chart, before.chart) << "the cursor moves over the chart, which stays";
  s.command({.what = allocviz::app::Do::ToggleCurve, .number = 5});
  const Layouts shown(s);
  EXPECT_EQ(shown.stage, stepped.stage);
  EXPECT_EQ(shown.chart, stepped.chart + 1);
}

TEST(Session, what_the_map_is_coloured_by_is_counted_where_the_cursor_moved_and_not_at_every_zoom) {
  Session s;
  s.open_scenario("Coalescing");
  s.key("Right");
  s.command({.what = allocviz::app::Do::NextColorBy});
  s.settle();
  const auto counted = [&s] { return s.caches.stages.at(0).colors.made; };
  const std::uint64_t before = counted(), drawn = s.caches.stages.at(0).map.made;
  ASSERT_GT(before, 0u);
  s.command({.what = allocviz::app::Do::ZoomIn});
  s.command({.what = allocviz::app::Do::Select, .number = 0});
  s.settle();
  EXPECT_GT(s.caches.stages.at(0).map.made, drawn);
  EXPECT_EQ(counted(), before);
  s.key("Right");
  s.settle();
  EXPECT_GT(counted(), before);
}

TEST(Session, a_slide_is_drawn_beside_the_window_which_stays_as_it_is) {
  Session s;
  s.open_scenario("Coalescing");
  s.key("Right");
  s.settle();
  const auto place = [](const char* label) {
    const allocviz::ui::Placed* placed = allocviz::ui::find(label);
    return placed == nullptr ? allocviz::draw::Rect{} : placed->rect;
  };
  const allocviz::draw::Rect before = place("buddy tree/tree");
  ASSERT_GT(before.width(), 0);
  const std::string svg = allocviz::platform::slide_text(s.state, 16, {});
  EXPECT_NE(svg.find("width=\"1280\" height=\"720\""), std::string::npos) << svg.substr(0, 200);
  for (const char* word : {">level 0<", ">rounding waste<", "Event 1 of"})
    EXPECT_NE(svg.find(word), std::string::npos) << word;
  EXPECT_EQ(svg.find("Memory now"), std::string::npos) << "the stage alone";
  s.frames(2);
  const allocviz::draw::Rect after = place("buddy tree/tree");
  EXPECT_EQ(after.x0, before.x0);
  EXPECT_EQ(after.y1, before.y1);
  s.key("Right");
  EXPECT_EQ(s.cursor().event, 2u);
}

TEST(Session, steps_through_events_and_inside_them_in_both_directions) {
  Session s;
  s.open_scenario("Coalescing");
  s.key("Right");
  EXPECT_EQ(s.cursor().event, 1u);
  EXPECT_EQ(s.cursor().step, s.timeline().step_count());
  const allocviz::replay::Keyframe after_first = s.timeline().snapshot();
  s.key("Right");
  ASSERT_EQ(s.cursor().event, 2u);
  s.key("Shift+Left");
  EXPECT_EQ(s.cursor().event, 2u);
  EXPECT_EQ(s.cursor().step + 1, s.timeline().step_count());
  s.key("Left");
  s.key("Left");
  s.key("Right");
  EXPECT_EQ(s.cursor().event, 1u);
  EXPECT_EQ(s.timeline().snapshot(), after_first) << "stepping back and forth arrives at the same state";
}

TEST(Session, goes_to_the_end_and_back_by_keys_and_buttons) {
  Session s;
  s.open_scenario("Coalescing");
  s.key("End");
  EXPECT_EQ(s.cursor().event, s.timeline().event_count());
  s.key("Home");
  EXPECT_EQ(s.cursor().event, 0u);
  s.key("N");
  EXPECT_EQ(s.timeline().run().outcome.kind, allocviz::replay::OutcomeKind::Failed) << "N leads to the failed request";
}

TEST(Session, opens_a_real_log_and_says_that_it_chose_the_configuration) {
  Session s;
  s.open(ALLOCVIZ_SOURCE_DIR "/tests/data/import/edge.mtrace");
  ASSERT_FALSE(s.state.trouble) << s.state.trouble->text();
  EXPECT_EQ(s.state.document.trace->header().format, "mtrace");
  EXPECT_TRUE(s.state.document.default_spec);
  EXPECT_EQ(s.timeline().event_count(), s.state.document.trace->size());
}

TEST(Session, keeps_the_document_when_a_file_cannot_be_opened) {
  Session s;
  s.open_scenario("Coalescing");
  s.key("Right");
  const auto* before = s.state.document.trace.get();
  s.open("there-is-no-such-file.json");
  ASSERT_TRUE(s.state.trouble);
  EXPECT_NE(s.state.trouble->text().find("there-is-no-such-file.json"), std::string::npos);
  EXPECT_EQ(s.state.document.trace.get(), before);
  EXPECT_EQ(s.cursor().event, 1u);
}

TEST(Session, saves_what_it_opened_and_opens_what_it_saved) {
  const Scratch saved("lesson.json");
  Session s;
  s.open_scenario("Coalescing");
  const std::uint64_t events = s.timeline().event_count();
  const std::string spec = allocviz::trace::to_text(s.timeline().spec());
  allocviz::app::Command save;
  save.what = allocviz::app::Do::SaveAs;
  save.text = saved.path.string();
  s.command(save);
  ASSERT_FALSE(s.state.trouble) << s.state.trouble->text();
  ASSERT_TRUE(std::filesystem::exists(saved.path));
  s.open_scenario(0);
  s.open(saved.path.string());
  ASSERT_FALSE(s.state.trouble) << s.state.trouble->text();
  EXPECT_EQ(s.timeline().event_count(), events);
  EXPECT_EQ(allocviz::trace::to_text(s.timeline().spec()), spec);
}

}  // namespace
