// What stands below a buddy's tree where three stages share a window: fewer words, none of them cut.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/replay.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/bump_layout.h"
#include "viz/draw/slab_rows.h"

namespace allocviz {
namespace {

struct Watched {
  std::string spec;
  test::Script script;
};

// Live buddies and a request that fails beside free blocks that are none, over 256 B and over 64 MiB.
std::vector<Watched> watched() {
  std::vector<Watched> all;
  for (const auto& [spec, unit] : {std::pair{"buddy:arena=256,min=64", 64u}, {"buddy:arena=64MiB,min=64", 16u << 20}}) {
    test::Script script;
    script.alloc("A", unit).alloc("B", unit).alloc("C", unit).alloc("D", unit).free("B").free("C").alloc("E", 2 * unit);
    all.push_back({spec, std::move(script)});
  }
  return all;
}

// Labels within the box, each with all of its words in its rectangle and none over another. Whether there is one in its
// lower half.
bool expect_uncut(const draw::BuddyScene& scene, const draw::Style& style) {
  const draw::Rect box = *scene.relation_box;
  const float middle = (box.y0 + box.y1) / 2;
  bool below = false;
  std::vector<draw::Rect> words;
  for (const draw::Label& label : scene.scene.labels) {
    if (label.rect.y0 < box.y0 || label.rect.y1 > box.y1 || label.rect.x0 < box.x0 - 1) continue;
    const float wide = style.width(label.type, label.text);
    EXPECT_LE(wide, label.rect.width() + 0.5f) << label.text;
    EXPECT_LE(label.rect.x1, box.x1 + 0.5f) << label.text;
    const float x0 = label.align == draw::Align::Right ? label.rect.x1 - wide : label.rect.x0;
    words.push_back({x0, label.rect.y0, x0 + wide, label.rect.y1});
    below |= label.rect.y0 >= middle - 1;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const bool same_line = std::abs(words[i].y0 - words[j].y0) < 2;
      EXPECT_FALSE(same_line && words[i].x0 < words[j].x1 - 1 && words[j].x0 < words[i].x1 - 1);
    }
  }
  return below;
}

TEST(NarrowStage, cuts_no_word_of_the_arithmetic_nor_of_a_refusal_and_leaves_neither_line_empty) {
  for (Watched& one : watched()) {
    const std::shared_ptr<const trace::Trace> trace = one.script.done();
    const auto timeline = test::timeline_of(trace, test::spec_of(one.spec));
    const draw::NameOf names = [trace](std::uint64_t born) { return trace->id_text(born); };
    for (float width = 300; width <= 700; width += 15) {
      for (const std::uint64_t event : {4u, 5u, 7u}) {
        SCOPED_TRACE(fmt::format("{} at event {}, {} wide", one.spec, event, width));
        timeline->seek({event, replay::kAllSteps});
        const draw::Style style;
        const draw::BuddyScene scene =
            draw::lay_out_buddy({.census = timeline->census(),
                                 .spec = timeline->spec(),
                                 .now = draw::moment_of(*timeline),
                                 .selected = {},
                                 .rect = {0, 0, width, 900},
                                 .view = {0, static_cast<double>(timeline->census().arena_bytes)},
                                 .style = style,
                                 .name_of = names});
        ASSERT_TRUE(scene.relation_box);
        ASSERT_GE(scene.relation_box->height(), 2.4f * style.em);
        EXPECT_TRUE(expect_uncut(scene, style)) << "its second line is empty";
      }
    }
  }
}

TEST(NarrowStage, says_of_levels_and_slabs_what_there_is_room_for) {
  test::Script script;
  for (int i = 0; i < 40; ++i) script.alloc("a" + std::to_string(i), 40);
  const auto timeline = test::timeline_of(script.done(), test::spec_of("tiered:arena=64MiB,min=64"));
  timeline->seek({40, replay::kAllSteps});
  const draw::Style style;
  const auto expect_whole = [&](const draw::Scene& scene, std::string_view beginning, int least) {
    int found = 0;
    for (const draw::Label& label : scene.labels) {
      if (label.text.find(beginning) == std::string::npos) continue;
      ++found;
      EXPECT_LE(style.width(label.type, label.text), label.rect.width() + 0.5f) << label.text;
    }
    EXPECT_GE(found, least) << beginning;
  };
  for (float width = 380; width <= 900; width += 20) {
    SCOPED_TRACE(width);
    const draw::Rect rect{0, 0, width, 240};
    const draw::BuddyScene tree = draw::lay_out_buddy({.census = timeline->census(),
                                                       .spec = timeline->spec(),
                                                       .now = draw::moment_of(*timeline),
                                                       .selected = {},
                                                       .rect = rect,
                                                       .view = {0, static_cast<double>(64u << 20)},
                                                       .style = style,
                                                       .name_of = {}});
    expect_whole(tree.scene, "levels ", 1);
    const draw::SlabRows slabs = draw::lay_out_slab_rows({.census = timeline->census(),
                                                          .rect = rect,
                                                          .x0 = rect.x0 + 0.22f * width,
                                                          .x1 = rect.x1 - 0.3f * width,
                                                          .style = style,
                                                          .touched = {},
                                                          .selected = {}});
    expect_whole(slabs.scene, " size class", 1);
  }
}

struct Tree {
  std::shared_ptr<const trace::Trace> trace;
  std::unique_ptr<replay::Timeline> timeline;
  draw::NameOf names;
  Tree(test::Script& script, const char* spec, std::uint64_t event)
      : trace(script.done()),
        timeline(test::timeline_of(trace, test::spec_of(spec))),
        names([this](std::uint64_t born) { return trace->id_text(born); }) {
    timeline->seek({event, replay::kAllSteps});
  }
  [[nodiscard]] draw::BuddyScene at(float width, float height) const {
    return draw::lay_out_buddy({.census = timeline->census(),
                                .spec = timeline->spec(),
                                .now = draw::moment_of(*timeline),
                                .selected = {},
                                .rect = {0, 0, width, height},
                                .view = {0, static_cast<double>(timeline->census().arena_bytes)},
                                .style = draw::Style{},
                                .name_of = names});
  }
};

bool says(const draw::Scene& scene, std::string_view text) {
  return std::any_of(scene.labels.begin(), scene.labels.end(),
                     [&](const draw::Label& one) { return one.text == text; });
}

// A bar is shorter before a number is cut; the box below has fewer words.
TEST(NarrowStage, of_a_bump_says_every_figure_to_its_end) {
  test::Script script;
  for (int i = 0; i < 600; ++i) script.alloc(std::to_string(i), 4801);
  for (int i = 0; i < 85; ++i) script.free(std::to_string(i));
  auto timeline = test::timeline_of(script.done(), test::spec_of("bump:arena=64MiB"));
  timeline->seek({685, replay::kAllSteps});
  const draw::Style style;
  for (const float width : {160.0f, 175.0f, 205.0f, 260.0f}) {
    const draw::BumpScene scene = draw::lay_out_bump({.census = timeline->census(),
                                                      .spec = timeline->spec(),
                                                      .now = draw::moment_of(*timeline),
                                                      .selected = {},
                                                      .rect = {0, 0, width, 340},
                                                      .view = {0, 64.0 * (1 << 20)},
                                                      .style = style,
                                                      .name_of = {}});
    ASSERT_EQ(scene.bars.size(), 4u);
    ASSERT_TRUE(scene.held_box);
    int figures = 0;
    for (const draw::Label& label : scene.scene.labels) {
      if (label.rect.y0 < scene.bars.front().track.y0 - style.em) continue;
      const bool in_box = label.rect.y0 >= scene.held_box->y0;
      if (in_box && width < 200) continue;  // the letters of the test are wider than real ones
      figures += label.type == draw::Type::MonoSmall ? 1 : 0;
      EXPECT_LE(style.width(label.type, label.text), label.rect.width() + 0.5f) << label.text << " in " << width;
    }
    EXPECT_GE(figures, 4);
    for (const draw::Bar& bar : scene.bars) EXPECT_GT(bar.track.width(), style.em) << width;
  }
}

TEST(NarrowStage, gives_the_tree_more_than_half_and_says_all_of_what_was_taken_off_an_emptied_list) {
  test::Script script;
  script.alloc("A", 64).alloc("B", 64).alloc("C", 128);
  const Tree tree(script, "buddy:arena=512,min=64", 3);
  for (float width = 232; width <= 490; width += 6) {
    for (const float height : {180.0f, 210.0f, 300.0f}) {
      SCOPED_TRACE(fmt::format("{} x {}", width, height));
      const draw::BuddyScene scene = tree.at(width, height);
      EXPECT_GE(scene.axis.x1 - scene.axis.x0, 0.54f * width);
      EXPECT_TRUE(says(scene.scene, "took 0x080") || (says(scene.scene, "took") && says(scene.scene, "0x080")));
      for (const draw::Label& label : scene.scene.labels) {
        if (label.rect.x0 < scene.axis.x1 || label.rect.y1 > scene.relation_box->y0) continue;
        EXPECT_LE(draw::Style{}.width(label.type, label.text), label.rect.width() + 1) << label.text;
      }
    }
  }
}

TEST(NarrowStage, says_where_a_block_was_taken_before_that_its_list_is_empty_where_a_line_is_all_there_is) {
  test::Script script;
  for (int i = 0; i < 3; ++i) script.alloc("a" + std::to_string(i), 4096);
  const Tree tree(script, "buddy:arena=1GiB,min=64", 3);
  const draw::BuddyScene scene = tree.at(600, 250);
  EXPECT_TRUE(says(scene.scene, "took 0x00002000"));
}

TEST(NarrowStage, says_of_a_block_that_was_taken_its_offset_alone_struck_through_where_the_verb_has_no_room) {
  test::Script script;
  for (int i = 0; i < 3; ++i) script.alloc("a" + std::to_string(i), 4096);
  script.alloc("b", 64);
  const Tree tree(script, "buddy:arena=1GiB,min=64", 3);
  const draw::Style style;
  const float offset = style.width(draw::Type::MonoSmall, "0x00002000");
  int struck = 0;
  for (float width = 220; width <= 700; width += 5) {
    for (const float height : {200.0f, 250.0f, 300.0f}) {
      SCOPED_TRACE(fmt::format("{} x {}", width, height));
      const draw::BuddyScene scene = tree.at(width, height);
      if (width - scene.axis.x1 - draw::kNarrowGapEm * style.em < offset) continue;
      const auto& labels = scene.scene.labels;
      const auto alone = std::find_if(labels.begin(), labels.end(), [](const draw::Label& one) { return one.struck; });
      if (alone == labels.end()) {
        EXPECT_TRUE(says(scene.scene, "took 0x00002000") || says(scene.scene, "0x00002000"));
        continue;
      }
      ++struck;
      EXPECT_EQ(alone->text, "0x00002000");
      EXPECT_FALSE(says(scene.scene, "took"));
      EXPECT_GE(alone->rect.x0, scene.axis.x1);
      EXPECT_LE(offset, alone->rect.width() + 0.6f);
    }
  }
  EXPECT_GT(struck, 3);
}

TEST(NarrowStage, has_the_numbers_of_levels_before_all_sizes_or_before_none) {
  test::Script script;
  for (int i = 0; i < 40; ++i) script.alloc("a" + std::to_string(i), std::uint64_t{64} << i % 10);
  const Tree tree(script, "buddy:arena=4MiB,min=32", 40);
  int none = 0, all = 0;
  for (float width = 200; width <= 700; width += 4) {
    const draw::BuddyScene scene = tree.at(width, 260);
    std::size_t numbers = 0, sizes = 0;
    for (const draw::Label& label : scene.scene.labels) {
      if (label.rect.x1 > scene.axis.x0 || label.text.starts_with("level")) continue;
      const bool number = label.text.find_first_not_of("0123456789") == std::string::npos;
      numbers += number ? 1 : 0;
      sizes += !number && label.text.ends_with("B") ? 1 : 0;
    }
    EXPECT_TRUE(numbers == 0 || numbers == sizes) << numbers << " of " << sizes << " at " << width;
    (numbers == 0 ? none : all) += 1;
  }
  EXPECT_GT(none, 0);
  EXPECT_GT(all, 0);
}

TEST(NarrowStage, shows_of_a_list_its_head_and_how_many_follow) {
  test::Script script;
  for (int i = 0; i < 42; ++i) script.alloc("a" + std::to_string(i), 2 << 20);
  for (int i = 0; i < 42; i += 2) script.free("a" + std::to_string(i));
  const Tree tree(script, "buddy:arena=128MiB,min=64KiB", 63);
  std::string head;
  std::size_t count = 0;
  for (const replay::FreeList& list : tree.timeline->census().free_lists) {
    if (list.offsets.size() < 20) continue;
    head = trace::offset_text(list.offsets.front(), 128u << 20);
    count = list.offsets.size();
  }
  ASSERT_GE(count, 20u);
  for (float width = 250; width <= 900; width += 10) {
    SCOPED_TRACE(width);
    const draw::BuddyScene scene = tree.at(width, 420);
    const auto chip = std::find_if(scene.scene.chips.begin(), scene.scene.chips.end(),
                                   [&](const draw::Chip& one) { return one.text == head; });
    const float room = width - scene.axis.x1 - draw::Style{}.em;
    if (room < draw::Style{}.width(draw::Type::MonoSmall, head)) continue;
    ASSERT_NE(chip, scene.scene.chips.end()) << "the head has room";
    if (room < draw::Style{}.width(draw::Type::MonoSmall, head + "  +20")) continue;
    const bool counted = std::any_of(scene.scene.labels.begin(), scene.scene.labels.end(),
                                     [](const draw::Label& one) { return one.text.starts_with("+"); });
    EXPECT_TRUE(counted);
  }
  EXPECT_TRUE(says(tree.at(280, 420).scene, std::to_string(count) + " free"));
}

TEST(NarrowStage, names_a_touched_block_that_is_too_narrow_for_its_name_beside_it) {
  test::Script script;
  script.alloc("A", 60).alloc("late", 60);
  const Tree tree(script, "buddy:arena=4KiB,min=64", 2);
  const draw::BuddyScene scene = tree.at(300, 400);
  const auto touched = std::find_if(scene.scene.boxes.begin(), scene.scene.boxes.end(),
                                    [](const draw::Box& box) { return box.touched && box.look == draw::Look::Live; });
  ASSERT_NE(touched, scene.scene.boxes.end());
  ASSERT_LT(touched->rect.width(), draw::Style{}.width(draw::Type::Bold, "late"));
  EXPECT_TRUE(says(scene.scene, "late"));
}

TEST(NarrowStage, shows_a_stripe_of_waste_that_is_less_than_a_pixel) {
  test::Script script;
  script.alloc("A", 1023).alloc("B", 1024);
  const Tree tree(script, "buddy:arena=4KiB,min=64", 2);
  for (const float width : {250.0f, 400.0f, 900.0f}) {
    const draw::BuddyScene scene = tree.at(width, 400);
    int live = 0;
    for (const draw::Box& box : scene.scene.boxes) {
      if (box.look != draw::Look::Live) continue;
      ++live;
      const float stripe = box.rect.x1 - box.solid_x;
      const bool wasteful = tree.timeline->census().block_at(box.offset)->requested < box.size;
      EXPECT_TRUE(wasteful ? stripe >= 1 && stripe <= 2 : stripe == 0) << stripe << " of " << box.rect.width();
    }
    EXPECT_EQ(live, 2);
  }
}

}  // namespace
}  // namespace allocviz
