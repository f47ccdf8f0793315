// Recordings of the Vulkan Memory Allocator: arguments in their places, text with commas, images without a size.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/import_support.h"

namespace allocviz::import::vma_test {
namespace {

using trace::Facts;
using trace::Op;
using trace::Trace;

const std::string kHead = "Vulkan Memory Allocator,Calls recording\n1,2\n";

Trace read(std::string_view calls) {
  Trace trace = trace_of("vma", kHead + std::string(calls));
  EXPECT_EQ(fault_of_import(trace), "");
  return trace;
}

TEST(Vma, the_fixture_has_the_figures_that_were_counted_by_hand) {
  const auto trace = open_trace(data_path("vma-small.csv"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  Facts expected;
  expected.allocs = 6;
  expected.frees = 4;
  expected.reallocs = 1;
  expected.null_frees = 1;
  expected.failed_requests = 1;
  expected.peak_live_bytes = 4096 + 1000 + 2 * 65536 + 512;
  expected.peak_live_blocks = 5;
  expected.largest_request = 65536;
  expected.live_bytes_at_end = 1500 + 512;
  expected.live_blocks_at_end = 2;
  expected.threads = 2;
  EXPECT_EQ(trace->facts(), expected);
  EXPECT_EQ(trace->warnings().size(), 2u);
  EXPECT_TRUE(warns(*trace, "1 image without a size in the recording, and 1 end of them, were left out"));
  EXPECT_TRUE(warns(*trace, "1 resize is taken as successful"));
}

TEST(Vma, takes_size_alignment_pool_text_thread_and_time_from_their_places) {
  const auto trace = open_trace(data_path("vma-small.csv"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  const trace::Event buffer = trace->event(0), memory = trace->event(1), staging = trace->event(4);
  EXPECT_EQ(buffer.size, 4096u);
  EXPECT_EQ(buffer.thread, 8644u);
  ASSERT_NE(buffer.tag, 0u);
  EXPECT_EQ(trace->tags()[buffer.tag - 1], "pool 0xa00");
  ASSERT_NE(trace->note(0), nullptr);
  EXPECT_EQ(*trace->note(0), "vertices, all of them");
  EXPECT_EQ(memory.align(), 256u);
  EXPECT_EQ(memory.thread, 8650u);
  EXPECT_EQ(memory.tag, 0u);
  EXPECT_EQ(trace->note(1), nullptr);  // a pointer of the user's is no text
  // The first of the calls that are read, the image's, is at 0.134 s.
  EXPECT_EQ(buffer.time_ns, 168'000'000u);
  EXPECT_EQ(memory.time_ns, 170'000'000u);
  EXPECT_EQ(staging.size, 512u);
  EXPECT_EQ(staging.align(), 64u);
  ASSERT_NE(trace->note(4), nullptr);
  EXPECT_EQ(*trace->note(4), "staging");
  EXPECT_FALSE(trace->has_addresses());
}

TEST(Vma, reads_handles_as_other_systems_print_them_and_versions_without_a_configuration) {
  const Trace trace = read(
      "1,0.000,0,vmaAllocateMemory,64,16,7,0,1,0,0,0,(nil),0x55f0a0,\n1,0.001,0,vmaAllocateMemory,64,16,7,0,1,0,0,0,"
      "(nil),(nil),\n1,0.002,0,vmaFreeMemory,0x55f0a0\n");
  EXPECT_EQ(trace.facts().allocs, 2u);
  EXPECT_EQ(trace.facts().failed_requests, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Vma, an_image_whose_handle_a_buffer_gets_later_hides_no_free) {
  const Trace trace = read(
      "1,0.000,0,vmaCreateImage,0,1,37,8,8,1,1,1,1,0,6,0,0,0,1,0,0,0,0000000000000000,00000000000000A0,\n"
      "1,0.001,0,vmaDestroyImage,00000000000000A0\n"
      "1,0.002,0,vmaCreateBuffer,0,768,1,0,4,2,0,0,0,0000000000000000,00000000000000A0,\n"
      "1,0.003,0,vmaDestroyBuffer,00000000000000A0\n1,0.004,0,vmaCreateLostAllocation,00000000000000B0\n"
      "1,0.005,0,vmaFreeMemory,00000000000000B0\n1,0.006,0,vmaMakePoolAllocationsLost,00000000000000C0\n"
      "1,0.007,0,vmaFreeMemory,00000000000000A0\n");
  EXPECT_EQ(trace.facts().allocs, 1u);
  EXPECT_EQ(trace.facts().frees, 2u);
  EXPECT_EQ(trace.facts().unknown_frees, 1u);
  EXPECT_TRUE(warns(trace, "2 images without a size in the recording, and 2 ends of them, were left out"));
  EXPECT_TRUE(warns(trace, "blocks of a pool were made lost 1 time"));
}

TEST(Vma, a_buffer_with_the_handle_of_an_image_whose_end_is_lost_has_its_own_end) {
  const Trace trace = read(
      "1,0.000,0,vmaCreateImage,0,1,37,8,8,1,1,1,1,0,6,0,0,0,1,0,0,0,0000000000000000,00000000000000A0,\n"
      "1,0.002,0,vmaCreateBuffer,0,768,1,0,4,2,0,0,0,0000000000000000,00000000000000A0,\n"
      "1,0.003,0,vmaDestroyBuffer,00000000000000A0\n");
  EXPECT_EQ(trace.facts().frees, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(warns(trace, "1 image without a size in the recording, and 0 ends of them, were left out"));
}

TEST(Vma, leaves_out_what_is_no_call_and_says_which_version_is_not_known) {
  const std::string calls =
      "1,0.000,0,vmaCreateBuffer,0,64,1,0,0,2,0,0,0,0000000000000000,00000000000000A0,\n"
      "1,0.001,0,vmaCreateBuffer,0,64,1,0,0,2,0\n1,0.001,0,vmaCreateBuffer,0,x,1,0,0,2,0,0,0,0000000000000000,"
      "00000000000000B0,\n1,now,0,vmaFreeMemory,00000000000000A0\n1,0.002,0,vmaFrobnicate,1\n"
      "1,0.002,0,vmaFreeMemoryPages,00000000000000A0 what\n"
      "1,0.003,0,vmaCreateBuffer,0,9223372036854775808,1,0,0,2,0,0,0,0000000000000000,00000000000000C0,\n";
  const Trace trace = trace_of("vma", "Vulkan Memory Allocator,Calls recording\n1,9\n" + calls);
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "6 lines (4, 5, 6, 7, 8, …) are not Vulkan Memory Allocator recording"));
  EXPECT_TRUE(warns(trace, "the recording is of version 1,9"));
  const auto other = read_text("vma", "Vulkan Memory Allocator,Calls recording\n2,0\n" + calls);
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.trouble().text().find("version 2 of recordings is not read"), std::string::npos);
}

TEST(Vma, cut_at_any_byte_gives_its_complete_lines) {
  cut_everywhere("vma", text_of(data_path("vma-small.csv")));
}

}  // namespace
}  // namespace allocviz::import::vma_test
