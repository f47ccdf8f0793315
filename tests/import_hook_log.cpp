// Lines of one's own hooks: words that name an operation, addresses and sizes in any order, and texts that are none.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/import_support.h"

namespace allocviz::import::hook_log_test {
namespace {

using trace::Op;
using trace::Trace;

TEST(HookLog, reads_lines_in_anybodys_words) {
  for (const char* text :
       {"=malloc= 0x20001000, 64\r\n=malloc= 0x20002000, 32\r\n= free = 0x20001000, 64\r\n",
        "[alloc] 64 bytes at 0x1000 by parser.c:12\n[alloc] 32 bytes at 0x2000 by a.c:7\nsomething\n[free] 0x1000\n",
        "12:00:01.5 T3 pvPortMalloc(64) -> 0x1000\n12:00:02.5 T3 pvPortMalloc(32) -> 0x2000\n12:00:03 T3 "
        "vPortFree(0x1000)\n",
        "ALLOC 0x1000-0x103f [size=64]: thread_1 | malloc\nALLOC 0x2000-0x201f [size=32]: thread_1 | f\nFREE  "
        "0x1000-0x103f "
        "[size=64]: thread_1 | g\n",
        "my_malloc ptr=0x1000 caller=0x8000 size=64 line=7\nmy_malloc ptr=0x2000 caller=0x8000 size=32 line=8\nmy_free "
        "caller=0x8000 ptr=0x1000\n",
        "64 bytes allocated at 0x1000\n32 bytes allocated at 0x2000\nfreed 0x1000\n",
        "malloc(0x40) = 0x1000\nmalloc(0x20) = 0x2000\nfree(0x1000) ok\n",
        "calloc(2, 32) returned 0x1000\ncalloc(1, 32) returned 0x2000\nfree of 0x1000\n"}) {
    EXPECT_GT(importer_named("hook-log").recognise(text), 0) << text;
    const Trace trace = trace_of("hook-log", text);
    ASSERT_EQ(trace.size(), 3u) << text;
    EXPECT_EQ(trace.event(0).size, 64u) << text;
    EXPECT_EQ(trace.event(1).size, 32u) << text;
    EXPECT_EQ(trace.facts().unknown_frees, 0u) << text;
    EXPECT_EQ(trace.facts().live_bytes_at_end, 32u) << text;
    EXPECT_TRUE(warns(trace, "guessed from their words")) << text;
  }
}

TEST(HookLog, reads_reallocs_null_pointers_and_says_what_it_cannot_read) {
  const Trace trace =
      trace_of("hook-log",
               "hook: realloc(NULL, 64) = 0x1000\nhook: realloc(0x1000, 128) = 0x2000\nhook: malloc(99) = (nil)\n"
               "hook: free(nil)\nhook: malloc failed\nhook: free 0x2000\nall is well 0x77 5\n");
  EXPECT_EQ(trace.facts().reallocs, 2u);
  EXPECT_EQ(trace.facts().failed_requests, 1u);
  EXPECT_EQ(trace.facts().null_frees, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(warns(trace, "line 5 is not a line of a hook"));
}

TEST(HookLog, takes_the_null_pointer_of_a_log_without_0x) {
  const Trace trace = trace_of("hook-log",
                               "malloc(8) = 81d220b48\nfree(0)\nrealloc(0, 16) = 81d220c00\nmalloc(99) = 0\n"
                               "realloc(81d220b48, 0) = 0\nfree(81d220c00)\n");
  EXPECT_EQ(trace.facts().events(), 6u);
  EXPECT_EQ(trace.facts().null_frees, 1u);
  EXPECT_EQ(trace.facts().failed_requests, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_FALSE(warns(trace, "left out"));
}

TEST(HookLog, the_heap_that_gave_a_block_is_not_the_block) {
  const Trace trace = trace_of("hook-log",
                               "[00:00:01.5] <inf> heap: alloc heap 0x20000010 mem 0x20001000 bytes 64\n"
                               "[00:00:01.6] <inf> heap: alloc heap 0x20000010 mem 0x20002000 bytes 32\n"
                               "[00:00:01.7] <inf> heap: free heap 0x20000010 mem 0x20001000 bytes 64\n"
                               "alloc from heap 0x30000000 16 bytes\n");
  EXPECT_EQ(trace.facts().live_bytes_at_end, 32u + 16);
  EXPECT_EQ(trace.facts().implicit_frees, 0u);
  EXPECT_EQ(trace.event(0).addr, 0x20001000u);
}

TEST(HookLog, a_unit_before_an_address_is_not_its_name) {
  const Trace trace = trace_of("hook-log",
                               "[00:00:01.002,345] <inf> heap: HEAP 0x20000400: alloc 64 bytes @ 0x20001000\n"
                               "[00:00:01.003,345] <inf> heap: HEAP 0x20000400: alloc 32 bytes: 0x20002000\n"
                               "[00:00:01.004,345] <inf> heap: HEAP 0x20000400: free @ 0x20001000\n");
  EXPECT_EQ(trace.event(0).addr, 0x20001000u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 96u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 32u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
}

TEST(HookLog, the_two_addresses_of_a_realloc_stand_in_any_order) {
  for (const char* line :
       {"realloc new=0x2000 old=0x1000 size=128", "REALLOC size=128 new_ptr=0x2000 old_ptr=0x1000",
        "realloc size=128 ret=0x2000 ptr=0x1000", "realloc 128 bytes at 0x2000 (was 0x1000)",
        "realloc to 0x2000 from 0x1000, 128 bytes", "realloc 0x2000 <- 0x1000 128",
        "Reallocated 0x1000 to 0x2000, new size 128", "realloc from 0x1000 to 0x2000, 128 bytes",
        "realloc(ptr=0x1000, old_size=64, new_size=128) = 0x2000", "0x2000 = realloc(0x1000, 128)"}) {
    const Trace trace = trace_of("hook-log", std::string("malloc 64 bytes at 0x1000\n") + line + "\n");
    ASSERT_EQ(trace.size(), 2u) << line;
    EXPECT_EQ(trace.event(1).addr, 0x2000u) << line;
    EXPECT_EQ(trace.event(1).id, trace.event(0).id) << line;
    EXPECT_EQ(trace.facts().live_bytes_at_end, 128u) << line;
  }
}

TEST(HookLog, of_what_a_call_took_and_what_it_gave_the_latter_is_the_block) {
  const Trace trace = trace_of("hook-log",
                               "malloc ptr=NULL size=64 result=0x1000\nmalloc ptr=NULL size=32 result=0x2000\n"
                               "free ptr=0x1000 result=NULL\n");
  EXPECT_EQ(trace.facts().failed_requests, 0u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 32u);
}

TEST(HookLog, reads_the_operators_of_cpp) {
  const std::string text =
      "operator new(64) -> 0x1000\noperator new[](32) -> 0x2000\noperator delete(0x1000)\nDeallocated 0x2000\n";
  EXPECT_GT(importer_named("hook-log").recognise(text), 0);
  const Trace trace = trace_of("hook-log", text);
  ASSERT_EQ(trace.size(), 4u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 96u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

TEST(HookLog, is_not_seen_in_other_texts) {
  for (const char* text :
       {"", "Dear all,\nwe free 5 of you\n", "malloc 64\nmalloc 32\nfree 64\n",
        "mmap(NULL, 8192, 3) = 0x7f0000\nmmap(NULL, 4096, 3) = 0x7f4000\nmunmap(0x7f0000, 8192) = 0\n",
        "new connection 0x77 from 12\nnew connection 0x78 from 13\nnew connection 0x79 from 14\n",
        "==1== Invalid read of size 4\n==1==    at 0x40: main\n==1==  Address 0x4a is 0 bytes inside a block of size "
        "64 free'd\n",
        "  #0 0x4a in malloc (/x+0x7)\n  #1 0x4b in main\n  #0 0x4c in malloc\n"}) {
    EXPECT_EQ(importer_named("hook-log").recognise(text), 0) << text;
  }
}

TEST(HookLog, cut_at_any_byte_gives_its_complete_lines) {
  cut_everywhere("hook-log", "=malloc= 0x20001000, 64\n=malloc= 0x20002000, 32\n= free = 0x20001000, 64\n");
}

TEST(HookLog, reads_groups_of_digits_units_alignments_and_addresses_without_0x) {
  const Trace tracker = trace_of("hook-log",
                                 "2024-05-01 12:00:00.123 [INFO] Allocated 1,024 bytes at 0x7f3a1000 (thread 12)\n"
                                 "2024-05-01 12:00:00.124 [INFO] Allocated 2 KB at 0x7f3a2000 (thread 12)\n"
                                 "2024-05-01 12:00:00.125 [INFO] Freed 1,024 bytes at 0x7f3a1000 (thread 12)\n");
  EXPECT_EQ(tracker.event(0).size, 1024u);
  EXPECT_EQ(tracker.facts().live_bytes_at_end, 2048u);
  const Trace aligned =
      trace_of("hook-log", "malloc(64) -> 0x1000\nmemalign(64, 100) -> 0x4000\naligned_alloc(32, 96) -> 0x5000\n");
  EXPECT_EQ(aligned.facts().live_bytes_at_end, 64u + 100 + 96);
  EXPECT_EQ(trace_of("hook-log", "calloc(4,128) = 0x1000\n").event(0).size, 512u);
  const Trace bare = trace_of("hook-log",
                              "time=1 event=alloc addr=20001000 size=64\ntime=2 event=alloc addr=2000a000 size=32\n"
                              "time=3 event=free addr=20001000\n");
  EXPECT_EQ(bare.event(0).addr, 0x20001000u);
  EXPECT_EQ(bare.facts().live_bytes_at_end, 32u);
}

TEST(HookLog, reads_the_pointers_of_utrace_that_have_no_0x) {
  const std::string text =
      "malloc(8) = 81d220b48\nrealloc(81d220b48, 32) = 81d220c00\nmalloc(123456) = 812200\nfree(812200)\n"
      "free(81d220c00)\n";
  EXPECT_GT(importer_named("hook-log").recognise(text), 0);
  const Trace trace = trace_of("hook-log", text);
  ASSERT_EQ(trace.size(), 5u);
  EXPECT_EQ(trace.event(0).addr, 0x81d220b48u);
  EXPECT_EQ(trace.event(0).size, 8u);
  EXPECT_EQ(trace.event(1).size, 32u);
  EXPECT_EQ(trace.event(2).size, 123456u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

}  // namespace
}  // namespace allocviz::import::hook_log_test
