#include "core/replay/clock.h"

#include <algorithm>

namespace allocviz::replay {
namespace {

struct Told {
  const trace::Trace& trace;
  const std::vector<std::uint64_t>& latest;  // position b * block begins at latest[b]; empty where times never go back
  std::uint64_t block;
};

// The first position whose time is not `early` any more; one beyond the last where all are.
template <class Early>
std::uint64_t first_not(const Clock& clock, const Told& told, Early early) {
  std::uint64_t low = 0, high = told.trace.size() + 1;  // the answer lies in [low, high]
  if (!told.latest.empty()) {                           // first by blocks
    const auto block = std::partition_point(told.latest.begin(), told.latest.end(), early) - told.latest.begin();
    if (block == 0) return 0;
    low = (static_cast<std::uint64_t>(block) - 1) * told.block;
    std::uint64_t ns = told.latest[static_cast<std::size_t>(block) - 1];
    while (low < told.trace.size()) {
      ns = std::max(ns, told.trace.time_ns(low++));
      if (!early(ns)) return low;
    }
    return high;
  }
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (early(clock.ns_of(middle))) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

Clock::Clock(const trace::Trace& trace) : trace_(&trace) {
  bool back = false;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    if (i % kBlock == 0) latest_.push_back(end_ns_);
    const std::uint64_t ns = trace.time_ns(i);
    back |= ns < end_ns_;
    end_ns_ = std::max(end_ns_, ns);
  }
  if (!back) latest_.clear();
  latest_.shrink_to_fit();
}

std::uint64_t Clock::ns_of(std::uint64_t position) const {
  position = std::min(position, trace_->size());
  if (position == 0) return 0;
  const std::uint64_t event = position - 1;
  if (latest_.empty()) return trace_->time_ns(event);
  std::uint64_t ns = latest_[event / kBlock];
  for (std::uint64_t i = event / kBlock * kBlock; i <= event; ++i) ns = std::max(ns, trace_->time_ns(i));
  return ns;
}

std::uint64_t Clock::first_from(double ns) const {
  return first_not(*this, {*trace_, latest_, kBlock}, [ns](std::uint64_t at) { return static_cast<double>(at) < ns; });
}

std::uint64_t Clock::position_at(double ns) const {
  const std::uint64_t after =
      first_not(*this, {*trace_, latest_, kBlock}, [ns](std::uint64_t at) { return static_cast<double>(at) <= ns; });
  return after == 0 ? 0 : after - 1;
}

}  // namespace allocviz::replay
