// The log of one program image inside that program: who may write the next record, and where.
//
//   chunk 0      chunk 1              chunk 2 (current)
//   |########|   |########~#######|   |#####~~..............|     # written, ~ taken and being written, . not taken
//    unmapped     mapped until its      next = 7 taken
//                 last ~ is written
//
//   I1  a slot belongs to whoever took it from `next`, alone; taking is one atomic addition, so the order of slots is
//       the order of the events for everybody who could tell the difference.
//   I2  a chunk stays mapped until as many records were written as it has slots.
//   I3  all of the state stands in one mapping that a fork leaves empty in the child: a child, however it was made,
//   finds
//       nothing begun and begins a log of its own.
// Part of the preload library: no allocation, no exception, no library but libc; callable from signal handlers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/record/spool.h"

namespace allocviz::record::preload {

struct Chunk {
  std::atomic<std::uint64_t> next;     // slots taken, and vain attempts after them
  std::atomic<std::uint64_t> written;  // records finished
  Record* records;
  std::uint64_t capacity;
};

inline constexpr std::size_t kMostChunks = 1u << 14;

enum class Phase : std::uint32_t { None = 0, Beginning, On, Off };

struct Log {
  std::atomic<Phase> phase;
  std::atomic<std::uint32_t> lock;     // of whoever makes the next chunk
  std::atomic<std::uint32_t> threads;  // numbers given out
  std::atomic<Chunk*> current;         // null: the recording has stopped
  std::uint32_t image;                 // which log of this address space: a fork's child counts on
  std::uint32_t depth;
  std::uint64_t started_ns;
  std::uint64_t file_bytes;
  std::uint64_t chunk_count;
  SpoolHeader* header;
  char path[4096];
  std::atomic<std::uint64_t> modules[kMostModules];  // keys; a module's number is 1 + its place
  Chunk chunks[kMostChunks];
  std::atomic<std::uint64_t> sites[kMostSites];  // hashes of call stacks; a stack's number is 1 + its place
};

struct Thread {
  std::uint32_t image;    // the log that gave the number
  std::uint32_t number;   // from 1
  std::uint32_t inside;   // > 0: in the allocator behind us, which is not to be recorded calling itself
  std::uint32_t finding;  // > 0: looking the allocator up
};
Thread& this_thread();

// The log to write to, begun at the first call in an image; null where nothing is recorded. O(1) but for that call.
Log* log();

// Nanoseconds since the log began.
std::uint64_t now(const Log& log);

// This thread's number in the log, from 1.
std::uint32_t thread_number(Log& log);

// A slot of the log, taken in the order of events, until it is written. `record` is null once the recording stopped.
struct Slot {
  Chunk* chunk;
  Record* record;
};
Slot take_slot(Log& log);
// Stores the record, its kind last, and gives the chunk back when it was the last one outstanding.
void write(const Slot& slot, const Record& record);

inline void append(Log& to, const Record& record) {
  const Slot slot = take_slot(to);
  if (slot.record != nullptr) write(slot, record);
}

}  // namespace allocviz::record::preload
