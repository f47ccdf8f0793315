// What the stages of bump and slab and the map say about the event at the cursor: what it touched, why it was refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/stages_marks_support.h"

namespace allocviz {
namespace {

using draw::Rect;
using stages_marks::chips;
using stages_marks::kStage;
using stages_marks::label;
using stages_marks::links;
using stages_marks::Played;
using stages_marks::texts;
using stages_marks::waste;

Played survivor() {
  test::Script script;
  script.alloc("A", 100).alloc("B", 60).alloc("C", 16).free("A").free("C").alloc("D", 400).free("B").alloc("E", 50);
  script.reset();
  return {script, "bump:arena=512"};
}

TEST(BumpMarks, a_free_that_only_counts_marks_the_block_that_was_freed) {
  Played played = survivor();
  played.go(4);
  const draw::BumpScene scene = played.bump();
  const draw::MapScene map = played.map();
  for (const draw::Scene* one : {&scene.scene, &map.scene}) {
    std::vector<std::uint64_t> touched;
    for (const draw::Box& box : one->boxes) {
      if (box.touched) touched.push_back(box.offset);
    }
    EXPECT_EQ(touched, std::vector<std::uint64_t>{512 - 100}) << "A, wherever the mark stands";
  }
  EXPECT_NE(label(scene.scene, "the mark stays: 2 outstanding"), nullptr) << texts(scene.scene);
  EXPECT_EQ(links(scene.scene, draw::LinkKind::Arc, draw::Tone::Touched), 0u) << "it went nowhere";
}

TEST(BumpMarks, the_figures_keep_their_place_whatever_is_held) {
  Played played = survivor();
  std::optional<float> region, first;
  bool held = false, free = false;
  for (std::uint64_t event = 0; event <= 9; ++event) {
    played.go(event);
    const draw::BumpScene scene = played.bump();
    ASSERT_EQ(scene.bars.size(), 4u);
    for (const draw::Bar& bar : scene.bars) EXPECT_GT(bar.track.width(), 0) << bar.word << " at event " << event;
    if (!first) {
      first = scene.bars[0].track.y0;
      region = scene.region.y1;
    }
    EXPECT_EQ(scene.bars[0].track.y0, *first);
    EXPECT_EQ(scene.region.y1, *region);
    (scene.held_box ? held : free) = true;
    if (!scene.held_box) continue;
    EXPECT_GT(scene.held_box->y0, scene.bars[3].track.y1);
    EXPECT_LE(scene.held_box->y1, kStage.y1);
  }
  EXPECT_TRUE(held && free) << "both were seen";
}

TEST(BumpMarks, what_is_in_flight_is_neither_live_nor_unused) {
  Played played = survivor();
  played.go(1, alloc::StepKind::Move);
  const draw::BumpSums sums = draw::bump_sums(played.census());
  EXPECT_EQ(sums.in_flight, 100u);
  EXPECT_EQ(sums.unused, 412u);
  EXPECT_EQ(sums.live, 0u);
  const draw::BumpScene scene = played.bump();
  EXPECT_NE(label(scene.scene, "unused  412 B"), nullptr) << texts(scene.scene);
  EXPECT_NE(label(scene.scene, "412 B"), nullptr) << "the bar agrees with the strip";
  EXPECT_NE(label(scene.scene, "0 B + 100 B"), nullptr);
  EXPECT_NE(label(scene.scene, "moved 100 B down for A"), nullptr) << "it has its name already";
  EXPECT_GT(scene.bars[0].flying.width(), 50);
}

TEST(BumpMarks, the_caption_stands_below_the_middle_of_the_bow_and_within_the_axis) {
  Played played = survivor();
  int bows = 0;
  for (const auto& [event, text] : {std::pair{1, "moved 100 B down for A"}, std::pair{3, "moved 16 B down for C"},
                                    std::pair{7, "the mark returns 176 B up: nothing is outstanding"},
                                    std::pair{9, "the mark returns 50 B up: a reset"}}) {
    played.go(static_cast<std::uint64_t>(event));
    const draw::BumpScene scene = played.bump();
    const draw::Label* caption = label(scene.scene, text);
    ASSERT_NE(caption, nullptr) << text << ": " << texts(scene.scene);
    const float width = draw::Style{}.width(caption->type, text);
    EXPECT_GE(caption->rect.x0, scene.axis.x0);
    EXPECT_LE(caption->rect.x0 + width, scene.axis.x1);
    for (const draw::Link& link : scene.scene.links) {
      if (link.kind != draw::LinkKind::Arc) continue;
      ++bows;
      // A bow hangs down by three quarters of what its handles do.
      EXPECT_GE(caption->rect.y0, link.from.y + 0.75f * 1.2f * 16);
      const float middle = (link.from.x + link.to.x) / 2;
      const float left = std::max(scene.axis.x0, std::min(middle - width / 2, scene.axis.x1 - width));
      EXPECT_NEAR(caption->rect.x0, left, 3) << text;
    }
  }
  EXPECT_EQ(bows, 4);
}

TEST(BumpMarks, a_refused_request_says_why_and_hangs_out_of_the_region) {
  Played played = survivor();
  played.go(6);
  const draw::BumpScene scene = played.bump();
  const draw::Label* why = label(scene.scene, "✕ D: 400 B does not fit the 336 B below the mark");
  ASSERT_NE(why, nullptr) << texts(scene.scene);
  EXPECT_EQ(why->tone, draw::Tone::Failed);
  const draw::Label* missing = label(scene.scene, "64 B short");
  ASSERT_NE(missing, nullptr) << texts(scene.scene);
  EXPECT_EQ(links(scene.scene, draw::LinkKind::Relation, draw::Tone::Failed), 7u) << "its torn end has four edges";
  float left = scene.axis.x0;
  for (const draw::Link& link : scene.scene.links) {
    if (link.tone != draw::Tone::Failed) continue;
    left = std::min({left, link.from.x, link.to.x});
    EXPECT_GT(std::min(link.from.y, link.to.y), scene.region.y1) << "below the region, not on its edges";
    EXPECT_LE(std::max(link.from.y, link.to.y), why->rect.y0);
  }
  EXPECT_LT(left, scene.axis.x0);
  EXPECT_GE(left, kStage.x0);
  played.go(5);
  EXPECT_EQ(links(played.bump().scene, draw::LinkKind::Relation, draw::Tone::Failed), 0u);
}

TEST(SlabMarks, how_many_more_are_on_the_list_is_never_cut) {
  test::Script script;
  script.alloc("A", 64);
  Played played(script, "slab:block=64,count=500");
  played.go(1);
  const draw::Style style;
  int seen = 0;
  for (float width = 300; width < 900; width += 7) {
    const draw::SlabScene scene = played.slab({0, 0, width, 300});
    for (const draw::Label& one : scene.scene.labels) {
      if (one.text.rfind("+", 0) != 0) continue;
      ++seen;
      EXPECT_LE(style.width(one.type, one.text), one.rect.width() + 0.01f) << one.text << " at " << width;
    }
  }
  EXPECT_GT(seen, 50);
}

TEST(Refusal, is_shortened_from_who_asked_on) {
  const draw::Style style;
  const std::string text = "✕ replay: 300 B does not fit the 256 B below the mark";
  const float whole = style.width(draw::Type::Bold, text);
  EXPECT_EQ(draw::refusal_within(text, whole, style), text);
  EXPECT_EQ(draw::refusal_within(text, whole - 1, style), "✕ 300 B does not fit the 256 B below the mark");
  EXPECT_EQ(draw::refusal_within(text, whole / 2, style), "✕ 300 B does not fit the 256 B");
}

TEST(SlabMarks, blocks_are_called_by_number_and_offset_and_the_list_has_an_end) {
  test::Script script;
  script.alloc("A", 32).alloc("B", 24).alloc("I", 33);
  Played played(script, "slab:block=32,count=8");
  played.go(0);
  const draw::SlabScene scene = played.slab();
  EXPECT_EQ(chips(scene.scene).size(), 8u) << "over two lines";
  EXPECT_EQ(chips(scene.scene)[3], "3 · 0x060");
  EXPECT_TRUE(chips(scene.scene, true).empty()) << "nothing is touched before the first event";
  EXPECT_NE(label(scene.scene, "→ end"), nullptr);
  EXPECT_NE(label(scene.scene, "end of the list"), nullptr);
  EXPECT_NE(label(scene.scene, "2nd"), nullptr) << "where arrows share a seam the order is read";
  EXPECT_EQ(label(scene.scene, "1st"), nullptr) << "that is the next out";
  EXPECT_EQ(label(scene.scene, "next out")->tone, draw::Tone::Text);
  EXPECT_NE(label(scene.scene, "0x0e0"), nullptr) << "beside the cell's number";
  for (const draw::Label& one : scene.scene.labels) {
    EXPECT_EQ(one.grounded, one.box >= 0) << one.text << ": arrows run below the labels of cells";
  }
  for (const draw::Chip& chip : scene.scene.chips) {
    EXPECT_LE(chip.rect.x1, kStage.x1);
    EXPECT_LE(chip.rect.y1, kStage.y1);
  }
}

TEST(SlabMarks, the_lists_arrows_run_through_no_other_block_and_behind_no_word) {
  const std::uint64_t seed = test::seed();
  std::mt19937_64 random(seed);
  std::size_t seen = 0, around = 0;
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t count = 3 + random() % 40;
    test::Script script;
    std::vector<std::uint64_t> order;
    for (std::uint64_t i = 0; i < count; ++i) {
      script.alloc(std::to_string(i), 32);
      order.push_back(i);
    }
    std::shuffle(order.begin(), order.end(), random);
    const std::uint64_t freed = 2 + random() % (count - 2);
    for (std::uint64_t i = 0; i < freed; ++i) script.free(std::to_string(order[i]));
    Played played(script, "slab:block=32,count=" + std::to_string(count));
    played.go(count + freed);
    const Rect stage{0, 0, static_cast<float>(500 + random() % 500), static_cast<float>(200 + random() % 300)};
    const draw::SlabScene scene = played.slab(stage);
    for (const draw::Link& link : scene.scene.links) {
      if (link.corners.empty()) continue;
      ++seen;
      around += link.corners.size() > 2;
      std::vector<draw::Point> way = link.corners;
      way.insert(way.begin(), link.from);
      way.push_back(link.to);
      for (std::size_t i = 0; i + 1 < way.size(); ++i) {
        const draw::Point a = way[i], b = way[i + 1];
        ASSERT_TRUE(a.x == b.x || a.y == b.y) << "seed " << seed;
        const Rect line{std::min(a.x, b.x), std::min(a.y, b.y), std::max(a.x, b.x) + 1, std::max(a.y, b.y) + 1};
        for (const draw::Box& box : scene.scene.boxes) {
          if (box.rect.contains(link.from) || box.rect.contains(link.to)) continue;
          ASSERT_FALSE(line.x0 < box.rect.x1 && box.rect.x0 < line.x1 && line.y0 < box.rect.y1 && box.rect.y0 < line.y1)
              << "seed " << seed << ": from " << link.from.x << " to " << link.to.x << " through " << box.offset / 32;
        }
        EXPECT_TRUE(line.x0 >= stage.x0 && line.x1 <= stage.x1 + 1) << "seed " << seed;
      }
    }
  }
  EXPECT_GT(seen, 100u);
  EXPECT_GT(around, 20u);
}

TEST(SlabMarks, a_refused_request_says_why_and_nothing_is_touched) {
  test::Script script;
  script.alloc("A", 32).alloc("I", 33).alloc("B", 32).alloc("C", 32);
  Played played(script, "slab:block=32,count=2");
  played.go(2);
  const draw::SlabScene too_large = played.slab();
  ASSERT_NE(label(too_large.scene, "✕ I: 33 B does not fit a 32 B block"), nullptr) << texts(too_large.scene);
  EXPECT_LE(label(too_large.scene, "✕ I: 33 B does not fit a 32 B block")->rect.y1, kStage.y1 + 1);
  played.go(4);
  EXPECT_NE(label(played.slab().scene, "✕ C: no block is free"), nullptr);
  EXPECT_NE(label(played.slab().scene, "– empty: a request now would fail"), nullptr);
}

TEST(SlabMarks, a_list_that_just_fills_its_line_takes_its_end_to_the_next) {
  test::Script script;
  script.alloc("A", 32).alloc("B", 32).alloc("C", 32).alloc("D", 32);
  Played played(script, "slab:block=32,count=8");
  for (std::uint64_t event = 0; event <= 4; ++event) {
    played.go(event);
    for (float width = 580; width < 800; width += 7) {
      const draw::SlabScene scene = played.slab({0, 0, width, 400});
      const draw::Label* end = label(scene.scene, "→ end");
      ASSERT_NE(end, nullptr) << "at " << width << ", event " << event;
      EXPECT_LE(end->rect.x1, width);
      EXPECT_EQ(chips(scene.scene).size(), 8 - event);
    }
  }
}

TEST(MapMarks, a_scale_below_ten_has_a_decimal) {
  EXPECT_EQ(draw::scale_text(2.4), "2.4 B");
  EXPECT_EQ(draw::scale_text(0.83), "0.8 B");
  EXPECT_EQ(draw::scale_text(9.97), "10 B");
  EXPECT_EQ(draw::scale_text(105.6), "106 B");
  EXPECT_EQ(draw::scale_text(53.0 * 1024), "53 KiB");
}

TEST(MapMarks, an_arena_that_ends_between_two_round_offsets_has_its_end_named) {
  test::Script script;
  script.alloc("A", 48);
  Played played(script, "slab:block=48,count=5");
  played.go(1);
  const draw::MapScene map = played.map();
  ASSERT_NE(label(map.scene, "0x0f0"), nullptr) << texts(map.scene);
  EXPECT_LE(label(map.scene, "0x0f0")->rect.x1, 672);
}

TEST(MapMarks, a_narrow_legend_has_shorter_words_and_what_is_in_flight_is_in_it) {
  Played played = waste();
  played.go(1, alloc::StepKind::Split);
  EXPECT_NE(label(played.map().scene, "in flight"), nullptr);
  const draw::MapScene narrow = played.map({0, 0, 330, 120});
  EXPECT_NE(label(narrow.scene, "in flight"), nullptr) << texts(narrow.scene);
  const draw::MapScene low = played.map({0, 0, 380, 90});
  EXPECT_EQ(label(low.scene, "rounding waste"), nullptr) << texts(low.scene);
  EXPECT_NE(label(low.scene, "in flight"), nullptr) << "what is on screen comes first: " << texts(low.scene);
  EXPECT_NE(label(played.map({0, 0, 480, 90}).scene, "touched"), nullptr);
  const auto in = [](trace::AllocatorKind kind, const draw::OnScreen& shown, float width) {
    draw::Scene scene;
    draw::add_legend(scene, {{0, 0, width, 16}, 0, 1}, draw::state_entries(kind, shown, false), {});
    return scene;
  };
  for (const float width : {600.0f, 640.0f, 700.0f}) {
    const draw::Scene scene = in(trace::AllocatorKind::Tiered, {}, width);
    EXPECT_EQ(scene.legend.size(), 6u) << "closer together where that brings all in: " << width << texts(scene);
  }
  bool shortened = false;
  draw::OnScreen flight;
  flight.look[static_cast<std::size_t>(draw::Look::InFlight)] = true;
  for (float width = 540; width < 720; width += 10) {
    const draw::Scene scene = in(trace::AllocatorKind::Bump, flight, width);
    EXPECT_EQ(scene.legend.size(), 6u) << "with fewer words where that brings all in: " << width << texts(scene);
    EXPECT_NE(label(scene, "dead") != nullptr, label(scene, "dead, not returned") != nullptr);
    shortened = shortened || label(scene, "dead") != nullptr;
  }
  EXPECT_TRUE(shortened);
  test::Script script;
  script.alloc("A", 32);
  Played fresh(script, "slab:block=32,count=8");
  fresh.go(1);
  EXPECT_EQ(label(fresh.map().scene, "never used yet"), nullptr);
  EXPECT_EQ(label(fresh.map().scene, "fresh"), nullptr);
  EXPECT_NE(label(fresh.map().scene, "never used"), nullptr) << "one word for one thing";
}

}  // namespace
}  // namespace allocviz
