#include "viz/draw/glimpse.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "viz/draw/axis.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/lod.h"
#include "viz/draw/strip.h"

namespace allocviz::draw {
namespace {

constexpr int kMostRows = 7;

ByteAxis axis_of(const replay::Census& census, Rect rect) {
  return {{0, static_cast<double>(std::max<std::uint64_t>(census.arena_bytes, 1))}, rect.x0, rect.x1};
}

void add(Scene& scene, const Box& box) {
  if (box.rect.width() >= 1) scene.boxes.push_back(box);
}

// The levels from the largest block that is there down: those above it are split from end to end.
void add_tree(Scene& scene, const replay::Census& census, const trace::AllocatorSpec& spec, Rect rect) {
  const BuddyShape shape = shape_of(spec);
  int first = shape.levels, last = 0;
  for (const replay::Block& block : census.blocks) {
    if (block.state == replay::BlockState::Gap) continue;
    const int level = block.level >= 0 ? block.level : shape.level_of(block.size);
    first = std::min(first, level);
    last = std::max(last, level);
  }
  first = std::max(std::min(first, last) - 1, 0);
  last = std::min(last, first + kMostRows - 1);
  const int rows = last - first + 1;
  const ByteAxis axis = axis_of(census, rect);
  const auto row_of = [&](int level) {
    const float pitch = rect.height() / static_cast<float>(rows);
    const float y0 = std::round(rect.y0 + pitch * static_cast<float>(level - first));
    const float y1 = std::round(rect.y0 + pitch * static_cast<float>(level - first + 1));
    return Rect{rect.x0, y0, rect.x1, std::max(y0 + 1, y1 - 1)};
  };
  std::vector<std::uint64_t> open(static_cast<std::size_t>(rows), ~std::uint64_t{0});
  for (const replay::Block& block : census.blocks) {
    const bool gap = block.state == replay::BlockState::Gap;
    const int level = gap ? first : std::min(block.level >= 0 ? block.level : shape.level_of(block.size), last);
    for (int above = first; above < level; ++above) {
      const std::uint64_t whole = block.offset & ~(shape.size_of(above) - 1);
      if (std::exchange(open[static_cast<std::size_t>(above - first)], whole) == whole) continue;
      add(scene, box_of(whole, shape.size_of(above), 0, Look::Split, axis, row_of(above)));
    }
    Rect row = row_of(level);
    if (gap) row.y1 = rect.y1;
    add(scene, box_of(block.offset, block.size, block.requested, look_of(block.state), axis, row));
  }
}

// So many columns that the cells are about square.
void add_grid(Scene& scene, const replay::Census& census, Rect rect) {
  const auto count = static_cast<float>(census.blocks.size());
  const float columns = std::max(1.0f, std::ceil(std::sqrt(count * rect.width() / rect.height())));
  const float rows = std::ceil(count / columns);
  const float across = rect.width() / columns, down = rect.height() / rows;
  float i = 0;
  for (const replay::Block& block : census.blocks) {
    const float column = std::fmod(i, columns), line = std::floor(i / columns);
    const Rect cell{std::round(rect.x0 + column * across), std::round(rect.y0 + line * down),
                    std::round(rect.x0 + (column + 1) * across), std::round(rect.y0 + (line + 1) * down) - 1};
    const ByteAxis axis{
        {static_cast<double>(block.offset), static_cast<double>(block.offset + block.size)}, cell.x0, cell.x1};
    add(scene, box_of(block.offset, block.size, block.requested, look_of(block.state), axis, cell));
    ++i;
  }
}

void add_region(Scene& scene, const replay::Census& census, Rect rect) {
  const ByteAxis axis = axis_of(census, rect);
  const Rect row{rect.x0, std::round(rect.y0 + 0.18f * rect.height()), rect.x1,
                 std::round(rect.y1 - 0.18f * rect.height())};
  for (const replay::Block& block : census.blocks) {
    add(scene, box_of(block.offset, block.size, block.requested, look_of(block.state), axis, row));
  }
  if (!census.mark) return;
  const float x = axis.snapped(static_cast<double>(*census.mark));
  for (const float at : {x - 1, x}) {
    scene.links.push_back({{at, rect.y0}, {at, rect.y1}, LinkKind::Line, Tone::Touched});
  }
}

}  // namespace

Scene lay_out_glimpse(const replay::Census& census, const trace::AllocatorSpec& spec, Rect rect) {
  Scene scene;
  switch (spec.kind) {
    case trace::AllocatorKind::Buddy:
      add_tree(scene, census, spec, rect);
      break;
    case trace::AllocatorKind::Tiered:
      add_tree(scene, buddy_below(census, shape_of(spec).top), spec, rect);
      break;
    case trace::AllocatorKind::Slab:
      add_grid(scene, census, rect);
      break;
    case trace::AllocatorKind::Bump:
    case trace::AllocatorKind::Recorded:
      add_region(scene, census, rect);
      break;
  }
  return scene;
}

}  // namespace allocviz::draw
