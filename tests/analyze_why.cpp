// Why a request failed: the answers are held against trying every set of blocks, on the allocator itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/analyze/why.h"
#include "tests/support/replay.h"
#include "tests/support/seed.h"

namespace allocviz::analyze {
namespace {

using replay::Block;
using replay::BlockState;
using replay::OutcomeKind;

std::vector<std::uint64_t> born_of(const std::optional<Release>& release) {
  std::vector<std::uint64_t> events;
  if (!release) return events;
  for (const Block& block : release->blocks) events.push_back(block.born + 1);
  std::sort(events.begin(), events.end());
  return events;
}

TEST(Why, names_what_was_needed_what_there_was_and_whose_release_makes_room) {
  // 8 blocks of 64 B; the arena is given out from its high end.
  test::Script script;
  for (const char* id : {"A", "B", "C", "D", "E", "F", "G", "H"}) script.alloc(id, 60);
  script.free("B").free("D").free("F").alloc("X", 100);
  const auto trace = script.done();
  const auto timeline = test::timeline_of(trace, test::spec_of("buddy:arena=512,min=64"));
  ASSERT_EQ(timeline->failures(), (std::vector<std::uint64_t>{11}));
  const auto why = why_failed(*timeline, 11);
  ASSERT_TRUE(why.ok()) << why.trouble().text();
  EXPECT_EQ(why->why, alloc::Error::OutOfMemory);
  EXPECT_EQ(why->size, 100u);
  EXPECT_EQ(why->needed, 128u);
  EXPECT_EQ(why->level, 2);
  EXPECT_EQ(why->before.free, 192u);
  EXPECT_EQ(why->before.largest_free, 64u);
  EXPECT_EQ(why->would_fit_after, 6u);  // with G and H's buddies not yet taken
  // A and B, C and D, E and F, G and H are buddies: one release beside a free block is the fewest.
  EXPECT_EQ(born_of(why->fewest).size(), 1u);
  EXPECT_EQ(why->fewest->bytes, 64u);
  EXPECT_EQ(why->smallest->bytes, 64u);
  EXPECT_EQ(born_of(why->oldest), (std::vector<std::uint64_t>{1}));
}

TEST(Why, what_never_fits_is_helped_by_no_release) {
  const auto trace = test::Script().alloc("A", 60).alloc("X", 10000).done();
  const auto timeline = test::timeline_of(trace, test::spec_of("buddy:arena=512,min=64"));
  const auto why = why_failed(*timeline, 1);
  ASSERT_TRUE(why.ok()) << why.trouble().text();
  EXPECT_EQ(why->why, alloc::Error::TooLarge);
  EXPECT_FALSE(why->would_fit_after || why->fewest || why->smallest || why->oldest);
}

TEST(Why, on_a_bump_everything_must_go_and_on_a_slab_one_block) {
  const auto bumped = test::Script().alloc("A", 40).alloc("B", 40).free("A").alloc("X", 50).done();
  const auto bump = test::timeline_of(bumped, test::spec_of("bump:arena=100"));
  const auto all = why_failed(*bump, 3);
  ASSERT_TRUE(all.ok()) << all.trouble().text();
  EXPECT_EQ(born_of(all->fewest), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(all->would_fit_after, 1u);
  const auto slabbed = test::Script().alloc("A", 40).alloc("B", 48).free("A").alloc("C", 1).alloc("X", 8).done();
  const auto slab = test::timeline_of(slabbed, test::spec_of("slab:block=48,count=2"));
  const auto one = why_failed(*slab, 4);
  ASSERT_TRUE(one.ok()) << one.trouble().text();
  EXPECT_EQ(born_of(one->fewest).size(), 1u);
  EXPECT_EQ(born_of(one->oldest), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(one->would_fit_after, 3u);
}

TEST(Why, a_bump_whose_count_a_double_free_led_astray_wants_as_many_blocks_as_it_counts) {
  const auto trace = test::Script()
                         .alloc("A", 10)
                         .alloc("B", 30)
                         .alloc("C", 20)
                         .alloc("D", 1)
                         .free("D")
                         .free_at(39)
                         .alloc("X", 50)
                         .done();
  const auto timeline = test::timeline_of(trace, test::spec_of("bump:arena=100"));
  const auto why = why_failed(*timeline, 6);
  ASSERT_TRUE(why.ok()) << why.trouble().text();
  EXPECT_EQ(born_of(why->fewest), (std::vector<std::uint64_t>{1, 3}));
  EXPECT_EQ(why->smallest->bytes, 30u);
  EXPECT_EQ(born_of(why->oldest), (std::vector<std::uint64_t>{1, 2}));
}

TEST(Why, a_realloc_keeps_the_block_it_wants_to_grow) {
  const auto trace = test::Script().alloc("A", 100).alloc("B", 100).realloc("A", 200).done();
  const auto timeline = test::timeline_of(trace, test::spec_of("buddy:arena=256,min=64"));
  ASSERT_EQ(timeline->failures().size(), 1u);
  const auto why = why_failed(*timeline, 2);
  ASSERT_TRUE(why.ok()) << why.trouble().text();
  for (const auto& release : {why->fewest, why->smallest, why->oldest}) {
    for (const std::uint64_t born : born_of(release)) EXPECT_EQ(born, 2u);
  }
}

TEST(Why, counts_the_block_that_an_alloc_of_a_live_id_frees_first_as_gone) {
  const auto trace = test::Script().alloc("A", 200).alloc("B", 200).alloc("C", 500).alloc("B", 300).done();
  const auto timeline = test::timeline_of(trace, test::spec_of("buddy:arena=1KiB,min=64"));
  ASSERT_EQ(timeline->failures(), (std::vector<std::uint64_t>{3}));
  const auto why = why_failed(*timeline, 3);
  ASSERT_TRUE(why.ok()) << why.trouble().text();
  EXPECT_EQ(why->before.free, 256u);
  EXPECT_EQ(why->before.largest_free, 256u);
  EXPECT_EQ(born_of(why->fewest), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(why->fewest->bytes, 256u);
}

TEST(Why, does_not_count_the_block_that_a_realloc_grows) {
  // A and its free back half's owner B make the 256 B that A wants, C alone is as large as both.
  const auto trace =
      test::Script().alloc("A", 128).alloc("B", 128).alloc("C", 256).alloc("D", 512).realloc("A", 256).done();
  const auto timeline = test::timeline_of(trace, test::spec_of("buddy:arena=1KiB,min=64"));
  const auto why = why_failed(*timeline, 4);
  ASSERT_TRUE(why.ok()) << why.trouble().text();
  EXPECT_EQ(born_of(why->smallest), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(born_of(why->fewest), (std::vector<std::uint64_t>{2}));
}

TEST(Why, says_how_far_back_it_looked_where_no_free_block_was_aligned_as_asked) {
  test::Script script;
  script.alloc("A", 90).alloc("B", 90);  // of the class of 96 B, aligned to 32 B
  for (int i = 0; i < 251; ++i) script.alloc(std::to_string(i), 64, 64);
  script.free("A");
  for (int i = 0; i < 300; ++i) script.mark("m");
  const auto trace = script.alloc("X", 40, 64).done();
  const auto timeline = test::timeline_of(trace, test::spec_of("tiered:arena=16KiB,min=64,classes=48+96"));
  ASSERT_FALSE(timeline->failures().empty());
  const std::uint64_t last = trace->size() - 1;
  ASSERT_EQ(timeline->failures().back(), last);
  const auto why = why_failed(*timeline, last);
  ASSERT_TRUE(why.ok()) << why.trouble().text();
  EXPECT_FALSE(why->would_fit_after);
  EXPECT_EQ(why->not_tried_before, last - 255);
}

TEST(Why, finds_the_oldest_blocks_of_a_tiered_among_many_that_are_aligned_to_less) {
  test::Script script;
  for (int i = 0; i < 400; ++i) script.alloc("b" + std::to_string(i), 70);  // of the class of 80 B, aligned to 16 B
  for (int i = 0; i < 600; ++i) script.alloc(std::to_string(i), 64, 64);
  const auto trace = script.done();
  const auto timeline = test::timeline_of(trace, test::spec_of("tiered:arena=64KiB,min=64,classes=48+80"));
  ASSERT_FALSE(timeline->failures().empty());
  const auto why = why_failed(*timeline, timeline->failures().front());
  ASSERT_TRUE(why.ok()) << why.trouble().text();
  ASSERT_TRUE(why->oldest);
  EXPECT_EQ(why->oldest->blocks.front().born, 0u);  // of the first slab all
  EXPECT_EQ(why->fewest->blocks.size(), 1u);
}

TEST(Why, an_event_that_did_not_fail_has_no_why) {
  const auto trace = test::Script().alloc("A", 60).free_at(7).done();
  const auto timeline = test::timeline_of(trace, test::spec_of("buddy:arena=512,min=64"));
  EXPECT_NE(why_failed(*timeline, 0).trouble().text().find("did not fail"), std::string::npos);
  EXPECT_EQ(why_failed(*timeline, 99).trouble().text(), "there is no event 100; the log has 2 events");
  if (!timeline->failures().empty()) {
    EXPECT_NE(why_failed(*timeline, 1).trouble().text().find("a free that was refused"), std::string::npos);
  }
}

// Every set of live blocks, tried on a machine of its own.
struct Best {
  std::size_t fewest = ~std::size_t{0};
  std::uint64_t least_bytes = ~std::uint64_t{0};
  std::uint64_t oldest = ~std::uint64_t{0};
};

Best by_trying_all(const trace::Trace& trace, const trace::AllocatorSpec& spec, std::uint64_t index) {
  const auto machine = test::machine_of(spec, trace);
  for (std::uint64_t i = 0; i < index; ++i) machine->apply(trace.event(i), i);
  if (trace.event(index).has(trace::kImplicitFree)) machine->apply(trace.event(index), index);  // that frees, and fails
  replay::Keyframe before;
  machine->save(before);
  replay::Census census;
  machine->census(census);
  std::vector<Block> live;
  const trace::Event request = trace.event(index);
  for (const Block& block : census.blocks) {
    if (block.state == BlockState::Live && trace.event(block.born).slot != request.slot) live.push_back(block);
  }
  Best best;
  for (std::uint64_t set = 1; set < std::uint64_t{1} << live.size(); ++set) {
    replay::load(*machine, before);
    std::uint64_t bytes = 0, youngest = 0;
    for (std::size_t i = 0; i < live.size(); ++i) {
      if ((set >> i & 1) == 0) continue;
      trace::Event free;
      free.op = trace::Op::Free;
      free.slot = trace.event(live[i].born).slot;
      machine->apply(free, index);
      bytes += live[i].size;
      youngest = std::max(youngest, live[i].born);
    }
    if (machine->apply(request, index).kind != OutcomeKind::Placed) continue;
    best.fewest = std::min<std::size_t>(best.fewest, static_cast<std::size_t>(std::popcount(set)));
    best.least_bytes = std::min(best.least_bytes, bytes);
    best.oldest = std::min(best.oldest, youngest);
  }
  return best;
}

TEST(Why, no_other_set_of_blocks_is_better) {
  std::mt19937_64 random(test::seed());
  int asked = 0;
  for (int round = 0; round < 400; ++round) {
    const auto spec = test::spec_of(round % 4 == 0   ? "buddy:arena=1KiB,min=64"
                                    : round % 4 == 1 ? "buddy:arena=1KiB,block=512,min=64,gaps=200-300"
                                    : round % 4 == 2 ? "slab:block=64,count=7"
                                                     : "tiered:arena=2KiB,min=64,classes=64");
    test::Script script;
    std::vector<std::string> live;
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t size = 1 + random() % (round % 4 == 2 ? 64 : round % 4 == 3 ? 900 : 400);
      if (random() % 5 < 3 || live.empty()) {
        live.push_back("b" + std::to_string(i));
        script.alloc(live.back(), size);
      } else if (random() % 3 == 0) {
        const std::string& id = live[random() % live.size()];
        random() % 2 == 0 ? script.alloc(id, size) : script.realloc(id, size);
      } else {
        const std::size_t which = random() % live.size();
        script.free(live[which]);
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
    const auto trace = script.done();
    const auto timeline = test::timeline_of(trace, spec);
    for (std::size_t i = 0; i < std::min<std::size_t>(timeline->failures().size(), 3); ++i) {
      const std::uint64_t index = timeline->failures()[i];
      const auto why = why_failed(*timeline, index);
      ASSERT_TRUE(why.ok()) << why.trouble().text();
      if (why->why != alloc::Error::OutOfMemory) continue;
      const Best best = by_trying_all(*trace, spec, index);
      ++asked;
      if (best.fewest == ~std::size_t{0}) {
        EXPECT_FALSE(why->fewest.has_value());
        continue;
      }
      ASSERT_TRUE(why->fewest && why->smallest && why->oldest) << "event " << index + 1;
      EXPECT_EQ(why->fewest->blocks.size(), best.fewest) << "event " << index + 1;
      EXPECT_EQ(why->smallest->bytes, best.least_bytes) << "event " << index + 1;
      std::uint64_t youngest = 0;
      for (const Block& block : why->oldest->blocks) youngest = std::max(youngest, block.born);
      EXPECT_EQ(youngest, best.oldest) << "event " << index + 1;
    }
  }
  EXPECT_GT(asked, 150);
}

}  // namespace
}  // namespace allocviz::analyze
