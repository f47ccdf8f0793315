// What replays found, kept for the next time: what is read back is what was found or nothing, whatever became of the
// file.
#include "core/replay/kept.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/replay/builder.h"
#include "core/trace/cache.h"
#include "core/trace/trace.h"
#include "tests/support/replay.h"
#include "tests/support/seed.h"
#include "tests/support/trace_samples.h"

namespace allocviz::replay {
namespace {

namespace fs = std::filesystem;

struct Replays : testing::Test {
  test::Folder folder;
  std::mt19937_64 random{test::seed()};
  KeptReplays where = kept_of("log");

  KeptReplays kept_of(const std::string& name) {
    test::write_bytes(folder / name, "the log " + name);
    return {{.folder = folder / "cache", .from_events = 0}, *trace::mark_of(folder / name)};
  }
  [[nodiscard]] std::unique_ptr<Timeline> replayed(std::uint64_t events, const std::string& spec) {
    return test::timeline_of(test::random_trace(random, events, 16'384, 700), test::spec_of(spec),
                             {.keyframe_events = 40});
  }
  trace::Status keep(const Timeline& timeline) { return replay::keep(where, *timeline.account(), timeline.spec()); }
  [[nodiscard]] std::unique_ptr<Timeline> kept(const Timeline& of) const {
    return kept_timeline(where, std::shared_ptr<const trace::Trace>(&of.trace(), [](auto*) {}), of.spec());
  }
  [[nodiscard]] std::string path_of(const Timeline& timeline) const { return kept_path(where, timeline.spec()); }
};

void expect_equal(Timeline& found, Timeline& read, std::uint64_t step) {
  ASSERT_EQ(read.series().size(), found.series().size());
  EXPECT_EQ(read.failures(), found.failures());
  EXPECT_EQ(read.summary().peak_event, found.summary().peak_event);
  EXPECT_EQ(read.summary().at_end, found.summary().at_end);
  EXPECT_GE(read.tally().first_other_digest(found.tally()), found.tally().size());
  EXPECT_EQ(read.free_levels().levels(), found.free_levels().levels());
  const std::uint64_t events = found.event_count();
  for (std::uint64_t first = 0; first < events; first += step) {
    for (int curve = 0; curve < kCurves; ++curve) {
      const auto which = static_cast<Curve>(curve);
      ASSERT_EQ(read.series().at(which, first), found.series().at(which, first));
      ASSERT_EQ(read.series().extent(which, first, events), found.series().extent(which, first, events));
    }
    ASSERT_EQ(read.free_levels().at(first).free, found.free_levels().at(first).free);
    for (Timeline* each : {&found, &read}) each->seek({first});
    ASSERT_TRUE(read.census() == found.census()) << first;
    ASSERT_TRUE(read.snapshot() == found.snapshot()) << first;
  }
}

TEST_F(Replays, are_read_as_they_were_found_of_every_allocator) {
  for (const std::string spec :
       {"buddy:arena=16KiB,min=64", "buddy:arena=40KiB,block=8KiB,min=32", "bump:arena=20000",
        "slab:block=48,count=150", "tiered:arena=16KiB,min=64", "tiered:arena=16KiB,min=64,classes=16+24+100+500"}) {
    for (const std::uint64_t events : {0u, 1u, 63u, 3000u}) {
      const auto found = replayed(events, spec);
      ASSERT_FALSE(kept(*found)) << spec << ' ' << events;
      ASSERT_TRUE(keep(*found).ok());
      const auto read = kept(*found);
      ASSERT_TRUE(read) << spec << ' ' << events;
      EXPECT_EQ(read->position(), (Position{0, 0}));
      expect_equal(*found, *read, 97);
      const std::string bytes = test::file_bytes(path_of(*found));
      ASSERT_TRUE(keep(*read).ok());
      EXPECT_TRUE(test::file_bytes(path_of(*found)) == bytes) << "all of it was read, and is kept again";
      fs::remove(path_of(*found));
    }
  }
}

// Its machine is made of the trace itself.
TEST_F(Replays, of_the_recorded_heap_are_read_as_they_were_found) {
  trace::TraceBuilder builder;
  std::vector<std::uint64_t> free{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, live;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    auto& from = live.empty() || (!free.empty() && random() % 2 == 0) ? free : live;
    std::swap(from[random() % from.size()], from.back());
    trace::RawEvent event;
    event.op = &from == &free ? trace::Op::Alloc : trace::Op::Free;
    event.id_kind = trace::RawEvent::Id::Number;
    event.id_number = from.back();
    if (event.op == trace::Op::Alloc) event.size = 1 + random() % 200;
    if (event.op == trace::Op::Alloc) event.addr = 0x7f00'0000 + from.back() * 0x1000 + random() % 64 * 16;
    (&from == &free ? live : free).push_back(from.back());
    from.pop_back();
    ASSERT_TRUE(builder.append(event).ok());
  }
  const auto trace = std::make_shared<const trace::Trace>(std::move(builder).finish());
  const auto found = test::timeline_of(trace, test::spec_of("recorded"), {.keyframe_events = 40});
  ASSERT_TRUE(keep(*found).ok());
  const auto read = kept(*found);
  ASSERT_TRUE(read);
  expect_equal(*found, *read, 97);
}

TEST_F(Replays, are_of_one_log_one_allocator_and_as_many_events) {
  const auto found = replayed(500, "buddy:arena=16KiB,min=64");
  ASSERT_TRUE(keep(*found).ok());
  EXPECT_TRUE(is_kept(where, 500, found->spec()));
  EXPECT_FALSE(is_kept(where, 499, found->spec()));
  EXPECT_FALSE(is_kept(where, 500, test::spec_of("buddy:arena=16KiB,min=32")));
  EXPECT_FALSE(is_kept(kept_of("another"), 500, found->spec()));
  // A file under the name of another: what is inside counts.
  const auto other = replayed(500, "buddy:arena=16KiB,min=32");
  fs::copy_file(path_of(*found), path_of(*other));
  EXPECT_FALSE(is_kept(where, 500, other->spec()));
  EXPECT_FALSE(kept(*other));
}

TEST_F(Replays, that_are_damaged_are_nothing) {
  const auto found = replayed(90, "buddy:arena=16KiB,min=64");
  ASSERT_TRUE(keep(*found).ok());
  const std::string path = path_of(*found), bytes = test::file_bytes(path);
  for (std::size_t at = random() % 5; at < bytes.size(); at += 5) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (random() % 8)));
    test::write_bytes(path, damaged);
    ASSERT_FALSE(kept(*found)) << at;
    test::write_bytes(path, bytes.substr(0, at));
    ASSERT_FALSE(kept(*found)) << at;
  }
  test::write_bytes(path, bytes + "x");
  EXPECT_FALSE(kept(*found));
  fs::remove(path);
  test::write_bytes(folder / "elsewhere", bytes);
  fs::create_symlink(folder / "elsewhere", path);
  EXPECT_FALSE(kept(*found));
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_FALSE(kept(*found));
  EXPECT_FALSE(keep(*found).ok());
  fs::remove(path);
  test::write_bytes(path, bytes);
  EXPECT_TRUE(kept(*found));
}

// Sizes are believed as far as the file goes: a damaged one makes nobody take a terabyte.
TEST_F(Replays, whose_sizes_are_forged_take_no_more_room_than_the_file) {
  const auto found = replayed(90, "bump:arena=20000");
  ASSERT_TRUE(keep(*found).ok());
  const std::string path = path_of(*found), bytes = test::file_bytes(path);
  for (std::size_t at = random() % 3; at + 8 <= bytes.size(); at += 3) {
    std::string forged = bytes;
    forged.replace(at, 8, "\xff\xff\xff\xff\xff\x0f\0\0", 8);
    if (forged == bytes) continue;
    test::write_bytes(path, forged);
    ASSERT_FALSE(kept(*found)) << at;
  }
}

TEST_F(Replays, are_kept_of_long_traces_alone_and_go_when_room_is_needed) {
  const auto found = replayed(90, "buddy:arena=16KiB,min=64");
  where.policy.from_events = 91;
  ASSERT_TRUE(keep(*found).ok());
  EXPECT_FALSE(fs::exists(path_of(*found)));
  where.policy.from_events = 90;
  ASSERT_TRUE(keep(*found).ok());
  fs::last_write_time(path_of(*found), fs::file_time_type::clock::now() - std::chrono::hours(1));
  const auto other = replayed(90, "buddy:arena=16KiB,min=32");
  where.policy.most_bytes = fs::file_size(path_of(*found)) + 10;
  const bool fits = keep(*other).ok();
  EXPECT_FALSE(fits && fs::exists(path_of(*found))) << "both are more than the folder may hold";
  where.policy.folder.clear();
  EXPECT_FALSE(kept(*found));
  EXPECT_TRUE(keep(*found).ok()) << "nothing is wanted";
}

TEST_F(Replays, stop_when_told_to_and_leave_nothing_half_written) {
  const auto found = replayed(90, "buddy:arena=16KiB,min=64");
  trace::Progress stopped;
  stopped.cancelled = [] { return true; };
  EXPECT_EQ(replay::keep(where, *found->account(), found->spec(), stopped).trouble().what, "cancelled");
  EXPECT_TRUE(fs::is_empty(where.policy.folder));
  ASSERT_TRUE(keep(*found).ok());
  const std::shared_ptr<const trace::Trace> trace(&found->trace(), [](auto*) {});
  EXPECT_FALSE(kept_timeline(where, trace, found->spec(), stopped));
}

}  // namespace
}  // namespace allocviz::replay
