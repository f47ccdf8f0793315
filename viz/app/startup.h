// From the command line to the first State.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "viz/app/state.h"

namespace allocviz::app {

struct Arguments {                         // as they were typed
  std::string file{};                      // empty = the first lesson
  std::vector<std::string> allocators{};   // SPEC, each a stage; empty = what the trace says
  std::optional<std::uint64_t> process{};  // of a log of several; absent: the one with the most events
  std::string at{};                        // N[.K]
  std::string preset{};                    // teach, debug, compare; empty = as remembered
  std::string theme{};                     // dark, light; empty = as remembered
  std::string color{};                     // state, size, age ...; empty = as remembered
  std::string find{};                      // with `wait`: a search
  std::string groups{};                    // with `wait`: site, size, thread or tag, shown as a table
  bool cache = true;                       // long logs are kept for quick opening, where settings are remembered
  bool wait = false;                       // the file is open when start() returns: --screenshot and tests
  bool remember = true;                    // settings are read and kept; off for --screenshot, whose pictures depend on
                                           // nothing but the arguments
};

// Trouble = wrong usage: no such preset, no such allocator, no position. A file that cannot be opened is no wrong
// usage: the state shows a lesson and carries the trouble, as it would later. The state always has a document and a
// stage.
[[nodiscard]] trace::Result<State> start(const Arguments& arguments);

}  // namespace allocviz::app
