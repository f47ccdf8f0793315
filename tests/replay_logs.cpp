// Whole logs of real programs on a tiered allocator: in the arena that the log opens with, which is at most four times
// what was asked for at once, every request is served.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/import/importer.h"
#include "tests/support/replay.h"
#include "tests/support/sanitized.h"
#include "tests/support/saved_stream.h"

namespace allocviz::replay {
namespace {

class TieredServes : public testing::TestWithParam<const char*> {};

TEST_P(TieredServes, every_request_of_the_log_in_the_arena_it_opens_with) {
  const std::string path = std::string(ALLOCVIZ_SOURCE_DIR "/../shared/traces/") + GetParam();
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the larger logs are not here";
  if (test::kSanitized && std::filesystem::file_size(path) > 1'000'000) GTEST_SKIP() << "replayed in the other presets";
  auto read = import::open_trace(path);
  ASSERT_TRUE(read.ok()) << read.trouble().text();
  const auto trace = std::make_shared<const trace::Trace>(std::move(read).value());
  trace::AllocatorSpec spec = trace->specs_to_open().front();
  ASSERT_EQ(spec.kind, trace::AllocatorKind::Buddy);
  spec.kind = trace::AllocatorKind::Tiered;
  const auto timeline = test::timeline_of(trace, spec);
  ASSERT_NE(timeline, nullptr);
  EXPECT_EQ(timeline->summary().failed, 0u) << trace::to_text(spec);
  EXPECT_GT(timeline->summary().events, 50u);
  timeline->seek({timeline->summary().peak_event, kAllSteps});
  ASSERT_NO_FATAL_FAILURE(test::expect_conditions(timeline->census()));
  const std::vector<Block>& blocks = timeline->census().blocks;
  const bool small = std::any_of(blocks.begin(), blocks.end(), [](const Block& block) {
    return block.state == BlockState::Live && block.requested <= 48;
  });
  EXPECT_TRUE(!small || !timeline->census().slabs.empty());
}

INSTANTIATE_TEST_SUITE_P(Logs, TieredServes,
                         testing::Values("android-systemui.zip", "cc1plus-regex.heaptrack.raw.zst", "git-log.vgtrace",
                                         "jq-sum.ltrace", "kernel-pages.perfscript.zst", "nginx-serve.rep",
                                         "node-zlib.heaptrack.raw.zst", "perl-wordfreq.mtrace",
                                         "python-ast-json.heaptrack.zst", "sqlite-build.mtrace.zst",
                                         "edge/mt.vgtrace.zst", "edge/mt1.mtrace.zst", "edge/edge.mtrace",
                                         "edge/edge2.vgtrace", "edge/edge-fork.mtrace", "edge/edge-x.ltrace",
                                         "edge/edge.ltrace", "edge/edge.vgtrace", "edge/edge.heaptrack.raw.zst",
                                         "edge/edge.heaptrack.zst"),
                         [](const auto& log) {
                           std::string name = log.param;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

// What the random tests and the fuzzer of core/alloc leave behind when they fail.
TEST(SavedStream, is_a_trace_that_replays_every_answer_where_it_was) {
  test::SavedStream stream(test::with_gaps(
      test::spec_json("buddy", {{"arena", 1024}, {"block", 512}, {"min_block", 64}}), std::vector{trace::Gap{0, 64}}));
  stream.allocate(100, 1, 128);
  stream.allocate(64, 64, 64);
  stream.deallocate(64);
  stream.deallocate(64);   // a double free: by offset
  stream.deallocate(513);  // the middle of a block
  stream.reallocate(128, 200, 1, 256);
  stream.allocate(4096, 1, test::SavedStream::kNowhere);
  stream.mark("reserve");
  const std::string path = testing::TempDir() + "saved-stream.jsonl";
  ASSERT_TRUE(stream.write(path, "a test"));
  auto read = import::open_trace(path);
  ASSERT_TRUE(read.ok()) << read.trouble().text();
  const auto trace = std::make_shared<const trace::Trace>(std::move(read).value());
  ASSERT_EQ(trace->size(), 8u);
  const auto machine = test::machine_of(trace->specs_to_open().front(), *trace);
  std::vector<Outcome> outcomes;
  for (std::uint64_t i = 0; i < trace->size(); ++i) outcomes.push_back(machine->apply(trace->event(i), i));
  EXPECT_EQ(outcomes[0], (Outcome{.kind = OutcomeKind::Placed, .offset = 128, .block_bytes = 128}));
  EXPECT_EQ(outcomes[1], (Outcome{.kind = OutcomeKind::Placed, .offset = 64, .block_bytes = 64}));
  EXPECT_EQ(outcomes[2].kind, OutcomeKind::Freed);
  EXPECT_EQ(outcomes[3].why, alloc::Error::DoubleFree);
  EXPECT_EQ(outcomes[4].why, alloc::Error::InsideBlock);
  EXPECT_EQ(outcomes[5], (Outcome{.kind = OutcomeKind::Placed, .offset = 256, .block_bytes = 256, .moved_from = 128}));
  EXPECT_EQ(outcomes[6].why, alloc::Error::TooLarge);
}

}  // namespace
}  // namespace allocviz::replay
