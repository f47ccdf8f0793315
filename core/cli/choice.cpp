#include "core/cli/choice.h"

#include <fmt/format.h>

namespace allocviz::cli {

Choice choose(const trace::Trace& trace, const std::vector<trace::AllocatorSpec>& given) {
  if (!given.empty()) return {given, ""};
  // A foreign log does not say so itself: its importer goes by what the log was recorded of.
  const bool own = trace.header().format == "allocviz-trace";
  Choice choice{trace.specs_to_open(), own ? "as the file says" : "by the log's own smallest block and its peak"};
  if (trace.header().allocators.empty()) {
    choice.why =
        fmt::format("the log names no configuration: smallest block 64 B, arena at least twice the peak of {} live",
                    trace::exact_size_text(trace.facts().peak_live_bytes));
  }
  return choice;
}

Choice choose(const trace::Trace& trace, const std::optional<trace::AllocatorSpec>& given) {
  std::vector<trace::AllocatorSpec> specs;
  if (given) specs.push_back(*given);
  Choice choice = choose(trace, specs);
  if (choice.specs.size() > 1) {
    choice.why = fmt::format("the first of the {} that the file names", choice.specs.size());
    choice.specs.resize(1);
  }
  return choice;
}

}  // namespace allocviz::cli
