// What legends say in little room: no number cut, nothing left out that is on screen.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/scenes.h"
#include "viz/draw/legend.h"
#include "viz/draw/lod.h"
#include "viz/draw/map_layout.h"

namespace allocviz {
namespace {

using draw::LegendEntry;
using draw::Look;
using draw::OnScreen;
using draw::Scene;
using replay::Block;
using replay::BlockState;
using replay::Census;
using trace::AllocatorKind;

LegendEntry entry_of(const std::string& word, std::size_t kept, const std::string& telling = {}) {
  LegendEntry entry;
  entry.word = word;
  entry.telling = telling;
  entry.kept = kept;
  return entry;
}

std::vector<std::string> words_of(const Scene& scene) {
  std::vector<std::string> words;
  for (const draw::Label& label : scene.labels) words.push_back(label.text);
  return words;
}

OnScreen showing(const std::vector<Look>& looks, bool touched = false) {
  OnScreen shown;
  for (const Look look : looks) shown.look[static_cast<std::size_t>(look)] = true;
  shown.touched = touched;
  return shown;
}

Scene laid(AllocatorKind kind, const OnScreen& shown, float width, int lines = 1) {
  Scene scene;
  draw::add_legend(scene, {{0, 0, width, 16}, 0, lines}, draw::state_entries(kind, shown, false), {});
  return scene;
}

TEST(Legend, never_cuts_a_number) {
  std::vector<LegendEntry> entries;
  std::set<std::string> whole{"…"};
  for (const std::string word : {"< 1 k", "< 10 k", "< 100 k", "< 1 M", "< 10 M", "≤ 1 000 000", "never freed"}) {
    entries.push_back(entry_of(word, word.size()));
    whole.insert(word);
  }
  for (float width = 40; width < 900; width += 17) {
    Scene scene;
    draw::add_legend(scene, {{0, 0, width, 16}, 0, 2}, entries, {});
    ASSERT_FALSE(scene.labels.empty());
    for (const draw::Label& label : scene.labels) {
      EXPECT_TRUE(whole.contains(label.text)) << label.text << " in " << width;
      if (label.text == "…") continue;
      EXPECT_GE(label.rect.width(), draw::Style{}.width(label.type, label.text)) << "nor does whoever paints it";
    }
  }
}

TEST(Legend, cuts_the_name_of_a_module_and_keeps_the_offset_in_it) {
  const std::vector<std::pair<std::string, std::string>> sites = {
      {"libstdc++.so.6", "+0xa57b9"}, {"libsqlite3.so.0", "+0xa7504"}, {"cc1plus", "+0x1b70d84"}, {"jq", "+0x3570a"}};
  std::vector<LegendEntry> entries;
  for (const auto& [module, offset] : sites)
    entries.push_back(entry_of(module + offset, offset.size(), module + offset));
  bool is_cut = false;
  for (float width = 300; width < 900; width += 20) {
    Scene scene;
    draw::add_legend(scene, {{0, 0, width, 16}, 0, 1}, entries, {});
    const std::vector<std::string> words = words_of(scene);
    for (std::size_t i = 0; i < std::min(words.size(), sites.size()); ++i) {
      if (words[i] == "…") continue;
      const auto& [module, offset] = sites[i];
      EXPECT_TRUE(words[i].ends_with(offset)) << words[i];
      EXPECT_EQ(words[i].substr(0, 2), module.substr(0, 2)) << words[i] << ": of the module something stays";
      EXPECT_EQ(words[i].find("…."), std::string::npos) << words[i];
      EXPECT_EQ(words[i].find(".…"), std::string::npos) << words[i];
      is_cut |= words[i].find("…") != std::string::npos;
    }
  }
  EXPECT_TRUE(is_cut);
}

TEST(Legend, leaves_out_first_what_is_not_on_screen) {
  const OnScreen splitting = showing({Look::InFlight, Look::Fresh}, true);
  for (float width = 280; width < 700; width += 20) {
    const Scene scene = laid(AllocatorKind::Slab, splitting, width);
    EXPECT_TRUE(says(scene, "in flight")) << width;
    EXPECT_TRUE(says(scene, "touched") || says(scene, "touched now")) << width;
    EXPECT_TRUE(says(scene, "unused") || says(scene, "never used")) << width;
    EXPECT_FALSE(says(scene, "…")) << "all that is on screen is said: " << width;
  }
  EXPECT_FALSE(says(laid(AllocatorKind::Slab, splitting, 280), "live"));
  EXPECT_TRUE(says(laid(AllocatorKind::Slab, splitting, 700), "live"));
  const Scene bump = laid(AllocatorKind::Bump, showing({Look::Live, Look::Padding, Look::Free}), 230);
  EXPECT_TRUE(says(bump, "gap"));
  EXPECT_TRUE(says(bump, "unused"));
  EXPECT_FALSE(says(bump, "dead"));
}

TEST(Legend, keeps_what_a_step_has_touched_before_states_that_are_everywhere) {
  OnScreen shown =
      showing({Look::Live, Look::Waste, Look::Padding, Look::Free, Look::Fresh}, true);  // a tiered allocator
  shown.several = true;
  const std::vector<std::string> words = words_of(laid(AllocatorKind::Tiered, shown, 500));
  EXPECT_EQ(words.back(), "…") << "there is room for all of them";
  EXPECT_NE(std::find_if(words.begin(), words.end(), [](const auto& word) { return word.starts_with("touched"); }),
            words.end());
}

TEST(Legend, of_a_recorded_heap_has_no_rounding_waste) {
  EXPECT_FALSE(says(laid(AllocatorKind::Recorded, showing({Look::Live, Look::Free}), 700), "rounding waste"));
  EXPECT_TRUE(says(laid(AllocatorKind::Buddy, showing({Look::Live, Look::Free}), 700), "rounding waste"));
}

TEST(Legend, the_ellipsis_for_what_is_left_out_stands_apart_from_the_last_word) {
  OnScreen shown = showing({Look::Live, Look::Waste, Look::Padding, Look::Free, Look::Fresh}, true);
  shown.several = true;
  const draw::Style style;
  int seen = 0;
  for (float width = 200; width < 500; width += 3) {
    const Scene scene = laid(AllocatorKind::Tiered, shown, width);
    const draw::Label& dots = scene.labels.back();
    if (dots.text != "…") continue;
    ++seen;
    const draw::Label& word = scene.labels[scene.labels.size() - 2];
    EXPECT_GE(dots.rect.x0 - word.rect.x0 - style.width(draw::Type::Small, word.text), 0.24f * style.em) << width;
    EXPECT_LE(dots.rect.x0 + style.width(draw::Type::Small, dots.text), width) << width;
  }
  EXPECT_GT(seen, 20);
}

TEST(Legend, has_one_order_whatever_is_left_out) {
  const std::vector<std::string> order = {"live",    "waste",       "rounding waste", "free",
                                          "touched", "touched now", "in flight"};
  for (float width = 100; width < 800; width += 20) {
    for (const int lines : {1, 2}) {
      const Scene scene = laid(AllocatorKind::Buddy, showing({Look::InFlight, Look::Free}, true), width, lines);
      auto before = order.begin();
      for (const std::string& word : words_of(scene)) {
        if (word == "…") continue;
        const auto at = std::find(before, order.end(), word);
        ASSERT_NE(at, order.end()) << word << " in " << width;
        before = at;
      }
    }
  }
}

// Blocks of 8 bytes, every other one live with half of it waste, in an arena where a pixel holds many; then a large
// one.
Census crowd() {
  Census census;
  census.kind = AllocatorKind::Buddy;
  for (std::uint64_t at = 0; at < 4096; at += 8) {
    census.blocks.push_back({at, 8, at % 16 == 0 ? BlockState::Live : BlockState::Free, 0, -1, 4, at});
  }
  census.blocks.push_back({4096, 4096, BlockState::Free});
  census.arena_bytes = 8192;
  return census;
}

draw::MapScene map_of(const Census& census, draw::Rect rect, const draw::MapColors* colors, bool wraps) {
  draw::Focus focus;
  focus.touched = {{64, 8}};
  return draw::lay_out_map({.census = census,
                            .focus = focus,
                            .rect = rect,
                            .view = {0, static_cast<double>(census.arena_bytes)},
                            .style = {},
                            .name_of = {},
                            .colors = colors,
                            .title = colors == nullptr ? "by state" : "by lifetime, in events",
                            .may_wrap = wraps});
}

bool explains_several(const draw::MapScene& map) {
  return std::any_of(map.scene.legend.begin(), map.scene.legend.end(),
                     [](const draw::Box& swatch) { return swatch.several; });
}

TEST(Legend, of_a_map_explains_its_dots_wherever_there_are_any) {
  const Census census = crowd();
  Census sparse;
  sparse.kind = AllocatorKind::Buddy;
  sparse.blocks = {{0, 4096, BlockState::Live, 0, -1, 4000, 0}, {4096, 4096, BlockState::Free}};
  sparse.arena_bytes = 8192;
  for (const bool wraps : {false, true}) {
    for (const draw::Rect rect : {draw::Rect{0, 0, 330, 80}, {0, 0, 260, 110}, {0, 0, 620, 170}, {0, 0, 1200, 500}}) {
      const draw::MapScene map = map_of(census, rect, nullptr, wraps);
      const bool dotted = std::any_of(map.scene.columns.begin(), map.scene.columns.end(),
                                      [](const draw::Column& c) { return c.painted && c.hidden > 1; });
      EXPECT_EQ(explains_several(map), dotted) << rect.x1;
      EXPECT_TRUE(dotted || map.rows.size() > 1) << "or this tests nothing";
      EXPECT_FALSE(explains_several(map_of(sparse, rect, nullptr, wraps))) << rect.x1;
    }
  }
}

TEST(Legend, of_a_coloured_map_says_what_else_is_drawn) {
  const Census census = crowd();
  draw::MapColors colors;
  for (const std::string word : {"< 10", "< 100", "< 1 k", "< 10 k", "< 100 k", "< 1 M", "< 10 M", "never freed"}) {
    colors.legend.push_back({word, "", draw::rgb(0x21918C), false, "", word.size()});
  }
  colors.tint_of = [](const Block&) { return draw::rgb(0x21918C); };
  for (const draw::Rect rect : {draw::Rect{0, 0, 560, 170}, {0, 0, 700, 170}, {0, 0, 1200, 300}}) {
    const draw::MapScene map = map_of(census, rect, &colors, false);
    EXPECT_TRUE(says(map.scene, "waste") || says(map.scene, "rounding waste")) << rect.x1;
    EXPECT_TRUE(says(map.scene, "touched") || says(map.scene, "touched now")) << rect.x1;
    EXPECT_TRUE(explains_several(map)) << rect.x1;
    ASSERT_EQ(map.legend.size(), colors.legend.size()) << "what can be clicked is the colours";
    for (const draw::Rect& place : map.legend) EXPECT_GT(place.width(), 0) << rect.x1;
    for (const draw::Label& label : map.scene.labels) {
      if (label.rect.y0 < map.legend_line.y0) continue;
      EXPECT_LE(label.rect.y1, rect.y1 + 1) << label.text;
      EXPECT_LE(label.rect.x0 + draw::Style{}.width(label.type, label.text), rect.x1 + 1) << label.text;
    }
  }
}

TEST(Legend, is_as_high_at_every_step) {
  Census census = crowd();
  const float before = map_of(census, {0, 0, 330, 150}, nullptr, false).rows.front().y1;
  census.blocks.back().state = BlockState::InFlight;
  EXPECT_EQ(map_of(census, {0, 0, 330, 150}, nullptr, false).rows.front().y1, before);
}

TEST(LevelOfDetail, several_blocks_are_dotted_in_the_blue_of_the_legend_and_not_striped_like_waste) {
  Census census;
  for (std::uint64_t at = 0; at < 4096; at += 4) census.blocks.push_back({at, 4, BlockState::Live, 0, -1, 4, at});
  census.arena_bytes = 4096;
  Scene scene;
  draw::add_strip(scene, census, {{0, 4096}, 0, 64}, {0, 0, 64, 32}, {}, {}, {});
  for (const int dot : {1, 2, 3}) {
    for (const draw::ThemeKind kind : {draw::ThemeKind::Dark, draw::ThemeKind::Light}) {
      const draw::Theme& theme = draw::theme(kind);
      draw::Picture picture;
      draw::paint_bands(scene, theme, picture, dot);
      std::set<int> columns, diagonals, others;
      int solid = 0;
      for (int y = 0; y < picture.height; ++y) {
        for (int x = 0; x < picture.width; ++x) {
          if (picture.pixels[static_cast<std::size_t>(y * picture.width + x)] == theme.live_fill) {
            ++solid;
            continue;
          }
          columns.insert(x);
          diagonals.insert((x + y) % (4 * dot));
          others.insert((x - y + 64) % (4 * dot));
        }
      }
      EXPECT_GT(solid, picture.width * picture.height / 2) << "one blue";
      EXPECT_EQ(columns.size(), 64u) << "each column has its dots, whatever their size";
      EXPECT_GT(diagonals.size(), 1u) << "no stripes";
      EXPECT_GT(others.size(), 1u);
    }
  }
}

}  // namespace
}  // namespace allocviz
