#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "viz/panels/ui_inner.h"

namespace allocviz::ui {
namespace {

using Kind = Stop::Kind;

ImU32 color_of(draw::Color color) {
  return color;
}

draw::Rect item_rect() {
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  return {low.x, low.y, high.x, high.y};
}

struct Field {
  std::string* text = nullptr;
  const Complete* complete = nullptr;
  ImGuiID id = 0;
};

int grow(ImGuiInputTextCallbackData* data) {
  const auto* field = static_cast<Field*>(data->UserData);
  if (data->EventFlag == ImGuiInputTextFlags_CallbackCompletion) {
    const std::string more = (*field->complete)({data->Buf, static_cast<std::size_t>(data->BufTextLen)});
    if (more.empty()) return 0;
    data->DeleteChars(0, data->BufTextLen);
    data->InsertChars(0, more.data(), more.data() + more.size());
  }
  if (data->EventFlag == ImGuiInputTextFlags_CallbackAlways && inner.behind == field->id) {
    data->CursorPos = data->SelectionStart = data->SelectionEnd = data->BufTextLen;
    inner.behind = 0;
  }
  if (data->EventFlag == ImGuiInputTextFlags_CallbackResize) {
    std::string* text = field->text;
    text->resize(static_cast<std::size_t>(data->BufTextLen));
    data->Buf = text->data();
  }
  return 0;
}

}  // namespace

bool finish(const char* label, ImGuiID id, Kind kind, bool clicked, bool selected) {
  record(label);
  if (next_item_is_disabled()) return false;
  inner.stops.push_back({.id = id,
                         .kind = kind,
                         .selected = selected,
                         .root = root_window(),
                         .region = inner.region_numbers.empty() ? 0 : inner.region_numbers.back()});
  if (inner.focus != id) return clicked;
  if (inner.focus_moved) ImGui::SetScrollHereY();
  if (kind == Kind::Text) return clicked;  // ImGui draws a text field's own focus
  const draw::Rect rect = item_rect();
  const float thickness = std::max(2.0f, std::round(ImGui::GetFontSize() / 8));
  outline(ImGui::GetWindowDrawList(), rect, inner.theme.live, thickness, ImGui::GetStyle().FrameRounding);
  return clicked || inner.activate;
}

bool button(const char* label, draw::Point size) {
  const ImGuiID id = ImGui::GetID(label);
  const bool clicked = ImGui::Button(label, ImVec2(size.x, size.y));
  return finish(label, id, Kind::Button, clicked);
}

bool link(const draw::Theme& theme, const char* label, float max_width) {
  const ImGuiID id = ImGui::GetID(label);
  const std::string_view whole{label};
  const std::string_view visible = whole.substr(0, whole.find("##"));
  const ImVec2 low = ImGui::GetCursorScreenPos();
  const float wide = std::max(1.0f, std::min(text_width(visible), max_width));
  const bool clicked = ImGui::InvisibleButton(label, ImVec2(wide, std::max(1.0f, line_height())));
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float width = text_at(list, {low.x, low.y}, theme.live, visible, max_width);
  if (ImGui::IsItemHovered()) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    const float y = std::round(low.y + line_height()) - 1;
    fill(list, {low.x, y, low.x + width, y + 1}, theme.live);
  }
  return finish(label, id, Kind::Button, clicked);
}

bool icon_button(const char* label, const char* hint, void (*paint)(ImDrawList*, draw::Rect, draw::Color),
                 draw::Point size) {
  const ImGuiID id = ImGui::GetID(label);
  const bool clicked = ImGui::InvisibleButton(label, ImVec2(std::max(1.0f, size.x), std::max(1.0f, size.y)));
  const bool hovered = ImGui::IsItemHovered(), held = ImGui::IsItemActive();
  const draw::Rect rect = item_rect();
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (hovered || held) {
    fill(list, rect, held ? inner.theme.row_current : inner.theme.row_hover, ImGui::GetStyle().FrameRounding);
  }
  paint(list, rect, next_item_is_disabled() ? inner.theme.text_faint : inner.theme.text);
  const bool result = finish(label, id, Kind::Button, clicked);
  if (hint != nullptr && *hint != '\0') tooltip(hint);
  return result;
}

bool toggle(const char* label, bool on) {
  const ImGuiID id = ImGui::GetID(label);
  ImGui::PushStyleColor(ImGuiCol_Button, color_of(on ? inner.theme.row_current : inner.theme.panel));
  ImGui::PushStyleColor(ImGuiCol_ButtonHovered, color_of(inner.theme.row_hover));
  ImGui::PushStyleColor(ImGuiCol_Text, color_of(on ? inner.theme.text : inner.theme.text_dim));
  ImGui::PushStyleColor(ImGuiCol_Border, color_of(on ? inner.theme.live : inner.theme.panel_edge));
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 1.0f);
  const bool clicked = ImGui::Button(label);
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(4);
  return finish(label, id, Kind::Button, clicked);
}

void type_into_next_field() {
  inner.type_next = true;
}

namespace {

struct Typing {
  const char* hint = "";
  bool enter_only = false;
  const Complete* complete = nullptr;
  draw::Point lines = {};  // the size of a field of several lines; 0 = it has one
};

bool edit(const char* label, const Typing& how, std::string& text) {
  ImGuiInputTextFlags flags = ImGuiInputTextFlags_CallbackResize;
  if (how.enter_only) flags |= ImGuiInputTextFlags_EnterReturnsTrue;
  if (how.complete != nullptr) flags |= ImGuiInputTextFlags_CallbackCompletion | ImGuiInputTextFlags_CallbackAlways;
  Field field{&text, how.complete, ImGui::GetID(label)};
  if (how.lines.y <= 0) {
    return ImGui::InputTextWithHint(label, how.hint, text.data(), text.capacity() + 1, flags, grow, &field);
  }
  // ImGui knows Enter for a new line or Ctrl+Enter for one. Here Enter ends it, as in every other field, also with
  // Ctrl, and Shift+Enter is the new line.
  const ImGuiIO& io = ImGui::GetIO();
  if (!io.KeyShift && !io.KeyCtrl) flags |= ImGuiInputTextFlags_CtrlEnterForNewLine;
  flags |= kWrapsLines;
  return ImGui::InputTextMultiline(label, text.data(), text.capacity() + 1, ImVec2(how.lines.x, how.lines.y), flags,
                                   grow, &field);
}

bool input_field(const char* label, const Typing& how, std::string& text) {
  const Complete* complete = how.complete;
  const ImGuiID id = ImGui::GetID(label);
  const bool asked_for = std::exchange(inner.type_next, false);
  if ((inner.focus == id && inner.focus_moved) || inner.type_on == id || asked_for) {
    type_into(id);
    inner.type_on = 0;
    if (complete != nullptr) inner.behind = id;
    want_frame();
  }
  // ImGui's Escape would bring back what stood there when the field was entered, which nobody sees any more: of a
  // search that was changed or cleared since, the old one.
  const bool left = inner.focus == id && inner.focus_kind == Kind::Text && pressed({.key = Key::Escape}, false);
  const std::string typed = left ? text : std::string();
  push_no_tab_stop();  // Tab is ours (ui_focus.cpp)
  bool changed = edit(label, how, text);
  pop_no_tab_stop();
  if (left) {
    text = typed;
    changed = false;
  }
  const bool takes_tab = complete != nullptr && ImGui::IsItemActive() && !(*complete)(text).empty();
  if (takes_tab) inner.takes_tab = id;
  if (!takes_tab && inner.takes_tab == id) inner.takes_tab = 0;
  if (ImGui::IsItemActive()) {
    inner.focus = id;
    inner.focus_kind = Kind::Text;
  } else if (ImGui::IsItemDeactivated()) {
    if (inner.focus == id) inner.focus = 0;
    // A dialog that refuses what was typed stays open, and the next letter belongs to the field again.
    if (popup_is_open() && pressed({.key = Key::Enter}, false)) {
      inner.type_on = id;
      want_frame();
    }
  }
  return finish(label, id, Kind::Text, changed);
}

}  // namespace

bool input_text(const char* label, const char* hint, std::string& text, bool enter_only) {
  return input_field(label, {.hint = hint, .enter_only = enter_only}, text);
}

bool input_text(const char* label, const char* hint, std::string& text, const Complete& complete) {
  return input_field(label, {.hint = hint, .complete = &complete}, text);
}

bool input_lines(const char* label, std::string& text, draw::Point size) {
  return input_field(label, {.lines = size}, text);
}

bool selectable(const char* label, bool selected, draw::Point size) {
  const ImGuiID id = ImGui::GetID(label);
  const bool clicked = ImGui::Selectable(label, selected, ImGuiSelectableFlags_None, ImVec2(size.x, size.y));
  return finish(label, id, Kind::Row, clicked, selected);
}

void tooltip(std::string_view text) {
  if (!ImGui::IsItemHovered()) return;
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(30 * ImGui::GetFontSize());
  const std::string shown = symbols(text);
  ImGui::TextUnformatted(shown.data(), shown.data() + shown.size());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

bool canvas(const char* label, draw::Rect rect) {
  ImGui::SetCursorScreenPos(ImVec2(rect.x0, rect.y0));
  ImGui::InvisibleButton(
      label, ImVec2(std::max(1.0f, rect.width()), std::max(1.0f, rect.height())),
      ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight | ImGuiButtonFlags_MouseButtonMiddle);
  record(label);
  return ImGui::IsItemHovered();
}

void text(draw::Color color, std::string_view text) {
  const std::string shown = symbols(text);
  ImGui::PushStyleColor(ImGuiCol_Text, color_of(color));
  ImGui::TextUnformatted(shown.data(), shown.data() + shown.size());
  ImGui::PopStyleColor();
}

void text_wrapped(draw::Color color, std::string_view words) {
  ImGui::PushTextWrapPos(0);
  text(color, words);
  ImGui::PopTextWrapPos();
}

}  // namespace allocviz::ui
