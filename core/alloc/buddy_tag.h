// One byte for each smallest block: what the buddy allocator knows about the memory at that place. Freestanding.
//
//   blocks   |  live, level 2   | free, l.3 | live, l.3 |   free, level 2   |    gap    |
//   tags     | L2  .   .   .    | F3   .    | L3   .    | F2   .   .   .    |  G  G  G  |       . is Interior
//
// A block's state and level stand in the tag of its first smallest block, its head; the tags under the rest of it are
// Interior. So the level of a block being freed, whether its buddy is free and whole, and every kind of misuse are one
// load each.
#pragma once

#include "layout.h"

namespace allocviz::alloc {

// An enumeration of its own, not a character type: a store to a tag cannot alias the allocator's counters.
enum class BuddyTag : std::uint8_t {
  FreeHead = 0x00,  // | level
  Interior = 0x40,
  LiveHead = 0x80,  // | level; also a block in flight between two steps
  LivePart = 0xC0,  // | level; a live block that belongs to the live block before it (buddy_runs.h)
  Gap = 0xFF,       // a level that no block has
};

[[nodiscard]] constexpr BuddyTag free_head(unsigned level) {
  return static_cast<BuddyTag>(level);
}
[[nodiscard]] constexpr BuddyTag live_head(unsigned level) {
  return static_cast<BuddyTag>(0x80u | level);
}
[[nodiscard]] constexpr BuddyTag live_part(unsigned level) {
  return static_cast<BuddyTag>(0xC0u | level);
}
// Which of the four the tag is, of those that are no gap, without its level.
[[nodiscard]] constexpr BuddyTag kind_of(BuddyTag tag) {
  return static_cast<BuddyTag>(static_cast<unsigned>(tag) & 0xC0u);
}
[[nodiscard]] constexpr unsigned level_of(BuddyTag tag) {
  return static_cast<unsigned>(tag) & 0x3Fu;
}
[[nodiscard]] constexpr bool is_head(BuddyTag tag) {
  return kind_of(tag) != BuddyTag::Interior && tag != BuddyTag::Gap;
}
[[nodiscard]] constexpr bool is_part(BuddyTag tag) {
  return kind_of(tag) == BuddyTag::LivePart && tag != BuddyTag::Gap;
}

}  // namespace allocviz::alloc
