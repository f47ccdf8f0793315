// What the charts say: under the mouse, and of a range of events.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "viz/app/names.h"
#include "viz/app/partings.h"
#include "viz/panels/timeline_parts.h"

namespace allocviz::panels {
namespace {

using draw::ChartScene;
using replay::Curve;

std::string value_text(Curve curve, std::uint64_t value) {
  if (curve == Curve::LiveBlocks) return trace::count_text(value);
  if (draw::is_share(curve)) return draw::share_text(value);
  const std::string shortly = trace::size_text(value);
  const std::string exactly = trace::exact_size_text(value);
  return shortly == exactly ? exactly : fmt::format("{} ({})", shortly, exactly);
}

// In the order of the curves' list, a run after the other.
void add_values(std::string& text, const app::State& state, const ChartScene& scene, const Hair& hair) {
  for (int c = 0; c < replay::kCurves; ++c) {
    for (std::size_t run = 0; run < state.stages.size(); ++run) {
      const auto curve = static_cast<Curve>(c);
      const bool drawn = std::any_of(scene.curves.begin(), scene.curves.end(),
                                     [&](const draw::ChartCurve& one) { return one.curve == curve && one.run == run; });
      if (!drawn) continue;
      const bool own = state.stages.size() > 1 && !(run == 0 && draw::is_common(curve, app::serve_alike(state)));
      const std::string whose = own ? " by " + app::title_of_stage(state, run) : std::string{};
      text += fmt::format("\n{}{}  {}", draw::name_of(curve), whose,
                          value_text(curve, state.timeline(run).series().at(curve, hair.position)));
    }
  }
}

// " on slab 5 × 48 B", " in the recorded program"; empty where it is not told, or where there is one allocator.
std::string whose(const app::State& state, const std::vector<app::Refuser>& refusers, const ChartScene& scene,
                  const draw::ChartFailure& failure) {
  if (scene.lanes.empty()) {
    const std::string one = failure.count == 1 ? app::refused_by(state, failure.first) : failure.name;
    return (one.empty() ? "" : " on ") + one;
  }
  const auto lane = static_cast<std::size_t>(failure.lane);
  if (failure.lane == draw::ChartFailure::kUntold || lane >= refusers.size()) return {};
  const app::Refuser& refuser = refusers[lane];
  return (refuser.failures == &state.document.failed_there ? " in " : " on ") + refuser.title;
}

void add_failures(std::string& text, const app::State& state, const ChartScene& scene, float x) {
  const std::vector<app::Refuser> refusers = app::refusers(state);
  for (const draw::ChartFailure& failure : scene.failures) {
    if (std::abs(failure.x - x) > (scene.crowded ? 0.6f : 6.0f)) continue;
    const std::string who = whose(state, refusers, scene, failure);
    const std::string first = trace::count_text(failure.first + 1);
    text += failure.count > 1 ? fmt::format("\n✕ {} requests failed here{}, event {} first",
                                            trace::count_text(failure.count), who, first)
                              : fmt::format("\n✕ event {} failed{}", first, who);
  }
}

// "+1.3 MiB", "−40 B", "unchanged".
std::string change_text(std::uint64_t before, std::uint64_t after) {
  if (before == after) return "unchanged";
  return after > before ? "+" + trace::size_text(after - before) : "−" + trace::size_text(before - after);
}

std::uint64_t failures_in(const app::State& state, app::EventRange range) {
  const auto from = std::lower_bound(state.failures.begin(), state.failures.end(), range.first);
  return static_cast<std::uint64_t>(std::lower_bound(from, state.failures.end(), range.last) - from);
}

}  // namespace

std::string moment_of(const app::State& state, std::uint64_t position) {
  std::string text = position == 0 ? "before event 1" : "event " + trace::count_text(position);
  if (state.document.clock != nullptr && position != 0) {
    text += " · " + draw::moment_text(state.document.clock->ns_of(position));
  }
  return text;
}

std::string hover_text(const app::State& state, const ChartScene& scene, const Hair& hair) {
  std::string text = moment_of(state, hair.position);
  add_values(text, state, scene, hair);
  add_failures(text, state, scene, hair.x);
  const auto& marks = state.document.trace->marks();
  for (const draw::ChartFlag& flag : scene.flags) {
    if (std::abs(flag.x - hair.x) > 6) continue;
    const auto found = marks.find(flag.index);
    if (found != marks.end()) text += "\nmark: " + found->second;
  }
  return text;
}

std::string range_text(const app::State& state, app::EventRange range, bool shortly) {
  const replay::Timeline& timeline = state.timeline();
  const replay::Totals totals =
      timeline.tally().between(*state.document.trace, timeline.series(), range.first, range.last);
  std::string text = totals.events == 1 ? "event " + trace::count_text(range.first + 1)
                                        : fmt::format("events {} … {}", trace::count_text(range.first + 1),
                                                      trace::count_text(range.last));
  if (!shortly && totals.events != 1) text += " · " + trace::count_text(totals.events, "event");
  if (const replay::Clock* clock = state.document.clock.get(); clock != nullptr && totals.events > 1) {
    text += " in " + draw::moment_text(clock->ns_of(range.last) - clock->ns_of(range.first + 1));
  }
  if (!shortly) {
    text += " · " + trace::count_text(totals.allocs, "alloc") + ", " + trace::count_text(totals.frees, "free");
    if (totals.reallocs != 0) text += ", " + trace::count_text(totals.reallocs, "realloc");
  }
  if (const std::uint64_t failed = failures_in(state, range); failed != 0) {
    text += fmt::format(" · ✕ {} failed", trace::count_text(failed));
  }
  text += fmt::format(" · {} allocated, {} freed · live {}", trace::size_text(totals.bytes_allocated),
                      trace::size_text(totals.bytes_freed), change_text(totals.live_before, totals.live_after));
  return text;
}

}  // namespace allocviz::panels
