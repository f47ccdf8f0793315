// Each stage as a picture made of letters, held against the one in tests/data/golden: what stands where, and in which
// words. No fonts and no driver have a part in it. ALLOCVIZ_GOLDEN=write writes them anew; look at what changed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/trace/io.h"
#include "core/trace/json.h"
#include "support/replay.h"
#include "viz/app/scenario_list.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/bump_layout.h"
#include "viz/draw/map_layout.h"
#include "viz/draw/recorded_layout.h"
#include "viz/draw/slab_layout.h"

namespace allocviz {
namespace {

constexpr draw::Rect kPlace{0, 0, 880, 420};
constexpr float kAcross = 8, kDown = 14;  // pixels a letter stands for

char letter_of(const draw::Box& box, float x) {
  if (box.look == draw::Look::Live) return x < box.solid_x ? (box.touched ? 'T' : '#') : '/';
  if (box.touched) return 't';
  constexpr char kLetters[draw::kLooks + 1] = "#/.'-x*:/";
  return kLetters[static_cast<std::size_t>(box.look)];
}

std::string drawn(const draw::Scene& scene) {
  const auto columns = static_cast<std::size_t>(kPlace.width() / kAcross);
  const auto lines = static_cast<std::size_t>(kPlace.height() / kDown);
  std::vector<std::string> grid(lines, std::string(columns, ' '));
  for (const draw::Box& box : scene.boxes) {
    for (std::size_t line = 0; line < lines; ++line) {
      for (std::size_t column = 0; column < columns; ++column) {
        const draw::Point at{(static_cast<float>(column) + 0.5f) * kAcross, (static_cast<float>(line) + 0.5f) * kDown};
        if (box.rect.contains(at)) grid[line][column] = letter_of(box, at.x);
      }
    }
  }
  std::string text;
  for (std::string& line : grid) {
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  // Words in reading order, as they stand, to a tenth of the place.
  std::vector<std::string> words;
  for (const draw::Label& label : scene.labels) {
    words.push_back(fmt::format("{:2.0f} {:2.0f} {}", 10 * label.rect.y0 / kPlace.height(),
                                10 * label.rect.x0 / kPlace.width(), label.text));
  }
  std::sort(words.begin(), words.end());
  for (const std::string& word : words) text += word + "\n";
  for (const draw::Chip& chip : scene.chips) text += "list " + chip.text + (chip.touched ? " touched\n" : "\n");
  return text;
}

void expect_golden(const std::string& name, const std::string& picture) {
  const std::string path = std::string(ALLOCVIZ_SOURCE_DIR) + "/tests/data/golden/" + name + ".txt";
  if (const char* write = std::getenv("ALLOCVIZ_GOLDEN"); write != nullptr && std::string_view(write) == "write") {
    std::ofstream(path) << picture;
    return;
  }
  std::stringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(picture, golden.str()) << name;
}

std::shared_ptr<const trace::Trace> lesson(std::string_view title) {
  for (const app::Scenario& scenario : app::scenario_list()) {
    if (scenario.title != title) continue;
    const auto source = trace::source_of_text(scenario.json, scenario.title);
    auto trace = trace::read_json(*source);
    if (trace.ok()) return std::make_shared<const trace::Trace>(std::move(trace).value());
  }
  ADD_FAILURE() << "no lesson \"" << title << "\"";
  return test::Script().done();
}

std::unique_ptr<replay::Timeline> at(const std::shared_ptr<const trace::Trace>& trace, replay::Position position) {
  auto timeline = test::timeline_of(trace, trace->specs_to_open().front());
  timeline->seek(position);
  return timeline;
}

draw::NameOf names_of(const replay::Timeline& timeline) {
  return [&trace = timeline.trace()](std::uint64_t born) {
    return born < trace.size() ? trace.id_text(born) : std::string();
  };
}

draw::Span all_of(const replay::Timeline& timeline) {
  return {0, static_cast<double>(timeline.census().arena_bytes)};
}

std::string buddy(const replay::Timeline& timeline) {
  const draw::NameOf names = names_of(timeline);
  return drawn(draw::lay_out_buddy({.census = timeline.census(),
                                    .spec = timeline.spec(),
                                    .now = draw::moment_of(timeline),
                                    .selected = {},
                                    .rect = kPlace,
                                    .view = all_of(timeline),
                                    .style = {},
                                    .name_of = names})
                   .scene);
}

TEST(Golden, the_buddy_tree_in_the_midst_of_a_split_and_at_a_refusal) {
  const auto trace = lesson("A checkerboard: half is free, and nothing fits");
  expect_golden("buddy-split", buddy(*at(trace, {1, 4})));
  expect_golden("buddy-refused", buddy(*at(trace, {13, replay::kAllSteps})));
}

TEST(Golden, the_slabs_grid) {
  test::Script script;
  script.alloc("A", 40).alloc("B", 48).alloc("C", 8).free("A").free("C").alloc("D", 20);
  const auto timeline = test::timeline_of(script.done(), test::spec_of("slab:block=48,count=12"));
  timeline->seek({5, replay::kAllSteps});
  const draw::NameOf names = names_of(*timeline);
  expect_golden("slab", drawn(draw::lay_out_slab({.census = timeline->census(),
                                                  .spec = timeline->spec(),
                                                  .now = draw::moment_of(*timeline),
                                                  .selected = {},
                                                  .rect = kPlace,
                                                  .view = all_of(*timeline),
                                                  .style = {},
                                                  .name_of = names})
                                  .scene));
}

TEST(Golden, the_bumps_region_and_the_map_below_it) {
  test::Script script;
  script.alloc("A", 100).alloc("B", 60, 64).alloc("C", 200).free("B").alloc("D", 900);
  const auto timeline = test::timeline_of(script.done(), test::spec_of("bump:arena=1KiB"));
  timeline->seek({5, replay::kAllSteps});
  const draw::NameOf names = names_of(*timeline);
  const draw::Moment now = draw::moment_of(*timeline);
  expect_golden("bump", drawn(draw::lay_out_bump({.census = timeline->census(),
                                                  .spec = timeline->spec(),
                                                  .now = now,
                                                  .selected = {},
                                                  .rect = kPlace,
                                                  .view = all_of(*timeline),
                                                  .style = {},
                                                  .name_of = names})
                                  .scene));
  const draw::Focus focus = draw::focus_of(now, timeline->spec(), {});
  expect_golden("map", drawn(draw::lay_out_map({.census = timeline->census(),
                                                .focus = focus,
                                                .rect = {0, 0, 880, 140},
                                                .view = all_of(*timeline),
                                                .style = {},
                                                .name_of = names})
                                 .scene));
}

TEST(Golden, the_tree_below_a_tiered_allocator) {
  test::Script script;
  script.alloc("A", 40).alloc("B", 48).alloc("C", 3000).alloc("D", 200).free("A");
  const auto timeline = test::timeline_of(script.done(), test::spec_of("tiered:arena=64KiB,min=1024,classes=64+256"));
  timeline->seek({5, replay::kAllSteps});
  const replay::Census below = draw::buddy_below(timeline->census(), timeline->spec().arena_bytes);
  const draw::NameOf names = names_of(*timeline);
  expect_golden("tiered", drawn(draw::lay_out_buddy({.census = below,
                                                     .spec = timeline->spec(),
                                                     .now = draw::moment_of(*timeline),
                                                     .selected = {},
                                                     .rect = kPlace,
                                                     .view = all_of(*timeline),
                                                     .style = {},
                                                     .name_of = names})
                                    .scene));
}

TEST(Golden, the_recorded_heap) {
  trace::TraceBuilder builder;
  const auto alloc = [&](std::uint64_t id, std::uint64_t size, std::uint64_t addr) {
    trace::RawEvent event;
    event.id_kind = trace::RawEvent::Id::Number;
    event.id_number = id;
    event.size = size;
    event.addr = addr;
    ASSERT_TRUE(builder.append(event).ok());
  };
  alloc(1, 0x1800, 0x555500000000);
  alloc(2, 0x0400, 0x555500002000);
  alloc(3, 0x2000, 0x7f1200000000);
  const auto trace = std::make_shared<const trace::Trace>(std::move(builder).finish());
  const auto timeline = test::timeline_of(trace, test::spec_of("recorded"));
  timeline->seek({3, replay::kAllSteps});
  const draw::NameOf names = names_of(*timeline);
  const draw::AddressOf addresses = [&](std::uint64_t born) { return trace->event(born).addr; };
  const draw::Focus focus = draw::focus_of(draw::moment_of(*timeline), timeline->spec(), {});
  expect_golden("recorded", drawn(draw::lay_out_recorded({.census = timeline->census(),
                                                          .focus = focus,
                                                          .rect = kPlace,
                                                          .view = all_of(*timeline),
                                                          .style = {},
                                                          .name_of = names,
                                                          .address_of = addresses})
                                      .scene));
}

}  // namespace
}  // namespace allocviz
