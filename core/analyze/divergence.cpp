#include "core/analyze/divergence.h"

#include <algorithm>

namespace allocviz::analyze {
namespace {

using replay::Outcome;
using replay::OutcomeKind;

bool differ(const Outcome& a, const Outcome& b) {
  const bool here = a.kind == OutcomeKind::Placed, there = b.kind == OutcomeKind::Placed;
  return here != there || (here && a.offset != b.offset);
}

}  // namespace

std::optional<Divergence> first_divergence(replay::Timeline& a, replay::Timeline& b) {
  const std::uint64_t all = a.event_count();
  std::uint64_t found = a.tally().first_served_otherwise(b.tally());
  if (a.spec().kind == b.spec().kind) {
    std::uint64_t at = a.tally().first_other_digest(b.tally());
    while (at < found && !differ(a.run_of(at).outcome, b.run_of(at).outcome)) ++at;
    found = std::min(found, at);
  }
  if (found >= all) return std::nullopt;
  return Divergence{found, a.run_of(found).outcome, b.run_of(found).outcome};
}

}  // namespace allocviz::analyze
