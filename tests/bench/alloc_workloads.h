// What the allocator benchmarks run: streams of requests made once, replayed from memory, their payload never touched.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace allocviz::bench {

// size 0: free the slot's block, else allocate into it.
struct Op {
  std::uint32_t slot;
  std::uint32_t size;
};

struct Stream {
  std::uint32_t slots = 0;
  std::vector<Op> warm_up;  // from empty to the steady state
  std::vector<Op> steady;   // starts and ends in the same state, so that it can be run again and again
};

// Slots picked at random, each toggled between empty and live: half of them live on average. Sizes are log-uniform.
// The second half of `steady` undoes the first in another random order, which returns every slot to where it was.
inline Stream log_uniform_stream(std::uint32_t slots, double smallest, double largest, std::size_t toggles,
                                 std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> exponent(std::log(smallest), std::log(largest));
  std::uniform_int_distribution<std::uint32_t> pick(0, slots - 1);
  std::vector<bool> live(slots, false);
  Stream stream;
  stream.slots = slots;
  const auto toggle = [&](std::vector<Op>& into, std::uint32_t slot) {
    const auto size = live[slot] ? 0u : static_cast<std::uint32_t>(std::exp(exponent(random)));
    into.push_back({slot, size});
    live[slot] = !live[slot];
  };
  for (std::size_t i = 0; i < 4 * std::size_t{slots}; ++i) toggle(stream.warm_up, pick(random));
  const std::vector<bool> start = live;
  for (std::size_t i = 0; i < toggles; ++i) toggle(stream.steady, pick(random));
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    if (live[slot] != start[slot]) toggle(stream.steady, slot);
  }
  return stream;
}

}  // namespace allocviz::bench
