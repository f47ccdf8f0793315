// Small things that several panels are made of: rows, badges, key caps, dots, boxes with a word of advice.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "viz/panels/panel.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

// A state's colour where it writes words: as much nearer to that of text as it takes to read at 4.5:1 on the ground.
[[nodiscard]] draw::Color ink_on(const draw::Theme& theme, draw::Color color, draw::Color ground);
// A pill with a word in it, its right edge at `right` (or, with `left`, its left edge there). Returns its width.
float badge(const Context& context, draw::Rect row, float right, std::string_view word, draw::Color color,
            draw::Color ground);
[[nodiscard]] float badge_width(const Context& context, std::string_view word);

// "Ctrl+Shift+P" as it is printed: "Ctrl+Shift+P", "→", "Esc", "−".
[[nodiscard]] std::string chord_text(std::string_view chord);
inline constexpr float kCapHeight = 1.45f;  // ems
// The same as caps beside each other, from `at`, in the small font. Returns the width.
float key_caps(const Context& context, draw::Point at, std::string_view chord, bool painted = true,
               float height_em = kCapHeight);

enum class Dot : std::uint8_t { Done, Current, Pending, Failed };  // Failed: a cross
void dot(const Context& context, draw::Point center, Dot kind);

// The bar at the left edge of what the cursor stands on.
void cursor_bar(const Context& context, draw::Rect row);
// Text in the middle of a row's height; returns its width.
float row_text(draw::Rect row, float x, draw::Color color, std::string_view text, float max_width = 1e9f);
// The same, ending at `right`.
float row_text_right(draw::Rect row, float right, draw::Color color, std::string_view text);

// A row of a list that takes a click and Tab; draws hover and selection, nothing else.
// Rows of an open menu: these commands as the menu bar has them.
void command_rows(const Context& context, std::initializer_list<app::Do> commands);
bool row_button(const Context& context, const char* label, draw::Rect row, bool selected);

// Whether the space at `space` is no place to break a line: in "56 B", "1 048 576", "75 %".
[[nodiscard]] bool holds_together(std::string_view text, std::size_t space);
// How much of `shown` its first `lines` lines hold when it is wrapped: in bytes, the space after them included.
[[nodiscard]] std::size_t length_of_lines(std::string_view shown, float width, int lines);
// Wrapped text from `at`, `width` wide; returns its height. Not painted: only measured.
float wrapped(draw::Point at, float width, draw::Color color, std::string_view text, bool painted = true);

// A titled remark in a box of its own; `edge` and `ground` say what kind. Returns its height.
struct Remark {
  std::string_view title, text;
  draw::Color edge = 0, ground = 0;
};
float remark(const Context& context, draw::Point at, float width, const Remark& what, bool painted = true);

}  // namespace allocviz::panels
