// What an event comes to on each allocator: served, refused, without effect; and what is counted of it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "core/replay/narrate.h"
#include "core/replay/reservation.h"
#include "tests/support/replay.h"
#include "tests/support/sanitized.h"
#include "tests/support/seed.h"

namespace allocviz::replay {
namespace {

using alloc::Error;
using test::Script;

// Applies a whole script and keeps every outcome.
struct Played {
  Played(const char* spec, Script& script)
      : trace(script.done()), machine(test::machine_of(test::spec_of(spec), *trace)) {
    for (std::uint64_t i = 0; i < trace->size(); ++i) outcomes.push_back(machine->apply(trace->event(i), i));
    machine->census(census);
    test::expect_conditions(census);
  }
  [[nodiscard]] const Outcome& of(std::uint64_t event) const { return outcomes[event - 1]; }  // counted from 1
  // "live 128+64/30" (offset, size, requested) for every block, in address order.
  [[nodiscard]] std::string blocks() const {
    std::string text;
    for (const Block& block : census.blocks) {
      if (!text.empty()) text += ", ";
      text += fmt::format("{} {}+{}", name_of(block.state), block.offset, block.size);
      if (block.requested != 0) text += fmt::format("/{}", block.requested);
    }
    return text;
  }

  std::shared_ptr<const trace::Trace> trace;
  std::unique_ptr<Machine> machine;
  std::vector<Outcome> outcomes;
  Census census;
};

TEST(Machine, a_request_is_placed_and_a_free_gives_its_block_back) {
  Script script;
  script.alloc("A", 100).alloc("B", 30).free("A");
  const Played played("buddy:arena=1KiB,min=64", script);
  EXPECT_EQ(played.of(1), (Outcome{.kind = OutcomeKind::Placed, .offset = 0, .block_bytes = 128}));
  EXPECT_EQ(played.of(2), (Outcome{.kind = OutcomeKind::Placed, .offset = 128, .block_bytes = 64}));
  EXPECT_EQ(played.of(3), (Outcome{.kind = OutcomeKind::Freed, .offset = 0, .block_bytes = 128}));
  EXPECT_EQ(played.blocks(), "free 0+128, live 128+64/30, free 192+64, free 256+256, free 512+512");
  EXPECT_EQ(played.machine->offset_of(played.trace->event(1).slot), 128u);
  EXPECT_EQ(played.machine->offset_of(played.trace->event(0).slot), std::nullopt);
}

TEST(Machine, what_the_log_says_failed_or_does_nothing_is_not_replayed) {
  Script script;
  script.free_null().free("never").alloc_failed_there(64).mark("here");
  const Played played("buddy:arena=1KiB,min=64", script);
  for (const Outcome& outcome : played.outcomes) EXPECT_EQ(outcome, Outcome{});
  EXPECT_EQ(played.blocks(), "free 0+1024");
  EXPECT_EQ(played.machine->frees_of_failed(), 0u);
  EXPECT_EQ(played.census.figures.failed, 0u);
}

TEST(Machine, a_failed_request_is_counted_and_its_free_does_nothing) {
  Script script;
  script.alloc("A", 1024).alloc("B", 1).free("B").free("A");
  const Played played("buddy:arena=1KiB,min=64", script);
  EXPECT_EQ(played.of(2), (Outcome{.kind = OutcomeKind::Failed, .why = Error::OutOfMemory}));
  EXPECT_EQ(played.of(3), (Outcome{.kind = OutcomeKind::FreeOfFailed}));
  EXPECT_EQ(played.of(4).kind, OutcomeKind::Freed);
  EXPECT_EQ(played.census.figures.failed, 1u);
  EXPECT_EQ(played.machine->frees_of_failed(), 1u);
}

TEST(Machine, a_request_of_nothing_is_served_as_one_byte) {
  for (const char* spec : {"buddy:arena=1KiB,min=64", "bump:arena=1KiB", "slab:block=64,count=4"}) {
    Script script;
    script.alloc("A", 0);
    const Played played(spec, script);
    EXPECT_EQ(played.of(1).kind, OutcomeKind::Placed) << spec;
    EXPECT_EQ(played.census.figures.live_requested, 1u) << spec;
  }
}

TEST(Machine, an_alloc_of_a_live_id_frees_its_block_first) {
  Script script;
  script.alloc("A", 600).alloc("A", 700);
  const Played played("buddy:arena=1KiB,min=64", script);
  EXPECT_EQ(played.trace->facts().implicit_frees, 1u);
  EXPECT_EQ(played.of(2).kind, OutcomeKind::Placed) << "only with the first block freed there is room";
  EXPECT_EQ(played.census.figures.live_requested, 700u);
}

TEST(Machine, a_realloc_stays_in_place_where_it_can_and_moves_where_it_cannot) {
  Script script;
  script.alloc("A", 100).realloc("A", 200).realloc("A", 60).alloc("B", 60).realloc("A", 100).realloc("new", 10);
  const Played played("buddy:arena=1KiB,min=64", script);
  EXPECT_EQ(played.of(2), (Outcome{.kind = OutcomeKind::Placed, .offset = 0, .block_bytes = 256}));
  EXPECT_EQ(played.of(3), (Outcome{.kind = OutcomeKind::Placed, .offset = 0, .block_bytes = 64}));
  EXPECT_EQ(played.of(4).offset, 64u);
  EXPECT_EQ(played.of(5), (Outcome{.kind = OutcomeKind::Placed, .offset = 128, .block_bytes = 128, .moved_from = 0}));
  EXPECT_EQ(played.of(6), (Outcome{.kind = OutcomeKind::Placed, .offset = 0, .block_bytes = 64})) << "acts as alloc";
  EXPECT_EQ(played.blocks(), "live 0+64/10, live 64+64/60, live 128+128/100, free 256+256, free 512+512");
}

TEST(Machine, a_failed_realloc_leaves_the_old_block) {
  Script script;
  script.alloc("A", 100).realloc("A", 5000);
  const Played played("buddy:arena=1KiB,min=64", script);
  EXPECT_EQ(played.of(2),
            (Outcome{.kind = OutcomeKind::Failed, .why = Error::TooLarge, .offset = 0, .block_bytes = 128}));
  EXPECT_EQ(played.census.block_at(0)->requested, 100u);
  EXPECT_EQ(played.census.figures.failed, 1u);
}

TEST(Machine, a_double_free_by_offset_is_refused_and_changes_nothing) {
  Script once, twice;
  once.alloc("A", 64).alloc("B", 64).free("A");
  twice.alloc("A", 64).alloc("B", 64).free("A").free_at(0);
  const Played before("buddy:arena=1KiB,min=64", once);
  const Played after("buddy:arena=1KiB,min=64", twice);
  EXPECT_EQ(after.of(4), (Outcome{.kind = OutcomeKind::Failed, .why = Error::DoubleFree}));
  EXPECT_EQ(after.blocks(), before.blocks());
  EXPECT_EQ(after.census.free_lists, before.census.free_lists);
  EXPECT_EQ(after.census.figures.failed, 1u);
}

TEST(Machine, every_misuse_by_offset_is_refused_with_its_reason) {
  Script script;
  script.alloc("A", 128).free_at(64).free_at(7).free_at(1u << 20).free_at(~std::uint64_t{0}).free_at(512);
  const Played buddy("buddy:arena=1KiB,min=64,gaps=512-576", script);
  EXPECT_EQ(buddy.of(1).offset, 576u + 64u);
  EXPECT_EQ(buddy.of(2).why, Error::InsideBlock);
  EXPECT_EQ(buddy.of(3).why, Error::InsideBlock);
  EXPECT_EQ(buddy.of(4).why, Error::Foreign);
  EXPECT_EQ(buddy.of(5).why, Error::Foreign);
  EXPECT_EQ(buddy.of(6).why, Error::NotManaged);
  Script slab_script;
  slab_script.alloc("A", 8).free_at(8).free_at(64).free_at(4096).free("A").free_at(0);
  const Played slab("slab:block=64,count=4", slab_script);
  EXPECT_EQ(slab.of(2).why, Error::InsideBlock);
  EXPECT_EQ(slab.of(3).why, Error::DoubleFree) << "never handed out";
  EXPECT_EQ(slab.of(4).why, Error::Foreign);
  EXPECT_EQ(slab.of(6).why, Error::DoubleFree);
  Script bump_script;
  bump_script.free_at(0).alloc("A", 8).free_at(0);
  const Played bump("bump:arena=64", bump_script);
  EXPECT_EQ(bump.of(1).why, Error::NothingOutstanding);
  EXPECT_EQ(bump.of(3).why, Error::Foreign) << "below the mark";
}

TEST(Machine, a_free_by_offset_takes_the_block_from_whoever_owns_it) {
  Script script;
  script.alloc("A", 64).alloc("B", 64).free_at(64).free("B").free("A");
  const Played played("buddy:arena=128,min=64", script);
  EXPECT_EQ(played.of(3), (Outcome{.kind = OutcomeKind::Freed, .offset = 64, .block_bytes = 64}));
  EXPECT_EQ(played.of(4).kind, OutcomeKind::FreeOfFailed) << "B has no block any more";
  EXPECT_EQ(played.blocks(), "free 0+128");
}

TEST(Machine, a_reset_takes_everything_back) {
  for (const char* spec : {"buddy:arena=1KiB,min=64,gaps=0-64", "bump:arena=1KiB", "slab:block=64,count=4"}) {
    Script used, fresh;
    used.alloc("A", 60).alloc("B", 10).free("A").reset().alloc("A", 33);
    fresh.alloc("A", 33);
    const Played after(spec, used);
    const Played first(spec, fresh);
    EXPECT_EQ(after.of(4).kind, OutcomeKind::Reset);
    EXPECT_EQ(after.blocks(), first.blocks()) << spec;
    EXPECT_EQ(after.census.free_lists, first.census.free_lists) << spec;
  }
}

TEST(Machine, a_bump_shows_what_lies_in_its_used_run) {
  Script script;
  script.alloc("A", 10).alloc("B", 20).alloc("C", 5, 16).free("B").realloc("A", 4);
  const Played played("bump:arena=100", script);
  EXPECT_EQ(played.blocks(), "free 0+64, live 64+5/5, padding 69+1, dead 70+20/20, live 90+4/4, dead 94+6");
  EXPECT_EQ(played.census.mark, 64u);
  EXPECT_EQ(played.census.outstanding, 2u);
}

TEST(Machine, a_bump_shows_the_block_in_flight_and_its_padding_as_one) {
  Script script;
  script.alloc("A", 10).alloc("B", 5, 16).free("B").free("A");
  const auto trace = script.done();
  const auto machine = test::machine_of(test::spec_of("bump:arena=100"), *trace);
  machine->apply(trace->event(0), 0);
  std::vector<std::vector<BlockState>> seen;
  const auto look = [&](const alloc::Step&) {
    Census census;
    machine->census(census);
    seen.emplace_back();
    for (const Block& block : census.blocks) seen.back().push_back(block.state);
  };
  using enum BlockState;
  machine->apply(trace->event(1), 1, look);
  EXPECT_EQ(seen, (std::vector<std::vector<BlockState>>{{Free, InFlight, Live}, {Free, InFlight, Live}}));
  seen.clear();
  machine->apply(trace->event(2), 2, look);
  EXPECT_EQ(seen, (std::vector<std::vector<BlockState>>{{Free, Dead, Padding, Live}}));
  seen.clear();
  machine->apply(trace->event(3), 3, look);
  EXPECT_EQ(seen, (std::vector<std::vector<BlockState>>{{Free}}));
}

TEST(Machine, a_bump_rewinds_when_nothing_is_outstanding) {
  Script script;
  script.alloc("A", 10).alloc("B", 20).free("A").free("B");
  const Played played("bump:arena=100", script);
  EXPECT_EQ(played.blocks(), "free 0+100");
  EXPECT_EQ(played.census.mark, 100u);
}

TEST(Machine, a_bump_whose_count_is_led_astray_takes_live_blocks_back) {
  Script script;
  script.alloc("A", 10).alloc("B", 20).free("A").free_at(90).free("B");
  const Played played("bump:arena=100", script);
  EXPECT_EQ(played.of(4).kind, OutcomeKind::Freed) << "a mark and a count cannot tell that 90 was freed before";
  EXPECT_EQ(played.of(5).kind, OutcomeKind::FreeOfFailed) << "B's memory was taken back under it";
  EXPECT_EQ(played.blocks(), "free 0+100");
}

TEST(Machine, a_slab_shows_its_list_with_the_fresh_blocks_at_its_end) {
  Script script;
  script.alloc("A", 8).alloc("B", 8).alloc("C", 8).free("A").free("C").alloc("too much", 49);
  const Played played("slab:block=48,count=5", script);
  EXPECT_EQ(played.blocks(), "free 0+48, live 48+48/8, free 96+48, fresh 144+48, fresh 192+48");
  EXPECT_EQ(played.census.free_lists.at(0).offsets, (std::vector<std::uint64_t>{96, 0, 144, 192}));
  EXPECT_EQ(played.of(6).why, Error::TooLarge);
}

TEST(Machine, an_alignment_is_served_the_same_wherever_the_arena_lies) {
  for (int round = 0; round < 8; ++round) {
    Script script;
    script.alloc("A", 1, 4096).realloc("A", 1, 1u << 20).realloc("A", 1, std::uint64_t{1} << 63).alloc("B", 1);
    const Played played("bump:arena=5000", script);
    EXPECT_EQ(played.of(1).offset, 4096u);
    EXPECT_EQ(played.of(2).kind, OutcomeKind::Placed) << "alignment counts from offset 0, so 0 suits any";
    EXPECT_EQ(played.of(2).offset, 0u);
    EXPECT_EQ(played.of(3).offset, 0u);
    EXPECT_EQ(played.of(4).kind, OutcomeKind::Failed);
  }
}

TEST(Machine, an_arena_costs_what_is_used_of_it_whatever_its_size) {
  Script script;
  script.alloc("A", 1u << 20).alloc("B", 100).free("A");
  const Played buddy("buddy:arena=8GiB,min=4KiB", script);
  EXPECT_EQ(buddy.of(1).offset, 0u);
  EXPECT_EQ(buddy.of(2).offset, 1u << 20);
  Keyframe frame;
  buddy.machine->save(frame);
  EXPECT_LT(frame.bytes.size(), 200u);
  Script bump_script;
  bump_script.alloc("A", 1u << 20);
  const std::uint64_t gib = test::kThreadSanitized ? 64 : 16384;  // of what address space ThreadSanitizer leaves
  const Played bump(("bump:arena=" + std::to_string(gib) + "GiB").c_str(), bump_script);
  EXPECT_EQ(bump.of(1).offset, (gib << 30) - (1u << 20));
}

Keyframe keyframe_of(const Machine& machine) {
  Keyframe frame;
  machine.save(frame);
  return frame;
}

TEST(Machine, is_after_a_rest_what_it_is_loaded_with) {
  std::mt19937_64 random(test::seed());
  trace::AllocatorSpec with_gaps = test::spec_of("buddy:arena=16384,min=16");
  with_gaps.gaps = {{0, 100}, {5000, 6000}};
  for (const trace::AllocatorSpec& spec :
       {with_gaps, test::spec_of("buddy:arena=16384,min=16"), test::spec_of("bump:arena=16384"),
        test::spec_of("slab:block=64,count=256"), test::spec_of("tiered:arena=16KiB,min=64")}) {
    SCOPED_TRACE(trace::to_text(spec));
    const auto trace = test::random_trace(random, 400, 16'384, 500);
    const auto machine = test::machine_of(spec, *trace);
    Census census, again;
    for (std::uint64_t i = 0; i < trace->size(); ++i) {
      machine->apply(trace->event(i), i);
      if (i % 100 != 50) continue;
      const Keyframe frame = keyframe_of(*machine);
      machine->census(census);
      machine->rest();
      load(*machine, frame);
      ASSERT_EQ(keyframe_of(*machine), frame);
      machine->census(again);
      ASSERT_TRUE(again == census);
      ASSERT_EQ(machine->check(), std::nullopt);
    }
  }
}

// So many that two threads load them.
TEST(Machine, of_many_blocks_is_loaded_as_it_was_saved) {
  constexpr std::uint32_t kManyOfThem = 300'000;
  std::mt19937_64 random(test::seed());
  const trace::AllocatorSpec spec = test::spec_of("buddy:arena=256MiB,min=64");
  auto made = make_machine(spec, kManyOfThem), other = make_machine(spec, kManyOfThem);
  ASSERT_TRUE(made.ok() && other.ok());
  Machine& machine = **made;
  std::uint64_t event = 0;
  std::vector<bool> lives(kManyOfThem);
  const auto change = [&](std::uint32_t slot) {
    trace::Event request{.op = lives[slot] ? trace::Op::Free : trace::Op::Alloc, .slot = slot};
    if (!lives[slot]) request.size = 1 + random() % 400;
    ASSERT_NE(machine.apply(request, event++).kind, OutcomeKind::Failed);
    lives[slot] = !lives[slot];
  };
  for (std::uint32_t slot = 0; slot < kManyOfThem; ++slot) change(slot);
  std::vector<Keyframe> frames(1, keyframe_of(machine));
  machine.watch_changes();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100'000; ++i) change(static_cast<std::uint32_t>(random() % kManyOfThem));
    machine.save_changes(frames.emplace_back());
    std::vector<const Keyframe*> all;
    for (const Keyframe& frame : frames) all.push_back(&frame);
    if (round == 1) (*other)->rest();
    (*other)->load(all);
    ASSERT_TRUE(keyframe_of(**other) == keyframe_of(machine)) << "round " << round;
    ASSERT_EQ((*other)->check(), std::nullopt);
  }
}

// In bytes; 0 where the system does not say.
std::uint64_t resident_now() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0, resident = 0;
  statm >> pages >> resident;
  return statm ? resident * 4096 : 0;
}

// Its beginning may come in pages of 2 MiB; were all of it so, a byte in each would cost the whole.
TEST(Machine, of_a_large_arena_what_is_touched_is_paid_for) {
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
  auto arena = Reservation::make(4 * kGiB, 4096, "An arena");
  ASSERT_TRUE(arena.ok());
  const std::uint64_t before = resident_now();
  if (before == 0) GTEST_SKIP() << "/proc/self/statm does not say";
  for (std::uint64_t at = 0; at < arena->size(); at += std::uint64_t{2} << 20) arena->data()[at] = std::byte{1};
  EXPECT_LT(resident_now() - before, kGiB / 4);
  EXPECT_EQ(arena->data()[1], std::byte{0});
}

TEST(Machine, a_reservation_that_was_forgotten_is_paid_for_no_more) {
  auto table = Reservation::make(std::uint64_t{64} << 20, 4096, "A table");
  ASSERT_TRUE(table.ok());
  std::fill_n(table->data(), table->size(), std::byte{1});
  const std::uint64_t before = resident_now();
  if (before == 0) GTEST_SKIP() << "/proc/self/statm does not say";
  table->forget();
  EXPECT_LT(resident_now() + (std::uint64_t{60} << 20), before);
  EXPECT_EQ(table->data()[4711], std::byte{0});
}

TEST(Machine, what_cannot_be_is_refused_with_its_reason) {
  const auto refused = [](const char* text) {
    const auto spec = trace::parse_spec(text);
    if (!spec.ok()) return spec.trouble().text();
    auto machine = make_machine(*spec, 1);
    return machine.ok() ? std::string("made") : machine.trouble().text();
  };
  EXPECT_NE(refused("bump:arena=65536GiB").find("larger than what a process can reserve"), std::string::npos);
  EXPECT_NE(refused("buddy:arena=32768GiB,min=16").find("smallest blocks"), std::string::npos);
  EXPECT_EQ(refused("buddy:arena=1025MiB,min=64,block=64"),
            "field \"block\": a buddy of 16 793 600 largest blocks takes too much memory for its free list; choose a "
            "largest block of at least 128 B");
  EXPECT_EQ(
      refused("slab:block=8,count=1000000000"),
      "field \"count\": a slab of 1 000 000 000 blocks takes too much memory to be shown block by block; choose a "
      "count of at most 16 777 216");
  EXPECT_NE(refused("recorded").find("is made of a log"), std::string::npos) << refused("recorded");
  trace::AllocatorSpec odd{.arena_bytes = 1024, .min_block_bytes = 48};
  EXPECT_FALSE(make_machine(odd, 1).ok());
}

}  // namespace
}  // namespace allocviz::replay
