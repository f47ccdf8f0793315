// What was opened becomes the document.
#pragma once

#include <vector>

#include "viz/app/opening.h"

namespace allocviz::app {

// The opened trace becomes the document: views, selection, search and history begin anew, settings stay.
void adopt(State& state, Opened opened);

// The whole log takes the place of its first part, and whoever looks at it is not moved: cursor, playback, what the
// axes show, range, selection, cards, search and lists stay, and so do marks and notes written meanwhile. What was all
// of the part becomes all of the whole. Where the allocator is another one now (its arena goes by the log's peak),
// blocks are followed to where they stand in it.
void adopt_rest(State& state, Opened whole);

// New stages under an unchanged trace, the cursor at the event where it was.
void take_stages(State& state, std::vector<Stage> stages, replay::Position at);

void remember_path(Settings& settings, const std::string& path);

}  // namespace allocviz::app
