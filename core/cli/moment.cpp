#include "core/cli/moment.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "core/cli/terminal.h"

namespace allocviz::cli {
namespace {

using replay::Machine;
using trace::Result;
using trace::Status;
using trace::Trouble;

constexpr std::uint64_t kEventsBetweenReports = 1u << 14;

Trouble trouble_of(std::string what, std::string todo) {
  return {std::move(what), {}, std::move(todo)};
}

Status replay_until(Machine& machine, const trace::Trace& trace, std::uint64_t count) {
  const ProgressBar bar("replaying");
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i % kEventsBetweenReports == 0) {
      if (bar.progress().stop()) return trouble_of("cancelled", "");
      if (bar.progress().report) bar.progress().report(static_cast<double>(i) / static_cast<double>(count));
    }
    machine.apply(trace.event(i), i);
  }
  return trace::Done{};
}

}  // namespace

Result<Moment> go_to(const At& at, const trace::Trace& trace, const trace::AllocatorSpec& spec) {
  if (at.event > trace.size()) {
    return trouble_of(fmt::format("there is no event {}", at.event),
                      "the log has " + trace::count_text(trace.size(), "event"));
  }
  Result<std::unique_ptr<Machine>> made = replay::make_machine(spec, trace);
  if (!made) return std::move(made).trouble();
  Machine& machine = **made;
  Moment moment;
  moment.spec = machine.spec();
  if (at.event != 0) {
    const std::uint64_t index = at.event - 1;
    if (Status status = replay_until(machine, trace, index); !status) return std::move(status).trouble();
    if (at.step == 0u) machine.census(moment.census);
    moment.run.outcome = machine.apply(trace.event(index), index, [&](const alloc::Step& step) {
      moment.run.steps.push_back(step);
      if (at.step == moment.run.steps.size()) machine.census(moment.census);
    });
  }
  const std::uint64_t steps = moment.run.steps.size();
  moment.step = at.step.value_or(steps);
  if (moment.step > steps) {
    return trouble_of(fmt::format("event {} has no step {}", at.event, moment.step),
                      steps == 0 ? "it has no steps" : fmt::format("its last step is {}", steps));
  }
  if (moment.step == steps) machine.census(moment.census);  // the last step is the event done
  return moment;
}

}  // namespace allocviz::cli
