// What stands around the tree: level labels at the left, free lists at the right, the buddy arithmetic below.
#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "viz/draw/buddy_layout.h"

namespace allocviz::draw {
namespace {

using alloc::StepKind;

const replay::FreeList* list_of(const replay::Census& census, int level) {
  const auto found = std::find_if(census.free_lists.begin(), census.free_lists.end(),
                                  [level](const replay::FreeList& list) { return list.level == level; });
  return found == census.free_lists.end() ? nullptr : &*found;
}

std::string binary(std::uint64_t value, unsigned bits) {
  std::string out = "0b";
  for (unsigned i = bits; i-- > 0;) {
    out += ((value >> i) & 1) != 0 ? '1' : '0';
    if (i != 0 && i % 4 == 0) out += ' ';
  }
  return out;
}

// Where bit `bit` stands in binary()'s text.
std::size_t digit_of(unsigned bit, unsigned bits) {
  const unsigned from_left = bits - 1 - bit;
  const unsigned spaces = (bits - 1) / 4 - bit / 4;
  return 2 + from_left + spaces;
}

// What the buddy of a block is now, to be read after "it is": "live: D", "free", "split, cannot merge".
std::string status_of(const replay::Census& census, const Touch& block, std::uint64_t buddy, const NameOf& name_of,
                      bool& blocked) {
  const replay::Block* found = census.block_at(buddy);
  blocked = true;
  if (found == nullptr) return "outside the arena";
  if (found->size > block.size) {
    blocked = false;
    return "merged with it";
  }
  if (found->size < block.size) return "split, cannot merge";
  if (found->state == replay::BlockState::Free || found->state == replay::BlockState::InFlight) {
    blocked = false;
    return "free";
  }
  if (found->state == replay::BlockState::Gap) return "not managed";
  const std::string name = name_of ? name_of(found->born) : std::string();
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

void add_binary(Pen& pen, std::uint64_t value, unsigned bits, unsigned lit) {
  const std::string text = binary(value, bits);
  const std::size_t digit = digit_of(lit, bits);
  pen.put(text.substr(0, digit), Tone::Dim);
  pen.put(text.substr(digit, 1), Tone::Touched);
  pen.put(text.substr(digit + 1), Tone::Dim);
}

// "0x080 ^ 0x040 = 0x0c0", then the same in binary with the differing bit lit, where there is room for it.
void add_formula(BuddyScene& out, const BuddyInput& input, Rect at, Type type) {
  const Relation& relation = *out.relation;
  const float c = input.style.width(type, "0");
  const auto hex = [&](std::uint64_t value) { return trace::offset_text(value, out.shape.arena); };
  const auto bits = std::max(4u, static_cast<unsigned>(std::bit_width(out.shape.arena - 1)));
  const auto lit = static_cast<unsigned>(std::bit_width(relation.size)) - 1;
  Pen pen{out.scene, input.style, type, at.x0, at.y0, at.y1};
  const float formula = c * static_cast<float>(3 * hex(relation.offset).size() + 6);
  if (formula > at.width()) return;
  pen.put(hex(relation.offset), Tone::Text, c);
  pen.put("^", Tone::Faint, c);
  pen.put(hex(relation.size), Tone::Text, c);
  pen.put("=", Tone::Faint, c);
  pen.put(hex(relation.buddy), Tone::Text, 3 * c);
  const float both = 2 * input.style.width(type, binary(0, bits)) + input.style.width(type, "→") + 2 * c;
  if (pen.x + both > at.x1 || lit >= bits) return;
  add_binary(pen, relation.offset, bits, lit);
  pen.x += c;
  pen.put("→", Tone::Faint, c);
  add_binary(pen, relation.buddy, bits, lit);
}

void add_chips(BuddyScene& out, const BuddyInput& input, const BuddyRow& row, const replay::FreeList& list, Rect at,
               std::optional<std::uint64_t> touched) {
  const Style& style = input.style;
  const bool pills = row.rect.height() >= 1.5f * style.em;
  const float pad = pills ? 0.5f * style.em : 0.0f;
  const float arrow = pills ? 1.3f * style.em : 2.4f * style.width(Type::MonoSmall, "0");
  const float middle = std::floor((at.y0 + at.y1) / 2);
  const float half = std::min(0.75f * style.em, std::floor(row.rect.height() / 2));
  float x = at.x0;
  for (std::size_t i = 0; i < list.offsets.size(); ++i) {
    const std::string text = trace::offset_text(list.offsets[i], out.shape.arena);
    const float width = style.width(Type::MonoSmall, text) + 2 * pad;
    const std::size_t left = list.offsets.size() - i;
    const std::string more = "+" + trace::count_text(left) + (pills ? " more" : "");
    const float rest = left > 1 ? style.width(Type::Small, more) + arrow : 0;
    if (x + width + rest > at.x1) {
      out.scene.labels.push_back({{x, at.y0, at.x1, at.y1},
                                  i == 0 ? fmt::format("{} free", trace::count_text(left)) : more,
                                  Tone::Dim,
                                  Type::Small,
                                  Align::Left});
      return;
    }
    out.scene.chips.push_back({{std::floor(x), middle - half, std::floor(x + width), middle + half},
                               text,
                               list.offsets[i],
                               touched == list.offsets[i],
                               pills});
    x += width;
    const char* follow = left > 1 ? "→" : "";
    if (*follow != '\0') {
      out.scene.labels.push_back({{x, at.y0, x + arrow, at.y1}, follow, Tone::Faint, Type::Small, Align::Center});
    }
    x += arrow;
  }
}

// What the current step did to this level's list, in a word or two at its right end.
std::string list_note(const BuddyInput& input, const BuddyShape& shape, int level, Tone& tone) {
  if (input.done.empty()) return {};
  const alloc::Step& step = input.done.back();
  tone = Tone::Touched;
  if (step.kind == StepKind::Fail) {
    tone = Tone::Failed;
    const auto first = input.done.front();
    return first.kind == StepKind::Round && first.level == level ? "✕ failed" : "";
  }
  if (step.level != level || step.size_class != alloc::kNoClass) return {};
  const std::string where = trace::offset_text(step.offset, shape.arena);
  if (step.kind == StepKind::Pop) return "took " + where;
  if (step.kind == StepKind::Remove) return "removed " + where;
  return {};
}

}  // namespace

std::optional<Relation> relation_of(const BuddyInput& input, const BuddyShape& shape) {
  std::optional<Touch> block;
  const alloc::Step* step = input.done.empty() ? nullptr : &input.done.back();
  if (step != nullptr && step->size_class != alloc::kNoClass) step = nullptr;  // of a slab's block, which has no buddy
  const bool of_two = step != nullptr && (step->kind == StepKind::Split || step->kind == StepKind::Merge ||
                                          step->kind == StepKind::Remove || step->kind == StepKind::Push);
  if (of_two) block = subject_of(*step, input.spec);
  if (of_two && step->kind == StepKind::Merge) block = Touch{step->other ^ (step->size / 2), step->size / 2};
  if (!block && input.selected) {
    const replay::Block* found = input.census.block_at(*input.selected);
    if (found != nullptr && found->state != replay::BlockState::Gap) block = Touch{found->offset, found->size};
  }
  if (!block && step != nullptr) block = subject_of(*step, input.spec);
  if (!block || block->size >= shape.top || block->size == 0) return std::nullopt;
  Relation relation{block->offset, block->size, block->offset ^ block->size, {}, false};
  relation.status = status_of(input.census, *block, relation.buddy, input.name_of, relation.blocked);
  return relation;
}

void add_level_labels(BuddyScene& out, const BuddyInput& input) {
  const Style& style = input.style;
  const float right = out.axis.x0 - 0.7f * style.em;
  float free_from = input.rect.y0;  // labels of rows thinner than a line are thinned out
  int deepest = -1;
  for (const BuddyRow& row : out.rows) {
    if (!row.folded) deepest = row.last;
  }
  for (const BuddyRow& row : out.rows) {
    const float middle = std::floor((row.rect.y0 + row.rect.y1) / 2);
    const Tone lit = row.looked ? Tone::Touched : Tone::Dim;
    if (row.folded && row.rect.height() < 0.7f * style.em) continue;  // no room for words
    if (row.folded) {
      const std::string which = row.first == row.last ? fmt::format("level {}", row.first)
                                                      : fmt::format("levels {} … {}", row.first, row.last);
      const std::string sizes = row.first == row.last ? trace::size_text(out.shape.size_of(row.first))
                                                      : trace::size_text(out.shape.size_of(row.first)) + " … " +
                                                            trace::size_text(out.shape.size_of(row.last));
      out.scene.labels.push_back({{out.axis.x0, row.rect.y0 - 2, out.axis.x1, row.rect.y1 + 2},
                                  fmt::format("{} ({}): {}", which, sizes, row.first > deepest ? "unused" : "split"),
                                  row.looked ? lit : Tone::Faint,
                                  Type::Small,
                                  Align::Left});
      free_from = std::max(free_from, row.rect.y1);
      continue;
    }
    const std::string size = trace::size_text(out.shape.size_of(row.first));
    if (row.rect.height() >= 2.1f * style.em) {
      const float line = 1.15f * style.em;
      out.scene.labels.push_back({{input.rect.x0, middle - line, right, middle},
                                  fmt::format("level {}", row.first),
                                  lit,
                                  Type::Small,
                                  Align::Left});
      out.scene.labels.push_back(
          {{input.rect.x0, middle, right, middle + line}, size, Tone::Text, Type::MonoSmall, Align::Left});
      continue;
    }
    const float half = 0.55f * style.em;
    if (middle - 0.36f * style.em < free_from - 1) continue;  // as close as lines of text may stand
    free_from = middle + 0.36f * style.em;
    out.scene.labels.push_back({{input.rect.x0, middle - half, input.rect.x0 + 2 * style.em, middle + half},
                                std::to_string(row.first),
                                lit,
                                Type::Small,
                                Align::Left});
    out.scene.labels.push_back({{input.rect.x0 + 1.6f * style.em, middle - half, right, middle + half},
                                size,
                                row.looked ? lit : Tone::Dim,
                                Type::MonoSmall,
                                Align::Right});
  }
}

void add_free_lists(BuddyScene& out, const BuddyInput& input) {
  const Style& style = input.style;
  const alloc::Step* step = input.done.empty() ? nullptr : &input.done.back();
  float free_from = input.rect.y0;
  for (const BuddyRow& row : out.rows) {
    if (row.folded) continue;
    const float middle = std::floor((row.rect.y0 + row.rect.y1) / 2);
    const float half = std::max(0.6f * style.em, row.rect.height() / 2);
    if (middle - 0.36f * style.em < free_from - 1) continue;
    free_from = middle + 0.36f * style.em;
    Rect at{out.axis.x1 + 1.0f * style.em, middle - half, input.rect.x1, middle + half};
    Tone tone = Tone::Dim;
    const std::string note = list_note(input, out.shape, row.first, tone);
    if (!note.empty()) {
      const float width = style.width(Type::MonoSmall, note);
      out.scene.labels.push_back({{at.x1 - width, at.y0, at.x1, at.y1}, note, tone, Type::MonoSmall, Align::Right});
      at.x1 -= width + 0.5f * style.em;
    }
    const replay::FreeList* list = list_of(input.census, row.first);
    if (list == nullptr || list->offsets.empty()) {
      const std::string empty = "– empty";
      if (style.width(Type::Small, empty) > at.width()) continue;  // the note says enough
      out.scene.labels.push_back({at, empty, row.looked ? Tone::Dim : Tone::Faint, Type::Small, Align::Left});
      continue;
    }
    std::optional<std::uint64_t> touched;
    if (step != nullptr && step->kind == StepKind::Push && step->level == row.first) touched = step->offset;
    add_chips(out, input, row, *list, at, touched);
  }
}

void add_relation(BuddyScene& out, const BuddyInput& input) {
  if (!out.relation || !out.relation_box) return;
  const Style& style = input.style;
  const Rect& box = *out.relation_box;
  const float pad = 0.7f * style.em;
  const Tone tone = out.relation->blocked ? Tone::Relation : Tone::Text;
  const bool one_line = box.height() < 2.6f * style.em;
  const std::string words_of_buddy =
      one_line
          ? out.relation->status
          : fmt::format("{} is {}", trace::offset_text(out.relation->buddy, out.shape.arena), out.relation->status);
  const float status = style.width(Type::Small, words_of_buddy) + 2;
  const float middle = std::floor((box.y0 + box.y1) / 2);
  const Rect line{box.x0 + pad, box.y0, box.x1 - pad, one_line ? box.y1 : middle + 0.2f * style.em};
  const Rect right{std::max(line.x0, line.x1 - status), line.y0, line.x1, line.y1};
  out.scene.labels.push_back({right, words_of_buddy, tone, Type::Small, Align::Right});
  if (one_line) {
    add_formula(out, input, {line.x0, line.y0, right.x0 - pad, line.y1}, Type::MonoSmall);
    return;
  }
  const std::string words = "its buddy at this level is one bit away: offset XOR size";
  const bool fits = style.width(Type::Small, words) < right.x0 - pad - line.x0;
  out.scene.labels.push_back({{line.x0, line.y0, right.x0 - pad, line.y1},
                              fits ? words : "its buddy: offset XOR size",
                              Tone::Dim,
                              Type::Small});
  const float all = style.width(Type::Mono, "0") * 60;
  add_formula(out, input, {line.x0, middle - 0.2f * style.em, line.x1, box.y1},
              all < line.width() ? Type::Mono : Type::MonoSmall);
}

}  // namespace allocviz::draw
