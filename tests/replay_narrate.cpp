// What the panel "What happened" and `alloctrace steps` say, word for word.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "core/replay/narrate.h"
#include "core/replay/words.h"
#include "tests/support/replay.h"
#include "tests/support/seed.h"

namespace allocviz::replay {
namespace {

using test::Script;

// The paragraph of a script's last event, the state before the eyes; or of its steps alone.
std::string told(const char* text, Script& script, bool with_census = true) {
  const trace::AllocatorSpec spec = test::spec_of(text);
  const auto trace = script.done();
  const auto timeline = test::timeline_of(trace, spec);
  timeline->seek({trace->size()});
  return event_text(*trace, trace->size() - 1, spec, timeline->run(), with_census ? &timeline->census() : nullptr);
}
std::string told_by_steps(const char* text, Script& script) {
  return told(text, script, false);
}
// What the step that failed says.
std::string failing_step(const char* text, Script& script) {
  const trace::AllocatorSpec spec = test::spec_of(text);
  const auto trace = script.done();
  const auto timeline = test::timeline_of(trace, spec);
  timeline->seek({trace->size()});
  const auto steps = step_texts(*trace, trace->size() - 1, spec, timeline->run(), &timeline->census());
  return steps.empty() ? "no step" : steps.back().verb + " | " + steps.back().text;
}
std::string titled(Script& script) {
  const auto trace = script.done();
  return event_title(*trace, trace->size() - 1);
}

constexpr const char* kBuddy = "buddy:arena=2KiB,min=64";
constexpr const char* kSlab = "slab:block=48,count=2";
constexpr const char* kBump = "bump:arena=256";

TEST(Narrate, a_request_that_splits_once) {
  Script script;
  script.alloc("A", 1000).alloc("B", 250).alloc("C", 100);
  EXPECT_EQ(
      told(kBuddy, script),
      "100 B needs a 128 B block (level 4 of 0 … 5). Level 4 has no free block. Level 3 has one at 0x500 (256 B): "
      "split it. 0x580 goes to level 4's free list; 0x500 is the answer. 28 B of it are rounding waste.");
}

TEST(Narrate, a_request_that_splits_again_and_again) {
  Script script;
  script.alloc("A", 63);
  EXPECT_EQ(
      told(kBuddy, script),
      "63 B needs a 64 B block (level 5 of 0 … 5). Levels 5 … 1 have no free block. Level 0 has one at 0x000 "
      "(2 KiB): split it 5 times, down to level 5. The back halves 0x400, 0x200, 0x100, 0x080 and 0x040 go to the "
      "free lists of levels 1 … 5; 0x000 is the answer. 1 B of it is rounding waste.");
}

TEST(Narrate, a_request_that_finds_its_block) {
  Script script;
  script.alloc("A", 64).alloc("B", 0);
  EXPECT_EQ(
      told(kBuddy, script),
      "0 B is served as 1 B and needs a 64 B block (level 5 of 0 … 5). Level 5 has one at 0x040: it is the answer. "
      "63 B of it are rounding waste.");
}

TEST(Narrate, an_alignment_above_the_size) {
  Script script;
  script.alloc("A", 10, 1024);
  EXPECT_EQ(told("buddy:arena=1KiB,min=64", script),
            "10 B aligned to 1 KiB needs a 1 KiB block (level 0 of 0 … 4). Level 0 has one at 0x000: it is the answer. "
            "1 014 B of it are rounding waste.");
}

TEST(Narrate, requests_a_buddy_cannot_serve) {
  Script full, large, aligned;
  full.alloc("A", 1500).alloc("B", 600);
  EXPECT_EQ(
      told(kBuddy, full),
      "600 B needs a 1 KiB block (level 1 of 0 … 5). Levels 1 and 0 have no free block. So the request fails, and "
      "nothing has changed. Nothing is free.");
  large.alloc("A", 2049);
  EXPECT_EQ(told(kBuddy, large),
            "2 049 B needs more than the largest block, 2 KiB: the request fails, and nothing has changed.");
  aligned.alloc("A", 1, 4096);
  EXPECT_EQ(
      told(kBuddy, aligned),
      "1 B aligned to 4 KiB needs more than the largest block, 2 KiB: the request fails, and nothing has changed.");
}

TEST(Narrate, a_request_that_fails_says_how_much_is_free) {
  Script scattered, unseen, whole;
  for (Script* script : {&scattered, &unseen}) {
    script->alloc("A", 500).alloc("B", 500).alloc("C", 500).alloc("D", 500).free("A").free("C").alloc("E", 600);
  }
  const std::string start =
      "600 B needs a 1 KiB block (level 1 of 0 … 5). Levels 1 and 0 have no free block. So the request fails, and "
      "nothing has changed. ";
  EXPECT_EQ(told_by_steps(kBuddy, unseen) + " ", start);
  EXPECT_EQ(told(kBuddy, scattered), start + "Of the 1 KiB that are free the largest block has 512 B.");
  whole.alloc("A", 1000).alloc("B", 500).alloc("C", 600);
  EXPECT_EQ(told(kBuddy, whole), start + "All that is free is one block of 512 B.");
}

TEST(Narrate, the_step_that_fails_gives_its_allocators_own_reason) {
  Script buddy, large, slab, too_big, bump, arena, twice;
  buddy.alloc("A", 1500).alloc("B", 600);
  EXPECT_EQ(failing_step(kBuddy, buddy), "fail | no free block of 1 KiB or more");
  EXPECT_EQ(failing_step(kBuddy, large.alloc("A", 2049)), "fail | more than the largest block, 2 KiB");
  EXPECT_EQ(failing_step(kSlab, slab.alloc("A", 1).alloc("B", 1).alloc("C", 1)), "fail | the free list is empty");
  EXPECT_EQ(failing_step(kSlab, too_big.alloc("R", 300)), "fail | R: 300 B does not fit a 48 B block");
  EXPECT_EQ(failing_step(kBump, bump.alloc("A", 200).alloc("B", 57)), "fail | only 56 B are below the mark");
  EXPECT_EQ(failing_step(kBump, arena.alloc("A", 257)), "fail | more than the whole arena, 256 B");
  EXPECT_EQ(failing_step(kBuddy, twice.alloc("A", 64).free("A").free_at(0)),
            "fail | the block is free already (a double free)");
}

TEST(Narrate, a_free_says_who_keeps_the_buddies_apart) {
  Script live, split, crowded, gap;
  live.alloc("A", 64).alloc("B", 64).free("A");
  EXPECT_EQ(told_by_steps(kBuddy, live),
            "A's block at 0x000 (64 B) is given back. Its buddy 0x040 is not free as a whole, so they do not merge: "
            "0x000 goes to level 5's free list.");
  split.alloc("A", 128).alloc("B", 64).free("A");
  EXPECT_EQ(told(kBuddy, split),
            "A's block at 0x000 (128 B) is given back. Its buddy 0x080 is split (B lives in it), so they do not merge: "
            "0x000 goes to level 4's free list.");
  crowded.alloc("A", 512).alloc("B", 128).alloc("C", 128).alloc("D", 128).alloc("E", 128).free("A");
  EXPECT_EQ(told(kBuddy, crowded),
            "A's block at 0x000 (512 B) is given back. Its buddy 0x200 is split (4 blocks live in it), so they do not "
            "merge: 0x000 goes to level 2's free list.");
  gap.alloc("A", 256).free("A");
  EXPECT_EQ(told("buddy:arena=1KiB,min=64,gaps=256-512", gap),
            "A's block at 0x000 (256 B) is given back. Its buddy 0x100 is a gap, so they do not merge: 0x000 "
            "goes to level 2's free list.");
}

TEST(Narrate, a_gap_keeps_buddies_apart_for_ever_whoever_lives_beside_it) {
  Script script;
  script.alloc("A", 200).alloc("B", 100).free("A");
  EXPECT_EQ(
      told("buddy:arena=1KiB,min=64,gaps=448-512", script),
      "A's block at 0x000 (256 B) is given back. Its buddy 0x100 contains a gap, so they do not merge: 0x000 goes to "
      "level 2's free list.");
}

// The same state at every step of the event says the same: what stands in the way is not touched by the free.
TEST(Narrate, inside_a_free_the_sentence_is_that_of_its_end) {
  Script script;
  script.alloc("A", 64).alloc("B", 64).alloc("C", 64).alloc("D", 60).alloc("E", 256).free("A").free("C").free("D");
  const auto trace = script.done();
  const auto timeline = test::timeline_of(trace, test::spec_of(kBuddy));
  for (std::uint64_t event = 6; event <= trace->size(); ++event) {
    timeline->seek({event});
    const auto said = [&] {
      return event_text(*trace, event - 1, timeline->spec(), timeline->run(), &timeline->census());
    };
    const std::string at_end = said();
    EXPECT_NE(at_end.find("is live (") == std::string::npos, at_end.find("is split (") == std::string::npos) << at_end;
    for (std::uint32_t step = 0; step <= timeline->step_count(); ++step) {
      timeline->seek({event, step});
      EXPECT_EQ(said(), at_end) << "event " << event << ", step " << step;
    }
  }
}

TEST(Narrate, a_free_says_with_whom_it_merged_and_why_it_stopped) {
  Script none, one, all;
  none.alloc("A", 64).alloc("B", 64).free("A");
  EXPECT_EQ(told(kBuddy, none),
            "A's block at 0x000 (64 B) is given back. Its buddy 0x040 is live (B), so they do not merge: 0x000 goes to "
            "level 5's free list.");
  one.alloc("A", 64).alloc("B", 64).alloc("C", 64).free("A").free("B");
  EXPECT_EQ(
      told(kBuddy, one),
      "B's block at 0x040 (64 B) is given back. 0x000 + 0x040 make 0x000 (128 B). That block's buddy 0x080 is split "
      "(C lives in it), so they do not merge: 0x000 goes to level 4's free list.");
  all.alloc("A", 512).free("A");
  EXPECT_EQ(told(kBuddy, all),
            "A's block at 0x000 (512 B) is given back. 0x000 + 0x200 make 0x000 (1 KiB); with 0x400 they make 0x000 "
            "(2 KiB). That is the whole arena: 0x000 goes to level 0's free list.");
  Script back, many;
  back.alloc("A", 512).alloc("B", 512).alloc("C", 512).free("B").free("C").free("A");
  EXPECT_EQ(told("buddy:arena=4KiB,min=64,block=2KiB", back),
            "A's block at 0x0800 (512 B) is given back. 0x0800 + 0x0a00 make 0x0800 (1 KiB); with 0x0c00 they make "
            "0x0800 (2 KiB). That is a block of the largest size, which has no buddy: 0x0800 goes to level 0's free "
            "list.");
  many.alloc("A", 64).alloc("B", 64).free("A").free("B");
  EXPECT_EQ(told(kBuddy, many),
            "B's block at 0x040 (64 B) is given back. 0x000 + 0x040 make 0x000 (128 B); with 0x080 they make 0x000 "
            "(256 B); …; with 0x400 they make 0x000 (2 KiB). That is the whole arena: 0x000 goes to level 0's free "
            "list.");
  // Once the block is the back half, once the front half: "with" names the other one each time.
  Script turns;
  turns.alloc("A", 64).alloc("B", 64).alloc("C", 64).alloc("D", 64).alloc("E", 256).free("A").free("B").free("D").free(
      "C");
  EXPECT_EQ(told(kBuddy, turns),
            "C's block at 0x080 (64 B) is given back. 0x080 + 0x0c0 make 0x080 (128 B); with 0x000 they make 0x000 "
            "(256 B). That block's buddy 0x100 is live (E), so they do not merge: 0x000 goes to level 3's free list.");
}

TEST(Narrate, an_implicit_free_comes_first) {
  Script script;
  script.alloc("A", 2000).alloc("A", 1025);
  EXPECT_EQ(
      told(kBuddy, script),
      "A is alive already, so its block is freed first. That is the whole arena: 0x000 goes to level 0's free list. "
      "1 025 B needs a 2 KiB block (level 0 of 0 … 5). Level 0 has one at 0x000: it is the "
      "answer. 1 023 B of it are rounding waste.");
  Script fails;
  const std::string text = told(kSlab, fails.alloc("A", 8).alloc("A", 49));
  EXPECT_NE(text.find("does not fit a block of 48 B: the request fails, and nothing else has changed."),
            std::string::npos)
      << text;
}

TEST(Narrate, a_realloc_grows_shrinks_moves_or_fails) {
  Script grows, shrinks, stays, moves, fails, unknown;
  grows.alloc("A", 100).realloc("A", 500);
  EXPECT_EQ(told(kBuddy, grows),
            "500 B needs a 512 B block (level 2 of 0 … 5). The block at 0x000 grows where it stands: 0x080 and 0x100 "
            "behind it are free and merged in. 12 B of it are rounding waste.");
  shrinks.alloc("A", 100).realloc("A", 1);
  EXPECT_EQ(told(kBuddy, shrinks),
            "1 B needs a 64 B block (level 5 of 0 … 5). The block at 0x000 shrinks where it stands: its back half is "
            "split off once, and 0x040 is freed. 63 B of it are rounding waste.");
  stays.alloc("A", 100).realloc("A", 128);
  EXPECT_EQ(told(kBuddy, stays),
            "128 B needs a 128 B block (level 4 of 0 … 5). The block at 0x000 is of that size: it stays as it is. It "
            "fits exactly.");
  moves.alloc("A", 64).alloc("B", 64).realloc("A", 128);
  EXPECT_EQ(
      told(kBuddy, moves),
      "A at 0x000 cannot grow where it stands: B lives behind it. So it moves: 128 B needs a 128 B block (level 4 of "
      "0 … 5). Level 4 has one at 0x080: it is the answer. It fits exactly. The old block at 0x000 is given back. Its "
      "buddy 0x040 is live (B), so they do not merge: 0x000 "
      "goes to level 5's free list.");
  Script back;
  back.alloc("A", 64).alloc("B", 64).free("A").realloc("B", 128);
  EXPECT_EQ(
      told(kBuddy, back),
      "B at 0x040 cannot grow where it stands: the 64 B at 0x040 are a back half themselves. So it moves: 128 B needs "
      "a 128 B block (level 4 of 0 … 5). Level 4 has one at 0x080: it is the answer. It fits exactly. The old block at "
      "0x040 is given back. 0x000 + 0x040 make 0x000 (128 B). That block's buddy 0x080 is live (B), so they do not "
      "merge: 0x000 goes to level 4's free list.");
  fails.alloc("A", 64).realloc("A", 4096);
  EXPECT_EQ(
      told(kBuddy, fails),
      "4 KiB needs more than the largest block, 2 KiB: the request fails, and nothing has changed. The old block at "
      "0x000 stays as it is.");
  unknown.realloc("A", 2000);
  EXPECT_EQ(told(kBuddy, unknown),
            "No block called A is live: the realloc allocates. 2 000 B needs a 2 KiB block (level 0 of 0 … 5). Level 0 "
            "has one at 0x000: it is the answer. 48 B of it are rounding waste.");
}

TEST(Narrate, a_slab_pops_and_pushes) {
  Script pops, pushes, full, large, aligned, in_place;
  pops.alloc("A", 40);
  EXPECT_EQ(
      told(kSlab, pops),
      "40 B needs a 48 B block, the only size there is. The head of the free list is 0x000: it is popped and is the "
      "answer. 8 B of it are rounding waste.");
  pushes.alloc("A", 40).free("A");
  EXPECT_EQ(told(kSlab, pushes),
            "A's block at 0x000 (48 B) is given back. It is now the head of the free list, the next block to be handed "
            "out.");
  full.alloc("A", 1).alloc("B", 1).alloc("C", 1);
  EXPECT_EQ(
      told(kSlab, full),
      "1 B needs a 48 B block, the only size there is. The free list is empty: the request fails, and nothing has "
      "changed.");
  large.alloc("A", 49);
  EXPECT_EQ(told(kSlab, large), "49 B does not fit a block of 48 B: the request fails, and nothing has changed.");
  aligned.alloc("A", 8, 32);
  EXPECT_EQ(
      told(kSlab, aligned),
      "8 B aligned to 32 B is more than blocks of 48 B are aligned to: the request fails, and nothing has changed.");
  in_place.alloc("A", 8).realloc("A", 48);
  EXPECT_EQ(
      told(kSlab, in_place),
      "48 B needs a 48 B block, the only size there is. The block at 0x000 is of that size: it stays as it is. It "
      "fits exactly.");
}

TEST(Narrate, a_bump_moves_counts_and_rewinds) {
  Script moves, counts, rewinds, full, large, in_place;
  moves.alloc("A", 13, 8);
  EXPECT_EQ(
      told(kBump, moves),
      "13 B: the mark moves down by 16 B, from 0x100 to 0x0f0, which is the answer. 3 B behind it are padding, lost "
      "to an alignment of 8 B.");
  counts.alloc("A", 16).alloc("B", 16).free("A");
  EXPECT_EQ(told(kBump, counts),
            "A's block at 0x0f0 (16 B) is given back. A bump allocator only counts it: the mark stays at 0x0e0 until "
            "nothing is outstanding.");
  rewinds.alloc("A", 16).alloc("B", 16).free("A").free("B");
  EXPECT_EQ(told(kBump, rewinds),
            "B's block at 0x0e0 (16 B) is given back. It was the last one outstanding: the mark returns from 0x0e0 to "
            "0x100, and everything is free.");
  full.alloc("A", 200).alloc("B", 57);
  EXPECT_EQ(told(kBump, full),
            "57 B does not fit into the 56 B below the mark: the request fails, and nothing has changed.");
  large.alloc("A", 257);
  EXPECT_EQ(told(kBump, large),
            "257 B is more than the whole arena, 256 B: the request fails, and nothing has changed.");
  in_place.alloc("A", 20).realloc("A", 10);
  EXPECT_EQ(told(kBump, in_place), "It does not grow, so the block at 0x0ec stays where it is.");
  Script grows;
  grows.alloc("A", 16).alloc("B", 16).realloc("A", 32);
  EXPECT_EQ(told(kBump, grows),
            "A bump allocator never grows a block where it stands, so A at 0x0f0 moves. 32 B: the mark moves down by "
            "32 B, from 0x0e0 to 0x0c0, which is the answer. The old block at 0x0f0 is given back. A bump allocator "
            "only counts it: the mark stays at 0x0c0 until nothing is outstanding.");
}

TEST(Narrate, events_that_do_nothing_say_why) {
  Script mark, null, unknown, failed_there, failed_here;
  mark.mark("second phase");
  EXPECT_EQ(told(kBuddy, mark), "A mark, \"second phase\": nothing happens.");
  null.free_null();
  EXPECT_EQ(told(kBuddy, null), "A free of the null pointer does nothing.");
  unknown.free("X");
  EXPECT_EQ(told(kBuddy, unknown),
            "No block called X is live: the log freed it before, or began after it was allocated. Nothing happens.");
  failed_there.alloc_failed_there(std::uint64_t{4} << 30);
  EXPECT_EQ(told(kBuddy, failed_there),
            "The program asked for 4 GiB and got nothing: the request failed in the log itself. It is not replayed.");
  failed_here.alloc("A", 4096).free("A");
  EXPECT_EQ(
      told(kBuddy, failed_here),
      "A has no block in this replay: its request failed, or its block was taken back before. There is nothing to "
      "free.");
}

TEST(Narrate, a_free_by_offset_that_is_wrong) {
  Script twice, middle, outside, gap, below, nothing;
  twice.alloc("A", 64).free("A").free_at(0);
  EXPECT_EQ(told(kBuddy, twice),
            "The free of 0x000 is refused: that block is free already (a double free). Nothing has changed.");
  middle.alloc("A", 128).free_at(64);
  EXPECT_EQ(told(kBuddy, middle),
            "The free of 0x040 is refused: it lies inside A, and no block begins there. Nothing has changed.");
  outside.free_at(4096);
  EXPECT_EQ(told(kBuddy, outside), "The free of 0x1000 is refused: it lies outside the arena. Nothing has changed.");
  gap.free_at(0);
  EXPECT_EQ(told("buddy:arena=2KiB,min=64,gaps=0-10", gap),
            "The free of 0x000 is refused: it lies in a gap, which is not managed. Nothing has changed.");
  below.alloc("A", 1).free_at(8);
  EXPECT_EQ(told(kBump, below),
            "The free of 0x008 is refused: it is not in the used run, from the mark up. Nothing has changed.");
  nothing.free_at(8);
  EXPECT_EQ(told(kBump, nothing), "The free of 0x008 is refused: nothing is outstanding. Nothing has changed.");
}

TEST(Narrate, a_free_by_offset_that_is_right) {
  Script script;
  script.alloc("A", 2000).free_at(0);
  EXPECT_EQ(told(kBuddy, script),
            "0x000 is freed by its offset. That is the whole arena: 0x000 goes to level 0's free list.");
}

TEST(Narrate, a_reset) {
  Script buddy, bump, unused;
  buddy.alloc("A", 1).reset();
  EXPECT_EQ(told(kBuddy, buddy), "Everything is taken back at once: the 64 B in use are free again.");
  bump.alloc("A", 16).reset();
  EXPECT_EQ(told(kBump, bump), "Everything is taken back at once: the mark returns from 0x0f0 to 0x100.");
  unused.reset();
  EXPECT_EQ(told(kSlab, unused), "Everything is reset; nothing was in use.");
}

TEST(Narrate, titles_name_the_event) {
  Script alloc, aligned, realloc, unknown, free, null, offset, mark, reset, failed;
  EXPECT_EQ(titled(alloc.alloc("E", 50)), "alloc E 50 B");
  EXPECT_EQ(titled(aligned.alloc("E", 50, 64)), "alloc E 50 B aligned to 64 B");
  EXPECT_EQ(titled(realloc.alloc("C", 200).realloc("C", 300)), "realloc C 200 B → 300 B");
  EXPECT_EQ(titled(unknown.realloc("C", 300)), "realloc C → 300 B");
  EXPECT_EQ(titled(free.alloc("B", 1).free("B")), "free B");
  EXPECT_EQ(titled(null.free_null()), "free null");
  EXPECT_EQ(titled(offset.free_at(64)), "free at 0x040");
  EXPECT_EQ(titled(mark.mark("everything is live")), "mark everything is live");
  EXPECT_EQ(titled(reset.reset()), "reset");
  EXPECT_EQ(titled(failed.alloc_failed_there(1 << 20)), "alloc 1 MiB, failed in the log");
}

TEST(Narrate, steps_have_a_verb_and_a_text) {
  Script script;
  script.alloc("A", 100).free("A");
  const auto timeline = test::timeline_of(script.done(), test::spec_of("buddy:arena=256,min=64"));
  std::vector<std::string> lines;
  for (const std::uint64_t index : {0u, 1u}) {
    for (const alloc::Step& step : timeline->run_of(index).steps) {
      const StepText text = step_text(step, timeline->spec());
      lines.push_back(std::string(name_of(step.kind)) + " | " + text.verb + " | " + text.text);
    }
  }
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "round | round up | 100 B → 128 B, level 1",
                       "look | look | level 1: empty",
                       "look | look | level 0: has a block",
                       "pop | pop | 0x000 (256 B) from list 0",
                       "split | split | 256 B → 0x000 + 0x080",
                       "push | push | 0x080 (128 B) → list 1",
                       "take | take | 0x000 (128 B)",
                       "remove | remove | 0x080 (128 B) from list 1",
                       "merge | merge | 0x000 + 0x080 → 256 B",
                       "push | push | 0x000 (256 B) → list 0",
                   }));
  const trace::AllocatorSpec bump = test::spec_of(kBump);
  const auto text_of = [&bump](const alloc::Step& step) { return step_text(step, bump).text; };
  EXPECT_EQ(text_of({.kind = alloc::StepKind::Move, .offset = 240, .size = 16, .other = 256}), "0x100 → 0x0f0 (16 B)");
  EXPECT_EQ(text_of({.kind = alloc::StepKind::Move, .offset = 240, .other = 240}), "mark stays at 0x0f0");
  EXPECT_EQ(step_text({.kind = alloc::StepKind::Move, .offset = 240, .other = 240}, bump).verb, "count")
      << "a free moves nothing";
  EXPECT_EQ(text_of({.kind = alloc::StepKind::Rewind, .offset = 256, .size = 16, .other = 240}),
            "0x0f0 → 0x100 (16 B)");
  EXPECT_EQ(text_of({.kind = alloc::StepKind::Fail, .why = alloc::Error::OutOfMemory}),
            "not enough is left below the mark");
}

TEST(Narrate, amounts_are_exact) {
  EXPECT_EQ(amount_text(100), "100 B");
  EXPECT_EQ(amount_text(1024), "1 KiB");
  EXPECT_EQ(amount_text(1536), "1.5 KiB");
  EXPECT_EQ(amount_text(1537), "1 537 B");
  EXPECT_EQ(amount_text(std::uint64_t{3} << 30), "3 GiB");
  EXPECT_EQ(amount_text((std::uint64_t{1} << 20) + 1024), "1 049 600 B");
}

// Whatever an event is and did, something is said of it, and it is a whole sentence; also of a run that is not its own.
TEST(Narrate, every_event_of_any_trace_is_told) {
  std::mt19937_64 random(test::seed());
  const auto trace = test::random_trace(random, 1500, 16384, 1000);
  for (const char* text : {"buddy:arena=16KiB,min=64", "slab:block=512,count=30", "bump:arena=30KiB"}) {
    const trace::AllocatorSpec spec = test::spec_of(text);
    const auto timeline = test::timeline_of(trace, spec);
    for (std::uint64_t i = 0; i < trace->size(); ++i) {
      const EventRun run = timeline->run_of(i);
      const std::string paragraph = event_text(*trace, i, spec, run);
      ASSERT_FALSE(paragraph.empty()) << "event " << i + 1 << " on " << text;
      ASSERT_EQ(paragraph.back(), '.');
      ASSERT_FALSE(event_title(*trace, i).empty());
      for (const alloc::Step& step : run.steps) ASSERT_FALSE(step_text(step, spec).text.empty());
      (void)event_text(*trace, random() % trace->size(), spec, run);
    }
  }
}

}  // namespace
}  // namespace allocviz::replay
