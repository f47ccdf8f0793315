// What stands beside the tree: level labels at its left, free lists at its right.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

float middle_of(const BuddyRow& row) {
  return std::floor((row.rect.y0 + row.rect.y1) / 2);
}

// How far apart the middles of two lines of words are at least.
float least_apart(const Style& style) {
  return 0.64f * style.em - 1;
}

// Of a run of levels the words stand in the row itself, where it is as high as they are.
bool has_words_inside(const BuddyRow& row, const Style& style) {
  return row.folded && row.pitch >= least_apart(style);
}

// Which rows have words beside them, by their index: all of them, but where they are thinner than lines of text. Then
// the level of the current step comes first, after it levels with a list, then runs of levels, and what room is left
// goes to the empty ones.
std::vector<bool> rows_with_words(const BuddyScene& scene, const BuddyInput& input) {
  const float apart = least_apart(input.style);
  const auto rank = [&](const BuddyRow& row) {
    const replay::FreeList* const list = list_of(input.census, row.first);
    if (row.now) return 0;
    if (row.folded) return 2;
    return list != nullptr && !list->offsets.empty() ? 1 : 3;
  };
  std::vector<bool> with(scene.rows.size());
  for (int turn = 0; turn < 4; ++turn) {
    for (std::size_t i = 0; i < scene.rows.size(); ++i) {
      const BuddyRow& row = scene.rows[i];
      if (has_words_inside(row, input.style) || rank(row) != turn) continue;
      if (middle_of(row) - apart / 2 < input.rect.y0 - 1) continue;
      bool free = true;
      for (std::size_t k = 0; k < scene.rows.size() && free; ++k)
        free = !with[k] || std::abs(middle_of(scene.rows[k]) - middle_of(row)) >= apart;
      with[i] = free;
    }
  }
  return with;
}

// Where a list's pills stand: as many as fit on one line, closer together if need be, else on several lines of the row.
struct PillForm {
  float pad = 0, arrow = 0;  // inside a pill; from one to the next
  std::size_t a_line = 0, lines = 1;
  float pill = 0;  // their width: offsets have equally many digits
  [[nodiscard]] std::size_t room() const { return a_line * lines; }
};

PillForm pill_form(const Style& style, float width, std::size_t count, std::size_t lines, float text, bool pills) {
  const auto form = [&](float pad, float arrow, std::size_t n) {
    PillForm out{pad, arrow, 0, n, text + 2 * pad};
    out.a_line = static_cast<std::size_t>(std::max(0.0f, (width + arrow) / (out.pill + arrow)));
    return out;
  };
  const float em = style.em;
  if (!pills) return form(0, 2.4f * style.width(Type::MonoSmall, "0"), 1);
  const PillForm loose = form(0.5f * em, 1.3f * em, 1);
  const PillForm tight = form(0.3f * em, 1.0f * em, 1);
  // With the word for its end where that costs no more than a line that is there.
  const float end = 0.3f * em + style.width(Type::Small, "→ end") + 1;
  const auto ends = [&](const PillForm& one) {
    return one.room() >= count && static_cast<float>(count) * (one.pill + one.arrow) - one.arrow + end <= width;
  };
  if (ends(loose)) return loose;
  if (ends(tight)) return tight;
  if (tight.room() >= count && count > 1 && lines > 1) {
    PillForm two = form(tight.pad, tight.arrow, 2);
    two.a_line = std::min(two.a_line, count - 1);
    return two;
  }
  if (loose.room() >= count) return loose;
  if (tight.room() >= count) return tight;
  const std::size_t needed = tight.a_line == 0 ? 1 : (count + tight.a_line - 1) / tight.a_line;
  return form(tight.pad, tight.arrow, std::min(needed, lines));
}

// Offsets that this step put on the level's list; at the end of the event, all that the event did.
bool was_pushed(const BuddyInput& input, int level, std::uint64_t offset) {
  const auto is = [&](const alloc::Step& step) {
    return step.kind == StepKind::Push && step.size_class == alloc::kNoClass && step.level == level &&
           step.offset == offset;
  };
  if (!input.now.whole) return input.now.current() != nullptr && is(*input.now.current());
  return std::any_of(input.now.done.begin(), input.now.done.end(), is);
}

constexpr float kPillLineEm = 1.65f;

// Where a list has no room: its first block and how many follow, "0x06400000 +20", as far as both fit; in a pill if
// that costs neither.
void add_head(BuddyScene& out, const BuddyInput& input, int level, const replay::FreeList& list, Rect at, bool pills) {
  const Style& style = input.style;
  const float em = style.em;
  std::string head = trace::offset_text(list.offsets.front(), out.shape.arena);
  const std::string count = trace::count_text(list.offsets.size());
  const std::string more = list.offsets.size() > 1 ? "+" + trace::count_text(list.offsets.size() - 1) : std::string();
  const float middle = std::floor((at.y0 + at.y1) / 2);
  const float half = std::floor(std::min(0.72f * em, std::max(1.0f, at.height() / 2)));
  const auto word = [&](float from, std::string text) {
    out.scene.labels.push_back(
        {{from, middle - half, at.x1, middle + half}, std::move(text), Tone::Dim, Type::Small, Align::Left});
  };
  const float text = style.width(Type::MonoSmall, head), gap = 0.35f * em;
  const float tail = more.empty() ? 0 : gap + style.width(Type::Small, more);
  const float pill = text + 2 * kLeastPillPadEm * em;
  if (text > at.width()) {
    for (const std::string& words : {count + " free", count}) {
      if (style.width(Type::Small, words) > at.width()) continue;
      return word(at.x0, words);
    }
    return;
  }
  const bool both = text + tail <= at.width();
  const bool outlined = pills && pill + (both ? tail : 0) <= at.width();
  const float end = std::floor(at.x0 + (outlined ? pill : text));
  const bool pushed = was_pushed(input, level, list.offsets.front());
  out.scene.chips.push_back({{std::floor(at.x0), middle - half, end, middle + half},
                             std::move(head),
                             list.offsets.front(),
                             pushed,
                             outlined});
  if (both && !more.empty()) word(end + gap, more);
}

// The list in its order within `at`, which is `lines` lines high; "→ end" where there is room.
void add_chips(BuddyScene& out, const BuddyInput& input, int level, const replay::FreeList& list, Rect at,
               std::size_t lines, bool pills) {
  const Style& style = input.style;
  const auto text_of = [&](std::uint64_t offset) { return trace::offset_text(offset, out.shape.arena); };
  const float text = style.width(Type::MonoSmall, text_of(list.offsets.front()));
  const std::size_t count = list.offsets.size();
  const PillForm form = pill_form(style, at.width(), count, lines, text, pills);
  const auto add_word = [&](Rect rect, std::string word, Tone tone, Align align = Align::Left) {
    out.scene.labels.push_back({rect, std::move(word), tone, Type::Small, align});
  };
  std::size_t shown = count;
  if (count > form.room()) {  // the last line keeps room for how many more there are
    const float tail = style.width(Type::Small, "+" + trace::count_text(count)) + form.arrow;
    const float room = std::max(0.0f, at.width() + form.arrow - tail);
    shown = form.a_line == 0 ? 0 : form.a_line * (form.lines - 1);
    shown += std::min(form.a_line, static_cast<std::size_t>(room / (form.pill + form.arrow)));
  }
  if (shown == 0) return add_head(out, input, level, list, at, pills);
  const float line = kPillLineEm * style.em;
  const float middle = std::floor((at.y0 + at.y1) / 2);
  const float half = std::floor(std::min(0.72f * style.em, std::max(1.0f, at.height() / 2)));
  const float first = middle - line * static_cast<float>(form.lines - 1) / 2;
  float x = at.x0;
  float y = std::floor(first);
  const auto here = [&](float from, float to) { return Rect{from, y - half, to, y + half}; };
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0 && i % form.a_line == 0 && i / form.a_line < form.lines) {
      x = at.x0;
      y = std::floor(first + line * static_cast<float>(i / form.a_line));
    }
    if (i == shown) {
      const std::string more = "+" + trace::count_text(count - i);
      const bool words = style.width(Type::Small, more + " more") <= at.x1 - x;
      add_word(here(x, std::max(at.x1, x + style.width(Type::Small, more) + 1)), words ? more + " more" : more,
               Tone::Dim);
      return;
    }
    out.scene.chips.push_back({here(std::floor(x), std::floor(x + form.pill)), text_of(list.offsets[i]),
                               list.offsets[i], was_pushed(input, level, list.offsets[i]), pills});
    x += form.pill;
    if (i + 1 < count) add_word(here(x, x + form.arrow), "→", Tone::Faint, Align::Center);
    x += form.arrow;
  }
  const float end = style.width(Type::Small, "→ end") + 1;
  x += 0.3f * style.em - form.arrow;
  if (pills && x + end <= at.x1) add_word(here(x, x + end), "→ end", Tone::Faint);
}

// What the current step did to this level's list, in a word or two; at the end of the event, what the event did.
std::string list_note(const BuddyInput& input, const BuddyShape& shape, int level, Tone& tone) {
  if (input.now.done.empty()) return {};
  const alloc::Step& now = input.now.done.back();
  tone = Tone::Touched;
  if (now.kind == StepKind::Fail) {
    tone = Tone::Failed;
    const auto first = input.now.done.front();
    return first.kind == StepKind::Round && first.level == level ? "✕ failed" : "";
  }
  const auto note = [&](const alloc::Step& step) -> std::string {
    if (step.level != level || step.size_class != alloc::kNoClass) return {};
    const std::string where = trace::offset_text(step.offset, shape.arena);
    if (step.kind == StepKind::Pop) return "took " + where;
    if (step.kind == StepKind::Remove) return "removed " + where;
    return {};
  };
  if (!input.now.whole) return note(now);
  std::string last;
  for (const alloc::Step& step : input.now.done) {
    if (std::string one = note(step); !one.empty()) last = std::move(one);
  }
  return last;
}

// What stands beside a level's row: where its list is and the words of a note about it.
struct Beside {
  Rect list;
  std::size_t lines = 1;    // for the list
  bool sign_alone = false;  // of an empty list: the note stands on its line
  std::vector<Label> note;
};

struct Note {
  std::string text;  // "took 0x200"
  Tone tone = Tone::Dim;
  Type type = Type::MonoSmall;
  [[nodiscard]] std::string verb() const { return text.substr(0, text.find(' ')); }
  [[nodiscard]] std::string offset() const { return text.substr(std::min(text.find(' '), text.size() - 1) + 1); }
};

// From one line of words to the next where there is little room, and what half a pill beyond them takes.
constexpr float kCloseLineEm = 0.78f, kHalfPillEm = 0.75f;

// In a narrow column, one below the other as far as the row is high: the list, the note's verb and its offset; else the
// sign of an empty list before the verb and the offset below both, or the verb alone below a list that is not empty.
std::optional<Beside> one_below_the_other(Rect at, float pitch, const Note& note, bool empty, const Style& style) {
  const float em = style.em, middle = std::floor((at.y0 + at.y1) / 2);
  const auto fits = [&](const std::string& text) { return style.width(note.type, text) <= at.width() + 0.5f; };
  std::vector<std::string> words = {note.text};
  if (!fits(note.text))
    words = fits(note.offset()) ? std::vector{note.verb(), note.offset()} : std::vector{note.verb()};
  // They may reach beyond the row as far as what stands in the middle of the next one.
  const float half_lines = (pitch / em - kHalfPillEm) / (kCloseLineEm / 2);
  const auto room = static_cast<std::size_t>(std::max(0.0f, half_lines));
  if (room < 2) return std::nullopt;
  Beside out;
  const float sign = style.width(Type::Small, "– ");
  out.sign_alone = empty && room <= words.size() && sign + style.width(note.type, words.front()) <= at.width();
  if (!out.sign_alone && room <= words.size()) words.resize(1);
  const std::size_t first = out.sign_alone ? 0 : 1, lines = first + words.size();
  const float most = std::clamp(pitch / static_cast<float>(lines), kCloseLineEm * em, 1.15f * em);
  const float line = std::max(1.0f, std::floor(most));
  const float top = middle - std::floor(line * static_cast<float>(lines) / 2);
  const auto line_at = [&](std::size_t i) {
    return Rect{at.x0, top + line * static_cast<float>(i), at.x1, top + line * static_cast<float>(i + 1)};
  };
  out.list = line_at(0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    out.note.push_back({line_at(first + i), words[i], note.tone, note.type, Align::Left});
  }
  if (out.sign_alone) out.note.front().rect.x0 += sign;
  return out;
}

// Side by side where both fit; else one below the other where the row is high enough; else the note has what it needs
// and the list the rest. Of what was taken the offset stands there alone, struck through, rather than the verb without
// it.
Beside divide(Rect at, float reach, const BuddyRow& row, std::size_t lines, float list_width, std::size_t list_lines,
              const Note& note, bool empty, const Style& style) {
  const float em = style.em, wide = style.width(note.type, note.text);
  const auto word = [&](Rect rect, std::string text, Align align) {
    return Label{rect, std::move(text), note.tone, note.type, align};
  };
  const Rect right{at.x1 - wide, at.y0, at.x1, at.y1};
  Rect left = at;
  left.x1 -= wide + 0.5f * em;
  if (list_width <= left.width()) return {left, lines, false, {word(right, note.text, Align::Right)}};
  if (wide <= at.width() && lines >= 2) {
    const float half = kPillLineEm * em / 2;
    const float middle = std::floor((at.y0 + at.y1) / 2);
    const auto used = static_cast<float>(std::min(list_lines, lines - 1));
    const Rect below{at.x0, middle + (used - 1) * half, at.x1, middle + (used + 1) * half};
    return {{at.x0, at.y0 - half, at.x1, at.y1 - half}, lines - 1, false, {word(below, note.text, Align::Left)}};
  }
  if (auto narrow = one_below_the_other(at, row.pitch, note, empty, style)) return *std::move(narrow);
  const bool whole = wide <= at.x1 - reach;  // it may begin before the list does
  const bool struck =
      !whole && note.tone == Tone::Touched && style.width(note.type, note.offset()) <= at.width() + 0.5f;
  const std::string text = whole ? note.text : struck ? note.offset() : note.verb();
  Label one = word({at.x1 - style.width(note.type, text), at.y0, at.x1, at.y1}, text, Align::Right);
  one.struck = struck;
  left.x1 = std::max(at.x0, one.rect.x0 - 0.5f * em);
  // A bare number of blocks would read as a part of the offset, which then stands below and above the lists' own.
  if (struck && left.width() < style.width(Type::Small, "9 free")) {
    left.x1 = left.x0;
    one.rect.x0 = at.x0;
    one.align = Align::Left;
  }
  return {left, 1, false, {std::move(one)}};
}

void add_level_list(BuddyScene& out, const BuddyInput& input, const BuddyRow& row, Rect at) {
  const Style& style = input.style;
  const float em = style.em;
  bool pills = row.rect.height() >= 1.5f * em;
  const float most = std::clamp((row.pitch - 0.15f * em) / (kPillLineEm * em), 1.0f, 6.0f);
  const std::size_t lines = pills ? static_cast<std::size_t>(most) : 1;
  const replay::FreeList* list = list_of(input.census, row.first);
  const std::size_t count = list == nullptr ? 0 : list->offsets.size();
  const auto text_of = [&] { return trace::offset_text(list->offsets.front(), out.shape.arena); };
  const float one = count == 0 ? 0 : style.width(Type::MonoSmall, text_of());
  Beside room{.list = at, .lines = lines, .note = {}};
  Note note;
  note.text = list_note(input, out.shape, row.first, note.tone);
  if (note.tone == Tone::Failed) {
    note.type = Type::Small;
    if (style.width(note.type, note.text) > at.width() && !note.text.empty()) note.text = note.offset();
  }
  if (!note.text.empty()) {
    const PillForm form = pill_form(style, at.width(), std::max<std::size_t>(count, 1), lines, one, pills);
    const float all = static_cast<float>(count) * (form.pill + form.arrow) - form.arrow;
    const float width = count == 0 ? style.width(Type::Small, "– empty") : all;
    room = divide(at, out.axis.x1 + 2, row, lines, width, form.lines, note, count == 0, style);
    for (Label& word : room.note) out.scene.labels.push_back(std::move(word));
    pills = pills && room.list.height() >= 1.2f * em;
  }
  if (count != 0) {
    add_chips(out, input, row.first, *list, room.list, room.lines, pills);
    return;
  }
  const auto fits = [&](const char* words) { return style.width(Type::Small, words) <= room.list.width() + 0.5f; };
  const char* const words = room.sign_alone ? "–" : fits("– empty") ? "– empty" : fits("empty") ? "empty" : "–";
  const Tone quiet = row.looked || row.now ? Tone::Dim : Tone::Faint;
  if (!fits("–")) return;  // what was taken stands in its place
  out.scene.labels.push_back({room.list, words, quiet, Type::Small, Align::Left});
}

// A run of levels in one thin row: "levels 5 … 8 (2 MiB … 256 KiB): split".
void add_folded_label(BuddyScene& out, const BuddyRow& row, const char* what, const Style& style) {
  const std::string from = trace::size_text(out.shape.size_of(row.first));
  const std::string to = trace::size_text(out.shape.size_of(row.last));
  const bool one = row.first == row.last;
  const std::string levels =
      one ? fmt::format("level {}", row.first) : fmt::format("levels {} … {}", row.first, row.last);
  const std::string sizes = one ? fmt::format(" ({})", from) : fmt::format(" ({} … {})", from, to);
  const Rect rect{out.axis.x0, row.rect.y0 - 2, out.axis.x1, row.rect.y1 + 2};
  std::string text = fmt::format("{}{}: {}", levels, sizes, what);
  if (style.width(Type::Small, text) > rect.width()) text = fmt::format("{}: {}", levels, what);
  out.scene.labels.push_back({rect, std::move(text), row.now ? Tone::Touched : Tone::Faint, Type::Small, Align::Left});
}

}  // namespace

void add_level_labels(BuddyScene& out, const BuddyInput& input) {
  const Style& style = input.style;
  const bool narrow = out.axis.x0 - input.rect.x0 < 5.2f * style.em;
  const float right = out.axis.x0 - (narrow ? kNarrowGapEm : 0.7f) * style.em;
  const std::vector<bool> with_words = rows_with_words(out, input);
  // Numbers stand before the sizes of all levels or of none: "9 8 KiB" below "16 KiB" reads as another size.
  const auto has_both = [&](const BuddyRow& row) {
    const float number = style.width(Type::Small, std::to_string(row.first)) + 0.3f * style.em;
    const std::string size = trace::size_text(out.shape.size_of(row.first));
    return row.folded || number + style.width(Type::MonoSmall, size) <= right - input.rect.x0;
  };
  const bool beside = std::all_of(out.rows.begin(), out.rows.end(), has_both);
  // Zoomed in, what is not seen is not said to be unused.
  const bool all = out.axis.bytes.from <= 0 && out.axis.bytes.to >= static_cast<double>(out.shape.arena);
  const char* const nothing = all ? "unused" : "none in view";
  int deepest = -1;
  for (const BuddyRow& row : out.rows) {
    if (!row.folded) deepest = row.last;
  }
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const BuddyRow& row = out.rows[i];
    const float middle = middle_of(row);
    const Tone lit = row.now ? Tone::Touched : Tone::Dim;
    if (has_words_inside(row, style)) {
      add_folded_label(out, row, row.first > deepest ? nothing : "split", style);
      continue;
    }
    const std::string size = trace::size_text(out.shape.size_of(row.first));
    const std::string number = std::to_string(row.first);
    const std::string level = "level " + number;
    if (row.rect.height() >= 2.1f * style.em || (!beside && row.pitch >= 1.6f * style.em)) {
      const float line = std::min(1.15f * style.em, std::floor(row.pitch / 2));
      const bool words = style.width(Type::Small, level) <= right - input.rect.x0;
      out.scene.labels.push_back(
          {{input.rect.x0, middle - line, right, middle}, words ? level : number, lit, Type::Small, Align::Left});
      out.scene.labels.push_back(
          {{input.rect.x0, middle, right, middle + line}, size, Tone::Text, Type::MonoSmall, Align::Left});
      continue;
    }
    const float half = 0.55f * style.em;
    if (!with_words[i]) continue;
    if (row.folded) {
      const bool one = row.first == row.last;
      const std::string which = one ? std::to_string(row.first) : fmt::format("{} … {}", row.first, row.last);
      const Rect at{input.rect.x0, middle - half, right, middle + half};
      out.scene.labels.push_back({at, which, row.now ? Tone::Touched : Tone::Faint, Type::Small, Align::Left});
      continue;
    }
    // Where both have no room the size goes first: which one of the rows it is, is seen.
    float from = input.rect.x0;
    if (beside) {
      const float wide = style.width(Type::Small, number);
      out.scene.labels.push_back(
          {{from, middle - half, from + wide + 1, middle + half}, number, lit, Type::Small, Align::Left});
      from += wide + 0.3f * style.em;
    }
    out.scene.labels.push_back({{from, middle - half, right, middle + half}, size, lit, Type::MonoSmall, Align::Right});
  }
}

void add_free_lists(BuddyScene& out, const BuddyInput& input) {
  const Style& style = input.style;
  const std::vector<bool> with_words = rows_with_words(out, input);
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const BuddyRow& row = out.rows[i];
    if (!with_words[i] || row.folded) continue;
    const float middle = middle_of(row);
    const float half = std::max(0.6f * style.em, row.rect.height() / 2);
    const float gap = input.rect.x1 - out.axis.x1 < 7 * style.em ? kNarrowGapEm * style.em : style.em;
    add_level_list(out, input, row, {out.axis.x1 + gap, middle - half, input.rect.x1, middle + half});
  }
}

}  // namespace allocviz::draw
