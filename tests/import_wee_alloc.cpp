// wee_alloc's traces: a list for include! in Rust, whose blocks are numbered by their Allocs.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/import_support.h"

namespace allocviz::import::wee_alloc_test {
namespace {

using trace::Facts;
using trace::Op;
using trace::Trace;

Trace read(std::string_view text) {
  return trace_of("wee-alloc", text);
}

TEST(WeeAlloc, reads_allocs_by_their_place_and_frees_that_name_it) {
  const Trace trace = read("Alloc(552),\nAlloc(120),\nFree(1),\nAlloc(8),\nFree(0),\nFree(2),\n");
  ASSERT_EQ(trace.size(), 6u);
  EXPECT_EQ(trace.event(0).op, Op::Alloc);
  EXPECT_EQ(trace.event(0).id, 0u);
  EXPECT_EQ(trace.event(0).size, 552u);
  EXPECT_EQ(trace.event(0).align(), 16u);
  EXPECT_EQ(trace.event(2).op, Op::Free);
  EXPECT_EQ(trace.event(2).id, 1u);
  EXPECT_EQ(trace.event(3).id, 2u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 672u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(WeeAlloc, the_fixture_has_the_figures_that_were_counted_by_hand) {
  const auto trace = open_trace(data_path("wee-small.trace"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  Facts expected;
  expected.allocs = 4;
  expected.frees = 5;
  expected.unknown_frees = 2;  // Free(1) once more, and Free(9)
  expected.peak_live_bytes = 552 + 120 + 1024;
  expected.peak_live_blocks = 3;
  expected.largest_request = 1024;
  expected.live_bytes_at_end = 5;
  expected.live_blocks_at_end = 1;
  EXPECT_EQ(trace->facts(), expected);
  EXPECT_TRUE(trace->warnings().empty());
}

TEST(WeeAlloc, reads_brackets_comments_blanks_and_a_last_operation_without_its_comma) {
  for (const char* text :
       {"[\nAlloc(16),\nAlloc(32),\nFree(0)\n]\n", "[Alloc(16), Alloc(32), Free(0)]",
        "  Alloc( 16 ) ,\n\tAlloc(32),\r\nFree(0)",
        "// a comment\nAlloc(16), // first\nAlloc(32),//second\n\nFree(0),\n", "Alloc(16),\nAlloc(32),\nFree(0),"}) {
    EXPECT_GT(importer_named("wee-alloc").recognise(text), 0) << text;
    const Trace trace = read(text);
    EXPECT_EQ(trace.size(), 3u) << text;
    EXPECT_EQ(trace.facts().live_bytes_at_end, 32u) << text;
    EXPECT_TRUE(trace.warnings().empty()) << text;
  }
}

TEST(WeeAlloc, a_free_before_its_alloc_is_unknown_and_the_block_lives_on) {
  const Trace trace = read("Alloc(1),\nFree(1),\nAlloc(2),\nFree(0),\nFree(0),\n");
  EXPECT_EQ(trace.facts().unknown_frees, 2u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 2u);
}

TEST(WeeAlloc, leaves_out_what_is_no_operation_and_keeps_the_numbers_of_those_behind_it) {
  const Trace trace = read("Alloc(1),\nRealloc(1, 2),\nAlloc(x),\nAlloc(3),\nFree(-1),\nAlloc(1) Alloc(2)\nFree(2),\n");
  EXPECT_EQ(trace.facts().allocs, 2u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 1u);  // the third one is freed
  EXPECT_TRUE(warns(trace, "4 lines (2, 3, 5, 6) are not wee_alloc trace"));
}

TEST(WeeAlloc, a_size_that_nobody_has_is_a_failed_request_with_its_own_number) {
  const Trace trace =
      read("Alloc(9223372036854775808),\nAlloc(99999999999999999999999),\nAlloc(7),\nFree(2),\nFree(0),\n");
  EXPECT_EQ(trace.facts().failed_requests, 2u);
  EXPECT_EQ(trace.facts().unknown_frees, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(warns(trace, "2 failed requests for more than 2^63-1 bytes"));
}

TEST(WeeAlloc, is_not_taken_for_what_only_looks_like_it) {
  for (const char* text :
       {"Alloc(5),\nhello\n", "Allocate(5),\n", "// nothing\n", "[]\n", "malloc(5) = 0x10\n", "Alloc(5\n"}) {
    EXPECT_EQ(importer_named("wee-alloc").recognise(text), 0) << text;
  }
}

TEST(WeeAlloc, cut_at_any_byte_keeps_its_closed_operations) {
  const std::string text = text_of(data_path("wee-small.trace"));
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string_view part = std::string_view(text).substr(0, length);
    std::uint64_t closed = 0;
    for (const char c : part) closed += c == ')' ? 1 : 0;
    const auto trace = read_text("wee-alloc", part);
    ASSERT_TRUE(trace.ok()) << length;
    ASSERT_EQ(trace->size(), closed) << length;
    const std::string_view last = part.substr(part.rfind('\n') + 1);
    const bool open =
        last.ends_with(" /") || (!last.empty() && last.find(')') == std::string_view::npos && !last.starts_with("//"));
    ASSERT_EQ(warns(*trace, "cut short"), open) << length;
  }
}

}  // namespace
}  // namespace allocviz::import::wee_alloc_test
