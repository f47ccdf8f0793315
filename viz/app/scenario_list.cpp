#include "viz/app/scenario_list.h"

#include <memory>
#include <utility>

#include "core/trace/io.h"
#include "core/trace/json.h"
#include "viz/app/loader.h"
#include "viz/app/scenario_files.h"

namespace allocviz::app {

std::string hint_of(std::string_view about) {
  while (!about.empty() && (about.front() == '\n' || about.front() == '#' || about.front() == ' '))
    about.remove_prefix(1);
  std::string hint;
  for (const char c : about.substr(0, about.find('\n'))) {
    if (c != '*' && c != '`') hint += c;
  }
  return hint;
}

namespace {

// A request that fails tells most; else what has most to look at.
std::uint64_t telling_event(replay::Timeline& timeline) {
  if (!timeline.failures().empty()) return timeline.failures().front() + 1;
  std::uint64_t found = 0;
  std::size_t most = 0;
  for (std::uint64_t event = 1; event <= timeline.event_count(); ++event) {
    timeline.seek({event, replay::kAllSteps});
    if (timeline.census().blocks.size() < most) continue;
    most = timeline.census().blocks.size();
    found = event;
  }
  return found;
}

void add_glimpses(Scenario& scenario, trace::Trace trace) {
  const auto shared = std::make_shared<const trace::Trace>(std::move(trace));
  const auto stages = build_stages(shared, shared->specs_to_open());
  if (!stages.ok() || stages->empty()) return;
  scenario.events = shared->size();
  scenario.telling = telling_event(*stages->front().timeline);
  for (const Stage& stage : *stages) {
    stage.timeline->seek({scenario.telling, replay::kAllSteps});
    scenario.glimpses.push_back({stage.timeline->spec(), stage.timeline->census()});
  }
}

}  // namespace

std::vector<Scenario> scenario_list() {
  std::vector<Scenario> list;
  for (const EmbeddedScenario& file : embedded_scenarios()) {
    const auto source = trace::source_of_text(file.text, std::string(file.name));
    auto trace = trace::read_json(*source);
    // A lesson that cannot be read is listed all the same: opening it says what is wrong.
    Scenario scenario;
    scenario.title = file.name;
    scenario.json = file.text;
    if (trace.ok()) {
      if (!trace->header().name.empty()) scenario.title = trace->header().name;
      scenario.hint = hint_of(trace->header().about);
      add_glimpses(scenario, std::move(trace).value());
    }
    list.push_back(std::move(scenario));
  }
  return list;
}

}  // namespace allocviz::app
