// Where pinned cards stand: apart, in their rooms, off what is selected, and saying less where there is little room.
#include <gtest/gtest.h>

#include <algorithm>

#include "viz/draw/card_layout.h"

namespace {

using namespace allocviz::draw;

constexpr float kEm = 10;
constexpr Rect kRoom{0, 0, 400, 200};

bool meet(Rect a, Rect b) {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}

CardWish wish_at(Rect block) {
  return {{{100, 60}, {100, 40}, {80, 20}}, kRoom, block, {}, {}};
}

Box box_at(Rect rect, bool selected = false) {
  Box box;
  box.rect = rect;
  box.look = Look::Live;
  box.selected = selected;
  return box;
}

CardGround ground_of(const Scene& scene) {
  CardGround ground(kRoom, kEm);
  ground.add(scene);
  ground.close();
  return ground;
}

TEST(CardLayout, a_card_stands_right_below_its_block_where_nothing_is) {
  const Rect block{50, 20, 90, 40};
  const std::vector<CardPlace> places = place_cards({wish_at(block)}, ground_of({}));
  ASSERT_EQ(places.size(), 1u);
  EXPECT_EQ(places[0].form, 0u);
  EXPECT_EQ(places[0].rect.x0, block.x0);
  EXPECT_EQ(places[0].rect.y0, block.y1 + 6);
}

TEST(CardLayout, C1_cards_do_not_overlap_and_say_less_before_they_would) {
  for (const std::size_t count : {2u, 4u, 9u, 14u, 20u}) {
    const std::vector<CardWish> wishes(count, wish_at({190, 90, 210, 110}));
    const std::vector<CardPlace> places = place_cards(wishes, ground_of({}));
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        EXPECT_FALSE(meet(places[i].rect, places[k].rect)) << count << " cards, " << k << " and " << i;
      }
    }
    if (count <= 4) {
      EXPECT_EQ(places[0].form, 0u);
    }
    if (count >= 14) {
      EXPECT_GT(places[0].form, 0u);
    }
  }
}

TEST(CardLayout, C2_each_lies_in_its_room_even_where_cards_must_overlap) {
  CardWish wish = wish_at({390, 190, 400, 200});
  wish.room = {200, 100, 400, 200};  // for twelve titles; what it takes grows by the cube of the cards
  bool overlap = false;
  const std::vector<CardPlace> places = place_cards(std::vector<CardWish>(20, wish), ground_of({}));
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_GE(places[i].rect.x0, wish.room.x0);
    EXPECT_GE(places[i].rect.y0, wish.room.y0);
    EXPECT_LE(places[i].rect.x1, wish.room.x1);
    EXPECT_LE(places[i].rect.y1, wish.room.y1);
    for (std::size_t k = 0; k < i; ++k) overlap = overlap || meet(places[i].rect, places[k].rect);
  }
  EXPECT_TRUE(overlap);
}

TEST(CardLayout, what_is_selected_is_covered_last_and_live_blocks_before_it) {
  Scene scene;
  scene.boxes.push_back(box_at({0, 0, 400, 150}, true));
  scene.boxes.push_back(box_at({0, 150, 400, 200}));
  const std::vector<CardPlace> places = place_cards({wish_at({100, 60, 120, 80})}, ground_of(scene));
  EXPECT_GE(places[0].rect.y0, 150);
}

TEST(CardLayout, where_a_full_card_would_cover_blocks_a_title_stands_in_the_gap) {
  Scene scene;
  scene.boxes.push_back(box_at({0, 0, 400, 90}));
  scene.boxes.push_back(box_at({0, 115, 400, 200}));
  const std::vector<CardPlace> places = place_cards({wish_at({100, 60, 120, 80})}, ground_of(scene));
  EXPECT_EQ(places[0].form, 2u);
  EXPECT_GE(places[0].rect.y0, 90);
  EXPECT_LE(places[0].rect.y1, 120);
}

TEST(CardLayout, C3_a_card_stays_where_it_stood_until_something_touched_is_below_it) {
  CardWish wish = wish_at({100, 60, 120, 80});
  wish.before = CardPlace{{210, 100, 310, 140}, 1};
  Scene scene;
  scene.boxes.push_back(box_at({200, 90, 240, 120}));
  const CardPlace stays = place_cards({wish}, ground_of(scene))[0];
  EXPECT_EQ(stays.form, 1u) << "with as many lines";
  EXPECT_EQ(stays.rect.x0, 210);
  EXPECT_EQ(stays.rect.y0, 100);
  scene.boxes[0].touched = true;
  const CardPlace moved = place_cards({wish}, ground_of(scene))[0];
  EXPECT_FALSE(meet(moved.rect, scene.boxes[0].rect));
}

TEST(CardLayout, words_are_not_covered_where_there_is_room_beside_them) {
  Scene scene;  // to the right and below all is full of words, to the left there is room for a title
  for (float y = 0; y < 200; y += 20) {
    scene.labels.push_back({{90, y, 400, y + 20}, std::string(56, 'x'), Tone::Text, Type::Small, Align::Left});
  }
  const CardPlace place = place_cards({wish_at({300, 90, 310, 100})}, ground_of(scene))[0];
  EXPECT_EQ(place.form, 2u);
  EXPECT_LE(place.rect.x1, 90);
}

TEST(CardLayout, a_label_is_as_wide_as_its_words) {
  Scene scene;  // two letters in the middle of all
  scene.labels.push_back({kRoom, "AB", Tone::Text, Type::Small, Align::Center});
  EXPECT_FLOAT_EQ(ground_of(scene).cost_of({0, 0, 100, 200}), 0);
  EXPECT_GT(ground_of(scene).cost_of({190, 90, 210, 110}), 0);
}

TEST(CardLayout, lines_do_not_cross_where_there_is_room) {
  // The first has to stand right of both, the second is free to stand anywhere else.
  const CardWish left = wish_at({100, 90, 110, 100});
  CardWish right = wish_at({140, 90, 150, 100});
  right.corner = Point{20, 20};
  const std::vector<CardPlace> places = place_cards({left, right}, ground_of({}));
  const auto above_line = [&](float x, float y) {  // the line from the second's card to its block
    return (y - 50) * (145 - 70) < (x - 70) * (95 - 50);
  };
  const Rect& card = places[0].rect;
  EXPECT_EQ(above_line((card.x0 + card.x1) / 2, (card.y0 + card.y1) / 2), above_line(105, 95));
}

TEST(CardLayout, what_a_hand_put_somewhere_stays_there_with_all_its_lines) {
  CardWish put = wish_at({0, 0, 20, 20});
  put.corner = Point{150, 70};
  const std::vector<CardPlace> places = place_cards({wish_at({140, 50, 160, 60}), put}, ground_of({}));
  EXPECT_EQ(places[1].rect.x0, 150);
  EXPECT_EQ(places[1].rect.y0, 70);
  EXPECT_EQ(places[1].form, 0u);
  EXPECT_FALSE(meet(places[0].rect, places[1].rect));
}

}  // namespace
