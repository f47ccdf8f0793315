// The charts as they are dragged, scrolled and clicked.
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/panels_support.h"
#include "viz/app/names.h"
#include "viz/app/partings.h"
#include "viz/draw/levels_layout.h"
#include "viz/draw/vector.h"
#include "viz/panels/paint.h"
#include "viz/panels/timeline_parts.h"

namespace {

using namespace panels_test;
using app::Do;
using app::EventRange;
using draw::Point;
using draw::Rect;

struct Charts : Panels {
  // Where a position stands, by the axis that the charts are drawn on.
  [[nodiscard]] Point at(double position, const char* what = "timeline/chart") const {
    const Rect area = program.gui->rect_of(what);
    const draw::TimeAxis axis = panels::time_axis_of(state, area.x0, area.x1);
    return {static_cast<float>(axis.x_of(position)), (area.y0 + area.y1) / 2};
  }
  void shift_drag(double from, double to) {
    ui::feed_mods(ImGui::GetIO(), false, true, false);
    program.gui->drag(at(from), at(to));
    ui::feed_mods(ImGui::GetIO(), false, false, false);
    program.gui->frames(2);
  }
};

TEST_F(Charts, a_drag_scrubs_and_with_shift_it_selects_a_range) {
  program.gui->drag(at(2), at(5));
  program.gui->frames(2);
  EXPECT_EQ(event(), 5u);
  EXPECT_FALSE(state.range);
  shift_drag(6, 2);
  EXPECT_EQ(event(), 5u) << "the cursor stays";
  ASSERT_EQ(state.range, (EventRange{1, 6})) << "events 2 to 6, whichever end came first";
  EXPECT_TRUE(program.gui->sees("timeline/range"));
  EXPECT_TRUE(program.gui->sees("timeline/" + panels::range_text(state, *state.range, false)));
  program.key("R");
  EXPECT_NEAR(state.time.first, 2, 0.01);
  EXPECT_NEAR(state.time.last, 6, 0.01);
  program.key("Escape");
  EXPECT_FALSE(state.range);
  EXPECT_FALSE(program.gui->sees("timeline/range"));
}

TEST_F(Charts, a_range_tells_what_its_events_came_to) {
  act(state, {.what = Do::SelectRange, .value = 0, .value2 = 7});
  EXPECT_EQ(panels::range_text(state, *state.range, false),
            "events 1 … 7 · 7 events · 4 allocs, 1 free · ✕ 1 failed · 360 B allocated, 60 B freed · live +300 B");
  act(state, {.what = Do::SelectRange, .value = 5, .value2 = 6});
  EXPECT_EQ(panels::range_text(state, *state.range, true), "event 6 · 0 B allocated, 60 B freed · live −60 B");
}

TEST_F(Charts, what_is_under_the_mouse_is_told_for_every_curve_that_is_shown) {
  const draw::ChartScene scene = draw::lay_out_chart({.runs = {{&state.timeline().series(), ""}},
                                                      .failures = state.failures,
                                                      .marks = state.document.trace->marks(),
                                                      .curves = state.curves(),
                                                      .first = 0,
                                                      .last = 7,
                                                      .rect = {0, 0, 800, 200},
                                                      .style = {}});
  const auto told_at = [&](double position) {
    const auto x = static_cast<float>(scene.axis.x_of(position));
    return panels::hover_text(state, scene, panels::hair_at(state, scene.axis, x));
  };
  EXPECT_EQ(told_at(0),
            "before event 1\nlive requested  0 B\nlive rounded  0 B\nfree  1 KiB (1 024 B)\n"
            "largest free  1 KiB (1 024 B)");
  EXPECT_EQ(told_at(5.3),
            "event 5\nlive requested  360 B\nlive rounded  448 B\nfree  576 B\nlargest free  512 B\n"
            "✕ event 5 failed");
  EXPECT_EQ(told_at(4).substr(told_at(4).rfind('\n')), "\nmark: second phase");
}

TEST_F(Charts, the_wheel_zooms_at_the_mouse_and_the_right_button_pans) {
  const Point where = at(5);
  program.gui->wheel(where, 3);
  program.gui->frames(2);
  EXPECT_LT(state.time.last - state.time.first, 7);
  EXPECT_NEAR(at(5).x, where.x, 1.5f) << "what lies under the mouse stays there";
  const double first = state.time.first;
  program.gui->drag(at(4), at(5), 1);
  program.gui->frames(2);
  EXPECT_LT(state.time.first, first) << "to the right: earlier events come into view";
}

TEST_F(Charts, pan_by_a_drag_of_the_middle_button_by_a_sideways_wheel_and_by_Shift_and_the_wheel) {
  program.gui->wheel(at(5), 3);
  program.gui->frames(2);
  const double width = state.time.last - state.time.first;
  auto moved = [&, before = state.time.first]() mutable {
    program.gui->frames(2);
    EXPECT_NEAR(state.time.last - state.time.first, width, 1e-6);
    return state.time.first - std::exchange(before, state.time.first);
  };
  program.gui->drag(at(4), at(5), 2);
  EXPECT_LT(moved(), -0.5);
  program.gui->wheel(at(4), -1, 0, true);
  EXPECT_GT(moved(), 0);
  program.gui->wheel(at(4), 0, 1);
  EXPECT_LT(moved(), 0);
}

TEST_F(Charts, the_letters_mean_the_charts_while_the_mouse_is_over_them) {
  const app::ByteView bytes = state.bytes;
  program.gui->move(at(3));
  program.gui->frames(2);
  program.key("W");
  EXPECT_LT(state.time.last - state.time.first, 7);
  const double first = state.time.first;
  program.key("D");
  EXPECT_GT(state.time.first, first);
  program.key("A");
  EXPECT_NEAR(state.time.first, first, 1e-6);
  program.key("S");
  EXPECT_EQ(state.bytes.from, bytes.from);
  EXPECT_EQ(state.bytes.to, bytes.to);
  program.gui->move({640, 200});
  program.gui->frames(2);
  program.key("W");
  EXPECT_LT(state.bytes.to - state.bytes.from, bytes.to - bytes.from) << "elsewhere the stage's";
}

TEST_F(Charts, the_minimaps_window_is_dragged_by_its_edges_and_by_itself) {
  act(state, {.what = Do::SetTimeView, .value = 2, .value2 = 5});
  program.gui->frames(2);
  const Rect map = program.gui->rect_of("timeline/minimap");
  const float unit = map.width() / 8, y = (map.y0 + map.y1) / 2;
  program.gui->drag({map.x0 + 6 * unit, y}, {map.x0 + 6.9f * unit, y});  // its right edge
  program.gui->frames(2);
  EXPECT_NEAR(state.time.first, 2, 0.1);
  EXPECT_NEAR(state.time.last, 6.4, 0.2);
  const double width = state.time.last - state.time.first;
  program.gui->drag({map.x0 + 4 * unit, y}, {map.x0 + 3 * unit, y});
  program.gui->frames(2);
  EXPECT_NEAR(state.time.last - state.time.first, width, 0.01);
  EXPECT_NEAR(state.time.first, 1, 0.2) << "as far as it was dragged, wherever it was taken";
}

TEST_F(Charts, every_curve_can_be_switched_at_any_width) {
  const unsigned before = state.curves();
  program.click("timeline/largest free");
  EXPECT_NE(state.curves(), before);
  program.click("timeline/failures");
  EXPECT_FALSE(state.settings.failure_lane);
  for (const float width : {1280.0f, 1000.0f, 800.0f}) {
    program.width = width;
    program.gui->resize(width, 600);
    program.height = 600;
    program.gui->frames(2);
    if (program.gui->sees("timeline/external frag.")) continue;  // all have room beside the title
    program.click("timeline/curves 3 / 9");
    for (int c = 0; c < replay::kCurves; ++c) {
      EXPECT_TRUE(program.gui->sees(draw::name_of(static_cast<replay::Curve>(c)))) << width << ", curve " << c;
    }
    program.key("Escape");
    program.gui->frames(2);
  }
}

TEST_F(Charts, where_allocators_are_compared_each_curve_is_named_with_its_allocator) {
  act(state, {.what = Do::AddStage, .spec = spec("bump:arena=4KiB")});
  program.width = 1800;
  program.gui->resize(program.width, program.height);
  program.gui->frames(3);
  EXPECT_TRUE(program.gui->sees("timeline/reserved by bump 4 KiB"));
  EXPECT_TRUE(program.gui->sees("timeline/reserved by buddy 1 KiB / 64 B"));
  program.key("G");
  EXPECT_EQ(event(), 5u);
}

TEST_F(Charts, a_failure_of_compared_allocators_is_told_with_the_one_that_refused) {
  state = opened(kLesson, {spec("buddy:arena=1KiB,min=64"), spec("bump:arena=4KiB")});
  const std::vector<app::Refuser> refusers = app::refusers(state);
  ASSERT_EQ(refusers.size(), 1u) << "the other one refuses nothing";
  EXPECT_EQ(refusers[0].name, "buddy");
  for (const float height : {100.0f, 400.0f}) {
    const draw::ChartScene scene = draw::lay_out_chart({.runs = {{&state.timeline().series(), ""}},
                                                        .failures = state.failures,
                                                        .marks = state.document.trace->marks(),
                                                        .curves = state.curves(),
                                                        .failure_lanes = {{refusers[0].name, *refusers[0].failures}},
                                                        .first = 0,
                                                        .last = 7,
                                                        .rect = {0, 0, 800, height},
                                                        .style = {}});
    EXPECT_EQ(scene.lanes.empty(), height < 200);
    const auto x = static_cast<float>(scene.axis.x_of(5));
    const std::string told = panels::hover_text(state, scene, panels::hair_at(state, scene.axis, x));
    EXPECT_NE(told.find("✕ event 5 failed on buddy 1 KiB / 64 B"), std::string::npos) << told;
  }
}

TEST_F(Charts, no_curve_of_compared_allocators_goes_without_a_name_on_a_small_window) {
  act(state, {.what = Do::AddStage, .spec = spec("bump:arena=4KiB")});
  program.width = 800;
  program.height = 600;
  program.gui->resize(800, 600);
  program.gui->frames(3);
  ASSERT_FALSE(app::serve_alike(state));
  for (const replay::Curve curve : {replay::Curve::LiveRequested, replay::Curve::Reserved}) {
    const int what = static_cast<int>(curve);
    ASSERT_NE(state.curves() >> what & 1u, 0u);
    const std::string first = fmt::format("timeline/{} by buddy##{} 0", draw::name_of(curve), what);
    EXPECT_TRUE(program.gui->sees(first.c_str())) << first;
    EXPECT_TRUE(program.gui->sees(fmt::format("timeline/by bump##{} 1", what).c_str())) << what;
  }
}

TEST_F(Charts, how_compared_allocators_part_ways_is_said_once_the_cursor_is_there) {
  state = opened(kLesson, {spec("buddy:arena=1KiB,min=64"), spec("bump:arena=4KiB")});
  ASSERT_EQ(app::first_parting(state), 1u);
  const auto width_at = [&](std::uint64_t event) {
    seek(state, event);
    program.gui->frames(3);
    return program.gui->rect_of("transport/first divergence").width();
  };
  const float before = width_at(4), there = width_at(5);
  EXPECT_LT(before, 0.5f * there) << "event 5 refuses somebody: whom is for the reader to guess until then";
  EXPECT_EQ(width_at(7), there);
}

TEST_F(Charts, debug_shows_when_which_sizes_ran_out) {
  act(state, Do::PresetDebug);
  program.gui->frames(3);
  ASSERT_TRUE(program.gui->sees("free levels/levels"));
  program.gui->drag(at(2, "free levels/levels"), at(5, "free levels/levels"));
  program.gui->frames(2);
  EXPECT_EQ(event(), 5u) << "it scrubs as the charts do";
  EXPECT_TRUE(program.gui->sees("free levels/from here on no 1 KiB block exists"));
  act(state, Do::PresetTeach);
  program.gui->frames(3);
  EXPECT_FALSE(program.gui->sees("free levels/levels"));
}

// Where a filled shape of the picture stands; nothing where it is none.
std::optional<Rect> filled(const draw::VectorShape& shape) {
  Rect rect;
  if (shape.thickness > 0 || shape.path.empty()) return {};
  const int read = std::sscanf(shape.path.c_str(), "M%f %fH%fV%f", &rect.x0, &rect.y0, &rect.x1, &rect.y1);
  return read == 4 ? std::optional(rect) : std::nullopt;
}

// A map's blocks of a few pixels, each half waste: beside each other the two colours would mix to a third.
TEST_F(Charts, the_waste_of_blocks_of_few_pixels_stands_above_what_is_live) {
  std::string text = R"({"format": "allocviz-trace", "version": 1, "events": [{"op": "alloc", "id": 0, "size": 32})";
  for (int id = 1; id < 128; ++id) text += fmt::format(R"(, {{"op": "alloc", "id": {}, "size": 32}})", id);
  state = opened(text + "]}", {spec("buddy:arena=8KiB,min=64")});
  seek(state, 128);
  program.gui->frames(2);
  draw::VectorPicture kept;
  ui::keep_shapes(&kept);
  program.gui->frames(1);
  ui::keep_shapes(nullptr);
  const Rect map = program.gui->rect_of("memory map/map");
  const draw::Color waste = draw::theme(static_cast<draw::ThemeKind>(state.settings.theme)).waste;
  int narrow = 0;
  for (const draw::VectorShape& shape : kept.shapes) {
    const std::optional<Rect> rect = filled(shape);
    if (!rect || shape.color != waste || rect->y0 < map.y0 || rect->y1 > map.y1 || rect->width() >= 6) continue;
    EXPECT_LT(rect->height(), 0.75f * 9 * program.em);
    ++narrow;
  }
  EXPECT_GT(narrow, 100);
}

TEST_F(Charts, a_range_over_the_free_levels_leaves_their_colours_and_dims_the_rest) {
  act(state, Do::PresetDebug);
  state.range = EventRange{2, 4};
  program.gui->frames(3);
  draw::VectorPicture kept;
  ui::keep_shapes(&kept);
  program.gui->frames(1);
  ui::keep_shapes(nullptr);
  ASSERT_TRUE(program.gui->sees("free levels/range"));
  const Rect plot = program.gui->rect_of("free levels/levels"), range = program.gui->rect_of("free levels/range");
  ASSERT_GT(range.width(), 10);
  ASSERT_LT(range.width(), plot.width() / 2 + 10);
  int dimmed = 0;
  for (const draw::VectorShape& shape : kept.shapes) {
    const std::optional<Rect> rect = filled(shape);
    const bool is_veil = rect && shape.color >> 24 < 255 && rect->y0 >= plot.y0 - 1 && rect->y1 <= plot.y1 + 1;
    if (!is_veil || rect->height() < plot.height() - 2 || rect->width() < 4) continue;
    EXPECT_TRUE(rect->x1 <= range.x0 + 1 || rect->x0 >= range.x1 - 1) << shape.path;
    ++dimmed;
  }
  EXPECT_EQ(dimmed, 2) << "what is before and what is behind it";
}

// Yellow on viridis' yellow is not seen.
TEST(Marks, on_a_block_of_any_colour_stand_between_lines_of_the_ground) {
  for (const draw::ThemeKind kind : {draw::ThemeKind::Dark, draw::ThemeKind::Light}) {
    const draw::Theme& theme = draw::theme(kind);
    for (const bool is_pin : {false, true}) {
      draw::Scene scene;
      draw::Box box;
      box.rect = {100, 50, is_pin ? 104.0f : 200.0f, 90};
      box.look = draw::Look::Live;
      box.solid_x = box.rect.x1;
      box.touched = true;
      box.tint = is_pin ? 0 : draw::viridis(1);
      (is_pin ? scene.pins : scene.boxes).push_back(box);
      ui_test::Gui gui(
          [&] {
            ui::apply_style(theme, 13);
            ui::begin_frame();
            panels::paint_scene({ui::draw_list(), theme, 13}, scene, 0);
            ui::end_frame();
          },
          400, 200);
      gui.frames(1);
      draw::VectorPicture kept;
      ui::keep_shapes(&kept);
      gui.frames(1);
      ui::keep_shapes(nullptr);
      std::vector<draw::Color> outlines;
      for (const draw::VectorShape& shape : kept.shapes) {
        if (shape.thickness > 0 && (shape.color == theme.panel || shape.color == theme.touched))
          outlines.push_back(shape.color);
      }
      ASSERT_GE(outlines.size(), 2u);
      EXPECT_EQ(outlines.front(), theme.panel);
      EXPECT_EQ(outlines.back(), theme.touched) << "over them";
    }
  }
}

}  // namespace
