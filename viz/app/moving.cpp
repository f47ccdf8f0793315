#include "viz/app/moving.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "viz/app/front_timeline.h"
#include "viz/app/opening.h"

namespace allocviz::app {

struct Moving {
  explicit Moving(replay::Position there) : to(there) {}
  Moving(const Moving&) = delete;
  Moving& operator=(const Moving&) = delete;
  ~Moving() {
    if (worker.joinable()) worker.join();
  }

  replay::Position to;
  std::optional<replay::Position> wish;  // where to go after that
  std::vector<std::shared_ptr<FrontTimeline::Back>> backs;
  std::mutex lock;
  std::condition_variable arrived;
  bool is_there = false;  // under the lock
  std::thread worker;
};

namespace {

// Below these a seek and a census cost less than handing them to somebody.
constexpr std::uint64_t kManyBlocks = 5'000;
constexpr std::uint64_t kManyEvents = 200'000;
constexpr std::chrono::milliseconds kPatience{4};  // a quarter of a frame

// A stage's timeline is always one of these: build_stages() makes them.
FrontTimeline& front(Stage& stage) {
  return static_cast<FrontTimeline&>(*stage.timeline);
}

void go(Moving& moving) {
  const replay::Position there = FrontTimeline::go(*moving.backs.front(), moving.to);
  const bool whole = there.step >= moving.backs.front()->next.run.steps.size();
  const replay::Position others{there.event, whole ? replay::kAllSteps : there.step};
  for (std::size_t i = 1; i < moving.backs.size(); ++i) (void)FrontTimeline::go(*moving.backs[i], others);
  const std::lock_guard held(moving.lock);
  moving.is_there = true;
  moving.arrived.notify_one();
}

void take_moments(State& state) {
  state.moving->worker.join();
  for (Stage& stage : state.stages) front(stage).arrive();
  state.moving.reset();
}

}  // namespace

bool moves_by_worker(const State& state) {
  if (!state.moves_late || state.stages.empty()) return false;
  return state.document.trace->facts().peak_live_blocks >= kManyBlocks || state.document.trace->size() >= kManyEvents;
}

bool set_off(State& state, replay::Position to) {
  to.event = std::min(to.event, state.timeline().event_count());
  if (state.moving != nullptr) {
    state.moving->wish = to;
    return false;
  }
  const auto moving = std::make_shared<Moving>(to);
  for (Stage& stage : state.stages) moving->backs.push_back(front(stage).lend());
  moving->worker = std::thread([work = moving.get()] { go(*work); });
  state.moving = moving;
  std::unique_lock held(moving->lock);
  if (!moving->arrived.wait_for(held, state.patience.value_or(kPatience), [&] { return moving->is_there; }))
    return false;
  held.unlock();
  take_moments(state);
  return true;
}

bool has_arrived(State& state, std::optional<replay::Position>& wish) {
  if (state.moving == nullptr) return false;
  {
    const std::lock_guard held(state.moving->lock);
    if (!state.moving->is_there) return false;
  }
  wish = state.moving->wish;
  take_moments(state);
  return true;
}

void come_to_rest(State& state) {
  if (state.moving != nullptr || !is_long(state.timeline().trace())) return;
  for (Stage& stage : state.stages) stage.timeline->rest();
  give_back_freed();
}

replay::Position heading(const State& state) {
  if (state.moving == nullptr) return state.cursor();
  return state.moving->wish.value_or(state.moving->to);
}

}  // namespace allocviz::app
