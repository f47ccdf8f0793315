// Where pinned cards stand: each in its room (its stage's panel), near its block, on no other card, and on as little of
// what the stage shows as may be. Where there is no room for all that they say, they say less: fewer lines, then a
// title.
//
//   [ split        ][ B ]        the ground: what stands where, and how much it matters that it stays seen
//   [ A ]  .   .   .   .
//   .  [A: live  x] .  .         a card: below, beside or somewhere near the block that it speaks of
//
// Invariants: C1 no two cards overlap, unless even a title found no free place or a hand put them so;
// C2 each lies in its room, unless the room is smaller than its title;
// C3 a card that stood somewhere in the same room stays there, with as many lines, unless that got much worse.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "viz/draw/geometry.h"
#include "viz/draw/scene.h"

namespace allocviz::draw {

// How much it costs to cover what stands where, in cells of half an em.
class CardGround {
 public:
  CardGround(Rect area, float em);
  // `cost` for each square em that is covered.
  void add(Rect rect, float cost);
  // What a stage has drawn: blocks, their words, lists, rows of blocks too narrow for a box; above all what is
  // selected.
  void add(const Scene& scene);
  // The sums are made; from here on cost_of() may be asked.
  void close();
  [[nodiscard]] float cost_of(Rect rect) const;
  // Of a line across it, `but` for what lies there, in square ems as if it were as wide as a word is high.
  [[nodiscard]] float cost_of(Point from, Point to, Rect but) const;
  [[nodiscard]] float em() const { return 2 * cell_; }

 private:
  [[nodiscard]] double sum_at(std::size_t x, std::size_t y) const { return sums_[y * (width_ + 1) + x]; }

  Rect area_;
  float cell_;
  std::size_t width_, height_;
  std::vector<double> sums_;  // until close(): each cell's own; then of all cells above and to the left
};

struct CardPlace {
  Rect rect;
  std::size_t form = 0;  // index into the wish's
};

struct CardWish {
  std::vector<Point> forms;         // its sizes: with all its lines, one less, ... its title alone; at least one
  Rect room;                        // where it has to stay
  std::optional<Rect> block;        // what it speaks of, where that is drawn; else it goes to the foot of its room
  std::optional<Point> corner;      // where a hand put it
  std::optional<CardPlace> before;  // where it stood when the stage last changed
};

// The line from a card to its block, at the edges that face each other: what the block says stays readable.
struct CardLine {
  Point from, to;
};
[[nodiscard]] CardLine line_of(Rect card, Rect block);

// One place for each wish, in their order. O(cards² · lines² · places tried), O(cards²) where all can stay.
[[nodiscard]] std::vector<CardPlace> place_cards(const std::vector<CardWish>& wishes, const CardGround& ground);

}  // namespace allocviz::draw
