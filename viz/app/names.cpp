#include "viz/app/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/replay/words.h"

namespace allocviz::app {

std::string owner_of(const trace::Trace& trace, const replay::Block& block) {
  if (block.born >= trace.size()) return {};
  const std::string id = trace.id_text(block.born);
  return id.empty() ? fmt::format("the block of event {}", trace::count_text(block.born + 1)) : id;
}

std::string names_of(const trace::Trace& trace, const std::vector<const replay::Block*>& blocks) {
  if (blocks.size() > kNamesSpelled) return trace::count_text(blocks.size()) + " blocks";
  std::string names;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i != 0) names += i + 1 == blocks.size() ? " and " : ", ";
    names += owner_of(trace, *blocks[i]);
  }
  return names;
}

std::string refused_by(const State& state, std::uint64_t index) {
  if (state.stages.size() < 2) return {};
  std::vector<std::string> names;
  for (const Stage& stage : state.stages) {
    const std::vector<std::uint64_t>& failures = stage.timeline->failures();
    if (!std::binary_search(failures.begin(), failures.end(), index)) continue;
    names.push_back(trace::to_title(stage.timeline->spec()));
  }
  return replay::list_text(names);
}

}  // namespace allocviz::app
