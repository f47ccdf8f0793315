// alloctrace why, --process and the recorded heap, as a user meets them.
#include <gtest/gtest.h>

#include <string>

#include "tests/cli_support.h"

namespace allocviz::cli {
namespace {

constexpr const char* kFull =
    R"({"format": "allocviz-trace", "version": 1, "allocators": [{"kind": "buddy", "arena": 256, "min_block": 64}],
 "events": [{"op": "alloc", "id": "A", "size": 60}, {"op": "alloc", "id": "B", "size": 100},
 {"op": "alloc", "id": "C", "size": 60}, {"op": "free", "id": "C"}, {"op": "alloc", "id": "D", "size": 100}]})";

TEST(Why, tells_the_first_failed_request_and_what_would_have_made_room) {
  const Scratch file("why.json", kFull);
  const auto json = json_of(run({"why", file.path(), "--json"}));
  EXPECT_EQ(json["event"], 5);
  EXPECT_EQ(json["why"], "out-of-memory");
  EXPECT_EQ(json["needed"], 128);
  EXPECT_EQ(json["level"], 1);
  EXPECT_EQ(json["free"], 64);
  EXPECT_EQ(json["largest_free"], 64);
  EXPECT_EQ(json["would_fit_after"], 1);
  EXPECT_EQ(json["fewest"]["blocks"][0]["id"], "A");
  EXPECT_EQ(json["smallest"]["bytes"], 64);
  EXPECT_EQ(json["oldest"]["blocks"][0]["born"], 1);
  const Ran text = run({"why", file.path(), "--at", "5"});
  EXPECT_EQ(text.code, 0);
  EXPECT_NE(text.out.find("needed                128 B, level 1"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("the oldest            1 block, 64 B: A at"), std::string::npos) << text.out;
}

TEST(Why, says_when_nothing_failed_and_refuses_an_event_that_did_not) {
  const Scratch file("why.json", kFull);
  const Ran none = run({"why", file.path(), "--allocator", "buddy:arena=1KiB,min=64"});
  EXPECT_EQ(none.code, 0);
  EXPECT_EQ(none.out, "buddy:arena=1KiB,min=64: no request failed\n");
  EXPECT_TRUE(
      json_of(run({"why", file.path(), "--allocator", "buddy:arena=1KiB,min=64", "--json"}))["event"].is_null());
  expect_one_line_error(run({"why", file.path(), "--at", "2"}), 1, "did not fail");
  expect_one_line_error(run({"why", file.path(), "--at", "0"}), 2, "--at 0: why takes the number of an event, from 1");
  expect_one_line_error(run({"why", file.path(), "--at", "9"}), 1, "there is no event 9; the log has 5 events");
}

TEST(Why, without_a_number_is_asked_of_a_request_and_never_of_a_refused_free) {
  const Scratch file("why.json", R"({"format": "allocviz-trace", "version": 1,
 "allocators": [{"kind": "slab", "block": 64, "count": 1}], "columns": ["op", "id", "size", "align", "offset"],
 "events": [["f", null, null, null, 64], ["a", "A", 10, 128]]})");
  const auto json = json_of(run({"why", file.path(), "--json"}));
  EXPECT_EQ(json["event"], 2);
  EXPECT_EQ(json["why"], "align-too-large");
  const Ran text = run({"why", file.path()});
  EXPECT_NE(text.out.find("it is aligned to more than what this allocator can ever give"), std::string::npos)
      << text.out;
}

TEST(Recorded, replay_state_and_steps_show_the_heap_of_the_log) {
  const Scratch file("log.csv", "op,ptr,size\nmalloc,0x7000010,100\nmalloc,0x7000100,50\nfree,0x7000010,\n");
  const auto report = json_of(run({"replay", file.path(), "--allocator", "recorded", "--json"}))["runs"][0];
  EXPECT_EQ(report["allocator"], "recorded");
  EXPECT_EQ(report["peak_live_requested"], 150);
  const auto state = json_of(run({"state", file.path(), "--allocator", "recorded", "--at", "3", "--json"}));
  ASSERT_EQ(state["blocks"].size(), 3u);
  EXPECT_EQ(state["blocks"][1]["offset"], 0x100);
  EXPECT_EQ(state["blocks"][1]["addr"], "0x7000100");
  EXPECT_EQ(state["blocks"][1]["state"], "live");
  EXPECT_EQ(state["arena"], 4096);
  const auto steps = json_of(run({"steps", file.path(), "--allocator", "recorded", "--at", "2", "--json"}));
  EXPECT_EQ(steps["text"], "The recorded program was given 50 B at 0x7000100 (0x0100 here).");
  const Scratch silent("silent.csv", "op,id,size\na,1,100\n");
  expect_one_line_error(run({"replay", silent.path(), "--allocator", "recorded"}), 1,
                        "does not say where its blocks were");
}

TEST(Process, is_chosen_by_its_number) {
  const Scratch file("log.csv", "pid,op,ptr,size\n1,malloc,0x10,1\n1,free,0x10,\n2,malloc,0x10,7\n");
  EXPECT_EQ(json_of(run({"info", file.path(), "--json"}))["events"], 2);
  EXPECT_EQ(json_of(run({"info", file.path(), "--process", "2", "--json"}))["peak_live_bytes"], 7);
  expect_one_line_error(run({"info", file.path(), "--process", "3"}), 1,
                        "there is no process 3 in the log; it has 1, 2");
}

}  // namespace
}  // namespace allocviz::cli
