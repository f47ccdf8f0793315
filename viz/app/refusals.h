// Why a request failed, in a few words for a list; what_happened.cpp tells it at length.
#pragma once

#include <cstdint>
#include <string>

#include "viz/app/state.h"

namespace allocviz::app {

// "needs 16 MiB, largest free 8 MiB"; where allocators are compared, with the name of the first one that refused it.
[[nodiscard]] std::string refusal_text(const State& state, std::uint64_t index);

}  // namespace allocviz::app
