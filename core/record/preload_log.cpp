#include "core/record/preload_log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "core/record/preload_calls.h"
#include "core/record/preload_setup.h"

namespace allocviz::record::preload {
namespace {

constexpr std::uint64_t kFirstChunk = 64u << 10, kLargestChunk = 16u << 20;
constexpr std::uint64_t kReadyAtOnce = (256u << 10) / sizeof(Record);  // records whose pages are made ready in one call
constexpr std::uint64_t kMostKeptFree = 64u << 20;

std::atomic<Log*> g_log;
std::uint32_t g_images;  // logs begun in this address space or the ones it was forked from
Setup g_setup;           // read once; a child of a fork has it from its parent
__thread Thread t_thread __attribute__((tls_model("initial-exec")));

// A full disk should leave the program and its neighbours something to write on, and the trace that is made of the
// spool.
bool leaves_room(int fd, std::uint64_t spool_bytes, std::uint64_t more_bytes) {
  struct statfs disk;
  if (fstatfs(fd, &disk) != 0 || disk.f_blocks == 0) return true;
  const auto block = static_cast<std::uint64_t>(disk.f_bsize);
  const std::uint64_t twentieth = disk.f_blocks / 20 * block;
  const std::uint64_t kept = twentieth < kMostKeptFree ? twentieth : kMostKeptFree;
  const std::uint64_t trace = (spool_bytes + more_bytes) / 100 * g_setup.room_percent;
  return disk.f_bavail * block >= more_bytes + kept + trace;
}

// Room on the disk that is really there: a page of a mapping that finds none would end the program. 0 or an errno.
int reserve(int fd, std::uint64_t from, std::uint64_t bytes) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && from + bytes > limit.rlim_cur) {
    return EFBIG;
  }
  if (!leaves_room(fd, from, bytes)) return ENOSPC;
  if (call::fallocate(fd, from, bytes) == 0) return 0;
  if (errno != EOPNOTSUPP && errno != ENOSYS) return errno;
  static const char zeros[4096] = {};
  for (std::uint64_t at = 0; at < bytes; at += sizeof zeros) {
    const long wrote = call::pwrite(fd, zeros, sizeof zeros, from + at);
    if (wrote != static_cast<long>(sizeof zeros)) return wrote < 0 ? errno : ENOSPC;
  }
  return 0;
}

// The file is opened for each chunk and closed again: programs that close or count descriptors find none of ours.
int open_spool(const Log& log) {
  return call::open(log.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
}

// The next chunk's bytes: twice the last one's; half of that, and so on, where the disk has no room for it.
int map_chunk(Log& log, Chunk& chunk) {
  const int fd = open_spool(log);
  if (fd < 0) return errno;
  std::uint64_t bytes = kFirstChunk << (log.chunk_count < 8 ? log.chunk_count : 8);
  if (bytes > kLargestChunk) bytes = kLargestChunk;
  int fault = reserve(fd, log.file_bytes, bytes);
  while (fault != 0 && bytes > kFirstChunk) {
    bytes /= 2;
    fault = reserve(fd, log.file_bytes, bytes);
  }
  if (fault == 0) {
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(log.file_bytes));
    fault = mapped == MAP_FAILED ? errno : 0;
    if (fault == 0) {
      chunk.records = static_cast<Record*>(mapped);
      chunk.capacity = bytes / sizeof(Record);
      log.file_bytes += bytes;
    }
  }
  call::close(fd);
  return fault;
}

void stop(Log& log, int why) {
  log.header->stopped_by = static_cast<std::uint32_t>(why);
  log.current.store(nullptr, std::memory_order_release);
}

// Makes the chunk after `full`, unless somebody did. No signal comes between: its handler might need a chunk, too.
void add_chunk(Log& log, const Chunk* full) {
  const int saved = errno;
  ++t_thread.inside;  // whatever stands before libc's functions and allocates is not to come here again
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (unsigned spins = 0; log.lock.exchange(1, std::memory_order_acquire) != 0; ++spins) {
    if (spins > 100) call::sleep_ns(50'000);
  }
  if (log.current.load(std::memory_order_relaxed) == full && (full != nullptr || log.chunk_count == 0)) {
    int fault = ENFILE;
    if (log.chunk_count < kMostChunks) {
      Chunk& chunk = log.chunks[log.chunk_count];
      fault = map_chunk(log, chunk);
      if (fault == 0) {
        ++log.chunk_count;
        log.current.store(&chunk, std::memory_order_release);
      }
    }
    if (fault != 0) stop(log, fault);
  }
  log.lock.store(0, std::memory_order_release);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  --t_thread.inside;
  errno = saved;
}

std::uint64_t monotonic_ns() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

// The spool with its header, under a name that no image of this process had.
bool create_spool(Log& log) {
  const auto pid = static_cast<std::uint32_t>(getpid());
  int fd = -1;
  std::uint32_t generation = 0;
  for (; generation < 10'000; ++generation) {
    if (!spool_path(log.path, sizeof log.path, g_setup.folder, pid, generation)) return false;
    fd = call::open(log.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 || errno != EEXIST) break;
  }
  if (fd < 0) return false;
  void* mapped = MAP_FAILED;
  if (reserve(fd, 0, kHeaderBytes) == 0) {
    mapped = mmap(nullptr, kHeaderBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  call::close(fd);
  if (mapped == MAP_FAILED) {
    unlink(log.path);
    return false;
  }
  log.header = static_cast<SpoolHeader*>(mapped);
  log.header->generation = generation;
  log.header->pid = pid;
  log.header->depth = log.depth;
  log.header->started_monotonic_ns = log.started_ns;
  describe_program(*log.header);
  log.header->magic = kMagic;
  log.file_bytes = kHeaderBytes;
  return true;
}

// A process that is not to be recorded leaves an empty file, so that its user hears of it.
void leave_sign(Log& log) {
  if (!spool_path(log.path, sizeof log.path, g_setup.folder, static_cast<std::uint32_t>(getpid()), 0)) return;
  const int fd = call::open(log.path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW);
  if (fd >= 0) call::close(fd);
}

Log* mapping() {
  Log* found = g_log.load(std::memory_order_acquire);
  if (found != nullptr) return found;
  void* mapped = mmap(nullptr, sizeof(Log), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  Log* made = static_cast<Log*>(mapped);
  if (madvise(mapped, sizeof(Log), MADV_WIPEONFORK) != 0 || !g_log.compare_exchange_strong(found, made)) {
    munmap(mapped, sizeof(Log));
    return found;
  }
  return made;
}

Phase begin(Log& log) {
  if (!g_setup.read) read_setup(g_setup);
  if (!g_setup.wanted) return Phase::Off;
  if (g_setup.only_pid != 0 && g_setup.only_pid != getpid()) {
    leave_sign(log);
    return Phase::Off;
  }
  log.depth = g_setup.depth;
  log.started_ns = monotonic_ns();
  log.image = ++g_images;
  if (!create_spool(log)) return Phase::Off;
  add_chunk(log, nullptr);
  return Phase::On;
}

Log* begin_log() {
  const int saved = errno;
  Log* const found = mapping();
  Log* result = nullptr;
  if (found != nullptr) {
    Phase phase = Phase::None;
    if (found->phase.compare_exchange_strong(phase, Phase::Beginning)) {
      phase = begin(*found);
      found->phase.store(phase, std::memory_order_release);
    }
    if (phase == Phase::On) result = found;
  }
  errno = saved;
  return result;
}

}  // namespace

Thread& this_thread() {
  return t_thread;
}

Log* log() {
  Log* const found = g_log.load(std::memory_order_acquire);
  if (found != nullptr) {
    const Phase phase = found->phase.load(std::memory_order_acquire);
    if (phase == Phase::On) return found;
    if (phase != Phase::None) return nullptr;
  }
  return begin_log();
}

std::uint64_t now(const Log& log) {
  return monotonic_ns() - log.started_ns;
}

std::uint32_t thread_number(Log& log) {
  Thread& self = t_thread;
  if (self.image != log.image) {
    const std::uint32_t number = log.threads.fetch_add(1, std::memory_order_relaxed) + 1;
    self.number = number < kMostThreads ? number : kMostThreads;
    self.image = log.image;
  }
  return self.number;
}

namespace {

// Fresh pages for the records from `index` on, many in one call: one by one, each as its first record is written, they
// cost a tenth more of what recording does. Linux before 5.14 does not know how, and nothing is lost.
void make_ready(const Chunk& chunk, std::uint64_t index) {
  constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE, which older headers lack
  const std::uint64_t left = chunk.capacity - index;
  const int saved = errno;
  call::madvise(chunk.records + index, (left < kReadyAtOnce ? left : kReadyAtOnce) * sizeof(Record), kPopulateWrite);
  errno = saved;
}

}  // namespace

Slot take_slot(Log& log) {
  for (;;) {
    Chunk* const chunk = log.current.load(std::memory_order_acquire);
    if (chunk == nullptr) {
      __atomic_fetch_add(&log.header->lost_events, 1, __ATOMIC_RELAXED);
      return {nullptr, nullptr};
    }
    const std::uint64_t index = chunk->next.fetch_add(1, std::memory_order_acq_rel);
    if (index < chunk->capacity) {
      if (index % kReadyAtOnce == 0) make_ready(*chunk, index);
      return {chunk, chunk->records + index};
    }
    add_chunk(log, chunk);
  }
}

void write(const Slot& slot, const Record& record) {
  slot.record->value = record.value;
  slot.record->size = record.size;
  slot.record->time_ns = record.time_ns;
  slot.record->site = record.site;
  __atomic_store_n(&slot.record->what, record.what, __ATOMIC_RELEASE);
  Chunk& chunk = *slot.chunk;
  const std::uint64_t capacity = chunk.capacity;
  if (chunk.written.fetch_add(1, std::memory_order_acq_rel) + 1 != capacity) return;
  const int saved = errno;
  munmap(chunk.records, capacity * sizeof(Record));
  errno = saved;
}

}  // namespace allocviz::record::preload
