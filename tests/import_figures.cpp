// The table of what is counted in each fixture, format by format: tests/data/import/figures.md. ALLOCVIZ_GOLDEN=write
// writes it anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/import_support.h"
#include "tests/support/sanitized.h"

namespace allocviz::import::figures_test {
namespace {

constexpr std::string_view kHead =
    "# Figures of the fixtures\n\n"
    "What the importers count in each log, checked by `Figures.are_those_of_the_table` in `tests/import_figures.cpp`. "
    "The first\n"
    "table's logs stand in this folder. The second's are too large for it; its figures are those of an independent "
    "reader, with\n"
    "which `WholeLogs` in `tests/import_registry.cpp` compares them, and they are checked where the logs are at "
    "hand.\n";
constexpr std::string_view kColumns =
    "\n| format | log | events | allocs | frees | reallocs | unknown frees | null frees | implicit frees | peak live "
    "bytes "
    "| peak live blocks | largest | live at the end | threads | warnings |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";

std::string row_of(const std::string& name, const trace::Trace& trace) {
  const trace::Facts& f = trace.facts();
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} B in {} | {} | {} |\n",
                     trace.header().format, name, f.events(), f.allocs, f.frees, f.reallocs, f.unknown_frees,
                     f.null_frees, f.implicit_frees, f.peak_live_bytes, f.peak_live_blocks, f.largest_request,
                     f.live_bytes_at_end, f.live_blocks_at_end, f.threads, trace.warnings().size());
}

const std::vector<std::string> kHere = {"edge.mtrace",
                                        "edge-fork.mtrace",
                                        "perl-head.mtrace",
                                        "sqlite-head.mtrace.zst",
                                        "edge2.vgtrace",
                                        "edge.ltrace",
                                        "edge-x.ltrace",
                                        "fork.ltrace",
                                        "edge.heaptrack.raw.zst",
                                        "edge.heaptrack.zst",
                                        "node-head.heaptrack.raw.zst",
                                        "kernel-part.perfscript.zst",
                                        "nginx-head.rep",
                                        "torch-small.json",
                                        "torch-small.pickle",
                                        "freertos.csv",
                                        "service.jsonl",
                                        "glibc-small.mtr",
                                        "bench-small.trace",
                                        "vma-small.csv",
                                        "wee-small.trace"};
const std::vector<std::string> kElsewhere = {"sqlite-build.mtrace.zst",
                                             "perl-wordfreq.mtrace",
                                             "git-log.vgtrace",
                                             "jq-sum.ltrace",
                                             "cc1plus-regex.heaptrack.raw.zst",
                                             "node-zlib.heaptrack.raw.zst",
                                             "python-ast-json.heaptrack.zst",
                                             "android-systemui.zip",
                                             "kernel-pages.perfscript.zst",
                                             "nginx-serve.rep"};

TEST(Figures, are_those_of_the_table) {
  const std::string path = data_path("figures.md");
  const char* golden = std::getenv("ALLOCVIZ_GOLDEN");
  const bool write = golden != nullptr && std::string_view(golden) == "write";
  const std::string table = write ? std::string() : text_of(path);
  std::string text(kHead);
  const auto take = [&](const std::string& name, const std::string& log) {
    const auto trace = open_trace(log);
    ASSERT_TRUE(trace.ok()) << trace.trouble().text();
    const std::string row = row_of(name, *trace);
    text += row;
    if (!write) {
      EXPECT_NE(table.find(row), std::string::npos) << "the table says otherwise, or nothing: " << row;
    }
  };
  text += kColumns;
  for (const std::string& name : kHere) take(name, data_path(name));
  std::size_t missing = 0;
  text += kColumns;
  for (const std::string& name : kElsewhere) {
    const bool here = std::filesystem::exists(shared_path(name));
    // The longest are read by WholeLogs already, and take as long again.
    const bool too_long = here && (test::kSanitized || std::filesystem::file_size(shared_path(name)) > 10'000'000);
    if (!here || (too_long && !write)) {
      ++missing;
      continue;
    }
    take(name, shared_path(name));
  }
  if (write) {
    ASSERT_EQ(missing, 0u) << "the table would lose the rows of logs that are not at hand";
    write_file(path, text);
  } else if (missing == 0) {
    EXPECT_EQ(table, text) << "ALLOCVIZ_GOLDEN=write writes it anew";
  }
}

}  // namespace
}  // namespace allocviz::import::figures_test
