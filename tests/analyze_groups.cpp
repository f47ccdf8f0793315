// Groups and differences: every sum is held against one taken from the allocator's own census, event by event.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/analyze/groups.h"
#include "tests/support/replay.h"
#include "tests/support/seed.h"

namespace allocviz::analyze {
namespace {

using TracePtr = std::shared_ptr<const trace::Trace>;
using Failures = std::shared_ptr<const std::vector<std::uint64_t>>;

// What one event did, as the machine and two censuses tell it.
struct Told {
  bool placed = false, failed = false;
  std::map<std::uint64_t, std::uint64_t> live;  // born -> requested, after it
};

struct Replayed {
  TracePtr trace;
  std::vector<Told> after;  // [p] = after p events
  Failures failures;
  OffsetFrees by_offset;
};

Replayed replayed(TracePtr trace, std::string_view spec) {
  Replayed run;
  run.trace = trace;
  const auto machine = test::machine_of(test::spec_of(spec), *trace);
  auto failures = std::make_shared<std::vector<std::uint64_t>>();
  replay::Census census;
  run.after.emplace_back();
  for (std::uint64_t i = 0; i < trace->size(); ++i) {
    const replay::Outcome outcome = machine->apply(trace->event(i), i);
    if (outcome.kind == replay::OutcomeKind::Failed) failures->push_back(i);
    Told told;
    const bool request = trace->op(i) == trace::Op::Alloc || trace->op(i) == trace::Op::Realloc;
    told.placed = request && outcome.kind == replay::OutcomeKind::Placed;
    told.failed = request && !told.placed;
    machine->census(census);
    for (const replay::Block& block : census.blocks) {
      if (block.state == replay::BlockState::Live) told.live[block.born] = block.requested;
    }
    run.after.push_back(std::move(told));
  }
  run.failures = failures;
  run.by_offset = offset_frees(*trace, *test::machine_of(test::spec_of(spec), *trace));
  return run;
}

using Rows = std::map<std::string, GroupRow>;

// The same sums by brute force.
Rows told_rows(const Replayed& run, Grouping grouping, std::uint64_t from, std::uint64_t to) {
  Rows rows;
  const auto row_of = [&](std::uint64_t index) -> GroupRow& {
    return rows[grouping.label(grouping.group_of(run.trace->event(index)))];
  };
  for (std::uint64_t i = from; i < to; ++i) {
    const Told& told = run.after[i + 1];
    if (told.placed) ++row_of(i).allocations;
    if (told.placed) row_of(i).bytes += told.live.at(i);
    if (told.failed) ++row_of(i).failures;
    for (const auto& [born, bytes] : run.after[i].live) {
      if (told.live.contains(born)) continue;
      ++row_of(born).ended;
      row_of(born).lifetime_events += static_cast<double>(i - born);
    }
  }
  for (const auto& [born, bytes] : run.after[to].live) {
    ++row_of(born).live_blocks;
    row_of(born).live_bytes += bytes;
    if (!run.after[from].live.contains(born)) continue;
    ++row_of(born).stayed_blocks;
    row_of(born).stayed_bytes += bytes;
  }
  for (const auto& [born, bytes] : run.after[from].live) {
    ++row_of(born).from_blocks;
    row_of(born).from_bytes += bytes;
  }
  return rows;
}

std::string text_of(const std::string& label, const GroupRow& row) {
  return fmt::format("{}: {} allocations {} B {} failed {} ended, live {} {}, before {} {}, stayed {} {}", label,
                     row.allocations, row.bytes, row.failures, row.ended, row.live_blocks, row.live_bytes,
                     row.from_blocks, row.from_bytes, row.stayed_blocks, row.stayed_bytes);
}

void expect_equal(const Groups& groups, const Rows& expected) {
  std::string is, should;
  Rows rows;
  for (const GroupRow& row : groups.rows()) rows[groups.grouping().label(row.group)] = row;
  for (const auto& [label, row] : rows) is += text_of(label, row) + "\n";
  for (const auto& [label, row] : expected) should += text_of(label, row) + "\n";
  ASSERT_EQ(is, should);
  for (const auto& [label, row] : expected) {
    const double mean = row.ended == 0 ? 0 : row.lifetime_events / static_cast<double>(row.ended);
    ASSERT_DOUBLE_EQ(rows[label].lifetime_events, mean) << label;
  }
}

// A random log with sites, threads, tags and times, on an arena that now and then is full.
TracePtr random_log(std::mt19937_64& random, std::uint64_t events) {
  trace::TraceBuilder builder;
  for (const char* site : {"parse", "render", "cache"}) (void)builder.add_site(site);
  (void)builder.add_site(trace::Site{{"malloc", "xmalloc", "parse"}, true});
  std::vector<std::uint64_t> ids;
  std::uint64_t next = 1, now = 0;
  while (builder.size() < events) {
    trace::RawEvent event;
    now += random() % 50;
    event.time_ns = now;
    event.thread = random() % 3;
    event.site = static_cast<std::uint32_t>(random() % 5);
    if (random() % 4 == 0) event.tag = random() % 2 == 0 ? "boot" : "run";
    event.id_kind = trace::RawEvent::Id::Number;
    event.size = std::uint64_t{1} << (random() % 11);
    event.size += random() % event.size - (random() % 40 == 0 ? event.size : 0);
    const std::uint64_t what = random() % 100;
    const std::size_t which = ids.empty() ? 0 : random() % ids.size();
    if (what < 45 || ids.empty()) {
      event.id_number = next;
      ids.push_back(next++);
      event.ok = random() % 30 != 0;
    } else if (what < 60) {
      event.op = trace::Op::Realloc;
      event.id_number = ids[which];
    } else if (what < 98) {
      event.op = trace::Op::Free;
      event.id_number = ids[which];
      ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(which));
    } else if (what == 98 && random() % 3 == 0) {
      event = {.op = trace::Op::Reset};
      ids.clear();
    } else {
      event.id_number = ids[which];  // an alloc of an id that is live: it is freed first
    }
    EXPECT_TRUE(builder.append(event).ok());
  }
  return std::make_shared<const trace::Trace>(std::move(builder).finish());
}

void expect_exact(const Replayed& run, GroupBy by, std::size_t frames, std::mt19937_64& random) {
  Groups groups(run.trace, run.failures, run.by_offset, Grouping(*run.trace, by, frames));
  for (int round = 0; round < 12; ++round) {
    std::uint64_t from = random() % (run.trace->size() + 1), to = random() % (run.trace->size() + 1);
    if (from > to) std::swap(from, to);
    if (round % 3 == 0) from = 0;
    if (round % 4 == 1) from = groups.from();  // only `to` moves, in either direction
    if (to < from) to = run.trace->size();
    groups.aim(from, to);
    // Now and then it is aimed elsewhere before it has arrived.
    if (round % 5 == 3 && !groups.move(1 + random() % 20)) groups.aim(from, to);
    while (!groups.move(1 + random() % 90)) {
    }
    ASSERT_DOUBLE_EQ(groups.fraction(), 1);
    expect_equal(groups, told_rows(run, Grouping(*run.trace, by, frames), from, to));
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Groups, of_any_log_are_what_the_allocator_itself_holds_between_any_two_positions) {
  const std::uint64_t seed = test::seed();
  SCOPED_TRACE(fmt::format("ALLOCVIZ_SEED={}", seed));
  std::mt19937_64 random(seed);
  std::uint64_t failures = 0, resets = 0;
  for (int log = 0; log < 6; ++log) {
    const TracePtr trace = random_log(random, 400);
    const Replayed run = replayed(trace, log % 2 == 0 ? "buddy:arena=8KiB,min=16" : "tiered:arena=64KiB,min=64");
    failures += run.failures->size();
    resets += trace->facts().resets;
    for (const GroupBy by : {GroupBy::Site, GroupBy::Size, GroupBy::Thread, GroupBy::Tag}) {
      SCOPED_TRACE(name_of(by));
      expect_exact(run, by, static_cast<std::size_t>(log) % 3, random);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(failures, 10u) << "a test of refusals needs some";
  EXPECT_GT(resets, 0u);
}

TEST(Groups, know_whose_block_a_free_by_offset_ended) {
  const std::uint64_t seed = test::seed();
  SCOPED_TRACE(fmt::format("ALLOCVIZ_SEED={}", seed));
  std::mt19937_64 random(seed);
  // A fills the arena; freed by its offset it is gone, and so has nothing left to free or to grow.
  test::Script script;
  script.alloc("A", 4096).free_at(0).alloc("B", 100).free("A").realloc("A", 50).free("B");
  const Replayed known = replayed(script.done(), "buddy:arena=4KiB,min=16");
  EXPECT_TRUE(has_offset_frees(*known.trace));
  EXPECT_EQ(known.by_offset, (OffsetFrees{{1, 0}}));
  expect_exact(known, GroupBy::Size, 1, random);
  for (int log = 0; log < 4 && !HasFatalFailure(); ++log) {
    const Replayed run = replayed(test::random_trace(random, 300, 4096, 600), "buddy:arena=4KiB,min=16");
    expect_exact(run, GroupBy::Size, 1, random);
  }
}

// A at 3996, B at 3896: the free into the midst of A counts for one of two, and A's own free for the other.
TEST(Groups, know_that_a_bump_takes_all_back_when_its_count_comes_to_nothing) {
  const std::uint64_t seed = test::seed();
  SCOPED_TRACE(fmt::format("ALLOCVIZ_SEED={}", seed));
  std::mt19937_64 random(seed);
  test::Script script;
  script.alloc("A", 100).alloc("B", 100).free_at(4000).free("A").free("B").alloc("C", 10);
  const Replayed known = replayed(script.done(), "bump:arena=4KiB");
  EXPECT_EQ(known.by_offset, (OffsetFrees{{3, 1}}));
  expect_exact(known, GroupBy::Size, 1, random);
  for (int log = 0; log < 12 && !HasFatalFailure(); ++log) {
    const Replayed run = replayed(test::random_trace(random, 300, 4096, 600), "bump:arena=4KiB");
    expect_exact(run, GroupBy::Size, 1, random);
  }
}

TEST(Groups, sum_up_to_the_figures_of_the_allocator) {
  std::mt19937_64 random(7);
  const TracePtr trace = random_log(random, 500);
  const auto timeline = test::timeline_of(trace, test::spec_of("buddy:arena=16KiB,min=16"));
  Groups groups(trace, std::make_shared<const std::vector<std::uint64_t>>(timeline->failures()), {},
                Grouping(*trace, GroupBy::Site));
  for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{250}, trace->size()}) {
    groups.aim(0, at);
    while (!groups.move(100)) {
    }
    timeline->seek({at, replay::kAllSteps});
    std::uint64_t blocks = 0, bytes = 0;
    for (const GroupRow& row : groups.rows()) {
      blocks += row.live_blocks;
      bytes += row.live_bytes;
    }
    EXPECT_EQ(blocks, timeline->figures().live_blocks);
    EXPECT_EQ(bytes, timeline->figures().live_requested);
  }
}

TEST(Grouping, begins_a_stack_where_it_leaves_the_allocator) {
  const auto label = [](std::vector<std::string> frames, std::size_t count) {
    return site_label({std::move(frames), true}, count);
  };
  EXPECT_EQ(label({"malloc", "xmalloc", "parse.c:7 parse", "main"}, 1), "parse.c:7 parse");
  EXPECT_EQ(label({"libc.so.6(malloc+0x1f)", "operator new(unsigned long)", "f()", "g()"}, 1), "f()");
  EXPECT_EQ(label({"__libc_calloc", "std::allocator<int>::allocate(unsigned long)", "f", "g"}, 2), "f < g");
  EXPECT_EQ(label({"a", "b", "c"}, kWholeStack), "a < b < c");
  EXPECT_EQ(label({"a", "b"}, 9), "a < b");
  EXPECT_EQ(label({"malloc", "calloc"}, 1), "malloc") << "a stack of nothing else is called by its innermost frame";
  EXPECT_EQ(label({"malloc.c:3310 checked_request", "f"}, 1), "malloc.c:3310 checked_request") << "a file's name";
  EXPECT_EQ(label({"std::vector<int, std::allocator<int> >::push_back", "f"}, 1),
            "std::vector<int, std::allocator<int> >::push_back");
}

TEST(Grouping, sizes_fall_into_powers_of_two) {
  test::Script script;
  const auto trace = script.alloc("A", 1).done();
  Grouping grouping(*trace, GroupBy::Size);
  const auto label = [&](std::uint64_t size) { return grouping.label(grouping.group_of({.size = size})); };
  EXPECT_EQ(label(0), "≤ 1 B");
  EXPECT_EQ(label(2), "2 B");
  EXPECT_EQ(label(64), "33 B … 64 B");
  EXPECT_EQ(label(65), "65 B … 128 B");
  EXPECT_EQ(label(~std::uint64_t{0} >> 1), "4 EiB … 8 EiB");
}

}  // namespace
}  // namespace allocviz::analyze
