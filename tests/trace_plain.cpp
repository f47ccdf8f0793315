// The quick way through events that are written plainly means what the parser means, of sound text and of broken.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "core/trace/json_reader.h"
#include "tests/support/seed.h"
#include "tests/support/trace_samples.h"

namespace allocviz::trace {
namespace {

// How many bytes of these lines of objects are taken without the parser; the last of them always waits for it.
std::size_t taken_of(std::string_view lines) {
  TraceReader reader([] { return Place{}; }, nullptr, nullptr);
  reader.begin_line();
  return reader.take_plain(lines, true);
}

TEST(PlainEvents, are_taken_up_to_the_last) {
  const std::string one =
      R"({"op": "alloc", "id": 1, "size": 64, "t": 18446744073709551, "addr": "0xfff", "ok": true})";
  const std::string other = R"({"op":"free","id":"A","tag":"x"})";
  EXPECT_EQ(taken_of(one + "\n" + other + "\n" + one + "\n"), one.size() + other.size() + 2);
  EXPECT_EQ(taken_of(one + "\r\n" + other + "\n"), one.size() + 2);
  EXPECT_EQ(taken_of(one + "\n" + other), 0u);
  EXPECT_EQ(taken_of(""), 0u);
}

TEST(PlainEvents, are_nothing_unusual) {
  const std::string plain = R"({"op": "free", "id": 2})";
  for (const std::string_view unusual :
       {R"({ "op": "free", "id": 1})", R"({"op": "free", "id": "\u0041"})", R"({"op": "free", "id": 01})",
        R"({"op": "free", "id": 18446744073709551615})", R"({"op": "free", "id": 1.0})", R"({"op": "free", "id": -1})",
        R"({"op": "free", "id": 1, "id": 1})", R"({"op": "free", "id": 1, "more": null})", R"({"id": 1})",
        R"({"op": "free", "id": "é"})", R"({"op": "alloc", "id": 1, "size": "1 KiB"})", R"({"op": "free", "id": 1}})",
        R"({"op": "free", "id": 1} x)", R"({"op": "gone", "id": 1})", R"(["f", 1])", "17", "{}"}) {
    EXPECT_EQ(taken_of(fmt::format("{0}\n{1}\n{0}\n", plain, unusual)), 0u) << unusual;
  }
}

// Two spellings of the same events: with a blank behind each bracket nothing is plain.
std::string with_blanks(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if ((text[i] == '[' || text[i] == '{') && (i == 0 || text[i - 1] == '\n')) out += ' ';
  }
  return out;
}

std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

void expect_the_same(const std::string& text) {
  const std::string blank = with_blanks(text);
  const auto quick = read_json(*source_of_text(text, "text"));
  const auto parsed = read_json(*source_of_text(blank, "text"));
  ASSERT_EQ(quick.ok(), parsed.ok()) << text;
  if (quick.ok()) {
    EXPECT_EQ(difference(*quick, *parsed), "") << text;
    EXPECT_EQ(quick->warnings().size(), parsed->warnings().size()) << text;
    return;
  }
  const Trouble &a = quick.trouble(), &b = parsed.trouble();
  EXPECT_EQ(without_blanks(a.what), without_blanks(b.what)) << text;
  EXPECT_EQ(a.where.field, b.where.field) << text;
  EXPECT_EQ(a.where.event, b.where.event) << text;
  EXPECT_EQ(a.where.line, b.where.line) << text;
  const auto blanks = static_cast<std::uint64_t>(blank.size() - text.size());
  EXPECT_TRUE(b.where.byte >= a.where.byte && b.where.byte <= a.where.byte + blanks) << text;
}

std::string events_for(std::mt19937_64& random, bool lines) {
  std::string text = R"({"format": "allocviz-trace", "version": 1, "sites": ["a", "b"],)"
                     R"( "columns": ["op", "id", "size", "align", "t", "site", "tag", "new"])";
  text += lines ? "}\n" : ", \"events\": [\n";
  for (unsigned i = 0; i < 24; ++i) {
    const std::uint64_t id = random() % 8, site = random() % 2;
    switch (random() % 4) {
      case 0:
        text += fmt::format(R"(["a",{},{},16,{},{},"tag"])", id, random() % 100, i, site);
        break;
      case 1:
        text += fmt::format(R"(["f", {}, null, null, {}])", id, i);
        break;
      case 2:
        text +=
            fmt::format(R"({{"op": "realloc", "id": {}, "size": {}, "t": {}, "site": {}}})", id, random() % 9, i, site);
        break;
      default:
        text += fmt::format(R"(["alloc","{}",{},null,{}])", id, random() >> 1, i);
    }
    text += lines ? "\n" : i == 23 ? "\n]}" : ",\n";
  }
  return text;
}

TEST(PlainEvents, mean_what_the_parser_means_whatever_is_done_to_them) {
  std::mt19937_64 random(test::seed());
  constexpr std::string_view kBytes = "[]{},:\"0123456789.-enutl\\ \n\r\t\x80";
  for (unsigned round = 0; round < 600; ++round) {
    std::string text = events_for(random, round % 2 == 0);
    if (round % 8 < 2) expect_the_same(text);
    const std::size_t from = text.find('\n');
    const std::size_t at = from + random() % (text.size() - from);
    switch (random() % 3) {
      case 0:
        text[at] = kBytes[random() % kBytes.size()];
        break;
      case 1:
        text.erase(at, 1 + random() % 4);
        break;
      default:
        text.insert(at, 1, kBytes[random() % kBytes.size()]);
    }
    expect_the_same(text);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace allocviz::trace
