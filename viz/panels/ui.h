// Widgets as this program draws them, thin over ImGui: each records where it stood, so that a test (or --script) finds
// it by label, clicks it and reads it back without a display.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "viz/draw/geometry.h"
#include "viz/draw/theme.h"
#include "viz/panels/compat.h"

namespace allocviz::draw {
struct VectorPicture;  // vector.h
}

namespace allocviz::ui {

enum class Font : std::uint8_t { Body, Bold, Title, Small, Mono, MonoSmall, SmallBold };
inline constexpr int kFonts = 7;

struct Fonts {  // filled by the platform when it loads them; null pointers fall back to ImGui's own
  ImFont* of[kFonts] = {};
  float size_px[kFonts] = {};  // as loaded, monitor and user scale included
  bool has_symbols = false;    // the font holds → ≥ × ⏮ ...; else ASCII stands in (see symbols())
};
[[nodiscard]] Fonts& fonts();

void push_font(Font font);
void pop_font();
struct WithFont {  // for a scope
  explicit WithFont(Font font) { push_font(font); }
  ~WithFont() { pop_font(); }
  WithFont(const WithFont&) = delete;
  WithFont& operator=(const WithFont&) = delete;
};
// The text itself where the font has its glyphs, else the ASCII stand-in ("->", ">=", "x").
// text_at and text() do so themselves; what goes to ImGui directly asks here.
[[nodiscard]] std::string symbols(std::string_view text);
// ImGui's own colours, paddings and roundings for this theme; em = the body font's size in pixels. Before each frame
// in which either may have changed (it is cheap).
void apply_style(const draw::Theme& theme, float em);

// A rectangle of window pixels becomes an ImGui child region for the time between; everything inside is clipped to it.
// kFixed: it does not scroll.
inline constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
bool begin_region(const char* name, draw::Rect rect, ImGuiWindowFlags flags = 0);
void end_region();
// A dialog above everything else, which is dimmed and takes no input until it is gone; gone is what is not begun again
// in a frame. Always true. Escape and clicks outside are the panel's to notice.
bool begin_modal(const char* name, draw::Rect rect);
void end_modal();
// A panel: its frame, its small capital title at the left and a faint note at the right. Returns what is left inside.
draw::Rect panel_frame(const draw::Theme& theme, draw::Rect rect, std::string_view title, std::string_view note = {});
// How far what is inside begins below the top and from the sides of a panel with a title.
[[nodiscard]] float panel_title_height(float em);
[[nodiscard]] float panel_pad(float em);
// As titles are written: capitals, but for units ("BUDDY 1 KiB / 64 B").
[[nodiscard]] std::string capitals(std::string_view text);
// A note is parts between dots (" · ") and commas: from the end those are left out that have no room in `width`.
[[nodiscard]] std::string_view parts_that_fit(std::string_view note, float width);

// Controls. Each is reached by Tab, shows its focus, and is remembered under its label.
bool button(const char* label, draw::Point size = {});
// Text that leads somewhere; wider than `max_width` it ends in an ellipsis.
bool link(const draw::Theme& theme, const char* label, float max_width = 1e9f);
bool icon_button(const char* label, const char* hint, void (*paint)(ImDrawList*, draw::Rect, draw::Color),
                 draw::Point size);
bool toggle(const char* label, bool on);  // returns true when clicked
void type_into_next_field();              // the next input_text() takes the keyboard
bool input_text(const char* label, const char* hint, std::string& text, bool enter_only = false);
// The same, with Tab completing what stands there where `complete` has more to say; "" lets Tab go on to the next stop.
// Whoever is put into it goes on behind what stands there, instead of replacing it.
using Complete = std::function<std::string(std::string_view text)>;
bool input_text(const char* label, const char* hint, std::string& text, const Complete& complete);
// Several lines: Enter (or Ctrl+Enter) is the dialog's, Shift+Enter begins a new one.
bool input_lines(const char* label, std::string& text, draw::Point size);
bool selectable(const char* label, bool selected, draw::Point size = {});
bool begin_menu(const char* label);  // then end_menu() when true
void end_menu();
// A menu at the mouse: opened once, begun in each frame of the same region; then end_context_menu() when true.
void open_context_menu(const char* label);
bool begin_context_menu(const char* label);
void end_context_menu();
bool menu_item(const char* label, const char* chord, bool checked = false, bool enabled = true);
void tooltip(std::string_view text);  // for the item just drawn, when hovered
// A canvas: an invisible item that takes mouse and wheel, for the stages and charts. True when hovered.
bool canvas(const char* label, draw::Rect rect);

// Text as items, in the flow of a region; wrapped breaks at the region's right edge.
void text(draw::Color color, std::string_view text);
void text_wrapped(draw::Color color, std::string_view text);

// Text drawn straight to a draw list, clipped to a width with an ellipsis ("sqlite3Btr…"); returns its width in pixels.
float text_at(ImDrawList* list, draw::Point at, draw::Color color, std::string_view text, float max_width = 1e9f);
[[nodiscard]] float text_width(std::string_view text);
[[nodiscard]] float line_height();

// The list to draw on now: the current region's, or the one below all regions.
[[nodiscard]] ImDrawList* draw_list();
// Shapes that ImGui versions spell differently, snapped to whole pixels.
void fill(ImDrawList* list, draw::Rect rect, draw::Color color, float rounding = 0);
void outline(ImDrawList* list, draw::Rect rect, draw::Color color, float thickness = 1, float rounding = 0);
void dashed(ImDrawList* list, draw::Point a, draw::Point b, draw::Color color, float thickness = 1, float dash = 4);
void hatch(ImDrawList* list, draw::Rect rect, draw::Color color, float spacing, float thickness = 1);  // diagonal
void cross_hatch(ImDrawList* list, draw::Rect rect, draw::Color color, float spacing);
void image(ImDrawList* list, draw::Rect rect, std::uintptr_t texture);  // of upload(); nothing when it is 0
void polyline(ImDrawList* list, const std::vector<draw::Point>& points, draw::Color color, float thickness = 1);
// A cubic curve from a to d.
void curve(ImDrawList* list, draw::Point a, draw::Point b, draw::Point c, draw::Point d, draw::Color color,
           float thickness = 1);
void disc(ImDrawList* list, draw::Point middle, float radius, draw::Color color);
void triangle(ImDrawList* list, draw::Point a, draw::Point b, draw::Point c, draw::Color color);
// Straight on from point to point, with every corner but the ends rounded by up to `radius`.
void routed(ImDrawList* list, const std::vector<draw::Point>& points, float radius, draw::Color color, float thickness);
// From now on whatever the functions above draw is kept in `kept` as well, and what upload() is handed with it; null
// ends that. ImGui's own widgets are not shapes of ours: they are left out.
void keep_shapes(draw::VectorPicture* kept);

// Pictures made of pixels (the map): uploaded by the platform, which sets this hook; handed the same name again, the
// texture is refilled. Returns 0 where there is nothing to upload to (the null renderer of tests).
using UploadTexture = std::uintptr_t (*)(std::string_view name, const draw::Color* pixels, int width, int height);
void set_upload(UploadTexture upload);
[[nodiscard]] std::uintptr_t upload(std::string_view name, const draw::Color* pixels, int width, int height);

// What stood where in the frame just drawn.
struct Placed {
  std::string label;  // "panel/label": the innermost region, then what is shown of the label; "##search" -> "search"
  draw::Rect rect;
  std::string raw;       // "panel/label" with the label as given, "events/free B##7"
  draw::Rect seen = {};  // what of it lies in its region, not scrolled out of sight; empty when nothing does
};
[[nodiscard]] const std::vector<Placed>& placed();
// By label, else by raw label, else by what stands after the region's name or after "##"; null when it was not drawn.
[[nodiscard]] const Placed* find(std::string_view label);
void place(std::string_view label, draw::Rect rect);  // for things that are no controls: a block, a curve, a splitter
void reset();                                         // forgets everything: a new ImGui context begins
void begin_frame();  // after ImGui::NewFrame(), before any panel: clears what was placed, moves the keyboard focus
void end_frame();    // after the last panel, before ImGui::Render()
// Says that the next frame must be drawn even if no input comes (motion, a fading notice, playback).
void want_frame();
[[nodiscard]] bool take_want_frame();

}  // namespace allocviz::ui
