// What is remembered between runs: $XDG_CONFIG_HOME/allocviz/settings.json, or ~/.config/allocviz/settings.json.
#pragma once

#include <string>

#include "viz/app/state.h"

namespace allocviz::app {

// Where the settings live; empty where the environment names no home.
[[nodiscard]] std::string default_settings_path();
// Whatever of the file can be understood; the defaults for everything else, for a missing and for a damaged file.
[[nodiscard]] Settings load_settings(const std::string& path);
// Written whole or not at all, the folder made where it is missing. Trouble where nothing may be written there.
[[nodiscard]] trace::Status save_settings(const std::string& path, const Settings& settings);

// Writes the state's settings once they have rested for a second; called by tick(). A folder that cannot be written is
// tried again only after the next change.
void keep_settings(State& state);
// The same at once: before the program ends.
void keep_settings_now(State& state);

}  // namespace allocviz::app
