#include "viz/panels/popups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "viz/app/cursor.h"
#include "viz/app/loader.h"
#include "viz/app/unsaved.h"
#include "viz/app/update.h"
#include "viz/panels/parts.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

draw::Rect begin_dialog(const Context& context, const char* name, float width_em, float height_em) {
  const float em = context.em;
  const ImVec2 window = ImGui::GetIO().DisplaySize;
  // Where the window is too low for all of it, nearly all of the window is its.
  const bool low = height_em * em > window.y - 2 * em;
  const float margin = (low ? 0.3f : 1.0f) * em;
  const float width = std::min(width_em * em, window.x - 2 * em);
  const float height = std::min(height_em * em, window.y - 2 * margin);
  const float x = std::round((window.x - width) / 2);
  const float y = std::round(std::clamp((window.y - height) / 3, margin, std::max(margin, window.y - height - margin)));
  const draw::Rect rect{x, y, x + width, y + height};
  ui::begin_modal(name, rect);
  const ImGuiIO& io = ImGui::GetIO();
  const bool outside = ImGui::IsMouseClicked(0) && !rect.contains({io.MousePos.x, io.MousePos.y});
  const bool fresh = context.state.frame <= context.state.popup_opened_at;
  if (ui::pressed({.key = ui::Key::Escape}, false) || (outside && !fresh)) context.commands.push(app::Do::ClosePopup);
  const float pad = std::round(1.2f * em), upright = low ? ImGui::GetStyle().WindowPadding.y + 1 : pad;
  return {rect.x0 + pad, rect.y0 + upright, rect.x1 - pad, rect.y1 - upright};
}

void end_dialog() {
  ui::end_modal();
}

void focus_first(const Context& context) {
  if (context.state.frame == context.state.popup_opened_at) ui::type_into_next_field();
}

float dialog_title(const Context& context, draw::Rect inside, const char* title) {
  const ui::WithFont font(ui::Font::Title);
  ui::text_at(ui::draw_list(), {inside.x0, inside.y0}, context.theme.text, title, inside.width());
  return inside.y0 + ui::line_height() + std::round(0.9f * context.em);
}

bool dialog_buttons(const Context& context, draw::Rect inside, const char* label, bool enabled) {
  const float em = context.em;
  const float height = std::round(2.1f * em), width = std::round(7 * em);
  const float y = inside.y1 - height;
  if (!enabled) ImGui::BeginDisabled();
  ImGui::SetCursorScreenPos(ImVec2(inside.x1 - width, y));
  ImGui::PushStyleColor(ImGuiCol_Button, ImGui::ColorConvertU32ToFloat4(context.theme.live_fill));
  ImGui::PushStyleColor(ImGuiCol_Text, ImGui::ColorConvertU32ToFloat4(context.theme.text_on_live));
  bool done = ui::button(label, {width, height});
  ImGui::PopStyleColor(2);
  if (!enabled) ImGui::EndDisabled();
  ImGui::SetCursorScreenPos(ImVec2(inside.x1 - 2 * width - 0.6f * em, y));
  const bool cancelled = ui::button("Cancel", {width, height});
  if (cancelled) context.commands.push(app::Do::ClosePopup);
  done |= enabled && !cancelled && ui::pressed({.key = ui::Key::Enter}, false);
  return done;
}

void push_text(const Context& context, app::Do what, std::string text) {
  app::Command command;
  command.what = what;
  command.text = std::move(text);
  context.commands.push(std::move(command));
}

std::string dialog_field(const Context& context, draw::Rect inside, float y, const char* label, const char* hint,
                         const ui::Complete& complete) {
  std::string text = context.state.popup_state.text;
  ImGui::SetCursorScreenPos(ImVec2(inside.x0, y));
  ImGui::SetNextItemWidth(inside.width());
  focus_first(context);
  const bool typed = complete ? ui::input_text(label, hint, text, complete) : ui::input_text(label, hint, text);
  if (typed) push_text(context, app::Do::TypeInPopup, text);
  return text;
}

namespace {

void go_to(const Context& context) {
  const draw::Rect inside = begin_dialog(context, "go to", 28, 12);
  const float y = dialog_title(context, inside, "Go to event");
  const std::string text = dialog_field(context, inside, y, "##event", "N, or N.K for step K of event N");
  const auto at = app::parse_position(text);
  const float below = ImGui::GetItemRectMax().y + std::round(0.5f * context.em);
  {
    const ui::WithFont small(ui::Font::Small);
    const bool wrong = !text.empty() && !at.ok();
    const std::uint64_t last = app::event_count(context.state);
    const char* const note = at.ok() && at->event > last ? ": this goes to the last" : "; 0 is before the first";
    wrapped(
        {inside.x0, below}, inside.width(), wrong ? context.theme.failed : context.theme.text_dim,
        wrong ? at.trouble().what + "; " + at.trouble().todo : fmt::format("0 … {}{}", trace::count_text(last), note));
  }
  if (dialog_buttons(context, inside, "Go", at.ok())) {
    app::Command command;
    command.what = app::Do::SeekTo;
    command.position = *at;
    context.commands.push(std::move(command));
    context.commands.push(app::Do::ClosePopup);
  }
  end_dialog();
}

void about(const Context& context) {
  const draw::Rect inside = begin_dialog(context, "about", 34, 17);
  float y = dialog_title(context, inside, "allocviz");
  constexpr const char* kWhat =
      "Replays what a program asked for on real allocators, step by step, forward and back. Every pixel comes from the "
      "state of the allocator itself.";
  constexpr const char* kLibrary =
      "Buddy, bump, slab and tiered are a header-only C++20 library of their own, usable without this window.";
  for (const char* paragraph : {kWhat, kLibrary, "MIT licence."}) {
    y += wrapped({inside.x0, y}, inside.width(), context.theme.text, paragraph) + std::round(0.8f * context.em);
  }
  const float width = std::round(7 * context.em), height = std::round(2.1f * context.em);
  ImGui::SetCursorScreenPos(ImVec2(inside.x1 - width, inside.y1 - height));
  if (ui::button("Close", {width, height}) || ui::pressed({.key = ui::Key::Enter}, false)) {
    context.commands.push(app::Do::ClosePopup);
  }
  end_dialog();
}

void unsaved(const Context& context) {
  // Three buttons in one line, or the one that loses something above the others.
  const bool narrow = ImGui::GetIO().DisplaySize.x < 28 * context.em;
  const draw::Rect inside = begin_dialog(context, "unsaved", 34, narrow ? 16.0f : 11.0f);
  const float y = dialog_title(context, inside, "Save what was changed?");
  wrapped({inside.x0, y}, inside.width(), context.theme.text, app::unsaved_text(context.state));
  const float width = std::round(8 * context.em), height = std::round(2.1f * context.em);
  const float above = narrow ? height + std::round(0.6f * context.em) : 0.0f;
  ImGui::SetCursorScreenPos(ImVec2(narrow ? inside.x1 - width : inside.x0, inside.y1 - height - above));
  if (ui::button("Do not save", {width, height})) {
    context.commands.push(app::Do::DropUnsaved);
  } else if (dialog_buttons(context, inside, "Save", !app::is_reading_rest(context.state))) {
    context.commands.push(app::Do::SaveUnsaved);
  }
  end_dialog();
}

}  // namespace

void popups(const Context& context) {
  switch (context.state.popup) {
    case app::Popup::None:
      break;
    case app::Popup::Palette:
      palette(context);
      break;
    case app::Popup::Keys:
      keys_page(context);
      break;
    case app::Popup::GoTo:
      go_to(context);
      break;
    case app::Popup::OpenPath:
      open_path(context);
      break;
    case app::Popup::SavePath:
      save_path(context);
      break;
    case app::Popup::Allocator:
      allocator_dialog(context);
      break;
    case app::Popup::TryRequest:
      try_dialog(context);
      break;
    case app::Popup::EventText:
      text_dialog(context);
      break;
    case app::Popup::Unsaved:
      unsaved(context);
      break;
    case app::Popup::About:
      about(context);
      break;
  }
}

}  // namespace allocviz::panels
