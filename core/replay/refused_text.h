// Why an allocator refused what was asked of it, in sentences.
#pragma once

#include <string>

#include "core/replay/census.h"
#include "core/replay/machine.h"
#include "core/trace/spec.h"
#include "core/trace/trace.h"

namespace allocviz::replay {

// Of a request that did not get as far as a step: "4 KiB needs more than the largest block, 2 KiB". census: the state
// it found, where somebody has it.
[[nodiscard]] std::string refused_request_text(const trace::Event& event, const trace::AllocatorSpec& spec,
                                               const Outcome& outcome, const Census* census);
// A whole sentence: "The free of 0x40 is refused: that block is free already (a double free). Nothing has changed."
[[nodiscard]] std::string refused_free_text(const trace::Trace& trace, const trace::AllocatorSpec& spec,
                                            const Outcome& outcome, const Census* census);

}  // namespace allocviz::replay
