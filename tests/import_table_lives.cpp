// Tables whose rows are blocks with their whole lives: what becomes of them, in which order, and when a table is none.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/import_support.h"

namespace allocviz::import::table_lives_test {
namespace {

using trace::Op;
using trace::Trace;

// "+1 -1 +2": the ids of allocs and frees, in their order.
std::string order(const Trace& trace) {
  std::string text;
  for (std::uint64_t i = 0; i < trace.size(); ++i)
    text += fmt::format("{}{}{}", i == 0 ? "" : " ", trace.op(i) == Op::Alloc ? '+' : '-', trace.id_text(i));
  return text;
}

TEST(TableLives, become_allocs_and_frees_by_their_times_and_a_block_ends_before_another_begins) {
  const Trace trace = trace_of("csv",
                               "id,lower,upper,size\n"
                               "late,5,9,16\n"
                               "first,0,3,4\n"
                               "second,3,5,8\n"
                               "third,3,9,2\n");
  EXPECT_EQ(order(trace), "+first -first +second +third -second +late -late -third");
  EXPECT_EQ(trace.event(0).size, 4u);
  EXPECT_EQ(trace.time_ns(2), 3u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 18u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(warns(trace, "the column of times names no unit"));
  EXPECT_FALSE(warns(trace, "read as an allocation"));
}

TEST(TableLives, that_end_where_they_begin_are_freed_directly_behind_their_alloc) {
  EXPECT_EQ(order(trace_of("csv", "id,start,end,size\n1,0,2,4\n2,2,2,4\n3,2,4,4\n4,2,2,4\n")),
            "+1 -1 +2 -2 +3 +4 -4 -3");
}

TEST(TableLives, may_have_no_end_and_are_left_out_where_they_end_before_they_begin) {
  const Trace trace =
      trace_of("csv", "id,birth,death,size\n1,7,,4\n2,8,-1,4\n3,9,N/A,4\n4,9,10,4\n5,9,8,4\n6,x,8,4\n7,1,2,\n");
  EXPECT_EQ(order(trace), "+1 +2 +3 +4 -4");
  EXPECT_TRUE(warns(trace, "3 lines (6, 7, 8) are not CSV"));
  EXPECT_TRUE(warns(trace, "of the first row left out, its end, \"8\", is before its begin"));
  EXPECT_EQ(trace.time_ns(0), 0u);  // of the first block, whatever the clock began with
  EXPECT_EQ(trace.time_ns(4), 3u);
}

TEST(TableLives, have_times_in_the_units_of_their_columns_and_fractions_make_all_of_them_seconds) {
  const Trace named = trace_of("csv", "address,size,allocated_at_us,freed_at_us\n0x1000,64,10,12.5\n");
  EXPECT_EQ(named.time_ns(1), 2'500u);
  EXPECT_TRUE(named.warnings().empty());
  const Trace mixed = trace_of("csv", "address,size,alloc_time,free_time\n0x1000,64,1,3\n0x2000,32,1.5,2\n");
  EXPECT_EQ(order(mixed), "+1 +2 -2 -1");
  EXPECT_EQ(mixed.time_ns(3), 2'000'000'000u);
  EXPECT_TRUE(warns(mixed, "they were read as seconds, as some have fractions"));
}

TEST(TableLives, at_one_address_or_with_one_id_are_blocks_of_their_own) {
  const Trace by_address =
      trace_of("csv", "address,size,allocated_at,freed_at\n0x1000,64,20,30\n0x1000,32,0,10\n0x1000,16,5,25\n");
  EXPECT_EQ(order(by_address), "+2 +3 -2 +1 -3 -1");  // by their rows
  EXPECT_EQ(by_address.event(0).addr, 0x1000u);
  EXPECT_EQ(by_address.facts().implicit_frees, 0u);
  const Trace by_id = trace_of("csv", "slot,size,first_use,last_use\n7,64,0,10\n7,32,5,15\n");
  EXPECT_EQ(order(by_id), "+1 +2 -1 -2");
  EXPECT_TRUE(warns(by_id, "an id names several blocks"));
}

TEST(TableLives, keep_what_else_their_rows_say) {
  const Trace trace = trace_of("csv",
                               "id,begin_ms,end_ms,size,alignment,site,tag,thread,note\n"
                               "b,2,3,64,32,main.c:2,second,8,\n"
                               "a,1,2,16,,main.c:1,first,7,a note\n");
  EXPECT_EQ(order(trace), "+a -a +b -b");
  EXPECT_EQ(trace.event(2).align(), 32u);
  EXPECT_EQ(trace.event(0).align(), 16u);
  EXPECT_EQ(trace.event(2).thread, 8u);
  EXPECT_EQ(trace.sites()[trace.event(2).site - 1].frames[0], "main.c:2");
  EXPECT_EQ(trace.tags()[trace.event(0).tag - 1], "first");
  EXPECT_EQ(*trace.note(0), "a note");
}

TEST(TableLives, of_several_processes_are_those_of_one) {
  const std::string text = "pid,id,start,end,size\n1,1,0,9,4\n2,1,1,3,4\n2,2,2,5,4\n";
  const Trace busiest = trace_of("csv", text);
  EXPECT_EQ(order(busiest), "+1 +2 -1 -2");
  EXPECT_TRUE(warns(busiest, "of 2 the events were read"));
}

TEST(TableLives, need_both_columns_and_none_of_operations) {
  EXPECT_EQ(order(trace_of("csv", "op,id,start,end,size\na,1,5,9,4\nf,1,5,9,\n")), "+1 -1");
  EXPECT_TRUE(warns(trace_of("csv", "id,start,size\n1,5,4\n"), "every row was read as an allocation"));
  EXPECT_EQ(order(trace_of("csv", "size,lower,upper\n4,0,2\n8,1,3\n")), "+1 +2 -1 -2");
  EXPECT_GT(importer_named("csv").recognise("size,lower,upper\n4,0,2\n"), 0);
  EXPECT_EQ(importer_named("csv").recognise("Number,Start,End,Size,Flags\n1,1049kB,538MB,537MB,boot\n"), 0);
}

}  // namespace
}  // namespace allocviz::import::table_lives_test
