// The stages alone, what their colours mean, and the event in words: a picture for a slide.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/replay/narrate.h"
#include "viz/app/names.h"
#include "viz/draw/focus.h"
#include "viz/draw/legend.h"
#include "viz/draw/lod.h"
#include "viz/draw/stage_cache.h"
#include "viz/panels/flow.h"
#include "viz/panels/paint.h"
#include "viz/panels/panel.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {
namespace {

using draw::Rect;

// What the moment is called: "Event 7 of 16: alloc E 50 B, step 3 of 5".
std::string slide_place(const replay::Timeline& timeline) {
  const replay::Position at = timeline.position();
  const std::string events = trace::count_text(timeline.event_count());
  if (at.event == 0) return fmt::format("Before the first of {} events", events);
  const std::string event = fmt::format("Event {} of {}", trace::count_text(at.event), events);
  const std::string what = replay::event_title(timeline.trace(), at.event - 1);
  if (at.step >= timeline.step_count()) return fmt::format("{}: {}", event, what);
  return fmt::format("{}: {}, step {} of {}", event, what, at.step, timeline.step_count());
}

// Of a whole event its sentence, inside it the step that was done last.
std::string slide_words(const trace::Trace& trace, const replay::Timeline& timeline) {
  const replay::Position at = timeline.position();
  if (at.event == 0) return {};
  const std::uint64_t index = at.event - 1;
  if (at.step >= timeline.step_count())
    return replay::event_text(trace, index, timeline.spec(), timeline.run(), &timeline.census());
  const std::vector<replay::StepText> steps =
      replay::step_texts(trace, index, timeline.spec(), timeline.run(), &timeline.census());
  if (at.step == 0 || at.step > steps.size()) return {};
  const replay::StepText& step = steps[at.step - 1];
  return fmt::format("{}: {}", step.verb, step.text);
}

void slide_caption(Flow& flow) {
  const app::State& state = flow.context.state;
  {
    const ui::WithFont font(ui::Font::Bold);
    flow.text(slide_place(state.timeline()), flow.context.theme.text_dim);
  }
  flow.gap(0.2f);
  for (std::size_t i = 0; i < state.stages.size(); ++i) {
    const std::string words = slide_words(*state.document.trace, state.timeline(i));
    if (words.empty()) continue;
    const std::string who = state.stages.size() == 1 ? "" : app::title_of_stage(state, i) + ": ";
    flow.text(who + words, flow.context.theme.text);
    flow.gap(0.2f);
  }
}

void slide_legend(const Context& context, Rect rect) {
  const replay::Timeline& timeline = context.state.shown();
  if (timeline.spec().kind == trace::AllocatorKind::Recorded) return;
  draw::OnScreen shown;
  for (const replay::Block& block : timeline.census().blocks) {
    shown.look[static_cast<std::size_t>(draw::look_of(block.state))] = true;
    if (block.state != replay::BlockState::Live || block.requested >= block.size) continue;
    shown.look[static_cast<std::size_t>(draw::Look::Waste)] = true;
  }
  shown.touched = !draw::touched_by(draw::moment_of(timeline), timeline.spec()).empty();
  draw::Scene scene;
  draw::add_legend(scene, {rect, rect.x0, 1}, draw::state_entries(timeline.spec().kind, shown, false),
                   style_of(context.em));
  paint_scene({ui::draw_list(), context.theme, context.em}, scene, 0);
}

}  // namespace

void slide(const Context& context, Rect rect) {
  ui::fill(ui::draw_list(), rect, context.theme.window);
  const float margin = std::round(0.8f * context.em);
  const Rect in{rect.x0 + margin, rect.y0 + margin, rect.x1 - margin, rect.y1 - margin};
  Flow measured{.context = context, .width = in.width(), .painted = false};
  slide_caption(measured);
  const float words = std::min(std::ceil(measured.y), 0.4f * in.height());
  const float legend_height = std::round(1.6f * context.em);
  const float below = std::floor(in.y1 - words);
  slide_legend(context, {in.x0, below - legend_height, in.x1, below - 0.2f * context.em});
  Flow flow{.context = context, .x = in.x0, .y = below + std::round(0.2f * context.em), .width = in.width()};
  slide_caption(flow);
  const auto count = static_cast<float>(context.state.stages.size());
  const float each = std::floor((in.width() - (count - 1) * margin) / count);
  for (std::size_t i = 0; i < context.state.stages.size(); ++i) {
    const float x = in.x0 + static_cast<float>(i) * (each + margin);
    stage(context, {x, in.y0, x + each, below - legend_height - 0.5f * context.em}, i);
  }
}

}  // namespace allocviz::panels
