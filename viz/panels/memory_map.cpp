// The memory map, under the stage on its x axis.
#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "viz/app/coloring.h"
#include "viz/app/filter.h"
#include "viz/draw/focus.h"
#include "viz/draw/legend.h"
#include "viz/draw/lod.h"
#include "viz/draw/map_layout.h"
#include "viz/draw/tip.h"
#include "viz/panels/canvas.h"
#include "viz/panels/paint.h"
#include "viz/panels/panel.h"

namespace allocviz::panels {
namespace {

using draw::Rect;

constexpr std::uint64_t kLitAtOnce = 30'000;  // live blocks

// The entries' colours; with one of them lit, the others fade into the panel.
draw::MapColors colors_of(const Context& context, const replay::Timeline& timeline) {
  const app::Coloring coloring =
      app::coloring_of(app::color_by(context.state), timeline.trace(), timeline.census(), timeline.position().event);
  const std::optional<std::uint64_t> only = context.state.only_color;
  draw::MapColors colors;
  std::vector<draw::Color> tints;
  const std::size_t count = coloring.entries.size();
  for (std::size_t i = 0; i < count; ++i) {
    // Viridis' ends are left out where they would vanish into the ground.
    const double t = count < 2 ? 0.5 : 0.12 + 0.83 * static_cast<double>(i) / static_cast<double>(count - 1);
    const draw::Color full = coloring.is_scale ? draw::viridis(t) : draw::kind_color(i);
    const bool dimmed = only && *only != i;
    tints.push_back(dimmed ? draw::mix(full, context.theme.panel, 0.82) : full);
    const app::Coloring::Entry& entry = coloring.entries[i];
    const std::string sum = fmt::format("{}\n{}, {} requested", entry.whole.empty() ? entry.word : entry.whole,
                                        trace::count_text(entry.blocks, "block"), trace::size_text(entry.bytes));
    colors.legend.push_back({entry.word, sum, tints.back(), dimmed, entry.telling, entry.kept});
  }
  colors.tint_of = [tints, entry_of = coloring.entry_of](const replay::Block& block) { return tints[entry_of(block)]; };
  return colors;
}

// What the search found is lit, on whatever it is coloured by; the rest fades into the panel.
void light_found(const Context& context, const replay::Timeline& timeline, draw::MapColors& colors) {
  const draw::Color live = context.theme.live_fill, ground = context.theme.panel;
  std::uint64_t blocks = 0, bytes = 0, others = 0;
  for (const replay::Block& block : timeline.census().blocks) {
    if (block.state != replay::BlockState::Live) continue;
    const bool found = app::is_found(context.state, block.born);
    blocks += found ? 1 : 0;
    bytes += found ? block.requested : 0;
    others += found ? 0 : 1;
  }
  const auto fade = [ground](draw::Color color) { return draw::mix(color, ground, 0.82); };
  const bool by_state = colors.legend.empty();
  colors.tint_of = [&state = context.state, live, fade, by_state, other = colors.tint_of](const replay::Block& block) {
    const draw::Color full = by_state || !other ? live : other(block);
    return app::is_found(state, block.born) ? full : fade(full);
  };
  if (!by_state) return;
  const auto add = [&colors](std::string word, std::string hint, draw::Color color, bool dimmed) {
    const std::size_t kept = word.size();
    colors.legend.push_back({std::move(word), std::move(hint), color, dimmed, {}, kept});
  };
  add(fmt::format("{} found", trace::count_text(blocks)),
      fmt::format("{} requested by the live blocks that the search means", trace::size_text(bytes)), live, false);
  add(trace::count_text(others, "other"), "Live blocks that the search does not mean", fade(live), true);
}

// What the live blocks come to goes through all of them: done again only where these are others.
const draw::MapColors& colors_once(const Context& context, const replay::Timeline& timeline, draw::ViewKey key,
                                   draw::Cached<draw::MapColors>& cached) {
  key.rect = {};
  key.view = {};
  key.style = {};
  key.selected = {};
  key.moved_at_s = 0;
  key.found = 0;
  if (cached.outdated(key)) cached.scene = colors_of(context, timeline);
  return cached.scene;
}

void lay_out(const Context& context, const replay::Timeline& timeline, std::size_t stage, Rect inside, bool alone,
             draw::Cached<draw::MapScene>& cached, draw::Cached<draw::MapColors>& cached_colors) {
  const draw::Style style = style_of(context.em);
  draw::ViewKey key = key_of(context, timeline, stage, inside, style);
  const app::ColorBy by = app::color_by(context.state);
  const std::uint64_t only = context.state.only_color ? *context.state.only_color + 1 : 0;
  const unsigned wraps = context.state.settings.preset == app::Preset::Debug ? 1 : 0;
  // What the search has not come to yet would be looked at here, block by block: of many it is waited for.
  const bool waits = timeline.figures().live_blocks > kLitAtOnce && app::is_searching(context.state);
  key.found = context.state.filter.active && !waits ? context.state.filter.number : 0;
  key.flags = wraps | static_cast<unsigned>(by) << 1 | static_cast<unsigned>(only) << 8 | (alone ? 1u << 31 : 0u);
  if (!cached.outdated(key)) return;
  draw::MapColors colors;
  if (by != app::ColorBy::State) colors = colors_once(context, timeline, key, cached_colors);
  if (key.found != 0) light_found(context, timeline, colors);
  const draw::NameOf names = names_of(timeline);
  const draw::Focus focus = draw::focus_of(draw::moment_of(timeline), timeline.spec(), key.selected);
  const std::string title = app::title_of(by, *context.state.document.trace);
  cached.scene = draw::lay_out_map({.census = timeline.census(),
                                    .focus = focus,
                                    .rect = inside,
                                    .view = key.view,
                                    .style = style,
                                    .name_of = names,
                                    .colors = by == app::ColorBy::State && key.found == 0 ? nullptr : &colors,
                                    .title = title,
                                    .may_wrap = wraps != 0,
                                    .alone = alone,
                                    .digest = timeline.digest()});
  cached.texture = 0;
  if (!cached.scene.scene.hides) return;
  draw::paint_bands(cached.scene.scene, context.theme, cached.picture, dot_of(context.em));
  cached.texture = ui::upload("map " + std::to_string(stage), cached.picture.pixels.data(), cached.picture.width,
                              cached.picture.height);
}

// What is coloured by, which a click changes; and the entries, of which a click lights one.
void legend(const Context& context, const draw::MapScene& scene) {
  if (scene.legend_line.width() <= 0) return;
  const ui::WithFont font(ui::Font::Small);
  const float top = std::round((scene.legend_line.y0 + scene.legend_line.y1 - ui::line_height()) / 2);
  ImGui::SetCursorScreenPos(ImVec2(scene.legend_line.x0, top));
  const std::string by = app::title_of(app::color_by(context.state), *context.state.document.trace) + "##colour";
  if (ui::link(context.theme, by.c_str())) context.commands.push(app::Do::NextColorBy);
  ui::tooltip(
      "What the colours stand for. A click goes to the next: state, size, age, lifetime, and thread, call site "
      "and tag where the log names them. Approximate are lifetimes of which the log does not tell the ends.");
  const bool lights_found = context.state.filter.active && app::color_by(context.state) == app::ColorBy::State;
  for (std::size_t i = 0; i < scene.legend.size(); ++i) {
    const Rect& rect = scene.legend[i];
    if (rect.width() <= 0) continue;
    ImGui::SetCursorScreenPos(ImVec2(rect.x0, rect.y0));
    const std::string label = fmt::format("##legend {}", i + 1);
    const bool lit = context.state.only_color == i;
    const std::string hint = scene.legend_hints[i] + (lights_found ? ""
                                                      : lit        ? "\nA click shows all again."
                                                                   : "\nA click shows only these, the others dimmed.");
    const auto nothing = [](ImDrawList*, Rect, draw::Color) {};
    const bool clicked = ui::icon_button(label.c_str(), hint.c_str(), nothing, {rect.width(), rect.height()});
    if (!clicked || lights_found) continue;
    context.commands.push({.what = app::Do::OnlyColor, .number = i});
  }
}

// What the step at the cursor touched where nothing of it is in view; else nothing.
std::optional<draw::Touch> touched_elsewhere(const replay::Timeline& timeline, const draw::Span& view) {
  const std::vector<draw::Touch> touched = draw::touched_by(draw::moment_of(timeline), timeline.spec());
  for (const draw::Touch& touch : touched) {
    const auto from = static_cast<double>(touch.offset);
    const auto to = from + static_cast<double>(std::max<std::uint64_t>(touch.size, 1));
    if (from < view.to && to > view.from) return std::nullopt;
  }
  return touched.empty() ? std::nullopt : std::optional(touched.front());
}

// In the panel's first line, at the right: where that is, and the way there.
void lead_to(const Context& context, const std::string& name, Rect line, const draw::Touch& touch,
             const draw::Span& view, std::uint64_t arena) {
  const bool left = static_cast<double>(touch.offset) < view.from;
  const std::string where = "touched: " + trace::offset_text(touch.offset, arena);
  const std::string text = ui::symbols(left ? "← " + where : where + " →");
  ui::begin_region((name + " elsewhere").c_str(), line, ui::kFixed);
  ui::push_font(ui::Font::Small);
  const float width = std::min(ui::text_width(text), line.width());
  const float y = std::round((line.y0 + line.y1 - ui::line_height()) / 2);
  ImGui::SetCursorScreenPos(ImVec2(std::round(line.x1 - width), y));
  if (ui::link(context.theme, (text + "##touched").c_str(), width)) {
    const double middle = static_cast<double>(touch.offset) + static_cast<double>(touch.size) / 2;
    const draw::Span to = draw::panned(view, middle - (view.from + view.to) / 2, static_cast<double>(arena));
    context.commands.push({.what = app::Do::SetView, .value = to.from, .value2 = to.to});
  }
  ui::tooltip("What this step touched is not in view: a click moves there");
  ui::pop_font();
  ui::end_region();
}

// "64 MiB · 21 071 live · 1 px = 53 KiB", or how to look closer; beside another map the scale alone, as theirs differ.
std::string note_of(const replay::Timeline& timeline, const draw::MapScene& scene, bool alone) {
  const std::string bytes = trace::size_text(timeline.census().arena_bytes), scale = draw::scale_note(scene);
  if (!alone && !scale.empty()) return fmt::format("{} · {}", bytes, scale);
  std::string note = fmt::format("{} · {} live", bytes, trace::count_text(timeline.figures().live_blocks));
  const bool close = scene.axes.size() == 1 && scene.axes.front().bytes_per_px() < 2;
  if (!scale.empty() && !close) note += " · " + scale;
  // A map too low for a legend has this said here.
  if (scene.legend_line.width() <= 0 && draw::on_screen(scene.scene).several) note += " · dotted: several per pixel";
  return note + (scene.axes.size() > 1 ? " · wheel zooms" : " · wheel zooms, drag pans");
}

}  // namespace

void memory_map(const Context& context, Rect rect, std::size_t stage, bool alone) {
  const replay::Timeline& timeline = context.state.shown(stage);
  const std::string name = stage == 0 ? "memory map" : "memory map " + std::to_string(stage + 1);
  draw::Caches spare;
  draw::StageCache& caches = (context.caches != nullptr ? *context.caches : spare).stages[stage];
  auto& cached = caches.map;
  const std::uint64_t arena_bytes = timeline.census().arena_bytes;
  const draw::Span view = view_of(context, timeline);
  const auto elsewhere = touched_elsewhere(timeline, view);
  const bool single = context.state.stages.size() < 2;
  const float pad = ui::panel_pad(context.em);
  const Rect inside{rect.x0 + pad, rect.y0 + ui::panel_title_height(context.em), rect.x1 - pad, rect.y1 - pad};
  const bool has_room = inside.width() >= 4 * context.em && inside.height() >= context.em;
  // Laid out before its title says its scale: a window that stands still draws no second frame to say it in.
  if (has_room) lay_out(context, timeline, stage, inside, alone, cached, caches.colors);
  const std::string note = elsewhere ? std::string() : note_of(timeline, cached.scene, single);
  ui::panel_frame(context.theme, rect, "Memory map", note);
  if (!note.empty()) ui::place(note, {inside.x0, rect.y0, inside.x1, inside.y0});
  if (!has_room) return;
  const float title = 8 * context.em;
  if (elsewhere && inside.width() > 2 * title) {
    lead_to(context, name, {inside.x0 + title, rect.y0, inside.x1, inside.y0 - 2}, *elsewhere, view, arena_bytes);
  }
  ui::begin_region(name.c_str(), {rect.x0, inside.y0 - 2, rect.x1, rect.y1},
                   ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  const draw::MapScene& scene = cached.scene;
  legend(context, scene);
  paint_scene({ui::draw_list(), context.theme, context.em}, scene.scene, cached.texture);

  const float bottom = scene.legend_line.width() > 0 ? scene.legend_line.y0 : inside.y1;
  const Pointer pointer = canvas("map", {inside.x0, inside.y0, inside.x1, bottom});
  const double arena = static_cast<double>(arena_bytes);
  const std::optional<draw::Span> bytes = draw::hit(scene, pointer.at);
  if (scene.axes.size() == 1) {
    zoom_and_pan(context, pointer, scene.axes.front(), arena);
  } else {
    zoom_wrapped(context, pointer, view, bytes, arena);
  }
  place_blocks(scene.scene, arena_bytes);
  select_at(context, pointer, bytes, stage);
  if (pointer.hovered && bytes) {
    const std::string tip = draw::tip_text(timeline.census(), *bytes, names_of(timeline));
    if (!tip.empty()) ui::tooltip(tip);
  }
  ui::end_region();
}

}  // namespace allocviz::panels
