// The memory map, under the stage on its x axis.
#include <fmt/format.h>

#include <string>

#include "viz/draw/lod.h"
#include "viz/draw/map_layout.h"
#include "viz/draw/tip.h"
#include "viz/panels/canvas.h"
#include "viz/panels/paint.h"
#include "viz/panels/panel.h"

namespace allocviz::panels {
namespace {

using draw::Rect;

draw::Focus focus_of(const replay::Timeline& timeline, std::optional<std::uint64_t> selected) {
  draw::Focus focus;
  focus.selected = selected;
  const std::span<const alloc::Step> steps(timeline.run().steps);
  const std::size_t done = std::min<std::size_t>(timeline.position().step, steps.size());
  focus.touched = draw::touched_by(steps.first(done), timeline.spec());
  return focus;
}

void lay_out(const Context& context, const replay::Timeline& timeline, std::size_t stage, Rect inside,
             draw::Cached<draw::MapScene>& cached) {
  const draw::Style style = style_of(context.em);
  draw::ViewKey key = key_of(context, timeline, stage, inside, style);
  key.flags = context.state.settings.preset == app::Preset::Debug ? 1 : 0;
  if (!cached.outdated(key)) return;
  const draw::NameOf names = names_of(timeline);
  const draw::Focus focus = focus_of(timeline, key.selected);
  cached.scene = draw::lay_out_map({.census = timeline.census(),
                                    .focus = focus,
                                    .rect = inside,
                                    .view = key.view,
                                    .style = style,
                                    .name_of = names,
                                    .may_wrap = key.flags != 0});
  cached.texture = 0;
  if (!cached.scene.scene.hides) return;
  draw::paint_bands(cached.scene.scene, context.theme, cached.picture);
  cached.texture = ui::upload("map " + std::to_string(stage), cached.picture.pixels.data(), cached.picture.width,
                              cached.picture.height);
}

// "64 MiB · 21 071 live · 1 px = 53 KiB", or how to look closer.
std::string note_of(const replay::Timeline& timeline, const draw::MapScene& scene) {
  const replay::Figures& figures = timeline.figures();
  std::string note = fmt::format("{} · {} live", trace::size_text(timeline.census().arena_bytes),
                                 trace::count_text(figures.live_blocks));
  const double scale = scene.axes.empty() ? 0 : scene.axes.front().bytes_per_px();
  if (scale >= 2) note += fmt::format(" · 1 px = {}", trace::size_text(static_cast<std::uint64_t>(scale)));
  return note + " · wheel zooms, drag pans";
}

}  // namespace

void memory_map(const Context& context, Rect rect, std::size_t stage) {
  const replay::Timeline& timeline = context.state.timeline(stage);
  const std::string name = stage == 0 ? "memory map" : "memory map " + std::to_string(stage + 1);
  draw::Caches spare;
  auto& cached = (context.caches != nullptr ? *context.caches : spare).stages[stage].map;
  const Rect inside = ui::panel_frame(context.theme, rect, "Memory map", note_of(timeline, cached.scene));
  if (inside.width() < 4 * context.em || inside.height() < context.em) return;
  ui::begin_region(name.c_str(), {rect.x0, inside.y0 - 2, rect.x1, rect.y1},
                   ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  lay_out(context, timeline, stage, inside, cached);
  const draw::MapScene& scene = cached.scene;
  paint_scene({ui::draw_list(), context.theme, context.em}, scene.scene, cached.texture);

  const Pointer pointer = canvas("map", inside);
  const double arena = static_cast<double>(timeline.census().arena_bytes);
  const std::optional<draw::Span> bytes = draw::hit(scene, pointer.at);
  if (scene.axes.size() == 1) {
    zoom_and_pan(context, pointer, scene.axes.front(), arena);
  } else {
    zoom_wrapped(context, pointer, view_of(context, timeline), bytes, arena);
  }
  place_blocks(scene.scene, timeline.census().arena_bytes);
  select_at(context, pointer, bytes, stage);
  if (pointer.hovered && bytes) {
    const std::string tip = draw::tip_text(timeline.census(), *bytes, names_of(timeline));
    if (!tip.empty()) ui::tooltip(tip);
  }
  ui::end_region();
}

}  // namespace allocviz::panels
