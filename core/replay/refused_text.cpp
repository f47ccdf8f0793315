#include "core/replay/refused_text.h"

#include <fmt/format.h>

#include "core/replay/reasons.h"
#include "core/replay/words.h"

namespace allocviz::replay {

using trace::AllocatorKind;
using trace::AllocatorSpec;

namespace {

std::string misuse_text(const trace::Trace& trace, const AllocatorSpec& spec, const Outcome& outcome,
                        const Census* census) {
  switch (outcome.why) {
    case alloc::Error::DoubleFree:
      return "that block is free already (a double free)";
    case alloc::Error::InsideBlock:
      return fmt::format("it lies inside {}, and no block begins there",
                         name_at(trace, census, outcome.offset, "a block"));
    case alloc::Error::NotManaged:
      return "it lies in a gap, which is not managed";
    case alloc::Error::NothingOutstanding:
      return "nothing is outstanding";
    default:
      return spec.kind == AllocatorKind::Bump ? "it is not in the used run, from the mark up"
                                              : "it lies outside the arena";
  }
}

}  // namespace

std::string refused_request_text(const trace::Event& event, const AllocatorSpec& spec, const Outcome& outcome,
                                 const Census* census) {
  const bool is_align = outcome.why == alloc::Error::AlignTooLarge;
  const std::string asked = fmt::format("{}{}", amount_text(event.size),
                                        is_align ? fmt::format(" aligned to {}", amount_text(event.align())) : "");
  if (outcome.why == alloc::Error::OutOfMemory) {  // bump alone
    if (census == nullptr) return asked + " does not fit below the mark";
    return fmt::format("{} does not fit into the {} below the mark", asked, amount_text(census->figures.free));
  }
  switch (spec.kind) {
    case AllocatorKind::Buddy:
    case AllocatorKind::Tiered:
      return fmt::format("{} needs more than the largest block, {}", asked,
                         amount_text(trace::largest_block_bytes(spec)));
    case AllocatorKind::Slab:
      return outcome.why == alloc::Error::TooLarge
                 ? fmt::format("{} does not fit a block of {}", asked, amount_text(spec.block_bytes))
                 : fmt::format("{} is more than blocks of {} are aligned to", asked, amount_text(spec.block_bytes));
    default:
      return fmt::format("{} is more than the whole arena, {}", asked, amount_text(spec.arena_bytes));
  }
}

std::string refused_free_text(const trace::Trace& trace, const AllocatorSpec& spec, const Outcome& outcome,
                              const Census* census) {
  return fmt::format("The free of {} is refused: {}. Nothing has changed.", offset_in(spec, outcome.offset),
                     misuse_text(trace, spec, outcome, census));
}

}  // namespace allocviz::replay
