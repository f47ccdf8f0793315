// What heaptrack's two logs, the raw and the interpreted one, have in common.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/import/line_log.h"

namespace allocviz::import {

inline constexpr std::uint64_t kNewestHeaptrackFile = 3;

// "10400 3": heaptrack's version and the file's, both hex; the second is missing before heaptrack 1.2. false where it
// is neither; Trouble for a file version from the future.
[[nodiscard]] trace::Result<bool> take_heaptrack_version(const LineLog& log, std::string_view text,
                                                         std::uint64_t& file_version);

// The milliseconds of a "c" line as nanoseconds; false where they are none.
[[nodiscard]] bool take_heaptrack_time(std::string_view text, std::uint64_t& time_ns);

}  // namespace allocviz::import
