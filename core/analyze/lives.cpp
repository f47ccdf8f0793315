#include "core/analyze/lives.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/replay/census.h"

namespace allocviz::analyze {

using trace::kNoEvent;
using trace::Op;

bool has_offset_frees(const trace::Trace& trace) {
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    if ((trace.flags(i) & trace::kByOffset) != 0) return true;
  }
  return false;
}

namespace {

// The blocks of a bump that live, by their slots.
class Outstanding {
 public:
  // Those of them that event `index` took back beside its own: a count that comes to nothing takes all.
  void apply(const trace::Event& event, const replay::Outcome& outcome, std::uint64_t index, std::uint64_t left,
             std::uint64_t freed_by_offset, OffsetFrees& found) {
    using replay::OutcomeKind;
    if (outcome.kind == OutcomeKind::Reset) makers_.clear();
    const bool implicit = event.has(trace::kImplicitFree);
    if (outcome.kind == OutcomeKind::Freed || implicit) makers_.erase(event.slot);
    std::erase_if(makers_, [&](const auto& block) { return block.second == freed_by_offset; });
    if (outcome.kind == OutcomeKind::Placed) makers_[event.slot] = index;
    if (left == makers_.size()) return;
    std::vector<std::uint64_t> gone;
    for (const auto& [slot, maker] : makers_) {
      if (maker != index) gone.push_back(maker);
    }
    std::erase_if(makers_, [&](const auto& block) { return block.second != index; });
    std::sort(gone.begin(), gone.end());
    for (const std::uint64_t maker : gone) found.emplace_back(index, maker);
  }

 private:
  std::map<std::uint32_t, std::uint64_t> makers_;
};

}  // namespace

OffsetFrees offset_frees(const trace::Trace& trace, replay::Machine& machine) {
  OffsetFrees found;
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    if ((trace.flags(i) & trace::kByOffset) != 0) end = i + 1;
  }
  const bool counts = machine.spec().kind == trace::AllocatorKind::Bump;
  if (counts && end != 0) end = trace.size();
  Outstanding outstanding;
  replay::Census census;
  for (std::uint64_t i = 0; i < end; ++i) {
    const trace::Event event = trace.request(i);
    std::uint64_t maker = kNoEvent;
    if (event.has(trace::kByOffset)) {
      machine.census(census);
      const replay::Block* block = census.block_at(event.offset);
      if (block != nullptr && block->state == replay::BlockState::Live && block->offset == event.offset) {
        maker = block->born;
      }
    }
    const replay::Outcome outcome = machine.apply(event, i);
    if (outcome.kind != replay::OutcomeKind::Freed) maker = kNoEvent;
    if (maker != kNoEvent) found.emplace_back(i, maker);
    if (counts) outstanding.apply(event, outcome, i, machine.figures().live_blocks, maker, found);
  }
  return found;
}

Lives::Lives(const trace::Trace& trace, const std::vector<std::uint64_t>& failures, OffsetFrees by_offset)
    : trace_(trace), failures_(failures), by_offset_(std::move(by_offset)) {}

bool Lives::refused(std::uint64_t index) const {
  return !failures_.empty() && std::binary_search(failures_.begin(), failures_.end(), index);
}

bool Lives::makes(std::uint64_t index) const {
  const Op op = trace_.op(index);
  return (op == Op::Alloc || op == Op::Realloc) && (trace_.flags(index) & trace::kFailedThere) == 0 && !refused(index);
}

std::uint64_t Lives::ended_by_offset(std::uint64_t maker) const {
  for (const auto& [event, made] : by_offset_) {
    if (made == maker) return event;
  }
  return kNoEvent;
}

std::uint64_t Lives::ended_at(std::uint64_t maker) const {
  std::uint64_t end = trace_.ended_at(maker);
  // A refused realloc leaves the old block as it was: it lives until what would have ended the new one.
  while (end != kNoEvent && trace_.op(end) == Op::Realloc && refused(end)) end = trace_.ended_at(end);
  if (end != kNoEvent && trace_.op(end) == Op::Free && refused(end)) end = kNoEvent;
  return by_offset_.empty() ? end : std::min(end, ended_by_offset(maker));
}

std::uint64_t Lives::ends(std::uint64_t index) const {
  const Op op = trace_.op(index);
  const std::uint8_t flags = trace_.flags(index);
  if ((flags & trace::kByOffset) != 0) {
    const auto found = std::lower_bound(by_offset_.begin(), by_offset_.end(), std::pair{index, std::uint64_t{0}});
    return found != by_offset_.end() && found->first == index ? found->second : kNoEvent;
  }
  const bool implicit = op == Op::Alloc && (flags & trace::kImplicitFree) != 0;
  if (op != Op::Free && op != Op::Realloc && !implicit) return kNoEvent;
  if (!implicit && refused(index)) return kNoEvent;
  std::uint64_t maker = trace_.began_at(index);
  while (maker != kNoEvent && refused(maker)) {
    maker = trace_.op(maker) == Op::Realloc ? trace_.began_at(maker) : kNoEvent;
  }
  if (maker != kNoEvent && !by_offset_.empty() && ended_by_offset(maker) < index) return kNoEvent;
  return maker;
}

std::span<const OffsetFrees::value_type> Lives::also_ends(std::uint64_t index) const {
  if (by_offset_.empty()) return {};
  auto first = std::lower_bound(by_offset_.begin(), by_offset_.end(), std::pair{index, std::uint64_t{0}});
  const auto last = std::lower_bound(first, by_offset_.end(), std::pair{index + 1, std::uint64_t{0}});
  if (first != last && (trace_.flags(index) & trace::kByOffset) != 0) ++first;  // that is what it ends
  return {first, last};
}

bool Lives::is_live(std::uint64_t maker, std::uint64_t position) const {
  if (maker >= position || !makes(maker)) return false;
  const std::uint64_t end = ended_at(maker);
  return end == kNoEvent || end >= position;
}

}  // namespace allocviz::analyze
