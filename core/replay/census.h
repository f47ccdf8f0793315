// The state of an allocator as plain data: what its own walk and lists say, joined with what only the machine above it
// knows (which id owns a block, how much of it was asked for). Everything on screen is drawn from this.
//
//   C1  blocks are in address order and tile [0, arena): each starts where the one before ends.
//   C2  sum of sizes by state = the figures.
//   C3  every Free block of a buddy stands in exactly one free list, that of its level; lists are in list order. In a
//       slab of a tiered allocator: every Free or Fresh block in that of its class.
//   C4  (tiered) slabs are in address order; each is tiled by blocks of its class, and only slabs have such.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trace/spec.h"

namespace allocviz::replay {

enum class BlockState : std::uint8_t {
  Free,
  Fresh,  // slab: never handed out yet
  Live,
  InFlight,  // between two steps of one event: in no list, and nobody's yet
  Gap,       // not managed
  Dead,      // bump: freed, but not returned
  Padding,   // bump: lost to alignment; tiered: what is left at the end of a slab
};

struct Block {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  BlockState state = BlockState::Free;
  std::int16_t level = -1;                 // buddy: 0 = largest; recorded pages: their order; else -1
  std::int16_t size_class = -1;            // tiered: of the slab it lies in; -1: a block of the buddy below
  std::uint64_t requested = 0;             // Live (and Dead): bytes asked for
  std::uint64_t born = ~std::uint64_t{0};  // Live (and Dead): index of the event that made or last resized it
  bool operator==(const Block&) const = default;
};

struct FreeList {
  int level = 0;        // buddy: its level; slab: 0
  int size_class = -1;  // tiered: the class, whose list goes through its slabs; -1: a list of the buddy below
  std::uint64_t block_bytes = 0;
  std::vector<std::uint64_t> offsets;  // in list order, the next one to be handed out first
  bool operator==(const FreeList&) const = default;
};

// All of it in O(1) from the machine's own counters; also what the series record after every event.
struct Figures {
  std::uint64_t live_requested = 0;  // bytes asked for by live blocks
  std::uint64_t live_rounded = 0;    // bytes of the blocks they stand in
  std::uint64_t live_blocks = 0;
  std::uint64_t free = 0;          // bytes on free lists (bump: below the mark)
  std::uint64_t largest_free = 0;  // the largest request that could be served now, in bytes of its block
  std::uint64_t reserved = 0;      // arena - gaps - free
  std::uint64_t failed = 0;        // requests failed up to here
  bool operator==(const Figures&) const = default;
};
[[nodiscard]] double internal_fragmentation(const Figures& figures);  // 1 - requested / rounded; 0 when nothing lives
// 1 - largest free / free; 0 when nothing is free.
[[nodiscard]] double external_fragmentation(const Figures& figures);
// As the window shows it: of a slab 0, for whatever is free in it serves any request that fits. So of a bump, where what
// is free is one piece.
[[nodiscard]] double external_fragmentation(const Figures& figures, trace::AllocatorKind kind);

struct Census;
// C2: the figures as sums over a census, all but `failed`. O(blocks).
[[nodiscard]] Figures sums_of(const Census& census);

// A slab of a tiered allocator: a block of the buddy below, cut into blocks of one class.
struct SlabRun {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  // what is left at its end included
  int size_class = 0;
  std::uint64_t block_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t outstanding = 0;  // blocks handed out
  bool operator==(const SlabRun&) const = default;
};

struct Census {
  trace::AllocatorKind kind = trace::AllocatorKind::Buddy;
  std::uint64_t arena_bytes = 0;
  std::vector<Block> blocks;
  // Buddy: one a level, 0 first. Slab: one, the blocks never used at its end. Tiered: the buddy's, then one a class.
  std::vector<FreeList> free_lists;
  std::optional<std::uint64_t> mark;  // bump
  std::uint64_t outstanding = 0;      // bump and slab
  std::vector<SlabRun> slabs;         // tiered
  Figures figures;

  // The slab that holds the byte at offset; nullptr where there is none. O(log slabs).
  [[nodiscard]] const SlabRun* slab_at(std::uint64_t offset) const;
  // The block that holds the byte at offset; nullptr outside the arena. O(log blocks).
  [[nodiscard]] const Block* block_at(std::uint64_t offset) const;
  bool operator==(const Census&) const = default;
};

}  // namespace allocviz::replay
