// Foreign logs: one file a format, one registry that recognises them by content, never by name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/trace/io.h"
#include "core/trace/trace.h"

namespace allocviz::import {

// How much of a file may be read, and which part of it.
struct ReadOptions {
  trace::ReadLimits limits{};
  // Of a log of several processes (of a GPU's: devices) this one; absent: the one with the most events.
  std::optional<std::uint64_t> process{};
  // Set by open_trace() to whether more than limits.first_bytes was there; may be null.
  bool* more_follows = nullptr;
};

// One format. `recognise` looks at the first bytes of the decompressed input and says how sure it is; `read` streams.
struct Importer {
  std::string_view format;                  // "mtrace", "heaptrack-raw": what `alloctrace info` prints
  std::string_view title;                   // "glibc mtrace": what people read
  int (*recognise)(std::string_view head);  // 0 = no, 100 = certain
  trace::Result<trace::Trace> (*read)(trace::LineReader& lines, const trace::Progress& progress,
                                      const ReadOptions& options);
  bool tells_processes = false;  // whether such a log may hold several, of which options.process chooses one
};

[[nodiscard]] std::span<const Importer> importers();

// Opens any readable file, ours or foreign: decompresses, recognises, reads. The trace's header().format says what it
// was. A log cut short gives its complete lines and a warning. Trouble where a process is asked for that is not in it.
[[nodiscard]] trace::Result<trace::Trace> open_trace(const std::string& path, const trace::Progress& progress = {},
                                                     const ReadOptions& options = {});

// Every fault of a file, not only the first: for our own format what its reader would refuse, for a foreign log what
// reading it had to warn of. Empty = valid. Trouble where it cannot be read as a log at all.
[[nodiscard]] trace::Result<std::vector<trace::Trouble>> check_trace(const std::string& path,
                                                                     const trace::Progress& progress = {},
                                                                     const ReadOptions& options = {});

}  // namespace allocviz::import
