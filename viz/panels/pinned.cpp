// Cards that were pinned: what stands at a byte of a stage, wherever the cursor goes, with a line to its place.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "viz/draw/stage_cache.h"
#include "viz/draw/tip.h"
#include "viz/panels/canvas.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using draw::Rect;

constexpr float kWidthEm = 15, kLineEm = 1.35f, kTitleEm = 1.9f;

struct Card {
  const app::Pinned& pin;
  std::size_t number = 0;
  std::vector<std::string> lines;  // the first is its title
  Rect rect;
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

// Where a stage drew the block that holds a byte.
std::optional<Rect> drawn_at(const Context& context, const app::Pinned& pin) {
  if (context.caches == nullptr) return std::nullopt;
  const auto stage = context.caches->stages.find(pin.stage);
  if (stage == context.caches->stages.end()) return std::nullopt;
  const draw::StageCache& cache = stage->second;
  const draw::Scene* scene = &cache.bump.scene.scene;
  switch (context.state.timeline(pin.stage).spec().kind) {
    case trace::AllocatorKind::Buddy:
    case trace::AllocatorKind::Tiered:
      scene = &cache.buddy.scene.scene;
      break;
    case trace::AllocatorKind::Slab:
      scene = &cache.slab.scene.scene;
      break;
    case trace::AllocatorKind::Recorded:
      scene = &cache.recorded.scene.scene;
      break;
    case trace::AllocatorKind::Bump:
      break;
  }
  for (const draw::Box& box : scene->boxes) {
    if (box.look != draw::Look::Split && pin.offset >= box.offset && pin.offset - box.offset < box.size)
      return box.rect;
  }
  return std::nullopt;
}

// Right below its block, to its right where there is room, and below the cards that stand there already.
draw::Point beside(Rect block, Rect window, draw::Point size, float gap, const std::vector<Card>& others) {
  float x = block.x1 + gap;
  if (x + size.x > window.x1) x = block.x0 - gap - size.x;
  Rect at{x, block.y1 + gap, x + size.x, block.y1 + gap + size.y};
  for (const Card& other : others) {
    const bool apart = other.rect.x1 <= at.x0 || other.rect.x0 >= at.x1 || other.rect.y1 <= at.y0;
    if (apart || other.rect.y0 >= at.y1) continue;
    at.y0 = other.rect.y1 + gap;
    at.y1 = at.y0 + size.y;
  }
  return {at.x0, at.y0};
}

Card card_of(const Context& context, std::size_t number, Rect window, const std::vector<Card>& others) {
  const app::Pinned& pin = context.state.pins[number];
  const replay::Timeline& timeline = context.state.shown(pin.stage);
  const auto byte = static_cast<double>(pin.offset);
  Card card{pin, number, lines_of(draw::tip_text(timeline.census(), {byte, byte + 1}, names_of(timeline))), {}};
  if (card.lines.empty()) card.lines.push_back("nothing");
  if (context.state.stages.size() > 1) card.lines.push_back(trace::to_title(timeline.spec()));
  const float em = context.em;
  const float width = std::round(kWidthEm * em);
  const float height = std::round((kTitleEm + 0.5f + kLineEm * static_cast<float>(card.lines.size() - 1)) * em);
  // Where its stage is not seen, it stands in a row with the others at the foot of the window.
  draw::Point corner{window.x0 + (1 + 16 * static_cast<float>(number % 5)) * em, window.y1};
  if (pin.placed) corner = {pin.x * em, pin.y * em};
  if (const std::optional<Rect> block = pin.placed ? std::nullopt : drawn_at(context, pin))
    corner = beside(*block, window, {width, height}, std::round(0.6f * em), others);
  const float x = std::clamp(std::round(corner.x), window.x0, std::max(window.x0, window.x1 - width));
  const float y = std::clamp(std::round(corner.y), window.y0, std::max(window.y0, window.y1 - height));
  card.rect = {x, y, x + width, y + height};
  return card;
}

// From the card's nearest edge to the block it speaks of.
void draw_line(const Context& context, const Card& card) {
  const std::optional<Rect> block = drawn_at(context, card.pin);
  if (!block) return;
  const Rect& c = card.rect;
  const auto nearest = [](float low, float high, float other_low, float other_high) {
    return std::clamp((std::max(low, other_low) + std::min(high, other_high)) / 2, low, high);
  };
  // At the edges that face each other: what the block says stays readable.
  const draw::Point to{nearest(block->x0, block->x1, c.x0, c.x1), nearest(block->y0, block->y1, c.y0, c.y1)};
  const draw::Point from{nearest(c.x0, c.x1, block->x0, block->x1), nearest(c.y0, c.y1, block->y0, block->y1)};
  if (c.contains(to)) return;
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
  for (std::size_t i = 1; i < card.lines.size(); ++i, y += kLineEm * em) {
    row_text({rect.x0, y, rect.x1, y + kLineEm * em}, left, context.theme.text_dim, card.lines[i],
             rect.x1 - left - 0.4f * em);
  }
}

void draw_card(const Context& context, const Card& card) {
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const Rect& rect = card.rect;
  ui::begin_region(fmt::format("card {}", card.number + 1).c_str(), rect,
                   ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  const float rounding = std::round(0.35f * em);
  ui::fill(ui::draw_list(), rect, theme.panel, rounding);
  ui::outline(ui::draw_list(), rect, theme.text_dim, 1, rounding);
  const Rect title{rect.x0, rect.y0, rect.x1, rect.y0 + std::round(kTitleEm * em)};
  const float side = title.height();
  move_by_title(context, card, {title.x0, title.y0, title.x1 - side, title.y1});
  const float left = rect.x0 + 0.7f * em;
  {
    const ui::WithFont font(ui::Font::Bold);
    row_text(title, left, theme.text, card.lines.front(), title.x1 - side - left);
  }
  ImGui::SetCursorScreenPos(ImVec2(title.x1 - side, title.y0));
  if (ui::icon_button(fmt::format("##close card {}", card.number + 1).c_str(), "Take the card away   Esc", paint_cross,
                      {side, side})) {
    context.commands.push({.what = app::Do::Unpin, .number = card.number});
  }
  draw_lines(context, card, {rect.x0, title.y1, rect.x1, rect.y1});
  // What is no button lets nothing through to the stage below.
  (void)ui::canvas(fmt::format("card {}", card.number + 1).c_str(), {rect.x0, title.y1, rect.x1, rect.y1});
  ui::end_region();
}

}  // namespace

void pinned_cards(const Context& context, Rect rect) {
  if (context.state.pins.empty() || context.state.document.placeholder) return;
  std::vector<Card> cards;
  for (std::size_t i = 0; i < context.state.pins.size(); ++i) cards.push_back(card_of(context, i, rect, cards));
  ui::begin_region("cards", rect,
                   ImGuiWindowFlags_NoInputs | ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  for (const Card& card : cards) draw_line(context, card);
  for (const Card& card : cards) draw_card(context, card);
  ui::end_region();
}

}  // namespace allocviz::panels
