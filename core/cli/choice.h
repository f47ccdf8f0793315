// Which allocators a log is replayed on, and why those.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/trace/spec.h"
#include "core/trace/trace.h"

namespace allocviz::cli {

struct Choice {
  std::vector<trace::AllocatorSpec> specs;  // never empty
  std::string why;                          // empty where the user chose
};

[[nodiscard]] Choice choose(const trace::Trace& trace, const std::vector<trace::AllocatorSpec>& given);
[[nodiscard]] Choice choose(const trace::Trace& trace, const std::optional<trace::AllocatorSpec>& given);

}  // namespace allocviz::cli
