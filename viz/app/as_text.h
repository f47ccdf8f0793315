// What the window shows of the event at the cursor, as text for the clipboard.
#pragma once

#include <string>

#include "viz/app/state.h"

namespace allocviz::app {

// Document, position, the lesson's note, the sentence, the steps (the current one marked), and the block that is
// selected or touched. Ends in a line break.
[[nodiscard]] std::string as_text(const State& state);

}  // namespace allocviz::app
