#include "core/replay/narrate.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/replay/reasons.h"
#include "core/replay/words.h"

namespace allocviz::replay {
namespace {

using alloc::Step;
using alloc::StepKind;
using trace::AllocatorKind;
using trace::AllocatorSpec;

std::string request_title(const trace::Trace& trace, std::uint64_t index, const trace::Event& event) {
  const std::string id = trace.id_text(event);
  std::string text = event.op == trace::Op::Alloc ? "alloc" : "realloc";
  if (!id.empty()) text += " " + id;
  const std::uint64_t before = event.op == trace::Op::Realloc ? trace.began_at(index) : trace::kNoEvent;
  if (before != trace::kNoEvent) {
    text += fmt::format(" {} → {}", amount_text(trace.event(before).size), amount_text(event.size));
  } else {
    text += fmt::format("{} {}", event.op == trace::Op::Realloc ? " →" : "", amount_text(event.size));
  }
  // An alignment that any allocator gives anyway is not worth its words.
  constexpr std::uint64_t kUsual = 16;
  if (event.align() > kUsual) text += fmt::format(" aligned to {}", amount_text(event.align()));
  return event.has(trace::kFailedThere) ? text + ", failed in the log" : text;
}

const char* verb_of(StepKind kind) {
  switch (kind) {
    case StepKind::Round:
      return "round up";
    case StepKind::Move:
      return "move mark";
    default:
      return name_of(kind);
  }
}

// A step's second column, for one kind of allocator.
class StepWords {
 public:
  StepWords(const Step& step, const AllocatorSpec& spec)
      : step_(step), spec_(spec), is_slab_(step.size_class != alloc::kNoClass), is_buddy_(of_buddy()) {}

  [[nodiscard]] std::string text() const {
    switch (step_.kind) {
      case StepKind::Round:
        return fmt::format("{} → {}{}", amount_text(step_.other), amount_text(step_.size), of_level(", "));
      case StepKind::Look:
        if (is_slab_) {
          return fmt::format("slabs of {}: {}", amount_text(step_.size),
                             step_.other != 0 ? "one has room" : "none has room");
        }
        return fmt::format("{}: {}", is_buddy_ ? of_level("") : "free list",
                           step_.other != 0 ? "has a block" : "empty");
      case StepKind::Pop:
        return fmt::format("{} from {}", block(), list());
      case StepKind::Push:
        return fmt::format("{} → {}", block(), list());
      case StepKind::Remove:
        return fmt::format("{} from {}", block(), list());
      case StepKind::Split:
        return fmt::format("{} → {} + {}", amount_text(step_.size), at(step_.offset), at(step_.other));
      case StepKind::Merge:
        return fmt::format("{} + {} → {}", at(step_.offset), at(step_.other), amount_text(step_.size));
      case StepKind::Take:
        return block();
      case StepKind::Move:
        return step_.size == 0
                   ? fmt::format("mark stays at {}", at(step_.offset))
                   : fmt::format("{} → {} ({})", at(step_.other), at(step_.offset), amount_text(step_.size));
      case StepKind::Rewind:
        return rewind();
      case StepKind::Fail:
        return reason_text({.spec = spec_, .why = step_.why});
    }
    return {};
  }

 private:
  [[nodiscard]] bool of_buddy() const {
    return spec_.kind == AllocatorKind::Buddy || (spec_.kind == AllocatorKind::Tiered && !is_slab_);
  }
  [[nodiscard]] std::string at(std::uint64_t offset) const { return offset_in(spec_, offset); }
  [[nodiscard]] std::string block() const { return block_in(spec_, step_.offset, step_.size); }
  [[nodiscard]] std::string of_level(const char* before) const {
    return is_buddy_ ? fmt::format("{}level {}", before, step_.level) : std::string();
  }
  [[nodiscard]] std::string list() const {
    return is_buddy_ ? fmt::format("list {}", step_.level) : is_slab_ ? "its slab" : "the free list";
  }
  [[nodiscard]] std::string rewind() const {
    if (spec_.kind == AllocatorKind::Bump) {
      return fmt::format("{} → {} ({})", at(step_.other), at(step_.offset), amount_text(step_.size));
    }
    return fmt::format("everything is free ({} taken back)", amount_text(step_.size));
  }

  const Step& step_;
  const AllocatorSpec& spec_;
  bool is_slab_;  // tiered: about a class's slabs, not the buddy below
  bool is_buddy_;
};

}  // namespace

std::string event_title(const trace::Trace& trace, std::uint64_t index) {
  const trace::Event event = trace.event(index);
  switch (event.op) {
    case trace::Op::Alloc:
    case trace::Op::Realloc:
      return request_title(trace, index, event);
    case trace::Op::Free: {
      if (event.has(trace::kNullFree)) return "free null";
      if (!event.has(trace::kByOffset)) return "free " + trace.id_text(event);
      const auto& specs = trace.header().allocators;
      return "free at " + trace::offset_text(event.offset, specs.empty() ? 0 : arena_of(specs.front()));
    }
    case trace::Op::Reset:
      return "reset";
    case trace::Op::Mark: {
      const std::string* name = trace.mark_name(index);
      return name == nullptr || name->empty() ? "mark" : "mark " + *name;
    }
  }
  return {};
}

StepText step_text(const Step& step, const AllocatorSpec& spec) {
  if (step.kind == StepKind::Move && step.size == 0) return {"count", StepWords(step, spec).text()};
  if (spec.kind == AllocatorKind::Recorded && step.kind == StepKind::Push) {
    return {"give back", block_in(spec, step.offset, step.size)};
  }
  return {verb_of(step.kind), StepWords(step, spec).text()};
}

std::vector<StepText> step_texts(const trace::Trace& trace, std::uint64_t index, const AllocatorSpec& spec,
                                 const EventRun& run, const Census* census) {
  std::vector<StepText> texts;
  texts.reserve(run.steps.size());
  for (const Step& step : run.steps) {
    texts.push_back(step_text(step, spec));
    if (step.kind != StepKind::Fail) continue;
    Refusal refusal = refusal_of(trace, index, spec, run, census);
    refusal.why = step.why;
    texts.back().text = reason_text(refusal);
  }
  return texts;
}

const char* name_of(StepKind kind) {
  switch (kind) {
    case StepKind::Round:
      return "round";
    case StepKind::Look:
      return "look";
    case StepKind::Pop:
      return "pop";
    case StepKind::Split:
      return "split";
    case StepKind::Push:
      return "push";
    case StepKind::Remove:
      return "remove";
    case StepKind::Merge:
      return "merge";
    case StepKind::Take:
      return "take";
    case StepKind::Move:
      return "move";
    case StepKind::Rewind:
      return "rewind";
    case StepKind::Fail:
      return "fail";
  }
  return "";
}

const char* name_of(BlockState state) {
  switch (state) {
    case BlockState::Free:
      return "free";
    case BlockState::Fresh:
      return "fresh";
    case BlockState::Live:
      return "live";
    case BlockState::InFlight:
      return "in_flight";
    case BlockState::Gap:
      return "gap";
    case BlockState::Dead:
      return "dead";
    case BlockState::Padding:
      return "padding";
  }
  return "";
}

const char* words_of(BlockState state) {
  switch (state) {
    case BlockState::Fresh:
      return "never used";
    case BlockState::InFlight:
      return "in flight";
    case BlockState::Gap:
      return "not managed";
    case BlockState::Padding:
      return "alignment gap";
    case BlockState::Free:
    case BlockState::Live:
    case BlockState::Dead:
      break;
  }
  return name_of(state);
}

const char* name_of(alloc::Error why) {
  switch (why) {
    case alloc::Error::None:
      return "none";
    case alloc::Error::OutOfMemory:
      return "out-of-memory";
    case alloc::Error::TooLarge:
      return "too-large";
    case alloc::Error::AlignTooLarge:
      return "align-too-large";
    case alloc::Error::Foreign:
      return "foreign";
    case alloc::Error::DoubleFree:
      return "double-free";
    case alloc::Error::InsideBlock:
      return "inside-block";
    case alloc::Error::NotManaged:
      return "not-managed";
    case alloc::Error::NothingOutstanding:
      return "nothing-outstanding";
  }
  return "";
}

}  // namespace allocviz::replay
