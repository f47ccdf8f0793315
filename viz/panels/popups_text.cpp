// What a person puts into the trace: the name of a mark, a note, a request.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "viz/app/by_hand.h"
#include "viz/panels/parts.h"
#include "viz/panels/popups.h"
#include "viz/panels/ui.h"

namespace allocviz::panels {

namespace {

constexpr float kNoteLines = 8, kPreviewLines = 4;
constexpr const char* kOfMark =
    "M and Shift+M go from mark to mark. Left empty, the mark is taken away. Saved with the trace.";
constexpr const char* kOfNote =
    "What to look at here, and why it is so. Shown whenever this event is reached. Enter writes it, Shift+Enter begins "
    "a new line. Left empty, the note is taken away. Saved with the trace.";

// The note as it will stand beside the event, where the field does not break its lines: the end of what was typed.
void preview(const Context& context, draw::Rect box, const std::string& text) {
  const float pad = std::round(0.5f * context.em), bar = std::max(2.0f, std::round(0.2f * context.em));
  ui::fill(ui::draw_list(), box, context.theme.inset, 0.25f * context.em);
  ui::fill(ui::draw_list(), {box.x0, box.y0, box.x0 + bar, box.y1}, context.theme.mark);
  ui::place("as it will stand", box);
  const draw::Rect inner{box.x0 + bar + pad, box.y0 + pad, box.x1 - pad, box.y1 - pad};
  const float over = std::max(0.0f, wrapped({}, inner.width(), 0, text, false) - inner.height());
  ImGui::PushClipRect(ImVec2(inner.x0, inner.y0), ImVec2(inner.x1, inner.y1), true);
  if (text.empty()) {
    wrapped({inner.x0, inner.y0}, inner.width(), context.theme.text_dim, "as it will stand beside the event");
  } else {
    wrapped({inner.x0, inner.y0 - over}, inner.width(), context.theme.text, text);
  }
  ImGui::PopClipRect();
}

// A mark has a name, a note as many lines as there is room for, up to kNoteLines, of which some show it with its lines
// broken where the field cannot; below it what it is for.
bool text_field(const Context& context, draw::Rect inside, bool mark, std::string& text) {
  const float em = context.em;
  const char* hint = mark ? kOfMark : kOfNote;
  focus_first(context);
  ImGui::SetCursorScreenPos(ImVec2(inside.x0, inside.y0));
  ImGui::PushID(mark ? "mark" : "note");  // what is typed in the one is not begun with in the other
  bool typed = false;
  if (mark) {
    ImGui::SetNextItemWidth(inside.width());
    typed = ui::input_text("##text", "its name", text);
  } else {
    const float line = ImGui::GetFontSize(), frame = 2 * ImGui::GetStyle().FramePadding.y;
    ui::push_font(ui::Font::Small);
    const float below = wrapped({}, inside.width(), 0, hint, false) + (2.1f + 0.5f + 0.7f) * em;
    ui::pop_font();
    const float room = std::clamp(inside.height() - below - frame, line, kNoteLines * line);
    const float pads = 2 * std::round(0.5f * em);
    const float lines =
        std::floor(std::min(kPreviewLines, (room - line - 0.5f * em - pads) / wrapped({}, 1e9f, 0, "A", false)));
    const bool previews = !ui::kFieldsWrap && lines >= 1;
    const float shown = lines * wrapped({}, 1e9f, 0, "A", false) + pads;
    const float height = std::round((previews ? room - shown - 0.5f * em : room) + frame);
    typed = ui::input_lines("##text", text, {inside.width(), height});
    const float y = ImGui::GetItemRectMax().y + 0.5f * em;
    if (previews) {
      preview(context, {inside.x0, y, inside.x1, std::round(y + shown)}, text);
      ImGui::SetCursorScreenPos(ImVec2(inside.x0, y));
      ImGui::Dummy(ImVec2(inside.width(), shown));
    }
  }
  ImGui::PopID();
  const float y = ImGui::GetItemRectMax().y + 0.5f * em;
  const ui::WithFont small(ui::Font::Small);
  const float height = wrapped({inside.x0, y}, inside.width(), context.theme.text_dim, hint);
  ui::place("what it is for", {inside.x0, y, inside.x1, y + height});
  return typed;
}

}  // namespace

void text_dialog(const Context& context) {
  const app::PopupState& asked = context.state.popup_state;
  const bool mark = asked.kind == app::TextKind::Mark;
  const std::uint64_t event = asked.index + 1;
  const draw::Rect inside = begin_dialog(context, "text", mark ? 32.0f : 44.0f, mark ? 12.0f : 12.0f + kNoteLines);
  const std::string title = fmt::format("{} event {}", mark ? "Mark" : "Note on", trace::count_text(event));
  const float y = dialog_title(context, inside, title.c_str());
  std::string text = asked.text;
  const bool typed = text_field(context, {inside.x0, y, inside.x1, inside.y1}, mark, text);
  if (typed) context.commands.push({.what = app::Do::TypeInPopup, .text = text});
  const bool by_ctrl = !mark && ui::pressed({.key = ui::Key::Enter, .ctrl = true}, false);
  if (dialog_buttons(context, inside, mark ? "Mark" : "Write", true) || by_ctrl) {
    app::Command command;
    command.what = app::Do::SetEventText;
    command.number = static_cast<std::uint64_t>(asked.kind);
    command.position = {event, replay::kAllSteps};
    command.text = std::move(text);
    context.commands.push(std::move(command));
  }
  end_dialog();
}

void try_dialog(const Context& context) {
  const draw::Rect inside = begin_dialog(context, "try", 36, 13);
  const std::uint64_t event = context.state.cursor().event;
  const std::string title = event == 0 ? "Try a request before the first event"
                                       : fmt::format("Try a request after event {}", trace::count_text(event));
  const float y = dialog_title(context, inside, title.c_str());
  std::string text = context.state.popup_state.text;
  ImGui::SetCursorScreenPos(ImVec2(inside.x0, y));
  ImGui::SetNextItemWidth(inside.width());
  focus_first(context);
  if (ui::input_text("##request", "100, 4k, free A, free 0x040, realloc A 200", text)) {
    context.commands.push({.what = app::Do::TypeInPopup, .text = text});
  }
  const auto hand = app::by_hand(context.state, text);
  const bool wrong = !text.empty() && !hand.ok();
  {
    const ui::WithFont small(ui::Font::Small);
    const std::string words = hand.ok() ? hand->words : hand.trouble().what + "; " + hand.trouble().todo;
    wrapped({inside.x0, ImGui::GetItemRectMax().y + 0.5f * context.em}, inside.width(),
            wrong ? context.theme.failed : context.theme.text_dim,
            text.empty()
                ? "It becomes an event of the trace, and the allocator serves it or says why not. Ctrl+Z takes "
                  "it away again."
                : words);
  }
  if (dialog_buttons(context, inside, "Try", hand.ok())) {
    context.commands.push({.what = app::Do::InsertEvent, .text = std::move(text)});
  }
  end_dialog();
}

}  // namespace allocviz::panels
