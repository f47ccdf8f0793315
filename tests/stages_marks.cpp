// What the stages say about the event at the cursor: what it touched, what it changed on the lists, why it was refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <tuple>

#include "support/replay.h"
#include "support/seed.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/bump_layout.h"
#include "viz/draw/legend.h"
#include "viz/draw/map_layout.h"
#include "viz/draw/slab_layout.h"

namespace allocviz {
namespace {

using draw::Rect;

constexpr Rect kStage{0, 0, 672, 278};  // in the smallest window that the program is made for

const draw::Label* label(const draw::Scene& scene, std::string_view text) {
  const auto found = std::find_if(scene.labels.begin(), scene.labels.end(),
                                  [text](const draw::Label& one) { return one.text == text; });
  return found == scene.labels.end() ? nullptr : &*found;
}

std::string texts(const draw::Scene& scene) {
  std::string out;
  for (const draw::Label& one : scene.labels) out += "[" + one.text + "] ";
  return out;
}

std::vector<std::string> chips(const draw::Scene& scene, bool touched_only = false) {
  std::vector<std::string> out;
  for (const draw::Chip& chip : scene.chips) {
    if (chip.touched || !touched_only) out.push_back(chip.text);
  }
  return out;
}

std::size_t links(const draw::Scene& scene, draw::LinkKind kind, draw::Tone tone) {
  return static_cast<std::size_t>(std::count_if(scene.links.begin(), scene.links.end(), [&](const draw::Link& link) {
    return link.kind == kind && link.tone == tone;
  }));
}

const draw::Box* box_at(const draw::Scene& scene, std::uint64_t offset, std::uint64_t size) {
  const auto found = std::find_if(scene.boxes.begin(), scene.boxes.end(), [&](const draw::Box& box) {
    return box.offset == offset && (size == 0 || box.size == size);
  });
  return found == scene.boxes.end() ? nullptr : &*found;
}

// A script replayed on an allocator, looked at from any position.
class Played {
 public:
  Played(test::Script& script, std::string_view spec) : trace_(script.done()) {
    timeline_ = test::timeline_of(trace_, test::spec_of(spec));
    names_ = [trace = trace_](std::uint64_t born) {
      return born < trace->size() ? trace->id_text(born) : std::string();
    };
  }
  // The last step of an event whose kind it is, or all of the event where there is none.
  void go(std::uint64_t event, std::optional<alloc::StepKind> kind = {}) {
    timeline_->seek({event, replay::kAllSteps});
    if (!kind) return;
    const std::vector<alloc::Step> steps = timeline_->run().steps;
    for (std::size_t i = steps.size(); i-- > 0;) {
      if (steps[i].kind != *kind) continue;
      timeline_->seek({event, static_cast<std::uint32_t>(i + 1)});
      return;
    }
    ADD_FAILURE() << "the event has no such step";
  }
  [[nodiscard]] const replay::Census& census() const { return timeline_->census(); }
  template <class Input>
  [[nodiscard]] Input input(Rect rect) const {
    return {.census = timeline_->census(),
            .spec = timeline_->spec(),
            .now = draw::moment_of(*timeline_),
            .selected = {},
            .rect = rect,
            .view = {0, static_cast<double>(timeline_->census().arena_bytes)},
            .style = {},
            .name_of = names_};
  }
  [[nodiscard]] draw::BuddyScene buddy(Rect rect = kStage) const {
    const auto all = input<draw::SlabInput>(rect);
    return draw::lay_out_buddy({.census = all.census,
                                .spec = all.spec,
                                .now = all.now,
                                .selected = {},
                                .rect = rect,
                                .view = all.view,
                                .style = {},
                                .name_of = names_});
  }
  [[nodiscard]] draw::SlabScene slab(Rect rect = kStage) const {
    return draw::lay_out_slab(input<draw::SlabInput>(rect));
  }
  [[nodiscard]] draw::BumpScene bump(Rect rect = kStage) const {
    return draw::lay_out_bump(input<draw::BumpInput>(rect));
  }
  [[nodiscard]] draw::MapScene map(Rect rect = {0, 0, 672, 120}) const {
    const draw::Focus focus = draw::focus_of(draw::moment_of(*timeline_), timeline_->spec(), {});
    return draw::lay_out_map({.census = timeline_->census(),
                              .focus = focus,
                              .rect = rect,
                              .view = {0, static_cast<double>(timeline_->census().arena_bytes)},
                              .style = {},
                              .name_of = names_});
  }

 private:
  std::shared_ptr<const trace::Trace> trace_;
  std::unique_ptr<replay::Timeline> timeline_;
  draw::NameOf names_;
};

Played four_of_64() {
  test::Script script;
  script.alloc("A", 64).alloc("B", 64).alloc("C", 64).alloc("D", 64).free("B").free("C").alloc("E", 128);
  return {script, "buddy:arena=256,min=64"};
}

Played waste() {
  test::Script script;
  script.alloc("A", 64).alloc("B", 65).alloc("C", 1).alloc("D", 512);
  return {script, "buddy:arena=1KiB,min=64"};
}

// ---- bump

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

// ---- buddy

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

TEST(Refusal, is_shortened_from_who_asked_on) {
  const draw::Style style;
  const std::string text = "✕ replay: 300 B does not fit the 256 B below the mark";
  const float whole = style.width(draw::Type::Bold, text);
  EXPECT_EQ(draw::refusal_within(text, whole, style), text);
  EXPECT_EQ(draw::refusal_within(text, whole - 1, style), "✕ 300 B does not fit the 256 B below the mark");
  EXPECT_EQ(draw::refusal_within(text, whole / 2, style), "✕ 300 B does not fit the 256 B");
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

// ---- slab

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
