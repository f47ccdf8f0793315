// How far what moves has come, and which steps the cursor has just crossed.
#include <algorithm>

#include "viz/app/playback.h"
#include "viz/panels/paint.h"

namespace allocviz::panels {
namespace {

constexpr double kMotionSeconds = 0.2;

}  // namespace

float motion_of(const Context& context) {
  const app::State& state = context.state;
  if (state.settings.reduce_motion) return 1;
  const auto index = static_cast<std::size_t>(std::max(0, state.playback.speed_index));
  const bool fast =
      state.playback.playing && app::kSpeeds[std::min(index, app::kSpeeds.size() - 1)] > app::kFastestStepwise;
  if (fast) return 1;
  const double t = (state.now_s - state.moved_at_s) / kMotionSeconds;
  if (!(t >= 0) || t >= 1) return 1;
  ui::want_frame();
  return static_cast<float>(t);
}

Crossed crossed_steps(const Context& context, const replay::Timeline& timeline) {
  const replay::Position now = timeline.position();
  const replay::Position before = context.state.moved_from;
  const std::size_t steps = timeline.run().steps.size();
  const auto done = [steps](std::uint32_t step) { return std::min(static_cast<std::size_t>(step), steps); };
  if (before.event == now.event) {
    const std::size_t a = done(before.step), b = done(now.step);
    if (a < b) return {draw::Motion::Forward, a, b};
    if (b < a) return {draw::Motion::Backward, b, a};
  } else if (before.event + 1 == now.event) {
    return {draw::Motion::Forward, 0, done(now.step)};
  }
  return {};
}

}  // namespace allocviz::panels
