// What is kept of every event beside the curves: free blocks by level, sums over ranges, the clock, and where two
// allocators part ways. Each is held to a replay event by event.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "core/analyze/divergence.h"
#include "core/replay/clock.h"
#include "tests/support/replay.h"
#include "tests/support/seed.h"

namespace allocviz::replay {
namespace {

constexpr const char* kWithLevels[] = {
    "buddy:arena=16KiB,min=64", "buddy:arena=32KiB,block=4KiB,min=16,gaps=0-100+5000-9000+20480-24576",
    "buddy:arena=4KiB,block=64,min=64", "tiered:arena=16KiB,min=64", "tiered:arena=40KiB,min=32"};

// The lengths of a census's own lists, the buddy's alone.
std::vector<std::uint32_t> lengths_of(const Census& census) {
  std::vector<std::uint32_t> lengths;
  for (const FreeList& list : census.free_lists) {
    if (list.size_class == -1) lengths.push_back(static_cast<std::uint32_t>(list.offsets.size()));
  }
  return lengths;
}

using Lengths = std::vector<std::vector<std::uint32_t>>;  // [position][level]

Lengths lengths_over(const trace::Trace& trace, const trace::AllocatorSpec& spec) {
  const auto machine = test::machine_of(spec, trace);
  Lengths all;
  Census census;
  for (std::uint64_t i = 0; i <= trace.size(); ++i) {
    machine->census(census);
    all.push_back(lengths_of(census));
    if (i < trace.size()) machine->apply(trace.event(i), i);
  }
  return all;
}

TEST(FreeLevels, are_the_lengths_of_the_allocators_own_lists_after_every_event) {
  std::mt19937_64 random(test::seed());
  for (const char* text : kWithLevels) {
    SCOPED_TRACE(text);
    const trace::AllocatorSpec spec = test::spec_of(text);
    const auto trace = test::random_trace(random, 700, spec.arena_bytes, spec.arena_bytes / 8);
    const auto timeline = test::timeline_of(trace, spec);
    const FreeLevels& levels = timeline->free_levels();
    const Lengths lengths = lengths_over(*trace, spec);
    ASSERT_EQ(levels.size(), lengths.size());
    for (std::uint64_t p = 0; p < lengths.size(); ++p) {
      const LevelCounts counts = levels.at(p);
      ASSERT_EQ(std::vector(counts.free.begin(), counts.free.begin() + static_cast<std::ptrdiff_t>(counts.levels)),
                lengths[p])
          << "after event " << p;
    }
  }
}

TEST(FreeLevels, least_and_greatest_in_a_bin_equal_brute_force) {
  std::mt19937_64 random(test::seed());
  const trace::AllocatorSpec spec = test::spec_of("buddy:arena=4KiB,min=64");
  const auto trace = test::random_trace(random, 5'000, spec.arena_bytes, 600);
  const auto timeline = test::timeline_of(trace, spec);
  const FreeLevels& levels = timeline->free_levels();
  const Lengths lengths = lengths_over(*trace, spec);
  for (int round = 0; round < 20; ++round) {
    std::vector<double> edges(2 + random() % 40);
    for (double& edge : edges) edge = static_cast<double>(random() % (4 * 5'050)) / 4 - 10;
    std::sort(edges.begin(), edges.end());
    const std::size_t bins = edges.size() - 1;
    std::vector<CountExtent> out(bins * levels.levels());
    levels.bins(edges, out);
    for (std::size_t i = 0; i < bins; ++i) {
      const double last = static_cast<double>(lengths.size());
      auto from = static_cast<std::uint64_t>(std::clamp(std::ceil(edges[i]), 0.0, last));
      auto to = static_cast<std::uint64_t>(std::clamp(std::ceil(edges[i + 1]), 0.0, last));
      if (from >= to) {
        from = static_cast<std::uint64_t>(std::clamp(std::floor(edges[i]), 0.0, last - 1));
        to = from + 1;
      }
      for (std::size_t level = 0; level < levels.levels(); ++level) {
        CountExtent expected{~0u, 0};
        for (std::uint64_t p = from; p < to; ++p) {
          expected = {std::min(expected.min, lengths[p][level]), std::max(expected.max, lengths[p][level])};
        }
        ASSERT_EQ(out[level * bins + i], expected) << "level " << level << ", " << edges[i] << " ... " << edges[i + 1];
      }
    }
  }
}

// Pages as the kernel hands them out: powers of two, aligned, wherever; some freed again.
std::shared_ptr<const trace::Trace> random_pages(std::mt19937_64& random, std::uint64_t events) {
  trace::TraceBuilder builder;
  builder.header().format = "kmem";
  std::vector<std::uint64_t> live;
  for (std::uint64_t i = 0; i < events; ++i) {
    trace::RawEvent event;
    event.id_kind = trace::RawEvent::Id::Number;
    if (!live.empty() && random() % 3 == 0) {
      std::swap(live[random() % live.size()], live.back());
      event.op = trace::Op::Free;
      event.id_number = live.back();
      live.pop_back();
    } else {
      event.id_number = i;
      event.size = std::uint64_t{4096} << (random() % 4);
      event.addr = (std::uint64_t{1} << 32) + random() % 64 * event.size;
      live.push_back(i);
    }
    EXPECT_TRUE(builder.append(event).ok());
  }
  return std::make_shared<const trace::Trace>(std::move(builder).finish());
}

TEST(FreeLevels, of_recorded_pages_are_the_runs_without_a_block_by_length) {
  std::mt19937_64 random(test::seed());
  const auto trace = random_pages(random, 600);
  const auto timeline = test::timeline_of(trace, test::spec_of("recorded"));
  const FreeLevels& levels = timeline->free_levels();
  ASSERT_GT(levels.levels(), 4u);
  std::uint64_t runs = 0;
  for (std::uint64_t p = 0; p <= trace->size(); ++p) {
    timeline->seek({p, kAllSteps});
    const LevelCounts counts = levels.at(p);
    std::vector<std::uint32_t> expected(levels.levels());
    for (const Block& block : timeline->census().blocks) {
      if (block.state != BlockState::Free) continue;
      ++runs;
      std::size_t level = 0;
      while (block.size < levels.block_bytes(level)) ++level;
      ++expected[level];
    }
    for (std::size_t level = 0; level < expected.size(); ++level) ASSERT_EQ(counts.free[level], expected[level]) << p;
  }
  EXPECT_GT(runs, 600u);
}

TEST(FreeLevels, cost_a_few_bytes_an_event_and_what_has_no_levels_nothing) {
  std::mt19937_64 random(test::seed());
  const trace::AllocatorSpec spec = test::spec_of("buddy:arena=64MiB,min=32");
  const auto trace = test::random_trace(random, 20'000, 1 << 20, 4000);
  const auto timeline = test::timeline_of(trace, spec);
  EXPECT_LE(timeline->free_levels().memory_bytes(), 4 * trace->size());
  for (const char* text : {"bump:arena=20000", "slab:block=64,count=13"}) {
    const auto other = test::timeline_of(trace, test::spec_of(text));
    EXPECT_EQ(other->free_levels().levels(), 0u);
    EXPECT_EQ(other->free_levels().size(), 0u);
  }
}

TEST(Totals, of_any_range_equal_counting_and_balance_with_what_lives) {
  std::mt19937_64 random(test::seed());
  for (const char* text : {"buddy:arena=16KiB,min=64", "bump:arena=20000", "slab:block=48,count=150"}) {
    SCOPED_TRACE(text);
    const trace::AllocatorSpec spec = test::spec_of(text);
    const auto trace = test::random_trace(random, 5000, 16 << 10, 300);
    const auto timeline = test::timeline_of(trace, spec);
    const auto machine = test::machine_of(spec, *trace);
    std::vector<Outcome> outcomes;
    for (std::uint64_t i = 0; i < trace->size(); ++i) outcomes.push_back(machine->apply(trace->event(i), i));
    for (int round = 0; round < 200; ++round) {
      const std::uint64_t first = random() % trace->size();
      const std::uint64_t last = first + random() % (trace->size() + 10 - first);
      const Totals totals = timeline->tally().between(*trace, timeline->series(), first, last);
      Totals counted;
      for (std::uint64_t i = first; i < std::min(last, trace->size()); ++i) {
        ++counted.events;
        const trace::Event event = trace->event(i);
        counted.allocs += event.op == trace::Op::Alloc ? 1 : 0;
        counted.frees += event.op == trace::Op::Free ? 1 : 0;
        counted.reallocs += event.op == trace::Op::Realloc ? 1 : 0;
        if (outcomes[i].kind == OutcomeKind::Placed) counted.bytes_allocated += std::max<std::uint64_t>(event.size, 1);
      }
      ASSERT_EQ(totals.events, counted.events);
      ASSERT_EQ(totals.allocs, counted.allocs);
      ASSERT_EQ(totals.frees, counted.frees);
      ASSERT_EQ(totals.reallocs, counted.reallocs);
      ASSERT_EQ(totals.bytes_allocated, counted.bytes_allocated);
      ASSERT_EQ(totals.live_before + totals.bytes_allocated - totals.bytes_freed, totals.live_after);
    }
  }
}

TEST(Totals, bytes_freed_are_those_of_the_blocks_that_ended) {
  test::Script script;
  script.alloc("A", 100).alloc("B", 60).realloc("A", 300).free("B").alloc("C", 5000).free("C").alloc("A", 7).reset();
  const auto trace = script.done();
  const auto timeline = test::timeline_of(trace, test::spec_of("buddy:arena=1KiB,min=64"));
  const auto freed = [&](std::uint64_t first, std::uint64_t last) {
    return timeline->tally().between(*trace, timeline->series(), first, last).bytes_freed;
  };
  EXPECT_EQ(freed(0, 2), 0u);
  EXPECT_EQ(freed(2, 3), 100u);  // resized: what it was before
  EXPECT_EQ(freed(3, 4), 60u);
  EXPECT_EQ(freed(4, 6), 0u);  // refused, and the free of what was refused
  EXPECT_EQ(freed(6, 7), 300u);
  EXPECT_EQ(freed(7, 8), 7u);
}

std::shared_ptr<const trace::Trace> timed(const std::vector<std::uint64_t>& times) {
  trace::TraceBuilder builder;
  for (std::size_t i = 0; i < times.size(); ++i) {
    trace::RawEvent event;
    event.op = trace::Op::Alloc;
    event.id_kind = trace::RawEvent::Id::Number;
    event.id_number = i;
    event.size = 1;
    event.time_ns = times[i];
    event.thread = i;  // each its own: times may go back between threads
    EXPECT_TRUE(builder.append(event).ok());
  }
  return std::make_shared<const trace::Trace>(std::move(builder).finish());
}

TEST(Clock, never_goes_back_and_finds_what_was_in_force) {
  std::mt19937_64 random(test::seed());
  for (const bool back : {false, true}) {
    std::vector<std::uint64_t> times;
    std::uint64_t now = 3;
    for (int i = 0; i < 700; ++i) {
      now += random() % 3 == 0 ? random() % 50 : 0;
      times.push_back(back ? now - std::min(now, random() % 20) : now);
    }
    const auto trace = timed(times);
    const Clock clock(*trace);
    std::vector<std::uint64_t> begins{0};
    for (const std::uint64_t t : times) begins.push_back(std::max(begins.back(), t));
    ASSERT_EQ(clock.end_ns(), begins.back());
    for (std::uint64_t p = 0; p < begins.size(); ++p) ASSERT_EQ(clock.ns_of(p), begins[p]);
    for (std::uint64_t ns = 0; ns <= begins.back() + 2; ++ns) {
      const auto from = std::lower_bound(begins.begin(), begins.end(), ns) - begins.begin();
      const auto at = std::upper_bound(begins.begin(), begins.end(), ns) - begins.begin() - 1;
      ASSERT_EQ(clock.first_from(static_cast<double>(ns)), static_cast<std::uint64_t>(from));
      ASSERT_EQ(clock.position_at(static_cast<double>(ns)), static_cast<std::uint64_t>(at));
    }
  }
  EXPECT_TRUE(Clock(*timed({0, 0, 0})).empty());
  EXPECT_TRUE(Clock().empty());
}

TEST(Divergence, is_the_first_event_that_comes_to_something_else) {
  std::mt19937_64 random(test::seed());
  const std::pair<const char*, const char*> pairs[] = {
      {"buddy:arena=16KiB,min=64", "bump:arena=20000"},         {"buddy:arena=16KiB,min=64", "buddy:arena=8KiB,min=64"},
      {"buddy:arena=16KiB,min=64", "buddy:arena=16KiB,min=32"}, {"slab:block=48,count=150", "slab:block=48,count=149"},
      {"slab:block=64,count=13", "buddy:arena=16KiB,min=64"},   {"bump:arena=20000", "bump:arena=20000"}};
  int parted = 0;
  for (const auto& [first, second] : pairs) {
    for (int round = 0; round < 3; ++round) {
      const auto trace = test::random_trace(random, 1500, 16 << 10, round == 0 ? 40 : 400);
      const auto a = test::timeline_of(trace, test::spec_of(first));
      const auto b = test::timeline_of(trace, test::spec_of(second));
      const auto found = analyze::first_divergence(*a, *b);
      std::uint64_t expected = trace->size();
      for (std::uint64_t i = 0; i < trace->size() && expected == trace->size(); ++i) {
        const Outcome x = a->run_of(i).outcome, y = b->run_of(i).outcome;
        const bool here = x.kind == OutcomeKind::Placed, there = y.kind == OutcomeKind::Placed;
        const bool alike = a->spec().kind == b->spec().kind;
        if (here != there || (alike && here && x.offset != y.offset)) expected = i;
      }
      ASSERT_EQ(found ? found->event : trace->size(), expected) << first << " and " << second;
      if (!found) continue;
      ++parted;
      EXPECT_EQ(found->a, a->run_of(found->event).outcome);
      EXPECT_EQ(found->b, b->run_of(found->event).outcome);
    }
  }
  EXPECT_GE(parted, 6);
}

}  // namespace
}  // namespace allocviz::replay
