// What the panels at the right say, and that it can be read: nothing cut, nothing that jumps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "tests/panels_support.h"
#include "tests/support/sanitized.h"
#include "viz/app/names.h"
#include "viz/app/refusals.h"
#include "viz/app/scenario_list.h"
#include "viz/panels/parts.h"

namespace {

using namespace panels_test;
using app::Do;
using draw::Rect;

constexpr float kHair = 1.01f;  // a pixel, for what is rounded

bool whole(const ui::Placed& placed) {
  return placed.seen.y0 <= placed.rect.y0 + kHair && placed.seen.y1 >= placed.rect.y1 - kHair;
}
bool hidden(const ui::Placed& placed) {
  return placed.seen.height() <= kHair;
}

struct Reading : Panels {
  void open(std::string_view json) {
    state = opened(json);
    program.gui->frames(3);
  }
  void go(std::uint64_t event, std::uint32_t step = replay::kAllSteps) {
    seek(state, event, step);
    program.gui->frames(2);
  }
  void size(float width, float height, float em) {
    program.size(width, height, em);
    program.gui->frames(2);
  }
};

std::string_view lesson(std::string_view title) {
  for (const app::Scenario& scenario : app::scenario_list()) {
    if (scenario.title == title) return scenario.json;
  }
  ADD_FAILURE() << "no lesson is called " << title;
  return {};
}

// In every lesson, at every step, on the smallest window lessons are shown on and at double scale.
// Through every event of every lesson; under a sanitizer, where a frame takes a hundred times as long, some of them.
constexpr std::uint64_t kStride = test::kSanitized ? 67 : 1;
constexpr std::uint32_t kSteps = test::kSanitized ? 11 : 1;  // and so of an event's steps

TEST(Ink, of_every_badge_and_warning_reads_at_four_and_a_half_to_one) {
  for (const draw::ThemeKind kind : {draw::ThemeKind::Dark, draw::ThemeKind::Light}) {
    const draw::Theme& theme = draw::theme(kind);
    for (const draw::Color ground : {theme.waste_ground, theme.panel, theme.inset})
      EXPECT_GE(draw::contrast(panels::ink_on(theme, theme.waste, ground), ground), 4.5);
    EXPECT_EQ(panels::ink_on(theme, theme.failed, theme.failed_fill), theme.failed) << "what reads stays as it is";
  }
}

TEST_F(Reading, the_step_at_the_cursor_is_whole_in_sight_and_no_row_is_cut) {
  for (const float em : {13.0f, 26.0f}) {
    size(1280 * em / 13, 800 * em / 13, em);
    for (const app::Scenario& lesson : app::scenario_list()) {
      open(lesson.json);
      for (std::uint64_t event = 1; event <= state.timeline().event_count(); event += kStride) {
        go(event, 0);
        for (std::uint32_t step = 1; step <= state.timeline().step_count(); step += kSteps) {
          go(event, step);
          const std::string where = lesson.title + " at " + std::to_string(event) + "." + std::to_string(step);
          const ui::Placed* row = ui::find("event/step " + std::to_string(step));
          ASSERT_NE(row, nullptr) << where;
          EXPECT_TRUE(whole(*row)) << where << ": " << row->seen.height() << " of " << row->rect.height();
          for (const ui::Placed& placed : ui::placed()) {
            if (placed.label.rfind("event/step ", 0) != 0) continue;
            EXPECT_TRUE(whole(placed) || hidden(placed)) << where << ": " << placed.label << " is cut";
          }
        }
      }
    }
  }
}

TEST_F(Reading, the_sentence_stands_first_and_stays_where_it_is_while_the_steps_scroll) {
  go(1);
  const ui::Placed* sentence = ui::find("what happened/sentence");
  ASSERT_NE(sentence, nullptr);
  const Rect first = sentence->rect;
  EXPECT_TRUE(whole(*sentence));
  EXPECT_LT(first.y1, program.gui->rect_of("event/note").y0);
  for (std::uint32_t step = 1; step <= state.timeline().step_count(); step += kSteps) {
    go(1, step);
    EXPECT_EQ(program.gui->rect_of("what happened/sentence").y0, first.y0) << step;
  }
}

TEST_F(Reading, whoever_scrolls_by_hand_is_left_alone_until_the_cursor_moves) {
  go(1);
  const std::string last = "event/step " + std::to_string(state.timeline().step_count());
  EXPECT_TRUE(whole(*ui::find(last)));
  program.gui->wheel(program.gui->middle_of(last), 50);
  program.gui->frames(3);
  ASSERT_TRUE(hidden(*ui::find(last)));
  EXPECT_TRUE(whole(*ui::find("event/step 1")));
  program.gui->frames(10);
  EXPECT_TRUE(whole(*ui::find("event/step 1")));
  // What another block is told of may move the border below: that is no reason either.
  act(state, {.what = Do::Select, .number = 512});
  program.gui->frames(3);
  EXPECT_TRUE(whole(*ui::find("event/step 1")));
  go(2);
  go(1);
  EXPECT_TRUE(whole(*ui::find(last))) << "the cursor moved";
}

TEST_F(Reading, words_keep_clear_of_the_scroll_bar) {
  go(1);
  const float bar = ImGui::GetStyle().ScrollbarSize;
  EXPECT_LE(program.gui->rect_of("event/note").x1,
            program.parts.event_rect.x1 - std::round(0.35f * program.em) - bar - 1);
}

TEST_F(Reading, once_it_was_moved_by_hand_the_border_between_event_and_block_stays) {
  act(state, {.what = Do::SetSplit, .number = static_cast<std::uint64_t>(app::Split::Block), .value = 0.45});
  program.gui->frames(2);
  const Rect before = program.parts.block_rect;
  float top = 0;
  for (std::uint64_t event = 1; event <= state.timeline().event_count(); ++event) {
    go(event);
    const float now = program.gui->rect_of("window/split block").y0;
    if (event == 1) top = now;
    EXPECT_EQ(now, top) << event;
  }
  const draw::Point at = program.gui->middle_of("window/split block");
  program.gui->drag(at, {at.x, at.y - 60});
  program.gui->frames(2);
  EXPECT_NEAR(program.parts.block_rect.height(), before.height() + 60, 2);
  EXPECT_GT(state.settings.block_height, app::Settings{}.block_height) << "and is remembered";
}

TEST_F(Reading, a_long_title_is_wrapped) {
  state.document.title = "Free neighbours that are not buddies and never will be";
  go(0);
  const Rect title = program.gui->rect_of("event/title");
  float line = 0;
  state.document.title = "Short";
  program.gui->frames(2);
  line = program.gui->rect_of("event/title").height();
  EXPECT_GT(title.height(), 1.9f * line);
}

TEST_F(Reading, where_the_top_line_has_no_room_for_file_and_title_the_title_stands_alone) {
  state.document.title = "Short";
  size(2560, 800, 13);
  const float alone = program.gui->rect_of("document/title").width();
  state.document.path = "/home/me/a-file-of-a-rather-long-name.json";
  program.gui->frames(2);
  const float both = program.gui->rect_of("document/title").width();
  ASSERT_GT(both, 3 * alone);
  bool shorter = false;
  for (float width = 2560; width >= 800; width -= 40) {
    size(width, 800, 13);
    if (!program.gui->sees("document/title")) continue;
    const float now = program.gui->rect_of("document/title").width();
    EXPECT_TRUE(std::abs(now - both) < 1 || std::abs(now - alone) < 1) << now << " at " << width;
    shorter |= now < both - 1;
  }
  EXPECT_TRUE(shorter);
}

TEST_F(Reading, a_request_that_failed_says_what_stands_in_its_way) {
  go(5);
  EXPECT_TRUE(program.gui->sees("block/what stands in the way"));
  EXPECT_FALSE(program.gui->sees("block/offset"));
  act(state, {.what = Do::Select, .number = 0});
  program.gui->frames(2);
  EXPECT_TRUE(program.gui->sees("block/offset")) << "a block that was clicked is what was asked for";
  act(state, Do::ClearSelection);
  go(5, 1);
  EXPECT_FALSE(program.gui->sees("block/what stands in the way")) << "it has not failed yet";
}

TEST_F(Reading, a_place_for_the_block_that_was_wanted_leads_to_who_lives_there) {
  open(lesson("A checkerboard: half is free, and nothing fits"));
  go(13);
  program.click("block/place 0x080");
  EXPECT_EQ(state.selection.offset, 0x080u);
  EXPECT_TRUE(program.gui->sees("block/offset"));
}

TEST_F(Reading, a_failure_leaves_the_sizes_in_their_column) {
  for (const float width : {1000.0f, 1280.0f, 2560.0f}) {
    size(width, 800, 13);
    const float right = program.gui->rect_of("events list/size 1").x1;
    for (const int event : {2, 3, 5}) {
      EXPECT_NEAR(program.gui->rect_of("events list/size " + std::to_string(event)).x1, right, kHair) << width;
    }
    const Rect size = program.gui->rect_of("events list/size 5"), sign = program.gui->rect_of("events list/tag 5");
    EXPECT_TRUE(sign.x1 <= size.x0 || sign.x0 >= size.x1) << "the sign lies over the size at " << width;
  }
}

TEST_F(Reading, the_charts_cursor_stands_on_the_event_at_each_of_its_steps) {
  go(2);
  const Rect there = program.gui->rect_of("timeline/cursor");
  for (std::uint32_t step = 1; step < state.timeline().step_count(); step += kSteps) {
    go(2, step);
    EXPECT_EQ(program.gui->rect_of("timeline/cursor").x0, there.x0) << step;
  }
}

TEST_F(Reading, an_error_says_that_the_document_stays_and_takes_nothing_from_the_stage) {
  const Rect before = program.parts.stages.front().stage, map = program.parts.stages.front().map_rect;
  state.trouble = trace::Trouble{"no such file", {.file = "missing.json"}, "check the name"};
  program.gui->frames(2);
  EXPECT_NEAR(program.parts.stages.front().stage.height(), before.height(), 2);
  EXPECT_NEAR(program.parts.stages.front().map_rect.height(), map.height(), 2);
  bool said = false;
  for (const ui::Placed& placed : ui::placed()) {
    said = said || placed.raw.find("\"" + state.document.title + "\" stays open") != std::string::npos;
  }
  EXPECT_TRUE(said);
}

TEST_F(Reading, a_free_that_was_refused_still_says_what_was_to_be_freed) {
  open(lesson("Freed twice"));
  go(6);
  for (const int event : {4, 5, 6}) {
    const Rect id = program.gui->rect_of("events list/id " + std::to_string(event));
    const Rect tag = program.gui->rect_of("events list/tag " + std::to_string(event));
    EXPECT_GT(id.width(), 2 * program.em) << "0x048 is five signs";
    EXPECT_LE(id.x1, tag.x0) << event;
  }
}

TEST_F(Reading, each_of_several_allocators_has_its_sentence_and_a_failure_names_whose_it_is) {
  open(lesson("Slab beside buddy"));
  size(1280, 1600, 13);
  ASSERT_EQ(state.stages.size(), 2u);
  std::vector<std::string> who;
  for (std::uint64_t event = 1; event <= state.timeline().event_count(); ++event) {
    go(event);
    EXPECT_TRUE(program.gui->sees("event/sentence")) << event;
    EXPECT_TRUE(program.gui->sees("event/sentence 2")) << event;
    if (const std::string name = app::refused_by(state, event - 1); !name.empty()) who.push_back(name);
  }
  EXPECT_EQ(who, (std::vector<std::string>{"buddy 256 B / 64 B", "slab 5 × 48 B", "slab 5 × 48 B"}));
  EXPECT_EQ(app::refusing_kind(state, 4), "buddy");
  EXPECT_EQ(app::refusing_kind(state, 6), "slab");
  EXPECT_EQ(app::refusing_kind(state, 0), "") << "nobody refused it";
}

TEST_F(Reading, which_allocator_refuses_is_not_said_before_a_lesson_that_asks_for_it_is_there) {
  open(lesson("Slab beside buddy"));
  size(1280, 1600, 13);
  const auto said = [](std::string_view what) {
    return std::any_of(ui::placed().begin(), ui::placed().end(),
                       [&](const ui::Placed& one) { return one.raw.find(what) != std::string::npos; });
  };
  go(4);
  EXPECT_EQ(app::refusing_kind(state, 4), "");
  EXPECT_EQ(app::refused_by(state, 4), "");
  EXPECT_EQ(app::refusal_text(state, 4), "go there to see which refuses it");
  const Rect unsaid = program.gui->rect_of("events list/tag 5");
  go(5);
  EXPECT_EQ(app::refusing_kind(state, 4), "buddy");
  EXPECT_NE(program.gui->rect_of("events list/tag 5").width(), unsaid.width()) << "failed; then buddy";
  EXPECT_EQ(app::refusing_kind(state, 6), "") << "that is the next question";
  act(state, app::Do::ShowFailures);
  program.gui->frames(2);
  EXPECT_TRUE(said("buddy 256 B / 64 B: "));
  EXPECT_FALSE(said("slab 5 × 48 B: more than"));
  go(7);
  EXPECT_TRUE(said("slab 5 × 48 B: more than"));
}

TEST_F(Reading, what_was_free_when_a_request_failed_is_not_cut_in_a_narrow_list) {
  act(state, app::Do::ShowFailures);
  const auto said = [](std::string_view what) {
    return std::any_of(ui::placed().begin(), ui::placed().end(),
                       [&](const ui::Placed& one) { return one.raw.find(what) != std::string::npos; });
  };
  size(2560, 800, 13);
  EXPECT_TRUE(said("needs 1 KiB, largest free 512 B"));
  size(1280, 800, 13);
  EXPECT_FALSE(said("needs 1 KiB, largest free 512 B"));
  EXPECT_TRUE(said("largest free 512 B"));
}

TEST_F(Reading, without_a_block_the_figures_of_fragmentation_stand) {
  go(0);
  EXPECT_TRUE(program.gui->sees("block/fragmented"));
  EXPECT_TRUE(program.gui->sees("block/largest"));
  go(4);  // a mark
  EXPECT_TRUE(program.gui->sees("block/fragmented"));
}

TEST_F(Reading, a_figure_of_the_whole_leads_to_its_curve_over_time) {
  const auto draws = [this](replay::Curve curve) { return (state.curves() >> static_cast<unsigned>(curve) & 1) != 0; };
  go(0);
  ASSERT_FALSE(draws(replay::Curve::ExternalFragmentation));
  program.click("block/fragmented");
  EXPECT_TRUE(draws(replay::Curve::ExternalFragmentation));
  program.click("block/fragmented");
  EXPECT_FALSE(draws(replay::Curve::ExternalFragmentation));
  ASSERT_TRUE(draws(replay::Curve::Free));
  program.click("block/free");
  EXPECT_FALSE(draws(replay::Curve::Free));
}

TEST_F(Reading, a_slab_and_a_bump_know_no_fragmentation_to_show) {
  for (const char* title : {"Slab: the order of reuse", "Bump: one survivor"}) {
    open(lesson(title));
    go(0);
    EXPECT_TRUE(program.gui->sees("block/largest")) << title;
    EXPECT_EQ(ui::find("block/fragmented"), nullptr) << title;
  }
}

TEST_F(Reading, the_step_that_failed_is_in_sight_as_soon_as_its_event_is_gone_to) {
  std::size_t failures = 0;
  for (const app::Scenario& lesson : app::scenario_list()) {
    open(lesson.json);
    for (const std::uint64_t index : state.timeline().failures()) {
      const std::uint64_t event = index + 1;
      go(event);
      const auto& steps = state.timeline().run().steps;
      if (steps.empty() || steps.back().kind != alloc::StepKind::Fail || state.stages.size() > 1) continue;
      const ui::Placed* row = ui::find("event/step " + std::to_string(steps.size()));
      ASSERT_NE(row, nullptr) << lesson.title << " at " << event;
      EXPECT_TRUE(whole(*row)) << lesson.title << " at " << event;
      ++failures;
    }
  }
  EXPECT_GT(failures, 4u);
}

// On a low panel, too, and at double scale: what is seen of a note begins with its first line.
TEST_F(Reading, of_a_note_the_beginning_is_seen_or_nothing) {
  std::size_t notes = 0;
  const Rect windows[] = {{0, 0, 800, 600}, {0, 0, 1280, 800}};
  for (const Rect& window : windows) {
    for (const float em : {13.0f, 16.0f}) {
      size(window.x1, window.y1, em);
      for (const app::Scenario& lesson : app::scenario_list()) {
        open(lesson.json);
        for (std::uint64_t event = 1; event <= state.timeline().event_count(); event += kStride) {
          go(event, 0);
          for (std::uint32_t step = 1; step <= std::max(state.timeline().step_count(), 1u); step += kSteps) {
            go(event, step);
            const ui::Placed* note = ui::find("event/note");
            if (note == nullptr || hidden(*note)) continue;
            EXPECT_LE(note->seen.y0, note->rect.y0 + kHair) << lesson.title << " at " << event << '.' << step;
            ++notes;
          }
        }
      }
    }
  }
  EXPECT_GT(notes, test::fewer(100));
}

TEST_F(Reading, of_a_failed_request_the_note_is_seen_below_the_step_that_failed) {
  for (const app::Scenario& lesson : app::scenario_list()) {
    open(lesson.json);
    for (const std::uint64_t index : state.timeline().failures()) {
      const std::uint64_t event = index + 1;
      go(event);
      const auto& steps = state.timeline().run().steps;
      if (steps.empty() || steps.back().kind != alloc::StepKind::Fail || state.stages.size() > 1) continue;
      if (state.document.trace->note(event - 1) == nullptr) continue;
      const ui::Placed* note = ui::find("event/note");
      ASSERT_NE(note, nullptr) << lesson.title << " at " << event;
      EXPECT_FALSE(hidden(*note)) << lesson.title << " at " << event;
      EXPECT_GE(note->rect.y0, ui::find("event/step " + std::to_string(steps.size()))->rect.y1);
    }
  }
}

TEST_F(Reading, a_link_too_long_for_its_line_ends_within_the_panel_and_its_size_and_age_lead_somewhere) {
  open(lesson("Coalescing all the way up"));
  size(1280, 1500, 16);
  go(10);  // free A: its buddy is split
  const ui::Placed* buddy = ui::find("block/buddy");
  ASSERT_NE(buddy, nullptr);
  EXPECT_LE(buddy->rect.x1, program.parts.block_rect.x1);
  go(7);
  act(state, {.what = Do::Select, .number = 0});
  program.gui->frames(2);
  program.click("block/block");
  EXPECT_EQ(event(), 1u) << "A's block is what event 1 asked for";
  go(7);
  program.click("block/age");
  EXPECT_EQ(event(), 1u);
}

TEST_F(Reading, waste_is_in_sight_without_scrolling) {
  open(lesson("Rounding waste"));
  go(1);
  const ui::Placed* requested = ui::find("block/requested");
  ASSERT_NE(requested, nullptr);
  EXPECT_TRUE(whole(*requested));
}

TEST_F(Reading, of_a_sentence_the_first_lines_stand_while_one_steps) {
  for (const app::Scenario& lesson : app::scenario_list()) {
    open(lesson.json);
    for (std::uint64_t event = 1; event <= state.timeline().event_count(); event += kStride) {
      go(event, 0);
      if (state.document.trace->op(event - 1) == trace::Op::Mark) continue;
      for (std::uint32_t step = 1; step <= state.timeline().step_count(); step += kSteps) {
        go(event, step);
        const ui::Placed* sentence = ui::find("what happened/sentence");
        if (state.stages.size() == 1) {
          ASSERT_NE(sentence, nullptr) << lesson.title << " at " << event << '.' << step;
          EXPECT_TRUE(whole(*sentence)) << lesson.title << " at " << event << '.' << step;
        }
      }
    }
  }
}

TEST_F(Reading, where_allocators_are_compared_a_lessons_note_is_not_lost_below_their_sentences) {
  open(lesson("Slab beside buddy"));
  std::size_t notes = 0;
  for (std::uint64_t event = 1; event <= state.timeline().event_count(); ++event) {
    if (state.document.trace->note(event - 1) == nullptr) continue;
    go(event);
    const ui::Placed* note = ui::find("event/note");
    ASSERT_NE(note, nullptr) << event;
    EXPECT_LE(note->seen.y0, note->rect.y0 + kHair) << "event " << event << ": it does not begin in sight";
    EXPECT_FALSE(hidden(*note)) << event;
    ++notes;
  }
  EXPECT_GT(notes, 3u);
}

// Whoever has a narrow window, or large type in it.
TEST_F(Reading, at_any_width_the_configuration_is_whole_and_every_menu_within_reach) {
  open(lesson("The first split"));
  go(4);
  for (float width = 1280; width >= 400; width -= test::kSanitized ? 80 : 20) {
    SCOPED_TRACE(width);
    size(width, 600, 13);
    const ui::Placed* chip = ui::find("document/allocator 1");
    ASSERT_NE(chip, nullptr);
    EXPECT_LE(chip->rect.x1, width);
    const Rect place = chip->rect;
    EXPECT_GE(place.width(), 18 * 7 + std::floor(3.2f * 13))
        << "18 letters, 7 pixels each, and what stands around them";
    const bool folded = program.gui->sees("menu/Menu");
    EXPECT_TRUE(width < 600 ? folded || width > 440 : !folded) << folded;
    if (folded) program.click("menu/Menu");
    for (const char* name : {"File", "View", "Charts", "Trace", "Allocator", "Help"}) {
      const ui::Placed* menu = ui::find(name);
      ASSERT_NE(menu, nullptr) << name;
      EXPECT_LE(menu->rect.x1, width) << name;
      EXPECT_TRUE(folded || menu->rect.x1 <= place.x0) << name;
    }
    if (folded) program.gui->click_at({width / 2, 500});  // closes it
    program.gui->frames(2);
  }
}

TEST_F(Reading, each_of_three_configurations_stays_within_reach_on_a_small_window) {
  open(lesson("The first split"));
  for (const char* text : {"bump:arena=4KiB", "buddy:arena=64KiB,min=64"}) {
    act(state, {.what = app::Do::AddStage, .spec = *trace::parse_spec(text)});
  }
  ASSERT_EQ(state.stages.size(), 3u);
  for (const float width : {1280.0f, 1000.0f, 800.0f, 640.0f}) {
    size(width, 600, 13);
    float right = 0;
    for (const char* name : {"document/allocator 1", "document/allocator 2", "document/allocator 3"}) {
      const ui::Placed* chip = ui::find(name);
      ASSERT_NE(chip, nullptr) << name << " at " << width;
      EXPECT_GE(chip->rect.x0, right) << name << " at " << width;
      right = chip->rect.x1;
    }
  }
}

TEST_F(Reading, what_stands_in_the_bar_below_the_stage_does_not_overlap_however_narrow_it_is) {
  open(lesson("The first split"));
  go(4);
  for (float width = 1280; width >= 320; width -= 40) {
    size(width, 600, 13);
    const Rect position = program.gui->rect_of("transport/position");
    EXPECT_LE(program.gui->rect_of("transport/Next event").x1, position.x0) << width;
    EXPECT_LE(position.x1, width);
    const ui::Placed* speed = ui::find("transport/Slower");
    EXPECT_TRUE(speed == nullptr || position.x1 <= speed->rect.x0) << width;
  }
  EXPECT_FALSE(program.gui->sees("transport/Slower"));
  EXPECT_FALSE(program.gui->sees("transport/First event"));
  EXPECT_TRUE(program.gui->sees("transport/Next event"));
}

constexpr std::uint64_t kMarksStride = test::kSanitized ? 7 : 1;

TEST_F(Reading, the_handle_of_the_cursor_covers_no_marks_name) {
  std::size_t marks = 0;
  for (const app::Scenario& lesson : app::scenario_list()) {
    open(lesson.json);
    for (std::uint64_t event = 0; event <= state.timeline().event_count(); event += kMarksStride) {
      go(event);
      const Rect handle = program.gui->rect_of("timeline/handle");
      for (const ui::Placed& placed : ui::placed()) {
        if (placed.label.rfind("timeline/mark", 0) != 0) continue;
        ++marks;
        const Rect& name = placed.rect;
        if (std::abs((handle.x0 + handle.x1) / 2 - name.x0) <= 1) continue;  // on its own flag, before the name
        const bool apart = handle.x1 <= name.x0 || handle.x0 >= name.x1 || handle.y0 >= name.y1 - kHair;
        EXPECT_TRUE(apart) << lesson.title << " at " << event << ": " << placed.label;
      }
    }
  }
  EXPECT_GT(marks, 20u);
}

TEST_F(Reading, figures_of_the_whole_lead_to_what_they_count) {
  open(lesson("Rounding waste"));
  go(0);
  EXPECT_FALSE(program.gui->sees("block/0 B in 0 blocks")) << "nothing lives: it leads nowhere";
  program.click("block/largest");
  EXPECT_EQ(state.selection.offset, 0u);
  EXPECT_TRUE(program.gui->sees("inspector/block/free") || program.gui->sees("block/0x000 … 0x3ff"));
  act(state, Do::ClearSelection);
  go(7);  // a mark: no block is touched
  program.click("block/516 B in 5 blocks");
  EXPECT_EQ(state.filter.text, "live");
  EXPECT_EQ(state.left_tab, app::LeftTab::Events);
  program.click("block/508 B (50 %)");
  ASSERT_TRUE(state.selection.offset);
  const replay::Block* most = state.timeline().census().block_at(*state.selection.offset);
  ASSERT_NE(most, nullptr);
  EXPECT_EQ(most->size - most->requested, 255u) << "257 B stand in a block of 512 B";
}

TEST_F(Reading, memory_now_is_whole_in_sight_on_a_window_of_1280_by_800) {
  open(lesson("Rounding waste"));
  go(8);
  for (const char* key : {"block/waste", "block/free", "block/1 KiB", "block/fragmented"}) {
    const ui::Placed* line = ui::find(key);
    ASSERT_NE(line, nullptr) << key;
    EXPECT_TRUE(whole(*line)) << key;
  }
}

TEST_F(Reading, a_note_without_room_beside_the_step_is_read_on_from_the_steps) {
  open(lesson("Bump: one survivor"));
  size(800, 440, 13);
  std::size_t below = 0;
  for (std::uint64_t event = 1; event <= state.timeline().event_count(); ++event) {
    if (state.document.trace->note(event - 1) == nullptr || state.document.trace->op(event - 1) == trace::Op::Mark)
      continue;
    go(event, 0);
    for (std::uint32_t step = 1; step < state.timeline().step_count(); step += kSteps) {
      go(event, step);
      const ui::Placed* row = ui::find("event/step " + std::to_string(step));
      const ui::Placed* note = ui::find("event/note");
      ASSERT_TRUE(row != nullptr && note != nullptr) << event;
      EXPECT_TRUE(whole(*row)) << event << '.' << step;
      if (note->rect.y0 < row->rect.y0) {
        EXPECT_TRUE(whole(*note)) << event << '.' << step << ": above the step it is seen whole";
      } else {
        ++below;
      }
    }
  }
  EXPECT_GT(below, 0u);
}

// At the right of a panel's title: a part without room is left out, not cut.
TEST_F(Reading, what_a_panel_notes_beside_its_title_is_shortened_by_whole_parts) {
  EXPECT_EQ(ui::parts_that_fit("event 4 · step 4 of 4", 1000), "event 4 · step 4 of 4");
  EXPECT_EQ(ui::parts_that_fit("event 4 · step 4 of 4", 7 * 12), "event 4");
  EXPECT_EQ(ui::parts_that_fit("free lists, in list order", 7 * 12), "free lists");
  EXPECT_EQ(ui::parts_that_fit("8 blocks · 4 live, 2 free · list: 1", 7 * 20), "8 blocks · 4 live");
  EXPECT_EQ(ui::parts_that_fit("nothing to leave out", 10), "nothing to leave out");
}

TEST_F(Reading, another_lesson_is_read_from_its_beginning) {
  size(1280, 560, 13);
  open(lesson("Slab: the order of reuse"));
  go(0);
  const ui::Placed* title = ui::find("event/title");
  ASSERT_NE(title, nullptr);
  const float top = title->rect.y0;
  program.gui->wheel(program.gui->middle_of("event/title"), -4);
  program.gui->frames(3);
  ASSERT_LT(ui::find("event/title")->rect.y0, top) << "it was scrolled";
  open(lesson("Freed twice"));
  program.gui->frames(2);
  EXPECT_EQ(ui::find("event/title")->rect.y0, top);
}

TEST(Capitals, leave_units_as_they_are) {
  EXPECT_EQ(ui::capitals("Memory map"), "MEMORY MAP");
  EXPECT_EQ(ui::capitals("buddy 1 KiB / 64 B"), "BUDDY 1 KiB / 64 B");
  EXPECT_EQ(ui::capitals("buddy 512 MiB, 1 gap"), "BUDDY 512 MiB, 1 GAP");
  EXPECT_EQ(ui::capitals("1 kibble"), "1 KIBBLE");
}

TEST(Lines, do_not_break_between_a_number_and_what_belongs_to_it) {
  const auto holds = [](std::string_view text, std::string_view at) {
    return panels::holds_together(text, text.find(at) + at.size() - 1);
  };
  EXPECT_TRUE(holds("576 B are free", "576 "));
  EXPECT_FALSE(holds("576 B are free", "576 B "));
  EXPECT_TRUE(holds("a 1 KiB block", "1 "));
  EXPECT_TRUE(holds("33 % of it", "33 "));
  EXPECT_TRUE(holds("1 048 576 B", "1 048 "));
  EXPECT_TRUE(holds("704 − 200 = 504", "704 "));
  EXPECT_FALSE(holds("704 − 200 = 504", "− "));
  EXPECT_FALSE(holds("levels 3 and 2", "3 "));
  EXPECT_FALSE(holds("event 5 Before", "5 "));
}

TEST_F(Panels, the_bar_of_a_reading_says_less_before_it_cuts_a_word) {
  state.loading = std::make_shared<app::Loading>();
  state.loading->what = "Reading the rest of sqlite-build.mtrace.zst: its first 2 684 events are shown";
  program.em = 16;
  for (const auto& [width, said] : {std::pair{2560.0f, state.loading->what},
                                    {800.0f, std::string("Reading the rest of sqlite-build.mtrace.zst")}}) {
    program.width = width;
    program.gui->resize(width, 800);
    program.gui->frames(3);
    EXPECT_TRUE(program.gui->sees(("loading/" + said).c_str())) << width;
  }
  state.loading = nullptr;
}

}  // namespace
