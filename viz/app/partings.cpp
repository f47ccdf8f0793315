#include "viz/app/partings.h"

#include <fmt/format.h>

#include <algorithm>

#include "viz/app/names.h"

namespace allocviz::app {

namespace {

bool is_served(const replay::Outcome& outcome) {
  return outcome.kind == replay::OutcomeKind::Placed;
}

std::string place_text(const State& state, std::size_t stage, const replay::Outcome& outcome) {
  return trace::offset_text(outcome.offset, state.timeline(stage).census().arena_bytes);
}

// "serves it at 0x5c0" or "does not".
std::string fate(const State& state, std::size_t stage, const replay::Outcome& outcome, const std::string& what) {
  if (!is_served(outcome)) return what.empty() ? "does not" : "does not serve " + what;
  if (what.empty()) return "at " + place_text(state, stage, outcome);
  return fmt::format("serves {} at {}", what, place_text(state, stage, outcome));
}

}  // namespace

std::size_t first_parting(const State& state) {
  std::size_t first = 0;
  for (std::size_t i = 1; i < state.stages.size(); ++i) {
    const auto& found = state.stages[i].divergence;
    if (found && (first == 0 || found->event < state.stages[first].divergence->event)) first = i;
  }
  return first;
}

std::string parting_text(const State& state, std::size_t stage) {
  const analyze::Divergence& at = *state.stages[stage].divergence;
  const trace::Trace& trace = *state.document.trace;
  const trace::Event event = trace.event(at.event);
  const std::string id = trace.id_text(event);
  const std::string size = trace::size_text(event.size);
  const std::string what = id.empty() ? size : fmt::format("{} ({})", id, size);
  const std::string a = title_of_stage(state, 0), b = title_of_stage(state, stage);
  // Who serves it stands first: the other one then "does not".
  const bool swapped = !is_served(at.a);
  const std::string first = swapped ? b + " " + fate(state, stage, at.b, what) : a + " " + fate(state, 0, at.a, what);
  const std::string second = swapped ? a + " " + fate(state, 0, at.a, {}) : b + " " + fate(state, stage, at.b, {});
  return fmt::format("Event {}: {}, {}", trace::count_text(at.event + 1), first, second);
}

bool serve_alike(const State& state) {
  return std::all_of(state.stages.begin(), state.stages.end(), [](const Stage& stage) { return stage.serves_alike; });
}

}  // namespace allocviz::app
