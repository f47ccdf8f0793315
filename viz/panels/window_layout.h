// Where each part of the window stands. Plain arithmetic on the window's size, the settings and the em.
#pragma once

#include <vector>

#include "viz/panels/panel.h"

namespace allocviz::panels {

struct StageRects {
  draw::Rect stage, map_rect;
  draw::Rect legend, said;  // below them; empty where there is no need for them, or no room
  bool map = false;
  bool shown = true;  // the stage itself; else the map alone
};

struct Parts {
  float gap = 8;
  draw::Rect menu, transport, center;
  bool error = false, left = false, right = false, block = false, bottom = false, levels = false;
  draw::Rect error_rect, left_rect, right_rect, bottom_rect;
  draw::Rect event_rect, block_rect;  // right_rect, divided; the event has all of it where it is too low
  draw::Rect levels_rect;             // free blocks by level, below the map
  draw::Rect left_gap, right_gap, block_gap, bottom_gap, map_gap;
  draw::Rect note_rect;            // below the sentences of several allocators; else empty
  std::vector<StageRects> stages;  // side by side; all of them, however many
};

// Parts that have no room left are not shown: first the charts or the list, at last the panel at the right. The
// stage is never narrower than it is readable, on any window from 800 x 600 at double scale upwards.
[[nodiscard]] Parts layout(const Context& context, draw::Rect window);

}  // namespace allocviz::panels
