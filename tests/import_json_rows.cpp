// JSON of one's own hooks: keys in any order and by many names, what a logger puts around them, and whose JSON it is.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/import_support.h"

namespace allocviz::import::json_rows_test {
namespace {

using trace::Op;
using trace::Trace;

Trace read(std::string_view text) {
  return trace_of("json-rows", text);
}
int sure(std::string_view text) {
  return importer_named("json-rows").recognise(text);
}

TEST(JsonRows, read_an_object_a_line_by_the_names_of_its_keys) {
  const std::string_view text =
      "{\"type\":\"malloc\",\"ptr\":\"0x10\",\"size\":5,\"time_us\":1.5,\"tid\":7}\n"
      "{\"address\": 32, \"size_kib\": 2, \"event\": \"calloc\", \"unknown\": {\"ptr\": [1, {\"size\": 9}]}}\n"
      "{\"op\":\"realloc\",\"old_ptr\":\"0x10\",\"ptr\":\"0x40\",\"size\":\"6\",\"align\":null}\r\n"
      "\n"
      "{ \"event\" : \"free\" , \"address\" : 32 }\n"
      "{\"type\":\"malloc\",\"ptr\":null,\"size\":99}\n"
      "{\"is_free\":true,\"ptr\":\"0x40\"}\n";
  EXPECT_GT(sure(text), 0);
  const Trace trace = read(text);
  EXPECT_TRUE(trace.warnings().empty()) << trace.warnings().front();
  EXPECT_EQ(fault_of_import(trace), "");
  ASSERT_EQ(trace.size(), 6u);
  EXPECT_EQ(trace.event(0).addr, 0x10u);
  EXPECT_EQ(trace.event(0).thread, 7u);
  EXPECT_EQ(trace.event(1).size, 2048u);
  EXPECT_EQ(trace.event(2).op, Op::Realloc);
  EXPECT_EQ(trace.event(2).id, trace.event(0).id);
  EXPECT_TRUE(trace.event(4).has(trace::kFailedThere));
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

TEST(JsonRows, read_an_array_of_such_objects_pretty_or_not) {
  for (const char* text :
       {"[{\"op\":\"malloc\",\"ptr\":\"0x10\",\"size\":5},{\"op\":\"free\",\"ptr\":\"0x10\"}]",
        "[\n  {\n    \"op\": \"malloc\",\n    \"ptr\": \"0x10\",\n    \"size\": 5\n  },\n  {\n    \"op\": \"free\",\n"
        "    \"ptr\": \"0x10\"\n  }\n]\n"}) {
    SCOPED_TRACE(text);
    EXPECT_GT(sure(text), 0);
    const Trace trace = read(text);
    EXPECT_EQ(trace.size(), 2u);
    EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
    EXPECT_TRUE(trace.warnings().empty());
  }
  const Trace faulty = read(
      "[{\"op\":\"malloc\",\"ptr\":1,\"size\":5}, 7, [{\"op\":\"free\",\"ptr\":1}], {\"op\":\"free\"},\n"
      "{\"op\":\"free\",\"ptr\":1},\n]");
  EXPECT_EQ(faulty.size(), 2u);
  EXPECT_TRUE(warns(faulty, "3 rows (2, 3, 4) are not a row in JSON"));
  EXPECT_TRUE(warns(faulty, "of the first row left out, it is no object"));
  EXPECT_TRUE(warns(faulty, "behind row 5, in line 3, it is no JSON: the rest was left out"));
  EXPECT_TRUE(
      warns(read("[{\"op\":\"malloc\",\"ptr\":1,\"size\":5},{\"op\":\"fr"), "cut short: what stands behind row 1"));
}

TEST(JsonRows, take_the_message_of_a_logger_for_the_operation_where_nothing_better_says_one) {
  const std::string text =
      "{\"time\":\"2026-01-02T03:04:05.5Z\",\"level\":\"info\",\"msg\":\"malloc\",\"ptr\":\"0x10\",\"size\":5}\n"
      "{\"time\":\"2026-01-02T03:04:06Z\",\"level\":\"info\",\"fields\":{\"message\":\"malloc\",\"ptr\":\"0x20\","
      "\"size\":6,\"stack\":[\"parse\",\"main\"]}}\n"
      "{\"msg\":\"malloc\",\"event\":\"free\",\"ptr\":\"0x10\"}\n"
      "{\"event\":\"heap\",\"msg\":\"free\",\"ptr\":\"0x20\"}\n"
      "{\"msg\":\"listening\",\"port\":80}\n";
  EXPECT_GT(sure(text), 0);
  const Trace trace = read(text);
  ASSERT_EQ(trace.size(), 4u);
  EXPECT_EQ(trace.time_ns(1), 500'000'000u);
  EXPECT_EQ(trace.event(2).op, Op::Free);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_EQ(trace.sites()[trace.event(1).site - 1].frames, (std::vector<std::string>{"parse", "main"}));
  EXPECT_TRUE(warns(trace, "line 5 is not a row in JSON and was left out"));
  EXPECT_TRUE(warns(trace, "its operation, \"listening\", is none that is known here"));
}

TEST(JsonRows, name_blocks_by_ids_but_not_by_the_numbers_of_a_loggers_lines) {
  const Trace ids = read("{\"id\":\"a\",\"op\":\"alloc\",\"size\":5}\n{\"op\":\"free\",\"id\":\"a\"}\n");
  EXPECT_EQ(ids.id_text(0), "a");
  EXPECT_EQ(ids.facts().live_blocks_at_end, 0u);
  const Trace numbered =
      read("{\"id\":1,\"op\":\"alloc\",\"ptr\":\"0x10\",\"size\":5}\n{\"id\":2,\"op\":\"free\",\"ptr\":\"0x10\"}\n");
  EXPECT_EQ(numbered.facts().unknown_frees, 0u);
  EXPECT_EQ(numbered.facts().live_blocks_at_end, 0u);
}

TEST(JsonRows, are_lives_where_they_have_a_begin_and_an_end) {
  const std::string text =
      "{\"id\":\"a\",\"lower\":0,\"upper\":5,\"size\":3}\n{\"id\":\"b\",\"lower\":5,\"upper\":null,\"size\":4}\n";
  EXPECT_GT(sure(text), 0);
  const Trace trace = read(text);
  ASSERT_EQ(trace.size(), 3u);
  EXPECT_EQ(trace.op(1), Op::Free);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 4u);
  EXPECT_EQ(read("{\"id\":\"a\",\"address\":4096,\"start\":0,\"end\":5,\"size\":3}\n").id_text(0), "a");
}

TEST(JsonRows, addresses_in_bare_hex_are_texts_and_numbers_stay_decimal) {
  const Trace trace =
      read("{\"op\":\"malloc\",\"ptr\":\"00ff\",\"size\":5}\n{\"op\":\"malloc\",\"ptr\":100,\"size\":5}\n");
  EXPECT_EQ(trace.event(0).addr, 0xffu);
  EXPECT_EQ(trace.event(1).addr, 100u);
}

TEST(JsonRows, the_first_of_two_keys_that_mean_the_same_counts_and_escapes_in_keys_are_read) {
  const Trace trace = read(
      "{\"op\":\"malloc\",\"ptr\":1,\"ptr\":2,\"size\":3,\"size\":4}\n"
      "{\"\\u006fp\":\"fr\\u0065e\",\"p\\u0074r\":1}\n"
      "{\"op\":\"malloc\",\"ptr\":1e3,\"size\":1.6e1,\"ts_us\":1e1}\n");
  EXPECT_EQ(trace.event(0).size, 3u);
  EXPECT_EQ(trace.event(0).addr, 1u);
  EXPECT_EQ(trace.op(1), Op::Free);
  EXPECT_EQ(trace.event(2).addr, 1000u);
  EXPECT_EQ(trace.event(2).size, 16u);
}

TEST(JsonRows, what_is_no_row_is_left_out_with_the_reason) {
  const std::string good = "{\"op\":\"malloc\",\"ptr\":1,\"size\":3}\n";
  const auto says = [&](std::string_view line, std::string_view why) {
    const Trace trace = read(good + std::string(line) + "\n{\"op\":\"free\",\"ptr\":1}\n");
    EXPECT_EQ(trace.size(), 2u) << line;
    EXPECT_TRUE(warns(trace, "line 2 is not a row in JSON and was left out")) << line;
    EXPECT_TRUE(warns(trace, std::string("of the first row left out, ") + std::string(why))) << line;
  };
  says("{\"op\":\"malloc\",\"ptr\":2,", "it is no JSON");
  says("listening on port 80", "it is no JSON");
  says("[1, 2]", "it is no object");
  says("7", "it is no object");
  says("{\"op\":\"free\",\"ptr\":1} {\"op\":\"free\",\"ptr\":1}", "something stands behind its object");
  says("{\"op\":\"malloc\",\"ptr\":2,\"size\":4,\"note\":\"\xff\"}", "its text is no UTF-8");
  says("{\"op\":\"malloc\",\"ptr\":2,\"size\":-4}", "its size, \"-4\", is negative");
  says("{\"op\":\"malloc\",\"ptr\":2,\"size\":99999999999999999999999}",
       "its size, \"99999999999999999999999\", is no");
  says("{\"op\":\"malloc\",\"ptr\":2,\"size\":1e400}", "it is no JSON");
  says("{\"op\":\"malloc\",\"ptr\":2}", "it lacks the block or the size");
  says("{\"op\":\"malloc\",\"ptr\":2,\"size\":3,\"x\":" + std::string(1'000'000, '['),
       "its brackets are nested deeper");
  says("{\"op\":\"malloc\",\"ptr\":2,\"size\":3,\"x\":\"" + std::string(std::size_t{17} << 20, 'x') + "\"}",
       "it is longer than 16 MiB");
}

TEST(JsonRows, cut_at_any_byte_give_their_complete_rows) {
  const std::string text =
      "{\"op\":\"malloc\",\"ptr\":\"0x10\",\"size\":5}\n{\"op\":\"malloc\",\"ptr\":\"0x20\",\"size\":5,\"stack\":["
      "\"f\"]}\n"
      "{\"op\":\"free\",\"ptr\":\"0x10\"}\n";
  std::uint64_t last = 0;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto trace = read_text("json-rows", text.substr(0, length));
    ASSERT_TRUE(trace.ok()) << length;
    EXPECT_EQ(fault_of_import(*trace), "") << length;
    EXPECT_GE(trace->size(), last);
    const bool whole = length == 0 || text[length - 1] == '\n' || text[length - 1] == '}';
    EXPECT_EQ(warns(*trace, "cut short"), !whole) << length;
    last = trace->size();
  }
  EXPECT_EQ(last, 3u);
}

TEST(JsonRows, stacks_and_keys_that_nobody_ends_cost_bounded_memory) {
  std::string text = "{\"op\":\"malloc\",\"ptr\":1,\"size\":3,\"stack\":[\"main\"";
  for (int i = 0; i < 100'000; ++i) text += ",\"another frame\"";
  text += "]";
  for (int i = 0; i < 100'000; ++i) text += fmt::format(",\"key{}\":\"{}\"", i, i);
  const Trace trace = read(text + "}\n");
  ASSERT_EQ(trace.size(), 1u);
  EXPECT_EQ(trace.sites()[0].frames[0], "main");
  EXPECT_LT(trace.sites()[0].frames.size(), 3000u);
}

TEST(JsonRows, are_not_seen_in_the_json_of_others) {
  const std::string row = "{\"op\":\"alloc\",\"id\":1,\"size\":64}\n";
  EXPECT_GT(sure(row), 0);
  for (const std::string& text :
       {"{\"format\":\"allocviz-trace\",\"version\":1}\n" + row, "{\"format\":\"allocviz-trce\",\"version\":1}\n" + row,
        "{\"version\":1,\"name\":\"a log\"}\n" + row, "{\"version\":1,\"events\":[" + row + "]}\n",
        std::string("{\"version\":1,\"columns\":[\"op\",\"id\",\"size\"]}\n[\"a\",1,64]\n"),
        // Chrome's spans, an audit log, requests, PyTorch's segments.
        std::string("[{\"name\":\"malloc\",\"ph\":\"i\",\"ts\":1,\"pid\":1,\"op\":\"malloc\",\"ptr\":1,\"size\":5}]"),
        std::string("{\"traceEvents\":[{\"op\":\"malloc\",\"ptr\":1,\"size\":5}]}"),
        std::string("{\"action\":\"delete\",\"id\":7}\n{\"action\":\"create\",\"id\":8}\n"),
        std::string("{\"id\":7,\"size\":100,\"url\":\"/\"}\n{\"id\":8,\"size\":200,\"url\":\"/\"}\n"),
        std::string("[{\"device\":0,\"address\":4096,\"total_size\":64,\"blocks\":[{\"address\":4096,\"size\":64}]}]"),
        std::string("{\"msg\":\"listening\",\"port\":80}\n"), std::string("{}\n"), std::string("[]\n")}) {
    EXPECT_EQ(sure(text), 0) << text;
  }
}

TEST(JsonRows, stand_behind_what_a_logger_writes_before_them_and_in_its_message) {
  for (const char* row :
       {"2024-05-01 12:00:00,123 INFO {\"op\": \"OP\", \"ptr\": \"0x10\", \"size\": 5, \"tid\": 3}",
        "{\"level\": \"info\", \"message\": {\"op\": \"OP\", \"ptr\": \"0x10\", \"size\": 5, \"tid\": 3}}",
        "{\"func\": \"OP\", \"args\": {\"ptr\": \"0x10\", \"size\": 5}, \"tid\": 3}"}) {
    std::string text;
    for (const char* op : {"malloc", "free", "malloc"}) {
      std::string line = row;
      text += line.replace(line.find("OP"), 2, op) + "\n";
    }
    EXPECT_GT(importer_named("json-rows").recognise(text), importer_named("csv").recognise(text)) << row;
    const Trace trace = trace_of("json-rows", text);
    ASSERT_EQ(trace.size(), 3u) << row;
    EXPECT_EQ(trace.facts().frees, 1u) << row;
    EXPECT_EQ(trace.facts().threads, 1u) << row;
    EXPECT_EQ(trace.facts().live_bytes_at_end, 5u) << row;
  }
}

TEST(JsonRows, may_be_the_entries_of_a_pytorch_snapshot_alone) {
  const Trace trace =
      trace_of("json-rows",
               "{\"action\":\"segment_alloc\",\"addr\":4096,\"size\":20971520,\"stream\":0,\"time_us\":1}\n"
               "{\"action\":\"alloc\",\"addr\":4096,\"size\":512,\"stream\":0,\"time_us\":2}\n"
               "{\"action\":\"free_requested\",\"addr\":4096,\"size\":512,\"stream\":0,\"time_us\":3}\n"
               "{\"action\":\"free_completed\",\"addr\":4096,\"size\":512,\"stream\":0,\"time_us\":4}\n");
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace.facts().largest_request, 512u);
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

}  // namespace
}  // namespace allocviz::import::json_rows_test
