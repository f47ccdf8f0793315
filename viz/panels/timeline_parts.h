// What the charts are made of: painting, names, words. Only the timeline's own files and the panel of free blocks,
// which shares its axis, include this.
#pragma once

#include <optional>
#include <string>

#include "viz/draw/chart_layout.h"
#include "viz/panels/paint.h"
#include "viz/panels/panel.h"

namespace allocviz::panels {

// What stands under the mouse.
struct Hair {
  float x = 0;
  std::uint64_t position = 0;
};

void paint_chart(const Paint& paint, const draw::ChartScene& scene, std::uintptr_t areas, std::uint64_t cursor);
void paint_cursor(const Paint& paint, const draw::TimeAxis& axis, draw::Rect plot, std::uint64_t position);
void paint_minimap(const Paint& paint, const draw::ChartScene& scene, std::uint64_t cursor);
void paint_range(const Paint& paint, const draw::TimeAxis& axis, draw::Rect plot, app::EventRange range);
// The same where colours are figures, which a tint would change: between brackets, the rest dimmed.
void bracket_range(const Paint& paint, const draw::TimeAxis& axis, draw::Rect plot, app::EventRange range);
// A line under the mouse, and a dot on each curve.
void paint_hair(const Context& context, const Paint& paint, const draw::ChartScene& scene, const Hair& hair);

// Every curve that is shown, at the position under the mouse; and what stands there.
[[nodiscard]] std::string hover_text(const app::State& state, const draw::ChartScene& scene, const Hair& hair);
// "event 1 234 · 12.5 ms"; the time where the log says it.
[[nodiscard]] std::string moment_of(const app::State& state, std::uint64_t position);
// What the events of the range came to; shorter where there is less room.
[[nodiscard]] std::string range_text(const app::State& state, app::EventRange range, bool shortly);

// The names of the curves, each in its colour; a click shows or hides it. What has no room is in a menu.
void curve_names(const Context& context, draw::Rect rect);

// The axis that the charts' state asks for, over [x0, x1].
[[nodiscard]] draw::TimeAxis time_axis_of(const app::State& state, float x0, float x1);
// Scrub, range, zoom and pan over `area`: the same on every picture with a time axis. True while hovered.
bool control_time(const Context& context, const char* label, draw::Rect area, const draw::TimeAxis& axis);
// W, S, A and D mean the charts while the mouse is over them.
void control_keys(const Context& context, draw::Rect panel, const draw::TimeAxis& axis);
[[nodiscard]] Hair hair_at(const app::State& state, const draw::TimeAxis& axis, float x);

}  // namespace allocviz::panels
