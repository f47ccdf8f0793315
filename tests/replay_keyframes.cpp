// The live table: by what it is saved and found again (numbers packed in rows, all of it or what changed, kept within a
// budget), and in the order of its blocks.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "core/replay/keyframes.h"
#include "core/replay/live_table.h"
#include "core/replay/owners.h"
#include "core/replay/rows.h"
#include "tests/support/seed.h"

namespace allocviz::replay {
namespace {

TEST(Rows, are_read_as_they_were_written_whatever_their_number_and_their_width) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 200; ++round) {
    const std::size_t count = random() % 400;
    const unsigned shift = static_cast<unsigned>(random() % 64);
    std::vector<std::array<std::uint64_t, 3>> rows(count);
    for (auto& row : rows) row = {random(), random() >> shift, (random() >> 60) + (~std::uint64_t{0} >> shift) / 2};
    std::vector<std::byte> bytes;
    ByteWriter out(bytes);
    RowWriter<3> writer(out);
    for (const auto& row : rows) writer.put(row);
    writer.end();
    out.put(4711);
    ByteReader in(bytes);
    RowReader<3> reader(in);
    std::array<std::uint64_t, 3> row{};
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(reader.next(row));
      ASSERT_EQ(row, rows[i]) << "row " << i << " of " << count;
    }
    EXPECT_FALSE(reader.next(row));
    EXPECT_EQ(in.get(), 4711u) << "and no further";
  }
}

TEST(Rows, of_equal_values_take_no_bytes_each) {
  std::vector<std::byte> bytes;
  ByteWriter out(bytes);
  RowWriter<1> writer(out);
  for (int i = 0; i < 128; ++i) writer.put({1'000'000'007});
  writer.end();
  EXPECT_LT(bytes.size(), 12u);
}

constexpr unsigned kUnitShift = 4;
constexpr std::uint32_t kSlots = 300;

// Frees and makes blocks at random; of all sizes, powers of two and others, up to nearly 2^64.
void change_some(LiveTable& live, std::mt19937_64& random, std::uint64_t& event) {
  for (std::uint64_t left = random() % 60; left != 0; --left, ++event) {
    const auto slot = static_cast<std::uint32_t>(random() % kSlots);
    if (live.is_live(slot)) {
      live.take(slot);
      if (random() % 2 == 0) continue;
    }
    const std::uint64_t units =
        random() % 2 == 0 ? std::uint64_t{1} << (random() % 60) : random() >> (4 + random() % 60);
    live.put(slot, {.offset = (random() >> (random() % 60)) >> kUnitShift << kUnitShift,
                    .bytes = units << kUnitShift,
                    .requested = random() >> (random() % 64),
                    .born = event});
  }
  if (random() % 50 == 0) live.clear();
}

Keyframe saved(const LiveTable& live) {
  Keyframe frame;
  live.save(frame, kUnitShift);
  return frame;
}

std::vector<const Keyframe*> pointers_to(const std::vector<Keyframe>& frames) {
  std::vector<const Keyframe*> pointers;
  for (const Keyframe& frame : frames) pointers.push_back(&frame);
  return pointers;
}

// Whether that was all that they hold.
bool load_all(LiveTable& live, const std::vector<const Keyframe*>& frames) {
  return std::ranges::all_of(frames, [&live](const Keyframe* frame) { return live.load(*frame, kUnitShift).at_end(); });
}

TEST(LiveTable, is_what_was_saved_whole_and_the_changes_behind_it) {
  std::mt19937_64 random(test::seed());
  LiveTable live(kSlots);
  std::uint64_t event = 0;
  std::vector<Keyframe> frames;
  for (int round = 0; round < 300; ++round) {
    change_some(live, random, event);
    if (round % 20 == 0) {
      frames.assign(1, saved(live));
      live.watch_changes();
    } else {
      live.save_changes(frames.emplace_back(), kUnitShift);
    }
    LiveTable other(kSlots);
    change_some(other, random, event);  // something to be forgotten
    EXPECT_TRUE(load_all(other, pointers_to(frames)));
    ASSERT_EQ(saved(other), saved(live)) << "round " << round;
    ASSERT_EQ(other.blocks(), live.blocks());
    ASSERT_EQ(other.bytes(), live.bytes());
    ASSERT_EQ(other.requested(), live.requested());
  }
}

TEST(LiveTable, is_the_same_with_two_keyframes_made_one_wherever_they_stand) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 100; ++round) {
    LiveTable live(kSlots);
    std::uint64_t event = 0;
    change_some(live, random, event);
    std::vector<Keyframe> frames(1, saved(live));
    live.watch_changes();
    for (int i = 0; i < 6; ++i) {
      change_some(live, random, event);
      live.save_changes(frames.emplace_back(), kUnitShift);
    }
    while (frames.size() > 1) {
      const std::size_t at = random() % (frames.size() - 1);
      frames[at] = both_as_one(frames[at], frames[at + 1]);
      frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      LiveTable other(kSlots);
      EXPECT_TRUE(load_all(other, pointers_to(frames)));
      ASSERT_EQ(saved(other), saved(live)) << frames.size() << " left";
    }
    EXPECT_EQ(frames[0], saved(live)) << "one spelling for one state";
  }
}

TEST(LiveTable, remembers_what_changed_in_slots_that_came_later) {
  LiveTable live(1);
  std::vector<Keyframe> frames(1, saved(live));
  live.watch_changes();
  live.make_room(1000);
  live.put(999, {.offset = 64, .bytes = 32, .requested = 20, .born = 3});
  live.save_changes(frames.emplace_back(), kUnitShift);
  LiveTable other(1000);
  EXPECT_TRUE(load_all(other, pointers_to(frames)));
  EXPECT_TRUE(other.is_live(999));
  EXPECT_EQ(other.blocks(), 1u);
}

TEST(LiveTable, takes_few_bytes_for_what_changed_among_many) {
  LiveTable live(100'000);
  for (std::uint32_t slot = 0; slot < 100'000; ++slot) {
    live.put(slot, {.offset = slot * 64u, .bytes = 64, .requested = 50, .born = slot});
  }
  const Keyframe whole = saved(live);
  live.watch_changes();
  live.take(777);
  live.take(70'000);
  live.put(777, {.offset = 777 * 64u, .bytes = 64, .requested = 60, .born = 100'000});
  Keyframe changes;
  live.save_changes(changes, kUnitShift);
  EXPECT_LT(changes.bytes.size(), 64u);
  EXPECT_LT(whole.bytes.size(), 100'000u * 8);
}

// Of each live slot its block, in the order of their offsets, however far these reach and however many slots there are.
TEST(Owners, are_met_in_the_order_of_their_blocks) {
  std::mt19937_64 random(test::seed());
  struct Case {
    std::uint32_t slots;
    std::uint64_t arena_bytes;
    unsigned unit_shift;
  };
  // The last one has no room for all bits of an offset above a slot's number.
  for (const Case& now : {Case{0, 4096, 4}, Case{1, 4096, 4}, Case{40, 4096, 4}, Case{3000, 1 << 20, 4},
                          Case{5000, std::uint64_t{1} << 40, 3}, Case{70'000, ~std::uint64_t{0}, 3}}) {
    SCOPED_TRACE(testing::Message() << now.slots << " slots in " << now.arena_bytes);
    LiveTable live(now.slots);
    std::map<std::uint64_t, std::uint64_t> born_at;
    const std::uint64_t units = now.arena_bytes >> now.unit_shift;
    for (std::uint32_t slot = 0; slot < now.slots; ++slot) {
      // Half of them close together, at the end.
      const std::uint64_t unit =
          slot % 2 == 0 ? random() % units : units - 1 - random() % std::min<std::uint64_t>(units, 1u << 18);
      const std::uint64_t offset = unit << now.unit_shift;
      if (slot % 7 == 0 || !born_at.emplace(offset, slot).second) continue;
      live.put(slot, {.offset = offset, .bytes = 8, .requested = 8, .born = slot});
    }
    Owners owners;
    for (int again = 0; again < 2; ++again) {
      owners.put_in_order(live, now.arena_bytes, now.unit_shift);
      EXPECT_EQ(owners.at(0) != nullptr, born_at.contains(0));
      for (const auto& [offset, born] : born_at) {
        if (offset == 0) continue;
        const LiveBlock* const block = owners.at(offset);
        ASSERT_NE(block, nullptr) << offset;
        ASSERT_EQ(block->born, born);
        ASSERT_EQ(owners.at(offset + 1), nullptr) << "nobody begins there";
      }
      EXPECT_EQ(owners.at(now.arena_bytes), nullptr);
    }
  }
}

Keyframe frame_of(std::size_t bytes) {
  Keyframe frame;
  frame.bytes.resize(bytes);
  return frame;
}

TEST(Keyframes, are_thinned_out_to_stay_within_their_budget) {
  Keyframes keyframes(10'000);
  for (std::uint64_t i = 0; i < 100; ++i) {
    keyframes.add(i * 10, frame_of(900));
    ASSERT_LE(keyframes.memory_bytes(), 10'000u);
    ASSERT_EQ(keyframes.at_or_before(3).event, 0u) << "the first one stays";
    ASSERT_EQ(keyframes.at_or_before(i * 10 + 5).event, keyframes.last_event());
  }
  EXPECT_GE(keyframes.size(), 5u);
  EXPECT_GE(keyframes.spacing(), 16u);
}

TEST(Keyframes, keep_the_first_even_when_it_is_over_the_budget) {
  Keyframes keyframes(10);
  keyframes.add(0, frame_of(900));
  keyframes.add(10, frame_of(900));
  EXPECT_EQ(keyframes.size(), 1u);
  EXPECT_EQ(keyframes.at_or_before(1000).event, 0u);
}

// Adds keyframes of `step` bytes each until a whole one is due; how many those were.
int changes_until_whole(Keyframes& keyframes, std::size_t step, std::uint64_t live_blocks) {
  int added = 0;
  for (; !keyframes.wants_whole() && added < 1000; ++added) {
    Keyframe changes = frame_of(step);
    changes.table_bytes = step;
    changes.live_blocks = live_blocks;
    changes.whole = false;
    keyframes.add(keyframes.last_event() + 10, changes);
  }
  return added;
}

TEST(Keyframes, are_whole_once_as_much_is_loaded_as_three_whole_ones_or_six_megabytes) {
  for (const auto& [whole_bytes, live, expected] :
       {std::tuple(8'000'000u, 1'000'000u, 16), std::tuple(800'000u, 100'000u, 6), std::tuple(100u, 10u, 6)}) {
    Keyframes keyframes(std::uint64_t{1} << 30);
    Keyframe whole = frame_of(whole_bytes);
    whole.table_bytes = whole_bytes;
    whole.live_blocks = live;
    keyframes.add(0, whole);
    EXPECT_EQ(changes_until_whole(keyframes, 1'000'000, live), expected) << live;
  }
}

TEST(Keyframes, are_whole_sooner_where_most_of_what_the_last_whole_one_holds_was_freed) {
  const auto changes = [](std::uint64_t live_now) {
    Keyframes keyframes(std::uint64_t{1} << 30);
    Keyframe whole = frame_of(8'000'000);
    whole.table_bytes = 8'000'000;
    whole.live_blocks = 1'000'000;
    keyframes.add(0, whole);
    return changes_until_whole(keyframes, 1'000'000, live_now);
  };
  EXPECT_EQ(changes(1'000'000), 16);
  EXPECT_EQ(changes(500'000), 4);
  EXPECT_EQ(changes(1'000), 1) << "the first of them tells how few there are";
}

TEST(Keyframes, need_no_whole_one_while_blocks_only_come) {
  constexpr std::uint32_t kBlocks = 1'500'000;  // several times what needs no whole one anyhow
  LiveTable live(kBlocks);
  Keyframes keyframes(std::uint64_t{100} << 20);
  std::uint64_t wholes = 0;
  std::mt19937_64 random(test::seed());
  for (std::uint32_t slot = 0; slot < kBlocks; ++slot) {
    if (slot % (kBlocks / 100) == 0) {
      Keyframe frame;
      if (keyframes.wants_whole()) {
        frame = saved(live);
        live.watch_changes();
        ++wholes;
      } else {
        live.save_changes(frame, kUnitShift);
      }
      keyframes.add(slot, frame);
    }
    live.put(slot, {.offset = slot * 64u, .bytes = 64, .requested = 1 + random() % 64, .born = slot});
  }
  EXPECT_LE(wholes, 6u) << "of a hundred, all of them small";
  LiveTable other(kBlocks);
  std::vector<const Keyframe*> frames;
  const Keyframes::Kept& last = keyframes.at_or_before(kBlocks);
  keyframes.frames_for(last, frames);
  EXPECT_TRUE(load_all(other, frames));
  EXPECT_EQ(other.blocks(), last.event);
}

TEST(LiveTable, is_loaded_in_parts_and_after_a_rest_as_it_was) {
  std::mt19937_64 random(test::seed());
  LiveTable live(kSlots);
  std::uint64_t event = 0;
  std::vector<Keyframe> frames(1, saved(live));
  live.watch_changes();
  for (int i = 0; i < 12; ++i) {
    change_some(live, random, event);
    live.save_changes(frames.emplace_back(), kUnitShift);
  }
  LiveTable other(kSlots);
  change_some(other, random, event);
  for (int round = 0; round < 20; ++round) {
    if (round % 2 == 0) other.rest();
    const auto middle = static_cast<std::uint32_t>(random() % (kSlots + 1));
    const std::vector<const Keyframe*> all = pointers_to(frames);
    other.begin_load(frames.back());
    for (const SlotRange part : {SlotRange{middle, kSlots}, SlotRange{0, middle}}) {
      for (const ByteReader& behind : other.load_part(all, kUnitShift, part)) EXPECT_TRUE(behind.at_end());
    }
    ASSERT_TRUE(other.sums_hold());
    ASSERT_EQ(saved(other), saved(live)) << "in two parts at " << middle;
  }
}

TEST(Keyframes, lead_to_the_state_of_each_that_is_left_however_often_they_were_thinned_out) {
  std::mt19937_64 random(test::seed());
  LiveTable live(kSlots), other(kSlots);
  std::uint64_t made = 0, wholes = 0;
  Keyframes keyframes(30'000);
  std::vector<Keyframe> states;
  std::vector<const Keyframe*> frames;
  for (std::uint64_t event = 0; event < 400; ++event) {
    change_some(live, random, made);
    states.push_back(saved(live));
    if (keyframes.wants_whole()) {
      keyframes.add(event, states.back());
      live.watch_changes();
      ++wholes;
    } else {
      Keyframe changes;
      live.save_changes(changes, kUnitShift);
      keyframes.add(event, changes);
    }
    ASSERT_LE(keyframes.memory_bytes(), 30'000u);
    if (event % 7 != 0) continue;
    const Keyframes::Kept& kept = keyframes.at_or_before(random() % (event + 1));
    keyframes.frames_for(kept, frames);
    EXPECT_TRUE(load_all(other, frames));
    ASSERT_EQ(saved(other), states[kept.event]) << "kept at " << kept.event << ", asked for at " << event;
  }
  EXPECT_GE(keyframes.spacing(), 2u) << "they were thinned out";
  EXPECT_LT(wholes, 300u) << "most were changes";
}

}  // namespace
}  // namespace allocviz::replay
