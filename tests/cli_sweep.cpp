// alloctrace sweep, as a user meets it.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/cli_support.h"

namespace allocviz::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSmall =
    R"({"format": "allocviz-trace", "version": 1, "events": [{"op": "alloc", "id": "A", "size": 60},
 {"op": "alloc", "id": "B", "size": 100}, {"op": "free", "id": "A"}, {"op": "alloc", "id": "C", "size": 120}]})";
constexpr const char* kLarge =
    R"({"format": "allocviz-trace", "version": 1, "events": [{"op": "alloc", "id": "A", "size": 5000},
 {"op": "alloc", "id": "B", "size": 10}]})";

// The figures that depend on the machine's speed left out.
Json without_times(Json json) {
  for (Json& row : json["runs"]) row.erase("ns_per_event");
  return json;
}

TEST(Sweep, gives_a_row_for_each_log_and_configuration_in_their_order_however_many_run_at_a_time) {
  const Scratch small("small.json", kSmall), large("large.json", kLarge);
  const std::vector<std::string> call = {"sweep",
                                         small.path(),
                                         large.path(),
                                         "--allocator",
                                         "buddy:arena=1KiB,min=64",
                                         "--allocator",
                                         "slab:block=128,count=2",
                                         "--json",
                                         "--jobs"};
  const auto with_jobs = [&call](const char* jobs) {
    std::vector<std::string> all = call;
    all.emplace_back(jobs);
    return without_times(json_of(run(all)));
  };
  const Json one = with_jobs("1");
  ASSERT_EQ(one["runs"].size(), 4u);
  EXPECT_EQ(one["runs"][0]["file"], small.path());
  EXPECT_EQ(one["runs"][0]["allocator"], "buddy:arena=1KiB,min=64");
  EXPECT_EQ(one["runs"][0]["failed"], 0);
  EXPECT_TRUE(one["runs"][0]["first_failed"].is_null());
  EXPECT_EQ(one["runs"][0]["peak_live_rounded"], 256);
  EXPECT_EQ(one["runs"][1]["allocator"], "slab:block=128,count=2");
  EXPECT_EQ(one["runs"][2]["file"], large.path());
  EXPECT_EQ(one["runs"][2]["failed"], 1);
  EXPECT_EQ(one["runs"][2]["first_failed"], 1);
  EXPECT_EQ(with_jobs("7"), one);
  // The same as replay says.
  const Json replayed = json_of(run({"replay", large.path(), "--allocator", "buddy:arena=1KiB,min=64", "--json"}));
  for (const char* figure : {"events", "failed", "first_failed", "peak_live_requested", "peak_live_rounded",
                             "peak_reserved", "internal_fragmentation_at_peak", "external_fragmentation_at_end"})
    EXPECT_EQ(one["runs"][2][figure], replayed["runs"][0][figure]) << figure;
}

TEST(Sweep, finds_the_smallest_arena_that_serves_and_the_event_that_fails_one_size_below) {
  const Scratch small("small.json", kSmall);
  const Json runs =
      json_of(run({"sweep", small.path(), "--allocator", "buddy:min=64", "--allocator",
                   "buddy:arena=7KiB,min=64,block=128", "--allocator", "bump", "--allocator", "slab:block=128",
                   "--allocator", "slab:block=64,count=9", "--arena", "min", "--json"}))["runs"];
  ASSERT_EQ(runs.size(), 5u);
  // A in 64 B and B in 128 B leave no 128 B of 256 until A is freed; of 256 B all are taken then.
  EXPECT_EQ(runs[0]["allocator"], "buddy:arena=256,min=64");
  EXPECT_EQ(runs[0]["too_small"], "buddy:arena=128,min=64");
  EXPECT_EQ(runs[0]["fails_at_event"], 2);
  EXPECT_EQ(runs[0]["failed"], 0);
  EXPECT_EQ(runs[1]["allocator"], "buddy:arena=256,min=64,block=128");
  EXPECT_EQ(runs[1]["too_small"], "buddy:arena=128,min=64,block=128");
  EXPECT_EQ(runs[2]["allocator"], "bump:arena=288");  // 60 + 100 + 120 B, nothing given back before all are free
  EXPECT_EQ(runs[2]["too_small"], "bump:arena=272");
  EXPECT_EQ(runs[2]["fails_at_event"], 4);
  EXPECT_EQ(runs[3]["allocator"], "slab:block=128,count=2");
  EXPECT_EQ(runs[3]["too_small"], "slab:block=128,count=1");
  EXPECT_EQ(runs[3]["fails_at_event"], 2);
  EXPECT_TRUE(runs[4]["allocator"].is_null()) << "no number of 64-byte blocks holds 100 B";
  EXPECT_EQ(runs[4]["fails_at_event"], 2);
  const Ran text =
      run({"sweep", small.path(), "--allocator", "buddy:min=64", "--allocator", "slab:block=64", "--arena", "min"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("fails at event"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("slab:block=64: no arena serves"), std::string::npos) << text.out;
}

TEST(Sweep, shares_hold_every_row_once_and_a_table_is_csv_or_json_by_its_ending) {
  const Scratch small("small, \"odd\".json", kSmall), large("large.json", kLarge), csv("out.csv"), json("out.json");
  std::vector<std::string> call = {"sweep", small.path(), large.path()};
  for (const char* spec : {"buddy:arena=1KiB,min=64", "buddy:arena=16KiB,min=64", "bump:arena=1KiB"}) {
    call.emplace_back("--allocator");
    call.emplace_back(spec);
  }
  const auto rows_of = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = call;
    all.insert(all.end(), more.begin(), more.end());
    const Ran ran = run(all);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, "");
    std::multiset<std::string> rows;
    const Json table = Json::parse(json.bytes());
    for (const Json& row : table["runs"])
      rows.insert(row["file"].get<std::string>() + row["allocator"].get<std::string>());
    return rows;
  };
  const std::multiset<std::string> whole = rows_of({"-o", json.path()});
  EXPECT_EQ(whole.size(), 6u);
  std::multiset<std::string> shares;
  for (const char* share : {"1/4", "2/4", "3/4", "4/4"}) {
    const std::multiset<std::string> rows = rows_of({"-o", json.path(), "--shard", share});
    EXPECT_LE(rows.size(), 2u);
    shares.insert(rows.begin(), rows.end());
  }
  EXPECT_EQ(shares, whole);
  call.emplace_back("-o");
  call.push_back(csv.path());
  ASSERT_EQ(run(call).code, 0);
  const std::vector<std::string> lines = lines_of(csv.bytes());
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[0].find("file,allocator,events,failed,first_failed,"), 0u) << lines[0];
  EXPECT_NE(lines[1].find("small, \"\"odd\"\".json\",\"buddy:arena=1KiB,min=64\",4,0,,"), std::string::npos)
      << lines[1];
  call.back() = "-";
  EXPECT_EQ(lines_of(run(call).out).size(), 7u);
}

TEST(Sweep, says_what_cannot_be_read_once_and_goes_on_with_the_others) {
  const Scratch small("small.json", kSmall), junk("junk.json", "{\"format\": \"allocviz-trace\", \"version\": 1, \"ev");
  const Ran ran = run({"sweep", "/nowhere.json", small.path(), "--allocator", "buddy:arena=1KiB,min=64", "--allocator",
                       "recorded", "--json"});
  EXPECT_EQ(ran.code, 1);
  const std::vector<std::string> said = lines_of(ran.err);
  ASSERT_EQ(said.size(), 2u) << ran.err;
  EXPECT_NE(said[0].find("/nowhere.json"), std::string::npos);
  EXPECT_NE(said[1].find("small.json"), std::string::npos) << "which log has no addresses to show";
  EXPECT_EQ(Json::parse(ran.out)["runs"].size(), 1u);
}

TEST(Sweep, refuses_words_that_mean_nothing) {
  const Scratch small("small.json", kSmall);
  const std::string spec = "buddy:arena=1KiB,min=64";
  expect_one_line_error(run({"sweep", small.path()}), 2, "--allocator");
  expect_one_line_error(run({"sweep", small.path(), "--allocator", "buddy:min=64"}), 2, "needs \"arena\"");
  expect_one_line_error(run({"sweep", small.path(), "--allocator", spec, "--arena", "max"}), 2, "write min");
  for (const char* share : {"0/4", "5/4", "1", "1/", "a/b", "1/0"})
    expect_one_line_error(run({"sweep", small.path(), "--allocator", spec, "--shard", share}), 2, "write I/N");
  expect_one_line_error(run({"sweep", small.path(), "--allocator", spec, "--jobs", "0"}), 2, "--jobs");
  expect_one_line_error(run({"sweep", small.path(), "--allocator", spec, "-o", "out.txt"}), 2, ".csv or .json");
  expect_one_line_error(run({"sweep", small.path(), "--allocator", spec, "-o", "-", "--json"}), 2, "standard output");
  expect_one_line_error(run({"sweep", small.path(), "--allocator", spec, "-o", "/nowhere/out.csv"}), 1, "/nowhere");
  expect_one_line_error(run({"sweep", small.path(), "--allocator", "recorded", "--arena", "min"}), 1, "no arena");
}

}  // namespace
}  // namespace allocviz::cli
