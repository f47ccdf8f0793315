// What the mouse does on a stage or a map: wheel zooms at the cursor, drag pans, click selects, resting tells.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "viz/draw/axis.h"
#include "viz/draw/stage_cache.h"
#include "viz/panels/panel.h"

namespace allocviz::panels {

struct Pointer {
  draw::Point at;
  bool hovered = false;
  bool clicked = false;  // the left button came up where it went down
  bool asked = false;    // the right one did
};
// What the wheel asks for over a canvas: upright it zooms; sideways, or with Shift held, it pans.
struct Wheel {
  double factor = 1;  // of what is in view
  double pan = 0;     // in widths of the view; below 0 = to what is left of it
};
[[nodiscard]] Wheel wheel_over(const Pointer& pointer);
// How far a drag with this button went in this frame, in pixels.
[[nodiscard]] double dragged_px(int button);
// Places the canvas and says what the mouse does on it.
[[nodiscard]] Pointer canvas(const char* label, draw::Rect rect);
// Wheel and drag (left or middle) on a byte axis become SetView. A drag to the right shows lower bytes.
void zoom_and_pan(const Context& context, const Pointer& pointer, const draw::ByteAxis& axis, double arena_bytes);
// The same where the view is wrapped into rows: the wheel zooms at the byte under the mouse, and nothing is dragged.
void zoom_wrapped(const Context& context, const Pointer& pointer, const draw::Span& view,
                  std::optional<draw::Span> under, double arena_bytes);
// The byte under the mouse becomes the selection; a click beside every block clears it, a double click zooms to it, and
// the right button asks what can be done with it.
void select_at(const Context& context, const Pointer& pointer, std::optional<draw::Span> bytes, std::size_t stage);
// A click on a chip of a free list selects its block.
[[nodiscard]] bool select_chip(const Context& context, const Pointer& pointer, const draw::Scene& scene,
                               std::size_t stage);
// Remembers where the blocks of a scene stand under "block 0x0080", for tests and scripts; the first few hundred.
void place_blocks(const draw::Scene& scene, std::uint64_t arena_bytes);

// What a stage's layouts share: where the cursor is and how it is looked at.
[[nodiscard]] draw::ViewKey key_of(const Context& context, const replay::Timeline& timeline, std::size_t stage,
                                   draw::Rect rect, const draw::Style& style);
[[nodiscard]] draw::Span view_of(const Context& context, const replay::Timeline& timeline);
[[nodiscard]] draw::NameOf names_of(const replay::Timeline& timeline);
[[nodiscard]] std::optional<std::uint64_t> selection_on(const Context& context, std::size_t stage);
// "Buddy tree", or the configuration where several stages stand side by side.
[[nodiscard]] std::string stage_title(const Context& context, std::string_view alone, std::size_t stage);

}  // namespace allocviz::panels
