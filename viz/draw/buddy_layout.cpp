#include "viz/draw/buddy_layout.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "viz/draw/lod.h"

namespace allocviz::draw {
namespace {

constexpr int kMaxLevels = 64;
constexpr float kHighestPitchEm = 13;
// Heights of the buddy arithmetic with the space around it, and the row heights from which on it may have them.
constexpr float kLooseEm = 4.8f, kTwoLinesEm = 3.15f, kOneLineEm = 1.9f;
constexpr float kLooseFromEm = 3.3f, kTwoLinesFromEm = 2.3f;

struct Node {
  std::uint64_t offset = 0, size = 0;
  int level = 0;
  Look look = Look::Split;
  const replay::Block* block = nullptr;  // of a leaf
};

// Calls visit(Node) for a block; a gap, which is no node of the tree, is cut into the largest aligned pieces it holds
// (at the top level it stays in one piece, however long).
template <class Visit>
void for_each_piece(const replay::Block& block, const BuddyShape& shape, Visit&& visit) {
  if (block.state != replay::BlockState::Gap) {
    const int level = block.level >= 0 ? block.level : shape.level_of(block.size);
    visit(Node{block.offset, block.size, level, look_of(block.state), &block});
    return;
  }
  std::uint64_t at = block.offset;
  const std::uint64_t end = block.offset + block.size;
  while (at < end) {
    std::uint64_t size = std::min(shape.top, std::bit_floor(end - at));
    if (at != 0) size = std::min(size, at & (~at + 1));
    const std::uint64_t span = size == shape.top ? (end - at) / shape.top * shape.top : size;
    visit(Node{at, span, shape.level_of(size), look_of(block.state), &block});
    at += span;
  }
}

// Calls visit(Node) for every node of the tree in view, parents before the blocks in them, in address order.
// The ancestors of a block are visited once: those that its predecessor did not have already. A run of blocks that
// take_run(run) takes is passed over, all but its ancestors that reach beyond it. O(nodes in view that are visited).
template <class TakeRun, class Visit>
void for_each_node(const BuddyInput& input, const BuddyShape& shape, TakeRun&& take_run, Visit&& visit) {
  std::array<std::uint64_t, kMaxLevels> open{};
  open.fill(~std::uint64_t{0});
  const auto visit_leaf = [&](Node leaf) {
    int first_new = leaf.level;
    while (first_new > 0) {
      const std::uint64_t start = leaf.offset & ~(shape.size_of(first_new - 1) - 1);
      if (open[static_cast<std::size_t>(first_new - 1)] == start) break;
      open[static_cast<std::size_t>(first_new - 1)] = start;
      --first_new;
    }
    for (int level = first_new; level < leaf.level; ++level) {
      visit(Node{open[static_cast<std::size_t>(level)], shape.size_of(level), level, Look::Split, nullptr});
    }
    visit(leaf);
  };
  const auto pass_over = [&](const replay::Digest::Run& run) {
    if (!take_run(run)) return false;
    for (const replay::Digest::Open& split : input.digest->open(run)) {
      open[static_cast<std::size_t>(split.level)] = split.offset;
      visit(Node{split.offset, split.size, split.level, Look::Split, nullptr});
    }
    return true;
  };
  for_each_in_view(input.census, input.digest, input.view, pass_over,
                   [&](const replay::Block& block, std::size_t) { for_each_piece(block, shape, visit_leaf); });
}

// Which levels hold a block (not only split ones) in view.
std::array<bool, kMaxLevels> levels_with_blocks(const BuddyInput& input, const BuddyShape& shape) {
  std::array<bool, kMaxLevels> out{};
  const auto take_run = [&](const replay::Digest::Run& run) {
    if (static_cast<double>(run.end) > input.view.to) return false;
    for (std::uint64_t left = run.levels; left != 0; left &= left - 1) {
      out[static_cast<std::size_t>(std::countr_zero(left))] = true;
    }
    return true;
  };
  for_each_in_view(input.census, input.digest, input.view, take_run, [&](const replay::Block& block, std::size_t) {
    for_each_piece(block, shape, [&out](const Node& node) { out[static_cast<std::size_t>(node.level)] = true; });
  });
  return out;
}

std::vector<BuddyRow> choose_rows(const BuddyInput& input, const BuddyShape& shape, float height) {
  std::vector<BuddyRow> rows;
  const bool all_fit = height >= static_cast<float>(shape.levels) * 1.5f * input.style.em;
  const std::array<bool, kMaxLevels> held = levels_with_blocks(input, shape);
  const auto is_empty = [&](int level) {
    return level >= 0 && level < shape.levels && !held[static_cast<std::size_t>(level)];
  };
  for (int level = 0; level < shape.levels; ++level) {
    const bool run = is_empty(level - 1) || is_empty(level + 1);  // folding a single level would gain nothing
    const bool empty = !all_fit && run && is_empty(level);
    if (empty && !rows.empty() && rows.back().folded) {
      rows.back().last = level;
    } else {
      rows.push_back({.first = level, .last = level, .folded = empty, .rect = {}});
    }
  }
  return rows;
}

// Gives every row its place; returns the y below the last.
float place_rows(std::vector<BuddyRow>& rows, const ByteAxis& axis, float top, float height, float em) {
  const auto folded =
      static_cast<float>(std::count_if(rows.begin(), rows.end(), [](const BuddyRow& r) { return r.folded; }));
  const float open = std::max(1.0f, static_cast<float>(rows.size()) - folded);
  const float fold_pitch = std::min(1.15f * em, height / std::max(1.0f, open + folded));
  float pitch = std::clamp((height - folded * fold_pitch) / open, 2.0f, kHighestPitchEm * em);
  if (pitch > 1.6f * em) pitch = std::floor(pitch);  // rows of one height; thin ones cannot afford what that wastes
  const float gap = pitch < 1.6f * em
                        ? std::max(1.0f, std::floor(0.1f * pitch))
                        : std::floor(std::max(0.55f * em, std::min({pitch - 2.35f * em, 0.27f * pitch, 2.0f * em})));
  float y = top;
  for (BuddyRow& row : rows) {
    const float step = row.folded ? fold_pitch : pitch;
    const float seam = row.folded ? 2.0f : gap;
    row.pitch = step;
    row.rect = {axis.x0, std::floor(y), axis.x1, std::max(std::floor(y + step - seam), std::floor(y) + 1)};
    y += step;
  }
  return y;
}

struct Laid {  // what the sweep needs of a level
  int row = -1;
  Columns columns;
};

void add_node_shares(Columns& row, const Node& node) {
  const auto from = static_cast<double>(node.offset);
  const double to = from + static_cast<double>(node.size);
  if (node.look == Look::Live) {
    row.add_live(from, from + static_cast<double>(std::min(node.block->requested, node.size)), to);
  } else {
    row.add_share(from, to, node.look);
  }
}

// The sweep: every node in view goes to its row's columns; those wide enough come back as candidates for boxes.
std::vector<Node> sweep(const BuddyInput& input, BuddyScene& out, std::array<Laid, kMaxLevels>& laid) {
  std::vector<Node> wide;
  const double px_per_byte = 1.0 / out.axis.bytes_per_px();
  const auto take_run = [&](const replay::Digest::Run& run) {
    const std::optional<std::size_t> column = only_column(run, out.axis);
    if (!column) return false;
    for (const replay::Digest::Part& part : input.digest->by_level(run)) {
      Columns& columns = laid[static_cast<std::size_t>(part.level)].columns;
      if (columns.empty()) continue;
      const Look look = part.split ? Look::Split : look_of(part.state);
      columns.add_hidden_part(*column, static_cast<double>(part.solid), static_cast<double>(part.rounding), look,
                              part.blocks);
      out.scene.hides = true;
    }
    return true;
  };
  for_each_node(input, out.shape, take_run, [&](const Node& node) {
    Columns& columns = laid[static_cast<std::size_t>(node.level)].columns;
    if (columns.empty()) return;
    if (static_cast<double>(node.size) * px_per_byte >= kBoxPx) {
      add_node_shares(columns, node);
      wide.push_back(node);
      return;
    }
    const auto from = static_cast<double>(node.offset), size = static_cast<double>(node.size);
    const double solid = node.look == Look::Live ? std::min(static_cast<double>(node.block->requested), size) : size;
    columns.add_hidden_block(from, from + solid, from + size, node.look);
    out.scene.hides = true;
  });
  return wide;
}

// The narrowest width that leaves at most kMaxBoxes boxes.
double box_limit(const std::vector<Node>& wide, double px_per_byte) {
  double limit = kBoxPx;
  const auto fits = [&] {
    return std::count_if(wide.begin(), wide.end(), [&](const Node& n) {
             return static_cast<double>(n.size) * px_per_byte >= limit;
           }) <= static_cast<std::ptrdiff_t>(kMaxBoxes);
  };
  while (!fits()) limit *= 2;
  return limit;
}

void add_halves(BuddyScene& out, const Box& parent, int level, const Laid& below, float em) {
  if (below.row < 0) return;
  const Rect& child_row = out.rows[static_cast<std::size_t>(below.row)].rect;
  const Rect& row = parent.rect;
  if (child_row.y0 - row.y1 < 0.35f * em || row.width() < 1.5f * em) return;
  const auto half = static_cast<double>(out.shape.size_of(level + 1));
  const double middle = out.axis.x_of(static_cast<double>(parent.offset) + half);
  const auto in_view = [&](double x) { return x >= out.axis.x0 && x <= out.axis.x1; };
  if (!in_view(middle)) return;
  for (const double centre : {0.5, 1.5}) {
    const double x = out.axis.x_of(static_cast<double>(parent.offset) + centre * half);
    if (!in_view(x)) continue;
    out.scene.links.push_back({{static_cast<float>(middle), row.y1},
                               {static_cast<float>(x), child_row.y0},
                               LinkKind::Halves,
                               parent.touched ? Tone::Touched : Tone::Faint});
  }
}

// Where a box that came into being on the way to the cursor starts its motion: a half in its parent's row, a merged
// block in its halves' row.
void apply_motion(Box& box, int level, const BuddyInput& input, const BuddyScene& out,
                  const std::array<Laid, kMaxLevels>& laid) {
  const bool forward = input.motion == Motion::Forward;
  for (const alloc::Step& step : input.crossed) {
    const bool split = step.kind == alloc::StepKind::Split;
    if (!split && step.kind != alloc::StepKind::Merge) continue;
    const bool opens = split == forward;  // halves appear
    const int from_level = opens ? level - 1 : level + 1;
    if (from_level < 0 || from_level >= kMaxLevels) continue;
    const std::uint64_t whole = opens ? box.offset & ~(2 * box.size - 1) : box.offset;
    const std::uint64_t size = opens ? 2 * box.size : box.size;
    if (step.offset != whole || step.size != size) continue;
    const int row = laid[static_cast<std::size_t>(from_level)].row;
    if (row < 0) continue;
    const Rect& start = out.rows[static_cast<std::size_t>(row)].rect;
    box.moves = true;
    box.from = {box.rect.x0, start.y0, box.rect.x1, start.y1};
  }
}

// Whether the block is one of several that serve a request as one: what was asked for is not of it alone.
bool is_of_run(const Node& node, const replay::Census& census) {
  const replay::Block* const block = node.block;
  if (block == nullptr || block->state != replay::BlockState::Live || block->born == replay::Block{}.born) return false;
  const auto at = static_cast<std::size_t>(block - census.blocks.data());
  const auto is_same = [&](std::size_t i) { return i < census.blocks.size() && census.blocks[i].born == block->born; };
  return is_same(at + 1) || (at != 0 && is_same(at - 1));
}

void add_boxes(const BuddyInput& input, BuddyScene& out, const std::vector<Node>& wide,
               std::array<Laid, kMaxLevels>& laid, const Focus& focus) {
  const double px_per_byte = 1.0 / out.axis.bytes_per_px();
  const double limit = box_limit(wide, px_per_byte);
  for (const Node& node : wide) {
    Laid& level = laid[static_cast<std::size_t>(node.level)];
    if (static_cast<double>(node.size) * px_per_byte < limit) {
      const auto from = static_cast<double>(node.offset);
      level.columns.add_hidden(from, from + static_cast<double>(node.size));
      out.scene.hides = true;
      continue;
    }
    const Rect& row = out.rows[static_cast<std::size_t>(level.row)].rect;
    Box box = box_of(node.offset, node.size, node.block ? node.block->requested : 0, node.look, out.axis, row);
    apply_focus(box, focus);
    box.related =
        out.relation && out.relation->drawn && node.offset == out.relation->buddy && node.size == out.relation->size;
    if (input.motion != Motion::None) apply_motion(box, node.level, input, out, laid);
    add_box(out.scene, box, node.block, input.style, input.name_of, {.sizes = !is_of_run(node, input.census)});
    if (node.look == Look::Split && node.level + 1 < kMaxLevels) {
      add_halves(out, box, node.level, laid[static_cast<std::size_t>(node.level + 1)], input.style.em);
    }
  }
}

// What is emphasised but too narrow for a box gets a mark of its own.
void add_pins(const BuddyInput& input, BuddyScene& out, const std::array<Laid, kMaxLevels>& laid, const Focus& focus) {
  std::vector<Touch> wanted = focus.touched;
  const replay::Block* selected = focus.selected ? input.census.block_at(*focus.selected) : nullptr;
  if (selected != nullptr) wanted.push_back({selected->offset, selected->size});
  for (const Touch& touch : wanted) {
    const int row = laid[static_cast<std::size_t>(out.shape.level_of(touch.size))].row;
    if (row < 0) continue;
    const bool is_selected = selected != nullptr && &touch == &wanted.back();
    add_pin(out.scene, out.axis, out.rows[static_cast<std::size_t>(row)].rect, touch, is_selected);
  }
}

std::array<Laid, kMaxLevels> lay_columns(BuddyScene& out) {
  std::array<Laid, kMaxLevels> laid{};
  const auto width = static_cast<std::size_t>(std::max(0, out.axis.columns()));
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    BuddyRow& row = out.rows[i];
    if (row.folded) continue;
    row.band = out.scene.bands.size();
    out.scene.bands.push_back({row.rect, row.band * width});
    laid[static_cast<std::size_t>(row.first)].row = static_cast<int>(i);
  }
  out.scene.columns.resize(out.scene.bands.size() * width);
  for (Laid& level : laid) {
    if (level.row < 0) continue;
    const std::size_t band = out.rows[static_cast<std::size_t>(level.row)].band;
    level.columns = Columns({out.scene.columns.data() + band * width, width}, out.axis);
  }
  return laid;
}

// A run of a tiered allocator that was touched is all of the blocks that it is made of.
Focus focus_on_blocks(const BuddyInput& input, const BuddyShape& shape) {
  Focus focus = focus_of(input.now, input.spec, input.selected);
  if (input.spec.kind != trace::AllocatorKind::Tiered) return focus;
  for (const Touch& touch : std::exchange(focus.touched, {})) {
    for_each_aligned(touch.offset, touch.size, shape.top, [&](std::uint64_t offset, std::uint64_t size) {
      focus.touched.push_back({offset, size});
    });
  }
  return focus;
}

}  // namespace

replay::Census buddy_below(const replay::Census& census, std::uint64_t largest) {
  replay::Census out = census;
  out.blocks.clear();
  std::size_t slab = 0;
  for (const replay::Block& block : census.blocks) {
    if (block.size_class < 0) {
      std::uint64_t left = block.requested;
      for_each_aligned(block.offset, block.size, largest, [&](std::uint64_t offset, std::uint64_t size) {
        replay::Block& piece = out.blocks.emplace_back(block);
        piece.offset = offset;
        piece.size = size;
        piece.requested = std::min(left, size);
        left -= piece.requested;
      });
      continue;
    }
    if (slab < census.slabs.size() && block.offset == census.slabs[slab].offset) {
      out.blocks.push_back(
          {.offset = block.offset, .size = census.slabs[slab++].size, .state = replay::BlockState::Live});
    }
    out.blocks.back().requested += block.requested;
  }
  return out;
}

BuddyScene lay_out_buddy(const BuddyInput& input) {
  BuddyScene out;
  const float em = input.style.em;
  out.shape = shape_of(input.spec);
  out.axis = stage_axis(input.rect, input.view, input.spec.kind, input.style);
  out.relation = relation_of(input, out.shape);
  const bool named = input.now.event != Moment::kNone && input.name_of;
  out.refused = refusal_text(input.now, input.spec, input.census, named ? input.name_of(input.now.event) : "");

  // The buddy arithmetic keeps its place whether there is any or not, so that nothing jumps from step to step.
  const float height = input.rect.height();
  float line = height > 7 * em ? kOneLineEm * em : 0.0f;
  out.rows = choose_rows(input, out.shape, height - line);
  // Of a tiered allocator few events reach the buddy: there the rows' own words are worth more than that place.
  const bool dense = height - line < static_cast<float>(out.rows.size()) * em;
  if (dense && input.spec.kind == trace::AllocatorKind::Tiered && out.refused.empty()) {
    line = 0;
    out.rows = choose_rows(input, out.shape, height);
  }
  const auto fits = [&](float reserved_em, float row_em) {
    return height - reserved_em * em >= static_cast<float>(out.rows.size()) * row_em * em;
  };
  const float reserved = fits(kLooseEm, kLooseFromEm)         ? kLooseEm * em
                         : fits(kTwoLinesEm, kTwoLinesFromEm) ? kTwoLinesEm * em
                                                              : line;
  const float below = place_rows(out.rows, out.axis, input.rect.y0 + 2, height - reserved - 2, em);
  if (reserved > 0) {
    const float y0 = std::floor(std::min(below + 0.3f * em, input.rect.y1 - reserved + 0.3f * em));
    // Under the tree; where that is narrow, as in a comparison, under all of the panel.
    const bool narrow = out.axis.x1 - out.axis.x0 < 26 * em;
    out.relation_box = Rect{narrow ? input.rect.x0 : out.axis.x0, y0, narrow ? input.rect.x1 : out.axis.x1,
                            std::floor(y0 + reserved - 0.5f * em)};
  }

  std::array<Laid, kMaxLevels> laid = lay_columns(out);
  mark_levels(out, input);
  const Focus focus = focus_on_blocks(input, out.shape);
  const std::vector<Node> wide = sweep(input, out, laid);
  add_boxes(input, out, wide, laid, focus);
  add_pins(input, out, laid, focus);
  add_marks(out, input, focus);
  add_level_labels(out, input);
  add_free_lists(out, input);
  add_relation(out, input);
  return out;
}

std::optional<BuddyHit> hit(const BuddyScene& scene, Point at) {
  for (const BuddyRow& row : scene.rows) {
    if (row.folded || !row.rect.contains(at)) continue;
    const double x = std::floor(at.x);
    return BuddyHit{row.first, {scene.axis.byte_at(x), scene.axis.byte_at(x + 1)}};
  }
  return std::nullopt;
}

}  // namespace allocviz::draw
