// A picture of a census and one of the same census with its digest are the same picture.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <random>

#include "support/replay.h"
#include "support/sanitized.h"
#include "support/scenes.h"
#include "support/seed.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/lod.h"
#include "viz/draw/strip.h"

namespace allocviz {
namespace {

using replay::Block;
using replay::BlockState;
using replay::Census;
using replay::Digest;

constexpr int kRounds = test::kSanitized ? 8 : 40;

Census tiny_blocks(std::mt19937_64& random, std::size_t count) {
  Census census;
  census.kind = trace::AllocatorKind::Recorded;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t size = random() % 300 == 0 ? 100'000 : 16 + random() % 500;
    Block block{.offset = census.arena_bytes, .size = size};
    block.state = random() % 900 == 0 ? BlockState::Gap : static_cast<BlockState>(random() % 4);
    block.requested = random() % (size + 2);
    block.born = i;
    census.blocks.push_back(block);
    census.arena_bytes += size;
  }
  return census;
}

// `count` small blocks, of which some were freed again: what a long-running program leaves.
std::shared_ptr<const trace::Trace> many_small_blocks(std::mt19937_64& random, std::size_t count) {
  test::Script script;
  for (std::size_t i = 0; i < count; ++i) {
    script.alloc(std::to_string(i), 1 + random() % 60);
    if (i > 50 && random() % 3 == 0) {
      const std::size_t freed = i - random() % 50;
      script.free(std::to_string(freed)).alloc(std::to_string(freed), 1 + random() % 300);
    }
  }
  for (std::size_t i = 0; i < count; i += 1 + random() % 5) script.free(std::to_string(i));
  return script.done();
}

// What `seen` has to say of a column: sums of the same numbers in another order.
void expect_same(const draw::Scene& seen, const draw::Scene& expected, const std::string& where) {
  ASSERT_EQ(seen.columns.size(), expected.columns.size()) << where;
  EXPECT_EQ(seen.hides, expected.hides) << where;
  for (std::size_t i = 0; i < seen.columns.size(); ++i) {
    const draw::Column &a = seen.columns[i], &b = expected.columns[i];
    ASSERT_EQ(a.hidden, b.hidden) << where << " column " << i;
    ASSERT_EQ(a.painted, b.painted) << where << " column " << i;
    ASSERT_EQ(a.tint, b.tint) << where << " column " << i;
    for (int look = 0; look < draw::kLooks; ++look)
      ASSERT_NEAR(a.share[look], b.share[look], 1e-4) << where << " column " << i << " look " << look;
  }
  ASSERT_EQ(seen.boxes.size(), expected.boxes.size()) << where;
  for (std::size_t i = 0; i < seen.boxes.size(); ++i) {
    ASSERT_EQ(seen.boxes[i].offset, expected.boxes[i].offset) << where;
    ASSERT_EQ(seen.boxes[i].size, expected.boxes[i].size) << where;
    ASSERT_EQ(seen.boxes[i].rect.y0, expected.boxes[i].rect.y0) << where;
  }
  EXPECT_EQ(seen.links.size(), expected.links.size()) << where;
  EXPECT_EQ(seen.labels.size(), expected.labels.size()) << where;
}

TEST(PictureByDigest, is_that_of_all_blocks_of_a_strip_at_any_zoom_and_colour) {
  std::mt19937_64 random(test::seed());
  Digest digest;  // one for all, as the window has
  for (int round = 0; round < kRounds; ++round) {
    const Census census = tiny_blocks(random, 1 + random() % 20'000);
    digest.sum_up(census);
    const auto arena = static_cast<double>(census.arena_bytes);
    const double from = round % 3 == 0 ? 0 : std::floor(arena * static_cast<double>(random() % 100) / 150);
    const double to =
        round % 3 == 0 ? arena : from + 1 + std::floor((arena - from) / static_cast<double>(1 + round % 7));
    const draw::ByteAxis axis{{from, to}, 3, 3 + static_cast<float>(1 + random() % 120)};
    draw::StripOptions options;
    if (round % 4 == 1) {  // some have no tint, as of what a legend left out
      options.tint_of = [](const Block& block) {
        return block.born % 5 == 0 ? 0u : static_cast<draw::Color>(block.born);
      };
    } else if (round % 4 == 3) {
      options.tint_of = [](const Block& block) { return static_cast<draw::Color>(1 + block.born); };
    }
    draw::Scene plain, summed;
    draw::add_strip(plain, census, axis, {axis.x0, 0, axis.x1, 40}, {}, {}, {}, options);
    options.digest = &digest;
    draw::add_strip(summed, census, axis, {axis.x0, 0, axis.x1, 40}, {}, {}, {}, options);
    ASSERT_NO_FATAL_FAILURE(expect_same(summed, plain, "round " + std::to_string(round)));
  }
}

TEST(PictureByDigest, is_that_of_all_blocks_of_a_tree_with_gaps_at_any_zoom) {
  std::mt19937_64 random(test::seed());
  const draw::NameOf names = [](std::uint64_t) { return std::string(); };
  for (const char* spec : {"buddy:arena=8MiB,min=16", "buddy:arena=8MiB,min=16,gaps=4096-8192+400000-563856"}) {
    const auto trace = many_small_blocks(random, 60'000);
    const auto timeline = test::timeline_of(trace, test::spec_of(spec));
    std::size_t most = 0;
    Digest digest;
    for (int round = 0; round < kRounds; ++round) {
      timeline->seek({timeline->event_count() / 2 + random() % (timeline->event_count() / 2), replay::kAllSteps});
      const Census& census = timeline->census();
      most = std::max(most, census.blocks.size());
      digest.sum_up(census);
      const auto arena = static_cast<double>(census.arena_bytes);
      const double from = round % 2 == 0 ? 0 : arena * static_cast<double>(random() % 100) / 110;
      const float width = static_cast<float>(300 + random() % 100);
      draw::BuddyInput input{
          .census = census,
          .spec = timeline->spec(),
          .now = draw::moment_of(*timeline),
          .selected = {},
          .rect = {0, 0, width, 500},
          .view = {from, round % 2 == 0 ? arena : from + (arena - from) / static_cast<double>(1 + round % 3)},
          .style = {},
          .name_of = names};
      const draw::BuddyScene plain = draw::lay_out_buddy(input);
      input.digest = &digest;
      const draw::BuddyScene summed = draw::lay_out_buddy(input);
      ASSERT_EQ(summed.rows.size(), plain.rows.size());
      ASSERT_NO_FATAL_FAILURE(expect_same(summed.scene, plain.scene, spec + (" round " + std::to_string(round))));
    }
    EXPECT_GT(most, 50'000u) << "too few blocks for any run of them to lie in one column";
  }
}

// Else the tests above would compare a picture with itself.
TEST(PictureByDigest, goes_through_few_blocks_where_many_lie_behind_one_pixel) {
  std::mt19937_64 random(test::seed());
  const Census census = tiny_blocks(random, 50'000);
  const Digest digest(census);
  const draw::ByteAxis axis{{0, static_cast<double>(census.arena_bytes)}, 0, 50};
  std::size_t runs = 0, blocks = 0;
  draw::for_each_in_view(
      census, &digest, axis.bytes,
      [&](const Digest::Run& run) {
        if (!draw::only_column(run, axis)) return false;
        ++runs;
        blocks += run.blocks;
        return true;
      },
      [&](const Block&, std::size_t i) {
        ASSERT_LT(i, census.blocks.size());
        ++blocks;
      });
  EXPECT_EQ(blocks, census.blocks.size()) << "each once, in a run or by itself";
  EXPECT_GT(runs * Digest::kRun, census.blocks.size() / 2);
}

TEST(Digest, says_of_each_run_what_its_blocks_come_to) {
  std::mt19937_64 random(test::seed());
  const auto timeline = test::timeline_of(many_small_blocks(random, 4'000), test::spec_of("buddy:arena=1MiB,min=16"));
  timeline->seek({timeline->event_count() * 2 / 3, replay::kAllSteps});
  const Census& census = timeline->census();
  const Digest digest(census);
  ASSERT_GT(census.blocks.size(), 10 * Digest::kRun);
  for (std::size_t first = 0; first < census.blocks.size(); first += Digest::kRun) {
    const Digest::Run* run = digest.run_at(first);
    ASSERT_NE(run, nullptr);
    EXPECT_EQ(digest.run_at(first + 1), nullptr);
    std::map<std::pair<int, BlockState>, Digest::Part> expected;
    for (std::size_t i = first; i < first + run->blocks; ++i) {
      const Block& block = census.blocks[i];
      Digest::Part& part = expected[{block.level, block.state}];
      ++part.blocks;
      part.solid += block.state == BlockState::Live ? block.requested : block.size;
      part.rounding += block.state == BlockState::Live ? block.size - block.requested : 0;
      EXPECT_NE(run->levels >> block.level & 1u, 0u);
    }
    std::uint64_t solid = 0, of_states = 0;
    for (const Digest::Part& part : digest.by_level(*run)) {
      if (part.split) continue;
      const Digest::Part& one = expected[{part.level, part.state}];
      EXPECT_EQ(part.blocks, one.blocks);
      EXPECT_EQ(part.solid, one.solid);
      EXPECT_EQ(part.rounding, one.rounding);
      solid += part.solid;
      expected.erase({part.level, part.state});
    }
    EXPECT_TRUE(expected.empty());
    for (const Digest::Part& part : digest.by_state(*run)) of_states += part.solid;
    EXPECT_EQ(of_states, solid);
  }
  EXPECT_GT(digest.memory_bytes(), 0u);
  EXPECT_TRUE(Digest(Census()).empty());
}

}  // namespace
}  // namespace allocviz
