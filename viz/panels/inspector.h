// How tall the inspector wants to be: the window gives it that and leaves the rest to What happened.
#pragma once

#include "viz/panels/panel.h"

namespace allocviz::panels {

[[nodiscard]] float inspector_height(const Context& context, float width);

}  // namespace allocviz::panels
