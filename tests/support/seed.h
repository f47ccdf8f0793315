// The seed of a random test: printed, and enough to run the same test again.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

namespace allocviz::test {

// The same seed each time, so that a change is judged by what it changed. ALLOCVIZ_SEED=random draws a new one, which
// is how faults are looked for; ALLOCVIZ_SEED=17 repeats the run that printed 17.
inline std::uint64_t seed() {
  const char* given = std::getenv("ALLOCVIZ_SEED");
  std::uint64_t seed = 20'260'101;
  if (given != nullptr) {
    seed = std::strcmp(given, "random") == 0 ? std::random_device{}() : std::strtoull(given, nullptr, 10);
  }
  std::printf("seed %llu: ALLOCVIZ_SEED=%llu repeats this run\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace allocviz::test
