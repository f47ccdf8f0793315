// The first events of a trace as a trace of their own: what a reader would have made of a log that ends there.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/trace/beginning.h"
#include "tests/support/seed.h"
#include "tests/support/trace_samples.h"

namespace allocviz::trace {
namespace {

// The header line and so many of the events, as JSON Lines.
std::string beginning_of_lines(const Trace& trace, std::uint64_t events) {
  const std::string text = to_json_text(trace, Spelling::JsonLines);
  std::size_t end = text.find('\n');
  for (std::uint64_t i = 0; i < events && end != std::string::npos; ++i) end = text.find('\n', end + 1);
  return text.substr(0, end == std::string::npos ? end : end + 1);
}

TEST(WithEvent, is_what_a_reader_makes_of_a_log_with_that_line_put_in) {
  const std::uint64_t seed = test::seed();
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Trace trace = test::random_trace(seed + i, 60);
    for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{31}, trace.size()}) {
      const std::string before = beginning_of_lines(trace, at);
      const std::string line = "{\"op\": \"mark\", \"name\": \"here\"}\n";
      const std::string all = before + line + to_json_text(trace, Spelling::JsonLines).substr(before.size());
      const auto more = with_event(trace, at, {.op = Op::Mark, .mark_name = "here"});
      ASSERT_TRUE(more.ok()) << more.trouble().text();
      EXPECT_EQ(difference(*more, test::read_text(all)), "") << at;
    }
    EXPECT_FALSE(with_event(trace, 5, {.op = Op::Free}).ok()) << "of what?";
  }
}

TEST(Beginning, is_what_a_reader_makes_of_a_log_that_ends_there) {
  const std::uint64_t seed = test::seed();
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Trace trace = test::random_trace(seed + i, 120);
    for (const std::uint64_t events : {0u, 1u, 17u, 60u, 119u, 120u, 200u}) {
      const Trace part = beginning_of(trace, events);
      EXPECT_EQ(part.size(), std::min<std::uint64_t>(events, trace.size()));
      EXPECT_EQ(difference(part, test::read_text(beginning_of_lines(trace, events))), "") << events;
      EXPECT_TRUE(begins_with(trace, part));
    }
  }
}

TEST(Beginning, of_another_trace_is_told_from_that_of_this_one) {
  const std::string first = R"({"op": "alloc", "id": 1, "size": 10}, {"op": "alloc", "id": 2, "size": 20})";
  const Trace trace = test::read_text(test::with_events(first + R"(, {"op": "free", "id": 1})"));
  EXPECT_TRUE(begins_with(trace, test::read_text(test::with_events(first))));
  EXPECT_TRUE(begins_with(trace, trace));
  EXPECT_FALSE(begins_with(test::read_text(test::with_events(first)), trace)) << "it is longer";
  for (const char* other : {R"({"op": "alloc", "id": 1, "size": 11})", R"({"op": "free", "id": 1})",
                            R"({"op": "alloc", "id": 1, "size": 10, "align": 64})",
                            R"({"op": "alloc", "id": 1, "size": 10, "ok": false})"}) {
    EXPECT_FALSE(begins_with(trace, test::read_text(test::with_events(other)))) << other;
  }
}

}  // namespace
}  // namespace allocviz::trace
