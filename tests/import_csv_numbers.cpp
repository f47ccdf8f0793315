// Tables: numbers as data frames and people write them, the names of their units, and rarer names of columns.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "tests/import_support.h"

namespace allocviz::import::csv_numbers_test {
namespace {

using trace::Trace;

TEST(CsvNumbers, units_are_known_by_their_whole_names) {
  for (const auto& [name, begin, end] : {std::array{"time (microseconds)", "1000", "2500"},
                                         {"time_milliseconds", "1", "2.5"},
                                         {"Time (nanoseconds)", "1000000", "2500000"},
                                         {"ts_micros", "1000", "2500"},
                                         {"ts_millis", "1", "2.5"},
                                         {"ts_nanos", "1000000", "2500000"},
                                         {"elapsed_secs", "0.001", "0.0025"},
                                         {"time (second)", "0.001", "0.0025"}}) {
    const std::string text =
        std::string("op,ptr,size (kilobytes),") + name + "\nmalloc,0x10,4," + begin + "\nfree,0x10,," + end + "\n";
    const Trace trace = trace_of("csv", text);
    ASSERT_EQ(trace.size(), 2u) << name;
    EXPECT_EQ(trace.event(0).size, 4096u) << name;
    EXPECT_EQ(trace.event(1).time_ns, 1'500'000u) << name;
    EXPECT_TRUE(trace.warnings().empty()) << name;
  }
}

TEST(CsvNumbers, may_have_exponents) {
  const Trace trace = trace_of("csv",
                               "op,ptr,size,time_s\nmalloc,0x10,6.4e+01,1e-06\nmalloc,0x20,1E3,1.25e-05\n"
                               "free,0x10,,2.5e0\nmalloc,0x30,1e99,3\nmalloc,0x40,e5,4\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_EQ(trace.event(0).size, 64u);
  EXPECT_EQ(trace.event(1).size, 1000u);
  EXPECT_EQ(trace.event(1).time_ns, 11'500u);
  EXPECT_EQ(trace.event(2).time_ns, 2'499'999'000u);
  EXPECT_TRUE(warns(trace, "2 lines (5, 6) are not CSV"));
}

TEST(CsvNumbers, a_column_of_results_stands_beside_one_of_arguments) {
  const Trace trace =
      trace_of("csv", "func,ptr,result,size\nmalloc,,0x10,5\nrealloc,0x10,0x20,7\nmalloc,,0x30,9\nfree,0x20,,\n");
  EXPECT_EQ(trace.facts().failed_requests, 0u);
  EXPECT_EQ(trace.event(1).id, trace.event(0).id);
  EXPECT_EQ(trace.facts().peak_live_bytes, 16u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 9u);
}

TEST(CsvNumbers, a_realloc_without_a_header_may_have_its_size_in_hex) {
  const Trace trace = trace_of("csv", "M 0x1000 0x40\nR 0x1000 0x2000 0x80\nM 0x3000 0x10\nF 0x2000\n");
  EXPECT_EQ(trace.event(1).size, 128u);
  EXPECT_EQ(trace.event(1).id, trace.event(0).id);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 16u);
}

TEST(CsvNumbers, buffers_of_an_allocation_problem_may_be_called_so) {
  for (const char* names : {"buffer,lower,upper,size", "buffer_id,lower,upper,size"}) {
    const std::string text = std::string(names) + "\nb1,0,3,4\nb2,3,9,4\nb3,5,9,4\n";
    EXPECT_GT(importer_named("csv").recognise(text), 0) << names;
    EXPECT_EQ(trace_of("csv", text).facts().peak_live_bytes, 8u) << names;
  }
}

TEST(CsvNumbers, where_a_block_was_before_has_many_names) {
  for (const char* names :
       {"Event Name,Memory Address,Previous Address,Requested Bytes", "method,pointer,prev_ptr,num_bytes",
        "fn,addr,orig_addr,size", "function_name,ptr,previous,size"}) {
    const Trace trace =
        trace_of("csv", std::string(names) + "\nmalloc,0x10,,5\nrealloc,0x20,0x10,7\nmalloc,0x10,,9\nfree,0x20,,\n");
    EXPECT_EQ(trace.facts().reallocs, 1u) << names;
    EXPECT_EQ(trace.facts().implicit_frees, 0u) << names;
    EXPECT_EQ(trace.facts().unknown_frees, 0u) << names;
    EXPECT_EQ(trace.facts().live_bytes_at_end, 9u) << names;
  }
}

TEST(CsvNumbers, a_column_of_operations_is_seen_by_its_cells_where_its_name_is_not_known) {
  const Trace trace = trace_of("csv",
                               "Process Phase,what,address,src,nbytes\nload,malloc,0x10,main,5\n"
                               "load,realloc,0x10,main,7\nrun,malloc,0x20,main,9\nrun,free,0x20,main,9\n");
  EXPECT_EQ(trace.facts().reallocs, 1u);
  EXPECT_EQ(trace.facts().frees, 1u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 7u);
}

}  // namespace
}  // namespace allocviz::import::csv_numbers_test
