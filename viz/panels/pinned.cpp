// Cards that were pinned: what stands at a byte of a stage, wherever the cursor goes, with a line to its place.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "viz/app/names.h"
#include "viz/draw/card_layout.h"
#include "viz/draw/stage_cache.h"
#include "viz/draw/tip.h"
#include "viz/panels/canvas.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"
#include "viz/panels/window_layout.h"

namespace allocviz::panels {

namespace {

using draw::Rect;

constexpr float kLeastEm = 5.5f, kMostEm = 18, kSidesEm = 1.1f, kLineEm = 1.35f, kTitleEm = 1.9f;
constexpr float kOnABar = 2;  // for a square em of it that is covered; a live block costs 1

struct Card {
  const app::Pinned& pin;
  std::size_t number = 0;
  std::string text;                // all of it, for the tooltip where lines are left out
  std::vector<std::string> lines;  // the first is its title
  Rect rect;
  std::size_t shown = 0;  // lines
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

// A line too long for the widest card does without its share in brackets, else it goes on in the next one, behind a
// comma.
std::vector<std::string> broken(const std::vector<std::string>& lines, float room) {
  const ui::WithFont font(ui::Font::MonoSmall);
  std::vector<std::string> broken_lines;
  for (std::string line : lines) {
    const std::string plain = line.ends_with("%)") ? line.substr(0, line.rfind(" (")) : line;
    if (!broken_lines.empty() && ui::text_width(line) > room && ui::text_width(plain) <= room) line = plain;
    while (!broken_lines.empty() && ui::text_width(line) > room) {  // the first one is the title
      std::size_t comma = line.rfind(", ");
      while (comma != std::string::npos && comma > 0 && ui::text_width(line.substr(0, comma + 1)) > room)
        comma = line.rfind(", ", comma - 1);
      if (comma == std::string::npos || comma == 0) break;
      broken_lines.push_back(line.substr(0, comma + 1));
      line.erase(0, comma + 2);
    }
    broken_lines.push_back(std::move(line));
  }
  return broken_lines;
}

// What the place of a stage shows: the stage itself, else its map alone.
const draw::Scene* scene_of(const Context& context, const StageRects& place, std::size_t stage) {
  if (context.caches == nullptr) return nullptr;
  const auto found = context.caches->stages.find(stage);
  if (found == context.caches->stages.end()) return nullptr;
  const draw::StageCache& cache = found->second;
  if (!place.shown) return &cache.map.scene.scene;
  switch (context.state.timeline(stage).spec().kind) {
    case trace::AllocatorKind::Buddy:
    case trace::AllocatorKind::Tiered:
      return &cache.buddy.scene.scene;
    case trace::AllocatorKind::Slab:
      return &cache.slab.scene.scene;
    case trace::AllocatorKind::Recorded:
      return &cache.recorded.scene.scene;
    case trace::AllocatorKind::Bump:
      break;
  }
  return &cache.bump.scene.scene;
}

// Where a scene has the block that holds a byte.
std::optional<Rect> drawn_at(const draw::Scene* scene, std::uint64_t offset) {
  if (scene == nullptr) return std::nullopt;
  for (const draw::Box& box : scene->boxes) {
    if (box.look != draw::Look::Split && offset >= box.offset && offset - box.offset < box.size) return box.rect;
  }
  return std::nullopt;
}

// A card stays below the title of its stage's panel where that is high enough.
Rect room_of(const Context& context, const StageRects& place) {
  const Rect panel = place.shown ? place.stage : place.map_rect;
  const float edge = std::round(0.4f * context.em);
  const float top = panel.height() > 8 * context.em ? std::round(2.2f * context.em) : edge;
  return {panel.x0 + edge, panel.y0 + top, panel.x1 - edge, panel.y1 - edge};
}

Card card_of(const Context& context, std::size_t number) {
  const app::Pinned& pin = context.state.pins[number];
  const replay::Timeline& timeline = context.state.shown(pin.stage);
  const auto byte = static_cast<double>(pin.offset);
  Card card{pin, number, draw::tip_text(timeline.census(), {byte, byte + 1}, names_of(timeline)), {}, {}, 0};
  if (card.text.empty()) card.text = "nothing";
  if (context.state.stages.size() > 1) card.text += "\n" + app::title_of_stage(context.state, pin.stage);
  card.lines = broken(lines_of(card.text), (kMostEm - kSidesEm) * context.em);
  return card;
}

// The title of a card that says nothing else: which block it is must be told where no name does.
std::string title_alone(const Context& context, const Card& card) {
  if (card.lines.front().find(':') != std::string::npos) return card.lines.front();
  const std::uint64_t arena = context.state.shown(card.pin.stage).census().arena_bytes;
  return fmt::format("{} · {}", card.lines.front(), trace::offset_text(card.pin.offset, arena));
}

float width_of(ui::Font font, const std::string& text) {
  const ui::WithFont with(font);
  return ui::text_width(text);
}

// Its sizes, from all lines to the title alone. As wide as what it says, by whole ems: it does not change with each
// digit.
std::vector<draw::Point> forms_of(const Context& context, const Card& card) {
  const float em = context.em;
  const float sides = kSidesEm * em, title = std::round(kTitleEm * em);
  std::vector<draw::Point> forms;
  for (std::size_t lines = card.lines.size(); lines > 0; --lines) {
    const std::string& head = card.lines.front();
    float text = width_of(ui::Font::Bold, lines == 1 ? title_alone(context, card) : head) + title;
    for (std::size_t i = 1; i < lines; ++i) text = std::max(text, width_of(ui::Font::MonoSmall, card.lines[i]));
    const float width = std::clamp(std::ceil((text + sides) / em), kLeastEm, kMostEm);
    const float height = lines == 1 ? title : (kTitleEm + 0.5f + kLineEm * static_cast<float>(lines - 1)) * em;
    forms.push_back({std::round(width * em), std::round(height)});
  }
  return forms;
}

bool same(Rect a, Rect b) {
  return a.x0 == b.x0 && a.y0 == b.y0 && a.x1 == b.x1 && a.y1 == b.y1;
}

// So that a card does not jump from event to event.
std::optional<draw::CardPlace> place_before(const Context& context, const app::Pinned& pin,
                                            const draw::CardWish& wish) {
  if (context.caches == nullptr) return std::nullopt;
  for (const draw::CardBefore& card : context.caches->cards) {
    if (card.stage != pin.stage || card.offset != pin.offset) continue;
    if (card.em != context.em || !same(card.room, wish.room)) continue;
    // As many lines as before, or all of them as before: another block may stand there now.
    const std::size_t all = wish.forms.size();
    return draw::CardPlace{card.place.rect, card.place.form == 0 ? 0 : all - std::min(card.lines, all)};
  }
  return std::nullopt;
}

void remember(const Context& context, const std::vector<draw::CardWish>& wishes,
              const std::vector<draw::CardPlace>& places) {
  if (context.caches == nullptr) return;
  context.caches->cards.clear();
  for (std::size_t i = 0; i < places.size(); ++i) {
    const app::Pinned& pin = context.state.pins[i];
    context.caches->cards.push_back(
        {pin.stage, pin.offset, wishes[i].room, context.em, places[i], wishes[i].forms.size() - places[i].form});
  }
}

std::vector<Card> placed_cards(const Context& context, const Parts& parts, Rect window) {
  std::vector<Card> cards;
  std::vector<draw::CardWish> wishes;
  draw::CardGround ground(window, context.em);
  for (std::size_t stage = 0; stage < parts.stages.size(); ++stage) {
    const draw::Scene* scene = scene_of(context, parts.stages[stage], stage);
    if (scene == nullptr) continue;
    ground.add(*scene);
    // A bump's bars are no boxes of its scene.
    const draw::BumpScene& bump = context.caches->stages.at(stage).bump.scene;
    if (scene != &bump.scene) continue;
    for (const draw::Bar& bar : bump.bars) ground.add(bar.track, kOnABar);
  }
  ground.close();
  for (std::size_t i = 0; i < context.state.pins.size(); ++i) {
    const app::Pinned& pin = context.state.pins[i];
    const StageRects& place = parts.stages[std::min(pin.stage, parts.stages.size() - 1)];
    cards.push_back(card_of(context, i));
    draw::CardWish wish{forms_of(context, cards.back()), room_of(context, place), {}, {}, {}};
    wish.before = place_before(context, pin, wish);
    wish.block = drawn_at(scene_of(context, place, pin.stage), pin.offset);
    if (pin.placed) {
      wish.corner = draw::Point{pin.x * context.em, pin.y * context.em};
      wish.room = window;
    }
    wishes.push_back(std::move(wish));
  }
  const std::vector<draw::CardPlace> places = draw::place_cards(wishes, ground);
  remember(context, wishes, places);
  for (std::size_t i = 0; i < cards.size(); ++i) {
    cards[i].rect = places[i].rect;
    cards[i].shown = cards[i].lines.size() - places[i].form;
  }
  return cards;
}

// From the card's nearest edge to the block it speaks of.
void draw_line(const Context& context, const Parts& parts, const Card& card) {
  const StageRects& place = parts.stages[std::min(card.pin.stage, parts.stages.size() - 1)];
  const std::optional<Rect> block = drawn_at(scene_of(context, place, card.pin.stage), card.pin.offset);
  if (!block) return;
  const auto& [from, to] = draw::line_of(card.rect, *block);
  if (card.rect.contains(to)) return;
  const float thin = std::max(1.0f, std::round(context.em / 12));
  ui::draw_list()->AddLine(ImVec2(from.x, from.y), ImVec2(to.x, to.y), context.theme.text_dim, thin);
  ui::draw_list()->AddCircleFilled(ImVec2(to.x, to.y), 0.2f * context.em, context.theme.text, 12);
}

void paint_cross(ImDrawList* list, Rect rect, draw::Color color) {
  const float x = (rect.x0 + rect.x1) / 2, y = (rect.y0 + rect.y1) / 2, half = 0.2f * rect.height();
  list->AddLine(ImVec2(x - half, y - half), ImVec2(x + half, y + half), color, 1.5f);
  list->AddLine(ImVec2(x - half, y + half), ImVec2(x + half, y - half), color, 1.5f);
}

// Taken by its title it moves.
void move_by_title(const Context& context, const Card& card, Rect title) {
  const std::string label = fmt::format("move card {}", card.number + 1);
  if (ui::canvas(label.c_str(), title)) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeAll);
  if (card.shown < card.lines.size() && !ImGui::IsItemActive()) ui::tooltip(card.text);
  const ImVec2 moved = ImGui::GetIO().MouseDelta;
  if (!ImGui::IsItemActive() || (moved.x == 0 && moved.y == 0)) return;
  context.commands.push({.what = app::Do::MovePin,
                         .number = card.number,
                         .value = static_cast<double>((card.rect.x0 + moved.x) / context.em),
                         .value2 = static_cast<double>((card.rect.y0 + moved.y) / context.em)});
}

void draw_lines(const Context& context, const Card& card, Rect rect) {
  const ui::WithFont font(ui::Font::MonoSmall);
  const float em = context.em, left = rect.x0 + 0.7f * em;
  float y = rect.y0;
  for (std::size_t i = 1; i < card.shown; ++i, y += kLineEm * em) {
    row_text({rect.x0, y, rect.x1, y + kLineEm * em}, left, context.theme.text_dim, card.lines[i],
             rect.x1 - left - 0.4f * em);
    ui::place(card.lines[i], {left, y, left + ui::text_width(card.lines[i]), y + kLineEm * em});
  }
}

void draw_card(const Context& context, const Card& card) {
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const Rect& rect = card.rect;
  ui::begin_region(fmt::format("card {}", card.number + 1).c_str(), rect,
                   ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  ui::place("whole", rect);
  const float rounding = std::round(0.35f * em);
  ui::fill(ui::draw_list(), rect, theme.panel, rounding);
  ui::outline(ui::draw_list(), rect, theme.text_dim, 1, rounding);
  const Rect title{rect.x0, rect.y0, rect.x1, rect.y0 + std::round(kTitleEm * em)};
  const float side = title.height();
  move_by_title(context, card, {title.x0, title.y0, title.x1 - side, title.y1});
  const float left = rect.x0 + 0.7f * em;
  {
    const ui::WithFont font(ui::Font::Bold);
    const std::string words = card.shown == 1 ? title_alone(context, card) : card.lines.front();
    row_text(title, left, theme.text, words, title.x1 - side - left);
  }
  ImGui::SetCursorScreenPos(ImVec2(title.x1 - side, title.y0));
  if (ui::icon_button(fmt::format("##close card {}", card.number + 1).c_str(), "Take the card away   Esc", paint_cross,
                      {side, side})) {
    context.commands.push({.what = app::Do::Unpin, .number = card.number});
  }
  draw_lines(context, card, {rect.x0, title.y1, rect.x1, rect.y1});
  // What is no button lets nothing through to the stage below.
  if (rect.y1 > title.y1) {
    (void)ui::canvas(fmt::format("card {}", card.number + 1).c_str(), {rect.x0, title.y1, rect.x1, rect.y1});
    if (card.shown < card.lines.size()) ui::tooltip(card.text);
  }
  ui::end_region();
}

}  // namespace

void pinned_cards(const Context& context, const Parts& parts, Rect rect) {
  if (context.state.pins.empty() && context.caches != nullptr) context.caches->cards.clear();
  if (context.state.pins.empty() || context.state.document.placeholder || parts.stages.empty()) return;
  const std::vector<Card> cards = placed_cards(context, parts, rect);
  ui::begin_region("cards", rect,
                   ImGuiWindowFlags_NoInputs | ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  for (const Card& card : cards) draw_line(context, parts, card);
  for (const Card& card : cards) draw_card(context, card);
  ui::end_region();
}

}  // namespace allocviz::panels
