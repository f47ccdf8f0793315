#include "core/replay/words.h"

#include <fmt/format.h>

#include <bit>
#include <cctype>
#include <cstdlib>

namespace allocviz::replay {

std::uint64_t arena_of(const trace::AllocatorSpec& spec) {
  if (spec.kind != trace::AllocatorKind::Slab) return spec.arena_bytes;
  constexpr std::uint64_t kLink = 8;  // blocks are rounded up to what aligns the link in a free one
  return (spec.block_bytes + kLink - 1) / kLink * kLink * spec.block_count;
}

int last_level_of(const trace::AllocatorSpec& spec) {
  return std::countr_zero(trace::largest_block_bytes(spec)) - std::countr_zero(spec.min_block_bytes);
}

std::string offset_in(const trace::AllocatorSpec& spec, std::uint64_t offset) {
  return trace::offset_text(offset, arena_of(spec));
}
std::string block_in(const trace::AllocatorSpec& spec, std::uint64_t offset, std::uint64_t bytes) {
  return fmt::format("{} ({})", offset_in(spec, offset), amount_text(bytes));
}

std::string amount_text(std::uint64_t bytes) {
  if (bytes < 1024) return trace::exact_size_text(bytes);
  const unsigned unit = static_cast<unsigned>(std::bit_width(bytes) - 1) / 10 * 10;
  const std::uint64_t rest = bytes & ((std::uint64_t{1} << unit) - 1);
  const std::uint64_t half = std::uint64_t{1} << (unit - 1);
  return rest == 0 || rest == half ? trace::size_text(bytes) : trace::exact_size_text(bytes);
}

std::string part_text(std::uint64_t bytes) {
  return fmt::format("{} of it {}", amount_text(bytes), bytes == 1 ? "is" : "are");
}

std::string list_text(const std::vector<std::string>& items) {
  if (items.empty()) return {};
  if (items.size() == 1) return items[0];
  if (items.size() > 5) return fmt::format("{}, {}, … and {}", items[0], items[1], items.back());
  std::string text = items[0];
  for (std::size_t i = 1; i + 1 < items.size(); ++i) text += ", " + items[i];
  return text + " and " + items.back();
}

std::string levels_text(int first, int last) {
  if (first == last) return fmt::format("level {}", first);
  if (std::abs(first - last) == 1) return fmt::format("levels {} and {}", first, last);
  return fmt::format("levels {} … {}", first, last);
}

std::string times_text(std::size_t count) {
  return count == 1 ? "once" : count == 2 ? "twice" : fmt::format("{} times", count);
}

std::string with_capital(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace allocviz::replay
