// The loop around the window. It draws when input came or when something moves, and otherwise waits: an idle window
// draws no frame.
#pragma once

#include <vector>

#include "viz/app/state.h"
#include "viz/platform/window.h"

namespace allocviz::platform {

struct RunStats {
  unsigned long long waits = 0;  // times it lay down to wait for input, with nothing to draw
  double first_frame_s = 0;      // when the first frame stood on the screen, after `started_s`
  std::vector<float> cpu_ms;     // of every frame drawn: panels and draw lists, without GL

  [[nodiscard]] double mean_cpu_ms() const;
  // What `part` of the frames stay at or below, 0.99: all but one in a hundred; 0 where none was drawn.
  [[nodiscard]] double cpu_ms_at(double part) const;
};

// Runs until the state says quit. started_s: steady_clock seconds at which the program began.
[[nodiscard]] RunStats run(app::State& state, Window& window, double started_s);
[[nodiscard]] double clock_s();  // of steady_clock

}  // namespace allocviz::platform
