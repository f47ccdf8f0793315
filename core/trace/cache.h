// Large traces, once read, kept as columns in a folder of the user's and mapped when the same file is opened again.
//
//   path, size, time of change, first and last bytes  --> name of one file in the folder
//   | magic, size, checksum | texts and tables | column | column | ...          the columns where they can be mapped
//
//   C1  what is read from it is a sound trace or nothing: sizes are checked before anything is used, then the checksum,
//       then every value that is used as an index; a file that is cut, damaged, foreign or forged is as good as none.
//   C2  it is written beside its place and renamed; a reader sees a whole file or none.
//   C3  after a file was written, all in the folder take no more than the limit: the ones not used for longest go
//   first.
// Nothing here is needed: what fails is done without.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/trace/io.h"
#include "core/trace/trace.h"

namespace allocviz::trace {

struct CachePolicy {
  std::string folder;  // empty = nothing is kept or looked for
  std::uint64_t from_events = 1'000'000;
  std::uint64_t most_bytes = std::uint64_t{8} << 30;
};

// XDG_CACHE_HOME/allocviz or ~/.cache/allocviz; empty where the user has neither.
[[nodiscard]] std::string default_cache_folder();

// What tells one content of a file from another without reading it whole.
struct FileMark {
  std::string path;  // absolute
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;
  std::uint64_t ends = 0;  // a hash of its first and its last bytes
  bool operator==(const FileMark&) const = default;
};
// Of regular files alone; nothing where it cannot be read.
[[nodiscard]] std::optional<FileMark> mark_of(const std::string& path);

// The trace that was kept of this file; its columns are borrowed from the mapped file, which lives as long as they do.
[[nodiscard]] std::optional<Trace> read_cached(const CachePolicy& policy, const FileMark& mark);
// Keeps a trace of the file with this mark, with `header` in the place of its own. Trouble is for whoever wants to
// know.
Status write_cached(const CachePolicy& policy, const FileMark& mark, const Trace& trace, const Header& header,
                    const Progress& progress = {});
// Where it is kept.
[[nodiscard]] std::string cached_path(const CachePolicy& policy, const FileMark& mark);

// ---- for what else is kept of a log, in the same folder and by the same rules

// All that has to be the same for what is kept to be that file's.
[[nodiscard]] std::string key_of(const FileMark& mark);
[[nodiscard]] std::string kept_path(const CachePolicy& policy, std::string_view key, std::string_view suffix);
// A file of so many bytes, which `put` writes (C2, C3).
Status write_kept(const CachePolicy& policy, const std::string& path, std::uint64_t bytes,
                  const std::function<Status(AtomicFile&)>& put);
// It goes later than what was used before.
void mark_as_used(const std::string& path);

}  // namespace allocviz::trace
