// What is under way, how far it is, and its Cancel: in the row of the transport, so that nothing moves for it.
#pragma once

#include "viz/panels/panel.h"

namespace allocviz::panels {

inline constexpr float kLoadingLeast = 24;  // ems: narrower than this it does not say what it is of

// Only while app::is_loading_shown().
void loading_bar(const Context& context, draw::Rect rect);

}  // namespace allocviz::panels
