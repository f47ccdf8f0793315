// Reads the placement vectors of tests/data/placement: what was asked, and where the reference put it. It reads the
// rows those files hold and nothing else; the program's own reader is tested elsewhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace allocviz::test {

struct PlacementEvent {
  bool is_alloc = false;
  std::size_t id = 0;
  std::size_t size = 0;
  std::size_t align = 1;
  std::optional<std::size_t> offset;  // nothing: the request failed, or the free is of one that did
};

struct PlacementCase {
  std::string kind;  // "buddy", "bump", "slab"
  std::size_t arena = 0;
  std::size_t block = 0;  // 0: not said
  std::size_t min_block = 0;
  std::size_t count = 0;
  std::vector<std::size_t> gaps;  // from, to, from, to ...
  std::vector<PlacementEvent> events;
};

// Nothing when the two files are not there; a test failure when they are and cannot be read.
std::optional<PlacementCase> read_placement_case(const std::string& folder, std::string_view name);

}  // namespace allocviz::test
