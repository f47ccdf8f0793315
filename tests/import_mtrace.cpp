// glibc mtrace: the grammar, the corners of a real log, and logs that were cut or torn.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>
#include <vector>

#include "tests/import_support.h"
#include "tests/support/sanitized.h"

namespace allocviz::import::mtrace_test {
namespace {

using trace::Event;
using trace::Facts;
using trace::Op;
using trace::Trace;

Trace read(std::string_view text) {
  return trace_of("mtrace", text);
}

std::string frame_of(const Trace& trace, std::uint64_t index) {
  const std::uint32_t site = trace.event(index).site;
  return site == 0 ? "" : trace.sites().at(site - 1).frames.at(0);
}

TEST(Mtrace, reads_allocations_and_frees_with_their_addresses) {
  const Trace trace = read("= Start\n@ ./edge:[0x139e] + 0x560ec00ae0b0 0x21\n@ ./edge:[0x13b9] - 0x560ec00ae0b0\n");
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.event(0).op, Op::Alloc);
  EXPECT_EQ(trace.event(0).size, 0x21u);
  EXPECT_EQ(trace.event(0).addr, 0x560ec00ae0b0u);
  EXPECT_EQ(trace.event(1).op, Op::Free);
  EXPECT_EQ(trace.event(1).id, trace.event(0).id);
  EXPECT_EQ(trace.header().format, "mtrace");
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Mtrace, says_16_for_the_alignment_that_the_log_does_not_give) {
  const Trace trace = read("+ 0x10 0x21\n");
  EXPECT_EQ(trace.header().default_align, 16u);
  EXPECT_EQ(trace.event(0).align(), 16u);
  EXPECT_FALSE(trace.has_threads());
  EXPECT_FALSE(trace.has_times());
}

TEST(Mtrace, reads_a_size_of_zero_which_has_no_prefix) {
  const Trace trace = read("@ ./edge:[0x1365] + 0x560ec009c2a0 0\n");
  EXPECT_EQ(trace.event(0).size, 0u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 1u);
}

TEST(Mtrace, makes_one_realloc_of_its_two_lines) {
  const Trace trace = read("@ a:[0x1] + 0x10 0x5\n@ a:[0x2] < 0x10\n@ a:[0x2] > 0x20 0x9\n@ a:[0x3] - 0x20\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_EQ(trace.event(1).op, Op::Realloc);
  EXPECT_EQ(trace.event(1).size, 9u);
  EXPECT_EQ(trace.event(1).addr, 0x20u);
  EXPECT_EQ(trace.event(1).id, trace.event(0).id);
  EXPECT_EQ(frame_of(trace, 1), "a:[0x2]");
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

TEST(Mtrace, lets_either_line_of_a_realloc_name_the_place) {
  const Trace trace = read("+ 0x10 0x5\n@ old:[0x2] < 0x10\n> 0x20 0x9\n< 0x20\n@ new:[0x3] > 0x30 0x9\n");
  EXPECT_EQ(frame_of(trace, 1), "old:[0x2]");
  EXPECT_EQ(frame_of(trace, 2), "new:[0x3]");
}

TEST(Mtrace, counts_what_failed_in_the_recorded_program) {
  const Trace trace = read(
      "@ ./edge:[0x138d] + (nil) 0x7fffffffffff0000\n@ ./edge:[0x139e] + 0x10 0x21\n"
      "@ ./edge:[0x1420] ! 0x10 0x7fffffffffff0000\n@ ./edge:[0x144a] - 0x10\n");
  EXPECT_TRUE(trace.event(0).has(trace::kFailedThere));
  EXPECT_EQ(trace.event(0).size, 0x7fffffffffff0000u);
  EXPECT_TRUE(trace.event(2).has(trace::kFailedThere));
  EXPECT_EQ(trace.event(2).op, Op::Realloc);
  EXPECT_EQ(trace.event(2).id, trace.event(1).id);
  EXPECT_EQ(trace.facts().failed_requests, 2u);
  EXPECT_EQ(trace.facts().largest_request, 0x21u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Mtrace, shows_failed_requests_beyond_any_size_as_the_largest_size_and_says_so) {
  const Trace trace = read("+ (nil) 0xffffffffffffffff\n+ 0x10 0x1\n! 0x10 0x8000000000000000\n");
  EXPECT_EQ(trace.event(0).size, 0x7fffffffffffffffu);
  EXPECT_EQ(trace.event(2).size, 0x7fffffffffffffffu);
  EXPECT_TRUE(warns(trace, "2 failed requests for more than 2^63-1 bytes are shown as 2^63-1"));
  const Trace served = read("+ 0x20 0xffffffffffffffff\n+ 0x10 0x1\n");  // nobody was ever given that much
  EXPECT_EQ(served.size(), 1u);
  EXPECT_TRUE(warns(served, "line 1 is not glibc mtrace"));
}

TEST(Mtrace, keeps_the_place_as_one_frame_and_the_address_only_without_a_symbol) {
  const Trace trace = read(
      "@ perl:(Perl_safesysmalloc+26)[0xf7e16] + 0x10 0x1\n@ ./edge:[0x1365] + 0x20 0x1\n@ [0x400123] + 0x30 0x1\n"
      "@ /opt/my program: v2/a b.so:(_ZN1a1bEv+1c)[0xa958c] + 0x40 0x1\n@ (f-2)[0x77] + 0x50 0x1\n+ 0x60 0x1\n");
  EXPECT_EQ(frame_of(trace, 0), "perl:(Perl_safesysmalloc+26)");
  EXPECT_EQ(frame_of(trace, 1), "./edge:[0x1365]");
  EXPECT_EQ(frame_of(trace, 2), "[0x400123]");
  EXPECT_EQ(frame_of(trace, 3), "/opt/my program: v2/a b.so:(_ZN1a1bEv+1c)");
  EXPECT_EQ(frame_of(trace, 4), "(f-2)");
  EXPECT_EQ(frame_of(trace, 5), "");
  EXPECT_FALSE(trace.sites().at(0).stack);
}

TEST(Mtrace, stores_one_place_once) {
  const Trace trace = read("@ a:(f+1)[0x1] + 0x10 0x1\n@ a:(f+1)[0x1] + 0x20 0x1\n@ a:(f+2)[0x2] - 0x10\n");
  EXPECT_EQ(trace.sites().size(), 2u);
  EXPECT_EQ(trace.event(0).site, trace.event(1).site);
}

TEST(Mtrace, does_not_pair_what_two_joined_logs_say_of_one_address) {
  const Trace trace = read("= Start\n+ 0x10 0x1\n= End\n= Start\n+ 0x20 0x1\n- 0x10\n= End\n");
  EXPECT_EQ(trace.size(), 4u);
  EXPECT_EQ(trace.event(1).op, Op::Reset);
  EXPECT_EQ(trace.facts().unknown_frees, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 1u);
  EXPECT_TRUE(warns(trace, "line 4 begins another log"));
  EXPECT_EQ(fault_of_import(trace), "");
  EXPECT_TRUE(read("= Start\n= End\n= Start\n+ 0x20 0x1\n= End\n").warnings().empty());
}

TEST(Mtrace, follows_threads_that_overtake_each_other_in_the_log) {
  // A realloc gave 0x10 back before its lines were written, and another thread was given it: cut from a real log.
  const Trace trace = read("+ 0x10 0x64\n+ 0x10 0x37\n< 0x10\n> 0x20 0x98\n< 0x10\n> 0x30 0x4cd\n- 0x20\n- 0x30\n");
  EXPECT_EQ(trace.facts().implicit_frees, 1u);
  EXPECT_EQ(trace.facts().unknown_reallocs, 1u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

TEST(Mtrace, leaves_out_what_is_no_record_and_names_the_first_such_lines) {
  const Trace trace = read(
      "= Start\nhello, world\n+ 0x10 0x1\n+ 0x20\n- 0x10 0x5\n? 0x10\n- 10\n+ 0x30 0x\n+ 0x40 0x1 \n= Stop\n- 0x10\n");
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_TRUE(warns(trace, "8 lines (2, 4, 5, 6, 7, …) are not glibc mtrace and were left out"));
}

TEST(Mtrace, leaves_out_half_a_realloc_and_takes_the_other_half_for_what_it_is) {
  const Trace trace = read("+ 0x10 0x1\n< 0x10\n+ 0x20 0x2\n> 0x30 0x3\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_TRUE(trace.event(2).has(trace::kUnknownId));
  EXPECT_EQ(trace.facts().live_blocks_at_end, 3u);
  EXPECT_TRUE(warns(trace, "line 2 is not glibc mtrace"));
}

TEST(Mtrace, is_trouble_only_where_nothing_is_of_the_format) {
  const auto trace = read_text("mtrace", "hello\nworld\n");
  ASSERT_FALSE(trace.ok());
  EXPECT_EQ(trace.trouble().text(),
            "log, line 1: not one event of glibc mtrace in 2 lines; check that the log is whole");
  EXPECT_TRUE(read_text("mtrace", "= Start\n").ok());
  EXPECT_TRUE(read_text("mtrace", "").ok());
}

TEST(Mtrace, drops_a_last_line_that_is_not_complete_and_says_so) {
  const Trace trace = read("= Start\n+ 0x10 0x1\n- 0x1");
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "the log is cut short: its last line, 3, is not complete and was left out"));
}

TEST(Mtrace, reads_lines_that_end_as_on_windows) {
  const Trace trace = read("= Start\r\n@ a:[0x1] + 0x10 0x1\r\n- 0x10\r\n");
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Mtrace, turns_a_path_that_is_no_utf_8_into_text) {
  const Trace trace = read("@ /tmp/\xff\xfe:[0x1] + 0x10 0x1\n");
  EXPECT_EQ(frame_of(trace, 0), "/tmp/\xef\xbf\xbd\xef\xbf\xbd:[0x1]");
}

// Counted by hand from edge.cc: main allocates 17 times before its threads (malloc 0, the one that fails,
// realloc(NULL), keep, calloc twice, memalign, posix_memalign, aligned_alloc, valloc, pvalloc, reallocarray(NULL), five
// times new), the threads cost a table each and allocate 20 times each: 17 + 2 + 40. Reallocs: 34, 3000, 200000, the
// one that fails and 450, then 20 a thread. Everything is freed but keep and what failed: 59 - 2, one of them by
// realloc(P, 0).
TEST(Mtrace, counts_the_corners_of_the_interface_as_their_program_made_them) {
  const auto trace = open_trace(data_path("edge.mtrace"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  const Facts& facts = trace->facts();
  EXPECT_EQ(facts.allocs, 59u);
  EXPECT_EQ(facts.reallocs, 45u);
  EXPECT_EQ(facts.frees, 57u);
  EXPECT_EQ(facts.failed_requests, 2u);
  EXPECT_EQ(facts.unknown_frees, 0u);
  EXPECT_EQ(facts.null_frees, 0u);  // free(NULL) is not logged
  EXPECT_EQ(facts.implicit_frees, 0u);
  EXPECT_EQ(facts.peak_live_bytes, 200'010u);  // the block of 200000 and keep
  EXPECT_EQ(facts.peak_live_blocks, 4u);       // keep, two threads' tables, one block of a thread
  EXPECT_EQ(facts.largest_request, 200'000u);
  EXPECT_EQ(facts.live_blocks_at_end, 1u);
  EXPECT_EQ(facts.live_bytes_at_end, 10u);
  EXPECT_TRUE(trace->warnings().empty());
  EXPECT_EQ(fault_of_import(*trace), "");
}

// The child logged malloc(777), its free, the free of keep, and those of the two tables; the parent had 7 records in
// its buffer when it forked, which both wrote, the first of them torn: 2 allocs, 2 reallocs, 1 whole free, and the
// frees of the two tables once more, now unknown.
TEST(Mtrace, warns_where_a_forked_child_wrote_to_the_same_file) {
  const auto trace = open_trace(data_path("edge-fork.mtrace"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  const Facts& facts = trace->facts();
  EXPECT_EQ(facts.allocs, 59u + 1 + 2);
  EXPECT_EQ(facts.reallocs, 45u + 2);
  EXPECT_EQ(facts.frees, 57u + 2 + 2 + 2);
  EXPECT_EQ(facts.unknown_frees, 2u);
  EXPECT_EQ(facts.live_blocks_at_end, 0u);
  EXPECT_TRUE(warns(*trace, "line 210 is torn, as in a log that a forked child wrote to as well"));
  EXPECT_TRUE(warns(*trace, "line 210 is not glibc mtrace and was left out"));
  EXPECT_EQ(fault_of_import(*trace), "");
}

TEST(Mtrace, warns_of_a_record_that_begins_inside_another) {
  const Trace trace = read("+ 0x10 0x1\n@ ./edge:[0x12@ ./edge:[0x1332] - 0x10\n");
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.event(1).site, 0u);
  EXPECT_TRUE(warns(trace, "line 2 is torn"));
}

struct Cut {
  const char* file;
  Facts facts;
};

TEST(Mtrace, counts_the_beginnings_of_larger_logs_as_a_separate_script_does) {
  Facts perl;
  perl.allocs = 287;
  perl.frees = 110;
  perl.reallocs = 1;
  perl.peak_live_bytes = 117'277;
  perl.peak_live_blocks = 178;
  perl.largest_request = 32'768;
  perl.live_blocks_at_end = 177;
  perl.live_bytes_at_end = 117'235;
  Facts sqlite;
  sqlite.allocs = 2114;
  sqlite.frees = 1839;
  sqlite.reallocs = 23;
  sqlite.peak_live_bytes = 281'640;
  sqlite.peak_live_blocks = 318;
  sqlite.largest_request = 87'208;
  sqlite.live_blocks_at_end = 275;
  sqlite.live_bytes_at_end = 281'240;
  for (const Cut& cut : {Cut{"perl-head.mtrace", perl}, Cut{"sqlite-head.mtrace.zst", sqlite}}) {
    const auto trace = open_trace(data_path(cut.file));
    ASSERT_TRUE(trace.ok()) << trace.trouble().text();
    EXPECT_EQ(trace->facts(), cut.facts) << cut.file;
    EXPECT_EQ(fault_of_import(*trace), "") << cut.file;
    EXPECT_TRUE(trace->warnings().empty()) << cut.file;
    EXPECT_EQ(trace->header().name, cut.file);
  }
}

// How many events the first so many lines of a log hold: a realloc's first line alone is none.
std::vector<std::uint64_t> events_by_line(std::string_view text) {
  std::vector<std::uint64_t> events{0};
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    events.push_back(events.back() + (line.starts_with("=") || line.find("] < ") != std::string_view::npos ? 0 : 1));
  }
  return events;
}

TEST(Mtrace, cut_at_any_byte_gives_its_complete_lines_and_a_warning) {
  const std::string text = text_of(data_path("edge.mtrace"));
  const std::vector<std::uint64_t> events = events_by_line(text);
  std::uint64_t lines = 0;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    if (length > 0 && text[length - 1] == '\n') ++lines;
    if (test::kSanitized && length % 5 != 0) continue;
    const bool at_line_end = length == 0 || text[length - 1] == '\n';
    const auto trace = read_text("mtrace", std::string_view(text).substr(0, length));
    ASSERT_TRUE(trace.ok()) << length << ": " << trace.trouble().text();
    ASSERT_EQ(trace->size(), events[lines]) << length;
    ASSERT_EQ(warns(*trace, "cut short"), !at_line_end) << length;
    // A cut between the two lines of a realloc is seen too.
    const bool inside_realloc = lines > 0 && events[lines] == events[lines - 1] && lines > 1;
    ASSERT_EQ(trace->warnings().empty(), at_line_end && !inside_realloc && events[lines] != 0) << length;
  }
}

}  // namespace
}  // namespace allocviz::import::mtrace_test
