// A machine and how far along a trace it stands: goes to any event by way of the nearest saved state.
//
// Between the calls the machine stands after `at()` whole events.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/replay/keyframes.h"
#include "core/replay/machine.h"
#include "core/trace/trace.h"

namespace allocviz::replay {

class Player {
 public:
  // The machine is as it was made; trace and keyframes outlive the player.
  Player(std::unique_ptr<Machine> machine, const trace::Trace& trace, const Keyframes& keyframes)
      : machine_(std::move(machine)), trace_(trace), keyframes_(keyframes) {}

  // Afterwards at() == events. O(distance from the nearest saved state).
  void go_to(std::uint64_t events);
  // Applies the next event, telling the listener its steps.
  Outcome apply_next(const StepListener& listener);
  // Puts the machine back to a whole state saved after `events` events.
  void load(const Keyframe& whole, std::uint64_t events);

  [[nodiscard]] std::uint64_t at() const { return at_; }
  // Gives back the machine's memory until it is wanted again.
  void rest();

  [[nodiscard]] const Machine& machine();  // as it is at at()
  [[nodiscard]] const trace::AllocatorSpec& spec() const { return machine_->spec(); }
  [[nodiscard]] std::uint64_t memory_bytes() const { return stone_.bytes.capacity(); }

 private:
  void load(const Keyframes::Kept& kept);
  void run_to(std::uint64_t events);

  std::unique_ptr<Machine> machine_;
  const trace::Trace& trace_;
  const Keyframes& keyframes_;
  std::uint64_t at_ = 0;
  bool rests_ = false;
  // A stepping stone: saved where somebody steps backward far from any keyframe, a little before, so that the next step
  // does not replay the whole interval once more. Not at each seek: saving takes as long as replaying much of one.
  Keyframe stone_;
  std::uint64_t stone_at_ = 0;
  bool has_stone_ = false;
  std::vector<const Keyframe*> frames_;  // load's own, kept for its memory
};

}  // namespace allocviz::replay
