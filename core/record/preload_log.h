// The log of one program image inside that program: who may write the next record, and where.
//
//   chunk 0, in its place   chunk 1, in buffer 0   chunk 2, in buffer 1 (current)
//   |########|              |########~#######|     |#####~~..............|    # written, ~ taken and being written
//    unmapped                kept until its ~ is    next = 7 taken            . not taken
//                            written, then put in
//                            its place
//
// Whoever makes the next chunk puts the ones before it away. Until then they stand in the spool as buffers, which the
// reader knows: so nobody has to count what is written, and an event costs one atomic addition.
//
//   I1  a slot belongs to whoever took it from `next`, alone; taking is one atomic addition, so the order of slots is
//       the order of the events for everybody who could tell the difference.
//   I2  a chunk's memory stays what it is until all of its records are written.
//   I3  all of the state stands in one mapping that a fork leaves empty in the child: a child, however it was made,
//       finds nothing begun and begins a log of its own.
//   I4  a buffer's chunk that is not in use has no slot to take, so whoever comes late with its address takes none.
// Part of the preload library: no allocation, no exception, no library but libc; callable from signal handlers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/record/spool.h"

namespace allocviz::record::preload {

// A buffer's chunk, and what became of it.
enum class Use : std::uint32_t {
  None = 0,  // it may be used
  InUse,     // it is not in its place yet
  Stuck      // its records cannot be put in their place: the buffer keeps them
};

// What every thread writes stands apart from what every thread reads: each on a cache line of its own.
struct Chunk {
  alignas(64) std::atomic<std::uint64_t> next;  // slots taken, and vain attempts after them
  alignas(64) Record* records;                  // null: it is in its place, and unmapped
  std::uint64_t capacity;
  SpoolBuffer* buffer;   // null: the records are written where they belong
  std::uint64_t passed;  // the first so many are written, for sure; this and `use` belong to the lock's holder
  Use use;
};

inline constexpr std::size_t kMostChunks = 1u << 14;  // in their place; those in buffers are not counted

enum class Phase : std::uint32_t { None = 0, Beginning, On, Off };

struct Log {
  std::atomic<Phase> phase;
  std::atomic<std::uint32_t> lock;     // of whoever makes the next chunk, and puts the ones before away
  std::atomic<std::uint32_t> threads;  // numbers given out
  std::atomic<Chunk*> current;         // null: the recording has stopped
  std::uint32_t image;                 // which log of this address space: a fork's child counts on
  std::uint32_t depth;
  std::uint64_t started_ns;
  std::uint64_t file_bytes;
  std::uint64_t room_from, room_to;  // of the file: reserved for chunks in buffers
  std::uint64_t room_step;           // what was reserved last
  std::uint64_t chunk_count;
  std::uint64_t unmapped;  // of those, the first so many are
  SpoolHeader* header;
  char path[4096];
  std::atomic<std::uint64_t> modules[kMostModules];  // keys; a module's number is 1 + its place
  Chunk buffers[kBuffers];
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
// Stores the record, its kind last: from then on its memory is no longer this thread's.
void write(const Slot& slot, const Record& record);

inline void append(Log& to, const Record& record) {
  const Slot slot = take_slot(to);
  if (slot.record != nullptr) write(slot, record);
}

}  // namespace allocviz::record::preload
