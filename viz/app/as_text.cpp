#include "viz/app/as_text.h"

#include <fmt/format.h>

#include "core/replay/narrate.h"
#include "viz/app/in_the_way.h"
#include "viz/app/inspect.h"
#include "viz/app/what_if.h"

namespace allocviz::app {

namespace {

std::string steps_text(const std::vector<replay::StepText>& steps, std::uint32_t at) {
  std::string text;
  std::uint32_t number = 0;
  for (const replay::StepText& words : steps) {
    ++number;
    text += fmt::format("{} {}. {}: {}\n", number == at ? ">" : " ", number, words.verb, words.text);
  }
  return text;
}

std::string block_text(const State& state, const BlockFacts& facts) {
  const std::uint64_t arena = state.timeline(facts.stage).census().arena_bytes;
  std::string text = fmt::format("\nBlock {}{}: {}, {}", trace::offset_text(facts.block.offset, arena),
                                 facts.id.empty() ? "" : " (" + facts.id + ")", trace::size_text(facts.block.size),
                                 replay::words_of(facts.block.state));
  if (facts.block.state == replay::BlockState::Live) {
    text +=
        fmt::format(", {} requested, {} waste", trace::size_text(facts.block.requested), trace::size_text(facts.waste));
  }
  text += '\n';
  const auto line = [&text](const char* what, const std::optional<std::uint64_t>& event) {
    if (event) text += fmt::format("  {}: event {}\n", what, trace::count_text(*event + 1));
  };
  line("allocated", facts.allocated);
  line("resized", facts.resized);
  line("ends", facts.ended);
  if (!facts.site.empty() && facts.stack.empty()) text += fmt::format("  site: {}\n", facts.site);
  for (const std::string& frame : facts.stack) text += fmt::format("  at {}\n", frame);
  if (facts.buddy) {
    text += fmt::format("  buddy: {}, {}\n", trace::offset_text(facts.buddy->offset, arena), facts.buddy->state);
  }
  if (!facts.verdict.empty()) text += fmt::format("  {} {}\n", facts.verdict, facts.reason);
  return text;
}

}  // namespace

std::string as_text(const State& state) {
  const replay::Timeline& timeline = state.timeline();
  const trace::Trace& trace = *state.document.trace;
  const replay::Position at = state.cursor();
  std::string text = fmt::format("{} on {}\n", state.document.title, trace::to_text(timeline.spec()));
  if (at.event == 0) return text + "before the first event\n";
  text += fmt::format("event {} of {}", trace::count_text(at.event), trace::count_text(timeline.event_count()));
  if (timeline.step_count() != 0) text += fmt::format(", step {} of {}", at.step, timeline.step_count());
  text += '\n';
  if (const std::string* note = trace.note(at.event - 1)) text += *note + "\n";
  const std::uint64_t index = at.event - 1;
  const replay::Census& census = timeline.census();
  text += replay::event_text(trace, index, timeline.spec(), timeline.run(), &census) + "\n";
  text += steps_text(replay::step_texts(trace, index, timeline.spec(), timeline.run(), &census), at.step);
  if (const auto& failed = state.blocked) text += fmt::format("\n{} {}\n", failed->verdict, failed->reason);
  for (std::size_t stage = 0; stage < state.stages.size(); ++stage) {
    if (const std::string tried = what_if_text(state, stage); !tried.empty()) text += tried + "\n";
  }
  if (const auto facts = inspect(state)) text += block_text(state, *facts);
  return text;
}

}  // namespace allocviz::app
