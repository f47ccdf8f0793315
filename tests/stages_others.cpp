// The slab's grid, the bump's region and the charts over time.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/replay.h"
#include "support/seed.h"
#include "viz/draw/bump_layout.h"
#include "viz/draw/chart_layout.h"
#include "viz/draw/slab_layout.h"
#include "viz/draw/stage_cache.h"

namespace allocviz {
namespace {

using draw::Look;
using draw::Rect;
using replay::BlockState;
using replay::Curve;

bool says(const draw::Scene& scene, std::string_view text) {
  return std::any_of(scene.labels.begin(), scene.labels.end(),
                     [text](const draw::Label& label) { return label.text == text; });
}

draw::SlabScene slab_of(const replay::Timeline& timeline, Rect rect, draw::Span view, const draw::NameOf& names = {}) {
  return draw::lay_out_slab({.census = timeline.census(),
                             .spec = timeline.spec(),
                             .now = draw::moment_of(timeline),
                             .selected = {},
                             .rect = rect,
                             .view = view,
                             .style = {},
                             .name_of = names});
}

TEST(SlabGrid, forty_eight_blocks_stand_in_rows_of_eight_as_the_design_draws_them) {
  const draw::SlabGrid grid = draw::grid_for(0, 48, {0, 0, 700, 400}, 16);
  EXPECT_EQ(grid.mode, draw::CellMode::Boxes);
  EXPECT_EQ(grid.columns % 8, 0u);
  EXPECT_GE(grid.rows * grid.columns, 48u);
}

TEST(SlabGrid, cells_lie_inside_their_area_without_overlap_for_any_number_of_blocks) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t count = 1 + random() % (round % 2 == 0 ? 300 : 200000);
    const Rect area{10, 20, 10 + static_cast<float>(200 + random() % 1000),
                    20 + static_cast<float>(100 + random() % 600)};
    const draw::SlabGrid grid = draw::grid_for(5, 5 + count, area, 16);
    EXPECT_GE(grid.rows * grid.columns, count);
    if (grid.mode == draw::CellMode::Strips) continue;
    EXPECT_LE(grid.rect.x1, area.x1 + 1);
    EXPECT_LE(grid.rect.y1, area.y1 + 1) << count;
    for (int i = 0; i < 30; ++i) {
      const std::uint64_t block = 5 + random() % count;
      const Rect cell = grid.cell(block);
      EXPECT_GT(cell.width(), 0);
      EXPECT_GT(cell.height(), 0);
      if (block + 1 < 5 + count && (block + 1 - 5) % grid.columns != 0) {
        EXPECT_LE(cell.x1, grid.cell(block + 1).x0);
      }
      if (block + grid.columns < 5 + count) {
        EXPECT_LE(cell.y1, grid.cell(block + grid.columns).y0);
      }
    }
  }
}

TEST(SlabStage, shows_each_state_the_list_in_order_and_what_is_handed_out_next) {
  test::Script script;
  script.alloc("A", 64).alloc("B", 40).alloc("C", 10).free("A").free("C");
  auto timeline = test::timeline_of(script.done(), test::spec_of("slab:block=64,count=8"));
  timeline->seek({5, replay::kAllSteps});
  const draw::NameOf names = [](std::uint64_t born) { return born == 1 ? std::string("B") : std::string(); };
  const draw::SlabScene scene = slab_of(*timeline, {0, 0, 700, 400}, {0, 512}, names);
  ASSERT_EQ(scene.scene.boxes.size(), 8u);
  EXPECT_EQ(scene.scene.boxes[0].look, Look::Free);
  EXPECT_EQ(scene.scene.boxes[1].look, Look::Live);
  EXPECT_EQ(scene.scene.boxes[3].look, Look::Fresh);
  const draw::Box& b = scene.scene.boxes[1];
  EXPECT_NEAR((b.solid_x - b.rect.x0) / b.rect.width(), 40.0 / 64, 0.02);
  EXPECT_TRUE(scene.scene.boxes[2].next) << "C was freed last, so its block goes out first";
  EXPECT_TRUE(scene.scene.boxes[2].touched) << "the last step pushed it";
  ASSERT_GE(scene.scene.chips.size(), 3u);
  EXPECT_EQ(scene.scene.chips[0].text, "2 · 0x080");
  EXPECT_EQ(scene.scene.chips[1].text, "0 · 0x000");
  EXPECT_EQ(scene.scene.chips[2].text, "3 · 0x0c0");
  EXPECT_TRUE(says(scene.scene, "next out"));
  const auto arrows = std::count_if(scene.scene.links.begin(), scene.scene.links.end(),
                                    [](const draw::Link& link) { return link.kind == draw::LinkKind::Next; });
  EXPECT_EQ(arrows, 6) << "seven free blocks, six arrows";
}

TEST(SlabStage, a_block_is_found_where_it_is_drawn) {
  test::Script script;
  script.alloc("A", 64);
  auto timeline = test::timeline_of(script.done(), test::spec_of("slab:block=64,count=200"));
  const draw::SlabScene scene = slab_of(*timeline, {0, 0, 700, 400}, {64 * 20, 64 * 120});
  ASSERT_EQ(scene.scene.boxes.size(), 100u) << "the view decides which blocks are shown";
  for (const draw::Box& box : scene.scene.boxes) {
    const auto bytes = draw::hit(scene, {(box.rect.x0 + box.rect.x1) / 2, (box.rect.y0 + box.rect.y1) / 2});
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->from, static_cast<double>(box.offset));
  }
}

TEST(SlabStage, sixty_five_thousand_blocks_become_pixels_each_of_them_its_own) {
  test::Script script;
  for (int i = 0; i < 100; ++i) script.alloc(std::to_string(i), 48);
  auto timeline = test::timeline_of(script.done(), test::spec_of("slab:block=64,count=65536"));
  timeline->seek({100, replay::kAllSteps});
  const draw::SlabScene scene = slab_of(*timeline, {0, 0, 900, 500}, {0, 65536 * 64});
  ASSERT_EQ(scene.grid.mode, draw::CellMode::Pixels);
  EXPECT_TRUE(scene.scene.boxes.empty());
  draw::Picture picture;
  const draw::Theme& theme = draw::theme(draw::ThemeKind::Dark);
  draw::paint_cells(scene.grid, timeline->census(), theme, picture);
  const auto pixel = [&](std::uint64_t block) {
    const Rect cell = scene.grid.cell(block);
    const auto x = static_cast<std::size_t>(cell.x0 - scene.grid.rect.x0);
    const auto y = static_cast<std::size_t>(cell.y0 - scene.grid.rect.y0);
    return picture.pixels[y * static_cast<std::size_t>(picture.width) + x];
  };
  EXPECT_EQ(pixel(0), pixel(99));
  EXPECT_NE(pixel(99), pixel(100)) << "live beside never used";
  EXPECT_EQ(pixel(100), pixel(65535));
}

TEST(SlabStage, a_million_blocks_become_strips_and_none_is_forgotten) {
  replay::Census census;
  census.kind = trace::AllocatorKind::Slab;
  census.arena_bytes = 1'000'000 * 64;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    census.blocks.push_back({i * 64, 64, i % 5 == 0 ? BlockState::Free : BlockState::Live, -1, -1, 64, i});
  }
  census.free_lists.push_back({0, -1, 64, {0}});
  trace::AllocatorSpec spec;
  spec.kind = trace::AllocatorKind::Slab;
  spec.block_bytes = 64;
  spec.block_count = 1'000'000;
  const draw::SlabScene scene = draw::lay_out_slab({.census = census,
                                                    .spec = spec,
                                                    .now = {},
                                                    .selected = {},
                                                    .rect = {0, 0, 800, 450},
                                                    .view = {0, 64e6},
                                                    .style = {},
                                                    .name_of = {}});
  ASSERT_EQ(scene.grid.mode, draw::CellMode::Strips);
  double live = 0;
  const double bytes_per_px = scene.axes.front().bytes_per_px();
  for (const draw::Column& column : scene.scene.columns)
    live += static_cast<double>(column.share[static_cast<int>(Look::Live)]);
  EXPECT_NEAR(live * bytes_per_px / 64, 800'000, 800);
}

TEST(BumpStage, its_sums_tile_the_arena_and_the_survivor_is_named) {
  test::Script script;
  script.alloc("P", 300).alloc("Q", 200).alloc("R", 100).free("P").free("R");
  auto timeline = test::timeline_of(script.done(), test::spec_of("bump:arena=4KiB"));
  timeline->seek({5, replay::kAllSteps});
  const replay::Census& census = timeline->census();
  const draw::BumpSums sums = draw::bump_sums(census);
  EXPECT_EQ(sums.live + sums.dead + sums.padding + sums.unused, 4096u);
  EXPECT_EQ(sums.live, 200u);
  EXPECT_EQ(sums.dead, 400u);
  const draw::NameOf names = [](std::uint64_t born) { return std::string(1, static_cast<char>('P' + born)); };
  const std::vector<std::string> held = draw::held_text(census, names);
  ASSERT_EQ(held.size(), 3u);
  EXPECT_EQ(held[0], "Q holds all 600 B above the mark.");
  EXPECT_EQ(held[2], "Freeing it (200 B) returns 600 B.");
  const draw::BumpScene scene = draw::lay_out_bump({.census = census,
                                                    .spec = timeline->spec(),
                                                    .now = draw::moment_of(*timeline),
                                                    .selected = {},
                                                    .rect = {0, 0, 800, 500},
                                                    .view = {0, 4096},
                                                    .style = {},
                                                    .name_of = names});
  ASSERT_TRUE(scene.mark_x);
  EXPECT_EQ(*scene.mark_x, scene.axis.snapped(3496));
  EXPECT_TRUE(scene.held_box);
  EXPECT_TRUE(says(scene.scene, "mark " + trace::offset_text(3496, census.arena_bytes)));
  EXPECT_TRUE(says(scene.scene, "Q"));
  ASSERT_EQ(scene.bars.size(), 4u);
  EXPECT_NEAR(scene.bars[3].filled.width() / scene.bars[3].track.width(), 3496.0 / 4096, 0.01);
}

TEST(BumpStage, says_how_far_the_mark_moved_and_for_whom) {
  test::Script script;
  script.alloc("P", 300).alloc("Q", 10, 64);
  auto timeline = test::timeline_of(script.done(), test::spec_of("bump:arena=4KiB"));
  timeline->seek({2, replay::kAllSteps});
  const draw::NameOf names = [](std::uint64_t born) { return born == 1 ? std::string("Q") : std::string("P"); };
  const draw::BumpScene scene = draw::lay_out_bump({.census = timeline->census(),
                                                    .spec = timeline->spec(),
                                                    .now = draw::moment_of(*timeline),
                                                    .selected = {},
                                                    .rect = {0, 0, 800, 500},
                                                    .view = {0, 4096},
                                                    .style = {},
                                                    .name_of = names});
  // 4096 - 300 = 3796; 10 down and on to a multiple of 64: 3776.
  EXPECT_TRUE(says(scene.scene, "moved 20 B down for Q"));
  EXPECT_TRUE(draw::held_text(timeline->census(), names).empty()) << "nothing is dead";
}

struct Chart {
  replay::Series series;
  std::vector<std::uint64_t> failures;
  std::map<std::uint64_t, std::string> marks;

  void append(std::uint64_t requested) {
    replay::Figures figures;
    figures.live_requested = requested;
    figures.live_rounded = 2 * requested;
    series.append(figures);
  }
  [[nodiscard]] draw::ChartScene lay_out(double first, double last, Rect rect = {0, 0, 1000, 220}) const {
    return draw::lay_out_chart({.series = series,
                                .failures = failures,
                                .marks = marks,
                                .curves = 0b11,
                                .first = first,
                                .last = last,
                                .rect = rect,
                                .style = {}});
  }
};

TEST(Charts, few_events_are_a_staircase_with_a_riser_between_two_events) {
  Chart chart;
  for (const std::uint64_t value : {0u, 100u, 100u, 50u}) chart.append(value);
  const draw::ChartScene scene = chart.lay_out(0, 3);
  const auto curve = std::find_if(scene.curves.begin(), scene.curves.end(),
                                  [](const draw::ChartCurve& c) { return c.curve == Curve::LiveRequested; });
  ASSERT_NE(curve, scene.curves.end());
  ASSERT_EQ(curve->pieces.size(), 1u);
  const std::vector<draw::Point>& points = curve->pieces.front();
  ASSERT_EQ(points.size(), 6u) << "three levels: 0, 100 for two events, 50";
  EXPECT_EQ(points[1].x, points[2].x) << "a riser is upright";
  EXPECT_NEAR(points[1].x, scene.axis.x_of(0.5), 0.01);
  EXPECT_LT(points[2].y, points[1].y);
  EXPECT_GT(points[4].y, points[3].y);
  EXPECT_EQ(scene.ticks.size(), 4u);
}

TEST(Charts, a_spike_of_one_event_among_a_million_is_seen) {
  Chart chart;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) chart.append(i == 777'777 ? 1'000'000 : 10);
  const draw::ChartScene scene = chart.lay_out(0, 999'999);
  const auto curve = std::find_if(scene.curves.begin(), scene.curves.end(),
                                  [](const draw::ChartCurve& c) { return c.curve == Curve::LiveRequested; });
  ASSERT_NE(curve, scene.curves.end());
  EXPECT_LE(curve->pieces.front().size(), 2 * static_cast<std::size_t>(scene.plot.width()) + 2)
      << "cost follows pixels";
  const auto highest = std::min_element(curve->top.begin(), curve->top.end());
  EXPECT_LT(*highest, scene.plot.y0 + scene.plot.height() * 0.6f);
  const double x = static_cast<double>(scene.plot.x0) + static_cast<double>(highest - curve->top.begin());
  EXPECT_NEAR(x, scene.axis.x_of(777'777), 1.5);
}

TEST(Charts, failures_that_would_overlap_stand_under_one_cross_and_none_is_lost) {
  std::mt19937_64 random(test::seed());
  Chart chart;
  for (int i = 0; i < 20000; ++i) chart.append(1);
  for (std::uint64_t i = 0; i < 19999; ++i) {
    if (random() % 20 == 0) chart.failures.push_back(i);
  }
  const draw::ChartScene scene = chart.lay_out(0, 19999);
  std::uint64_t sum = 0;
  for (const draw::ChartFailure& failure : scene.failures) sum += failure.count;
  EXPECT_EQ(sum, chart.failures.size());
  EXPECT_LE(scene.failures.size(), 110u);
  for (std::size_t i = 1; i < scene.failures.size(); ++i) EXPECT_GT(scene.failures[i].x, scene.failures[i - 1].x + 8);
}

TEST(Charts, an_axis_ends_at_a_round_number_little_above_its_maximum) {
  for (const std::uint64_t most : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{5}, std::uint64_t{1024},
                                   std::uint64_t{1025}, std::uint64_t{700000}, std::uint64_t{1} << 40}) {
    const draw::Rounded top = draw::rounded_top(most);
    EXPECT_GE(top.top, most);
    EXPECT_EQ(top.top % top.unit, 0u);
    EXPECT_LE(top.top / top.unit, 4u);
    EXPECT_LE(static_cast<double>(top.top), std::max(2.0, 1.5 * static_cast<double>(most) + 1)) << most;
  }
}

TEST(Charts, the_axis_and_its_inverse_agree_and_the_minimap_shows_the_window) {
  Chart chart;
  for (int i = 0; i < 1001; ++i) chart.append(static_cast<std::uint64_t>(i));
  const draw::ChartScene scene = chart.lay_out(250, 500);
  for (double p = 250; p <= 500; p += 12.5) EXPECT_NEAR(scene.axis.position_at(scene.axis.x_of(p)), p, 1e-6);
  ASSERT_TRUE(scene.zoomed);
  EXPECT_NEAR((scene.window.x0 - scene.minimap.x0) / scene.minimap.width(), 0.25, 0.01);
  EXPECT_NEAR(scene.window.width() / scene.minimap.width(), 0.25, 0.01);
  EXPECT_FALSE(chart.lay_out(0, 1000).zoomed);
}

TEST(StageCache, lays_out_anew_only_when_what_is_shown_has_changed) {
  auto trace = std::make_shared<int>(1);
  draw::Cached<draw::MapScene> cached;
  draw::ViewKey key;
  key.trace = trace;
  key.position = {3, 1};
  EXPECT_TRUE(cached.outdated(key));
  EXPECT_FALSE(cached.outdated(key));
  key.position.step = 2;
  EXPECT_TRUE(cached.outdated(key));
  key.view = {0, 100};
  EXPECT_TRUE(cached.outdated(key));
  EXPECT_FALSE(cached.outdated(key));
  trace.reset();
  auto another = std::make_shared<int>(2);  // perhaps at the very same address
  key.trace = another;
  EXPECT_TRUE(cached.outdated(key)) << "another trace, whatever its address";
  EXPECT_EQ(cached.made, 4u);
}

}  // namespace
}  // namespace allocviz
