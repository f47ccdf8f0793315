// The curves over time: exact values, exact extents, whatever the range.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "core/replay/series.h"
#include "tests/support/seed.h"

namespace allocviz::replay {
namespace {

constexpr Curve kAll[] = {Curve::LiveRequested,         Curve::LiveRounded,          Curve::Free,
                          Curve::LargestFree,           Curve::LiveBlocks,           Curve::Reserved,
                          Curve::InternalFragmentation, Curve::ExternalFragmentation};
static_assert(std::size(kAll) == kCurves);

std::uint64_t of_a_million(std::uint64_t part, std::uint64_t whole) {
  if (part >= whole) return 0;
  return static_cast<std::uint64_t>(1e6 * static_cast<double>(whole - part) / static_cast<double>(whole));
}

std::uint64_t value_of(Curve curve, const Figures& f) {
  switch (curve) {
    case Curve::LiveRequested:
      return f.live_requested;
    case Curve::LiveRounded:
      return f.live_rounded;
    case Curve::Free:
      return f.free;
    case Curve::LargestFree:
      return f.largest_free;
    case Curve::LiveBlocks:
      return f.live_blocks;
    case Curve::Reserved:
      return f.reserved;
    case Curve::InternalFragmentation:
      return of_a_million(f.live_requested, f.live_rounded);
    case Curve::ExternalFragmentation:
      return of_a_million(f.largest_free, f.free);
  }
  return 0;
}

Extent brute_extent(Curve curve, const std::vector<Figures>& all, std::uint64_t first, std::uint64_t last) {
  Extent extent{value_of(curve, all[first]), value_of(curve, all[first])};
  for (std::uint64_t p = first; p < last; ++p) {
    extent.min = std::min(extent.min, value_of(curve, all[p]));
    extent.max = std::max(extent.max, value_of(curve, all[p]));
  }
  return extent;
}

// A walk of figures with quiet stretches, jumps and full-width values.
std::vector<Figures> some_figures(std::mt19937_64& random, std::size_t count) {
  constexpr std::uint64_t kManaged = std::uint64_t{1} << 63;
  std::vector<Figures> all(count);
  Figures f;
  for (Figures& out : all) {
    switch (random() % 16) {
      case 0:
        f.live_requested = random();
        break;
      case 1:
        f.largest_free = random() >> (random() % 64);
        break;
      case 2:
        f.free = random() % kManaged;
        break;
      case 3:
        f.live_rounded = (random() % 4096) * 64;
        break;
      default:
        f.live_blocks += random() % 3;
        break;
    }
    f.reserved = kManaged - f.free;
    out = f;
  }
  return all;
}

Series series_of(const std::vector<Figures>& all) {
  Series series;
  for (const Figures& f : all) series.append(f);
  return series;
}

TEST(Series, every_value_is_kept_exactly_at_every_length) {
  std::mt19937_64 random(test::seed());
  for (const std::size_t count : {1u, 63u, 64u, 65u, 127u, 1024u, 1025u, 20000u}) {
    const std::vector<Figures> all = some_figures(random, count);
    const Series series = series_of(all);
    ASSERT_EQ(series.size(), count);
    for (const Curve curve : kAll) {
      for (std::size_t p = 0; p < count; ++p) ASSERT_EQ(series.at(curve, p), value_of(curve, all[p])) << p;
    }
  }
}

TEST(Series, extents_equal_brute_force_over_random_ranges) {
  std::mt19937_64 random(test::seed());
  const std::vector<Figures> all = some_figures(random, 40'000);
  const Series series = series_of(all);
  for (int round = 0; round < 3000; ++round) {
    const std::uint64_t length = 1 + (random() >> (random() % 48 + 16)) % all.size();
    const std::uint64_t first = random() % (all.size() - length + 1);
    const Curve curve = kAll[random() % std::size(kAll)];
    ASSERT_EQ(series.extent(curve, first, first + length), brute_extent(curve, all, first, first + length))
        << first << " + " << length;
  }
}

// S2: while every byte is free or in a live block, one of the two curves is enough.
TEST(Series, free_bytes_are_exact_whether_they_follow_from_the_live_ones_up_to_an_event_or_to_the_end) {
  std::mt19937_64 random(test::seed());
  constexpr std::uint64_t kArena = std::uint64_t{1} << 30;
  for (const std::size_t broken_at : {1u, 63u, 64u, 65u, 700u, 4096u, 20'000u}) {
    std::vector<Figures> all = some_figures(random, 5'000);
    for (std::size_t i = 0; i < all.size(); ++i) {
      Figures& f = all[i];
      f.live_requested = f.live_rounded / 2;
      f.free = kArena - f.live_rounded - (i < broken_at ? 0 : i % 64);
      f.largest_free = f.free / (1 + i % 3);
      f.reserved = kArena - f.free;
    }
    const Series series = series_of(all);
    for (const Curve curve : kAll) {
      for (std::size_t p = 0; p < all.size(); ++p) ASSERT_EQ(series.at(curve, p), value_of(curve, all[p])) << p;
      for (int round = 0; round < 100; ++round) {
        const std::uint64_t first = random() % all.size(), last = first + 1 + random() % (all.size() - first);
        ASSERT_EQ(series.extent(curve, first, last), brute_extent(curve, all, first, last)) << first << " .. " << last;
      }
    }
  }
}

TEST(Series, free_bytes_that_follow_from_the_live_ones_take_no_memory) {
  std::vector<Figures> all(64'000);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].live_rounded = 64 * (i * 7 % 1024);
    all[i].free = 65'536 - all[i].live_rounded;
    all[i].reserved = all[i].live_rounded;
  }
  const Series follows = series_of(all);
  ++all.back().free;  // now it does not, and is stored from the first event on
  --all.back().reserved;
  EXPECT_LT(follows.memory_bytes() + all.size() * 10 / 8, series_of(all).memory_bytes());
}

TEST(Series, a_spike_of_one_event_shows_in_every_zoom) {
  std::vector<Figures> all(1'000'000, Figures{.live_requested = 10, .free = 100});
  all[654'321].live_requested = 99;
  all[654'322].live_requested = 1;
  const Series series = series_of(all);
  for (const std::size_t width : {1u, 2u, 3u, 640u, 1001u, 4096u}) {
    std::vector<Extent> bins(width);
    series.bins(Curve::LiveRequested, 0, 1e6, bins);
    Extent whole = bins[0];
    for (const Extent& bin : bins) whole = {std::min(whole.min, bin.min), std::max(whole.max, bin.max)};
    EXPECT_EQ(whole, (Extent{1, 99})) << width;
  }
}

TEST(Series, bins_partition_the_positions_and_equal_brute_force) {
  std::mt19937_64 random(test::seed());
  const std::vector<Figures> all = some_figures(random, 5'000);
  const Series series = series_of(all);
  for (int round = 0; round < 300; ++round) {
    const double first = static_cast<double>(random() % 4'000) + 0.25 * static_cast<double>(random() % 4);
    const double last = first + static_cast<double>(1 + random() % 999);
    std::vector<Extent> bins(1 + random() % 1500);
    series.bins(Curve::LiveBlocks, first, last, bins);
    const double n = static_cast<double>(bins.size());
    for (std::size_t i = 0; i < bins.size(); ++i) {
      const double lo = i == 0 ? first : first + (last - first) * (static_cast<double>(i) / n);
      const double hi = first + (last - first) * (static_cast<double>(i + 1) / n);
      const auto from = static_cast<std::uint64_t>(std::ceil(lo));
      const auto to = static_cast<std::uint64_t>(std::ceil(hi));
      const Extent expected = from < to ? brute_extent(Curve::LiveBlocks, all, from, to)
                                        : brute_extent(Curve::LiveBlocks, all, static_cast<std::uint64_t>(lo),
                                                       static_cast<std::uint64_t>(lo) + 1);
      ASSERT_EQ(bins[i], expected) << "bin " << i << " of " << bins.size() << " over " << first << " .. " << last;
    }
  }
}

TEST(Series, bins_outside_the_trace_repeat_its_first_and_last_value) {
  std::vector<Figures> all(100);
  for (std::uint64_t p = 0; p < all.size(); ++p) all[p].live_blocks = 7 + p;
  const Series series = series_of(all);
  std::vector<Extent> bins(4);
  series.bins(Curve::LiveBlocks, -200, 0, bins);
  for (const Extent& bin : bins) EXPECT_EQ(bin, (Extent{7, 7}));
  series.bins(Curve::LiveBlocks, 100, 300, bins);
  for (const Extent& bin : bins) EXPECT_EQ(bin, (Extent{106, 106}));
}

TEST(Series, fragmentation_is_that_of_the_figures_and_of_what_has_none_outside_zero) {
  std::mt19937_64 random(test::seed());
  std::vector<Figures> all;
  for (int i = 0; i < 500; ++i) {
    Figures f{.live_requested = random() % 5000, .free = random() % 9000};
    f.live_rounded = f.live_requested + random() % 3000;
    f.largest_free = f.free == 0 ? 0 : random() % f.free;
    f.reserved = 10'000 - f.free;
    all.push_back(f);
  }
  Series buddy(trace::AllocatorKind::Buddy), slab(trace::AllocatorKind::Slab);
  for (const Figures& f : all) buddy.append(f), slab.append(f);
  for (std::uint64_t p = 0; p < all.size(); ++p) {
    EXPECT_NEAR(static_cast<double>(buddy.at(Curve::InternalFragmentation, p)), 1e6 * internal_fragmentation(all[p]),
                1);
    EXPECT_NEAR(static_cast<double>(buddy.at(Curve::ExternalFragmentation, p)),
                1e6 * external_fragmentation(all[p], trace::AllocatorKind::Buddy), 1);
    EXPECT_EQ(slab.at(Curve::ExternalFragmentation, p), 0u);
  }
  EXPECT_EQ(slab.extent(Curve::ExternalFragmentation, 3, 400), (Extent{0, 0}));
  EXPECT_GT(slab.extent(Curve::InternalFragmentation, 3, 400).max, 0u);
}

TEST(Series, finds_where_a_curve_was_last_and_is_next_at_a_value) {
  std::mt19937_64 random(test::seed());
  const std::vector<Figures> all = some_figures(random, 3'000);
  const Series series = series_of(all);
  for (int round = 0; round < 500; ++round) {
    const std::uint64_t from = random() % (all.size() + 5);
    const std::uint64_t value = all[random() % all.size()].largest_free + random() % 2;
    std::uint64_t last = all.size(), first = all.size();
    for (std::uint64_t p = 0; p < std::min<std::uint64_t>(from, all.size()); ++p) {
      if (all[p].largest_free >= value) last = p;
    }
    for (std::uint64_t p = all.size(); p-- > from;) {
      if (all[p].largest_free >= value) first = p;
    }
    ASSERT_EQ(series.last_at_least(Curve::LargestFree, value, from), last);
    ASSERT_EQ(series.first_at_least(Curve::LargestFree, value, from), first);
  }
}

TEST(Series, of_nothing_is_nothing) {
  const Series series;
  std::vector<Extent> bins(3, Extent{1, 1});
  series.bins(Curve::Free, 0, 10, bins);
  for (const Extent& bin : bins) EXPECT_EQ(bin, (Extent{0, 0}));
  EXPECT_EQ(series.at(Curve::Reserved, 5), 0u);
}

TEST(Series, curves_that_do_not_move_cost_three_bytes_an_event) {
  Series series;
  for (int i = 0; i < 1'000'000; ++i) series.append(Figures{.live_requested = 1u << 30, .free = 5, .reserved = 7});
  series.shrink_to_fit();
  EXPECT_LE(series.memory_bytes(), 3'000'000u);
}

}  // namespace
}  // namespace allocviz::replay
