#include "core/replay/run_text.h"

#include <fmt/format.h>

#include <cstddef>
#include <vector>

#include "core/replay/words.h"

namespace allocviz::replay {
namespace {

using alloc::Step;
using alloc::StepKind;
using trace::AllocatorSpec;

// "0x600, 0x800 and 0x1000 go to the free lists of levels 5 … 1"; empty where nothing is pushed.
std::string left_over(std::span<const Step> steps, const AllocatorSpec& spec) {
  std::vector<std::string> blocks;
  int first = 0, last = 0;
  for (const Step& step : steps) {
    if (step.kind != StepKind::Push) continue;
    if (blocks.empty()) first = step.level;
    last = step.level;
    blocks.push_back(offset_in(spec, step.offset));
  }
  if (blocks.empty()) return {};
  return fmt::format("{} {} to the free list{} of {}", list_text(blocks), blocks.size() == 1 ? "goes" : "go",
                     first == last ? "" : "s", levels_text(first, last));
}

std::vector<std::string> taken_out(std::span<const Step> steps, const AllocatorSpec& spec) {
  std::vector<std::string> blocks;
  for (const Step& step : steps) {
    if (step.kind == StepKind::Remove) blocks.push_back(block_in(spec, step.offset, step.size));
  }
  return blocks;
}

}  // namespace

std::string run_needed_text(const Step& round, const AllocatorSpec& spec) {
  const std::uint64_t whole = trace::largest_block_bytes(spec) >> round.level;
  const std::string where = fmt::format("(level {} of 0 … {})", round.level, last_level_of(spec));
  if (whole == round.size) return fmt::format("{} block {}", trace::with_article(amount_text(whole)), where);
  return fmt::format("{}, the front of {} block {}", amount_text(round.size), trace::with_article(amount_text(whole)),
                     where);
}

std::string run_made_text(std::span<const Step> steps, const AllocatorSpec& spec) {
  if (steps.empty()) return {};
  const Step& answer = steps.back();
  const std::string left = left_over(steps, spec);
  if (steps.front().kind != StepKind::Pop) {
    const std::vector<std::string> blocks = taken_out(steps, spec);
    std::string text = blocks.size() == 1
                           ? fmt::format("But {} is aligned so and holds it", blocks[0])
                           : fmt::format("But what is free side by side holds it: {}", list_text(blocks));
    text += fmt::format(". The answer is at {}", offset_in(spec, answer.offset));
    return text + (left.empty() ? "." : fmt::format("; {}.", left));
  }
  const Step& found = steps.front();
  std::size_t splits = 0;
  for (const Step& step : steps) splits += step.kind == StepKind::Split ? 1u : 0u;
  const std::string where = fmt::format("Level {} has one at {}", found.level, offset_in(spec, found.offset));
  if (splits == 0) return where + ": it is the answer.";
  return fmt::format("{} ({}): split it {}. Its first {} are the answer, at {}; {}.", where, amount_text(found.size),
                     times_text(splits), amount_text(answer.size), offset_in(spec, answer.offset), left);
}

std::string run_resized_text(std::span<const Step> steps, const AllocatorSpec& spec) {
  if (steps.empty()) return {};
  const Step& answer = steps.back();
  const std::string here = offset_in(spec, answer.offset);
  if (steps.size() == 1) return fmt::format("The block at {} is of that size: it stays as it is.", here);
  // What it grows by is taken out first; what it gives up is pushed, after its buddies, which lie behind it.
  const Step& first = steps.front();
  const bool grows = first.kind == StepKind::Remove && first.offset < answer.offset + answer.size;
  const std::string left = left_over(steps, spec);
  if (!grows) {
    return fmt::format("The block at {} shrinks where it stands, to its first {}: {}.", here, amount_text(answer.size),
                       left);
  }
  return fmt::format("The block at {} grows where it stands, into what is free behind it: {}{}{}.", here,
                     list_text(taken_out(steps, spec)), left.empty() ? "" : "; of that ", left);
}

}  // namespace allocviz::replay
