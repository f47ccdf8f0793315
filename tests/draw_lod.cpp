#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <utility>

#include "support/seed.h"
#include "viz/draw/lod.h"
#include "viz/draw/map_layout.h"
#include "viz/draw/strip.h"
#include "viz/draw/tip.h"

namespace allocviz {
namespace {

using draw::ByteAxis;
using draw::Look;
using draw::Scene;
using replay::Block;
using replay::BlockState;
using replay::Census;

// Blocks of random sizes and states that tile an arena of about `bytes`.
Census random_census(std::mt19937_64& random, std::uint64_t bytes, std::uint64_t least, std::uint64_t most) {
  Census census;
  std::uint64_t at = 0;
  while (at < bytes) {
    Block block;
    block.offset = at;
    block.size = std::uniform_int_distribution<std::uint64_t>(least, most)(random);
    block.state = static_cast<BlockState>(random() % 7);
    block.requested = block.size - random() % (block.size / 2 + 1);
    census.blocks.push_back(block);
    at += block.size;
  }
  census.arena_bytes = at;
  return census;
}

double bytes_in(const Census& census, const ByteAxis& axis, Look look) {
  double sum = 0;
  for (const Block& block : census.blocks) {
    auto from = static_cast<double>(block.offset);
    auto to = from + static_cast<double>(block.size);
    const double solid = from + static_cast<double>(std::min(block.requested, block.size));
    if (block.state == BlockState::Live && look == Look::Waste) {
      from = solid;
    } else if (draw::look_of(block.state) != look) {
      continue;
    } else if (block.state == BlockState::Live) {
      to = solid;
    }
    sum += std::max(0.0, std::min(to, axis.bytes.to) - std::max(from, axis.bytes.from));
  }
  return sum;
}

TEST(LevelOfDetail, the_shares_of_all_columns_are_the_bytes_in_view_state_by_state) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 40; ++round) {
    const Census census = random_census(random, 1u << 20, 16, round % 2 == 0 ? 200 : 60000);
    const auto arena = static_cast<double>(census.arena_bytes);
    std::uniform_real_distribution<double> place(0, arena);
    const double a = round == 0 ? 0 : place(random);
    const double b = round == 0 ? arena : place(random);
    const ByteAxis axis{{std::min(a, b), std::max(a, b) + 1}, 10, 10 + static_cast<float>(1 + random() % 900)};
    Scene scene;
    draw::add_strip(scene, census, axis, {axis.x0, 0, axis.x1, 40}, {}, {}, {});
    ASSERT_EQ(scene.columns.size(), static_cast<std::size_t>(axis.columns()));
    for (int look = 0; look < draw::kLooks; ++look) {
      double sum = 0;
      for (const draw::Column& column : scene.columns) sum += static_cast<double>(column.share[look]);
      const double expected = bytes_in(census, axis, static_cast<Look>(look));
      EXPECT_NEAR(sum * axis.bytes_per_px(), expected, 1e-4 * arena + 1e-3) << "look " << look << " round " << round;
    }
  }
}

TEST(LevelOfDetail, every_block_in_view_is_a_box_or_counted_as_hidden) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 40; ++round) {
    const Census census = random_census(random, 1u << 18, 1, 3000);
    const auto arena = static_cast<double>(census.arena_bytes);
    const double from = std::uniform_real_distribution<double>(0, arena / 2)(random);
    const ByteAxis axis{{from, from + arena / 3}, 0, 500};
    Scene scene;
    const draw::StripOptions options{.labels = false, .max_boxes = round % 3 == 0 ? 20u : 5000u};
    draw::add_strip(scene, census, axis, {0, 0, 500, 40}, {}, {}, {}, options);
    const auto in_view =
        static_cast<std::uint64_t>(std::count_if(census.blocks.begin(), census.blocks.end(), [&axis](const Block& b) {
          return static_cast<double>(b.offset + b.size) > axis.bytes.from &&
                 static_cast<double>(b.offset) < axis.bytes.to;
        }));
    std::uint64_t hidden = 0;
    for (const draw::Column& column : scene.columns) {
      hidden += column.hidden;
      if (column.hidden > 0) {
        EXPECT_TRUE(column.painted);
      }
    }
    EXPECT_EQ(hidden + scene.boxes.size(), in_view) << "round " << round;
    EXPECT_LE(scene.boxes.size(), options.max_boxes);
  }
}

TEST(LevelOfDetail, boxes_of_neighbours_meet_without_overlap_or_gap) {
  std::mt19937_64 random(test::seed());
  const Census census = random_census(random, 1u << 16, 900, 9000);
  const ByteAxis axis{{0, static_cast<double>(census.arena_bytes)}, 7, 1207};
  Scene scene;
  draw::add_strip(scene, census, axis, {7, 5, 1207, 45}, {}, {}, {});
  ASSERT_EQ(scene.boxes.size(), census.blocks.size());
  EXPECT_EQ(scene.boxes.front().rect.x0, 7);
  EXPECT_GE(scene.boxes.back().rect.x1, 1206);
  for (std::size_t i = 1; i < scene.boxes.size(); ++i) {
    const float seam = scene.boxes[i].rect.x0 - scene.boxes[i - 1].rect.x1;
    EXPECT_GE(seam, 0) << i;
    EXPECT_LE(seam, 1) << i;
    EXPECT_EQ(scene.boxes[i].rect.x0, std::floor(scene.boxes[i].rect.x0)) << "whole pixels";
  }
}

TEST(LevelOfDetail, the_smallest_share_of_a_column_still_gets_a_pixel) {
  draw::Column column;
  column.share[static_cast<int>(Look::Free)] = 0.9999f;
  column.share[static_cast<int>(Look::Live)] = 0.0001f;
  const draw::Stack stack = draw::stack_of(column, 12);
  EXPECT_EQ(stack.height[static_cast<int>(Look::Live)], 1);
  EXPECT_EQ(stack.height[static_cast<int>(Look::Free)], 11);
}

TEST(LevelOfDetail, a_stack_never_outgrows_its_column_and_forgets_no_state_that_has_room) {
  std::mt19937_64 random(test::seed());
  std::uniform_real_distribution<float> share(0, 1);
  for (int round = 0; round < 500; ++round) {
    draw::Column column;
    float sum = 0;
    for (float& one : column.share) {
      one = random() % 2 == 0 ? share(random) * share(random) * share(random) : 0;
      sum += one;
    }
    if (sum <= 0) continue;
    int states = 0;
    for (float& one : column.share) {
      one /= sum;
      if (one > 1e-7f) ++states;
    }
    const int height = static_cast<int>(1 + random() % 40);
    const draw::Stack stack = draw::stack_of(column, height);
    EXPECT_LE(std::accumulate(std::begin(stack.height), std::end(stack.height), 0), height);
    if (height < states) continue;
    for (int look = 0; look < draw::kLooks; ++look) {
      if (column.share[look] > 1e-7f) {
        EXPECT_GE(stack.height[look], 1) << "look " << look << " of " << states;
      }
    }
  }
}

TEST(LevelOfDetail, the_picture_shows_columns_with_hidden_blocks_and_nothing_else) {
  Census census;
  census.blocks = {{0, 512, BlockState::Free}};
  for (std::uint64_t at = 512; at < 640; at += 1) census.blocks.push_back({at, 1, BlockState::Live, -1, -1, 1});
  census.blocks.push_back({640, 384, BlockState::Free});
  census.arena_bytes = 1024;
  Scene scene;
  draw::add_strip(scene, census, {{0, 1024}, 100, 228}, {100, 50, 228, 60}, {}, {}, {});
  draw::Picture picture;
  draw::paint_bands(scene, draw::theme(draw::ThemeKind::Dark), picture);
  ASSERT_EQ(picture.width, 128);
  ASSERT_EQ(picture.height, 10);
  for (int x = 0; x < picture.width; ++x) {
    for (int y = 0; y < picture.height; ++y) {
      const bool hidden = x >= 64 && x < 80;
      EXPECT_EQ(picture.pixels[static_cast<std::size_t>(y * 128 + x)] != 0, hidden) << x << "," << y;
    }
  }
}

// One and a half pixels each: a column never has more than one of them.
TEST(LevelOfDetail, a_column_with_one_free_block_is_not_seen_as_empty) {
  for (const BlockState state : {BlockState::Free, BlockState::Fresh}) {
    Census census;
    for (std::uint64_t at = 0; at < 96; at += 3) census.blocks.push_back({at, 3, state});
    census.arena_bytes = 96;
    Scene scene;
    draw::add_strip(scene, census, {{0, 96}, 0, 48}, {0, 0, 48, 12}, {}, {}, {});
    ASSERT_TRUE(scene.boxes.empty());
    for (const draw::ThemeKind kind : {draw::ThemeKind::Dark, draw::ThemeKind::Light}) {
      draw::Picture picture;
      draw::paint_bands(scene, draw::theme(kind), picture);
      ASSERT_EQ(picture.width, 48);
      for (int x = 0; x < picture.width; ++x) {
        int seen = 0;
        for (int y = 0; y < picture.height; ++y) {
          seen += draw::contrast(picture.pixels[static_cast<std::size_t>(y * 48 + x)], draw::theme(kind).panel) > 1.5;
        }
        EXPECT_GE(seen, 3) << "column " << x;
      }
    }
  }
}

TEST(LevelOfDetail, a_million_blocks_cost_a_sweep_not_a_drawing_each) {
  Census census;
  census.blocks.reserve(1'000'000);
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    census.blocks.push_back({i * 64, 64, i % 3 == 0 ? BlockState::Free : BlockState::Live, -1, -1, 50, i});
  }
  census.arena_bytes = 64'000'000;
  Scene scene;
  std::size_t names = 0;
  const draw::NameOf name_of = [&names](std::uint64_t) { return ++names, std::string("x"); };
  draw::add_strip(scene, census, {{0, 64e6}, 0, 1000}, {0, 0, 1000, 40}, {}, {}, name_of);
  EXPECT_TRUE(scene.boxes.empty());
  EXPECT_TRUE(scene.labels.empty());
  EXPECT_LE(scene.bands.size(), 1u) << "what is drawn follows the pixels, not the blocks";
  EXPECT_EQ(names, 0u);
}

TEST(ByteAxis, holds_from_a_single_byte_to_an_arena_of_2_to_the_46) {
  const double arena = std::ldexp(1.0, 46);
  for (const draw::Span view :
       {draw::Span{0, arena}, draw::Span{arena - 1, arena}, draw::Span{12345678901, 12345678902}}) {
    const ByteAxis axis{draw::clamped_view(view, arena), 80, 1080};
    EXPECT_EQ(axis.bytes, view);
    EXPECT_NEAR(axis.x_of(view.from), 80, 1e-6);
    EXPECT_NEAR(axis.x_of(view.to), 1080, 1e-6);
    EXPECT_EQ(axis.snapped(0), view.from == 0 ? 80 : 80);
    EXPECT_EQ(axis.snapped(arena), 1080);
    const std::vector<draw::Tick> ticks = draw::byte_ticks(axis, 80);
    EXPECT_LE(ticks.size(), 13u);
    for (const draw::Tick& tick : ticks) EXPECT_TRUE(tick.x >= 80 && tick.x <= 1080);
  }
}

TEST(ByteAxis, zooms_at_the_cursor_and_never_leaves_the_arena) {
  std::mt19937_64 random(test::seed());
  const double arena = 65536;
  draw::Span view{0, arena};
  for (int i = 0; i < 300; ++i) {
    const double at = view.from + view.width() * std::uniform_real_distribution<double>(0, 1)(random);
    const double before = (at - view.from) / view.width();
    const draw::Span next = draw::zoomed(view, at, random() % 2 == 0 ? 0.8 : 1.25, arena);
    EXPECT_GE(next.from, 0);
    EXPECT_LE(next.to, arena);
    EXPECT_GE(next.width(), 1 - 1e-9);
    const bool free_to_move = next.from > 0 && next.to < arena && next.width() > 1 && next.width() < arena;
    if (free_to_move) {
      EXPECT_NEAR((at - next.from) / next.width(), before, 1e-6);
    }
    view = draw::panned(next, next.width() * (static_cast<double>(random() % 3) - 1), arena);
    EXPECT_NEAR(view.width(), next.width(), 1e-6);
    EXPECT_GE(view.from, 0);
    EXPECT_LE(view.to, arena + 1e-9);
  }
}

TEST(ByteAxis, ticks_are_multiples_of_one_power_of_two_and_keep_their_distance) {
  const ByteAxis axis{{100, 5000}, 0, 980};
  const std::vector<draw::Tick> ticks = draw::byte_ticks(axis, 100);
  ASSERT_EQ(ticks.size(), 9u);  // 512, 1024, ... 4608
  for (std::size_t i = 0; i < ticks.size(); ++i) EXPECT_EQ(ticks[i].byte, 512 * (i + 1));
  for (std::size_t i = 1; i < ticks.size(); ++i) EXPECT_GE(ticks[i].x - ticks[i - 1].x, 100);
}

TEST(MemoryMap, a_long_legend_of_colours_takes_two_lines_and_leaves_no_entry_out) {
  std::mt19937_64 random(test::seed());
  const Census census = random_census(random, 1u << 16, 400, 9000);
  draw::MapColors colors;
  for (const char* word : {"libsqlite3.so.0+0xa7504", "_IO_file_doallocate", "libsqlite3.so.0+0xa74b9",
                           "libc.so.6+0x761fb", "sqlite3+0x3570a", "sqlite3+0x352d4"}) {
    colors.legend.push_back({word, "", 0, false});
  }
  const draw::Rect rect{0, 0, 620, 170};
  const draw::MapScene scene = draw::lay_out_map({.census = census,
                                                  .focus = {},
                                                  .rect = rect,
                                                  .view = {0, static_cast<double>(census.arena_bytes)},
                                                  .style = {},
                                                  .name_of = {},
                                                  .colors = &colors});
  ASSERT_EQ(scene.legend.size(), colors.legend.size());
  EXPECT_GT(scene.legend.back().y0, scene.legend.front().y0);
  for (const draw::Rect& entry : scene.legend) {
    EXPECT_LE(entry.x1, rect.x1 + 0.5f * draw::Style{}.em);
    EXPECT_LE(entry.y1, rect.y1);
    EXPECT_GE(entry.y0, scene.rows.back().y1);
  }
}

TEST(MemoryMap, a_legend_without_room_for_call_sites_keeps_their_functions) {
  std::mt19937_64 random(test::seed());
  const Census census = random_census(random, 1u << 16, 400, 9000);
  draw::MapColors colors;
  for (const char* name :
       {"parse_header", "btree_insert_cell", "render_every_glyph_of_a_line_of_text_into_the_atlas"}) {
    for (const char* file : {"a_file_with_a_long_name.c:12 ", "another_file_of_the_same_program.c:1024 "}) {
      colors.legend.push_back({std::string(file) + name, "", 0, false, name});
    }
  }
  colors.legend.push_back({"tag of many words that all say nothing: of the arena", "", 0, false, ""});
  const draw::MapScene scene = draw::lay_out_map({.census = census,
                                                  .focus = {},
                                                  .rect = {0, 0, 620, 170},
                                                  .view = {0, static_cast<double>(census.arena_bytes)},
                                                  .style = {},
                                                  .name_of = {},
                                                  .colors = &colors});
  ASSERT_EQ(scene.legend.size(), colors.legend.size()) << "nothing is left out";
  std::vector<std::string> words;
  for (const draw::Label& label : scene.scene.labels) {
    if (label.type == draw::Type::Small && label.rect.y0 >= scene.legend_line.y0) words.push_back(label.text);
    EXPECT_LE(draw::Style{}.width(label.type, label.text), label.rect.width() + 1) << label.text;
  }
  const auto says = [&](std::string_view end) {
    return std::count_if(words.begin(), words.end(), [&](const std::string& word) { return word.ends_with(end); });
  };
  EXPECT_EQ(says("parse_header"), 2);
  EXPECT_EQ(says("_cell"), 2);
  EXPECT_EQ(says("atlas"), 2) << "of what is too long for itself the end stays";
  EXPECT_EQ(says("arena"), 1);
}

TEST(MemoryMap, the_pixel_under_the_mouse_is_the_block_drawn_there) {
  std::mt19937_64 random(test::seed());
  const Census census = random_census(random, 1u << 16, 400, 9000);
  const draw::Style style;
  const draw::MapScene scene = draw::lay_out_map({.census = census,
                                                  .focus = {},
                                                  .rect = {0, 0, 1200, 130},
                                                  .view = {0, static_cast<double>(census.arena_bytes)},
                                                  .style = style,
                                                  .name_of = {}});
  ASSERT_FALSE(scene.scene.boxes.empty());
  for (const draw::Box& box : scene.scene.boxes) {
    if (box.rect.width() < 4) continue;
    const auto bytes = draw::hit(scene, {(box.rect.x0 + box.rect.x1) / 2, (box.rect.y0 + box.rect.y1) / 2});
    ASSERT_TRUE(bytes);
    const Block* block = census.block_at(static_cast<std::uint64_t>((bytes->from + bytes->to) / 2));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(block->offset, box.offset);
  }
  EXPECT_FALSE(draw::hit(scene, {600, 129}));
}

TEST(MemoryMap, a_high_and_crowded_map_wraps_into_rows_that_tile_the_view) {
  std::mt19937_64 random(test::seed());
  const Census census = random_census(random, 1u << 22, 64, 512);
  const auto arena = static_cast<double>(census.arena_bytes);
  const draw::MapScene scene = draw::lay_out_map({.census = census,
                                                  .focus = {},
                                                  .rect = {0, 0, 1200, 500},
                                                  .view = {0, arena},
                                                  .style = {},
                                                  .name_of = {},
                                                  .may_wrap = true});
  ASSERT_GT(scene.rows.size(), 8u);
  EXPECT_DOUBLE_EQ(scene.axes.front().bytes.from, 0);
  EXPECT_NEAR(scene.axes.back().bytes.to, arena, 1e-6);
  for (std::size_t i = 1; i < scene.axes.size(); ++i) {
    EXPECT_NEAR(scene.axes[i].bytes.from, scene.axes[i - 1].bytes.to, 1e-6);
    EXPECT_GE(scene.rows[i].y0, scene.rows[i - 1].y1);
  }
}

TEST(MemoryMap, blocks_that_one_row_has_no_room_to_name_stand_in_rows_whatever_they_are_coloured_by) {
  Census census;
  census.kind = trace::AllocatorKind::Buddy;
  constexpr std::uint64_t kEach = 4096;
  census.arena_bytes = 256 * kEach;
  for (std::uint64_t at = 0; at < census.arena_bytes; at += kEach) {
    census.blocks.push_back({at, kEach, BlockState::Live, 8, -1, 3000, at});
  }
  const auto laid = [&](float width, float height, const draw::MapColors* colors) {
    return draw::lay_out_map({.census = census,
                              .focus = {},
                              .rect = {0, 0, width, height},
                              .view = {0, static_cast<double>(census.arena_bytes)},
                              .style = {},
                              .name_of = {},
                              .colors = colors,
                              .may_wrap = true});
  };
  draw::MapColors colors;
  for (int i = 0; i < 12; ++i) {
    const std::string word = "libsqlite3.so.0+0xa75" + std::to_string(i);
    colors.legend.push_back({.word = word, .hint = "", .color = 0xffffffff, .dimmed = false, .kept = word.size()});
  }
  colors.tint_of = [](const Block&) { return draw::Color{0xffffffff}; };
  for (const draw::MapColors* by : {static_cast<const draw::MapColors*>(nullptr), &std::as_const(colors)}) {
    EXPECT_GT(laid(600, 180, by).rows.size(), 1u) << "six pixels a block in one row";
    EXPECT_EQ(laid(600, 90, by).rows.size(), 1u) << "no room for rows";
  }
  EXPECT_EQ(laid(6000, 180, nullptr).rows.size(), 1u) << "each has room for its name";
  census.kind = trace::AllocatorKind::Bump;
  std::fill_n(census.blocks.begin(), 1, Block{0, 100 * kEach, BlockState::Free, -1, -1, 0, 0});
  census.blocks.erase(census.blocks.begin() + 1, census.blocks.begin() + 100);
  const draw::MapScene bump = laid(600, 180, nullptr);
  ASSERT_GT(bump.rows.size(), 1u);
  EXPECT_TRUE(std::any_of(bump.scene.labels.begin(), bump.scene.labels.end(), [](const draw::Label& one) {
    return one.box >= 0 && one.text.starts_with("unused");
  })) << "as in its legend";
  draw::Focus focus;
  focus.refused = 200 * kEach + 8;
  const draw::MapScene refused = draw::lay_out_map({.census = census,
                                                    .focus = focus,
                                                    .rect = {0, 0, 600, 180},
                                                    .view = {0, static_cast<double>(census.arena_bytes)},
                                                    .style = {},
                                                    .name_of = {},
                                                    .may_wrap = true});
  const auto& labels = refused.scene.labels;
  const auto sign = std::find_if(labels.begin(), labels.end(), [](const draw::Label& one) { return one.text == "✕"; });
  ASSERT_NE(sign, labels.end()) << "where a free was refused is marked in rows, too";
  for (std::size_t i = 0; i < refused.rows.size(); ++i) {
    const draw::Span bytes = refused.axes[i].bytes;
    const auto at = static_cast<double>(*focus.refused);
    if (at < bytes.from || at >= bytes.to) continue;
    EXPECT_TRUE(refused.rows[i].contains({(sign->rect.x0 + sign->rect.x1) / 2, (sign->rect.y0 + sign->rect.y1) / 2}));
  }
}

TEST(MemoryMap, a_block_over_several_rows_is_labelled_once_and_open_where_it_runs_on) {
  Census census;
  census.kind = trace::AllocatorKind::Buddy;
  constexpr std::uint64_t kSmall = 64;
  for (std::uint64_t at = 0; at < 64 * 1024; at += kSmall) {
    census.blocks.push_back({at, kSmall, at % 128 == 0 ? BlockState::Live : BlockState::Free, 9, -1, kSmall, at});
  }
  census.blocks.push_back({64 << 10, 64 << 10, BlockState::Live, 1, -1, 20 << 10, 1});
  census.blocks.push_back({128 << 10, 128 << 10, BlockState::Free, 0, -1, 0, 0});
  census.arena_bytes = 256 << 10;
  const draw::NameOf name_of = [](std::uint64_t) { return std::string("big"); };
  const draw::MapScene map = draw::lay_out_map({.census = census,
                                                .focus = {},
                                                .rect = {0, 0, 1200, 500},
                                                .view = {0, 256 << 10},
                                                .style = {},
                                                .name_of = name_of,
                                                .may_wrap = true});
  const double row = map.axes.front().bytes.width();
  EXPECT_EQ(draw::scale_note(map), "a row = " + trace::size_text(static_cast<std::uint64_t>(row)));
  ASSERT_LE(row, 16 << 10) << "several rows a block, or this tests nothing";
  for (const std::size_t which : {census.blocks.size() - 2, census.blocks.size() - 1}) {
    const Block& block = census.blocks[which];
    std::vector<draw::Box> pieces;
    int labelled = 0;
    for (const draw::Box& box : map.scene.boxes) {
      if (box.offset == block.offset) pieces.push_back(box);
    }
    for (const draw::Label& label : map.scene.labels) {
      if (label.box < 0 || map.scene.boxes[static_cast<std::size_t>(label.box)].offset != block.offset) continue;
      ++labelled;
      EXPECT_EQ(map.scene.boxes[static_cast<std::size_t>(label.box)].rect.y0, pieces.front().rect.y0) << label.text;
    }
    ASSERT_EQ(pieces.size(), static_cast<std::size_t>(static_cast<double>(block.size) / row));
    EXPECT_EQ(labelled, block.state == BlockState::Live ? 2 : 1) << "a name and a size, or how much is free";
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      EXPECT_EQ(pieces[i].from_before, i > 0) << i;
      EXPECT_EQ(pieces[i].goes_on, i + 1 < pieces.size()) << i;
      if (!pieces[i].goes_on) continue;
      EXPECT_EQ(pieces[i].rect.x1, map.axes.front().x1) << "no seam at its open end";
    }
  }
}

TEST(MemoryMap, of_the_pieces_of_a_block_the_first_with_room_for_a_label_has_it) {
  const draw::Rows rows{{100, 1060}, 100};
  const auto labelled = [&](double from, double to) {
    std::vector<int> found;
    for (int i = 0; i < 10; ++i) {
      if (draw::is_labelled_piece(rows, 100 + 100.0 * i, from, to, 30)) found.push_back(i);
    }
    return found;
  };
  EXPECT_EQ(labelled(110, 150), std::vector<int>{0});
  EXPECT_EQ(labelled(150, 500), std::vector<int>{0});
  EXPECT_EQ(labelled(190, 500), std::vector<int>{1}) << "the widest, where the first one is too narrow";
  EXPECT_EQ(labelled(190, 205), std::vector<int>{0}) << "the wider one of two narrow ones";
  EXPECT_EQ(labelled(195, 210), std::vector<int>{1});
  EXPECT_EQ(labelled(0, 2000), std::vector<int>{0}) << "what is in view counts";
}

TEST(MemoryMap, its_rows_begin_at_round_addresses_and_the_last_is_as_long_as_what_is_left) {
  std::mt19937_64 random(test::seed());
  const Census census = random_census(random, 3u << 20, 64, 512);
  const auto arena = static_cast<double>(census.arena_bytes);
  for (const float height : {300.0f, 420.0f, 500.0f, 640.0f, 900.0f}) {
    for (const double to : {arena, arena * 0.77}) {
      const draw::MapScene scene = draw::lay_out_map({.census = census,
                                                      .focus = {},
                                                      .rect = {0, 0, 1200, height},
                                                      .view = {0, to},
                                                      .style = {},
                                                      .name_of = {},
                                                      .may_wrap = true});
      ASSERT_GT(scene.rows.size(), 4u) << height;
      const auto first = static_cast<std::uint64_t>(scene.axes.front().bytes.width());
      EXPECT_TRUE(std::has_single_bit(first)) << first;
      for (std::size_t i = 0; i < scene.axes.size(); ++i) {
        EXPECT_EQ(static_cast<std::uint64_t>(scene.axes[i].bytes.from), i * first);
        const double columns = scene.axes[i].bytes.width() / scene.axes.front().bytes_per_px();
        EXPECT_NEAR(scene.axes[i].columns(), columns, 1) << "to one scale";
      }
      EXPECT_NEAR(scene.axes.back().bytes.to, to, 1);
      EXPECT_GE(scene.rows.front().height(), 0.75f * draw::Style{}.em) << "a label has room";
    }
  }
}

TEST(Tooltip, says_how_many_blocks_stand_behind_a_pixel_and_of_which_state) {
  Census census;
  for (std::uint64_t i = 0; i < 32; ++i) {
    census.blocks.push_back({i * 64, 64, i % 4 == 0 ? BlockState::Free : BlockState::Live, 4, -1, 50, i});
  }
  census.arena_bytes = 2048;
  EXPECT_EQ(draw::tip_text(census, {0, 1024}, {}),
            "16 blocks behind this pixel\n0x000 … 0x3ff\n4 free, 256 B\n12 live, 768 B");
  const draw::NameOf name_of = [](std::uint64_t born) { return "b" + std::to_string(born); };
  EXPECT_EQ(draw::tip_text(census, {70, 71}, name_of),
            "b1: live\n0x040 … 0x07f\n64 B, level 4\nrequested 50 B, waste 14 B (22 %)\nby event 2");
  EXPECT_EQ(draw::tip_text(census, {4096, 4097}, {}), "");
}

TEST(Labels, of_a_block_hardly_wider_than_its_words_stand_in_its_middle) {
  const draw::Style style;
  const float words = style.width(draw::Type::MonoSmall, "128 B");
  for (const float spare : {0.6f, 0.8f, 1.0f}) {
    Census census;
    census.blocks = {{0, 128, BlockState::Live, -1, -1, 128}};
    census.arena_bytes = 128;
    const auto width = static_cast<float>(std::ceil(words + spare * style.em));
    Scene scene;
    draw::add_strip(scene, census, {{0, 128}, 0, width}, {0, 0, width, 3 * style.em}, {}, style,
                    [](std::uint64_t) { return std::string("B"); });
    const auto size = std::find_if(scene.labels.begin(), scene.labels.end(),
                                   [](const draw::Label& label) { return label.text == "128 B"; });
    ASSERT_NE(size, scene.labels.end()) << spare;
    const draw::Rect& box = scene.boxes.at(0).rect;
    EXPECT_NEAR(size->rect.x0 - box.x0, box.x1 - (size->rect.x0 + words), 3) << spare;
  }
}

TEST(Tooltip, of_a_kernels_page_says_its_order) {
  Census census;
  census.kind = trace::AllocatorKind::Recorded;
  census.arena_bytes = 1 << 20;
  Block block{.offset = 0, .size = 8192, .requested = 8192};
  block.state = BlockState::Live;
  block.level = 1;
  census.blocks = {block};
  const std::string told = draw::tip_text(census, {0, 1}, {});
  EXPECT_NE(told.find(", order 1"), std::string::npos) << told;
  EXPECT_EQ(told.find("level"), std::string::npos);
}

TEST(Tooltip, calls_a_state_what_the_stages_and_their_legends_call_it) {
  Census census;
  census.blocks = {{0, 64, BlockState::Fresh}, {64, 64, BlockState::Gap}, {128, 64, BlockState::Padding}};
  census.arena_bytes = 192;
  EXPECT_EQ(draw::tip_text(census, {0, 1}, {}).find("never used\n"), 0u);
  EXPECT_EQ(draw::tip_text(census, {64, 65}, {}).find("not managed\n"), 0u);
  EXPECT_EQ(draw::tip_text(census, {128, 129}, {}).find("alignment gap\n"), 0u);
}

}  // namespace
}  // namespace allocviz
