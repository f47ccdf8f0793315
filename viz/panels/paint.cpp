#include "viz/panels/paint.h"

#include <algorithm>
#include <cmath>

namespace allocviz::panels {
namespace {

using draw::Box;
using draw::Color;
using draw::Look;
using draw::Point;
using draw::Rect;
using draw::Tone;

constexpr std::size_t kCrowded = 2000;  // boxes of a scene: more are painted more simply

ui::Font font_of(draw::Type type) {
  switch (type) {
    case draw::Type::Body:
      return ui::Font::Body;
    case draw::Type::Bold:
      return ui::Font::Bold;
    case draw::Type::Small:
      return ui::Font::Small;
    case draw::Type::Mono:
      return ui::Font::Mono;
    case draw::Type::MonoSmall:
      return ui::Font::MonoSmall;
  }
  return ui::Font::Body;
}

// Little by little: of rows a pixel higher and lower none looks like another kind of block.
float rounding_of(const Paint& paint, Rect rect) {
  const float least = std::min(rect.width(), rect.height()) / paint.em;
  return std::round(0.18f * paint.em * std::clamp((least - 0.4f) / 0.6f, 0.0f, 1.0f));
}

float line_of(const Paint& paint) {
  return std::max(1.0f, std::floor(paint.em / 14));
}

// Hatched from three pixels on; what is narrower than that shows the hatch's mean.
void paint_waste(const Paint& paint, Rect rect) {
  const float spacing = std::max(4.0f, std::round(0.42f * paint.em));
  const float least = paint.crowded ? 1.5f * spacing : 3.0f;
  if (rect.width() < least || rect.height() < least) {
    ui::fill(paint.list, rect, draw::mix(paint.theme.waste_ground, paint.theme.waste, 0.6));
    return;
  }
  ui::fill(paint.list, rect, paint.theme.waste_ground);
  ui::hatch(paint.list, rect, paint.theme.waste, spacing, std::max(1.5f, 0.13f * paint.em));
}

void paint_live(const Paint& paint, const Box& box, Rect rect) {
  const float rounding = rounding_of(paint, rect);
  const float shift = box.moves ? rect.x0 - box.rect.x0 : 0;
  const float solid = box.solid_x >= box.rect.x1 ? rect.x1 : std::min(box.solid_x + shift, rect.x1);
  ui::fill(paint.list, rect, box.tint != 0 ? box.tint : paint.theme.live_fill, rounding);
  // Inside the outline, whose corners are round.
  const float scale = std::max(1.0f, std::floor(paint.em / 14)), width = rect.width() / scale;
  const float inset = width >= 4 ? line_of(paint) : 0.0f;
  if (width < 6) {
    // Too narrow for two colours beside each other: hundreds of such boxes would be stripes that mix to a third. One
    // above the other, as in the columns that stand for several blocks.
    const float waste = std::round(rect.height() * (rect.x1 - solid) / rect.width());
    if (waste > inset)
      ui::fill(paint.list, {rect.x0 + inset, rect.y0 + inset, rect.x1 - inset, rect.y0 + waste}, paint.theme.waste);
  } else {
    // A box of some width that has any waste shows a stripe of it beside its outline.
    const float stripe = box.solid_x < box.rect.x1 ? std::max(1.0f, inset) : 0.0f;
    const float from = std::max(std::min(solid, rect.x1 - inset - stripe), rect.x0 + inset);
    if (from < rect.x1 - inset) paint_waste(paint, {from, rect.y0 + inset, rect.x1 - inset, rect.y1 - inset});
  }
  const Color edge = box.tint != 0 ? draw::mix(box.tint, paint.theme.text, 0.3) : paint.theme.live;
  if (width >= 4) ui::outline(paint.list, rect, edge, line_of(paint), rounding);
}

// As the columns of a map are that stand for several blocks (draw::paint_bands), seen through a glass.
void paint_several(const Paint& paint, Rect rect) {
  const auto dot = static_cast<float>(dot_of(paint.em) * 2);
  ui::fill(paint.list, rect, paint.theme.live_fill);
  const Color color = draw::mix(paint.theme.live_fill, paint.theme.live, 0.6);
  const int across = static_cast<int>(rect.width() / dot), down = static_cast<int>(rect.height() / dot);
  for (int y = 0; y < down; ++y) {
    for (int x = 0; x < across; ++x) {
      if (((2 * x + y) & 3) != 0) continue;
      const float left = rect.x0 + static_cast<float>(x) * dot, top = rect.y0 + static_cast<float>(y) * dot;
      ui::fill(paint.list, {left, top, left + dot, top + dot}, color);
    }
  }
}

// Of whole pixels: a dot that lies half on one and half on the next has half the contrast.
void paint_dotted(const Paint& paint, Rect rect, Color color) {
  const float line = line_of(paint);
  const float dot = std::max(2.0f, std::round(0.15f * paint.em));
  const auto stride_of = [dot](float length) { return std::max(2 * dot, std::ceil(length / 1000)); };
  rect = {std::round(rect.x0), std::round(rect.y0), std::round(rect.x1), std::round(rect.y1)};
  const float across = stride_of(rect.width()), down = stride_of(rect.height());
  for (float x = rect.x0; x < rect.x1; x += across) {
    const float end = std::min(x + across / 2, rect.x1);
    ui::fill(paint.list, {x, rect.y0, end, rect.y0 + line}, color);
    ui::fill(paint.list, {x, rect.y1 - line, end, rect.y1}, color);
  }
  for (float y = rect.y0; y < rect.y1; y += down) {
    const float end = std::min(y + down / 2, rect.y1);
    ui::fill(paint.list, {rect.x0, y, rect.x0 + line, end}, color);
    ui::fill(paint.list, {rect.x1 - line, y, rect.x1, end}, color);
  }
}

// A box where it is now: on its way from where its motion began.
Rect place_of(const Paint& paint, const Box& box) {
  if (!box.moves || paint.moved >= 1) return box.rect;
  const float t = 1 - (1 - paint.moved) * (1 - paint.moved);
  const auto mix = [t](float a, float b) { return a + (b - a) * t; };
  return {mix(box.from.x0, box.rect.x0), mix(box.from.y0, box.rect.y0), mix(box.from.x1, box.rect.x1),
          mix(box.from.y1, box.rect.y1)};
}

// Where a block runs on in another row its shape goes on beyond the piece, and is cut at its end: no corner, no edge.
class OpenEnds {
 public:
  OpenEnds(const Paint& paint, const Box& box, Rect& rect, float around) : list_(paint.list) {
    cut_ = box.from_before || box.goes_on;
    if (!cut_) return;
    const float beyond = std::ceil(paint.em);
    const float left = rect.x0 - (box.from_before ? 0 : around), right = rect.x1 + (box.goes_on ? 0 : around);
    list_->PushClipRect(ImVec2(left, rect.y0 - around), ImVec2(right, rect.y1 + around), true);
    if (box.from_before) rect.x0 -= beyond;
    if (box.goes_on) rect.x1 += beyond;
  }
  OpenEnds(const OpenEnds&) = delete;
  OpenEnds& operator=(const OpenEnds&) = delete;
  ~OpenEnds() {
    if (cut_) list_->PopClipRect();
  }

 private:
  ImDrawList* list_;
  bool cut_ = false;
};

void paint_marks(const Paint& paint, const Box& box, bool is_pin = false) {
  Rect rect = place_of(paint, box);
  const OpenEnds ends(paint, box, rect, std::ceil(0.4f * paint.em));
  const float two = std::max(2.0f, std::round(paint.em / 8));
  const Rect around{rect.x0 - 1, rect.y0 - 1, rect.x1 + 1, rect.y1 + 1};
  const float rounding = rounding_of(paint, rect);
  if (box.related) {
    // Inside its edge, which it may share with a block that is outlined; around it where a word fills it.
    const float in = std::min(rect.width(), rect.height()) >= 1.6f * paint.em ? two + 1 : 0.0f;
    const Rect r = in > 0 ? Rect{rect.x0 + in, rect.y0 + in, rect.x1 - in, rect.y1 - in} : around;
    const Color color = paint.theme.relation;
    const float dash = 0.35f * paint.em;
    ui::dashed(paint.list, {r.x0, r.y0}, {r.x1, r.y0}, color, two, dash);
    ui::dashed(paint.list, {r.x0, r.y1}, {r.x1, r.y1}, color, two, dash);
    ui::dashed(paint.list, {r.x0, r.y0}, {r.x0, r.y1}, color, two, dash);
    ui::dashed(paint.list, {r.x1, r.y0}, {r.x1, r.y1}, color, two, dash);
  }
  if (box.selected) ui::outline(paint.list, around, paint.theme.text, two, rounding);
  if (box.touched) {
    // Between keylines of the ground's colour where it may stand on any colour: yellow is not seen on viridis' yellow.
    if (is_pin || box.tint != 0) {
      const float line = line_of(paint) + 1;
      const Rect out{around.x0 - line, around.y0 - line, around.x1 + line, around.y1 + line};
      ui::outline(paint.list, out, paint.theme.panel, line, rounding);
      const Rect inner{around.x0 + two, around.y0 + two, around.x1 - two, around.y1 - two};
      if (std::min(inner.width(), inner.height()) >= 3 * line) {
        ui::outline(paint.list, inner, paint.theme.panel, line, rounding);
      }
    }
    ui::outline(paint.list, around, paint.theme.touched, two, rounding);
  }
  if (box.next && !box.touched && !box.selected) paint_dotted(paint, rect, paint.theme.text);
}

void paint_arrow_head(const Paint& paint, Point tip, Point from, Color color) {
  const float dx = tip.x - from.x, dy = tip.y - from.y;
  const float length = std::max(1.0f, std::sqrt(dx * dx + dy * dy));
  const float size = 0.42f * paint.em;
  const float ux = dx / length * size, uy = dy / length * size;
  ui::triangle(paint.list, tip, {tip.x - ux - uy * 0.5f, tip.y - uy + ux * 0.5f},
               {tip.x - ux + uy * 0.5f, tip.y - uy - ux * 0.5f}, color);
}

// By its corners, each of them rounded. The head is in the middle of the block it ends in where it comes from the side,
// and at the block's edge where it comes from below.
void paint_routed(const Paint& paint, const draw::Link& link, Color color) {
  // Lines are drawn half a pixel further on: so that they fill pixels.
  const auto shifted = [](Point p) { return Point{p.x + 0.5f, p.y + 0.5f}; };
  const Point from = shifted(link.from), to = shifted(link.to);
  std::vector<Point> points{from};
  for (const Point corner : link.corners) points.push_back(shifted(corner));
  const float dx = points.back().x - to.x, dy = points.back().y - to.y;
  const float length = std::max(1.0f, std::sqrt(dx * dx + dy * dy));
  const float back = std::abs(dx) > std::abs(dy) ? 0.2f * paint.em : 0.0f;
  const auto behind = [&](float by) { return Point{to.x + dx / length * by, to.y + dy / length * by}; };
  const float size = 0.4f * paint.em;
  const Point tip = behind(back), neck = behind(back + 0.5f * size);
  points.push_back(back > 0 ? tip : neck);
  ui::routed(paint.list, points, 0.5f * paint.em, color, std::max(1.0f, 0.09f * paint.em));
  ui::disc(paint.list, from, 0.16f * paint.em, color);
  paint_arrow_head(paint, tip, neck, color);
}

void paint_next(const Paint& paint, const draw::Link& link, Color color) {
  if (!link.corners.empty()) {
    paint_routed(paint, link, color);
    return;
  }
  const float dx = link.to.x - link.from.x, dy = link.to.y - link.from.y;
  const float length = std::sqrt(dx * dx + dy * dy);
  if (length < 2) return;
  // Bowed to one side, so that there and back are two lines; the more the longer, up to a point.
  const float bow = std::min(0.18f * length, 2.5f * paint.em) / length;
  const Point middle{(link.from.x + link.to.x) / 2 + dy * bow, (link.from.y + link.to.y) / 2 - dx * bow};
  const Point a{link.from.x + (middle.x - link.from.x) * 0.66f, link.from.y + (middle.y - link.from.y) * 0.66f};
  const Point b{link.to.x + (middle.x - link.to.x) * 0.66f, link.to.y + (middle.y - link.to.y) * 0.66f};
  const float thickness = std::max(1.0f, 0.09f * paint.em);
  ui::curve(paint.list, link.from, a, b, link.to, color, thickness);
  ui::disc(paint.list, link.from, 0.16f * paint.em, color);
  ui::disc(paint.list, link.to, 0.16f * paint.em, color);
  // The head points at the dot it ends in.
  const float tx = link.to.x - b.x, ty = link.to.y - b.y;
  const float rim = 0.2f * paint.em / std::max(1.0f, std::sqrt(tx * tx + ty * ty));
  paint_arrow_head(paint, {link.to.x - tx * rim, link.to.y - ty * rim}, b, color);
}

void paint_link(const Paint& paint, const draw::Link& link) {
  const Color color = color_of(link.tone, paint.theme);
  const float thin = line_of(paint);
  switch (link.kind) {
    case draw::LinkKind::Halves: {
      const Color quiet = link.tone == Tone::Faint ? paint.theme.free_edge : color;
      const float middle = (link.from.y + link.to.y) / 2;
      ui::curve(paint.list, link.from, {link.from.x, middle}, {link.to.x, middle}, link.to, quiet, thin);
      break;
    }
    case draw::LinkKind::Next:
      paint_next(paint, link, draw::with_alpha(color, 220));
      break;
    case draw::LinkKind::Relation:
      ui::dashed(paint.list, link.from, link.to, color, 2 * thin, 0.35f * paint.em);
      break;
    case draw::LinkKind::Arc: {
      // A short one hangs as low as its head needs to be told from its line.
      const float drop = std::clamp(std::abs(link.to.x - link.from.x) / 3, 0.95f * paint.em, 1.2f * paint.em);
      ui::curve(paint.list, link.from, {link.from.x, link.from.y + drop}, {link.to.x, link.to.y + drop}, link.to, color,
                1.5f * thin);
      paint_arrow_head(paint, link.to, {link.to.x, link.to.y + drop}, color);
      break;
    }
    case draw::LinkKind::Line: {
      const Rect rect{std::min(link.from.x, link.to.x), std::min(link.from.y, link.to.y),
                      std::max(link.from.x, link.to.x) + thin, std::max(link.from.y, link.to.y) + thin};
      ui::fill(paint.list, rect, link.tone == Tone::Faint ? paint.theme.free_edge : color);
      break;
    }
  }
}

// What a label is read on where something runs below it: the colour of its box.
Color ground_of(const Paint& paint, const Box& box) {
  switch (box.look) {
    case Look::Live:
      return box.tint != 0 ? box.tint : paint.theme.live_fill;
    case Look::Free:
      return paint.theme.free_fill;
    case Look::InFlight:
      return paint.theme.touched_fill;
    case Look::Dead:
      return paint.theme.dead;
    default:
      return paint.theme.panel;
  }
}

void paint_ground(const Paint& paint, const draw::Label& label, const Box& box) {
  const ui::WithFont font{font_of(label.type)};
  const float width = ui::text_width(label.text), height = ui::line_height();
  const float spare = std::max(0.0f, label.rect.width() - width);
  const float x = label.rect.x0 + (label.align == draw::Align::Left     ? 0
                                   : label.align == draw::Align::Center ? spare / 2
                                                                        : spare);
  const float y = (label.rect.y0 + label.rect.y1 - height) / 2;
  const float pad = std::max(2.0f, 0.12f * paint.em);
  const float line = line_of(paint);  // the box's own outline stays
  const Rect ground{std::max(x - pad, box.rect.x0 + line), std::max(y, box.rect.y0 + line),
                    std::min(x + width + pad, box.rect.x1 - line), std::min(y + height, box.rect.y1 - line)};
  ui::fill(paint.list, ground, ground_of(paint, box), 0.15f * paint.em);
}

void paint_chip(const Paint& paint, const draw::Chip& chip) {
  const Color color = chip.touched ? paint.theme.touched : paint.theme.text;
  if (chip.outlined) {
    const Color edge = chip.touched ? paint.theme.touched : paint.theme.free_edge;
    ui::outline(paint.list, chip.rect, edge, line_of(paint), chip.rect.height() / 2);
  }
  const ui::WithFont font{ui::Font::MonoSmall};
  const float width = ui::text_width(chip.text);
  const float x = chip.outlined ? (chip.rect.x0 + chip.rect.x1 - width) / 2 : chip.rect.x0;
  const float y = (chip.rect.y0 + chip.rect.y1 - ui::line_height()) / 2;
  ui::text_at(paint.list, {x, y}, color, chip.text);
}

}  // namespace

Color color_of(Tone tone, const draw::Theme& theme) {
  switch (tone) {
    case Tone::Text:
      return theme.text;
    case Tone::Dim:
      return theme.text_dim;
    case Tone::Faint:
      return theme.text_faint;
    case Tone::OnLive:
      return theme.text_on_live;
    case Tone::OnDark:
      return draw::rgb(0xffffff);
    case Tone::OnLight:
      return draw::rgb(0x000000);
    case Tone::Touched:
      return theme.touched;
    case Tone::Failed:
      return theme.failed;
    case Tone::Relation:
      return theme.relation;
    case Tone::Live:
      return theme.live;
    case Tone::Waste:
      return theme.waste;
    case Tone::Dead:
      return theme.text_faint;
  }
  return theme.text;
}

void paint_box(const Paint& paint, const Box& box) {
  Rect rect = place_of(paint, box);
  const OpenEnds ends(paint, box, rect, 0);
  const draw::Theme& theme = paint.theme;
  const float rounding = rounding_of(paint, rect);
  const float line = line_of(paint);
  const bool edged = rect.width() >= 3;
  switch (box.look) {
    case Look::Live:
      if (box.several) {
        paint_several(paint, rect);
      } else {
        paint_live(paint, box, rect);
      }
      break;
    case Look::Waste:
    case Look::Padding:
      paint_waste(paint, rect);
      break;
    case Look::Free:
      ui::fill(paint.list, rect, theme.free_fill, rounding);
      if (edged) ui::outline(paint.list, rect, theme.free_edge, line, rounding);
      break;
    case Look::Fresh:
      // Dots of hundreds of little blocks would be louder than what lives among them.
      if (rect.height() < 0.7f * paint.em) {
        ui::fill(paint.list, rect, theme.inset);
      } else if (edged) {
        paint_dotted(paint, rect, theme.free_edge);
      }
      break;
    case Look::Split:
      if (edged) ui::outline(paint.list, rect, theme.split_edge, line, rounding);
      break;
    case Look::Gap:
      ui::cross_hatch(paint.list, rect, draw::with_alpha(theme.reserved, 130), std::max(5.0f, 0.5f * paint.em));
      if (edged) ui::outline(paint.list, rect, theme.reserved, line, rounding);
      break;
    case Look::InFlight:
      ui::fill(paint.list, rect, theme.touched_fill, rounding);
      // As small as in the legend the quiet fill alone is not told from the frame of what is touched.
      if (rect.height() < paint.em) ui::fill(paint.list, rect, draw::with_alpha(theme.touched, 130), rounding);
      ui::outline(paint.list, rect, theme.touched, 2 * line, rounding);
      break;
    case Look::Dead:
      ui::fill(paint.list, rect, theme.dead, rounding);
      if (edged) paint_dotted(paint, rect, theme.free_edge);
      break;
  }
}

void paint_label(const Paint& paint, const draw::Label& label) {
  const ui::WithFont font{font_of(label.type)};
  const float room = label.rect.width();
  const float y = (label.rect.y0 + label.rect.y1 - ui::line_height()) / 2;
  float x = label.rect.x0;
  if (label.align != draw::Align::Left) {
    const float spare = std::max(0.0f, room - ui::text_width(label.text));
    x += label.align == draw::Align::Right ? spare : spare / 2;
  }
  const Color color = color_of(label.tone, paint.theme);
  const float width = ui::text_at(paint.list, {x, y}, color, label.text, room + 1);
  if (label.struck) {
    const float middle = std::round(y + 0.55f * ui::line_height());
    const float thick = std::max(1.0f, std::round(paint.em / 13));
    ui::fill(paint.list, {std::floor(x) - 1, middle, std::ceil(x + width) + 1, middle + thick}, color);
  }
  if (!label.underlined) return;
  const float line = std::round(y + 0.98f * ui::line_height());
  ui::fill(paint.list, {std::floor(x), line, std::ceil(x + width), line + std::max(2.0f, std::round(paint.em / 9))},
           color);
}

void paint_scene(const Paint& with, const draw::Scene& scene, std::uintptr_t bands) {
  Paint paint = with;
  paint.crowded = scene.boxes.size() > kCrowded;
  for (const Box& box : scene.boxes) paint_box(paint, box);
  if (bands != 0 && !scene.bands.empty()) {
    const Rect& first = scene.bands.front().rect;
    const Rect& last = scene.bands.back().rect;
    ui::image(paint.list, {first.x0, first.y0, first.x1, last.y1}, bands);
  }
  for (const draw::Link& link : scene.links) paint_link(paint, link);
  for (const Box& box : scene.boxes) {
    if (box.touched || box.selected || box.related || box.next) paint_marks(paint, box);
  }
  for (const Box& pin : scene.pins) paint_marks(paint, pin, true);
  for (const Box& box : scene.legend) {
    paint_box(paint, box);
    if (box.touched) paint_marks(paint, box);
  }
  for (const draw::Label& label : scene.labels) {
    if (label.box < 0) {
      paint_label(paint, label);
      continue;
    }
    const Box& box = scene.boxes[static_cast<std::size_t>(label.box)];
    if (!box.moves || paint.moved >= 1) {
      if (label.grounded) paint_ground(paint, label, box);
      paint_label(paint, label);
      continue;
    }
    Box on = box;
    on.rect = place_of(paint, box);
    draw::Label moved = label;
    moved.rect.y0 += on.rect.y0 - box.rect.y0;
    moved.rect.y1 += on.rect.y0 - box.rect.y0;
    if (moved.grounded) paint_ground(paint, moved, on);
    paint_label(paint, moved);
  }
  for (const draw::Chip& chip : scene.chips) paint_chip(paint, chip);
}

int dot_of(float em) {
  return std::max(1, static_cast<int>(em / 16));
}

draw::Style style_of(float em) {
  draw::Style style;
  style.em = em;
  for (std::size_t t = 0; t < draw::kTypes; ++t) {
    const auto type = static_cast<draw::Type>(t);
    const ui::WithFont font{font_of(type)};
    draw::Glyphs& glyphs = style.of(type);
    for (std::size_t i = 0; i < glyphs.ascii.size(); ++i) {
      const char c = static_cast<char>(draw::Glyphs::kFirst + static_cast<int>(i));
      glyphs.ascii[i] = ui::text_width(std::string_view(&c, 1));
    }
    glyphs.other = std::max(ui::text_width("…"), ui::text_width("→"));
  }
  return style;
}

}  // namespace allocviz::panels
