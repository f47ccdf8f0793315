#include "viz/draw/legend.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace allocviz::draw {
namespace {

constexpr float kSwatchEm = 1.6f;                   // a swatch and what is between it and its word
constexpr float kLeastGapEm = 0.6f, kGapEm = 1.4f;  // from one entry to the next
constexpr float kLeastWordEm = 4;                   // no word is cut further than this asks for
constexpr std::size_t kLeastHead = 4;               // characters of what stands before an offset

constexpr int kAbsentRank = 9;
constexpr float kSeenShare = 1e-7f;  // as much as gets a pixel (lod.cpp)

// Where a text may be cut.
bool begins_character(std::string_view text, std::size_t at) {
  return at == 0 || at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

// An ellipsis beside a dot would be four of them.
std::string joined(std::string_view head, std::string_view tail) {
  while (!head.empty() && (head.back() == '.' || head.back() == ' ')) head.remove_suffix(1);
  while (!tail.empty() && (tail.front() == '.' || tail.front() == ' ')) tail.remove_prefix(1);
  return std::string(head) + "…" + std::string(tail);
}

// "libsqlite3.so.0+0xa7504" as "libsq…+0xa7504".
std::string with_tail(std::string_view text, std::size_t kept, float width, const Style& style) {
  const std::string_view tail = text.substr(text.size() - kept);
  std::string_view head = text.substr(0, text.size() - kept);
  const float room = width - style.width(Type::Small, "…") - style.width(Type::Small, tail);
  while (head.size() > kLeastHead && style.width(Type::Small, head) > room) {
    std::size_t end = head.size() - 1;
    while (!begins_character(text, end)) --end;
    head = head.substr(0, end);
  }
  return joined(head, tail);
}

// Cut at its beginning, or in the middle where nothing is known of what it means.
std::string without_middle(std::string_view text, bool front_goes, float width, const Style& style) {
  float room = width - style.width(Type::Small, "…");
  std::size_t head = 0, tail = text.size();  // what stays: before the one, from the other on
  while (head < tail) {
    const bool front = !front_goes && head <= text.size() - tail;
    std::size_t from = front ? head : tail - 1, to = front ? head + 1 : tail;
    while (front && !begins_character(text, to)) ++to;
    while (!front && !begins_character(text, from)) --from;
    room -= style.width(Type::Small, text.substr(from, to - from));
    if (room < 0) break;
    (front ? head : tail) = front ? to : from;
  }
  return joined(text.substr(0, head), text.substr(tail));
}

// An entry's word in a width: whole, or what of it tells most, or that cut.
std::string word_within(const LegendEntry& entry, float width, const Style& style) {
  const auto fits = [&](std::string_view text) { return style.width(Type::Small, text) <= width; };
  if (fits(entry.word)) return entry.word;
  const std::string& text = entry.telling.empty() ? entry.word : entry.telling;
  if (!fits(text) && !entry.shortest.empty()) return entry.shortest;
  if (fits(text) || entry.kept >= text.size()) return text;
  if (entry.kept > 0) return text.size() - entry.kept > kLeastHead ? with_tail(text, entry.kept, width, style) : text;
  return without_middle(text, !entry.telling.empty(), width, style);
}

int lines_with(const LegendPlace& place, const std::vector<LegendEntry>& entries, float most, const Style& style) {
  int lines = 1;
  float from = place.line.x0, x = from;
  for (const LegendEntry& entry : entries) {
    const float wide = kSwatchEm * style.em + style.width(Type::Small, word_within(entry, most, style));
    if (x > from && x + wide > place.line.x1) {
      ++lines;
      x = from = place.x0;
    }
    x += wide + kLeastGapEm * style.em;
  }
  return lines;
}

// The widest words that bring all entries into the lines; the narrowest there are where none do.
float widest_words(const LegendPlace& place, const std::vector<LegendEntry>& entries, const Style& style) {
  if (lines_with(place, entries, 1e9f, style) <= place.lines) return 1e9f;
  float most = place.line.x1 - std::min(place.line.x0, place.x0);
  while (most > kLeastWordEm * style.em && lines_with(place, entries, most, style) > place.lines)
    most -= 0.25f * style.em;
  return most;
}

// Which entries stay: of those of the highest rank the last goes first.
std::vector<std::size_t> those_that_fit(const LegendPlace& place, const std::vector<LegendEntry>& entries, float most,
                                        const Style& style) {
  std::vector<std::size_t> kept(entries.size());
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = i;
  std::vector<LegendEntry> left = entries;
  while (left.size() > 1 && lines_with(place, left, most, style) > place.lines) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (left[i].rank >= left[out].rank) out = i;
    }
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(out));
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(out));
  }
  return kept;
}

}  // namespace

float legend_pitch(const Style& style) {
  return 1.4f * style.em;
}

int legend_lines(const LegendPlace& place, const std::vector<LegendEntry>& entries, float most_em, const Style& style) {
  return lines_with(place, entries, most_em * style.em, style);
}

std::vector<Rect> add_legend(Scene& scene, LegendPlace place, const std::vector<LegendEntry>& entries,
                             const Style& style) {
  const float em = style.em;
  std::vector<Rect> places(entries.size());
  float most = widest_words(place, entries, style);
  std::vector<std::size_t> kept = those_that_fit(place, entries, most, style);
  const auto drawn = static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(), [](const LegendEntry& entry) { return entry.rank < kAbsentRank; }));
  const bool misses = kept.size() < drawn;
  // The ellipsis that says so needs room, too, and stands apart from the words: they are not cut.
  const float dots = std::ceil(style.width(Type::Small, "…"));
  const float apart = std::clamp(1.2f * em - dots - 1, 0.25f * em, 0.5f * em);
  if (misses) {
    place.line.x1 -= dots + apart + 1;
    most = widest_words(place, entries, style);
    kept = those_that_fit(place, entries, most, style);
  }
  std::vector<float> widths;  // of the words
  std::vector<std::string> words;
  float all = 0;
  for (const std::size_t i : kept) {
    words.push_back(word_within(entries[i], most, style));
    widths.push_back(std::ceil(style.width(Type::Small, words.back())));
    all += kSwatchEm * em + widths.back();
  }
  // On one line as far from each other as there is room, up to a point.
  const auto gaps = static_cast<float>(std::max<std::size_t>(kept.size(), 2) - 1);
  const float spread = (place.line.width() - all - 1) / gaps;
  const float gap = std::clamp(spread, kLeastGapEm * em, kGapEm * em);
  Rect line = place.line;
  float from = line.x0, x = from;
  for (std::size_t n = 0; n < kept.size(); ++n) {
    const LegendEntry& entry = entries[kept[n]];
    const float wide = kSwatchEm * em + widths[n];
    if (x > from && x + wide > line.x1 + 1) {
      x = from = place.x0;
      line.y0 += legend_pitch(style);
      line.y1 += legend_pitch(style);
    }
    const float middle = std::floor((line.y0 + line.y1) / 2);
    Box swatch = entry.swatch;
    swatch.rect = {std::floor(x), middle - std::floor(0.4f * em), std::floor(x + 1.1f * em),
                   middle + std::floor(0.4f * em)};
    swatch.solid_x = swatch.look == Look::Waste ? swatch.rect.x0 : swatch.rect.x1;
    if (swatch.look == Look::Waste) swatch.look = Look::Live;
    scene.legend.push_back(swatch);
    const float word = x + kSwatchEm * em;
    scene.labels.push_back({{word, line.y0, word + widths[n] + 0.2f * em, line.y1}, words[n], entry.tone, Type::Small});
    places[kept[n]] = {x - 0.3f * em, line.y0, word + widths[n] + 0.3f * em, line.y1};
    x += wide + gap;
  }
  if (misses) {
    x += apart - gap;
    scene.labels.push_back({{x, line.y0, x + dots + 1, line.y1}, "…", Tone::Dim, Type::Small});
  }
  return places;
}

OnScreen on_screen(const Scene& scene) {
  OnScreen shown;
  const auto add = [&shown](Look look) { shown.look[static_cast<std::size_t>(look)] = true; };
  for (const Box& box : scene.boxes) {
    add(box.look);
    if (box.look == Look::Live && box.solid_x < box.rect.x1) add(Look::Waste);
    shown.touched |= box.touched;
  }
  for (const Box& pin : scene.pins) shown.touched |= pin.touched;
  for (const Column& column : scene.columns) {
    if (!column.painted) continue;
    shown.several |= column.hidden > 1;
    for (std::size_t look = 0; look < kLooks; ++look) shown.look[look] |= column.share[look] > kSeenShare;
  }
  return shown;
}

std::vector<LegendEntry> state_entries(trace::AllocatorKind kind, const OnScreen& shown, bool colored) {
  using trace::AllocatorKind;
  const bool bump = kind == AllocatorKind::Bump, tiered = kind == AllocatorKind::Tiered;
  std::vector<LegendEntry> entries;
  const auto add = [&](Look look, const char* word, const char* shortly, bool is_there, int rank) {
    LegendEntry& entry = entries.emplace_back();
    entry.swatch.look = look;
    entry.word = word;
    entry.telling = shortly;
    entry.kept = entry.telling.size();
    entry.rank = is_there ? rank : kAbsentRank;
  };
  // Where colours stand for something else, only what is drawn beside them is named.
  const auto state = [&](Look look, const char* word, const char* shortly, bool always, int rank = 0) {
    if (shown.has(look) || (always && !colored)) add(look, word, shortly, shown.has(look), rank);
  };
  if (!colored) state(Look::Live, "live", "live", true);
  // What a recorded program was given is as large as what it asked for.
  state(Look::Waste, "rounding waste", "waste", !bump && kind != AllocatorKind::Recorded);
  state(Look::Dead, "dead, not returned", "dead", bump);
  if (bump || tiered) {
    state(Look::Padding, bump ? "alignment gap" : "end of a slab", bump ? "gap" : "slab's end", true, colored ? 2 : 0);
  }
  if (!colored) state(Look::Free, bump ? "unused" : "free", bump ? "unused" : "free", true);
  state(Look::Fresh, "never used", "unused", kind == AllocatorKind::Slab || tiered, colored ? 2 : 0);
  state(Look::Gap, "not managed", "reserved", false, colored ? 2 : 0);
  if (shown.touched || !colored) {
    add(Look::Free, "touched now", "touched", shown.touched, -1);  // what a step did is what a reader looks for
    entries.back().swatch.touched = true;
  }
  state(Look::InFlight, "in flight", "in flight", false);
  if (shown.several) {
    add(Look::Live, "several blocks behind one pixel", "several per pixel", true, -1);
    entries.back().shortest = "several/px";
    entries.back().swatch.several = true;
  }
  if (colored) state(Look::Free, bump ? "unused" : "free", bump ? "unused" : "free", true, 2);
  return entries;
}

}  // namespace allocviz::draw
