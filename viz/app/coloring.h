// What the memory map's colours stand for: which of a few entries each live block belongs to, and what they are called.
// The colours themselves are the theme's; which bytes are whose is the census's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/replay/census.h"
#include "core/trace/trace.h"
#include "viz/app/state.h"

namespace allocviz::app {

struct Coloring {
  struct Entry {
    std::string word;  // "≤ 64 B", "thread 3", "main.c:12 parse_header"
    std::uint64_t blocks = 0;
    std::uint64_t bytes = 0;  // requested
    std::string telling{};    // what of the word stays where there is no room for it; empty = it has no such part
    std::size_t kept = 0;     // of that, how many bytes at the end are never cut: a number, an offset
    std::string whole{};      // what it stands for in full; empty = the word
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries;  // at most kMostEntries, in the order of the legend; none of them is empty of blocks
  bool is_scale = false;       // small to large, young to old; else kinds, the one with the most bytes first
  std::function<std::size_t(const replay::Block&)> entry_of;  // of a live block; an index into entries
};
inline constexpr std::size_t kMostEntries = 8;

// Whether the log says what this colouring asks for (threads, sites, tags).
[[nodiscard]] bool can_color_by(ColorBy by, const trace::Trace& trace);
[[nodiscard]] const char* name_of(ColorBy by);  // "size"
// Before the legend: "by lifetime, in events"; "by approximate lifetime" where the trace knows no better.
[[nodiscard]] std::string title_of(ColorBy by, const trace::Trace& trace);
// What is coloured by now: as set, where this trace can say it.
[[nodiscard]] ColorBy color_by(const State& state);
// The live blocks of a census after `event` events, sorted into entries. Age and lifetime are in events and are counted
// from when the block was made or last resized. ColorBy::State has no entries. O(blocks log blocks).
[[nodiscard]] Coloring coloring_of(ColorBy by, const trace::Trace& trace, const replay::Census& census,
                                   std::uint64_t event);

}  // namespace allocviz::app
