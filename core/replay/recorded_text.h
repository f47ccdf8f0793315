// Sentences about the recorded heap: what the log says happened there.
#pragma once

#include <string>

#include "core/replay/timeline.h"

namespace allocviz::replay {

// The event as a paragraph; empty where nothing of it concerns the recorded heap (a mark, a free of the null pointer).
[[nodiscard]] std::string recorded_text(const trace::Trace& trace, std::uint64_t index,
                                        const trace::AllocatorSpec& spec, const EventRun& run);

}  // namespace allocviz::replay
