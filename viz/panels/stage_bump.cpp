// The bump region: its mark, what lives above it, and what holds it.
#include <fmt/format.h>

#include <string>

#include "viz/draw/bump_layout.h"
#include "viz/draw/lod.h"
#include "viz/draw/tip.h"
#include "viz/panels/canvas.h"
#include "viz/panels/paint.h"
#include "viz/panels/panel.h"

namespace allocviz::panels {
namespace {

using draw::Rect;

void lay_out(const Context& context, const replay::Timeline& timeline, std::size_t stage, Rect inside,
             draw::Cached<draw::BumpScene>& cached) {
  const draw::Style style = style_of(context.em);
  const draw::ViewKey key = key_of(context, timeline, stage, inside, style);
  if (!cached.outdated(key)) return;
  const draw::NameOf names = names_of(timeline);
  cached.scene = draw::lay_out_bump({.census = timeline.census(),
                                     .spec = timeline.spec(),
                                     .now = draw::moment_of(timeline),
                                     .selected = key.selected,
                                     .rect = inside,
                                     .view = key.view,
                                     .style = style,
                                     .name_of = names,
                                     .digest = timeline.digest()});
  cached.texture = 0;
  if (!cached.scene.scene.hides) return;
  draw::paint_bands(cached.scene.scene, context.theme, cached.picture, dot_of(context.em));
  cached.texture = ui::upload("bump " + std::to_string(stage), cached.picture.pixels.data(), cached.picture.width,
                              cached.picture.height);
}

draw::Color bar_color(draw::Look look, const draw::Theme& theme) {
  switch (look) {
    case draw::Look::Live:
      return theme.live;
    case draw::Look::Dead:
      return theme.text_faint;
    case draw::Look::Waste:
      return theme.waste;
    default:
      return theme.free_edge;
  }
}

void paint_figures(const Paint& paint, const draw::BumpScene& scene) {
  const float rounding = 0.15f * paint.em;
  for (const draw::Bar& bar : scene.bars) {
    ui::fill(paint.list, bar.track, paint.theme.inset, rounding);
    if (bar.bytes > 0) ui::fill(paint.list, bar.filled, bar_color(bar.look, paint.theme), rounding);
    if (bar.in_flight > 0) ui::fill(paint.list, bar.flying, paint.theme.touched, rounding);
  }
  if (!scene.held_box) return;
  ui::fill(paint.list, *scene.held_box, paint.theme.relation_fill, 0.3f * paint.em);
  ui::outline(paint.list, *scene.held_box, paint.theme.relation, 1, 0.3f * paint.em);
}

std::string outstanding_text(const replay::Census& census) {
  const draw::BumpSums sums = draw::bump_sums(census);
  std::string text = trace::count_text(census.outstanding) + " outstanding";
  if (sums.in_flight != 0) text += ", in flight";
  if (sums.dead != 0) text += " · " + draw::bump_size(sums.dead) + " dead but not returned";
  return text;
}

void paint_mark(const Paint& paint, const draw::BumpScene& scene) {
  if (!scene.mark_x) return;
  const float half = std::max(1.0f, paint.em / 14);
  ui::fill(paint.list,
           {*scene.mark_x - half, scene.region.y0 - 0.8f * paint.em, *scene.mark_x + half,
            scene.region.y1 + 0.25f * paint.em},
           paint.theme.touched);
}

}  // namespace

void stage_bump(const Context& context, Rect rect, std::size_t stage) {
  const replay::Timeline& timeline = context.state.shown(stage);
  const replay::Census& census = timeline.census();
  const std::string name = stage == 0 ? "bump" : "bump " + std::to_string(stage + 1);
  const Rect inside =
      ui::panel_frame(context.theme, rect, stage_title(context, "Bump", stage), outstanding_text(census));
  if (inside.width() < 4 * context.em || inside.height() < 4 * context.em) return;
  draw::Caches spare;
  auto& cached = (context.caches != nullptr ? *context.caches : spare).stages[stage].bump;
  ui::begin_region(name.c_str(), {rect.x0, inside.y0 - 2, rect.x1, rect.y1},
                   ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  lay_out(context, timeline, stage, inside, cached);
  const draw::BumpScene& scene = cached.scene;
  const Paint paint{ui::draw_list(), context.theme, context.em};
  paint_figures(paint, scene);
  paint_scene(paint, scene.scene, cached.texture);
  paint_mark(paint, scene);

  const Pointer pointer = canvas("region", inside);
  zoom_and_pan(context, pointer, scene.axis, static_cast<double>(census.arena_bytes));
  place_blocks(scene.scene, census.arena_bytes);
  const std::optional<draw::Span> bytes = draw::hit(scene, pointer.at);
  select_at(context, pointer, bytes, stage);
  if (pointer.hovered && bytes) {
    const std::string tip = draw::tip_text(census, *bytes, names_of(timeline));
    if (!tip.empty()) ui::tooltip(tip);
  }
  ui::end_region();
}

}  // namespace allocviz::panels
