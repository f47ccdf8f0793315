// How long the window takes to open a log: until its first part can be used, until the whole can, and how long the
// thread of the window was busy with either. What scale_bench.py measures.
//
// Usage: open_bench FILE [CACHE]     with CACHE the log is kept in that folder, or opened from it
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "viz/app/keeping.h"
#include "viz/app/loader.h"
#include "viz/app/startup.h"
#include "viz/app/update.h"

namespace {

using namespace allocviz;

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Moment {
  double elapsed_s = 0, cpu_s = 0;
};
Moment now() {
  return {seconds_of(CLOCK_MONOTONIC), seconds_of(CLOCK_PROCESS_CPUTIME_ID)};
}

void report(const char* what, const Moment& since, const app::State& state) {
  const Moment at = now();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::uint64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  std::printf("%s %.3f s elapsed %.3f s cpu %llu events %.0f MiB at most, %.0f now\n", what,
              at.elapsed_s - since.elapsed_s, at.cpu_s - since.cpu_s,
              static_cast<unsigned long long>(state.timeline().event_count()),
              static_cast<double>(used.ru_maxrss) / 1024, static_cast<double>(resident) * 4096 / (1 << 20));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: open_bench FILE [CACHE]\n");
    return 2;
  }
  app::Arguments arguments;
  arguments.remember = false;
  auto started = app::start(arguments);
  if (!started.ok()) return 1;
  app::State& state = *started;
  if (argc > 2) state.long_logs.cache.folder = argv[2];
  const Moment began = now();
  app::update(state, {.what = app::Do::OpenFile, .text = argv[1]});
  bool first_seen = false;
  double longest_s = 0;
  while (state.loading != nullptr) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const double before = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    app::tick(state, now().elapsed_s - began.elapsed_s);
    longest_s = std::max(longest_s, seconds_of(CLOCK_THREAD_CPUTIME_ID) - before);
    if (!first_seen && app::is_reading_rest(state)) {
      first_seen = true;
      report("first", began, state);
    }
  }
  if (state.trouble) {
    std::fprintf(stderr, "%s\n", state.trouble->text().c_str());
    return 1;
  }
  report("whole", began, state);
  const auto an_event = [&state](std::uint64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(state.timeline().event_count(), 1));
  };
  std::printf("holds %.1f B an event in the trace, %.1f in the timeline (%.1f in its series)\n",
              an_event(state.document.trace->memory_bytes()), an_event(state.timeline().memory_bytes()),
              an_event(state.timeline().series().memory_bytes()));
  std::printf("busy %.1f ms of cpu in the longest frame\n", 1e3 * longest_s);
  if (state.keeping == nullptr) return 0;
  const Moment keeping = now();
  while (state.keeping != nullptr) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    app::poll_keeping(state);
  }
  report("kept", keeping, state);
  return 0;
}
