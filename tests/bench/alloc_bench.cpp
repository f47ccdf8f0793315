// What a call costs, beside peers that Debian has: buddy and tiered on two steady states and on an empty heap, slab
// beside boost::pool, bump beside std::pmr; and what a buddy's worst case and a slab's start depend on. Streams are
// replayed from memory, payload is never touched. alloc_compare.sh runs one process a peer, interleaved, malloc's peers
// by LD_PRELOAD.
#include <benchmark/benchmark.h>

#include <boost/pool/pool.hpp>
#include <cstdlib>
#include <memory_resource>
#include <random>
#include <type_traits>
#include <vector>

#include "core/alloc/buddy.h"
#include "core/alloc/bump.h"
#include "core/alloc/hosted/mmap.h"
#include "core/alloc/slab.h"
#include "core/alloc/tiered.h"
#include "tests/bench/alloc_workloads.h"

namespace allocviz::bench {
namespace {

constexpr std::size_t kArena = std::size_t{16} << 20;
constexpr std::size_t kSlabBlocks = 65536;

void report(benchmark::State& state, std::size_t operations) {
  state.counters["per_op"] =
      benchmark::Counter(static_cast<double>(operations) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// ---- peers that serve any size

struct Buddy {
  using Allocator = alloc::Buddy<alloc::RuntimeBuddy, alloc::Checked, alloc::Mmap>;
  alloc::Made<Allocator> made = Allocator::make(1, {}, alloc::RuntimeBuddy::between(kArena, 64));
  void* get(std::size_t size) { return made->allocate({size, 1}).ptr; }
  void put(void* ptr) { (void)made->deallocate(ptr); }
};

struct FixedBuddy {
  using Allocator = alloc::Buddy<alloc::FixedBuddy<kArena, 19>, alloc::Checked, alloc::Mmap>;
  alloc::Made<Allocator> made = Allocator::make(1);
  void* get(std::size_t size) { return made->allocate({size, 1}).ptr; }
  void put(void* ptr) { (void)made->deallocate(ptr); }
};

// Links beside the tags: like the next one, it never touches what it hands out.
struct Beside {
  using Allocator = alloc::BesideBuddy<alloc::FixedBuddy<kArena, 19>, alloc::Checked, alloc::Mmap>;
  alloc::Made<Allocator> made = Allocator::make(1);
  void* get(std::size_t size) { return made->allocate({size, 1}).ptr; }
  void put(void* ptr) { (void)made->deallocate(ptr); }
};

// Bits instead of lists: it never touches what it hands out.
struct Bitmap {
  using Allocator = alloc::BitmapBuddy<alloc::FixedBuddy<kArena, 19>, alloc::Checked, alloc::Mmap>;
  alloc::Made<Allocator> made = Allocator::make(1);
  void* get(std::size_t size) { return made->allocate({size, 1}).ptr; }
  void put(void* ptr) { (void)made->deallocate(ptr); }
};

struct Tiered {
  using Allocator = alloc::Tiered<alloc::Checked, alloc::Mmap>;
  alloc::Made<Allocator> made =
      Allocator::make(1, {}, alloc::TieredGeometry::usual(alloc::RuntimeBuddy::between(kArena, 64), 32768));
  void* get(std::size_t size) { return made->allocate({size, 1}).ptr; }
  void put(void* ptr) { (void)made->deallocate(ptr); }
};

// It asks for the size at both ends, so the size is kept beside the pointer; that is not counted against it elsewhere.
struct PmrPool {
  std::pmr::unsynchronized_pool_resource pool;
  void* get(std::size_t size) {
    auto* const block = static_cast<std::size_t*>(pool.allocate(size + sizeof(std::size_t)));
    *block = size + sizeof(std::size_t);
    return block + 1;
  }
  void put(void* ptr) {
    std::size_t* const block = static_cast<std::size_t*>(ptr) - 1;
    pool.deallocate(block, *block);
  }
};

struct Malloc {
  static void* get(std::size_t size) { return std::malloc(size); }
  static void put(void* ptr) { std::free(ptr); }
};

template <class Peer>
void run_stream(benchmark::State& state, const Stream& stream) {
  Peer peer;
  std::vector<void*> blocks(stream.slots);
  const auto run = [&](const std::vector<Op>& ops) {
    for (const Op& op : ops) {
      void*& block = blocks[op.slot];
      if (op.size != 0) {
        block = peer.get(op.size);
      } else if (block != nullptr) {
        peer.put(block);
        block = nullptr;
      }
    }
  };
  run(stream.warm_up);
  for (auto _ : state) run(stream.steady);
  report(state, stream.steady.size());
  for (void* block : blocks) {
    if (block != nullptr) peer.put(block);
  }
}

// 64 B to 64 KiB, about 500 live.
template <class Peer>
void WideSizes(benchmark::State& state) {
  run_stream<Peer>(state, log_uniform_stream(1000, 64, 65536, 200'000, 17));
}
// 64 B to 1 KiB, about 17 000 live.
template <class Peer>
void SmallSizes(benchmark::State& state) {
  run_stream<Peer>(state, log_uniform_stream(34'000, 64, 1024, 200'000, 17));
}
// The smallest block taken from an empty heap and given back: for a buddy, every level split and merged.
template <class Peer>
void EmptyHeap(benchmark::State& state) {
  Peer peer;
  for (auto _ : state) {
    void* block = peer.get(64);
    benchmark::DoNotOptimize(block);
    peer.put(block);
  }
  report(state, 2);
}

BENCHMARK(WideSizes<Buddy>);
BENCHMARK(WideSizes<FixedBuddy>);
BENCHMARK(WideSizes<Beside>);
BENCHMARK(WideSizes<Bitmap>);
BENCHMARK(WideSizes<Tiered>);
BENCHMARK(WideSizes<PmrPool>);
BENCHMARK(WideSizes<Malloc>);
BENCHMARK(SmallSizes<Buddy>);
BENCHMARK(SmallSizes<FixedBuddy>);
BENCHMARK(SmallSizes<Beside>);
BENCHMARK(SmallSizes<Bitmap>);
BENCHMARK(SmallSizes<Tiered>);
BENCHMARK(SmallSizes<PmrPool>);
BENCHMARK(SmallSizes<Malloc>);
BENCHMARK(EmptyHeap<Buddy>);
BENCHMARK(EmptyHeap<FixedBuddy>);
BENCHMARK(EmptyHeap<Beside>);
BENCHMARK(EmptyHeap<Bitmap>);
BENCHMARK(EmptyHeap<Tiered>);
BENCHMARK(EmptyHeap<PmrPool>);
BENCHMARK(EmptyHeap<Malloc>);

// ---- what the worst case depends on: the smallest block of an empty heap, so that every level is split and merged

void split_and_merge(benchmark::State& state, std::size_t arena, std::size_t min) {
  using Allocator = alloc::Buddy<alloc::RuntimeBuddy, alloc::Checked, alloc::Mmap>;
  auto made = Allocator::make(1, {}, alloc::RuntimeBuddy::between(arena, min));
  if (!made) return state.SkipWithError("the arena cannot be reserved");
  for (auto _ : state) {
    void* block = made->allocate({min, 1}).ptr;
    benchmark::DoNotOptimize(block);
    (void)made->deallocate(block);
  }
  report(state, 2);
}
// Seven levels in arenas of 2^10 … 2^36 bytes, reserved and not touched: nothing grows.
void WorstCaseByArena(benchmark::State& state) {
  split_and_merge(state, std::size_t{1} << state.range(0), std::size_t{1} << (state.range(0) - 6));
}
// 1 … 21 levels: the cost is theirs.
void WorstCaseByLevels(benchmark::State& state) {
  split_and_merge(state, std::size_t{64} << (state.range(0) - 1), 64);
}
BENCHMARK(WorstCaseByArena)->DenseRange(10, 36, 2);
BENCHMARK(WorstCaseByLevels)->DenseRange(1, 21, 4);

// ---- peers of one size

template <class Geometry, class Policy>
struct SlabPeer {
  using Allocator = alloc::Slab<Geometry, Policy, alloc::Mmap>;
  alloc::Made<Allocator> made = Allocator::make(kSlabBlocks, {}, geometry());
  static Geometry geometry() {
    if constexpr (std::is_same_v<Geometry, alloc::RuntimeSlab>) {
      return alloc::RuntimeSlab(64);
    } else {
      return {};
    }
  }
  void* get() { return made->allocate({64, 1}).ptr; }
  void put(void* ptr) { (void)made->deallocate(ptr); }
};
using CheckedSlab = SlabPeer<alloc::RuntimeSlab, alloc::Checked>;
using UncheckedSlab = SlabPeer<alloc::RuntimeSlab, alloc::Unchecked>;
using FixedSlab = SlabPeer<alloc::FixedSlab<64>, alloc::Unchecked>;

struct BoostPool {
  boost::pool<> pool{64, kSlabBlocks};
  void* get() { return pool.malloc(); }
  void put(void* ptr) { pool.free(ptr); }
};

// The loops are functions of their own, so that every peer is what it is in a program: an object in memory that the
// loop is handed. In one function with its maker, the compiler takes the whole allocator apart into registers.
template <class Peer>
[[gnu::noinline]] void come_and_go(Peer& peer, std::vector<void*>& blocks, const std::vector<std::size_t>& order) {
  for (const std::size_t slot : order) {
    if (blocks[slot] != nullptr) peer.put(blocks[slot]);
    blocks[slot] = blocks[slot] != nullptr ? nullptr : peer.get();
  }
}
template <class Peer>
[[gnu::noinline]] void take_and_give_back(Peer& peer, std::size_t times) {
  for (; times != 0; --times) {
    void* block = peer.get();
    benchmark::DoNotOptimize(block);
    peer.put(block);
  }
}
template <class Peer>
[[gnu::noinline]] void fill(Peer& peer, std::vector<void*>& blocks) {
  for (void*& block : blocks) block = peer.get();
}
template <class Peer>
[[gnu::noinline]] void drain(Peer& peer, const std::vector<void*>& blocks) {
  for (void* block : blocks) peer.put(block);
}

template <class Peer>
void SlabRandom(benchmark::State& state) {
  Peer peer;
  std::vector<void*> blocks(kSlabBlocks);
  std::mt19937 random(3);
  std::vector<std::size_t> order(200'000);
  for (std::size_t& slot : order) slot = random() % kSlabBlocks;
  for (auto _ : state) come_and_go(peer, blocks, order);
  report(state, order.size());
}
template <class Peer>
void SlabLastInFirstOut(benchmark::State& state) {
  constexpr std::size_t kTimes = 10'000;
  Peer peer;
  peer.put(peer.get());
  for (auto _ : state) take_and_give_back(peer, kTimes);
  report(state, 2 * kTimes);
}
template <class Peer>
void SlabFillAndDrain(benchmark::State& state) {
  Peer peer;
  std::vector<void*> blocks(kSlabBlocks);
  for (auto _ : state) {
    fill(peer, blocks);
    drain(peer, blocks);
  }
  report(state, 2 * kSlabBlocks);
}

BENCHMARK(SlabRandom<CheckedSlab>);
BENCHMARK(SlabRandom<UncheckedSlab>);
BENCHMARK(SlabRandom<FixedSlab>);
BENCHMARK(SlabRandom<BoostPool>);
BENCHMARK(SlabLastInFirstOut<CheckedSlab>);
BENCHMARK(SlabLastInFirstOut<UncheckedSlab>);
BENCHMARK(SlabLastInFirstOut<FixedSlab>);
BENCHMARK(SlabLastInFirstOut<BoostPool>);
BENCHMARK(SlabFillAndDrain<CheckedSlab>);
BENCHMARK(SlabFillAndDrain<UncheckedSlab>);
BENCHMARK(SlabFillAndDrain<FixedSlab>);
BENCHMARK(SlabFillAndDrain<BoostPool>);

// Making one and taking its first block, of 2^10 … 2^26 blocks of 64 B, reserved: nothing grows.
void SlabStart(benchmark::State& state) {
  using Allocator = alloc::Slab<alloc::FixedSlab<64>, alloc::Checked>;
  const std::size_t count = std::size_t{1} << state.range(0);
  const alloc::Mmap pages;
  const alloc::Layout region{count * 64, 4096}, bits = Allocator::metadata_layout(count);
  void* const memory = pages.allocate(region);
  void* const metadata = pages.allocate(bits);
  if (memory == nullptr || metadata == nullptr) return state.SkipWithError("the region cannot be reserved");
  for (auto _ : state) {
    auto made = Allocator::make_raw(metadata, memory, count);
    benchmark::DoNotOptimize(made->allocate_block().ptr);
  }
  report(state, 1);
  pages.deallocate(memory, region);
  pages.deallocate(metadata, bits);
}
// The same of the peer, which links the blocks to each other when it asks for them.
void SlabStartOfBoostPool(benchmark::State& state) {
  for (auto _ : state) {
    boost::pool<> pool(64, std::size_t{1} << state.range(0));
    benchmark::DoNotOptimize(pool.malloc());
  }
  report(state, 1);
}
BENCHMARK(SlabStart)->DenseRange(10, 26, 4);
BENCHMARK(SlabStartOfBoostPool)->DenseRange(10, 18, 4);

// ---- 16 B until full, then all at once

struct UncheckedBump {
  using Allocator = alloc::Bump<alloc::Unchecked, alloc::Mmap>;
  alloc::Made<Allocator> made = Allocator::make({1 << 20, 4096});
  void* get() { return made->allocate({16, 16}).ptr; }
  void reset() { made->reset(); }
};
struct Monotonic {
  std::vector<std::byte> memory{std::size_t{1} << 20};
  std::pmr::monotonic_buffer_resource resource{memory.data(), memory.size(), std::pmr::null_memory_resource()};
  void* get() { return resource.allocate(16, 16); }
  void reset() { resource.release(); }
};

template <class Peer>
void BumpUntilFull(benchmark::State& state) {
  constexpr std::size_t kBlocks = (1 << 20) / 16;
  Peer peer;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBlocks; ++i) benchmark::DoNotOptimize(peer.get());
    peer.reset();
  }
  report(state, kBlocks);
}

BENCHMARK(BumpUntilFull<UncheckedBump>);
BENCHMARK(BumpUntilFull<Monotonic>);

}  // namespace
}  // namespace allocviz::bench

BENCHMARK_MAIN();
