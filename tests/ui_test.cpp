// The widgets themselves, on a panel of the test's own: clicks, keys, focus, dialogs. No display, no GL.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/ui/gui.h"

namespace {

using allocviz::draw::Point;
using allocviz::draw::Rect;
namespace draw = allocviz::draw;
namespace ui = allocviz::ui;

// One of each control, and what they said.
struct Panel {
  std::vector<std::string> clicked;
  std::string text;
  bool modal = false, on = false, free_space = false, free_right = false, free_ctrl_s = false;
  bool dragged = false, entered = false;
  float wheel = 0;

  void draw() {
    const draw::Theme theme{};
    ui::apply_style(theme, 13);
    ui::begin_frame();
    free_space = ui::is_free(ui::chord_of("Space"));
    free_right = ui::is_free(ui::chord_of("Right"));
    free_ctrl_s = ui::is_free(ui::chord_of("Ctrl+S"));
    ui::begin_region("panel", {100, 50, 500, 450});
    const auto note = [this](bool was, const char* name) {
      if (was) clicked.emplace_back(name);
    };
    note(ui::button("Go"), "Go");
    note(ui::link(theme, "event 7##link"), "link");
    if (ui::toggle("Free", on)) on = !on;
    if (ui::input_text("##find", "find", text, true)) entered = true;
    note(ui::selectable("row##1", false), "row 1");
    note(ui::selectable("row##2", true), "row 2");
    note(ui::selectable("row##3", false), "row 3");
    note(ui::icon_button("Play", "Plays", [](ImDrawList* list, Rect r, draw::Color c) { ui::fill(list, r, c); },
                         {20, 20}),
         "Play");
    ImGui::BeginDisabled();
    note(ui::button("Never"), "Never");
    ImGui::EndDisabled();
    if (ui::canvas("map", {110, 300, 490, 400})) wheel += ImGui::GetIO().MouseWheel;
    dragged |= ImGui::IsItemActive() && ImGui::IsMouseDragging(0);
    ui::end_region();
    if (modal) {
      ui::begin_modal("ask", {200, 100, 600, 300});
      note(ui::button("Yes"), "Yes");
      note(ui::button("No"), "No");
      ui::end_modal();
    }
    ui::end_frame();
  }
};

struct UiTest : testing::Test {
  Panel panel;
  ui_test::Gui gui{[this] { panel.draw(); }};
  void SetUp() override { gui.frames(3); }
  using Clicked = std::vector<std::string>;
};

TEST_F(UiTest, controls_are_found_by_label_and_clicked_with_the_mouse) {
  gui.click("panel/Go");
  gui.click("panel/event 7");
  gui.click("panel/row##3");
  gui.click("panel/Play");
  gui.click("Free");
  EXPECT_EQ(panel.clicked, (Clicked{"Go", "link", "row 3", "Play"}));
  EXPECT_TRUE(panel.on);
}

TEST_F(UiTest, a_disabled_control_hears_neither_mouse_nor_keyboard) {
  gui.click("panel/Never");
  for (int i = 0; i < 20; ++i) {
    gui.key("Tab");
    gui.key("Enter");
  }
  EXPECT_EQ(std::count(panel.clicked.begin(), panel.clicked.end(), "Never"), 0);
}

TEST_F(UiTest, a_text_field_takes_what_is_typed_and_keeps_plain_keys_for_itself) {
  gui.click("panel/find");
  gui.type("size>4k");
  EXPECT_EQ(panel.text, "size>4k");
  EXPECT_FALSE(panel.free_space);
  EXPECT_FALSE(panel.free_right);
  EXPECT_TRUE(panel.free_ctrl_s);
  gui.key("Backspace");
  EXPECT_EQ(panel.text, "size>4");
  gui.key("Enter");
  EXPECT_TRUE(panel.entered);
}

TEST_F(UiTest, a_long_text_grows_beyond_any_first_guess) {
  gui.click("panel/find");
  const std::string text(300, 'a');
  gui.type(text);
  EXPECT_EQ(panel.text, text);
}

TEST_F(UiTest, tab_reaches_every_control_in_order_and_enter_presses_it) {
  gui.key("Tab");
  gui.key("Enter");
  gui.key("Tab");
  gui.key("Space");
  gui.key("Tab");
  gui.key("Enter");  // the toggle
  gui.key("Tab");    // the text field
  gui.type("abc");
  gui.key("Tab");  // the rows: the selected one
  gui.key("Enter");
  gui.key("Down");
  gui.key("Enter");
  gui.key("Down");  // no further row
  gui.key("Enter");
  gui.key("Tab");
  gui.key("Enter");
  gui.key("Tab");  // round again
  gui.key("Enter");
  EXPECT_EQ(panel.clicked, (Clicked{"Go", "link", "row 2", "row 3", "row 3", "Play", "Go"}));
  EXPECT_EQ(panel.text, "abc");
  EXPECT_TRUE(panel.on);
}

TEST_F(UiTest, shift_tab_goes_back) {
  gui.key("Tab");
  gui.key("Tab");
  gui.key("Shift+Tab");
  gui.key("Enter");
  gui.key("Shift+Tab");
  gui.key("Enter");
  EXPECT_EQ(panel.clicked, (Clicked{"Go", "Play"}));
}

TEST_F(UiTest, a_focused_button_wants_space_and_enter_but_leaves_the_arrows_free) {
  EXPECT_TRUE(panel.free_space);
  gui.key("Tab");
  EXPECT_FALSE(panel.free_space);
  EXPECT_TRUE(panel.free_right);
  EXPECT_FALSE(ui::keys_are_free());
  gui.key("Escape");
  gui.frames();
  EXPECT_TRUE(panel.free_space);
  EXPECT_TRUE(panel.clicked.empty());
}

TEST_F(UiTest, a_dialog_takes_all_input_until_it_is_gone) {
  panel.modal = true;
  gui.frames(3);
  EXPECT_FALSE(panel.free_right);
  EXPECT_FALSE(panel.free_ctrl_s);
  gui.click("panel/Go");
  EXPECT_TRUE(panel.clicked.empty()) << "what lies below a dialog takes no clicks";
  gui.key("Tab");
  gui.key("Tab");
  gui.key("Enter");
  gui.click("ask/Yes");
  EXPECT_EQ(panel.clicked, (Clicked{"No", "Yes"}));
  panel.modal = false;
  gui.frames(2);
  EXPECT_TRUE(panel.free_right);
  EXPECT_FALSE(gui.sees("ask/Yes"));
  gui.click("panel/Go");
  EXPECT_EQ(panel.clicked.back(), "Go");
}

TEST_F(UiTest, a_canvas_takes_drags_and_the_wheel) {
  gui.drag({120, 310}, {300, 350});
  EXPECT_TRUE(panel.dragged);
  gui.wheel({200, 350}, 2);
  EXPECT_FLOAT_EQ(panel.wheel, 2);
}

TEST_F(UiTest, copies_and_pastes_through_the_clipboard) {
  gui.set_clipboard("0x0400");
  gui.click("panel/find");
  gui.key("Ctrl+V");
  EXPECT_EQ(panel.text, "0x0400");
  gui.key("Ctrl+A");
  gui.key("Ctrl+X");
  EXPECT_EQ(panel.text, "");
  EXPECT_EQ(gui.clipboard(), "0x0400");
}

struct ChordCase {
  const char* text;
  ui::Chord chord;
};

TEST(Chords, are_read_as_they_are_printed) {
  using ui::Key;
  const ChordCase cases[] = {
      {"Right", {.key = Key::Right}},
      {"Shift+F11", {.key = Key::F11, .shift = true}},
      {"Ctrl+Shift+P", {.key = Key::P, .ctrl = true, .shift = true}},
      {"+", {.key = Key::Plus}},
      {"Ctrl++", {.key = Key::Plus, .ctrl = true}},
      {"Ctrl+-", {.key = Key::Minus, .ctrl = true}},
      {"−", {.key = Key::Minus}},
      {"?", {.key = Key::Question}},
      {"Ctrl+0", {.key = Key::N0, .ctrl = true}},
      {"Esc", {.key = Key::Escape}},
  };
  for (const ChordCase& wanted : cases) EXPECT_EQ(ui::chord_of(wanted.text), wanted.chord) << wanted.text;
  for (const char* wrong : {"", "+Ctrl", "Hyper+A", "F13", "F0", "Ctrl+", "Rigth", "Shift"}) {
    EXPECT_EQ(ui::chord_of(wrong), ui::Chord{}) << wrong;
  }
  EXPECT_EQ(ui::chord_of(nullptr), ui::Chord{});
}

TEST(Chords, every_key_goes_down_as_itself_and_as_nothing_else) {
  std::vector<ui::Key> heard;
  ui_test::Gui gui{[&heard] {
    ui::begin_frame();
    for (int key = 1; key < ui::kKeys; ++key) {
      if (ui::pressed({.key = static_cast<ui::Key>(key)}, false)) heard.push_back(static_cast<ui::Key>(key));
    }
    ui::end_frame();
  }};
  gui.frames(2);
  for (const char* name :
       {"Tab",   "Left",  "Right",  "Up",        "Down", "PageUp", "PageDown", "Home", "End", "Delete",
        "Space", "Enter", "Escape", "Backspace", "F1",   "F9",     "F10",      "F11",  "F12", "A",
        "N",     "Z",     "0",      "9",         "+",    "-",      "/",        "?",    ",",   "."}) {
    heard.clear();
    gui.key(name);
    EXPECT_EQ(heard, std::vector<ui::Key>{ui::chord_of(name).key}) << name;
  }
}

TEST(Text, is_cut_with_an_ellipsis_where_it_does_not_fit) {
  float whole = 0, cut = 0, none = 1;
  ui_test::Gui gui{[&] {
    ui::begin_frame();
    ui::begin_region("text", {0, 0, 400, 100});
    whole = ui::text_at(ui::draw_list(), {0, 0}, 0xffffffff, "sqlite3BtreeInsert");
    cut = ui::text_at(ui::draw_list(), {0, 20}, 0xffffffff, "sqlite3BtreeInsert", whole / 2);
    none = ui::text_at(ui::draw_list(), {0, 40}, 0xffffffff, "sqlite3BtreeInsert", 3);
    ui::end_region();
    ui::end_frame();
  }};
  gui.frames(2);
  EXPECT_GT(whole, 0);
  EXPECT_LE(cut, whole / 2);
  EXPECT_GT(cut, whole / 4);
  EXPECT_EQ(none, 0);
}

TEST(Text, has_ascii_stand_ins_where_the_font_lacks_the_sign) {
  ui::reset();
  EXPECT_EQ(ui::symbols("100 B → 128 B × 2 ≥ 1 …"), "100 B -> 128 B x 2 >= 1 ...");
  ui::fonts().has_symbols = true;
  EXPECT_EQ(ui::symbols("100 B → 128 B"), "100 B → 128 B");
  ui::reset();
}

TEST(Shapes, of_any_size_keep_within_what_16_bit_indices_allow) {
  std::vector<Point> line;
  for (int i = 0; i < 100'000; ++i) line.push_back({static_cast<float>(i) * 0.01f, static_cast<float>(i % 700)});
  ui_test::Gui gui{[&] {
    ui::begin_frame();
    ui::begin_region("shapes", {0, 0, 1280, 800});
    ImDrawList* list = ui::draw_list();
    ui::polyline(list, line, 0xffffffff, 1);
    ui::hatch(list, {0, 0, 1e6f, 1e6f}, 0xffffffff, 3);
    ui::cross_hatch(list, {10, 10, 10, 30}, 0xffffffff, 3);
    ui::dashed(list, {0, 0}, {1e7f, 0}, 0xffffffff);
    ui::outline(list, {5, 5, 6, 6}, 0xffffffff, 4);
    ui::fill(list, {9, 9, 3, 3}, 0xffffffff);
    ui::end_region();
    ui::end_frame();
  }};
  gui.frames(2);
  EXPECT_GT(gui.vertices(), 100'000);
  EXPECT_LT(gui.vertices(), 1'000'000);
}

TEST(Shapes, a_line_that_turns_back_reaches_no_further_than_its_points) {
  std::vector<Point> spikes;
  for (int i = 0; i < 200; ++i) spikes.push_back({100 + static_cast<float>(i), i % 2 == 0 ? 300.0f : 100.0f});
  ui_test::Gui gui{[&] {
    ui::begin_frame();
    ui::begin_region("shapes", {0, 0, 1280, 800});
    ImDrawList* list = ui::draw_list();
    const int first = list->VtxBuffer.Size;
    ui::polyline(list, spikes, 0xffffffff, 1.5f);
    EXPECT_GT(list->VtxBuffer.Size, first + 200);
    for (int i = first; i < list->VtxBuffer.Size; ++i) {
      EXPECT_GT(list->VtxBuffer[i].pos.y, 98) << i;
      EXPECT_LT(list->VtxBuffer[i].pos.y, 302) << i;
    }
    ui::end_region();
    ui::end_frame();
  }};
  gui.frames(1);
}

TEST(Shapes, a_hatch_of_any_width_draws_nothing_beyond_its_rectangle) {
  ui_test::Gui gui{[&] {
    ui::begin_frame();
    ui::begin_region("shapes", {0, 0, 1280, 800});
    ImDrawList* list = ui::draw_list();
    for (int width = 1; width <= 60; ++width) {
      const Rect rect{100, 50, 100 + static_cast<float>(width), 50 + static_cast<float>(61 - width)};
      for (const bool crossed : {false, true}) {
        const int first = list->VtxBuffer.Size;
        crossed ? ui::cross_hatch(list, rect, 0xffffffff, 6) : ui::hatch(list, rect, 0xffffffff, 6, 2);
        EXPECT_TRUE(width < 3 || width > 58 || list->VtxBuffer.Size > first) << width;
        for (int i = first; i < list->VtxBuffer.Size; ++i) {
          const ImVec2 at = list->VtxBuffer[i].pos;
          EXPECT_TRUE(at.x >= rect.x0 - 0.01f && at.x <= rect.x1 + 0.01f && at.y >= rect.y0 - 0.01f &&
                      at.y <= rect.y1 + 0.01f)
              << width << " wide: " << at.x << ", " << at.y;
        }
      }
    }
    ui::end_region();
    ui::end_frame();
  }};
  gui.frames(1);
}

}  // namespace
