// What a mark is called, or what a note says: one field.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "viz/panels/parts.h"
#include "viz/panels/popups.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

void text_dialog(const Context& context) {
  const app::PopupState& asked = context.state.popup_state;
  const bool mark = asked.kind == app::TextKind::Mark;
  const std::uint64_t event = asked.index + 1;
  const draw::Rect inside = begin_dialog(context, "text", mark ? 32.0f : 44.0f, 12);
  const std::string title = fmt::format("{} event {}", mark ? "Mark" : "Note on", trace::count_text(event));
  const float y = dialog_title(context, inside, title.c_str());
  std::string text = asked.text;
  ImGui::SetCursorScreenPos(ImVec2(inside.x0, y));
  ImGui::SetNextItemWidth(inside.width());
  focus_first(context);
  ImGui::PushID(mark ? "mark" : "note");  // what is typed in the one is not begun with in the other
  const bool typed = ui::input_text("##text", mark ? "its name" : "what to look at here, and why it is so", text);
  ImGui::PopID();
  if (typed) context.commands.push({.what = app::Do::TypeInPopup, .text = text});
  {
    const ui::WithFont small(ui::Font::Small);
    wrapped({inside.x0, ImGui::GetItemRectMax().y + 0.5f * context.em}, inside.width(), context.theme.text_dim,
            mark ? "M and Shift+M go from mark to mark. Left empty, the mark is taken away. Saved with the trace."
                 : "Shown whenever this event is reached. Left empty, the note is taken away. Saved with the trace.");
  }
  if (dialog_buttons(context, inside, mark ? "Mark" : "Write", true)) {
    app::Command command;
    command.what = app::Do::SetEventText;
    command.number = static_cast<std::uint64_t>(asked.kind);
    command.position = {event, replay::kAllSteps};
    command.text = std::move(text);
    context.commands.push(std::move(command));
  }
  end_dialog();
}

}  // namespace allocviz::panels
