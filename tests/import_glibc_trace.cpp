// Records of glibc's malloc trace utilities: both byte orders and word sizes, threads that overtake each other, cuts.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/import_support.h"

namespace allocviz::import::glibc_trace_test {
namespace {

using trace::Facts;
using trace::Op;
using trace::Trace;

constexpr std::uint8_t kMalloc = 1, kCalloc = 2, kFree = 3, kRealloc = 4, kMemalign = 5, kPvalloc = 7,
                       kPosixMemalign = 8, kMagic = 255;

// A file as a machine of that order and word would write it.
class File {
 public:
  explicit File(bool most_first = false, std::size_t word = 8) : most_first_(most_first), word_(word) {
    add(1, kMagic, 0x1234, 0, word);
  }
  File& add(std::uint64_t thread, std::uint8_t type, std::uint64_t ptr1, std::uint64_t ptr2, std::uint64_t size,
            std::uint64_t size2 = 0, bool in_parts = false) {
    number(thread, 4);
    text_ += static_cast<char>(type);
    text_ += static_cast<char>(in_parts ? (most_first_ ? 0x02 : 0x40) : 0);
    text_.append(2, '\0');
    for (const std::uint64_t value : {ptr1, ptr2, size, size2}) number(value, word_);
    text_.append(3 * word_, '\0');
    return *this;
  }
  File& malloc(std::uint64_t thread, std::uint64_t addr, std::uint64_t size) {
    return add(thread, kMalloc, 0, addr, size);
  }
  File& free(std::uint64_t thread, std::uint64_t addr) { return add(thread, kFree, addr, 0, 0); }
  File& realloc(std::uint64_t thread, std::uint64_t from, std::uint64_t to, std::uint64_t size) {
    return add(thread, kRealloc, from, to, size);
  }
  File& hole() {
    text_.append(8 + 7 * word_, '\0');
    return *this;
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] Trace read() const {
    Trace trace = trace_of("glibc-trace", text_);
    EXPECT_EQ(fault_of_import(trace), "");
    return trace;
  }

 private:
  void number(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
      text_ += static_cast<char>(value >> 8 * (most_first_ ? bytes - 1 - i : i) & 0xff);
    }
  }

  bool most_first_;
  std::size_t word_;
  std::string text_;
};

TEST(GlibcTrace, the_fixture_has_the_figures_that_were_counted_by_hand) {
  const auto trace = open_trace(data_path("glibc-small.mtr"));
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  Facts expected;
  expected.allocs = 7;
  expected.frees = 3;  // one of them realloc(p, 0)
  expected.reallocs = 3;
  expected.null_frees = 1;
  expected.unknown_reallocs = 1;  // realloc(NULL, 24)
  expected.failed_requests = 2;
  expected.peak_live_bytes = 150 + 200 + 64 + 32 + 10;
  expected.peak_live_blocks = 5;
  expected.largest_request = 200;
  expected.live_bytes_at_end = 64 + 32 + 10 + 40 + 24;
  expected.live_blocks_at_end = 5;
  expected.threads = 2;
  EXPECT_EQ(trace->facts(), expected);
  ASSERT_EQ(trace->warnings().size(), 1u);
  EXPECT_TRUE(warns(*trace, "1 free stood behind the request of another thread that got the block's place"));
}

TEST(GlibcTrace, reads_both_byte_orders_and_word_sizes_as_the_magic_record_says) {
  for (const bool most_first : {false, true}) {
    for (const std::size_t word : {std::size_t{4}, std::size_t{8}}) {
      File file(most_first, word);
      file.malloc(300, 0x10203040, 70000)
          .add(300, kMemalign, 0, 0x50607080, 5, 256)
          .realloc(301, 0x10203040, 0x90, 80001);
      ASSERT_EQ(importer_named("glibc-trace").recognise(file.text()), 100) << most_first << word;
      const Trace trace = file.read();
      ASSERT_EQ(trace.size(), 3u) << most_first << word;
      EXPECT_EQ(trace.event(0).addr, 0x10203040u);
      EXPECT_EQ(trace.event(0).size, 70000u);
      EXPECT_EQ(trace.event(0).thread, 300u);
      EXPECT_EQ(trace.event(0).align(), 2 * word);
      EXPECT_EQ(trace.event(1).align(), 256u);
      EXPECT_EQ(trace.event(2).op, Op::Realloc);
      EXPECT_EQ(trace.event(2).addr, 0x90u);
      EXPECT_EQ(trace.facts().live_bytes_at_end, 80006u);
      EXPECT_TRUE(trace.warnings().empty());
    }
  }
}

TEST(GlibcTrace, passes_over_holes_and_the_zeros_at_the_end) {
  File file;
  file.hole().malloc(1, 0x10, 5).hole().hole().free(1, 0x10).hole();
  const Trace trace = file.read();
  EXPECT_EQ(trace.size(), 2u);
  EXPECT_TRUE(trace.warnings().empty());
  EXPECT_TRUE(warns(File().hole().read(), "the log has no events"));
}

TEST(GlibcTrace, reads_alignments_pages_and_what_failed) {
  File file;
  file.add(1, kCalloc, 0, 0x10, 24).add(1, kPvalloc, 0, 0x1000, 10).add(1, kMemalign, 0, 0x2000, 8, 48);
  file.add(1, kPosixMemalign, 0, 0x3000, 9, 4096).add(1, kPosixMemalign, 22, 0xdead, 9, 3).malloc(1, 0, 1000);
  file.realloc(1, 0x10, 0, 50).realloc(1, 0x10, 0, 0).realloc(1, 0, 0x40, 6).malloc(1, 0, ~std::uint64_t{0});
  const Trace trace = file.read();
  ASSERT_EQ(trace.size(), 10u);
  EXPECT_EQ(trace.event(0).size, 24u);  // calloc's product
  EXPECT_EQ(trace.event(1).align(), 4096u);
  EXPECT_EQ(trace.event(2).align(), 64u);
  EXPECT_EQ(trace.event(3).align(), 4096u);
  EXPECT_TRUE(trace.event(4).has(trace::kFailedThere));
  EXPECT_TRUE(trace.event(6).has(trace::kFailedThere));  // the block stays
  EXPECT_EQ(trace.event(7).op, Op::Free);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().failed_requests, 4u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 10u + 8 + 9 + 6);
  EXPECT_TRUE(warns(trace, "1 failed request for more than 2^63-1 bytes"));
}

TEST(GlibcTrace, counts_a_realloc_once_that_became_a_malloc_and_a_free) {
  File file;
  file.malloc(1, 0x10, 8)
      .add(1, kRealloc, 0x10, 0x20, 16, 0, true)
      .malloc(2, 0x30, 5)
      .malloc(1, 0x20, 16)
      .free(1, 0x10);
  file.add(1, kRealloc, 0x20, 0, 99, 0, true).malloc(1, 0, 99);                 // refused
  file.add(1, kRealloc, 0x20, 0, 0, 0, true).free(1, 0x20).malloc(1, 0x20, 7);  // the last is a call of its own
  const Trace trace = file.read();
  EXPECT_EQ(trace.facts().allocs, 3u);
  EXPECT_EQ(trace.facts().reallocs, 2u);
  EXPECT_EQ(trace.facts().frees, 1u);
  EXPECT_EQ(trace.facts().failed_requests, 1u);
  EXPECT_EQ(trace.facts().implicit_frees + trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 12u);
  EXPECT_TRUE(trace.warnings().empty());
}

TEST(GlibcTrace, puts_a_free_of_another_thread_before_the_request_that_got_its_place) {
  File file;
  file.malloc(1, 0x10, 8).malloc(2, 0x10, 16).malloc(3, 0x10, 32).free(1, 0x10).free(2, 0x10);
  const Trace trace = file.read();
  ASSERT_EQ(trace.size(), 5u);
  EXPECT_EQ(trace.event(1).op, Op::Free);
  EXPECT_EQ(trace.event(1).thread, 1u);
  EXPECT_EQ(trace.event(3).op, Op::Free);
  EXPECT_EQ(trace.event(3).thread, 2u);
  EXPECT_EQ(trace.facts().implicit_frees + trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 32u);
  EXPECT_TRUE(warns(trace, "2 frees stood behind the requests of another thread"));
}

TEST(GlibcTrace, a_realloc_that_was_overtaken_loses_neither_its_old_nor_its_new_block) {
  File old_place;  // 2 gets what the realloc of 1 left
  old_place.malloc(1, 0x10, 8).malloc(2, 0x10, 16).realloc(1, 0x10, 0x20, 9).free(1, 0x20).free(2, 0x10);
  EXPECT_EQ(old_place.read().facts().unknown_frees, 0u);
  EXPECT_EQ(old_place.read().facts().implicit_frees, 0u);
  EXPECT_EQ(old_place.read().facts().live_blocks_at_end, 0u);
  EXPECT_EQ(old_place.read().size(), 5u);
  File new_place;  // the realloc of 2 got what 1 frees
  new_place.malloc(1, 0x10, 8).malloc(2, 0x20, 16).realloc(2, 0x20, 0x10, 32).free(1, 0x10).free(2, 0x10);
  EXPECT_EQ(new_place.read().facts().unknown_frees, 0u);
  EXPECT_EQ(new_place.read().facts().live_blocks_at_end, 0u);
  EXPECT_EQ(new_place.read().size(), 5u);
}

TEST(GlibcTrace, a_free_that_never_comes_or_is_the_threads_own_is_counted_as_everywhere) {
  File lost;
  lost.malloc(1, 0x10, 8).malloc(2, 0x10, 16).free(2, 0x10);
  EXPECT_EQ(lost.read().facts().implicit_frees, 1u);
  EXPECT_EQ(lost.read().facts().live_blocks_at_end, 0u);
  File realloc;
  realloc.malloc(1, 0x10, 8).malloc(2, 0x20, 16).realloc(2, 0x20, 0x10, 32);
  const Trace trace = realloc.read();
  EXPECT_EQ(trace.facts().frees, 1u);  // added, as of any log
  EXPECT_EQ(trace.facts().live_bytes_at_end, 32u);
  File late;  // further behind than is looked
  late.malloc(1, 0x10, 8).malloc(2, 0x10, 16);
  for (std::uint64_t i = 0; i < 300; ++i) late.malloc(2, 0x1000 + 16 * i, 1);
  late.free(1, 0x10);
  EXPECT_EQ(late.read().facts().implicit_frees, 1u);
  EXPECT_EQ(late.read().facts().frees, 1u);
}

TEST(GlibcTrace, leaves_out_records_of_unknown_kinds_and_sizes_that_nobody_has) {
  File file;
  file.malloc(1, 0x10, 5).add(1, 9, 0, 0x20, 5).add(1, kMagic, 0x99, 0, 8).malloc(1, 0x30, std::uint64_t{1} << 63);
  const Trace trace = file.read();
  EXPECT_EQ(trace.size(), 1u);
  EXPECT_TRUE(warns(trace, "3 records (3, 4, 5) are not glibc malloc trace utilities"));
}

TEST(GlibcTrace, a_second_file_behind_the_first_begins_anew) {
  File file;
  file.malloc(1, 0x10, 5);
  File second;
  second.malloc(1, 0x10, 7);
  const Trace trace = trace_of("glibc-trace", file.text() + second.text());
  EXPECT_EQ(trace.facts().resets, 1u);
  EXPECT_EQ(trace.facts().implicit_frees, 0u);
  EXPECT_EQ(trace.facts().live_bytes_at_end, 7u);
  EXPECT_TRUE(warns(trace, "2 traces stand in the file"));
}

TEST(GlibcTrace, a_thread_number_that_looks_like_utf16_is_none) {
  File file;
  std::string text = file.malloc(0x200041, 0x10, 5).text();
  text.replace(0, 4, std::string("A\0 \0", 4));
  const std::string path = testing::TempDir() + "glibc_trace_utf16.dat";
  write_file(path, text);
  const auto trace = open_trace(path);
  ASSERT_TRUE(trace.ok()) << trace.trouble().text();
  EXPECT_EQ(trace->size(), 1u);
}

TEST(GlibcTrace, cut_at_any_byte_gives_its_complete_records) {
  const std::string text = text_of(data_path("glibc-small.mtr"));
  std::uint64_t last = 0;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string_view part = std::string_view(text).substr(0, length);
    const auto trace = read_text("glibc-trace", part);
    ASSERT_EQ(trace.ok(), length >= 64) << length;
    ASSERT_EQ(importer_named("glibc-trace").recognise(part), length >= 64 ? 100 : 0) << length;
    if (!trace) continue;
    ASSERT_EQ(fault_of_import(*trace), "") << length;
    ASSERT_GE(trace->size(), last) << length;
    ASSERT_EQ(warns(*trace, "cut short"), length % 64 != 0) << length;
    last = trace->size();
  }
  EXPECT_EQ(last, 13u);
}

}  // namespace
}  // namespace allocviz::import::glibc_trace_test
