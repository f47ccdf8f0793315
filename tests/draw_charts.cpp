// The charts over time and the free blocks by level, as plain data.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <utility>

#include "tests/support/replay.h"
#include "tests/support/seed.h"
#include "viz/draw/chart_layout.h"
#include "viz/draw/levels_layout.h"

namespace allocviz {
namespace {

using draw::Rect;
using replay::Curve;

struct Chart {
  replay::Series series;
  std::vector<std::uint64_t> failures;
  std::map<std::uint64_t, std::string> marks;

  void append(std::uint64_t requested) {
    replay::Figures figures;
    figures.live_requested = requested;
    figures.live_rounded = 2 * requested;
    series.append(figures);
  }
  [[nodiscard]] draw::ChartScene lay_out(double first, double last, Rect rect = {0, 0, 1000, 220}) const {
    return draw::lay_out_chart(input(first, last, rect));
  }
  [[nodiscard]] draw::ChartInput input(double first, double last, Rect rect = {0, 0, 1000, 220}) const {
    return {.runs = {{&series, ""}},
            .failures = failures,
            .marks = marks,
            .curves = 0b11,
            .first = first,
            .last = last,
            .rect = rect,
            .style = {}};
  }
};

TEST(Charts, few_events_are_a_staircase_with_a_riser_between_two_events) {
  Chart chart;
  for (const std::uint64_t value : {0u, 100u, 100u, 50u}) chart.append(value);
  const draw::ChartScene scene = chart.lay_out(0, 3);
  const auto curve = std::find_if(scene.curves.begin(), scene.curves.end(),
                                  [](const draw::ChartCurve& c) { return c.curve == Curve::LiveRequested; });
  ASSERT_NE(curve, scene.curves.end());
  ASSERT_EQ(curve->pieces.size(), 1u);
  const std::vector<draw::Point>& points = curve->pieces.front();
  ASSERT_EQ(points.size(), 6u) << "three levels: 0, 100 for two events, 50";
  EXPECT_EQ(points[1].x, points[2].x) << "a riser is upright";
  EXPECT_NEAR(points[1].x, scene.axis.x_of(0.5), 0.01);
  EXPECT_LT(points[2].y, points[1].y);
  EXPECT_GT(points[4].y, points[3].y);
  EXPECT_EQ(scene.ticks.size(), 4u);
}

TEST(Charts, a_spike_of_one_event_among_a_million_is_seen) {
  Chart chart;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) chart.append(i == 777'777 ? 1'000'000 : 10);
  const draw::ChartScene scene = chart.lay_out(0, 999'999);
  const auto curve = std::find_if(scene.curves.begin(), scene.curves.end(),
                                  [](const draw::ChartCurve& c) { return c.curve == Curve::LiveRequested; });
  ASSERT_NE(curve, scene.curves.end());
  EXPECT_LE(curve->pieces.front().size(), 2 * static_cast<std::size_t>(scene.plot.width()) + 2)
      << "cost follows pixels";
  const auto highest = std::min_element(curve->top.begin(), curve->top.end());
  EXPECT_LT(*highest, scene.plot.y0 + scene.plot.height() * 0.6f);
  const double x = static_cast<double>(scene.plot.x0) + static_cast<double>(highest - curve->top.begin());
  EXPECT_NEAR(x, scene.axis.x_of(777'777), 1.5);
}

// 20 000 events of what is free at most: it falls to the half, and is whole again; of the riser down and the one up
// which part is drawn, of all the rest, too.
TEST(Charts, the_dashes_of_a_long_run_go_on_up_and_down_its_risers) {
  for (const bool falls : {true, false}) {
    for (const std::uint64_t at : {7'000u, 7'003u, 7'009u, 7'013u}) {
      Chart chart;
      for (std::uint64_t i = 0; i < 20'000; ++i) {
        replay::Figures figures;
        figures.largest_free = (i < at) == falls ? 1'000'000 : 400'000;
        chart.series.append(figures);
      }
      draw::ChartInput input = chart.input(0, 19'999);
      input.curves = 1u << static_cast<unsigned>(Curve::LargestFree);
      const draw::ChartScene scene = draw::lay_out_chart(input);
      ASSERT_EQ(scene.curves.size(), 1u);
      float along = 0, upright = 0, most = 0;
      for (const std::vector<draw::Point>& dash : scene.curves.front().pieces) {
        float length = 0;
        for (std::size_t i = 1; i < dash.size(); ++i) {
          upright += std::abs(dash[i].y - dash[i - 1].y);
          along += dash[i].x - dash[i - 1].x;
          length += std::hypot(dash[i].x - dash[i - 1].x, dash[i].y - dash[i - 1].y);
        }
        most = std::max(most, length);
      }
      const float riser =
          std::abs(draw::y_of(scene, Curve::LargestFree, 1'000'000) - draw::y_of(scene, Curve::LargestFree, 400'000));
      ASSERT_GT(riser, 60);
      EXPECT_NEAR(upright / riser, 0.6f, 0.1f) << (falls ? "down" : "up") << " at event " << at;
      EXPECT_NEAR(along / scene.plot.width(), 0.6f, 0.05f);
      EXPECT_LT(most, 8);
    }
  }
}

// In few events, of which each is a stair: what is free comes to the one line of all, and leaves it.
TEST(Charts, a_dashed_riser_from_a_shared_line_to_its_own_is_dashed) {
  Chart chart;
  for (const std::uint64_t largest : {1000u, 500u, 500u, 1000u}) {
    replay::Figures figures;
    figures.free = 1000;
    figures.largest_free = largest;
    chart.series.append(figures);
  }
  draw::ChartInput input = chart.input(0, 3);
  input.curves = 1u << static_cast<unsigned>(Curve::LargestFree) | 1u << static_cast<unsigned>(Curve::Free);
  for (const draw::ChartCurve& curve : draw::lay_out_chart(input).curves) {
    if (curve.curve != Curve::LargestFree) continue;
    float dashed = 0, solid = 0;
    for (const auto* pieces : {&curve.pieces, &curve.shared}) {
      for (const std::vector<draw::Point>& piece : *pieces) {
        for (std::size_t i = 1; i < piece.size(); ++i)
          (pieces == &curve.pieces ? dashed : solid) += std::abs(piece[i].y - piece[i - 1].y);
      }
    }
    EXPECT_EQ(solid, 0);
    EXPECT_GT(dashed, 100) << "both risers";
  }
}

TEST(Charts, the_dashes_of_noise_cost_what_its_width_costs) {
  std::mt19937_64 random(test::seed());
  Chart chart;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    replay::Figures figures;
    figures.largest_free = random() % 1'000'000;
    chart.series.append(figures);
  }
  draw::ChartInput input = chart.input(0, 19'999);
  input.curves = 1u << static_cast<unsigned>(Curve::LargestFree);
  const draw::ChartScene scene = draw::lay_out_chart(input);
  EXPECT_LT(scene.curves.front().pieces.size(), static_cast<std::size_t>(scene.plot.width()));
}

std::uint64_t sum_of(const std::vector<draw::ChartFailure>& failures) {
  std::uint64_t sum = 0;
  for (const draw::ChartFailure& failure : failures) sum += failure.count;
  return sum;
}

TEST(Charts, failures_that_would_overlap_stand_under_one_cross_and_none_is_lost) {
  std::mt19937_64 random(test::seed());
  Chart chart;
  for (int i = 0; i < 20000; ++i) chart.append(1);
  for (std::uint64_t i = 0; i < 19999; ++i) {
    if (i % 1000 < 60 && random() % 2 == 0) chart.failures.push_back(i);
  }
  const draw::ChartScene scene = chart.lay_out(0, 19999);
  EXPECT_FALSE(scene.crowded);
  EXPECT_EQ(sum_of(scene.failures), chart.failures.size());
  EXPECT_LE(scene.failures.size(), 60u);
  for (std::size_t i = 1; i < scene.failures.size(); ++i) EXPECT_GT(scene.failures[i].x, scene.failures[i - 1].x + 8);
}

TEST(Charts, failures_everywhere_are_counted_by_the_pixel) {
  std::mt19937_64 random(test::seed());
  Chart chart;
  for (int i = 0; i < 20000; ++i) chart.append(1);
  for (std::uint64_t i = 0; i < 19999; ++i) {
    if (random() % 3 != 0) chart.failures.push_back(i);
  }
  const draw::ChartScene scene = chart.lay_out(0, 19999);
  EXPECT_TRUE(scene.crowded);
  EXPECT_EQ(sum_of(scene.failures), chart.failures.size());
  for (std::size_t i = 0; i < scene.failures.size(); ++i) {
    const draw::ChartFailure& here = scene.failures[i];
    EXPECT_TRUE(i == 0 || here.x > scene.failures[i - 1].x);
    EXPECT_NEAR(here.x, scene.axis.x_of(static_cast<double>(here.first) + 1), 1.01);
  }
  draw::ChartInput hidden = chart.input(0, 19999);
  hidden.failure_lane = false;
  EXPECT_TRUE(draw::lay_out_chart(hidden).failures.empty());
}

// What a slab and a buddy refuse: 100 and 300 the one, 300 and 600 the other.
struct TwoRefuse : Chart {
  std::vector<std::uint64_t> slab{100, 300}, buddy{300, 600};

  TwoRefuse() {
    for (int i = 0; i < 1000; ++i) append(1);
    failures = {100, 300, 600};
  }
  [[nodiscard]] draw::ChartScene laid(float height, std::uint64_t told_until = trace::kNoEvent) const {
    draw::ChartInput in = input(0, 999, {0, 0, 1000, height});
    in.failure_lanes = {{"slab", slab}, {"buddy", buddy}};
    in.told_until = told_until;
    return draw::lay_out_chart(in);
  }
};

bool has_label(const draw::ChartScene& scene, const std::string& text, Rect* where = nullptr) {
  for (const draw::Label& label : scene.labels) {
    if (label.text != text) continue;
    if (where != nullptr) *where = label.rect;
    return true;
  }
  return false;
}

TEST(Charts, failures_of_two_allocators_stand_in_a_lane_each_that_says_whose_it_is) {
  const TwoRefuse chart;
  const draw::ChartScene scene = chart.laid(260);
  ASSERT_EQ(scene.lanes, (std::vector<std::string>{"slab", "buddy"}));
  ASSERT_EQ(scene.failures.size(), 4u);
  for (const draw::ChartFailure& failure : scene.failures) {
    const auto& whose = failure.lane == 0 ? chart.slab : chart.buddy;
    EXPECT_TRUE(std::binary_search(whose.begin(), whose.end(), failure.first)) << failure.first;
    Rect name;
    ASSERT_TRUE(has_label(scene, scene.lanes[static_cast<std::size_t>(failure.lane)], &name));
    EXPECT_NEAR((name.y0 + name.y1) / 2, draw::lane_middle(scene, failure), 1);
    EXPECT_LT(name.x1, scene.plot.x0);
  }
  EXPECT_GE(scene.failure_lane, 2 * scene.lane_height);
}

TEST(Charts, in_a_low_chart_the_failures_of_two_allocators_share_a_lane_and_have_names) {
  const draw::ChartScene scene = TwoRefuse().laid(100);
  EXPECT_TRUE(scene.lanes.empty());
  ASSERT_EQ(scene.failures.size(), 3u);
  EXPECT_EQ(scene.failures[0].name, "slab");
  EXPECT_EQ(scene.failures[1].name, "slab and buddy");
  EXPECT_EQ(scene.failures[2].name, "buddy");
  Rect name;
  ASSERT_TRUE(has_label(scene, "slab and buddy", &name));
  EXPECT_GT(name.x0, scene.failures[1].x);
  EXPECT_LT(name.x1, scene.failures[2].x);
  EXPECT_LE(scene.failure_lane, 0.3f * scene.plot.height());
}

// Beside many crosses no name has room, so that it would be told of the first alone.
TEST(Charts, where_crosses_have_no_room_for_names_a_chart_that_is_not_high_has_lanes_too) {
  TwoRefuse chart;
  EXPECT_TRUE(chart.laid(160).lanes.empty());
  for (std::uint64_t i = 301; i < 420; ++i) chart.slab.push_back(i);
  chart.failures = {100, 300};
  chart.failures.insert(chart.failures.end(), chart.slab.begin() + 2, chart.slab.end());
  chart.failures.push_back(600);
  const draw::ChartScene scene = chart.laid(160);
  EXPECT_EQ(scene.lanes.size(), 2u);
  EXPECT_LE(scene.failure_lane, 0.46f * scene.plot.height());
  EXPECT_TRUE(chart.laid(90).lanes.empty()) << "the curves come first";
}

TEST(Charts, whose_a_failure_is_that_a_reader_is_to_guess_is_not_told) {
  const TwoRefuse chart;
  for (const draw::ChartFailure& failure : chart.laid(260, 300).failures) {
    EXPECT_EQ(failure.lane == draw::ChartFailure::kUntold, failure.first >= 300) << failure.first;
  }
  const draw::ChartScene low = chart.laid(100, 300);
  EXPECT_EQ(low.failures[0].name, "slab");
  EXPECT_EQ(low.failures[1].name, "");
  EXPECT_FALSE(has_label(low, "buddy"));
}

TEST(Charts, an_axis_ends_at_a_round_number_little_above_its_maximum) {
  for (const std::uint64_t most : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{5}, std::uint64_t{1024},
                                   std::uint64_t{1025}, std::uint64_t{700000}, std::uint64_t{1} << 40}) {
    const draw::Rounded top = draw::rounded_top(most);
    EXPECT_GE(top.top, most);
    EXPECT_EQ(top.top % top.unit, 0u);
    EXPECT_LE(top.top / top.unit, 4u);
    EXPECT_LE(static_cast<double>(top.top), std::max(2.0, 1.5 * static_cast<double>(most) + 1)) << most;
  }
}

TEST(Charts, the_axis_and_its_inverse_agree_and_the_minimap_shows_the_window) {
  Chart chart;
  for (int i = 0; i < 901; ++i) chart.append(static_cast<std::uint64_t>(i));
  const draw::ChartScene scene = chart.lay_out(225, 450);
  for (double p = 225; p <= 450; p += 12.5) EXPECT_NEAR(scene.axis.position_at(scene.axis.x_of(p)), p, 1e-6);
  ASSERT_TRUE(scene.has_minimap);
  EXPECT_NEAR((scene.window.x0 - scene.minimap.x0) / scene.minimap.width(), 0.25, 0.01);
  EXPECT_NEAR(scene.window.width() / scene.minimap.width(), 0.25, 0.01);
  EXPECT_FALSE(chart.lay_out(0, 900).has_minimap);
  for (int i = 0; i < 200; ++i) chart.append(1);
  EXPECT_TRUE(chart.lay_out(0, 1100).has_minimap) << "of a long run it is always there";
}

TEST(Charts, fragmentation_stands_on_an_axis_of_its_own_in_per_cent) {
  Chart chart;
  for (const std::uint64_t value : {0u, 100u, 100u, 50u}) chart.append(value);  // half of every block is waste
  draw::ChartInput input = chart.input(0, 3);
  EXPECT_FALSE(draw::lay_out_chart(input).shares);
  input.curves = 1u << static_cast<unsigned>(Curve::InternalFragmentation);
  const draw::ChartScene scene = draw::lay_out_chart(input);
  ASSERT_TRUE(scene.shares);
  EXPECT_LT(scene.plot.x1, input.rect.x1 - 20) << "its labels have room at the right";
  EXPECT_TRUE(std::any_of(scene.labels.begin(), scene.labels.end(),
                          [&](const draw::Label& l) { return l.text == "100 %" && l.rect.x0 > scene.plot.x1; }));
  ASSERT_EQ(scene.curves.size(), 1u);
  const std::vector<draw::Point>& points = scene.curves.front().pieces.front();
  EXPECT_NEAR(points.back().y, (scene.plot.y0 + scene.plot.y1) / 2, 2) << "50 %";
  EXPECT_EQ(draw::share_text(123'456), "12.3 %");
}

TEST(Charts, curves_whose_lines_are_one_take_turns_so_that_each_is_seen) {
  for (const std::size_t events : {4u, 5000u}) {  // stairs; columns of pixels
    replay::Series series;
    for (std::size_t i = 0; i < events; ++i) {
      replay::Figures figures;
      figures.live_requested = figures.live_rounded = i * i % 1000;
      series.append(figures);
    }
    Chart chart;
    draw::ChartInput input = chart.input(0, static_cast<double>(events - 1));
    input.runs = {{&series, ""}};
    const draw::ChartScene scene = draw::lay_out_chart(input);
    ASSERT_EQ(scene.curves.size(), 2u);
    std::vector<float> wide;
    for (const draw::ChartCurve& curve : scene.curves) {
      EXPECT_TRUE(curve.pieces.empty());
      float sum = 0;
      for (const std::vector<draw::Point>& piece : curve.shared) {
        EXPECT_LE(piece.back().x - piece.front().x, 0.7f * input.style.em);
        sum += piece.back().x - piece.front().x;
      }
      wide.push_back(sum);
    }
    EXPECT_NEAR(wide[0], wide[1], 12) << "each has half of the line";
    EXPECT_NEAR(wide[0] + wide[1], scene.plot.width(), 2);
  }
  Chart apart;
  for (const std::uint64_t value : {20u, 100u, 100u, 50u}) apart.append(value);
  for (const draw::ChartCurve& curve : apart.lay_out(0, 3).curves) EXPECT_TRUE(curve.shared.empty());
}

// How many pixels of [x0, x1) a curve's pieces cover.
float covered(const std::vector<std::vector<draw::Point>>& pieces, double x0, double x1) {
  float sum = 0;
  for (const std::vector<draw::Point>& piece : pieces) {
    const float from = std::max(piece.front().x, static_cast<float>(x0));
    sum += std::max(0.0f, std::min(piece.back().x, static_cast<float>(x1)) - from);
  }
  return sum;
}

TEST(Charts, curves_whose_lines_are_one_in_part_take_turns_there_and_stand_alone_elsewhere) {
  for (const std::size_t events : {10u, 5000u}) {
    replay::Series series;
    for (std::size_t i = 0; i < events; ++i) {
      replay::Figures figures;
      figures.live_requested = 100 + i % 2;
      figures.live_rounded = i < events / 2 ? figures.live_requested : 200;  // the first half is one line
      series.append(figures);
    }
    Chart chart;
    draw::ChartInput input = chart.input(0, static_cast<double>(events - 1));
    input.runs = {{&series, ""}};
    const draw::ChartScene scene = draw::lay_out_chart(input);
    ASSERT_EQ(scene.curves.size(), 2u);
    const double middle = scene.axis.begin_of(events / 2);
    const float half = scene.plot.width() / 2;
    float together = 0;
    for (const draw::ChartCurve& curve : scene.curves) {
      EXPECT_NEAR(covered(curve.shared, 0, middle), half / 2, 12) << events;
      EXPECT_NEAR(covered(curve.pieces, middle, 2000), half, 3) << "where it is alone it is whole";
      EXPECT_LT(covered(curve.pieces, 0, middle) + covered(curve.shared, middle, 2000), 3);
      together += covered(curve.shared, 0, middle);
    }
    EXPECT_NEAR(together, half, 3) << "one of them is seen everywhere";
  }
}

TEST(Charts, a_riser_between_what_is_shared_and_what_is_not_is_drawn_by_its_curve) {
  for (float width = 600; width < 604; width += 0.25f) {
    replay::Series series;
    for (const std::uint64_t rounded : {10u, 90u, 10u, 60u, 60u, 10u, 90u}) {
      replay::Figures figures;
      figures.live_requested = 10;
      figures.live_rounded = rounded;
      series.append(figures);
    }
    Chart chart;
    draw::ChartInput input = chart.input(0, 6, {0, 0, width, 220});
    input.runs = {{&series, ""}};
    const draw::ChartScene scene = draw::lay_out_chart(input);
    const auto curve = std::find_if(scene.curves.begin(), scene.curves.end(),
                                    [](const draw::ChartCurve& c) { return c.curve == Curve::LiveRounded; });
    ASSERT_NE(curve, scene.curves.end());
    int risers = 0;
    for (const auto* pieces : {&curve->pieces, &curve->shared}) {
      for (const std::vector<draw::Point>& piece : *pieces) {
        for (std::size_t i = 1; i < piece.size(); ++i) risers += piece[i].y != piece[i - 1].y ? 1 : 0;
      }
    }
    EXPECT_EQ(risers, 5) << width;
  }
}

TEST(Charts, a_riser_from_a_line_of_two_curves_to_one_of_three_is_drawn) {
  for (float width = 600; width < 760; width += 3.25f) {
    replay::Series series;
    for (const std::uint64_t live : {80u, 60u, 60u, 90u}) {
      replay::Figures figures;
      figures.live_requested = figures.live_rounded = live;
      figures.reserved = live;
      figures.free = 120 - live;
      series.append(figures);
    }
    Chart chart;
    draw::ChartInput input = chart.input(0, 3, {0, 0, width, 220});
    input.runs = {{&series, ""}};
    input.curves = 0b111;
    const draw::ChartScene scene = draw::lay_out_chart(input);
    ASSERT_EQ(scene.curves.size(), 3u);
    std::set<std::pair<float, float>> risers;  // from which y to which
    for (const draw::ChartCurve& curve : scene.curves) {
      for (const auto* pieces : {&curve.pieces, &curve.shared}) {
        for (const std::vector<draw::Point>& piece : *pieces) {
          for (std::size_t i = 1; i < piece.size(); ++i) {
            if (piece[i].y != piece[i - 1].y) risers.insert({piece[i - 1].y, piece[i].y});
          }
        }
      }
    }
    EXPECT_EQ(risers.size(), 4u) << "of what lives and of what is free, at " << width;
  }
}

TEST(Charts, no_curve_runs_behind_the_failures) {
  for (const float height : {70.0f, 220.0f}) {
    Chart chart;
    for (int i = 0; i < 200; ++i) chart.append(1024);  // 2 KiB rounded, the top of the axis
    EXPECT_EQ(chart.lay_out(0, 199, {0, 0, 1000, height}).failure_lane, 0) << "nothing failed: no room is kept for it";
    for (std::uint64_t i = 20; i < 150; ++i) chart.failures.push_back(i);
    const draw::ChartScene scene = chart.lay_out(0, 199, {0, 0, 1000, height});
    EXPECT_GE(scene.failure_lane, 8);
    EXPECT_LT(scene.failure_lane, 0.4f * scene.plot.height());
    for (const draw::ChartCurve& curve : scene.curves) {
      for (const float y : curve.top) EXPECT_GE(y, scene.plot.y0 + scene.failure_lane);
    }
    EXPECT_GE(scene.grid.back(), scene.plot.y0 + scene.failure_lane - 1) << "the axis' top is where the curves end";
  }
}

TEST(Charts, of_compared_runs_each_has_its_own_stroke_and_what_is_common_stands_once) {
  Chart first, second;
  for (const std::uint64_t value : {0u, 100u, 100u, 50u}) first.append(value), second.append(value / 2);
  draw::ChartInput input = first.input(0, 3);
  input.runs = {{&first.series, "bump"}, {&second.series, "slab"}};
  input.alike = false;
  const draw::ChartScene both = draw::lay_out_chart(input);
  ASSERT_EQ(both.curves.size(), 4u);
  for (std::size_t i = 0; i < both.curves.size(); i += 2) {
    EXPECT_EQ(both.curves[i].curve, both.curves[i + 1].curve);
    EXPECT_NE(both.curves[i].stroke, both.curves[i + 1].stroke);
    for (const draw::ThemeKind kind : {draw::ThemeKind::Dark, draw::ThemeKind::Light}) {
      EXPECT_NE(draw::color_of(both.curves[i].curve, 0, draw::theme(kind)),
                draw::color_of(both.curves[i].curve, 1, draw::theme(kind)));
    }
  }
  input.alike = true;
  EXPECT_EQ(draw::lay_out_chart(input).curves.size(), 3u) << "live requested of both is one curve";
}

// Events at 10, 20, 1000, 1010 ns.
std::shared_ptr<const trace::Trace> timed() {
  trace::TraceBuilder builder;
  for (const std::uint64_t ns : {10u, 20u, 1000u, 1010u}) {
    trace::RawEvent event;
    event.id_kind = trace::RawEvent::Id::Number;
    event.id_number = ns;
    event.size = ns;
    event.time_ns = ns;
    EXPECT_TRUE(builder.append(event).ok());
  }
  return std::make_shared<const trace::Trace>(std::move(builder).finish());
}

TEST(Charts, by_the_clock_events_stand_where_they_happened) {
  const auto trace = timed();
  const replay::Clock clock(*trace);
  Chart chart;
  for (const std::uint64_t value : {0u, 10u, 30u, 1030u, 2040u}) chart.append(value);
  draw::ChartInput input = chart.input(0, 1010);
  input.clock = &clock;
  const draw::ChartScene scene = draw::lay_out_chart(input);
  const auto x0 = static_cast<double>(scene.plot.x0), width = static_cast<double>(scene.plot.width());
  EXPECT_NEAR(scene.axis.x_of(3), x0 + width * 1000 / 1010, 0.01);
  EXPECT_EQ(scene.axis.position_at(x0 + width / 2), 2) << "nothing happened between 20 and 1000 ns";
  EXPECT_TRUE(std::any_of(scene.labels.begin(), scene.labels.end(),
                          [](const draw::Label& label) { return label.text == "1 µs"; }));
  const std::vector<double> edges = scene.axis.edges(101);  // 10 ns each
  EXPECT_EQ(edges[0], 0);
  EXPECT_EQ(edges[1], 1);
  EXPECT_EQ(edges[2], 2);
  EXPECT_EQ(edges[50], 3);
  EXPECT_GT(edges[101], 4) << "the last event is in the last column";
}

TEST(Charts, times_are_told_in_the_unit_that_suits) {
  EXPECT_EQ(draw::clock_text(0, 1), "0");
  EXPECT_EQ(draw::clock_text(1'500'000'000, 500'000'000), "1.5 s");
  EXPECT_EQ(draw::clock_text(250'000, 50'000), "250 µs");
  EXPECT_EQ(draw::clock_text(20'000'000, 1'000'000), "20 ms");
  EXPECT_EQ(draw::moment_text(12'345'678'000), "12.345678 s");
  EXPECT_EQ(draw::moment_text(1'500), "1.5 µs");
  EXPECT_EQ(draw::moment_text(7), "7 ns");
}

TEST(Levels, a_pixel_is_dark_only_where_no_block_was_free) {
  std::mt19937_64 random(test::seed());
  const auto trace = test::random_trace(random, 3000, 16 << 10, 2000);
  const auto timeline = test::timeline_of(trace, test::spec_of("buddy:arena=16KiB,min=64"));
  const draw::LevelsScene scene = draw::lay_out_levels(
      {.levels = timeline->free_levels(), .first = 0, .last = 3000, .rect = {0, 0, 500, 150}, .style = {}});
  draw::Picture picture;
  const draw::Theme& theme = draw::theme(draw::ThemeKind::Dark);
  draw::paint_levels(scene, theme, picture);
  ASSERT_EQ(picture.pixels.size(), scene.columns * static_cast<std::size_t>(scene.plot.height()));
  ASSERT_EQ(scene.levels, 9u);
  std::size_t dark = 0, bright = 0;
  for (std::size_t level = 0; level < scene.levels; ++level) {
    for (std::size_t c = 0; c < scene.columns; ++c) {
      const bool none = scene.counts[level * scene.columns + c].max == 0;
      const auto y = static_cast<std::size_t>(scene.top_of(level) - scene.plot.y0);
      ASSERT_EQ(picture.pixels[y * scene.columns + c] == theme.inset, none);
      ++(none ? dark : bright);
    }
  }
  EXPECT_GT(dark, 100u);
  EXPECT_GT(bright, 100u);
  EXPECT_LT(draw::brightness(1, 1000), draw::brightness(10, 1000));
  EXPECT_EQ(scene.level_at(scene.plot.y1 + 5), 8u);
}

}  // namespace
}  // namespace allocviz
