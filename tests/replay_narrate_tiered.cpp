// What is said of a tiered allocator's events, word for word.
#include <gtest/gtest.h>

#include "core/replay/narrate.h"
#include "tests/support/replay.h"

namespace allocviz::replay {
namespace {

using test::Script;

constexpr const char* kTiered = "tiered:arena=4KiB,min=64";  // slabs of 512 B
constexpr const char* kLarge = "tiered:arena=16KiB,min=64";

// The paragraph of a script's last event, the state before the eyes.
std::string said(const char* text, Script& script) {
  const trace::AllocatorSpec spec = test::spec_of(text);
  const auto trace = script.done();
  const auto timeline = test::timeline_of(trace, spec);
  timeline->seek({trace->size()});
  return event_text(*trace, trace->size() - 1, spec, timeline->run(), &timeline->census());
}

TEST(NarrateTiered, a_request_that_makes_a_slab) {
  Script script;
  script.alloc("A", 40);
  EXPECT_EQ(
      said(kTiered, script),
      "40 B needs a 48 B block, from a slab of such blocks. None has room: a new one is made of the buddy's block "
      "0x0000 (512 B), split off 3 times. The next block of it is 0x0000: it is popped and is the answer. 8 B of it "
      "are rounding waste.");
}

TEST(NarrateTiered, a_request_whose_class_has_a_slab_with_room) {
  Script script;
  script.alloc("A", 40).alloc("B", 48);
  EXPECT_EQ(said(kTiered, script),
            "48 B needs a 48 B block, from a slab of such blocks. One has room. The next block of it is 0x0030: it is "
            "popped and is the answer. It fits exactly.");
}

TEST(NarrateTiered, a_free_that_leaves_the_slab_and_one_that_gives_it_back) {
  Script script;
  script.alloc("A", 40).alloc("B", 40).free("A");
  EXPECT_EQ(said(kTiered, script),
            "A's block at 0x0000 (48 B) is given back. It is now the next block of its slab to be handed out.");
  Script last;
  last.alloc("C", 600).alloc("A", 40).free("A");
  EXPECT_EQ(
      said(kTiered, last),
      "A's block at 0x0400 (48 B) is given back. It was the last live block of its slab, so the slab goes back to "
      "the buddy. 0x0400 + 0x0600 make 0x0400 (1 KiB). That block's buddy 0x0000 is split (C lives in it), so they "
      "do not merge: 0x0400 goes to level 2's free list.");
}

TEST(NarrateTiered, a_small_request_that_a_larger_class_serves) {
  Script script;
  script.alloc("A", 64).alloc("B", 2048).alloc("C", 1024).alloc("D", 512).alloc("E", 40);
  EXPECT_EQ(
      said(kTiered, script),
      "40 B needs a 48 B block, from a slab of such blocks. None has room, and the buddy has no block of 512 B for "
      "a new one. So a slab of 64 B blocks serves it. The next block of it is 0x0040: it is popped and is the "
      "answer. 24 B of it are rounding waste.");
}

TEST(NarrateTiered, a_request_that_nothing_can_serve) {
  Script script;
  script.alloc("A", 4096).alloc("B", 10);
  EXPECT_EQ(
      said(kTiered, script),
      "10 B needs a 16 B block, from a slab of such blocks. None has room, and the buddy has no block of 512 B for "
      "a new one. Nor has anything else a free block of 16 B: the request fails, and nothing has changed.");
}

TEST(NarrateTiered, a_block_resized_within_its_class) {
  Script script;
  script.alloc("A", 33).realloc("A", 45);
  EXPECT_EQ(
      said(kTiered, script),
      "45 B needs a 48 B block, as all blocks of its slab are. The block at 0x0000 is of that size: it stays as it "
      "is. 3 B of it are rounding waste.");
}

TEST(NarrateTiered, a_request_that_takes_the_front_of_a_block) {
  Script script;
  script.alloc("A", 3000);
  EXPECT_EQ(said(kTiered, script),
            "3 000 B needs 3 KiB, the front of a 4 KiB block (level 0 of 0 … 6). Level 0 has one at 0x0000 (4 KiB): "
            "split it twice. Its first 3 KiB are the answer, at 0x0000; 0x0c00 goes to the free list of level 2. 72 B "
            "of it are rounding waste.");
}

TEST(NarrateTiered, a_request_that_takes_all_of_a_block) {
  Script script;
  script.alloc("A", 4000);
  EXPECT_EQ(said(kTiered, script),
            "4 000 B needs a 4 KiB block (level 0 of 0 … 6). Level 0 has one at 0x0000: it is the answer. 96 B of it "
            "are rounding waste.");
}

TEST(NarrateTiered, a_small_request_that_the_buddy_serves_for_want_of_a_slab) {
  Script script;
  script.alloc("A", 2048).alloc("B", 1024).alloc("C", 512).alloc("D", 256).alloc("E", 40);
  EXPECT_EQ(
      said(kTiered, script),
      "40 B needs a 48 B block, from a slab of such blocks. None has room, and the buddy has no block of 512 B for "
      "a new one. So the buddy serves it itself. 40 B needs a 64 B block (level 6 of 0 … 6). Levels 6 and 5 have no "
      "free block. Level 4 has one at 0x0f00 (256 B): split it twice. Its first 64 B are the answer, at 0x0f00; "
      "0x0f80 and 0x0f40 go to the free lists of levels 5 and 6. 24 B of it are rounding waste.");
}

TEST(NarrateTiered, a_request_served_by_free_blocks_side_by_side) {
  Script script;
  script.alloc("A", 3072).alloc("B", 5000).alloc("C", 5000).alloc("D", 1500);
  script.free("A").alloc("E", 3500);
  EXPECT_EQ(said(kLarge, script),
            "3 500 B needs 3.5 KiB, the front of a 4 KiB block (level 2 of 0 … 8). Levels 2 … 0 have no free block. "
            "Nor is enough free beside the blocks of half and a quarter of that size: the request fails, and nothing "
            "has changed. Of the 4.5 KiB that are free the largest block has 2 KiB.");
  Script other;
  other.alloc("A", 1024).alloc("B", 1024).alloc("C", 1024).alloc("D", 1024).alloc("E", 4096).alloc("F", 8192);
  other.free("B").free("C").alloc("G", 1500);
  EXPECT_EQ(said(kLarge, other),
            "1 500 B needs 1.5 KiB, the front of a 2 KiB block (level 3 of 0 … 8). Levels 3 … 0 have no free block. "
            "But what is free side by side holds it: 0x0400 (1 KiB) and 0x0800 (1 KiB). The answer is at 0x0400; "
            "0x0a00 goes to the free list of level 5. 36 B of it are rounding waste.");
  Script aligned;
  aligned.alloc("A", 4096).alloc("B", 4096).alloc("C", 4096).alloc("D", 2048).free("B").alloc("E", 2048);
  aligned.alloc("F", 2048).alloc("H", 2048).free("F").alloc("G", 100, 4096);
  EXPECT_EQ(said(kLarge, aligned),
            "100 B aligned to 4 KiB needs 128 B, the front of a 4 KiB block (level 2 of 0 … 8). Levels 2 … 0 have no "
            "free block. But 0x1000 (2 KiB) is aligned so and holds it. The answer is at 0x1000; 0x1400, 0x1200, "
            "0x1100 and 0x1080 go to the free lists of levels 4 … 7. 28 B of it are rounding waste.");
}

TEST(NarrateTiered, a_run_that_is_resized_where_it_stands) {
  Script grown;
  grown.alloc("A", 1000).realloc("A", 1100);
  EXPECT_EQ(said(kLarge, grown),
            "1 100 B needs 1 280 B, the front of a 2 KiB block (level 3 of 0 … 8). The block at 0x0000 grows where it "
            "stands, into what is free behind it: 0x0400 (1 KiB); of that 0x0600 and 0x0500 go to the free lists of "
            "levels 5 and 6. 180 B of it are rounding waste.");
  Script shrunk;
  shrunk.alloc("A", 1700).realloc("A", 1100);
  EXPECT_EQ(said(kLarge, shrunk),
            "1 100 B needs 1 280 B, the front of a 2 KiB block (level 3 of 0 … 8). The block at 0x0000 shrinks where "
            "it stands, to its first 1 280 B: 0x0600 and 0x0500 go to the free lists of levels 5 and 6. 180 B of it "
            "are rounding waste.");
  Script same;
  same.alloc("A", 1300).realloc("A", 1500);
  EXPECT_EQ(said(kLarge, same),
            "1 500 B needs 1.5 KiB, the front of a 2 KiB block (level 3 of 0 … 8). The block at 0x0000 is of that "
            "size: it stays as it is. 36 B of it are rounding waste.");
}

TEST(NarrateTiered, a_run_that_is_freed_block_by_block) {
  Script script;
  script.alloc("A", 1300).alloc("B", 500).free("A");
  EXPECT_EQ(said(kLarge, script),
            "A's block at 0x0000 (1.5 KiB) is given back. It is 2 blocks side by side, freed one after the other. The "
            "last one's buddy 0x0600 is live (B), so they do not merge: 0x0400 goes to level 5's free list.");
  Script merged;
  merged.alloc("A", 1300).alloc("B", 1300).alloc("C", 512).alloc("D", 512).free("D").free("A");
  EXPECT_EQ(said(kLarge, merged),
            "A's block at 0x0000 (1.5 KiB) is given back. It is 2 blocks side by side, freed one after the other. The "
            "last: 0x0400 + 0x0600 make 0x0400 (1 KiB); with 0x0000 they make 0x0000 (2 KiB). That block's buddy "
            "0x0800 is split (B and C live in it), so they do not merge: 0x0000 goes to level 3's free list.");
}

TEST(NarrateTiered, a_run_that_moves) {
  Script script;
  script.alloc("A", 1000).alloc("B", 1000).realloc("A", 1100);
  const std::string text = said(kLarge, script);
  EXPECT_EQ(text.find("A at 0x0000 moves: 1 100 B needs 1 280 B"), 0u) << text;
  EXPECT_NE(text.find("The old block at 0x0000 is given back."), std::string::npos) << text;
}

}  // namespace
}  // namespace allocviz::replay
