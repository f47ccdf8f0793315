// An untrusted text costs no more memory than a small multiple of its own size: every operator new of this program is
// counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/support/counted_memory.h"
#include "tests/support/sanitized.h"
#include "tests/support/trace_samples.h"

namespace allocviz::trace {
namespace {

std::size_t cost_of(const std::string& text) {
  test::forget_peak();
  {
    const auto source = source_of_text(text, "t");
    const auto read = read_json(*source);
  }
  return test::peak_bytes();
}

TEST(Memory, a_text_costs_a_small_multiple_of_its_size_whatever_it_says) {
  const std::string head = R"({"format": "allocviz-trace", "version": 1)";
  const auto repeated = [](const std::string& begin, const std::string& part, const std::string& end,
                           bool numbered = false) {
    std::string text = begin;
    for (int i = 0; text.size() < test::fewer(4'000'000); ++i)
      text += numbered ? part.substr(0, 1) + std::to_string(i) + part.substr(1) : part;
    return text + end;
  };
  const struct {
    const char* what;
    std::string text;
  } cases[] = {
      {"marks", repeated(head + R"(, "columns": ["op"], "events": [)", R"(["mark"],)", R"(["mark"]]})")},
      {"names", repeated(head + R"(, "columns": ["op", "id"], "events": [)", "\n", "[]]}")},
      {"named blocks", repeated(head + R"(, "columns": ["id", "op"], "events": [["",)" + "\"a\"]", ",", "]}")},
      {"allocs", repeated(head + R"(, "columns": ["id", "op"], "events": [[0,"a"])", R"(,[1,"a"])", "]}")},
      {"sites", repeated(head + R"(, "sites": ["")", R"(,"")", R"(], "events": []})")},
      {"stacks", repeated(head + R"(, "sites": [[""])", R"(,[""])", R"(], "events": []})")},
      {"header keys", repeated(head, R"(,"x":1)", "}")},
      {"keys of an unknown field", repeated(head + R"(, "x": {"":0)", R"(,"x":1)", "}}")},
      {"a long unknown field", repeated(head + R"(, "x": [0)", ",0", "]}")},
      {"a long string", repeated(head + R"(, "name": ")", "x", "\"}")},
      {"a long key", repeated(head + ", \"", "x", "\": 1}")},
      {"allocators", repeated(head + R"(, "allocators": [0)", ",0", "]}")},
      {"gaps",
       repeated(head + R"(, "allocators": [{"kind": "buddy", "arena": 1024, "gaps": [[0,1])", ",[1,2]", "]}]}")},
      {"columns", repeated(head + R"(, "columns": ["op")", R"(,"x")", "]}")},
      {"unclosed brackets", repeated(head + ", \"x\": ", "[", "")},
      {"uses of sites that come later",
       repeated(head + R"(, "columns": ["op","site"], "events": [["mark",0])", R"(,["mark",1])", "]}")},
      {"an event with many unknown fields", repeated(head + R"(, "events": [{"op": "mark")", R"(,"x":1)", "}]}")},
      {"notes", repeated(head + R"(, "events": [{"op":"mark"})", R"(,{"op":"mark","note":"n"})", "]}")},
      {"lines", repeated(head + "}\n", "{\"op\":\"mark\"}\n", "")},
      {"empty lines", repeated(head + "}\n", "\n", "")},
  };
  for (const auto& [what, text] : cases) {
    // What is captured of a header has a limit: a text below it is no measure.
    const double least = test::kSanitized ? 4e6 : 0;
    const double times = static_cast<double>(cost_of(text)) / std::max(least, static_cast<double>(text.size()));
    RecordProperty(what, std::to_string(times));
    EXPECT_LT(times, 40) << what << " cost " << times << " times their size";
  }
}

TEST(Memory, numbers_in_a_text_reserve_nothing) {
  const std::string text = R"({"format": "allocviz-trace", "version": 1,
    "allocators": [{"kind": "slab", "block": 8, "count": 4000000000000}, {"kind": "buddy", "arena": 35184372088832}],
    "events": [{"op": "alloc", "id": 18446744073709551615, "size": 9223372036854775807, "thread": 18446744073709551615}]})";
  EXPECT_EQ(test::trouble_of(text), "");
  EXPECT_LT(cost_of(text), 1u << 20);
}

}  // namespace
}  // namespace allocviz::trace
