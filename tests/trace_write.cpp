#include <gtest/gtest.h>

#include <string>

#include "tests/support/seed.h"
#include "tests/support/trace_samples.h"

namespace allocviz::trace {
namespace {

using test::read_text;

TEST(Writing, a_lesson_is_written_for_people) {
  const std::string text = R"({
  "format": "allocviz-trace",
  "version": 1,
  "name": "Why two free buddies do not always merge",
  "about": "Markdown\nwith \"quotes\" and ä",
  "allocators": [
    {"kind": "buddy", "arena": "1 KiB", "min_block": 64},
    {"kind": "buddy", "arena": "148 KiB", "min_block": 16, "block": "4 KiB", "gaps": [[4096, 8192], [9000, 9001]]},
    {"kind": "bump", "arena": 1000},
    {"kind": "slab", "block": 48, "count": 1000},
    {"kind": "tiered", "arena": "64 MiB", "min_block": 64, "classes": [16, 32]},
    {"kind": "recorded"}
  ],
  "defaults": {"align": 16},
  "recorder": {"pid": 7},
  "sites": [
    "main.c:12 parse_header",
    ["malloc", "xmalloc", "main.c:40 main"]
  ],
  "events": [
    {"op": "alloc", "id": "A", "size": 100, "note": "100 B do not fit a 64 B block."},
    {"op": "alloc", "id": 18446744073709551615, "size": 0, "align": 1, "t": 5, "thread": 0, "site": 1, "tag": "x", "addr": 9007199254740992},
    {"op": "realloc", "id": "A", "size": 9, "align": 4096, "addr": "0x20000000000001", "ok": false},
    {"op": "alloc", "size": 7, "ok": false},
    {"op": "free", "id": null, "mark": "set by hand"},
    {"op": "free", "offset": 128},
    {"op": "free", "id": "A", "size": 100, "align": 16},
    {"op": "mark", "name": "second phase", "note": "n"},
    {"op": "mark"},
    {"op": "reset", "colour": [1, {"r": 2.50}]}
  ]
}
)";
  EXPECT_EQ(to_json_text(read_text(text)), text);
}

TEST(Writing, a_mark_set_on_an_event_comes_back_with_it_and_leaves_the_rows_around_it) {
  Trace trace = read_text(R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size"],
    "events": [["a",1,100],["a",2,100],["mark"],["f",1]]})");
  trace.set_mark(1, "here");
  trace.set_mark(2, "named");
  trace.set_note(3, "gone again");
  const std::string text = to_json_text(trace);
  EXPECT_NE(text.find(R"({"op": "alloc", "id": 2, "size": 100, "mark": "here"})"), std::string::npos)
      << text;
  const Trace again = read_text(text);
  EXPECT_EQ(difference(trace, again), "");
  EXPECT_EQ(*again.mark_name(1), "here");
  EXPECT_EQ(*again.mark_name(2), "named");
  EXPECT_EQ(*again.note(3), "gone again");
  EXPECT_EQ(again.facts().marks, 1u) << "a mark on an event is no event";
  trace.set_mark(1, "");
  trace.set_mark(2, "");
  trace.set_note(3, "");
  EXPECT_EQ(trace.mark_name(1), nullptr);
  EXPECT_EQ(*trace.mark_name(2), "") << "a mark that is an event keeps its place";
  EXPECT_EQ(trace.note(3), nullptr);
}

TEST(Writing, rows_hold_only_the_columns_in_use) {
  const std::string text = R"({
  "format": "allocviz-trace",
  "version": 1,
  "columns": ["op", "id", "size", "t", "site", "ok", "offset"],
  "sites": ["a"],
  "events": [["a",1,100,3,0],["a",null,5,null,null,false],["f",null],["f",1,null,9],
    ["f",null,null,null,null,null,64],{"op": "mark", "name": "m"},["mark"],["reset"]]
})";
  EXPECT_EQ(to_json_text(read_text(text)), R"({
  "format": "allocviz-trace",
  "version": 1,
  "sites": ["a"],
  "columns": ["op", "id", "size", "t", "site", "ok", "offset"],
  "events": [
["a",1,100,3,0],
["a",null,5,null,null,false],
["f",null],
["f",1,null,9],
["f",null,null,null,null,null,64],
{"op": "mark", "name": "m"},
["mark"],
["reset"]
  ]
}
)");
  EXPECT_EQ(
      to_json_text(read_text(text), Spelling::JsonLines),
      R"({"format": "allocviz-trace", "version": 1, "sites": ["a"], "columns": ["op", "id", "size", "t", "site", "ok", "offset"]}
["a",1,100,3,0]
["a",null,5,null,null,false]
["f",null]
["f",1,null,9]
["f",null,null,null,null,null,64]
{"op": "mark", "name": "m"}
["mark"]
["reset"]
)");
}

TEST(Writing, an_empty_trace_is_one_too) {
  const Trace empty = TraceBuilder().finish();
  EXPECT_EQ(to_json_text(empty), "{\n  \"format\": \"allocviz-trace\",\n  \"version\": 1,\n  \"events\": []\n}\n");
  EXPECT_EQ(to_json_text(empty, Spelling::JsonLines), "{\"format\": \"allocviz-trace\", \"version\": 1}\n");
  EXPECT_EQ(difference(empty, read_text(to_json_text(empty))), "");
}

TEST(Writing, a_long_trace_is_written_in_rows) {
  const Trace trace = test::random_trace(11, 5000);
  const std::string text = to_json_text(trace);
  EXPECT_NE(text.find("\"columns\""), std::string::npos);
  EXPECT_EQ(to_json_text(read_text(text)), text);
}

TEST(Writing, random_traces_come_back_equal_and_are_written_to_the_same_bytes) {
  const std::uint64_t seed = test::seed();
  for (std::uint64_t round = 0; round < 60; ++round) {
    const Trace trace = test::random_trace(seed + round, 200);
    for (const Spelling spelling : {Spelling::Json, Spelling::JsonLines}) {
      const std::string text = to_json_text(trace, spelling);
      const Trace again = read_text(text);
      ASSERT_EQ(difference(trace, again), "") << "round " << round << "\n" << text;
      ASSERT_EQ(to_json_text(again, spelling), text) << "round " << round;
      const auto source = source_of_text(text, "t");
      EXPECT_TRUE(check_json(*source)->empty());
    }
  }
}

TEST(Writing, difference_finds_whatever_differs) {
  const std::string base =
      R"({"format": "allocviz-trace", "version": 1, "name": "n", "sites": ["s"], "events": [)"
      R"({"op": "alloc", "id": 1, "size": 2, "align": 4, "t": 1, "thread": 1, "site": 0, "tag": "g", "addr": 5, "note": "x", "y": 1}]})";
  const struct {
    const char* from;
    const char* to;
    const char* says;
  } cases[] = {{"\"n\"", "\"m\"", "header: name"},
               {"\"id\": 1", "\"id\": 2", "event 1: id"},
               {"\"id\": 1", "\"id\": \"1\"", "event 1: flags"},
               {"\"size\": 2", "\"size\": 3", "event 1: size"},
               {"\"align\": 4", "\"align\": 8", "event 1: align"},
               {"\"t\": 1", "\"t\": 2", "event 1: t"},
               {"\"thread\": 1", "\"thread\": 2", "event 1: thread"},
               {"\"site\": 0, ", "", "event 1: site"},
               {"\"tag\": \"g\", ", "", "event 1: tag"},
               {"\"g\"", "\"h\"", "tags"},
               {"\"s\"", "\"z\"", "sites"},
               {"\"addr\": 5", "\"addr\": 6", "event 1: addr"},
               {"\"x\"", "\"z\"", "event 1: note"},
               {"\"y\": 1", "\"y\": 2", "event 1: unknown fields"},
               {"alloc\"", "realloc\"", "event 1: op"},
               {"}]}", "}, {\"op\": \"mark\"}]}", "1 and 2 events"}};
  for (const auto& [from, to, says] : cases) {
    std::string other = base;
    other.replace(other.find(from, 40), std::string_view(from).size(), to);
    EXPECT_EQ(difference(read_text(base), read_text(other)), says) << other;
  }
}

TEST(Writing, the_ending_decides_the_spelling) {
  for (const char* name : {"a.jsonl", "a.jsonl.zst", "a.jsonl.gz"})
    EXPECT_EQ(spelling_for(name), Spelling::JsonLines) << name;
  for (const char* name : {"a.json", "a.json.zst", "a.json.gz", "-", "a", "jsonl"})
    EXPECT_EQ(spelling_for(name), Spelling::Json) << name;
}

}  // namespace
}  // namespace allocviz::trace
