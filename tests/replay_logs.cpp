// Whole logs of real programs on a tiered allocator: in the arena that the log opens with, which is at most four times
// what was asked for at once, every request is served.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "core/import/importer.h"
#include "tests/support/replay.h"

namespace allocviz::replay {
namespace {

class TieredServes : public testing::TestWithParam<const char*> {};

TEST_P(TieredServes, every_request_of_the_log_in_the_arena_it_opens_with) {
  const std::string path = std::string(ALLOCVIZ_SOURCE_DIR "/../shared/traces/") + GetParam();
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the larger logs are not here";
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
  EXPECT_FALSE(timeline->census().slabs.empty());
}

INSTANTIATE_TEST_SUITE_P(Logs, TieredServes,
                         testing::Values("android-systemui.zip", "git-log.vgtrace", "jq-sum.ltrace", "nginx-serve.rep",
                                         "node-zlib.heaptrack.raw.zst", "perl-wordfreq.mtrace",
                                         "python-ast-json.heaptrack.zst", "sqlite-build.mtrace.zst",
                                         "edge/mt.vgtrace.zst", "edge/edge.mtrace", "edge/edge2.vgtrace"),
                         [](const auto& log) {
                           std::string name = log.param;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace allocviz::replay
