#include "core/replay/keyframes.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/replay/live_table.h"

namespace allocviz::replay {
namespace {

constexpr double kBlockBytes = 8;    // about what a live block takes in one
constexpr double kSoonLoaded = 6e6;  // in some milliseconds: that many need no whole one among them

}  // namespace

bool Keyframes::wants_whole() const {
  if (dropped_last_ || kept_.empty()) return true;
  const Kept& whole = whole_before(kept_.back());
  std::uint64_t loaded = 0;
  for (const Kept* each = &whole; each <= &kept_.back(); ++each) loaded += each->frame.table_bytes;
  // Where most of what the last whole one holds has been freed since, a new one is smaller, and soon worth its bytes.
  const auto then = static_cast<double>(whole.frame.live_blocks),
             now = static_cast<double>(kept_.back().frame.live_blocks);
  const double left = then > now ? now / then : 1;
  const double whole_now = std::max(left * static_cast<double>(whole.frame.table_bytes), kBlockBytes * now);
  return static_cast<double>(loaded) >= std::max(kSoonLoaded, 3 * whole_now);
}

const Keyframes::Kept& Keyframes::whole_before(const Kept& kept) const {
  const Kept* whole = &kept;
  while (!whole->frame.whole) --whole;  // the first one is
  return *whole;
}

void Keyframes::frames_for(const Kept& kept, std::vector<const Keyframe*>& out) const {
  out.clear();
  for (const Kept* each = &whole_before(kept); each <= &kept; ++each) out.push_back(&each->frame);
}

std::uint64_t Keyframes::bytes_to_load(const Kept& kept) const {
  std::uint64_t bytes = kept.frame.bytes.size() - kept.frame.table_bytes;
  for (const Kept* each = &whole_before(kept); each <= &kept; ++each) bytes += each->frame.table_bytes;
  return bytes;
}

void Keyframes::add(std::uint64_t event, const Keyframe& frame) {
  assert((kept_.empty() ? event == 0 && frame.whole : event > kept_.back().event) && "keyframes ascend from event 0");
  // Copied, not moved: the copy holds exactly its bytes, while the caller's buffer keeps its room for the next save.
  kept_.push_back({event, frame});
  dropped_last_ = false;
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
  for (std::size_t from = 2; from < kept_.size(); from += 2) {
    Kept& kept = kept_[from];
    if (!kept.frame.whole) kept.frame = both_as_one(kept_[from - 1].frame, kept.frame);
    kept_[to++] = std::move(kept);
  }
  dropped_last_ = kept_.size() % 2 == 0;
  kept_.resize(to);
  spacing_ *= 2;
  bytes_ = 0;
  for (const Kept& kept : kept_) bytes_ += sizeof(Kept) + kept.frame.bytes.size();
}

}  // namespace allocviz::replay
