#include "tests/record_support.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <sstream>

#include "core/trace/json.h"

namespace allocviz::record {
namespace {

constexpr std::uint64_t kMarker = 0xA110C;

// What a trace's events do to the addresses, one event after the other.
class Addresses {
 public:
  // The event as a call, with the addresses that its ids stood at.
  Call follow(const trace::Event& event, const trace::Trace& trace, std::uint64_t index) {
    const std::string id = trace.id_text(index);
    Call call;
    call.thread = static_cast<unsigned>(event.thread);
    call.size = event.size;
    call.old_addr = at_[id];
    if (event.has(trace::kFailedThere)) {
      call.what = 'x';
      call.old_addr = 0;
    } else if (event.op == trace::Op::Free) {
      call.what = 'f';
      call.addr = std::exchange(call.old_addr, 0);
      call.size = 0;
      at_[id] = 0;
    } else {
      call.what = event.op == trace::Op::Realloc ? 'r' : 'a';
      if (call.what == 'a') call.old_addr = 0;
      call.align = event.align_log2 > 4 ? event.align() : 0;  // 16 is what every block has
      call.addr = event.addr;
      at_[id] = event.addr;
    }
    return call;
  }

 private:
  std::map<std::string, std::uint64_t> at_;
};

}  // namespace

TestFolder::TestFolder() {
  path_ = testing::TempDir() + "allocviz-record-XXXXXX";
  EXPECT_NE(mkdtemp(path_.data()), nullptr);
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> TestFolder::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

trace::Trace sound_trace(const std::string& file) {
  const cli::Ran checked = cli::run({"check", file});
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  const auto replayed = cli::json_of(cli::run({"replay", file, "--json"}));
  EXPECT_EQ(replayed["runs"][0]["failed"], 0) << file;
  auto source = trace::open_source(file);
  EXPECT_TRUE(source.ok()) << file;
  auto trace = trace::read_json(**source);
  EXPECT_TRUE(trace.ok()) << trace.trouble().text();
  return std::move(trace).value();
}

std::string Call::text() const {
  std::ostringstream out;
  out << what << " size " << size << " align " << align << std::hex << " addr 0x" << addr << " old 0x" << old_addr;
  return std::move(out).str();
}

std::vector<Call> calls_said(const std::string& output) {
  std::vector<Call> calls;
  for (const std::string& line : cli::lines_of(output)) {
    std::istringstream in(line);
    Call call;
    if (!(in >> call.thread >> call.what)) continue;
    if (call.what == 'a') in >> call.size >> call.align >> call.addr;
    if (call.what == 'f') in >> call.addr;
    if (call.what == 'r') in >> call.old_addr >> call.size >> call.addr;
    if (call.what == 'x') in >> call.size;
    EXPECT_FALSE(in.fail()) << line;
    calls.push_back(call);
  }
  return calls;
}

std::vector<std::vector<Call>> calls_between_markers(const trace::Trace& trace) {
  struct Open {
    std::size_t list = 0;
    bool within = false;
  };
  std::map<unsigned, Open> threads;
  std::vector<std::vector<Call>> lists;
  Addresses addresses;
  std::map<unsigned, std::uint64_t> markers;  // where a thread's marker stands
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    const trace::Event event = trace.event(i);
    if (event.op == trace::Op::Reset || event.op == trace::Op::Mark) continue;
    const Call call = addresses.follow(event, trace, i);
    Open& open = threads[call.thread];
    if (call.what == 'a' && call.size == kMarker) {
      markers[call.thread] = call.addr;
      open.within = !open.within;
      if (open.within) open.list = lists.size(), lists.emplace_back();
    } else if (call.what == 'f' && call.addr != 0 && markers[call.thread] == call.addr) {
      markers[call.thread] = 0;
    } else if (open.within) {
      lists[open.list].push_back(call);
    }
  }
  return lists;
}

void expect_same_calls(const std::vector<Call>& recorded, const std::vector<Call>& said) {
  const std::size_t both = std::min(recorded.size(), said.size());
  for (std::size_t i = 0; i < both; ++i) {
    Call there = said[i];
    there.thread = recorded[i].thread;
    if (recorded[i] == there) continue;
    ADD_FAILURE() << "call " << i << ": recorded " << recorded[i].text() << ", said " << there.text();
    return;
  }
  EXPECT_EQ(recorded.size(), said.size());
}

void expect_possible_order(const trace::Trace& trace) {
  std::map<std::uint64_t, std::uint64_t> live;  // address -> its end
  Addresses addresses;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    const trace::Event event = trace.event(i);
    if (event.op == trace::Op::Mark) continue;
    if (event.op == trace::Op::Reset) {
      live.clear();
      continue;
    }
    const Call call = addresses.follow(event, trace, i);
    if (call.what == 'x') continue;
    if (call.what == 'f' && call.addr != 0) {
      ASSERT_EQ(live.erase(call.addr), 1u) << "event " << i + 1 << " " << call.text();
    }
    if (call.what == 'r') {
      ASSERT_EQ(live.erase(call.old_addr), 1u) << "event " << i + 1 << " " << call.text();
    }
    if (call.what == 'f') continue;
    const std::uint64_t end = call.addr + std::max<std::uint64_t>(call.size, 1);
    const auto after = live.lower_bound(call.addr);
    ASSERT_TRUE(after == live.end() || after->first >= end) << "event " << i + 1 << " " << call.text();
    ASSERT_TRUE(after == live.begin() || std::prev(after)->second <= call.addr)
        << "event " << i + 1 << " " << call.text();
    live[call.addr] = end;
  }
}

std::uint64_t allocs_of_size(const trace::Trace& trace, std::uint64_t size) {
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    if (trace.op(i) == trace::Op::Alloc && trace.event(i).size == size) ++count;
  }
  return count;
}

}  // namespace allocviz::record
