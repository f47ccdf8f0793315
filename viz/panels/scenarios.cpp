// The lessons built into the program: a title and one line each.
#include <fmt/format.h>

#include <cmath>

#include "viz/panels/events_rows.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

// Returns its height.
float lesson(const Context& context, std::size_t index, draw::Point at, float width) {
  const app::Scenario& scenario = context.state.scenarios[index];
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const float pad = std::round(0.6f * em);
  const float text = width - 2 * pad - 0.4f * em;
  const bool open = context.state.scenario == index;
  const draw::Point title{at.x + pad + 0.4f * em, at.y + pad};
  const auto words = [&](bool painted) {
    float y = title.y;
    {
      const ui::WithFont font(ui::Font::Bold);
      y += wrapped({title.x, y}, text, theme.text, scenario.title, painted) + std::round(0.3f * em);
    }
    const ui::WithFont font(ui::Font::Small);
    y += wrapped({title.x, y}, text, theme.text_dim, scenario.hint, painted);
    return y + pad - at.y;
  };
  const float height = std::round(words(false));
  if (row_button(context, fmt::format("##{}", scenario.title).c_str(), {at.x, at.y, at.x + width, at.y + height},
                 open)) {
    app::Command command;
    command.what = app::Do::OpenScenario;
    command.number = index;
    context.commands.push(std::move(command));
  }
  words(true);
  return height;
}

}  // namespace

void scenarios(const Context& context, draw::Rect rect) {
  ui::begin_region("lessons", rect, ui::kFixed);
  const draw::Rect inside = left_tabs(context, rect);
  const float edge = std::round(0.35f * context.em);
  ui::begin_region("lesson list", {rect.x0 + edge, inside.y0, rect.x1 - edge, rect.y1 - edge});
  const float width = ImGui::GetContentRegionAvail().x;
  for (std::size_t i = 0; i < context.state.scenarios.size(); ++i) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float height = lesson(context, i, {at.x, at.y}, width);
    ImGui::SetCursorScreenPos(ImVec2(at.x, at.y + height));
  }
  ui::end_region();
  ui::end_region();
}

}  // namespace allocviz::panels
