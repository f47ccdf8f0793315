#include "core/replay/buddy_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include "core/replay/words.h"

namespace allocviz::replay {

using alloc::Step;
using trace::AllocatorSpec;

std::string splits_text(const Step& found, std::span<const Step> pushes, const AllocatorSpec& spec) {
  const std::string answer = offset_in(spec, found.offset);
  const std::string where =
      fmt::format("Level {} has one at {}", found.level, block_in(spec, found.offset, found.size));
  const int first = pushes.front().level, last = pushes.back().level;
  if (pushes.size() == 1) {
    return fmt::format("{}: split it. {} goes to level {}'s free list; {} is the answer.", where,
                       offset_in(spec, pushes.front().offset), first, answer);
  }
  std::vector<std::string> halves;
  for (const Step& push : pushes) halves.push_back(offset_in(spec, push.offset));
  return fmt::format(
      "{}: split it {}, down to level {}. The back halves {} go to the free lists of {}; {} is the answer.", where,
      times_text(halves.size()), last, list_text(halves), levels_text(first, last), answer);
}

std::string merges_text(std::span<const Step> merges, const AllocatorSpec& spec) {
  std::string text;
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const Step& merge = merges[i];
    const std::string made = block_in(spec, merge.offset, merge.size);
    // The front one of the two is where the one before it began, unless that was itself the back one.
    const bool was_front = i == 0 || merges[i - 1].offset == merge.offset;
    const std::string joined = offset_in(spec, was_front ? merge.other : merge.offset);
    if (i == 0) {
      text = fmt::format("{} + {} make {}", offset_in(spec, merge.offset), offset_in(spec, merge.other), made);
    } else if (i == 1) {
      text += fmt::format("; with {} they make {}", joined, made);
    } else if (merges.size() == 3 || i + 1 == merges.size()) {
      text += fmt::format("; {}with {} they make {}", merges.size() > 3 ? "…; " : "", joined, made);
    }
  }
  return text + ".";
}

}  // namespace allocviz::replay
