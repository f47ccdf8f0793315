// Recognising a file by its content, and saying what it is where it cannot be read.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/import/refused.h"
#include "core/trace/json.h"
#include "tests/import_support.h"
#include "tests/support/sanitized.h"

namespace allocviz::import::registry_test {
namespace {

using trace::Trace;

// Writes the bytes to a file whose name says nothing of them, opens it, removes it. Tests run side by side: a file
// each.
trace::Result<Trace> open_bytes(std::string_view bytes) {
  const std::string path = testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".dat";
  write_file(path, bytes);
  trace::Result<Trace> trace = open_trace(path);
  std::remove(path.c_str());
  return trace;
}

std::string refusal(std::string_view bytes) {
  const auto trace = open_bytes(bytes);
  return trace.ok() ? "it was read" : trace.trouble().text();
}

TEST(Registry, recognises_every_format_by_content_alone) {
  const auto mtrace = open_bytes("= Start\n@ a:[0x1] + 0x10 0x5\n");
  ASSERT_TRUE(mtrace.ok()) << mtrace.trouble().text();
  EXPECT_EQ(mtrace->header().format, "mtrace");
  const auto heaptrack = open_bytes("v 10400 3\nx 4 /b/p\n+ 1 0 10\n");
  ASSERT_TRUE(heaptrack.ok()) << heaptrack.trouble().text();
  EXPECT_EQ(heaptrack->header().format, "heaptrack-raw");
  const auto bionic = open_bytes("202: malloc 0xb4827400 1024\n");
  ASSERT_TRUE(bionic.ok()) << bionic.trouble().text();
  EXPECT_EQ(bionic->header().format, "bionic");
  const auto malloclab = open_bytes("20000\n1\n1\n1\na 0 15\n");
  ASSERT_TRUE(malloclab.ok()) << malloclab.trouble().text();
  EXPECT_EQ(malloclab->header().format, "malloclab");
  const auto ours = open_bytes(
      " \n{\"format\": \"allocviz-trace\", \"version\": 1, \"events\": [{\"op\": \"alloc\", \"id\": 1, \"size\": 5}]}");
  ASSERT_TRUE(ours.ok()) << ours.trouble().text();
  EXPECT_EQ(ours->header().format, "allocviz-trace");
  EXPECT_EQ(ours->size(), 1u);
}

TEST(Registry, recognises_logs_that_begin_in_their_midst) {
  const auto mtrace = open_bytes("x:[0x5] - 0x1\n@ a:[0x1] + 0x10 0x5\n@ a:[0x1] - 0x10\n@ a:[0x1] - 0x20\n");
  ASSERT_TRUE(mtrace.ok()) << mtrace.trouble().text();
  EXPECT_EQ(mtrace->header().format, "mtrace");
  EXPECT_EQ(mtrace->size(), 3u);
  const auto heaptrack = open_bytes("m 4 /a.a 1000 0 100\nt 1010 0\n+ 1 1 10\n");
  ASSERT_TRUE(heaptrack.ok()) << heaptrack.trouble().text();
  EXPECT_EQ(heaptrack->header().format, "heaptrack-raw");
}

TEST(Registry, no_two_formats_are_sure_of_the_same_file) {
  for (const char* name : {"edge.mtrace",
                           "edge-fork.mtrace",
                           "perl-head.mtrace",
                           "sqlite-head.mtrace.zst",
                           "edge.heaptrack.raw.zst",
                           "node-head.heaptrack.raw.zst",
                           "nginx-head.rep",
                           "edge2.vgtrace",
                           "edge.ltrace",
                           "edge-x.ltrace",
                           "fork.ltrace",
                           "edge.heaptrack.zst",
                           "kernel-part.perfscript.zst",
                           "torch-small.json",
                           "torch-small.pickle",
                           "freertos.csv",
                           "service.jsonl",
                           "glibc-small.mtr",
                           "bench-small.trace",
                           "vma-small.csv",
                           "wee-small.trace"}) {
    const std::string text = text_of(data_path(name));
    int claims = 0;
    for (const Importer& importer : importers()) claims += importer.recognise(text) > 10;
    EXPECT_EQ(claims, 1) << name;
  }
}

TEST(Registry, refuses_profiles_with_the_reason_and_what_to_record_instead) {
  const std::string massif = refusal("desc: --time-unit=B\ncmd: ./a.out\ntime_unit: B\n#-----------\nsnapshot=0\n");
  EXPECT_NE(massif.find("massif's output: snapshots of totals, without the single calls"), std::string::npos) << massif;
  EXPECT_NE(massif.find("heaptrack --raw"), std::string::npos) << massif;
  EXPECT_NE(massif.find("glibc mtrace"), std::string::npos) << massif;
  EXPECT_NE(refusal("heap_v2/524288\n  t*: 28106: 56637512 [0: 0]\n").find("jemalloc heap profile"), std::string::npos);
  EXPECT_NE(refusal("heap profile:  1: 2 [ 3: 4] @ heap_v2/1\n").find("gperftools"), std::string::npos);
  EXPECT_NE(refusal("{\"dhatFileVersion\":2,\"mode\":\"heap\"}").find("DHAT"), std::string::npos);
  EXPECT_NE(refusal("{\"traceEvents\": [], \"displayTimeUnit\": \"ns\"}").find("Chrome"), std::string::npos);
}

TEST(Registry, a_profile_of_totals_is_refused_whatever_it_is_packed_in_and_says_what_to_record) {
  const std::string perfetto = std::string("\x0a\x2c\x08\x01", 4) + "android.heapprofd" + std::string(2, '\0');
  for (const std::string& profile : {std::string("heap_v2/524288\n  t*: 28106: 56637512 [0: 0]\n"),
                                     std::string("heap profile:  1: 2 [ 3: 4] @ heapprofile\n"),
                                     std::string("desc: (none)\ncmd: ls\ntime_unit: i\n"), perfetto}) {
    const std::string said = refusal(profile);
    EXPECT_NE(said.find("not a log that can be read: it is "), std::string::npos) << said;
    EXPECT_NE(said.find("record every call instead, with `heaptrack --raw PROGRAM`, `alloctrace record -- PROGRAM`"),
              std::string::npos)
        << said;
  }
}

TEST(Registry, an_endless_line_and_an_endless_value_are_refused_before_they_fill_the_memory) {
  const std::string endless(std::size_t{66} << 20, ' ');
  const auto line = read_text("mtrace", endless);
  ASSERT_FALSE(line.ok());
  EXPECT_NE(line.trouble().text().find("a line is longer than"), std::string::npos) << line.trouble().text();
  const std::string head = "{\"format\": \"allocviz-trace\", \"version\": 1, \"x\": ";
  const std::string nested = refusal(head + std::string(1'000'000, '['));
  EXPECT_NE(nested.find("deep"), std::string::npos) << nested;
  const std::string blank = head + std::string(std::size_t{17} << 20, ' ');
  const auto source = trace::source_of_text(blank, "log");
  const auto value = trace::read_json(*source);
  ASSERT_FALSE(value.ok());
  EXPECT_NE(value.trouble().text().find("one value is longer"), std::string::npos) << value.trouble().text();
}

TEST(Registry, a_process_can_be_asked_for_only_where_logs_tell_them_apart) {
  const ReadOptions options{.limits = {}, .process = 22271};
  const auto child = open_trace(data_path("edge2.vgtrace"), {}, options);
  ASSERT_TRUE(child.ok()) << child.trouble().text();
  EXPECT_TRUE(warns(*child, "of 22271 the events were read, those of 22268 were left out"));
  const auto mtrace = open_trace(data_path("edge.mtrace"), {}, options);
  ASSERT_FALSE(mtrace.ok());
  EXPECT_NE(mtrace.trouble().text().find("a log of glibc mtrace does not tell processes apart"), std::string::npos);
  const auto thread = open_trace(data_path("edge.ltrace"), {}, {.limits = {}, .process = 21736});
  ASSERT_TRUE(thread.ok()) << thread.trouble().text();
  EXPECT_EQ(thread->facts().threads, 1u);
  EXPECT_TRUE(warns(*thread, "lines of other threads or processes than 21736 were left out"));
  EXPECT_FALSE(open_trace(data_path("edge.ltrace"), {}, {.limits = {}, .process = 5}).ok());
}

TEST(Registry, says_what_other_things_are) {
  EXPECT_NE(refusal(std::string_view("\x7f"
                                     "ELF\x02\x01\x01\0\0\0\0",
                                     11))
                .find("a program or a library"),
            std::string::npos);
  EXPECT_NE(refusal("PERFILE2\x68\x01").find("perf script"), std::string::npos);
  EXPECT_NE(refusal("#!/bin/sh\necho\n").find("a script"), std::string::npos);
  EXPECT_NE(refusal("").find("empty"), std::string::npos);
  EXPECT_NE(refusal(std::string_view("a\0b\1c", 5)).find("binary"), std::string::npos);
  EXPECT_NE(refusal("Dear all,\nhello\n").find("beginning with \"Dear all,\""), std::string::npos);
}

TEST(Registry, says_what_kind_of_profile_or_report_a_file_is_and_what_would_be_read_instead) {
  const auto says = [](std::string_view bytes, std::string_view what, std::string_view todo) {
    const std::string said = refusal(bytes);
    EXPECT_NE(said.find(what), std::string::npos) << said;
    EXPECT_NE(said.find(todo), std::string::npos) << said;
  };
  says("% time     seconds  usecs/call     calls      function\n------ ------\n 68.49 0.1 7 1 malloc\n",
       "a summary of calls", "leave -c away");
  says("\nMemory not freed:\n-----------------\n   Address     Size     Caller\n0x1c6f450  0x1  at 0x4005d6\n",
       "the script `mtrace` reports", "MALLOC_TRACE");
  says("- 0x05633290 Free 521 was never alloc'd 0x2b8bfe05c493\n", "the script `mtrace` reports", "MALLOC_TRACE");
  says("==77==ERROR: LeakSanitizer: detected memory leaks\n", "a sanitizer's report", "heaptrack --raw");
  says(std::string_view("JAVA PROFILE 1.0.2\0\0\0", 21), "a dump of a Java heap", "Formats that are read");
  says("{\"snapshot\":{\"meta\":{\"node_fields\":[\"type\"]}}}", "a heap snapshot of V8", "Formats that are read");
  says("{\"version\": \"1.0\", \"files\": []}", "JSON of no kind that is known here", "Formats that are read");
  says("[pid 7] something else\n", "beginning with \"[pid 7] something else\"", "Formats that are read");
  says("\n\nDear all,\nhello\n", "beginning with \"Dear all,\"", "Formats that are read");
  says("puts(\"x\")  = 2\n+++ exited (status 0) +++\n", "an ltrace log without a call of malloc", "-e malloc");
  says("Zeit;Aktion;Adresse\n1;malloc;0x10\n", "a table, but its first row, \"Zeit;Aktion;Adresse\"",
       "op,address,size");
  says("a;1;64\rf;1\r", "a carriage return alone", "tr '\\r' '\\n'");
  says("# callgrind format\nversion: 1\n", "callgrind's output", "heaptrack --raw");
  says("[15:10:00.1] (+?.?) host kmem_kmalloc: { cpu_id = 0 }, { ptr = 0xFF, bytes_req = 32 }\n", "LTTng",
       "perf script");
  says("\n<!DOCTYPE html>\n<html><script>import {x} from \"https://a/MemoryViz.js\"\n", "PyTorch's _memory_viz",
       "_dump_snapshot()");
}

TEST(Registry, a_packed_file_cut_before_its_first_byte_is_not_called_empty) {
  std::ifstream in(data_path("kernel-part.perfscript.zst"), std::ios::binary);
  std::string bytes(64, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const std::string said = refusal(bytes);
  EXPECT_NE(said.find("the compressed file is cut short"), std::string::npos) << said;
}

TEST(Registry, says_what_looks_at_one_moment_and_what_perf_left_away) {
  for (const auto& [text, what] :
       {std::pair("--- symbol\nbinary=/bin/x\n0x0 foo\n---\n--- profile\n", "pprof"),
        {"___ Begin jemalloc statistics ___\nVersion: 5\n", "malloc_stats_print()"},
        {"{\"jemalloc\":{\"version\":\"5.3.0\"}}\n", "malloc_stats_print()"},
        {"MALLOC:   1234 Bytes in use by application\n", "tcmalloc"},
        {"slabinfo - version: 2.1\n# name <active_objs>\n", "/proc/slabinfo"},
        {"Node 0, zone      DMA      1      0\n", "/proc/buddyinfo"},
        {"Page allocated via order 0, mask 0x0\nPFN 4096\n", "page_owner"},
        {"00400000-00452000 r-xp\nRss: 3 kB\nPrivate_Dirty: 1 kB\n", "smaps"},
        {"100 brk(NULL) = 0x55f0\n100 munmap(0x7f1, 8192) = 0\n", "strace"},
        {"7 18:24:11.050963 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f1\n",
         "strace"},
        {"Arena 0:\nsystem bytes     =     135168\n", "malloc_stats()"},
        {"Memory usage summary: heap total: 1234, heap peak: 1000\n", "memusage"},
        {"1706000000: 3: Dmalloc version '5.6.5' from\n", "dmalloc"},
        {"cc1 1 1.000001: page=0x1 pfn=0x1 order=0 migratetype=1\n", "perf script -F +event"}}) {
    EXPECT_NE(refusal(text).find(what), std::string::npos) << refusal(text);
  }
}

TEST(Registry, old_pickles_are_refused_by_name) {
  EXPECT_NE(refusal("(dp0\nVdevice_traces\np1\n(lp2\ns.").find("protocol 0"), std::string::npos);
}

TEST(Registry, a_log_may_begin_behind_much_that_its_console_said_before) {
  std::string text;
  while (text.size() < (std::size_t{300} << 10)) text += "I (311) wifi: something that is of no interest here\n";
  const auto trace = open_bytes(text + "16 bytes (@ 0x3ffd1914) allocated CPU 1 ccount 0x419d1cf8 caller 0x4010a09b\n");
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  EXPECT_EQ(trace->header().format, "esp-heap");
}

TEST(Registry, logs_in_utf16_or_with_a_byte_order_mark_are_read_as_the_same_in_utf8) {
  const std::string text = "op,address,size\nmalloc,0x10,64\nfree,0x10,\n";
  std::string wide;
  for (const char c : text) wide += {c, '\0'};
  for (const std::string& bytes : {"\xff\xfe" + wide, wide, "\xef\xbb\xbf" + text}) {
    const auto trace = open_bytes(bytes);
    ASSERT_TRUE(trace.ok()) << trace.trouble().text();
    EXPECT_EQ(trace->size(), 2u);
    EXPECT_TRUE(trace->warnings().empty());
  }
  for (const char* log :
       {"= Start\n@ a:[0x1] + 0x10 0x5\n", "malloc(5) = 0x10\n", "2: malloc 0x10 5\n", "1\n1\na 0 5\n"}) {
    const auto trace = open_bytes(std::string("\xef\xbb\xbf") + log);
    ASSERT_TRUE(trace.ok()) << trace.trouble().text();
    EXPECT_EQ(trace->size(), 1u);
  }
}

TEST(Registry, names_the_file_and_says_it_in_one_line) {
  const auto missing = open_trace("/nowhere/at/all.json");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.trouble().text().find("/nowhere/at/all.json"), std::string::npos);
  const Refusal strange =
      refusal_of(std::string_view("be\033[31mll \xff\xfe text that goes on and on and on and on\n"));
  EXPECT_EQ(strange.what.find('\n'), std::string::npos);
  for (const char c : strange.what) EXPECT_NE(c, '\033');
}

TEST(Registry, leaves_faults_of_our_own_format_to_its_reader) {
  const std::string text =
      refusal("{\"format\": \"allocviz-trace\", \"version\": 1, \"events\": [{\"op\": \"alloc\"}]}");
  EXPECT_EQ(text.find("not a log that can be read"), std::string::npos) << text;
}

TEST(Registry, says_what_it_has_to_warn_of_when_it_checks_a_foreign_log) {
  const auto whole = check_trace(data_path("edge.mtrace"));
  ASSERT_TRUE(whole.ok()) << whole.trouble().text();
  EXPECT_TRUE(whole->empty());
  const auto torn = check_trace(data_path("edge-fork.mtrace"));
  ASSERT_TRUE(torn.ok()) << torn.trouble().text();
  ASSERT_EQ(torn->size(), 2u);
  EXPECT_EQ(torn->front().where.file, data_path("edge-fork.mtrace"));
  EXPECT_FALSE(check_trace(data_path("README.md")).ok());
}

TEST(Registry, a_trace_of_ours_that_names_its_columns_is_no_table) {
  const std::string rows = R"({"format":"allocviz-trace","version":1,"columns":["op","id","size","addr","t"]}
["a",1,64,4096,5]
["f",1,null,null,9]
)";
  const auto trace = open_bytes(rows);
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  EXPECT_EQ(trace->header().format, "allocviz-trace");
  EXPECT_EQ(trace->size(), 2u);
  for (const char* line : {"{\"op\",\"size\",\"addr\"\n", " [op,id,size\n", "{op,address,size}\nmalloc,1,2\n"}) {
    for (const Importer& importer : importers()) EXPECT_EQ(importer.recognise(line), 0) << importer.title << line;
  }
}

// A header with a fault is told as ours; lines of ours without any header are rows that somebody's hook could have
// written, and are read.
TEST(Registry, tells_the_faults_of_our_json_lines_and_reads_those_that_lost_their_header) {
  const std::string rows = "{\"op\":\"alloc\",\"id\":1,\"size\":64,\"t\":5}\n{\"op\":\"free\",\"id\":1,\"t\":9}\n";
  for (const char* header : {"{\"format\":\"allocviz-trace\",\"version\":99}\n", "{\"version\":1,\"name\":\"x\"}\n",
                             "{\"format\":\"allocviz\",\"version\":1}\n"}) {
    const std::string said = refusal(header + rows);
    EXPECT_NE(said, "it was read") << header;
    EXPECT_EQ(said.find("not a log that can be read"), std::string::npos) << said;
  }
  const auto headless = open_bytes(rows);
  ASSERT_TRUE(headless.ok()) << headless.trouble().text();
  EXPECT_EQ(headless->header().format, "json-rows");
  EXPECT_EQ(headless->facts().live_blocks_at_end, 0u);
}

TEST(Registry, stops_when_it_is_told_to) {
  const trace::Progress cancelled{{}, [] { return true; }};
  const auto trace = open_trace(data_path("edge.mtrace"), cancelled);
  ASSERT_FALSE(trace.ok());
  EXPECT_NE(trace.trouble().what.find("cancelled"), std::string::npos);
}

TEST(Registry, a_foreign_log_converted_reads_back_with_the_same_facts) {
  for (const char* name :
       {"edge.mtrace", "edge-fork.mtrace", "perl-head.mtrace", "edge.heaptrack.raw.zst", "node-head.heaptrack.raw.zst",
        "nginx-head.rep", "edge2.vgtrace", "edge.ltrace", "fork.ltrace", "edge.heaptrack.zst",
        "kernel-part.perfscript.zst", "torch-small.json", "torch-small.pickle", "freertos.csv", "service.jsonl",
        "glibc-small.mtr", "bench-small.trace", "vma-small.csv", "wee-small.trace"}) {
    const auto trace = open_trace(data_path(name));
    ASSERT_TRUE(trace.ok()) << trace.trouble().text();
    for (const trace::Spelling spelling : {trace::Spelling::Json, trace::Spelling::JsonLines}) {
      const auto back = open_bytes(trace::to_json_text(*trace, spelling));
      ASSERT_TRUE(back.ok()) << name << ": " << back.trouble().text();
      EXPECT_EQ(trace::difference(*trace, *back), "") << name;
    }
  }
}

// What an independent reader counted in whole logs of real programs: a test for each format, so that they run side by
// side.
class WholeLogs : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Registry, WholeLogs,
                         testing::Values("mtrace", "htraw", "ht", "bionic", "vg", "lt", "rep", "kmem"),
                         [](const auto& format) { return std::string{format.param}; });
TEST_P(WholeLogs, are_counted_as_an_independent_reader_does) {
  std::ifstream facts_file(shared_path("facts.jsonl"));
  if (!facts_file) GTEST_SKIP() << shared_path("facts.jsonl") << " is not there: the whole logs cannot be counted";
  int counted = 0;
  for (std::string line; std::getline(facts_file, line);) {
    const nlohmann::json said = nlohmann::json::parse(line);
    const std::string format = said["fmt"];
    if (format != GetParam()) continue;
    // Millions of events are for the release build: here they would take minutes and find no more.
    if (test::kSanitized && said["events"] > 1'000'000) continue;
    const std::string file = said["file"];
    SCOPED_TRACE(file);
    const auto trace = open_trace(shared_path(file));
    ASSERT_TRUE(trace.ok()) << trace.trouble().text();
    const trace::Facts& facts = trace->facts();
    const auto sum = [&said](std::initializer_list<const char*> names) {
      std::uint64_t all = 0;
      for (const char* name : names) all += said.value(name, std::uint64_t{0});
      return all;
    };
    EXPECT_EQ(facts.events(), said["events"]);
    EXPECT_EQ(facts.allocs, sum({"malloc", "calloc", "memalign", "page_alloc"}));
    EXPECT_EQ(facts.frees, sum({"free", "page_free"}));
    EXPECT_EQ(facts.reallocs, sum({"realloc"}));
    EXPECT_EQ(facts.unknown_frees, sum({"free_unknown"}));
    EXPECT_EQ(facts.null_frees, sum({"free_null"}));
    EXPECT_EQ(facts.implicit_frees, sum({"alloc_on_live"}));
    EXPECT_EQ(facts.unknown_reallocs, sum({"realloc_from_null"}));
    EXPECT_EQ(facts.failed_requests, 0u);
    EXPECT_EQ(facts.peak_live_bytes, said["peak_bytes"]);
    EXPECT_EQ(facts.largest_request, said["max"]);
    EXPECT_EQ(facts.live_bytes_at_end, said["left_bytes"]);
    // Without pointers the other reader does not count blocks, but for those at the end.
    EXPECT_EQ(facts.live_blocks_at_end, format == "ht" ? said["left_real"] : said["left"]);
    if (format != "ht") {
      EXPECT_EQ(facts.peak_live_blocks, said["peak_blocks"]);
    }
    // valgrind names processes, which the other reader counts; threads it does not name.
    EXPECT_EQ(facts.threads, format == "vg" ? 0u : said["threads"].get<std::uint64_t>());
    EXPECT_EQ(trace->warnings().size(), format == "ht" ? 1u : 0u);
    EXPECT_EQ(trace->header().has_approximate_lifetimes(), format == "ht");
    if (format == "ht") {
      const std::string ambiguous = std::to_string(said["ambiguous_free"].get<std::uint64_t>()) + " of ";
      EXPECT_NE(trace->warnings()[0].find(ambiguous), std::string::npos) << trace->warnings()[0];
    }
    ++counted;
  }
  if (counted == 0) GTEST_SKIP() << "no log of this format is there";
}

}  // namespace
}  // namespace allocviz::import::registry_test
