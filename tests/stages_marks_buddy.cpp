// What the stage of a buddy says about the event at the cursor: what it touched, what it changed on the lists, why it
// was refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/stages_marks_support.h"

namespace allocviz {
namespace {

using draw::Rect;
using stages_marks::box_at;
using stages_marks::chips;
using stages_marks::kStage;
using stages_marks::label;
using stages_marks::links;
using stages_marks::Played;
using stages_marks::texts;
using stages_marks::waste;

Played four_of_64() {
  test::Script script;
  script.alloc("A", 64).alloc("B", 64).alloc("C", 64).alloc("D", 64).free("B").free("C").alloc("E", 128);
  return {script, "buddy:arena=256,min=64"};
}

TEST(BuddyMarks, every_live_block_has_its_name_in_the_smallest_window) {
  Played played = waste();
  played.go(3);
  for (const draw::Scene& scene : {played.buddy().scene, played.map().scene}) {
    const draw::Label* name = label(scene, "C");
    ASSERT_NE(name, nullptr) << texts(scene);
    EXPECT_TRUE(name->grounded) << "one byte is narrower than its name: it stands over the hatch";
    ASSERT_GE(name->box, 0);
    const draw::Box& box = scene.boxes[static_cast<std::size_t>(name->box)];
    EXPECT_EQ(box.offset, 0x40u);
    EXPECT_GE(name->rect.x0, box.rect.x0);
    EXPECT_LE(name->rect.x1, box.rect.x1 + 1);
    EXPECT_FALSE(label(scene, "A")->grounded);
  }
}

TEST(BuddyMarks, a_low_row_has_name_and_size_on_one_line) {
  Played played = waste();
  played.go(4);
  const draw::BuddyScene scene = played.buddy({0, 0, 672, 190});
  const draw::Label* name = label(scene.scene, "D");
  const draw::Label* size = label(scene.scene, "512 B");
  for (const draw::Label& one : scene.scene.labels) {
    if (one.text == "512 B" && one.box >= 0) size = &one;
  }
  ASSERT_TRUE(name != nullptr && size != nullptr && size->box >= 0) << texts(scene.scene);
  EXPECT_EQ(name->rect.y0, size->rect.y0);
  EXPECT_GE(size->rect.x0, name->rect.x0 + 8);
}

TEST(BuddyMarks, a_list_of_two_is_shown_whole_and_has_an_end) {
  Played played = four_of_64();
  played.go(6);
  const draw::BuddyScene scene = played.buddy();
  EXPECT_EQ(chips(scene.scene), (std::vector<std::string>{"0x080", "0x040"}));
  EXPECT_EQ(label(scene.scene, "+1 more"), nullptr);
  for (const draw::Chip& chip : scene.scene.chips) EXPECT_LE(chip.rect.x1, kStage.x1);
  played.go(5);
  EXPECT_NE(label(played.buddy().scene, "→ end"), nullptr) << "where there is room";
}

TEST(BuddyMarks, a_long_list_goes_on_in_a_high_row_and_says_how_many_are_left_in_a_low_one) {
  test::Script script;
  for (int i = 0; i < 16; ++i) script.alloc(std::to_string(i), 64);
  for (int i = 0; i < 16; i += 2) script.free(std::to_string(i));
  Played played(script, "buddy:arena=1KiB,block=64,min=64");
  played.go(24);
  const draw::BuddyScene high = played.buddy();
  EXPECT_EQ(high.scene.chips.size(), 8u) << texts(high.scene);
  for (std::size_t i = 1; i < high.scene.chips.size(); ++i) {
    const Rect& a = high.scene.chips[i - 1].rect;
    const Rect& b = high.scene.chips[i].rect;
    EXPECT_TRUE(b.x0 > a.x1 || b.y0 >= a.y1) << "in reading order, none over another";
  }
  const draw::BuddyScene low = played.buddy({0, 0, 672, 40});
  ASSERT_GE(low.scene.chips.size(), 1u);
  const std::string left = "+" + std::to_string(8 - low.scene.chips.size());
  EXPECT_TRUE(label(low.scene, left) != nullptr || label(low.scene, left + " more") != nullptr) << texts(low.scene);
}

TEST(BuddyMarks, at_its_end_an_event_shows_what_it_changed_on_every_list) {
  Played played = waste();
  played.go(1);
  const draw::BuddyScene scene = played.buddy();
  EXPECT_NE(label(scene.scene, "took 0x000"), nullptr) << texts(scene.scene);
  EXPECT_EQ(chips(scene.scene, true), (std::vector<std::string>{"0x200", "0x100", "0x080", "0x040"}));
  played.go(1, alloc::StepKind::Push);
  EXPECT_EQ(chips(played.buddy().scene, true), (std::vector<std::string>{"0x040"})) << "in its midst, this step alone";
}

TEST(BuddyMarks, what_was_taken_off_a_list_stands_beside_below_or_before_what_is_left_of_it) {
  Played played = waste();
  played.go(2);
  for (const float height : {150.0f, 278.0f, 700.0f}) {
    const draw::BuddyScene scene = played.buddy({0, 0, 672, height});
    const draw::Label* note = label(scene.scene, "took 0x080");
    ASSERT_NE(note, nullptr) << height << texts(scene.scene);
    const draw::BuddyRow& row = scene.rows[3];
    std::size_t others = 0;
    for (const draw::Label& one : scene.scene.labels) {
      const bool here = one.rect.y0 < row.rect.y0 + row.pitch && one.rect.y1 > row.rect.y0 - 4;
      if (&one == note || one.rect.x0 < scene.axis.x1 || !here) continue;
      if (!one.text.starts_with("–") && one.text != "empty") continue;
      ++others;
      const float down = (note->rect.y0 + note->rect.y1 - one.rect.y0 - one.rect.y1) / 2;
      EXPECT_TRUE(one.rect.x1 <= note->rect.x0 || down >= 16) << height << ": " << one.text;
    }
    EXPECT_GE(others, 1u) << "that the list is empty is said at " << height;
  }
}

TEST(BuddyMarks, a_live_buddy_that_pins_a_freed_block_is_tied_to_it) {
  Played played = four_of_64();
  played.go(5);
  const draw::BuddyScene scene = played.buddy();
  ASSERT_TRUE(scene.relation && scene.relation->blocked);
  EXPECT_TRUE(box_at(scene.scene, 0x000, 64)->related);
  EXPECT_FALSE(box_at(scene.scene, 0x080, 64)->related);
  EXPECT_EQ(links(scene.scene, draw::LinkKind::Relation, draw::Tone::Relation), 3u);
  played.go(2);
  const draw::BuddyScene other = played.buddy();
  EXPECT_EQ(links(other.scene, draw::LinkKind::Relation, draw::Tone::Relation), 0u) << "nobody wants to merge";
  EXPECT_TRUE(std::none_of(other.scene.boxes.begin(), other.scene.boxes.end(),
                           [](const draw::Box& box) { return box.related; }));
}

TEST(BuddyMarks, the_buddy_arithmetic_shows_its_bits_and_underlines_the_one_that_differs) {
  Played played = waste();
  for (std::uint64_t event = 1; event <= 4; ++event) {
    played.go(event);
    const draw::BuddyScene scene = played.buddy();
    if (!scene.relation) continue;
    EXPECT_EQ(std::count_if(scene.scene.labels.begin(), scene.scene.labels.end(),
                            [](const draw::Label& one) { return one.underlined && one.text.size() == 1; }),
              2)
        << "event " << event << texts(scene.scene);
  }
  played.go(1, alloc::StepKind::Split);
  EXPECT_EQ(played.buddy().relation->status, "this split's other half");
}

TEST(BuddyMarks, the_buddy_arithmetic_stands_whole_or_not_at_all) {
  Played played = waste();
  played.go(2);
  bool whole = false, alone = false;
  for (float width = 900; width >= 120; width -= 20) {
    const draw::BuddyScene scene = played.buddy({0, 0, width, 480});
    if (!scene.relation || !scene.relation_box) continue;
    const auto says = [&](const char* text) { return label(scene.scene, text) != nullptr; };
    EXPECT_EQ(says("^"), says("=")) << width << texts(scene.scene);
    const std::string from = trace::offset_text(scene.relation->offset, scene.shape.arena);
    EXPECT_TRUE(!says("=") || says(from.c_str())) << width << texts(scene.scene);
    whole |= says("=");
    alone |= !says("=");
  }
  EXPECT_TRUE(whole && alone) << "both were seen";
}

TEST(BuddyMarks, a_buddy_with_a_gap_in_it_never_merges) {
  test::Script script;
  script.alloc("A", 512);
  Played played(script, "buddy:arena=1KiB,min=64,gaps=416-448");
  played.go(1);
  const draw::BuddyScene scene = played.buddy();
  ASSERT_TRUE(scene.relation);
  EXPECT_EQ(scene.relation->status, "cut by a gap, never merges");
  EXPECT_TRUE(scene.relation->blocked);
}

TEST(BuddyMarks, free_neighbours_that_are_no_buddies_are_bracketed_when_a_request_fails_for_them) {
  Played played = four_of_64();
  played.go(7);
  const draw::BuddyScene scene = played.buddy();
  EXPECT_EQ(scene.refused, "✕ E: no free block holds 128 B");
  const auto run = draw::run_in_vain(played.input<draw::BuddyInput>(kStage));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->from, 0x040u);
  EXPECT_EQ(run->to, 0x0c0u);
  EXPECT_EQ(run->boundary, 0x080u);
  EXPECT_EQ(links(scene.scene, draw::LinkKind::Line, draw::Tone::Failed), 3u);
  EXPECT_EQ(links(scene.scene, draw::LinkKind::Relation, draw::Tone::Failed), 1u);
  const draw::Label* why = label(scene.scene, "128 B are free from 0x040 on, but 0x080 divides them");
  ASSERT_NE(why, nullptr) << "fewer words where the longer ones would be cut: " << texts(scene.scene);
  EXPECT_LE(draw::Style{}.width(why->type, why->text), why->rect.width());
  played.go(6);
  EXPECT_FALSE(draw::run_in_vain(played.input<draw::BuddyInput>(kStage)));
  EXPECT_TRUE(played.buddy().refused.empty());
}

// The arrow goes below both of its blocks, by the empty room between rows, and touches them at their lower edges alone.
void expect_clear_of_words(const draw::BuddyScene& scene) {
  const auto arrow = std::find_if(scene.scene.links.begin(), scene.scene.links.end(), [](const draw::Link& link) {
    return link.kind == draw::LinkKind::Next && link.tone == draw::Tone::Touched;
  });
  ASSERT_NE(arrow, scene.scene.links.end());
  std::vector<draw::Point> points{arrow->from};
  points.insert(points.end(), arrow->corners.begin(), arrow->corners.end());
  points.push_back(arrow->to);
  ASSERT_EQ(points.size(), 4u);
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const draw::Point &a = points[i], &b = points[i + 1];
    const Rect leg{std::min(a.x, b.x), std::min(a.y, b.y), std::max(a.x, b.x) + 1, std::max(a.y, b.y) + 1};
    const auto inside = [&](const Rect& rect, float by) {
      return leg.x0 < rect.x1 - by && leg.x1 > rect.x0 + by && leg.y0 < rect.y1 - by && leg.y1 > rect.y0 + by;
    };
    for (const draw::Box& box : scene.scene.boxes) EXPECT_FALSE(inside(box.rect, 2)) << box.offset << " + " << box.size;
    for (const draw::Label& one : scene.scene.labels) {
      EXPECT_FALSE(one.box >= 0 && inside(one.rect, 2)) << one.text;
    }
  }
}

TEST(BuddyMarks, a_realloc_that_moved_marks_both_places_and_leads_from_one_to_the_other) {
  test::Script script;
  script.alloc("A", 60).alloc("B", 60).realloc("A", 100);
  Played played(script, "buddy:arena=512,min=64");
  played.go(3);
  const draw::BuddyScene scene = played.buddy();
  EXPECT_TRUE(box_at(scene.scene, 0x000, 64)->touched);
  EXPECT_TRUE(box_at(scene.scene, 0x080, 128)->touched);
  ASSERT_EQ(links(scene.scene, draw::LinkKind::Next, draw::Tone::Touched), 1u);
  EXPECT_FALSE(label(scene.scene, "A")->grounded) << "nothing runs below its name";
  expect_clear_of_words(scene);
}

TEST(BuddyMarks, the_arrow_of_a_realloc_that_moved_crosses_no_word_and_ends_at_the_edges_of_both_places) {
  for (const Rect stage : {kStage, Rect{0, 0, 600, 180}, Rect{0, 0, 1400, 700}}) {
    test::Script script;
    script.alloc("A", 60).alloc("B", 60).realloc("A", 100).free("B").realloc("A", 200);
    Played played(script, "buddy:arena=512,min=64");
    for (const std::uint64_t event : {3u, 5u}) {
      played.go(event);
      expect_clear_of_words(played.buddy(stage));
    }
  }
}

TEST(BuddyMarks, what_was_taken_off_a_list_is_said_whole_or_without_its_offset) {
  Played played = waste();
  for (const float width : {180.0f, 226.0f, 280.0f, 400.0f, 672.0f}) {
    for (const std::uint64_t event : {1u, 2u, 4u}) {
      played.go(event, alloc::StepKind::Pop);
      const draw::BuddyScene scene = played.buddy({0, 0, width, 278});
      std::size_t said = 0;
      for (const draw::Label& one : scene.scene.labels) {
        if (one.text.rfind("took", 0) != 0) continue;
        ++said;
        EXPECT_LE(draw::Style{}.width(one.type, one.text), one.rect.width() + 1) << one.text << " at " << width;
        EXPECT_GT(one.rect.x0, scene.axis.x1) << width;
      }
      EXPECT_EQ(said, 1u) << width;
    }
  }
}

TEST(BuddyMarks, no_dashed_line_runs_to_the_buddy_where_the_next_rows_words_stand_in_its_way) {
  test::Script script;
  const std::uint64_t half = 1 << 15;
  script.alloc("A", half).alloc("B", half);
  for (std::uint64_t size = 64; size <= half; size *= 2) script.alloc(std::to_string(size), size);  // no level folds
  script.free("B");
  Played played(script, "buddy:arena=128KiB,min=64");
  played.go(13);
  for (const float height : {600.0f, 220.0f}) {
    const draw::BuddyScene scene = played.buddy({0, 0, 672, height});
    ASSERT_TRUE(scene.relation && scene.relation->drawn);
    ASSERT_GE(box_at(scene.scene, scene.relation->offset, half)->rect.height(), draw::Style{}.em);
    EXPECT_EQ(links(scene.scene, draw::LinkKind::Relation, draw::Tone::Relation), height > 400 ? 3u : 0u) << height;
  }
}

TEST(BuddyMarks, in_a_narrow_column_why_it_failed_and_the_levels_sizes_are_whole) {
  Played played = four_of_64();
  for (const float width : {258.0f, 300.0f, 672.0f}) {
    for (const float height : {170.0f, 278.0f}) {
      played.go(7);
      const draw::BuddyScene scene = played.buddy({0, 0, width, height});
      for (const draw::Label& one : scene.scene.labels) {
        const bool size = one.type == draw::Type::MonoSmall && one.rect.x1 <= scene.axis.x0;
        if (one.tone != draw::Tone::Failed && !size) continue;
        EXPECT_LE(draw::Style{}.width(one.type, one.text), one.rect.width() + 1) << one.text << " at " << width;
      }
    }
  }
}

TEST(BuddyMarks, a_refused_free_points_at_its_address) {
  test::Script script;
  script.alloc("A", 60).alloc("B", 60).free_at(0x48);
  Played played(script, "buddy:arena=256,min=64");
  played.go(3);
  const draw::BuddyScene scene = played.buddy();
  EXPECT_EQ(scene.refused, "✕ free 0x048: not the start of a block");
  const draw::MapScene map = played.map();
  for (const auto& [one, axis] : {std::pair{&scene.scene, scene.axis}, std::pair{&map.scene, map.axes.front()}}) {
    const auto found = std::find_if(one->links.begin(), one->links.end(), [](const draw::Link& link) {
      return link.kind == draw::LinkKind::Line && link.tone == draw::Tone::Failed;
    });
    ASSERT_NE(found, one->links.end());
    EXPECT_EQ(found->from.x, axis.snapped(0x48));
    EXPECT_EQ(found->to.x, found->from.x);
    EXPECT_GT(label(*one, "✕")->rect.y0, found->to.y - 80);
    EXPECT_LE(label(*one, "✕")->rect.y1, found->from.y + 1) << "the line begins below the sign";
    ASSERT_NE(label(*one, "B"), nullptr);
    EXPECT_GT(label(*one, "B")->rect.x0, found->from.x + 4) << "the name makes way";
  }
}

}  // namespace
}  // namespace allocviz
