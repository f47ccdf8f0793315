// The .rep traces of the CS:APP malloc lab: headers of two ages, the log's own ids, a real trace that was cut.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/import_support.h"

namespace allocviz::import::malloclab_test {
namespace {

using trace::Facts;
using trace::Op;
using trace::Trace;

Trace read(std::string_view text) {
  return trace_of("malloclab", text);
}

TEST(Malloclab, reads_allocs_reallocs_and_frees_under_their_own_ids) {
  const Trace trace = read("20000000\n2\n5\n1\na 0 15\na 1 472\nr 0 40\nf 1\nf 0\n");
  ASSERT_EQ(trace.size(), 5u);
  EXPECT_EQ(trace.event(0).id, 0u);
  EXPECT_EQ(trace.event(2).op, Op::Realloc);
  EXPECT_EQ(trace.event(2).size, 40u);
  EXPECT_EQ(trace.event(2).id, 0u);
  EXPECT_EQ(trace.event(0).align(), 16u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 512u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Malloclab, reads_headers_of_two_numbers_too) {
  const Trace trace = read("1\n2\na 0 15\nf 0\n");
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Malloclab, reads_sizes_beyond_32_bits) {
  EXPECT_EQ(read("0\n1\n1\n0\na 0 38654727413\n").facts().largest_request, 38'654'727'413u);
}

TEST(Malloclab, takes_a_free_of_minus_one_as_the_null_pointer) {
  const Trace trace = read("0\n1\n1\n0\nf -1\n");
  EXPECT_EQ(trace.facts().null_frees, 1u);
}

TEST(Malloclab, says_when_the_header_promises_another_number_of_operations) {
  EXPECT_TRUE(warns(read("0\n1\n9\n0\na 0 5\nf 0\n"), "the header says 9 operations and the file has 2"));
}

TEST(Malloclab, reads_blank_lines_and_spaces_at_line_ends_and_leaves_out_the_rest) {
  const Trace trace = read("0\n1\n2\n0\n\na 0 5 \nx 1 2\na 1\n7\nf 0\r\n");
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_TRUE(warns(trace, "3 lines (7, 8, 9) are not CS:APP malloc lab"));
}

TEST(Malloclab, reads_a_last_line_without_a_line_break_and_says_so) {
  const Trace trace = read("0\n1\n2\n0\na 0 5\nf 0");
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_TRUE(warns(trace, "line 6, the last one, does not end"));
}

TEST(Malloclab, counts_the_beginning_of_a_larger_log_as_a_separate_script_does) {
  const auto trace = open_trace(data_path("nginx-head.rep"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  Facts expected;
  expected.allocs = 384;
  expected.frees = 113;
  expected.reallocs = 3;
  expected.peak_live_bytes = expected.live_bytes_at_end = 7628;
  expected.peak_live_blocks = expected.live_blocks_at_end = 271;
  expected.largest_request = 4096;
  EXPECT_EQ(trace->facts(), expected);
  EXPECT_TRUE(warns(*trace, "the header says 9441 operations and the file has 500"));
}

TEST(Malloclab, reads_whatever_the_drivers_scanf_reads) {
  for (const char* text : {"100 2 3 1\na 0 64\na 1 32\nf 0\n", "100\n2\n3\n1\na\t0\t64\n  a  1  32 \nf 0\n",
                           "# by hand\n-1\n2\n3\n1\na 0 64\n# more\na 1 32\nf 0\n", "a 0 64\na 1 32\nf 0\n",
                           "100\n2\n3\na 0 64\na 1 32\nf 0\n"}) {
    EXPECT_GT(importer_named("malloclab").recognise(text), 0) << text;
    const trace::Trace trace = trace_of("malloclab", text);
    EXPECT_EQ(trace.facts().live_bytes_at_end, 32u) << text;
    EXPECT_TRUE(trace.warnings().empty()) << text;
  }
  for (const char* text : {"a 1 b\na 2 c\nf 3\n", "1\n2\n3\n4\n5\n6\n7\na 0 64\na 1 32\nf 0\n", "a 0 64\nf 0\n"}) {
    EXPECT_EQ(importer_named("malloclab").recognise(text), 0) << text;
  }
}

TEST(Malloclab, reads_a_header_of_a_fork_and_one_that_announces_nothing) {
  const std::string_view fork = "20000\n2\n3\n1\n512\na 0 16\na 1 32\nf 0\n";
  EXPECT_GT(importer_named("malloclab").recognise(fork), 0);
  EXPECT_EQ(trace_of("malloclab", fork).size(), 3u);
  EXPECT_TRUE(warns(trace_of("malloclab", fork), "the header has 5 numbers where 2 or 4 are known"));
  const std::string_view nothing = "20000\n0\n0\n1\n";
  EXPECT_GT(importer_named("malloclab").recognise(nothing), 0);
  EXPECT_TRUE(warns(trace_of("malloclab", nothing), "the log has no events"));
  EXPECT_EQ(importer_named("malloclab").recognise("20000\n5\n7\n1\n"), 0);
}

TEST(Malloclab, cut_at_any_byte_is_no_longer_than_its_lines) {
  const std::string text = text_of(data_path("nginx-head.rep"));
  std::uint64_t events = 0;
  std::size_t line = 0;
  for (std::size_t length = 0; length <= 1500; ++length) {
    if (length > 0 && text[length - 1] == '\n') {
      if (text[line] >= 'a') ++events;
      line = length;
    }
    const auto trace = read_text("malloclab", std::string_view(text).substr(0, length));
    if (!trace) {
      ASSERT_EQ(events, 0u) << length;  // the header, and a piece of the first operation
      continue;
    }
    ASSERT_GE(trace->size(), events) << length;
    ASSERT_LE(trace->size(), events + 1) << length;
  }
}

}  // namespace
}  // namespace allocviz::import::malloclab_test
