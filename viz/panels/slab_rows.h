// The slabs of a tiered allocator, below the tree of the buddy they come from.
#pragma once

#include "viz/panels/panel.h"

namespace allocviz::panels {

// x0 and x1: where the tree's columns begin and end. A click on a slab brings it into view; hovering tells its fill.
void slab_rows(const Context& context, draw::Rect rect, float x0, float x1, std::size_t stage);

}  // namespace allocviz::panels
