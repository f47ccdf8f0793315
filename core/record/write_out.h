// A recorded process as a trace: spools in, JSON Lines out.
#pragma once

#include <cstdint>
#include <string>

#include "core/record/spool_reader.h"
#include "core/record/symbols.h"
#include "core/trace/io.h"

namespace allocviz::record {

struct WrittenOut {
  std::uint64_t events = 0;
  std::uint64_t threads = 0;  // of the image that had most
  std::uint64_t images = 0;   // 1 + execs
  std::uint64_t lost_events = 0;
  std::uint32_t stopped_by = 0;  // errno of what ended the recording early
  bool sites_full = false;       // later call stacks have no number
  unsigned frames_kept = 0;      // of each call stack, 0 = all: the header keeps below what readers take for one line
};

// Writes `process` to `path` (.jsonl, with .zst or .gz), whole or not at all. Memory: call stacks and live blocks, not
// events. O(records).
[[nodiscard]] trace::Result<WrittenOut> write_out(const RecordedProcess& process, const std::string& name,
                                                  const std::string& path, Symbols& symbols,
                                                  const trace::Progress& progress = {});

}  // namespace allocviz::record
