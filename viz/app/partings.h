// Where compared allocators part ways, in words.
#pragma once

#include <cstddef>
#include <string>

#include "viz/app/state.h"

namespace allocviz::app {

// The stage that is the first to part from stage 0; 0 where none does.
[[nodiscard]] std::size_t first_parting(const State& state);
// "Event 12: bump 4 KiB serves R at 0x5c0, slab 48 × 64 B does not". Of a stage that parts.
[[nodiscard]] std::string parting_text(const State& state, std::size_t stage);
// Whether every stage serves the same requests: then the curves of what lives are one curve.
[[nodiscard]] bool serve_alike(const State& state);

}  // namespace allocviz::app
