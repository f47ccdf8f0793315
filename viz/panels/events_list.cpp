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

// Which rows stand on the pixels [from, to) of a track; at least one.
struct RowRange {
  std::uint64_t first = 0, last = 0;
};
RowRange rows_at(draw::Rect track, const RowList& list, float from, float to) {
  const auto rows = static_cast<double>(list.rows);
  const auto at = [&](float y) {
    const double t = static_cast<double>((y - track.y0) / track.height());
    return static_cast<std::uint64_t>(std::clamp(t, 0.0, 1.0) * rows);
  };
  const std::uint64_t first = std::min(at(from), list.rows - 1);
  return {first, std::max(at(to), first + 1)};
}

// One tick a few pixels at most, however many rows it stands for. Found ones at the left, failures and marks at the
// right. A click goes to the nearest of them.
void strip(const Context& context, draw::Rect track, const RowList& list) {
  if (!list.ticks || list.rows == 0) return;
  const float tick = std::max(2.0f, std::round(0.15f * context.em));
  const float middle = std::round((track.x0 + track.x1) / 2);
  for (float y = track.y0; y < track.y1; y += tick) {
    const RowRange rows = rows_at(track, list, y, y + tick);
    const Ticks ticks = list.ticks(rows.first, rows.last);
    const float end = std::min(y + tick, track.y1);
    if (ticks.found != 0) ui::fill(ui::draw_list(), {track.x0, y, middle, end}, ticks.found);
    if (ticks.notable != 0) ui::fill(ui::draw_list(), {middle, y, track.x1, end}, ticks.notable);
  }
  if (!list.jump) return;
  ui::canvas("marks", track);
  ui::tooltip("Failures, marks and what was found, from the first event to the last. A click goes there.");
  if (!ImGui::IsItemClicked(0)) return;
  const float mouse = ImGui::GetIO().MousePos.y;
  for (float around = tick; around <= 4 * tick; around += tick) {
    const RowRange rows = rows_at(track, list, mouse - around, mouse + around);
    if (list.jump(rows.first, rows.last)) return;
  }
}

// The thumb follows the mouse by its middle; a click beside it goes there.
void scroll_bar(const Context& context, draw::Rect track, const RowList& list, double seen) {
  const auto rows = static_cast<double>(list.rows);
  if (rows <= seen) return;
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
  const double by = -static_cast<double>(io.MouseWheel) * kRowsPerNotch;
  if (by != 0) push_scroll(context, list, list.view.top + by, seen);
}

}  // namespace

void row_list(const Context& context, draw::Rect rect, const RowList& list) {
  ui::begin_region(list.name, rect, ui::kFixed);
  // Rows are seen whole: the first begins at the list's edge, and room for a part of one more is left free.
  const double seen = std::max(1.0, std::floor(static_cast<double>(rect.height() / list.row_height) + 0.01));
  const auto rows = static_cast<double>(list.rows);
  const double top = std::clamp(list.view.top, 0.0, std::max(0.0, rows - seen));
  if (std::abs(list.view.seen - seen) > 0.01 || list.view.top != top) push_scroll(context, list, top, seen);

  const float bar = std::round(0.75f * context.em);
  const float marks = list.ticks ? std::round(0.5f * context.em) : 0;
  const float clear = list.ticks ? std::round(0.35f * context.em) : 0;  // between a row's words and its tick
  const auto first = static_cast<std::uint64_t>(std::round(top));
  const std::uint64_t end = std::min(list.rows, first + static_cast<std::uint64_t>(seen));
  for (std::uint64_t row = first; row < end; ++row) {
    const float y = std::round(rect.y0 + static_cast<float>(row - first) * list.row_height);
    list.draw_row(row, {rect.x0, y, rect.x1 - bar - marks - clear, std::round(y + list.row_height)});
  }
  // In a list that is seen whole, each tick stands beside its row.
  const float whole = std::round(rect.y0 + static_cast<float>(std::min(rows, seen)) * list.row_height);
  strip(context, {rect.x1 - bar - marks, rect.y0, rect.x1 - bar, std::min(rect.y1, whole)}, list);
  scroll_bar(context, {rect.x1 - bar, rect.y0, rect.x1, rect.y1}, list, seen);
  wheel(context, rect, list, seen);
  if (list.menu) list.menu();
  ui::end_region();
}

}  // namespace allocviz::panels
