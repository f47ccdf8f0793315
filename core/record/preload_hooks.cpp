// The functions that stand before the allocator's: each passes the call on and notes it. A call that gives memory back
// is noted before it happens and one that hands memory out after it did, so that no other thread's note of the same
// address can come between (spool.h, I1). realloc does both and is noted twice.
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <atomic>

#include "core/record/preload_log.h"
#include "core/record/preload_stack.h"

#define ALLOCVIZ_EXPORT extern "C" __attribute__((visibility("default")))

namespace allocviz::record::preload {
namespace {

// The allocator behind us: libc's, or whichever else the program brought.
struct Allocator {
  void* (*malloc)(size_t);
  void (*free)(void*);
  void* (*calloc)(size_t, size_t);
  void* (*realloc)(void*, size_t);
  void* (*reallocarray)(void*, size_t, size_t);
  void* (*memalign)(size_t, size_t);
  void* (*aligned_alloc)(size_t, size_t);
  int (*posix_memalign)(void**, size_t, size_t);
  void* (*valloc)(size_t);
  void* (*pvalloc)(size_t);
  int (*dlclose)(void*);
};
Allocator g_allocator;
std::atomic<bool> g_found;

// Memory for whoever asks while the allocator is being looked up (dlsym itself may), never given back. A block's size
// stands before it.
constexpr size_t kEarlyBytes = 64u << 10, kEarlyAlign = 16;
alignas(kEarlyAlign) char g_early[kEarlyBytes];
std::atomic<size_t> g_early_used;

bool is_early(const void* block) {
  const auto address = reinterpret_cast<uintptr_t>(block), begin = reinterpret_cast<uintptr_t>(g_early);
  return address - begin < kEarlyBytes;
}

void* early(size_t size) {
  if (size > kEarlyBytes) return nullptr;
  const size_t bytes = (size + kEarlyAlign - 1) / kEarlyAlign * kEarlyAlign + kEarlyAlign;
  const size_t at = g_early_used.fetch_add(bytes, std::memory_order_relaxed);
  if (at + bytes > kEarlyBytes) return nullptr;
  memcpy(g_early + at, &size, sizeof size);
  return g_early + at + kEarlyAlign;
}

size_t early_size(const void* block) {
  size_t size;
  __builtin_memcpy(&size, static_cast<const char*>(block) - kEarlyAlign, sizeof size);
  return size;
}

template <class Function>
void find(Function& function, const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  __builtin_memcpy(&function, &found, sizeof found);
}

// The allocator, or null while this very thread is looking it up.
const Allocator* allocator() {
  if (__builtin_expect(g_found.load(std::memory_order_acquire), true)) return &g_allocator;
  Thread& self = this_thread();
  if (self.finding != 0) return nullptr;
  ++self.finding;
  // Whoever comes here at the same time finds the same.
  find(g_allocator.malloc, "malloc");
  find(g_allocator.free, "free");
  find(g_allocator.calloc, "calloc");
  find(g_allocator.realloc, "realloc");
  find(g_allocator.reallocarray, "reallocarray");
  find(g_allocator.memalign, "memalign");
  find(g_allocator.aligned_alloc, "aligned_alloc");
  find(g_allocator.posix_memalign, "posix_memalign");
  find(g_allocator.valloc, "valloc");
  find(g_allocator.pvalloc, "pvalloc");
  find(g_allocator.dlclose, "dlclose");
  g_found.store(true, std::memory_order_release);
  --self.finding;
  return &g_allocator;
}

// While it lives the thread is in the allocator behind us: what that calls of ours is its own business.
class Inside {
 public:
  Inside() { ++this_thread().inside; }
  ~Inside() { --this_thread().inside; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

Log* log_here() {
  return this_thread().inside == 0 ? log() : nullptr;
}

unsigned log2_of(size_t alignment) {
  const bool power = alignment != 0 && (alignment & (alignment - 1)) == 0;
  return power ? static_cast<unsigned>(__builtin_ctzll(alignment)) : 0;
}

void note(Log& to, Kind kind, const void* address, size_t size, unsigned align_log2, std::uint32_t site) {
  append(to, {reinterpret_cast<uintptr_t>(address), size, now(to), site, pack(kind, align_log2, thread_number(to))});
}

void note_alloc(Log* to, const void* block, size_t size, unsigned align_log2, const void* frame) {
  if (to == nullptr) return;
  note(*to, Kind::Alloc, block, size, align_log2, stack_number(*to, frame));
}

size_t product(size_t count, size_t size) {
  size_t bytes = 0;
  return __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes;
}

// A block from before the allocator was found moves into it.
void* move_early(void* block, size_t size) {
  void* const moved = ::allocviz::record::preload::allocator()->malloc(size);
  if (moved != nullptr) {
    const size_t old = early_size(block);
    memcpy(moved, block, old < size ? old : size);
  }
  return moved;
}

void* reallocate(void* block, size_t size, const void* frame) {
  const Allocator* const to = allocator();
  if (to == nullptr) {
    void* const moved = early(size);
    if (moved != nullptr && block != nullptr) {
      const size_t old = early_size(block);
      memcpy(moved, block, old < size ? old : size);
    }
    return moved;
  }
  Log* const log = log_here();
  const bool from_early = block != nullptr && is_early(block);
  if (log != nullptr && block != nullptr && !from_early) note(*log, Kind::ReallocBegin, block, size, 0, 0);
  void* moved = nullptr;
  {
    const Inside inside;
    moved = from_early ? move_early(block, size) : to->realloc(block, size);
  }
  if (log == nullptr) return moved;
  const bool is_alloc = block == nullptr || from_early;
  note(*log, is_alloc ? Kind::Alloc : Kind::ReallocEnd, moved, size, 0, stack_number(*log, frame));
  return moved;
}

// What the aligned variants have in common: a call, and a note of what it gave.
template <class Call>
void* aligned(size_t size, size_t alignment, const void* frame, Call call) {
  const Allocator* const to = allocator();
  if (to == nullptr) return nullptr;  // nothing that dlsym needs
  Log* const log = log_here();
  void* block = nullptr;
  {
    const Inside inside;
    block = call(*to);
  }
  note_alloc(log, block, size, log2_of(alignment), frame);
  return block;
}

size_t page_bytes() {
  return static_cast<size_t>(getpagesize());
}

}  // namespace
}  // namespace allocviz::record::preload

namespace preload = allocviz::record::preload;

// A program that asks for nothing has a log, too: an empty one says more than none.
__attribute__((constructor)) static void begin() {
  (void)preload::log();
}

ALLOCVIZ_EXPORT void* malloc(size_t size) noexcept {
  const preload::Allocator* const to = preload::allocator();
  if (to == nullptr) return preload::early(size);
  preload::Log* const log = preload::log_here();
  void* block = nullptr;
  {
    const preload::Inside inside;
    block = to->malloc(size);
  }
  preload::note_alloc(log, block, size, 0, __builtin_frame_address(0));
  return block;
}

ALLOCVIZ_EXPORT void free(void* block) noexcept {
  if (preload::is_early(block)) return;
  const preload::Allocator* const to = preload::allocator();
  if (to == nullptr) return;  // nobody has a block of an allocator that was not found yet
  preload::Log* const log = preload::log_here();
  if (log != nullptr) preload::note(*log, allocviz::record::Kind::Free, block, 0, 0, 0);
  const preload::Inside inside;
  to->free(block);
}

ALLOCVIZ_EXPORT void* calloc(size_t count, size_t size) noexcept {
  const preload::Allocator* const to = preload::allocator();
  if (to == nullptr) return preload::early(preload::product(count, size));  // zeros: nobody had them before
  preload::Log* const log = preload::log_here();
  void* block = nullptr;
  {
    const preload::Inside inside;
    block = to->calloc(count, size);
  }
  preload::note_alloc(log, block, preload::product(count, size), 0, __builtin_frame_address(0));
  return block;
}

ALLOCVIZ_EXPORT void* realloc(void* block, size_t size) noexcept {
  return preload::reallocate(block, size, __builtin_frame_address(0));
}

ALLOCVIZ_EXPORT void* reallocarray(void* block, size_t count, size_t size) noexcept {
  const size_t bytes = preload::product(count, size);
  if (bytes == SIZE_MAX) {
    // Refused by whichever realloc: no object is so large.
    preload::Log* const log = preload::log_here();
    if (log != nullptr && block == nullptr) preload::note_alloc(log, nullptr, bytes, 0, __builtin_frame_address(0));
    errno = ENOMEM;
    return nullptr;
  }
  return preload::reallocate(block, bytes, __builtin_frame_address(0));
}

ALLOCVIZ_EXPORT void* memalign(size_t alignment, size_t size) noexcept {
  return preload::aligned(size, alignment, __builtin_frame_address(0),
                          [&](const preload::Allocator& to) { return to.memalign(alignment, size); });
}

ALLOCVIZ_EXPORT void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return preload::aligned(size, alignment, __builtin_frame_address(0),
                          [&](const preload::Allocator& to) { return to.aligned_alloc(alignment, size); });
}

ALLOCVIZ_EXPORT int posix_memalign(void** into, size_t alignment, size_t size) noexcept {
  int fault = ENOMEM;
  void* const block = preload::aligned(size, alignment, __builtin_frame_address(0), [&](const preload::Allocator& to) {
    void* made = nullptr;
    fault = to.posix_memalign(&made, alignment, size);
    return fault == 0 ? made : nullptr;
  });
  if (fault == 0) *into = block;
  return fault;
}

ALLOCVIZ_EXPORT void* valloc(size_t size) noexcept {
  return preload::aligned(size, preload::page_bytes(), __builtin_frame_address(0),
                          [&](const preload::Allocator& to) { return to.valloc(size); });
}

ALLOCVIZ_EXPORT void* pvalloc(size_t size) noexcept {
  return preload::aligned(size, preload::page_bytes(), __builtin_frame_address(0),
                          [&](const preload::Allocator& to) { return to.pvalloc(size); });
}

ALLOCVIZ_EXPORT int dlclose(void* handle) noexcept {
  const preload::Allocator* const to = preload::allocator();
  if (to == nullptr) return -1;
  const int result = to->dlclose(handle);
  preload::forget_addresses();
  return result;
}
