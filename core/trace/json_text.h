// Small pieces of JSON text that the reader and the writer share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/trace/spec.h"

namespace allocviz::trace {

// Appends `text` (UTF-8) as a JSON string, quotes included. Escapes what JSON asks for and nothing else.
void append_quoted(std::string& out, std::string_view text);
void append_number(std::string& out, std::uint64_t number);

// The header's "allocators" and "defaults", from the JSON text that was captured of them. Troubles name the field only.
[[nodiscard]] std::vector<AllocatorSpec> allocators_from_json(const std::string& text, std::vector<Trouble>& faults);
[[nodiscard]] Result<std::optional<std::uint64_t>> default_align_from_json(const std::string& text);
// One element of "allocators", as it is written: {"kind": "buddy", "arena": "1 KiB", "min_block": 64}
[[nodiscard]] std::string allocator_to_json(const AllocatorSpec& spec);

}  // namespace allocviz::trace
