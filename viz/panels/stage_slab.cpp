// The slab: its grid and the list through it.
#include <fmt/format.h>

#include <string>

#include "viz/draw/lod.h"
#include "viz/draw/slab_layout.h"
#include "viz/draw/tip.h"
#include "viz/panels/canvas.h"
#include "viz/panels/paint.h"
#include "viz/panels/panel.h"

namespace allocviz::panels {
namespace {

using draw::Rect;

void upload_cells(const Context& context, const replay::Timeline& timeline, std::size_t stage,
                  draw::Cached<draw::SlabScene>& cached) {
  cached.texture = 0;
  if (cached.scene.grid.mode == draw::CellMode::Boxes) return;
  if (cached.scene.grid.mode == draw::CellMode::Pixels) {
    draw::paint_cells(cached.scene.grid, timeline.census(), context.theme, cached.picture);
  } else {
    draw::paint_bands(cached.scene.scene, context.theme, cached.picture, dot_of(context.em));
  }
  cached.texture = ui::upload("slab " + std::to_string(stage), cached.picture.pixels.data(), cached.picture.width,
                              cached.picture.height);
}

void lay_out(const Context& context, const replay::Timeline& timeline, std::size_t stage, Rect inside,
             draw::Cached<draw::SlabScene>& cached) {
  const draw::Style style = style_of(context.em);
  const draw::ViewKey key = key_of(context, timeline, stage, inside, style);
  if (!cached.outdated(key)) return;
  const draw::NameOf names = names_of(timeline);
  cached.scene = draw::lay_out_slab({.census = timeline.census(),
                                     .spec = timeline.spec(),
                                     .now = draw::moment_of(timeline),
                                     .selected = key.selected,
                                     .rect = inside,
                                     .view = key.view,
                                     .style = style,
                                     .name_of = names,
                                     .digest = timeline.digest()});
  upload_cells(context, timeline, stage, cached);
}

// Of one of several its title says how many blocks of which size there are.
std::string note_of(const replay::Timeline& timeline, bool named) {
  const replay::Census& census = timeline.census();
  const replay::FreeList* list = census.free_lists.empty() ? nullptr : &census.free_lists.front();
  if (list == nullptr || list->block_bytes == 0) return {};
  const std::string now =
      fmt::format("{} live · list: {}", trace::count_text(census.outstanding), trace::count_text(list->offsets.size()));
  if (named) return now;
  return fmt::format("{} of {} · {}", trace::count_text(census.arena_bytes / list->block_bytes, "block"),
                     trace::size_text(list->block_bytes), now);
}

}  // namespace

void stage_slab(const Context& context, Rect rect, std::size_t stage) {
  const replay::Timeline& timeline = context.state.shown(stage);
  const std::string name = stage == 0 ? "slab" : "slab " + std::to_string(stage + 1);
  const Rect inside = ui::panel_frame(context.theme, rect, stage_title(context, "Slab", stage),
                                      note_of(timeline, context.state.stages.size() > 1));
  if (inside.width() < 4 * context.em || inside.height() < 4 * context.em) return;
  draw::Caches spare;
  auto& cached = (context.caches != nullptr ? *context.caches : spare).stages[stage].slab;
  ui::begin_region(name.c_str(), {rect.x0, inside.y0 - 2, rect.x1, rect.y1},
                   ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  lay_out(context, timeline, stage, inside, cached);
  const draw::SlabScene& scene = cached.scene;
  const Paint paint{ui::draw_list(), context.theme, context.em};
  if (scene.grid.mode == draw::CellMode::Pixels) ui::image(paint.list, scene.grid.rect, cached.texture);
  paint_scene(paint, scene.scene, scene.grid.mode == draw::CellMode::Strips ? cached.texture : 0);

  const Pointer pointer = canvas("grid", inside);
  const std::optional<draw::Span> bytes = draw::hit(scene, pointer.at);
  zoom_wrapped(context, pointer, view_of(context, timeline), bytes, static_cast<double>(timeline.census().arena_bytes));
  place_blocks(scene.scene, timeline.census().arena_bytes);
  if (!select_chip(context, pointer, scene.scene, stage)) {
    select_at(context, pointer, bytes, stage);
    if (pointer.hovered && bytes) {
      const std::string tip = draw::tip_text(timeline.census(), *bytes, names_of(timeline));
      if (!tip.empty()) ui::tooltip(tip);
    }
  }
  ui::end_region();
}

}  // namespace allocviz::panels
