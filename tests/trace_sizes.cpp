#include <gtest/gtest.h>

#include "core/trace/spec.h"
#include "core/trace/utf8.h"

namespace allocviz::trace {
namespace {

TEST(Sizes, are_read_in_every_spelling) {
  const struct {
    const char* text;
    std::uint64_t bytes;
  } cases[] = {{"0", 0},
               {"64", 64},
               {"64 B", 64},
               {"64B", 64},
               {"1 KiB", 1024},
               {"1MiB", 1u << 20},
               {"2GiB", 2ull << 30},
               {"007", 7},
               {"17179869183 GiB", 17179869183ull << 30},
               {"18446744073709551615", ~0ull}};
  for (const auto& [text, bytes] : cases) {
    const auto size = parse_size(text);
    ASSERT_TRUE(size.ok()) << text << ": " << size.trouble().text();
    EXPECT_EQ(*size, bytes) << text;
  }
}

TEST(Sizes, are_taken_as_people_type_them_where_no_file_is_read) {
  const struct {
    const char* text;
    std::uint64_t bytes;
  } cases[] = {{"64", 64},
               {"64b", 64},
               {"4k", 4096},
               {"4K", 4096},
               {"512 kib", 1u << 19},
               {"512 KiB", 1u << 19},
               {" 1M ", 1u << 20},
               {"1 MIB", 1u << 20},
               {"2g", 2ull << 30},
               {"0", 0}};
  for (const auto& [text, bytes] : cases) {
    const auto size = parse_typed_size(text);
    ASSERT_TRUE(size.ok()) << text << ": " << size.trouble().text();
    EXPECT_EQ(*size, bytes) << text;
  }
  EXPECT_EQ(parse_spec("buddy:arena=512k,min=64")->arena_bytes, 1u << 19);
}

TEST(Sizes, typed_and_none_at_all_say_why_as_in_a_file) {
  for (const char* text : {"", " ", "-1", "1.5k", "k", "0x40", "1 KB", "64MB", "1 TiB", "4k k", "17179869184g", "b"}) {
    EXPECT_FALSE(parse_typed_size(text).ok()) << text;
  }
  EXPECT_NE(parse_typed_size("64MB").trouble().text().find("\"64MB\""), std::string::npos);
}

TEST(Sizes, that_are_none_say_why) {
  const struct {
    const char* text;
    const char* why;
  } cases[] = {{"", "it is empty"},
               {"-1", "it has a sign"},
               {"+1", "it has a sign"},
               {"1.5 KiB", "it has a fraction"},
               {"1,5 KiB", "it has a fraction"},
               {" 1", "it does not begin with a number"},
               {"KiB", "it does not begin with a number"},
               {"0x40", "the unit \"x40\""},
               {"1 KB", "the unit \"KB\""},
               {"1  KiB", "the unit \" KiB\""},
               {"1 ", "it ends with a space"},
               {"1 kib", "the unit \"kib\""},
               {"1 TiB", "the unit \"TiB\""},
               {"18446744073709551616", "larger than 64 bits hold"},
               {"18446744073709551615 KiB", "larger than 64 bits hold"},
               {"17179869184 GiB", "larger than 64 bits hold"}};
  for (const auto& [text, why] : cases) {
    const auto size = parse_size(text);
    ASSERT_FALSE(size.ok()) << text;
    EXPECT_NE(size.trouble().text().find(why), std::string::npos) << text << ": " << size.trouble().text();
    EXPECT_NE(size.trouble().todo.find("1 KiB"), std::string::npos);
  }
}

TEST(Sizes, are_shown_with_at_most_one_decimal) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(64), "64 B");
  EXPECT_EQ(size_text(1023), "1 023 B");
  EXPECT_EQ(size_text(1024), "1 KiB");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(1025), "1 KiB");
  EXPECT_EQ(size_text(151552), "148 KiB");
  EXPECT_EQ(size_text((1u << 20) - 1), "1 MiB");  // never "1024 KiB"
  EXPECT_EQ(size_text(440468), "430.1 KiB");
  EXPECT_EQ(size_text(24754640), "23.6 MiB");
  EXPECT_EQ(size_text(std::uint64_t{1} << 47), "128 TiB");
  EXPECT_EQ(size_text(~std::uint64_t{0}), "16 EiB");
}

TEST(Sizes, are_shown_exactly_where_that_is_asked_for) {
  EXPECT_EQ(exact_size_text(0), "0 B");
  EXPECT_EQ(exact_size_text(1048576), "1 048 576 B");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1 000");
  EXPECT_EQ(count_text(1234567), "1 234 567");
  EXPECT_EQ(count_text(~std::uint64_t{0}), "18 446 744 073 709 551 615");
}

TEST(Counts, stand_before_one_or_several) {
  EXPECT_EQ(count_text(0, "block"), "0 blocks");
  EXPECT_EQ(count_text(1, "block"), "1 block");
  EXPECT_EQ(count_text(1234, "block"), "1 234 blocks");
  EXPECT_EQ(count_text(1, "size class"), "1 size class");
  EXPECT_EQ(count_text(2, "size class"), "2 size classes");
}

TEST(Sizes, have_the_article_that_is_spoken_before_them) {
  EXPECT_EQ(trace::with_article("64 B"), "a 64 B");
  EXPECT_EQ(trace::with_article("1 KiB"), "a 1 KiB");
  EXPECT_EQ(trace::with_article("8 KiB"), "an 8 KiB");
  EXPECT_EQ(trace::with_article("8.5 KiB"), "an 8.5 KiB");
  EXPECT_EQ(trace::with_article("800 B"), "an 800 B");
  EXPECT_EQ(trace::with_article("11 B"), "an 11 B");
  EXPECT_EQ(trace::with_article("18 432 B"), "an 18 432 B");
  EXPECT_EQ(trace::with_article("110 B"), "a 110 B");
  EXPECT_EQ(trace::with_article("1 800 B"), "a 1 800 B");
}

TEST(Sizes, offsets_have_as_many_digits_as_the_arena_needs_and_at_least_three) {
  EXPECT_EQ(offset_text(0x40, 1024), "0x040");
  EXPECT_EQ(offset_text(0, 16), "0x000");
  EXPECT_EQ(offset_text(0x400, 4096), "0x0400");
  EXPECT_EQ(offset_text(0xfffff, 1u << 20), "0x0fffff");
  EXPECT_EQ(offset_text(0x12345, 16), "0x12345");
}

TEST(Utf8, what_is_valid_is_what_the_standard_says) {
  for (const char* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
    EXPECT_EQ(to_utf8(good), good);
  }
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
                          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xffz"}) {
    EXPECT_FALSE(is_utf8(bad));
    EXPECT_TRUE(is_utf8(to_utf8(bad)));
  }
  EXPECT_EQ(to_utf8("a\xff\xc3\xa4z"), "a\xef\xbf\xbd\xc3\xa4z");
}

}  // namespace
}  // namespace allocviz::trace
