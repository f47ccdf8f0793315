// ESP-IDF's heap traces: the table of records, whose frees have no order, and SystemView's log, whose events have one.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/import_support.h"

namespace allocviz::import::esp_heap_test {
namespace {

using trace::Op;
using trace::Trace;

Trace read(std::string_view text) {
  return trace_of("esp-heap", text);
}

constexpr std::string_view kTable =
    "I (311) main: done\n"
    "====== Heap Trace: 3 records (100 capacity) ======\n"
    "    16 bytes (@ 0x3ffd1914, Internal) allocated CPU 1 ccount 0x419d1cf8 caller 0x4010a09b:0x4010a0c6\n"
    "0x4010a09b: pcTaskGetName at /esp/freertos/tasks.c:2323\n"
    "freed by 0x400e1234:0x400e5678\n"
    "    40 bytes (@ 0x3ffd1930,    PSRAM) allocated CPU 0 ccount 0x00000010 caller 0x4010a09b:0x0\n"
    "    64 bytes (@ 0x3ffd1910, Internal) allocated CPU 1 ccount 0x419e0000 caller 0x4010a09b:0x4010a0c6\n"
    "freed by 0x400e1234:0x400e5678\n"
    "====== Heap Trace Summary ======\n"
    "120 bytes 'leaked' in trace (3 allocations)\n";

TEST(EspHeap, a_free_without_a_time_stands_as_late_as_the_addresses_allow) {
  const Trace trace = read(kTable);
  ASSERT_EQ(trace.size(), 5u);
  // The third block covers the first, which is known to be freed; the second one, which is not, stays where it is.
  EXPECT_EQ(trace.event(2).op, Op::Free);
  EXPECT_EQ(trace.event(2).id, trace.event(0).id);
  EXPECT_EQ(trace.event(3).op, Op::Alloc);
  EXPECT_EQ(trace.event(3).size, 64u);
  EXPECT_EQ(trace.event(4).op, Op::Free);
  EXPECT_EQ(trace.event(4).id, trace.event(3).id);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 1u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 40u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 104u);
  EXPECT_TRUE(warns(trace, "lifetimes are approximate: the table does not say when its 2 freed blocks were freed"));
  EXPECT_TRUE(trace.header().has_approximate_lifetimes());
  EXPECT_EQ(fault_of_import(trace), "");
}

TEST(EspHeap, keeps_the_call_stack_and_the_kind_of_memory) {
  const Trace trace = read(kTable);
  const auto& frames = trace.sites()[trace.event(3).site - 1].frames;
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0], "tasks.c:2323 pcTaskGetName");
  EXPECT_EQ(frames[1], "0x4010a0c6");
  EXPECT_EQ(trace.sites()[trace.event(1).site - 1].frames.size(), 1u);  // 0x0 fills up a short stack
  EXPECT_EQ(trace.tags()[trace.event(1).tag - 1], "PSRAM");
}

TEST(EspHeap, reads_a_record_as_older_versions_print_it_and_says_what_overflowed) {
  const Trace trace = read(
      "16 bytes (@ 0x3ffd1914) allocated CPU 1 ccount 0x419d1cf8 caller 0x4010a09b:0x4010a0c6\n"
      "(NB: Internal Buffer has overflowed, so trace data is incomplete.)\n");
  ASSERT_EQ(trace.size(), 1u);
  EXPECT_EQ(trace.event(0).addr, 0x3ffd1914u);
  EXPECT_TRUE(warns(trace, "the chip's buffer overflowed"));
}

constexpr std::string_view kLog =
    "[0.002272225] HEAP: Allocated 8 bytes @ 0x3ffaff6c from task \"main\" on core 0 by:\n"
    "/esp/main/sysview_heap_log.c:47\n"
    "/esp/freertos/port.c:355 (discriminator 1)\n"
    "\n"
    "[0.002280000] HEAP: Allocated 32 bytes @ 0x3ffb0000 from task \"wifi\" on core 1 by:\n"
    "/esp/main/wifi.c:9\n"
    "\n"
    "[0.003011432] HEAP: Freed bytes @ 0x3ffaff6c from task \"main\" on core 0 by:\n"
    "/esp/main/sysview_heap_log.c:50\n"
    "\n"
    "Processing completed.\n";

TEST(EspHeap, system_view_gives_events_with_times_tasks_and_stacks) {
  const Trace trace = read(kLog);
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_TRUE(trace.warnings().empty());
  EXPECT_EQ(trace.event(0).size, 8u);
  EXPECT_EQ(trace.event(2).op, Op::Free);
  EXPECT_EQ(trace.event(2).id, trace.event(0).id);
  EXPECT_EQ(trace.event(2).time_ns, 739'207u);
  EXPECT_EQ(trace.facts().threads, 2u);
  EXPECT_EQ(trace.tags()[trace.event(1).tag - 1], "wifi");
  EXPECT_EQ(trace.sites()[trace.event(0).site - 1].frames.size(), 2u);
  EXPECT_EQ(trace.sites()[trace.event(0).site - 1].frames[0], "sysview_heap_log.c:47");
}

TEST(EspHeap, is_recognised_among_the_other_lines_of_a_console) {
  EXPECT_GT(importer_named("esp-heap").recognise(kTable), 0);
  EXPECT_GT(importer_named("esp-heap").recognise(kLog), 0);
  EXPECT_EQ(importer_named("esp-heap").recognise("I (311) main: 16 bytes\n"), 0);
}

TEST(EspHeap, leaves_out_what_looks_like_a_record_and_is_none) {
  const Trace trace = read(
      "16 bytes (@ 0x3ffd1914) allocated CPU 1 ccount 0x0 caller 0x4010a09b\n16 bytes (@ nowhere) allocated CPU 1\n"
      "9223372036854775808 bytes (@ 0x10) allocated CPU 0 ccount 0x0 caller 0x1\n16 bytes (@ 0x0) allocated CPU 1\n");
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "3 lines (2, 3, 4)"));
  const Trace edge = read("9223372036854775807 bytes (@ 0xfffffffffffffff0) allocated CPU 0 ccount 0x0 caller 0x1\n");
  EXPECT_EQ(edge.size(), 1u);
}

TEST(EspHeap, reads_what_chips_that_keep_no_callers_print_of_a_freed_block) {
  const Trace trace = read(
      "====== Heap Trace: 3 records (8 capacity) ======\n"
      "     3 bytes (@ 0x3fcb2600, Internal) allocated CPU 0 ccount 0x1e7af728 freed\n"
      "     6 bytes (@ 0x3fcb2700, Internal) allocated CPU 0 ccount 0x1e7afc38\n"
      "     9 bytes (@ 0x3fcb2800, Internal) allocated CPU 0 ccount 0x1e7b01d4 freed\n"
      "6 bytes alive in trace (1/3 allocations)\n");
  EXPECT_EQ(trace.facts().allocs, 3u);
  EXPECT_EQ(trace.facts().frees, 2u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 6u);
}

TEST(EspHeap, passes_over_the_times_and_colours_that_a_terminal_puts_before_a_line) {
  const Trace trace = read(
      "12:34:56.789 -> 32 bytes (@ 0x3ffaf200) allocated CPU 0 ccount 0x2e9b7384 caller 0x400d2770:0x400d27c1\n"
      "12:34:56.790 -> freed by 0x400d2770:0x400d27c1\n"
      "2024-05-01 10:11:12     8 bytes (@ 0x3ffaf800,    PSRAM) allocated CPU 0 ccount 0x2e9b79c0 caller 0x400d2776\n"
      "[2024-05-01 10:11:13.100] 7 bytes (@ 0x3ffaf900) allocated CPU 0 ccount 0x2e9b79d0 caller 0x400d2778\n"
      "\x1b[0;33m--- 0x400d2776: leak at /x/y.c:27\x1b[0m\n"
      "\x1b[0;32m5 bytes (@ 0x3ffafa00) allocated CPU 0 ccount 0x2e9b79e0 caller 0x400d2776\x1b[0m\n");
  EXPECT_EQ(trace.facts().allocs, 4u);
  EXPECT_EQ(trace.facts().frees, 1u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 20u);
  EXPECT_EQ(trace.event(1).size, 8u);
  ASSERT_EQ(trace.event(3).op, Op::Alloc);
  EXPECT_EQ(trace.sites()[trace.event(3).site - 1].frames[0], "y.c:27 leak");
}

TEST(EspHeap, finds_who_freed_a_record_behind_blank_lines_and_other_tasks_lines) {
  const Trace trace = read(
      "   16 bytes (@ 0x3ffd1900, Internal) allocated CPU 1 ccount 0x419d1cf8 caller 0x400d2776\n"
      "--- 0x400d2776: leak at /x/y.c:27\n\nfreed by 0x400e1234\n--- 0x400e1234: drop at /x/y.c:31\n\n"
      "    8 bytes (@ 0x3ffd2000, Internal) allocated CPU 0 ccount 0x419d2000 caller 0x400d2776\n"
      "I (3120) wifi: connected\nfreed by 0x400e1234\n"
      "    4 bytes (@ 0x3ffd3000, Internal) allocated CPU 0 ccount 0x419d3000 caller 0x400d2776\n\n");
  EXPECT_EQ(trace.facts().allocs, 3u);
  EXPECT_EQ(trace.facts().frees, 2u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 4u);
  const Trace torn = read(
      "16 bytes (@ 0x3ffd1900) allocated CPU 1 ccount 0x419d1cf8 caller 0x400d2776\n"
      "8 bytes (@ 0x3ffd2000) alloc\nfreed by 0x400e1234\n");
  EXPECT_EQ(torn.facts().live_bytes_at_end, 16u);
}

TEST(EspHeap, reads_a_table_that_is_printed_again_once) {
  const std::string_view first = "16 bytes (@ 0x3ffd1900) allocated CPU 1 ccount 0x419d1cf8 caller 0x4010a09b\n";
  const std::string again = std::string(first) + "freed by 0x400e1234\n";
  const Trace trace =
      read(std::string(first) + "8 bytes (@ 0x3ffd2000) allocated CPU 0 ccount 0x419d2000 caller 0x4010a09b\n" + again +
           "8 bytes (@ 0x3ffd2000) allocated CPU 0 ccount 0x419d2000 caller 0x4010a09b\n");
  EXPECT_EQ(trace.facts().allocs, 2u);
  EXPECT_EQ(trace.facts().frees, 1u);
  EXPECT_EQ(trace.facts().implicit_frees, 0u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 8u);
  EXPECT_TRUE(warns(trace, "2 records are printed more than once"));
}

TEST(EspHeap, cut_at_any_byte_gives_its_complete_records) {
  cut_everywhere("esp-heap", kTable);
  cut_everywhere("esp-heap", kLog);
}

TEST(EspHeap, what_a_monitor_writes_before_a_record_may_stand_before_its_end_too) {
  for (const std::string& before : std::vector<std::string>{"14:02:11.123 > ", "I (1234) app: ", "uart0: "}) {
    const Trace trace =
        trace_of("esp-heap", before + "16 bytes (@ 0x3ffd1914) allocated CPU 1 ccount 0x419d1cf8 caller " +
                                 "0x4010a09b:0x4010a0c6\n" + before + "freed by 0x400e1234:0x400e5678\n");
    EXPECT_EQ(trace.facts().frees, 1u) << before;
    EXPECT_EQ(trace.facts().live_blocks_at_end, 0u) << before;
  }
}

}  // namespace
}  // namespace allocviz::import::esp_heap_test
