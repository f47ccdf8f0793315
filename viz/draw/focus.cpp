#include "viz/draw/focus.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include <fmt/format.h>

#include "core/replay/reasons.h"

namespace allocviz::draw {

using alloc::StepKind;

int BuddyShape::level_of(std::uint64_t size) const {
  if (size == 0 || size >= top) return 0;
  return std::min(levels - 1, static_cast<int>(std::bit_width(top)) - static_cast<int>(std::bit_width(size)));
}

BuddyShape shape_of(const trace::AllocatorSpec& spec) {
  BuddyShape shape;
  shape.arena = std::max<std::uint64_t>(spec.arena_bytes, 1);
  shape.top = std::bit_floor(std::max<std::uint64_t>(trace::largest_block_bytes(spec), 1));
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

std::vector<Touch> touched_by(const Moment& moment, const trace::AllocatorSpec& spec) {
  std::vector<Touch> out;
  const alloc::Step* step = moment.current();
  if (step == nullptr) return out;
  const replay::Outcome& outcome = moment.outcome;
  const bool moved = outcome.moved_from != replay::Outcome::kNowhere;
  if (step->kind == StepKind::Move && step->size == 0) {
    out.push_back({moved ? outcome.moved_from : outcome.offset, 0});
  } else if (const auto subject = subject_of(*step, spec)) {
    out.push_back(*subject);
  }
  if (step->kind == StepKind::Split) {
    out.push_back({step->other, step->size / 2});
    out.push_back({step->offset, step->size});
  }
  const bool buddy = spec.kind == trace::AllocatorKind::Buddy || spec.kind == trace::AllocatorKind::Tiered;
  if (moment.whole && moved) out.push_back({outcome.offset, buddy ? outcome.block_bytes : 0});
  return out;
}

Focus focus_of(const Moment& moment, const trace::AllocatorSpec& spec, std::optional<std::uint64_t> selected) {
  Focus focus{touched_by(moment, spec), selected, {}};
  if (moment.failed()) focus.refused = moment.freed_at;
  return focus;
}

Moment moment_of(const replay::Timeline& timeline) {
  Moment moment;
  const replay::Position at = timeline.position();
  if (at.event == 0) return moment;
  const replay::EventRun& run = timeline.run();
  const std::span<const alloc::Step> steps(run.steps);
  moment.done = steps.first(std::min<std::size_t>(at.step, steps.size()));
  moment.whole = moment.done.size() == steps.size();
  moment.outcome = run.outcome;
  moment.event = at.event - 1;
  const trace::Event event = timeline.trace().event(moment.event);
  if (event.op == trace::Op::Alloc || event.op == trace::Op::Realloc) {
    moment.asked = event.size;
    moment.align = event.align();
  }
  if (event.has(trace::kByOffset)) moment.freed_at = event.offset;
  if (event.op == trace::Op::Realloc) {
    const std::uint64_t before = timeline.trace().began_at(moment.event);
    const trace::Event had = before == trace::kNoEvent ? trace::Event{} : timeline.trace().request(before);
    moment.left_bytes = std::bit_ceil(std::max({had.size, had.align(), timeline.spec().min_block_bytes}));
  }
  return moment;
}

namespace {

std::string why_not(const Moment& moment, const trace::AllocatorSpec& spec, const replay::Census& census) {
  using trace::AllocatorKind;
  const std::string asked = trace::exact_size_text(moment.asked);
  const auto sized = [](std::uint64_t bytes) { return trace::exact_size_text(bytes); };
  switch (moment.outcome.why) {
    case alloc::Error::OutOfMemory:
      if (spec.kind == AllocatorKind::Slab) return "no block is free";
      if (spec.kind == AllocatorKind::Bump && census.mark)
        return fmt::format("{} does not fit the {} below the mark", asked, sized(*census.mark));
      return fmt::format("no free block holds {}", asked);
    case alloc::Error::TooLarge:
      if (spec.kind == AllocatorKind::Slab)
        return fmt::format("{} does not fit {} block", asked, trace::with_article(sized(spec.block_bytes)));
      if (spec.kind == AllocatorKind::Bump)
        return fmt::format("{} is more than the whole region, {}", asked, sized(spec.arena_bytes));
      return fmt::format("{} is more than the largest block, {}", asked, sized(trace::largest_block_bytes(spec)));
    case alloc::Error::AlignTooLarge:
      return fmt::format("an alignment of {} is more than it can promise", sized(moment.align));
    case alloc::Error::None:
      return "refused";
    default:  // a refused free, in the words of its step
      return replay::reason_text({.spec = spec, .why = moment.outcome.why});
  }
}

}  // namespace

std::string refusal_text(const Moment& moment, const trace::AllocatorSpec& spec, const replay::Census& census,
                         const std::string& name) {
  if (!moment.failed()) return {};
  std::string who = name;
  if (moment.freed_at) who = "free " + trace::offset_text(*moment.freed_at, census.arena_bytes);
  return fmt::format("✕ {}{}{}", who, who.empty() ? "" : ": ", why_not(moment, spec, census));
}

std::string refusal_within(std::string refused, float width, const Style& style) {
  const auto is_wide = [&] { return style.width(Type::Bold, refused) > width; };
  const std::size_t colon = refused.find(": ");
  if (is_wide() && colon != std::string::npos) refused = "✕ " + refused.substr(colon + 2);
  constexpr std::string_view kWhere = " below the mark";
  const std::size_t where = refused.rfind(kWhere);
  if (is_wide() && where != std::string::npos) refused.erase(where, kWhere.size());
  return refused;
}

}  // namespace allocviz::draw
