// Our own trace format, version 1: JSON, JSON with rows, and JSON Lines. The schema is core/trace/schema.json.
#pragma once

#include <string>
#include <vector>

#include "core/trace/io.h"
#include "core/trace/trace.h"

namespace allocviz::trace {

// Reads any of the three spellings, told apart by content. Strict about whatever would change the meaning (the Trouble
// names line or byte, event and field); keeps what it does not know. A file cut short gives its complete events and a
// warning. O(size); memory a small multiple of the trace, never a DOM of the events.
[[nodiscard]] Result<Trace> read_json(ByteSource& source, const Progress& progress = {});
[[nodiscard]] Result<Trace> read_json(LineReader& lines, const Progress& progress = {});  // of what was peeked at

// Every fault of a file that can be reached, at most 1000, for `alloctrace check`: broken JSON ends the search in a
// JSON file, in JSON Lines only that line. A file cut short is a fault here. Empty = valid. Trouble where it cannot be
// read.
[[nodiscard]] Result<std::vector<Trouble>> check_json(ByteSource& source, const Progress& progress = {});
[[nodiscard]] Result<std::vector<Trouble>> check_json(LineReader& lines, const Progress& progress = {});

enum class Spelling { Json, JsonLines };  // by the target's name: .jsonl or .json, before .zst or .gz
[[nodiscard]] Spelling spelling_for(const std::string& path);

// Writes atomically. Reading it back gives an equal trace; writing that gives the same bytes.
[[nodiscard]] Status write_json(const Trace& trace, const std::string& path, const Progress& progress = {});
[[nodiscard]] std::string to_json_text(const Trace& trace, Spelling spelling = Spelling::Json);

}  // namespace allocviz::trace
