#include "core/replay/keyframes.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace allocviz::replay {

void Keyframes::add(std::uint64_t event, const Keyframe& frame) {
  assert((kept_.empty() ? event == 0 : event > kept_.back().event) && "keyframes ascend from event 0");
  // Copied, not moved: the copy holds exactly its bytes, while the caller's buffer keeps its room for the next save.
  kept_.push_back({event, frame});
  bytes_ += sizeof(Kept) + frame.bytes.size();
  while (bytes_ > budget_bytes_ && kept_.size() > 1) thin_out();
}

const Keyframes::Kept& Keyframes::at_or_before(std::uint64_t event) const {
  const auto after = std::upper_bound(kept_.begin(), kept_.end(), event,
                                      [](std::uint64_t e, const Kept& kept) { return e < kept.event; });
  assert(after != kept_.begin() && "the state before the first event is always held");
  return *(after - 1);
}

void Keyframes::thin_out() {
  std::size_t to = 1;
  for (std::size_t from = 2; from < kept_.size(); from += 2) kept_[to++] = std::move(kept_[from]);
  kept_.resize(to);
  spacing_ *= 2;
  bytes_ = 0;
  for (const Kept& kept : kept_) bytes_ += sizeof(Kept) + kept.frame.bytes.size();
}

}  // namespace allocviz::replay
