// Sums of what a program asked for, by group (call site, size, thread, tag), at any position and between any two.
//
//   position   0 ......... from ............. to
//   at `from`              live there
//   between                                   allocations, bytes, failures, ended: those of the events from ... to - 1
//   at `to`                                   live there, of it `stayed` lived at `from` already
//
// Every event adds to the sums or, gone back over, takes the same away again, so moving costs the events between and no
// more; work is done in slices, so that a window can show it growing.
//   G1  live at `to` = live at `from` + born - died, with born = live at `to` - stayed, died = live at `from` - stayed.
//   G2  the sums over all groups = the figures of the allocator at that position.
// A resized block ends as what it was and begins as what it becomes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/analyze/grouping.h"
#include "core/analyze/lives.h"
#include "core/trace/trace.h"

namespace allocviz::analyze {

__extension__ typedef unsigned __int128 WideSum;

struct GroupSums {
  std::uint64_t allocations = 0;  // requests that were served, reallocs among them
  std::uint64_t bytes = 0;        // of those: the churn
  std::uint64_t failures = 0;     // requests refused, here or in the recorded program
  std::uint64_t ended = 0;        // blocks freed, resized or reset
  std::uint64_t live_blocks = 0, live_bytes = 0;
  std::uint64_t stayed_blocks = 0, stayed_bytes = 0;  // live now, and at `from`
  std::uint64_t lifetime_events = 0;                  // of those that ended, in all
  WideSum lifetime_ns = 0;
  bool operator==(const GroupSums&) const = default;
};

// One group between two positions.
struct GroupRow {
  std::uint32_t group = 0;
  std::uint64_t allocations = 0, bytes = 0, failures = 0, ended = 0;
  std::uint64_t live_blocks = 0, live_bytes = 0;  // at `to`
  std::uint64_t from_blocks = 0, from_bytes = 0;  // live at `from`
  std::uint64_t stayed_blocks = 0, stayed_bytes = 0;
  double lifetime_events = 0, lifetime_ns = 0;  // mean of those that ended; 0 where none did

  [[nodiscard]] std::uint64_t born_blocks() const { return live_blocks - stayed_blocks; }
  [[nodiscard]] std::uint64_t born_bytes() const { return live_bytes - stayed_bytes; }
  [[nodiscard]] std::uint64_t died_blocks() const { return from_blocks - stayed_blocks; }
  [[nodiscard]] std::uint64_t died_bytes() const { return from_bytes - stayed_bytes; }
  [[nodiscard]] std::int64_t grown_blocks() const { return static_cast<std::int64_t>(live_blocks - from_blocks); }
  [[nodiscard]] std::int64_t grown_bytes() const { return static_cast<std::int64_t>(live_bytes - from_bytes); }
};

class Groups {
 public:
  // `failures` as of Lives; both are kept.
  Groups(std::shared_ptr<const trace::Trace> trace, std::shared_ptr<const std::vector<std::uint64_t>> failures,
         OffsetFrees by_offset, Grouping grouping);
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  // Where to: sums between two positions, from <= to, both cut to the log's end. Nothing moves yet.
  void aim(std::uint64_t from, std::uint64_t to);
  // Does some of the way, about `events` events' worth; true once there.
  bool move(std::uint64_t events);
  [[nodiscard]] bool is_there() const { return anchored_ && at_ == to_ && !is_resetting() && grouping_.is_ready(); }
  [[nodiscard]] double fraction() const;  // of the way that aim() set out
  [[nodiscard]] std::uint64_t from() const { return from_; }
  [[nodiscard]] std::uint64_t to() const { return to_; }

  // Groups with anything to say, in the order of their numbers. O(groups).
  [[nodiscard]] std::vector<GroupRow> rows() const;
  [[nodiscard]] const Grouping& grouping() const { return grouping_; }
  [[nodiscard]] const trace::Trace& trace() const { return *trace_; }

 private:
  void go(std::uint64_t target, std::uint64_t& budget);
  void step(bool forward, std::uint64_t& budget);
  void make(std::uint64_t maker, std::uint64_t by);
  void end(std::uint64_t maker, std::uint64_t at, std::uint64_t by);
  bool reset(std::uint64_t index, std::uint64_t by, std::uint64_t& budget);
  void anchor();
  void restart();
  [[nodiscard]] std::uint64_t way_left() const;
  [[nodiscard]] bool is_resetting() const { return resetting_ != trace::kNoEvent; }
  GroupSums& sums_of(std::uint32_t group);

  std::shared_ptr<const trace::Trace> trace_;
  std::shared_ptr<const std::vector<std::uint64_t>> failures_;
  Lives lives_;
  Grouping grouping_;
  std::vector<GroupSums> sums_, at_from_;
  std::uint64_t at_ = 0;  // events summed up
  std::uint64_t from_ = 0, to_ = 0;
  std::uint64_t way_ = 0;  // that aim() set out
  bool anchored_ = true;   // at_from_ and stayed are of from_
  // A reset in the midst of being summed up: the last block looked at, and whether it is being added.
  std::uint64_t resetting_ = trace::kNoEvent;
  bool resetting_forward_ = true;
};

}  // namespace allocviz::analyze
