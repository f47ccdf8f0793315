// A quiet lane of ticks along the charts' lower edge: where a search found something.
#pragma once

#include "viz/draw/chart_layout.h"
#include "viz/panels/panel.h"

namespace allocviz::panels {

// Nothing while nothing is searched. Drawn before the plot takes the mouse: a click on a tick goes to its first event.
void match_lane(const Context& context, const draw::ChartScene& scene);

}  // namespace allocviz::panels
