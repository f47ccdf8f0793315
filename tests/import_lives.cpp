// Addresses become lives: the table behind it, and the rules.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <unordered_map>

#include "core/import/address_table.h"
#include "core/import/lives.h"
#include "tests/import_support.h"
#include "tests/support/seed.h"

namespace allocviz::import::lives_test {
namespace {

using trace::Event;
using trace::RawEvent;
using trace::Trace;
using trace::TraceBuilder;

TEST(AddressTable, answers_as_a_map_does_through_any_mix_of_calls) {
  std::mt19937_64 random(test::seed());
  AddressTable table(random());
  std::unordered_map<std::uint64_t, std::uint64_t> model;
  std::uint64_t id = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t addr = 16 * (1 + random() % 3000);
    ++id;
    switch (random() % 3) {
      case 0:
        ASSERT_EQ(table.find_or_put(addr, id), model.emplace(addr, id).first->second);
        break;
      case 1:
        ASSERT_EQ(table.take(addr), model.contains(addr) ? model[addr] : AddressTable::kNoId);
        model.erase(addr);
        break;
      default:
        ASSERT_EQ(table.find(addr), model.contains(addr) ? model[addr] : AddressTable::kNoId);
    }
    ASSERT_EQ(table.size(), model.size());
    if (i % 1000 == 0) {
      ASSERT_EQ(table.check(), 0) << "step " << i;
    }
  }
  EXPECT_EQ(table.check(), 0);
}

TEST(AddressTable, holds_nothing_at_address_zero) {
  AddressTable table;
  EXPECT_EQ(table.find(0), AddressTable::kNoId);
  EXPECT_EQ(table.take(0), AddressTable::kNoId);
  table.find_or_put(16, 1);
  EXPECT_EQ(table.find(0), AddressTable::kNoId);
  EXPECT_EQ(table.take(0), AddressTable::kNoId);
  EXPECT_EQ(table.size(), 1u);
}

class LivesTest : public testing::Test {
 protected:
  void alloc(std::uint64_t addr, std::uint64_t size) {
    RawEvent event;
    event.size = size;
    ASSERT_TRUE(lives_.alloc(event, addr).ok());
  }
  void free(std::uint64_t addr) {
    RawEvent event;
    ASSERT_TRUE(lives_.free(event, addr).ok());
  }
  void realloc(std::uint64_t from, std::uint64_t to, std::uint64_t size) {
    RawEvent event;
    event.size = size;
    ASSERT_TRUE(lives_.realloc(event, from, to).ok());
  }
  Trace finish() { return std::move(builder_).finish(); }

  TraceBuilder builder_;
  Lives lives_{builder_};
};

TEST_F(LivesTest, give_each_life_at_one_address_an_id_of_its_own) {
  alloc(0x10, 1);
  free(0x10);
  alloc(0x10, 2);
  const Trace trace = finish();
  EXPECT_EQ(trace.event(0).id, 1u);
  EXPECT_EQ(trace.event(1).id, 1u);
  EXPECT_EQ(trace.event(2).id, 2u);
  EXPECT_EQ(trace.event(2).addr, 0x10u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 2u);
}

TEST_F(LivesTest, give_a_free_of_an_unknown_address_an_id_that_no_block_ever_has) {
  alloc(0x10, 1);
  free(0x99);
  alloc(0x99, 3);
  const Trace trace = finish();
  EXPECT_TRUE(trace.event(1).has(trace::kUnknownId));
  EXPECT_EQ(trace.event(1).id, 2u);
  EXPECT_EQ(trace.event(1).addr, 0x99u);
  EXPECT_EQ(trace.event(2).id, 3u);
  EXPECT_EQ(trace.facts().unknown_frees, 1u);
}

TEST_F(LivesTest, free_what_stood_at_an_address_that_is_allocated_again) {
  alloc(0x10, 100);
  alloc(0x10, 7);
  const Trace trace = finish();
  EXPECT_TRUE(trace.event(1).has(trace::kImplicitFree));
  EXPECT_EQ(trace.event(1).id, 1u);
  EXPECT_EQ(trace.facts().implicit_frees, 1u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 7u);
  EXPECT_EQ(trace.facts().peak_live_bytes, 100u);
}

TEST_F(LivesTest, follow_a_block_through_realloc_to_its_new_address) {
  alloc(0x10, 1);
  realloc(0x10, 0x20, 50);
  free(0x20);
  free(0x10);
  const Trace trace = finish();
  EXPECT_EQ(trace.event(1).id, 1u);
  EXPECT_EQ(trace.event(1).addr, 0x20u);
  EXPECT_EQ(trace.event(2).id, 1u);
  EXPECT_TRUE(trace.event(3).has(trace::kUnknownId));
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
}

TEST_F(LivesTest, start_a_life_with_a_realloc_of_nothing_or_of_an_unknown_address) {
  realloc(0, 0x10, 5);
  realloc(0x77, 0x20, 6);
  const Trace trace = finish();
  EXPECT_EQ(trace.event(0).id, 1u);
  EXPECT_EQ(trace.event(1).id, 2u);
  EXPECT_EQ(trace.facts().unknown_reallocs, 2u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 11u);
}

TEST_F(LivesTest, add_the_missing_free_when_a_realloc_lands_on_a_live_block) {
  alloc(0x10, 1);
  alloc(0x20, 2);
  realloc(0x10, 0x20, 9);
  free(0x20);
  EXPECT_EQ(lives_.added_frees(), 1u);
  lives_.warn_of_added_frees();
  const Trace trace = finish();
  ASSERT_EQ(trace.size(), 5u);
  EXPECT_EQ(trace.op(2), trace::Op::Free);
  EXPECT_EQ(trace.event(2).id, 2u);
  EXPECT_EQ(trace.event(3).id, 1u);
  EXPECT_EQ(trace.event(4).id, 1u);
  EXPECT_EQ(trace.warnings(), (std::vector<std::string>{"1 realloc moved onto a live block, whose free was added"}));
  EXPECT_EQ(trace.facts().live_blocks_at_end, 0u);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
}

TEST_F(LivesTest, keep_a_block_whose_realloc_failed) {
  alloc(0x10, 1);
  realloc(0x10, 0, 1'000'000);
  free(0x10);
  const Trace trace = finish();
  EXPECT_TRUE(trace.event(1).has(trace::kFailedThere));
  EXPECT_EQ(trace.event(1).id, 1u);
  EXPECT_EQ(trace.event(2).id, 1u);
  EXPECT_FALSE(trace.event(2).has(trace::kUnknownId));
  EXPECT_EQ(trace.facts().failed_requests, 1u);
  EXPECT_EQ(trace.facts().largest_request, 1u);
}

TEST_F(LivesTest, take_address_zero_as_the_null_pointer) {
  alloc(0, 64);
  free(0);
  const Trace trace = finish();
  EXPECT_TRUE(trace.event(0).has(trace::kFailedThere));
  EXPECT_TRUE(trace.event(1).has(trace::kNullFree));
  EXPECT_EQ(trace.facts().failed_requests, 1u);
  EXPECT_EQ(trace.facts().null_frees, 1u);
}

}  // namespace
}  // namespace allocviz::import::lives_test
