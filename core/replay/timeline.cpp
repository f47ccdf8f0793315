#include "core/replay/timeline.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/replay/builder.h"
#include "core/replay/player.h"

namespace allocviz::replay {
namespace {

// Between calls the player's machine stands after the whole event at the cursor; what the state was at a step inside it
// is taken while the event runs once more.
class Replayed final : public Timeline {
 public:
  Replayed(std::shared_ptr<const trace::Trace> trace, std::unique_ptr<Machine> machine, Account account)
      : trace_(std::move(trace)),
        account_(std::make_shared<const Account>(std::move(account))),
        player_(std::move(machine), *trace_, account_->keyframes) {
    player_.load(account_->keyframes.at_or_before(0).frame, 0);
    figures_ = player_.machine().figures();
    if (trace_->size() >= kLongTrace) {
      (void)Replayed::census();
      Replayed::rest();
    }
  }

  const trace::Trace& trace() const override { return *trace_; }
  const trace::AllocatorSpec& spec() const override { return player_.spec(); }
  std::uint64_t event_count() const override { return trace_->size(); }

  void seek(Position position) override;
  Position position() const override { return position_; }
  std::uint32_t step_count() const override { return static_cast<std::uint32_t>(run_.steps.size()); }
  const Census& census() const override;
  const Figures& figures() const override { return figures_; }
  const EventRun& run() const override { return run_; }
  void rest() override;
  EventRun run_of(std::uint64_t index) override;
  Keyframe snapshot() const override;
  void take_census(Census& out) override;

  const Series& series() const override { return account_->series; }
  const Tally& tally() const override { return account_->tally; }
  const FreeLevels& free_levels() const override { return account_->free_levels; }
  const std::vector<std::uint64_t>& failures() const override { return account_->failures; }
  const Summary& summary() const override { return account_->summary; }
  std::shared_ptr<const Account> account() const override { return account_; }
  std::uint64_t memory_bytes() const override;

 private:
  void go_to_event(std::uint64_t event, bool keep_before);
  void stand_before(std::uint64_t event) const;
  void stand_inside(std::uint32_t step);
  template <class Take>
  void rerun(std::uint32_t step, Take take) const;

  std::shared_ptr<const trace::Trace> trace_;
  std::shared_ptr<const Account> account_;
  mutable Player player_;
  std::unique_ptr<Player> other_;  // for run_of: made when first asked for
  std::optional<std::pair<std::uint64_t, EventRun>> looked_up_;

  Position position_{0, 0};
  bool inside_ = false;  // the cursor stands before the last step of its event
  EventRun run_;
  Figures figures_;
  mutable Census census_;
  mutable bool has_census_ = false;
  mutable Keyframe before_;          // the state before the event at the cursor ...
  mutable bool has_before_ = false;  // ... once a step inside it was asked for
};

void Replayed::rest() {
  player_.rest();
  other_ = nullptr;
  before_ = {};
  has_before_ = false;
  if (!has_census_) census_ = {};
}

EventRun listen_to_next(Player& player) {
  EventRun run;
  run.outcome = player.apply_next([&run](const alloc::Step& step) { run.steps.push_back(step); });
  return run;
}

void Replayed::seek(Position to) {
  to.event = std::min(to.event, event_count());
  if (to.event != position_.event) go_to_event(to.event, to.step != kAllSteps);
  const std::uint32_t steps = step_count();
  const bool inside = to.event != 0 && to.step < steps;
  to.step = to.event == 0 ? 0 : std::min(to.step, steps);
  if (to == position_ && inside == inside_) return;
  position_ = to;
  inside_ = inside;
  if (inside) {
    stand_inside(to.step);
  } else {
    figures_ = player_.machine().figures();
    has_census_ = false;
  }
}

// The whole event: its steps are gathered on the way. What a step inside it will need again is kept while it is at
// hand.
void Replayed::go_to_event(std::uint64_t event, bool keep_before) {
  run_ = {};
  has_before_ = has_census_ = inside_ = false;
  if (event == 0) {
    player_.go_to(0);
  } else {
    if (keep_before) {
      stand_before(event);
    } else {
      player_.go_to(event - 1);
    }
    run_ = listen_to_next(player_);
  }
  position_ = {event, step_count()};
  figures_ = player_.machine().figures();
}

void Replayed::stand_before(std::uint64_t event) const {
  if (has_before_) {
    player_.load(before_, event - 1);
    return;
  }
  player_.go_to(event - 1);
  player_.machine().save(before_);
  has_before_ = true;
}

// Runs the event at the cursor once more and calls take() at the moment when `step` of its steps are done.
template <class Take>
void Replayed::rerun(std::uint32_t step, Take take) const {
  stand_before(position_.event);
  if (step == 0) take();
  std::uint32_t done = 0;
  player_.apply_next([&](const alloc::Step&) {
    if (++done == step) take();
  });
}

void Replayed::stand_inside(std::uint32_t step) {
  rerun(step, [this] { player_.machine().census(census_); });
  figures_ = census_.figures;
  has_census_ = true;
}

const Census& Replayed::census() const {
  if (!has_census_) player_.machine().census(census_);
  has_census_ = true;
  return census_;
}

void Replayed::take_census(Census& out) {
  (void)census();
  std::swap(out, census_);
  has_census_ = false;
}

Keyframe Replayed::snapshot() const {
  Keyframe frame;
  if (inside_) {
    rerun(position_.step, [&] { player_.machine().save(frame); });
  } else {
    player_.machine().save(frame);
  }
  return frame;
}

EventRun Replayed::run_of(std::uint64_t index) {
  if (index >= event_count()) return {};
  if (index + 1 == position_.event) return run_;
  if (looked_up_ && looked_up_->first == index) return looked_up_->second;
  if (!other_) {
    auto machine = make_machine(spec(), *trace_);
    if (machine.ok()) other_ = std::make_unique<Player>(std::move(machine).value(), *trace_, account_->keyframes);
  }
  // Where a second arena cannot be had, the cursor's own machine goes there and comes back.
  Player& player = other_ ? *other_ : player_;
  player.go_to(index);
  looked_up_.emplace(index, listen_to_next(player));
  if (!other_) player_.go_to(position_.event);
  return looked_up_->second;
}

std::uint64_t Replayed::memory_bytes() const {
  return account_->keyframes.memory_bytes() + account_->series.memory_bytes() + account_->tally.memory_bytes() +
         account_->free_levels.memory_bytes() + account_->failures.capacity() * sizeof(std::uint64_t) +
         player_.memory_bytes() + (other_ ? other_->memory_bytes() : 0) + before_.bytes.capacity() +
         census_.blocks.capacity() * sizeof(Block);
}

}  // namespace

std::unique_ptr<Timeline> timeline_of(std::shared_ptr<const trace::Trace> trace, std::unique_ptr<Machine> machine,
                                      Account account) {
  return std::make_unique<Replayed>(std::move(trace), std::move(machine), std::move(account));
}

trace::Result<std::unique_ptr<Timeline>> Timeline::build(std::shared_ptr<const trace::Trace> trace,
                                                         const trace::AllocatorSpec& spec,
                                                         const trace::Progress& progress,
                                                         const TimelineOptions& options) {
  auto machine = make_machine(spec, *trace);
  if (!machine.ok()) return std::move(machine).trouble();
  Account account(spec.kind, options.keyframe_budget_bytes);
  Pass pass(account, **machine, options);
  if (trace::Status done = pass.apply_rest(*trace, progress); !done.ok()) return std::move(done).trouble();
  pass.finish();
  return timeline_of(std::move(trace), std::move(machine).value(), std::move(account));
}

}  // namespace allocviz::replay
