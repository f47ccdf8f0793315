// Android's record_allocs: calls, threads, times, and what a recorder that stopped leaves.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/import_support.h"

namespace allocviz::import::bionic_test {
namespace {

using trace::Op;
using trace::Trace;

Trace read(std::string_view text) {
  return trace_of("bionic", text);
}

TEST(Bionic, reads_every_call_with_its_thread) {
  const Trace trace = read(
      "202: malloc 0xb4827400 1024\n202: free 0xb4827400\n202: calloc 0xb4872020 17 8\n"
      "202: realloc 0xb4840a60 0xb4872020 80\n485: memalign 0xae42d080 64 104\n486: thread_done 0x0\n202: free 0x0\n");
  ASSERT_EQ(trace.size(), 6u);
  EXPECT_EQ(trace.event(0).size, 1024u);
  EXPECT_EQ(trace.event(0).thread, 202u);
  EXPECT_EQ(trace.event(2).size, 136u);
  EXPECT_EQ(trace.event(3).op, Op::Realloc);
  EXPECT_EQ(trace.event(3).id, trace.event(2).id);
  EXPECT_EQ(trace.event(3).addr, 0xb4840a60u);
  EXPECT_EQ(trace.event(4).align(), 64u);
  EXPECT_EQ(trace.event(2).align(), 16u);
  EXPECT_TRUE(trace.event(5).has(trace::kNullFree));
  EXPECT_EQ(trace.facts().threads, 2u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 1024u);
  EXPECT_FALSE(trace.has_times());
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Bionic, says_that_it_added_the_free_of_a_block_that_a_realloc_landed_on) {
  const Trace trace = read("202: malloc 0x10 1\n202: malloc 0x20 2\n202: realloc 0x20 0x10 3\n");
  EXPECT_EQ(trace.facts().frees, 1u);
  ASSERT_EQ(trace.warnings().size(), 1u);
  EXPECT_EQ(trace.warnings()[0], "1 realloc moved onto a live block, whose free was added");
}

TEST(Bionic, is_recognised_behind_lines_of_something_else) {
  for (const char* before : {"\n", "adb: pulled\n", "alloc 0x1234 55\n", "   202: malloc 0x50 5\n"}) {
    const std::string text = std::string(before) + "202: malloc 0x10 5\n  202: realloc 0x20 0x10 9\n";
    EXPECT_GT(importer_named("bionic").recognise(text), importer_named("csv").recognise(text)) << before;
    EXPECT_EQ(read(text).facts().reallocs, 1u) << before;
  }
}

TEST(Bionic, reads_realloc_of_null_of_zero_and_what_failed) {
  const Trace trace = read(
      "1: realloc 0x10 0x0 5\n1: realloc 0x0 0x10 0\n1: malloc 0x0 4096\n1: malloc 0x20 8\n1: realloc 0x0 0x20 99\n"
      "1: calloc 0x0 18446744073709551615 2\n1: free 0x20\n");
  ASSERT_EQ(trace.size(), 7u);
  EXPECT_EQ(trace.event(0).op, Op::Realloc);
  EXPECT_EQ(trace.event(1).op, Op::Free);  // realloc(p, 0) that gave nothing back
  EXPECT_TRUE(trace.event(2).has(trace::kFailedThere));
  EXPECT_TRUE(trace.event(4).has(trace::kFailedThere));
  EXPECT_TRUE(trace.event(5).has(trace::kFailedThere));
  EXPECT_EQ(trace.facts().failed_requests, 3u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(warns(trace, "1 failed request for more than 2^63-1 bytes"));
}

TEST(Bionic, counts_time_from_the_first_call_and_never_back_within_a_thread) {
  const Trace trace = read(
      "1: malloc 0x10 5 1000 1100\n2: malloc 0x20 5 900 950\n1: malloc 0x30 5 3000 3100\n1: free 0x10 2500 2600\n"
      "2: free 0x20 1500 1600\n1: thread_done 0x0 4000\n");
  EXPECT_EQ(trace.event(0).time_ns, 0u);
  EXPECT_EQ(trace.event(1).time_ns, 0u);
  EXPECT_EQ(trace.event(2).time_ns, 2000u);
  EXPECT_EQ(trace.event(3).time_ns, 2000u);
  EXPECT_EQ(trace.event(4).time_ns, 500u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Bionic, raises_an_alignment_to_a_power_of_two_as_memalign_does) {
  EXPECT_EQ(read("1: memalign 0x100 48 5\n").event(0).align(), 64u);
  EXPECT_EQ(read("1: memalign 0x100 0 5\n").event(0).align(), 16u);
}

TEST(Bionic, leaves_out_what_is_no_call) {
  const Trace trace = read(
      "1: malloc 0x10 5\nmalloc 0x10 5\n1: malloc 10 5\n1: malloc 0x10\n1: strdup 0x10 5\n1: free 0x10 5 6 7\n"
      "1: malloc 0x20 9223372036854775808\n\n1: free 0x10\n");
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_TRUE(warns(trace, "6 lines (2, 3, 4, 5, 6, …) are not Android record_allocs"));
  EXPECT_FALSE(read_text("bionic", "hello\n").ok());
}

TEST(Bionic, cut_at_any_byte_gives_its_complete_lines_and_says_that_the_last_does_not_end) {
  const std::string text =
      "202: malloc 0xb4827400 1024\n202: calloc 0xb4872020 17 8\n202: realloc 0xb4840a60 0xb4872020 80\n"
      "485: memalign 0xae42d080 16 104\n202: free 0xb4840a60\n";
  std::uint64_t lines = 0;
  for (std::size_t length = 1; length <= text.size(); ++length) {
    const bool at_line_end = text[length - 1] == '\n';
    if (at_line_end) ++lines;
    const auto trace = read_text("bionic", std::string_view(text).substr(0, length));
    if (!trace) {
      EXPECT_EQ(lines, 0u) << length;  // not one whole event yet
      continue;
    }
    EXPECT_GE(trace->size(), lines) << length;
    EXPECT_LE(trace->size(), lines + (at_line_end ? 0 : 1)) << length;
    EXPECT_EQ(warns(*trace, "the last one, does not end"), !at_line_end) << length;
    EXPECT_EQ(fault_of_import(*trace), "") << length;
  }
}

}  // namespace
}  // namespace allocviz::import::bionic_test
