// The three ways in which the window is divided. Compare needs a second allocator: it is there only as long as there is
// one, and brings one where there is not.
#pragma once

#include "viz/app/state.h"

namespace allocviz::app {

void set_preset(State& state, Preset preset);
// Compare, with a second allocator where there is but one; where there can be none, a notice says why and the window
// stays as it is.
void compare(State& state);
// The stages are others: what waited for a second one begins, and what lost it gives the window back as it was.
void settle_compare(State& state);

}  // namespace allocviz::app
