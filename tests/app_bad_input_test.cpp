// Whatever is opened: a clear message, bounded memory, and the document before still there.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include "tests/app_support.h"
#include "tests/support/as_nobody.h"
#include "tests/support/sanitized.h"

namespace {

using namespace app_test;
using app::Do;
using namespace std::string_literals;
namespace fs = std::filesystem;

constexpr std::string_view kHeaderLine =
    R"({"format": "allocviz-trace", "version": 1, "columns": ["op", "id", "size"]})"
    "\n";

// Peak of the resident set, in bytes; 0 where the system does not say.
std::uint64_t peak_resident() {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::uint64_t kilobytes = 0;
  while (status >> word) {
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes << 10;
  }
  return 0;
}

void forget_peak_resident() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

std::uint32_t crc_of(std::string_view bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb8'8320u : 0);
  }
  return ~crc;
}

// A zip of one member, not compressed.
std::string zip_of(const std::string& name, const std::string& content) {
  const auto put = [](std::string& out, std::initializer_list<std::pair<std::uint32_t, int>> numbers) {
    for (const auto& [number, bytes] : numbers) {
      for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i) & 0xff);
    }
  };
  const auto size = static_cast<std::uint32_t>(content.size());
  const auto name_size = static_cast<std::uint32_t>(name.size());
  std::string fields, out = "PK\3\4", directory = "PK\1\2";
  put(fields,
      {{20, 2}, {0, 2}, {0, 2}, {0, 2}, {0x21, 2}, {crc_of(content), 4}, {size, 4}, {size, 4}, {name_size, 2}, {0, 2}});
  out += fields + name + content;
  put(directory, {{20, 2}});
  directory += fields;
  put(directory, {{0, 2}, {0, 2}, {0, 2}, {0, 4}, {0, 4}});
  directory += name;
  const auto at = static_cast<std::uint32_t>(out.size());
  out += directory + "PK\5\6";
  put(out, {{0, 2}, {0, 2}, {1, 2}, {1, 2}, {static_cast<std::uint32_t>(directory.size()), 4}, {at, 4}, {0, 2}});
  return out;
}

struct BadInput : testing::Test {
  app::State state = opened(kLesson);
  fs::path folder = fs::temp_directory_path() / fmt::format("allocviz-bad-input-{}", ::getpid());
  const trace::Trace* before = nullptr;

  void SetUp() override {
    fs::create_directories(folder);
    seek(state, 3);
    before = state.document.trace.get();
  }
  void TearDown() override {
    state = {};
    fs::remove_all(folder);
  }
  std::string write(const std::string& name, std::string_view bytes) {
    const fs::path path = folder / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  std::string pack(const std::string& name, std::string_view bytes) {
    const std::string path = (folder / name).string();
    auto file = trace::AtomicFile::create(path);
    EXPECT_TRUE(file.ok() && (*file)->write(bytes).ok() && (*file)->commit().ok());
    return path;
  }
  void open(const std::string& path) {
    state.trouble.reset();
    act(state, {.what = Do::OpenFile, .text = path});
    app::finish_loading(state);
  }
  // The message holds `said`, the lesson is there as it was, and what it took is bounded.
  void expect_refused(const std::string& path, std::string_view said) {
    SCOPED_TRACE(path);
    forget_peak_resident();
    const std::uint64_t resident = peak_resident();
    open(path);
    ASSERT_TRUE(state.trouble.has_value());
    EXPECT_NE(state.trouble->text().find(said), std::string::npos) << state.trouble->text();
    EXPECT_EQ(state.trouble->where.file, path);
    EXPECT_EQ(state.document.trace.get(), before);
    EXPECT_EQ(state.document.title, "A lesson");
    EXPECT_EQ(state.cursor().event, 3u);
    EXPECT_FALSE(state.document.first_part);
    if (!allocviz::test::kSanitized) {
      EXPECT_LT(peak_resident() - resident, std::uint64_t{512} << 20);
    }
  }
};

TEST_F(BadInput, a_line_or_a_value_without_end_is_refused) {
  if (!test::kSanitized) {  // the same code as below, four times as many bytes of it
    const std::string endless(std::size_t{66} << 20, 'x');
    expect_refused(write("log.mtrace", "= Start\n@ prog:[0x1] + 0x10 0x20\n@ " + endless), "a line is longer than");
    expect_refused(write("endless.jsonl", std::string(kHeaderLine) + "[\"a\", \"" + endless), "a line is longer than");
  }
  const std::string text(std::size_t{17} << 20, 'x');
  expect_refused(write("name.json", R"({"format": "allocviz-trace", "version": 1, "name": ")" + text),
                 "one value is longer than 16 MiB");
  expect_refused(write("text.jsonl", std::string(kHeaderLine) + "[\"a\", \"" + text), "a line is longer than 16 MiB");
  EXPECT_EQ(state.trouble->where.line, 2u);
}

TEST_F(BadInput, a_size_of_2_to_the_63_is_refused_with_its_place) {
  for (const char* size : {"9223372036854775808", "18446744073709551616", "1e300", "-1"}) {
    expect_refused(write("size.jsonl", fmt::format("{}[\"a\", 1, 16]\n[\"a\", 2, {}]\n", kHeaderLine, size)), "size");
    EXPECT_EQ(state.trouble->where.line, 3u) << size;
  }
}

TEST_F(BadInput, a_million_nested_brackets_are_refused) {
  const std::string brackets(1'000'000, '[');
  expect_refused(write("nested.jsonl", std::string(kHeaderLine) + brackets), "nested");
  expect_refused(write("nested.json", R"({"format": "allocviz-trace", "version": 1, "x": )" + brackets), "nested");
}

TEST_F(BadInput, what_grows_a_thousandfold_is_refused) {
  std::string thousand;
  for (int row = 0; row < 1000; ++row) thousand += "[\"a\",1,1]\n";
  std::string rows(kHeaderLine);
  rows.reserve(std::size_t{90} << 20);
  while (rows.size() < std::size_t{80} << 20) rows += thousand;
  expect_refused(pack("bomb.jsonl.zst", rows), "more than 1000 times its size");
}

TEST_F(BadInput, the_path_of_a_zips_member_is_read_and_goes_nowhere) {
  const std::string log = std::string(kHeaderLine) + "[\"a\", 1, 16]\n";
  for (const std::string& member : {"../../escaped.jsonl"s, (folder / "escaped.jsonl").string()}) {
    open(write("log.zip", zip_of(member, log)));
    EXPECT_FALSE(state.trouble.has_value()) << state.trouble->text();
    EXPECT_EQ(state.timeline().event_count(), 1u);
    EXPECT_FALSE(fs::exists(folder / "escaped.jsonl"));
    EXPECT_FALSE(fs::exists(folder / "../../escaped.jsonl"));
  }
}

TEST_F(BadInput, a_pickle_that_would_run_something_is_refused_by_name) {
  expect_refused(write("snapshot.pickle", "\x80\x04"s + "cos\nsystem\n(S'echo'\ntR."),
                 "import something by name (GLOBAL os.system)");
}

TEST_F(BadInput, what_is_no_file_is_refused) {
  expect_refused(folder.string(), "it is a folder");
  expect_refused("/dev/zero", "it is a device");
  expect_refused((folder / "missing").string(), "No such file");
  expect_refused(write("empty.json", ""), "empty");
}

TEST_F(BadInput, what_may_not_be_read_is_refused) {
  const std::string secret = write("secret.json", kHeaderLine);
  fs::permissions(secret, fs::perms::none);
  const test::AsNobody nobody;
  if (::geteuid() == 0) GTEST_SKIP() << "this user may read everything";
  expect_refused(secret, "ask its owner for permission");
}

TEST_F(BadInput, a_pipe_is_read_once_and_can_be_left) {
  const std::string pipe = (folder / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  state.long_logs.cache = {.folder = (folder / "cache").string(), .from_events = 1};
  std::thread writer([&pipe] { std::ofstream(pipe) << kHeaderLine << "[\"a\", 1, 16]\n[\"a\", 2, 16]\n"; });
  open(pipe);
  writer.join();
  EXPECT_FALSE(state.trouble.has_value());
  EXPECT_EQ(state.timeline().event_count(), 2u);
}

// A log changes under the hands of whoever reads it.
struct Changing : BadInput {
  std::string path = "";

  void SetUp() override {
    BadInput::SetUp();
    std::string rows(kHeaderLine);
    for (int i = 0; i < 20'000; ++i) rows += fmt::format("[\"a\",{},{}]\n", i, 16 + i % 100);
    path = write("changing.jsonl", rows);
    state.long_logs.first_bytes = 16 << 10;
    state.long_logs.cache = {.folder = (folder / "cache").string(), .from_events = 1};
  }
};

TEST_F(Changing, one_that_grows_while_it_is_read_ends_where_it_ended_when_it_was_opened_and_is_not_kept) {
  state.long_logs.before_rest = [this] { std::ofstream(path, std::ios::app) << "[\"a\",99999,16]\n[\"a\",9999"; };
  open(path);
  EXPECT_FALSE(state.trouble.has_value());
  EXPECT_EQ(state.timeline().event_count(), 20'001u);
  ASSERT_EQ(state.document.trace->warnings().size(), 1u) << "its last line was being written";
  EXPECT_EQ(state.keeping, nullptr);
}

TEST_F(Changing, one_that_is_deleted_or_cut_while_it_is_read_leaves_what_was_read) {
  state.long_logs.before_rest = [this] { fs::resize_file(path, fs::file_size(path) / 2); };
  open(path);
  EXPECT_FALSE(state.trouble.has_value());
  EXPECT_GT(state.timeline().event_count(), 8'000u);
  state.long_logs.before_rest = [this] { fs::remove(path); };
  open(path);
  ASSERT_TRUE(state.trouble.has_value());
  EXPECT_NE(state.trouble->text().find("No such file"), std::string::npos);
  EXPECT_GT(state.timeline().event_count(), 500u);
  EXPECT_TRUE(state.document.first_part);
}

}  // namespace
