// Which of the window's sides stand beside the stage: the list at the left, what happened at the right. Both where
// there is room; else the one that was asked for last, from the start what happened, for it is what explains the stage.
#pragma once

#include "viz/app/state.h"

namespace allocviz::app {

// In ems: less than this and a part is of no use.
inline constexpr float kLeftLeast = 13.8f, kRightLeast = 15, kCenterLeast = 22, kPartGap = 0.6f;

struct Sides {
  bool left = false, right = false;
};

// Of a window that is so wide, less its edges.
[[nodiscard]] inline Sides sides_with_room(const State& state, float width_em) {
  float room = width_em - kCenterLeast;
  const auto takes = [&room](bool wanted, float least) {
    const float needed = least + kPartGap;
    if (!wanted || room < needed) return false;
    room -= needed;
    return true;
  };
  Sides sides;
  if (state.left_first) sides.left = takes(state.settings.show_left, kLeftLeast);
  sides.right = takes(state.settings.show_right, kRightLeast);
  if (!state.left_first) sides.left = takes(state.settings.show_left, kLeftLeast);
  return sides;
}
[[nodiscard]] inline Sides sides_in_sight(const State& state) {
  return sides_with_room(state, state.width_em - 2 * kPartGap);
}

}  // namespace allocviz::app
