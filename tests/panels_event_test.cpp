// The panel "What happened" where there is little room: the step at the cursor is in sight, no sentence ends unnoticed,
// and what is said stands under the name of the allocator that it is said of.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/panels_support.h"
#include "tests/support/sanitized.h"
#include "viz/app/scenario_list.h"

namespace {

using namespace panels_test;
using app::Do;
using draw::Rect;

constexpr std::uint64_t kEventStride = test::kSanitized ? 67 : 1;
constexpr std::uint32_t kStepStride = test::kSanitized ? 11 : 1;

bool is_whole(const ui::Placed* placed) {
  return placed != nullptr && placed->seen.y0 <= placed->rect.y0 + 1.01f && placed->seen.y1 >= placed->rect.y1 - 1.01f;
}

struct PanelsEvent : Panels {
  void open(std::string_view title) {
    for (const app::Scenario& scenario : app::scenario_list()) {
      if (scenario.title == title) state = opened(scenario.json);
    }
    ASSERT_EQ(state.document.title, title);
    program.gui->frames(3);
  }
  void size(float width, float height, float em) {
    program.size(width, height, em);
    program.gui->frames(2);
  }
  void go(std::uint64_t event, std::uint32_t step = replay::kAllSteps) {
    seek(state, event, step);
    program.gui->frames(2);
  }
  template <class Check>
  void at_every_position(std::string_view lesson, const Check& check) {
    for (std::uint64_t event = 1; event <= state.timeline().event_count(); event += kEventStride) {
      go(event);
      const std::uint32_t steps = state.timeline().step_count();
      for (std::uint32_t step = steps; step > 0; step -= std::min(step, kStepStride)) {
        SCOPED_TRACE(std::string(lesson) + " at " + std::to_string(event) + "." + std::to_string(step));
        if (step != steps) go(event, step);
        check();
      }
    }
  }
};

TEST_F(PanelsEvent, the_step_at_the_cursor_is_in_sight_however_it_was_gone_to) {
  for (const Rect& window : {Rect{0, 0, 800, 600}, Rect{0, 0, 1280, 800}}) {
    for (const float em : {13.0f, 16.0f}) {
      size(window.x1, window.y1, em);
      if (!program.parts.right) continue;
      for (const app::Scenario& scenario : app::scenario_list()) {
        open(scenario.title);
        for (std::uint64_t event = 1; event <= state.timeline().event_count(); event += kEventStride) {
          go(event);
          const std::uint32_t step = state.timeline().step_count();
          if (step == 0) continue;
          EXPECT_TRUE(is_whole(ui::find("event/step " + std::to_string(step))))
              << scenario.title << " at " << event << ", " << window.x1 << " wide, em " << em;
        }
      }
    }
  }
}

TEST_F(PanelsEvent, a_sentence_that_goes_on_out_of_sight_says_so) {
  std::size_t cut = 0;
  for (const Rect& window : {Rect{0, 0, 800, 480}, Rect{0, 0, 1280, 560}, Rect{0, 0, 1280, 800}}) {
    size(window.x1, window.y1, 16);
    for (const char* title : {"The first split", "Rounding waste", "Coalescing all the way up", "Freed twice"}) {
      open(title);
      at_every_position(title, [&] {
        const ui::Placed* stands = ui::find("what happened/sentence");
        const ui::Placed* rest = ui::find("event/sentence");
        ASSERT_NE(stands, nullptr);
        EXPECT_TRUE(is_whole(stands));
        if (rest == nullptr || rest->rect.height() <= 0) return;
        EXPECT_EQ(rest->seen.y0 > rest->rect.y0 + 1 || rest->seen.height() <= 0,
                  program.gui->sees("what happened/sentence goes on"));
        ++cut;
      });
    }
  }
  EXPECT_GT(cut, 0u);
}

TEST_F(PanelsEvent, has_the_height_that_it_needs_where_the_panel_below_does_not_need_it) {
  open("Rounding waste");
  go(1);
  const float share = std::round(app::Settings{}.block_height * program.parts.right_rect.height());
  std::size_t taken = 0;
  at_every_position("Rounding waste", [&] {
    const Rect block = program.parts.block_rect;
    EXPECT_LE(block.height(), share + 1);
    if (block.height() >= share - 1) return;
    ++taken;
    for (const ui::Placed& placed : ui::placed()) {
      const bool line = placed.label.rfind("block/", 0) == 0;
      EXPECT_TRUE(!line || is_whole(&placed)) << placed.label << " was in need of it";
    }
  });
  EXPECT_GT(taken, 0u);
  // Where all is said, nothing is taken.
  size(1280, 2400, 13);
  go(1);
  EXPECT_NEAR(program.parts.block_rect.height(), app::Settings{}.block_height * program.parts.right_rect.height(), 1);
}

TEST_F(PanelsEvent, takes_nothing_where_the_splitter_was_moved_by_hand) {
  open("Rounding waste");
  act(state, {.what = Do::SetSplit, .number = static_cast<std::uint64_t>(app::Split::Block), .value = 0.45});
  go(1);
  at_every_position("Rounding waste", [&] {
    EXPECT_NEAR(program.parts.block_rect.height(), 0.45 * program.parts.right_rect.height(), 1);
  });
}

TEST_F(PanelsEvent, of_two_allocators_each_has_its_steps_and_sentence_under_its_name) {
  open("Slab beside buddy");
  size(1280, 2400, 13);
  go(1);
  const auto top = [this](const char* label) { return program.gui->rect_of(label).y0; };
  EXPECT_LT(top("event/heading 1"), top("event/sentence"));
  EXPECT_LT(top("event/sentence"), top("event/step 1"));
  EXPECT_LT(top("event/step 10"), top("event/heading 2"));
  EXPECT_LT(top("event/heading 2"), top("event/sentence 2"));
}

// Above a line that is in sight the nearest heading in sight is that of its allocator.
TEST_F(PanelsEvent, of_two_allocators_the_name_of_the_one_in_sight_is_in_sight) {
  for (const Rect& window : {Rect{0, 0, 800, 600}, Rect{0, 0, 1280, 800}}) {
    size(window.x1, window.y1, 16);
    open("Slab beside buddy");
    at_every_position("Slab beside buddy", [&] {
      // By hand to the end and back, past every line.
      for (int notch = 0; notch < 8; ++notch) {
        float first = -1, second = -1;
        for (const ui::Placed& placed : ui::placed()) {
          if (placed.seen.height() < 2) continue;
          if (placed.label.find("/heading 1") != std::string::npos) first = placed.seen.y0;
          if (placed.label.find("/heading 2") != std::string::npos) second = placed.seen.y0;
        }
        for (const ui::Placed& placed : ui::placed()) {
          if (placed.seen.height() < 2) continue;
          const bool of_second = placed.label == "event/sentence 2";
          const bool of_first = placed.label == "event/sentence" || placed.label.rfind("event/step ", 0) == 0;
          if (of_first) {
            EXPECT_TRUE(first >= 0 && first < placed.seen.y0) << placed.label;
            EXPECT_TRUE(second < 0 || second > placed.seen.y0) << placed.label;
          } else if (of_second) {
            EXPECT_TRUE(second >= 0 && second < placed.seen.y0) << placed.label;
          }
        }
        const Rect panel = program.parts.event_rect;
        program.gui->wheel({panel.x0 + panel.width() / 2, panel.y1 - 2 * program.em}, -1);
        program.gui->frames(2);
      }
    });
  }
}

TEST_F(PanelsEvent, what_lives_will_be_freed) {
  size(1280, 2400, 13);
  go(2);
  EXPECT_TRUE(program.gui->sees("block/will be freed"));
  EXPECT_EQ(ui::find("block/freed"), nullptr);
  program.click("block/will be freed");
  EXPECT_EQ(event(), 6u);
}

TEST_F(PanelsEvent, a_word_too_long_for_its_line_goes_on_in_the_next_one) {
  std::string json{kLesson};
  const std::string_view about = "What it **shows**.";
  json.replace(json.find(about), about.size(),
               "Recorded by heaptrack: `/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus-of-a-very-long-name -quiet`");
  size(800, 600, 16);
  state = opened(json);
  go(0);
  std::string name;
  for (const ui::Placed& placed : ui::placed()) {
    const std::size_t at = placed.raw.find("event/");
    if (at != 0 || placed.raw == "event/title") continue;
    if (name.empty() && placed.raw.find("/usr") == std::string::npos) continue;
    name += placed.raw.substr(std::string_view("event/").size());
    EXPECT_LE(placed.rect.x1, program.parts.event_rect.x1 - ImGui::GetStyle().ScrollbarSize) << placed.raw;
  }
  EXPECT_EQ(name, "/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus-of-a-very-long-name");
}

}  // namespace
