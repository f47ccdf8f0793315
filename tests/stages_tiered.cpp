// The slabs of a tiered allocator as drawn: what the cells say is what the census says.
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "support/replay.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/slab_rows.h"
#include "viz/draw/tip.h"

namespace allocviz {
namespace {

using draw::Look;
using draw::Rect;
using draw::SlabRows;

struct Tiered {
  std::unique_ptr<replay::Timeline> timeline;
  explicit Tiered(std::shared_ptr<const trace::Trace> trace, std::string_view spec = "tiered:arena=1MiB,min=64")
      : timeline(test::timeline_of(std::move(trace), test::spec_of(spec))) {
    timeline->seek({timeline->event_count(), replay::kAllSteps});
  }
  [[nodiscard]] SlabRows rows(Rect rect = {0, 0, 900, 300}) const {
    return draw::lay_out_slab_rows({.census = timeline->census(),
                                    .rect = rect,
                                    .x0 = rect.x0 + 100,
                                    .x1 = rect.x1 - 200,
                                    .style = {},
                                    .touched = {},
                                    .selected = {}});
  }
};

// Three classes and one request too large for any of them.
Tiered mixed() {
  test::Script script;
  for (int i = 0; i < 40; ++i) script.alloc("a" + std::to_string(i), 40);
  script.alloc("B", 100).alloc("C", 600).alloc("D", 200'000);
  for (int i = 0; i < 10; ++i) script.free("a" + std::to_string(i));
  return Tiered(script.done());
}

TEST(SlabRows, are_one_a_class_and_hold_every_slab_of_the_census_once) {
  const Tiered tiered = mixed();
  const SlabRows rows = tiered.rows();
  ASSERT_FALSE(rows.rows.empty());
  std::size_t slabs = 0;
  std::uint64_t outstanding = 0;
  for (const draw::SlabRow& row : rows.rows) {
    for (const replay::SlabRun& slab : row.slabs) {
      EXPECT_EQ(slab.size_class, row.size_class);
      EXPECT_EQ(slab.block_bytes, row.block_bytes);
    }
    slabs += row.slabs.size();
    for (const draw::SlabCell& cell : row.cells) outstanding += cell.outstanding;
  }
  EXPECT_EQ(slabs, tiered.timeline->census().slabs.size());
  std::uint64_t live_in_slabs = 0;
  for (const replay::Block& block : tiered.timeline->census().blocks) {
    live_in_slabs += block.size_class >= 0 && block.state == replay::BlockState::Live ? 1 : 0;
  }
  EXPECT_EQ(outstanding, live_in_slabs);
}

TEST(SlabRows, a_cell_is_filled_as_far_as_its_blocks_are_handed_out) {
  const Tiered tiered = mixed();
  const SlabRows rows = tiered.rows();
  for (const draw::SlabRow& row : rows.rows) {
    for (const draw::SlabCell& cell : row.cells) {
      float filled = 0;
      for (const draw::Box& box : rows.scene.boxes) {
        if (box.look == Look::Live && box.rect.x0 == cell.rect.x0 && box.rect.y0 == cell.rect.y0) {
          filled = box.rect.width();
        }
      }
      const double share = static_cast<double>(cell.outstanding) / static_cast<double>(cell.blocks);
      EXPECT_NEAR(filled, share * static_cast<double>(cell.rect.width()), 1.5);
      EXPECT_EQ(filled > 0, cell.outstanding > 0);
      EXPECT_EQ(filled < cell.rect.width(), cell.outstanding < cell.blocks);
    }
  }
}

TEST(SlabRows, many_slabs_share_cells_and_none_is_left_out) {
  replay::Census census;
  census.kind = trace::AllocatorKind::Tiered;
  census.arena_bytes = 1 << 30;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    census.slabs.push_back(
        {.offset = i * 4096, .size = 4096, .size_class = 0, .block_bytes = 64, .blocks = 64, .outstanding = i % 65});
  }
  const SlabRows rows = draw::lay_out_slab_rows(
      {.census = census, .rect = {0, 0, 900, 300}, .x0 = 100, .x1 = 700, .style = {}, .touched = 4096, .selected = {}});
  ASSERT_EQ(rows.rows.size(), 1u);
  const draw::SlabRow& row = rows.rows.front();
  EXPECT_LE(row.cells.size(), 200u);
  std::size_t next = 0;
  for (const draw::SlabCell& cell : row.cells) {
    EXPECT_EQ(cell.first, next);
    next = cell.last;
    EXPECT_LE(cell.rect.x1, 700);
  }
  EXPECT_EQ(next, 10'000u);
  EXPECT_TRUE(rows.scene.boxes.front().touched) << "the second slab stands in the first cell";
  const auto hit = draw::hit(rows, {row.cells[3].rect.x0 + 1, row.rect.y0 + 1});
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->cell, &row.cells[3]);
  EXPECT_EQ(draw::tip_text(*hit, census.arena_bytes).substr(0, 12), "50 slabs beh");
}

TEST(SlabRows, nothing_is_drawn_where_there_are_no_slabs_or_no_room) {
  test::Script script;
  script.alloc("big", 200'000);
  const Tiered none{script.done()};
  EXPECT_EQ(draw::slab_rows_height(none.timeline->census(), {}), 0);
  EXPECT_TRUE(none.rows().scene.boxes.empty());
  EXPECT_TRUE(mixed().rows({0, 0, 900, 10}).scene.boxes.empty());
}

TEST(RunsBelow, stand_in_the_tree_as_the_blocks_they_are_made_of) {
  test::Script script;
  script.alloc("A", 1000).alloc("B", 1300);
  const auto timeline = test::timeline_of(script.done(), test::spec_of("tiered:arena=16KiB,min=64"));
  timeline->seek({2, replay::kAllSteps});
  const replay::Census& census = timeline->census();
  ASSERT_EQ(census.block_at(2048)->size, 1536u) << "one block, to whoever asks";
  const replay::Census below = draw::buddy_below(census, 16384);
  EXPECT_EQ(below.block_at(2048)->size, 1024u);
  EXPECT_EQ(below.block_at(2048)->requested, 1024u);
  EXPECT_EQ(below.block_at(3072)->size, 512u);
  EXPECT_EQ(below.block_at(3072)->requested, 276u);
  const draw::BuddyInput input{.census = below,
                               .spec = timeline->spec(),
                               .now = draw::moment_of(*timeline),
                               .selected = {},
                               .rect = {0, 0, 900, 300},
                               .view = {0, 16384},
                               .style = {},
                               .name_of = [&](std::uint64_t event) { return timeline->trace().id_text(event); }};
  const draw::BuddyScene scene = draw::lay_out_buddy(input);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> touched;
  for (const draw::Box& box : scene.scene.boxes) {
    if (box.touched) touched.emplace_back(box.offset, box.size);
  }
  EXPECT_EQ(touched, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{2048, 1024}, {3072, 512}}));
  for (const draw::Label& label : scene.scene.labels) {
    EXPECT_EQ(label.text.find("276"), std::string::npos) << "nobody asked for 276 B";
    EXPECT_EQ(label.text.find("1 300"), std::string::npos);
  }
  ASSERT_TRUE(scene.relation);
  EXPECT_EQ(scene.relation->size, 1024u) << "the buddy of its first block";
}

TEST(RunsBelow, are_told_in_full_wherever_the_mouse_is_on_one_of_their_blocks) {
  test::Script script;
  script.alloc("A", 1000).alloc("B", 1300);
  const auto timeline = test::timeline_of(script.done(), test::spec_of("tiered:arena=16KiB,min=64"));
  timeline->seek({2, replay::kAllSteps});
  const replay::Census& census = timeline->census();
  const draw::NameOf names = [&](std::uint64_t event) { return timeline->trace().id_text(event); };
  const std::string told =
      "B: live\n0x0800 … 0x0dff\n1.5 KiB (1 536 B): 1 024 B + 512 B side by side\n"
      "requested 1 300 B, waste 236 B (15 %)\nby event 2";
  const draw::BuddyShape shape = draw::shape_of(timeline->spec());
  EXPECT_EQ(draw::tip_text(census, {2100, 2101}, names), told);
  EXPECT_EQ(draw::tip_text(census, shape, {4, {2100, 2101}}, names), told);
  EXPECT_EQ(draw::tip_text(census, shape, {5, {3100, 3101}}, names), told);
  EXPECT_EQ(draw::tip_text(census, shape, {5, {2100, 2101}}, names), "") << "below its block of 1 KiB there is nothing";
  EXPECT_EQ(draw::tip_text(census, shape, {4, {3100, 3101}}, names).substr(0, 5), "split");
  EXPECT_EQ(draw::tip_text(census, shape, {3, {2100, 2101}}, names).substr(0, 5), "split");
  EXPECT_NE(draw::tip_text(census, shape, {5, {0, 16384}}, names).find("\n1 live, "), std::string::npos)
      << "one of its blocks is of that level";
}

TEST(RunsBelow, take_a_block_off_its_list_for_itself_and_not_as_a_buddy) {
  test::Script script;
  script.alloc("A", 1024).alloc("B", 1024).alloc("C", 1024).alloc("D", 1024).alloc("E", 4096).alloc("F", 8192);
  script.free("B").free("C").alloc("G", 1500);
  const auto timeline = test::timeline_of(script.done(), test::spec_of("tiered:arena=16KiB,min=64"));
  ASSERT_TRUE(timeline->failures().empty());
  const auto& steps = [&]() -> const std::vector<alloc::Step>& {
    timeline->seek({9, replay::kAllSteps});
    return timeline->run().steps;
  }();
  std::uint32_t removed = 0;
  while (steps[removed].kind != alloc::StepKind::Remove) ++removed;
  timeline->seek({9, removed + 1});
  const replay::Census below = draw::buddy_below(timeline->census(), 16384);
  const draw::BuddyScene scene = draw::lay_out_buddy({.census = below,
                                                      .spec = timeline->spec(),
                                                      .now = draw::moment_of(*timeline),
                                                      .selected = {},
                                                      .rect = {0, 0, 900, 400},
                                                      .view = {0, 16384},
                                                      .style = {},
                                                      .name_of = {}});
  ASSERT_TRUE(scene.relation);
  EXPECT_EQ(scene.relation->offset, 1024u);
}

TEST(RunsBelow, change_nothing_for_a_buddy_whose_block_grows_by_its_buddy) {
  test::Script script;
  script.alloc("A", 60).realloc("A", 100);
  const auto timeline = test::timeline_of(script.done(), test::spec_of("buddy:arena=512,min=64"));
  timeline->seek({2, replay::kAllSteps});
  const std::vector<alloc::Step> steps = timeline->run().steps;
  std::uint32_t removed = 0;
  while (steps.at(removed).kind != alloc::StepKind::Remove) ++removed;
  timeline->seek({2, removed + 1});
  const draw::BuddyScene scene = draw::lay_out_buddy({.census = timeline->census(),
                                                      .spec = timeline->spec(),
                                                      .now = draw::moment_of(*timeline),
                                                      .selected = {},
                                                      .rect = {0, 0, 900, 400},
                                                      .view = {0, 512},
                                                      .style = {},
                                                      .name_of = {}});
  ASSERT_TRUE(scene.relation);
  EXPECT_EQ(scene.relation->offset, 0u) << "A's, whose buddy 0x040 leaves its list to be merged";
}

}  // namespace
}  // namespace allocviz
