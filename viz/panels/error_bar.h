// The bars above the stage: what went wrong, and what is under way. How tall they want to be is the window's to ask.
#pragma once

#include "viz/panels/panel.h"

namespace allocviz::panels {

[[nodiscard]] float error_bar_height(const Context& context, float width);  // 0 = there is none
[[nodiscard]] float loading_bar_height(const Context& context);
void loading_bar(const Context& context, draw::Rect rect);

}  // namespace allocviz::panels
