// The parts of update(), by subject; each says whether the command was one of its own. Only update.cpp includes this.
#pragma once

#include "viz/app/command.h"
#include "viz/app/state.h"

namespace allocviz::app {

bool update_time(State& state, const Command& command);      // cursor, playback, failures, marks
bool update_document(State& state, const Command& command);  // files, allocators, undo
bool update_view(State& state, const Command& command);      // selection, axes, lists, popups
bool update_window(State& state, const Command& command);    // theme, scale, splits, presets

}  // namespace allocviz::app
