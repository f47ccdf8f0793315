// Dialogs and lines where there is little room for them.
#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "tests/panels_support.h"
#include "viz/panels/parts.h"

namespace {

using namespace panels_test;
using app::Do;

constexpr float kHugeEm = 48;  // of 300 %

struct PanelsRoom : Panels {
  void open(Do what) {
    act(state, what);
    program.gui->frames(3);
    ASSERT_NE(state.popup, app::Popup::None);
  }
  // Whole in the window, without being scrolled to.
  void expect_in_sight(const char* label) {
    const ui::Placed* placed = ui::find(label);
    ASSERT_NE(placed, nullptr) << label;
    EXPECT_GE(placed->rect.y0, 0) << label;
    EXPECT_LE(placed->rect.y1, program.height) << label;
    EXPECT_NEAR(placed->seen.height(), placed->rect.height(), 1) << label;
  }
};

TEST_F(PanelsRoom, at_300_percent_a_configuration_is_seen_with_its_buttons) {
  program.size(1280, 660, kHugeEm);  // the letters of a test are smaller than those of a window
  open(Do::ShowAllocator);
  for (const trace::AllocatorKind kind : app::draft_kinds()) {
    act(state, {.what = Do::DraftKind, .number = static_cast<std::uint64_t>(kind)});
    program.gui->frames(3);
    SCOPED_TRACE(trace::kind_text(kind));
    for (const char* label : {"allocator/buddy", "allocator/Cancel", "allocator/Apply"}) expect_in_sight(label);
  }
}

// What has no room at all is not drawn, and nothing is read beside it (the sanitized build looks).
TEST_F(PanelsRoom, a_window_too_low_for_any_of_its_parts_is_drawn_all_the_same) {
  for (const float em : {10.0f, 13.0f, 26.0f}) {
    for (const float height : {20.0f, 90.0f, 160.0f, 260.0f}) {
      for (const Do preset : {Do::PresetTeach, Do::PresetDebug, Do::PresetCompare}) {
        program.size(90 * em, height, em);
        act(state, preset);
        for (const std::uint64_t event : {0, 1, 3, 5}) {
          seek(state, event);
          program.gui->frames(2);
        }
      }
    }
  }
}

TEST_F(PanelsRoom, no_dialog_scrolls_that_has_room_for_all_of_it) {
  act(state, {.what = Do::SeekTo, .position = {1, replay::kAllSteps}});
  program.size(1280, 800, kHugeEm);
  for (const auto& [what, label] : {std::pair{Do::ShowAllocator, "allocator/Apply"},
                                    {Do::EditNote, "text/Write"},
                                    {Do::ShowAbout, "about/Close"},
                                    {Do::ShowPalette, "palette/command"}}) {
    open(what);
    const draw::Rect before = program.gui->rect_of(label);
    program.gui->wheel({1280 / 2, 790}, -4);
    program.gui->frames(2);
    EXPECT_EQ(program.gui->rect_of(label).y0, before.y0) << label;
    act(state, Do::ClosePopup);
    program.gui->frames(2);
  }
}

TEST_F(PanelsRoom, a_notes_field_its_hint_and_its_buttons_stand_clear_of_each_other) {
  act(state, {.what = Do::SeekTo, .position = {1, replay::kAllSteps}});
  for (const auto& [width, height, em] :
       {std::tuple{1280.0f, 800.0f, 16.0f}, {1280.0f, 800.0f, kHugeEm}, {800.0f, 600.0f, 32.0f}}) {
    program.size(width, height, em);
    open(Do::EditNote);
    SCOPED_TRACE(em);
    for (const char* label : {"text/text", "text/what it is for", "text/Write", "text/Cancel"}) expect_in_sight(label);
    const draw::Rect hint = program.gui->rect_of("text/what it is for");
    EXPECT_LE(program.gui->rect_of("text/text").y1, hint.y0);
    if (!ui::kFieldsWrap && em < 32) {
      expect_in_sight("text/as it will stand");
      EXPECT_LE(program.gui->rect_of("text/text").y1, program.gui->rect_of("text/as it will stand").y0);
      EXPECT_LE(program.gui->rect_of("text/as it will stand").y1, hint.y0);
    }
    EXPECT_LE(hint.y1, program.gui->rect_of("text/Write").y0);
    act(state, Do::ClosePopup);
    program.gui->frames(2);
  }
}

TEST_F(PanelsRoom, a_list_in_a_low_dialog_leaves_less_than_two_rows_of_it_empty) {
  program.size(1280, 800, kHugeEm);
  open(Do::ShowKeys);
  const draw::Rect first = program.gui->rect_of("all keys/row Next event");
  float last = 0;
  for (const ui::Placed& placed : ui::placed()) {
    const bool row = placed.label.starts_with("all keys/row ") && placed.seen.height() > 0;
    if (row) last = std::max(last, placed.seen.y1);
  }
  EXPECT_GT(last, program.height - 0.3f * kHugeEm - 2 * first.height());
}

TEST(Lines, do_not_break_inside_a_short_command_and_break_a_long_name_between_its_parts) {
  const std::string_view text = "print it with `perf script`, or `perf script -F comm,pid,time,event` where it is slow";
  EXPECT_TRUE(panels::holds_together(text, text.find(" script`,")));
  EXPECT_FALSE(panels::holds_together(text, text.find(" -F")));
  EXPECT_FALSE(panels::holds_together(text, text.find(" with")));
}

TEST_F(PanelsRoom, a_name_too_long_for_its_line_breaks_between_its_parts) {
  // Inside a frame, for widths are those of its font.
  std::vector<std::string> lines;
  ui_test::Gui* gui = program.gui.get();
  gui->frames(1);
  for (const std::string_view name : {"/var/log/allocations-of-the-build/kernel-part.perfscript.zst"}) {
    std::string_view rest = name;
    const float width = ui::text_width("/var/log/allocations-of-the-build/ker");
    while (!rest.empty()) {
      const std::size_t length = panels::length_of_lines(rest, width, 1);
      lines.emplace_back(rest.substr(0, length));
      rest.remove_prefix(length);
    }
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"/var/log/allocations-of-the-build/", "kernel-part.perfscript.zst"}));
}

}  // namespace
