#include <gtest/gtest.h>

#include <string>

#include "core/trace/spec.h"

namespace allocviz::trace {
namespace {

TEST(Spec, every_spelling_is_read_and_printed_back_the_same) {
  for (const char* text : {"buddy:arena=1MiB,min=64", "buddy:arena=148KiB,min=16,block=4KiB",
                           "buddy:arena=512KiB,min=16,block=64KiB,gaps=4096-8192+100000-163850+400000-400001",
                           "buddy:arena=2GiB,min=1KiB", "buddy:arena=1000KiB,min=64", "bump:arena=64KiB",
                           "bump:arena=1", "slab:block=64,count=1024", "slab:block=48,count=0",
                           "tiered:arena=64MiB,min=64", "tiered:arena=64MiB,min=64,classes=16+32+48", "recorded"}) {
    const auto spec = parse_spec(text);
    ASSERT_TRUE(spec.ok()) << text << ": " << spec.trouble().text();
    EXPECT_EQ(to_text(*spec), text);
    const auto again = parse_spec(to_text(*spec));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, *spec) << text;
    EXPECT_FALSE(fault_of(*spec).has_value());
  }
}

TEST(Spec, keys_come_in_any_order_and_sizes_in_any_unit) {
  const auto spec = parse_spec("buddy:min=0064 B,block=65536,arena=1048576");
  ASSERT_TRUE(spec.ok()) << spec.trouble().text();
  EXPECT_EQ(to_text(*spec), "buddy:arena=1MiB,min=64,block=64KiB");
}

TEST(Spec, a_smallest_block_that_is_not_given_is_64_bytes) {
  EXPECT_EQ(to_text(parse_spec("buddy:arena=1KiB").value()), "buddy:arena=1KiB,min=64");
}

TEST(Spec, the_largest_block_is_the_largest_power_of_two_that_divides_the_arena) {
  EXPECT_EQ(largest_block_bytes(parse_spec("buddy:arena=1MiB").value()), 1u << 20);
  EXPECT_EQ(largest_block_bytes(parse_spec("buddy:arena=148KiB,min=16").value()), 4096u);
  EXPECT_EQ(largest_block_bytes(parse_spec("buddy:arena=1MiB,block=64KiB").value()), 65536u);
}

TEST(Spec, titles_are_what_the_window_shows) {
  EXPECT_EQ(to_title(parse_spec("buddy:arena=1MiB,min=64").value()), "buddy 1 MiB / 64 B");
  EXPECT_EQ(to_title(parse_spec("buddy:arena=1MiB,min=64,block=64KiB,gaps=0-64").value()),
            "buddy 1 MiB in 64 KiB / 64 B, 1 gap");
  EXPECT_EQ(to_title(parse_spec("bump:arena=64KiB").value()), "bump 64 KiB");
  EXPECT_EQ(to_title(parse_spec("slab:block=64,count=1024").value()), "slab 1 024 × 64 B");
  EXPECT_EQ(to_title(parse_spec("tiered:arena=64MiB").value()), "tiered 64 MiB / 64 B");
  EXPECT_EQ(to_title(parse_spec("recorded").value()), "recorded");
}

TEST(Spec, a_configuration_that_cannot_be_says_why_and_what_is_nearest) {
  const struct {
    const char* text;
    const char* field;
    const char* what;
    const char* todo;
  } cases[] = {
      {"", "kind", "\"\" is no kind of allocator", "write buddy, bump, slab, tiered or recorded"},
      {"tlsf:arena=1MiB", "kind", "\"tlsf\" is no kind of allocator", "write buddy"},
      {"buddy", "arena", "a buddy needs \"arena\"", "write it like buddy:arena=1MiB,min=64"},
      {"slab:block=64", "count", "a slab needs \"count\"", "slab:block=64,count=1024"},
      {"bump:arena=1KiB,min=64", "min", "a bump has no \"min\"", "its keys are arena"},
      {"recorded:arena=1", "arena", "a recorded has no \"arena\"", "write recorded alone"},
      {"buddy:arena=1KiB,arena=2KiB", "arena", "given twice", "once"},
      {"buddy:arena=", "arena", "it has no value", "write arena="},
      {"buddy:arena", "arena", "it has no value", "write arena="},
      {"buddy:arena=1KB", "arena", "the unit \"KB\"", "1 KiB"},
      {"buddy:arena=1KiB,gaps=5", "gaps", "no size", "FROM-TO"},
      {"buddy:arena=0", "arena", "arena is 0 B", "1 B or more"},
      {"bump:arena=0", "arena", "arena is 0 B", "1 B or more"},
      {"buddy:arena=1KiB,min=48", "min", "min is 48 B, which is no power of two", "nearest: 32 B or 64 B"},
      {"buddy:arena=1KiB,min=17", "min", "min is 17 B, which is no power of two", "nearest: 16 B or 32 B"},
      {"buddy:arena=1KiB,min=9", "min", "no power of two", "nearest: 16 B"},
      {"buddy:arena=1KiB,min=0", "min", "min is 0 B", "nearest: 16 B"},
      {"buddy:arena=1KiB,min=8", "min", "a free block holds two pointers", "nearest: 16 B"},
      {"buddy:arena=9223372036854775808,min=1", "min", "there are 64 levels, too many: 63 is the most",
       "nearest: 16 B"},
      {"buddy:arena=256TiB", "arena", "the unit \"TiB\"", "1 GiB"},
      {"buddy:arena=262144GiB", "arena", "larger than what a process can reserve", "nearest: 32768 GiB"},
      {"bump:arena=140737488355329", "arena", "larger than what a process can reserve", "nearest: 32768 GiB"},
      {"buddy:arena=1KiB,block=96", "block", "block is 96 B, which is no power of two", "nearest: 64 B or 128 B"},
      {"buddy:arena=1KiB,block=0", "block", "a block of 0 B", "16 B or more"},
      {"buddy:arena=1KiB,block=32", "block", "the largest block is 32 B, smaller than the smallest, 64 B",
       "nearest: 64 B"},
      {"buddy:arena=1000,min=64", "arena", "arena is 1000 B, no multiple of the smallest block, 64 B",
       "nearest: 960 B or 1 KiB"},
      {"buddy:arena=10,min=64", "arena", "no multiple of the smallest block", "nearest: 64 B"},
      {"buddy:arena=150000,min=16,block=4KiB", "arena", "no multiple of the largest block, 4 KiB",
       "nearest: 144 KiB or 148 KiB"},
      {"buddy:arena=1KiB,block=2KiB", "arena", "no multiple of the largest block", "nearest: 2 KiB"},
      {"buddy:arena=1KiB,gaps=64-64", "gaps[0]", "gap 1 is [64, 64), which is empty or backwards", "smaller than TO"},
      {"buddy:arena=1KiB,gaps=128-64", "gaps[0]", "empty or backwards", "smaller than TO"},
      {"buddy:arena=1KiB,gaps=64-1025", "gaps[0]", "outside the arena of 1024 B", "end it at 1024"},
      {"buddy:arena=1KiB,gaps=64-128+100-200", "gaps[1]", "the gap before it ends at 128", "begin it at 128"},
      {"buddy:arena=1KiB,gaps=512-600+0-64", "gaps[1]", "the gap before it begins at 512", "sort"},
      {"buddy:arena=1KiB,gaps=0-1+63-1024", "gaps", "leave nothing to manage", "one smallest block"},
      {"slab:block=4,count=10", "block", "a block of 4 B cannot hold the link", "nearest: 8 B"},
      {"slab:block=262144GiB,count=1", "block", "larger than what a process can reserve", "nearest: 32768 GiB"},
      {"slab:block=64,count=18446744073709551615", "count", "larger than what a process can reserve",
       "nearest: 549755813888"},
      {"slab:block=9,count=9000000000000", "count", "larger than what a process can reserve", "nearest: 2199023255552"},
      {"tiered:arena=1MiB,min=48", "min", "no power of two", "nearest: 32 B or 64 B"},
      {"tiered:arena=1MiB,classes=16+x", "classes", "no size", "joined by +"},
      {"tiered:arena=1MiB,classes=4", "classes[0]", "cannot hold the link", "nearest: 8 B"},
      {"tiered:arena=1MiB,classes=16+16", "classes[1]", "a class of 16 B after one of 16 B", "smallest first"},
      {"tiered:arena=1KiB,classes=2KiB", "classes[0]", "larger than the largest block", "nearest: 1 KiB"},
  };
  for (const auto& [text, field, what, todo] : cases) {
    const auto spec = parse_spec(text);
    ASSERT_FALSE(spec.ok()) << text;
    EXPECT_EQ(spec.trouble().where.field, field) << text << ": " << spec.trouble().text();
    EXPECT_NE(spec.trouble().what.find(what), std::string::npos) << text << ": " << spec.trouble().text();
    EXPECT_NE(spec.trouble().todo.find(todo), std::string::npos) << text << ": " << spec.trouble().text();
  }
}

TEST(Spec, the_nearest_values_that_are_named_are_themselves_valid) {
  // Each pair: what was refused, and one of the values its trouble names.
  for (const char* text :
       {"buddy:arena=1KiB,min=32", "buddy:arena=1KiB,min=16", "buddy:arena=32768GiB", "bump:arena=32768GiB",
        "buddy:arena=960,min=64", "buddy:arena=64,min=64", "buddy:arena=144KiB,min=16,block=4KiB",
        "buddy:arena=2KiB,block=2KiB", "buddy:arena=1KiB,block=64", "slab:block=8,count=10",
        "slab:block=64,count=549755813888", "slab:block=9,count=2199023255552", "slab:block=32768GiB,count=1",
        "tiered:arena=1KiB,classes=1KiB"}) {
    const auto spec = parse_spec(text);
    EXPECT_TRUE(spec.ok()) << text << ": " << (spec.ok() ? "" : spec.trouble().text());
  }
}

TEST(Spec, a_log_that_names_none_gets_a_buddy_of_twice_its_peak) {
  EXPECT_EQ(to_text(default_spec(0)), "buddy:arena=64,min=64");
  EXPECT_EQ(to_text(default_spec(32)), "buddy:arena=64,min=64");
  EXPECT_EQ(to_text(default_spec(33)), "buddy:arena=128,min=64");
  EXPECT_EQ(to_text(default_spec(33, 4096)), "buddy:arena=4KiB,min=4KiB");
  EXPECT_EQ(to_text(default_spec(335'630'336, 4096)), "buddy:arena=1GiB,min=4KiB");
  EXPECT_EQ(to_text(default_spec(440468)), "buddy:arena=1MiB,min=64");
  EXPECT_EQ(to_text(default_spec(524288)), "buddy:arena=1MiB,min=64");
  EXPECT_EQ(to_text(default_spec(24754640)), "buddy:arena=64MiB,min=64");
  EXPECT_EQ(to_text(default_spec(std::uint64_t{7} << 30)), "buddy:arena=16GiB,min=64");
  EXPECT_EQ(to_text(default_spec(std::uint64_t{51} << 30)), "buddy:arena=128GiB,min=512");
  for (const std::uint64_t peak :
       {~std::uint64_t{0}, std::uint64_t{1} << 63, std::uint64_t{1} << 46, (std::uint64_t{1} << 46) - 1}) {
    EXPECT_FALSE(fault_of(default_spec(peak)).has_value()) << peak;
  }
}

}  // namespace
}  // namespace allocviz::trace
