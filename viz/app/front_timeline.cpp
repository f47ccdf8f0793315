#include "viz/app/front_timeline.h"

#include <utility>

namespace allocviz::app {

namespace {

// With fewer blocks a picture is sooner drawn block by block.
constexpr std::size_t kDigestFrom = 16'384;

}  // namespace

FrontTimeline::FrontTimeline(std::unique_ptr<replay::Timeline> replay) : back_(std::make_shared<Back>()) {
  back_->replay = std::move(replay);
  look(*back_, front_);
}

// All but the census, which is taken when it is wanted.
void FrontTimeline::look(const Back& back, Moment& moment) {
  moment.position = back.replay->position();
  moment.run = back.replay->run();
  moment.figures = back.replay->figures();
  moment.has_census = false;
}

void FrontTimeline::count(Back& back, Moment& moment) {
  back.replay->take_census(moment.census);
  if (moment.census.blocks.size() >= kDigestFrom) {
    moment.digest.sum_up(moment.census);
  } else {
    moment.digest.clear();
  }
  moment.has_census = true;
}

replay::Position FrontTimeline::go(Back& back, replay::Position to) {
  const std::lock_guard held(back.lock);
  back.replay->seek(to);
  look(back, back.next);
  count(back, back.next);
  return back.next.position;
}

std::shared_ptr<FrontTimeline::Back> FrontTimeline::lend() {
  (void)census();
  return back_;
}

void FrontTimeline::arrive() {
  const std::lock_guard held(back_->lock);
  std::swap(front_, back_->next);
}

void FrontTimeline::rest() {
  (void)census();
  const std::lock_guard held(back_->lock);
  back_->next = {};
  back_->replay->rest();
}

void FrontTimeline::seek(replay::Position to) {
  const std::lock_guard held(back_->lock);
  back_->replay->seek(to);
  if (back_->replay->position() == front_.position) return;
  look(*back_, front_);
}

const replay::Census& FrontTimeline::census() const {
  if (!front_.has_census) {
    const std::lock_guard held(back_->lock);
    count(*back_, front_);
  }
  return front_.census;
}

const replay::Digest* FrontTimeline::digest() const {
  (void)census();
  return front_.digest.empty() ? nullptr : &front_.digest;
}

replay::EventRun FrontTimeline::run_of(std::uint64_t index) {
  if (index + 1 == front_.position.event) return front_.run;
  const std::lock_guard held(back_->lock);
  return back_->replay->run_of(index);
}

replay::Keyframe FrontTimeline::snapshot() const {
  const std::lock_guard held(back_->lock);
  back_->replay->seek(front_.position);
  return back_->replay->snapshot();
}

void FrontTimeline::take_census(replay::Census& out) {
  out = census();  // a copy: it could not be taken again while the back is elsewhere
}

std::uint64_t FrontTimeline::memory_bytes() const {
  const std::lock_guard held(back_->lock);
  return back_->replay->memory_bytes() +
         (front_.census.blocks.capacity() + back_->next.census.blocks.capacity()) * sizeof(replay::Block) +
         front_.digest.memory_bytes() + back_->next.digest.memory_bytes();
}

}  // namespace allocviz::app
