// A replay that goes on while the log is still being read, so that opening takes as long as the slower of the two
// instead of both.
//
//   reading thread     append append append ... grown() --copies of the next requests, as long as there is room--+
//   replaying thread                                          a machine, a pass over them   <---- queue ---------+
//   finish()           the rest, from the complete trace
//
// How large an arena is may depend on what comes last. What the events so far say is taken for the answer, and the
// replay begins anew where later ones say otherwise; reading waits for nothing of this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/replay/timeline.h"
#include "core/trace/trace.h"

namespace allocviz::replay {

class ReplayAhead final : public trace::TraceWatcher {
 public:
  // chosen: the configuration; absent: the first of those that the trace would be opened with.
  explicit ReplayAhead(std::optional<trace::AllocatorSpec> chosen, TimelineOptions options = {});
  ~ReplayAhead();  // ends a replay that is under way
  ReplayAhead(const ReplayAhead&) = delete;
  ReplayAhead& operator=(const ReplayAhead&) = delete;

  void grown(const trace::TraceBuilder& builder) override;

  // Once, when `trace` is what the builder made: as Timeline::build(), which it calls where there is nothing to go on
  // with.
  [[nodiscard]] trace::Result<std::unique_ptr<Timeline>> finish(std::shared_ptr<const trace::Trace> trace,
                                                                const trace::AllocatorSpec& spec,
                                                                const trace::Progress& progress);

  // How many events finish() found done; 0 where it began from the first.
  [[nodiscard]] std::uint64_t went_on_at() const { return went_on_at_; }

 private:
  class Worker;
  std::optional<trace::AllocatorSpec> chosen_;
  TimelineOptions options_;
  std::unique_ptr<Worker> worker_;  // null until there is enough to replay
  std::uint64_t went_on_at_ = 0;
};

}  // namespace allocviz::replay
