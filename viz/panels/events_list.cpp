#include "viz/panels/events_list.h"

#include <algorithm>
#include <cmath>

#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

constexpr double kRowsPerNotch = 3;

void push_scroll(const Context& context, const RowList& list, double top, double seen) {
  app::Command command;
  command.what = app::Do::ScrollList;
  command.number = static_cast<std::uint64_t>(list.tab);
  command.value = top;
  command.value2 = seen;
  context.commands.push(std::move(command));
}

// One tick a pixel row of the track at most, however many rows it stands for.
void draw_ticks(const Context& context, draw::Rect track, const RowList& list) {
  const auto rows = static_cast<double>(list.rows);
  const double height = static_cast<double>(track.height());
  const float tick = std::max(2.0f, std::round(0.15f * context.em));
  for (float y = 0; y < track.height(); y += tick) {
    const auto at = [&](float pixel) {
      return static_cast<std::uint64_t>(std::clamp(static_cast<double>(pixel) / height, 0.0, 1.0) * rows);
    };
    const draw::Color color = list.tick(at(y), std::max(at(y + tick), at(y) + 1));
    if (color == 0) continue;
    const float width = std::round(0.3f * track.width());
    ui::fill(ui::draw_list(), {track.x1 - width, track.y0 + y, track.x1, track.y0 + y + tick}, color);
  }
}

// The thumb follows the mouse by its middle; a click beside it goes there.
void scroll_bar(const Context& context, draw::Rect track, const RowList& list, double seen) {
  const auto rows = static_cast<double>(list.rows);
  if (rows <= seen) return;
  if (list.tick) draw_ticks(context, track, list);
  const double height = static_cast<double>(track.height());
  const double length =
      std::clamp(height * seen / rows, std::min(1.6 * static_cast<double>(context.em), height), height);
  const double travel = height - length;
  const double at = travel * std::clamp(list.view.top / (rows - seen), 0.0, 1.0);
  const bool hovered = ui::canvas("scroll bar", track);
  const bool held = ImGui::IsItemActive();
  if (held && travel > 0) {
    const double mouse = static_cast<double>(ImGui::GetIO().MousePos.y - track.y0);
    push_scroll(context, list, std::clamp((mouse - length / 2) / travel, 0.0, 1.0) * (rows - seen), seen);
  }
  const float inset = std::round(0.2f * track.width());
  const draw::Rect thumb{track.x0 + inset, track.y0 + static_cast<float>(at), track.x1 - inset,
                         track.y0 + static_cast<float>(at + length)};
  const draw::Color color = held || hovered ? context.theme.text_dim : context.theme.text_faint;
  ui::fill(ui::draw_list(), thumb, draw::with_alpha(color, held ? 200 : 110), thumb.width() / 2);
}

void wheel(const Context& context, draw::Rect area, const RowList& list, double seen) {
  const ImGuiIO& io = ImGui::GetIO();
  const bool inside =
      area.contains({io.MousePos.x, io.MousePos.y}) && ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows);
  if (!inside) return;
  const double page = std::max(1.0, seen - 1);
  double by = -static_cast<double>(io.MouseWheel) * kRowsPerNotch;
  if (ui::pressed({.key = ui::Key::PageDown}) && ui::keys_are_free()) by += page;
  if (ui::pressed({.key = ui::Key::PageUp}) && ui::keys_are_free()) by -= page;
  if (by != 0) push_scroll(context, list, list.view.top + by, seen);
}

}  // namespace

void row_list(const Context& context, draw::Rect rect, const RowList& list) {
  constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
  ui::begin_region(list.name, rect, kFixed);
  const double seen = std::max(1.0, static_cast<double>(rect.height() / list.row_height));
  const auto rows = static_cast<double>(list.rows);
  const double top = std::clamp(list.view.top, 0.0, std::max(0.0, rows - seen));
  if (std::abs(list.view.seen - seen) > 0.01 || list.view.top != top) push_scroll(context, list, top, seen);

  const float bar = std::round(0.75f * context.em);
  const auto first = static_cast<std::uint64_t>(top);
  const float shift = static_cast<float>(top - std::floor(top)) * list.row_height;
  for (std::uint64_t row = first; row < list.rows; ++row) {
    const float y = std::round(rect.y0 - shift + static_cast<float>(row - first) * list.row_height);
    if (y >= rect.y1) break;
    list.draw_row(row, {rect.x0, y, rect.x1 - bar, std::round(y + list.row_height)});
  }
  scroll_bar(context, {rect.x1 - bar, rect.y0, rect.x1, rect.y1}, list, seen);
  wheel(context, rect, list, seen);
  ui::end_region();
}

}  // namespace allocviz::panels
