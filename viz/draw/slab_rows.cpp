#include "viz/draw/slab_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/trace/spec.h"
#include "viz/draw/strip.h"

namespace allocviz::draw {
namespace {

constexpr float kRowEm = 1.9f, kThinEm = 0.7f, kTitleEm = 1.6f;
constexpr float kLeastCell = 3;  // pixels: a slab narrower than this shares its cell

std::map<int, std::vector<replay::SlabRun>> by_class(const replay::Census& census) {
  std::map<int, std::vector<replay::SlabRun>> classes;
  for (const replay::SlabRun& slab : census.slabs) classes[slab.size_class].push_back(slab);
  return classes;
}

bool holds(const replay::SlabRun& slab, std::optional<std::uint64_t> byte) {
  return byte && *byte >= slab.offset && *byte - slab.offset < slab.size;
}

// One cell: its outline as free memory, and over it as much of live as is handed out.
void add_cell(SlabRows& out, const SlabRow& row, const SlabCell& cell, const SlabRowsInput& input) {
  const replay::SlabRun& first = row.slabs[cell.first];
  Box whole;
  whole.rect = cell.rect;
  whole.look = Look::Free;
  whole.offset = first.offset;
  whole.size = first.size;
  for (std::size_t i = cell.first; i < cell.last; ++i) {
    whole.touched = whole.touched || holds(row.slabs[i], input.touched);
    whole.selected = whole.selected || holds(row.slabs[i], input.selected);
  }
  Box used = whole;
  used.look = Look::Live;
  used.touched = used.selected = false;
  const double share =
      static_cast<double>(cell.outstanding) / static_cast<double>(std::max<std::uint64_t>(cell.blocks, 1));
  const float width = static_cast<float>(share) * cell.rect.width();
  // Something handed out is seen, and something left, too.
  const float least = cell.outstanding == 0 ? 0.0f : 1.0f;
  const float most = cell.outstanding == cell.blocks ? cell.rect.width() : cell.rect.width() - 1;
  used.rect.x1 = cell.rect.x0 + std::clamp(std::round(width), least, std::max(least, most));
  used.solid_x = used.rect.x1;
  out.scene.boxes.push_back(whole);
  if (cell.outstanding != 0) out.scene.boxes.push_back(used);
}

void fill_cells(SlabRow& row, float em) {
  const auto count = static_cast<float>(row.slabs.size());
  const float room = row.rect.width();
  const float pitch = std::clamp(room / count, kLeastCell, 4.5f * em);
  const auto cells = static_cast<std::size_t>(std::max(1.0f, std::min(count, std::floor(room / pitch))));
  for (std::size_t i = 0; i < cells; ++i) {
    SlabCell cell;
    cell.first = i * row.slabs.size() / cells;
    cell.last = (i + 1) * row.slabs.size() / cells;
    const float x = std::floor(row.rect.x0 + static_cast<float>(i) * pitch);
    const float seam = pitch >= 5 ? 2.0f : 1.0f;
    const float end = std::max(x + 1, std::floor(row.rect.x0 + static_cast<float>(i + 1) * pitch) - seam);
    cell.rect = {x, row.rect.y0, end, row.rect.y1};
    for (std::size_t s = cell.first; s < cell.last; ++s) {
      cell.blocks += row.slabs[s].blocks;
      cell.outstanding += row.slabs[s].outstanding;
    }
    row.cells.push_back(cell);
  }
}

// The first block of the class's list and how many follow it, as far as they fit.
std::string list_text(const replay::Census& census, int size_class, float room, const Style& style) {
  for (const replay::FreeList& list : census.free_lists) {
    if (list.size_class != size_class) continue;
    if (list.offsets.empty()) break;
    const std::string first = trace::offset_text(list.offsets.front(), census.arena_bytes);
    if (list.offsets.size() == 1) return first;
    const std::string more = trace::count_text(list.offsets.size() - 1);
    for (std::string text : {first + " → +" + more, first + " +" + more}) {
      if (style.width(Type::MonoSmall, text) <= room) return text;
    }
    return first;
  }
  return {};
}

void add_words(SlabRows& out, const SlabRow& row, const SlabRowsInput& input) {
  const float em = input.style.em;
  const float middle = std::floor((row.rect.y0 + row.rect.y1) / 2);
  const Rect line{input.rect.x0, middle - 0.6f * em, input.rect.x1, middle + 0.6f * em};
  out.scene.labels.push_back({{line.x0, line.y0, input.x0 - 0.7f * em, line.y1},
                              telling_size(row.block_bytes),
                              Tone::Text,
                              Type::MonoSmall,
                              Align::Right});
  const std::string free = list_text(input.census, row.size_class, line.x1 - input.x1 - em, input.style);
  out.scene.labels.push_back({{input.x1 + em, line.y0, line.x1, line.y1},
                              free.empty() ? "– none free" : free,
                              free.empty() ? Tone::Faint : Tone::Dim,
                              free.empty() ? Type::Small : Type::MonoSmall,
                              Align::Left});
}

// What the rows below show, as far as there is room for it.
std::string title_of(const SlabRowsInput& input, std::size_t classes, float width) {
  const std::size_t slabs = input.census.slabs.size();
  const std::string count = trace::count_text(slabs, "slab") + " of " + trace::count_text(classes, "size class");
  for (const char* more : {": each filled as far as its blocks are handed out", ": filled as far as handed out"}) {
    if (input.style.width(Type::Small, count + more) <= width) return count + more;
  }
  return count;
}

}  // namespace

float slab_rows_height(const replay::Census& census, const Style& style) {
  const auto rows = static_cast<float>(by_class(census).size());
  return rows == 0 ? 0 : (kTitleEm + rows * kRowEm) * style.em;
}

SlabRows lay_out_slab_rows(const SlabRowsInput& input) {
  SlabRows out;
  const float em = input.style.em;
  const auto classes = by_class(input.census);
  if (classes.empty() || input.rect.height() < (kTitleEm + kThinEm) * em) return out;
  const Rect line{input.x0, input.rect.y0, input.rect.x1, input.rect.y0 + 1.3f * em};
  out.scene.labels.push_back({line, title_of(input, classes.size(), line.width()), Tone::Dim, Type::Small});
  const float top = input.rect.y0 + kTitleEm * em;
  const float pitch = std::min(kRowEm * em, (input.rect.y1 - top) / static_cast<float>(classes.size()));
  float words_from = input.rect.y0 + 1.3f * em;  // where the title ends
  float y = top;
  for (const auto& [size_class, slabs] : classes) {
    SlabRow row;
    row.size_class = size_class;
    row.block_bytes = slabs.front().block_bytes;
    row.slabs = slabs;
    row.rect = {input.x0, std::floor(y), input.x1, std::floor(y + std::max(2.0f, pitch - 0.3f * em))};
    fill_cells(row, em);
    for (const SlabCell& cell : row.cells) add_cell(out, row, cell, input);
    // Where rows are thinner than words, some go without.
    const float middle = (row.rect.y0 + row.rect.y1) / 2;
    if (middle - 0.4f * em >= words_from) {
      add_words(out, row, input);
      words_from = middle + 0.4f * em;
    }
    out.rows.push_back(std::move(row));
    y += pitch;
  }
  return out;
}

std::optional<SlabHit> hit(const SlabRows& rows, Point at) {
  for (const SlabRow& row : rows.rows) {
    if (!row.rect.contains(at)) continue;
    for (const SlabCell& cell : row.cells) {
      if (cell.rect.contains(at)) return SlabHit{&row, &cell};
    }
  }
  return std::nullopt;
}

std::string tip_text(const SlabHit& hit, std::uint64_t arena_bytes) {
  const SlabCell& cell = *hit.cell;
  const replay::SlabRun& first = hit.row->slabs[cell.first];
  const replay::SlabRun& last = hit.row->slabs[cell.last - 1];
  const std::size_t count = cell.last - cell.first;
  std::string text = count == 1 ? "slab" : fmt::format("{} slabs behind this cell", trace::count_text(count));
  text += fmt::format(" of {} blocks\n{} … {}\n{} of {} blocks handed out", telling_size(hit.row->block_bytes),
                      trace::offset_text(first.offset, arena_bytes),
                      trace::offset_text(last.offset + last.size - 1, arena_bytes), trace::count_text(cell.outstanding),
                      trace::count_text(cell.blocks));
  return text;
}

}  // namespace allocviz::draw
