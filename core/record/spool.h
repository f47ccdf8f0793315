// The spool: what the preload library leaves in a file and alloctrace turns into a trace. One file for each program
// image (a process, and again after each exec), mapped shared by the library where it writes records, so that whatever
// was stored is in the kernel's hands and outlives any end of the program.
//
//   | header, 4 KiB | record | record | buffer 0 | record | ... | empty, empty, ... |
//                                          |                     ^
//                                          +-- buffers[0].for_place: these records belong there, and are written there
//                                              when the buffer is full; then it is emptied, and used again
//
//   I1  records stand in the order in which the events took place: a block's Free stands before the Alloc that is
//       handed the same address next. Those in a buffer count as standing in the place it is for.
//   I2  a record whose kind is Empty was never finished; whole ones may follow it.
//   I3  Frames, Module and Name describe numbers that records anywhere in the file refer to.
//   I4  a buffer is for no place twice; it is for none (0) before anything in it is emptied.
// Plain data, for a library without a C++ run time: this header includes nothing else.
#pragma once

#include <cstddef>
#include <cstdint>

namespace allocviz::record {

enum class Kind : std::uint32_t {
  Empty = 0,
  Alloc,         // value: address (0: refused), size: bytes asked for, align_log2 where an alignment was asked for
  Free,          // value: address (0: the null pointer)
  ReallocBegin,  // value: the old address, size: bytes asked for; before the allocator is called
  ReallocEnd,    // value: the new address (0: refused, or freed where size is 0); after it returned, same thread
  Frames,        // site: number; part: which three of its frames; value, size, time_ns: a frame each (see Frame)
  Module,        // site: number; value: load bias
  Name,          // site: number of a module; part: which 24 bytes of its file name; value, size, time_ns: the bytes
};

struct Record {
  std::uint64_t value;
  std::uint64_t size;
  std::uint64_t time_ns;  // since the header's started_monotonic_ns
  std::uint32_t site;     // number of a call stack, 0 = none
  std::uint32_t what;     // stored last: kind, align_log2, thread (or part)
};
static_assert(sizeof(Record) == 32);

inline constexpr unsigned kKindBits = 4, kAlignBits = 6, kThreadBits = 22;
inline constexpr std::uint32_t kMostThreads = (1u << kThreadBits) - 1;

constexpr std::uint32_t pack(Kind kind, unsigned align_log2, std::uint32_t thread_or_part) {
  return static_cast<std::uint32_t>(kind) | align_log2 << kKindBits | thread_or_part << (kKindBits + kAlignBits);
}
constexpr Kind kind_of(std::uint32_t what) {
  return static_cast<Kind>(what & ((1u << kKindBits) - 1));
}
constexpr unsigned align_log2_of(std::uint32_t what) {
  return what >> kKindBits & ((1u << kAlignBits) - 1);
}
constexpr std::uint32_t thread_of(std::uint32_t what) {
  return what >> (kKindBits + kAlignBits);
}
constexpr std::uint32_t part_of(std::uint32_t what) {
  return thread_of(what);
}

// A frame: the return address less its module's load bias, with the module's number (0: in none, the address as it was)
// in the upper 16 bits. 0 ends a stack.
using Frame = std::uint64_t;
inline constexpr unsigned kFrameBits = 48;
inline constexpr std::size_t kFramesPerRecord = 3;
inline constexpr std::size_t kNameBytesPerRecord = 24;
inline constexpr unsigned kMostFrames = 48;
inline constexpr std::uint32_t kMostModules = 4096;
inline constexpr std::uint32_t kMostSites = 1u << 22;

inline constexpr std::uint64_t kMagic = 0x32'6c'6f'6f'70'73'76'61;  // "avspool2"
inline constexpr std::size_t kHeaderBytes = 4096;

// Filling fresh pages of a mapped file took thirteen times the processor time of filling the same pages again and again
// and writing them with pwrite (320 MB, ext4 in a virtual machine). So records are gathered in buffers.
inline constexpr std::size_t kBufferBytes = 256u << 10;
inline constexpr std::size_t kBuffers = 8;

struct SpoolBuffer {
  std::uint64_t stands_at;  // where in the file it is; 0: it was never made
  std::uint64_t for_place;  // where in the file its records belong; 0: it has none
};

struct SpoolHeader {
  std::uint64_t magic;
  std::uint32_t pid, parent_pid;
  std::uint64_t process_started_ticks;  // field 22 of /proc/PID/stat: tells two processes of one number apart
  std::uint64_t started_monotonic_ns;
  std::uint32_t generation;  // the how manyth image of this process, from 0
  std::uint32_t depth;
  std::uint32_t stopped_by;   // errno of what ended the recording early, 0 = nothing did
  std::uint32_t sites_full;   // 1: more call stacks than kMostSites
  std::uint64_t lost_events;  // calls that were not recorded after that
  SpoolBuffer buffers[kBuffers];
  char program[2048];  // what /proc/self/exe says
  char command[1536];  // the arguments, each ended by a NUL; cut where there is no room
};
static_assert(sizeof(SpoolHeader) <= kHeaderBytes);

// What alloctrace tells the library, in the environment of the program.
inline constexpr char kFolderVariable[] = "ALLOCTRACE_RECORD_FOLDER";  // where spools go: FOLDER/PID.GENERATION
inline constexpr char kDepthVariable[] = "ALLOCTRACE_RECORD_DEPTH";    // frames of a call stack, 0 ... kMostFrames
inline constexpr char kOnlyVariable[] = "ALLOCTRACE_RECORD_ONLY";      // a process number: record no other process
inline constexpr char kRoomVariable[] = "ALLOCTRACE_RECORD_ROOM";  // percent of the spool to leave free for the trace

}  // namespace allocviz::record
