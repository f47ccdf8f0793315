// valgrind --trace-malloc=yes: calls that name each other, calls that threads tear, several processes.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/import_support.h"

namespace allocviz::import::valgrind_test {
namespace {

using trace::Facts;
using trace::Op;
using trace::Trace;

Trace valgrind(std::string_view text) {
  return trace_of("valgrind", text);
}

TEST(Valgrind, reads_calls_between_its_own_messages) {
  const Trace trace = valgrind(
      "==1== Memcheck\n--1-- malloc(5) = 0x4AFA040\nprogram output\n--1-- calloc(7,13) = 0x4DA1770\n"
      "--1-- memalign(al 64, size 99) = 0x4DA1A80\n--1-- _ZnwmSt11align_val_t(size 256, al 128) = 0x4DA1900\n"
      "--1-- _Znam(33) = 0x4DA2000\n--1-- realloc(0x4AFA040,50) = 0x4AFB970\n--1-- malloc_usable_size(0x4AFB970) = 50\n"
      "--1-- _ZdaPv(0x4DA2000)\n--1-- _ZdlPvmSt11align_val_t(0x4DA1900)\n--1-- free(0x0)\n**1** done\n");
  ASSERT_EQ(trace.size(), 9u);
  EXPECT_EQ(trace.event(1).size, 91u);
  EXPECT_EQ(trace.event(2).align(), 64u);
  EXPECT_EQ(trace.event(3).align(), 128u);
  EXPECT_EQ(trace.event(3).size, 256u);
  EXPECT_EQ(trace.event(5).id, trace.event(0).id);
  EXPECT_EQ(trace.facts().null_frees, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 3u);
  EXPECT_TRUE(trace.warnings().empty()) << trace.warnings().front();
}

TEST(Valgrind, counts_a_realloc_that_names_the_malloc_or_free_that_it_is_once) {
  const Trace trace = valgrind(
      "--1-- realloc(0x0,1600)malloc(1600) = 0x4AFB2F0\n--1-- realloc(0x4AFB2F0,0)free(0x4AFB2F0)\n--1--  = 0\n");
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.event(0).op, Op::Realloc);
  EXPECT_EQ(trace.event(1).op, Op::Free);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Valgrind, counts_a_calloc_that_overflows_as_refused_and_reads_what_is_glued_to_it) {
  const Trace trace = valgrind(
      "--1-- calloc(1099511627776,1099511627776)memalign(al 256, size 77) = 0x4DA1900\n--1-- malloc(9) = 0x0\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_TRUE(trace.event(0).has(trace::kFailedThere));
  EXPECT_EQ(trace.event(1).align(), 256u);
  EXPECT_EQ(trace.facts().failed_requests, 2u);
}

TEST(Valgrind, reads_a_call_of_which_memcheck_complains_before_it_runs) {
  const Trace trace = valgrind(
      "--1-- malloc(18446744073709551615)Argument 'size' of function malloc has a fishy (possibly negative) value: -1\n"
      "==1==    at 0x48417B4: malloc (in vgpreload_memcheck-amd64-linux.so)\n==1== \n--1--  = 0x0\n"
      "--1-- malloc(24) = 0x4D70D00\n--1-- realloc(0x7,9)Invalid free() / delete / delete[] / realloc()\n"
      "==1==    at 0x484682F: realloc (in vgpreload_memcheck-amd64-linux.so)\n==1== \n--1--  = 0x0\n"
      "--1-- memalign(al 64, size 0)posix_memalign() invalid size value: 0\n==1== \n--1--  = 0x4D70E00\n"
      "--1-- realloc(0x4D70D00,0)realloc() with size 0\n==1== \n--1--  = 0x0\n");
  const Facts& facts = trace.facts();
  EXPECT_EQ(facts.allocs, 3u);
  EXPECT_EQ(facts.reallocs, 1u);
  EXPECT_EQ(facts.frees, 1u) << "realloc to 0 that gives nothing frees";
  EXPECT_EQ(facts.failed_requests, 2u);
  EXPECT_EQ(facts.live_blocks_at_end, 1u);
  ASSERT_EQ(trace.warnings().size(), 1u);
  EXPECT_TRUE(warns(trace, "1 failed request for more than 2^63-1 bytes"));
}

TEST(Valgrind, gives_torn_calls_of_threads_their_own_results) {
  const Trace trace = valgrind(
      "--1-- malloc(46) = 0x6F12D60\n--1-- realloc(0x6F12D60,46)realloc(0x0,580)malloc(580) = 0x6F09CF0\n"
      "--1--  = 0x53FDA90\n--1-- realloc(0x0,1345)malloc(1345)calloc(17,16) = 0x5E75F40\n--1--  = 0x5E78280\n"
      "--1-- free(0x53FDA90)\n--1-- free(0x6F09CF0)\n--1-- free(0x5E75F40)\n--1-- free(0x5E78280)\n");
  EXPECT_EQ(trace.facts().reallocs, 3u);
  EXPECT_EQ(trace.facts().allocs, 2u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Valgrind, leaves_out_what_it_cannot_read_and_calls_without_a_result) {
  const Trace trace = valgrind(
      "--1-- malloc(5) = 0x10\n--1-- REDIR: 0x4021 redirected\n--1-- malloc(x) = 0x20\n--1--  = 0x30\n--1-- "
      "malloc(6)\n");
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "2 lines (3, 4) are not valgrind"));
  EXPECT_TRUE(warns(trace, "1 call(s) without a result"));
}

TEST(Valgrind, reads_what_newer_ones_print_without_labels_and_with_the_sizes_of_sized_deletes) {
  const Trace trace = valgrind(
      "--7-- _Znwm(40) = 0x10\n--7-- _ZdlPvm(0x10, 40)\n--7-- _ZnwmSt11align_val_t(256, 64) = 0x40\n"
      "--7-- _ZdlPvmSt11align_val_t(0x40, 256, 64)\n--7-- memalign(128, 77) = 0x80\n--7-- aligned_alloc(32, 96) = "
      "0xA0\n"
      "--7-- posix_memalign(0x1FFE, 512, 33) = 0x200\n--7-- free_sized(0x80, 77)\n--7-- free_aligned_sized(0xA0, 96, "
      "32)\n"
      "--7-- mallinfo2()\n--7-- free(0x200)\n");
  EXPECT_TRUE(trace.warnings().empty());
  EXPECT_EQ(trace.facts().allocs, 5u);
  EXPECT_EQ(trace.facts().frees, 5u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_EQ(trace.event(2).size, 256u);
  EXPECT_EQ(trace.event(2).align(), 64u);
  EXPECT_EQ(trace.event(4).size, 77u);
  EXPECT_EQ(trace.event(4).align(), 128u);
  EXPECT_EQ(trace.event(6).size, 33u);
  EXPECT_EQ(trace.event(6).align(), 512u);
}

TEST(Valgrind, takes_the_result_of_a_reallocarray_that_is_printed_twice_once) {
  const Trace trace = valgrind(
      "--7-- reallocarray(0x0,3,8) = 0x10\n--7--  = 0x10\n--7-- reallocarray(0x10,4,8) = 0x50\n--7--  = 0x50\n"
      "--7-- reallocarray(0x50,4611686018427387904,8) = 0\n--7-- free(0x50)\n");
  EXPECT_TRUE(warns(trace, "1 failed request"));
  EXPECT_EQ(trace.warnings().size(), 1u);
  EXPECT_EQ(trace.facts().reallocs, 3u);
  EXPECT_EQ(trace.facts().failed_requests, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

TEST(Valgrind, reads_the_times_of_its_time_stamps) {
  const Trace trace = valgrind(
      "==00:00:00:00.000 7== Memcheck\n--00:00:00:00.212 7-- malloc(5) = 0x10\n--00:01:02:03.300 7-- free(0x10)\n");
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.event(0).time_ns, 0u);
  EXPECT_EQ(trace.event(1).time_ns, 3'723'088'000'000u);
}

TEST(Valgrind, finds_a_call_behind_output_of_the_program_that_left_its_line_open) {
  const Trace trace =
      valgrind("--7-- malloc(5) = 0x10\nready> --7-- malloc(6) = 0x20\n--x--7-- free(0x10)\nsee --7-- below\n");
  EXPECT_EQ(trace.facts().allocs, 2u);
  EXPECT_EQ(trace.facts().frees, 1u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Valgrind, keeps_the_calls_of_processes_that_write_into_each_others_lines) {
  const std::string_view text =
      "--1-- malloc(8) = 0x90000\n--2-- malloc(9) = 0x20000\n"
      "--1-- malloc(10)--2-- free(0x0)\n = 0x90100\n"
      "--1-- malloc(11)--2-- malloc(20) = 0x90200\n = 0x20100\n"
      "--2-- calloc(3,7)--1-- free(0x90100)\n = 0x20200\n"
      "--1-- realloc(0x90000,12)--2-- malloc(22) = 0x20300\n = 0x90000\n"
      "--2-- realloc(0x0,160)--1-- free(0x90200)\nmalloc(160) = 0x20400\n"
      "--1-- malloc(13)--2-- free(0x20100)\n--2-- malloc(23) = 0x90300\n = 0x20500\n"
      "--1-- malloc(14)==2== HEAP SUMMARY:\n = 0x90400\n--1-- free(0x90400)\n";
  const auto of = [&](std::uint64_t process) {
    const auto trace = read_text("valgrind", text, {.process = process});
    EXPECT_TRUE(trace.ok());
    return *trace;
  };
  const Facts first = of(1).facts(), second = of(2).facts();
  EXPECT_EQ(first.allocs, 5u);
  EXPECT_EQ(first.frees, 3u);
  EXPECT_EQ(first.unknown_frees, 0u);
  EXPECT_EQ(first.live_bytes_at_end, 12u + 13);
  EXPECT_EQ(second.allocs, 5u);
  EXPECT_EQ(second.reallocs, 1u);
  EXPECT_EQ(second.unknown_frees, 0u);
  EXPECT_EQ(second.live_bytes_at_end, 9u + 21 + 22 + 160 + 23);
  EXPECT_TRUE(warns(of(1), "3 results were given to the one whose blocks lie nearest"));
}

// By hand, as for edge.mtrace: 12 allocations up to valloc (libstdc++'s own included), 5 by new, 2 tables, 40 by the
// threads; realloc(P, 0) is a free; reallocarray is realloc. The child is another process.
TEST(Valgrind, counts_one_process_of_a_program_that_forks_as_valgrind_itself_does) {
  const auto trace = open_trace(data_path("edge2.vgtrace"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  const Facts& facts = trace->facts();
  EXPECT_EQ(trace->header().format, "valgrind");
  EXPECT_EQ(facts.allocs, 12u + 5 + 2 + 40);
  EXPECT_EQ(facts.reallocs, 6u + 40);
  EXPECT_EQ(facts.failed_requests, 3u);
  EXPECT_EQ(facts.unknown_frees, 0u);
  EXPECT_EQ(facts.live_bytes_at_end, 10u);  // "in use at exit: 10 bytes in 1 blocks"
  EXPECT_EQ(facts.live_blocks_at_end, 1u);
  EXPECT_TRUE(warns(*trace, "2 processes: of 22268 the events were read, those of 22271"));
}

TEST(Valgrind, does_not_pair_calls_of_two_programs_that_one_process_was) {
  const Trace trace = valgrind(
      "==7== Memcheck, a memory error detector\n==7== Command: ./a 1\n==7== \n--7-- malloc(100) = 0x10\n"
      "--7-- malloc(200) = 0x20\n==7== Memcheck, a memory error detector\n==7== Command: ./a\n==7== \n"
      "--7-- malloc(100) = 0x10\n--7-- free(0x20)\n==7== HEAP SUMMARY:\n");
  EXPECT_EQ(trace.facts().resets, 1u);
  EXPECT_EQ(trace.facts().unknown_frees, 1u);
  EXPECT_EQ(trace.facts().implicit_frees, 0u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 100u);
  EXPECT_TRUE(warns(trace, "in line 7 the process becomes another program"));
  EXPECT_EQ(fault_of_import(trace), "");
}

TEST(Valgrind, cut_at_any_byte_gives_its_complete_lines) {
  cut_everywhere("valgrind", text_of(data_path("edge2.vgtrace")).substr(0, 2500));
}

}  // namespace
}  // namespace allocviz::import::valgrind_test
