#include "viz/draw/card_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace allocviz::draw {
namespace {

// Costs for a square em that is covered. To say a line less costs about as much as three of them do.
constexpr float kSelected = 1000, kTouched = 10, kLive = 1, kFree = 0.5f, kSplit = 0.3f, kWords = 4;
constexpr float kOwn = 4;  // the block that it speaks of, besides
constexpr float kOnACard = 10'000, kTouching = 20;
constexpr float kUnsaid = 2;    // for an em of height that is cut off
constexpr float kAway = 0.3f;   // for an em between a card and its block
constexpr float kCrossing = 4;  // for two cards whose lines cross, or a card on another's line
constexpr float kLine = 0.4f;   // for a line across what stands there, by what covering it would cost
constexpr float kMoving = 20;   // for leaving the place where it stood, or saying other lines there

Rect common(Rect a, Rect b) {
  return {std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)};
}

float area_of(Rect rect) {
  return std::max(0.0f, rect.width()) * std::max(0.0f, rect.height());
}

float cost_of_box(const Box& box) {
  if (box.selected) return kSelected;
  if (box.touched || box.related) return kTouched;
  if (box.look == Look::Split) return kSplit;
  return box.look == Look::Free || box.look == Look::Gap ? kFree : kLive;
}

// Where a label's words are in its rectangle, which may be as wide as the box that they are centred in.
Rect words_of(const Label& label, float em) {
  const auto letters = static_cast<float>(std::count_if(
      label.text.begin(), label.text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
  const float spare_x = std::max(0.0f, label.rect.width() - 0.55f * em * letters);
  const float spare_y = std::max(0.0f, label.rect.height() - 1.2f * em);
  const float before = label.align == Align::Left ? 0 : label.align == Align::Right ? spare_x : spare_x / 2;
  return {label.rect.x0 + before, label.rect.y0 + spare_y / 2, label.rect.x1 - (spare_x - before),
          label.rect.y1 - spare_y / 2};
}

// Whether the lines from a to b and from c to d cross.
bool cross(Point a, Point b, Point c, Point d) {
  const auto side = [](Point p, Point q, Point r) { return (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x); };
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

bool cross(Point a, Point b, Rect rect) {
  return cross(a, b, {rect.x0, rect.y0}, {rect.x1, rect.y1}) || cross(a, b, {rect.x0, rect.y1}, {rect.x1, rect.y0});
}

float apart(Rect a, Rect b) {
  const float x = std::max({0.0f, a.x0 - b.x1, b.x0 - a.x1}), y = std::max({0.0f, a.y0 - b.y1, b.y0 - a.y1});
  return std::hypot(x, y);
}

Rect at(Point corner, Point size, Rect room) {
  const float x = std::clamp(std::round(corner.x), room.x0, std::max(room.x0, room.x1 - size.x));
  const float y = std::clamp(std::round(corner.y), room.y0, std::max(room.y0, room.y1 - size.y));
  return {x, y, x + size.x, y + size.y};
}

struct Found {
  Rect rect;
  float cost = std::numeric_limits<float>::max();
};

// A card that has its place, and what it speaks of.
struct Placed {
  Rect rect;
  std::optional<Rect> block;
};

class Places {
 public:
  Places(const CardGround& ground, const std::vector<Placed>& others) : ground_(ground), others_(others) {}
  [[nodiscard]] float em() const { return ground_.em(); }

  [[nodiscard]] float cost_of(const CardWish& wish, Rect rect) const {
    const float em = ground_.em();
    float cost = ground_.cost_of(rect);
    const float seam = std::round(0.3f * em);
    const Rect wide{rect.x0 - seam, rect.y0 - seam, rect.x1 + seam, rect.y1 + seam};
    for (const Placed& other : others_) {
      cost += kOnACard * area_of(common(rect, other.rect)) / (em * em);
      cost += kTouching * area_of(common(wide, other.rect)) / (em * em);
      cost += kCrossing * static_cast<float>(crossings(rect, wish.block, other));
    }
    if (wish.block) {
      cost += kOwn * area_of(common(rect, *wish.block)) / (em * em);
      const CardLine line = line_of(rect, *wish.block);
      cost += kLine * ground_.cost_of(line.from, line.to, *wish.block);
    }
    // Without a block they stand in a row along the foot of the room.
    const Rect foot{wish.room.x0, wish.room.y1, wish.room.x0, wish.room.y1};
    return cost + kAway * apart(rect, wish.block.value_or(foot)) / em;
  }

  // Right beside the block, beside the other cards, and on a lattice over the room: the cheapest; of equals the first.
  [[nodiscard]] Found best(const CardWish& wish, Point size, bool may_stay) const {
    Found found;
    const auto consider = [&](Point corner, float more) {
      const Rect rect = at(corner, size, wish.room);
      const float cost = cost_of(wish, rect) + more;
      if (cost < found.cost) found = {rect, cost};
    };
    if (wish.before && may_stay) consider({wish.before->rect.x0, wish.before->rect.y0}, 0);
    const float moving = wish.before ? kMoving : 0;
    if (found.cost < moving) return found;
    consider_all(wish, size, found, [&](Point corner) { consider(corner, moving); });
    return found;
  }

 private:
  // How often the line of one runs across the line or the card of the other.
  [[nodiscard]] static int crossings(Rect rect, const std::optional<Rect>& block, const Placed& other) {
    const std::optional<CardLine> line = block ? std::optional(line_of(rect, *block)) : std::nullopt;
    const std::optional<CardLine> its = other.block ? std::optional(line_of(other.rect, *other.block)) : std::nullopt;
    int count = 0;
    if (line && its) count += cross(line->from, line->to, its->from, its->to) ? 1 : 0;
    if (line) count += cross(line->from, line->to, other.rect) ? 1 : 0;
    if (its) count += cross(its->from, its->to, rect) ? 1 : 0;
    return count;
  }

  template <class Consider>
  void consider_all(const CardWish& wish, Point size, const Found& found, Consider&& consider) const {
    const float gap = std::round(0.6f * ground_.em());
    const auto around = [&](Rect rect) {
      const std::array xs{rect.x1 + gap, rect.x0, rect.x0 - gap - size.x};
      const std::array ys{rect.y1 + gap, rect.y0, rect.y0 - gap - size.y};
      for (const float y : ys) {
        for (const float x : xs) consider({x, y});
      }
    };
    if (wish.block) around(*wish.block);
    if (found.cost < kAway) return;
    for (const Placed& other : others_) around(other.rect);
    const float step = std::round(ground_.em());
    for (float y = wish.room.y1 - size.y; y > wish.room.y0 - step; y -= step) {
      for (float x = wish.room.x0; x + size.x < wish.room.x1 + step; x += step) consider({x, y});
    }
  }

  const CardGround& ground_;
  const std::vector<Placed>& others_;
};

struct Layout {
  std::vector<CardPlace> places;
  float cost = 0;
};

float cost_unsaid(const CardWish& wish, std::size_t form, float em) {
  return kUnsaid * (wish.forms.front().y - wish.forms[form].y) / em;
}

struct Chosen {
  Found found;
  std::size_t form = 0;
};

constexpr std::size_t kFew = 6;

// Of the forms from `first` to before `end`.
Chosen best_form(const CardWish& wish, std::size_t first, std::size_t end, const Places& places) {
  Chosen best;
  for (std::size_t form = first; form < std::min(end, wish.forms.size()); ++form) {
    Point size = wish.forms[form];
    size.x = std::min(size.x, std::floor(wish.room.width()));
    const float unsaid = cost_unsaid(wish, form, places.em());
    if (unsaid >= best.found.cost) break;
    Found found = places.best(wish, size, wish.before && wish.before->form == form);
    found.cost += unsaid;
    if (found.cost < best.found.cost) best = {found, form};
  }
  return best;
}

// Each where it stood, unless one of them had better move.
std::optional<std::vector<CardPlace>> unmoved(const std::vector<CardWish>& wishes, const CardGround& ground) {
  std::vector<CardPlace> out;
  std::vector<Placed> taken;
  const Places places(ground, taken);
  for (const CardWish& wish : wishes) {
    if (!wish.before || wish.before->form >= wish.forms.size()) return std::nullopt;
    const std::size_t form = wish.corner ? 0 : wish.before->form;
    const Rect& before = wish.before->rect;
    const Rect rect = at(wish.corner.value_or(Point{before.x0, before.y0}), wish.forms[form], wish.room);
    if (!wish.corner && places.cost_of(wish, rect) + cost_unsaid(wish, form, ground.em()) >= kMoving)
      return std::nullopt;
    out.push_back({rect, form});
    taken.push_back({rect, wish.block});
  }
  return out;
}

// What a hand put somewhere has its place and all its lines; the others make do with what is left, with `lines` at
// most: few of them each with as many as suit its place, many all alike.
Layout lay_out(const std::vector<CardWish>& wishes, const CardGround& ground, std::size_t lines) {
  Layout out;
  std::vector<Placed> taken;
  const Places places(ground, taken);
  out.places.resize(wishes.size());
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const CardWish& wish = wishes[i];
    if (!wish.corner) continue;
    out.places[i] = {at(*wish.corner, wish.forms.front(), wish.room), 0};
    taken.push_back({out.places[i].rect, wish.block});
  }
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const CardWish& wish = wishes[i];
    if (wish.corner) continue;
    const std::size_t first = wish.forms.size() - std::min(lines, wish.forms.size());
    const Chosen chosen = best_form(wish, first, wishes.size() <= kFew ? wish.forms.size() : first + 1, places);
    out.cost += chosen.found.cost;
    out.places[i] = {chosen.found.rect, chosen.form};
    taken.push_back({chosen.found.rect, wish.block});
  }
  return out;
}

}  // namespace

CardGround::CardGround(Rect area, float em)
    : area_(area),
      cell_(std::max(2.0f, em / 2)),
      width_(static_cast<std::size_t>(std::ceil(std::max(1.0f, area.width() / cell_)))),
      height_(static_cast<std::size_t>(std::ceil(std::max(1.0f, area.height() / cell_)))),
      sums_((width_ + 1) * (height_ + 1)) {}

void CardGround::add(Rect rect, float cost) {
  const Rect inside = common(rect, area_);
  if (area_of(inside) <= 0) return;
  const auto cell_of = [&](float from, float to) { return static_cast<std::size_t>((to - from) / cell_); };
  const float per_pixel = cost / (4 * cell_ * cell_);
  const std::size_t last_x = std::min(width_ - 1, cell_of(area_.x0, inside.x1));
  const std::size_t last_y = std::min(height_ - 1, cell_of(area_.y0, inside.y1));
  for (std::size_t y = cell_of(area_.y0, inside.y0); y <= last_y; ++y) {
    const float top = area_.y0 + static_cast<float>(y) * cell_;
    for (std::size_t x = cell_of(area_.x0, inside.x0); x <= last_x; ++x) {
      const float left = area_.x0 + static_cast<float>(x) * cell_;
      const float part = area_of(common(inside, {left, top, left + cell_, top + cell_}));
      sums_[(y + 1) * (width_ + 1) + x + 1] += static_cast<double>(part * per_pixel);
    }
  }
}

void CardGround::add(const Scene& scene) {
  for (const Box& box : scene.boxes) add(box.rect, cost_of_box(box));
  for (const Box& pin : scene.pins) add(pin.rect, cost_of_box(pin));
  for (const Chip& chip : scene.chips) add(chip.rect, kWords);
  for (const Label& label : scene.labels) add(words_of(label, em()), kWords);
  // A column in each cell stands for its neighbours.
  const auto step = static_cast<std::size_t>(cell_);
  for (const Band& band : scene.bands) {
    const auto columns = static_cast<std::size_t>(std::max(0.0f, band.rect.width()));
    for (std::size_t i = 0; i < columns && band.first_column + i < scene.columns.size(); i += step) {
      if (scene.columns[band.first_column + i].hidden == 0) continue;
      const float x = band.rect.x0 + static_cast<float>(i);
      add({x, band.rect.y0, x + static_cast<float>(step), band.rect.y1}, kFree);
    }
  }
}

void CardGround::close() {
  const std::size_t line = width_ + 1;
  for (std::size_t y = 1; y <= height_; ++y) {
    for (std::size_t x = 1; x <= width_; ++x) {
      sums_[y * line + x] += sums_[(y - 1) * line + x] + sums_[y * line + x - 1] - sums_[(y - 1) * line + x - 1];
    }
  }
}

float CardGround::cost_of(Rect rect) const {
  const Rect inside = common(rect, area_);
  if (area_of(inside) <= 0) return 0;
  const auto x0 = static_cast<std::size_t>((inside.x0 - area_.x0) / cell_);
  const auto y0 = static_cast<std::size_t>((inside.y0 - area_.y0) / cell_);
  const auto x1 = std::min(width_, static_cast<std::size_t>(std::ceil((inside.x1 - area_.x0) / cell_)));
  const auto y1 = std::min(height_, static_cast<std::size_t>(std::ceil((inside.y1 - area_.y0) / cell_)));
  return static_cast<float>(sum_at(x1, y1) - sum_at(x0, y1) - sum_at(x1, y0) + sum_at(x0, y0));
}

float CardGround::cost_of(Point from, Point to, Rect but) const {
  const float length = std::hypot(to.x - from.x, to.y - from.y);
  const int pieces = static_cast<int>(length / cell_);
  float cost = 0;
  for (int i = 0; i < pieces; ++i) {
    const float part = (static_cast<float>(i) + 0.5f) / static_cast<float>(pieces);
    const Point at{from.x + part * (to.x - from.x), from.y + part * (to.y - from.y)};
    if (but.contains(at)) continue;
    cost += 2 * cost_of({at.x, at.y, at.x + 1, at.y + 1});  // a cell is half an em wide and half an em high
  }
  return cost;
}

CardLine line_of(Rect card, Rect block) {
  const auto nearest = [](float low, float high, float other_low, float other_high) {
    return std::clamp((std::max(low, other_low) + std::min(high, other_high)) / 2, low, high);
  };
  return {{nearest(card.x0, card.x1, block.x0, block.x1), nearest(card.y0, card.y1, block.y0, block.y1)},
          {nearest(block.x0, block.x1, card.x0, card.x1), nearest(block.y0, block.y1, card.y0, card.y1)}};
}

std::vector<CardPlace> place_cards(const std::vector<CardWish>& wishes, const CardGround& ground) {
  if (auto stay = unmoved(wishes, ground)) return *std::move(stay);
  std::size_t lines = 1;
  for (const CardWish& wish : wishes) lines = std::max(lines, wish.forms.size());
  Layout best = lay_out(wishes, ground, lines);
  while (--lines > 0) {
    Layout one = lay_out(wishes, ground, lines);
    if (one.cost < best.cost) best = std::move(one);
  }
  return std::move(best.places);
}

}  // namespace allocviz::draw
