// The parts of update(), by subject; each says whether the command was one of its own. Only update.cpp includes this.
#pragma once

#include "viz/app/command.h"
#include "viz/app/state.h"

namespace allocviz::app {

bool update_time(State& state, const Command& command);      // cursor, playback, failures, marks
bool update_document(State& state, const Command& command);  // files, allocators, undo
bool update_texts(State& state, const Command& command);     // marks, notes, events by hand
bool update_view(State& state, const Command& command);      // selection, the byte axis, lists, popups
bool update_charts(State& state, const Command& command);    // their axis, the range of events
bool update_groups(State& state, const Command& command);    // the table of groups
bool update_window(State& state, const Command& command);    // theme, scale, splits, presets

// Where a dialog asks for a path: looks at the folder of what is typed, unless it has been looked at.
void list_files(State& state);

struct Stretch {
  double from, to;
};
// At least `least` long, at most all of [0, all], and inside it.
[[nodiscard]] Stretch fitted(double from, double to, double least, double all);

}  // namespace allocviz::app
