#include "viz/panels/slab_rows.h"

#include "viz/panels/canvas.h"
#include "viz/panels/paint.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {
namespace {

// The last offset that the event at the cursor named: the slab it lies in is the one that was used.
std::optional<std::uint64_t> touched_byte(const replay::Timeline& timeline) {
  const std::vector<alloc::Step>& steps = timeline.run().steps;
  const std::size_t done = std::min<std::size_t>(timeline.position().step, steps.size());
  for (std::size_t i = done; i > 0; --i) {
    const alloc::Step& step = steps[i - 1];
    if (step.kind == alloc::StepKind::Take || step.kind == alloc::StepKind::Push || step.kind == alloc::StepKind::Pop) {
      return step.offset;
    }
  }
  return std::nullopt;
}

}  // namespace

void slab_rows(const Context& context, draw::Rect rect, float x0, float x1, std::size_t stage) {
  const replay::Timeline& timeline = context.state.shown(stage);
  draw::Caches spare;
  auto& cached = (context.caches != nullptr ? *context.caches : spare).stages[stage].slab_rows;
  draw::ViewKey key = key_of(context, timeline, stage, rect, style_of(context.em));
  key.view = {static_cast<double>(x0), static_cast<double>(x1)};  // the cells' place, not the bytes in view
  if (cached.outdated(key)) {
    cached.scene = draw::lay_out_slab_rows({.census = timeline.census(),
                                            .rect = rect,
                                            .x0 = x0,
                                            .x1 = x1,
                                            .style = key.style,
                                            .touched = touched_byte(timeline),
                                            .selected = key.selected});
  }
  paint_scene({ui::draw_list(), context.theme, context.em}, cached.scene.scene, 0);
  const Pointer pointer = canvas("slabs", rect);
  const auto hit = draw::hit(cached.scene, pointer.at);
  if (!pointer.hovered || !hit) return;
  ui::tooltip(draw::tip_text(*hit, timeline.census().arena_bytes));
  if (!pointer.clicked) return;
  // The slab comes into view as large as the stage and the map can show it.
  const replay::SlabRun& slab = hit->row->slabs[hit->cell->first];
  context.commands.push({.what = app::Do::SetView,
                         .value = static_cast<double>(slab.offset),
                         .value2 = static_cast<double>(slab.offset + slab.size)});
}

}  // namespace allocviz::panels
