#include "core/import/heaptrack.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/import/scan.h"

namespace allocviz::import {

trace::Result<bool> take_heaptrack_version(const LineLog& log, std::string_view text, std::uint64_t& file_version) {
  std::uint64_t version = 0;
  if (!take_hex(text, version)) return false;
  file_version = 1;
  if (text.empty()) return true;
  if (!take(text, " ") || !take_hex(text, file_version) || !text.empty()) return false;
  if (file_version <= kNewestHeaptrackFile) return true;
  return log.trouble(fmt::format("the log has heaptrack's file version {}, the newest one read is {}", file_version,
                                 kNewestHeaptrackFile),
                     "record it with heaptrack 1.2 ... 1.5");
}

bool take_heaptrack_time(std::string_view text, std::uint64_t& time_ns) {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  std::uint64_t ms = 0;
  if (!take_hex(text, ms) || !text.empty() || ms > kMaxSize / kNsPerMs) return false;
  time_ns = std::max(time_ns, ms * kNsPerMs);
  return true;
}

}  // namespace allocviz::import
