// The bar above the stage that says what went wrong. How tall it wants to be is the window's to ask.
#pragma once

#include "viz/panels/panel.h"

namespace allocviz::panels {

[[nodiscard]] float error_bar_height(const Context& context, float width);  // 0 = there is none

}  // namespace allocviz::panels
