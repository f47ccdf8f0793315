#include "viz/app/processes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "viz/app/cursor.h"
#include "viz/app/loader.h"

namespace allocviz::app {

std::optional<trace::LoggedProcess> process_meant(const State& state, Do what) {
  const trace::Header& header = state.document.trace->header();
  const std::vector<trace::LoggedProcess>& all = header.processes;
  const auto at = [&all](std::optional<std::uint64_t> number) {
    return std::find_if(all.begin(), all.end(), [number](const auto& process) { return process.number == number; });
  };
  if (all.size() < 2 || state.document.path.empty() || at(header.process) == all.end()) return std::nullopt;
  if (what == Do::FormerProcess) {
    const bool known = state.former_process && at(state.former_process->number) != all.end();
    return known ? std::optional(*at(state.former_process->number)) : std::nullopt;
  }
  const auto shown = static_cast<std::size_t>(at(header.process) - all.begin());
  return all[(shown + (what == Do::NextProcess ? 1 : all.size() - 1)) % all.size()];
}

std::string effect_of(const State& state, const CommandInfo& info) {
  switch (info.what) {
    case Do::NextProcess:
    case Do::PreviousProcess:
    case Do::FormerProcess:
      break;
    default:
      return {};
  }
  const auto process = process_meant(state, info.what);
  if (!process) return info.what == Do::FormerProcess ? "no other was shown" : "the log is of one process";
  const std::string number = fmt::format("process {}", process->number);
  if (process->events == 0) return number;
  return fmt::format("{}, {}", number, trace::count_text(process->events, "event"));
}

void open_process(State& state, std::uint64_t number, replay::Position at) {
  const trace::Header& header = state.document.trace->header();
  const bool there = std::any_of(header.processes.begin(), header.processes.end(),
                                 [number](const trace::LoggedProcess& process) { return process.number == number; });
  if (!there || number == header.process || state.document.path.empty()) return;
  OpenRequest request;
  request.path = state.document.path;
  request.process = number;
  request.counted = header.processes;
  request.at = at;
  start_opening(state, std::move(request));
}

void open_process_meant(State& state, Do what) {
  const auto process = process_meant(state, what);
  if (!process) {
    return notice(state, what == Do::FormerProcess ? "No other process of this log was shown before"
                                                   : "This log is of one process");
  }
  const bool back = state.former_process && state.former_process->number == process->number;
  open_process(state, process->number, back ? state.former_process->at : replay::Position{0, replay::kAllSteps});
}

void remember_process(State& state, const Opened& next) {
  const Document& shown = state.document;
  if (shown.trace == nullptr || shown.path.empty() || shown.path != next.document.path) {
    state.former_process.reset();
    return;
  }
  const auto process = shown.trace->header().process;
  if (process == next.document.trace->header().process) return;
  state.former_process = FormerProcess{process, state.cursor()};
}

}  // namespace allocviz::app
