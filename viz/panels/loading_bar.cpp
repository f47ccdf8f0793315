#include "viz/panels/loading_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

// What has just been said to whoever waits stands here for its while: there is no other place for it in this row.
std::string_view said_of(const app::State& state, float room) {
  if (!state.notice.empty()) return state.notice;
  const std::string_view what = state.loading->what;
  // Where there is no room for both, what is being done says more than what is shown meanwhile.
  return ui::text_width(what) > room ? what.substr(0, what.rfind(": ")) : what;
}

void progress_line(const Context& context, draw::Rect line, double fraction) {
  if (line.width() <= 2 * context.em) return;
  const float half = line.height() / 2;
  ui::fill(ui::draw_list(), line, context.theme.inset, half);
  const float length = static_cast<float>(fraction) * line.width();
  if (length <= 2 * half) return;
  ui::fill(ui::draw_list(), {line.x0, line.y0, line.x0 + length, line.y1}, context.theme.live, half);
}

}  // namespace

void loading_bar(const Context& context, draw::Rect rect) {
  ui::begin_region("loading", rect, ui::kFixed);
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const double fraction = std::clamp(context.state.loading->fraction.load(), 0.0, 1.0);
  const float cancel = std::round(5.5f * em);
  const float right = rect.x1 - 0.2f * em - cancel;
  const float percent = ui::text_width("100 %");
  const float most = right - 2 * em - percent - rect.x0;
  // A progress is seen beside the words where both have room; else the number alone says it.
  const float room = most > 2 * kLoadingLeast * em ? std::floor(0.7f * most) : most;
  const std::string_view what = said_of(context.state, room);
  const float used = row_text(rect, rect.x0, theme.text, what, room);
  ui::place(std::string(what), {rect.x0, rect.y0, rect.x0 + used, rect.y1});
  row_text_right(rect, right - em, theme.text_dim, fmt::format("{:.0f} %", 100 * fraction));
  const float y = std::round((rect.y0 + rect.y1) / 2), half = std::round(0.22f * em);
  progress_line(context, {rect.x0 + em + used, y - half, right - 2 * em - percent, y + half}, fraction);
  const float height = std::round(1.9f * em);
  ImGui::SetCursorScreenPos(ImVec2(right, rect.y0 + std::round((rect.height() - height) / 2)));
  if (ui::button("Cancel", {cancel, height})) context.commands.push(app::Do::CancelLoading);
  ui::end_region();
}

}  // namespace allocviz::panels
