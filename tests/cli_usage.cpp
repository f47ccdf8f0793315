// alloctrace as a whole: help, version, exit codes, and errors in one line.
#include <gtest/gtest.h>

#include <string>

#include "tests/cli_support.h"

namespace allocviz::cli {
namespace {

constexpr const char* kSmallLesson =
    R"({"format": "allocviz-trace", "version": 1, "allocators": [{"kind": "buddy", "arena": 1024, "min_block": 64}],
 "events": [{"op": "alloc", "id": "A", "size": 100}, {"op": "mark", "name": "half"}, {"op": "free", "id": "A"}]})";

TEST(Usage, prints_the_version_of_the_project) {
  const Ran ran = run({"--version"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "alloctrace " ALLOCVIZ_VERSION "\n");
}

TEST(Usage, help_names_every_subcommand_that_there_is_and_no_other) {
  const Ran ran = run({"--help"});
  EXPECT_EQ(ran.code, 0);
  for (const char* name :
       {"info", "convert", "check", "record", "replay", "sweep", "render", "state", "steps", "why", "groups", "diff"}) {
    EXPECT_NE(ran.out.find(std::string("\n  ") + name + " "), std::string::npos) << name;
    EXPECT_EQ(run({name, "--help"}).code, 0) << name;
  }
  EXPECT_NE(ran.out.find("Exit codes"), std::string::npos);
}

TEST(Usage, help_says_how_every_kind_of_allocator_is_written) {
  const Ran ran = run({"replay", "--help"});
  for (const char* kind : {"buddy:arena=", "bump:arena=", "slab:block=", "tiered:arena=", "recorded "}) {
    EXPECT_NE(ran.out.find(std::string("\n  ") + kind), std::string::npos) << kind;
  }
}

TEST(Usage, that_is_wrong_ends_with_2_and_one_line) {
  const Scratch lesson("lesson.json", kSmallLesson);
  expect_one_line_error(run({}), 2, "subcommand");
  expect_one_line_error(run({"frobnicate"}), 2, "frobnicate");
  expect_one_line_error(run({"info"}), 2, "FILE");
  expect_one_line_error(run({"info", lesson.path(), "--jsno"}), 2, "--jsno");
  expect_one_line_error(run({"state", lesson.path()}), 2, "--at");
  expect_one_line_error(run({"state", lesson.path(), "--at", "x"}), 2, "write N or N.K");
  expect_one_line_error(run({"state", lesson.path(), "--at", "-1"}), 2, "--at");
  expect_one_line_error(run({"state", lesson.path(), "--at", "1."}), 2, "write N or N.K");
  expect_one_line_error(run({"state", lesson.path(), "--at", "1.2.3"}), 2, "write N or N.K");
  expect_one_line_error(run({"steps", lesson.path(), "--at", "0"}), 2, "from 1");
  expect_one_line_error(run({"steps", lesson.path(), "--at", "1.1"}), 2, "number of an event");
  expect_one_line_error(run({"state", lesson.path(), "--att", "3"}), 2, "there is no option --att");
  expect_one_line_error(run({"why", lesson.path(), "--at", "1.1"}), 2, "--at does not take 1.1");
  expect_one_line_error(run({"convert", lesson.path(), "out.txt"}), 2, ".jsonl");
  expect_one_line_error(run({"convert", lesson.path(), "-", "--json"}), 2, "standard output");
  expect_one_line_error(run({"info", lesson.path(), "--limit", "much"}), 2, "--limit");
}

TEST(Usage, an_allocator_that_cannot_be_is_refused_with_the_reason_and_the_nearest_that_can) {
  const Scratch lesson("lesson.json", kSmallLesson);
  const auto refused = [&](const char* spec, const char* says) {
    expect_one_line_error(run({"replay", lesson.path(), "--allocator", spec}), 2, says);
  };
  refused("buddy", "arena");
  refused("heap:arena=1MiB", "heap");
  refused("buddy:arena=1MiB,min=0", "min");
  refused("buddy:arena=1MiB,min=48", "power of two");
  refused("buddy:arena=64,min=128", "arena");
  refused("slab:block=64", "count");
  refused("bump:arena=-5", "arena");
}

TEST(Usage, one_placements_file_is_of_one_allocator) {
  const Scratch lesson("lesson.json", kSmallLesson);
  expect_one_line_error(run({"replay", lesson.path(), "--placements", "-", "--allocator", "bump:arena=4KiB",
                             "--allocator", "bump:arena=8KiB"}),
                        2, "one --allocator");
}

TEST(Usage, input_that_cannot_be_read_ends_every_subcommand_with_1_and_one_line) {
  const Scratch text("note.txt", "Dear all,\nno log here\n");
  const Scratch out("out.json");
  for (const std::string& file : {text.path(), std::string("/nowhere/log.mtrace"), testing::TempDir()}) {
    SCOPED_TRACE(file);
    expect_one_line_error(run({"info", file}), 1, file);
    expect_one_line_error(run({"info", file, "--json"}), 1, file);
    expect_one_line_error(run({"convert", file, out.path()}), 1, file);
    expect_one_line_error(run({"replay", file}), 1, file);
    expect_one_line_error(run({"state", file, "--at", "1"}), 1, file);
    expect_one_line_error(run({"steps", file, "--at", "1"}), 1, file);
    EXPECT_FALSE(exists(out.path()));
  }
}

TEST(Usage, a_full_disk_behind_standard_output_is_an_error) {
  if (!exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full here";
  const Scratch lesson("lesson.json", kSmallLesson);
  const Ran ran = run_to("/dev/full", {"info", lesson.path(), "--json"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("standard output"), std::string::npos) << ran.err;
  const Ran converted = run_to("/dev/full", {"convert", lesson.path(), "-"});
  EXPECT_EQ(converted.code, 1);
  EXPECT_NE(converted.err.find("standard output: it cannot be written"), std::string::npos) << converted.err;
}

TEST(Usage, standard_input_is_a_file_like_any_other) {
  const auto info = json_of(run({"info", "-", "--json"}, kSmallLesson));
  EXPECT_EQ(info["format"], "allocviz-trace");
  EXPECT_EQ(info["events"], 2);
  const auto packed = json_of(run({"info", "-", "--json"}, bytes_of(data("import/edge.heaptrack.raw.zst"))));
  EXPECT_EQ(packed["format"], "heaptrack-raw");
}

TEST(Usage, a_file_that_expands_beyond_the_limit_is_read_when_the_user_raises_it) {
  const std::string file = data("import/node-head.heaptrack.raw.zst");
  EXPECT_EQ(run({"info", file, "--limit", "4KiB"}).code, 1);
  EXPECT_EQ(run({"info", file, "--limit", "1MiB"}).code, 0);
}

}  // namespace
}  // namespace allocviz::cli
