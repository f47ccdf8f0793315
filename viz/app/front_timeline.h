// A timeline in two halves: the moment that the window shows, and a replay behind it that may be on its way to another.
//
//   the window's thread      front  [ event 7, census, run ] ------------------- arrive() -> [ event 9000, ... ]
//   a worker                 back          go(9000): load a keyframe, apply, take a census ... ^
//
// Going somewhere among a million live blocks takes longer than a frame may. Whatever the window asks is answered by
// the front; what can only be asked of the replay (another event's run, a snapshot) waits until the back is at rest.
//   F1  the front is what the back would say at the front's position.
//   F2  only who holds the back's lock touches its replay; what never changes (series, trace, summary) needs none.
#pragma once

#include <memory>
#include <mutex>

#include "core/replay/timeline.h"

namespace allocviz::app {

class FrontTimeline final : public replay::Timeline {
 public:
  struct Moment {
    replay::Position position{0, 0};
    replay::EventRun run;
    replay::Figures figures;
    replay::Census census;
    replay::Digest digest;  // of the census, where that is large
    bool has_census = false;
  };
  struct Back {
    std::mutex lock;
    std::unique_ptr<replay::Timeline> replay;
    Moment next;  // what go() took, until arrive()
  };

  explicit FrontTimeline(std::unique_ptr<replay::Timeline> replay);

  // By a worker, who keeps the back alive: goes there and takes that moment, census and all. Returns where that is.
  static replay::Position go(Back& back, replay::Position to);
  // Before a worker begins: everything that may be asked of the front is in it. Then the back may be given away.
  [[nodiscard]] std::shared_ptr<Back> lend();
  // After go() ended: its moment is the front's. O(1).
  void arrive();

  // While no worker goes anywhere: the front stays, what the back needs to go on is given back until it does.
  void rest() override;

  // At once, by whoever calls.
  void seek(replay::Position to) override;

  const trace::Trace& trace() const override { return back_->replay->trace(); }
  const trace::AllocatorSpec& spec() const override { return back_->replay->spec(); }
  std::uint64_t event_count() const override { return back_->replay->event_count(); }
  replay::Position position() const override { return front_.position; }
  std::uint32_t step_count() const override { return static_cast<std::uint32_t>(front_.run.steps.size()); }
  const replay::Census& census() const override;
  const replay::Figures& figures() const override { return front_.figures; }
  const replay::EventRun& run() const override { return front_.run; }
  const replay::Digest* digest() const override;
  replay::EventRun run_of(std::uint64_t index) override;
  replay::Keyframe snapshot() const override;
  void take_census(replay::Census& out) override;
  const replay::Series& series() const override { return back_->replay->series(); }
  const replay::Tally& tally() const override { return back_->replay->tally(); }
  const replay::FreeLevels& free_levels() const override { return back_->replay->free_levels(); }
  const std::vector<std::uint64_t>& failures() const override { return back_->replay->failures(); }
  const replay::Summary& summary() const override { return back_->replay->summary(); }
  std::shared_ptr<const replay::Account> account() const override { return back_->replay->account(); }
  std::uint64_t memory_bytes() const override;

 private:
  static void look(const Back& back, Moment& moment);
  static void count(Back& back, Moment& moment);

  std::shared_ptr<Back> back_;
  mutable Moment front_;
};

}  // namespace allocviz::app
