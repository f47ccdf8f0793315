// heaptrack's raw log: the grammar, stacks and modules, the corners of a real log, and logs that were cut.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/import_support.h"

namespace allocviz::import::heaptrack_test {
namespace {

using trace::Facts;
using trace::Op;
using trace::Trace;

Trace read(std::string_view text) {
  return trace_of("heaptrack-raw", text);
}

constexpr std::string_view kHead =
    "v 10400 3\nx 15 /home/user/heaps/edge\nX ./edge\nI 1000 5e298d\nm 1 -\nm 1 x 555a9a395000 0 d38 1000 831\n"
    "m f linux-vdso.so.1 7f3a5bec2000 0 1522\nm 1f /lib/x86_64-linux-gnu/libc.so.6 7f3a5ba1e000 0 25388 26000 1550fc\n";

std::string with_head(std::string_view events) {
  return std::string(kHead) + std::string(events);
}

std::string stack_of(const Trace& trace, std::uint64_t index) {
  const std::uint32_t site = trace.event(index).site;
  if (site == 0) return "";
  std::string text;
  for (const std::string& frame : trace.sites().at(site - 1).frames) text += (text.empty() ? "" : " ") + frame;
  return text;
}

TEST(HeaptrackRaw, reads_allocations_and_frees_in_hex) {
  const Trace trace = read(with_head("t 555a9a396364 0\n+ a8 1 555aa6c9c1d0\n- 555aa6c9c1d0\n"));
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.event(0).size, 0xa8u);
  EXPECT_EQ(trace.event(0).addr, 0x555aa6c9c1d0u);
  EXPECT_EQ(trace.event(1).op, Op::Free);
  EXPECT_EQ(trace.event(1).id, trace.event(0).id);
  EXPECT_EQ(trace.header().format, "heaptrack-raw");
  EXPECT_EQ(trace.header().about, "Recorded by heaptrack: `./edge`");
  EXPECT_EQ(trace.event(0).align(), 16u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(HeaptrackRaw, builds_stacks_innermost_first_and_names_module_and_offset) {
  const Trace trace =
      read(with_head("t 555a9a396200 0\nt 7f3a5ba45304 1\nt 555a9a396364 2\n+ 1 3 10\n+ 1 2 20\n+ 1 0 30\n+ 1 3 40\n"));
  EXPECT_EQ(stack_of(trace, 0), "edge+0x1364 libc.so.6+0x27304 edge+0x1200");
  EXPECT_EQ(stack_of(trace, 1), "libc.so.6+0x27304 edge+0x1200");
  EXPECT_EQ(stack_of(trace, 2), "");
  EXPECT_EQ(trace.event(3).site, trace.event(0).site);
  EXPECT_TRUE(trace.sites().at(0).stack);
  EXPECT_EQ(trace.sites().size(), 2u);  // the outermost frame alone is used by no event
}

TEST(HeaptrackRaw, shows_an_address_in_no_module_bare) {
  const Trace trace = read(with_head("t 555a9a395d38 0\n+ 1 1 10\nt 1234 0\n+ 1 2 20\nt 555a9a395d37 0\n+ 1 3 30\n"));
  EXPECT_EQ(stack_of(trace, 0), "0x555a9a395d38");  // one byte behind a segment
  EXPECT_EQ(stack_of(trace, 1), "0x1234");
  EXPECT_EQ(stack_of(trace, 2), "edge+0xd37");
}

TEST(HeaptrackRaw, uses_the_modules_that_are_loaded_when_a_stack_is_first_used) {
  const Trace trace = read(
      "v 10400 3\nx 4 /b/p\nm 4 /a.a 1000 0 100\nt 1010 0\n+ 1 1 10\nm 1 -\nm 4 /b.b 1000 0 100\nt 1010 0\n+ 1 2 20\n");
  EXPECT_EQ(stack_of(trace, 0), "a.a+0x10");
  EXPECT_EQ(stack_of(trace, 1), "b.b+0x10");
}

TEST(HeaptrackRaw, keeps_the_innermost_frames_of_a_deep_stack) {
  std::string text = with_head("t 1 0\n");
  for (int i = 2; i <= 40; ++i) text += fmt::format("t {:x} {:x}\n", i, i - 1);
  const Trace trace = read(text + "+ 1 28 10\n+ 1 10 20\n");
  const auto& frames = trace.sites().at(0).frames;
  ASSERT_EQ(frames.size(), 17u);
  EXPECT_EQ(frames.front(), "0x28");
  EXPECT_EQ(frames[15], "0x19");
  EXPECT_EQ(frames.back(), "…");
  EXPECT_EQ(trace.sites().at(1).frames.size(), 16u);
  EXPECT_EQ(trace.sites().at(1).frames.back(), "0x1");
}

TEST(HeaptrackRaw, spends_no_more_memory_on_stacks_than_the_log_is_worth) {
  std::string text = with_head("t 1 0\n");
  for (int i = 2; i <= 20'000; ++i) text += fmt::format("t {:x} {:x}\n+ 1 {:x} {:x}\n", i, i - 1, i, i);
  const Trace trace = read(text);
  std::uint64_t frames = 0;
  for (const trace::Site& site : trace.sites()) frames += site.frames.size();
  EXPECT_LT(frames, (std::uint64_t{1} << 16) + text.size() / 8 + 5 * trace.sites().size());
  EXPECT_TRUE(warns(trace, "stacks were cut to their 4 innermost frames to save memory"));
  EXPECT_EQ(trace.size(), 19'999u);
}

TEST(HeaptrackRaw, gives_events_the_time_of_the_last_tick_and_never_an_earlier_one) {
  const Trace trace = read(with_head("+ 1 0 10\nc 10\n+ 1 0 20\nc 5\n- 10\nc 2ed\n- 20\n"));
  EXPECT_EQ(trace.event(0).time_ns, 0u);
  EXPECT_EQ(trace.event(1).time_ns, 16'000'000u);
  EXPECT_EQ(trace.event(2).time_ns, 16'000'000u);
  EXPECT_EQ(trace.event(3).time_ns, 749'000'000u);
}

TEST(HeaptrackRaw, reads_realloc_as_the_two_events_that_it_is_logged_as) {
  const Trace trace = read(with_head("+ 22 0 10\n- 10\n+ bb8 0 10\n"));
  EXPECT_EQ(trace.facts().reallocs, 0u);
  EXPECT_EQ(trace.event(2).id, 2u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 0xbb8u);
}

TEST(HeaptrackRaw, takes_every_line_of_the_grammar_and_leaves_out_the_rest) {
  const Trace trace =
      read(with_head("# a comment\nA\nS leak:x\nR 3f7\nI 1000 5\n+ 1 0 10\n\n+ 1 0\n+ 1 9 20\n- \n- 0\n"
                     "+ 1 0 0\n+ ffffffffffffffff 0 30\nz 1\nt 5\n+ 1 1 40\n- 10 \n"));
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_TRUE(warns(trace, "9 lines (16, 17, 18, 19, 20, …) are not heaptrack raw and were left out"));
}

// A carriage return is nothing that heaptrack writes, so each of those lines is looked at closely.
TEST(HeaptrackRaw, reads_lines_as_heaptrack_writes_them_as_it_reads_unusual_ones) {
  std::string plain = with_head("t 5 0\nt 6 1\n");
  std::mt19937_64 random(1);
  for (int i = 0; i < 40'000; ++i) {
    const std::uint64_t kind = random() % 64, addr = 0x10 * (1 + random() % 3000) << (random() % 3 * 20);
    if (kind == 0) {
      plain += fmt::format("t {:x} {:x}\nc {:x}\n", random() % 99, random() % 3, i);
    } else if (kind == 1) {
      constexpr std::string_view kOdd[] = {"+ 1 0",   "+ 1 0 0",   "- 0", "+ 1 fffff 10", "+ 8000000000000000 0 10",
                                           "- 10 ",   "+ 1  0 10", "",    "z 1",          "- 11223344556677889",
                                           "+ A 1 B", "+ 1 0 10g", "-10", "+ x 0 10",     "+ 00000000000000001 1 0A0"};
      plain += fmt::format("{}\n", kOdd[random() % std::size(kOdd)]);
    } else if (kind < 34) {
      plain += fmt::format("+ {:x} {:x} {:x}\n", random() >> (1 + random() % 63), random() % 3, addr);
    } else {
      plain += fmt::format("- {:x}\n", addr);
    }
  }
  plain += "+ 1 0 10\n- 1";
  std::string unusual;
  for (const char c : plain) unusual += c == '\n' ? "\r\n" : std::string(1, c);
  const Trace read_plain = read(plain), read_unusual = read(unusual);
  EXPECT_GT(read_plain.size(), 35'000u);
  EXPECT_EQ(difference(read_plain, read_unusual), "");
  EXPECT_EQ(read_plain.warnings(), read_unusual.warnings());
}

TEST(HeaptrackRaw, keeps_the_numbers_of_stacks_right_behind_one_that_is_damaged) {
  const Trace trace = read(with_head("t 5\nt 6 0\n+ 1 2 10\n"));
  EXPECT_EQ(stack_of(trace, 0), "0x6");
}

TEST(HeaptrackRaw, refuses_a_file_version_from_the_future) {
  const auto trace = read_text("heaptrack-raw", "v 10600 4\nx 4 /b/p\n+ 1 0 10\n");
  ASSERT_FALSE(trace.ok());
  EXPECT_EQ(
      trace.trouble().text(),
      "log, line 1: the log has heaptrack's file version 4, the newest one read is 3; record it with heaptrack 1.2 "
      "... 1.5");
}

TEST(HeaptrackRaw, reads_names_without_a_length_before_file_version_3) {
  const Trace trace = read("v 10200 2\nx /usr/bin/prog\nm x 1000 0 100\nt 1010 0\n+ 1 1 10\n");
  EXPECT_EQ(stack_of(trace, 0), "prog+0x10");
  EXPECT_TRUE(trace.warnings().empty());
}

// Counted by hand from edge.cc and what heaptrack 1.4 logs of it: realloc is two events, realloc(P, 0) and the one that
// failed are none (so the block of 200000 stays), memalign and pvalloc are none but their frees are (unknown). Blocks
// made: 72704 by libstdc++, 0, 33, 34, 3000, 10, 200000, 91, 0, 99, 8192, 10, 150, 450, five by new, two threads'
// tables, and 40 a thread: 101. Left: keep (10), 200000 and the tables (320 each).
TEST(HeaptrackRaw, counts_the_corners_of_the_interface_as_their_program_made_them) {
  const auto trace = open_trace(data_path("edge.heaptrack.raw.zst"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  const Facts& facts = trace->facts();
  EXPECT_EQ(facts.allocs, 101u);
  EXPECT_EQ(facts.unknown_frees, 2u);
  EXPECT_EQ(facts.frees, 101u - 4 + 2);
  EXPECT_EQ(facts.reallocs, 0u);
  EXPECT_EQ(facts.implicit_frees, 0u);
  EXPECT_EQ(facts.live_blocks_at_end, 4u);
  EXPECT_EQ(facts.live_bytes_at_end, 10u + 200'000 + 2 * 320);
  EXPECT_EQ(facts.peak_live_bytes, 72'704u + 10 + 200'000 + 8192);
  EXPECT_EQ(facts.peak_live_blocks, 6u);  // 72704, keep, 200000, two tables, a thread's block
  EXPECT_EQ(facts.largest_request, 200'000u);
  EXPECT_EQ(facts.threads, 0u);
  EXPECT_TRUE(trace->warnings().empty());
  EXPECT_EQ(fault_of_import(*trace), "");
  EXPECT_EQ(stack_of(*trace, 1), "edge+0x1364 libc.so.6+0x27249 libc.so.6+0x27304 edge+0x1200");
}

TEST(HeaptrackRaw, counts_the_beginning_of_a_larger_log_as_a_separate_script_does) {
  const auto trace = open_trace(data_path("node-head.heaptrack.raw.zst"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  Facts expected;
  expected.allocs = 2684;
  expected.frees = 285;
  expected.peak_live_bytes = expected.live_bytes_at_end = 227'377;
  expected.peak_live_blocks = expected.live_blocks_at_end = 2399;
  expected.largest_request = 72'704;
  EXPECT_EQ(trace->facts(), expected);
  EXPECT_EQ(fault_of_import(*trace), "");
  EXPECT_TRUE(trace->has_times());
}

TEST(HeaptrackRaw, cut_at_any_byte_gives_its_complete_lines_and_a_warning) {
  const std::string text = text_of(data_path("edge.heaptrack.raw.zst"));
  ASSERT_FALSE(text.empty());
  std::uint64_t events = 0;
  std::size_t line = 0;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const bool at_line_end = length == 0 || text[length - 1] == '\n';
    if (at_line_end && length != 0) {
      if (text[line] == '+' || text[line] == '-') ++events;
      line = length;
    }
    const auto trace = read_text("heaptrack-raw", std::string_view(text).substr(0, length));
    ASSERT_TRUE(trace.ok()) << length << ": " << trace.trouble().text();
    ASSERT_EQ(trace->size(), events) << length;
    ASSERT_EQ(warns(*trace, "cut short"), !at_line_end) << length;
    ASSERT_EQ(warns(*trace, "the log has no events"), at_line_end && events == 0) << length;
    ASSERT_EQ(trace->warnings().empty(), at_line_end && events != 0) << length;
  }
}

TEST(HeaptrackRaw, reads_a_header_without_events) {
  for (const char* text : {"v 10400 3\n", "v 10400 3\nX ./a\nI 1000 5e298d\nA\n# a comment\n"}) {
    EXPECT_GT(importer_named("heaptrack-raw").recognise(text), 0) << text;
    EXPECT_TRUE(warns(trace_of("heaptrack-raw", text), "the log has no events")) << text;
  }
  for (const char* text : {"v 10400 3\nhello\n", "v 1\nq 2\n", "X ./a\n", "x y\nv 1\n"})
    EXPECT_EQ(importer_named("heaptrack-raw").recognise(text), 0) << text;
}

TEST(HeaptrackRaw, cut_inside_its_compressed_file_gives_what_can_be_decompressed) {
  const std::string whole = data_path("edge.heaptrack.raw.zst");
  std::string packed;
  {
    std::FILE* file = std::fopen(whole.c_str(), "rb");
    ASSERT_NE(file, nullptr);
    packed.resize(4096);
    packed.resize(std::fread(packed.data(), 1, packed.size(), file));
    std::fclose(file);
  }
  const std::string path = testing::TempDir() + "import_cut.raw.zst";
  std::uint64_t last = 0;
  for (std::size_t length = 0; length < packed.size(); ++length) {
    write_file(path, std::string_view(packed).substr(0, length));
    const auto trace = open_trace(path);
    if (!trace.ok()) {
      EXPECT_FALSE(trace.trouble().what.empty());
      EXPECT_EQ(trace.trouble().text().find('\n'), std::string::npos);
      continue;
    }
    EXPECT_FALSE(trace->warnings().empty()) << length;
    EXPECT_GE(trace->size(), last) << length;
    last = trace->size();
  }
  std::remove(path.c_str());
}

}  // namespace
}  // namespace allocviz::import::heaptrack_test
