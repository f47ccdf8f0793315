#include "viz/draw/focus.h"

#include <algorithm>
#include <bit>

namespace allocviz::draw {

using alloc::StepKind;

int BuddyShape::level_of(std::uint64_t size) const {
  if (size == 0 || size >= top) return 0;
  return std::min(levels - 1, static_cast<int>(std::bit_width(top)) - static_cast<int>(std::bit_width(size)));
}

BuddyShape shape_of(const trace::AllocatorSpec& spec) {
  BuddyShape shape;
  shape.arena = std::max<std::uint64_t>(spec.arena_bytes, 1);
  shape.top = std::bit_floor(spec.block_bytes != 0 ? spec.block_bytes : shape.arena);
  const std::uint64_t least = std::max<std::uint64_t>(spec.min_block_bytes, 1);
  shape.levels = std::max(1, static_cast<int>(std::bit_width(shape.top)) - static_cast<int>(std::bit_width(least)) + 1);
  return shape;
}

std::optional<Touch> subject_of(const alloc::Step& step, const trace::AllocatorSpec& spec) {
  const bool buddy = spec.kind == trace::AllocatorKind::Buddy || spec.kind == trace::AllocatorKind::Tiered;
  switch (step.kind) {
    case StepKind::Pop:
    case StepKind::Push:
    case StepKind::Remove:
    case StepKind::Merge:
    case StepKind::Take:
      return Touch{step.offset, buddy ? step.size : 0};
    case StepKind::Split:
      return Touch{step.offset, step.size / 2};
    case StepKind::Move:
      return Touch{step.offset, 0};
    case StepKind::Round:
    case StepKind::Look:
    case StepKind::Rewind:
    case StepKind::Fail:
      break;
  }
  return std::nullopt;
}

std::vector<Touch> touched_by(std::span<const alloc::Step> done, const trace::AllocatorSpec& spec) {
  std::vector<Touch> out;
  if (done.empty()) return out;
  const alloc::Step& step = done.back();
  if (const auto subject = subject_of(step, spec)) out.push_back(*subject);
  if (step.kind == StepKind::Split) {
    out.push_back({step.other, step.size / 2});
    out.push_back({step.offset, step.size});
  }
  return out;
}

}  // namespace allocviz::draw
