// How narrate spells sizes, offsets and lists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/trace/spec.h"

namespace allocviz::replay {

// The arena's extent: what offsets are padded to.
[[nodiscard]] std::uint64_t arena_of(const trace::AllocatorSpec& spec);
// A buddy's last level, that of its smallest blocks.
[[nodiscard]] int last_level_of(const trace::AllocatorSpec& spec);

// "0x0c40"; "0x0c40 (64 B)".
[[nodiscard]] std::string offset_in(const trace::AllocatorSpec& spec, std::uint64_t offset);
[[nodiscard]] std::string block_in(const trace::AllocatorSpec& spec, std::uint64_t offset, std::uint64_t bytes);

// "128 B", "1.5 KiB", "1 000 000 B": in the largest unit that says it exactly.
[[nodiscard]] std::string amount_text(std::uint64_t bytes);
// "28 B of it are", "1 B of it is".
[[nodiscard]] std::string part_text(std::uint64_t bytes);
// "a", "a and b", "a, b and c"; of more than five: "a, b, … and z".
[[nodiscard]] std::string list_text(const std::vector<std::string>& items);
// "level 13", "levels 13 and 12", "levels 13 … 5".
[[nodiscard]] std::string levels_text(int first, int last);
// "once", "twice", "3 times".
[[nodiscard]] std::string times_text(std::size_t count);
[[nodiscard]] std::string with_capital(std::string text);

}  // namespace allocviz::replay
