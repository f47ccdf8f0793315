#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>
#include <vector>

#include "core/trace/column.h"
#include "tests/support/sanitized.h"

namespace allocviz::trace {
namespace {

TEST(Column, costs_nothing_while_every_value_is_the_same) {
  Column column;
  for (int i = 0; i < 1000; ++i) column.push_back(7);
  EXPECT_EQ(column.size(), 1000u);
  EXPECT_EQ(column.width_bytes(), 0u);
  EXPECT_EQ(column.memory_bytes(), 0u);
  EXPECT_EQ(column[999], 7u);
}

TEST(Column, is_as_wide_as_its_widest_value) {
  Column column;
  column.push_back(70000);
  column.push_back(0);  // smaller than the first: the width still has to hold the first
  EXPECT_EQ(column.width_bytes(), 3u);
  Column small;
  std::vector<std::uint64_t> held{1};
  small.push_back(1);
  for (const unsigned bytes : {1u, 2u, 3u, 4u, 6u, 8u}) {
    const std::uint64_t largest = bytes == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * bytes)) - 1;
    const std::uint64_t narrower = held.back();
    for (const std::uint64_t value : {narrower + 1, largest - 1, largest}) {
      small.push_back(value);
      held.push_back(value);
      EXPECT_EQ(small.width_bytes(), bytes) << value;
    }
  }
  for (std::size_t i = 0; i < held.size(); ++i) EXPECT_EQ(small[i], held[i]) << i;
}

TEST(Column, reads_and_writes_nothing_behind_its_last_byte) {
  for (const unsigned width : {1u, 2u, 3u, 4u, 6u, 8u}) {
    const std::vector<std::byte> bytes(7 * width, std::byte{0xff});
    const auto borrowed = Column::borrow(bytes, width, 7, 0);
    ASSERT_TRUE(borrowed.has_value());
    const std::uint64_t largest = width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
    EXPECT_EQ((*borrowed)[6], largest);
    Column own(*borrowed);
    own.set(6, 0);
    own.shrink_to_fit();
    EXPECT_EQ(own.memory_bytes(), 7 * width);
    EXPECT_EQ(own[6], 0u);
    EXPECT_EQ(own[5], largest);
  }
  for (const unsigned width : {5u, 7u, Column::kPacked, 10u})
    EXPECT_FALSE(Column::borrow({}, width, 0, 0).has_value()) << width;
}

TEST(Column, holds_what_a_vector_holds_under_any_mix_of_appending_and_setting) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Column column;
    std::vector<std::uint64_t> expected;
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t value = random() % 3 == 0 ? random() >> (random() % 64) : random() % 2;
      if (expected.empty() || random() % 3 != 0) {
        column.push_back(value);
        expected.push_back(value);
      } else {
        const std::uint64_t at = random() % expected.size();
        column.set(at, value);
        expected[at] = value;
      }
      if (i % 500 == 0) column.reserve(3000);
      if (i % 700 == 0) column.shrink_to_fit();
      if (i % 900 == 0) column.pack();
    }
    const Column copy = column;
    ASSERT_EQ(copy.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(copy[i], expected[i]) << i;
    EXPECT_GE(copy.memory_bytes(), copy.size() * copy.width_bytes());  // I3
    const std::uint64_t largest = *std::max_element(expected.begin(), expected.end());
    EXPECT_TRUE(copy.is_at_most(largest));
    EXPECT_FALSE(largest != 0 && copy.is_at_most(largest - 1));
    std::uint64_t bits = 0;
    for (const std::uint64_t value : expected) bits |= value;
    EXPECT_EQ(copy.bits(), bits);
  }
}

TEST(Column, that_is_borrowed_is_read_where_it_is_and_copied_before_it_is_changed) {
  const std::vector<std::byte> bytes = {std::byte{1}, std::byte{0}, std::byte{2}, std::byte{1}, std::byte{9}};
  const std::vector<std::byte> before = bytes;
  auto column = Column::borrow(bytes, 2, 2, 0);
  ASSERT_TRUE(column);
  EXPECT_EQ(column->bytes().data(), bytes.data());
  EXPECT_EQ((*column)[0], 1u);
  EXPECT_EQ((*column)[1], 258u);
  Column set = *column, pushed = *Column::borrow(bytes, 2, 2, 0), widened = *Column::borrow(bytes, 2, 2, 0);
  set.set(1, 7);
  pushed.push_back(65535);
  widened.set(0, 1u << 20);
  EXPECT_EQ(set[0], 1u);
  EXPECT_EQ(set[1], 7u);
  EXPECT_EQ(pushed[1], 258u);
  EXPECT_EQ(pushed[2], 65535u);
  EXPECT_EQ(widened[1], 258u);
  column->set(0, 5);
  EXPECT_EQ((*column)[1], 258u);
  EXPECT_EQ(bytes, before);                      // I4
  EXPECT_FALSE(Column::borrow(bytes, 2, 3, 0));  // I3
  EXPECT_FALSE(Column::borrow(bytes, 5, 1, 0));  // I1
  EXPECT_FALSE(Column::borrow(bytes, 8, ~std::uint64_t{0} / 4, 0));
  EXPECT_EQ((*Column::borrow({}, 0, 1000, 7))[999], 7u);
}

// Times, numbers of events, addresses: each near the one before.
std::vector<std::uint64_t> drifting(std::uint64_t count, unsigned bits_of_a_step, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> values;
  std::uint64_t value = std::uint64_t{1} << 40;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (bits_of_a_step != 0) value += random() >> (64 - bits_of_a_step);
    values.push_back(value);
  }
  return values;
}

Column column_of(const std::vector<std::uint64_t>& values) {
  Column column;
  for (const std::uint64_t value : values) column.push_back(value);
  return column;
}

void expect_same(const Column& column, const std::vector<std::uint64_t>& values) {
  ASSERT_EQ(column.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(column[i], values[i]) << i;
}

TEST(Column, packed_costs_what_its_values_move) {
  for (const std::uint64_t count : {1u, 127u, 128u, 129u, 5000u}) {
    for (const unsigned bits : {1u, 3u, 8u, 17u, 33u, 56u, 58u, 64u}) {
      SCOPED_TRACE(testing::Message() << count << " values, steps of " << bits << " bits");
      const auto values = drifting(count, bits, count + bits);
      const Column plain = column_of(values);
      Column column = plain;
      column.pack();
      expect_same(column, values);
      const std::uint64_t largest = *std::max_element(values.begin(), values.end());
      EXPECT_TRUE(column.is_at_most(largest));
      EXPECT_FALSE(column.is_at_most(largest - 1));
      EXPECT_LE(column.memory_bytes(), count * plain.width_bytes());
      // A step of b bits moves 128 values by less than 2^(b + 7).
      if (count == 5000 && bits <= 33) {
        EXPECT_LE(column.memory_bytes() * 8, 5120 * (bits + 7 + 1) + 64);
      }
      Column copy = column;
      expect_same(copy, values);
      const auto borrowed = Column::borrow(column.bytes(), column.width_bytes(), count, column.first());
      ASSERT_TRUE(borrowed.has_value());
      expect_same(*borrowed, values);
      EXPECT_EQ(borrowed->memory_bytes(), column.memory_bytes());
    }
  }
}

TEST(Column, packed_takes_changes_as_any_other) {
  auto values = drifting(1000, 5, 7);
  Column packed = column_of(values);
  packed.pack();
  ASSERT_EQ(packed.width_bytes(), Column::kPacked);
  const auto borrowed = Column::borrow(packed.bytes(), Column::kPacked, 1000, packed.first());
  ASSERT_TRUE(borrowed.has_value());
  for (const Column& from : {packed, *borrowed}) {
    Column set = from, pushed = from;
    set.set(500, 0);
    pushed.push_back(0);
    auto changed = values;
    changed[500] = 0;
    expect_same(set, changed);
    changed = values;
    changed.push_back(0);
    expect_same(pushed, changed);
    set.pack();
    EXPECT_EQ(set[500], 0u);
    EXPECT_EQ(set[501], values[501]);
  }
  Column same;
  same.pack();
  EXPECT_EQ(same.size(), 0u);
  for (int i = 0; i < 300; ++i) same.push_back(9);
  same.pack();
  EXPECT_EQ(same.memory_bytes(), 0u);
  EXPECT_EQ(same[299], 9u);
}

TEST(Column, packed_is_borrowed_only_where_all_its_leaves_speak_of_bytes_there_are) {
  const auto values = drifting(1000, 5, 7);
  Column packed = column_of(values);
  packed.pack();
  const std::vector<std::byte> good(packed.bytes().begin(), packed.bytes().end());
  EXPECT_FALSE(Column::borrow(std::span(good).first(good.size() - 1), Column::kPacked, 1000, 0));
  EXPECT_FALSE(Column::borrow(std::span(good).first(7), Column::kPacked, 1000, 0));
  EXPECT_FALSE(Column::borrow(good, Column::kPacked, std::uint64_t{1} << 60, 0));
  EXPECT_FALSE(Column::borrow(good, Column::kPacked, ~std::uint64_t{0}, 0));
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    auto damaged = good;
    damaged[random() % 128] = static_cast<std::byte>(random());  // one of eight leaves
    const auto column = Column::borrow(damaged, Column::kPacked, 1000, 0);
    for (std::uint64_t at = 0; column && at < 1000; ++at) (void)(*column)[at];  // whatever it says, it lies in there
  }
}

// What an append-only column may be given: steps, few values, a run of one value, noise that packs to nothing, and all
// that 64 bits hold.
std::uint64_t next_value(std::mt19937_64& random, int kind, std::uint64_t before) {
  switch (kind) {
    case 0:
      return before + random() % 1000;
    case 1:
      return random() % 2;
    case 2:
      return before;
    case 3:
      return random() % 256;
    case 4:
      return random();
    case 5:
      return ~std::uint64_t{0} - random() % 3;
    default:
      return random() >> (random() % 64);
  }
}

// Everything that can be asked of it, however much of it is packed.
void expect_whole(const Column& column, const std::vector<std::uint64_t>& values) {
  expect_same(column, values);
  std::uint64_t largest = 0, bits = 0;
  for (const std::uint64_t value : values) {
    largest = std::max(largest, value);
    bits |= value;
  }
  Column::Values leaf;
  for (std::uint64_t at = 0; at < values.size(); at += Column::kLeaf) {
    const std::uint64_t count = column.gather(at / Column::kLeaf, leaf);
    ASSERT_EQ(count, std::min<std::uint64_t>(Column::kLeaf, values.size() - at));
    ASSERT_TRUE(std::equal(leaf.begin(), leaf.begin() + static_cast<std::ptrdiff_t>(count),
                           values.begin() + static_cast<std::ptrdiff_t>(at)))
        << "from " << at << " of " << values.size();
  }
  EXPECT_EQ(column.bits(), bits);
  EXPECT_TRUE(column.is_at_most(largest));
  EXPECT_FALSE(largest != 0 && column.is_at_most(largest - 1));
}

constexpr std::uint64_t kTail = 1 << 14;  // with fewer values nothing is packed before pack()

TEST(Column, packs_itself_while_it_grows_and_holds_what_a_vector_holds) {
  for (std::uint64_t seed = 1; seed <= test::fewer(60); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Column column;
    column.pack_while_growing();
    std::vector<std::uint64_t> expected;
    while (expected.size() < 4 * kTail) {
      const int kind = static_cast<int>(random() % 7);
      std::uint64_t value = random() % 4 == 0 ? 0 : random() >> (random() % 64);
      for (std::uint64_t left = 1 + random() % (2 * kTail); left != 0; --left) {
        value = next_value(random, kind, value);
        column.push_back(value);
        expected.push_back(value);
        const std::uint64_t at = random() % expected.size();  // while it is being read
        ASSERT_EQ(column[at], expected[at]) << at << " of " << expected.size();
      }
      const Column copy = column;
      expect_whole(copy, expected);
      EXPECT_LE(copy.memory_bytes(), column.memory_bytes());
      if (random() % 4 == 0) column.shrink_to_fit();
    }
    Column taken = std::move(column), changed = taken;
    for (int i = 0; i < 3; ++i) {  // the first of them may be one among the packed
      const std::uint64_t at = random() % expected.size(), value = random() >> (random() % 64);
      changed.set(at, value);
      EXPECT_EQ(changed[at], value);
      changed.set(at, expected[at]);
    }
    changed.push_back(7);
    EXPECT_EQ(changed[expected.size()], 7u);
    expect_whole(taken, expected);
    taken.pack();
    expect_whole(taken, expected);
    const auto borrowed = Column::borrow(taken.bytes(), taken.width_bytes(), taken.size(), taken.first());
    ASSERT_TRUE(borrowed.has_value());
    expect_whole(*borrowed, expected);
    expected.push_back(7);
    expect_whole(changed, expected);
    changed.pack();
    expect_whole(changed, expected);
  }
}

TEST(Column, takes_many_values_at_once_as_it_takes_one_by_one) {
  for (std::uint64_t seed = 1; seed <= test::fewer(40); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Column column;
    if (seed % 4 != 0) column.pack_while_growing();
    std::vector<std::uint64_t> expected, values;
    while (expected.size() < 3 * kTail) {
      const int kind = static_cast<int>(random() % 7);
      std::uint64_t value = random() % 4 == 0 ? 0 : random() >> (random() % 64);
      for (std::uint64_t left = random() % 200; left != 0; --left) {
        values.clear();
        for (std::uint64_t i = random() % 300; i != 0; --i) values.push_back(value = next_value(random, kind, value));
        column.append(values);
        expected.insert(expected.end(), values.begin(), values.end());
        ASSERT_EQ(column.size(), expected.size());
        if (random() % 8 == 0) column.push_back(expected.emplace_back(value));
      }
    }
    expect_whole(column, expected);
    column.pack();
    expect_whole(column, expected);
  }
}

TEST(Column, that_packs_itself_ends_as_one_that_is_packed_when_it_is_complete) {
  const std::uint64_t kLast = 1 << 12;
  for (const std::uint64_t around :
       {std::uint64_t{1}, std::uint64_t{128}, kLast, kTail, kTail + kLast, 2 * kTail - kLast, 2 * kTail, 3 * kTail}) {
    for (const std::uint64_t count : {around - 1, around, around + 1}) {
      for (const unsigned bits : {0u, 3u, 33u, 58u}) {
        SCOPED_TRACE(testing::Message() << count << " values, steps of " << bits << " bits");
        const auto values = drifting(count, bits, count + bits);
        Column plain = column_of(values), growing;
        growing.pack_while_growing();
        for (const std::uint64_t value : values) growing.push_back(value);
        expect_same(growing, values);
        plain.pack();
        growing.pack();
        EXPECT_EQ(growing.width_bytes(), plain.width_bytes());
        EXPECT_TRUE(std::ranges::equal(growing.bytes(), plain.bytes()));
        EXPECT_EQ(growing.memory_bytes(), plain.memory_bytes());
      }
    }
  }
}

TEST(Column, that_packs_itself_is_never_held_unpacked) {
  for (const std::uint64_t equal_at_first : {std::uint64_t{0}, 10 * kTail}) {
    Column column;
    column.pack_while_growing();
    std::mt19937_64 random(1);
    std::uint64_t most = 0;
    for (std::uint64_t i = 0; i < 20 * kTail; ++i) {
      column.push_back(i < equal_at_first ? 0 : 1'000'000 + 10 * i + random() % 10);
      most = std::max(most, column.memory_bytes());
    }
    EXPECT_EQ(column.width_bytes(), 3u);
    // 128 values move by less than 2^11: with its leaves and the room it grows by, two and a half bytes a value.
    EXPECT_LE(most, kTail * 3 + 20 * kTail * 5 / 2);
  }
}

}  // namespace
}  // namespace allocviz::trace
