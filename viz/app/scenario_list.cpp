#include "viz/app/scenario_list.h"

#include "core/trace/io.h"
#include "core/trace/json.h"
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

std::vector<Scenario> scenario_list() {
  std::vector<Scenario> list;
  for (const EmbeddedScenario& file : embedded_scenarios()) {
    const auto source = trace::source_of_text(file.text, std::string(file.name));
    const auto trace = trace::read_json(*source);
    // A lesson that cannot be read is listed all the same: opening it says what is wrong.
    Scenario scenario{std::string(file.name), {}, file.text};
    if (trace.ok()) {
      if (!trace->header().name.empty()) scenario.title = trace->header().name;
      scenario.hint = hint_of(trace->header().about);
    }
    list.push_back(std::move(scenario));
  }
  return list;
}

}  // namespace allocviz::app
