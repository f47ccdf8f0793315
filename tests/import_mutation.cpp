// Damaged logs: whatever is done to a text, reading it ends, keeps its promises, and says what it left out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/import_support.h"
#include "tests/support/sanitized.h"
#include "tests/support/seed.h"

namespace allocviz::import::mutation_test {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t limit) {
  return limit == 0 ? 0 : random() % limit;
}

// A third of the texts where sanitizers make each six times as long: the first ones, where a test draws them in one go.
constexpr int rounds_of(int rounds) {
  return static_cast<int>(test::fewer(static_cast<unsigned long>(rounds), 3));
}

// One of the things that happen to logs and that break readers.
void damage(std::string& text, Random& random) {
  static constexpr std::string_view kTokens[] = {"0x",
                                                 "(nil)",
                                                 "0xffffffffffffffff",
                                                 "ffffffffffffffff",
                                                 "\n",
                                                 " ",
                                                 "@ ",
                                                 "] ",
                                                 "= Start\n",
                                                 "< 0x10\n",
                                                 "> 0",
                                                 "! 0x1 0x1\n",
                                                 "+ 0 0 0\n",
                                                 "t 0 0\n",
                                                 "m 1 -\n",
                                                 "v 10400 3\n",
                                                 "\r\n",
                                                 "\xff",
                                                 "c ffffffffffffffff\n",
                                                 "- ",
                                                 "+ ",
                                                 "-0x10",
                                                 "99999999999999999999999999"};
  const std::size_t at = below(random, text.size());
  const std::size_t length = below(random, std::min<std::size_t>(text.size() - at, 1 + below(random, 200)));
  switch (random() % 6) {
    case 0:
      text[at] = static_cast<char>(random());
      break;
    case 1:
      text.erase(at, length);
      break;
    case 2:
      text.insert(below(random, text.size()), text.substr(at, length));  // a part twice, in another place
      break;
    case 3:
      text.insert(at, kTokens[below(random, std::size(kTokens))]);
      break;
    case 4:
      text.resize(std::max<std::size_t>(at, 1));
      break;
    default:
      std::swap(text[at], text[below(random, text.size())]);
  }
}

// Memory and time stay in proportion whatever the text says. Most of the damaged texts are read, and check(trace) holds
// of what came of them.
template <class F>
void read_damaged(std::string_view format, const std::vector<std::string>& originals, int most, F&& check) {
  const int rounds = rounds_of(most);
  Random random(test::seed());
  int read = 0;
  for (int round = 0; round < rounds; ++round) {
    std::string text = originals[below(random, originals.size())];
    const std::size_t times = 1 + below(random, 12);
    for (std::size_t i = 0; i < times && !text.empty(); ++i) damage(text, random);
    const auto trace = read_text(format, text);
    if (!trace) {
      ASSERT_FALSE(trace.trouble().what.empty());
      continue;
    }
    ++read;
    ASSERT_NO_FATAL_FAILURE(check(*trace)) << format << ", round " << round;
    ASSERT_LE(trace->memory_bytes(), 200 * text.size() + (std::uint64_t{1} << 20)) << format << ", round " << round;
  }
  EXPECT_GT(read, rounds / 2) << format;
}
void read_damaged(std::string_view format, const std::vector<std::string>& originals, int rounds) {
  read_damaged(format, originals, rounds, [](const trace::Trace& trace) { ASSERT_EQ(fault_of_import(trace), ""); });
}

TEST(DamagedLogs, of_mtrace_are_read_as_far_as_they_make_sense) {
  read_damaged("mtrace", {text_of(data_path("edge.mtrace")), text_of(data_path("edge-fork.mtrace"))}, 1500);
}

TEST(DamagedLogs, of_heaptrack_are_read_as_far_as_they_make_sense) {
  read_damaged("heaptrack-raw", {text_of(data_path("edge.heaptrack.raw.zst"))}, 1500);
}

TEST(DamagedLogs, of_android_are_read_as_far_as_they_make_sense) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text +=
        fmt::format("{}: malloc {:#x} {}\n{}: realloc {:#x} {:#x} {}\n{}: memalign {:#x} 64 {} {} {}\n{}: free {:#x}\n",
                    i % 3, 16 * i + 16, i, i % 2, 16 * i + 4096, 16 * i + 16, 3 * i, i % 3, 16 * i + 8192, i, 10 * i,
                    10 * i + 5, i % 4, 16 * i + 4096);
  }
  read_damaged("bionic", {text}, 1000);
}

TEST(DamagedLogs, of_valgrind_are_read_as_far_as_they_make_sense) {
  read_damaged("valgrind", {text_of(data_path("edge2.vgtrace"))}, 1000);
}

TEST(DamagedLogs, of_ltrace_are_read_as_far_as_they_make_sense) {
  read_damaged(
      "ltrace",
      {text_of(data_path("edge.ltrace")), text_of(data_path("edge-x.ltrace")), text_of(data_path("fork.ltrace"))},
      1000);
}

TEST(DamagedLogs, of_interpreted_heaptrack_are_read_as_far_as_they_make_sense) {
  read_damaged("heaptrack", {text_of(data_path("edge.heaptrack.zst"))}, 1000);
}

TEST(DamagedLogs, of_the_kernel_are_read_as_far_as_they_make_sense) {
  read_damaged("kmem", {text_of(data_path("kernel-part.perfscript.zst")).substr(0, 12'000)}, 1000);
}

TEST(DamagedLogs, of_esp_idf_are_read_as_far_as_they_make_sense) {
  std::string table, log;
  for (int i = 0; i < 40; ++i) {
    table += fmt::format("{} bytes (@ {:#x}, Internal) allocated CPU {} ccount {:#x} caller {:#x}:{:#x}\n{}", 8 + i % 5,
                         0x3ffd0000 + 16 * (i % 30), i % 2, 99 * i, 0x4010a000 + i, 0x4010b000,
                         i % 3 == 0 ? "" : "freed by 0x400e1234:0x400e5678\n");
    log += fmt::format("[0.{:09}] HEAP: {} bytes @ {:#x} from task \"t{}\" on core 0 by:\n/a/b.c:{}\n\n", 1000 * i,
                       i % 2 == 0 ? "Allocated 8" : "Freed", 0x3ffd0000 + i / 2 * 16, i % 3, i);
  }
  read_damaged("esp-heap", {table, log}, 1000);
}

TEST(DamagedLogs, of_tables_are_read_as_far_as_they_make_sense) {
  std::string text = text_of(data_path("freertos.csv"));
  for (int i = 0; i < 100; ++i) {
    text += fmt::format("{};{};{:#x};{};\"task {}\"\n", 41 + i, i % 3 == 2 ? "traceFREE" : "traceMALLOC",
                        0x20001000 + i / 3 * 64, i, i % 4);
  }
  read_damaged("csv", {text}, 1000);
}

TEST(DamagedLogs, of_json_are_read_as_far_as_they_make_sense) {
  std::string text = text_of(data_path("service.jsonl")), array = "[\n";
  for (int i = 0; i < 100; ++i) {
    const std::string row = fmt::format(R"({{"op":"{}","ptr":"{:#x}","size":{},"time_us":{},"thread":"task {}"}})",
                                        i % 3 == 2 ? "free" : "malloc", 0x20001000 + i / 3 * 64, 8 * i, i, i % 4);
    text += row + "\n";
    array += (i == 0 ? "" : ",\n") + row;
  }
  read_damaged("json-rows", {text}, 500);
  Random random(test::seed());
  for (int round = 0; round < rounds_of(500); ++round) {
    std::string damaged = array + "]\n";
    damage(damaged, random);
    const auto trace = read_text("json-rows", damaged);
    if (!trace) continue;  // broken before its first row
    ASSERT_EQ(fault_of_import(*trace), "") << "round " << round;
  }
}

TEST(DamagedLogs, of_records_of_protobuf_and_of_graphics_memory_are_read_as_far_as_they_make_sense) {
  Random random(test::seed());
  for (const char* format : {"glibc-trace", "malloc-bench", "vma"}) {
    const std::string_view name = format;
    const std::string original = text_of(data_path(name == "vma"           ? "vma-small.csv"
                                                   : name == "glibc-trace" ? "glibc-small.mtr"
                                                                           : "bench-small.trace"));
    int read = 0;
    for (int round = 0; round < rounds_of(1000); ++round) {
      std::string text = original;
      const std::size_t times = 1 + below(random, 4);
      for (std::size_t i = 0; i < times && !text.empty(); ++i) damage(text, random);
      const auto trace = read_text(format, text);
      if (!trace) {
        ASSERT_FALSE(trace.trouble().what.empty());
        continue;
      }
      ++read;
      ASSERT_EQ(fault_of_import(*trace), "") << format << " round " << round;
      ASSERT_LE(trace->memory_bytes(), 200 * text.size() + (std::uint64_t{1} << 20)) << format << " round " << round;
    }
    EXPECT_GT(read, rounds_of(100)) << format;
  }
}

// Ids are the log's own in these three, so only the end of their reading is checked.
TEST(DamagedLogs, of_courses_of_rust_and_of_ones_own_hooks_are_read_as_far_as_they_make_sense) {
  std::string course, hook, rust;
  for (int i = 0; i < 80; ++i) {
    course += fmt::format("At time {} {} {} bytes for process {} from {} to {}\n", i,
                          i % 3 == 2 ? "freed" : "allocated", 32 + i % 3 % 2, i, 64 * i, 64 * i + 63);
    rust += fmt::format("{}({}),\n", i % 3 == 2 ? "Free" : "Alloc", i);
    hook += i % 3 == 2 ? fmt::format("free({:#x})\n", 0x1000 + i / 3 * 64)
                       : fmt::format("[task {}] malloc({}) = {:#x}\n", i % 4, 8 * i, 0x1000 + i / 3 * 64);
  }
  const auto nothing = [](const trace::Trace&) {};
  read_damaged("process-log", {course}, 1000, nothing);
  read_damaged("hook-log", {hook}, 1000, nothing);
  read_damaged("wee-alloc", {rust}, 1000, nothing);
}

// A snapshot in which one character is wrong is mostly broken as a whole: it is read or refused.
TEST(DamagedLogs, of_pytorch_are_read_or_refused) {
  Random random(test::seed());
  for (const char* format : {"torch-json", "torch-pickle"}) {
    const bool json = std::string_view(format) == "torch-json";
    const std::string original = text_of(data_path(json ? "torch-small.json" : "torch-small.pickle"));
    int read = 0;
    for (int round = 0; round < rounds_of(400); ++round) {
      const std::size_t from = json ? 0 : below(random, 3);
      std::string text = original.substr(0, original.size() - from * 100);
      const std::size_t times = 1 + below(random, 3);
      for (std::size_t i = 0; i < times && !text.empty(); ++i) damage(text, random);
      const auto trace = read_text(format, text);
      if (!trace) {
        ASSERT_FALSE(trace.trouble().what.empty());
        continue;
      }
      ++read;
      ASSERT_EQ(fault_of_import(*trace), "") << format << " round " << round;
      ASSERT_LE(trace->memory_bytes(), 200 * text.size() + (std::uint64_t{1} << 20)) << "round " << round;
    }
    EXPECT_GT(read, rounds_of(20)) << format;
  }
}

TEST(DamagedLogs, of_the_malloc_lab_are_read_as_far_as_they_make_sense) {
  Random random(test::seed());
  const std::string original = text_of(data_path("nginx-head.rep"));
  for (int round = 0; round < rounds_of(500); ++round) {
    std::string text = original.substr(0, 2000);
    for (int i = 0; i < 8 && !text.empty(); ++i) damage(text, random);
    const auto trace = read_text("malloclab", text);  // its ids are the log's own, so only its end is checked
    ASSERT_TRUE(trace.ok() || !trace.trouble().what.empty());
  }
}

TEST(DamagedLogs, are_recognised_or_refused_but_never_fatal) {
  Random random(test::seed());
  const std::vector<std::string> originals = {text_of(data_path("edge.mtrace")),
                                              text_of(data_path("edge.heaptrack.raw.zst"))};
  for (int round = 0; round < rounds_of(3000); ++round) {
    std::string text = originals[below(random, originals.size())].substr(0, 600);
    for (int i = 0; i < 6 && !text.empty(); ++i) damage(text, random);
    for (const Importer& importer : importers()) {
      const int sure = importer.recognise(text);
      ASSERT_GE(sure, 0);
      ASSERT_LE(sure, 100);
    }
  }
}

}  // namespace
}  // namespace allocviz::import::mutation_test
