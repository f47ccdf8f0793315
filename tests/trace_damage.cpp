// The samples as the schema sorts them, and what is left of them after damage: the fuzzer's question, asked in every
// run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

#include "tests/support/seed.h"
#include "tests/support/trace_samples.h"

namespace allocviz::trace {
namespace {

TEST(Samples, that_are_valid_are_read) {
  const auto documents = test::sample_documents("valid");
  ASSERT_FALSE(documents.empty());
  for (const auto& text : documents) {
    EXPECT_EQ(test::trouble_of(text), "") << text;
    EXPECT_EQ(test::fault_of_reading(text), "") << text;
  }
}

TEST(Samples, that_the_schema_refuses_are_refused) {
  for (const char* name : {"refused", "refused_by_meaning"}) {
    const auto documents = test::sample_documents(name);
    ASSERT_FALSE(documents.empty());
    for (const auto& text : documents) {
      EXPECT_NE(test::trouble_of(text), "") << text;
      EXPECT_EQ(test::fault_of_reading(text), "") << text;
    }
  }
}

// A sample with a few bytes changed, taken out, doubled or put in, as a fuzzer does.
std::string damaged(const std::vector<std::string>& samples, std::mt19937_64& random) {
  std::string text = samples[random() % samples.size()];
  if (random() % 4 == 0) {  // JSON Lines
    if (const auto at = text.find(", \"events\": ["); at != std::string::npos) {
      text = text.substr(0, at) + "}\n" + text.substr(at + 13);
      text.resize(text.size() - 2);
    }
  }
  constexpr std::string_view kBytes = "{}[],:\"0123456789-+.eEtfn\\u \n\r\t\0\x80\xff\xc3\xef";
  for (std::uint64_t edits = 1 + random() % 4; edits > 0 && !text.empty(); --edits) {
    const std::size_t at = random() % text.size();
    const std::size_t length = std::min<std::size_t>(1 + random() % 12, text.size() - at);
    switch (random() % 6) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(random() % text.size(), length));
        break;
      case 2:
        text.insert(at, 1, kBytes[random() % kBytes.size()]);
        break;
      case 3:
        text.resize(at);
        break;
      case 4:
        std::swap(text[at], text[random() % text.size()]);
        break;
      default:
        text[at] = kBytes[random() % kBytes.size()];
    }
  }
  return text;
}

TEST(Samples, however_damaged_are_read_or_refused_and_what_is_read_comes_back) {
  std::vector<std::string> samples;
  for (const char* name : {"valid", "refused", "refused_by_meaning"}) {
    for (auto& text : test::sample_documents(name)) samples.push_back(std::move(text));
  }
  const std::uint64_t seed = test::seed();
  std::mt19937_64 random(seed);
  for (int round = 0; round < 4000; ++round) {
    const std::string text = damaged(samples, random);
    ASSERT_EQ(test::fault_of_reading(text), "") << "round " << round << ": " << text;
  }
}

}  // namespace
}  // namespace allocviz::trace
