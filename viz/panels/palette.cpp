// The command palette: everything the program can do, found by a few letters of its name.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "viz/app/availability.h"
#include "viz/app/processes.h"
#include "viz/panels/parts.h"
#include "viz/panels/popups.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using Matches = std::vector<const app::CommandInfo*>;

void pick(const Context& context, std::size_t row) {
  app::Command command;
  command.what = app::Do::PickRow;
  command.number = row;
  context.commands.push(std::move(command));
}

// Closed first: some commands open the next dialog.
void run(const Context& context, const app::CommandInfo& info) {
  if (!app::is_enabled(context.state, info)) return;
  context.commands.push(app::Do::ClosePopup);
  context.commands.push(app::command_of(context.state, info));
}

float caps_width(const Context& context, std::string_view key) {
  return key_caps(context, {}, key, false);
}

// True when it was clicked.
bool command_row(const Context& context, const app::CommandInfo& info, draw::Rect row, bool chosen) {
  const draw::Theme& theme = context.theme;
  const float em = context.em;
  const bool enabled = app::is_enabled(context.state, info);
  const bool clicked = row_button(context, fmt::format("##{}", info.name).c_str(), row, chosen);
  float x = row.x0 + 0.9f * em;
  float right = row.x1 - 0.6f * em;
  if (!info.key.empty()) {
    const float width = caps_width(context, info.key);
    key_caps(context, {right - width, row.y0 + std::round((row.height() - 1.45f * em) / 2)}, info.key);
    right -= width + em;
  }
  x += row_text(row, x, enabled ? theme.text : theme.text_faint, info.name, right - x);
  const std::string effect = app::effect_of(context.state, info);
  const std::string more = effect.empty() ? std::string(info.menu) : effect;
  const ui::WithFont font(ui::Font::Small);
  row_text(row, x + em, effect.empty() ? theme.text_faint : theme.text_dim, more, right - x - em);
  if (!effect.empty()) ui::place(fmt::format("{}: {}", info.name, effect), row);
  return clicked;
}

// Up and Down walk through the rows, Enter carries one out.
void keys(const Context& context, const Matches& matches, std::size_t row) {
  if (matches.empty()) return;
  if (ui::pressed({.key = ui::Key::Down})) pick(context, std::min(row + 1, matches.size() - 1));
  if (ui::pressed({.key = ui::Key::Up}) && row > 0) pick(context, row - 1);
  if (ui::pressed({.key = ui::Key::Enter}, false)) run(context, *matches[row]);
}

}  // namespace

void palette(const Context& context) {
  const app::PopupState& popup = context.state.popup_state;
  const float em = context.em;
  const draw::Rect inside = begin_dialog(context, "palette", 40, 32);
  std::string text = popup.text;
  ImGui::SetCursorScreenPos(ImVec2(inside.x0, inside.y0));
  ImGui::SetNextItemWidth(inside.width());
  focus_first(context);
  if (ui::input_text("##command", "what to do: a few letters of its name", text)) {
    app::Command command;
    command.what = app::Do::TypeInPopup;
    command.text = text;
    context.commands.push(std::move(command));
  }
  const float top = ImGui::GetItemRectMax().y + std::round(0.6f * em);
  const Matches matches = app::palette_matches(popup.text);
  const std::size_t chosen = matches.empty() ? 0 : std::min(popup.row, matches.size() - 1);
  ui::begin_region("commands", {inside.x0, top, inside.x1, inside.y1});
  const float height = std::round(1.95f * em);
  const float width = ImGui::GetContentRegionAvail().x;
  const app::CommandInfo* clicked = nullptr;
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (command_row(context, *matches[i], {at.x, at.y, at.x + width, at.y + height}, i == chosen)) clicked = matches[i];
    const bool walked = ui::pressed({.key = ui::Key::Down}) || ui::pressed({.key = ui::Key::Up});
    if (i == chosen && walked) ImGui::SetScrollHereY(0.5f);
    ImGui::SetCursorScreenPos(ImVec2(at.x, at.y + height));
  }
  if (matches.empty()) ui::text(context.theme.text_dim, "No command is called that.");
  ui::end_region();
  if (clicked != nullptr) {
    run(context, *clicked);
  } else {
    keys(context, matches, chosen);
  }
  end_dialog();
}

}  // namespace allocviz::panels
