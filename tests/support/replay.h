// Traces and machines for the tests of core/replay: written by hand, event by event, or made at random.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string_view>

#include "core/replay/machine.h"
#include "core/replay/timeline.h"
#include "core/trace/trace.h"

namespace allocviz::test {

// Each call appends one event.
class Script {
 public:
  Script& alloc(std::string_view id, std::uint64_t size, std::uint64_t align = 1);
  Script& realloc(std::string_view id, std::uint64_t size, std::uint64_t align = 1);
  Script& free(std::string_view id);
  Script& free_at(std::uint64_t offset);
  Script& free_null();
  Script& alloc_failed_there(std::uint64_t size);
  Script& mark(std::string_view name);
  Script& reset();
  [[nodiscard]] std::uint64_t size() const { return builder_.size(); }
  [[nodiscard]] std::shared_ptr<const trace::Trace> done();

 private:
  Script& add(const trace::RawEvent& event);
  trace::TraceBuilder builder_;
};

// Everything a log can contain, in a mix that keeps the arena between empty and full: sizes around a few scales,
// alignments, reallocs, implicit, null and unknown frees, requests that failed there, frees by offset right and wrong,
// marks, now and then a reset.
[[nodiscard]] std::shared_ptr<const trace::Trace> random_trace(std::mt19937_64& random, std::uint64_t events,
                                                               std::uint64_t arena_bytes, std::uint64_t largest_size);

[[nodiscard]] trace::AllocatorSpec spec_of(std::string_view text);
[[nodiscard]] std::unique_ptr<replay::Machine> machine_of(const trace::AllocatorSpec& spec, const trace::Trace& trace);
[[nodiscard]] std::unique_ptr<replay::Timeline> timeline_of(std::shared_ptr<const trace::Trace> trace,
                                                            const trace::AllocatorSpec& spec,
                                                            const replay::TimelineOptions& options = {});
// C1, C2 and C3 of census.h; a test failure names the one that does not hold.
void expect_conditions(const replay::Census& census);

}  // namespace allocviz::test
