// What a frame does beside drawing (searching on, summing up): as much as fits into a few milliseconds, whatever an
// event costs on this machine and in this log. At least one portion is done, so that everything ends, and no portion is
// begun once the time is over: how far a frame overruns its time is what one portion costs.
#pragma once

#include <chrono>

namespace allocviz::app {

inline constexpr double kSliceMs = 5;

class Slice {
 public:
  using Clock = double (*)();  // milliseconds, never running backwards
  static double steady_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }

  explicit Slice(double ms = kSliceMs, Clock clock = &steady_ms) : clock_(clock), end_(clock() + ms) {}
  [[nodiscard]] bool is_over() const { return clock_() >= end_; }

  // portion() does one portion and says whether there is more to do.
  template <class Portion>
  void fill(Portion portion) const {
    while (portion() && !is_over()) {
    }
  }

 private:
  Clock clock_;
  double end_;
};

}  // namespace allocviz::app
