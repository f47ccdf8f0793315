#include "core/replay/reasons.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "core/replay/words.h"

namespace allocviz::replay {
namespace {

using trace::AllocatorKind;

std::string out_of_memory(const Refusal& refusal) {
  switch (refusal.spec.kind) {
    case AllocatorKind::Slab:
      return "the free list is empty";
    case AllocatorKind::Bump:
      if (!refusal.free_bytes) return "not enough is left below the mark";
      return fmt::format("only {} {} below the mark", amount_text(*refusal.free_bytes),
                         *refusal.free_bytes == 1 ? "is" : "are");
    default:
      return refusal.needed == 0 ? "no free block is large enough"
                                 : fmt::format("no free block of {} or more", amount_text(refusal.needed));
  }
}

std::string too_large(const Refusal& refusal) {
  switch (refusal.spec.kind) {
    case AllocatorKind::Slab: {
      const std::string block = trace::with_article(amount_text(refusal.spec.block_bytes));
      if (refusal.size == 0) return fmt::format("does not fit {} block", block);
      return fmt::format("{}{}{} does not fit {} block", refusal.id, refusal.id.empty() ? "" : ": ",
                         amount_text(refusal.size), block);
    }
    case AllocatorKind::Buddy:
    case AllocatorKind::Tiered:
      return fmt::format("more than the largest block, {}", amount_text(trace::largest_block_bytes(refusal.spec)));
    default:
      return fmt::format("more than the whole arena, {}", amount_text(refusal.spec.arena_bytes));
  }
}

std::string align_too_large(const Refusal& refusal) {
  const std::string asked = refusal.align > 1 ? amount_text(refusal.align) + " is" : "that is";
  switch (refusal.spec.kind) {
    case AllocatorKind::Slab:
      return fmt::format("{} more than {} blocks are aligned to", asked, amount_text(refusal.spec.block_bytes));
    case AllocatorKind::Buddy:
    case AllocatorKind::Tiered:
      return fmt::format("{} more than the largest block is aligned to", asked);
    default:
      return fmt::format("{} more than the arena is aligned to", asked);
  }
}

}  // namespace

Refusal refusal_of(const trace::Trace& trace, std::uint64_t index, const trace::AllocatorSpec& spec,
                   const EventRun& run, const Census* census) {
  const trace::Event event = trace.event(index);
  Refusal refusal{.spec = spec, .why = run.outcome.why, .size = event.size, .align = event.align()};
  refusal.id = trace.id_text(event);
  for (const alloc::Step& step : run.steps) {
    const bool of_buddy = step.kind == alloc::StepKind::Round && step.size_class == alloc::kNoClass;
    if (of_buddy && spec.kind == AllocatorKind::Buddy) refusal.needed = step.size;
  }
  if (census != nullptr) refusal.free_bytes = census->figures.free;
  return refusal;
}

std::string reason_text(const Refusal& refusal) {
  switch (refusal.why) {
    case alloc::Error::None:
      return "no reason";
    case alloc::Error::OutOfMemory:
      return out_of_memory(refusal);
    case alloc::Error::TooLarge:
      return too_large(refusal);
    case alloc::Error::AlignTooLarge:
      return align_too_large(refusal);
    case alloc::Error::Foreign:
      return refusal.spec.kind == AllocatorKind::Bump ? "not in the used run" : "outside the arena";
    case alloc::Error::DoubleFree:
      return "the block is free already (a double free)";
    case alloc::Error::InsideBlock:
      return "not the start of a block";
    case alloc::Error::NotManaged:
      return "inside a gap";
    case alloc::Error::NothingOutstanding:
      return "nothing is outstanding";
  }
  return {};
}

std::string name_at(const trace::Trace& trace, const Census* census, std::uint64_t offset, std::string otherwise) {
  const Block* block = census != nullptr ? census->block_at(offset) : nullptr;
  if (block == nullptr || block->state != BlockState::Live || block->born >= trace.size()) return otherwise;
  std::string id = trace.id_text(block->born);
  return id.empty() ? std::move(otherwise) : id;
}

std::string stuck_text(const trace::Trace& trace, std::uint64_t index, const Census* census, std::uint64_t offset,
                       std::uint64_t from_bytes, std::uint64_t to_bytes) {
  for (std::uint64_t size = from_bytes; size != 0 && size < to_bytes; size *= 2) {
    if ((offset & size) != 0) {
      return fmt::format("the {} at {} are a back half themselves", amount_text(size),
                         trace::offset_text(offset, census != nullptr ? census->arena_bytes : 0));
    }
    const Block* there = census != nullptr ? census->block_at(offset + size) : nullptr;
    if (there == nullptr) return {};
    std::vector<std::string> names;
    for (; there != census->blocks.data() + census->blocks.size() && there->offset < offset + 2 * size; ++there) {
      if (there->state == BlockState::Gap) return "a gap lies behind it";
      if (there->state != BlockState::Live || there->born == index) continue;
      names.push_back(name_at(trace, census, there->offset, "a block"));
    }
    if (!names.empty()) return fmt::format("{} {} behind it", list_text(names), names.size() == 1 ? "lives" : "live");
  }
  return {};
}

std::string apart_text(const trace::Trace& trace, std::uint64_t index, const Census* census, std::uint64_t offset,
                       std::uint64_t size) {
  const Block* there = census != nullptr ? census->block_at(offset) : nullptr;
  if (there == nullptr) return "is not free as a whole";
  // What an implicit free's own request took came after it.
  const bool request_came_later = trace.event(index).op == trace::Op::Alloc;
  std::vector<std::string> names;
  bool named = true;
  for (; there != census->blocks.data() + census->blocks.size() && there->offset < offset + size; ++there) {
    if (there->state == BlockState::Gap) {
      return there->offset <= offset && there->size >= size ? "is a gap" : "contains a gap";
    }
    if (there->state != BlockState::Live || (request_came_later && there->born == index)) continue;
    names.push_back(there->born < trace.size() ? trace.id_text(there->born) : std::string{});
    named = named && !names.back().empty();
    if (there->size == size) return named ? fmt::format("is live ({})", names[0]) : "is live";
  }
  constexpr std::size_t kMostNames = 3;
  if (names.empty()) return "is not free as a whole";
  if (!named || names.size() > kMostNames) {
    return names.size() == 1 ? "is split (a block lives in it)"
                             : fmt::format("is split ({} blocks live in it)", trace::count_text(names.size()));
  }
  return fmt::format("is split ({} {} in it)", list_text(names), names.size() == 1 ? "lives" : "live");
}

}  // namespace allocviz::replay
