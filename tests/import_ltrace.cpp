// ltrace: every form of its lines, calls that threads interrupt, calls inside calls.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/import_support.h"

namespace allocviz::import::ltrace_test {
namespace {

using trace::Facts;
using trace::Op;
using trace::Trace;

Trace ltrace(std::string_view text) {
  return trace_of("ltrace", text);
}

TEST(Ltrace, reads_calls_with_thread_and_time) {
  const Trace trace = ltrace(
      "17444 1795370939.008600 libjq.so.1->malloc(272)  = 0x558b9784a2c0\n"
      "17444 1795370939.009600 libjq.so.1->calloc(3, 5) = 0x558b9784a3e0\n"
      "17445 1795370939.009085 libjq.so.1->memalign(256, 77, 0x10000, 0) = 0x558b9784a500\n"
      "17444 1795370940.008600 libjq.so.1->realloc(0x558b9784a2c0, 300) = 0x558b9784b000\n"
      "17444 1795370941.008600 free(0x558b9784b000) = <void>\n17444 1795370941.304841 +++ exited (status 0) +++\n");
  ASSERT_EQ(trace.size(), 5u);
  EXPECT_EQ(trace.event(0).thread, 17444u);
  EXPECT_EQ(trace.event(0).time_ns, 0u);
  EXPECT_EQ(trace.event(1).time_ns, 1'000'000u);
  EXPECT_EQ(trace.event(1).size, 15u);
  EXPECT_EQ(trace.event(2).align(), 256u);
  EXPECT_EQ(trace.event(2).time_ns, 485'000u);
  EXPECT_EQ(trace.event(4).id, trace.event(0).id);
  EXPECT_EQ(trace.facts().threads, 2u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Ltrace, reads_null_pointers_and_commas_as_printf_and_programs_write_them) {
  const Trace trace = ltrace(
      "malloc(64) = 0x1000\nmalloc(99) = (nil)\nfree((nil))\nrealloc((nil), 16) = 0x2000\n"
      "realloc(0x1000,128) = 0x3000\ncalloc(4,8) = 0x4000\nfree(0x3000)\n");
  EXPECT_EQ(trace.size(), 7u);
  EXPECT_EQ(trace.facts().failed_requests, 1u);
  EXPECT_EQ(trace.facts().null_frees, 1u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 16u + 32);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Ltrace, reads_every_form_of_the_prefix) {
  for (const char* line :
       {"malloc(5) = 0x10\n", "  0.000123 malloc(5) = 0x10\n", "18:24:11 malloc(5) = 0x10\n",
        "18:24:00.050963 malloc(5) = 0x10\n", "[0x401136] malloc(5) = 0x10\n",
        "77 18:24:11.050963 [0x401136] prog->malloc(5)      = 0x10\n", "malloc@libc.so.6(5) = 0x10\n"}) {
    const Trace trace = ltrace(line);
    ASSERT_EQ(trace.size(), 1u) << line;
    EXPECT_EQ(trace.event(0).size, 5u) << line;
    EXPECT_TRUE(trace.warnings().empty()) << line;
  }
  const Trace relative =
      ltrace("  0.000000 malloc(5) = 0x10\n  0.000250 malloc(5) = 0x20\n  0.000100 malloc(5) = 0x30\n");
  EXPECT_EQ(relative.event(1).time_ns, 250'000u);
  EXPECT_EQ(relative.event(2).time_ns, 350'000u);
}

TEST(Ltrace, a_new_that_throws_hides_nothing_that_comes_after_it) {
  for (const char* caught : {"5 __cxa_begin_catch(0x77, 1, 1, 1) = 0x77\n5 __cxa_end_catch(1, 0, 0, 1) = 0\n", ""}) {
    const Trace trace = ltrace(
        std::string("5 _Znwm(8, 1, 0, 1) = 0x10\n5 _Znam(0x4000000000000000, 1, 2, 3 <unfinished ...>\n") + caught +
        "5 _Znwm(24, 1, 0, 1) = 0x20\n5 _Znwm(4, 1, 0, 1 <unfinished ...>\n6 _Znwm(9, 0, 0, 0) = 0x40\n"
        "5 <... _Znwm resumed> ) = 0x30\n5 _ZdlPv(0x10, 1, 0, 1) = 0\n");
    EXPECT_EQ(trace.facts().allocs, 5u) << caught;
    EXPECT_EQ(trace.facts().failed_requests, 1u);
    EXPECT_EQ(trace.facts().live_bytes_at_end, 24u + 4 + 9);
    EXPECT_TRUE(warns(trace, "1 call(s) never came back"));
  }
  // Inside the library new calls new, and what that catches is its own affair.
  const Trace inside = ltrace(
      "a->_ZnwmRKSt9nothrow_t(64, 0, 0, 0 <unfinished ...>\nlibstdc++.so.6->_Znwm(64, 0, 0, 0 <unfinished ...>\n"
      "libstdc++.so.6->malloc(64) = 0x10\nlibstdc++.so.6->__cxa_begin_catch(1, 2, 3, 4) = 1\n"
      "<... _Znwm resumed> ) = 0x10\n<... _ZnwmRKSt9nothrow_t resumed> ) = 0x10\n");
  EXPECT_EQ(inside.facts().allocs, 1u);
  EXPECT_TRUE(inside.warnings().empty());
}

TEST(Ltrace, joins_calls_that_another_thread_interrupted) {
  const Trace trace = ltrace(
      "6 a->malloc(100 <unfinished ...>\n5 a->malloc(50) = 0x20\n6 <... malloc resumed> ) = 0x10\n"
      "5 a->free(0x20 <unfinished ...>\n6 a->malloc(7) = 0x20\n5 <... free resumed> ) = <void>\n");
  ASSERT_EQ(trace.size(), 4u);
  EXPECT_EQ(trace.event(0).size, 50u);
  EXPECT_EQ(trace.event(1).size, 100u);
  EXPECT_EQ(trace.event(2).op, Op::Free);
  EXPECT_EQ(trace.facts().implicit_frees, 0u);  // the block may be given away as soon as its free has begun
  EXPECT_EQ(trace.facts().live_blocks_at_end, 2u);
}

TEST(Ltrace, counts_a_call_inside_another_call_of_the_interface_once) {
  const Trace trace = ltrace(
      "8 realloc@libc.so.6(0, 150 <unfinished ...>\n8 malloc@libc.so.6(150) = 0x10\n8 <... realloc resumed> ) = 0x10\n"
      "8 realloc@libc.so.6(0x10, 0 <unfinished ...>\n8 free@libc.so.6(0x10) = <void>\n8 <... realloc resumed> ) = 0\n"
      "8 a->qsort(0x5, 3, 8, 0x9 <unfinished ...>\n8 a->malloc(3) = 0x40\n8 <... qsort resumed> ) = <void>\n"
      "8 libc.so.6->calloc(93826741399392, 450) = 0x50\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_EQ(trace.event(0).op, Op::Realloc);
  EXPECT_EQ(trace.event(1).op, Op::Free);
  EXPECT_EQ(trace.event(2).size, 3u);  // inside a call of another kind it is a call of its own
}

TEST(Ltrace, says_how_many_blocks_of_posix_memalign_it_cannot_see) {
  const Trace trace =
      ltrace("posix_memalign(0x7ffe, 64, 99, 4) = 0\nposix_memalign(0x7ffe, 3, 99, 4) = 22\nmalloc(1) = 0x10\n");
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "1 block(s) of posix_memalign are missing"));
}

TEST(Ltrace, shows_a_posix_memalign_that_found_no_memory_as_failed) {
  const Trace trace =
      ltrace("posix_memalign(0x7ffe, 3, 99, 4) = 22\nposix_memalign(0x7ffe, 64, 0x4000000000000000, 4) = 12\n");
  ASSERT_EQ(trace.size(), 1u);
  EXPECT_TRUE(trace.event(0).has(trace::kFailedThere));
  EXPECT_EQ(trace.event(0).size, std::uint64_t{1} << 62);
  EXPECT_EQ(trace.event(0).align(), 64u);
  EXPECT_TRUE(trace.warnings().empty());
}

// "no return" is what ltrace says of some calls that something interrupts, and of those that never come back.
TEST(Ltrace, joins_calls_of_which_it_says_in_between_that_they_do_not_return) {
  const Trace trace = ltrace(
      "7 a->malloc(24) = 0x10\n7 a->free(0x10 <no return ...>\n7 --- SIGCHLD (Child exited) ---\n"
      "7 <... free resumed> ) = <void>\n7 a->malloc(40 <no return ...>\n8 unexpected breakpoint at 0x55a37fb15224\n"
      "7 <... malloc resumed> ) = 0x20\n7 a->realloc(0x20, 50 <no return ...>\n7 +++ killed by SIGKILL +++\n");
  const Facts& facts = trace.facts();
  EXPECT_EQ(facts.allocs, 2u);
  EXPECT_EQ(facts.frees, 1u);
  EXPECT_EQ(facts.reallocs, 0u) << "it never came back";
  EXPECT_EQ(facts.live_bytes_at_end, 40u);
  EXPECT_TRUE(trace.warnings().empty());
}

// By hand from edge.cc: as for edge.mtrace, without posix_memalign, and without valloc and pvalloc, which this log was
// not asked for (so their frees are unknown), with the calloc that overflows, and with reallocarray as a realloc:
// 14 + 40 allocs, 6 + 40 reallocs, 15 + 40 frees.
TEST(Ltrace, counts_the_corners_of_the_interface_as_their_program_made_them) {
  const auto trace = open_trace(data_path("edge.ltrace"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  const Facts& facts = trace->facts();
  EXPECT_EQ(trace->header().format, "ltrace");
  EXPECT_EQ(facts.allocs, 14u + 40);
  EXPECT_EQ(facts.reallocs, 6u + 40);
  EXPECT_EQ(facts.frees, 15u + 40);
  EXPECT_EQ(facts.unknown_frees, 3u);
  EXPECT_EQ(facts.failed_requests, 3u);
  EXPECT_EQ(facts.live_bytes_at_end, 10u);
  EXPECT_EQ(facts.peak_live_bytes, 200'010u);
  EXPECT_EQ(facts.threads, 3u);
  EXPECT_EQ(fault_of_import(*trace), "");
}

// The C library's inner calls change nothing: reallocs and failures are those of the plain log. What -x sees beside
// them are the threads' tables (288 each), which ld.so makes.
TEST(Ltrace, with_the_inner_calls_counts_what_it_counts_without_them) {
  const auto trace = open_trace(data_path("edge-x.ltrace"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  EXPECT_EQ(trace->facts().reallocs, 6u + 40);
  EXPECT_EQ(trace->facts().failed_requests, 3u);
  EXPECT_EQ(trace->facts().peak_live_bytes, 200'010u);
  EXPECT_EQ(trace->facts().live_bytes_at_end, 10u + 2 * 288);
}

TEST(Ltrace, reads_what_it_writes_to_the_screen_with_the_time_that_calls_took) {
  const Trace trace = ltrace(
      "[pid 9] 1748000000.100000 malloc(300)            = 0x55e0 <0.000101>\n"
      "[pid 10] 1748000000.200000 malloc(10 <unfinished ...>\n"
      "[pid 9] 1748000000.300000 free(0x55e0)           = <void> <0.000089>\n"
      "[pid 10] 1748000000.400000 <... malloc resumed> )  = 0x66e0 <0.000432>\n"
      "[pid 9] 1748000000.500000 exit(0 <no return ...>\n");
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_EQ(trace.event(0).thread, 9u);
  EXPECT_EQ(trace.event(0).size, 300u);
  EXPECT_EQ(trace.event(2).thread, 10u);
  EXPECT_EQ(trace.event(2).addr, 0x66e0u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Ltrace, counts_new_and_delete_by_either_of_their_names) {
  const Trace trace = ltrace(
      "_Znwm(24, 0, 0, 8)                            = 0x1000\n_Znam(48, 0x10, 0, 64)          = 0x2000\n"
      "app->_ZdlPvm(0x1000, 24, 3, 0)                     = 1\n_ZdaPv(0x2000, 0x2000, 48, 0)  = <void>\n"
      "_ZnwmSt11align_val_t(256, 64, 1, 1)  = 0x3000\n"
      "operator new(unsigned long)(72, 0, 0, 0x7f)   = 0x4000\n"
      "operator new[](unsigned long, std::align_val_t)(96, 32, 0, 0x7f)   = 0x5000\n"
      "operator new(unsigned long)(80 <unfinished ...>\nlibstdc++.so.6->malloc(80)  = 0x6000\n"
      "<... operator new(unsigned long) resumed> )  = 0x6000\n"
      "operator delete(void*)(0x4000, 0, 0, 0x7f)   = <void>\noperator delete[](void*, unsigned long)(0x5000, 96) = "
      "0\n");
  EXPECT_TRUE(trace.warnings().empty());
  EXPECT_EQ(trace.facts().allocs, 6u);
  EXPECT_EQ(trace.facts().frees, 4u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 256u + 80);
  EXPECT_EQ(trace.event(4).align(), 64u);
  EXPECT_EQ(trace.event(6).align(), 32u);
}

TEST(Ltrace, reads_null_pointers_as_newer_ones_print_them) {
  const Trace trace =
      ltrace("realloc(nil, 48)     = 0x1000\nmalloc(99)  = nil\nfree(nil)  = <void>\nfree(0x1000)  = <void>\n");
  EXPECT_EQ(trace.facts().failed_requests, 1u);
  EXPECT_EQ(trace.facts().null_frees, 1u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(Ltrace, passes_over_the_output_of_the_program_and_says_which_calls_it_cannot_read) {
  const Trace trace = ltrace(
      "printf(\"Name? \"Name? )  = 6\nfgets(Ann\n\"Ann\\n\", 20, 0x7f)  = 0x7ff\nmalloc(4)  = 0x10\n"
      "waitpid(77, 0x7ff, 2 some words\nok then: malloc(4)  = 0x20\n");
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "line 6 is not ltrace"));
}

TEST(Ltrace, reads_valloc_and_pvalloc) {
  const Trace trace = ltrace(
      "a->valloc(10, 1, 0x56, 21)   = 0x1000\na->pvalloc(20, 3, 0x56, 0) = 0x3000\na->free(0x1000) = <void>\n"
      "a->free(0x3000) = <void>\n");
  EXPECT_EQ(trace.facts().allocs, 2u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.event(1).size, 20u);
  EXPECT_EQ(trace.event(0).align(), 4096u);
}

TEST(Ltrace, does_not_pair_calls_of_two_programs_in_one_log) {
  const std::string_view exec =
      "7 malloc(100) = 0x10\n7 malloc(200) = 0x20\n7 execl(0x55, 0x56, 0, 0x20 <no return ...>\n"
      "7 --- Called exec() ---\n7 malloc(100) = 0x10\n7 free(0x20) = <void>\n7 +++ exited (status 0) +++\n";
  const std::string_view joined =
      "7 malloc(100) = 0x10\n7 malloc(200) = 0x20\n7 +++ exited (status 0) +++\n8 malloc(100) = 0x10\n"
      "8 free(0x20) = <void>\n8 +++ exited (status 0) +++\n";
  const std::string_view without_numbers =
      "malloc(100) = 0x10\nmalloc(200) = 0x20\n+++ killed by SIGKILL +++\nmalloc(100) = 0x10\n"
      "free(0x20) = <void>\n+++ exited (status 0) +++\n";
  for (const std::string_view text : {exec, joined, without_numbers}) {
    SCOPED_TRACE(text);
    const Trace trace = ltrace(text);
    EXPECT_EQ(trace.facts().resets, 1u);
    EXPECT_EQ(trace.facts().unknown_frees, 1u);
    EXPECT_EQ(trace.facts().implicit_frees, 0u);
    EXPECT_EQ(trace.facts().live_bytes_at_end, 100u);
    EXPECT_TRUE(warns(trace, "begins another program"));
    EXPECT_EQ(fault_of_import(trace), "");
  }
}

TEST(Ltrace, adds_up_relative_times_over_every_line) {
  const Trace trace = ltrace("0.000000 malloc(1) = 0x10\n0.000300 puts(\"x\") = 2\n0.000200 malloc(1) = 0x20\n");
  EXPECT_EQ(trace.event(1).time_ns, 500'000u);
}

// By hand from fork.c: the parent makes 100, 200, 500 and its thread 300, all freed; the child 1000, five small ones
// and its thread 400, and it frees the 100 that it has of its parent.
TEST(Ltrace, reads_each_process_with_its_threads_for_itself) {
  const std::string path = data_path("fork.ltrace");
  const auto child = open_trace(path);
  ASSERT_TRUE(child.ok()) << child.trouble().text();
  EXPECT_EQ(child->facts().allocs, 7u);
  EXPECT_EQ(child->facts().frees, 8u);
  EXPECT_EQ(child->facts().unknown_frees, 1u);
  EXPECT_EQ(child->facts().implicit_frees, 0u);
  EXPECT_EQ(child->facts().peak_live_bytes, 1400u);
  EXPECT_EQ(child->facts().live_blocks_at_end, 0u);
  EXPECT_EQ(child->facts().threads, 2u);
  ASSERT_EQ(child->warnings().size(), 1u);
  EXPECT_TRUE(warns(*child, "the log holds 2 processes: of 5045 the events were read, those of 5043 (8 events) were"));
  ASSERT_EQ(child->header().processes.size(), 2u);
  const auto parent = open_trace(path, {}, {.limits = {}, .process = 5043});
  ASSERT_TRUE(parent.ok()) << parent.trouble().text();
  EXPECT_EQ(parent->size(), 8u);
  EXPECT_EQ(parent->facts().unknown_frees, 0u);
  EXPECT_EQ(parent->facts().peak_live_bytes, 800u);
  EXPECT_EQ(parent->facts().threads, 2u);
  EXPECT_EQ(parent->header().processes.size(), 2u);
  const auto thread = open_trace(path, {}, {.limits = {}, .process = 5046});
  ASSERT_TRUE(thread.ok()) << thread.trouble().text();
  EXPECT_EQ(thread->size(), 2u);
}

TEST(Ltrace, a_child_is_known_by_what_fork_gives_to_either_of_them) {
  const std::string_view of_parent =
      "7 malloc(100) = 0x10\n7 fork( <unfinished ...>\n7 <... fork resumed> ) = 8\n7 +++ exited (status 0) +++\n"
      "8 malloc(5) = 0x20\n8 free(0x10) = <void>\n8 +++ exited (status 0) +++\n";
  const std::string_view of_child =
      "7 malloc(100) = 0x10\n7 fork( <unfinished ...>\n8 <... fork resumed> ) = 0\n8 malloc(5) = 0x20\n"
      "8 free(0x10) = <void>\n8 +++ exited (status 0) +++\n7 <... fork resumed> ) = 8\n"
      "7 --- SIGCHLD (Child exited) ---\n7 +++ exited (status 0) +++\n";
  for (const std::string_view text : {of_parent, of_child}) {
    SCOPED_TRACE(text);
    const Trace trace = ltrace(text);
    EXPECT_EQ(trace.size(), 2u);
    EXPECT_EQ(trace.facts().unknown_frees, 1u);
    EXPECT_EQ(trace.facts().resets, 0u);
    ASSERT_EQ(trace.warnings().size(), 1u);
    EXPECT_TRUE(warns(trace, "of 8 the events were read, those of 7 (1 events) were left out"));
    const auto parent = read_text("ltrace", text, {.process = 7});
    ASSERT_TRUE(parent.ok());
    EXPECT_EQ(parent->facts().live_bytes_at_end, 100u);
    EXPECT_FALSE(read_text("ltrace", text, {.process = 9}).ok());
  }
}

TEST(Ltrace, a_child_of_vfork_is_its_parent_until_it_calls_exec) {
  const Trace trace = ltrace(
      "7 malloc(100) = 0x10\n7 vfork(1, 2, 3, 4 <unfinished ...>\n8 <... vfork resumed> ) = 0\n8 malloc(5) = 0x20\n"
      "8 execl(0x40, 0x41, 0, 0x7f <no return ...>\n8 --- Called exec() ---\n8 malloc(9) = 0x20\n"
      "7 <... vfork resumed> ) = 8\n7 free(0x20) = <void>\n7 free(0x10) = <void>\n8 +++ exited (status 0) +++\n"
      "7 --- SIGCHLD (Child exited) ---\n7 vfork(1, 2, 3, 4 <unfinished ...>\n9 <... vfork resumed> ) = 0\n"
      "9 +++ exited (status 1) +++\n7 <... vfork resumed> ) = 9\n7 --- SIGCHLD (Child exited) ---\n"
      "7 +++ exited (status 0) +++\n7 malloc(1) = 0x10\n");
  EXPECT_EQ(trace.facts().allocs, 3u);
  EXPECT_EQ(trace.facts().frees, 2u);
  EXPECT_EQ(trace.facts().unknown_frees + trace.facts().implicit_frees, 0u);
  EXPECT_TRUE(warns(trace, "of 7 the events were read, those of 8 (1 events) were left out"));
  EXPECT_TRUE(warns(trace, "line 19 begins another program"));  // everybody has exited
  EXPECT_FALSE(warns(trace, "several processes"));
}

TEST(Ltrace, a_thread_killed_inside_a_call_hides_nothing_of_another_one_with_its_number) {
  const Trace trace = ltrace(
      "7 malloc(1) = 0x10\n8 a->malloc(5 <unfinished ...>\n8 +++ killed by SIGKILL +++\n8 b->malloc(6) = 0x20\n");
  EXPECT_EQ(trace.facts().allocs, 2u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 7u);
}

TEST(Ltrace, says_so_where_it_has_to_guess_whose_a_thread_is) {
  const std::string two = "7 malloc(1) = 0x10\n7 fork() = 8\n8 malloc(2) = 0x10\n";
  const Trace guessed = ltrace(two + "9 malloc(3) = 0x30\n8 free(0x10) = <void>\n");
  EXPECT_EQ(guessed.size(), 3u);
  EXPECT_TRUE(warns(guessed, "1 thread(s) were counted to the process that had spoken last"));
  const Trace made = ltrace(two + "7 pthread_create(1, 0, 2, 3) = 0\n8 free(0x10) = <void>\n9 malloc(3) = 0x30\n" +
                            "7 free(0x30) = <void>\n");
  EXPECT_EQ(made.size(), 3u);
  EXPECT_EQ(made.facts().unknown_frees, 0u);
  EXPECT_FALSE(warns(made, "spoken last"));
}

TEST(Ltrace, says_that_several_processes_are_read_as_one_where_no_fork_tells_them_apart) {
  const Trace silent = ltrace(
      "7 malloc(100) = 0x10\n8 malloc(20) = 0x20\n8 free(0x10) = <void>\n8 +++ exited (status 0) +++\n"
      "7 --- SIGCHLD (Child exited) ---\n7 free(0x10) = <void>\n7 +++ exited (status 0) +++\n");
  EXPECT_TRUE(warns(silent, "from line 2 on there are several processes"));
  EXPECT_EQ(silent.size(), 4u);
  // A child whose first word is not its fork is a thread until its parent's fork comes back.
  EXPECT_TRUE(warns(ltrace("7 fork( <unfinished ...>\n8 malloc(20) = 0x20\n7 <... fork resumed> ) = 8\n"),
                    "from line 3 on there are several processes"));
  // A child that says nothing allocates nothing.
  EXPECT_TRUE(
      ltrace("7 malloc(1) = 0x10\n7 --- SIGCHLD (Child exited) ---\n7 free(0x10) = <void>\n").warnings().empty());
  // A thread that has exited leaves the others running.
  EXPECT_TRUE(ltrace("7 malloc(1) = 0x10\n9 malloc(1) = 0x20\n9 +++ exited (status 0) +++\n7 free(0x20) = <void>\n")
                  .warnings()
                  .empty());
}

TEST(Ltrace, is_recognised_between_much_output_of_its_program) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "this is a line of a talkative program\n";
  for (int i = 0; i < 3; ++i) text += "malloc(4)  = 0x10\n";
  EXPECT_GT(importer_named("ltrace").recognise(text), 0);
}

TEST(Ltrace, cut_at_any_byte_gives_its_complete_lines) {
  cut_everywhere("ltrace", text_of(data_path("edge.ltrace")).substr(0, 4000));
}

}  // namespace
}  // namespace allocviz::import::ltrace_test
