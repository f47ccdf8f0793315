// alloctrace info, convert and check: what a file is, turned into another, and what is wrong with it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli_support.h"

namespace allocviz::cli {
namespace {

const std::vector<std::string> kFacts = {"events",
                                         "allocs",
                                         "frees",
                                         "reallocs",
                                         "unknown_frees",
                                         "null_frees",
                                         "implicit_frees",
                                         "failed_requests",
                                         "peak_live_bytes",
                                         "peak_live_blocks",
                                         "largest_request",
                                         "live_bytes_at_end",
                                         "live_blocks_at_end",
                                         "threads"};

TEST(Info, counts_what_the_log_says) {
  const auto info = json_of(run({"info", data("import/edge.mtrace"), "--json"}));
  EXPECT_EQ(info["format"], "mtrace");
  const std::vector<int> expected = {161, 59, 57, 45, 0, 0, 0, 2, 200'010, 4, 200'000, 10, 1, 0};
  for (std::size_t i = 0; i < kFacts.size(); ++i) EXPECT_EQ(info[kFacts[i]], expected[i]) << kFacts[i];
  EXPECT_EQ(info["warnings"], nlohmann::ordered_json::array());
}

TEST(Info, says_what_a_log_opens_with_whether_or_not_it_names_that) {
  const std::string kernel = run({"info", data("import/kernel-part.perfscript.zst")}).out;
  EXPECT_NE(kernel.find("opens with        buddy:arena="), std::string::npos) << kernel;
  EXPECT_NE(kernel.find(",min=4KiB\n"), std::string::npos) << kernel;
  const std::string heap = run({"info", data("import/edge.mtrace")}).out;
  EXPECT_NE(heap.find("opens with        buddy:arena=512KiB,min=64  (the log names no configuration)"), heap.npos)
      << heap;
}

TEST(Info, lists_warnings_and_still_succeeds) {
  const Ran ran = run({"info", data("import/edge-fork.mtrace"), "--json"});
  EXPECT_EQ(json_of(ran)["warnings"].size(), 2u);
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(json_of(ran)["unknown_frees"], 2);
}

TEST(Info, counts_null_frees_threads_marks_and_failures_of_our_own_format) {
  const Scratch trace("trace.jsonl", R"({"format": "allocviz-trace", "version": 1}
{"op": "alloc", "id": 1, "size": 100, "thread": 7}
{"op": "alloc", "id": 2, "size": 5000, "ok": false, "thread": 8}
{"op": "free", "id": null}
{"op": "alloc", "id": 1, "size": 50}
{"op": "mark", "name": "x"}
{"op": "realloc", "id": 9, "size": 60}
{"op": "free", "id": 77}
{"op": "reset"}
)");
  const auto info = json_of(run({"info", trace.path(), "--json"}));
  EXPECT_EQ(info["format"], "allocviz-trace");
  const std::vector<int> expected = {6, 3, 2, 1, 1, 1, 1, 1, 110, 2, 100, 0, 0, 2};
  for (std::size_t i = 0; i < kFacts.size(); ++i) EXPECT_EQ(info[kFacts[i]], expected[i]) << kFacts[i];
  EXPECT_EQ(info["marks"], 1);
  EXPECT_EQ(info["resets"], 1);
}

TEST(Info, lists_the_processes_of_a_log_of_several) {
  const Scratch table("log.csv", "pid,op,ptr,size\n11,malloc,0x10,1\n22,malloc,0x10,2\n22,malloc,0x20,3\n");
  const auto busiest = json_of(run({"info", table.path(), "--json"}));
  EXPECT_EQ(busiest["process"], 22);
  EXPECT_EQ(busiest["processes"].dump(), R"([{"number":11,"events":1},{"number":22,"events":2}])");
  const auto chosen = json_of(run({"info", table.path(), "--process", "11", "--json"}));
  EXPECT_EQ(chosen["process"], 11);
  EXPECT_EQ(chosen["processes"].dump(), R"([{"number":11,"events":1},{"number":22}])");
}

// A realloc lands where another block lives, whose free is in no line: the trace has one more free than the log.
TEST(Info, counts_the_lines_of_the_log_and_not_what_was_added_to_it) {
  const Scratch log("log.mtrace", R"(= Start
@ a:[0x1] + 0x10 0x8
@ a:[0x1] + 0x20 0x9
@ a:[0x1] < 0x10
@ a:[0x1] > 0x20 0x30
)");
  const Scratch out("log.jsonl");
  ASSERT_EQ(run({"convert", log.path(), out.path()}).code, 0);
  for (const std::string& file : {log.path(), out.path()}) {
    const auto info = json_of(run({"info", file, "--json"}));
    const std::vector<int> expected = {3, 2, 0, 1, 0, 0, 1, 0, 48, 2, 48, 48, 1, 0};
    for (std::size_t i = 0; i < kFacts.size(); ++i) EXPECT_EQ(info[kFacts[i]], expected[i]) << file << kFacts[i];
  }
  const Scratch wrong("wrong.jsonl", R"({"format": "allocviz-trace", "version": 1, "added_frees": 18446744073709551615}
{"op": "alloc", "id": 1, "size": 100}
{"op": "free", "id": 1}
)");
  EXPECT_EQ(json_of(run({"info", wrong.path(), "--json"}))["events"], 1) << "no more than there are";
}

TEST(Info, tells_people_the_same) {
  const Ran ran = run({"info", data("import/edge.mtrace")});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.out.find("mtrace"), std::string::npos);
  EXPECT_NE(ran.out.find("161: 59 allocs, 57 frees, 45 reallocs"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("200 010 B"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("buddy:arena=512KiB,min=64"), std::string::npos) << ran.out;
}

TEST(Info, of_a_whole_program_is_what_the_contract_shows) {
  const std::string file = ALLOCVIZ_SOURCE_DIR "/../shared/traces/perl-wordfreq.mtrace";
  if (!exists(file)) GTEST_SKIP() << file << " is not there";
  const auto info = json_of(run({"info", file, "--json"}));
  const std::vector<int> expected = {16210, 8436, 7660, 114, 0, 0, 0, 0, 440468, 2204, 32768, 337434, 776, 0};
  for (std::size_t i = 0; i < kFacts.size(); ++i) EXPECT_EQ(info[kFacts[i]], expected[i]) << kFacts[i];
}

TEST(Convert, writes_every_spelling_and_what_it_wrote_says_the_same) {
  const std::string log = data("import/perl-head.mtrace");
  const auto before = json_of(run({"info", log, "--json"}));
  std::string plain;
  for (const char* ending : {".json", ".jsonl", ".json.zst", ".jsonl.gz"}) {
    SCOPED_TRACE(ending);
    const Scratch out(std::string("perl") + ending);
    const Ran ran = run({"convert", log, out.path()});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("398 events"), std::string::npos) << ran.out;
    const auto after = json_of(run({"info", out.path(), "--json"}));
    EXPECT_EQ(after["format"], "allocviz-trace");
    for (const std::string& fact : kFacts) EXPECT_EQ(before[fact], after[fact]) << fact;
    EXPECT_EQ(run({"check", out.path()}).code, 0);
  }
}

TEST(Convert, again_gives_the_same_bytes) {
  const Scratch once("once.jsonl"), twice("twice.jsonl");
  ASSERT_EQ(run({"convert", data("import/edge.heaptrack.raw.zst"), once.path()}).code, 0);
  ASSERT_EQ(run({"convert", once.path(), twice.path()}).code, 0);
  EXPECT_EQ(once.bytes(), twice.bytes());
  EXPECT_FALSE(once.bytes().empty());
}

TEST(Convert, to_standard_output_writes_the_trace_and_nothing_else) {
  const Ran ran = run({"convert", data("import/edge-fork.mtrace"), "-"});
  EXPECT_EQ(ran.code, 0);
  const auto trace = nlohmann::json::parse(ran.out, nullptr, false);
  ASSERT_FALSE(trace.is_discarded());
  EXPECT_EQ(trace["format"], "allocviz-trace");
  EXPECT_EQ(trace["events"].size(), 172u);
  EXPECT_EQ(lines_of(ran.err).size(), 2u) << ran.err;  // the log's warnings
  const auto info = json_of(run({"info", "-", "--json"}, ran.out));
  EXPECT_EQ(info["events"], 172);
}

TEST(Convert, leaves_the_old_file_when_it_fails) {
  const Scratch out("old.json", "{\"old\": true}");
  expect_one_line_error(run({"convert", data("import/README.md"), out.path()}), 1, "not a log");
  EXPECT_EQ(out.bytes(), "{\"old\": true}");
  expect_one_line_error(run({"convert", data("import/edge.mtrace"), "/nowhere/at/all.json"}), 1,
                        "/nowhere/at/all.json");
}

TEST(Check, is_content_with_valid_files) {
  const Ran ran = run({"check", data("import/edge.mtrace"), data("placement/bump-6.json")});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_EQ(lines_of(ran.out).size(), 2u);
  EXPECT_EQ(ran.err, "");
}

TEST(Check, names_every_fault_with_its_place_and_ends_with_1) {
  const Scratch trace("bad.jsonl", R"({"format": "allocviz-trace", "version": 1}
{"op": "alloc", "id": 1, "size": -1}
{"op": "alloc", "id": 2, "size": 8}
{"op": "alloc", "size": 8}
{"op": "alloc", "id": 3, "size": 8, "align": 3}
)");
  const Ran ran = run({"check", trace.path(), data("import/edge.mtrace")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.out.find("line 2"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("line 4"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("line 5"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("edge.mtrace: valid"), std::string::npos) << ran.out;
  EXPECT_EQ(lines_of(ran.out).size(), 4u) << ran.out;
  EXPECT_NE(ran.err.find("3 faults in 1 of 2 files"), std::string::npos) << ran.err;

  const Ran machine = run({"check", trace.path(), "--json"});
  EXPECT_EQ(machine.code, 1);
  const auto json = nlohmann::json::parse(machine.out);
  EXPECT_EQ(json["files"][0]["valid"], false);
  ASSERT_EQ(json["files"][0]["faults"].size(), 3u);
  EXPECT_EQ(json["files"][0]["faults"][1]["line"], 4);
  EXPECT_EQ(json["files"][0]["faults"][2]["field"], "align");
}

TEST(Check, holds_a_log_that_was_cut_short_against_it) {
  const std::string whole = bytes_of(data("import/edge.mtrace"));
  const Scratch cut("cut.mtrace", std::string_view(whole).substr(0, 1000));
  EXPECT_EQ(run({"info", cut.path()}).code, 0);
  const Ran ran = run({"check", cut.path()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.out.find("cut short"), std::string::npos) << ran.out;
  EXPECT_EQ(run({"check", "/nowhere/at/all.json"}).code, 1);
}

}  // namespace
}  // namespace allocviz::cli
