// Whose a block is, in a word.
#pragma once

#include <string>
#include <vector>

#include "core/replay/census.h"
#include "core/trace/trace.h"

namespace allocviz::app {

inline constexpr std::size_t kNamesSpelled = 3;  // beyond that a number

// "D", or "the block of event 5" where the log gives no id; empty where nobody owns it.
[[nodiscard]] std::string owner_of(const trace::Trace& trace, const replay::Block& block);
// "D", "P and Q", "P, Q and R", "61 blocks".
[[nodiscard]] std::string names_of(const trace::Trace& trace, const std::vector<const replay::Block*>& blocks);

}  // namespace allocviz::app
