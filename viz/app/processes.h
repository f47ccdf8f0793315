// A log of several processes is shown one process at a time: which one a command means.
#pragma once

#include <optional>
#include <string>

#include "viz/app/command.h"
#include "viz/app/opening.h"
#include "viz/app/state.h"

namespace allocviz::app {

// The process that NextProcess, PreviousProcess or FormerProcess would show; nothing where there is none.
[[nodiscard]] std::optional<trace::LoggedProcess> process_meant(const State& state, Do what);
// What a command would do now, where its name does not say it: "process 11, 1 000 events"; else empty.
[[nodiscard]] std::string effect_of(const State& state, const CommandInfo& info);
// Shows that process; from event `at` on.
void open_process(State& state, std::uint64_t number, replay::Position at = {0, replay::kAllSteps});
// The same where a command means one.
void open_process_meant(State& state, Do what);
// Before `next` takes the document's place: the way back to the process that was shown.
void remember_process(State& state, const Opened& next);

}  // namespace allocviz::app
