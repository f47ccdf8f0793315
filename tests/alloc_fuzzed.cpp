// The fuzzer's target without the fuzzer: calls made of random bytes, in every build and with every compiler.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "tests/support/seed.h"

// Of fuzz/alloc_fuzz.cpp: ends the program when an allocator does not hold its contract.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace allocviz::test::fuzzed_test {
namespace {

TEST(Fuzzed, calls_made_of_random_bytes_break_no_allocator) {
  std::mt19937_64 random(seed());
  std::vector<std::uint8_t> bytes;
  for (int round = 0; round < 4000; ++round) {
    bytes.resize(1 + random() % 300);
    // Small numbers too, so that sizes, alignments and pointers meet what is there.
    const std::uint64_t most = std::uint64_t{1} << (1 + random() % 8);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % most);
    bytes.front() = static_cast<std::uint8_t>(round);  // which allocator
    EXPECT_EQ(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()), 0);
  }
}

}  // namespace
}  // namespace allocviz::test::fuzzed_test
