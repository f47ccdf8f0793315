// The line over a stage on which something is tried: that it did not happen, what came of it, and the way back.
#include "viz/app/what_if.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

float text_width_bold(const std::string& text) {
  const ui::WithFont font(ui::Font::Bold);
  return ui::text_width(text);
}

float wrapped_bold(draw::Point at, float width, draw::Color color, const std::string& text, bool painted) {
  const ui::WithFont font(ui::Font::Bold);
  return wrapped(at, width, color, text, painted);
}

}  // namespace

draw::Rect what_if_line(const Context& context, draw::Rect rect, std::size_t stage) {
  const std::string text = app::what_if_text(context.state, stage);
  if (text.empty()) return rect;
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const bool fits = context.state.shown(stage).run().outcome.kind == replay::OutcomeKind::Placed;
  const draw::Color edge = fits ? theme.ok : theme.failed;
  const char* back = "back to what happened";
  const float link = ui::text_width(back), pad = std::round(0.6f * em);
  // On one line with the way back, or, in a narrow stage, wrapped with that below it.
  const bool beside = text_width_bold(text) + link + 6 * em < rect.width();
  const float width = rect.width() - 2 * pad - (beside ? link + 4.5f * em : 0);
  const float words = wrapped_bold({}, width, 0, text, false);
  const float line = std::round(1.5f * em);
  const float height = std::max(words, line) + (beside ? 0 : line + 0.3f * em) + 2 * std::round(0.4f * em);
  const draw::Rect bar{rect.x0, rect.y0, rect.x1, rect.y0 + std::round(height)};
  ui::begin_region("what if", bar, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  const float rounding = std::round(0.35f * em);
  ui::fill(ui::draw_list(), bar, draw::mix(theme.panel, edge, 0.16), rounding);
  ui::outline(ui::draw_list(), bar, edge, std::max(1.0f, std::round(em / 9)), rounding);
  const float top = bar.y0 + std::round(0.4f * em);
  wrapped_bold({bar.x0 + pad, top + std::round(std::max(0.0f, line - words) / 2)}, width, theme.text, text, true);
  ui::place("said", {bar.x0, bar.y0, bar.x0 + pad + width, bar.y1});
  const float from = beside ? bar.x1 - link - 3.8f * em : bar.x0 + pad;
  const float y = beside ? top : bar.y1 - line - std::round(0.4f * em);
  ImGui::SetCursorScreenPos(ImVec2(from, std::round(y + (line - ui::line_height()) / 2)));
  if (ui::link(theme, back)) context.commands.push(app::Do::EndWhatIf);
  key_caps(context, {from + link + 0.6f * em, y}, "Escape");
  ui::end_region();
  return {rect.x0, bar.y1 + std::round(0.4f * em), rect.x1, rect.y1};
}

}  // namespace allocviz::panels
