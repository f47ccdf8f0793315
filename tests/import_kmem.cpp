// Linux' kmem tracepoints: perf script and trace_pipe, the page allocator and the slabs above it.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/import_support.h"

namespace allocviz::import::kmem_test {
namespace {

using trace::Facts;
using trace::Trace;

Trace kmem(std::string_view text) {
  return trace_of("kmem", text);
}

TEST(Kmem, reads_page_blocks_with_their_size_alignment_and_physical_address) {
  const Trace trace = kmem(
      "            perf 18163 [001]   981.738856:        kmem:mm_page_alloc: page=0x129890 pfn=0x129890 order=3 "
      "migratetype=0\n"
      "       perf-exec 18164/18165 [000]   981.739357:         kmem:mm_page_free: page=0x129890 pfn=0x129890 order=3\n"
      "       perf-exec 18164 [000]   981.739360: kmem:mm_page_free_batched: page=0x129890 pfn=0x129890 order=0\n");
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.event(0).size, 32'768u);
  EXPECT_EQ(trace.event(0).align(), 32'768u);
  EXPECT_EQ(trace.event(0).addr, std::uint64_t{0x129890} * 4096);
  EXPECT_EQ(trace.event(0).thread, 18163u);
  EXPECT_EQ(trace.event(1).thread, 18165u);
  EXPECT_EQ(trace.event(1).time_ns, 501'000u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Kmem, reads_trace_pipe_decimal_frames_and_failed_requests) {
  const Trace trace = kmem(
      "# tracer: nop\n         cc1plus-20551   [000] .....  1052.004429: mm_page_alloc: page=000000002ec6eda3 "
      "pfn=1523917 order=0\n"
      "   a b [x]: c-20551   (  20551) [000] d..1.  1052.004430: mm_page_free: page=000000002ec6eda3 pfn=1523917 "
      "order=0\n"
      "CPU:1 [LOST 5 EVENTS]\n"
      "   kworker/0:1-77      [001] d..1.  1052.004431: mm_page_alloc: page=(nil) pfn=0 order=9\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_EQ(trace.event(0).addr, std::uint64_t{1'523'917} * 4096);
  EXPECT_EQ(trace.event(0).thread, 20551u);
  EXPECT_EQ(trace.event(1).id, trace.event(0).id);
  EXPECT_TRUE(trace.event(2).has(trace::kFailedThere));
  EXPECT_EQ(trace.event(2).thread, 77u);
  EXPECT_TRUE(warns(trace, "the kernel lost 5 events"));
}

TEST(Kmem, reads_the_slabs_where_they_are_more_and_says_what_it_left_out) {
  const Trace trace = kmem(
      "bash-20564 [001] ..... 1052.004496: kmalloc: call_site=eventfs_set_attr+0x10d/0x140 ptr=00000000dcd4d956 "
      "bytes_req=60 "
      "bytes_alloc=64 gfp_flags=GFP_NOFS node=-1\n"
      "perf 20508 [001]  1052.045323: kmem:kmem_cache_alloc: call_site=getname_flags.part.0+0x24 "
      "ptr=0xffff88810087f000 "
      "name=names_cache bytes_req=4096 bytes_alloc=4096\n"
      "perf 20508 [001]  1052.045324: kmem:mm_page_alloc: page=0x1 pfn=0x1 order=0\n"
      "perf 20508 [001]  1052.045330: kmem:kfree: call_site=f+0x1 ptr=00000000dcd4d956\n"
      "perf 20508 [001]  1052.045330: kmem:kfree: call_site=f+0x1 ptr=(nil)\n");
  ASSERT_EQ(trace.size(), 4u);
  EXPECT_EQ(trace.event(0).size, 60u);
  EXPECT_EQ(trace.sites().at(0).frames.at(0), "eventfs_set_attr+0x10d/0x140");
  EXPECT_EQ(trace.tags().at(trace.event(1).tag - 1), "names_cache");
  EXPECT_EQ(trace.facts().null_frees, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 1u);
  EXPECT_TRUE(warns(trace, "1 events of the pages were left out"));
}

Facts kernel_part() {
  Facts facts;
  facts.allocs = 623;
  facts.frees = 450;
  facts.unknown_frees = 437;
  facts.peak_live_bytes = facts.live_bytes_at_end = 4'648'960;
  facts.peak_live_blocks = facts.live_blocks_at_end = 610;
  facts.largest_request = 2'097'152;
  facts.threads = 5;
  return facts;
}

TEST(Kmem, counts_a_part_of_a_real_build_as_a_separate_script_does) {
  const auto trace = open_trace(data_path("kernel-part.perfscript.zst"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  EXPECT_EQ(trace->facts(), kernel_part());
  EXPECT_TRUE(trace->warnings().empty());
}

TEST(Kmem, of_two_layers_reads_the_one_with_more_events_whichever_comes_first) {
  const std::string page = "perf 20508 [001]  1052.045324: kmem:mm_page_alloc: page=0x1 pfn=0x1 order=0\n";
  const std::string slab =
      "perf 20508 [001]  1052.045325: kmem:kmalloc: call_site=f ptr=0xffff10 bytes_req=5 bytes_alloc=8\n";
  EXPECT_EQ(kmem(page + slab + slab).facts().largest_request, 5u);
  EXPECT_EQ(kmem(slab + page + page).facts().largest_request, 4096u);
  EXPECT_EQ(kmem(slab + page).facts().largest_request, 5u);
  EXPECT_EQ(kmem(page + slab).facts().largest_request, 4096u);
}

TEST(Kmem, takes_the_stack_below_an_event_for_its_call_site) {
  const Trace trace = kmem(
      "jbd2/dm-3-8  7666 [000]  4666.621521: kmem:kmalloc: call_site=c1ce108 ptr=0xc0fcd646360 bytes_req=96 "
      "bytes_alloc=96 gfp_flags=GFP_NOFS\n"
      "\t          27f1dc __kmalloc+0x4c (/boot/vmlinux)\n\t             10 [unknown] ([unknown])\n"
      "\t          3de108 find_extent+0x8 (/boot/vmlinux)\n\n"
      "jbd2/dm-3-8  7666 [000]  4666.621621: kmem:kfree: call_site=put_it+0x1 ptr=0xc0fcd646360\n\n"
      "            sh-20564   [001] .....  4666.7: sched_switch: prev_comm=sh\n"
      "            sh-20564   [001] .....  4666.8: kmalloc: call_site=f+0x1 ptr=0xc0fcd646370 bytes_req=8 "
      "bytes_alloc=8\n"
      "            sh-20564   [001] .....  4666.8: <stack trace>\n => __kmalloc_noprof\n => eventfs_set_attr\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_TRUE(trace.warnings().empty());
  using Frames = std::vector<std::string>;
  EXPECT_EQ(trace.sites()[trace.event(0).site - 1].frames, (Frames{"__kmalloc+0x4c", "0x10", "find_extent+0x8"}));
  EXPECT_EQ(trace.sites()[trace.event(1).site - 1].frames, (Frames{"put_it+0x1"}));
  EXPECT_EQ(trace.sites()[trace.event(2).site - 1].frames, (Frames{"__kmalloc_noprof", "eventfs_set_attr"}));
}

TEST(Kmem, reads_null_pointers_and_addresses_as_older_kernels_print_them) {
  const Trace trace = kmem(
      "  init-1     [000] .N..     0.170000: kmalloc: call_site=ffffffff813c ptr=ffff88005ee19a80 bytes_req=64 "
      "bytes_alloc=96 gfp_flags=GFP_KERNEL\n"
      "  init-1     [000] .N..     0.180000: kfree: call_site=ffffffff816a ptr=          (null)\n"
      "  init-1     [000] .N..     0.190000: kmalloc: call_site=c10b ptr=  (null) bytes_req=29 bytes_alloc=32\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_TRUE(trace.warnings().empty());
  EXPECT_EQ(trace.event(0).addr, 0xffff88005ee19a80u);
  EXPECT_EQ(trace.facts().null_frees, 1u);
  EXPECT_EQ(trace.facts().failed_requests, 1u);
}

TEST(Kmem, reads_lines_without_a_processor_and_with_times_of_another_clock) {
  const Trace trace = kmem(
      "cpus=2\nperf 20508  1045.373318: kmem:kmalloc: call_site=f+0x1 ptr=0xffff8881031cca60 bytes_req=60 "
      "bytes_alloc=64\n"
      "CPU:1 [7 EVENTS DROPPED]\n"
      "perf 20508/20509  1045.373320: kmem:kfree: call_site=f+0x1 ptr=0xffff8881031cca60\n");
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.event(1).thread, 20509u);
  EXPECT_EQ(trace.event(1).time_ns, 2'000u);
  EXPECT_EQ(trace.warnings().size(), 1u);
  EXPECT_TRUE(warns(trace, "lost 7 events"));
  const Trace counted =
      kmem("  sh-1 [000] .....  1002: kmalloc: call_site=f ptr=00000000123456 bytes_req=60 bytes_alloc=64\n");
  EXPECT_EQ(counted.size(), 1u);
}

TEST(Kmem, passes_over_the_period_that_perf_may_print) {
  const std::string_view text =
      " perf 3502 [000]  6542.587582:          1            kmem:kmalloc: call_site=f+0x1 ptr=0xffff8881012b7420 "
      "bytes_req=32 bytes_alloc=32\n"
      " perf 3502 [000]  6542.587916:          1              kmem:kfree: call_site=f+0x1 ptr=0xffff8881012b7420\n";
  EXPECT_EQ(importer_named("kmem").recognise(text), 95);
  EXPECT_EQ(kmem(text).size(), 2u);
  EXPECT_TRUE(kmem(text).warnings().empty());
}

TEST(Kmem, reads_events_with_modifiers_and_lines_with_fewer_fields) {
  const std::string alloc = "page=0x1 pfn=0x100000 order=0 migratetype=1 gfp_flags=GFP_KERNEL\n";
  const std::string free = "page=0x1 pfn=0x100000 order=0\n";
  for (const auto& [a, f] : {std::pair("cc1 123/124 [001] 100.000001:   1 kmem:mm_page_alloc:k: ",
                                       "cc1 123/124 [001] 100.000002:   1 kmem:mm_page_free:k: "),
                             {" 100.000001: kmem:mm_page_alloc: ", " 100.000002: kmem:mm_page_free: "},
                             {"kmem:mm_page_alloc: ", "kmem:mm_page_free: "},
                             {"cc1 123 [001] kmem:mm_page_alloc: ", "cc1 123 [001] kmem:mm_page_free: "}}) {
    SCOPED_TRACE(a);
    const std::string text = a + alloc + f + free;
    EXPECT_GT(importer_named("kmem").recognise(text), 0);
    const Trace trace = trace_of("kmem", text);
    ASSERT_EQ(trace.size(), 2u);
    EXPECT_EQ(trace.facts().unknown_frees, 0u);
    EXPECT_TRUE(trace.warnings().empty());
  }
}

TEST(Kmem, names_a_buddy_of_pages_for_pages_alone) {
  const std::string pages =
      "cc1-7 [000] ..... 1052.004429: mm_page_alloc: page=0000 pfn=1523917 order=0\n"
      "cc1-7 [000] ..... 1052.004430: mm_page_alloc: page=0000 pfn=1523920 order=2\n"
      "cc1-7 [000] ..... 1052.004431: mm_page_free: page=0000 pfn=1523917 order=0\n";
  const std::vector<trace::AllocatorSpec> named = kmem(pages).header().allocators;
  ASSERT_EQ(named.size(), 1u);
  EXPECT_EQ(trace::to_text(named.front()), "buddy:arena=64KiB,min=4KiB") << "twice the peak of 20 KiB";
  EXPECT_TRUE(kmem("bash-7 [001] ..... 1052.004496: kmalloc: call_site=f+0x1 ptr=00000000dcd4d956 bytes_req=60 "
                   "bytes_alloc=64 gfp_flags=GFP_NOFS\n")
                  .header()
                  .allocators.empty());
}

TEST(Kmem, cut_at_any_byte_gives_its_complete_lines) {
  cut_everywhere("kmem", text_of(data_path("kernel-part.perfscript.zst")).substr(0, 3000));
}

}  // namespace
}  // namespace allocviz::import::kmem_test
