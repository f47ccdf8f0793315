// Tables: names of columns, delimiters, quotes, units, what an operation may be called, and what a row may lack.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/import_support.h"

namespace allocviz::import::csv_test {
namespace {

using trace::Op;
using trace::Trace;

Trace read(std::string_view text) {
  return trace_of("csv", text);
}

TEST(Csv, reads_a_table_by_the_names_of_its_columns) {
  const Trace trace = read(
      "time_us,op,ptr,size,old_ptr,align,tid,site\n"
      "1000,malloc,0x1000,64,,,7,main.c:3\n"
      "1001.5,realloc,0x2000,128,0x1000,,7,main.c:4\n"
      "1002,memalign,0x3000,32,,64,8,main.c:5\n"
      "1003,free,0x2000,,,,7,\n"
      "1004,malloc,(nil),4096,,,7,\n"
      "1005,free,0x0,,,,7,\n");
  ASSERT_EQ(trace.size(), 6u);
  EXPECT_TRUE(trace.warnings().empty()) << trace.warnings().front();
  EXPECT_EQ(trace.event(0).size, 64u);
  EXPECT_EQ(trace.event(0).addr, 0x1000u);
  EXPECT_EQ(trace.event(1).op, Op::Realloc);
  EXPECT_EQ(trace.event(1).id, trace.event(0).id);
  EXPECT_EQ(trace.event(1).time_ns, 1500u);
  EXPECT_EQ(trace.event(2).align(), 64u);
  EXPECT_EQ(trace.event(2).thread, 8u);
  EXPECT_EQ(trace.event(0).align(), 16u);
  EXPECT_EQ(trace.event(3).id, trace.event(0).id);
  EXPECT_TRUE(trace.event(4).has(trace::kFailedThere));
  EXPECT_TRUE(trace.event(5).has(trace::kNullFree));
  EXPECT_EQ(trace.sites()[trace.event(2).site - 1].frames[0], "main.c:5");
  EXPECT_EQ(trace.facts().peak_live_bytes, 160u);
}

TEST(Csv, reads_any_delimiter_quotes_a_byte_order_mark_and_crlf) {
  for (const char* text :
       {"op,id,size\na,1,64\nf,1,\n", "op;id;size\r\na;1;64\r\nf;1;\r\n", "op\tid\tsize\na\t1\t64\nf\t1\t\n",
        "op|id|size\na|1|64\nf|1|\n", "\xef\xbb\xbfop,id,size\na,1,64\nf,1\n",
        "sep=;\n\n# a comment\nop; id ;size\na ; 1;64\n\nf;1\n",
        "\"op\",\"id\",\"size\"\n\"a\",\"1\",\"64\"\n\"f\", \"1\" ,\n"}) {
    SCOPED_TRACE(text);
    EXPECT_GT(importer_named("csv").recognise(text), 0);
    const Trace trace = read(text);
    ASSERT_EQ(trace.size(), 2u);
    EXPECT_EQ(trace.event(0).size, 64u);
    EXPECT_EQ(trace.facts().unknown_frees, 0u);
    EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
    EXPECT_TRUE(trace.warnings().empty());
  }
}

TEST(Csv, a_quoted_cell_holds_delimiters_quotes_and_line_breaks) {
  const Trace trace = read("op,id,size,site,note\na,1,64,\"f(a, \"\"b\"\")\",\"two\nlines\"\nf,1,,,\n");
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.sites()[0].frames[0], "f(a, \"b\")");
  EXPECT_EQ(*trace.note(0), "two\nlines");
}

TEST(Csv, a_quote_that_nobody_closes_costs_its_lines_and_says_so) {
  std::string text = "op,id,size\na,1,64\na,\"2,64\n";
  for (int i = 3; i < 10; ++i) text += "a,3,64\n";
  const Trace trace = read(text);
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "8 lines (3, 4, 5, 6, 7, …) are not CSV"));
  std::string endless = "op,id,size\na,\"2";
  for (int i = 0; i < 20000; ++i) endless += "\na,1,64";
  EXPECT_GT(read(endless + "\n").size(), 1000u);  // it goes on behind 64 KiB
}

TEST(Csv, sizes_and_times_have_units) {
  const Trace trace =
      read("Operation,Address,Size (KiB),Time [ms]\nalloc,1000,4,5\nalloc,0x2000,1.5,5.25\nalloc,3000,64 B,7\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_EQ(trace.event(0).size, 4096u);
  EXPECT_EQ(trace.event(1).size, 1536u);
  EXPECT_EQ(trace.event(2).size, 64u);
  EXPECT_EQ(trace.event(1).time_ns, 250'000u);
  EXPECT_EQ(trace.event(2).time_ns, 2'000'000u);
  const Trace micro = read("op,id,size,time (\xc2\xb5s)\na,1,1,0\na,2,1,3\n");
  EXPECT_EQ(micro.event(1).time_ns, 3000u);
  const Trace silent = read("op,id,size,time\na,1,1,10\na,2,1,30\n");
  EXPECT_EQ(silent.event(1).time_ns, 20u);
  EXPECT_TRUE(warns(silent, "names no unit"));
  EXPECT_TRUE(warns(read("op,id,size,time\na,1,1,noon\n"), "1 times are no number"));
}

TEST(Csv, an_address_is_hex_with_0x_or_where_its_column_is) {
  const Trace trace = read("op,ptr,size\nmalloc,20001000,8\nmalloc,20000a10,8\nfree,0x20000a10,\nfree,0x20001000,\n");
  EXPECT_EQ(trace.event(0).addr, 0x20001000u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  const Trace decimal = read("op,ptr,size\nmalloc,4096,8\n");
  EXPECT_EQ(decimal.event(0).addr, 4096u);
  EXPECT_EQ(read("op,ptr,size\nmalloc,20001000,8\nfree,20001000,\n").event(0).addr, 20001000u);
}

TEST(Csv, hooks_of_freertos_and_zephyr_need_no_operation_and_no_header) {
  const Trace two = read("address,size\n0x20000a10,64\n0x20000b00,32\n0x20000a10,0\n0x20000b00,-32\n");
  EXPECT_EQ(two.facts().allocs, 2u);
  EXPECT_EQ(two.facts().frees, 2u);
  EXPECT_EQ(two.facts().live_blocks_at_end, 0u);
  const Trace macros = read("hook;pvAddress;uiSize;op\n1;0x20000a10;64;traceMALLOC\n2;0x20000a10;64;traceFREE\n");
  EXPECT_EQ(macros.facts().frees, 1u);
  EXPECT_EQ(macros.facts().live_blocks_at_end, 0u);
  const Trace listener = read("heap_id,event,mem,bytes\nmain,alloc_cb,0x20000a10,64\nmain,free_cb,0x20000a10,64\n");
  EXPECT_EQ(listener.facts().live_blocks_at_end, 0u);
  EXPECT_EQ(listener.tags()[0], "main");
  for (const char* text : {"malloc,0x20000a10,64\nfree,0x20000a10,64\n", "a;7;64\nf;7\n"}) {
    EXPECT_GT(importer_named("csv").recognise(text), 0) << text;
    const Trace bare = read(text);
    EXPECT_EQ(bare.facts().allocs, 1u) << text;
    EXPECT_EQ(bare.facts().live_blocks_at_end, 0u) << text;
  }
}

TEST(Csv, ids_are_numbers_or_names_and_stay_as_they_are) {
  const Trace trace =
      read("op,handle,bytes,address\na,tex,100,0x10\nr,tex,200,0x20\na,2,5,0x30\nf,tex,,\nf,2,,\nf,,,\n");
  ASSERT_EQ(trace.size(), 6u);
  EXPECT_EQ(trace.id_text(0), "tex");
  EXPECT_EQ(trace.id_text(2), "2");
  EXPECT_EQ(trace.event(1).addr, 0x20u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().null_frees, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

TEST(Csv, what_failed_what_was_reset_and_what_was_marked) {
  const Trace trace =
      read("op,id,size,note\nalloc,1,10,\nmalloc_failed,,999,too large\nmark,,,level 2\nreset,,,\nfree,1,,\n");
  ASSERT_EQ(trace.size(), 5u);
  EXPECT_TRUE(trace.event(1).has(trace::kFailedThere));
  EXPECT_EQ(*trace.note(1), "too large");
  EXPECT_EQ(*trace.mark_name(2), "level 2");
  EXPECT_EQ(trace.facts().resets, 1u);
  EXPECT_EQ(trace.facts().unknown_frees, 1u);
}

TEST(Csv, tasks_with_names_are_threads) {
  const Trace trace = read("op,ptr,size,task\nmalloc,0x10,8,main\nmalloc,0x20,8,wifi\nfree,0x10,,main\n");
  EXPECT_EQ(trace.facts().threads, 2u);
  EXPECT_EQ(trace.event(0).thread, trace.event(2).thread);
  EXPECT_EQ(trace.tags()[trace.event(1).tag - 1], "wifi");
}

constexpr std::string_view kProcesses =
    "pid,op,ptr,size\n10,malloc,0x10,1\n11,malloc,0x10,2\n11,malloc,0x20,3\n10,free,0x10,\n11,free,0x10,\n12,malloc,"
    "0x30,9\n";

TEST(Csv, of_several_processes_the_busiest_is_read_or_the_one_asked_for) {
  const Trace busiest = read(kProcesses);
  EXPECT_EQ(busiest.size(), 3u);
  EXPECT_EQ(busiest.facts().peak_live_bytes, 5u);
  EXPECT_EQ(busiest.header().process, 11u);
  EXPECT_EQ(busiest.header().processes, (std::vector<trace::LoggedProcess>{{10, 2}, {11, 3}, {12, 1}}));
  EXPECT_TRUE(warns(busiest, "3 processes: of 11 the events were read, those of 10 (2 events), 12 (1 events)"));
  const auto other = read_text("csv", kProcesses, {.limits = {}, .process = 10});
  ASSERT_TRUE(other.ok()) << other.trouble().text();
  EXPECT_EQ(other->size(), 2u);
  EXPECT_EQ(other->facts().live_blocks_at_end, 0u);
  EXPECT_EQ(other->header().process, 10u);
  EXPECT_EQ(other->header().processes, (std::vector<trace::LoggedProcess>{{10, 2}, {11, 0}, {12, 0}}));
  const auto none = read_text("csv", kProcesses, {.limits = {}, .process = 99});
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.trouble().text().find("no process 99 in the log; it has 10, 11, 12"), std::string::npos)
      << none.trouble().text();
  EXPECT_FALSE(read_text("csv", "op,id,size\na,1,2\n", {.limits = {}, .process = 1}).ok());
}

TEST(Csv, more_processes_than_can_be_held_are_left_out_and_one_of_them_can_be_asked_for) {
  std::string text = "pid,op,ptr,size\n";
  for (int pid = 1; pid <= 1000; ++pid) text += std::to_string(pid) + ",malloc,0x10,1\n";
  EXPECT_TRUE(warns(read(text), "more than 64 processes"));
  const auto last = read_text("csv", text, {.limits = {}, .process = 1000});
  ASSERT_TRUE(last.ok()) << last.trouble().text();
  EXPECT_EQ(last->size(), 1u);
}

TEST(Csv, rows_that_do_not_say_enough_are_left_out_and_counted) {
  const Trace trace = read(
      "op,ptr,size\nmalloc,0x10,8\nfrobnicate,0x20,8\nmalloc,0xzz,8\nmalloc,0x20,\nmalloc,0x20,-8\n"
      "malloc,0x20,9223372036854775808\nfree\nmalloc,0x20,18446744073709551616\n");
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "7 lines (3, 4, 5, 6, 7, …) are not CSV"));
  const Trace failed = read("op,ptr,size\nmalloc,0,9223372036854775808\n");
  EXPECT_TRUE(warns(failed, "1 failed request for more than 2^63-1 bytes"));
}

TEST(Csv, is_not_seen_where_a_text_is_no_such_table) {
  for (const char* text : {"", "\n", "Dear all,\nhello\n", "id,name\n1,2\n", "size\n1\n", "time,count\n1,2\n",
                           "a,b,c\n1,2,3\n", "op,id,size", "{\"columns\":[\"op\",\"id\",\"size\"],\"events\":[\n"}) {
    EXPECT_EQ(importer_named("csv").recognise(text), 0) << text;
  }
  EXPECT_FALSE(read_text("csv", "x,y\n1,2\n").ok());
  EXPECT_FALSE(read_text("csv", "").ok());
}

TEST(Csv, numbers_may_have_groups_of_digits_and_a_comma_for_a_point) {
  const auto sizes = [](const Trace& trace) {
    std::vector<std::uint64_t> all;
    for (std::size_t i = 0; i < trace.size(); ++i) all.push_back(trace.event(i).size);
    return all;
  };
  using Sizes = std::vector<std::uint64_t>;
  const Trace quoted = read("op,id,size\na,1,\"1,024\"\na,2,\"12,345,678\"\na,3,\"2,048 B\"\na,4,\"1,5 KiB\"\n");
  EXPECT_EQ(sizes(quoted), (Sizes{1024, 12'345'678, 2048, 1536}));
  const Trace german = read(
      "op;id;size;time_us\r\na;1;1.024;0,5\r\na;2;12.345.678;2.500\r\na;3;1,5 KiB;1.000,5\r\na;4;64;3.000.000\r\n");
  EXPECT_EQ(sizes(german), (Sizes{1024, 12'345'678, 1536, 64}));
  EXPECT_EQ(german.event(1).time_ns, 2'000u);
  EXPECT_EQ(german.event(2).time_ns, 1'000'000u);
  const Trace blanks = read(
      "op\tid\tsize\na\t1\t1 024\na\t2\t1\xc2\xa0"
      "024\na\t3\t1\xe2\x80\xaf"
      "024\na\t4\t1'024'000\n");
  EXPECT_EQ(sizes(blanks), (Sizes{1024, 1024, 1024, 1'024'000}));
  const Trace none = read("op,id,size\na,1,8\na,2,\"1,02\"\na,3,\"1,0240\"\na,4,1.5.5\na,5,\",5\"\n");
  EXPECT_EQ(none.event(0).size, 8u);
  EXPECT_TRUE(warns(none, "are not CSV")) << none.size();
}

TEST(Csv, a_call_that_takes_an_address_and_gives_another_has_two_columns) {
  for (const char* text :
       {"op,ptr,new_ptr,size\nmalloc,0x1000,,64\nrealloc,0x1000,0x2000,128\nfree,0x2000,,\nmalloc,,0x3000,5\n",
        "new_ptr;ptr;op;size\n0x1000;;malloc;64\n0x2000;0x1000;realloc;128\n0x0;0x2000;free;\n0x3000;0;malloc;5\n"}) {
    const Trace trace = read(text);
    EXPECT_TRUE(trace.warnings().empty()) << text;
    EXPECT_EQ(trace.facts().allocs, 2u) << text;
    EXPECT_EQ(trace.facts().reallocs, 1u) << text;
    EXPECT_EQ(trace.facts().unknown_frees, 0u) << text;
    EXPECT_EQ(trace.facts().unknown_reallocs, 0u) << text;
    EXPECT_EQ(trace.facts().live_bytes_at_end, 5u) << text;
  }
}

TEST(Csv, operations_are_known_by_their_endings_and_by_columns_of_yes_and_no) {
  const Trace own = read(
      "func,blk_addr,Block Address,Block Size\nheap_caps_malloc,1,0x10,8\nmy_realloc,1,0x10,16\nrt_free,1,0x10,\n");
  EXPECT_EQ(own.facts().allocs, 1u);
  EXPECT_EQ(own.facts().reallocs, 1u);
  EXPECT_EQ(own.facts().frees, 1u);
  const Trace yes = read("addr,size,is_alloc\n0x1000,64,1\n0x2000,32,True\n0x1000,64,0\n");
  EXPECT_EQ(yes.facts().allocs, 2u);
  EXPECT_EQ(yes.facts().live_bytes_at_end, 32u);
  const Trace no = read("addr,size,is_free\n0x1000,64,no\n0x1000,64,yes\n0x1000,64,maybe\n");
  EXPECT_EQ(no.facts().allocs, 1u);
  EXPECT_EQ(no.facts().live_bytes_at_end, 0u);
  EXPECT_TRUE(warns(no, "line 4 is not CSV"));
}

TEST(Csv, blanks_may_stand_between_cells_and_other_cells_before_the_operation) {
  for (const char* text :
       {"op       address    size\nmalloc   0x1000     64\nmalloc   0x2000     32\nfree     0x1000\n",
        "malloc 0x1000 64\nmalloc 0x2000 32\nfree 0x1000\n", "malloc: 64 0x1000\nmalloc: 32 0x2000\nfree: 0 0x1000\n",
        "17,main,malloc,0x1000,64\n18,main,malloc,0x2000,32\n19,main,free,0x1000,\n",
        "0.5 malloc 64 0x1000\n0.6 malloc 32 0x2000\n0.7 free 64 0x1000\n"}) {
    EXPECT_GT(importer_named("csv").recognise(text), 0) << text;
    const Trace trace = read(text);
    EXPECT_EQ(trace.facts().allocs, 2u) << text;
    EXPECT_EQ(trace.facts().frees, 1u) << text;
    EXPECT_EQ(trace.facts().live_bytes_at_end, 32u) << text;
    EXPECT_TRUE(trace.warnings().empty()) << text;
  }
  for (const char* text :
       {"size of block\n1 2 3\n", "free 5 minutes\n", "we malloc 64 bytes\n", "the id size of it\n"}) {
    EXPECT_EQ(importer_named("csv").recognise(text), 0) << text;
  }
}

TEST(Csv, counts_as_a_failed_request_what_is_shown_as_one) {
  const Trace trace =
      read("op,addr,size\nmalloc,0x10,10\nmalloc,0x20,9223372036854775808\nmalloc,0,9223372036854775808\n");
  EXPECT_EQ(trace.facts().failed_requests, 1u);
  EXPECT_TRUE(warns(trace, "1 failed request for"));
  EXPECT_TRUE(warns(trace, "line 3 is not CSV"));
}

TEST(Csv, finds_its_header_behind_titles_and_comments) {
  const std::string table = "op,addr,size\nmalloc,0x10,64\nmalloc,0x20,32\nfree,0x10,\n";
  for (const char* before : {"", "Heap log of device 7\n\n", "// by hand\n", "; a comment\n",
                             "I (312) main: start\nok\n", "# op, addr, size\n", "# what comes: op, size\n"}) {
    const std::string text = before + table;
    EXPECT_GE(importer_named("csv").recognise(text), 55) << before;
    const Trace trace = read(text);
    EXPECT_EQ(trace.facts().live_bytes_at_end, 32u) << before;
    EXPECT_TRUE(trace.warnings().empty()) << before;
  }
  EXPECT_EQ(importer_named("csv").recognise("Dear all,\nop, addr and size matter\nso, keep it\n"), 0);
}

TEST(Csv, takes_a_header_that_begins_like_a_comment) {
  for (const char* text : {"#,op,addr,size\n1,malloc,0x10,64\n2,malloc,0x20,32\n3,free,0x10,\n",
                           "# op;addr;size\nmalloc;0x10;64\nmalloc;0x20;32\nfree;0x10;\n"}) {
    EXPECT_EQ(importer_named("csv").recognise(text), 60) << text;
    EXPECT_EQ(read(text).facts().live_bytes_at_end, 32u) << text;
  }
}

TEST(Csv, reads_what_programs_write_where_nothing_is) {
  for (const char* nothing : {"-", "N/A", "NULL", "nan", "None", "NA", "<NA>"}) {
    const std::string no = nothing;
    const Trace trace = read("op,addr,old_addr,size,time_us\nmalloc,0x10," + no + ",64,1\nrealloc,0x20,0x10,32," + no +
                             "\nmalloc,0x30," + no + ",5,3\nfree,0x30," + no + "," + no + ",4\n");
    EXPECT_EQ(trace.facts().events(), 4u) << no;
    EXPECT_EQ(trace.facts().live_bytes_at_end, 32u) << no;
    EXPECT_TRUE(trace.warnings().empty()) << no;
  }
}

TEST(Csv, reads_addresses_as_headers_suffixes_and_spreadsheets_write_them) {
  const Trace said = read("op,Address (hex),Size (bytes)\nmalloc,20000010,64\nfree,20000010,\n");
  EXPECT_EQ(said.event(0).addr, 0x20000010u);
  const Trace suffix = read("op,addr,size\nmalloc,20000010h,64\nfree,20000010h,\n");
  EXPECT_EQ(suffix.event(0).addr, 0x20000010u);
  const Trace real = read("op,addr,size\nmalloc,536870928.0,64.0\nfree,536870928.0,\n");
  EXPECT_EQ(real.event(0).addr, 0x20000010u);
  for (const Trace* trace : {&said, &suffix, &real}) EXPECT_EQ(trace->facts().live_blocks_at_end, 0u);
}

TEST(Csv, reads_the_time_of_the_day_and_dates) {
  for (const char* day : {"", "2024-05-01T", "2024-05-01 "}) {
    const std::string at = day;
    const Trace trace =
        read("time,op,addr,size\n" + at + "12:00:01.500,malloc,0x10,64\n" + at + "12:01:02,free,0x10,\n");
    EXPECT_EQ(trace.event(1).time_ns, 60'500'000'000u) << day;
  }
  const Trace midnight =
      read("time_us,op,addr,size\n2024-02-29T23:59:59Z,malloc,0x10,64\n2024-03-01T00:00:00Z,free,0x10,\n");
  EXPECT_EQ(midnight.event(1).time_ns, 1'000'000'000u);
}

TEST(Csv, rows_without_a_header_have_the_cells_that_their_call_has) {
  const Trace trace = read(
      "tid 71: malloc 64 0x10\ntid 71: realloc 0x10 128 0x20\ntid 71: malloc 5 0x30\ntid 71: free 0x30\n"
      "tid 71: realloc 0x40 7 0x50\ntid 71: free (nil)\n");
  EXPECT_EQ(trace.facts().events(), 6u);
  EXPECT_EQ(trace.event(1).id, trace.event(0).id);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 128u + 7);
  EXPECT_EQ(trace.facts().null_frees, 1u);
}

TEST(Csv, rows_without_a_header_may_write_pointers_in_sixteen_digits) {
  const std::string_view text =
      "a 64 00007ff012345670 12 1000\na 32 0000700012345670 12 1001\nf 00007ff012345670 12 1002\n"
      "f 0000700012345670 12 1003\n";
  EXPECT_GT(importer_named("csv").recognise(text), 0);
  const Trace trace = read(text);
  EXPECT_EQ(trace.event(0).size, 64u);
  EXPECT_EQ(trace.event(1).addr, 0x700012345670u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  const Trace begins_with_a_free = read("f 00007ff012345670 12 999\n" + std::string(text));
  EXPECT_EQ(begins_with_a_free.event(1).size, 64u);
  EXPECT_EQ(begins_with_a_free.facts().unknown_frees, 1u);
  EXPECT_EQ(importer_named("csv").recognise("a,1,64,12,1000\nf,1,12,1002,7\n"), 0);
}

TEST(Csv, reads_cpp_operators_whose_argument_and_result_have_a_column_each) {
  const Trace trace = read(
      "function,return,size,arg\noperator new(unsigned long),0x10,64,\noperator new[](unsigned long),0x20,32,\n"
      "operator delete[](void*),,,0x20\n");
  EXPECT_EQ(trace.facts().live_bytes_at_end, 64u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
}

TEST(Csv, cut_at_any_byte_gives_its_complete_rows) {
  const std::string text =
      "time_us,op,ptr,size\n1,malloc,0x1000,64\n2,malloc,0x2000,\"128\"\n3,realloc,0x1000,256\n4,free,0x1000,\n";
  std::uint64_t last = 0;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto trace = read_text("csv", text.substr(0, length));
    if (!trace) {
      EXPECT_LT(length, text.find('\n') + 1);
      continue;
    }
    EXPECT_EQ(fault_of_import(*trace), "") << length;
    const bool ends = text[length - 1] == '\n';
    EXPECT_GE(trace->size(), last);
    EXPECT_LE(trace->size(), last + 1);
    // A row without its line break is read, or it is said that it was not; one with all of its cells is whole.
    const std::string_view row = std::string_view(text).substr(0, length);
    const auto commas = std::ranges::count(row.substr(row.rfind('\n') + 1), ',');
    if (ends) {
      EXPECT_FALSE(warns(*trace, "cut short")) << length;
      last = trace->size();
    }
    if (!ends && (commas < 3 || trace->size() == last)) {
      EXPECT_TRUE(warns(*trace, "cut short")) << length;
    }
  }
  EXPECT_EQ(last, 4u);
}

TEST(Csv, reads_a_last_row_that_does_not_end_and_says_where_it_may_be_cut) {
  const Trace whole = read("op,id,size\na,1,64\na,2,32\nf,1,");
  EXPECT_EQ(whole.size(), 3u);
  EXPECT_TRUE(whole.warnings().empty());
  const Trace short_row = read("op,id,size\na,1,64\nf,1");
  EXPECT_EQ(short_row.size(), 2u);
  EXPECT_TRUE(warns(short_row, "line 3, the last one, does not end: the log may be cut short"));
  const Trace cut = read("op,id,size\na,1,64\na,2,");
  EXPECT_EQ(cut.size(), 1u);
  EXPECT_TRUE(warns(cut, "the log is cut short: its last line, 3, is not complete and was left out"));
  EXPECT_TRUE(warns(read("op,id,size\na,1,64\na,2,\"3"), "cut short"));
  // What a killed program's buffer had room for.
  std::string buffer = "op,id,size\n";
  while (buffer.size() < 4080) buffer += "a,1,64\n";
  buffer += "a," + std::string(4096 - buffer.size() - 4, '1') + ",1";
  EXPECT_TRUE(warns(read(buffer), "may be cut short")) << buffer.size();
}

TEST(Csv, multiplies_the_size_of_a_calloc_by_its_count) {
  for (const char* text :
       {"op,nmemb,size,ptr\ncalloc,4,16,0x1000\nmalloc,7,16,0x2000\n",
        "op,ptr,size,count\ncalloc,0x1000,16,4\nmalloc,0x2000,16,9\n", "malloc,0x2000,16\ncalloc,0x1000,4,16\n"}) {
    SCOPED_TRACE(text);
    const Trace trace = read(text);
    EXPECT_EQ(trace.facts().live_bytes_at_end, 64u + 16);
    EXPECT_TRUE(warns(trace, "the sizes of 1 rows of calloc were multiplied"));
  }
  EXPECT_TRUE(warns(read("op,ptr,size,count\nmalloc,0x1,1,1\ncalloc,0x2,16,4000000000000000000\n"), "its count"));
}

TEST(Csv, says_that_a_table_without_frees_was_read_as_allocations) {
  const Trace trace = read("alloc_time,address,size\n1,0x1000,64\n2,0x2000,32\n");
  EXPECT_TRUE(warns(trace, "every row was read as an allocation"));
  EXPECT_FALSE(warns(read("address,size\n0x1000,64\n0x1000,\n"), "every row was read as an allocation"));
}

TEST(Csv, says_why_the_first_row_was_left_out) {
  const auto refused = read_text("csv", "op,ptr,size\nmalloc,1.40737E+14,64\n");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.trouble().text().find("its address, \"1.40737E+14\", is no number"), std::string::npos);
  EXPECT_TRUE(warns(read("op,id,size\na,1,64\nfoo,2,3\n"), "its operation, \"foo\", is none that is known here"));
  EXPECT_TRUE(warns(read("op,id,size\na,1,64\na,2,1x3\n"), "its size, \"1x3\", is no number of bytes"));
}

TEST(Csv, reads_times_with_a_zone_and_takes_dates_for_no_plain_numbers) {
  const Trace trace = read(
      "time,op,id,size\n2024-05-01T12:00:00+02:00,a,1,64\n2024-05-01T10:00:01.5Z,a,2,64\n"
      "2024-05-01 05:00:02-0500,a,3,64\n2024-05-01 10:00:03 UTC,a,4,64\n");
  EXPECT_EQ(trace.event(1).time_ns, 1'500'000'000u);
  EXPECT_EQ(trace.event(2).time_ns, 2'000'000'000u);
  EXPECT_EQ(trace.event(3).time_ns, 3'000'000'000u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Csv, reads_cells_in_single_quotes) {
  const Trace trace = read("op,ptr,size\n'malloc','0x1000','64'\n'free','0x1000',''\n");
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

TEST(Csv, a_reset_ends_blocks_that_are_named_by_address) {
  const Trace trace = read("op,ptr,size\nmalloc,0x1000,64\nreset,,\nmalloc,0x1000,32\nfree,0x1000,\nfree,0x1000,\n");
  EXPECT_EQ(fault_of_import(trace), "");
  EXPECT_NE(trace.event(2).id, trace.event(0).id);
  EXPECT_EQ(trace.facts().unknown_frees, 1u);
}

TEST(Csv, says_where_addresses_that_were_read_as_decimal_turn_out_to_be_hex) {
  std::string text = "op,address,size\n";
  for (int i = 0; i < 6000; ++i) text += "alloc," + std::to_string(20000000 + i * 10) + ",64\n";
  EXPECT_FALSE(warns(read(text), "letters"));
  EXPECT_TRUE(warns(read(text + "alloc,2000a0f0,16\n"), "line 6002 has an address with letters"));
  const Trace hex = read("op,address (hex),size\nalloc,20000000,64\nalloc,2000a0f0,16\n");
  EXPECT_EQ(hex.event(0).addr, 0x20000000u);
  EXPECT_TRUE(hex.warnings().empty());
}

TEST(Csv, reads_the_thread_and_the_time_of_a_journal_in_single_letters) {
  const std::string first = "a 435 00007FF600015950 8 1200\na 16 00007FF600015970 7 1300\n";
  const std::string more = "f 00007FF600015950 7 1450\na 32 00007FF600015950 8 1500\n";
  const Trace trace = read(first + more);
  ASSERT_EQ(trace.size(), 4u);
  EXPECT_EQ(trace.facts().threads, 2u);
  EXPECT_EQ(trace.event(2).thread, 7u);
  EXPECT_EQ(trace.event(2).time_ns - trace.event(0).time_ns, 250u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 48u);
  EXPECT_TRUE(trace.warnings().empty()) << trace.warnings().front();
  // One that begins with a free, and rows of other tables that only look alike.
  EXPECT_EQ(read(more + first).facts().implicit_frees, 1u);
  EXPECT_EQ(read("malloc 0x1000 64\ncalloc 0x2000 4 8\n").facts().live_bytes_at_end, 96u);
}

}  // namespace
}  // namespace allocviz::import::csv_test
