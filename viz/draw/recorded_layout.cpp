#include "viz/draw/recorded_layout.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "viz/draw/lod.h"
#include "viz/draw/strip.h"

namespace allocviz::draw {
namespace {

using replay::Block;
using replay::BlockState;
using replay::Census;

constexpr float kRowEm = 2.1f, kScaleEm = 1.9f;
constexpr int kMostRows = 40;
constexpr double kPage = 4096;
constexpr std::size_t kSparse = 200;  // blocks of an order that are each drawn so that one sees them
constexpr int kSearched = 256;        // blocks to either side that may say where a row is

std::string hex(std::uint64_t address) {
  return fmt::format("0x{:x}", address);
}

// The address, or as many of its last digits as there is room for: all rows begin with the same ones.
std::string hex_within(std::uint64_t address, float width, const Style& style) {
  std::string text = hex(address);
  if (style.width(Type::MonoSmall, text) <= width) return text;
  std::size_t gone = 2;  // "0x"
  const auto rest = [&] { return "…" + text.substr(gone); };
  while (gone + 1 < text.size() && style.width(Type::MonoSmall, rest()) > width) ++gone;
  return rest();
}

StripOptions options_of(std::size_t rows) {
  StripOptions options;
  options.free_word = "not live";
  options.max_boxes = kMaxBoxes / std::max<std::size_t>(rows, 1);
  return options;
}

// The address that block i tells of the bytes around it: it less its offset.
std::optional<std::uint64_t> shift_of(const Block& block, const AddressOf& address_of) {
  if (block.state != BlockState::Live) return std::nullopt;
  const std::uint64_t address = address_of(block.born);
  if (address == 0) return std::nullopt;
  return address - block.offset;
}

// Of each row where it begins; in a row that begins between two regions, of the first byte known behind that.
void lay_addresses(const RecordedInput& input, RecordedScene& out) {
  const Style& style = input.style;
  const float em = style.em;
  const auto count =
      static_cast<std::size_t>(std::clamp(input.rect.height() / (kRowEm * em), 1.0f, static_cast<float>(kMostRows)));
  double bytes = input.view.width() / static_cast<double>(count);
  if (bytes >= 4 * kPage) bytes = std::ceil(bytes / kPage) * kPage;  // rows that begin at round addresses
  const float pitch = input.rect.height() / static_cast<float>(count);
  const float label = std::min(style.width(Type::MonoSmall, "0x7fffffffffff") + 0.8f * em, 0.3f * input.rect.width());
  for (std::size_t i = 0; i < count; ++i) {
    const float y0 = std::floor(input.rect.y0 + static_cast<float>(i) * pitch);
    const float y1 = std::floor(input.rect.y0 + static_cast<float>(i + 1) * pitch - 0.35f * em);
    const double from = input.view.from + bytes * static_cast<double>(i);
    ByteAxis axis{{from, from + bytes}, std::floor(input.rect.x0 + label), std::floor(input.rect.x1)};
    axis.x1 = std::max(axis.x1, axis.x0 + 1);
    const Rect row{axis.x0, y0, axis.x1, std::max(y0 + 1, y1)};
    StripOptions options = options_of(count);
    options.digest = input.digest;
    options.rows = Rows{input.view, bytes};
    add_strip(out.scene, input.census, axis, row, input.focus, style, input.name_of, options);
    const auto first = static_cast<std::uint64_t>(std::max(0.0, std::ceil(from)));
    // A row of nothing but a gap says what comes behind it no more often than once.
    const Block* begins = input.census.block_at(first);
    const bool gap = begins != nullptr && begins->state == BlockState::Gap &&
                     static_cast<double>(begins->offset + begins->size) >= from + bytes;
    const std::uint64_t address = gap ? 0 : address_at(input.census, input.address_of, first);
    out.scene.labels.push_back({{input.rect.x0, row.y0, axis.x0 - 0.6f * em, row.y1},
                                address != 0 ? hex_within(address, label - 0.6f * em, style) : "…",
                                address != 0 ? Tone::Dim : Tone::Faint,
                                Type::MonoSmall,
                                Align::Right});
    out.axes.push_back(axis);
    out.rows.push_back(row);
  }
}

int largest_order(const Census& census) {
  int largest = -1;
  if (!has_orders(census)) return largest;
  for (const Block& block : census.blocks) largest = std::max(largest, static_cast<int>(block.level));
  return largest;
}

// The blocks of one order, with everything else left out.
Census of_order(const Census& census, int order) {
  Census out;
  out.kind = census.kind;
  out.arena_bytes = census.arena_bytes;
  for (const Block& block : census.blocks) {
    if (block.level == order) out.blocks.push_back(block);
  }
  return out;
}

// Few blocks, each narrower than a box: a stroke as high as the row.
void add_ticks(Scene& scene, const Census& census, const ByteAxis& axis, Rect row) {
  for (const Block& block : census.blocks) {
    const auto from = static_cast<double>(block.offset);
    if (static_cast<double>(block.size) / axis.bytes_per_px() >= kBoxPx) continue;
    if (from < axis.bytes.from || from >= axis.bytes.to) continue;
    const float x = axis.snapped(from);
    Box box = box_of(block.offset, block.size, block.requested, look_of(block.state), axis, row);
    box.rect.x0 = std::min(x, axis.x1 - 2);
    box.rect.x1 = box.solid_x = box.rect.x0 + 2;
    scene.boxes.push_back(box);
  }
}

void lay_orders(const RecordedInput& input, RecordedScene& out, int largest) {
  const Style& style = input.style;
  const float em = style.em;
  const auto count = static_cast<std::size_t>(largest) + 1;
  const ByteAxis axis = orders_axis(input.rect, input.view, style);
  const float pitch = std::min((input.rect.height() - kScaleEm * em) / static_cast<float>(count), 4 * em);
  float y = input.rect.y0;
  for (int order = largest; order >= 0; --order, y += pitch) {
    const Rect row{axis.x0, std::floor(y), axis.x1, std::max(std::floor(y) + 1, std::floor(y + 0.82f * pitch))};
    const Census census = of_order(input.census, order);
    add_strip(out.scene, census, axis, row, input.focus, style, input.name_of, options_of(count));
    if (census.blocks.size() <= kSparse) add_ticks(out.scene, census, axis, row);
    const std::uint64_t size = std::uint64_t{4096} << order;
    out.scene.labels.push_back({{input.rect.x0, row.y0, axis.x0 - 0.6f * em, row.y1},
                                fmt::format("order {}  {}", order, trace::size_text(size)),
                                Tone::Dim,
                                Type::Small,
                                Align::Left});
    out.scene.labels.push_back({{axis.x1 + 0.4f * em, row.y0, input.rect.x1, row.y1},
                                census.blocks.empty() ? "–" : trace::count_text(census.blocks.size()) + " live",
                                census.blocks.empty() ? Tone::Faint : Tone::Text,
                                Type::MonoSmall,
                                Align::Right});
    out.orders.push_back(order);
    out.axes.push_back(axis);
    out.rows.push_back(row);
  }
  add_byte_scale(out.scene, axis, std::floor(y + 0.2f * em), static_cast<double>(input.census.arena_bytes), style);
}

}  // namespace

bool has_orders(const Census& census) {
  const auto live = std::find_if(census.blocks.begin(), census.blocks.end(),
                                 [](const Block& block) { return block.state == BlockState::Live; });
  return live != census.blocks.end() && live->level >= 0;
}

std::uint64_t address_at(const Census& census, const AddressOf& address_of, std::uint64_t offset) {
  const Block* at = census.block_at(offset);
  if (at == nullptr || !address_of) return 0;
  const Block* const first = census.blocks.data();
  const Block* const end = first + census.blocks.size();
  // Between two regions: what comes behind the gap.
  if (at->state == BlockState::Gap) {
    if (++at == end) return 0;
    offset = at->offset;
  }
  const Block* up = at;
  for (int i = 0; i < kSearched && up != end && up->state != BlockState::Gap; ++i, ++up) {
    if (const auto shift = shift_of(*up, address_of)) return offset + *shift;
  }
  const Block* down = at;
  for (int i = 0; i < kSearched && down->state != BlockState::Gap; ++i, --down) {
    if (const auto shift = shift_of(*down, address_of)) return offset + *shift;
    if (down == first) break;
  }
  return 0;
}

RecordedScene lay_out_recorded(const RecordedInput& input) {
  RecordedScene out;
  const int largest = largest_order(input.census);
  if (largest >= 0) {
    lay_orders(input, out, largest);
  } else {
    lay_addresses(input, out);
  }
  return out;
}

std::optional<RecordedHit> hit(const RecordedScene& scene, Point at) {
  for (std::size_t i = 0; i < scene.rows.size(); ++i) {
    if (!scene.rows[i].contains(at)) continue;
    const double x = std::floor(at.x);
    return RecordedHit{i, {scene.axes[i].byte_at(x), scene.axes[i].byte_at(x + 1)}};
  }
  return std::nullopt;
}

}  // namespace allocviz::draw
