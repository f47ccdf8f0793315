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

constexpr std::uint64_t kFirstChunk = 64u << 10, kLargestStep = 16u << 20;
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

// Whether the program may have a file of so many bytes: writing beyond that would end it with a signal.
bool may_reach(std::uint64_t bytes) {
  struct rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur;
}

// Room on the disk that is really there: a page of a mapping that finds none would end the program. 0 or an errno.
int reserve(int fd, std::uint64_t from, std::uint64_t bytes) {
  if (!may_reach(from + bytes)) return EFBIG;
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

// Reserves the next bytes of the file: as many as wanted, or half of that, and so on, where the disk has no room for
// it, but never less than `least`. 0 or an errno; `bytes` is what there is.
int reserve_some(Log& log, int fd, std::uint64_t least, std::uint64_t& bytes) {
  int fault = reserve(fd, log.file_bytes, bytes);
  while (fault != 0 && bytes > least) {
    bytes /= 2;
    fault = reserve(fd, log.file_bytes, bytes);
  }
  return fault;
}

// The next bytes of the file as records of a chunk.
int map_next(Log& log, int fd, std::uint64_t bytes, Chunk& chunk) {
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(log.file_bytes));
  if (mapped == MAP_FAILED) return errno;
  chunk.records = static_cast<Record*>(mapped);
  chunk.capacity = bytes / sizeof(Record);
  log.file_bytes += bytes;
  return 0;
}

// A chunk whose records are written where they belong: the first one, and where no buffer is to be had.
int chunk_in_its_place(Log& log, int fd, Chunk*& made) {
  if (log.chunk_count == kMostChunks) return ENFILE;
  std::uint64_t bytes = log.chunk_count == 0 ? kFirstChunk : kBufferBytes;
  int fault = reserve_some(log, fd, kFirstChunk, bytes);
  if (fault == 0) fault = map_next(log, fd, bytes, log.chunks[log.chunk_count]);
  if (fault == 0) made = &log.chunks[log.chunk_count++];
  return fault;
}

// The first buffer that nobody uses: of a program of one thread it is the same one each time, and still at hand. Null
// where there is none, or no room for one.
Chunk* free_buffer(Log& log, int fd) {
  for (std::size_t i = 0; i < kBuffers; ++i) {
    Chunk& chunk = log.buffers[i];
    if (chunk.records == nullptr) {
      SpoolBuffer& buffer = log.header->buffers[i];
      const std::uint64_t at = log.file_bytes;
      // With room for what will be in it; else these bytes do better as records in their place.
      if (reserve(fd, at, 2 * kBufferBytes) != 0 || map_next(log, fd, kBufferBytes, chunk) != 0) return nullptr;
      chunk.buffer = &buffer;
      __atomic_store_n(&buffer.stands_at, at, __ATOMIC_RELEASE);
      return &chunk;
    }
    if (chunk.use == Use::None) return &chunk;
  }
  return nullptr;
}

// A chunk in a buffer, and the room in the file where it will stand. Null where there is no room for it.
Chunk* chunk_in_buffer(Log& log, int fd) {
  Chunk* const chunk = free_buffer(log, fd);
  if (chunk == nullptr) return nullptr;
  if (log.room_from == log.room_to) {
    std::uint64_t bytes = log.room_step == 0 ? kBufferBytes : 2 * log.room_step;
    if (bytes > kLargestStep) bytes = kLargestStep;
    if (reserve_some(log, fd, kBufferBytes, bytes) != 0) return nullptr;
    log.room_step = bytes;
    log.room_from = log.file_bytes;
    log.file_bytes += bytes;
    log.room_to = log.file_bytes;
  }
  chunk->use = Use::InUse;
  chunk->passed = 0;
  __atomic_store_n(&chunk->buffer->for_place, log.room_from, __ATOMIC_RELEASE);
  log.room_from += kBufferBytes;
  chunk->next.store(0, std::memory_order_release);
  return chunk;
}

// The chunk after those there are.
int next_chunk(Log& log, Chunk*& made) {
  const int fd = open_spool(log);
  if (fd < 0) return errno;
  made = log.chunk_count == 0 ? nullptr : chunk_in_buffer(log, fd);
  const int fault = made != nullptr ? 0 : chunk_in_its_place(log, fd, made);
  call::close(fd);
  return fault;
}

void stop(Log& log, int why) {
  log.header->stopped_by = static_cast<std::uint32_t>(why);
  log.current.store(nullptr, std::memory_order_release);
}

bool put_in_place(const Log& log, const Chunk& chunk) {
  // The place was reserved, but the program may have lowered its limit since.
  if (!may_reach(chunk.buffer->for_place + kBufferBytes)) return false;
  const int fd = open_spool(log);
  if (fd < 0) return false;
  const char* const bytes = reinterpret_cast<const char*>(chunk.records);
  std::uint64_t done = 0;
  while (done < kBufferBytes) {
    const long wrote = call::pwrite(fd, bytes + done, kBufferBytes - done, chunk.buffer->for_place + done);
    if (wrote > 0) done += static_cast<std::uint64_t>(wrote);
    if (wrote == 0 || (wrote < 0 && errno != EINTR)) break;
  }
  call::close(fd);
  return done == kBufferBytes;
}

// No slot is left to take, and none is being written. O(1), amortised over its records.
bool is_done(Chunk& chunk) {
  if (chunk.next.load(std::memory_order_relaxed) < chunk.capacity) return false;
  while (chunk.passed < chunk.capacity && __atomic_load_n(&chunk.records[chunk.passed].what, __ATOMIC_ACQUIRE) != 0)
    ++chunk.passed;
  return chunk.passed == chunk.capacity;
}

// Nobody else has to do with the memory of a chunk that is done.
void put_away_what_is_done(Log& log) {
  for (Chunk& chunk : log.buffers) {
    if (chunk.use != Use::InUse || !is_done(chunk)) continue;
    if (!put_in_place(log, chunk)) {
      chunk.use = Use::Stuck;  // the buffer says where its records belong
      continue;
    }
    __atomic_store_n(&chunk.buffer->for_place, 0, __ATOMIC_RELAXED);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    __builtin_memset(static_cast<void*>(chunk.records), 0, kBufferBytes);
    chunk.use = Use::None;
  }
  for (std::uint64_t i = log.unmapped; i < log.chunk_count; ++i) {
    Chunk& chunk = log.chunks[i];
    if (chunk.records == nullptr || !is_done(chunk)) continue;
    munmap(chunk.records, chunk.capacity * sizeof(Record));
    chunk.records = nullptr;
  }
  while (log.unmapped < log.chunk_count && log.chunks[log.unmapped].records == nullptr) ++log.unmapped;
}

// Makes the chunk after `full`, unless somebody did, and puts away what is done. No signal comes between: its handler
// might need a chunk, too.
void add_chunk(Log& log, const Chunk* full) {
  const int saved = errno;
  ++t_thread.inside;  // whatever stands before libc's functions and allocates is not to come here again
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (unsigned spins = 0; log.lock.exchange(1, std::memory_order_acquire) != 0; ++spins) {
    if (spins > 100) call::sleep_ns(50'000);
  }
  // A buffer's chunk that was full when the caller saw it may have been put away since, and be in use again.
  const bool still =
      full == nullptr ? log.chunk_count == 0 : full->next.load(std::memory_order_relaxed) >= full->capacity;
  if (still && log.current.load(std::memory_order_relaxed) == full) {
    put_away_what_is_done(log);
    Chunk* made = nullptr;
    const int fault = next_chunk(log, made);
    if (fault == 0) {
      log.current.store(made, std::memory_order_release);
    } else {
      stop(log, fault);
    }
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

Slot take_slot(Log& log) {
  for (;;) {
    Chunk* const chunk = log.current.load(std::memory_order_acquire);
    if (chunk == nullptr) {
      __atomic_fetch_add(&log.header->lost_events, 1, __ATOMIC_RELAXED);
      return {nullptr, nullptr};
    }
    const std::uint64_t index = chunk->next.fetch_add(1, std::memory_order_acq_rel);
    if (index < chunk->capacity) return {chunk, chunk->records + index};
    add_chunk(log, chunk);
  }
}

void write(const Slot& slot, const Record& record) {
  slot.record->value = record.value;
  slot.record->size = record.size;
  slot.record->time_ns = record.time_ns;
  slot.record->site = record.site;
  __atomic_store_n(&slot.record->what, record.what, __ATOMIC_RELEASE);
}

}  // namespace allocviz::record::preload
