// How fast a trace is replayed, sought in and shown: on ../shared/traces/sqlite-build.mtrace.zst where it is, else on a
// random trace of about that size. Counters say what is meant: events/s, percentiles of single seeks in ms.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "core/import/importer.h"
#include "core/replay/timeline.h"

namespace allocviz {
namespace {

using replay::Timeline;

std::shared_ptr<const trace::Trace> random_trace() {
  std::mt19937_64 random(1);
  trace::TraceBuilder builder;
  std::vector<std::uint64_t> live;
  for (std::uint64_t i = 0; i < 700'000; ++i) {
    trace::RawEvent event;
    event.id_kind = trace::RawEvent::Id::Number;
    if (live.size() < 20'000 && random() % 100 < 55) {
      event.id_number = i;
      event.size = std::uint64_t{16} << (random() % 8);
      live.push_back(i);
    } else if (!live.empty()) {
      const std::size_t at = random() % live.size();
      event.op = trace::Op::Free;
      event.id_number = live[at];
      live[at] = live.back();
      live.pop_back();
    }
    (void)builder.append(event).ok();
  }
  return std::make_shared<const trace::Trace>(std::move(builder).finish());
}

std::shared_ptr<const trace::Trace> the_trace() {
  const std::string path = ALLOCVIZ_SOURCE_DIR "/../shared/traces/sqlite-build.mtrace.zst";
  if (std::filesystem::exists(path)) {
    auto opened = import::open_trace(path);
    if (opened.ok()) return std::make_shared<const trace::Trace>(std::move(opened).value());
  }
  return random_trace();
}

trace::AllocatorSpec spec_of(const trace::Trace& trace, trace::AllocatorKind kind) {
  trace::AllocatorSpec spec = trace.specs_to_open().front();
  if (kind == trace::AllocatorKind::Bump) spec = {.kind = kind, .arena_bytes = std::uint64_t{1} << 30};
  if (kind == trace::AllocatorKind::Slab) spec = {.kind = kind, .block_bytes = 512, .block_count = 65'536};
  return spec;
}

double percentile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

// Two clocks: what somebody waits for, and what it would be on a machine with nothing else to do.
struct Moment {
  std::chrono::steady_clock::time_point wall = std::chrono::steady_clock::now();
  std::clock_t cpu = std::clock();

  [[nodiscard]] double wall_ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - wall).count();
  }
  [[nodiscard]] double cpu_ms() const {
    return 1e3 * static_cast<double>(std::clock() - cpu) / static_cast<double>(CLOCKS_PER_SEC);
  }
};

void build(benchmark::State& state, trace::AllocatorKind kind) {
  const auto trace = the_trace();
  for (auto _ : state) {
    auto timeline = Timeline::build(trace, spec_of(*trace, kind));
    state.counters["MB"] = static_cast<double>((*timeline)->memory_bytes()) / 1e6;
    state.counters["series_B/event"] =
        static_cast<double>((*timeline)->series().memory_bytes()) / static_cast<double>(trace->size());
    state.counters["ns/event_applying"] = (*timeline)->summary().ns_per_event;
    state.counters["failed"] = static_cast<double>((*timeline)->summary().failed);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * trace->size()));
}
BENCHMARK_CAPTURE(build, buddy, trace::AllocatorKind::Buddy)->Unit(benchmark::kMillisecond)->MinTime(2);
BENCHMARK_CAPTURE(build, bump, trace::AllocatorKind::Bump)->Unit(benchmark::kMillisecond)->MinTime(2);
BENCHMARK_CAPTURE(build, slab, trace::AllocatorKind::Slab)->Unit(benchmark::kMillisecond)->MinTime(2);

// What a seek and the census after it take, one by one.
template <class Next>
void seeks(benchmark::State& state, trace::AllocatorKind kind, Next next) {
  const auto trace = the_trace();
  const auto timeline = std::move(Timeline::build(trace, spec_of(*trace, kind))).value();
  std::mt19937_64 random(2);
  std::vector<double> wall, cpu;
  timeline->seek({trace->size() / 2});
  for (auto _ : state) {
    const replay::Position to = next(*timeline, random);
    const Moment began;
    timeline->seek(to);
    benchmark::DoNotOptimize(timeline->census().blocks.data());
    wall.push_back(began.wall_ms());
    cpu.push_back(began.cpu_ms());
  }
  state.counters["p50_ms"] = percentile(wall, 0.50);
  state.counters["p99_ms"] = percentile(wall, 0.99);
  state.counters["p99_cpu_ms"] = percentile(cpu, 0.99);
  state.counters["max_cpu_ms"] = percentile(cpu, 1.0);
}

replay::Position any_event(const Timeline& timeline, std::mt19937_64& random) {
  return {random() % (timeline.event_count() + 1)};
}
replay::Position any_step(const Timeline& timeline, std::mt19937_64& random) {
  return {random() % (timeline.event_count() + 1), static_cast<std::uint32_t>(random() % 4)};
}
replay::Position one_back(const Timeline& timeline, std::mt19937_64&) {
  return {timeline.position().event - 1};
}
replay::Position one_on(const Timeline& timeline, std::mt19937_64&) {
  return {timeline.position().event + 1};
}
constexpr auto kBuddy = trace::AllocatorKind::Buddy;
BENCHMARK_CAPTURE(seeks, event_on_buddy, kBuddy, any_event)->Unit(benchmark::kMillisecond)->Iterations(1000);
BENCHMARK_CAPTURE(seeks, step_on_buddy, kBuddy, any_step)->Unit(benchmark::kMillisecond)->Iterations(1000);
BENCHMARK_CAPTURE(seeks, back_on_buddy, kBuddy, one_back)->Unit(benchmark::kMillisecond)->Iterations(1000);
BENCHMARK_CAPTURE(seeks, forward_on_buddy, kBuddy, one_on)->Unit(benchmark::kMillisecond)->Iterations(1000);
BENCHMARK_CAPTURE(seeks, event_on_bump, trace::AllocatorKind::Bump, any_event)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(300);

void census_at_the_peak(benchmark::State& state) {
  const auto trace = the_trace();
  const auto timeline = std::move(Timeline::build(trace, spec_of(*trace, kBuddy))).value();
  const auto machine = std::move(replay::make_machine(timeline->spec(), trace->slot_count())).value();
  for (std::uint64_t i = 0; i < timeline->summary().peak_event; ++i) machine->apply(trace->event(i), i);
  replay::Census census;
  for (auto _ : state) {
    machine->census(census);
    benchmark::DoNotOptimize(census.blocks.data());
  }
  state.counters["blocks"] = static_cast<double>(census.blocks.size());
  state.counters["live"] = static_cast<double>(census.figures.live_blocks);
}
BENCHMARK(census_at_the_peak)->Unit(benchmark::kMicrosecond);

void save_and_load_at_the_peak(benchmark::State& state) {
  const auto trace = the_trace();
  const auto timeline = std::move(Timeline::build(trace, spec_of(*trace, kBuddy))).value();
  const auto machine = std::move(replay::make_machine(timeline->spec(), trace->slot_count())).value();
  for (std::uint64_t i = 0; i < timeline->summary().peak_event; ++i) machine->apply(trace->event(i), i);
  replay::Keyframe frame;
  for (auto _ : state) {
    machine->save(frame);
    replay::load(*machine, frame);
  }
  state.counters["kB"] = static_cast<double>(frame.bytes.size()) / 1e3;
}
BENCHMARK(save_and_load_at_the_peak)->Unit(benchmark::kMicrosecond);

// A chart as wide as a screen, over everything and zoomed in.
void bins(benchmark::State& state) {
  const auto trace = the_trace();
  const auto timeline = std::move(Timeline::build(trace, spec_of(*trace, kBuddy))).value();
  std::vector<replay::Extent> out(1920);
  const double shown = static_cast<double>(trace->size()) / static_cast<double>(state.range(0));
  for (auto _ : state) {
    timeline->series().bins(replay::Curve::LiveRounded, shown / 3, shown / 3 + shown, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(bins)->Arg(2)->Arg(100)->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace allocviz

BENCHMARK_MAIN();
