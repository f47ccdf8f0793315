// The one painter of scenes: plain rectangles, labels and arrows of viz/draw become ImGui's triangles in the theme's
// colours. Every stage and map goes through here, so that a state looks the same everywhere.
#pragma once

#include "viz/draw/scene.h"
#include "viz/draw/stage_cache.h"
#include "viz/draw/theme.h"
#include "viz/panels/panel.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

struct Paint {
  ImDrawList* list;
  const draw::Theme& theme;
  float em;
  float moved = 1;       // how far a motion has come, 0 ... 1
  bool crowded = false;  // thousands of boxes: what is narrower than a hatch's stripes shows its mean colour
};

// Boxes, then what the bands show over them, then what is emphasised, arrows, labels and chips.
void paint_scene(const Paint& paint, const draw::Scene& scene, std::uintptr_t bands);
void paint_box(const Paint& paint, const draw::Box& box);
void paint_label(const Paint& paint, const draw::Label& label);
[[nodiscard]] draw::Color color_of(draw::Tone tone, const draw::Theme& theme);

// How large a dot is of what stands for several blocks, in pixels.
[[nodiscard]] int dot_of(float em);

// What layouts measure with: the fonts as loaded.
[[nodiscard]] draw::Style style_of(float em);
// 0 ... 1 since the cursor moved, 1 where motion is off or over; asks for the next frame while it lasts.
[[nodiscard]] float motion_of(const Context& context);
// How the cursor came here, for layouts: across which steps, and which way. Nothing where too much changed at once.
struct Crossed {
  draw::Motion motion = draw::Motion::None;
  std::size_t first = 0, last = 0;  // steps of the event at the cursor, half-open
};
[[nodiscard]] Crossed crossed_steps(const Context& context, const replay::Timeline& timeline);

}  // namespace allocviz::panels
