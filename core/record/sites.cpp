#include "core/record/sites.h"

#include <algorithm>
#include <utility>

#include "core/trace/json_text.h"

namespace allocviz::record {

std::uint32_t Sites::add(const std::vector<std::string_view>& calls) {
  Stack stack;
  stack.reserve(calls.size());
  for (const std::string_view call : calls) {
    const auto [known, fresh] = call_numbers_.try_emplace(std::string(call), static_cast<std::uint32_t>(calls_.size()));
    if (fresh) calls_.push_back(&known->first);
    stack.push_back(known->second);
  }
  const auto [known, fresh] =
      stack_numbers_.try_emplace(std::move(stack), static_cast<std::uint32_t>(stacks_.size() + 1));
  if (fresh) {
    index_.push_back(static_cast<std::uint32_t>(stacks_.size()));
    stacks_.push_back(&known->first);
  }
  return known->second;
}

// What append_json writes, give or take escapes.
std::size_t Sites::json_bytes() const {
  std::size_t bytes = 0;
  for (const Stack* stack : stacks_) {
    bytes += 4;
    for (const std::uint32_t call : *stack) bytes += calls_[call]->size() + 4;
  }
  return bytes;
}

unsigned Sites::shorten(std::size_t most_bytes) {
  unsigned kept = 0;
  while (json_bytes() > most_bytes) {
    std::size_t deepest = 1;
    for (const Stack* stack : stacks_) deepest = std::max(deepest, stack->size());
    if (deepest == 1) break;
    kept = static_cast<unsigned>(std::max<std::size_t>(1, deepest * 3 / 4));
    std::map<Stack, std::uint32_t> numbers;
    std::vector<const Stack*> stacks;
    std::vector<std::uint32_t> moved;
    for (const Stack* stack : stacks_) {
      Stack shorter(stack->begin(),
                    stack->begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(stack->size(), kept)));
      const auto [known, fresh] = numbers.try_emplace(std::move(shorter), static_cast<std::uint32_t>(stacks.size()));
      if (fresh) stacks.push_back(&known->first);
      moved.push_back(known->second);
    }
    for (std::uint32_t& index : index_) index = moved[index];
    stack_numbers_ = std::move(numbers);  // nodes stay where they are
    stacks_ = std::move(stacks);
  }
  return kept;
}

void Sites::append_json(std::string& out) const {
  out += '[';
  for (std::size_t i = 0; i < stacks_.size(); ++i) {
    out += i == 0 ? "[" : ", [";
    for (std::size_t j = 0; j < stacks_[i]->size(); ++j) {
      if (j != 0) out += ", ";
      trace::append_quoted(out, *calls_[(*stacks_[i])[j]]);
    }
    out += ']';
  }
  out += ']';
}

}  // namespace allocviz::record
