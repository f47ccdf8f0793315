// Who has the keyboard. Tab walks the controls in the order in which they were drawn; ImGui's own keyboard navigation
// stays off, because it takes the arrow keys, which step through events here, and in 1.86 passes by buttons.
#include <algorithm>

#include "viz/panels/ui_inner.h"

namespace allocviz::ui {
namespace {

using Kind = Stop::Kind;

bool starts_group(const std::vector<Stop>& stops, std::size_t index) {
  return index == 0 || stops[index].kind != Kind::Row || stops[index - 1].kind != Kind::Row ||
         stops[index].region != stops[index - 1].region;
}

std::size_t index_of_focus(const std::vector<Stop>& stops) {
  const auto at = std::find_if(stops.begin(), stops.end(), [](const Stop& stop) { return stop.id == inner.focus; });
  return static_cast<std::size_t>(at - stops.begin());
}

void tab(bool backward) {
  const std::vector<Stop> stops = reachable();
  if (stops.empty()) return;
  std::vector<std::size_t> groups;  // index of each group's first stop
  std::size_t here = stops.size();  // the group that has the focus
  const std::size_t focused = index_of_focus(stops);
  for (std::size_t i = 0; i < stops.size(); ++i) {
    if (starts_group(stops, i)) groups.push_back(i);
    if (i == focused) here = groups.size() - 1;
  }
  const std::size_t count = groups.size();
  std::size_t next = backward ? count - 1 : 0;
  if (focused < stops.size()) next = backward ? (here + count - 1) % count : (here + 1) % count;
  const std::size_t end = next + 1 < count ? groups[next + 1] : stops.size();
  std::size_t entry = groups[next];
  for (std::size_t i = groups[next]; i < end; ++i) {
    if (stops[i].selected) entry = i;
  }
  focus_on(stops[entry]);
}

void step_in_rows(bool up) {
  const std::vector<Stop> stops = reachable();
  const std::size_t focused = index_of_focus(stops);
  if (focused >= stops.size()) return;
  if (up && !starts_group(stops, focused)) focus_on(stops[focused - 1]);
  if (!up && focused + 1 < stops.size() && !starts_group(stops, focused + 1)) focus_on(stops[focused + 1]);
}

bool control_has_focus() {
  return inner.focus != 0 && inner.focus_kind != Kind::Text;
}

}  // namespace

std::vector<Stop> reachable() {
  std::vector<Stop> stops = inner.stops_before;
  if (popup_is_open()) {
    const void* popup = top_popup();
    std::erase_if(stops, [popup](const Stop& stop) { return stop.root != popup; });
  }
  return stops;
}

void focus_on(const Stop& stop) {
  if (inner.focus_kind == Kind::Text && inner.focus != stop.id) clear_focus();
  inner.focus = stop.id;
  inner.focus_kind = stop.kind;
  inner.focus_moved = true;
  want_frame();
}

void move_focus() {
  inner.focus_moved = inner.activate = inner.escape_taken = false;
  const ImGuiIO& io = ImGui::GetIO();
  if (io.MouseClicked[0] || io.MouseClicked[1]) inner.focus = 0;
  if (inner.focus != 0) {  // what is not drawn any more, or lies below a popup, has no focus
    const std::vector<Stop> stops = reachable();
    if (index_of_focus(stops) >= stops.size()) inner.focus = 0;
  }
  inner.menus.took_keys = move_in_menus();
  if (inner.menus.took_keys) return;
  const bool completes = inner.focus != 0 && inner.takes_tab == inner.focus;
  if (pressed({.key = Key::Tab}) && !completes) tab(false);
  if (pressed({.key = Key::Tab, .shift = true})) tab(true);
  if (!control_has_focus()) return;
  if (inner.focus_kind == Kind::Row && pressed({.key = Key::Up})) step_in_rows(true);
  if (inner.focus_kind == Kind::Row && pressed({.key = Key::Down})) step_in_rows(false);
  if (pressed({.key = Key::Enter}, false) || pressed({.key = Key::Space}, false)) inner.activate = true;
  if (pressed({.key = Key::Escape}, false)) {
    inner.focus = 0;
    inner.escape_taken = true;
  }
}

bool keys_are_free() {
  return !ImGui::GetIO().WantTextInput && !popup_is_open() && !inner.menus.took_keys && !control_has_focus();
}

bool is_free(Chord chord) {
  if (popup_is_open() || inner.menus.took_keys) return false;
  if (ImGui::GetIO().WantTextInput && edits_text(chord)) return false;
  if (chord.key == Key::Escape && inner.escape_taken) return false;
  if (!control_has_focus() || chord.ctrl || chord.alt) return true;
  switch (chord.key) {
    case Key::Space:
    case Key::Enter:
    case Key::Escape:
    case Key::Tab:
      return false;
    case Key::Up:
    case Key::Down:
      return inner.focus_kind != Kind::Row;
    default:
      return true;
  }
}

}  // namespace allocviz::ui
