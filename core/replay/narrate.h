// Steps to sentences: short, exact, in the field's terms. Shared by the window and the command line.
#pragma once

#include <string>
#include <vector>

#include "core/replay/timeline.h"

namespace allocviz::replay {

struct StepText {
  std::string verb;  // "round up", "look", "split", ...: the first column of the step list
  std::string text;  // "100 B → 128 B, level 13"
};

// "alloc E 50 B", "free B", "realloc C 200 B → 300 B", "mark everything is live".
[[nodiscard]] std::string event_title(const trace::Trace& trace, std::uint64_t index);
// The event as a paragraph: what was needed, what was found, what was done, what it cost; or why nothing was done.
// `census` is the state after the event or at one of its steps: where it is given, the paragraph names the blocks that
// keep others apart and says how much there was.
[[nodiscard]] std::string event_text(const trace::Trace& trace, std::uint64_t index, const trace::AllocatorSpec& spec,
                                     const EventRun& run, const Census* census = nullptr);
// A step for itself, and all steps of an event, whose reasons are told with their numbers.
[[nodiscard]] StepText step_text(const alloc::Step& step, const trace::AllocatorSpec& spec);
[[nodiscard]] std::vector<StepText> step_texts(const trace::Trace& trace, std::uint64_t index,
                                               const trace::AllocatorSpec& spec, const EventRun& run,
                                               const Census* census = nullptr);
// The name of a step's kind as --json prints it: "round", "look", ...; of a state: "live", "free", ...
[[nodiscard]] const char* name_of(alloc::StepKind kind);
[[nodiscard]] const char* name_of(BlockState state);
// "never used", "in flight": a state as people say it, the stages and their legends as well.
[[nodiscard]] const char* words_of(BlockState state);
[[nodiscard]] const char* name_of(alloc::Error why);  // "out-of-memory", "double-free", ...

}  // namespace allocviz::replay
