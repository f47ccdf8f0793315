// Which sources this program was built of, as numbers: what is kept of a log is good for as long as its reader, and
// what is kept of a replay as long as the allocators and their machines, are what they were. Nobody has to remember to
// raise them: they are made of the sources while building.
#pragma once

#include <cstdint>

namespace allocviz::trace {

[[nodiscard]] std::uint64_t version_of_reading();  // core/trace, core/import
[[nodiscard]] std::uint64_t version_of_replay();   // core/trace, core/alloc, core/replay

}  // namespace allocviz::trace
