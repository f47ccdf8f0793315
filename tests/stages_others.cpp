// The slab's grid and the bump's region.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "support/replay.h"
#include "support/scenes.h"
#include "support/seed.h"
#include "viz/draw/bump_layout.h"
#include "viz/draw/slab_layout.h"
#include "viz/draw/stage_cache.h"
#include "viz/draw/strip.h"

namespace allocviz {
namespace {

using draw::Look;
using draw::Rect;
using replay::BlockState;

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
  const std::set<draw::Color> colours(picture.pixels.begin(), picture.pixels.end());
  EXPECT_LE(colours.size(), 3u)
      << "live and never used, nothing of waste in stripes of a pixel, and what is beside them";
  EXPECT_TRUE(scene.scene.links.empty()) << "arrows would hide such small cells";
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

TEST(BumpStage, says_large_figures_in_the_units_of_the_other_panels) {
  test::Script script;
  script.alloc("P", 234'567'890).alloc("Q", 1'234'567).free("P");
  auto timeline = test::timeline_of(script.done(), test::spec_of("bump:arena=1GiB"));
  timeline->seek({3, replay::kAllSteps});
  const auto laid_out = [&](float width) {
    return draw::lay_out_bump({.census = timeline->census(),
                               .spec = timeline->spec(),
                               .now = draw::moment_of(*timeline),
                               .selected = {},
                               .rect = {0, 0, width, 500},
                               .view = {0, 1 << 30},
                               .style = {},
                               .name_of = {}});
  };
  const auto says = [](const draw::BumpScene& scene, std::string_view text) {
    return std::any_of(scene.scene.labels.begin(), scene.scene.labels.end(),
                       [text](const draw::Label& one) { return one.text == text; });
  };
  // As everywhere else; the panel beside it speaks of the same bytes.
  for (const float width : {230.0f, 800.0f}) {
    EXPECT_TRUE(says(laid_out(width), "223.7 MiB"));
    EXPECT_FALSE(says(laid_out(width), "234 567 890 B"));
  }
  EXPECT_EQ(draw::bump_size(1'876), "1 876 B") << "the figures of a lesson add up";
}

TEST(BumpStage, keeps_all_four_bars_and_what_freeing_returns_where_there_is_little_room) {
  test::Script script;
  for (const char* id : {"A", "B", "C", "D", "E", "F", "G", "H"}) script.alloc(id, 64);
  script.free("B").free("D").free("F");
  auto timeline = test::timeline_of(script.done(), test::spec_of("bump:arena=1KiB"));
  timeline->seek({11, replay::kAllSteps});
  const draw::Style style;
  for (float height = 184; height <= 400; height += 4) {
    const draw::BumpScene scene = draw::lay_out_bump({.census = timeline->census(),
                                                      .spec = timeline->spec(),
                                                      .now = draw::moment_of(*timeline),
                                                      .selected = {},
                                                      .rect = {0, 0, 240, height},
                                                      .view = {0, 1024},
                                                      .style = style,
                                                      .name_of = {}});
    ASSERT_EQ(scene.bars.size(), 4u);
    float above = 0;
    for (const draw::Bar& bar : scene.bars) {
      EXPECT_GT(bar.track.height(), 0) << bar.word << " at " << height;
      EXPECT_GE(bar.track.y0, above) << bar.word << " at " << height;
      EXPECT_LE(bar.track.y1, height);
      above = bar.track.y1;
    }
    for (const draw::Label& label : scene.scene.labels) {
      if (!label.text.starts_with("Freeing")) continue;
      EXPECT_LE(style.width(label.type, label.text), label.rect.width() + 1) << label.text;
    }
  }
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

TEST(TellingSize, is_short_and_never_a_whole_number_that_it_is_not) {
  EXPECT_EQ(draw::telling_size(100), "100 B");
  EXPECT_EQ(draw::telling_size(1024), "1 KiB");
  EXPECT_EQ(draw::telling_size(1032), "1 032 B") << "it needs a block of 2 KiB";
  EXPECT_EQ(draw::telling_size(1280), "1 280 B") << "as the sentence has it";
  EXPECT_EQ(draw::telling_size(5120), "5 KiB");
  EXPECT_EQ(draw::telling_size(11000), "10.7 KiB");
  EXPECT_EQ(draw::telling_size(65536), "64 KiB");
  EXPECT_EQ(draw::telling_size(65540), "64.0 KiB");
  EXPECT_EQ(draw::telling_size((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(draw::telling_size(1 << 20), "1 MiB");
  EXPECT_EQ(draw::telling_size((std::uint64_t{1} << 32) + 1), "4.0 GiB");
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
