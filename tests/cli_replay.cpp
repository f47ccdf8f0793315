// alloctrace replay, state and steps: the real allocators, seen through text and JSON.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/cli_support.h"
#include "tests/support/sanitized.h"

namespace allocviz::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kBuddy = "buddy:arena=1KiB,min=64";

constexpr const char* kLesson =
    R"({"format": "allocviz-trace", "version": 1, "allocators": [{"kind": "buddy", "arena": 1024, "min_block": 64}],
 "events": [{"op": "alloc", "id": "A", "size": 100}, {"op": "alloc", "id": 7, "size": 64}, {"op": "mark", "name": "half"},
 {"op": "alloc", "id": "C", "size": 2000}, {"op": "free", "id": "C"}, {"op": "realloc", "id": 7, "size": 200},
 {"op": "free", "id": "X"}, {"op": "free", "id": null}, {"op": "alloc", "id": "D", "size": 9, "ok": false},
 {"op": "free", "id": "A"}, {"op": "alloc", "id": "Z", "size": 0}, {"op": "reset"}]})";

// The words of a placements line that a reader may rely on: event and offset, or event and "-".
std::string event_and_offset(const std::string& line) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  return line.substr(second + 1) == "0" ? line : line.substr(0, second);
}

void expect_same_placements(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") names.insert(entry.path().stem());
  }
  EXPECT_EQ(names.size(), 6u) << folder;
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const Ran ran = run({"replay", folder + "/" + name + ".json", "--placements", "-"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const std::vector<std::string> ours = lines_of(ran.out);
    const std::vector<std::string> theirs = lines_of(bytes_of(folder + "/" + name + ".placements"));
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      ASSERT_EQ(event_and_offset(ours[i]), event_and_offset(theirs[i])) << "line " << i + 1;
      const bool placed = theirs[i].find(" - ") == std::string::npos;
      if (placed) {
        ASSERT_EQ(ours[i], theirs[i]);  // the size too
      }
    }
  }
}

TEST(Replay, places_every_block_where_the_seed_crate_did) {
  expect_same_placements(data("placement"));
}

TEST(Replay, places_every_block_where_the_seed_crate_did_in_the_originals) {
  const std::string folder = ALLOCVIZ_SOURCE_DIR "/../shared/placement";
  if (!exists(folder)) GTEST_SKIP() << folder << " is not there";
  expect_same_placements(folder);
}

TEST(Replay, gives_every_event_a_line_that_says_what_became_of_it) {
  const Scratch lesson("lesson.json", kLesson);
  const Ran ran = run({"replay", lesson.path(), "--placements", "-"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const std::vector<std::string> expected = {
      "1 0 100",   "2 128 64",       "3 - mark",      "4 - too-large",         "5 - free-of-failed",
      "6 256 200", "7 - unknown-id", "8 - null-free", "9 - failed-in-the-log", "10 0 0",
      "11 0 1",    "12 - reset"};
  EXPECT_EQ(lines_of(ran.out), expected);
  EXPECT_NE(ran.err.find("failed requests"), std::string::npos) << ran.err;  // the report
}

TEST(Replay, writes_placements_to_a_file_and_the_report_to_standard_output) {
  const Scratch lesson("lesson.json", kLesson), placements("out.placements");
  const Ran ran = run({"replay", lesson.path(), "--placements", placements.path()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(lines_of(placements.bytes()).size(), 12u);
  EXPECT_NE(ran.out.find("event 4\n"), std::string::npos) << ran.out;
}

TEST(Replay, reports_each_allocator_in_turn) {
  const Scratch lesson("lesson.json", kLesson);
  const Json json = json_of(run({"replay", lesson.path(), "--json", "--allocator", kBuddy, "--allocator",
                                 "bump:arena=4KiB", "--allocator", "slab:block=256,count=2"}));
  ASSERT_EQ(json["runs"].size(), 3u);
  const Json& buddy = json["runs"][0];
  EXPECT_EQ(buddy["allocator"], kBuddy);
  EXPECT_EQ(buddy["events"], 12);
  EXPECT_EQ(buddy["failed"], 1);
  EXPECT_EQ(buddy["first_failed"], 4);
  EXPECT_EQ(buddy["frees_of_failed"], 1);
  EXPECT_EQ(buddy["peak_live_requested"], 300);
  EXPECT_EQ(buddy["peak_live_rounded"], 128 + 256);
  EXPECT_DOUBLE_EQ(buddy["internal_fragmentation_at_peak"].get<double>(), 1 - 300.0 / 384.0);
  EXPECT_DOUBLE_EQ(buddy["external_fragmentation_at_peak"].get<double>(), 1 - 512.0 / 640.0);
  EXPECT_EQ(buddy["largest_free_at_end"], 1024);
  EXPECT_EQ(buddy["external_fragmentation_at_end"], 0);
  EXPECT_GT(buddy["ns_per_event"].get<double>(), 0);
  EXPECT_EQ(json["runs"][1]["allocator"], "bump:arena=4KiB");
  EXPECT_EQ(json["runs"][1]["failed"], 0);
  EXPECT_TRUE(json["runs"][1]["first_failed"].is_null());
  EXPECT_EQ(json["runs"][2]["failed"], 1);
  EXPECT_EQ(json["runs"][2]["free_at_end"], 512);
  EXPECT_EQ(json["runs"][2]["largest_free_at_end"], 256);
  EXPECT_EQ(json["runs"][2]["external_fragmentation_at_end"], 0.5) << "1 - largest free / free, as of all others";
}

TEST(Replay, a_log_with_a_request_larger_than_any_arena_opens_in_the_largest_that_there_is) {
  if (test::kThreadSanitized) GTEST_SKIP() << "ThreadSanitizer leaves too little address space";
  const Scratch log("huge.json", R"({"format": "allocviz-trace", "version": 1, "events": [
    {"op": "alloc", "id": 1, "size": 4611686018427387904}, {"op": "alloc", "id": 2, "size": 100}]})");
  const Json json = json_of(run({"replay", log.path(), "--json"}));
  EXPECT_EQ(json["runs"][0]["first_failed"], 1);
  EXPECT_EQ(json["runs"][0]["failed"], 1);
}

TEST(Replay, says_which_allocator_it_chose_and_why) {
  const std::string log = data("import/edge.mtrace");
  const Ran text = run({"replay", log});
  EXPECT_EQ(text.code, 0);
  EXPECT_NE(text.out.find("buddy:arena=512KiB,min=64"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("the log names no configuration"), std::string::npos) << text.out;
  const Ran machine = run({"replay", log, "--json"});
  EXPECT_EQ(json_of(machine)["runs"][0]["allocator"], "buddy:arena=512KiB,min=64");
  EXPECT_NE(machine.err.find("the log names no configuration"), std::string::npos) << machine.err;
  const Scratch lesson("lesson.json", kLesson);
  EXPECT_NE(run({"replay", lesson.path()}).out.find("as the file says"), std::string::npos);
  const std::string pages = run({"replay", data("import/kernel-part.perfscript.zst")}).out;
  EXPECT_NE(pages.find("by the log's own smallest block"), std::string::npos) << "it says nothing itself: " << pages;
}

TEST(Replay, runs_all_that_a_file_names_but_places_on_one) {
  const Scratch two("two.json",
                    R"({"format": "allocviz-trace", "version": 1, "allocators": [{"kind": "bump", "arena": 256},
{"kind": "slab", "block": 64, "count": 4}], "events": [{"op": "alloc", "id": 1, "size": 10}]})");
  EXPECT_EQ(json_of(run({"replay", two.path(), "--json"}))["runs"].size(), 2u);
  expect_one_line_error(run({"replay", two.path(), "--placements", "-"}), 2, "choose one with --allocator");
  EXPECT_EQ(run({"replay", two.path(), "--placements", "-", "--allocator", "bump:arena=256"}).out, "1 246 10\n");
}

// The blocks tile the arena, whatever the moment.
void expect_tiles(const Json& state) {
  std::uint64_t next = 0;
  for (const Json& block : state["blocks"]) {
    ASSERT_EQ(block["offset"], next);
    next += block["size"].get<std::uint64_t>();
  }
  EXPECT_EQ(next, state["arena"]);
}

Json state_at(const std::string& file, const std::string& at, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"state", file, "--at", at, "--json"};
  words.insert(words.end(), more.begin(), more.end());
  Json state = json_of(run(words));
  expect_tiles(state);
  return state;
}

TEST(State, before_the_first_event_is_one_free_block) {
  const Scratch lesson("lesson.json", kLesson);
  const Json state = state_at(lesson.path(), "0");
  EXPECT_EQ(state["allocator"], kBuddy);
  EXPECT_EQ(state["event"], 0);
  EXPECT_EQ(state["step"], 0);
  EXPECT_EQ(state["steps"], 0);
  ASSERT_EQ(state["blocks"].size(), 1u);
  EXPECT_EQ(state["blocks"][0]["state"], "free");
  EXPECT_EQ(state["figures"]["free"], 1024);
  EXPECT_TRUE(state["mark"].is_null());
}

TEST(State, after_an_event_says_whose_every_block_is_and_lists_the_free_ones) {
  const Scratch lesson("lesson.json", kLesson);
  const Json state = state_at(lesson.path(), "2");
  ASSERT_EQ(state["blocks"].size(), 5u);
  EXPECT_EQ(state["blocks"][0]["state"], "live");
  EXPECT_EQ(state["blocks"][0]["id"], "A");
  EXPECT_EQ(state["blocks"][0]["size"], 128);
  EXPECT_EQ(state["blocks"][0]["requested"], 100);
  EXPECT_EQ(state["blocks"][1]["id"], 7);
  EXPECT_EQ(state["blocks"][1]["offset"], 128);
  EXPECT_EQ(state["blocks"][2]["state"], "free");
  EXPECT_FALSE(state["blocks"][2].contains("id"));
  EXPECT_EQ(state["step"], state["steps"]);
  EXPECT_EQ(state["figures"]["live_requested"], 164);
  EXPECT_EQ(state["figures"]["live_rounded"], 192);
  EXPECT_EQ(state["figures"]["free"], 1024 - 192);
  EXPECT_EQ(state["figures"]["largest_free"], 512);
  std::set<std::string> lists;
  for (const Json& list : state["free_lists"]) {
    if (!list["blocks"].empty()) lists.insert(list.dump());
  }
  const std::set<std::string> expected = {R"({"level":1,"size":512,"blocks":[512]})",
                                          R"({"level":2,"size":256,"blocks":[256]})",
                                          R"({"level":4,"size":64,"blocks":[192]})"};
  EXPECT_EQ(lists, expected);
}

TEST(State, inside_an_event_shows_the_block_between_two_lists) {
  const Scratch lesson("lesson.json", kLesson);
  const int steps = state_at(lesson.path(), "1")["steps"];
  ASSERT_GT(steps, 3);
  bool in_flight = false;
  for (int k = 0; k <= steps; ++k) {
    const Json state = state_at(lesson.path(), "1." + std::to_string(k));
    EXPECT_EQ(state["step"], k);
    EXPECT_EQ(state["steps"], steps);
    for (const Json& block : state["blocks"]) in_flight = in_flight || block["state"] == "in_flight";
  }
  EXPECT_TRUE(in_flight);
}

TEST(State, N_0_is_the_state_before_event_N_and_its_last_step_the_one_after) {
  const Scratch lesson("lesson.json", kLesson);
  for (int event = 1; event <= 12; ++event) {
    const std::string n = std::to_string(event);
    const Json before = state_at(lesson.path(), std::to_string(event - 1));
    const Json zero = state_at(lesson.path(), n + ".0");
    const Json after = state_at(lesson.path(), n);
    const Json last = state_at(lesson.path(), n + "." + std::to_string(after["steps"].get<int>()));
    for (const char* part : {"blocks", "free_lists", "figures", "mark"}) {
      EXPECT_EQ(zero[part], before[part]) << n << " " << part;
      EXPECT_EQ(last[part], after[part]) << n << " " << part;
    }
    EXPECT_EQ(zero["event"], event);
    EXPECT_EQ(zero["step"], 0);
  }
}

TEST(State, of_an_event_or_a_step_that_there_is_not_says_how_many_there_are) {
  const Scratch lesson("lesson.json", kLesson);
  expect_one_line_error(run({"state", lesson.path(), "--at", "13"}), 1, "the log has 12 events");
  expect_one_line_error(run({"state", lesson.path(), "--at", "3.1"}), 1, "no steps");
  const int steps = state_at(lesson.path(), "1")["steps"];
  expect_one_line_error(run({"state", lesson.path(), "--at", "1." + std::to_string(steps + 1)}), 1,
                        "its last step is " + std::to_string(steps));
  expect_one_line_error(run({"state", lesson.path(), "--at", "0.1"}), 1, "event 0 has no step 1");
}

TEST(State, of_a_bump_shows_its_mark_and_of_a_slab_its_fresh_blocks) {
  const Scratch lesson("lesson.json", kLesson);
  const Json bump = state_at(lesson.path(), "2", {"--allocator", "bump:arena=1KiB"});
  EXPECT_EQ(bump["mark"], 1024 - 164);
  const Json slab = state_at(lesson.path(), "2", {"--allocator", "slab:block=128,count=4"});
  EXPECT_EQ(slab["blocks"][0]["state"], "live");
  EXPECT_EQ(slab["blocks"].back()["state"], "fresh");
}

TEST(State, tells_people_the_same) {
  const Scratch lesson("lesson.json", kLesson);
  const Ran ran = run({"state", lesson.path(), "--at", "2"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.out.find("alloc 7 64 B"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("free lists"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("live"), std::string::npos) << ran.out;
}

TEST(Steps, are_named_and_said_in_words) {
  const Scratch lesson("lesson.json", kLesson);
  const Json json = json_of(run({"steps", lesson.path(), "--at", "1", "--json"}));
  EXPECT_EQ(json["event"], 1);
  EXPECT_NE(json["text"].get<std::string>().find("128 B"), std::string::npos) << json["text"];
  ASSERT_EQ(json["steps"].size(), state_at(lesson.path(), "1")["steps"].get<std::size_t>());
  const Json& round = json["steps"][0];
  EXPECT_EQ(round["kind"], "round");
  EXPECT_EQ(round["requested"], 100);
  EXPECT_EQ(round["size"], 128);
  EXPECT_EQ(round["level"], 3);
  const Json& take = json["steps"].back();
  EXPECT_EQ(take["kind"], "take");
  EXPECT_EQ(take["offset"], 0);
  EXPECT_EQ(take["size"], 128);
  int splits = 0;
  for (const Json& step : json["steps"]) {
    EXPECT_FALSE(step["text"].get<std::string>().empty());
    splits += step["kind"] == "split";
  }
  EXPECT_EQ(splits, 3);  // 1024 -> 512 -> 256 -> 128
}

TEST(Steps, of_a_request_that_fails_end_with_why) {
  const Scratch lesson("lesson.json", kLesson);
  const Json json = json_of(run({"steps", lesson.path(), "--at", "4", "--json"}));
  EXPECT_EQ(json["steps"].back()["kind"], "fail");
  EXPECT_EQ(json["steps"].back()["why"], "too-large");
  const Ran text = run({"steps", lesson.path(), "--at", "4"});
  EXPECT_NE(text.out.find("event 4 of 12: alloc C 2 000 B"), std::string::npos) << text.out;
}

TEST(Steps, of_an_event_that_does_nothing_are_none_but_it_has_a_sentence) {
  const Scratch lesson("lesson.json", kLesson);
  for (const char* event : {"3", "7", "8", "9"}) {
    const Json json = json_of(run({"steps", lesson.path(), "--at", event, "--json"}));
    EXPECT_TRUE(json["steps"].empty()) << event;
    EXPECT_FALSE(json["text"].get<std::string>().empty()) << event;
  }
  expect_one_line_error(run({"steps", lesson.path(), "--at", "99"}), 1, "12 events");
}

}  // namespace
}  // namespace allocviz::cli
