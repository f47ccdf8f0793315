// The lessons of scenarios/, compiled into the program: it needs no data files beside it.
#pragma once

#include <span>
#include <string_view>

namespace allocviz::app {

struct EmbeddedScenario {
  std::string_view name;  // its file's name without .json: "01-first-split"
  std::string_view text;  // the whole file
};
// In the order of their names.
[[nodiscard]] std::span<const EmbeddedScenario> embedded_scenarios();

}  // namespace allocviz::app
