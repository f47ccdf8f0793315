#include "viz/draw/slab_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "viz/draw/lod.h"

namespace allocviz::draw {
namespace {

constexpr float kAspect = 1.45f;  // of a large cell
constexpr float kHighestCellEm = 16;
constexpr std::size_t kArrows = 12;  // of the list drawn through the grid

float cell_height_for(float columns, std::uint64_t count, Rect area, float em) {
  const float width = area.width() / columns;
  const float rows = std::ceil(static_cast<float>(count) / columns);
  const float aspect = width > 2 * em ? kAspect : 1.0f;
  return std::min({width / aspect, area.height() / rows, kHighestCellEm * em});
}

// Squares of whole pixels; where not even two by two fit, rows four pixels high that hold as many blocks as they must.
void shrink_to_pixels(SlabGrid& grid, Rect area) {
  const std::uint64_t count = grid.last - grid.first;
  const auto fits = [&](float side) {
    const auto columns = static_cast<std::uint64_t>(area.width() / side);
    return columns > 0 && columns * static_cast<std::uint64_t>(area.height() / side) >= count;
  };
  float side = std::floor(std::sqrt(area.width() * area.height() / static_cast<float>(count)));
  while (side >= 2 && !fits(side)) side -= 1;
  if (side >= 2) {
    grid.mode = CellMode::Pixels;
    grid.cell_width = grid.cell_height = side;
    grid.columns = static_cast<std::uint64_t>(area.width() / side);
    const std::uint64_t whole = grid.columns - grid.columns % 8;
    if (whole * static_cast<std::uint64_t>(area.height() / side) >= count) grid.columns = whole;
    return;
  }
  grid.mode = CellMode::Strips;
  grid.cell_height = 4;
  const auto rows = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(area.height() / grid.cell_height));
  grid.columns = (count + rows - 1) / rows;
  grid.cell_width = area.width() / static_cast<float>(grid.columns);
}

// Labels of a cell stand on grounds of their own: the list's arrows run below them.
void add_cell_label(SlabScene& out, Rect rect, std::string text, Tone tone, Type type, Align align = Align::Left) {
  out.scene.labels.push_back({.rect = rect,
                              .text = std::move(text),
                              .tone = tone,
                              .type = type,
                              .align = align,
                              .box = static_cast<int>(out.scene.boxes.size()),
                              .grounded = true});
}

// 2: "2nd".
std::string ordinal(std::size_t n) {
  const std::size_t last = n % 10, tens = n / 10 % 10;
  const char* const end = tens == 1 ? "th" : last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th";
  return std::to_string(n) + end;
}

// Which place of the free list an offset has; its first so many are looked at.
class ListPlaces {
 public:
  explicit ListPlaces(const std::vector<std::uint64_t>& offsets) : whole_(offsets.size() <= kArrows + 1) {
    for (std::size_t i = 0; i < std::min(offsets.size(), kArrows + 1); ++i) places_.push_back({offsets[i], i});
    std::sort(places_.begin(), places_.end());
  }
  // In words, each form shorter than the one before; "" for what is not on the list, or too far behind.
  [[nodiscard]] std::array<std::string, 2> words(std::uint64_t offset) const {
    const auto found = std::lower_bound(places_.begin(), places_.end(), std::pair{offset, std::size_t{0}});
    if (found == places_.end() || found->first != offset) return {};
    const std::size_t place = found->second;
    if (place == 0) return {"next out", "next"};
    if (whole_ && place + 1 == places_.size()) return {"end of the list", "end"};
    return {ordinal(place + 1), ""};
  }

 private:
  bool whole_;
  std::vector<std::pair<std::uint64_t, std::size_t>> places_;  // by offset
};

// Number and offset at the top of a cell; below them the name of who has it, or its place on the list.
void add_cell_labels(const SlabInput& input, SlabScene& out, const Box& box, const replay::Block& block,
                     const ListPlaces& places) {
  const Style& style = input.style;
  const float em = style.em;
  const float height = out.grid.cell_height;
  const Rect& rect = box.rect;
  std::string number = std::to_string(box.offset / out.grid.block_bytes);
  const float width = style.width(Type::MonoSmall, number);
  if (height < 1.1f * em || width + 0.3f * em > rect.width()) return;
  const float pad = std::min(0.45f * em, (rect.width() - width) / 2);
  const Tone tone = box.look == Look::Live ? Tone::OnLive : box.look == Look::Fresh ? Tone::Faint : Tone::Dim;
  const float bottom = std::min(rect.y1, rect.y0 + 1.5f * em);
  add_cell_label(out, {rect.x0 + pad, rect.y0, rect.x1 + em, bottom}, std::move(number), tone, Type::MonoSmall);
  if (height < 2.6f * em) return;
  const std::string offset = offset_of(input, box.offset);
  const float x = rect.x1 - 0.45f * em - style.width(Type::MonoSmall, offset);
  if (x > rect.x0 + pad + width + 0.6f * em) {
    add_cell_label(out, {x, rect.y0, rect.x1, bottom}, offset, box.look == Look::Live ? Tone::OnLive : Tone::Faint,
                   Type::MonoSmall);
  }
  const Rect foot{rect.x0 + 0.3f * em, rect.y1 - 1.5f * em, rect.x1 - 0.3f * em, rect.y1 - 0.2f * em};
  if (box.look == Look::Live && input.name_of) {
    std::string name = input.name_of(block.born);
    if (style.width(Type::Bold, name) > foot.width() - 0.15f * em) return;
    const Rect at{rect.x0 + 0.45f * em, foot.y0, rect.x1, foot.y1};
    add_cell_label(out, at, std::move(name), Tone::OnLive, Type::Bold);
    return;
  }
  for (std::string& place : places.words(box.offset)) {
    if (place.empty() || style.width(Type::Small, place) > foot.width()) continue;
    add_cell_label(out, foot, std::move(place), box.next ? Tone::Text : Tone::Dim, Type::Small, Align::Center);
    return;
  }
}

Box cell_box(const SlabGrid& grid, std::uint64_t number, const replay::Block& block) {
  Box box;
  box.rect = grid.cell(number);
  box.look = look_of(block.state);
  box.offset = number * grid.block_bytes;
  box.size = grid.block_bytes;
  box.solid_x = box.rect.x1;
  if (box.look != Look::Live) return box;
  const double part =
      static_cast<double>(std::min(block.requested, grid.block_bytes)) / static_cast<double>(grid.block_bytes);
  box.solid_x = std::round(box.rect.x0 + static_cast<float>(part) * box.rect.width());
  return box;
}

// Calls visit(number, block) for every slab block in view; a walk may report a run of fresh ones as one.
template <class Visit>
void for_each_cell(const SlabGrid& grid, const replay::Census& census, Visit&& visit) {
  const std::uint64_t size = grid.block_bytes;
  for (std::size_t i = first_block_after(census, static_cast<double>(grid.first * size)); i < census.blocks.size();
       ++i) {
    const replay::Block& block = census.blocks[i];
    if (block.offset / size >= grid.last) break;
    const std::uint64_t end = std::min((block.offset + block.size) / size, grid.last);
    for (std::uint64_t number = std::max(grid.first, block.offset / size); number < end; ++number) visit(number, block);
  }
}

void add_cells(const SlabInput& input, SlabScene& out, const Focus& focus) {
  const replay::FreeList* list = input.census.free_lists.empty() ? nullptr : &input.census.free_lists.front();
  const bool any = list != nullptr && !list->offsets.empty();
  const std::uint64_t head = any ? list->offsets.front() : ~std::uint64_t{0};
  const ListPlaces places(list != nullptr ? list->offsets : std::vector<std::uint64_t>{});
  for_each_cell(out.grid, input.census, [&](std::uint64_t number, const replay::Block& block) {
    Box box = cell_box(out.grid, number, block);
    apply_focus(box, focus);
    box.next = box.offset == head;
    add_cell_labels(input, out, box, block, places);
    out.scene.boxes.push_back(box);
  });
}

void add_strips(const SlabInput& input, SlabScene& out, const Focus& focus) {
  const SlabGrid& grid = out.grid;
  const double row_bytes = static_cast<double>(grid.columns * grid.block_bytes);
  StripOptions options;
  options.labels = false;
  options.max_boxes = 0;
  options.digest = input.digest;
  for (std::uint64_t r = 0; r < grid.rows; ++r) {
    const double from = static_cast<double>(grid.first * grid.block_bytes) + row_bytes * static_cast<double>(r);
    const float y = std::floor(grid.rect.y0 + static_cast<float>(r) * grid.cell_height);
    const ByteAxis axis{{from, from + row_bytes}, grid.rect.x0, grid.rect.x1};
    const Rect row{axis.x0, y, axis.x1, std::max(y + 1, std::floor(y + grid.cell_height) - 1)};
    add_strip(out.scene, input.census, axis, row, focus, input.style, input.name_of, options);
    out.axes.push_back(axis);
  }
}

Point middle_of(Rect rect) {
  return {(rect.x0 + rect.x1) / 2, (rect.y0 + rect.y1) / 2};
}

// The ways of the list's arrows where cells have words: out at the side of a block, along the seams, in at the side of
// the next; so that no line runs through a live block or behind a number.
class Routes {
 public:
  Routes(const SlabGrid& grid, float em) : grid_(grid), em_(em) {}
  // Whether there are seams to go along and there is room in a cell below its number.
  [[nodiscard]] static bool fit(const SlabGrid& grid, float em) {
    return grid.mode == CellMode::Boxes && grid.cell_height >= std::max(24.0f, 1.5f * em) && grid.cell_width >= 24;
  }
  void add(std::vector<Link>& links, std::uint64_t from, std::uint64_t to) {
    const Spot a = spot(from), b = spot(to);
    const bool same = a.column == b.column;
    // Straight down there is a choice of sides: not the one it came in at.
    const bool right = same ? came_ != Side::Right || a.column == 0 : b.column > a.column;
    const Side out = right ? Side::Right : Side::Left;
    const bool in_at_right = same ? right : !right;
    if (came_ == out && !links.empty()) {  // in and out at one side: one above the other
      links.back().to.y -= apart();
      if (!links.back().corners.empty()) links.back().corners.back().y = links.back().to.y;
    }
    Link link{a.middle, b.middle, LinkKind::Next, Tone::Dim};
    if (came_ == out) link.from.y += apart();
    const float leave = seam_beside(a, right), enter = seam_beside(b, in_at_right);
    if (leave == enter) {
      link.corners = {{leave, link.from.y}, {leave, link.to.y}};
    } else {
      // Below the row itself, or on the side of the other row that it comes from.
      const bool down = b.row > a.row;
      const float along = grid_.cell(down ? above(to) : to).y1 + lane(links.size());
      link.corners = {{leave, link.from.y}, {leave, along}, {enter, along}, {enter, link.to.y}};
    }
    links.push_back(std::move(link));
    came_ = in_at_right ? Side::Right : Side::Left;
  }
  void interrupt() { came_ = Side::None; }

 private:
  enum class Side : std::uint8_t { None, Left, Right };
  struct Spot {
    std::uint64_t column, row;
    Rect cell;
    Point middle;
  };
  [[nodiscard]] Spot spot(std::uint64_t block) const {
    const std::uint64_t index = block - grid_.first;
    const Rect cell = grid_.cell(block);
    const Point middle = middle_of(cell);
    const float y = std::min(std::max(middle.y, cell.y0 + 1.25f * em_), cell.y1 - 3);
    return {index % grid_.columns, index / grid_.columns, cell, {std::floor(middle.x), std::floor(y)}};
  }
  [[nodiscard]] std::uint64_t above(std::uint64_t block) const { return block - grid_.columns; }
  [[nodiscard]] float seam_beside(const Spot& spot, bool right) const {
    return right ? spot.cell.x1 + in_seam() : spot.cell.x0 - grid_.seam() + in_seam();
  }
  // Two lines that share a seam lie beside each other more often than not.
  [[nodiscard]] float lane(std::size_t link) const { return in_seam() + (link % 2 == 0 ? -1.0f : 1.0f); }
  [[nodiscard]] float in_seam() const { return std::floor((grid_.seam() - 1) / 2); }
  [[nodiscard]] float apart() const { return std::clamp((grid_.cell_height - 2.6f * em_) / 5, 0.1f * em_, 0.4f * em_); }

  const SlabGrid& grid_;
  float em_;
  Side came_ = Side::None;
};

void add_arrows(const SlabInput& input, SlabScene& out) {
  // Among cells smaller than its heads and dots an arrow hides what it joins; the list below says the order.
  const bool small = out.grid.mode != CellMode::Boxes || out.grid.cell_height < 0.8f * input.style.em;
  if (input.census.free_lists.empty() || small) return;
  const std::vector<std::uint64_t>& offsets = input.census.free_lists.front().offsets;
  const SlabGrid& grid = out.grid;
  const bool along_seams = Routes::fit(grid, input.style.em);
  Routes routes(grid, input.style.em);
  for (std::size_t i = 0; i + 1 < std::min(offsets.size(), kArrows + 1); ++i) {
    const std::uint64_t from = offsets[i] / grid.block_bytes;
    const std::uint64_t to = offsets[i + 1] / grid.block_bytes;
    if (from < grid.first || from >= grid.last || to < grid.first || to >= grid.last) {
      routes.interrupt();
      continue;
    }
    if (along_seams) {
      routes.add(out.scene.links, from, to);
      continue;
    }
    out.scene.links.push_back({middle_of(grid.cell(from)), middle_of(grid.cell(to)), LinkKind::Next, Tone::Dim});
  }
}

}  // namespace

std::string offset_of(const SlabInput& input, std::uint64_t offset) {
  return trace::offset_text(offset, input.census.arena_bytes);
}

Rect SlabGrid::cell(std::uint64_t block) const {
  const std::uint64_t index = block - first;
  const auto column = static_cast<float>(index % columns);
  const auto row = static_cast<float>(index / columns);
  const float x0 = std::floor(rect.x0 + column * cell_width);
  const float y0 = std::floor(rect.y0 + row * cell_height);
  return {x0, y0, std::floor(rect.x0 + (column + 1) * cell_width) - seam(),
          std::floor(rect.y0 + (row + 1) * cell_height) - seam()};
}

float SlabGrid::seam() const {
  const float side = std::min(cell_width, cell_height);
  if (side >= 64) return 9;
  if (side >= 40) return 7;
  return cell_height >= 24 ? 4.0f : cell_height >= 6 ? 2.0f : cell_height >= 4 ? 1.0f : 0.0f;
}

SlabGrid grid_for(std::uint64_t first, std::uint64_t last, Rect area, float em) {
  SlabGrid grid;
  grid.first = first;
  grid.last = std::max(last, first + 1);
  const std::uint64_t count = grid.last - grid.first;
  const auto most = static_cast<std::uint64_t>(std::max(1.0f, area.width() / 2));
  float best = 0;
  for (std::uint64_t columns = 1; columns <= std::min(count, most); ++columns) {
    const float height = cell_height_for(static_cast<float>(columns), count, area, em);
    const float bonus = columns % 8 == 0 ? 1.2f : columns % 4 == 0 ? 1.05f : 1.0f;
    if (height * bonus <= best) continue;
    best = height * bonus;
    grid.columns = columns;
    grid.cell_height = height;
  }
  const float width = area.width() / static_cast<float>(grid.columns);
  const float aspect = width > 2 * em ? kAspect : 1.0f;
  grid.cell_width = std::floor(std::min(width, grid.cell_height * aspect * 1.2f));
  grid.cell_height = std::floor(grid.cell_height);
  if (count > kMaxBoxes || grid.cell_height < 4) shrink_to_pixels(grid, area);
  grid.rows = (count + grid.columns - 1) / grid.columns;
  grid.rect = {std::floor(area.x0), std::floor(area.y0),
               std::floor(area.x0 + static_cast<float>(grid.columns) * grid.cell_width),
               std::floor(area.y0 + static_cast<float>(grid.rows) * grid.cell_height)};
  return grid;
}

SlabScene lay_out_slab(const SlabInput& input) {
  SlabScene out;
  const float em = input.style.em;
  const std::uint64_t block = std::max<std::uint64_t>(
      input.census.free_lists.empty() ? input.spec.block_bytes : input.census.free_lists.front().block_bytes, 1);
  const std::uint64_t count = input.census.arena_bytes / block;
  const ListForm form = list_form(input, std::max<std::uint64_t>(count, 1), block);
  const float list_height = (0.65f + kListLineEm * static_cast<float>(form.lines)) * em;
  const float refusal_height = input.rect.height() > 8 * em ? 1.5f * em : 0.0f;
  Rect area = input.rect;
  area.y1 -= list_height + refusal_height;
  area.y1 = std::max(area.y1, area.y0 + em);
  if (count == 0) {
    out.scene.labels.push_back({area, "a slab of no blocks", Tone::Dim, Type::Body, Align::Center});
    return out;
  }
  const double size = static_cast<double>(block);
  const auto first = static_cast<std::uint64_t>(std::max(0.0, std::floor(input.view.from / size + 1e-9)));
  const auto last = static_cast<std::uint64_t>(std::ceil(input.view.to / size - 1e-9));
  out.grid = grid_for(std::min(first, count - 1), std::clamp<std::uint64_t>(last, 1, count), area, em);
  out.grid.block_bytes = block;
  const Focus focus = focus_of(input.now, input.spec, input.selected);
  if (out.grid.mode == CellMode::Boxes) add_cells(input, out, focus);
  if (out.grid.mode == CellMode::Strips) add_strips(input, out, focus);
  add_arrows(input, out);
  const float y = std::floor(std::min(out.grid.rect.y1 + 0.6f * em, area.y1 + 0.6f * em));
  add_list(input, out, {input.rect.x0, y, input.rect.x1, y + list_height}, form);
  const std::string name =
      input.now.event != Moment::kNone && input.name_of ? input.name_of(input.now.event) : std::string();
  std::string refused = refusal_text(input.now, input.spec, input.census, name);
  if (refused.empty() || refusal_height <= 0) return out;
  const float at = y + list_height - 0.5f * em;
  out.scene.labels.push_back({{input.rect.x0, at, input.rect.x1, at + 1.5f * em},
                              refusal_within(std::move(refused), input.rect.width(), input.style),
                              Tone::Failed,
                              Type::Bold});
  return out;
}

std::optional<Span> hit(const SlabScene& scene, Point at) {
  const SlabGrid& grid = scene.grid;
  if (!grid.rect.contains(at)) return std::nullopt;
  const auto row = static_cast<std::uint64_t>((at.y - grid.rect.y0) / grid.cell_height);
  const double size = static_cast<double>(grid.block_bytes);
  if (grid.mode == CellMode::Strips) {
    if (row >= scene.axes.size()) return std::nullopt;
    const double x = std::floor(at.x);
    return Span{scene.axes[row].byte_at(x), scene.axes[row].byte_at(x + 1)};
  }
  const auto column = static_cast<std::uint64_t>((at.x - grid.rect.x0) / grid.cell_width);
  const std::uint64_t block = grid.first + row * grid.columns + std::min(column, grid.columns - 1);
  if (block >= grid.last) return std::nullopt;
  return Span{static_cast<double>(block) * size, static_cast<double>(block + 1) * size};
}

void paint_cells(const SlabGrid& grid, const replay::Census& census, const Theme& theme, Picture& out) {
  out.width = static_cast<int>(grid.rect.width());
  out.height = static_cast<int>(grid.rect.height());
  out.pixels.assign(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height), 0);
  Color colours[kLooks] = {};
  const auto set = [&colours](Look look, Color color) { colours[static_cast<std::size_t>(look)] = color; };
  set(Look::Live, mix(theme.live_fill, theme.live, 0.55));
  set(Look::Waste, theme.waste);
  set(Look::Free, mix(theme.inset, theme.free_edge, 0.35));
  set(Look::Fresh, theme.inset);
  set(Look::InFlight, theme.touched);
  set(Look::Gap, theme.reserved);
  const auto fill = [&](Rect rect, Color color) {
    for (auto y = static_cast<int>(rect.y0); y < static_cast<int>(rect.y1); ++y) {
      Color* row = out.pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width);
      for (auto x = static_cast<int>(rect.x0); x < static_cast<int>(rect.x1); ++x) row[x] = color;
    }
  };
  for_each_cell(grid, census, [&](std::uint64_t number, const replay::Block& block) {
    Rect cell = grid.cell(number);
    cell = {cell.x0 - grid.rect.x0, cell.y0 - grid.rect.y0, cell.x1 - grid.rect.x0, cell.y1 - grid.rect.y0};
    fill(cell, colours[static_cast<std::size_t>(look_of(block.state))]);
    if (block.state != replay::BlockState::Live || block.requested >= grid.block_bytes) return;
    const double part = static_cast<double>(block.requested) / static_cast<double>(grid.block_bytes);
    if (cell.width() < 4) {  // stripes of a pixel would be seen as a third colour: what it is for the most part
      if (part < 0.5) fill(cell, colours[static_cast<std::size_t>(Look::Waste)]);
      return;
    }
    const float solid = std::max(1.0f, std::floor(static_cast<float>(part) * cell.width()));
    fill({std::min(cell.x0 + solid, cell.x1), cell.y0, cell.x1, cell.y1},
         colours[static_cast<std::size_t>(Look::Waste)]);
  });
}

}  // namespace allocviz::draw
