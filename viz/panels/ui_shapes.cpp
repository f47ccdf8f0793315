#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include "viz/panels/ui_inner.h"

namespace allocviz::ui {
namespace {

// What stands in for a glyph that the font lacks.
struct StandIn {
  std::string_view glyph, ascii;
};
constexpr StandIn kStandIns[] = {
    {"→", "->"}, {"←", "<-"}, {"↑", "^"},  {"↓", "v"}, {"↔", "<->"},      {"⇒", "=>"},
    {"≥", ">="}, {"≤", "<="}, {"≠", "!="}, {"×", "x"}, {"·", "-"},        {"…", "..."},
    {"−", "-"},  {"–", "-"},  {"—", "-"},  {"•", "*"}, {"✕", "x"},        {"✓", "ok"},
    {"⏮", "|<"}, {"⏭", ">|"}, {"▶", ">"},  {"◀", "<"}, {"⏸", "||"},     {"▾", "v"},
    {"▴", "^"},  {"▸", ">"},  {"●", "*"},  {"○", "o"}, {"⚑", "#"},        {"“", "\""},
    {"”", "\""}, {"‘", "'"},  {"’", "'"},  {"µ", "u"}, {"\xc2\xa0", " "}, {"\xe2\x80\xaf", " "},
};

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

ImVec2 at(float x, float y) {
  return {x, y};
}

draw::Rect snapped(draw::Rect rect) {
  return {std::round(rect.x0), std::round(rect.y0), std::round(rect.x1), std::round(rect.y1)};
}

float width_of(std::string_view text) {
  return ImGui::GetFont()->CalcTextSizeA(ImGui::GetFontSize(), 1e9f, 0, text.data(), text.data() + text.size()).x;
}

// The longest prefix of whole characters that fits with an ellipsis behind it.
std::string shortened(std::string_view text, float max_width) {
  const std::string ellipsis = symbols("…");
  const float room = max_width - width_of(ellipsis);
  const char* end = text.data();
  if (room > 0) {
    ImGui::GetFont()->CalcTextSizeA(ImGui::GetFontSize(), room, 0, text.data(), text.data() + text.size(), &end);
  }
  std::string_view head = text.substr(0, static_cast<std::size_t>(end - text.data()));
  while (!head.empty() && head.back() == ' ') head.remove_suffix(1);
  return std::string{head} + ellipsis;
}

draw::VectorShape& keep(ImDrawList* list, draw::Color color) {
  const ImVec2 low = list->GetClipRectMin(), high = list->GetClipRectMax();
  draw::VectorShape& shape = inner.kept->shapes.emplace_back();
  shape.clip = {low.x, low.y, high.x, high.y};
  shape.color = color;
  return shape;
}

void keep_path(ImDrawList* list, std::string path, draw::Color color, float thickness, float dash = 0) {
  draw::VectorShape& shape = keep(list, color);
  shape.path = std::move(path);
  shape.thickness = thickness;
  shape.dash = dash;
}

void keep_text(ImDrawList* list, draw::Point point, draw::Color color, std::string_view text, float width) {
  draw::VectorShape& shape = keep(list, color);
  shape.text = text;
  shape.at = {std::round(point.x), std::round(point.y)};
  shape.height = ImGui::GetFontSize();
  shape.width = width;
  const ImFont* const font = ImGui::GetFont();
  const auto is = [font](Font one) { return font == inner.fonts.of[static_cast<std::size_t>(one)]; };
  shape.mono = is(Font::Mono) || is(Font::MonoSmall);
  shape.bold = is(Font::Bold) || is(Font::SmallBold) || is(Font::Title);
}

// A rectangle with corners rounded by `round`, as a path.
std::string rect_path(draw::Rect r, float round) {
  round = std::min({round, r.width() / 2, r.height() / 2});
  if (round <= 0) return fmt::format("M{:g} {:g}H{:g}V{:g}H{:g}Z", r.x0, r.y0, r.x1, r.y1, r.x0);
  return fmt::format(
      "M{1:g} {2:g}H{3:g}A{0:g} {0:g} 0 0 1 {4:g} {5:g}V{6:g}A{0:g} {0:g} 0 0 1 {3:g} {7:g}"
      "H{1:g}A{0:g} {0:g} 0 0 1 {8:g} {6:g}V{5:g}A{0:g} {0:g} 0 0 1 {1:g} {2:g}Z",
      round, r.x0 + round, r.y0, r.x1 - round, r.x1, r.y0 + round, r.y1 - round, r.y1, r.x0);
}

}  // namespace

void keep_shapes(draw::VectorPicture* kept) {
  inner.kept = kept;
}

std::string symbols(std::string_view text) {
  std::string out;
  if (inner.fonts.has_symbols || is_ascii(text)) return out.assign(text);
  for (std::size_t i = 0; i < text.size();) {
    if (is_ascii(text.substr(i, 1))) {  // most of any text, and no glyph begins so
      out += text[i++];
      continue;
    }
    const auto* found = std::find_if(std::begin(kStandIns), std::end(kStandIns),
                                     [&](const StandIn& entry) { return text.substr(i).starts_with(entry.glyph); });
    if (found != std::end(kStandIns)) {
      out += found->ascii;
      i += found->glyph.size();
    } else {
      out += text[i++];
    }
  }
  return out;
}

float text_at(ImDrawList* list, draw::Point point, draw::Color color, std::string_view text, float max_width) {
  std::string held;
  if (!inner.fonts.has_symbols && !is_ascii(text)) {
    held = symbols(text);
    text = held;
  }
  if (text.empty() || max_width <= 0) return 0;
  float width = max_width < 1e8f ? width_of(text) : 0;
  if (width > max_width) {
    held = shortened(text, max_width);
    text = held;
    width = width_of(text);
    if (width > max_width) return 0;  // not even the ellipsis fits
  } else if (max_width >= 1e8f) {
    width = width_of(text);
  }
  if (inner.kept != nullptr) keep_text(list, point, color, text, width);
  list->AddText(ImGui::GetFont(), ImGui::GetFontSize(), at(std::round(point.x), std::round(point.y)), color,
                text.data(), text.data() + text.size());
  return width;
}

float text_width(std::string_view text) {
  if (inner.fonts.has_symbols || is_ascii(text)) return width_of(text);
  return width_of(symbols(text));
}

float line_height() {
  return ImGui::GetFontSize();
}

ImDrawList* draw_list() {
  return outside_any_window() ? ImGui::GetBackgroundDrawList() : ImGui::GetWindowDrawList();
}

void fill(ImDrawList* list, draw::Rect rect, draw::Color color, float rounding) {
  const draw::Rect r = snapped(rect);
  if (r.x1 <= r.x0 || r.y1 <= r.y0) return;
  if (inner.kept != nullptr) keep_path(list, rect_path(r, rounding), color, 0);
  list->AddRectFilled(at(r.x0, r.y0), at(r.x1, r.y1), color, rounding);
}

void outline(ImDrawList* list, draw::Rect rect, draw::Color color, float thickness, float rounding) {
  const draw::Rect r = snapped(rect);
  if (r.x1 <= r.x0 || r.y1 <= r.y0) return;
  if (inner.kept != nullptr) {
    const float half = std::min({thickness, r.width(), r.height()}) / 2;
    const draw::Rect middle{r.x0 + half, r.y0 + half, r.x1 - half, r.y1 - half};
    keep_path(list, rect_path(middle, std::max(0.0f, rounding - half)), color, 2 * half);
  }
  if (rounding > 0) {
    const float half = thickness / 2;
    list->PathRect(at(r.x0 + half, r.y0 + half), at(r.x1 - half, r.y1 - half), std::max(0.0f, rounding - half));
    path_stroke(list, color, true, thickness);
    return;
  }
  const float t = std::min({thickness, r.width(), r.height()});
  list->AddRectFilled(at(r.x0, r.y0), at(r.x1, r.y0 + t), color);
  if (r.height() <= t) return;
  list->AddRectFilled(at(r.x0, r.y1 - t), at(r.x1, r.y1), color);
  list->AddRectFilled(at(r.x0, r.y0 + t), at(r.x0 + t, r.y1 - t), color);
  if (r.width() > t) list->AddRectFilled(at(r.x1 - t, r.y0 + t), at(r.x1, r.y1 - t), color);
}

void dashed(ImDrawList* list, draw::Point a, draw::Point b, draw::Color color, float thickness, float dash) {
  const float dx = b.x - a.x, dy = b.y - a.y, length = std::sqrt(dx * dx + dy * dy);
  if (length <= 0) return;
  if (inner.kept != nullptr)
    keep_path(list, fmt::format("M{:g} {:g}L{:g} {:g}", a.x, a.y, b.x, b.y), color, thickness, dash);
  const float stride = std::max(2 * dash, length / 2000);  // a line far longer than any window costs no more than one
  for (float done = 0; done < length; done += stride) {
    const float from = done / length, to = std::min(done + stride / 2, length) / length;
    list->AddLine(at(a.x + dx * from, a.y + dy * from), at(a.x + dx * to, a.y + dy * to), color, thickness);
  }
}

namespace {

// What of the stripe from <= x + y <= to lies in a rectangle, to the pixel: at most six corners.
void fill_stripe(ImDrawList* list, draw::Rect r, float from, float to, draw::Color color) {
  from = std::max(from, r.x0 + r.y0);
  to = std::min(to, r.x1 + r.y1);
  if (to <= from) return;
  const auto lower = [&r](float c) { return at(std::max(r.x0, c - r.y1), std::min(r.y1, c - r.x0)); };
  const auto upper = [&r](float c) { return at(std::min(r.x1, c - r.y0), std::max(r.y0, c - r.x1)); };
  const auto between = [from, to](float c) { return from < c && c < to; };
  list->PathLineTo(lower(from));
  if (between(r.x0 + r.y1)) list->PathLineTo(at(r.x0, r.y1));
  list->PathLineTo(lower(to));
  list->PathLineTo(upper(to));
  if (between(r.x1 + r.y0)) list->PathLineTo(at(r.x1, r.y0));
  list->PathLineTo(upper(from));
  list->PathFillConvex(color);
}

}  // namespace

namespace {

// What is left of a rectangle for the middle of diagonal lines whose square ends and soft edges are to stay inside it.
draw::Rect for_diagonals(draw::Rect r, float thickness) {
  const float reach = 0.36f * thickness + 0.72f;
  return {r.x0 + reach, r.y0 + reach, r.x1 - reach, r.y1 - reach};
}

// AddLine goes through the middles of the pixels it is told; a rectangle's edges lie between them.
void diagonal(ImDrawList* list, ImVec2 a, ImVec2 b, draw::Color color, float thickness) {
  list->AddLine(at(a.x - 0.5f, a.y - 0.5f), at(b.x - 0.5f, b.y - 0.5f), color, thickness);
}

}  // namespace

// Stripes around x + y = k * spacing: hatches of neighbouring blocks meet without a seam. Nothing is drawn beyond the
// rectangle: where there is room the softened ends of lines stay inside it, else the stripes are cut to the pixel.
void hatch(ImDrawList* list, draw::Rect rect, draw::Color color, float spacing, float thickness) {
  const draw::Rect r = snapped(rect);
  if (r.x1 <= r.x0 || r.y1 <= r.y0 || spacing <= 0) return;
  const float step = std::max(spacing, (r.width() + r.height()) / 4000);
  const draw::Rect in = for_diagonals(r, thickness);
  const float half = 0.71f * thickness;  // of a line's width, measured along x + y
  const bool narrow = std::min(in.width(), in.height()) < spacing;
  std::string stripes;  // kept where there is room for them, and else their mean
  if (inner.kept != nullptr && narrow) keep_path(list, rect_path(r, 0), draw::with_alpha(color, 128), 0);
  const ImDrawListFlags flags = list->Flags;
  if (narrow) list->Flags &= ~ImDrawListFlags_AntiAliasedFill;
  for (float c = std::floor((r.x0 + r.y0) / step) * step; c - half < r.x1 + r.y1; c += step) {
    if (narrow) {
      fill_stripe(list, r, c - half, c + half, color);
      continue;
    }
    const float left = std::max(in.x0, c - in.y1), right = std::min(in.x1, c - in.y0);
    if (left >= right) continue;
    diagonal(list, at(left, c - left), at(right, c - right), color, thickness);
    if (inner.kept != nullptr)
      fmt::format_to(std::back_inserter(stripes), "M{:g} {:g}L{:g} {:g}", left, c - left, right, c - right);
  }
  list->Flags = flags;
  if (!stripes.empty()) keep_path(list, std::move(stripes), color, thickness);
}

void cross_hatch(ImDrawList* list, draw::Rect rect, draw::Color color, float spacing) {
  hatch(list, rect, color, spacing, 1);
  const draw::Rect r = snapped(rect);
  if (r.x1 <= r.x0 || r.y1 <= r.y0 || spacing <= 0) return;
  const float step = std::max(spacing, (r.width() + r.height()) / 4000);
  const draw::Rect in = for_diagonals(r, 1);
  std::string stripes;
  for (float c = std::ceil((r.x0 - r.y1) / step) * step; c < r.x1 - r.y0; c += step) {  // x - y = k * spacing
    const float left = std::max(in.x0, c + in.y0), right = std::min(in.x1, c + in.y1);
    if (left >= right) continue;
    diagonal(list, at(left, left - c), at(right, right - c), color, 1);
    if (inner.kept != nullptr)
      fmt::format_to(std::back_inserter(stripes), "M{:g} {:g}L{:g} {:g}", left, left - c, right, right - c);
  }
  if (!stripes.empty()) keep_path(list, std::move(stripes), color, 1);
}

void image(ImDrawList* list, draw::Rect rect, std::uintptr_t texture) {
  if (texture == 0) return;
  add_image(list, snapped(rect), texture);
  if (inner.kept == nullptr) return;
  draw::VectorShape& shape = keep(list, ~draw::Color{0});
  shape.picture = texture;
  shape.rect = snapped(rect);
}

namespace {

bool turns_back(draw::Point before, draw::Point at, draw::Point after) {
  return (at.x - before.x) * (after.x - at.x) + (at.y - before.y) * (after.y - at.y) < 0;
}

}  // namespace

void polyline(ImDrawList* list, const std::vector<draw::Point>& points, draw::Color color, float thickness) {
  // Indices are 16 bits wide: a long line goes out in pieces that share their end points. So does one that turns back:
  // the sharp join that ImGui makes of it would reach far beyond the point, and a spike look higher than it is.
  if (inner.kept != nullptr && !points.empty()) {
    std::string path;
    for (const draw::Point& point : points)
      fmt::format_to(std::back_inserter(path), "{}{:g} {:g}", path.empty() ? 'M' : 'L', point.x, point.y);
    keep_path(list, std::move(path), color, thickness);
  }
  constexpr std::size_t kPiece = 8000;
  std::size_t length = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    list->PathLineTo(at(points[i].x, points[i].y));
    ++length;
    const bool inside = i != 0 && i + 1 < points.size();
    if (!inside || (length < kPiece && !turns_back(points[i - 1], points[i], points[i + 1]))) continue;
    path_stroke(list, color, false, thickness);
    list->PathLineTo(at(points[i].x, points[i].y));
    length = 1;
  }
  path_stroke(list, color, false, thickness);
}

void curve(ImDrawList* list, draw::Point a, draw::Point b, draw::Point c, draw::Point d, draw::Color color,
           float thickness) {
  list->AddBezierCubic(at(a.x, a.y), at(b.x, b.y), at(c.x, c.y), at(d.x, d.y), color, thickness);
  if (inner.kept == nullptr) return;
  keep_path(list, fmt::format("M{:g} {:g}C{:g} {:g} {:g} {:g} {:g} {:g}", a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y),
            color, thickness);
}

void disc(ImDrawList* list, draw::Point middle, float radius, draw::Color color) {
  list->AddCircleFilled(at(middle.x, middle.y), radius, color, 12);
  if (inner.kept == nullptr) return;
  keep_path(list,
            fmt::format("M{0:g} {1:g}a{2:g} {2:g} 0 1 0 {3:g} 0a{2:g} {2:g} 0 1 0 -{3:g} 0Z", middle.x - radius,
                        middle.y, radius, 2 * radius),
            color, 0);
}

void triangle(ImDrawList* list, draw::Point a, draw::Point b, draw::Point c, draw::Color color) {
  list->AddTriangleFilled(at(a.x, a.y), at(b.x, b.y), at(c.x, c.y), color);
  if (inner.kept == nullptr) return;
  keep_path(list, fmt::format("M{:g} {:g}L{:g} {:g}L{:g} {:g}Z", a.x, a.y, b.x, b.y, c.x, c.y), color, 0);
}

void routed(ImDrawList* list, const std::vector<draw::Point>& points, float radius, draw::Color color,
            float thickness) {
  if (points.size() < 2) return;
  const auto towards = [](draw::Point a, draw::Point b, float most) {
    const float dx = b.x - a.x, dy = b.y - a.y, length = std::sqrt(dx * dx + dy * dy);
    const float part = length <= 0 ? 0 : std::min(most, length / 2) / length;
    return draw::Point{a.x + dx * part, a.y + dy * part};
  };
  list->PathLineTo(at(points.front().x, points.front().y));
  std::string path = fmt::format("M{:g} {:g}", points.front().x, points.front().y);
  for (std::size_t i = 1; i + 1 < points.size(); ++i) {
    const draw::Point here = points[i];
    const draw::Point in = towards(here, points[i - 1], radius), out = towards(here, points[i + 1], radius);
    list->PathLineTo(at(in.x, in.y));
    list->PathBezierQuadraticCurveTo(at(here.x, here.y), at(out.x, out.y));
    fmt::format_to(std::back_inserter(path), "L{:g} {:g}Q{:g} {:g} {:g} {:g}", in.x, in.y, here.x, here.y, out.x,
                   out.y);
  }
  list->PathLineTo(at(points.back().x, points.back().y));
  list->PathStroke(color, 0, thickness);
  if (inner.kept == nullptr) return;
  fmt::format_to(std::back_inserter(path), "L{:g} {:g}", points.back().x, points.back().y);
  keep_path(list, std::move(path), color, thickness);
}

void apply_style(const draw::Theme& theme, float em) {
  inner.theme = theme;
  ImGuiStyle style;  // from ImGui's defaults each time, so that nothing adds up
  const auto whole = [](float value) { return std::max(1.0f, std::round(value)); };
  style.WindowPadding = ImVec2(whole(0.8f * em), whole(0.8f * em));
  style.FramePadding = ImVec2(whole(0.6f * em), whole(0.35f * em));
  style.ItemSpacing = ImVec2(whole(0.5f * em), whole(0.4f * em));
  style.ItemInnerSpacing = ImVec2(whole(0.4f * em), whole(0.3f * em));
  style.ScrollbarSize = whole(0.7f * em);
  style.GrabMinSize = whole(0.8f * em);
  style.FrameRounding = whole(0.3f * em);
  style.WindowRounding = style.PopupRounding = whole(0.4f * em);
  style.ScrollbarRounding = style.GrabRounding = whole(0.3f * em);
  style.FrameBorderSize = style.PopupBorderSize = style.WindowBorderSize = 1;
  style.ChildBorderSize = 0;
  style.DisplaySafeAreaPadding = ImVec2(0, 0);
  const auto set = [&style](int which, draw::Color color) {
    style.Colors[which] = ImGui::ColorConvertU32ToFloat4(color);
  };
  const draw::Color none = 0;
  set(ImGuiCol_Text, theme.text);
  set(ImGuiCol_TextDisabled, theme.text_faint);
  set(ImGuiCol_WindowBg, theme.window);
  set(ImGuiCol_ChildBg, none);
  set(ImGuiCol_PopupBg, theme.panel);
  set(ImGuiCol_Border, theme.panel_edge);
  set(ImGuiCol_BorderShadow, none);
  set(ImGuiCol_FrameBg, theme.inset);
  set(ImGuiCol_FrameBgHovered, theme.row_hover);
  set(ImGuiCol_FrameBgActive, theme.row_current);
  set(ImGuiCol_TitleBg, theme.panel);
  set(ImGuiCol_TitleBgActive, theme.panel);
  set(ImGuiCol_MenuBarBg, none);
  set(ImGuiCol_ScrollbarBg, none);
  set(ImGuiCol_ScrollbarGrab, theme.panel_edge);
  set(ImGuiCol_ScrollbarGrabHovered, theme.text_faint);
  set(ImGuiCol_ScrollbarGrabActive, theme.text_dim);
  set(ImGuiCol_CheckMark, theme.live);
  set(ImGuiCol_SliderGrab, theme.live_fill);
  set(ImGuiCol_SliderGrabActive, theme.live);
  set(ImGuiCol_Button, theme.inset);
  set(ImGuiCol_ButtonHovered, theme.row_hover);
  set(ImGuiCol_ButtonActive, theme.row_current);
  set(ImGuiCol_Header, theme.row_current);
  set(ImGuiCol_HeaderHovered, theme.row_hover);
  set(ImGuiCol_HeaderActive, theme.row_current);
  set(ImGuiCol_Separator, theme.panel_edge);
  set(ImGuiCol_TextSelectedBg, draw::with_alpha(theme.live, 90));
  set(ImGuiCol_ModalWindowDimBg, draw::with_alpha(theme.window, 170));
  ImGui::GetStyle() = style;
}

}  // namespace allocviz::ui
