// What is marked in the tree: levels, the buddy that pins a block, a block that moved, what was refused.
#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <utility>

#include "viz/draw/buddy_layout.h"

namespace allocviz::draw {
namespace {

const Box* find_box(const BuddyScene& out, std::uint64_t offset, std::uint64_t size) {
  const auto found = std::find_if(out.scene.boxes.begin(), out.scene.boxes.end(),
                                  [&](const Box& box) { return box.offset == offset && box.size == size; });
  return found == out.scene.boxes.end() ? nullptr : &*found;
}

float middle_x(const Rect& rect) {
  return std::floor((rect.x0 + rect.x1) / 2);
}

// The row that a box stands in; the box was found, so there is one.
const BuddyRow& row_of(const BuddyScene& out, const Box& box) {
  return *std::find_if(out.rows.begin(), out.rows.end(),
                       [&](const BuddyRow& row) { return !row.folded && row.rect.y0 == box.rect.y0; });
}

// The dashed line from a block to its buddy, in the space below their row.
void add_relation_link(BuddyScene& out, float em) {
  if (!out.relation || !out.relation->drawn) return;
  const Box* block = find_box(out, out.relation->offset, out.relation->size);
  const Box* buddy = find_box(out, out.relation->buddy, out.relation->size);
  if (block == nullptr || buddy == nullptr || block->rect.height() < em) return;
  // Where rows are close to each other it would run through the words of the next one; both are outlined in any case.
  const BuddyRow& row = row_of(out, *block);
  if (row.pitch - row.rect.height() < std::floor(0.4f * em) + 1) return;
  const float y0 = block->rect.y1 + 1, y1 = y0 + std::floor(0.4f * em);
  const float from = middle_x(block->rect), to = middle_x(buddy->rect);
  const auto dash = [&](Point a, Point b) { out.scene.links.push_back({a, b, LinkKind::Relation, Tone::Relation}); };
  dash({from, y0}, {from, y1});
  dash({from, y1}, {to, y1});
  dash({to, y1}, {to, y0});
}

// At the end of a realloc that moved: an arrow from where the block was, whatever stands there now, to where it is. It
// goes round below the lower of the two, from edge to edge: below a block that is not split nothing stands, and no word
// is crossed.
void add_moved_link(BuddyScene& out, const BuddyInput& input) {
  const replay::Outcome& outcome = input.now.outcome;
  if (!input.now.whole || outcome.moved_from == replay::Outcome::kNowhere) return;
  const replay::Block* left = input.census.block_at(outcome.moved_from);
  if (left == nullptr) return;
  const Box* from = find_box(out, left->offset, left->size);
  const replay::Block* came = input.census.block_at(outcome.offset);  // of a run the first block
  const bool is_its = came != nullptr && came->offset == outcome.offset && came->born == input.now.event;
  const Box* to = is_its ? find_box(out, came->offset, came->size) : nullptr;
  if (from == nullptr || to == nullptr) return;
  const double was = std::max(1.0, static_cast<double>(std::min(input.now.left_bytes, left->size)));
  const float em = input.style.em;
  const BuddyRow& lower = row_of(out, from->rect.y0 > to->rect.y0 ? *from : *to);
  const float gap = lower.pitch - lower.rect.height();
  const float lane = lower.rect.y1 + std::floor(std::clamp(gap - 3, 0.55f * em, 0.85f * em));
  const Point foot{
      std::clamp(out.axis.snapped(static_cast<double>(outcome.moved_from) + was / 2), from->rect.x0, from->rect.x1 - 1),
      from->rect.y1};
  const Point head{middle_x(to->rect), to->rect.y1 + 1};
  out.scene.links.push_back({foot, head, LinkKind::Next, Tone::Touched, {{foot.x, lane}, {head.x, lane}}});
}

// Below a refused request: the free neighbours that would be enough, and the boundary between them.
void add_run_in_vain(BuddyScene& out, const BuddyInput& input) {
  const std::optional<FreeRun> run = run_in_vain(input);
  if (!run || out.rows.empty()) return;
  float y = 0, top = input.rect.y1;
  for (const Box& box : out.scene.boxes) {
    if (box.look != Look::Free || box.offset < run->from || box.offset >= run->to) continue;
    y = std::max(y, box.rect.y1);
    top = std::min(top, box.rect.y0);
  }
  if (y == 0) return;
  const float em = input.style.em;
  const float x0 = out.axis.snapped(static_cast<double>(run->from));
  const float x1 = out.axis.snapped(static_cast<double>(run->to)) - 1;
  const float low = y + 1 + std::floor(0.4f * em);
  const auto line = [&](Point a, Point b) { out.scene.links.push_back({a, b, LinkKind::Line, Tone::Failed}); };
  line({x0, y + 2}, {x0, low});
  line({x0, low}, {x1, low});
  line({x1, y + 2}, {x1, low});
  const auto boundary = static_cast<double>(run->boundary);
  if (boundary <= out.axis.bytes.from || boundary >= out.axis.bytes.to) return;
  const float x = out.axis.snapped(boundary);
  out.scene.links.push_back({{x, top - std::floor(0.5f * em)}, {x, low}, LinkKind::Relation, Tone::Failed});
}

// A refused free points at its address, on the row of the block that holds it.
void add_refused_free(BuddyScene& out, const BuddyInput& input, const Focus& focus) {
  const replay::Block* block = focus.refused ? input.census.block_at(*focus.refused) : nullptr;
  const Box* box = block == nullptr ? nullptr : find_box(out, block->offset, block->size);
  if (box != nullptr) add_refused(out.scene, out.axis, box->rect, focus, input.style);
}

bool overlap(const Rect& a, const Rect& b) {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}

// Whether nothing is drawn there but the grounds.
bool is_blank(const BuddyScene& out, const Rect& at) {
  const Scene& scene = out.scene;
  const auto is_here = [&](const auto& one) { return overlap(one.rect, at); };
  if (std::any_of(scene.boxes.begin(), scene.boxes.end(), is_here)) return false;
  if (std::any_of(scene.pins.begin(), scene.pins.end(), is_here)) return false;
  const auto crosses = [&](const Link& link) {
    const auto [x0, x1] = std::minmax(link.from.x, link.to.x);
    const auto [y0, y1] = std::minmax(link.from.y, link.to.y);
    return overlap({x0, y0, x1 + 1, y1 + 1}, at);
  };
  if (std::any_of(scene.links.begin(), scene.links.end(), crosses)) return false;
  return std::none_of(scene.bands.begin(), scene.bands.end(), [&](const Band& band) {
    if (!overlap(band.rect, at)) return false;
    const auto first = static_cast<std::size_t>(std::max(0.0f, at.x0 - band.rect.x0));
    const auto last = static_cast<std::size_t>(std::max(0.0f, std::min(at.x1, band.rect.x1) - band.rect.x0));
    for (std::size_t x = first; x < last; ++x) {
      if (scene.columns[band.first_column + x].painted) return true;
    }
    return false;
  });
}

// A live block that was touched and is too narrow for its name has it closer to its edges, else beside it, below or
// above it, wherever nothing stands.
void add_touched_name(BuddyScene& out, const BuddyInput& input, const Box& box, int index) {
  const replay::Block* block = box.touched ? input.census.block_at(box.offset) : nullptr;
  if (block == nullptr || block->state != replay::BlockState::Live || block->offset != box.offset) return;
  std::string name = input.name_of ? input.name_of(block->born) : std::string();
  const float em = input.style.em, gap = std::floor(0.25f * em);
  if (name.empty() || box.rect.height() < 0.7f * em) return;
  const auto is_said = [&](const Label& label) { return index >= 0 && label.box == index && label.text == name; };
  if (std::any_of(out.scene.labels.begin(), out.scene.labels.end(), is_said)) return;
  const float width = std::ceil(input.style.width(Type::Bold, name));
  if (index >= 0 && width <= box.rect.width()) {
    std::erase_if(out.scene.labels, [&](const Label& label) { return label.box == index; });
    out.scene.labels.push_back(
        {box.rect, std::move(name), Tone::OnLive, Type::Bold, Align::Center, index, box.solid_x < box.rect.x1});
    return;
  }
  const Rect& at = box.rect;
  const float x = std::floor((at.x0 + at.x1 - width) / 2), high = std::ceil(0.9f * em);
  const float bottom = out.rows.back().rect.y0 + out.rows.back().pitch;
  for (const Rect& place :
       {Rect{at.x1 + gap, at.y0, at.x1 + gap + width + 1, at.y1},
        Rect{at.x0 - gap - width - 1, at.y0, at.x0 - gap, at.y1}, Rect{x, at.y1 + 2, x + width + 1, at.y1 + 2 + high},
        Rect{x, at.y0 - 2 - high, x + width + 1, at.y0 - 2}}) {
    if (place.x0 < out.axis.x0 || place.x1 > out.axis.x1 || place.y0 < input.rect.y0 || place.y1 > bottom) continue;
    if (!is_blank(out, place)) continue;
    out.scene.labels.push_back({place, std::move(name), Tone::Touched, Type::Bold, Align::Left});
    return;
  }
}

}  // namespace

void mark_levels(BuddyScene& out, const BuddyInput& input) {
  const alloc::Step* now = input.now.current();
  for (const alloc::Step& step : input.now.done) {
    if (step.size_class != alloc::kNoClass || step.kind == alloc::StepKind::Fail) continue;
    for (BuddyRow& row : out.rows) {
      if (step.level < row.first || step.level > row.last) continue;
      row.looked = row.looked || step.kind == alloc::StepKind::Look;
      row.now = row.now || &step == now;
    }
  }
  const float em = input.style.em;
  const float pad = 0.4f * em;
  for (const BuddyRow& row : out.rows) {
    const float left = input.rect.x0 - pad;
    if (row.now) out.lit.push_back({left, row.rect.y0 - 2, input.rect.x1 + pad, row.rect.y1 + 2});
    if (row.now || !row.looked) continue;
    const float middle = std::floor((row.rect.y0 + row.rect.y1) / 2);
    const float half = std::min(0.6f * em, row.rect.height() / 2);
    const float x = std::floor(input.rect.x0 - 0.55f * em);
    out.ticks.push_back({x, middle - half, x + std::max(2.0f, std::round(0.16f * em)), middle + half});
  }
}

std::optional<FreeRun> run_in_vain(const BuddyInput& input) {
  const Moment& now = input.now;
  if (!now.failed() || now.outcome.why != alloc::Error::OutOfMemory || now.done.empty()) return std::nullopt;
  const alloc::Step& round = now.done.front();
  if (round.kind != alloc::StepKind::Round || round.size_class != alloc::kNoClass) return std::nullopt;
  FreeRun best, run;
  for (const replay::Block& block : input.census.blocks) {
    if (block.state != replay::BlockState::Free) {
      run = {};
      continue;
    }
    if (run.to != block.offset || run.to == run.from) {
      run = {block.offset, block.offset, 0};
    } else if (run.boundary == 0 || std::countr_zero(block.offset) > std::countr_zero(run.boundary)) {
      run.boundary = block.offset;  // the one that the largest power of two divides
    }
    run.to = block.offset + block.size;
    if (run.to - run.from > best.to - best.from) best = run;
  }
  if (best.to - best.from < round.size) return std::nullopt;
  return best;
}

void add_marks(BuddyScene& out, const BuddyInput& input, const Focus& focus) {
  add_relation_link(out, input.style.em);
  add_moved_link(out, input);
  add_run_in_vain(out, input);
  add_refused_free(out, input, focus);
  for (std::size_t i = 0; i < out.scene.boxes.size(); ++i) {
    if (out.scene.boxes[i].touched) add_touched_name(out, input, out.scene.boxes[i], static_cast<int>(i));
  }
  for (const Box& pin : out.scene.pins) add_touched_name(out, input, pin, -1);
}

}  // namespace allocviz::draw
