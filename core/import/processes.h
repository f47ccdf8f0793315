// A log of several processes, in one pass: each is read for itself, and at the end one is kept, the one asked for or
// the one with the most events.
//
//   --22268-- malloc(5) = P      lane 22268: builder, addresses
//   --22271-- free(P)            lane 22271: builder, addresses          the same address is another block there
//
// Which one is the busiest is known only at the end, so all of them are held until then: together they are the events
// of the file. Beyond kMost processes a log is read only with one of them named.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/trace/trace.h"
#include "core/trace/trouble.h"

namespace allocviz::import {

// Lane: default-constructible, with a `trace::TraceBuilder builder`.
template <class Lane>
class Processes {
 public:
  static constexpr std::size_t kMost = 64;

  // `what` names one of them in the singular: "process", "device".
  Processes(std::string_view what, std::string_view plural, std::optional<std::uint64_t> wanted)
      : what_(what), plural_(plural), wanted_(wanted) {}

  // The lane of a process; nullptr where its events are not wanted or it is one too many. O(1) for the same one again,
  // else O(processes).
  Lane* of(std::uint64_t number) {
    if (last_ < lanes_.size() && lanes_[last_].number == number) return lanes_[last_].lane.get();
    for (last_ = 0; last_ < lanes_.size(); ++last_) {
      if (lanes_[last_].number == number) return lanes_[last_].lane.get();
    }
    if (lanes_.size() == kMost && number != wanted_) {
      ++too_many_;
      return nullptr;
    }
    const bool kept = !wanted_ || *wanted_ == number;
    lanes_.push_back({number, kept ? std::make_unique<Lane>() : nullptr});
    return lanes_[last_].lane.get();
  }

  // The lane to keep, with a warning in it of what was left out. A log of nothing at all has an empty one. Trouble
  // where the one asked for is not there.
  trace::Result<std::unique_ptr<Lane>> choose() {
    const auto chosen = wanted_ ? find(*wanted_) : busiest();
    if (chosen == lanes_.end() && wanted_) {
      return trace::Trouble{fmt::format("there is no {} {} in the log", what_, *wanted_), {}, there_are()};
    }
    if (chosen == lanes_.end()) return std::make_unique<Lane>();
    const std::string others = said_of_others(chosen->number);
    if (!others.empty()) {
      chosen->lane->builder.warn(others);
      tell(chosen->lane->builder.header(), chosen->number);
    }
    return std::move(chosen->lane);
  }

 private:
  struct Numbered {
    std::uint64_t number = 0;
    std::unique_ptr<Lane> lane;  // null where its events are not wanted
  };
  using Iterator = typename std::vector<Numbered>::iterator;

  Iterator find(std::uint64_t number) {
    return std::find_if(lanes_.begin(), lanes_.end(), [&](const Numbered& n) { return n.number == number; });
  }
  Iterator busiest() {
    return std::max_element(lanes_.begin(), lanes_.end(), [](const Numbered& a, const Numbered& b) {
      return a.lane->builder.size() < b.lane->builder.size();
    });
  }

  void tell(trace::Header& header, std::uint64_t kept) const {
    header.process = kept;
    for (const Numbered& each : lanes_) {
      header.processes.push_back({each.number, each.lane ? each.lane->builder.size() : 0});
    }
  }

  [[nodiscard]] std::string there_are() const {
    std::string text = fmt::format("it has {}", lanes_.empty() ? "none" : "");
    for (std::size_t i = 0; i < lanes_.size() && i < 8; ++i)
      text += fmt::format("{}{}", i ? ", " : "", lanes_[i].number);
    return text + (lanes_.size() > 8 ? ", …" : "");
  }

  // Empty where there is one process only.
  [[nodiscard]] std::string said_of_others(std::uint64_t kept) const {
    if (lanes_.size() < 2) return {};
    std::string others;
    for (std::size_t i = 0, said = 0; i < lanes_.size() && said < 8; ++i) {
      if (lanes_[i].number == kept) continue;
      others += fmt::format("{}{}", said++ == 0 ? "" : ", ", lanes_[i].number);
      if (lanes_[i].lane) others += fmt::format(" ({} events)", lanes_[i].lane->builder.size());
    }
    if (lanes_.size() > 9) others += ", …";
    std::string text = fmt::format("the log holds {}{} {}: of {} the events were read, those of {} were left out",
                                   too_many_ == 0 ? "" : "more than ", lanes_.size(), plural_, kept, others);
    return text + (wanted_ ? "" : "; --process, or Process in the File menu, chooses another");
  }

  std::string_view what_, plural_;
  std::optional<std::uint64_t> wanted_;
  std::vector<Numbered> lanes_;
  std::size_t last_ = 0;
  std::uint64_t too_many_ = 0;
};

}  // namespace allocviz::import
