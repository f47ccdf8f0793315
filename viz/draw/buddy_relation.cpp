// What stands below the tree: the buddy arithmetic of the block that the step is about, or why the event was refused.
#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "viz/draw/buddy_layout.h"

namespace allocviz::draw {
namespace {

using alloc::StepKind;

// The lowest `shown` of `bits` binary digits in groups of four: "0b00 1000", "…1000" where some are left out.
std::string binary(std::uint64_t value, unsigned bits, unsigned shown) {
  std::string out = shown < bits ? "…" : "0b";
  for (unsigned i = shown; i-- > 0;) {
    out += ((value >> i) & 1) != 0 ? '1' : '0';
    if (i != 0 && i % 4 == 0) out += ' ';
  }
  return out;
}

// How many characters of binary()'s text stand behind bit `bit`.
std::size_t behind(unsigned bit) {
  return bit + bit / 4;
}

bool holds_gap(const replay::Census& census, const Touch& range) {
  for (const replay::Block* at = census.block_at(range.offset);
       at != nullptr && at < census.blocks.data() + census.blocks.size() && at->offset < range.offset + range.size;
       ++at) {
    if (at->state == replay::BlockState::Gap) return true;
  }
  return false;
}

// What the buddy of a block is now, to be read after "it is": "live: D", "free", "split, cannot merge".
std::string status_of(const BuddyInput& input, const Touch& block, std::uint64_t buddy, bool& blocked) {
  const replay::Block* found = input.census.block_at(buddy);
  blocked = true;
  if (found == nullptr) return "outside the arena";
  if (holds_gap(input.census, {buddy, block.size})) {
    return found->size >= block.size ? "not managed" : "cut by a gap, never merges";
  }
  if (found->size < block.size) return "split, cannot merge";
  blocked = false;
  if (found->size > block.size) return "merged with it";
  const alloc::Step* step = input.now.current();
  const bool merging = step != nullptr && step->kind == StepKind::Remove;
  if (found->state == replay::BlockState::InFlight) return merging ? "free: off its list" : "this split's other half";
  if (found->state == replay::BlockState::Free) return "free";
  blocked = true;
  const std::string name = input.name_of ? input.name_of(found->born) : std::string();
  return name.empty() ? "live" : "live: " + name;
}

// Writes labels one after the other on a line.
struct Pen {
  Scene& scene;
  const Style& style;
  Type type;
  float x, y0, y1;
  void put(const std::string& text, Tone tone, float space = 0) {
    const float width = style.width(type, text);
    scene.labels.push_back({{x, y0, x + width + 1, y1}, text, tone, type});
    x += width + space;
  }
};

// Which of its bits are shown: `shown` from bit `low` on.
struct Digits {
  unsigned shown = 0, low = 0;
};

float width_of(const Style& style, Type type, unsigned bits, Digits digits) {
  return style.width(type, binary(0, bits - digits.low, digits.shown)) +
         (digits.low != 0 ? style.width(type, "…") : 0.0f);
}

// The digits with the one that differs underlined: told by more than its colour.
void add_binary(Pen& pen, std::uint64_t value, unsigned bits, Digits digits, unsigned lit) {
  const std::string text = binary(value >> digits.low, bits - digits.low, digits.shown);
  const std::size_t digit = text.size() - 1 - behind(lit - digits.low);
  pen.put(text.substr(0, digit), Tone::Dim);
  pen.put(text.substr(digit, 1), Tone::Touched);
  pen.scene.labels.back().underlined = true;
  if (std::string rest = text.substr(digit + 1); !rest.empty()) pen.put(rest, Tone::Dim);
  if (digits.low != 0) pen.put("…", Tone::Dim);
}

// How much of the arithmetic there is room for: the offsets in hex always, if at all.
struct Formula {
  std::string offset, size, buddy;  // hex
  unsigned bits = 0, lit = 0;       // of an offset in binary; the one that differs
  float hex_width = 0;
};

Formula formula_of(const BuddyScene& out, const Style& style, Type type) {
  const Relation& relation = *out.relation;
  const auto hex = [&](std::uint64_t value) { return trace::offset_text(value, out.shape.arena); };
  Formula formula{hex(relation.offset), hex(relation.size), hex(relation.buddy), 0, 0, 0};
  formula.bits = std::max(4u, static_cast<unsigned>(std::bit_width(out.shape.arena - 1)));
  formula.lit = static_cast<unsigned>(std::bit_width(relation.size)) - 1;
  formula.hex_width = style.width(type, "0") * static_cast<float>(3 * formula.offset.size() + 6);
  return formula;
}

// Both offsets in binary; or the buddy's alone.
float binary_width(const Formula& formula, const Style& style, Type type, Digits digits, bool both) {
  const float one = width_of(style, type, formula.bits, digits);
  return both ? 2 * one + style.width(type, "→") + 2 * style.width(type, "0") : one;
}

// The whole offset; from the group of the bit that differs on; that group alone.
std::array<Digits, 3> choices_of(const Formula& formula) {
  const unsigned low = formula.lit / 4 * 4;
  return {Digits{formula.bits, 0}, Digits{std::min(formula.bits, low + 4), 0},
          Digits{std::min(formula.bits - low, 4u), low}};
}

// "0x080 ^ 0x040 = 0x0c0", then the same in binary with the differing bit lit: as many of the digits as there is room
// for, the lit one among them; at the least the buddy's.
void add_formula(BuddyScene& out, const BuddyInput& input, Rect at, Type type) {
  const Relation& relation = *out.relation;
  const float c = input.style.width(type, "0");
  const Formula formula = formula_of(out, input.style, type);
  Pen pen{out.scene, input.style, type, at.x0, at.y0, at.y1};
  // Half a formula says nothing: where there is no room for all of it, what comes of it stands alone.
  if (formula.hex_width - 2 * c > at.width()) {
    for (const std::string& text : {"buddy " + formula.buddy, formula.buddy}) {
      if (input.style.width(type, text) > at.width()) continue;
      pen.put(text, Tone::Text);
      return;
    }
    return;
  }
  pen.put(formula.offset, Tone::Text, 0.7f * c);
  pen.put("^", Tone::Faint, 0.7f * c);
  pen.put(formula.size, Tone::Text, 0.7f * c);
  pen.put("=", Tone::Faint, 0.7f * c);
  pen.put(formula.buddy, Tone::Text, 2 * c);
  if (formula.lit >= formula.bits) return;
  for (const bool both : {true, false}) {
    for (const Digits digits : choices_of(formula)) {
      if (pen.x + binary_width(formula, input.style, type, digits, both) > at.x1) continue;
      if (both) {
        add_binary(pen, relation.offset, formula.bits, digits, formula.lit);
        pen.x += c;
        pen.put("→", Tone::Faint, c);
      }
      add_binary(pen, relation.buddy, formula.bits, digits, formula.lit);
      return;
    }
  }
}

// Why the event was refused, and what there would have been.
void add_refusal(BuddyScene& out, const BuddyInput& input, Rect line, Rect second) {
  const bool more = second.height() > 0 && input.now.outcome.why == alloc::Error::OutOfMemory;
  if (!more) line.y1 = std::max(line.y1, second.y1);
  std::string why = refusal_within(out.refused, line.width(), input.style);
  out.scene.labels.push_back({line, std::move(why), Tone::Failed, Type::Bold});
  if (!more) return;
  const auto hex = [&](std::uint64_t value) { return trace::offset_text(value, out.shape.arena); };
  const replay::Figures& figures = input.census.figures;
  std::vector<std::string> words;  // the first that has room
  if (const std::optional<FreeRun> run = run_in_vain(input)) {
    const std::string bytes = trace::exact_size_text(run->to - run->from);
    const std::string from = hex(run->from), at = hex(run->boundary);
    words = {fmt::format("{} are free from {} on, but not as one block: {} divides them", bytes, from, at),
             fmt::format("{} are free from {} on, but {} divides them", bytes, from, at),
             fmt::format("{} are free, but {} divides them", bytes, at), fmt::format("{} free, cut at {}", bytes, at)};
  } else if (figures.free == 0) {
    words = {"nothing is free"};
  } else {
    const std::string largest = trace::exact_size_text(figures.largest_free);
    words = {fmt::format("{} are free, the largest block has {}", trace::exact_size_text(figures.free), largest),
             "largest free block: " + largest, "largest free: " + largest};
  }
  const auto fits = [&](const std::string& text) { return input.style.width(Type::Small, text) <= second.width(); };
  const auto first = std::find_if(words.begin(), words.end() - 1, fits);
  out.scene.labels.push_back({second, *first, Tone::Dim, Type::Small});
}

// Whether the steps up to now are in the midst of a request. What a run takes off a list there is no buddy of anything.
bool is_requesting(const Moment& now) {
  const auto last = std::find_if(now.done.rbegin(), now.done.rend(), [](const alloc::Step& step) {
    return step.kind == StepKind::Round || step.kind == StepKind::Take;
  });
  return last != now.done.rend() && last->kind == StepKind::Round;
}

}  // namespace

std::optional<Relation> relation_of(const BuddyInput& input, const BuddyShape& shape) {
  std::optional<Touch> block;
  const alloc::Step* step = input.now.current();
  if (step != nullptr && step->size_class != alloc::kNoClass) step = nullptr;  // of a slab's block, which has no buddy
  const bool of_two = step != nullptr && (step->kind == StepKind::Split || step->kind == StepKind::Merge ||
                                          step->kind == StepKind::Remove || step->kind == StepKind::Push);
  if (of_two) block = subject_of(*step, input.spec);
  if (of_two && step->kind == StepKind::Merge) block = Touch{step->other ^ (step->size / 2), step->size / 2};
  const bool tiered = input.spec.kind == trace::AllocatorKind::Tiered;
  if (of_two && step->kind == StepKind::Remove && !(tiered && is_requesting(input.now))) {
    block = Touch{step->offset ^ step->size, step->size};
  }
  const bool pushed = of_two && step->kind == StepKind::Push;
  const bool drawn = input.now.whole && pushed && input.now.outcome.kind == replay::OutcomeKind::Freed;
  if (!block && input.selected) {
    const replay::Block* found = input.census.block_at(*input.selected);
    if (found != nullptr && found->state != replay::BlockState::Gap) block = Touch{found->offset, found->size};
  }
  if (!block && step != nullptr) {
    block = subject_of(*step, input.spec);
    if (block && step->kind == StepKind::Take) block->size = shape.size_of(step->level);  // of a run the first block
  }
  if (!block || block->size >= shape.top || block->size == 0) return std::nullopt;
  Relation relation{block->offset, block->size, block->offset ^ block->size, {}, false, false};
  relation.status = status_of(input, *block, relation.buddy, relation.blocked);
  const bool selected =
      input.selected && *input.selected >= block->offset && *input.selected - block->offset < block->size;
  relation.drawn = selected || (drawn && relation.blocked);
  return relation;
}

void add_relation(BuddyScene& out, const BuddyInput& input) {
  if ((!out.relation && out.refused.empty()) || !out.relation_box) return;
  const Style& style = input.style;
  const Rect& box = *out.relation_box;
  const float pad = 0.6f * style.em;
  const bool two_lines = box.height() >= 2.4f * style.em;
  const float middle = std::floor((box.y0 + box.y1) / 2);
  const Rect whole{box.x0 + pad, box.y0, box.x1 - pad, box.y1};
  const Rect upper{whole.x0, box.y0 + 0.15f * style.em, whole.x1, middle};
  const Rect lower{whole.x0, middle, whole.x1, box.y1 - 0.15f * style.em};
  if (!out.refused.empty()) {
    add_refusal(out, input, two_lines ? upper : whole, two_lines ? lower : Rect{});
    return;
  }
  const Relation& relation = *out.relation;
  const Tone tone = relation.blocked ? Tone::Relation : Tone::Text;
  const Rect line = two_lines ? upper : whole;
  const std::string status =
      fmt::format("{} is {}", trace::offset_text(relation.buddy, out.shape.arena), relation.status);
  // Its reason goes before the formula does.
  const std::string& whole_status = two_lines ? status : relation.status;
  const float beside = two_lines ? 0 : formula_of(out, style, Type::MonoSmall).hex_width + pad;
  const bool reason_fits = style.width(Type::Small, whole_status) + beside <= line.width();
  const std::string said = reason_fits ? whole_status : whole_status.substr(0, whole_status.find(','));
  const Rect right{std::max(line.x0, line.x1 - style.width(Type::Small, said) - 2), line.y0, line.x1, line.y1};
  out.scene.labels.push_back({right, said, tone, Type::Small, Align::Right});
  std::string words = two_lines ? "its buddy is one bit away: offset XOR size" : "buddy:";
  for (const char* shorter : {"its buddy: offset XOR size", "its buddy"}) {
    if (two_lines && style.width(Type::Small, words) >= right.x0 - pad - line.x0) words = shorter;
  }
  const float left = style.width(Type::Small, words);
  float needed = left;
  if (!two_lines) {  // the bits say more than the word does
    const Formula formula = formula_of(out, style, Type::MonoSmall);
    needed += 0.5f * style.em + formula.hex_width +
              binary_width(formula, style, Type::MonoSmall, choices_of(formula)[1], true);
  }
  const bool fits = needed < right.x0 - pad - line.x0;
  if (fits) out.scene.labels.push_back({{line.x0, line.y0, right.x0 - pad, line.y1}, words, Tone::Dim, Type::Small});
  if (two_lines) {
    const float all = style.width(Type::Mono, "0") * 60;
    add_formula(out, input, lower, all < line.width() ? Type::Mono : Type::MonoSmall);
    return;
  }
  const float from = fits ? line.x0 + left + 0.5f * style.em : line.x0;
  add_formula(out, input, {from, line.y0, right.x0 - pad, line.y1}, Type::MonoSmall);
}

}  // namespace allocviz::draw
