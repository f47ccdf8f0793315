// The memory.log of courses on operating systems: blocks by process, both ways of writing a free, cuts.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/trace/spec.h"
#include "tests/import_support.h"

namespace allocviz::import::process_log_test {
namespace {

using trace::Op;
using trace::Trace;

constexpr std::string_view kLog =
    "#At time x allocated y bytes for process z from i to j\n"
    "At time 7 allocated 200 bytes for process 1 from 0 to 255 \n"
    "At time 9 allocated 30 bytes for process 2 from 256 to 287\n"
    "At time 12 freed 200 bytes from process 1 from 0 to 255\n"
    "At time 12 freed 30 bytes for process 2 from 256 to 287\n"
    "#At time 15 allocated 5 bytes for process 3 from 0 to 7\n";

TEST(ProcessLog, reads_a_block_for_each_process_with_its_time) {
  const Trace trace = trace_of("process-log", kLog);
  ASSERT_EQ(trace.size(), 5u);
  EXPECT_TRUE(trace.warnings().empty());
  EXPECT_EQ(trace.event(0).op, Op::Alloc);
  EXPECT_EQ(trace.event(0).size, 200u);
  EXPECT_EQ(trace.event(2).op, Op::Free);
  EXPECT_EQ(trace.event(2).id, trace.event(0).id);
  EXPECT_EQ(trace.event(2).time_ns, 5'000'000'000u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 230u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 5u);
}

TEST(ProcessLog, opens_with_an_arena_and_a_smallest_block_as_its_places_need_them) {
  const auto opens_with = [](std::string_view text) {
    return trace::to_text(trace_of("process-log", text).specs_to_open().front());
  };
  EXPECT_EQ(opens_with("At time 1 allocated 30 bytes for process 1 from 0 to 31\n"
                       "At time 2 allocated 200 bytes for process 2 from 256 to 511\n"),
            "buddy:arena=512,min=32");
  EXPECT_EQ(opens_with("At time 1 allocated 5 bytes for process 1 from 248 to 256\n"), "buddy:arena=512,min=16");
  EXPECT_EQ(opens_with("At time 1 allocated 1 bytes for process 1 from 0 to 0\n"), "buddy:arena=16,min=16");
  EXPECT_EQ(opens_with("At time 1 allocated 1 bytes for process 1 from 0 to 18446744073709551615\n"),
            "buddy:arena=64,min=64");
}

TEST(ProcessLog, is_recognised_and_says_what_it_cannot_read) {
  EXPECT_GT(importer_named("process-log").recognise(kLog), 0);
  for (const char* text :
       {"", "At time 7 the bus leaves\n", "#At time x allocated y bytes for process z from i to j\n"}) {
    EXPECT_EQ(importer_named("process-log").recognise(text), 0) << text;
  }
  const Trace trace = trace_of("process-log", std::string(kLog) + "At time 16 process 7 started\n");
  EXPECT_TRUE(warns(trace, "line 7 is not memory.log of processes"));
}

TEST(ProcessLog, cut_at_any_byte_gives_its_complete_lines) {
  cut_everywhere("process-log", kLog);
}

TEST(ProcessLog, may_be_lined_up_with_tabs_and_blanks) {
  const std::string text =
      "#At time x allocated y bytes for process z from i to j\n"
      "At time\t7\tallocated 200 bytes for process 1\tfrom 0 to 255\n"
      "At time  20  freed 200 bytes from process 1 from   0 to 255 \n";
  EXPECT_GT(importer_named("process-log").recognise(text), 0);
  const Trace trace = trace_of("process-log", text);
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

}  // namespace
}  // namespace allocviz::import::process_log_test
