// The lessons built into the program, with what a list shows of each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "viz/app/state.h"

namespace allocviz::app {

// Every lesson of scenarios/ (scenario_files.h), in the order of their names, each replayed once for its picture: they
// are small.
[[nodiscard]] std::vector<Scenario> scenario_list();
// The first line of a lesson's `about`, without the signs of Markdown.
[[nodiscard]] std::string hint_of(std::string_view about);

}  // namespace allocviz::app
