#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "support/replay.h"
#include "support/scenes.h"
#include "support/seed.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/lod.h"
#include "viz/draw/map_layout.h"
#include "viz/draw/tip.h"

namespace allocviz {
namespace {

using draw::BuddyScene;
using draw::Look;
using draw::Rect;
using replay::BlockState;

constexpr Rect kPanel{0, 0, 1000, 480};

struct Case {
  std::unique_ptr<replay::Timeline> timeline;
  draw::NameOf names;

  Case(std::shared_ptr<const trace::Trace> trace, std::string_view spec)
      : timeline(test::timeline_of(trace, test::spec_of(spec))),
        names([trace](std::uint64_t born) { return born < trace->size() ? trace->id_text(born) : std::string(); }) {}

  [[nodiscard]] draw::BuddyInput input(Rect rect = kPanel) const {
    return {.census = timeline->census(),
            .spec = timeline->spec(),
            .now = draw::moment_of(*timeline),
            .selected = {},
            .rect = rect,
            .view = {0, static_cast<double>(timeline->census().arena_bytes)},
            .style = {},
            .name_of = names};
  }
};

// The lesson of the design's first picture: A, B, C and D live, B freed, E in its place.
Case lesson() {
  test::Script script;
  script.alloc("A", 100).alloc("B", 60).alloc("C", 200).alloc("D", 30).free("B").alloc("E", 50);
  return {script.done(), "buddy:arena=1KiB,min=64"};
}

const draw::Box* box_at(const BuddyScene& scene, std::uint64_t offset, std::uint64_t size) {
  const auto found = std::find_if(scene.scene.boxes.begin(), scene.scene.boxes.end(),
                                  [&](const draw::Box& box) { return box.offset == offset && box.size == size; });
  return found == scene.scene.boxes.end() ? nullptr : &*found;
}

// 768 B are three blocks of 256 B: level 0 is one of those, not the half of 1 KiB that fits.
TEST(BuddyTree, of_an_arena_that_is_several_blocks_the_rows_are_of_the_sizes_that_its_levels_have) {
  test::Script script;
  script.alloc("A", 60);
  Case c(script.done(), "buddy:arena=768,min=64");
  c.timeline->seek({1, replay::kAllSteps});
  const BuddyScene scene = draw::lay_out_buddy(c.input());
  EXPECT_EQ(scene.shape.top, trace::largest_block_bytes(c.timeline->spec()));
  ASSERT_EQ(scene.rows.size(), 3u);
  for (const std::uint64_t top : {0u, 256u, 512u}) EXPECT_NE(box_at(scene, top, 256), nullptr) << top;
  std::size_t live = 0;
  for (const draw::Box& box : scene.scene.boxes) {
    if (box.look != Look::Live) continue;
    ++live;
    const auto level = static_cast<std::size_t>(scene.shape.level_of(box.size));
    EXPECT_NEAR(box.rect.y0, scene.rows[level].rect.y0, 2) << "it stands in the row that its sentence names";
  }
  EXPECT_EQ(live, 1u);
}

TEST(BuddyTree, the_lesson_lies_where_the_design_draws_it) {
  Case c = lesson();
  c.timeline->seek({6, replay::kAllSteps});
  const BuddyScene scene = draw::lay_out_buddy(c.input());
  ASSERT_EQ(scene.rows.size(), 5u);
  for (const draw::BuddyRow& row : scene.rows) EXPECT_FALSE(row.folded);
  const float x0 = scene.axis.x0, width = scene.axis.x1 - scene.axis.x0;
  const auto expect_box = [&](std::uint64_t offset, std::uint64_t size, Look look, std::size_t row) {
    const draw::Box* box = box_at(scene, offset, size);
    ASSERT_NE(box, nullptr) << offset << " " << size;
    EXPECT_EQ(box->look, look);
    EXPECT_EQ(box->rect.x0, std::floor(x0 + width * static_cast<float>(offset) / 1024 + 0.5f));
    EXPECT_NEAR(box->rect.width(), width * static_cast<float>(size) / 1024, 2) << "a seam of a pixel, and whole pixels";
    EXPECT_EQ(box->rect.y0, scene.rows[row].rect.y0);
    EXPECT_EQ(box->rect.y1, scene.rows[row].rect.y1);
  };
  expect_box(0, 1024, Look::Split, 0);
  expect_box(0, 512, Look::Split, 1);
  expect_box(512, 512, Look::Free, 1);
  expect_box(0, 256, Look::Split, 2);
  expect_box(256, 256, Look::Live, 2);
  expect_box(0, 128, Look::Live, 3);
  expect_box(128, 128, Look::Split, 3);
  expect_box(128, 64, Look::Live, 4);
  expect_box(192, 64, Look::Live, 4);
  EXPECT_EQ(scene.scene.boxes.size(), 9u);
  EXPECT_FALSE(scene.scene.hides);
  const draw::Box* a = box_at(scene, 0, 128);
  EXPECT_NEAR((a->solid_x - a->rect.x0) / a->rect.width(), 100.0 / 128, 0.02)
      << "waste begins after the requested bytes";
  EXPECT_EQ(std::count_if(scene.scene.links.begin(), scene.scene.links.end(),
                          [](const draw::Link& link) { return link.kind == draw::LinkKind::Halves; }),
            8)
      << "two curves a split block";
}

TEST(BuddyTree, its_labels_name_levels_blocks_and_lists) {
  Case c = lesson();
  c.timeline->seek({6, replay::kAllSteps});
  const BuddyScene scene = draw::lay_out_buddy(c.input());
  for (const char* text : {"level 0", "1 KiB", "level 4", "64 B", "A", "100 B", "C", "200 B", "E", "D", "split",
                           "free  512 B", "– empty"}) {
    EXPECT_TRUE(says(scene.scene, text)) << text;
  }
  ASSERT_EQ(scene.scene.chips.size(), 1u);
  EXPECT_EQ(scene.scene.chips.front().text, "0x200");
  EXPECT_EQ(scene.scene.chips.front().offset, 0x200u);
  const float middle = (scene.scene.chips.front().rect.y0 + scene.scene.chips.front().rect.y1) / 2;
  EXPECT_TRUE(middle > scene.rows[1].rect.y0 && middle < scene.rows[1].rect.y1) << "in its level's row";
}

TEST(BuddyTree, the_step_at_the_cursor_is_marked_and_its_level_is_lit) {
  Case c = lesson();
  const std::size_t steps = [&] {
    c.timeline->seek({1, replay::kAllSteps});
    return c.timeline->run().steps.size();
  }();
  std::set<int> kinds;
  for (std::uint32_t step = 0; step <= steps; ++step) {
    c.timeline->seek({1, step});
    if (c.timeline->position().event != 1) continue;  // step 0 is the state before
    const BuddyScene scene = draw::lay_out_buddy(c.input());
    const auto done = c.timeline->position().step;
    const auto touched = std::count_if(scene.scene.boxes.begin(), scene.scene.boxes.end(),
                                       [](const draw::Box& box) { return box.touched; });
    if (done == 0) {
      EXPECT_EQ(touched, 0);
      continue;
    }
    const alloc::Step& now = c.timeline->run().steps[done - 1];
    kinds.insert(static_cast<int>(now.kind));
    const bool buddy_step = now.kind != alloc::StepKind::Fail;
    ASSERT_EQ(scene.lit.size(), buddy_step ? 1u : 0u) << "the current step's level alone";
    const draw::BuddyRow& row = scene.rows[now.level];
    EXPECT_TRUE(row.now && scene.lit[0].y0 < row.rect.y0 && scene.lit[0].y1 > row.rect.y1);
    std::set<int> looked;
    for (std::uint32_t i = 0; i < done; ++i) {
      const alloc::Step& before = c.timeline->run().steps[i];
      if (before.kind == alloc::StepKind::Look && before.level != now.level) looked.insert(before.level);
    }
    EXPECT_EQ(scene.ticks.size(), looked.size()) << "a tick at each level looked at before";
    if (now.kind == alloc::StepKind::Split) {
      EXPECT_EQ(touched, 3) << "a parent and its halves";
    }
    if (now.kind == alloc::StepKind::Take || now.kind == alloc::StepKind::Pop) {
      EXPECT_EQ(touched, 1);
    }
    if (now.kind == alloc::StepKind::Push) {
      EXPECT_TRUE(std::any_of(scene.scene.chips.begin(), scene.scene.chips.end(),
                              [&](const draw::Chip& chip) { return chip.touched && chip.offset == now.offset; }));
    }
  }
  EXPECT_TRUE(kinds.count(static_cast<int>(alloc::StepKind::Split)) == 1);
  EXPECT_TRUE(kinds.count(static_cast<int>(alloc::StepKind::Push)) == 1);
  EXPECT_TRUE(kinds.count(static_cast<int>(alloc::StepKind::Take)) == 1);
}

TEST(BuddyTree, the_buddy_of_a_selected_block_is_one_bit_away) {
  Case c = lesson();
  c.timeline->seek({6, replay::kAllSteps});
  draw::BuddyInput input = c.input();
  input.selected = 0x0a0;  // inside E
  const BuddyScene scene = draw::lay_out_buddy(input);
  ASSERT_TRUE(scene.relation);
  EXPECT_EQ(scene.relation->offset, 0x080u);
  EXPECT_EQ(scene.relation->size, 0x040u);
  EXPECT_EQ(scene.relation->buddy, 0x0c0u);
  EXPECT_TRUE(scene.relation->blocked);
  EXPECT_EQ(scene.relation->status, "live: D");
  EXPECT_TRUE(says(scene.scene, "0x0c0"));
  EXPECT_TRUE(says(scene.scene, "0b00 1")) << "the digits before the one that differs";
  EXPECT_TRUE(box_at(scene, 0x080, 64)->selected);
  EXPECT_TRUE(box_at(scene, 0x0c0, 64)->related);
  input.selected = 0x300;  // the free half: its buddy is split
  EXPECT_EQ(draw::relation_of(input, scene.shape)->status, "split, cannot merge");
}

TEST(BuddyTree, the_arithmetic_has_a_heading_in_a_narrow_stage_too) {
  Case c = lesson();
  c.timeline->seek({6, replay::kAllSteps});
  for (const float width : {900.0f, 420.0f, 340.0f, 300.0f}) {
    draw::BuddyInput input = c.input({0, 0, width, 500});
    input.selected = 0x0a0;
    const BuddyScene scene = draw::lay_out_buddy(input);
    ASSERT_TRUE(scene.relation_box);
    const auto& labels = scene.scene.labels;
    const auto heading = std::find_if(labels.begin(), labels.end(),
                                      [](const draw::Label& label) { return label.text.rfind("its buddy", 0) == 0; });
    const auto status = std::find_if(labels.begin(), labels.end(),
                                     [](const draw::Label& label) { return label.text == "0x0c0 is live: D"; });
    ASSERT_TRUE(heading != labels.end()) << width;
    ASSERT_TRUE(status != labels.end()) << width;
    EXPECT_LE(heading->rect.x0 + input.style.width(draw::Type::Small, heading->text), status->rect.x0) << width;
  }
}

TEST(BuddyTree, the_largest_block_has_no_buddy) {
  test::Script script;
  script.alloc("A", 1000);
  Case c(script.done(), "buddy:arena=1KiB,min=64");
  c.timeline->seek({1, replay::kAllSteps});
  draw::BuddyInput input = c.input();
  input.selected = 0;
  EXPECT_FALSE(draw::lay_out_buddy(input).relation);
}

TEST(BuddyTree, a_split_moves_its_halves_out_of_their_parent_and_a_merge_back) {
  Case c = lesson();
  c.timeline->seek({1, replay::kAllSteps});
  draw::BuddyInput input = c.input();
  const std::vector<alloc::Step> steps = c.timeline->run().steps;
  input.motion = draw::Motion::Forward;
  input.crossed = steps;
  BuddyScene scene = draw::lay_out_buddy(input);
  const draw::Box* half = box_at(scene, 512, 512);
  ASSERT_NE(half, nullptr);
  EXPECT_TRUE(half->moves);
  EXPECT_EQ(half->from.y0, scene.rows[0].rect.y0);
  EXPECT_EQ(half->from.x0, half->rect.x0);
  EXPECT_FALSE(box_at(scene, 0, 1024)->moves);

  c.timeline->seek({0, 0});  // one undivided block: it comes together out of its halves
  draw::BuddyInput back = c.input();
  back.motion = draw::Motion::Backward;
  back.crossed = steps;
  scene = draw::lay_out_buddy(back);
  const draw::Box* whole = box_at(scene, 0, 1024);
  ASSERT_NE(whole, nullptr);
  EXPECT_TRUE(whole->moves);
  EXPECT_EQ(whole->from.y0, scene.rows[1].rect.y0);
}

TEST(BuddyTree, what_stands_under_the_mouse_is_what_is_drawn_there) {
  Case c = lesson();
  c.timeline->seek({6, replay::kAllSteps});
  const BuddyScene scene = draw::lay_out_buddy(c.input());
  for (const draw::Box& box : scene.scene.boxes) {
    const auto hit = draw::hit(scene, {(box.rect.x0 + box.rect.x1) / 2, (box.rect.y0 + box.rect.y1) / 2});
    ASSERT_TRUE(hit);
    EXPECT_EQ(scene.shape.size_of(hit->level), box.size);
    EXPECT_TRUE(hit->bytes.from >= static_cast<double>(box.offset) - 2 &&
                hit->bytes.to <= static_cast<double>(box.offset + box.size) + 2);
    const std::string tip = draw::tip_text(c.timeline->census(), scene.shape, *hit, c.names);
    EXPECT_EQ(tip.rfind("split", 0) == 0, box.look == Look::Split) << tip;
  }
  EXPECT_FALSE(draw::hit(scene, {scene.axis.x0 - 5, 100})) << "the level labels are no blocks";
  EXPECT_EQ(draw::tip_text(c.timeline->census(), scene.shape, {4, {700, 701}}, c.names), "") << "nothing at this level";
}

// Bytes of each look that the rows' columns add up to, level by level.
std::map<std::pair<int, Look>, double> bytes_by_level(const BuddyScene& scene) {
  std::map<std::pair<int, Look>, double> out;
  const auto width = static_cast<std::size_t>(scene.axis.columns());
  for (const draw::BuddyRow& row : scene.rows) {
    if (row.folded) continue;
    for (std::size_t x = 0; x < width; ++x) {
      const draw::Column& column = scene.scene.columns[scene.scene.bands[row.band].first_column + x];
      for (int look = 0; look < draw::kLooks; ++look) {
        out[{row.first, static_cast<Look>(look)}] +=
            static_cast<double>(column.share[look]) * scene.axis.bytes_per_px();
      }
    }
  }
  return out;
}

TEST(BuddyTree, nothing_is_lost_on_real_states_with_gaps_at_any_zoom) {
  std::mt19937_64 random(test::seed());
  const auto trace = test::random_trace(random, 1500, 1u << 18, 4096);
  Case c(trace, "buddy:arena=256KiB,min=32,gaps=4096-8192+100000-163850");
  for (int round = 0; round < 12; ++round) {
    c.timeline->seek({random() % (c.timeline->event_count() + 1), replay::kAllSteps});
    draw::BuddyInput input = c.input({0, 0, 900, round % 2 == 0 ? 300.0f : 700.0f});
    if (round % 3 != 0)
      input.view = {static_cast<double>(random() % 100000), static_cast<double>(110000 + random() % 100000)};
    const BuddyScene scene = draw::lay_out_buddy(input);
    std::map<std::pair<int, Look>, double> expected;
    std::uint64_t blocks = 0;
    for (const replay::Block& block : c.timeline->census().blocks) {
      const auto from = static_cast<double>(block.offset);
      const double low = std::max(from, input.view.from),
                   high = std::min(from + static_cast<double>(block.size), input.view.to);
      if (high <= low) continue;
      if (block.state == BlockState::Gap) continue;  // cut into pieces on several levels: see below
      ++blocks;
      const double solid = std::clamp(from + static_cast<double>(block.requested), low, high);
      const bool live = block.state == BlockState::Live;
      expected[{block.level, live ? Look::Live : draw::look_of(block.state)}] += live ? solid - low : high - low;
      if (live) expected[{block.level, Look::Waste}] += high - solid;
    }
    std::map<std::pair<int, Look>, double> found = bytes_by_level(scene);
    for (const auto& [key, bytes] : expected)
      EXPECT_NEAR(found[key], bytes, 64) << "level " << key.first << " round " << round;
    double gaps = 0, found_gaps = 0;
    for (const replay::Block& block : c.timeline->census().blocks) {
      if (block.state != BlockState::Gap) continue;
      const auto from = static_cast<double>(block.offset);
      gaps += std::max(
          0.0, std::min(from + static_cast<double>(block.size), input.view.to) - std::max(from, input.view.from));
    }
    for (const auto& [key, bytes] : found) found_gaps += key.second == Look::Gap ? bytes : 0;
    EXPECT_NEAR(found_gaps, gaps, 64);
    const auto leaves = static_cast<std::uint64_t>(
        std::count_if(scene.scene.boxes.begin(), scene.scene.boxes.end(),
                      [](const draw::Box& b) { return b.look != Look::Split && b.look != Look::Gap; }));
    EXPECT_LE(leaves, blocks);
  }
}

TEST(BuddyTree, twenty_one_levels_fit_a_small_window_because_split_levels_fold) {
  test::Script script;
  for (int i = 0; i < 300; ++i) script.alloc(std::to_string(i), i % 3 == 0 ? 60 : 500);
  Case c(script.done(), "buddy:arena=64MiB,min=64");
  c.timeline->seek({300, replay::kAllSteps});
  draw::BuddyInput input = c.input({0, 0, 900, 360});
  input.view = {0, 100000};  // the blocks in use: everything above level 8 is split here
  const BuddyScene scene = draw::lay_out_buddy(input);
  ASSERT_FALSE(scene.rows.empty());
  EXPECT_TRUE(scene.rows.front().folded);
  EXPECT_EQ(scene.rows.front().first, 0);
  const auto says = [](const BuddyScene& drawn, std::string_view word) {
    return std::any_of(drawn.scene.labels.begin(), drawn.scene.labels.end(),
                       [word](const draw::Label& one) { return one.text.find(word) != std::string::npos; });
  };
  input.view = {512, 1024};  // one block of 512 B: the levels below it are used, but not here
  EXPECT_TRUE(says(draw::lay_out_buddy(input), "none in view"));
  EXPECT_FALSE(says(draw::lay_out_buddy(input), "unused"));
  int expected = 0;
  for (const draw::BuddyRow& row : scene.rows) {
    EXPECT_EQ(row.first, expected) << "every level stands in exactly one row";
    expected = row.last + 1;
    EXPECT_LE(row.rect.y1, 361);
    EXPECT_LT(row.rect.y0, row.rect.y1);
  }
  EXPECT_EQ(expected, 21);
}

TEST(BuddyTree, where_rows_are_thinner_than_words_no_empty_list_stands_in_the_place_of_one_with_blocks) {
  test::Script script;
  for (int i = 0; i < 400; ++i) script.alloc(std::to_string(i), 16u << (i % 12));
  for (int i = 0; i < 400; i += 3) script.free(std::to_string(i));
  Case c(script.done(), "buddy:arena=1GiB,min=16");
  c.timeline->seek({500, replay::kAllSteps});
  std::size_t dropped = 0;
  for (const float height : {180.0f, 230.0f, 280.0f, 420.0f}) {
    const BuddyScene scene = draw::lay_out_buddy(c.input({0, 0, 620, height}));
    // Right of the axis: the words of a level's list, by the row they stand at.
    const auto is_listed = [&scene](const draw::BuddyRow& row) {
      const float middle = (row.rect.y0 + row.rect.y1) / 2;
      const auto stands = [middle](const Rect& rect) { return std::abs((rect.y0 + rect.y1) / 2 - middle) < 2; };
      return std::any_of(scene.scene.chips.begin(), scene.scene.chips.end(),
                         [&](const draw::Chip& chip) { return stands(chip.rect); }) ||
             std::any_of(scene.scene.labels.begin(), scene.scene.labels.end(),
                         [&](const draw::Label& label) { return label.rect.x0 > scene.axis.x1 && stands(label.rect); });
    };
    const auto has_blocks = [&c](const draw::BuddyRow& row) {
      const auto& lists = c.timeline->census().free_lists;
      return std::any_of(lists.begin(), lists.end(), [&row](const replay::FreeList& list) {
        return list.level == row.first && !list.offsets.empty();
      });
    };
    float before = -100;
    for (const draw::BuddyRow& row : scene.rows) {
      if (row.folded) continue;
      const float middle = (row.rect.y0 + row.rect.y1) / 2;
      if (is_listed(row)) {
        EXPECT_GE(middle - before, 0.6f * 16 - 2) << "words of level " << row.first << " stand on others at " << height;
        before = middle;
        continue;
      }
      if (!has_blocks(row)) continue;
      ++dropped;
      const bool for_another = std::any_of(scene.rows.begin(), scene.rows.end(), [&](const draw::BuddyRow& other) {
        const float distance = std::abs((other.rect.y0 + other.rect.y1) / 2 - middle);
        return !other.folded && distance > 0 && distance < 0.7f * 16 && is_listed(other) &&
               (other.now || has_blocks(other));
      });
      EXPECT_TRUE(for_another) << "level " << row.first << " at " << height;
    }
  }
  EXPECT_GT(dropped, 0u) << "no row was too thin";
}

TEST(BuddyTree, levels_that_are_folded_are_named_unless_the_words_of_others_stand_there) {
  test::Script script;
  for (int i = 0; i < 400; ++i) script.alloc(std::to_string(i), 16u << (i % 12));
  Case c(script.done(), "buddy:arena=1GiB,min=16");
  c.timeline->seek({400, replay::kAllSteps});
  int inside = 0, beside = 0;
  for (const float height : {110.0f, 150.0f, 190.0f, 240.0f, 300.0f}) {
    draw::BuddyInput input = c.input({0, 0, 620, height});
    input.view = {0, 200'000};  // what is above them is split all over
    const BuddyScene scene = draw::lay_out_buddy(input);
    for (const draw::BuddyRow& row : scene.rows) {
      if (!row.folded) continue;
      const float middle = (row.rect.y0 + row.rect.y1) / 2;
      const std::string which = row.first == row.last ? std::to_string(row.first)
                                                      : std::to_string(row.first) + " … " + std::to_string(row.last);
      bool named = false, taken = false;
      for (const draw::Label& label : scene.scene.labels) {
        const float distance = std::abs((label.rect.y0 + label.rect.y1) / 2 - middle);
        const bool says = distance < 2 && label.text.find(which) != std::string::npos;
        named = named || says;
        inside += says && label.rect.x0 >= scene.axis.x0 ? 1 : 0;
        beside += says && label.rect.x0 < scene.axis.x0 ? 1 : 0;
        taken = taken || (label.rect.x1 < scene.axis.x0 && distance < 0.64f * 16);
      }
      EXPECT_TRUE(named || taken) << "levels " << which << " at " << height;
    }
  }
  EXPECT_GT(inside, 0);
  EXPECT_GT(beside, 0);
}

TEST(BuddyTree, the_sizes_of_its_levels_are_whole_in_any_window) {
  test::Script script;
  script.alloc("A", 64);
  Case of{script.done(), "buddy:arena=64MiB,min=64"};
  of.timeline->seek({1, replay::kAllSteps});
  for (const float width : {500.0f, 620.0f, 1000.0f, 2000.0f}) {
    const BuddyScene scene = draw::lay_out_buddy(of.input({0, 0, width, 340}));
    for (const draw::Label& label : scene.scene.labels) {
      if (label.type != draw::Type::MonoSmall || label.rect.x1 > scene.axis.x0) continue;
      EXPECT_LE(draw::Style{}.width(label.type, label.text), label.rect.width()) << label.text << " at " << width;
    }
  }
}

TEST(BuddyTree, the_tree_stands_over_the_map_byte_for_byte) {
  Case c = lesson();
  c.timeline->seek({6, replay::kAllSteps});
  const BuddyScene tree = draw::lay_out_buddy(c.input());
  const draw::MapScene map = draw::lay_out_map({.census = c.timeline->census(),
                                                .focus = {},
                                                .rect = {kPanel.x0, 500, kPanel.x1, 620},
                                                .view = {0, 1024},
                                                .style = {},
                                                .name_of = c.names});
  ASSERT_EQ(map.axes.size(), 1u);
  EXPECT_EQ(map.axes.front(), tree.axis);
  for (const draw::Box& box : map.scene.boxes) {
    const draw::Box* above = box_at(tree, box.offset, box.size);
    ASSERT_NE(above, nullptr);
    EXPECT_EQ(above->rect.x0, box.rect.x0);
    EXPECT_EQ(above->rect.x1, box.rect.x1);
    EXPECT_EQ(above->solid_x, box.solid_x);
  }
}

TEST(BuddyTree, an_arena_of_2_to_the_46_and_a_view_of_one_byte_lay_out) {
  replay::Census census;
  const std::uint64_t arena = std::uint64_t{1} << 46;
  census.arena_bytes = arena;
  std::uint64_t at = 0;
  census.blocks.push_back({at, 64, BlockState::Live, 40, -1, 50, 0});
  for (at = 64; at < arena; at *= 2) census.blocks.push_back({at, at, BlockState::Free, -1, -1, 0, 0});
  trace::AllocatorSpec spec;
  spec.arena_bytes = arena;
  spec.min_block_bytes = 64;
  const draw::NameOf names = [](std::uint64_t) { return std::string("A"); };
  for (const draw::Span view : {draw::Span{0, std::ldexp(1.0, 46)}, draw::Span{10, 11}, draw::Span{0, 4096}}) {
    const BuddyScene scene = draw::lay_out_buddy({.census = census,
                                                  .spec = spec,
                                                  .now = {},
                                                  .selected = {},
                                                  .rect = {0, 0, 1000, 400},
                                                  .view = view,
                                                  .style = {},
                                                  .name_of = names});
    ASSERT_EQ(scene.shape.levels, 41);
    EXPECT_LE(scene.scene.boxes.size(), 100u);
    EXPECT_FALSE(scene.rows.empty());
    for (const draw::Box& box : scene.scene.boxes) {
      EXPECT_TRUE(box.rect.x0 >= scene.axis.x0 && box.rect.x1 <= scene.axis.x1);
      EXPECT_LE(box.rect.x0, box.solid_x);
    }
  }
}

TEST(BuddyStage, draws_the_buddy_below_a_tiered_allocator_with_each_slab_as_one_live_block) {
  test::Script script;
  script.alloc("A", 40).alloc("B", 48).alloc("C", 600).free("A");
  const Case tiered(script.done(), "tiered:arena=4KiB,min=64");
  tiered.timeline->seek({4, replay::kAllSteps});
  const replay::Census below = draw::buddy_below(tiered.timeline->census(), tiered.timeline->spec().arena_bytes);
  replay::Census buddy_alone;
  buddy_alone.arena_bytes = below.arena_bytes;
  buddy_alone.blocks = below.blocks;
  buddy_alone.free_lists = {below.free_lists.begin(), below.free_lists.begin() + 7};
  buddy_alone.figures = sums_of(below);
  test::expect_conditions(buddy_alone);
  const replay::Block* slab = below.block_at(0);
  EXPECT_EQ(slab->size, 512u);
  EXPECT_EQ(slab->requested, 48u);
  draw::BuddyInput input = tiered.input();
  const BuddyScene scene = draw::lay_out_buddy({.census = below,
                                                .spec = input.spec,
                                                .now = input.now,
                                                .selected = {},
                                                .rect = input.rect,
                                                .view = input.view,
                                                .style = {},
                                                .name_of = input.name_of});
  EXPECT_NE(box_at(scene, 0, 512), nullptr);
  EXPECT_NE(box_at(scene, 1024, 1024), nullptr);
  EXPECT_FALSE(scene.relation) << "the last step is about a slab's block, which has no buddy";
  EXPECT_TRUE(scene.relation_box) << "it keeps its place";
}

TEST(BuddyStage, above_slabs_dense_rows_have_the_place_of_the_arithmetic) {
  test::Script script;
  for (std::uint64_t size = 4096; size <= 1 << 20; size *= 2) script.alloc(std::to_string(size), size);
  const Case tiered(script.done(), "tiered:arena=4MiB,min=64");
  tiered.timeline->seek({9, replay::kAllSteps});
  const replay::Census below = draw::buddy_below(tiered.timeline->census(), tiered.timeline->spec().arena_bytes);
  for (const auto& [height, box] : {std::pair{600.0f, true}, {190.0f, false}}) {
    draw::BuddyInput input = tiered.input({0, 0, 672, height});
    const BuddyScene scene = draw::lay_out_buddy({.census = below,
                                                  .spec = input.spec,
                                                  .now = input.now,
                                                  .selected = {},
                                                  .rect = input.rect,
                                                  .view = input.view,
                                                  .style = {},
                                                  .name_of = input.name_of});
    EXPECT_EQ(scene.relation_box.has_value(), box) << height;
    EXPECT_LE(scene.rows.back().rect.y1, height);
  }
}

}  // namespace
}  // namespace allocviz
