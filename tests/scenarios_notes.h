// What the sentence of a note claims, checked without knowing what it means: every offset, size, level, percentage and
// equation in it must be one that the allocator's state, before or after the event, can show.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/replay/census.h"

namespace allocviz::lessons {

struct Evidence {
  std::set<std::uint64_t> offsets;         // of blocks, of free lists, of the mark
  std::set<std::uint64_t> bytes;           // sizes of blocks, requests, figures and what lies between them
  std::set<std::uint64_t> tenths_percent;  // fragmentation, in tenths of a percent
  int levels = 0;                          // of the buddy with the most; 0 = none
  std::uint64_t events = 0;

  void add(const replay::Census& census);
  void add_request(std::uint64_t size_bytes) { bytes.insert(size_bytes); }
};

// One sentence for each claim that the evidence does not bear; empty = the note is true as far as this can tell.
[[nodiscard]] std::vector<std::string> unproven(std::string_view note, const Evidence& evidence);

}  // namespace allocviz::lessons
