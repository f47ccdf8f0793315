#include "tests/support/counted_memory.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> live{0}, peak{0}, before{0};

void* counted(std::size_t size) noexcept {
  void* const block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) return nullptr;
  const std::size_t now = live += ::malloc_usable_size(block);
  for (std::size_t most = peak; now > most && !peak.compare_exchange_weak(most, now);) {
  }
  return block;
}

void uncount(void* block) noexcept {
  if (block != nullptr) live -= ::malloc_usable_size(block);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
  void* const block = counted(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
// Without it, what std::stable_sort takes would come from the sanitizer's own and go back through ours.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void operator delete(void* block) noexcept {
  uncount(block);
}
void operator delete(void* block, std::size_t) noexcept {
  uncount(block);
}

namespace allocviz::test {

std::size_t peak_bytes() {
  return peak - before;
}

void forget_peak() {
  before = live.load();
  peak = before.load();
}

}  // namespace allocviz::test
