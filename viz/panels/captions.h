// What stands below the stages where no other part of the window says it: what their colours mean, and of several
// allocators, of which no panel tells, what each has done, and the lesson's note.
//
//   +-- stage -------+ +-- stage -------+
//   +----------------+ +----------------+
//    [] live  // rounding waste             legend: where there is no map, below which it stands
//   | 100 B needs .. | | does not fit .. |  a sentence each
//   | the lesson's note                  |
#pragma once

#include "viz/panels/panel.h"

namespace allocviz::panels {

// How high each is, however much there is to say at the cursor: nothing moves from event to event.
[[nodiscard]] float legend_row_height(const Context& context);
[[nodiscard]] float sentence_row_height(const Context& context, int lines);
// 0 where the document has neither notes nor a word about itself.
[[nodiscard]] float note_row_height(const Context& context, float width);

void legend_row(const Context& context, draw::Rect rect, std::size_t stage);
void sentence_row(const Context& context, draw::Rect rect, std::size_t stage);
void note_row(const Context& context, draw::Rect rect);

}  // namespace allocviz::panels
