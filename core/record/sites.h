// The call sites of a trace that is written out: stacks of calls, each distinct one once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace allocviz::record {

class Sites {
 public:
  // The number of a stack of calls, innermost first, from 1. O(calls).
  std::uint32_t add(const std::vector<std::string_view>& calls);

  // Drops outer calls of every stack, the same for all, until the table as JSON is at most `most_bytes` long. Returns
  // how many are kept, 0 where none had to go. Numbers stay as they are; stacks that became equal share an index.
  unsigned shorten(std::size_t most_bytes);

  // The index in the table of the stack with this number.
  [[nodiscard]] std::uint32_t index_of(std::uint32_t number) const { return index_[number - 1]; }
  // Appends the table as a JSON array.
  void append_json(std::string& out) const;
  [[nodiscard]] bool empty() const { return stacks_.empty(); }

 private:
  using Stack = std::vector<std::uint32_t>;  // of calls_
  [[nodiscard]] std::size_t json_bytes() const;

  std::unordered_map<std::string, std::uint32_t> call_numbers_;
  std::vector<const std::string*> calls_;
  std::map<Stack, std::uint32_t> stack_numbers_;  // 1 + index into stacks_
  std::vector<const Stack*> stacks_;
  std::vector<std::uint32_t> index_;
};

}  // namespace allocviz::record
