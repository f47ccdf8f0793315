// malloc-bench's protobuf: slots that are used again, null pointers that are left away, lengths that lie, cuts.
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "tests/import_support.h"

namespace allocviz::import::malloc_bench_test {
namespace {

using trace::Facts;
using trace::Op;
using trace::Trace;

constexpr std::uint64_t kMalloc = 1, kFree = 2, kRealloc = 3, kCalloc = 4;
constexpr std::uint64_t kMost = ~std::uint64_t{0};

std::string varint(std::uint64_t value) {
  std::string text;
  for (; value > 127; value >>= 7) text += static_cast<char>((value & 127) | 128);
  return text + static_cast<char>(value);
}
std::string number(std::uint64_t field, std::uint64_t value) {
  return varint(field << 3) + varint(value);
}
std::string message(std::uint64_t field, const std::string& inside) {
  return varint(field << 3 | 2) + varint(inside.size()) + inside;
}
std::string line(std::uint64_t call, std::initializer_list<std::pair<std::uint64_t, std::uint64_t>> numbers) {
  std::string inside;
  for (const auto& [field, value] : numbers) inside += number(field, value);
  return message(1, message(call, inside));
}

Trace read(std::string_view text) {
  Trace trace = trace_of("malloc-bench", text);
  EXPECT_EQ(fault_of_import(trace), "");
  return trace;
}

TEST(MallocBench, the_fixture_has_the_figures_that_were_counted_by_hand) {
  const auto trace = open_trace(data_path("bench-small.trace"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  Facts expected;
  expected.allocs = 5;
  expected.frees = 4;  // one of them realloc(p, 0)
  expected.reallocs = 2;
  expected.null_frees = 1;
  expected.unknown_reallocs = 1;  // realloc(NULL, 16)
  expected.failed_requests = 1;
  expected.peak_live_bytes = 1234 + 5000 + 21;
  expected.peak_live_blocks = 4;
  expected.largest_request = 5000;
  expected.live_bytes_at_end = 5000 + 40;
  expected.live_blocks_at_end = 2;
  EXPECT_EQ(trace->facts(), expected);
  EXPECT_EQ(trace->event(5).align(), 64u);
  EXPECT_EQ(trace->event(0).align(), 16u);
  EXPECT_FALSE(trace->has_addresses());
  EXPECT_TRUE(trace->warnings().empty());
}

TEST(MallocBench, a_slot_that_is_used_again_is_another_block) {
  const Trace trace = read(line(kMalloc, {{1, 0}, {2, 5}}) + line(kFree, {{1, 0}}) + line(kMalloc, {{1, 0}, {2, 7}}) +
                           line(kMalloc, {{1, 0}, {2, 9}}) + line(kFree, {{1, 0}}) + line(kFree, {{1, 0}}));
  EXPECT_NE(trace.event(0).id, trace.event(2).id);
  EXPECT_EQ(trace.facts().implicit_frees, 1u);
  EXPECT_EQ(trace.facts().unknown_frees, 1u);
}

TEST(MallocBench, a_realloc_may_take_one_slot_and_fill_another) {
  const Trace trace = read(line(kMalloc, {{1, 4}, {2, 5}}) + line(kRealloc, {{1, 9}, {2, 4}, {3, 50}}) +
                           line(kRealloc, {{2, 9}, {3, 70}}) + line(kFree, {{1, 9}}) + line(kFree, {{1, 4}}));
  EXPECT_EQ(trace.event(1).id, trace.event(0).id);
  EXPECT_TRUE(trace.event(2).has(trace::kFailedThere));
  EXPECT_EQ(trace.event(3).id, trace.event(0).id);
  EXPECT_EQ(trace.facts().unknown_frees, 1u);
}

TEST(MallocBench, passes_over_fields_that_a_later_version_may_add) {
  const std::string fixed = std::string("\x19", 1) + std::string(8, 'x') + std::string("\x1d", 1) + std::string(4, 'x');
  const std::string later = number(3, 5) + message(200, std::string(5000, 'x')) + fixed;
  const std::string in_call =
      message(1, message(kMalloc, number(1, 0) + number(2, 5) + number(77, 1) + message(9, "z")) + message(12, "abc") +
                     number(15, 1));
  const Trace trace =
      read(later + in_call + later + number(2, 1) + line(kFree, {{1, 0}}) + message(1, message(7, "q")));
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.event(0).size, 5u);
  EXPECT_TRUE(warns(trace, "row 3 is not malloc-bench trace and was left out"));
}

TEST(MallocBench, refuses_lengths_and_numbers_that_no_such_file_holds) {
  const std::string good = line(kMalloc, {{1, 0}, {2, 5}});
  const auto trouble = [&good](const std::string& bad) {
    const auto trace = read_text("malloc-bench", good + bad);
    return trace.ok() ? std::string("it was read") : trace.trouble().text();
  };
  EXPECT_NE(trouble("\x0a" + varint(std::uint64_t{1} << 63)).find("a line is said to have 9223372036854775808 B"),
            std::string::npos);
  EXPECT_NE(trouble("\x1a" + varint(kMost)).find("a field is said to have 18446744073709551615 B"), std::string::npos);
  EXPECT_NE(trouble("\x0a" + std::string(11, '\xff')).find("does not end after ten bytes"), std::string::npos);
  EXPECT_NE(trouble(std::string("\x00\x01", 2)).find("impossible number"), std::string::npos);
  EXPECT_NE(trouble("\x0b\x01").find("unknown type"), std::string::npos);
  EXPECT_NE(trouble("\x0b\x01").find("byte"), std::string::npos);
}

TEST(MallocBench, leaves_out_damaged_lines_and_sizes_that_nobody_has) {
  const std::string text = message(1, "\x0a\x7f\x08") + message(1, "") + line(kMalloc, {{1, 0}, {2, kMost}}) +
                           line(kFree, {{1, kMost}}) + line(kMalloc, {{1, 1}, {2, 5}}) + line(kMalloc, {{2, kMost}}) +
                           line(kCalloc, {{2, kMost}, {3, 2}});
  const Trace trace = read(text);
  EXPECT_EQ(trace.facts().failed_requests, 2u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 5u);
  EXPECT_TRUE(warns(trace, "4 rows (1, 2, 3, 4) are not malloc-bench trace"));
  EXPECT_TRUE(warns(trace, "2 failed requests for more than 2^63-1 bytes"));
}

TEST(MallocBench, is_recognised_only_where_the_first_lines_are_such_throughout) {
  const auto sure = [](const std::string& text) { return importer_named("malloc-bench").recognise(text); };
  const std::string one = line(kMalloc, {{1, 0}, {2, 5}}), three = one + line(kFree, {{1, 0}}) + line(kFree, {});
  EXPECT_GT(sure(three), 50);
  EXPECT_GT(sure(one), 0);  // all of a file
  EXPECT_GT(sure(one + number(2, 1)), 0);
  EXPECT_EQ(sure(one + "and more"), 0);
  EXPECT_EQ(sure(one + one + message(1, "abc") + three), 0);
  EXPECT_EQ(sure(three + message(1, message(5, "")) + three), 0);
  EXPECT_EQ(sure(message(1, message(kMalloc, message(1, "x"))) + three), 0);
  for (const char* text : {"", "\n", "\n\n\n\n\n\n\n\n\n\n\n\n", "\n\nDear all,\n", "\n\x04\x0a\x02hi"})
    EXPECT_EQ(sure(text), 0) << text;
}

TEST(MallocBench, cut_at_any_byte_gives_its_complete_lines) {
  const std::string text = text_of(data_path("bench-small.trace"));
  std::uint64_t last = 0;
  std::size_t next = 0;  // where a field begins
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string_view part = std::string_view(text).substr(0, length);
    const bool between = length == next;
    if (between && length < text.size())
      next += text[length] == '\x0a' ? 2 + static_cast<std::size_t>(text[length + 1]) : 2;
    const auto trace = read_text("malloc-bench", part);
    ASSERT_TRUE(trace.ok()) << length;
    ASSERT_EQ(fault_of_import(*trace), "") << length;
    ASSERT_GE(trace->size(), last) << length;
    ASSERT_EQ(warns(*trace, "cut short"), !between) << length;
    last = trace->size();
  }
  EXPECT_EQ(last, 11u);
}

}  // namespace
}  // namespace allocviz::import::malloc_bench_test
