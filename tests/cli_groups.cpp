// alloctrace groups and diff, as a user meets them.
#include <gtest/gtest.h>

#include <string>

#include "tests/cli_support.h"

namespace allocviz::cli {
namespace {

// A (parse) lives on, B (parse) dies at event 5, C (render) is born at 4, D does not fit.
constexpr const char* kLog =
    R"({"format": "allocviz-trace", "version": 1, "allocators": [{"kind": "buddy", "arena": 1024, "min_block": 64}],
 "sites": [["malloc", "parse", "main"], "render"],
 "events": [{"op": "alloc", "id": "A", "size": 100, "site": 0}, {"op": "alloc", "id": "B", "size": 50, "site": 0},
 {"op": "mark", "name": "here"}, {"op": "alloc", "id": "C", "size": 200, "site": 1}, {"op": "free", "id": "B"},
 {"op": "alloc", "id": "D", "size": 5000, "site": 1}]})";

TEST(GroupsCommand, folds_whole_stacks_for_flame_graphs_outermost_first) {
  const Scratch file("groups.json", kLog);
  const auto folded = [&](const char* what) { return run({"groups", file.path(), "--folded", what}).out; };
  EXPECT_EQ(folded("live"), "render 200\nmain;parse 100\n");
  EXPECT_EQ(folded("blocks"), "render 1\nmain;parse 1\n");
  EXPECT_EQ(folded("allocated"), "render 200\nmain;parse 150\n");
  EXPECT_EQ(folded("allocations"), "render 1\nmain;parse 2\n");
  EXPECT_EQ(run({"groups", file.path(), "--folded", "live", "--at", "2"}).out, "main;parse 150\n")
      << "what holds nothing is left out";
  const auto wrong = run({"groups", file.path(), "--folded", "dead"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("write live, blocks, allocated or allocations"), std::string::npos) << wrong.err;
  EXPECT_EQ(run({"groups", file.path(), "--folded", "live", "--json"}).code, 2);
}

TEST(GroupsCommand, a_frame_that_holds_what_parts_frames_stays_one_when_folded) {
  const Scratch file("groups.json", R"({"format": "allocviz-trace", "version": 1,
 "allocators": [{"kind": "buddy", "arena": 1024, "min_block": 64}], "sites": [["a < b", "main;x\ny"]], "events": [{"op": "alloc", "id": 1, "size": 10, "site": 0},
 {"op": "alloc", "id": 2, "size": 20}]})");
  EXPECT_EQ(run({"groups", file.path(), "--folded", "live"}).out, "[no call site] 20\nmain:x y;a < b 10\n");
}

TEST(GroupsCommand, says_who_holds_what_at_the_end_and_at_any_event) {
  const Scratch file("groups.json", kLog);
  const auto json = json_of(run({"groups", file.path(), "--json"}));
  EXPECT_EQ(json["by"], "site");
  EXPECT_EQ(json["to"], 6);
  ASSERT_EQ(json["groups"].size(), 2u);
  const auto render = json["groups"][0], parse = json["groups"][1];
  EXPECT_EQ(render["group"], "render");
  EXPECT_EQ(render["live_bytes"], 200);
  EXPECT_EQ(render["failures"], 1);
  EXPECT_TRUE(render["mean_lifetime_events"].is_null());
  EXPECT_EQ(parse["group"], "parse") << "malloc itself is nobody's call site";
  EXPECT_EQ(parse["live_blocks"], 1);
  EXPECT_EQ(parse["allocations"], 2);
  EXPECT_EQ(parse["allocated_bytes"], 150);
  EXPECT_EQ(parse["mean_lifetime_events"], 3.0);
  const auto earlier = json_of(run({"groups", file.path(), "--at", "2", "--by", "size", "--json"}));
  ASSERT_EQ(earlier["groups"].size(), 2u);
  EXPECT_EQ(earlier["groups"][0]["group"], "65 B … 128 B");
  const auto whole = json_of(run({"groups", file.path(), "--frames", "0", "--json"}));
  EXPECT_EQ(whole["groups"][1]["group"], "parse < main");
}

TEST(GroupsCommand, print_a_table_and_say_what_is_left_out) {
  const Scratch file("groups.json", kLog);
  const Ran all = run({"groups", file.path()});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_NE(all.out.find("by site, after event 6 of 6"), std::string::npos) << all.out;
  const Ran one = run({"groups", file.path(), "--top", "1"});
  EXPECT_NE(one.out.find("1 more; --top 0 shows all"), std::string::npos) << one.out;
  EXPECT_EQ(one.out.find("parse"), std::string::npos) << one.out;
}

// What a log of heaptrack's interpreter cannot tell is not printed as if it had.
TEST(GroupsCommand, marks_lifetimes_that_the_log_could_not_tell) {
  std::string guessed = kLog;
  guessed.insert(1, R"("lifetimes": "approximate", )");
  const Scratch file("groups.json", kLog), other("guessed.json", guessed);
  EXPECT_FALSE(json_of(run({"groups", file.path(), "--json"}))["approximate_lifetimes"].get<bool>());
  EXPECT_TRUE(json_of(run({"groups", other.path(), "--json"}))["approximate_lifetimes"].get<bool>());
  EXPECT_NE(run({"groups", file.path()}).out.find(" mean events"), std::string::npos);
  EXPECT_NE(run({"groups", other.path()}).out.find("~mean events"), std::string::npos);
}

TEST(DiffCommand, tells_what_was_born_died_and_stayed_between_two_events) {
  const Scratch file("groups.json", kLog);
  const auto json = json_of(run({"diff", file.path(), "--from", "3", "--to", "6", "--json"}));
  ASSERT_EQ(json["groups"].size(), 2u);
  const auto render = json["groups"][0], parse = json["groups"][1];
  EXPECT_EQ(render["born_bytes"], 200);
  EXPECT_EQ(render["grown_bytes"], 200);
  EXPECT_EQ(render["died_blocks"], 0);
  EXPECT_EQ(parse["died_bytes"], 50);
  EXPECT_EQ(parse["stayed_bytes"], 100);
  EXPECT_EQ(parse["grown_bytes"], -50);
  EXPECT_EQ(parse["grown_blocks"], -1);
  const Ran text = run({"diff", file.path(), "--from", "3", "--to", "6"});
  EXPECT_NE(text.out.find("from event 3 to event 6 of 6"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("-50 B"), std::string::npos) << text.out;
}

TEST(GroupsCommand, refuse_what_the_log_cannot_say) {
  const Scratch file("groups.json", kLog);
  expect_one_line_error(run({"groups", file.path(), "--by", "thread"}), 1, "names no threads; group it --by size");
  expect_one_line_error(run({"groups", file.path(), "--at", "7"}), 1, "there is no event 7; the log has 6 events");
  expect_one_line_error(run({"diff", file.path(), "--from", "5", "--to", "2"}), 1, "does not come before");
  expect_one_line_error(run({"groups", file.path(), "--by", "colour"}), 2, "write site, size, thread or tag");
  expect_one_line_error(run({"groups", file.path(), "--at", "2", "--from", "1"}), 2, "--from");
}

}  // namespace
}  // namespace allocviz::cli
