// The recorded heap: no allocator, but where the log has its blocks.
#include <fmt/format.h>

#include <string>

#include "viz/draw/lod.h"
#include "viz/draw/recorded_layout.h"
#include "viz/draw/tip.h"
#include "viz/panels/canvas.h"
#include "viz/panels/paint.h"
#include "viz/panels/panel.h"

namespace allocviz::panels {
namespace {

using draw::Rect;

draw::AddressOf addresses_of(const replay::Timeline& timeline) {
  return [&trace = timeline.trace()](std::uint64_t born) {
    return born < trace.size() ? trace.event(born).addr : trace::kNoAddr;
  };
}

void lay_out(const Context& context, const replay::Timeline& timeline, std::size_t stage, Rect inside,
             draw::Cached<draw::RecordedScene>& cached) {
  const draw::Style style = style_of(context.em);
  const draw::ViewKey key = key_of(context, timeline, stage, inside, style);
  if (!cached.outdated(key)) return;
  const draw::NameOf names = names_of(timeline);
  const draw::AddressOf addresses = addresses_of(timeline);
  const draw::Focus focus = draw::focus_of(draw::moment_of(timeline), timeline.spec(), key.selected);
  cached.scene = draw::lay_out_recorded({.census = timeline.census(),
                                         .focus = focus,
                                         .rect = inside,
                                         .view = key.view,
                                         .style = style,
                                         .name_of = names,
                                         .address_of = addresses,
                                         .digest = timeline.digest()});
  cached.texture = 0;
  if (!cached.scene.scene.hides) return;
  draw::paint_bands(cached.scene.scene, context.theme, cached.picture, dot_of(context.em));
  cached.texture = ui::upload("recorded " + std::to_string(stage), cached.picture.pixels.data(), cached.picture.width,
                              cached.picture.height);
}

// "live 2.1 MiB in 21 071 blocks · not live 3 MiB, the longest run 64 KiB"
std::string note_of(const replay::Timeline& timeline) {
  const replay::Figures& now = timeline.figures();
  return fmt::format("{} live in {} · {} not live, the longest run {}", trace::size_text(now.live_requested),
                     trace::count_text(now.live_blocks, "block"), trace::size_text(now.free),
                     trace::size_text(now.largest_free));
}

// What stands there, and at which address the program had it.
std::string tip_of(const replay::Timeline& timeline, const draw::Span& bytes) {
  std::string tip = draw::tip_text(timeline.census(), bytes, names_of(timeline));
  if (tip.empty()) return tip;
  const auto byte = static_cast<std::uint64_t>(std::max(0.0, (bytes.from + bytes.to) / 2));
  const std::uint64_t address = draw::address_at(timeline.census(), addresses_of(timeline), byte);
  if (address != 0) tip += fmt::format("\nabout address 0x{:x}", address);
  return tip;
}

}  // namespace

void stage_recorded(const Context& context, Rect rect, std::size_t stage) {
  const replay::Timeline& timeline = context.state.shown(stage);
  const replay::Census& census = timeline.census();
  const std::string name = stage == 0 ? "recorded" : "recorded " + std::to_string(stage + 1);
  const Rect inside =
      ui::panel_frame(context.theme, rect, stage_title(context, "Recorded heap", stage), note_of(timeline));
  if (inside.width() < 4 * context.em || inside.height() < 2 * context.em) return;
  draw::Caches spare;
  auto& cached = (context.caches != nullptr ? *context.caches : spare).stages[stage].recorded;
  ui::begin_region(name.c_str(), {rect.x0, inside.y0 - 2, rect.x1, rect.y1},
                   ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  lay_out(context, timeline, stage, inside, cached);
  const draw::RecordedScene& scene = cached.scene;
  paint_scene({ui::draw_list(), context.theme, context.em}, scene.scene, cached.texture);

  const Pointer pointer = canvas("heap", inside);
  const std::optional<draw::RecordedHit> hit = draw::hit(scene, pointer.at);
  const std::optional<draw::Span> bytes = hit ? std::optional(hit->bytes) : std::nullopt;
  const auto arena = static_cast<double>(census.arena_bytes);
  if (scene.orders.empty()) {
    zoom_wrapped(context, pointer, view_of(context, timeline), bytes, arena);
  } else if (!scene.axes.empty()) {
    zoom_and_pan(context, pointer, scene.axes.front(), arena);
  }
  place_blocks(scene.scene, census.arena_bytes);
  select_at(context, pointer, bytes, stage);
  if (pointer.hovered && bytes) {
    const std::string tip = tip_of(timeline, *bytes);
    if (!tip.empty()) ui::tooltip(tip);
  }
  ui::end_region();
}

}  // namespace allocviz::panels
