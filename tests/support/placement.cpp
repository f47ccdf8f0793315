#include "tests/support/placement.h"

#include <gtest/gtest.h>

#include <charconv>
#include <filesystem>
#include <fstream>

namespace allocviz::test {
namespace {

// The numbers in a text, in order; digits inside quotes do not count.
std::vector<std::size_t> numbers_in(std::string_view text) {
  std::vector<std::size_t> numbers;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"') quoted = !quoted;
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), value);
    if (quoted || error != std::errc{}) {
      ++i;
      continue;
    }
    numbers.push_back(value);
    i = static_cast<std::size_t>(end - text.data());
  }
  return numbers;
}

// The text after "key": up to the end of its object; empty when the key is not there.
std::string_view after_key(std::string_view object, std::string_view key) {
  std::string quoted("\"");
  quoted.append(key).append("\":");
  const std::size_t at = object.find(quoted);
  return at == std::string_view::npos ? std::string_view{} : object.substr(at + quoted.size());
}

std::size_t number_of(std::string_view object, std::string_view key) {
  const std::vector<std::size_t> numbers = numbers_in(after_key(object, key));
  return numbers.empty() ? 0 : numbers.front();
}

void read_header(std::string_view line, PlacementCase& out) {
  const std::string_view object = line.substr(line.find("\"allocators\""), line.find("\"columns\""));
  const std::string_view kind = after_key(object, "kind");
  const std::size_t opening = kind.find('"');
  out.kind = kind.substr(opening + 1, kind.find('"', opening + 1) - opening - 1);
  out.arena = number_of(object, "arena");
  out.block = number_of(object, "block");
  out.min_block = number_of(object, "min_block");
  out.count = number_of(object, "count");
  const std::string_view gaps = after_key(object, "gaps");
  if (!gaps.empty()) out.gaps = numbers_in(gaps.substr(0, gaps.find("]]")));
}

}  // namespace

std::optional<PlacementCase> read_placement_case(const std::string& folder, std::string_view name) {
  const std::string stem = folder + "/" + std::string(name);
  if (!std::filesystem::exists(stem + ".json") || !std::filesystem::exists(stem + ".placements")) return std::nullopt;
  PlacementCase out;
  std::ifstream asked(stem + ".json");
  std::ifstream answered(stem + ".placements");
  std::string line;
  std::getline(asked, line);
  read_header(line, out);
  while (std::getline(asked, line) && line.starts_with("[\"")) {
    const std::vector<std::size_t> row = numbers_in(line);
    PlacementEvent event;
    event.is_alloc = line[2] == 'a';
    event.id = row.at(0);
    if (event.is_alloc) event.size = row.at(1);
    if (event.is_alloc) event.align = row.at(2);
    std::string placed;
    if (!std::getline(answered, placed)) break;
    if (placed.find('-') == std::string::npos) event.offset = numbers_in(placed).at(1);
    out.events.push_back(event);
  }
  EXPECT_GE(out.events.size(), 1000u) << stem;
  return out;
}

}  // namespace allocviz::test
