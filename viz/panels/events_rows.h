// What a row of the event list shows, and the tabs above it.
#pragma once

#include <cstdint>

#include "viz/panels/panel.h"

namespace allocviz::panels {

// Where the columns stand, measured once a frame.
struct EventColumns {
  float index_right = 0, op = 0, id = 0, size_right = 0;
  bool narrow = false;  // the id stands right behind the operation
};
[[nodiscard]] EventColumns event_columns(const Context& context, draw::Rect rect);
void event_row(const Context& context, const EventColumns& columns, std::uint64_t index, draw::Rect row);
void failure_row(const Context& context, std::uint64_t index, draw::Rect row);
// The head of the left part: Events, Failures, Lessons, one of them chosen. Returns what is left below.
draw::Rect left_tabs(const Context& context, draw::Rect rect);

// Goes to the end of an event, by its index.
void seek_to(const Context& context, std::uint64_t index);
// What a right click on a row asks: what can be done at its event.
void event_menu(const Context& context);

}  // namespace allocviz::panels
