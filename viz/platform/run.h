// The loop around the window. It draws when input came or when something moves, and otherwise waits: an idle window
// draws no frame.
#pragma once

#include <vector>

#include "viz/app/state.h"
#include "viz/platform/window.h"

namespace allocviz::platform {

// Of every frame drawn, in milliseconds.
struct FrameTimes {
  std::vector<float> ms;

  [[nodiscard]] double mean() const;
  // What `part` of the frames stay at or below, 0.99: all but one in a hundred; 0 where none was drawn.
  [[nodiscard]] double at(double part) const;
};

struct RunStats {
  unsigned long long waits = 0;  // times it lay down to wait for input, with nothing to draw
  double first_frame_s = 0;      // when the first frame stood on the screen, after `started_s`
  FrameTimes cpu;                // of this thread: panels and draw lists, without GL
  FrameTimes wall;               // from the frame's begin until GL has drawn it; only where it was asked for
};

// Runs until the state says quit. started_s: steady_clock seconds at which the program began. measure_wall: each frame
// is waited for until GL has drawn it.
[[nodiscard]] RunStats run(app::State& state, Window& window, double started_s, bool measure_wall);
[[nodiscard]] double clock_s();  // of steady_clock

}  // namespace allocviz::platform
