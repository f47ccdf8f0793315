#include "viz/draw/map_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "viz/draw/lod.h"

namespace allocviz::draw {
namespace {

constexpr float kWrapFromEm = 12;  // a map at least this high shows a large arena in rows

struct Held {  // states that only some censuses hold
  bool gaps = false, in_flight = false;
};
Held held_by(const replay::Census& census, const replay::Digest* digest) {
  using replay::BlockState;
  if (digest != nullptr) return {digest->has(BlockState::Gap), digest->has(BlockState::InFlight)};
  Held held;
  for (const replay::Block& block : census.blocks) {
    held.gaps |= block.state == BlockState::Gap;
    held.in_flight |= block.state == BlockState::InFlight;
  }
  return held;
}

// More blocks in view than there are pairs of pixels: one row cannot show them one by one.
bool is_crowded(const MapInput& input, const ByteAxis& axis) {
  const std::size_t first = first_block_after(input.census, axis.bytes.from);
  const std::size_t last = first_block_after(input.census, axis.bytes.to);
  return last - first > static_cast<std::size_t>(std::max(1, axis.columns() / 2));
}

void lay_linear(const MapInput& input, MapScene& out, const ByteAxis& axis, Rect area) {
  const float em = input.style.em;
  const float height = std::clamp(area.height() - 1.9f * em, 4.0f, 9 * em);
  const Rect row{axis.x0, area.y0 + 2, axis.x1, std::floor(area.y0 + 2 + height)};
  StripOptions options;
  if (input.census.kind == trace::AllocatorKind::Bump) options.free_word = "unused";
  options.digest = input.digest;
  if (input.colors != nullptr) options.tint_of = input.colors->tint_of;
  add_strip(out.scene, input.census, axis, row, input.focus, input.style, input.name_of, options);
  add_refused(out.scene, axis, row, input.focus, input.style);
  out.axes.push_back(axis);
  out.rows.push_back(row);
  if (area.y1 - row.y1 > 1.6f * em) {
    add_byte_scale(out.scene, axis, row.y1 + std::floor(0.3f * em), static_cast<double>(input.census.arena_bytes),
                   input.style);
  }
}

void lay_wrapped(const MapInput& input, MapScene& out, const ByteAxis& whole, Rect area) {
  const float em = input.style.em;
  const auto extent = input.census.arena_bytes;
  const std::string widest = trace::offset_text(extent, extent);
  const float label = input.style.width(Type::MonoSmall, widest) + 0.8f * em;
  // Rows of a power of two begin at round addresses, and buddies stand below each other.
  const double most = std::clamp(static_cast<double>(area.height() / (1.2f * em)), 1.0, 80.0);
  const auto bytes = static_cast<double>(
      std::bit_ceil(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(whole.bytes.width() / most)))));
  const auto count = static_cast<int>(std::ceil(whole.bytes.width() / bytes));
  const float pitch = area.height() / static_cast<float>(count);
  StripOptions options;
  options.max_boxes = kMaxBoxes / static_cast<std::size_t>(count);
  options.rows = Rows{whole.bytes, bytes};
  options.digest = input.digest;
  if (input.colors != nullptr) options.tint_of = input.colors->tint_of;
  for (int i = 0; i < count; ++i) {
    const float y = std::floor(area.y0 + static_cast<float>(i) * pitch);
    const float bottom = std::max(y + 1, std::floor(area.y0 + static_cast<float>(i + 1) * pitch) - 0.3f * em);
    ByteAxis axis{{whole.bytes.from + bytes * i, whole.bytes.from + bytes * (i + 1)},
                  std::floor(input.rect.x0 + label),
                  std::floor(input.rect.x1)};
    if (axis.bytes.to > whole.bytes.to) {  // the last one is as long as what is left
      axis.bytes.to = whole.bytes.to;
      axis.x1 = axis.x0 + std::floor((axis.x1 - axis.x0) * static_cast<float>(axis.bytes.width() / bytes));
    }
    axis.x1 = std::max(axis.x1, axis.x0 + 1);
    const Rect row{axis.x0, y, axis.x1, std::floor(bottom)};
    add_strip(out.scene, input.census, axis, row, input.focus, input.style, input.name_of, options);
    out.scene.labels.push_back({{input.rect.x0, row.y0, axis.x0 - 0.6f * em, row.y1},
                                trace::offset_text(static_cast<std::uint64_t>(axis.bytes.from), extent),
                                Tone::Dim,
                                Type::MonoSmall,
                                Align::Right});
    out.axes.push_back(axis);
    out.rows.push_back(row);
  }
}

constexpr float kLegendLine = 1.4f;  // ems from one line of a legend to the next

// How far an entry's swatch and its gap to the next one reach beyond its word.
constexpr float kBesideWord = 2.7f;

// Where a text may be cut.
bool begins_character(std::string_view text, std::size_t at) {
  return at == 0 || at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

// An entry's word in a width: whole, or what of it tells most, cut at its beginning, or in the middle where nothing is
// known of what it means.
std::string word_within(const MapColors::Entry& entry, float width, const Style& style) {
  const auto fits = [&](std::string_view text) { return style.width(Type::Small, text) <= width; };
  if (fits(entry.word)) return entry.word;
  if (!entry.telling.empty() && fits(entry.telling)) return entry.telling;
  const std::string& text = entry.telling.empty() ? entry.word : entry.telling;
  float room = width - style.width(Type::Small, "…");
  std::size_t head = 0, tail = text.size();  // what stays: before the one, from the other on
  while (head < tail) {
    const bool front = entry.telling.empty() && head <= text.size() - tail;
    std::size_t from = front ? head : tail - 1, to = front ? head + 1 : tail;
    while (front && !begins_character(text, to)) ++to;
    while (!front && !begins_character(text, from)) --from;
    room -= style.width(Type::Small, std::string_view(text).substr(from, to - from));
    if (room < 0) break;
    (front ? head : tail) = front ? to : from;
  }
  return text.substr(0, head) + "…" + text.substr(tail);
}

// How many lines of `width` the legend takes, no word of it wider than `most`.
int legend_lines(const MapColors& colors, float width, float most, const Style& style) {
  int lines = 1;
  float used = 0;
  for (const MapColors::Entry& entry : colors.legend) {
    const float wide = style.width(Type::Small, word_within(entry, most, style)) + kBesideWord * style.em;
    if (used > 0 && used + wide - 0.9f * style.em > width) {
      ++lines;
      used = 0;
    }
    used += wide;
  }
  return lines;
}

// Long words (call sites) are cut, no further than brings all entries in.
void add_color_legend(MapScene& out, Rect line, int lines, const MapColors& colors, const Style& style) {
  const float em = style.em;
  float most = line.width() - kBesideWord * em;
  while (most > 5 * em && legend_lines(colors, line.width(), most, style) > lines) most -= 0.5f * em;
  float x = line.x0;
  for (const MapColors::Entry& entry : colors.legend) {
    const std::string shown = word_within(entry, most, style);
    const float width = style.width(Type::Small, shown) + 0.2f * em;
    if (x + 1.6f * em + width > line.x1 && lines > 1) {
      --lines;
      x = line.x0;
      line.y0 += kLegendLine * em;
      line.y1 += kLegendLine * em;
    }
    const float middle = std::floor((line.y0 + line.y1) / 2);
    if (x + 1.6f * em + width > line.x1) {
      out.scene.labels.push_back({{x - 0.4f * em, line.y0, line.x1, line.y1}, "…", Tone::Dim, Type::Small});
      return;
    }
    Box swatch;
    swatch.rect = {std::floor(x), middle - std::floor(0.4f * em), std::floor(x + 1.1f * em),
                   middle + std::floor(0.4f * em)};
    swatch.look = Look::Live;
    swatch.solid_x = swatch.rect.x1;
    swatch.tint = entry.color;
    out.scene.legend.push_back(swatch);
    const Rect word{x + 1.6f * em, line.y0, x + 1.6f * em + width, line.y1};
    out.scene.labels.push_back({word, shown, entry.dimmed ? Tone::Faint : Tone::Text, Type::Small, Align::Left});
    out.legend_hints.push_back(entry.hint);
    out.legend.push_back({x - 0.4f * em, line.y0, word.x1 + 0.4f * em, line.y1});
    x = word.x1 + 0.9f * em;
  }
}

}  // namespace

MapScene lay_out_map(const MapInput& input) {
  MapScene out;
  const float em = input.style.em;
  const ByteAxis axis =
      stage_axis(input.rect, input.view, input.alone ? trace::AllocatorKind::Recorded : input.census.kind, input.style);
  const bool legend = input.rect.height() > 5.2f * em;
  Rect area = input.rect;
  const float beside = 6.3f * em;  // at the legend's left the panel says what is coloured by
  const bool two_lines = legend && input.colors != nullptr && input.rect.height() > 5.9f * em &&
                         legend_lines(*input.colors, input.rect.width() - std::max(beside, axis.x0 - input.rect.x0),
                                      1e9f, input.style) > 1;
  if (legend) area.y1 -= (two_lines ? 1.6f + kLegendLine : 1.6f) * em;
  if (input.may_wrap && area.height() >= kWrapFromEm * em && is_crowded(input, axis)) {
    lay_wrapped(input, out, axis, area);
  } else {
    lay_linear(input, out, axis, area);
  }
  if (legend) {
    const float x0 = std::max(out.axes.front().x0, input.rect.x0 + beside);
    const float y0 = std::min(area.y1, out.rows.back().y1 + 2.4f * em);
    out.legend_line = {input.rect.x0, y0 + 0.2f * em, input.rect.x1, y0 + 1.5f * em};
    const Rect line{x0, out.legend_line.y0, out.legend_line.x1, out.legend_line.y1};
    if (input.colors != nullptr) {
      add_color_legend(out, line, two_lines ? 2 : 1, *input.colors, input.style);
    } else {
      const Held held = held_by(input.census, input.digest);
      const LegendOptions options{held.gaps, held.in_flight, out.scene.hides};
      add_legend(out.scene, line, input.census.kind, options, input.style);
    }
  }
  return out;
}

std::string scale_text(double bytes_per_px) {
  if (bytes_per_px < 9.95) return fmt::format("{:.1f} B", bytes_per_px);
  return trace::size_text(static_cast<std::uint64_t>(std::llround(bytes_per_px)));
}

std::string scale_note(const MapScene& scene) {
  if (scene.axes.empty()) return {};
  const ByteAxis& first = scene.axes.front();
  if (scene.axes.size() == 1) return "1 px = " + scale_text(first.bytes_per_px());
  return "a row = " + trace::size_text(static_cast<std::uint64_t>(std::llround(first.bytes.width())));
}

std::optional<Span> hit(const MapScene& scene, Point at) {
  for (std::size_t i = 0; i < scene.rows.size(); ++i) {
    if (!scene.rows[i].contains(at)) continue;
    const double x = std::floor(at.x);
    return Span{scene.axes[i].byte_at(x), scene.axes[i].byte_at(x + 1)};
  }
  return std::nullopt;
}

void add_legend(Scene& scene, Rect rect, trace::AllocatorKind kind, const LegendOptions& options, const Style& style) {
  using trace::AllocatorKind;
  struct Entry {
    Look look;
    const char* word;
    const char* shortly;
    bool touched = false;
  };
  const bool bump = kind == AllocatorKind::Bump;
  std::vector<Entry> entries = {{Look::Live, "live", "live"}};
  if (!bump) entries.push_back({Look::Waste, "rounding waste", "waste"});
  if (bump) entries.push_back({Look::Dead, "dead, not returned", "dead"});
  if (bump) entries.push_back({Look::Padding, "alignment gap", "gap"});
  entries.push_back({Look::Free, bump ? "unused" : "free", bump ? "unused" : "free"});
  if (kind == AllocatorKind::Tiered) entries.push_back({Look::Padding, "end of a slab", "slab's end"});
  if (kind == AllocatorKind::Slab || kind == AllocatorKind::Tiered)
    entries.push_back({Look::Fresh, "never used", "unused"});
  if (options.gaps) entries.push_back({Look::Gap, "not managed", "reserved"});
  entries.push_back({Look::Free, "touched now", "touched", true});
  if (options.in_flight) entries.push_back({Look::InFlight, "in flight", "in flight"});

  const float em = style.em;
  const float middle = std::floor((rect.y0 + rect.y1) / 2);
  const float swatch_width = 1.6f * em;
  float all = 0;
  for (const Entry& entry : entries) all += swatch_width + style.width(Type::Small, entry.word);
  // Closer together where that brings all of them in, and with fewer words, the longest first, where it does not.
  const auto gaps = static_cast<float>(entries.size() - 1);
  const auto saved = [&](const Entry& entry) {
    return style.width(Type::Small, entry.word) - style.width(Type::Small, entry.shortly);
  };
  while (all + gaps * 0.6f * em + 1 > rect.width()) {
    const auto most = std::max_element(entries.begin(), entries.end(),
                                       [&](const Entry& a, const Entry& b) { return saved(a) < saved(b); });
    if (saved(*most) <= 0) break;
    all -= saved(*most);
    most->word = most->shortly;
  }
  const float gap = std::clamp((rect.width() - all - 1) / gaps, 0.6f * em, 1.4f * em);
  float x = rect.x0;
  const auto word = [&](const char* text, float at) {
    const float width = style.width(Type::Small, text);
    if (at + width > rect.x1) return false;
    Label& label = scene.labels.emplace_back();
    label.rect = {at, rect.y0, at + width + gap, rect.y1};
    label.text = text;
    label.tone = Tone::Dim;
    x = at + width + gap;
    return true;
  };
  for (const Entry& entry : entries) {
    Box swatch;
    swatch.rect = {std::floor(x), middle - std::floor(0.4f * em), std::floor(x + 1.1f * em),
                   middle + std::floor(0.4f * em)};
    swatch.look = entry.look == Look::Waste ? Look::Live : entry.look;
    swatch.solid_x = entry.look == Look::Waste ? swatch.rect.x0 : swatch.rect.x1;
    swatch.touched = entry.touched;
    if (word(entry.word, x + swatch_width)) scene.legend.push_back(swatch);
  }
  if (options.hides) word("hatched: several blocks behind one pixel", x);
}

}  // namespace allocviz::draw
