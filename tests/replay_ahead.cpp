// A replay that goes on while the log is read comes to the same as one that begins when it was read.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/import/importer.h"
#include "core/replay/ahead.h"
#include "core/trace/json.h"

namespace allocviz::replay {
namespace {

using trace::AllocatorKind;
using trace::AllocatorSpec;
using trace::Trace;

constexpr std::uint64_t kEvents = 150'000;

// Requests and frees, `most` blocks at a time; the sizes grow, so what an arena would have to hold does, too.
trace::RawEvent next_event(std::mt19937_64& random, std::vector<std::uint64_t>& live, std::uint64_t number,
                           std::size_t most) {
  trace::RawEvent event;
  event.id_kind = trace::RawEvent::Id::Number;
  if (live.size() < most && random() % 100 < 60) {
    event.id_number = number;
    event.size = 1 + random() % (16 + number / 64);
    live.push_back(number);
    return event;
  }
  if (live.empty()) {
    event.op = trace::Op::Mark;
    event.id_kind = trace::RawEvent::Id::None;
    return event;
  }
  const std::size_t at = random() % live.size();
  event.id_number = live[at];
  event.op = random() % 8 == 0 ? trace::Op::Realloc : trace::Op::Free;
  event.size = event.op == trace::Op::Realloc ? 1 + random() % 3000 : 0;
  if (event.op == trace::Op::Free) {
    live[at] = live.back();
    live.pop_back();
  }
  return event;
}

Trace read_with(trace::TraceWatcher* watcher, std::uint64_t events, std::uint64_t default_align,
                std::uint64_t named_min_block = 0) {
  trace::TraceBuilder builder;
  builder.watch(watcher);
  if (named_min_block != 0) builder.name_buddy_of(named_min_block);
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> live;
  for (std::uint64_t i = 0; i < events; ++i) {
    EXPECT_TRUE(builder.append(next_event(random, live, i, 4000)).ok());
    // A log may say this when all else was said.
    if (i + 1 == events / 2 && default_align != 1) builder.header().default_align = default_align;
  }
  return std::move(builder).finish();
}

void expect_same(Timeline& ahead, Timeline& afterwards) {
  ASSERT_EQ(ahead.event_count(), afterwards.event_count());
  EXPECT_EQ(ahead.spec(), afterwards.spec());
  const std::uint64_t n = afterwards.event_count();
  for (int curve = 0; curve < kCurves; ++curve) {
    for (std::uint64_t at = 0; at <= n; ++at) {
      const auto which = static_cast<Curve>(curve);
      ASSERT_EQ(ahead.series().at(which, at), afterwards.series().at(which, at)) << "curve " << curve << " at " << at;
    }
  }
  EXPECT_EQ(ahead.failures(), afterwards.failures());
  EXPECT_GE(ahead.tally().first_other_digest(afterwards.tally()), n);
  EXPECT_GE(ahead.tally().first_served_otherwise(afterwards.tally()), n);
  const Summary a = ahead.summary(), b = afterwards.summary();
  EXPECT_EQ(a.events, b.events);
  EXPECT_EQ(a.failed, b.failed);
  EXPECT_EQ(a.peak_event, b.peak_event);
  EXPECT_EQ(a.at_peak, b.at_peak);
  EXPECT_EQ(a.at_end, b.at_end);
  EXPECT_EQ(a.peak_live_requested, b.peak_live_requested);
  for (const std::uint64_t at : {n / 7, n, n / 3, std::uint64_t{1}}) {
    ahead.seek({at});
    afterwards.seek({at});
    EXPECT_EQ(ahead.snapshot(), afterwards.snapshot()) << "at event " << at;
    EXPECT_EQ(ahead.free_levels().at(at).free, afterwards.free_levels().at(at).free) << "at event " << at;
  }
}

// Both ways of the same trace; `chosen` as ReplayAhead's.
void expect_same_both_ways(std::optional<AllocatorSpec> chosen, std::uint64_t events, std::uint64_t default_align = 1) {
  ReplayAhead begun(chosen);
  const auto trace = std::make_shared<const Trace>(read_with(&begun, events, default_align));
  const AllocatorSpec spec = chosen ? *chosen : trace->specs_to_open().front();
  auto ahead = begun.finish(trace, spec, {});
  auto afterwards = Timeline::build(trace, spec);
  ASSERT_TRUE(ahead.ok() && afterwards.ok());
  // What was handed over is replayed before the end, however slow the other thread is; where it begins anew, there may
  // be no room for more before that.
  if (chosen && events == kEvents) {
    EXPECT_GT(begun.went_on_at(), 0u) << "nothing of it was done ahead";
  }
  expect_same(**ahead, **afterwards);
}

TEST(ReplayAheadTest, of_a_log_whose_peak_grows_begins_anew_with_each_larger_arena) {
  expect_same_both_ways(std::nullopt, kEvents);
}

TEST(ReplayAheadTest, of_a_log_that_names_a_buddy_is_on_that_buddy_from_the_beginning) {
  ReplayAhead begun(std::nullopt);
  const auto trace = std::make_shared<const Trace>(read_with(&begun, kEvents, 1, 4096));
  const AllocatorSpec spec = trace->specs_to_open().front();
  EXPECT_EQ(spec, trace::default_spec(trace->facts().peak_live_bytes, 4096));
  ASSERT_EQ(trace->header().allocators, std::vector<AllocatorSpec>{spec});
  auto ahead = begun.finish(trace, spec, {});
  auto afterwards = Timeline::build(trace, spec);
  ASSERT_TRUE(ahead.ok() && afterwards.ok());
  EXPECT_GT(begun.went_on_at(), 0u) << "nothing of it was done ahead";
  expect_same(**ahead, **afterwards);
}

TEST(ReplayAheadTest, holds_for_every_kind_of_allocator) {
  expect_same_both_ways(AllocatorSpec{.kind = AllocatorKind::Bump, .arena_bytes = std::uint64_t{1} << 30}, kEvents);
  expect_same_both_ways(AllocatorSpec{.kind = AllocatorKind::Slab, .block_bytes = 512, .block_count = 4096}, kEvents);
  AllocatorSpec tiered = trace::default_spec(std::uint64_t{8} << 20);
  tiered.kind = AllocatorKind::Tiered;
  ASSERT_FALSE(trace::fault_of(tiered));
  expect_same_both_ways(tiered, kEvents);
}

TEST(ReplayAheadTest, of_a_log_that_fills_its_arena_fails_where_the_other_does) {
  AllocatorSpec small = trace::default_spec(std::uint64_t{1} << 20);
  expect_same_both_ways(small, kEvents);
}

TEST(ReplayAheadTest, takes_an_alignment_that_is_said_late) {
  expect_same_both_ways(std::nullopt, kEvents, 64);
}

TEST(ReplayAheadTest, of_few_events_or_none_is_the_ordinary_one) {
  for (const std::uint64_t events : {0u, 1u, 4096u, 65'536u, 65'537u}) expect_same_both_ways(std::nullopt, events);
}

TEST(ReplayAheadTest, that_another_configuration_is_asked_of_is_the_ordinary_one) {
  ReplayAhead begun(std::nullopt);
  const auto trace = std::make_shared<const Trace>(read_with(&begun, kEvents, 1));
  AllocatorSpec other = trace->specs_to_open().front();
  other.arena_bytes *= 2;
  auto ahead = begun.finish(trace, other, {});
  EXPECT_EQ(begun.went_on_at(), 0u);
  auto afterwards = Timeline::build(trace, other);
  ASSERT_TRUE(ahead.ok() && afterwards.ok());
  expect_same(**ahead, **afterwards);
}

TEST(ReplayAheadTest, that_cannot_be_says_why_at_its_end) {
  const AllocatorSpec impossible{.kind = AllocatorKind::Bump, .arena_bytes = std::uint64_t{1} << 60};
  ReplayAhead begun(impossible);
  const auto trace = std::make_shared<const Trace>(read_with(&begun, kEvents, 1));
  auto ahead = begun.finish(trace, impossible, {});
  ASSERT_FALSE(ahead.ok());
  EXPECT_EQ(ahead.trouble().what, Timeline::build(trace, impossible).trouble().what);
}

TEST(ReplayAheadTest, ends_where_nobody_asks_for_it_and_where_it_is_cancelled) {
  {
    ReplayAhead dropped(std::nullopt);
    static_cast<void>(read_with(&dropped, kEvents, 1));
  }
  // Most of the trace is left to do when the reader asks with its last event.
  ReplayAhead begun(std::nullopt);
  const auto trace = std::make_shared<const Trace>(read_with(&begun, kEvents, 1));
  trace::Progress progress;
  progress.cancelled = [] { return true; };
  auto ahead = begun.finish(trace, trace->specs_to_open().front(), progress);
  if (!ahead.ok()) {
    EXPECT_EQ(ahead.trouble().what, "cancelled");
  }
}

class Counting final : public trace::TraceWatcher {
 public:
  void grown(const trace::TraceBuilder& builder) override {
    ++calls;
    EXPECT_EQ(builder.size(), calls * trace::TraceBuilder::kWatchedEvents);
  }
  std::uint64_t calls = 0;
};

TEST(ReplayAheadTest, hears_of_a_log_in_our_own_format_and_of_a_foreign_one) {
  std::string ours = R"({"format":"allocviz-trace","version":1,"events":[)", rows, mtrace = "= Start\n";
  for (int i = 0; i < 10'000; ++i) {
    rows += (i == 0 ? "" : ",\n") + ("{\"op\":\"alloc\",\"id\":" + std::to_string(i) + ",\"size\":16}");
    mtrace += "@ ./a:[0x1] + 0x" + std::to_string(10'000'000 + i * 16) + " 0x10\n";
  }
  ours += rows + "]}";
  Counting of_ours, of_mtrace;
  trace::Progress progress;
  progress.watcher = &of_ours;
  const auto source = trace::source_of_text(ours, "ours");
  ASSERT_TRUE(trace::read_json(*source, progress).ok());
  EXPECT_EQ(of_ours.calls, 2u);
  progress.watcher = &of_mtrace;
  const auto foreign = trace::source_of_text(mtrace, "mtrace");
  trace::LineReader lines(*foreign);
  for (const import::Importer& importer : import::importers()) {
    if (importer.format != "mtrace") continue;
    ASSERT_TRUE(importer.read(lines, progress, {}).ok());
  }
  EXPECT_EQ(of_mtrace.calls, 2u);
}

}  // namespace
}  // namespace allocviz::replay
