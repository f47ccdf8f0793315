// What a frame's layouts cost at the peak of a real log: sqlite-build, 21 071 live blocks in 64 MiB where it is found,
// else as many blocks made at random. The census is taken outside: it is the replay's cost.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <random>
#include <string>

#include "core/import/importer.h"
#include "core/replay/timeline.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/chart_layout.h"
#include "viz/draw/lod.h"
#include "viz/draw/map_layout.h"

namespace allocviz {
namespace {

std::shared_ptr<const trace::Trace> some_trace() {
  const std::string path = std::string(ALLOCVIZ_SOURCE_DIR) + "/../shared/traces/sqlite-build.mtrace.zst";
  if (std::filesystem::exists(path)) {
    auto opened = import::open_trace(path);
    if (opened.ok()) return std::make_shared<const trace::Trace>(std::move(*opened));
  }
  std::mt19937_64 random(1);
  trace::TraceBuilder builder;
  for (std::uint64_t i = 0; i < 21'071; ++i) {
    trace::RawEvent event;
    event.id_kind = trace::RawEvent::Id::Number;
    event.id_number = i;
    event.size = 16 + random() % 3000;
    static_cast<void>(builder.append(event).ok());
  }
  return std::make_shared<const trace::Trace>(std::move(builder).finish());
}

const replay::Timeline& at_peak() {
  static const std::unique_ptr<replay::Timeline> timeline = [] {
    const std::shared_ptr<const trace::Trace> trace = some_trace();
    auto built = replay::Timeline::build(trace, trace->specs_to_open().front());
    (*built)->seek({(*built)->summary().peak_event, replay::kAllSteps});
    return std::move(*built);
  }();
  return *timeline;
}

draw::Span whole(const replay::Timeline& timeline) {
  return {0, static_cast<double>(timeline.census().arena_bytes)};
}

void lay_out_tree(benchmark::State& state) {
  const replay::Timeline& timeline = at_peak();
  const draw::NameOf names = [&](std::uint64_t born) { return timeline.trace().id_text(born); };
  draw::Picture picture;
  for (auto _ : state) {
    const draw::BuddyScene scene = draw::lay_out_buddy({.census = timeline.census(),
                                                        .spec = timeline.spec(),
                                                        .now = draw::moment_of(timeline),
                                                        .selected = {},
                                                        .rect = {0, 0, static_cast<float>(state.range(0)), 400},
                                                        .view = whole(timeline),
                                                        .style = {},
                                                        .name_of = names});
    draw::paint_bands(scene.scene, draw::theme(draw::ThemeKind::Dark), picture);
    benchmark::DoNotOptimize(picture.pixels.data());
    state.counters["boxes"] = static_cast<double>(scene.scene.boxes.size());
  }
  state.counters["live"] = static_cast<double>(timeline.figures().live_blocks);
}
BENCHMARK(lay_out_tree)->Arg(720)->Arg(1600)->Unit(benchmark::kMillisecond);

void lay_out_map(benchmark::State& state) {
  const replay::Timeline& timeline = at_peak();
  const draw::NameOf names = [&](std::uint64_t born) { return timeline.trace().id_text(born); };
  const draw::Focus focus;
  draw::Picture picture;
  for (auto _ : state) {
    const draw::MapScene scene = draw::lay_out_map({.census = timeline.census(),
                                                    .focus = focus,
                                                    .rect = {0, 0, 1600, static_cast<float>(state.range(0))},
                                                    .view = whole(timeline),
                                                    .style = {},
                                                    .name_of = names});
    draw::paint_bands(scene.scene, draw::theme(draw::ThemeKind::Dark), picture);
    benchmark::DoNotOptimize(picture.pixels.data());
  }
}
BENCHMARK(lay_out_map)->Arg(120)->Arg(500)->Unit(benchmark::kMillisecond);

void lay_out_chart(benchmark::State& state) {
  const replay::Timeline& timeline = at_peak();
  draw::Picture picture;
  for (auto _ : state) {
    const draw::ChartScene scene = draw::lay_out_chart({.runs = {{.series = &timeline.series(), .name = {}}},
                                                        .failures = timeline.failures(),
                                                        .marks = timeline.trace().marks(),
                                                        .curves = 0b1111,
                                                        .first = 0,
                                                        .last = static_cast<double>(timeline.event_count()),
                                                        .rect = {0, 0, 1600, 220},
                                                        .style = {}});
    draw::paint_areas(scene, draw::theme(draw::ThemeKind::Dark), picture);
    benchmark::DoNotOptimize(picture.pixels.data());
  }
}
BENCHMARK(lay_out_chart)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace allocviz

BENCHMARK_MAIN();
