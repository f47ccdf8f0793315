// What the inspector says of a block, held against what the allocator really does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <utility>

#include "tests/app_support.h"
#include "tests/support/replay.h"
#include "tests/support/seed.h"
#include "viz/app/in_the_way.h"
#include "viz/app/inspect.h"

namespace {

using namespace app_test;
using app::Do;

app::State state_of(std::shared_ptr<const trace::Trace> trace, const trace::AllocatorSpec& on) {
  app::State state;
  state.document.trace = std::const_pointer_cast<trace::Trace>(trace);
  state.stages.push_back({test::timeline_of(std::move(trace), on)});
  return state;
}

void free_at(replay::Machine& machine, std::uint64_t offset, std::uint64_t index) {
  trace::Event event;
  event.op = trace::Op::Free;
  event.flags = trace::kByOffset;
  event.offset = offset;
  EXPECT_EQ(machine.apply(event, index).kind, replay::OutcomeKind::Freed) << offset;
}

// A machine of its own, brought to the state after `events` events of the trace; then these blocks are freed.
replay::Census census_after_freeing(const trace::Trace& trace, const trace::AllocatorSpec& on, std::uint64_t events,
                                    const std::vector<std::uint64_t>& offsets) {
  const auto machine = test::machine_of(on, trace);
  for (std::uint64_t i = 0; i < events; ++i) machine->apply(trace.request(i), i);
  for (const std::uint64_t offset : offsets) free_at(*machine, offset, events);
  replay::Census census;
  machine->census(census);
  return census;
}

TEST(AppInspect, says_whose_the_block_is_and_what_keeps_it_from_merging) {
  app::State state = opened(R"({"format": "allocviz-trace", "version": 1,
    "allocators": [{"kind": "buddy", "arena": "1 KiB", "min_block": 64}],
    "events": [{"op": "alloc", "id": "E", "size": 50}, {"op": "alloc", "id": "D", "size": 30},
               {"op": "free", "id": "E"}, {"op": "free", "id": "D"}]})");
  seek(state, 1);
  auto facts = app::inspect(state);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->id, "E");
  EXPECT_EQ(facts->waste, 14u);
  EXPECT_EQ(facts->allocated, 0u);
  EXPECT_EQ(facts->ended, 2u);
  ASSERT_TRUE(facts->buddy.has_value());
  EXPECT_EQ(facts->buddy->offset, 64u);
  EXPECT_EQ(facts->buddy->state, "free");
  EXPECT_FALSE(facts->verdict_is_obstacle);
  EXPECT_EQ(facts->reason, "Freed now, E comes back as one 1 KiB block at 0x000.") << "it merges all the way up";

  seek(state, 2);
  act(state, {.what = Do::Select, .number = 5});
  facts = app::inspect(state);
  EXPECT_EQ(facts->id, "E");
  EXPECT_EQ(facts->verdict, "Cannot merge while D lives.");
  EXPECT_EQ(facts->reason, "Freed now, E and D come back as one 1 KiB block at 0x000.");
  EXPECT_TRUE(facts->verdict_is_obstacle);

  seek(state, 3);
  facts = app::inspect(state);
  EXPECT_EQ(facts->block.state, replay::BlockState::Free);
  EXPECT_EQ(facts->verdict, "Cannot merge while D lives.");
  EXPECT_EQ(facts->reason,
            "If D were freed now, this block would merge with it and what is free around them into one 1 KiB block at "
            "0x000.");
  seek(state, 0);
  act(state, Do::ClearSelection);
  EXPECT_FALSE(app::inspect(state).has_value());
}

TEST(AppInspect, of_a_free_block_it_is_said_who_else_joins) {
  app::State state = opened(R"({"format": "allocviz-trace", "version": 1,
    "allocators": [{"kind": "buddy", "arena": "256 B", "min_block": 64}],
    "events": [{"op": "alloc", "id": "A", "size": 64}, {"op": "alloc", "id": "B", "size": 64},
               {"op": "alloc", "id": "C", "size": 128}, {"op": "free", "id": "A"}, {"op": "free", "id": "B"},
               {"op": "alloc", "id": "D", "size": 64}, {"op": "alloc", "id": "E", "size": 64},
               {"op": "free", "id": "C"}]})");
  seek(state, 4);
  act(state, {.what = Do::Select, .number = 0});
  EXPECT_EQ(app::inspect(state)->reason,
            "If B were freed now, this block would merge with it into one 128 B block at 0x000.");
  seek(state, 8);
  act(state, {.what = Do::Select, .number = 128});
  EXPECT_EQ(app::inspect(state)->reason,
            "If D and E were freed now, this block would merge with them into one 256 B block at 0x000.");
}

// Every promise of the panel in random states, carried out on the real allocator.
TEST(AppInspect, freed_now_a_block_comes_back_as_large_as_was_said) {
  std::mt19937_64 random(test::seed());
  const auto trace = test::random_trace(random, 600, 16384, 900);
  std::size_t promises = 0, high_climbs = 0;
  for (const char* text : {"buddy:arena=16KiB,min=64", "buddy:arena=16KiB,min=64,block=4KiB",
                           "buddy:arena=16KiB,min=64,gaps=1024-2048+5000-5100"}) {
    const trace::AllocatorSpec chosen = spec(text);
    app::State state = state_of(trace, chosen);
    for (int round = 0; round < 40; ++round) {
      const std::uint64_t events = random() % (trace->size() + 1);
      seek(state, events);
      const std::vector<replay::Block> blocks = state.timeline().census().blocks;
      for (const replay::Block& block : blocks) {
        act(state, {.what = Do::Select, .number = block.offset});
        const auto facts = app::inspect(state);
        ASSERT_TRUE(facts.has_value());
        if (!facts->freed_now) continue;
        const auto& promised = *facts->freed_now;
        const replay::Census after = census_after_freeing(*trace, chosen, events, promised.freed);
        const replay::Block* whole = after.block_at(block.offset);
        ASSERT_NE(whole, nullptr);
        ASSERT_EQ(whole->state, replay::BlockState::Free) << text << ", event " << events << ": " << facts->reason;
        ASSERT_EQ(whole->offset, promised.offset) << text << ", event " << events << ": " << facts->reason;
        ASSERT_EQ(whole->size, promised.size) << text << ", event " << events << ": " << facts->reason;
        ASSERT_NE(facts->reason.find("one " + trace::size_text(whole->size) + " block"), std::string::npos);
        ++promises;
        high_climbs += promised.size > 2 * block.size ? 1u : 0u;
      }
    }
  }
  EXPECT_GT(promises, 500u);
  EXPECT_GT(high_climbs, 50u) << "one merge alone would prove nothing";
}

// What stands in the way of a request that failed is really freed, and the request is really made again.
TEST(AppInTheWay, freeing_what_it_names_makes_room) {
  std::mt19937_64 random(test::seed());
  const auto trace = test::random_trace(random, 1500, 16384, 3000);
  std::size_t failures = 0, places = 0;
  for (const char* text : {"buddy:arena=8KiB,min=64", "buddy:arena=8KiB,min=64,block=4KiB,gaps=1000-1100+6000-6500",
                           "tiered:arena=8KiB,min=64"}) {
    const trace::AllocatorSpec chosen = spec(text);
    app::State state = state_of(trace, chosen);
    for (const std::uint64_t index : state.timeline().failures()) {
      const trace::Event event = trace->event(index);
      seek(state, index + 1);
      if (event.op != trace::Op::Alloc || event.has(trace::kImplicitFree)) continue;
      if (state.timeline().run().outcome.why != alloc::Error::OutOfMemory) continue;
      const auto facts = app::in_the_way(state);
      ASSERT_TRUE(facts.has_value()) << "event " << index + 1;
      ++failures;
      std::uint64_t before = 0;
      for (const app::Place& place : facts->places) {
        EXPECT_GE(place.bytes, before) << "the least comes first";
        before = place.bytes;
        const auto machine = test::machine_of(chosen, *trace);
        for (std::uint64_t i = 0; i < index; ++i) machine->apply(trace->request(i), i);
        std::uint64_t freed = 0;
        for (const replay::Block& block : state.timeline().census().blocks) {
          const bool inside = block.offset >= place.offset && block.offset < place.offset + place.size;
          if (!inside || block.state != replay::BlockState::Live) continue;
          EXPECT_TRUE(freed != 0 || block.offset == place.first);
          free_at(*machine, block.offset, index);
          ++freed;
        }
        EXPECT_EQ(freed, place.blocks);
        EXPECT_EQ(machine->apply(trace->request(index), index).kind, replay::OutcomeKind::Placed)
            << text << ", event " << index + 1 << ", " << place.offset;
        ++places;
      }
    }
  }
  EXPECT_GT(failures, 20u);
  EXPECT_GT(places, 40u);
}

TEST(AppInTheWay, is_said_in_each_allocators_own_terms) {
  const auto said = [](std::string_view allocator, std::string_view events, std::uint64_t at) {
    app::State state = opened(fmt::format(
        R"({{"format": "allocviz-trace", "version": 1, "allocators": [{}], "events": [{}]}})", allocator, events));
    seek(state, at);
    const auto facts = app::in_the_way(state);
    return facts ? facts->verdict + " " + facts->reason : std::string("nothing");
  };
  const std::string_view two = R"({"op": "alloc", "id": "P", "size": 40}, {"op": "alloc", "id": "Q", "size": 40},
                                  {"op": "alloc", "id": "R", "size": 40})";
  EXPECT_EQ(said(R"({"kind": "buddy", "arena": 128, "min_block": 64})", two, 3),
            "No 64 B block is free. Each of the 2 places for one holds 64 B. Freed now, either makes room.");
  EXPECT_EQ(said(R"({"kind": "buddy", "arena": 256, "min_block": 64})",
                 R"({"op": "alloc", "id": "P", "size": 100}, {"op": "alloc", "id": "Q", "size": 40},
                    {"op": "alloc", "id": "R", "size": 40}, {"op": "alloc", "id": "S", "size": 40})",
                 4),
            "No 64 B block is free. Of 4 places for one, 0x080 and 0x0c0 have the least in them: 64 B each. Freed now, "
            "either makes room.")
      << "P holds two of them";
  EXPECT_EQ(said(R"({"kind": "slab", "block": 48, "count": 2})", two, 3),
            "All 2 blocks are live. Any one of them, freed now, makes room.");
  EXPECT_EQ(
      said(R"({"kind": "bump", "arena": 100})", two, 3),
      "Q and P hold all 80 B above the mark. Only 20 B are below it. Freed now, they give all of it back: then 40 B "
      "would fit.");
  EXPECT_EQ(
      said(R"({"kind": "tiered", "arena": "4 KiB", "min_block": 64})",
           R"({"op": "alloc", "id": "P", "size": 2500}, {"op": "alloc", "id": "Q", "size": 600},
                    {"op": "alloc", "id": "R", "size": 1100})",
           3),
      "No 1 280 B are free side by side. Of 2 places for it, 0x0a00 has the least in it: Q (640 B). Freed now, it "
      "leaves enough side by side.");
  EXPECT_EQ(said(R"({"kind": "slab", "block": 32, "count": 2})", two, 3),
            "Freeing would not help. R: 40 B does not fit a 32 B block.");
  EXPECT_EQ(said(R"({"kind": "buddy", "arena": 128, "min_block": 64})", two, 2), "nothing");
}

TEST(AppInspect, a_buddy_that_holds_a_gap_never_merges) {
  app::State state = opened(R"({"format": "allocviz-trace", "version": 1,
    "allocators": [{"kind": "buddy", "arena": "1 KiB", "min_block": 64,
                    "gaps": [[448, 512]]}],
    "events": [{"op": "alloc", "id": "A", "size": 256}, {"op": "alloc", "id": "B", "size": 256}]})");
  seek(state, 2);
  const replay::Census& census = state.timeline().census();
  for (const replay::Block& block : census.blocks) {
    if (block.offset != 0 || block.size != 256) continue;
    act(state, {.what = Do::Select, .number = 0});
    const auto facts = app::inspect(state);
    ASSERT_TRUE(facts.has_value());
    EXPECT_EQ(facts->verdict, "Never merges.");
    EXPECT_EQ(facts->buddy->state, "contains a gap");
    EXPECT_FALSE(facts->freed_now.has_value());
    return;
  }
  FAIL() << "no block of 256 B at 0";
}

TEST(AppInspect, of_a_block_that_moved_the_new_place_is_touched) {
  app::State state = opened(R"({"format": "allocviz-trace", "version": 1,
    "allocators": [{"kind": "buddy", "arena": "1 KiB", "min_block": 64}],
    "events": [{"op": "alloc", "id": "P", "size": 64}, {"op": "alloc", "id": "Q", "size": 64},
               {"op": "realloc", "id": "P", "size": 200}]})");
  seek(state, 3);
  ASSERT_EQ(state.timeline().run().outcome.kind, replay::OutcomeKind::Placed);
  const auto facts = app::inspect(state);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->id, "P") << "not the 64 B that it left";
  EXPECT_EQ(facts->block.offset, 256u);
}

TEST(AppInspect, says_who_holds_a_bump_allocators_region) {
  app::State state = opened(R"({"format": "allocviz-trace", "version": 1,
    "allocators": [{"kind": "bump", "arena": "1 KiB"}],
    "events": [{"op": "alloc", "id": "P", "size": 100}, {"op": "alloc", "id": "Q", "size": 100},
               {"op": "free", "id": "Q"}]})");
  seek(state, 2);
  EXPECT_TRUE(app::inspect(state)->verdict.empty()) << "nothing is held back yet";
  seek(state, 3);
  const auto facts = app::inspect(state);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->verdict, "P holds all 200 B above the mark.") << "824 B below it are unused";
  EXPECT_TRUE(facts->reason.empty()) << "the stage says what a bump allocator can and cannot give back";
}

TEST(AppInspect, a_bump_allocators_block_is_touched_from_the_moment_the_mark_moves_until_all_is_given_back) {
  app::State state = opened(R"({"format": "allocviz-trace", "version": 1,
    "allocators": [{"kind": "bump", "arena": "1 KiB"}],
    "events": [{"op": "alloc", "id": "P", "size": 100}, {"op": "free", "id": "P"}]})");
  seek(state, 1, 1);
  const auto moved = app::inspect(state);
  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ(moved->block.offset, 1024u - 100u);
  EXPECT_EQ(moved->block.state, replay::BlockState::InFlight);
  seek(state, 2);
  EXPECT_FALSE(app::inspect(state).has_value()) << "nothing is left of P";
}

}  // namespace
