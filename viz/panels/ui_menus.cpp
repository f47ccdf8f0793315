// Menus, by mouse and by keyboard: arrows go along rows and from menu to menu, Enter chooses, Escape closes.
#include <algorithm>
#include <utility>

#include "viz/panels/ui_inner.h"

namespace allocviz::ui {
namespace {

using Kind = Stop::Kind;

void open_by_keys(ImGuiID title) {
  inner.menus.open_next = title;
  inner.menus.by_keys = inner.menus.enter = true;
  want_frame();
}

// The innermost menu is closed; where keys opened it its title has the focus again.
void close_innermost() {
  const ImGuiID title = inner.menus.open_before.back();
  close_popups_above(inner.menus.open_before.size() - 1);
  inner.menus.open_before.pop_back();
  inner.focus = inner.menus.by_keys ? title : 0;
  inner.focus_kind = inner.menus.open_before.empty() ? Kind::Button : Kind::Row;
  want_frame();
}

void to_title(bool backward) {
  const std::vector<Menus::Title>& titles = inner.menus.titles_before;
  const auto open = std::find_if(titles.begin(), titles.end(), [](const Menus::Title& title) { return title.open; });
  if (open == titles.end()) return;
  const auto here = static_cast<std::size_t>(open - titles.begin());
  close_all_popups();
  open_by_keys(titles[(here + (backward ? titles.size() - 1 : 1)) % titles.size()].id);
}

void to_row(const std::vector<Stop>& rows, bool up) {
  const auto here = std::find_if(rows.begin(), rows.end(), [](const Stop& stop) { return stop.id == inner.focus; });
  const auto index = static_cast<std::size_t>(here - rows.begin());
  std::size_t next = up ? rows.size() - 1 : 0;
  if (here != rows.end()) next = (index + (up ? rows.size() - 1 : 1)) % rows.size();
  focus_on(rows[next]);
}

// The whole menu is below its title, and scrolls where the window is too low for it: pushed up over the title, its
// first rows would lie under the mouse that opened it.
void keep_below_title(bool in_bar) {
  const float top = in_bar ? ImGui::GetWindowPos().y + ImGui::GetWindowHeight() : 0;
  const float room = ImGui::GetIO().DisplaySize.y - top - ImGui::GetFontSize();
  ImGui::SetNextWindowSizeConstraints(ImVec2(0, 0), ImVec2(1e9f, std::max(room, 8 * ImGui::GetFontSize())));
}

// While keys have the menus a mouse that rests on a title opens nothing.
bool begin_imgui_menu(const char* label) {
  ImGuiIO& io = ImGui::GetIO();
  const ImVec2 mouse = io.MousePos;
  if (inner.menus.by_keys) io.MousePos = ImVec2(-1e9f, -1e9f);
  const bool open = ImGui::BeginMenu(label);
  io.MousePos = mouse;
  return open;
}

void enter_menu(const char* label, ImGuiID id) {
  inner.menus.open.push_back(id);
  ++inner.menus.depth;
  inner.regions.emplace_back(label);
  inner.region_is_child.push_back(true);
  inner.region_numbers.push_back(inner.regions_begun++);
}

void leave_menu() {
  --inner.menus.depth;
  inner.regions.pop_back();
  inner.region_is_child.pop_back();
  inner.region_numbers.pop_back();
}

}  // namespace

void begin_menus() {
  Menus& menus = inner.menus;
  menus.titles_before.swap(menus.titles);
  menus.titles.clear();
  menus.open_before.swap(menus.open);
  menus.open.clear();
  menus.depth = 0;
  if (std::exchange(menus.waited, menus.open_next != 0)) menus.open_next = 0;  // its title is gone
  if (menus.open_before.empty() && !menus.waited) menus.enter = false;
  if (menus.enter) want_frame();
  if (menus.open_before.empty() && !menus.waited) menus.by_keys = false;
  const ImGuiIO& io = ImGui::GetIO();
  if (io.MouseDelta.x != 0 || io.MouseDelta.y != 0 || io.MouseClicked[0]) menus.by_keys = false;
}

bool move_in_menus() {
  Menus& menus = inner.menus;
  if (menus.open_before.empty() || !popup_is_open()) return false;
  const std::vector<Stop> rows = reachable();
  if (menus.enter && !rows.empty()) {
    menus.enter = false;
    focus_on(rows.front());
  }
  const auto focused = std::find_if(rows.begin(), rows.end(), [](const Stop& stop) { return stop.id == inner.focus; });
  if (pressed({.key = Key::Escape}, false)) {
    close_innermost();
    inner.escape_taken = true;
  } else if (pressed({.key = Key::Left})) {
    menus.by_keys = true;
    menus.open_before.size() > 1 ? close_innermost() : to_title(true);
  } else if (pressed({.key = Key::Right})) {
    focused != rows.end() && focused->leads_on ? open_by_keys(focused->id) : to_title(false);
  } else if (!rows.empty() && (pressed({.key = Key::Down}) || pressed({.key = Key::Tab}))) {
    to_row(rows, false);
  } else if (!rows.empty() && (pressed({.key = Key::Up}) || pressed({.key = Key::Tab, .shift = true}))) {
    to_row(rows, true);
  } else if (!rows.empty() && pressed({.key = Key::Home}, false)) {
    focus_on(rows.front());
  } else if (!rows.empty() && pressed({.key = Key::End}, false)) {
    focus_on(rows.back());
  } else if (focused != rows.end() && (pressed({.key = Key::Enter}, false) || pressed({.key = Key::Space}, false))) {
    inner.activate = true;
  }
  return true;
}

bool begin_menu(const char* label) {
  const ImGuiID id = ImGui::GetID(label);
  Menus& menus = inner.menus;
  const bool in_bar = menus.depth == 0;
  if (std::exchange(menus.open_next, menus.open_next == id ? 0 : menus.open_next) == id) ImGui::OpenPopup(label);
  // To ImGui a menu within a menu is a child window, which has no border of its own here.
  ImGui::PushStyleVar(ImGuiStyleVar_ChildBorderSize, ImGui::GetStyle().PopupBorderSize);
  ImGui::PushStyleVar(ImGuiStyleVar_ChildRounding, ImGui::GetStyle().PopupRounding);
  const bool was_open = ImGui::IsPopupOpen(label);
  if (was_open) keep_below_title(in_bar);
  const bool open = begin_imgui_menu(label);
  ImGui::PopStyleVar(2);
  if (in_bar) menus.titles.push_back({.id = id, .open = open});
  // Once open, the current window is the menu's popup and the last item is not the title any more.
  if (open) {
    enter_menu(label, id);
    return true;
  }
  const bool chosen = finish(label, id, in_bar ? Kind::Button : Kind::Row, false);
  if (!inner.stops.empty() && inner.stops.back().id == id) inner.stops.back().leads_on = true;
  if (chosen) open_by_keys(id);
  return false;
}

void end_menu() {
  leave_menu();
  ImGui::EndMenu();
}

void open_context_menu(const char* label) {
  ImGui::OpenPopup(label);
  want_frame();
}

bool begin_context_menu(const char* label) {
  if (!ImGui::BeginPopup(label)) return false;
  enter_menu(label, ImGui::GetID(label));
  return true;
}

void end_context_menu() {
  leave_menu();
  ImGui::EndPopup();
}

bool menu_item(const char* label, const char* chord, bool checked, bool enabled) {
  const ImGuiID id = ImGui::GetID(label);
  const bool clicked = ImGui::MenuItem(label, chord, checked, enabled);
  if (!enabled) {
    record(label);
    return false;
  }
  const bool chosen = finish(label, id, Kind::Row, clicked, checked);
  if (chosen && !clicked) close_all_popups();
  return chosen;
}

}  // namespace allocviz::ui
