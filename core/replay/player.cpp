#include "core/replay/player.h"

#include <algorithm>
#include <array>
#include <span>

namespace allocviz::replay {
namespace {

constexpr std::uint64_t kStoneDistance = 512;
constexpr std::uint64_t kBatch = 256;

// Loading saved states costs about as much as applying this many events; an estimate is enough to choose the nearer
// way.
std::uint64_t events_worth(std::uint64_t bytes) {
  return 16 + bytes / 64;
}

}  // namespace

void Player::go_to(std::uint64_t events) {
  const Keyframes::Kept& kept = keyframes_.at_or_before(events);
  const bool stone_is_nearer = has_stone_ && stone_at_ <= events && stone_at_ > kept.event;
  const std::uint64_t from = stone_is_nearer ? stone_at_ : kept.event;
  const bool steps_back = at_ > events && at_ - events < kStoneDistance;
  const auto bytes = [&] { return stone_is_nearer ? stone_.bytes.size() : keyframes_.bytes_to_load(kept); };
  if (rests_ || at_ > events || (from > at_ && from - at_ > events_worth(bytes()))) {
    if (stone_is_nearer) {
      load(stone_, stone_at_);
    } else {
      load(kept);
    }
    if (steps_back && events - at_ > 4 * kStoneDistance) {
      run_to(events - kStoneDistance);
      machine_->save(stone_);
      stone_at_ = at_;
      has_stone_ = true;
    }
  }
  run_to(events);
}

void Player::run_to(std::uint64_t events) {
  std::array<trace::Event, kBatch> batch;
  std::array<Applied, kBatch> applied;
  while (at_ < events) {
    const std::uint64_t count = std::min<std::uint64_t>(batch.size(), events - at_);
    trace_.requests(at_, std::span(batch).first(count));
    machine_->apply(std::span(batch).first(count), at_, applied.data());
    at_ += count;
  }
}

void Player::rest() {
  machine_->rest();
  rests_ = true;
  stone_ = {};
  has_stone_ = false;
}

const Machine& Player::machine() {
  if (rests_) go_to(at_);
  return *machine_;
}

Outcome Player::apply_next(const StepListener& listener) {
  const Outcome outcome = machine_->apply(trace_.request(at_), at_, listener);
  ++at_;
  return outcome;
}

void Player::load(const Keyframe& whole, std::uint64_t events) {
  replay::load(*machine_, whole);
  at_ = events;
  rests_ = false;
}

void Player::load(const Keyframes::Kept& kept) {
  keyframes_.frames_for(kept, frames_);
  machine_->load(frames_);
  at_ = kept.event;
  rests_ = false;
}

}  // namespace allocviz::replay
