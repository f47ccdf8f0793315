#include "viz/draw/card_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace allocviz::draw {
namespace {

// Costs for a square em that is covered. To say a line less costs about as much as two of them do.
constexpr float kSelected = 1000, kTouched = 10, kLive = 1, kFree = 0.5f, kSplit = 0.3f, kWords = 0.6f;
constexpr float kOwn = 4;  // the block that it speaks of, besides
constexpr float kOnACard = 10'000, kTouching = 20;
constexpr float kUnsaid = 1.5f;  // for an em of height that is cut off
constexpr float kAway = 0.3f;    // for an em between a card and its block

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

class Places {
 public:
  Places(const CardGround& ground, const std::vector<CardPlace>& others) : ground_(ground), others_(others) {}

  [[nodiscard]] float cost_of(const CardWish& wish, Rect rect) const {
    const float em = ground_.em();
    float cost = ground_.cost_of(rect);
    const float seam = std::round(0.3f * em);
    const Rect wide{rect.x0 - seam, rect.y0 - seam, rect.x1 + seam, rect.y1 + seam};
    for (const CardPlace& other : others_) {
      cost += kOnACard * area_of(common(rect, other.rect)) / (em * em);
      cost += kTouching * area_of(common(wide, other.rect)) / (em * em);
    }
    if (wish.block) cost += kOwn * area_of(common(rect, *wish.block)) / (em * em);
    // Without a block they stand in a row along the foot of the room.
    const Rect foot{wish.room.x0, wish.room.y1, wish.room.x0, wish.room.y1};
    return cost + kAway * apart(rect, wish.block.value_or(foot)) / em;
  }

  // Right beside the block, beside the other cards, and on a lattice over the room: the cheapest; of equals the first.
  [[nodiscard]] Found best(const CardWish& wish, Point size) const {
    Found found;
    const auto consider = [&](Point corner) {
      const Rect rect = at(corner, size, wish.room);
      const float cost = cost_of(wish, rect);
      if (cost < found.cost) found = {rect, cost};
    };
    const float gap = std::round(0.6f * ground_.em());
    const auto around = [&](Rect rect) {
      const std::array xs{rect.x1 + gap, rect.x0, rect.x0 - gap - size.x};
      const std::array ys{rect.y1 + gap, rect.y0, rect.y0 - gap - size.y};
      for (const float y : ys) {
        for (const float x : xs) consider({x, y});
      }
    };
    if (wish.block) around(*wish.block);
    if (found.cost < kAway) return found;
    for (const CardPlace& other : others_) around(other.rect);
    const float step = std::round(ground_.em());
    for (float y = wish.room.y1 - size.y; y > wish.room.y0 - step; y -= step) {
      for (float x = wish.room.x0; x + size.x < wish.room.x1 + step; x += step) consider({x, y});
    }
    return found;
  }

 private:
  const CardGround& ground_;
  const std::vector<CardPlace>& others_;
};

struct Layout {
  std::vector<CardPlace> places;
  float cost = 0;
};

// What a hand put somewhere has its place and all its lines; the others make do with what is left.
Layout lay_out(const std::vector<CardWish>& wishes, const CardGround& ground, std::size_t lines) {
  Layout out;
  std::vector<CardPlace> taken;
  const Places places(ground, taken);
  out.places.resize(wishes.size());
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const CardWish& wish = wishes[i];
    if (!wish.corner) continue;
    out.places[i] = {at(*wish.corner, wish.forms.front(), wish.room), 0};
    taken.push_back(out.places[i]);
  }
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const CardWish& wish = wishes[i];
    if (wish.corner) continue;
    const std::size_t used = wish.forms.size() - std::min(lines, wish.forms.size());
    Point size = wish.forms[used];
    size.x = std::min(size.x, std::floor(wish.room.width()));
    const Found found = places.best(wish, size);
    out.cost += found.cost + kUnsaid * (wish.forms.front().y - size.y) / ground.em();
    out.places[i] = {found.rect, used};
    taken.push_back(out.places[i]);
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
  for (const Chip& chip : scene.chips) add(chip.rect, kLive);
  for (const Label& label : scene.labels) {
    if (label.box < 0) add(label.rect, kWords);
  }
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

std::vector<CardPlace> place_cards(const std::vector<CardWish>& wishes, const CardGround& ground) {
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
