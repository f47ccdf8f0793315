#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/trace_samples.h"

namespace allocviz::trace {
namespace {

using test::read_text;
using test::trouble_of;
using test::with_events;

const std::string kHead = R"({"format": "allocviz-trace", "version": 1)";

TEST(Reading, an_object_a_row_and_a_line_say_the_same) {
  const Trace objects = read_text(kHead + R"(, "events": [
    {"op": "alloc", "id": 1, "size": 100, "align": 16, "t": 0, "thread": 2, "tag": "x"},
    {"op": "free", "id": 1, "t": 250, "thread": 2},
    {"op": "realloc", "id": "A", "size": 7}, {"op": "reset"}, {"op": "free", "id": null}, {"op": "free", "offset": 64}]})");
  const Trace rows =
      read_text(kHead + R"(, "columns": ["op", "id", "size", "align", "t", "thread", "tag", "offset"], "events": [
    ["a", 1, 100, 16, 0, 2, "x"], ["f", 1, null, null, 250, 2], ["r", "A", 7], ["reset"], ["f", null],
    ["f", null, null, null, null, null, null, 64]]})");
  const Trace mixed = read_text(kHead + R"(, "columns": ["id", "op", "size", "t", "thread", "align", "tag"], "events": [
    [1, "alloc", 100, 0, 2, 16, "x"], {"op": "f", "id": 1, "t": 250, "thread": 2}, ["A", "realloc", 7, null, null],
    {"op": "reset"}, [null, "free"], {"op": "free", "id": null, "offset": 64}]})");
  const Trace lines = read_text(kHead + R"(, "columns": ["op", "id", "size", "align", "t", "thread", "tag"]}
["a", 1, 100, 16, 0, 2, "x"]
{"op": "free", "id": 1, "t": 250, "thread": 2}

["r","A",7])"
                                        "\r\n"
                                        R"(["reset"]
["free", null]
{"op": "free", "offset": 64})");
  EXPECT_EQ(objects.size(), 6u);
  EXPECT_EQ(difference(objects, rows), "");
  EXPECT_EQ(difference(objects, mixed), "");
  EXPECT_EQ(difference(objects, lines), "");
  EXPECT_FALSE(objects.header().rows);
  EXPECT_TRUE(rows.header().rows);
}

TEST(Reading, every_field_arrives) {
  const Trace trace = read_text(kHead + R"(, "name": "N", "about": "A", "allocators": [
      {"kind": "buddy", "arena": "1 KiB", "min_block": 64, "block": 512, "gaps": [[64, 128], ["256 B", 300]]},
      {"kind": "slab", "block": 48, "count": 10}, {"kind": "bump", "arena": 1000}, {"kind": "recorded"},
      {"kind": "tiered", "arena": "1 MiB", "classes": [16, 32]}],
    "defaults": {"align": 16}, "sites": ["main.c:12", ["malloc", "main"]], "events": [
    {"op": "alloc", "id": 18446744073709551615, "size": "1 KiB", "align": "4 KiB", "t": 5, "thread": 0, "site": 1, "tag": "T",
     "addr": "0xDEADbeef", "note": "n"},
    {"op": "alloc", "id": "x", "size": 0, "ok": false, "addr": 4096, "site": 0},
    {"op": "mark", "name": "here"}, {"op": "mark"}, {"op": "alloc", "size": 9, "ok": false}]})");
  EXPECT_EQ(trace.header().name, "N");
  EXPECT_EQ(trace.header().about, "A");
  ASSERT_EQ(trace.header().allocators.size(), 5u);
  EXPECT_EQ(to_text(trace.header().allocators[0]), "buddy:arena=1KiB,min=64,block=512,gaps=64-128+256-300");
  EXPECT_EQ(to_text(trace.header().allocators[4]), "tiered:arena=1MiB,min=64,classes=16+32");
  EXPECT_EQ(trace.header().default_align, 16u);
  const Event first = trace.event(0);
  EXPECT_EQ(first.id, 18446744073709551615u);
  EXPECT_EQ(first.size, 1024u);
  EXPECT_EQ(first.align(), 4096u);
  EXPECT_EQ(first.time_ns, 5u);
  EXPECT_TRUE(first.has(kHasThread));
  EXPECT_EQ(first.thread, 0u);
  EXPECT_EQ(trace.sites().at(first.site - 1).frames.at(1), "main");
  EXPECT_EQ(trace.tags().at(first.tag - 1), "T");
  EXPECT_EQ(first.addr, 0xdeadbeefu);
  EXPECT_EQ(*trace.note(0), "n");
  EXPECT_EQ(trace.event(1).addr, 4096u);
  EXPECT_TRUE(trace.event(1).has(kFailedThere));
  EXPECT_EQ(trace.event(1).align(), 16u);
  EXPECT_EQ(*trace.mark_name(2), "here");
  EXPECT_EQ(*trace.mark_name(3), "");
  EXPECT_EQ(trace.facts().threads, 1u);
  EXPECT_EQ(trace.facts().failed_requests, 2u);
}

TEST(Reading, keys_of_the_header_stand_in_any_order) {
  const std::string events = R"("events": [{"op": "alloc", "id": 1, "size": 3, "site": 1}])";
  const std::string sites = R"("sites": ["a", "b"])", defaults = R"("defaults": {"align": 32})";
  const std::string rest =
      R"("version": 1, "allocators": [{"kind": "bump", "arena": 100}], "name": "z", "format": "allocviz-trace")";
  const Trace usual = read_text("{" + rest + "," + defaults + "," + sites + "," + events + "}");
  const Trace late = read_text("{" + events + "," + sites + "," + defaults + "," + rest + "}");
  EXPECT_EQ(usual.event(0).align(), 32u);
  EXPECT_EQ(difference(usual, late), "");
}

TEST(Reading, what_is_not_known_is_kept) {
  const Trace trace = read_text(kHead + R"(, "recorder": {"pid": 7, "argv": ["a", {}], "x": -0.5e+3}, "empty": null,
    "columns": ["op", "id", "size", "colour"], "events": [
    {"op": "alloc", "id": 1, "size": 2, "colour": [1, [], {"a": "\u00e4\n"}], "big": 123456789012345678901234567890},
    ["f", 1, null, "red"], ["a", 2, 3, null], {"op": "alloc", "id": 3, "size": 1, "name": "only marks have one"}]})");
  EXPECT_EQ(trace.header().extra.at("recorder"), R"({"pid": 7, "argv": ["a", {}], "x": -0.5e+3})");
  EXPECT_EQ(trace.header().extra.at("empty"), "null");
  EXPECT_EQ(*trace.extra(0), "\"colour\": [1, [], {\"a\": \"\xc3\xa4\\n\"}], \"big\": 123456789012345678901234567890");
  EXPECT_EQ(*trace.extra(1), R"("colour": "red")");
  EXPECT_EQ(trace.extra(2), nullptr);
  EXPECT_EQ(*trace.extra(3), R"("name": "only marks have one")");
}

TEST(Reading, says_what_is_wrong_in_the_header_and_where) {
  const struct {
    std::string text;
    const char* line;
  } cases[] = {
      {"", "t.json, line 1, byte 0: it is empty; copy or record it again"},
      {" \n\n ", "it is empty"},
      {"[1, 2]", "t.json, line 1, byte 0: a trace is a JSON object, not an array; begin it with"},
      {"3 ", "a trace is a JSON object; begin it with"},
      {"hello", "t.json, line 1, byte 0: broken JSON"},
      {"{}", "line 1, byte 1, field \"format\": the header lacks it"},
      {R"({"format": "allocviz-trace", "events": []})", "field \"version\": the header lacks it"},
      {R"({"version": 1, "events": []})", "field \"format\": the header lacks it"},
      {R"({"format": "heap", "version": 1})", "field \"format\": it is not \"allocviz-trace\""},
      {R"({"format": ["x"], "version": 1})", "field \"format\": it is not \"allocviz-trace\""},
      {R"({"format": "allocviz-trace", "version": 2})",
       "line 1, byte 40, field \"version\": version 2 is newer than this program, which reads version 1; read it with "
       "a newer allocviz"},
      {R"({"format": "allocviz-trace", "version": 0})", "field \"version\": it is no version there is"},
      {R"({"format": "allocviz-trace", "version": 1.0})", "field \"version\": it is no version there is"},
      {R"({"format": "allocviz-trace", "version": "1"})", "field \"version\": it is no version there is"},
      {kHead + R"(, "name": "a", "name": "b", "events": []})", "field \"name\": the key is there twice in the header"},
      {kHead + R"(, "x": 1, "x": 2, "events": []})", "field \"x\": the key is there twice in the header"},
      {kHead + R"(, "x": {"y": 1, "y": 2}, "events": []})", "field \"y\": the key is there twice in one object"},
      {kHead + R"(, "name": 5, "events": []})", "field \"name\": it is no string"},
      {kHead + R"(, "about": {}, "events": []})", "field \"about\": it is no string"},
      {kHead + R"(, "defaults": 16, "events": []})", "field \"defaults\": it is no object"},
      {kHead + R"(, "defaults": {"align": 24}, "events": []})", "field \"defaults.align\": it is no power of two"},
      {kHead + R"(, "defaults": {"align": 0}, "events": []})", "field \"defaults.align\": it is no power of two"},
      {kHead + R"(, "defaults": {"size": 8}, "events": []})", "field \"defaults.size\": there is no such default"},
      {kHead + R"(, "sites": "main", "events": []})", "field \"sites\": it is no array"},
      {kHead + R"(, "sites": [1], "events": []})", "field \"sites\": a site is a string or an array of strings"},
      {kHead + R"(, "sites": [[[]]], "events": []})", "field \"sites\": a site is a string or an array of strings"},
      {kHead + R"(, "sites": [{}], "events": []})", "field \"sites\": a site is a string or an array of strings"},
      {kHead + R"(, "sites": [[]], "events": []})", "field \"sites\": a stack has no frame"},
      {kHead + R"(, "columns": {"op": 1}, "events": []})", "field \"columns\": it is no array"},
      {kHead + R"(, "columns": [1], "events": []})", "field \"columns\": a column is named by a string"},
      {kHead + R"(, "columns": ["op", "op"], "events": []})", "field \"columns\": \"op\" is named twice"},
      {kHead + R"(, "events": [], "columns": ["op"]})", "field \"columns\": it stands after the events"},
      {kHead + R"(, "events": {}})", "field \"events\": it is no array"},
      {kHead + R"(, "events": 7})", "field \"events\": it is no array"},
      {kHead + R"(, "events": [] } x)", "something follows the end of the trace"},
      {kHead + R"(, "events": []}{})", "something follows the end of the trace"},
      {"{\"format\": \"allocviz-trace\",\n \"version\": 1}\n", "field \"events\": it is missing"},
      {kHead + R"(, "name": "a)"
               "\xff"
               R"(b", "events": []})",
       "field \"name\": broken JSON while parsing value - invalid string: ill-formed UTF-8 byte"},
      {kHead + R"(, "sites": ["a", ["b", "\x"]], "events": []})", "field \"sites\": broken JSON while parsing value"},
      {kHead + R"(, "name": "\ud800", "events": []})", "broken JSON while parsing value - invalid string: surrogate"},
      {kHead + ", \"name\": \"a\nb\", \"events\": []}", "broken JSON"},
      {kHead + R"(, 'name': 1})", "broken JSON"},
      {kHead + R"(, "events": [],})", "broken JSON"},
      {kHead + R"(, "events": [NaN]})", "broken JSON"},
      {kHead + R"(, "allocators": {}, "events": []})", "field \"allocators\": it is no array"},
      {kHead + R"(, "allocators": [1], "events": []})", "field \"allocators[0]\": it is no object"},
      {kHead + R"(, "allocators": [{"arena": 1}], "events": []})", "field \"allocators[0].kind\": it is missing"},
      {kHead + R"(, "allocators": [{"kind": "tlsf"}], "events": []})",
       "field \"allocators[0].kind\": it is no kind of allocator"},
      {kHead + R"(, "allocators": [{"kind": "bump"}], "events": []})",
       "field \"allocators[0].arena\": a bump needs it"},
      {kHead + R"(, "allocators": [{"kind": "bump", "arena": 1, "min_block": 64}], "events": []})",
       "field \"allocators[0].min_block\": a bump has no such field; its fields are kind, arena"},
      {kHead +
           R"(, "allocators": [{"kind": "bump", "arena": 1}, {"kind": "buddy", "arena": "1 KiB", "min_block": 48}], "events": []})",
       "field \"allocators[1].min_block\": min is 48 B, which is no power of two; nearest: 32 B or 64 B"},
      {kHead + R"(, "allocators": [{"kind": "bump", "arena": "1 KB"}], "events": []})",
       "field \"allocators[0].arena\": \"1 KB\" is no size"},
      {kHead + R"(, "allocators": [{"kind": "bump", "arena": -5}], "events": []})",
       "field \"allocators[0].arena\": it is negative"},
      {kHead + R"(, "allocators": [{"kind": "bump", "arena": 1.5}], "events": []})",
       "field \"allocators[0].arena\": it is no size"},
      {kHead + R"(, "allocators": [{"kind": "slab", "block": 64, "count": "1 KiB"}], "events": []})",
       "field \"allocators[0].count\": it is a string"},
      {kHead + R"(, "allocators": [{"kind": "buddy", "arena": 1024, "gaps": [[1, 2, 3]]}], "events": []})",
       "field \"allocators[0].gaps[0]\": a gap is an array of two offsets"},
      {kHead + R"(, "allocators": [{"kind": "buddy", "arena": 1024, "gaps": [[5, 2]]}], "events": []})",
       "field \"allocators[0].gaps[0]\": gap 1 is [5, 2), which is empty or backwards"},
      {kHead + R"(, "allocators": [{"kind": "buddy", "arena": 1024, "arena": 1024}], "events": []})",
       "field \"arena\": the key is there twice in one object"},
  };
  for (const auto& [text, line] : cases) {
    const std::string trouble = trouble_of(text);
    EXPECT_NE(trouble.find(line), std::string::npos) << text << "\n  said: " << trouble << "\n  not:  " << line;
    EXPECT_EQ(trouble.find('\n'), std::string::npos) << trouble;
  }
}

TEST(Reading, says_what_is_wrong_in_an_event_and_where) {
  const struct {
    const char* event;
    const char* line;
  } cases[] = {
      {R"({"id": 1, "size": 2})", "field \"op\": it is missing; write alloc, free, realloc, reset or mark"},
      {R"({"op": null, "id": 1})", "field \"op\": it is null"},
      {R"({"op": "malloc", "id": 1})", "field \"op\": \"malloc\" is no operation"},
      {R"({"op": 1, "id": 1})", "field \"op\": it is a number"},
      {R"({"op": "alloc", "size": 1})", "field \"id\": it is missing; name the block: a number or a string"},
      {R"({"op": "free"})", "field \"id\": it is missing"},
      {R"({"op": "alloc", "id": null, "size": 1})",
       "field \"id\": null is no id for alloc; only a free may have the id null"},
      {R"({"op": "realloc", "id": null, "size": 1})", "field \"id\": null is no id for realloc"},
      {R"({"op": "alloc", "id": -1, "size": 1})", "field \"id\": -1 is negative"},
      {R"({"op": "alloc", "id": 1.5, "size": 1})", "field \"id\": 1.5 is no whole number"},
      {R"({"op": "alloc", "id": 18446744073709551616, "size": 1})",
       "field \"id\": 18446744073709551616 is larger than 64 bits hold"},
      {R"({"op": "alloc", "id": true, "size": 1})", "field \"id\": it is true or false"},
      {R"({"op": "alloc", "id": [1], "size": 1})", "field \"id\": it is an array"},
      {R"({"op": "alloc", "id": 1, "size": -1})", "field \"size\": -1 is negative; write a whole number"},
      {R"({"op": "alloc", "id": 1, "size": -99999999999999999999})",
       "field \"size\": -99999999999999999999 is negative"},
      {R"({"op": "alloc", "id": 1, "size": 9223372036854775808})",
       "field \"size\": 9223372036854775808 is too large; the most is 9223372036854775807"},
      {R"({"op": "alloc", "id": 1, "size": 1e3})", "field \"size\": 1e3 is no whole number in plain digits"},
      {R"({"op": "alloc", "id": 1, "size": 64.0})", "field \"size\": 64.0 is no whole number in plain digits"},
      {R"({"op": "alloc", "id": 1, "size": "big"})", "field \"size\": \"big\" is no size"},
      {R"({"op": "alloc", "id": 1, "size": {}})", "field \"size\": it is an object"},
      {R"({"op": "alloc", "id": 1, "align": 24})", "field \"align\": 24 is no power of two; write 1, 2, 4, 8, 16"},
      {R"({"op": "alloc", "id": 1, "align": 0})", "field \"align\": 0 is no power of two"},
      {R"({"op": "alloc", "id": 1, "t": "now"})", "field \"t\": it is a string, \"now\""},
      {R"({"op": "alloc", "id": 1, "t": -5})", "field \"t\": -5 is negative"},
      {R"({"op": "alloc", "id": 1, "t": 99})",
       "field \"t\": time goes back from 100 to 99 among events without a thread"},
      {R"({"op": "alloc", "id": 1, "thread": 1.5})", "field \"thread\": 1.5 is no whole number"},
      {R"({"op": "alloc", "id": 1, "site": 2})", "field \"site\": site 2 is used, but \"sites\" has 2"},
      {R"({"op": "alloc", "id": 1, "site": -1})", "field \"site\": -1 is negative"},
      {R"({"op": "alloc", "id": 1, "site": 4294967295})",
       "field \"site\": site 4294967295 is used, but \"sites\" has 2"},
      {R"({"op": "alloc", "id": 1, "tag": 3})", "field \"tag\": it is a number; write a string"},
      {R"({"op": "alloc", "id": 1, "note": false})", "field \"note\": it is true or false"},
      {R"({"op": "alloc", "id": 1, "addr": "0x"})", "field \"addr\": it is a string, \"0x\""},
      {R"({"op": "alloc", "id": 1, "addr": "0xg"})", "field \"addr\": it is a string, \"0xg\""},
      {R"({"op": "alloc", "id": 1, "addr": "0x10000000000000000"})", "field \"addr\": it is a string"},
      {R"({"op": "alloc", "id": 1, "addr": "4096"})", "field \"addr\": it is a string, \"4096\""},
      {R"({"op": "alloc", "id": 1, "addr": 1.0})", "field \"addr\": 1.0 is no whole number"},
      {R"({"op": "alloc", "id": 1, "ok": 0})", "field \"ok\": it is a number; write true or false"},
      {R"({"op": "free", "id": 1, "ok": false})", "field \"ok\": a free cannot have failed"},
      {R"({"op": "free", "id": 1, "offset": 64})", "field \"offset\": a free has an id or an offset, not both"},
      {R"({"op": "alloc", "id": 1, "offset": 64})", "field \"offset\": an alloc has no offset"},
      {R"({"op": "reset", "id": 1})", "field \"id\": a reset has no id"},
      {R"({"op": "mark", "name": 5})", "field \"name\": it is a number"},
      {R"({"op": "free", "id": 1, "id": 1})", "field \"id\": the key is there twice in one event"},
      {R"({"op": "free", "id": 1, "x": 1, "x": 2})", "field \"x\": the key is there twice in one event"},
      {R"({"op": "free", "id": 1, "x": {"y": 1, "y": 2}})", "field \"y\": the key is there twice in one object"},
      {R"(["a", 1, 2, 3])", "field \"columns\": a row has more cells than there are columns, 3"},
      {R"(["a", 1, [2]])", "field \"size\": a cell holds an array or an object"},
      {R"([null, 1, 2])", "field \"op\": it is null"},
      {R"([])", "field \"op\": it is missing"},
      {R"(["f"])", "field \"id\": it is missing"},
      {R"(["a", null, 2])", "field \"id\": null is no id for alloc"},
      {R"("alloc")", "an event is an object or a row"},
      {R"(null)", "an event is an object or a row"},
      {"{\"op\": \"alloc\", \"id\": \"\xff\"}", "event 2, field \"id\": broken JSON"},
      {R"({"op": "alloc", "id": 1, "x": {"y": "\ud800"}})", "event 2, field \"x\": broken JSON"},
      {R"({"op": "alloc", "id": 1, "size": 1e400})", "event 2, field \"size\": '1e400' is larger than any number is"},
      {R"(["a", 1, -1e400])", "event 2, field \"size\": '-1e400' is larger than any number is"},
      {"{\"op\": \"alloc\", \"\xff\": 1}", "event 2: broken JSON"},
      {R"(])", "event 2: broken JSON"},
      {R"({"op": "alloc", "id": 1, "x": [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]})",
       "event 2, field \"x\": brackets are nested deeper than 16"},
  };
  const std::string head = kHead + R"(, "sites": ["a", "b"], "columns": ["op", "id", "size"], "events": [)";
  for (const auto& [event, line] : cases) {
    const std::string first = "\n{\"op\": \"alloc\", \"id\": 7, \"size\": 1, \"t\": 100},\n";
    const std::string trouble = trouble_of(head + first + event + "]}");
    EXPECT_NE(trouble.find(std::string("event 2")), std::string::npos) << event << "\n  said: " << trouble;
    EXPECT_NE(trouble.find(line), std::string::npos) << event << "\n  said: " << trouble << "\n  not:  " << line;
    EXPECT_TRUE(trouble.starts_with("t.json, line 3, byte ")) << trouble;
  }
}

// ", byte N," of the last byte of `value`, where it stands first in `text`.
std::string byte_of(const std::string& text, const std::string& value) {
  return ", byte " + std::to_string(text.find(value) + value.size() - 1) + ", ";
}

TEST(Reading, the_byte_that_is_named_is_the_last_one_of_the_faulty_value) {
  for (const std::string value : {"true", "-17", "1.5", "1e3", "\"x\"", "{", "18446744073709551616"}) {
    for (const char* behind : {"}", "\n}", " ,\"t\": 1}"}) {
      const std::string text = with_events(R"({"op": "alloc", "id": 1, "size": )" + value + behind);
      EXPECT_NE(trouble_of(text).find(byte_of(text, "size\": " + value)), std::string::npos) << text << "\n"
                                                                                             << trouble_of(text);
    }
  }
}

TEST(Reading, in_json_lines_the_line_is_named) {
  std::string text = kHead + "}\n{\"op\": \"reset\"}\n\n{\"op\": \"reste\"}\n";
  EXPECT_EQ(trouble_of(text),
            "t.json, line 4" + byte_of(text, "\"reste\"") +
                "event 2, field \"op\": \"reste\" is no operation; write alloc, free, realloc, reset or mark (in "
                "short a, f, r)");
  text = kHead + "}\n{\"op\": \"reset\"} {\"op\": \"reset\"}\n";
  EXPECT_NE(trouble_of(text).find("line 2" + byte_of(text, "{\"op\": \"reset\"}") +
                                  "event 1: something follows the event on its line"),
            std::string::npos)
      << trouble_of(text);
  text = kHead + "}\n7\n";
  EXPECT_NE(trouble_of(text).find("line 2, byte 43, event 1: an event is an object or a row"), std::string::npos);
  EXPECT_NE(trouble_of(kHead + "}\n[\"a\", 1]\n")
                .find("event 1, field \"columns\": a row, but no columns were named before it"),
            std::string::npos);
  EXPECT_NE(trouble_of(kHead + "}\n{\"op\": \"re\nset\"}\n").find("line 2, byte"), std::string::npos);
  text = kHead + "}\n{\"op\": \"reset\"}\n";
  EXPECT_NE(trouble_of(text + text).find("line 3"), std::string::npos);
  EXPECT_NE(trouble_of(text + text).find("event 2, field \"format\": a second trace begins here"), std::string::npos);
}

TEST(Reading, a_header_alone_is_a_trace_of_json_lines_without_events) {
  EXPECT_EQ(read_text(kHead + "}").size(), 0u);
  EXPECT_EQ(read_text(kHead + "}\n").size(), 0u);
  EXPECT_TRUE(read_text(kHead + "}\n").warnings().empty());
}

TEST(Reading, a_site_that_no_table_explains_is_refused_wherever_the_table_stands) {
  const std::string use = R"("events": [{"op": "reset"}, {"op": "alloc", "id": 1, "size": 1, "site": 3}])";
  EXPECT_NE(trouble_of(kHead + "," + use + "}")
                .find("event 2, field \"site\": site 3 is used, but \"sites\" has 0; add \"sites\""),
            std::string::npos);
  EXPECT_NE(trouble_of(kHead + "," + use + R"(, "sites": ["a", "b", "c"]})")
                .find("event 2, field \"site\": site 3 is used, but \"sites\" has 3; write 0 to 2"),
            std::string::npos);
  EXPECT_EQ(trouble_of(kHead + "," + use + R"(, "sites": ["a", "b", "c", "d"]})"), "");
}

TEST(Reading, brackets_nested_deeper_than_the_format_has_are_refused_without_following_them) {
  for (const char* bracket : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 1'000'000; ++i) deep += bracket;
    EXPECT_NE(trouble_of(kHead + ", \"x\": " + deep).find("brackets are nested deeper than 16"), std::string::npos);
    EXPECT_NE(trouble_of(with_events("{\"op\": \"reset\", \"x\": " + deep))
                  .find("event 1, field \"x\": brackets are nested deeper than 16"),
              std::string::npos);
    EXPECT_FALSE(trouble_of(deep).empty());
    EXPECT_FALSE(trouble_of(kHead + ", \"events\": " + deep).empty());
    EXPECT_FALSE(trouble_of(kHead + ", \"sites\": " + deep).empty());
    EXPECT_FALSE(trouble_of(kHead + ", \"allocators\": " + deep).empty());
  }
  const std::string sixteen = std::string(16, '[') + std::string(16, ']');
  EXPECT_EQ(*read_text(with_events("{\"op\": \"reset\", \"x\": " + sixteen + "}")).extra(0), "\"x\": " + sixteen);
}

TEST(Reading, can_be_cancelled) {
  const std::string text = with_events(R"({"op": "reset"})");
  const auto source = source_of_text(text, "t.json");
  Progress progress;
  progress.cancelled = [] { return true; };
  const auto read = read_json(*source, progress);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.trouble().what, "reading was cancelled");
}

TEST(Reading, a_byte_order_mark_is_passed_over) {
  EXPECT_EQ(read_text("\xef\xbb\xbf" + with_events(R"({"op": "reset"})")).size(), 1u);
}

std::vector<std::string> faults_of(const std::string& text) {
  const auto source = source_of_text(text, "t.json");
  const auto faults = check_json(*source);
  std::vector<std::string> lines;
  EXPECT_TRUE(faults.ok());
  if (faults.ok()) {
    for (const auto& fault : *faults) lines.push_back(fault.text());
  }
  return lines;
}

TEST(Checking, finds_nothing_in_a_valid_trace) {
  EXPECT_TRUE(
      faults_of(
          with_events(
              R"({"op": "free", "id": 9}, {"op": "alloc", "id": 1, "size": 1}, {"op": "alloc", "id": 1, "size": 1})"))
          .empty());
}

TEST(Checking, finds_every_fault_of_a_json_file) {
  const std::string text =
      R"({"format": "x", "version": 1, "name": [1], "allocators": [{"kind": "no"}, {"kind": "bump", "arena": 0}], "events": [
{"op": "alloc", "id": 1, "size": -1, "align": 3, "site": 5},
{"op": "alloc", "id": {"a": [1]}, "size": 2},
{"op": "mark"},
["a", 1],
7,
{"op": "free", "id": 1, "id": 2}], "sites": ["a"]})";
  const std::string expected[] = {
      "field \"format\"",
      "field \"name\"",
      "allocators[0].kind",
      "allocators[1].arena",
      "line 2" + byte_of(text, "\"size\": -1") + "event 1, field \"size\"",
      "line 3" + byte_of(text, "\"id\": {") + "event 2, field \"id\": it is an object",
      "line 5" + byte_of(text, "\n[") + "event 4, field \"columns\"",
      "line 6" + byte_of(text, "\n7").substr(0, byte_of(text, "\n7").size() - 2) + ", event 5: an event is",
      "line 7" + byte_of(text, "1, \"id\"") + "event 6, field \"id\": the key is there twice",
      "event 1, field \"site\": site 5 is used"};
  const auto faults = faults_of(text);
  ASSERT_EQ(faults.size(), std::size(expected)) << testing::PrintToString(faults);
  for (std::size_t i = 0; i < faults.size(); ++i) {
    EXPECT_NE(faults[i].find(expected[i]), std::string::npos) << faults[i] << "\n  not: " << expected[i];
  }
}

TEST(Checking, broken_json_ends_the_search_in_json_but_only_its_line_in_json_lines) {
  EXPECT_EQ(faults_of(with_events(R"({"op": "reste"}, {"op": }, {"op": "reste"})")).size(), 2u);
  const auto faults = faults_of(kHead +
                                "}\n{\"op\": \"reste\"}\n{\"op\": }\n{\"op\": "
                                "\"reste\"}\n[[[[[[[[[[[[[[[[[[[[[[\n{\"op\": \"reset\"}\n{\"op\": \"a\"}\n");
  ASSERT_EQ(faults.size(), 6u) << testing::PrintToString(faults);
  EXPECT_NE(faults[1].find("line 3"), std::string::npos) << faults[1];
  EXPECT_NE(faults[2].find("line 4"), std::string::npos) << faults[2];
  EXPECT_NE(faults[4].find("nested deeper than 16"), std::string::npos) << faults[4];
  EXPECT_NE(faults[5].find("line 7, byte 133, event 6, field \"id\""), std::string::npos) << faults[5];
}

TEST(Checking, stops_after_a_thousand_faults) {
  std::string lines = kHead + "}\n";
  for (int i = 0; i < 5000; ++i) lines += "{\"op\": 5}\n";
  EXPECT_EQ(faults_of(lines).size(), 1000u);
}

TEST(Checking, a_file_cut_short_is_a_fault) {
  const auto faults = faults_of(kHead + R"(, "events": [{"op": "reset"}, {"op": )");
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_NE(faults[0].find("the file is cut short"), std::string::npos) << faults[0];
  EXPECT_EQ(faults_of(kHead + R"(, "name": "a)").size(), 1u);
  EXPECT_EQ(faults_of("").size(), 1u);
}

}  // namespace
}  // namespace allocviz::trace
