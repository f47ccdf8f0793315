#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "viz/draw/theme.h"

namespace allocviz {
namespace {

using draw::Color;
using draw::Theme;

struct Named {
  std::string name;
  Color color;
};

// What text stands on, everywhere in the window but on live blocks.
std::vector<Named> grounds(const Theme& t) {
  return {{"window", t.window},
          {"panel", t.panel},
          {"inset", t.inset},
          {"row_hover", t.row_hover},
          {"row_current", t.row_current},
          {"free_fill", t.free_fill},
          {"failed_fill", t.failed_fill},
          {"relation_fill", t.relation_fill},
          {"touched_fill", t.touched_fill}};
}

std::vector<Named> inks(const Theme& t) {
  return {{"text", t.text},       {"text_dim", t.text_dim}, {"text_faint", t.text_faint}, {"live", t.live},
          {"touched", t.touched}, {"failed", t.failed},     {"relation", t.relation},     {"ok", t.ok},
          {"mark", t.mark}};
}

// Shapes that carry meaning against the panel: WCAG 2.1 asks for 3:1.
std::vector<Named> shapes(const Theme& t) {
  return {{"waste", t.waste},
          {"reserved", t.reserved},
          {"cursor", t.cursor},
          {"curve_requested", t.curve_requested},
          {"curve_rounded", t.curve_rounded},
          {"curve_free", t.curve_free},
          {"curve_largest", t.curve_largest}};
}

class Themes : public ::testing::TestWithParam<draw::ThemeKind> {};

TEST_P(Themes, every_text_reads_at_four_and_a_half_to_one_on_every_ground) {
  const Theme& t = draw::theme(GetParam());
  for (const Named& ink : inks(t)) {
    for (const Named& ground : grounds(t)) {
      EXPECT_GE(draw::contrast(ink.color, ground.color), 4.5) << ink.name << " on " << ground.name;
    }
  }
  EXPECT_GE(draw::contrast(t.text_on_live, t.live_fill), 4.5);
}

TEST_P(Themes, every_shape_that_means_something_stands_out_from_the_panel) {
  const Theme& t = draw::theme(GetParam());
  for (const Named& shape : shapes(t)) {
    EXPECT_GE(draw::contrast(shape.color, t.panel), 3.0) << shape.name;
  }
  EXPECT_GE(draw::contrast(t.waste, t.waste_ground), 3.0) << "the hatch of rounding waste";
  EXPECT_GE(draw::contrast(t.free_edge, t.panel), 3.0);
  EXPECT_GE(draw::contrast(t.free_edge, t.free_fill), 3.0);
  for (const Color ground : {t.panel, t.touched_fill}) {
    EXPECT_GE(draw::contrast(t.split_edge, ground), 2.0) << "thin on purpose, but there, in a lit row, too";
  }
}

TEST_P(Themes, every_colour_is_set_and_opaque) {
  const Theme& t = draw::theme(GetParam());
  const std::vector<std::vector<Named>> all = {grounds(t), inks(t), shapes(t)};
  for (const std::vector<Named>& group : all) {
    for (const Named& one : group) EXPECT_EQ(one.color >> 24, 255u) << one.name;
  }
  for (const Color color :
       {t.panel_edge, t.text_on_live, t.live_fill, t.waste_ground, t.free_edge, t.split_edge, t.dead, t.grid}) {
    EXPECT_EQ(color >> 24, 255u);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Themes, ::testing::Values(draw::ThemeKind::Dark, draw::ThemeKind::Light));

TEST(Contrast, is_twenty_one_between_black_and_white_and_one_between_equals) {
  EXPECT_NEAR(draw::contrast(draw::rgb(0x000000), draw::rgb(0xFFFFFF)), 21.0, 1e-9);
  EXPECT_NEAR(draw::contrast(draw::rgb(0x123456), draw::rgb(0x123456)), 1.0, 1e-9);
  // The example of the standard's own techniques: #767676 on white is the lightest grey that passes.
  EXPECT_GE(draw::contrast(draw::rgb(0x767676), draw::rgb(0xFFFFFF)), 4.5);
  EXPECT_LT(draw::contrast(draw::rgb(0x777777), draw::rgb(0xFFFFFF)), 4.5);
}

TEST(Viridis, runs_from_its_first_to_its_last_stop_and_never_gets_darker) {
  EXPECT_EQ(draw::viridis(0), draw::rgb(0x440154));
  EXPECT_EQ(draw::viridis(1), draw::rgb(0xFDE725));
  EXPECT_EQ(draw::viridis(-3), draw::viridis(0));
  EXPECT_EQ(draw::viridis(7), draw::viridis(1));
  for (int i = 0; i < 100; ++i) {
    EXPECT_LE(draw::luminance(draw::viridis(i / 100.0)), draw::luminance(draw::viridis((i + 1) / 100.0)) + 1e-6);
  }
}

}  // namespace
}  // namespace allocviz
