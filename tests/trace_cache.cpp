// Traces kept as columns: what is read back is the trace or nothing, whatever became of the file.
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/trace/cache.h"
#include "core/trace/cache_image.h"
#include "tests/support/seed.h"
#include "tests/support/trace_samples.h"

namespace allocviz::trace {
namespace {

namespace fs = std::filesystem;

std::string image_of(const Trace& trace, std::string_view key = "key") {
  std::string image;
  EXPECT_TRUE(TraceImage::write(trace, trace.header(), key, [&image](std::string_view piece) {
    image += piece;
    return true;
  }));
  return image;
}

std::optional<Trace> read_image(const std::string& image, std::string_view key = "key") {
  // Exactly as many bytes as there are, so that a sanitizer sees what is read beyond them.
  const auto bytes = std::make_shared<std::vector<std::byte>>(image.size());
  if (!image.empty()) std::memcpy(bytes->data(), image.data(), image.size());
  return TraceImage::read(*bytes, key, bytes);
}

void expect_sound(const Trace& trace) {
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    const Event event = trace.event(i);
    ASSERT_TRUE(event.slot == kNoSlot || event.slot < trace.slot_count());
    ASSERT_LE(event.site, trace.sites().size());
    ASSERT_LE(event.tag, trace.tags().size());
    ASSERT_LT(event.align_log2, 64);
    (void)trace.id_text(event);
  }
}

TEST(TraceImage, gives_back_an_equal_trace) {
  const std::uint64_t seed = test::seed();
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Trace trace = test::random_trace(seed + i, i * 40);
    const auto read = read_image(image_of(trace));
    ASSERT_TRUE(read) << i;
    EXPECT_EQ(difference(trace, *read), "");
    EXPECT_EQ(trace.header().format, read->header().format);
    EXPECT_EQ(trace.warnings(), read->warnings());
    EXPECT_EQ(to_json_text(trace), to_json_text(*read));
    EXPECT_TRUE(read->is_borrowed());
    EXPECT_EQ(image_of(trace), image_of(*read));
  }
}

TEST(TraceImage, of_another_file_or_cut_anywhere_is_nothing) {
  const std::string image = image_of(test::random_trace(test::seed(), 60));
  EXPECT_FALSE(read_image(image, "another key"));
  for (std::size_t length = 0; length < image.size(); ++length) {
    ASSERT_FALSE(read_image(image.substr(0, length))) << length;
  }
  EXPECT_FALSE(read_image(image + std::string(64, '\0')));
}

TEST(TraceImage, with_any_bit_flipped_is_nothing) {
  const std::string image = image_of(test::random_trace(test::seed(), 60));
  for (std::size_t at = 0; at < image.size(); ++at) {
    std::string flipped = image;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    // The head's own filling says nothing; all else is summed up.
    if (at >= 40 && at < 64) continue;
    ASSERT_FALSE(read_image(flipped)) << at;
  }
}

// What somebody makes who knows how the sum is taken: the file is judged by its values alone.
TEST(TraceImage, that_was_forged_leads_nowhere_outside_its_tables) {
  std::mt19937_64 random(test::seed());
  const std::string image = image_of(test::random_trace(17, 60));
  unsigned refused = 0, read = 0;
  for (unsigned round = 0; round < 3000; ++round) {
    std::string forged = image;
    for (std::uint64_t edits = 1 + random() % 3; edits != 0; --edits) {
      const std::size_t at = 64 + random() % (forged.size() - 64);
      constexpr std::uint64_t kWords[] = {0, 1, 0xff, 0xffff'ffff, ~std::uint64_t{0}, std::uint64_t{1} << 40};
      const std::uint64_t word = kWords[random() % std::size(kWords)];
      const std::size_t bytes = std::min<std::size_t>(std::size_t{1} << (random() % 4), forged.size() - at);
      std::memcpy(forged.data() + at, &word, bytes);
    }
    TraceImage::sum_up(forged);
    const auto trace = read_image(forged);
    ++(trace ? read : refused);
    if (trace) expect_sound(*trace);
    if (trace) (void)to_json_text(*trace);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(refused, 100u);
  EXPECT_GT(read, 100u);
}

struct TraceCache : testing::Test {
  test::Folder folder;
  CachePolicy policy{.folder = folder / "cache", .from_events = 0};
  Trace trace = test::random_trace(3, 500);

  FileMark mark_of_new(const std::string& name, std::string_view bytes) {
    test::write_bytes(folder / name, bytes);
    const auto mark = mark_of(folder / name);
    EXPECT_TRUE(mark);
    return mark.value_or(FileMark{});
  }
  [[nodiscard]] Status keep(const FileMark& mark) const { return write_cached(policy, mark, trace, trace.header()); }
};

TEST_F(TraceCache, gives_back_what_was_kept_even_after_the_file_is_deleted) {
  const FileMark mark = mark_of_new("log", "some log");
  EXPECT_FALSE(read_cached(policy, mark));
  ASSERT_TRUE(keep(mark).ok());
  const auto read = read_cached(policy, mark);
  ASSERT_TRUE(read);
  fs::remove_all(policy.folder);
  EXPECT_EQ(difference(trace, *read), "");
  EXPECT_FALSE(read_cached(policy, mark));
}

TEST_F(TraceCache, is_of_one_content_of_one_file) {
  const FileMark mark = mark_of_new("log", "some log");
  ASSERT_TRUE(keep(mark).ok());
  EXPECT_NE(mark, mark_of_new("copy", "some log"));
  const auto was = fs::last_write_time(folder / "log");
  const FileMark other = mark_of_new("log", "Some log");
  fs::last_write_time(folder / "log", was);  // the same size and time: its bytes tell
  EXPECT_NE(mark, other);
  EXPECT_FALSE(read_cached(policy, *mark_of(folder / "log")));
  EXPECT_FALSE(mark_of(folder / "missing"));
  EXPECT_FALSE(mark_of(folder.path().string()));
  EXPECT_FALSE(mark_of("/dev/null"));
}

TEST_F(TraceCache, ignores_a_file_that_is_damaged_a_folder_or_a_link) {
  const FileMark mark = mark_of_new("log", "some log");
  ASSERT_TRUE(keep(mark).ok());
  const std::string path = cached_path(policy, mark);
  const std::string image = test::file_bytes(path);
  for (const std::string& damaged :
       {std::string(), image.substr(0, image.size() / 2), image + "x", std::string(5000, 'x')}) {
    test::write_bytes(path, damaged);
    EXPECT_FALSE(read_cached(policy, mark));
  }
  fs::remove(path);
  test::write_bytes(folder / "elsewhere", image);
  fs::create_symlink(folder / "elsewhere", path);
  EXPECT_FALSE(read_cached(policy, mark));
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_FALSE(read_cached(policy, mark));
  EXPECT_FALSE(keep(mark).ok());
}

TEST_F(TraceCache, gives_up_what_was_not_used_for_longest) {
  const std::uint64_t each = image_of(trace).size() + 64;
  policy.most_bytes = 3 * each + each / 2;
  std::vector<FileMark> marks;
  for (int i = 0; i < 4; ++i) {
    marks.push_back(mark_of_new("log" + std::to_string(i), "log " + std::to_string(i)));
    ASSERT_TRUE(keep(marks.back()).ok());
    if (i < 3) {
      fs::last_write_time(cached_path(policy, marks.back()),
                          fs::file_time_type::clock::now() - std::chrono::hours(9 - i));
    }
    if (i == 2) {
      EXPECT_TRUE(read_cached(policy, marks[0]));  // used now
    }
  }
  EXPECT_TRUE(read_cached(policy, marks[0]));
  EXPECT_FALSE(read_cached(policy, marks[1]));
  EXPECT_TRUE(read_cached(policy, marks[2]));
  EXPECT_TRUE(read_cached(policy, marks[3]));
  policy.most_bytes = each / 2;
  EXPECT_FALSE(keep(marks[1]).ok());  // and nothing was removed for what can never fit
  EXPECT_TRUE(read_cached(policy, marks[3]));
}

TEST_F(TraceCache, keeps_long_traces_alone_and_stops_when_told_to) {
  const FileMark mark = mark_of_new("log", "some log");
  policy.from_events = trace.size() + 1;
  ASSERT_TRUE(keep(mark).ok());
  EXPECT_FALSE(read_cached(policy, mark));
  policy.from_events = trace.size();
  Progress progress;
  progress.cancelled = [] { return true; };
  EXPECT_FALSE(write_cached(policy, mark, trace, trace.header(), progress).ok());
  EXPECT_TRUE(!fs::exists(policy.folder) || fs::is_empty(policy.folder));
  Header other = trace.header();
  other.name = "another name";
  other.processes = {{7, 300}, {9, 0}};
  other.process = 7;
  ASSERT_TRUE(write_cached(policy, mark, trace, other).ok());
  EXPECT_EQ(read_cached(policy, mark)->header().name, "another name");
  EXPECT_EQ(read_cached(policy, mark)->header().processes, other.processes);
  EXPECT_EQ(read_cached(policy, mark)->header().process, 7u);
  policy.folder.clear();
  EXPECT_TRUE(keep(mark).ok());
  EXPECT_FALSE(read_cached(policy, mark));
}

}  // namespace
}  // namespace allocviz::trace
