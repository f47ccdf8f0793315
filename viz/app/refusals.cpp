#include "viz/app/refusals.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "viz/app/names.h"

namespace allocviz::app {

namespace {

std::string of_buddy(const trace::AllocatorSpec& spec, const trace::Event& event, const std::string& largest_free) {
  const std::uint64_t asked = std::max({event.size, event.align(), spec.min_block_bytes});
  const std::uint64_t largest = trace::largest_block_bytes(spec);
  if (asked > largest) return fmt::format("more than the largest block, {}", trace::size_text(largest));
  return fmt::format("needs {}, largest free {}", trace::size_text(std::bit_ceil(asked)), largest_free);
}

std::string of_slab(const trace::AllocatorSpec& spec, const trace::Event& event) {
  if (event.size > spec.block_bytes) return fmt::format("more than a block of {}", trace::size_text(spec.block_bytes));
  return fmt::format("all {} blocks are live", trace::count_text(spec.block_count));
}

std::string on(const replay::Timeline& timeline, std::uint64_t index) {
  const trace::Event event = timeline.trace().event(index);
  const std::string largest = trace::size_text(timeline.series().at(replay::Curve::LargestFree, index));
  switch (timeline.spec().kind) {
    case trace::AllocatorKind::Buddy:
      return of_buddy(timeline.spec(), event, largest);
    case trace::AllocatorKind::Slab:
      return of_slab(timeline.spec(), event);
    case trace::AllocatorKind::Bump:
      return fmt::format("{} are left below the mark", largest);
    case trace::AllocatorKind::Tiered:
    case trace::AllocatorKind::Recorded:
      break;
  }
  return fmt::format("largest free {}", largest);
}

}  // namespace

std::string refusal_text(const State& state, std::uint64_t index) {
  const trace::Event event = state.document.trace->event(index);
  if (event.has(trace::kFailedThere)) return "failed in the recorded program";
  if (event.op == trace::Op::Free)
    return fmt::format("the free of {} was refused", state.document.trace->id_text(event));
  if (is_to_be_guessed(state, index)) return "go there to see which refuses it";
  for (std::size_t stage = 0; stage < state.stages.size(); ++stage) {
    const std::vector<std::uint64_t>& failures = state.timeline(stage).failures();
    if (!std::binary_search(failures.begin(), failures.end(), index)) continue;
    const std::string text = on(state.timeline(stage), index);
    return state.stages.size() < 2 ? text : title_of_stage(state, stage) + ": " + text;
  }
  return {};
}

}  // namespace allocviz::app
