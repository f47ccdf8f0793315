// The seed of a random test: printed, and enough to run the same test again.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace allocviz::test {

// A new seed each time; ALLOCVIZ_SEED=17 in the environment repeats the run that printed 17.
inline std::uint64_t seed() {
  const char* given = std::getenv("ALLOCVIZ_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("seed %llu: ALLOCVIZ_SEED=%llu repeats this run\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace allocviz::test
