#include "viz/panels/captions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "core/replay/narrate.h"
#include "viz/draw/focus.h"
#include "viz/draw/legend.h"
#include "viz/draw/lod.h"
#include "viz/draw/stage_cache.h"
#include "viz/panels/event_flow.h"
#include "viz/panels/paint.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {
namespace {

using draw::Rect;

constexpr int kNoteLines = 2;
constexpr std::size_t kMostNotes = 64;  // more than a lesson has: they are not measured in each frame

float lines_height(const Context& context, int lines) {
  const float line = ui::line_height(), leading = std::round(0.2f * line);
  return std::round(static_cast<float>(lines) * (line + leading) - leading + 0.9f * context.em);
}

int lines_in(const Context& context, float height) {
  int lines = 1;
  while (lines_height(context, lines + 1) <= height) ++lines;
  return lines;
}

// Whether behind one pixel of the stage there stand several blocks, as it was laid out last.
bool hides_blocks(const Context& context, std::size_t stage) {
  if (context.caches == nullptr) return false;
  const draw::StageCache& cache = context.caches->stages[stage];
  switch (context.state.shown(stage).spec().kind) {
    case trace::AllocatorKind::Buddy:
    case trace::AllocatorKind::Tiered:
      return draw::on_screen(cache.buddy.scene.scene).several;
    case trace::AllocatorKind::Bump:
      return draw::on_screen(cache.bump.scene.scene).several;
    case trace::AllocatorKind::Slab:
      return draw::on_screen(cache.slab.scene.scene).several;
    case trace::AllocatorKind::Recorded:
      return draw::on_screen(cache.recorded.scene.scene).several;
  }
  return false;
}

// What there is of the allocator's memory; of many blocks their sums say so.
draw::OnScreen shown_of(const Context& context, std::size_t stage) {
  const replay::Timeline& timeline = context.state.shown(stage);
  draw::OnScreen shown;
  const auto add = [&shown](replay::BlockState state) {
    shown.look[static_cast<std::size_t>(draw::look_of(state))] = true;
  };
  if (const replay::Digest* digest = timeline.digest(); digest != nullptr) {
    using State = replay::BlockState;
    for (const State state :
         {State::Free, State::Fresh, State::Live, State::InFlight, State::Gap, State::Dead, State::Padding}) {
      if (digest->has(state)) add(state);
    }
  } else {
    for (const replay::Block& block : timeline.census().blocks) add(block.state);
  }
  const replay::Figures& figures = timeline.figures();
  shown.look[static_cast<std::size_t>(draw::Look::Waste)] = figures.live_rounded > figures.live_requested;
  shown.touched = !draw::touched_by(draw::moment_of(timeline), timeline.spec()).empty();
  shown.several = hides_blocks(context, stage);
  return shown;
}

// What the cursor says of an allocator: of a whole event its sentence, inside it the step that was done last.
std::string words_at_cursor(const trace::Trace& trace, const replay::Timeline& timeline) {
  const replay::Position at = timeline.position();
  if (at.event == 0) {
    const std::uint64_t free = timeline.figures().free;
    return "Before the first event" + (free == 0 ? "." : ": " + trace::size_text(free) + " are free.");
  }
  const std::uint64_t index = at.event - 1;
  if (at.step >= timeline.step_count())
    return replay::event_text(trace, index, timeline.spec(), timeline.run(), &timeline.census());
  const std::vector<replay::StepText> steps =
      replay::step_texts(trace, index, timeline.spec(), timeline.run(), &timeline.census());
  if (at.step == 0 || at.step > steps.size()) return {};
  const replay::StepText& step = steps[at.step - 1];
  return fmt::format("Step {} of {}: {} {}", at.step, steps.size(), step.verb, step.text);
}

bool has_refused(const replay::Timeline& timeline) {
  const replay::Position at = timeline.position();
  if (at.event == 0 || at.step < timeline.step_count()) return false;
  const std::vector<std::uint64_t>& failures = timeline.failures();
  return std::binary_search(failures.begin(), failures.end(), at.event - 1);
}

// As many lines of it as there is room for; all of it under the mouse where they are not all.
void row(const Context& context, Rect rect, const char* label, std::string_view text, draw::Color bar,
         draw::Color ground) {
  const float em = context.em, pad = std::round(0.7f * em), thick = std::max(2.0f, std::round(0.2f * em));
  ui::fill(ui::draw_list(), rect, ground, 0.25f * em);
  ui::fill(ui::draw_list(), {rect.x0, rect.y0, rect.x0 + thick, rect.y1}, bar);
  const float x = rect.x0 + thick + pad, width = rect.x1 - pad - x;
  const std::string all = ui::symbols(text);
  const int lines = lines_in(context, rect.height());
  std::string shown = all.substr(0, length_of_lines(all, width, lines));
  const bool cut = shown.size() < all.size();
  const std::string more = ui::symbols(" …");
  if (cut) {
    const std::size_t last = length_of_lines(all, width, lines - 1);
    while (shown.size() > last && ui::text_width(shown.substr(last) + more) > width) {
      const std::size_t space = shown.find_last_of(' ', shown.size() - 2);
      if (space == std::string::npos || space <= last) break;
      shown.resize(space);
    }
    shown.resize(shown.find_last_not_of(' ') + 1);
    shown += more;
  }
  const float height = wrapped({}, width, 0, shown, false);
  ui::canvas(label, rect);
  if (cut) ui::tooltip(text);
  wrapped({x, std::round((rect.y0 + rect.y1 - height) / 2)}, width, context.theme.text, shown);
}

// The beginning of what a lesson says of itself: its first paragraph, without signs of emphasis.
std::string about_of(const trace::Header& header) {
  std::string text = header.about.substr(0, header.about.find("\n\n"));
  std::erase_if(text, [](char c) { return c == '*' || c == '`'; });
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string note_at(const app::State& state) {
  const trace::Trace& trace = *state.document.trace;
  const std::uint64_t event = state.cursor().event;
  if (event == 0) return about_of(trace.header());
  const std::string* note = trace.note(event - 1);
  return note != nullptr ? *note : std::string{};
}

}  // namespace

float legend_row_height(const Context& context) {
  return std::round(1.5f * context.em);
}

float sentence_row_height(const Context& context, int lines) {
  return lines_height(context, lines);
}

float note_row_height(const Context& context, float width) {
  const trace::Trace& trace = *context.state.document.trace;
  const std::string about = about_of(trace.header());
  if (trace.notes().empty() && about.empty()) return 0;
  if (trace.notes().size() > kMostNotes) return lines_height(context, kNoteLines);
  const float room = width - 2 * context.em;
  const float one = 1.5f * ui::line_height();
  const auto is_long = [&](const std::string& text) { return wrapped({}, room, 0, text, false) > one; };
  const bool long_one = is_long(about) || std::any_of(trace.notes().begin(), trace.notes().end(),
                                                      [&](const auto& note) { return is_long(note.second); });
  return lines_height(context, long_one ? kNoteLines : 1);
}

void legend_row(const Context& context, Rect rect, std::size_t stage) {
  const replay::Timeline& timeline = context.state.shown(stage);
  draw::Scene scene;
  const float pad = ui::panel_pad(context.em);
  const Rect line{rect.x0 + pad, rect.y0, rect.x1, rect.y1};
  draw::add_legend(scene, {line, line.x0, 1},
                   draw::state_entries(timeline.spec().kind, shown_of(context, stage), false), style_of(context.em));
  paint_scene({ui::draw_list(), context.theme, context.em}, scene, 0);
  ui::place(stage == 0 ? "legend" : fmt::format("legend {}", stage + 1), rect);
}

void sentence_row(const Context& context, Rect rect, std::size_t stage) {
  const replay::Timeline& timeline = context.state.shown(stage);
  const draw::Theme& theme = context.theme;
  std::string text = words_at_cursor(*context.state.document.trace, timeline);
  const bool refused = has_refused(timeline);
  if (refused) text = "✕ " + text;
  const std::string label = fmt::format("said {}", stage + 1);
  row(context, rect, label.c_str(), text, refused ? theme.failed : theme.live,
      refused ? theme.failed_fill : theme.panel);
}

void note_row(const Context& context, Rect rect) {
  row(context, rect, "said note", note_at(context.state), context.theme.mark, context.theme.inset);
}

}  // namespace allocviz::panels
