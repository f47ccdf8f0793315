// What a tiered allocator tells of its runs (core/alloc/buddy_runs.h), in sentences: blocks of its buddy side by side
// that serve a request as one.
#pragma once

#include <span>
#include <string>

#include "core/alloc/step.h"
#include "core/trace/spec.h"

namespace allocviz::replay {

// What the rounding step says, after "1 300 B needs ": "1.5 KiB, the front of a block of 2 KiB (level 3 of 0 … 8)".
[[nodiscard]] std::string run_needed_text(const alloc::Step& round, const trace::AllocatorSpec& spec);
// From the step that found a block to the answer.
[[nodiscard]] std::string run_made_text(std::span<const alloc::Step> steps, const trace::AllocatorSpec& spec);
// Of a run resized where it stands, without the rounding: from the first step that moves a block to the answer.
[[nodiscard]] std::string run_resized_text(std::span<const alloc::Step> steps, const trace::AllocatorSpec& spec);

}  // namespace allocviz::replay
