// Records the test's own programs with the alloctrace that was built, and holds the trace against what they said they
// did.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trace/trace.h"
#include "tests/cli_support.h"

namespace allocviz::record {

// A folder of the test's own, removed with what is in it.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<std::string> files() const;  // their names, sorted

 private:
  std::string path_;
};

// The trace in a file, which `alloctrace check` calls valid and `alloctrace replay` replays without a failed request of
// ours; a failure of the test where it is not.
[[nodiscard]] trace::Trace sound_trace(const std::string& file);

// One call, told by the program or by the trace.
struct Call {
  char what = 0;  // a, f, r, x as in record_subject.cpp
  unsigned thread = 0;
  std::uint64_t size = 0, align = 0, addr = 0, old_addr = 0;
  bool operator==(const Call&) const = default;
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] std::vector<Call> calls_said(const std::string& output);
// The calls between the pairs of marker blocks of a trace, a list a pair.
[[nodiscard]] std::vector<std::vector<Call>> calls_between_markers(const trace::Trace& trace);
// The same calls, thread numbers aside.
void expect_same_calls(const std::vector<Call>& recorded, const std::vector<Call>& said);

// No alloc of a live address, no free of an unknown one, addresses of live blocks disjoint: the order of the events is
// one in which they can have happened.
void expect_possible_order(const trace::Trace& trace);

[[nodiscard]] std::uint64_t allocs_of_size(const trace::Trace& trace, std::uint64_t size);

}  // namespace allocviz::record
