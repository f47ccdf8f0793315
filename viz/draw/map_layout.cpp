#include "viz/draw/map_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "viz/draw/legend.h"
#include "viz/draw/lod.h"
#include "viz/draw/recorded_layout.h"

namespace allocviz::draw {
namespace {

// A map at least this high shows many blocks in rows: its legend counts, so that other colours change no rows to one.
constexpr float kWrapFromEm = 10;

// More blocks in view than one row has room to name: they are stripes there.
bool is_crowded(const MapInput& input, const ByteAxis& axis) {
  const std::size_t first = first_block_after(input.census, axis.bytes.from);
  const std::size_t last = first_block_after(input.census, axis.bytes.to);
  return last - first > static_cast<std::size_t>(std::max(1.0f, static_cast<float>(axis.columns()) / input.style.em));
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
  if (input.census.kind == trace::AllocatorKind::Bump) options.free_word = "unused";
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
    add_refused(out.scene, axis, row, input.focus, input.style);
    out.scene.labels.push_back({{input.rect.x0, row.y0, axis.x0 - 0.6f * em, row.y1},
                                trace::offset_text(static_cast<std::uint64_t>(axis.bytes.from), extent),
                                Tone::Dim,
                                Type::MonoSmall,
                                Align::Right});
    out.axes.push_back(axis);
    out.rows.push_back(row);
  }
}

// Whether blocks in view may be too narrow to be drawn. Of a large census that is not looked at block by block.
bool may_hide(const MapInput& input, const ByteAxis& axis) {
  if (input.may_wrap || input.digest != nullptr) return true;
  return std::any_of(input.census.blocks.begin(), input.census.blocks.end(), [&](const replay::Block& block) {
    return static_cast<double>(block.size) < kBoxPx * axis.bytes_per_px();
  });
}

bool has_gaps(const MapInput& input) {
  if (input.digest != nullptr) return input.digest->has(replay::BlockState::Gap);
  return std::any_of(input.census.blocks.begin(), input.census.blocks.end(),
                     [](const replay::Block& block) { return block.state == replay::BlockState::Gap; });
}

std::vector<LegendEntry> entries_of(const MapInput& input, const OnScreen& shown) {
  std::vector<LegendEntry> entries;
  if (input.colors != nullptr) {
    for (const MapColors::Entry& color : input.colors->legend) {
      LegendEntry entry{{}, color.word, color.telling, {}, color.kept, 1, color.dimmed ? Tone::Faint : Tone::Text};
      entry.swatch.look = Look::Live;
      entry.swatch.tint = color.color;
      entries.push_back(std::move(entry));
    }
  }
  for (LegendEntry& entry : state_entries(input.census.kind, shown, input.colors != nullptr)) {
    entries.push_back(std::move(entry));
  }
  return entries;
}

constexpr float kNarrowEm = 40;   // below this the legend takes the whole width, above it stands under the rows
constexpr float kReadableEm = 9;  // a call site cut to this is still told from others

// How many lines the legend may take: as many as it needs with whatever a step may show, so that the rows keep their
// height from step to step. Words are cut rather than states put on a second line, and colours the other way round.
int lines_for(const MapInput& input, const ByteAxis& axis, const LegendPlace& place) {
  const float height = input.rect.height() / input.style.em;
  const int most = height <= 4.6f ? 0 : height <= 5.9f ? 1 : height <= 8 ? 2 : 3;
  using trace::AllocatorKind;
  const AllocatorKind kind = input.census.kind;
  OnScreen all;
  std::fill(std::begin(all.look), std::end(all.look), true);
  all.look[static_cast<std::size_t>(Look::Gap)] = has_gaps(input);
  all.look[static_cast<std::size_t>(Look::Dead)] = kind == AllocatorKind::Bump;
  all.look[static_cast<std::size_t>(Look::Fresh)] = kind == AllocatorKind::Slab || kind == AllocatorKind::Tiered;
  all.touched = true;
  all.several = may_hide(input, axis);
  std::vector<LegendEntry> entries = entries_of(input, all);
  std::erase_if(entries, [](const LegendEntry& entry) { return entry.rank > 1; });  // named where there is room
  const float most_em = input.colors == nullptr ? 0 : kReadableEm;
  return std::min(most, legend_lines(place, entries, most_em, input.style));
}

void lay_legend(const MapInput& input, MapScene& out, const LegendPlace& place) {
  const std::vector<Rect> places = add_legend(out.scene, place, entries_of(input, on_screen(out.scene)), input.style);
  if (input.colors == nullptr) return;
  for (std::size_t i = 0; i < input.colors->legend.size(); ++i) {
    out.legend.push_back(places[i]);
    out.legend_hints.push_back(input.colors->legend[i].hint);
  }
}

}  // namespace

MapScene lay_out_map(const MapInput& input) {
  MapScene out;
  const float em = input.style.em;
  const bool below_orders =
      !input.alone && input.census.kind == trace::AllocatorKind::Recorded && has_orders(input.census);
  const ByteAxis axis = below_orders
                            ? orders_axis(input.rect, input.view, input.style)
                            : stage_axis(input.rect, input.view,
                                         input.alone ? trace::AllocatorKind::Recorded : input.census.kind, input.style);
  // At the first line's left the panel says what is coloured by.
  const bool narrow = input.rect.width() < kNarrowEm * em;
  const float title = input.style.width(Type::Small, input.title) + 1.2f * em;
  const float beside = narrow && !input.title.empty() ? title : std::max(6.3f * em, title);
  LegendPlace place{{input.rect.x0 + beside, 0, input.rect.x1, 0}, input.rect.x0 + 0.3f * em, 1};
  if (!narrow) {
    place.line.x0 = std::max(place.line.x0, axis.x0);
    place.x0 = axis.x0;
  }
  place.lines = lines_for(input, axis, place);
  Rect area = input.rect;
  if (place.lines > 0) area.y1 -= 1.6f * em + static_cast<float>(place.lines - 1) * legend_pitch(input.style);
  if (input.may_wrap && input.rect.height() >= kWrapFromEm * em && is_crowded(input, axis)) {
    lay_wrapped(input, out, axis, area);
  } else {
    lay_linear(input, out, axis, area);
  }
  if (place.lines > 0) {
    const float y0 = std::min(area.y1, out.rows.back().y1 + 2.4f * em);
    out.legend_line = {input.rect.x0, y0 + 0.2f * em, input.rect.x1, y0 + 1.5f * em};
    place.line.y0 = out.legend_line.y0;
    place.line.y1 = out.legend_line.y1;
    lay_legend(input, out, place);
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

}  // namespace allocviz::draw
