// The recorded heap: blocks where the log has them, holes between them, and the same state from wherever one comes.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "core/import/importer.h"
#include "core/replay/address_map.h"
#include "core/replay/narrate.h"
#include "tests/support/replay.h"
#include "tests/support/seed.h"

namespace allocviz::replay {
namespace {

using trace::Op;
using trace::RawEvent;
using trace::Trace;

class Log {
 public:
  Log& alloc(std::uint64_t id, std::uint64_t addr, std::uint64_t size, std::uint64_t align = 1) {
    return add(Op::Alloc, id, addr, size, align);
  }
  Log& realloc(std::uint64_t id, std::uint64_t addr, std::uint64_t size) { return add(Op::Realloc, id, addr, size, 1); }
  Log& free(std::uint64_t id) { return add(Op::Free, id, 0, 0, 1); }
  Log& reset() {
    RawEvent event;
    event.op = Op::Reset;
    EXPECT_TRUE(builder_.append(event).ok());
    return *this;
  }
  std::shared_ptr<const Trace> done() { return std::make_shared<const Trace>(std::move(builder_).finish()); }

 private:
  Log& add(Op op, std::uint64_t id, std::uint64_t addr, std::uint64_t size, std::uint64_t align) {
    RawEvent event;
    event.op = op;
    event.id_kind = RawEvent::Id::Number;
    event.id_number = id;
    event.addr = addr;
    event.size = size;
    if (op != Op::Free && align != 1) event.align = align;
    EXPECT_TRUE(builder_.append(event).ok());
    return *this;
  }
  trace::TraceBuilder builder_;
};

const trace::AllocatorSpec kRecorded = test::spec_of("recorded");

TEST(AddressMap, keeps_pages_that_blocks_touch_and_shortens_what_lies_between) {
  const auto trace = Log()
                         .alloc(1, 0x10010, 100)
                         .alloc(2, 0x10ff0, 0x20)           // over the end of a page
                         .alloc(3, 0x13000, 1)              // one page of nothing before it
                         .alloc(4, 0x7f00'0000'0000, 5000)  // far away
                         .done();
  const AddressMap map(*trace);
  ASSERT_EQ(map.regions().size(), 3u);
  EXPECT_EQ(map.regions()[0].address, 0x10000u);
  EXPECT_EQ(map.regions()[0].size, 0x2000u);
  EXPECT_EQ(map.regions()[1].offset, 0x3000u);  // a short hole is as long as it was
  EXPECT_EQ(map.regions()[2].offset, 0x4000u + AddressMap::kMaxGapBytes);
  EXPECT_EQ(map.size(), 0x4000u + AddressMap::kMaxGapBytes + 0x2000u);
  EXPECT_EQ(map.offset_of(0x10010), 0x10u);
  EXPECT_EQ(map.offset_of(0x12000), std::nullopt);
  EXPECT_EQ(map.offset_of(0), std::nullopt);
  for (const std::uint64_t addr : {0x10010u, 0x10ff0u, 0x13000u}) EXPECT_EQ(map.address_of(*map.offset_of(addr)), addr);
  EXPECT_EQ(map.address_of(0x2fff), std::nullopt);
}

TEST(AddressMap, keeps_alignments_visible) {
  const auto trace = Log().alloc(1, 0x40'0000, 0x20'0000, 0x20'0000).alloc(2, 0x9000'0000, 0x1000, 0x1000).done();
  const AddressMap map(*trace);
  EXPECT_EQ(map.granule_bytes(), 0x20'0000u);
  for (std::uint64_t i = 0; i < trace->size(); ++i) {
    const trace::Event event = trace->event(i);
    EXPECT_EQ(*map.offset_of(event.addr) % event.align(), 0u);
  }
}

TEST(AddressMap, blocks_at_the_end_of_the_address_space_are_left_out_where_they_go_past_it) {
  const auto trace = Log().alloc(1, ~std::uint64_t{0} - 10, 100).alloc(2, 0x1000, std::uint64_t{1} << 62).done();
  const AddressMap map(*trace);
  EXPECT_EQ(map.regions().size(), 1u);
  EXPECT_EQ(map.size(), std::uint64_t{1} << 62);
}

TEST(Recorded, shows_blocks_where_the_log_had_them) {
  const auto trace = Log().alloc(1, 0x10010, 100).alloc(2, 0x10100, 50).realloc(1, 0x10200, 300).free(2).done();
  const auto timeline = test::timeline_of(trace, kRecorded);
  timeline->seek({2});
  const Census& two = timeline->census();
  test::expect_conditions(two);
  ASSERT_EQ(two.blocks.size(), 5u);
  EXPECT_EQ(two.blocks[1].offset, 0x10u);
  EXPECT_EQ(two.blocks[1].size, 100u);
  EXPECT_EQ(two.blocks[1].state, BlockState::Live);
  EXPECT_EQ(two.blocks[2].state, BlockState::Free);
  EXPECT_EQ(two.figures.largest_free, 4096u - 0x100 - 50);
  EXPECT_EQ(two.figures.free, 4096u - 150);
  timeline->seek({3});
  EXPECT_EQ(timeline->run().outcome.moved_from, 0x10u);
  EXPECT_EQ(timeline->run().outcome.offset, 0x200u);
  EXPECT_EQ(event_text(*trace, 2, timeline->spec(), timeline->run()),
            "The recorded program's block moved from 0x10010 to 0x10200 (0x0200 here): 100 B → 300 B.");
  timeline->seek({4});
  EXPECT_EQ(timeline->figures().live_requested, 300u);
  EXPECT_EQ(timeline->summary().failed, 0u);
}

TEST(Recorded, a_block_over_others_ends_them_because_their_frees_are_missing) {
  const auto trace =
      Log().alloc(1, 0x1000, 64).alloc(2, 0x1040, 64).alloc(3, 0x1080, 64).alloc(4, 0x1020, 64).free(1).done();
  const auto machine = test::machine_of(kRecorded, *trace);
  for (std::uint64_t i = 0; i < 4; ++i) machine->apply(trace->event(i), i);
  EXPECT_EQ(machine->figures().live_blocks, 2u);
  EXPECT_EQ(machine->check(), std::nullopt);
  EXPECT_EQ(machine->apply(trace->event(4), 4).kind, OutcomeKind::Nothing);  // it is gone already
  const auto timeline = test::timeline_of(trace, kRecorded);
  const EventRun run = timeline->run_of(3);
  EXPECT_EQ(run.steps.size(), 3u);
  EXPECT_NE(
      event_text(*trace, 3, kRecorded, run).find("2 blocks that still lived there end: the log lacks their frees."),
      std::string::npos);
}

TEST(Recorded, blocks_without_an_address_are_not_shown) {
  const auto trace = Log().alloc(1, 0x1000, 64).alloc(2, 0, 64).realloc(1, 0, 128).free(2).done();
  const auto machine = test::machine_of(kRecorded, *trace);
  for (std::uint64_t i = 0; i < 4; ++i) machine->apply(trace->event(i), i);
  EXPECT_EQ(machine->figures().live_blocks, 0u);
  EXPECT_EQ(machine->check(), std::nullopt);
}

TEST(Recorded, needs_a_log_with_addresses) {
  const auto trace = test::Script().alloc("A", 10).done();
  const auto machine = make_machine(kRecorded, *trace);
  ASSERT_FALSE(machine.ok());
  EXPECT_NE(machine.trouble().text().find("does not say where its blocks were"), std::string::npos);
  EXPECT_FALSE(make_machine(kRecorded, 5).ok());
}

// A heap that hands out what is not live, with moves, resizes in place, blocks of no bytes, missing frees and resets.
std::shared_ptr<const Trace> random_log(std::mt19937_64& random, std::uint64_t events) {
  Log log;
  std::map<std::uint64_t, std::uint64_t> live;  // id -> address
  const auto address = [&random] {
    static constexpr std::uint64_t kBases[] = {0x55'5555'0000, 0x55'5556'4000, 0x7fff'f7a0'0000};
    return kBases[random() % 3] + random() % 4096 * 16;
  };
  for (std::uint64_t i = 0, id = 0; i < events; ++i) {
    const std::uint64_t what = random() % 100;
    if (what < 55 || live.empty()) {
      const std::uint64_t addr = random() % 40 == 0 ? 0 : address();
      log.alloc(++id, addr, random() % 20 == 0 ? 0 : random() % 400);
      live[id] = addr;
    } else {
      auto some = live.lower_bound(random() % id);
      if (some == live.end()) some = live.begin();
      if (what < 85) {
        log.free(some->first);
        live.erase(some);
      } else if (what < 99) {
        log.realloc(some->first, random() % 2 == 0 ? some->second : address(), random() % 600);
      } else {
        log.reset();
        live.clear();
      }
    }
  }
  return log.done();
}

TEST(Recorded, arriving_from_anywhere_is_arriving_from_the_start) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 12; ++round) {
    const auto trace = random_log(random, 400);
    const auto timeline = test::timeline_of(trace, kRecorded, {.keyframe_events = 1 + random() % 90});
    for (int jump = 0; jump < 60; ++jump) {
      const Position to{random() % (trace->size() + 1),
                        random() % 3 == 0 ? static_cast<std::uint32_t>(random() % 4) : kAllSteps};
      timeline->seek(to);
      const auto machine = test::machine_of(kRecorded, *trace);
      Census census;
      Keyframe snapshot;
      std::uint32_t done = 0;
      const std::uint64_t whole = to.event == 0 ? 0 : to.event - 1;
      for (std::uint64_t i = 0; i < whole; ++i) machine->apply(trace->event(i), i);
      const auto take = [&] {
        machine->census(census);
        machine->save(snapshot);
        ASSERT_EQ(machine->check(), std::nullopt);
        ASSERT_EQ(machine->figures(), census.figures);
      };
      take();
      if (to.event != 0) {
        machine->apply(trace->event(whole), whole, [&](const alloc::Step&) {
          if (++done == to.step) take();
        });
        if (to.step >= done) take();
      }
      ASSERT_TRUE(timeline->census() == census) << "event " << to.event << " step " << to.step;
      ASSERT_TRUE(timeline->snapshot() == snapshot);
      test::expect_conditions(timeline->census());
      ASSERT_EQ(timeline->series().at(Curve::LiveBlocks, to.event),
                to.step == kAllSteps ? census.figures.live_blocks : timeline->series().at(Curve::LiveBlocks, to.event));
    }
  }
}

// What the log says lives is what is shown, where no free is missing: block for block, at its address.
TEST(Recorded, agrees_with_whole_logs_of_real_programs) {
  for (const char* name : {"perl-head.mtrace", "edge2.vgtrace", "node-head.heaptrack.raw.zst"}) {
    const auto opened = import::open_trace(std::string(ALLOCVIZ_SOURCE_DIR "/tests/data/import/") + name);
    ASSERT_TRUE(opened.ok()) << opened.trouble().text();
    const Trace& trace = *opened;
    const AddressMap map(trace);
    const auto machine = test::machine_of(kRecorded, trace);
    std::map<std::uint64_t, std::uint64_t> live;  // slot -> event
    for (std::uint64_t i = 0; i < trace.size(); ++i) {
      const trace::Event event = trace.event(i);
      machine->apply(event, i);
      if (event.has(trace::kFailedThere) || event.slot == trace::kNoSlot) continue;
      if (event.op == Op::Free) live.erase(event.slot);
      if (event.op != Op::Free) live[event.slot] = i;
    }
    ASSERT_EQ(machine->check(), std::nullopt) << name;
    EXPECT_EQ(machine->figures().live_blocks, live.size()) << name;
    for (const auto& [slot, born] : live) {
      const auto offset = machine->offset_of(static_cast<std::uint32_t>(slot));
      ASSERT_TRUE(offset.has_value()) << name << " event " << born + 1;
      EXPECT_EQ(map.address_of(*offset), trace.event(born).addr);
    }
  }
}

TEST(Recorded, kernel_pages_lie_at_multiples_of_their_size_and_show_their_order) {
  const auto opened = import::open_trace(ALLOCVIZ_SOURCE_DIR "/tests/data/import/kernel-part.perfscript.zst");
  ASSERT_TRUE(opened.ok()) << opened.trouble().text();
  const auto trace = std::make_shared<const Trace>(*opened);
  const auto timeline = test::timeline_of(trace, kRecorded);
  timeline->seek({trace->size()});
  int orders = 0;
  for (const Block& block : timeline->census().blocks) {
    if (block.state != BlockState::Live) continue;
    ASSERT_GE(block.level, 0);
    EXPECT_EQ(block.size, AddressMap::kPageBytes << block.level);
    EXPECT_EQ(block.offset % block.size, 0u);
    orders |= 1 << block.level;
  }
  EXPECT_NE(orders & 1, 0);
  EXPECT_NE(orders & ~1, 0);
}

}  // namespace
}  // namespace allocviz::replay
