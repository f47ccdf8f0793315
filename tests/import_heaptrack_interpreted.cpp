// heaptrack's interpreted log: symbols by number, frees without pointers.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/import_support.h"

namespace allocviz::import::heaptrack_interpreted_test {
namespace {

using trace::Trace;

Trace heaptrack(std::string_view text) {
  return trace_of("heaptrack", text);
}

constexpr std::string_view kSymbols =
    "v 10400 3\nX ./edge\nI 1000 5e298d\ns 9 /bin/edge\ns 4 main\ns 9 /src/e.cc\ns 6 helper\ns a two  words\n"
    "i 1000 1 2 3 2a\ni 2000 1 4 3 7 2 3 2b\ni 3000 1\nt 1 0\nt 2 1\nt 3 2\n";

TEST(Heaptrack, a_second_log_behind_the_first_is_left_out_and_said) {
  const Trace trace = heaptrack(std::string(kSymbols) + "a 64 2\n+ 0\n" + std::string(kSymbols) + "a 7 2\n+ 0\n- 0\n");
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "line 17 begins a second log"));
  const Trace raw = trace_of("heaptrack-raw", "v 10400 3\nx 1 a\n+ 5 0 10\nv 10400 3\nx 1 b\n+ 7 0 10\n");
  EXPECT_EQ(raw.facts().live_bytes_at_end, 5u);
  EXPECT_TRUE(warns(raw, "line 4 begins a second log"));
}

TEST(Heaptrack, names_functions_files_and_lines_innermost_first) {
  const Trace trace = heaptrack(std::string(kSymbols) + "a 64 2\na 10 3\n+ 0\nc a\n+ 1\n- 0\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_EQ(trace.event(0).size, 100u);
  const std::vector<std::string> frames = {"e.cc:7 helper", "e.cc:43 main", "e.cc:42 main"};
  EXPECT_EQ(trace.sites().at(0).frames, frames);
  EXPECT_EQ(trace.sites().at(1).frames.at(0), "edge 0x3000");
  EXPECT_EQ(trace.event(1).time_ns, 10'000'000u);
  EXPECT_EQ(trace.event(2).id, 1u);
  EXPECT_FALSE(trace.has_addresses());
  EXPECT_TRUE(trace.warnings().empty());
  EXPECT_FALSE(trace.header().has_approximate_lifetimes()) << "no block here was alike another";
}

TEST(Heaptrack, reads_the_pointers_that_it_had_before_it_had_kinds_of_blocks) {
  const std::string log =
      "X ./edge\nI 1000 5e298d\ns /bin/edge\ns main\ni 1000 1 2\nt 1 0\n- 77\n+ 64 1 a0\n+ 64 1 b0\n+ 10 0 c0\nc a\n"
      "- a0\n- 99\n+ 5 1 c0\n";
  for (const char* version : {"", "v 10000\n"}) {
    const std::string text = version + log;
    EXPECT_GT(importer_named("heaptrack").recognise(text), 0) << text;
    const Trace trace = heaptrack(text);
    ASSERT_EQ(trace.size(), 7u) << text;
    EXPECT_EQ(trace.facts().unknown_frees, 2u);
    EXPECT_EQ(trace.facts().implicit_frees, 1u);
    EXPECT_EQ(trace.facts().live_bytes_at_end, 105u);
    EXPECT_EQ(trace.event(1).addr, 0xa0u);
    EXPECT_EQ(trace.sites().at(0).frames, std::vector<std::string>{"main"});
    EXPECT_TRUE(trace.warnings().empty()) << trace.warnings().front();
  }
  EXPECT_EQ(importer_named("heaptrack").recognise("X y\ns a\ni 1 1\nt 1 0\nzz top\n"), 0);
}

TEST(Heaptrack, takes_the_youngest_of_alike_blocks_and_says_how_often) {
  const Trace trace = heaptrack(std::string(kSymbols) + "a 64 1\n+ 0\n+ 0\n- 0\n- 0\n- 0\n+ 0\n");
  EXPECT_EQ(trace.event(2).id, 2u);
  EXPECT_EQ(trace.event(3).id, 1u);
  EXPECT_TRUE(trace.event(4).has(trace::kUnknownId));
  EXPECT_EQ(trace.event(5).id, 4u);
  EXPECT_TRUE(warns(trace, "lifetimes are approximate: 1 of 3 frees end one of several blocks that are alike"));
  EXPECT_TRUE(trace.header().has_approximate_lifetimes());
  EXPECT_EQ(fault_of_import(trace), "");
}

TEST(Heaptrack, leaves_out_damaged_lines_and_keeps_the_numbers_of_the_others) {
  const Trace trace =
      heaptrack(std::string(kSymbols) + "s 99 short\ni 5000 6\nt 77 0\na 64\na 10 1\n+ 1\n+ 9\n- x\ni 1 2 3 4 5 66\n");
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_EQ(trace.event(0).size, 16u);
  EXPECT_TRUE(warns(trace, "6 lines (15, 17, 18, 21, 22, …)"));
}

TEST(Heaptrack, refuses_a_file_version_from_the_future) {
  EXPECT_FALSE(read_text("heaptrack", "v 10600 4\ns 1 x\n").ok());
}

// The same program as the raw log, so the same blocks; what only the raw log can know (unknown frees) is missing.
TEST(Heaptrack, counts_the_corners_of_the_interface_as_their_program_made_them) {
  const auto trace = open_trace(data_path("edge.heaptrack.zst"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  EXPECT_EQ(trace->header().format, "heaptrack");
  EXPECT_EQ(trace->facts().allocs, 101u);
  EXPECT_EQ(trace->facts().frees, 97u);
  EXPECT_EQ(trace->facts().live_bytes_at_end, 200'650u);
  EXPECT_EQ(trace->facts().peak_live_bytes, 280'906u);
  EXPECT_EQ(fault_of_import(*trace), "");
}

TEST(Heaptrack, cut_at_any_byte_gives_its_complete_lines) {
  cut_everywhere("heaptrack", text_of(data_path("edge.heaptrack.zst")));
}

}  // namespace
}  // namespace allocviz::import::heaptrack_interpreted_test
