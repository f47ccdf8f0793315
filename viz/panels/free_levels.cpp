// Free blocks by level over time: when which sizes ran out. It shares the charts' axis and cursor.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "viz/draw/levels_layout.h"
#include "viz/panels/timeline_parts.h"

namespace allocviz::panels {
namespace {

using draw::LevelsScene;
using draw::Rect;

void lay_out(const Context& context, Rect inside, draw::Cached<LevelsScene>& cached) {
  const app::State& state = context.state;
  const draw::TimeAxis axis = time_axis_of(state, 0, 1);
  draw::ViewKey key;
  key.trace = state.document.trace;
  key.spec = state.timeline().spec();
  key.events = state.timeline().event_count();
  key.rect = inside;
  key.view = {axis.first, axis.last};
  key.style = style_of(context.em);
  key.theme = context.theme.kind;
  key.flags = axis.clock != nullptr ? 1 : 0;
  if (!cached.outdated(key)) return;
  cached.scene = draw::lay_out_levels({.levels = state.timeline().free_levels(),
                                       .first = axis.first,
                                       .last = axis.last,
                                       .clock = axis.clock,
                                       .rect = inside,
                                       .style = key.style});
  draw::paint_levels(cached.scene, context.theme, cached.picture);
  cached.texture = ui::upload("levels", cached.picture.pixels.data(), cached.picture.width, cached.picture.height);
}

// The block that the refused request at the cursor would have taken from the buddy's lists.
std::optional<std::uint64_t> refused_block(const replay::Timeline& timeline) {
  const replay::EventRun& run = timeline.run();
  if (run.outcome.kind != replay::OutcomeKind::Failed || run.outcome.why != alloc::Error::OutOfMemory) return {};
  std::optional<std::uint64_t> needed;
  for (const alloc::Step& step : run.steps) {
    if (step.kind == alloc::StepKind::Round && step.size_class == alloc::kNoClass) needed = step.size;
  }
  return needed;
}

// Since when no block of that size was free, and until when: positions.
struct Drought {
  std::uint64_t bytes = 0, from = 0;
  std::optional<std::uint64_t> until;
};

std::optional<Drought> drought_at_cursor(const replay::Timeline& timeline) {
  const std::optional<std::uint64_t> bytes = refused_block(timeline);
  if (!bytes) return {};
  const replay::Series& series = timeline.series();
  const std::uint64_t at = timeline.position().event;
  const std::uint64_t before = series.last_at_least(replay::Curve::LargestFree, *bytes, at);
  const std::uint64_t after = series.first_at_least(replay::Curve::LargestFree, *bytes, at);
  Drought drought{*bytes, before == series.size() ? 0 : before + 1, {}};
  if (after < series.size()) drought.until = after;
  return drought;
}

std::string text_of(const Drought& drought) {
  const std::string size = trace::size_text(drought.bytes);
  if (drought.until) {
    return fmt::format("from here to event {} no {} block exists", trace::count_text(*drought.until), size);
  }
  return fmt::format("from here on no {} block exists", size);
}

void paint_drought(const Context& context, const Paint& paint, const LevelsScene& scene, const Drought& drought) {
  const draw::Color color = context.theme.touched;
  const double x = scene.axis.begin_of(drought.from);
  const Rect& plot = scene.plot;
  const std::string text = text_of(drought);
  const ui::WithFont font{ui::Font::Small};
  const float width = ui::text_width(text), em = context.em;
  const bool seen = x >= static_cast<double>(plot.x0) - 1 && x <= static_cast<double>(plot.x1);
  const auto at =
      static_cast<float>(std::round(std::clamp(x, static_cast<double>(plot.x0), static_cast<double>(plot.x1))));
  const float left = std::clamp(at + 0.5f * em, plot.x0, std::max(plot.x0, plot.x1 - width));
  const float end = left > at ? plot.y1 + 0.9f * em : plot.y1;  // beside the words, not through them
  if (seen) {
    ui::dashed(paint.list, {at, plot.y0}, {at, end}, color, std::max(1.5f, 0.12f * em), 0.3f * em);
  }
  ui::text_at(paint.list, {left, plot.y1 + 0.15f * em}, color, text, plot.x1 - left);
  ui::place(text, {left, plot.y1, left + width, plot.y1 + 1.3f * em});
}

std::string hover(const app::State& state, const LevelsScene& scene, draw::Point at, const Hair& hair) {
  const std::size_t level = scene.level_at(at.y);
  const replay::CountExtent count = scene.counts[level * scene.columns + scene.column_at(at.x)];
  const replay::FreeLevels& levels = state.timeline().free_levels();
  const std::uint32_t now = levels.at(hair.position).free[level];
  std::string text = moment_of(state, hair.position);
  text += fmt::format("\nlevel {}, blocks of {}: {} free", level, trace::size_text(levels.block_bytes(level)),
                      now == 0 ? "none" : trace::count_text(now));
  if (count.min != count.max) {
    text += fmt::format("\nunder this pixel {} … {}", trace::count_text(count.min), trace::count_text(count.max));
  }
  return text;
}

}  // namespace

void free_levels(const Context& context, Rect rect) {
  const app::State& state = context.state;
  const bool runs = state.timeline().spec().kind == trace::AllocatorKind::Recorded;
  const Rect inside =
      ui::panel_frame(context.theme, rect, runs ? "Free runs by size over time" : "Free blocks by level over time",
                      context.theme.kind == draw::ThemeKind::Dark ? "brighter = more" : "darker = more");
  if (inside.width() < 12 * context.em || inside.height() < 3 * context.em) return;
  draw::Caches spare;
  auto& cached = (context.caches != nullptr ? *context.caches : spare).levels;
  ui::begin_region("free levels", rect, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  lay_out(context, inside, cached);
  const LevelsScene& scene = cached.scene;
  const Paint paint{ui::draw_list(), context.theme, context.em};
  ui::image(paint.list, scene.plot, cached.texture);
  for (const draw::Label& label : scene.labels) paint_label(paint, label);
  if (state.range) bracket_range(paint, scene.axis, scene.plot, *state.range);
  if (const auto drought = drought_at_cursor(state.timeline())) paint_drought(context, paint, scene, *drought);
  paint_cursor(paint, scene.axis, scene.plot, state.timeline().position().event);
  if (control_time(context, "levels", scene.plot, scene.axis) && !ImGui::IsItemActive()) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const Hair hair = hair_at(state, scene.axis, mouse.x);
    ui::fill(paint.list, {hair.x, scene.plot.y0, hair.x + 1, scene.plot.y1},
             draw::with_alpha(context.theme.text_dim, 130));
    ui::tooltip(hover(state, scene, {mouse.x, mouse.y}, hair));
  }
  control_keys(context, rect, scene.axis);
  ui::end_region();
}

}  // namespace allocviz::panels
