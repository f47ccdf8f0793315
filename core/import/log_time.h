// Times of a log as a trace has them: nanoseconds since the first event, never going back within a thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/import/scan.h"

namespace allocviz::import {

class LogTime {
 public:
  // What a clock that started anywhere says at an event of a thread. Clocks of several processors may differ a little,
  // and lines may stand in another order than their times: such an event gets the time of the one before.
  std::uint64_t since_start(std::uint64_t thread, std::uint64_t clock_ns) {
    if (!first_ns_) first_ns_ = clock_ns;
    std::uint64_t& last = last_ns_[thread];
    if (clock_ns > *first_ns_) last = std::max(last, clock_ns - *first_ns_);
    return last;
  }

  // The time of the thread's last event; nothing where no clock was read.
  [[nodiscard]] std::optional<std::uint64_t> last(std::uint64_t thread) const {
    const auto found = last_ns_.find(thread);
    return found == last_ns_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::optional<std::uint64_t> first_ns_;
  std::unordered_map<std::uint64_t, std::uint64_t> last_ns_;
};

// "981.738856" -> nanoseconds; up to nine digits behind the point. false where there is none or it is too large.
inline bool take_seconds(std::string_view& text, std::uint64_t& ns) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  std::string_view rest = text;
  std::uint64_t seconds = 0, fraction = 0;
  if (!take_dec(rest, seconds) || seconds > ~std::uint64_t{0} / kNsPerSecond - 1 || !take(rest, ".")) return false;
  const std::size_t before = rest.size();
  if (!take_dec(rest, fraction) || before - rest.size() > 9) return false;
  for (std::size_t digits = before - rest.size(); digits < 9; ++digits) fraction *= 10;
  ns = seconds * kNsPerSecond + fraction;
  text = rest;
  return true;
}

}  // namespace allocviz::import
