// The configuration of one stage, checked at every letter.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "viz/app/draft.h"
#include "viz/panels/parts.h"
#include "viz/panels/popups.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

using app::DraftField;

constexpr float kRoomyEm = 20;  // all fields of a kind, at their usual distances

// Returns where they end.
float kinds(const Context& context, draw::Rect inside, float y) {
  const app::Draft& draft = context.state.popup_state.draft;
  ImGui::SetCursorScreenPos(ImVec2(inside.x0, y));
  for (const trace::AllocatorKind kind : app::draft_kinds()) {
    const std::string name(trace::kind_text(kind));
    if (ui::toggle(name.c_str(), kind == draft.kind)) {
      app::Command command;
      command.what = app::Do::DraftKind;
      command.number = static_cast<std::uint64_t>(kind);
      context.commands.push(std::move(command));
    }
    ImGui::SameLine();
  }
  return y + ImGui::GetFrameHeight();
}

// Its name, the text, and at the field where the fault is, an edge that says so.
float one_field(const Context& context, draw::Rect inside, float y, DraftField which, bool first, bool at_fault) {
  const app::Draft& draft = context.state.popup_state.draft;
  const float em = context.em;
  const float label = std::round(9 * em), height = ImGui::GetFrameHeight();
  row_text({inside.x0, y, inside.x1, y + height}, inside.x0, context.theme.text_dim, app::title_of(which, draft.kind),
           label - 0.5f * em);
  std::string text = draft[which];
  ImGui::SetCursorScreenPos(ImVec2(inside.x0 + label, y));
  ImGui::SetNextItemWidth(inside.width() - label);
  if (first) focus_first(context);
  const std::string id = fmt::format("##{}", app::key_of(which));
  if (at_fault) ImGui::PushStyleColor(ImGuiCol_Border, ImGui::ColorConvertU32ToFloat4(context.theme.failed));
  if (ui::input_text(id.c_str(), std::string(app::hint_of(which, draft.kind)).c_str(), text)) {
    app::Command command;
    command.what = app::Do::DraftText;
    command.number = static_cast<std::uint64_t>(which);
    command.text = text;
    context.commands.push(std::move(command));
  }
  if (at_fault) ImGui::PopStyleColor();
  return y + height;
}

// "gaps[1]" is about the field "gaps".
bool is_about(const std::string& field, std::string_view key) {
  return field == key ||
         (field.size() > key.size() && field.compare(0, key.size(), key) == 0 && field[key.size()] == '[');
}

}  // namespace

void allocator_dialog(const Context& context) {
  const app::State& state = context.state;
  const app::PopupState& popup = state.popup_state;
  const bool adds = popup.stage >= state.stages.size();
  draw::Rect inside = begin_dialog(context, "allocator", 38, 25);
  inside.y0 -= ImGui::GetScrollY();
  inside.y1 -= ImGui::GetScrollY();
  const float em = context.em;
  // In a low window it stands closer together, its title beside the kinds.
  const bool low = inside.height() < kRoomyEm * em;
  const char* title = adds ? "Compare with" : "Allocator";
  float y = low ? inside.y0 : dialog_title(context, inside, title);
  const float below = kinds(context, inside, y) + (low ? 0 : std::round(0.9f * em));
  if (low) row_text_right({inside.x0, y, inside.x1, below}, inside.x1, context.theme.text_dim, title);
  y = below + std::round((low ? 0.3f : 0) * em);
  const auto spec = app::spec_of(popup.draft);
  bool first = true;
  for (const DraftField which : app::fields_of(popup.draft.kind)) {
    const bool at_fault = !spec.ok() && is_about(spec.trouble().where.field, app::key_of(which));
    y = one_field(context, inside, y, which, std::exchange(first, false), at_fault);
    y += std::round((low ? 0.2f : 0.5f) * em);
  }
  y += std::round((low ? 0.1f : 0.4f) * em);
  if (spec.ok()) {
    const ui::WithFont font(ui::Font::MonoSmall);
    y += wrapped({inside.x0, y}, inside.width(), context.theme.text_dim, "--allocator " + trace::to_text(*spec));
  } else {
    const trace::Trouble& fault = spec.trouble();
    const std::string text = fault.what + (fault.todo.empty() ? "" : "; " + fault.todo);
    const float height = wrapped({inside.x0, y}, inside.width(), context.theme.failed, text);
    ui::place("fault", {inside.x0, y, inside.x1, y + height});
    y += height;
  }
  // Where the window is too low for all of it, the buttons are scrolled to.
  const float foot = std::round(y + (low ? 2.3f : 2.7f) * em);
  if (foot > inside.y1) {
    inside.y1 = foot;
    ImGui::SetCursorScreenPos(ImVec2(inside.x0, foot));
    ImGui::Dummy(ImVec2(1, std::round(1.2f * em)));
  }
  if (dialog_buttons(context, inside, adds ? "Add" : "Apply", spec.ok())) {
    app::Command command;
    command.what = adds ? app::Do::AddStage : app::Do::SetAllocator;
    command.spec = *spec;
    command.stage = popup.stage;
    context.commands.push(std::move(command));
    context.commands.push(app::Do::ClosePopup);
  }
  end_dialog();
}

}  // namespace allocviz::panels
