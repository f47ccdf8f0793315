// alloctrace record on programs that say what they did: the trace says the same.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/record/symbols.h"
#include "tests/record_support.h"
#include "tests/support/sanitized.h"

namespace allocviz::record {
namespace {

// Records `subject MODE...`, its standard output in `ran.out`.
cli::Ran record(const TestFolder& folder, const std::vector<std::string>& subject,
                const std::vector<std::string>& options = {}) {
  std::vector<std::string> arguments = {"record", "-o", folder.file("out.jsonl")};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.insert(arguments.end(), {"--", RECORD_SUBJECT});
  arguments.insert(arguments.end(), subject.begin(), subject.end());
  return cli::run(arguments);
}

TEST(Record, every_function_of_the_family_is_told_as_it_was_called) {
  const TestFolder folder;
  const cli::Ran ran = record(folder, {"calls"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(folder.files(), std::vector<std::string>{"out.jsonl"});
  const trace::Trace trace = sound_trace(folder.file("out.jsonl"));
  const auto lists = calls_between_markers(trace);
  ASSERT_EQ(lists.size(), 1u);
  ASSERT_GT(lists[0].size(), 30u);
  expect_same_calls(lists[0], calls_said(ran.out));
  expect_possible_order(trace);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().implicit_frees, 0u);
}

TEST(Record, threads_that_pass_blocks_to_each_other_are_told_in_an_order_that_can_have_been) {
  const TestFolder folder;
  // One arena and no caches of threads: what one gives back another gets at once.
  const cli::Ran ran = cli::run({"record", "-o", folder.file("out.jsonl"), "env",
                                 "GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1", RECORD_SUBJECT,
                                 "threads", std::to_string(test::fewer(20'000))});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const trace::Trace trace = sound_trace(folder.file("out.jsonl"));
  expect_possible_order(trace);
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().implicit_frees, 0u);
  std::map<unsigned, std::vector<Call>> said;
  for (const Call& call : calls_said(ran.out)) said[call.thread].push_back(call);
  auto lists = calls_between_markers(trace);
  ASSERT_EQ(lists.size(), said.size());
  // A realloc may be told as the free and the alloc that it was: then the lists differ there, and only there.
  // Whose a list is, its first size says: an address may be the first of two threads.
  std::map<std::uint64_t, const std::vector<Call>*> by_first;
  for (const auto& [thread, calls] : said) by_first[calls.front().size] = &calls;
  ASSERT_EQ(by_first.size(), said.size());
  std::uint64_t split = 0;
  for (const std::vector<Call>& list : lists) {
    ASSERT_EQ(by_first.count(list.front().size), 1u);
    const std::vector<Call>& calls = *by_first[list.front().size];
    std::vector<Call> joined;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Call* const there = joined.size() < calls.size() ? &calls[joined.size()] : nullptr;
      const bool halves = there != nullptr && there->what == 'r' && list[i].what == 'f' && i + 1 < list.size() &&
                          list[i].addr == there->old_addr && list[i + 1].what == 'a';
      if (halves) {
        ++split;
        ++i;
        joined.push_back(*there);
        EXPECT_EQ(list[i].addr, there->addr);
      } else {
        joined.push_back(list[i]);
      }
    }
    expect_same_calls(joined, calls);
  }
  RecordProperty("reallocs_told_in_two", static_cast<int>(split));
  EXPECT_GE(trace.facts().threads, 5u);
}

TEST(Record, a_child_is_left_out_and_that_is_said) {
  const TestFolder folder;
  const cli::Ran ran = record(folder, {"forks"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find("--children"), std::string::npos) << ran.err;
  EXPECT_EQ(folder.files(), std::vector<std::string>{"out.jsonl"});
  const trace::Trace trace = sound_trace(folder.file("out.jsonl"));
  EXPECT_EQ(allocs_of_size(trace, 1111), 1u);
  EXPECT_EQ(allocs_of_size(trace, 2222), 0u);
}

TEST(Record, a_child_has_a_file_of_its_own_where_that_is_asked_for) {
  const TestFolder folder;
  const cli::Ran ran = record(folder, {"forks"}, {"--children"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const std::string pid = ran.out.substr(6, ran.out.find('\n') - 6);
  EXPECT_EQ(folder.files(), (std::vector<std::string>{"out." + pid + ".jsonl", "out.jsonl"}));
  EXPECT_EQ(allocs_of_size(sound_trace(folder.file("out.jsonl")), 2222), 0u);
  const trace::Trace child = sound_trace(folder.file("out." + pid + ".jsonl"));
  EXPECT_EQ(allocs_of_size(child, 1111), 0u);
  EXPECT_EQ(allocs_of_size(child, 2222), 1u);
  EXPECT_EQ(child.facts().unknown_frees, 1u);  // of the block it has from its parent
}

TEST(Record, children_made_while_threads_allocate_begin_logs_of_their_own) {
  const TestFolder folder;
  const cli::Ran ran = record(folder, {"fork_storm"}, {"--children"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const std::vector<std::string> files = folder.files();
  ASSERT_EQ(files.size(), 13u);
  for (const std::string& name : {files[0], files[5], files[11]}) {
    const trace::Trace child = sound_trace(folder.file(name));
    EXPECT_EQ(allocs_of_size(child, 4445), 100u) << name;
    EXPECT_EQ(allocs_of_size(child, 40), 0u) << name;
  }
  const trace::Trace parent = sound_trace(folder.file("out.jsonl"));
  EXPECT_EQ(allocs_of_size(parent, 4445), 0u);
  EXPECT_EQ(parent.facts().unknown_frees, 0u);
  expect_possible_order(parent);
}

TEST(Record, a_child_that_outlives_the_program_is_told_so_far_and_goes_on_unharmed) {
  const TestFolder folder;
  const std::string done = folder.file("done"), go = folder.file("go");
  const cli::Ran ran = record(folder, {"outlived", done, go}, {"--children"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find("still runs"), std::string::npos) << ran.err;
  ASSERT_EQ(folder.files().size(), 2u);
  const trace::Trace child = sound_trace(folder.file(folder.files()[0]));
  EXPECT_EQ(allocs_of_size(child, 4446), 1u);
  std::ofstream{go};
  for (int i = 0; i < 1'500 && !cli::exists(done); ++i) usleep(20'000);
  EXPECT_TRUE(cli::exists(done));
}

TEST(Record, a_program_that_becomes_another_goes_on_after_a_reset) {
  const TestFolder folder;
  const cli::Ran ran = record(folder, {"execs"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const trace::Trace trace = sound_trace(folder.file("out.jsonl"));
  EXPECT_EQ(allocs_of_size(trace, 3333), 1u);
  EXPECT_EQ(trace.facts().resets, 1u);
  ASSERT_EQ(trace.marks().size(), 1u);
  EXPECT_EQ(trace.marks().begin()->second, "exec " RECORD_SUBJECT);
  const auto lists = calls_between_markers(trace);
  ASSERT_EQ(lists.size(), 1u);
  expect_same_calls(lists[0], calls_said(ran.out));
}

TEST(Record, nothing_is_lost_of_a_program_that_is_killed) {
  const TestFolder folder;
  const std::uint64_t count = test::fewer(100'000);
  const cli::Ran ran = record(folder, {"killed", std::to_string(count)});
  EXPECT_EQ(ran.code, 128 + 9);
  const trace::Trace trace = sound_trace(folder.file("out.jsonl"));
  EXPECT_EQ(allocs_of_size(trace, 48), count);
  auto lists = calls_between_markers(trace);
  ASSERT_EQ(lists.size(), 1u);
  expect_same_calls(lists[0], calls_said(ran.out));
}

// Programs that know nothing of us, of those that are here: they do what they do, and what was recorded replays.
TEST(Record, programs_of_every_day_are_recorded_and_replay) {
  const TestFolder folder;
  const std::string source = folder.file("x.cc"), object = folder.file("x.o");
  std::ofstream(source) << "#include <map>\n#include <string>\nstd::map<std::string, int> words;\n";
  const std::vector<std::vector<std::string>> programs = {
      {"/usr/bin/python3", "-c", "import json; json.loads(json.dumps({str(i): [i] * 3 for i in range(999)}))"},
      {"/usr/bin/git", "init", "-q", folder.file("repository")},
      {"/usr/bin/sqlite3", ":memory:", "create table t(a); insert into t values (1), (2); select sum(a) from t;"},
      {"/usr/bin/clang++", "-c", source, "-o", object},
      {"/usr/bin/g++", "-c", source, "-o", object},
      {"/usr/bin/cmake", "--version"}};
  std::size_t recorded = 0;
  for (const std::vector<std::string>& program : programs) {
    if (!cli::exists(program.front())) continue;
    SCOPED_TRACE(program.front());
    std::vector<std::string> arguments = {"record", "-o", folder.file("out.jsonl.zst"), "--"};
    arguments.insert(arguments.end(), program.begin(), program.end());
    const cli::Ran ran = cli::run(arguments);
    ASSERT_EQ(ran.code, 0) << ran.err;
    const trace::Trace trace = sound_trace(folder.file("out.jsonl.zst"));
    EXPECT_GT(trace.facts().allocs, 5u);
    EXPECT_EQ(trace.facts().implicit_frees, 0u);
    ++recorded;
  }
  EXPECT_GT(recorded, 0u) << "something built this";
}

// Debian's redis-tools has the server under another name, without the service that redis-server would start. It links
// jemalloc, whose place the recorder takes.
TEST(Record, a_server_under_load_is_recorded_and_replays) {
  if (!cli::exists("/usr/bin/redis-check-rdb") || !cli::exists("/usr/bin/redis-benchmark")) {
    GTEST_SKIP() << "no redis here (redis-tools)";
  }
  const TestFolder folder;
  const std::string server = folder.file("redis-server"), socket = folder.file("socket");
  std::filesystem::create_symlink("/usr/bin/redis-check-rdb", server);
  // Waits for the server, loads it from twenty clients, makes it fork to save, and ends it; a server that does not come
  // up is killed.
  std::ofstream(folder.file("load.sh")) << "s=" << socket << R"(
for i in $(seq 600); do redis-cli -s $s ping 2>/dev/null && break; sleep 0.05; done
redis-benchmark -s $s -n )" << test::fewer(5'000)
                                        << R"( -c 20 -P 8 -q -r 1000 -t set,get,lpush,lpop,sadd,hset,zadd,mset
redis-cli -s $s bgsave; redis-cli -s $s set after fork; redis-cli -s $s flushall
redis-cli -s $s shutdown nosave || pkill -9 -f $s
)";
  std::thread load([&] { EXPECT_EQ(std::system(("sh " + folder.file("load.sh") + " > /dev/null 2>&1").c_str()), 0); });
  const cli::Ran ran = cli::run({"record", "-o", folder.file("out.jsonl.zst"), "--", server, "--port", "0",
                                 "--unixsocket", socket, "--dir", folder.path(), "--save", "", "--io-threads", "2"});
  load.join();
  ASSERT_EQ(ran.code, 0) << ran.err;
  const trace::Trace trace = sound_trace(folder.file("out.jsonl.zst"));
  EXPECT_GT(trace.facts().allocs, 5 * test::fewer(5'000)) << "every write of a key or an element asks for blocks";
  EXPECT_EQ(trace.facts().unknown_frees, 0u);
  EXPECT_EQ(trace.facts().implicit_frees, 0u);
  EXPECT_NE(ran.err.find("--children"), std::string::npos) << "the fork that saves: " << ran.err;
  expect_possible_order(trace);
}

TEST(Record, handlers_at_fork_may_allocate) {
  const TestFolder folder;
  const cli::Ran ran = record(folder, {"atforks"}, {"--children"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(folder.files().size(), 4u);
  for (const std::string& name : folder.files()) {
    const std::uint64_t expected = name == "out.jsonl" ? 6 : 1;  // before and after each fork; after it in the child
    EXPECT_EQ(allocs_of_size(sound_trace(folder.file(name)), 4444), expected) << name;
  }
}

TEST(Record, what_is_allocated_while_a_program_ends_is_told) {
  const TestFolder folder;
  const cli::Ran ran = record(folder, {"destructors"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const trace::Trace trace = sound_trace(folder.file("out.jsonl"));
  EXPECT_EQ(allocs_of_size(trace, 5555), 2u);  // of the thread that ended, and of the program
  EXPECT_EQ(allocs_of_size(trace, 6666), 1u);
  EXPECT_EQ(allocs_of_size(trace, 7777), 1u);
}

TEST(Record, handlers_of_signals_are_told_where_they_came) {
  const TestFolder folder;
  const cli::Ran ran = record(folder, {"signals"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto lists = calls_between_markers(sound_trace(folder.file("out.jsonl")));
  ASSERT_EQ(lists.size(), 1u);
  expect_same_calls(lists[0], calls_said(ran.out));
}

TEST(Record, a_dlsym_that_allocates_while_the_allocator_is_looked_up_is_served) {
  const TestFolder folder;
  const cli::Ran ran = cli::run({"record", "-o", folder.file("out.jsonl"), RECORD_EARLY});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(allocs_of_size(sound_trace(folder.file("out.jsonl")), 4321), 1u);
}

TEST(Record, a_call_site_is_the_stack_of_calls_innermost_first) {
  if (!Symbols::available()) GTEST_SKIP() << "built without libdw: call sites have no names";
  const TestFolder folder;
  for (const char* depth : {"0", "1", "2", "8"}) {
    const cli::Ran ran = record(folder, {"sites"}, {"--depth", depth});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const trace::Trace trace = sound_trace(folder.file("out.jsonl"));
    std::vector<std::string> frames;
    for (std::uint64_t i = 0; i < trace.size(); ++i) {
      const trace::Event event = trace.event(i);
      if (event.op == trace::Op::Alloc && event.size == 8888 && event.site != 0)
        frames = trace.sites()[event.site - 1].frames;
    }
    const std::size_t wanted = std::min<std::size_t>(std::stoul(depth), 4);
    ASSERT_GE(frames.size(), wanted) << depth;
    EXPECT_EQ(frames.empty(), wanted == 0);
    const char* const names[] = {"site_inner", "site_outer", "sites", "main"};
    for (std::size_t i = 0; i < wanted; ++i) EXPECT_NE(frames[i].find(names[i]), std::string::npos) << frames[i];
  }
}

TEST(Record, libraries_that_are_unloaded_are_not_taken_for_those_that_come_in_their_place) {
  if (!Symbols::available()) GTEST_SKIP() << "built without libdw: call sites have no names";
  const TestFolder folder;
  const cli::Ran ran = record(folder, {"plugins", RECORD_PLUGIN_ONE, RECORD_PLUGIN_TWO});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const trace::Trace trace = sound_trace(folder.file("out.jsonl"));
  unsigned calls = 0;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    const trace::Event event = trace.event(i);
    if (event.op != trace::Op::Alloc || (event.size != 901 && event.size != 902)) continue;
    ++calls;
    ASSERT_NE(event.site, 0u);
    const std::string& frame = trace.sites()[event.site - 1].frames[0];
    EXPECT_NE(frame.find(event.size == 901 ? "plugin_one" : "plugin_two"), std::string::npos) << frame;
  }
  EXPECT_EQ(calls, 6u);
}

}  // namespace
}  // namespace allocviz::record
