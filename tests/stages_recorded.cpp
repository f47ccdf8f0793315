// The recorded heap in rows, the orders of kernel pages, and the small pictures of lessons.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/replay.h"
#include "viz/draw/glimpse.h"
#include "viz/draw/map_layout.h"
#include "viz/draw/recorded_layout.h"

namespace allocviz {
namespace {

using draw::Look;
using draw::Rect;
using replay::BlockState;

constexpr std::uint64_t kHeap = 0x55550000, kFar = 0x7f0000000000;

// Two regions, 8 KiB and 4 KiB, with a gap between them.
replay::Census two_regions() {
  replay::Census census;
  census.kind = trace::AllocatorKind::Recorded;
  census.arena_bytes = 0x4000;
  const auto add = [&](std::uint64_t offset, std::uint64_t size, BlockState state, std::uint64_t born = ~0ull) {
    census.blocks.push_back({.offset = offset, .size = size, .state = state, .requested = size, .born = born});
  };
  add(0x0000, 0x1000, BlockState::Free);
  add(0x1000, 0x0800, BlockState::Live, 0);
  add(0x1800, 0x0800, BlockState::Free);
  add(0x2000, 0x1000, BlockState::Gap);
  add(0x3000, 0x0400, BlockState::Live, 1);
  add(0x3400, 0x0c00, BlockState::Free);
  return census;
}

std::uint64_t address_of(std::uint64_t born) {
  return born == 0 ? kHeap + 0x1000 : born == 1 ? kFar : 0;
}

draw::RecordedScene laid(const replay::Census& census, Rect rect = {0, 0, 900, 300}) {
  const draw::Focus focus;
  const draw::NameOf names = [](std::uint64_t born) { return born == 0 ? std::string("A") : std::string("B"); };
  const draw::AddressOf addresses = address_of;
  return draw::lay_out_recorded({.census = census,
                                 .focus = focus,
                                 .rect = rect,
                                 .view = {0, static_cast<double>(census.arena_bytes)},
                                 .style = {},
                                 .name_of = names,
                                 .address_of = addresses});
}

bool says(const draw::Scene& scene, std::string_view text) {
  return std::any_of(scene.labels.begin(), scene.labels.end(),
                     [text](const draw::Label& label) { return label.text == text; });
}

TEST(RecordedStage, rows_follow_each_other_without_a_byte_between_and_begin_with_addresses_of_the_program) {
  const draw::RecordedScene scene = laid(two_regions());
  ASSERT_GE(scene.rows.size(), 4u);
  for (std::size_t i = 1; i < scene.rows.size(); ++i) {
    EXPECT_DOUBLE_EQ(scene.axes[i].bytes.from, scene.axes[i - 1].bytes.to);
    EXPECT_GE(scene.rows[i].y0, scene.rows[i - 1].y1);
  }
  EXPECT_DOUBLE_EQ(scene.axes.front().bytes.from, 0);
  EXPECT_DOUBLE_EQ(scene.axes.back().bytes.to, 0x4000);
  EXPECT_TRUE(says(scene.scene, "0x55550000"));
  EXPECT_TRUE(says(scene.scene, "A"));
  EXPECT_TRUE(scene.orders.empty());
}

TEST(RecordedStage, of_addresses_without_room_the_last_digits_stay_which_tell_the_rows_apart) {
  const draw::RecordedScene scene = laid(two_regions(), {0, 0, 200, 300});
  EXPECT_FALSE(says(scene.scene, "0x55550000"));
  const draw::Style style;
  int cut = 0;
  for (const draw::Label& label : scene.scene.labels) {
    if (label.type != draw::Type::MonoSmall || label.align != draw::Align::Right) continue;
    EXPECT_LE(style.width(label.type, label.text), label.rect.width() + 0.5f) << label.text;
    cut += label.text.starts_with("…") && label.text.ends_with("0000") ? 1 : 0;
  }
  EXPECT_GT(cut, 0);
}

TEST(RecordedStage, an_address_is_known_from_any_block_of_its_region_and_from_no_other) {
  const replay::Census census = two_regions();
  const draw::AddressOf addresses = address_of;
  EXPECT_EQ(draw::address_at(census, addresses, 0), kHeap);
  EXPECT_EQ(draw::address_at(census, addresses, 0x1fff), kHeap + 0x1fff);
  EXPECT_EQ(draw::address_at(census, addresses, 0x3500), kFar + 0x500);
  EXPECT_EQ(draw::address_at(census, addresses, 0x2800), kFar) << "between the regions: what comes next";
  EXPECT_EQ(draw::address_at(census, {}, 0), 0u);
}

TEST(RecordedStage, kernel_pages_stand_in_a_row_for_each_order_over_their_frames) {
  replay::Census census;
  census.kind = trace::AllocatorKind::Recorded;
  census.arena_bytes = 64 * 4096;
  const auto page = [&](std::uint64_t frame, int order) {
    census.blocks.push_back({.offset = frame * 4096,
                             .size = std::uint64_t{4096} << order,
                             .state = BlockState::Live,
                             .level = static_cast<std::int16_t>(order),
                             .requested = std::uint64_t{4096} << order,
                             .born = frame});
  };
  page(0, 3);
  census.blocks.push_back({.offset = 8 * 4096, .size = 24 * 4096, .state = BlockState::Free});
  page(32, 0);
  page(33, 0);
  census.blocks.push_back({.offset = 34 * 4096, .size = 30 * 4096, .state = BlockState::Free});
  const draw::RecordedScene scene = laid(census);
  EXPECT_EQ(scene.orders, (std::vector<int>{3, 2, 1, 0}));
  EXPECT_TRUE(says(scene.scene, "order 3  32 KiB"));
  EXPECT_TRUE(says(scene.scene, "2 live"));
  for (const draw::Box& box : scene.scene.boxes) {
    const std::size_t row = box.size == 32768 ? 0 : 3;
    EXPECT_EQ(box.rect.y0, scene.rows[row].y0);
    EXPECT_FLOAT_EQ(box.rect.x0, scene.axes[row].snapped(static_cast<double>(box.offset)));
  }
  EXPECT_EQ(scene.scene.boxes.size(), 3u);
  const auto hit = draw::hit(scene, {scene.rows[3].x0 + 1, scene.rows[3].y0 + 1});
  ASSERT_TRUE(hit.has_value());
  EXPECT_EQ(hit->row, 3u);
  const draw::Focus focus;
  const auto map_below = [&](bool alone) {
    return draw::lay_out_map({.census = census,
                              .focus = focus,
                              .rect = {0, 300, 900, 420},
                              .view = {0, static_cast<double>(census.arena_bytes)},
                              .style = {},
                              .name_of = {},
                              .alone = alone});
  };
  EXPECT_EQ(map_below(false).axes.front(), scene.axes.front()) << "a block stands over the bytes that it owns";
  EXPECT_LT(map_below(true).axes.front().x0, scene.axes.front().x0) << "without a stage it has the whole width";
}

TEST(Glimpse, shows_every_block_that_has_a_pixel_inside_its_place) {
  test::Script script;
  script.alloc("A", 100).alloc("B", 60).alloc("C", 200).free("A").alloc("D", 500);
  const auto trace = script.done();
  for (const char* text : {"buddy:arena=1KiB,min=64", "slab:block=512,count=9", "bump:arena=1KiB",
                           "tiered:arena=64KiB,min=4096,classes=64+128+256+512"}) {
    const auto timeline = test::timeline_of(trace, test::spec_of(text));
    timeline->seek({4, replay::kAllSteps});
    const Rect place{10, 20, 90, 70};
    const draw::Scene scene = draw::lay_out_glimpse(timeline->census(), timeline->spec(), place);
    std::size_t live = 0;
    for (const draw::Box& box : scene.boxes) {
      live += box.look == Look::Live ? 1u : 0u;
      EXPECT_GE(box.rect.x0, place.x0) << text;
      EXPECT_LE(box.rect.x1, place.x1) << text;
      EXPECT_GE(box.rect.y0, place.y0) << text;
      EXPECT_LE(box.rect.y1, place.y1) << text;
    }
    EXPECT_GE(live, 1u) << text;
    EXPECT_TRUE(scene.labels.empty()) << text;
  }
}

}  // namespace
}  // namespace allocviz
