// Widgets as this program draws them, thin over ImGui: each records where it stood, so that a test (or --script) finds
// it by label, clicks it and reads it back without a display.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "viz/draw/geometry.h"
#include "viz/draw/theme.h"
#include "viz/panels/compat.h"

namespace allocviz::ui {

enum class Font : std::uint8_t { Body, Bold, Title, Small, Mono, MonoSmall };
inline constexpr int kFonts = 6;

struct Fonts {                    // filled by the platform when it loads them; null pointers fall back to ImGui's own
  ImFont* of[kFonts] = {};
  float size_px[kFonts] = {};     // as loaded, monitor and user scale included
  bool has_symbols = false;       // the font holds → ≥ × ⏮ ...; else ASCII stands in (see symbol())
};
[[nodiscard]] Fonts& fonts();

void push_font(Font font);
void pop_font();
struct WithFont {                 // for a scope
  explicit WithFont(Font font) { push_font(font); }
  ~WithFont() { pop_font(); }
  WithFont(const WithFont&) = delete;
  WithFont& operator=(const WithFont&) = delete;
};
// The text itself where the font has its glyphs, else the ASCII stand-in ("->", ">=", "x").
[[nodiscard]] std::string symbols(std::string_view text);

// A rectangle of window pixels becomes an ImGui child region for the time between; everything inside is clipped to it.
bool begin_region(const char* name, draw::Rect rect, ImGuiWindowFlags flags = 0);
void end_region();
// A panel: its frame, its small capital title at the left and a faint note at the right. Returns what is left inside.
draw::Rect panel_frame(const draw::Theme& theme, draw::Rect rect, std::string_view title, std::string_view note = {});

// Controls. Each is reached by Tab, shows its focus, and is remembered under its label.
bool button(const char* label, draw::Point size = {});
bool link(const draw::Theme& theme, const char* label);                 // text that leads somewhere
bool icon_button(const char* label, const char* hint, void (*paint)(ImDrawList*, draw::Rect, draw::Color), draw::Point size);
bool toggle(const char* label, bool on);                                // returns true when clicked
bool input_text(const char* label, const char* hint, std::string& text, bool enter_only = false);
bool selectable(const char* label, bool selected, draw::Point size = {});
bool menu_item(const char* label, const char* chord, bool checked = false, bool enabled = true);
void tooltip(std::string_view text);                                    // for the item just drawn, when hovered
// A canvas: an invisible item that takes mouse and wheel, for the stages and charts. True when hovered.
bool canvas(const char* label, draw::Rect rect);

// Text drawn straight to a draw list, clipped to a width with an ellipsis ("sqlite3Btr…"); returns its width in pixels.
float text_at(ImDrawList* list, draw::Point at, draw::Color color, std::string_view text, float max_width = 1e9f);
[[nodiscard]] float text_width(std::string_view text);
[[nodiscard]] float line_height();

// Shapes that ImGui versions spell differently, snapped to whole pixels.
void fill(ImDrawList* list, draw::Rect rect, draw::Color color, float rounding = 0);
void outline(ImDrawList* list, draw::Rect rect, draw::Color color, float thickness = 1, float rounding = 0);
void dashed(ImDrawList* list, draw::Point a, draw::Point b, draw::Color color, float thickness = 1, float dash = 4);
void hatch(ImDrawList* list, draw::Rect rect, draw::Color color, float spacing, float thickness = 1);       // diagonal
void cross_hatch(ImDrawList* list, draw::Rect rect, draw::Color color, float spacing);
void polyline(ImDrawList* list, const std::vector<draw::Point>& points, draw::Color color, float thickness = 1);

// Pictures made of pixels (the map): uploaded by the platform, which sets this hook; handed the same name again, the
// texture is refilled. Returns 0 where there is nothing to upload to (the null renderer of tests).
using UploadTexture = std::uintptr_t (*)(std::string_view name, const draw::Color* pixels, int width, int height);
void set_upload(UploadTexture upload);
[[nodiscard]] std::uintptr_t upload(std::string_view name, const draw::Color* pixels, int width, int height);

// What stood where in the frame just drawn.
struct Placed {
  std::string label;    // "panel/label": the region it stood in, then its own label without ##suffixes' hashes removed
  draw::Rect rect;
};
[[nodiscard]] const std::vector<Placed>& placed();
[[nodiscard]] const Placed* find(std::string_view label);
void begin_frame();       // clears what was placed; called once a frame before any panel
// Says that the next frame must be drawn even if no input comes (motion, a fading notice, playback).
void want_frame();
[[nodiscard]] bool take_want_frame();

}  // namespace allocviz::ui
