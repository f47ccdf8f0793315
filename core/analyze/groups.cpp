#include "core/analyze/groups.h"

#include <algorithm>
#include <utility>

namespace allocviz::analyze {

using trace::kNoEvent;
using trace::Op;

namespace {

constexpr std::uint64_t kPlus = 1, kMinus = ~std::uint64_t{0};  // modulo 2^64, what was added is taken away again

}  // namespace

Groups::Groups(std::shared_ptr<const trace::Trace> trace, std::shared_ptr<const std::vector<std::uint64_t>> failures,
               OffsetFrees by_offset, Grouping grouping)
    : trace_(std::move(trace)),
      failures_(std::move(failures)),
      lives_(*trace_, *failures_, std::move(by_offset)),
      grouping_(std::move(grouping)) {}

void Groups::aim(std::uint64_t from, std::uint64_t to) {
  to = std::min(to, trace_->size());
  from = std::min(from, to);
  if (from != from_) anchored_ = false;
  from_ = from;
  to_ = to;
  way_ = way_left();
}

std::uint64_t Groups::way_left() const {
  const auto between = [](std::uint64_t a, std::uint64_t b) { return std::min(a > b ? a - b : b - a, b); };
  return anchored_ ? between(at_, to_) : between(at_, from_) + (to_ - from_);
}

double Groups::fraction() const {
  return way_ == 0 ? 1 : 1 - static_cast<double>(std::min(way_left(), way_)) / static_cast<double>(way_);
}

bool Groups::move(std::uint64_t events) {
  std::uint64_t budget = events;
  grouping_.prepare(budget);
  if (!grouping_.is_ready()) return false;
  if (!anchored_) {
    go(from_, budget);
    if (at_ != from_ || is_resetting()) return false;
    anchor();
  }
  go(to_, budget);
  return is_there();
}

// What is nearer from the beginning than from here starts over.
void Groups::go(std::uint64_t target, std::uint64_t& budget) {
  while (is_resetting() && budget != 0) step(resetting_forward_, budget);
  if (is_resetting()) return;
  if (target < at_ && target < at_ - target) restart();
  while ((at_ != target || is_resetting()) && budget != 0)
    step(is_resetting() ? resetting_forward_ : at_ < target, budget);
}

void Groups::restart() {
  std::fill(sums_.begin(), sums_.end(), GroupSums{});
  at_ = 0;
}

void Groups::anchor() {
  for (GroupSums& sums : sums_) {
    sums.stayed_blocks = sums.live_blocks;
    sums.stayed_bytes = sums.live_bytes;
  }
  at_from_ = sums_;
  anchored_ = true;
}

GroupSums& Groups::sums_of(std::uint32_t group) {
  if (group >= sums_.size()) sums_.resize(std::max(grouping_.count(), group + 1));
  return sums_[group];
}

// One event forward, or the one before the position back.
void Groups::step(bool forward, std::uint64_t& budget) {
  const std::uint64_t index = forward ? at_ : at_ - 1;
  const std::uint64_t by = forward ? kPlus : kMinus;
  const Op op = trace_->op(index);
  --budget;
  if (op == Op::Reset) {
    resetting_forward_ = forward;
    if (!reset(index, by, budget)) return;
  } else if (op != Op::Mark) {
    if (const std::uint64_t maker = lives_.ends(index); maker != kNoEvent) end(maker, index, by);
    for (const auto& [event, maker] : lives_.also_ends(index)) end(maker, event, by);
    if (lives_.makes(index)) {
      make(index, by);
    } else if (op != Op::Free) {
      sums_of(grouping_.group_of(trace_->event(index))).failures += by;
    }
  }
  at_ = forward ? at_ + 1 : at_ - 1;
}

void Groups::make(std::uint64_t maker, std::uint64_t by) {
  const trace::Event event = trace_->event(maker);
  const std::uint64_t bytes = Lives::bytes_of(event);
  GroupSums& sums = sums_of(grouping_.group_of(event));
  sums.allocations += by;
  sums.bytes += by * bytes;
  sums.live_blocks += by;
  sums.live_bytes += by * bytes;
  if (maker < from_ && lives_.is_live(maker, from_)) {
    sums.stayed_blocks += by;
    sums.stayed_bytes += by * bytes;
  }
}

void Groups::end(std::uint64_t maker, std::uint64_t at, std::uint64_t by) {
  const trace::Event event = trace_->event(maker);
  const std::uint64_t bytes = Lives::bytes_of(event);
  GroupSums& sums = sums_of(grouping_.group_of(event));
  sums.ended += by;
  sums.live_blocks -= by;
  sums.live_bytes -= by * bytes;
  sums.lifetime_events += by * (at - maker);
  if (trace_->has_times()) {
    const std::uint64_t last = trace_->event(at).time_ns;
    const std::uint64_t lived = last > event.time_ns ? last - event.time_ns : 0;
    by == kPlus ? sums.lifetime_ns += lived : sums.lifetime_ns -= lived;
  }
  if (maker < from_ && at >= from_) {
    sums.stayed_blocks -= by;
    sums.stayed_bytes -= by * bytes;
  }
}

// All blocks that a reset ends were made since the one before it. True once all are found; a long way is gone in parts.
bool Groups::reset(std::uint64_t index, std::uint64_t by, std::uint64_t& budget) {
  if (resetting_ == kNoEvent) resetting_ = index;
  while (resetting_ > 0 && trace_->op(resetting_ - 1) != Op::Reset) {
    if (budget == 0) return false;
    --budget;
    --resetting_;
    if (lives_.makes(resetting_) && lives_.ended_at(resetting_) == index) end(resetting_, index, by);
  }
  resetting_ = kNoEvent;
  return true;
}

std::vector<GroupRow> Groups::rows() const {
  std::vector<GroupRow> rows;
  const GroupSums none;
  for (std::uint32_t group = 0; group < sums_.size(); ++group) {
    const GroupSums& now = sums_[group];
    const GroupSums& then = group < at_from_.size() ? at_from_[group] : none;
    if (now == then && now.live_blocks == 0 && now.stayed_blocks == 0) continue;
    GroupRow row;
    row.group = group;
    row.allocations = now.allocations - then.allocations;
    row.bytes = now.bytes - then.bytes;
    row.failures = now.failures - then.failures;
    row.ended = now.ended - then.ended;
    row.live_blocks = now.live_blocks;
    row.live_bytes = now.live_bytes;
    row.from_blocks = then.live_blocks;
    row.from_bytes = then.live_bytes;
    row.stayed_blocks = now.stayed_blocks;
    row.stayed_bytes = now.stayed_bytes;
    if (row.ended != 0) {
      row.lifetime_events =
          static_cast<double>(now.lifetime_events - then.lifetime_events) / static_cast<double>(row.ended);
      row.lifetime_ns = static_cast<double>(now.lifetime_ns - then.lifetime_ns) / static_cast<double>(row.ended);
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace allocviz::analyze
