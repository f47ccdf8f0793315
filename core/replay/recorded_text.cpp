#include "core/replay/recorded_text.h"

#include <fmt/format.h>

#include <cstddef>

#include "core/replay/words.h"

namespace allocviz::replay {
namespace {

using alloc::StepKind;
using trace::Op;

bool is_request(const trace::Event& event) {
  return event.op == Op::Alloc || event.op == Op::Realloc;
}

std::string place(const trace::Event& event) {
  return fmt::format("0x{:x}", event.addr);
}

// Blocks that ended because the new one covers them; the event's own old block is not one of those.
std::size_t covered(const trace::Event& event, const EventRun& run, const trace::Trace& trace, std::uint64_t index) {
  std::size_t ended = 0;
  for (const alloc::Step& step : run.steps) ended += step.kind == StepKind::Push ? 1u : 0u;
  const bool had_old = is_request(event) && trace.began_at(index) != trace::kNoEvent;
  return had_old && ended != 0 ? ended - 1 : ended;
}

std::string placed(const trace::Trace& trace, std::uint64_t index, const trace::Event& event,
                   const trace::AllocatorSpec& spec, const EventRun& run) {
  const std::string offset = offset_in(spec, run.outcome.offset);
  const std::uint64_t before = trace.began_at(index);
  std::string text;
  if (event.op == Op::Realloc && before != trace::kNoEvent) {
    const trace::Event old = trace.event(before);
    text = old.addr == event.addr
               ? fmt::format("The recorded program's block stayed at {} ({} here): {} → {}.", place(event), offset,
                             amount_text(old.size), amount_text(event.size))
               : fmt::format("The recorded program's block moved from {} to {} ({} here): {} → {}.", place(old),
                             place(event), offset, amount_text(old.size), amount_text(event.size));
  } else {
    text = fmt::format("The recorded program was given {} at {} ({} here).", amount_text(event.size), place(event),
                       offset);
  }
  if (const std::size_t count = covered(event, run, trace, index); count != 0) {
    text += fmt::format(" {} that still lived there {}: the log lacks {}.",
                        count == 1 ? "A block" : fmt::format("{} blocks", count), count == 1 ? "ends" : "end",
                        count == 1 ? "its free" : "their frees");
  }
  return text;
}

}  // namespace

std::string recorded_text(const trace::Trace& trace, std::uint64_t index, const trace::AllocatorSpec& spec,
                          const EventRun& run) {
  const trace::Event event = trace.event(index);
  switch (run.outcome.kind) {
    case OutcomeKind::Placed:
      return placed(trace, index, event, spec, run);
    case OutcomeKind::Freed:
      return fmt::format("{} at {} are given back.{}", amount_text(run.outcome.block_bytes),
                         offset_in(spec, run.outcome.offset),
                         is_request(event) ? " The log does not say where the new block was, so it is not shown." : "");
    case OutcomeKind::Reset:
      return "Everything is taken back.";
    default:
      break;
  }
  if (is_request(event) && !event.has(trace::kFailedThere)) {
    return "The log does not say where this block was, so it is not shown.";
  }
  if (event.op == Op::Free && !event.has(trace::kNullFree) && !event.has(trace::kUnknownId)) {
    return "This block is not there any more: a later one was recorded over it, or its address is not known.";
  }
  return {};
}

}  // namespace allocviz::replay
