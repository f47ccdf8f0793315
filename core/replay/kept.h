// What a pass over a trace found, kept in the folder of long logs beside the log's columns (core/trace/cache.h), so
// that the next opening has every figure at once instead of replaying ten or a hundred million events.
//
//   | magic, version, key | keyframes | series | tally | free levels | failures, summary | checksum |
//
// The key is the log's mark, the allocator and how many events there are; the version says which sources replayed. Both
// are compared before anything is read, the checksum before anything is used: a file that is cut, damaged or of another
// program is as good as none, and the trace is replayed. It is the user's own file in the user's own folder: who forges
// one with its checksum is not kept out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/replay/timeline.h"
#include "core/trace/cache.h"

namespace allocviz::replay {

struct KeptReplays {
  trace::CachePolicy policy;
  trace::FileMark mark;  // of the log that the trace was read from, as it was read
};

// Whether there is one for this replay, by its head alone.
[[nodiscard]] bool is_kept(const KeptReplays& where, std::uint64_t events, const trace::AllocatorSpec& spec);
// As Timeline::build() would make it; null where none is kept, and when progress says to stop. O(bytes of the file).
[[nodiscard]] std::unique_ptr<Timeline> kept_timeline(const KeptReplays& where,
                                                      const std::shared_ptr<const trace::Trace>& trace,
                                                      const trace::AllocatorSpec& spec,
                                                      const trace::Progress& progress = {});
// Keeps what this pass found, of traces as long as the policy says. Trouble is for whoever wants to know.
trace::Status keep(const KeptReplays& where, const Account& account, const trace::AllocatorSpec& spec,
                   const trace::Progress& progress = {});
[[nodiscard]] std::string kept_path(const KeptReplays& where, const trace::AllocatorSpec& spec);

}  // namespace allocviz::replay
