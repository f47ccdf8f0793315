// What menus and the palette ask about a command before they show it.
#pragma once

#include "viz/app/command.h"
#include "viz/app/state.h"

namespace allocviz::app {

// The entry as a command: with the theme, curve or stage that it stands for.
[[nodiscard]] Command command_of(const State& state, const CommandInfo& info);
// Whether it would change anything now.
[[nodiscard]] bool is_enabled(const State& state, const CommandInfo& info);
// Whether it is a switch that stands on now.
[[nodiscard]] bool is_checked(const State& state, const CommandInfo& info);

// How well `query` is found in `name`, in order but with gaps ("nf" in "Next failed request"); below 0 = not at all.
// Beginnings of words and runs of letters count more.
[[nodiscard]] int fuzzy_score(std::string_view query, std::string_view name);
// The commands of the palette for what was typed so far, the best first; all of them, in menu order, for nothing.
[[nodiscard]] std::vector<const CommandInfo*> palette_matches(std::string_view query);

}  // namespace allocviz::app
