// The buddy tree and its free lists.
#include <algorithm>
#include <cmath>
#include <string>

#include "viz/draw/buddy_layout.h"
#include "viz/draw/lod.h"
#include "viz/draw/tip.h"
#include "viz/panels/canvas.h"
#include "viz/panels/paint.h"
#include "viz/panels/panel.h"
#include "viz/panels/slab_rows.h"

namespace allocviz::panels {
namespace {

using draw::Rect;

void lay_out(const Context& context, const replay::Timeline& timeline, std::size_t stage, Rect inside,
             draw::Cached<draw::BuddyScene>& cached) {
  const draw::Style style = style_of(context.em);
  const draw::ViewKey key = key_of(context, timeline, stage, inside, style);
  if (!cached.outdated(key)) return;
  const draw::NameOf names = names_of(timeline);
  const Crossed crossed = crossed_steps(context, timeline);
  const std::span<const alloc::Step> steps(timeline.run().steps);
  const bool tiered = timeline.spec().kind == trace::AllocatorKind::Tiered;
  const replay::Census below =
      tiered ? draw::buddy_below(timeline.census(), trace::largest_block_bytes(timeline.spec())) : replay::Census{};
  cached.scene = draw::lay_out_buddy({.census = tiered ? below : timeline.census(),
                                      .spec = timeline.spec(),
                                      .now = draw::moment_of(timeline),
                                      .selected = key.selected,
                                      .rect = inside,
                                      .view = key.view,
                                      .style = style,
                                      .name_of = names,
                                      .motion = crossed.motion,
                                      .crossed = steps.subspan(crossed.first, crossed.last - crossed.first),
                                      .digest = tiered ? nullptr : timeline.digest()});
  cached.texture = 0;
  if (!cached.scene.scene.hides) return;
  draw::paint_bands(cached.scene.scene, context.theme, cached.picture, dot_of(context.em));
  cached.texture = ui::upload("buddy " + std::to_string(stage), cached.picture.pixels.data(), cached.picture.width,
                              cached.picture.height);
}

// Below everything: the level of the current step, marks of those looked at, the ground of the buddy arithmetic.
void paint_grounds(const Paint& paint, const draw::BuddyScene& scene) {
  for (const Rect& lit : scene.lit) ui::fill(paint.list, lit, paint.theme.touched_fill, 0.2f * paint.em);
  for (const Rect& tick : scene.ticks) ui::fill(paint.list, tick, paint.theme.touched);
  const bool refused = !scene.refused.empty();
  if ((!scene.relation && !refused) || !scene.relation_box) return;
  ui::fill(paint.list, *scene.relation_box, refused ? paint.theme.failed_fill : paint.theme.inset, 0.3f * paint.em);
  const draw::Color edge = refused ? paint.theme.failed : paint.theme.panel_edge;
  ui::outline(paint.list, *scene.relation_box, edge, 1, 0.3f * paint.em);
}

std::string tip_of(const replay::Timeline& timeline, const draw::BuddyScene& scene, const draw::BuddyHit& hit) {
  return draw::tip_text(timeline.census(), scene.shape, hit, names_of(timeline));
}

// A click on a level selects the block that stands there; where the level has none, nothing.
std::optional<draw::Span> block_at(const replay::Timeline& timeline, const draw::BuddyScene& scene,
                                   const std::optional<draw::BuddyHit>& hit) {
  if (!hit || draw::tip_text(timeline.census(), scene.shape, *hit, {}).empty()) return std::nullopt;
  return hit->bytes;
}

}  // namespace

void stage_buddy(const Context& context, Rect rect, std::size_t stage) {
  const replay::Timeline& timeline = context.state.shown(stage);
  const std::string name = stage == 0 ? "buddy tree" : "buddy tree " + std::to_string(stage + 1);
  const bool tiered = timeline.spec().kind == trace::AllocatorKind::Tiered;
  const Rect whole =
      ui::panel_frame(context.theme, rect, stage_title(context, tiered ? "Slabs over a buddy" : "Buddy tree", stage),
                      "free lists, in list order");
  // A tiered allocator's slabs stand below the tree that they come from, and leave it the larger part.
  Rect inside = whole;
  if (tiered) {
    const float wanted = draw::slab_rows_height(timeline.census(), style_of(context.em));
    inside.y1 -= std::round(std::min(wanted, 0.48f * whole.height()));
  }
  if (inside.width() < 4 * context.em || inside.height() < 2 * context.em) return;
  draw::Caches spare;
  auto& cached = (context.caches != nullptr ? *context.caches : spare).stages[stage].buddy;
  ui::begin_region(name.c_str(), {rect.x0, inside.y0 - 2, rect.x1, rect.y1},
                   ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  lay_out(context, timeline, stage, inside, cached);
  const draw::BuddyScene& scene = cached.scene;
  const Paint paint{ui::draw_list(), context.theme, context.em, motion_of(context)};
  paint_grounds(paint, scene);
  paint_scene(paint, scene.scene, cached.texture);

  const Pointer pointer = canvas("tree", inside);
  zoom_and_pan(context, pointer, scene.axis, static_cast<double>(scene.shape.arena));
  place_blocks(scene.scene, scene.shape.arena);
  if (!select_chip(context, pointer, scene.scene, stage)) {
    const std::optional<draw::BuddyHit> hit = draw::hit(scene, pointer.at);
    select_at(context, pointer, block_at(timeline, scene, hit), stage);
    if (pointer.hovered && hit) {
      const std::string tip = tip_of(timeline, scene, *hit);
      if (!tip.empty()) ui::tooltip(tip);
    }
  }
  const Rect slabs{whole.x0, inside.y1, whole.x1, whole.y1};
  if (slabs.height() >= 1) slab_rows(context, slabs, scene.axis.x0, scene.axis.x1, stage);
  ui::end_region();
}

}  // namespace allocviz::panels
