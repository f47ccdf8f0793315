// Reading and writing our own format, and the builder below every reader. Events a second and bytes a second.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "core/trace/json.h"

namespace {

using namespace allocviz::trace;

constexpr std::uint64_t kEvents = 1'000'000;
constexpr std::uint64_t kLive = 20'000;

// What a recorder writes: addresses as ids, about 20 000 blocks live, times; half of the events are frees.
std::vector<RawEvent> stream() {
  std::mt19937_64 random(1);
  std::vector<RawEvent> events(kEvents);
  std::vector<std::uint64_t> live;
  std::uint64_t next = 0x55a5c078c2a0;
  for (std::uint64_t i = 0; i < kEvents; ++i) {
    RawEvent& raw = events[i];
    raw.id_kind = RawEvent::Id::Number;
    raw.time_ns = 17 * i;
    if (!live.empty() && (live.size() >= kLive || random() % 100 < 49)) {
      raw.op = Op::Free;
      std::swap(live[random() % live.size()], live.back());
      raw.id_number = live.back();
      live.pop_back();
    } else {
      raw.id_number = next += 64;
      raw.size = 1 + random() % 4000;
      raw.align = 16;
      live.push_back(raw.id_number);
    }
  }
  return events;
}

Trace build(const std::vector<RawEvent>& events) {
  TraceBuilder builder;
  for (const auto& raw : events) benchmark::DoNotOptimize(builder.append(raw).ok());
  return std::move(builder).finish();
}

void count(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kEvents));
  if (bytes != 0) state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

void builder(benchmark::State& state) {
  const auto events = stream();
  for (auto _ : state) benchmark::DoNotOptimize(build(events).size());
  count(state, 0);
}
BENCHMARK(builder)->Unit(benchmark::kMillisecond);

// Objects as a careful hand would write them; the writer itself turns to rows at this length.
std::string objects(const Trace& trace) {
  std::string text = R"({"format": "allocviz-trace", "version": 1})"
                     "\n";
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    const Event event = trace.event(i);
    text += event.op == Op::Free ? R"({"op": "free", "id": )" : R"({"op": "alloc", "id": )";
    text += std::to_string(event.id);
    if (event.op == Op::Alloc) text += ", \"size\": " + std::to_string(event.size) + ", \"align\": 16";
    text += ", \"t\": " + std::to_string(event.time_ns) + "}\n";
  }
  return text;
}

void read(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    const auto source = source_of_text(text, "bench");
    const auto trace = read_json(*source);
    if (!trace.ok() || trace->size() != kEvents) state.SkipWithError("the text was not read whole");
  }
  count(state, text.size());
}
void read_rows(benchmark::State& state) {
  read(state, to_json_text(build(stream())));
}
void read_lines_of_rows(benchmark::State& state) {
  read(state, to_json_text(build(stream()), Spelling::JsonLines));
}
void read_lines_of_objects(benchmark::State& state) {
  read(state, objects(build(stream())));
}
BENCHMARK(read_rows)->Unit(benchmark::kMillisecond);
BENCHMARK(read_lines_of_rows)->Unit(benchmark::kMillisecond);
BENCHMARK(read_lines_of_objects)->Unit(benchmark::kMillisecond);

void write(benchmark::State& state) {
  const Trace trace = build(stream());
  std::size_t bytes = 0;
  for (auto _ : state) bytes = to_json_text(trace).size();
  count(state, bytes);
}
BENCHMARK(write)->Unit(benchmark::kMillisecond);

// The same into a file, as a user saves it: no memory for the whole text.
void write_file(benchmark::State& state) {
  const Trace trace = build(stream());
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "allocviz_trace_bench.json";
  for (auto _ : state) {
    if (!write_json(trace, path, {}).ok()) state.SkipWithError("it was not written");
  }
  count(state, static_cast<std::size_t>(std::filesystem::file_size(path)));
  std::filesystem::remove(path);
}
BENCHMARK(write_file)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
