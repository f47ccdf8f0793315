// The lessons built into the program: a title, one line and a small picture each; of the open one, how far it is.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "viz/app/cursor.h"
#include "viz/draw/glimpse.h"
#include "viz/panels/events_rows.h"
#include "viz/panels/paint.h"
#include "viz/panels/panel.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

constexpr float kPictureEm = 5.6f, kPictureHeightEm = 3.8f;

// The allocators of a lesson at its most telling event, one below the other.
void picture(const Context& context, const app::Scenario& scenario, draw::Rect rect) {
  const draw::Theme& theme = context.theme;
  const float rounding = std::round(0.25f * context.em);
  ui::fill(ui::draw_list(), rect, theme.inset, rounding);
  ui::outline(ui::draw_list(), rect, theme.panel_edge, 1, rounding);
  const float pad = std::round(0.3f * context.em);
  const auto count = static_cast<float>(scenario.glimpses.size());
  const float pitch = (rect.height() - pad) / std::max(1.0f, count);
  float y = rect.y0 + pad;
  for (const app::Glimpse& glimpse : scenario.glimpses) {
    const draw::Rect part{rect.x0 + pad, std::round(y), rect.x1 - pad, std::round(y + pitch) - pad};
    paint_scene({ui::draw_list(), theme, context.em}, draw::lay_out_glimpse(glimpse.census, glimpse.spec, part), 0);
    y += pitch;
  }
}

// "4 of 12", and the same as a line.
void progress(const Context& context, draw::Rect line) {
  const std::uint64_t all = std::max<std::uint64_t>(app::event_count(context.state), 1);
  const std::uint64_t at = context.state.cursor().event;
  const ui::WithFont font(ui::Font::Small);
  const std::string text = fmt::format("{} of {}", trace::count_text(at), trace::count_text(all));
  const float used = row_text_right(line, line.x1, context.theme.text_dim, text);
  const float middle = std::round((line.y0 + line.y1) / 2), half = std::max(1.0f, std::round(0.14f * context.em));
  const draw::Rect track{line.x0, middle - half, line.x1 - used - 0.8f * context.em, middle + half};
  ui::fill(ui::draw_list(), track, context.theme.panel_edge, half);
  const float part = static_cast<float>(static_cast<double>(at) / static_cast<double>(all));
  if (at != 0)
    ui::fill(ui::draw_list(), {track.x0, track.y0, track.x0 + part * track.width(), track.y1}, context.theme.live,
             half);
  ui::place("progress", line);
}

// Returns its height.
float lesson(const Context& context, std::size_t index, draw::Point at, float width) {
  const app::Scenario& scenario = context.state.scenarios[index];
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const float pad = std::round(0.6f * em);
  const bool pictured = !scenario.glimpses.empty() && width > 11 * em;
  const bool roomy = width > 17 * em;  // else the title goes over the picture, too
  const float beside = pictured ? std::round((kPictureEm + 0.8f) * em) : 0;
  const float left = at.x + pad + 0.4f * em, text = width - 2 * pad - 0.4f * em;
  const bool open = context.state.scenario == index;
  float picture_y = at.y + pad;
  const auto words = [&](bool painted) {
    float y = at.y + pad;
    {
      const ui::WithFont font(ui::Font::Bold);
      const float indent = roomy ? beside : 0;
      y += wrapped({left + indent, y}, text - indent, theme.text, scenario.title, painted) + std::round(0.3f * em);
    }
    if (!roomy) picture_y = y + std::round(0.1f * em);
    const ui::WithFont font(ui::Font::Small);
    y += wrapped({left + beside, y}, text - beside, theme.text_dim, scenario.hint, painted);
    if (open) {
      const float height = std::round(1.6f * em);
      if (painted) progress(context, {left + beside, y, left + text, y + height});
      y += height;
    }
    return y + pad - at.y;
  };
  float height = words(false);
  if (pictured) height = std::max(height, picture_y - at.y + kPictureHeightEm * em + pad);
  height = std::round(height);
  if (row_button(context, fmt::format("##{}", scenario.title).c_str(), {at.x, at.y, at.x + width, at.y + height},
                 open)) {
    app::Command command;
    command.what = app::Do::OpenScenario;
    command.number = index;
    context.commands.push(std::move(command));
  }
  words(true);
  if (pictured) {
    const draw::Rect place{left, std::round(picture_y), left + std::round(kPictureEm * em),
                           std::round(picture_y) + std::round(kPictureHeightEm * em)};
    picture(context, scenario, place);
    ui::place(fmt::format("picture {}", index + 1), place);
  }
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
