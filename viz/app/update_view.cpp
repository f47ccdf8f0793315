// Selection, the two axes, lists and what stands above them.
#include <algorithm>
#include <cmath>

#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/app/loader.h"
#include "viz/app/sides.h"
#include "viz/app/update_parts.h"
#include "viz/app/what_if.h"

namespace allocviz::app {

namespace {

constexpr double kFewestBytes = 8;  // the closest the byte axis is looked at
constexpr double kZoom = 1.5;       // one press of a key
constexpr double kPan = 0.2;        // of what is seen

double arena_bytes(const State& state) {
  std::uint64_t bytes = 1;
  for (const Stage& stage : state.stages) bytes = std::max(bytes, stage.timeline->census().arena_bytes);
  return static_cast<double>(bytes);
}

void set_view(State& state, double from, double to) {
  const Stretch span = fitted(from, to, kFewestBytes, arena_bytes(state));
  state.bytes = {span.from, span.to};
}

const replay::Block* selected_block(const State& state) {
  if (!state.selection.offset || state.selection.stage >= state.stages.size()) return nullptr;
  return state.shown(state.selection.stage).census().block_at(*state.selection.offset);
}

void zoom(State& state, const Command& command, double factor) {
  const ByteView view = state.bytes;
  double anchor = (view.from + view.to) / 2;
  if (command.number == 1) {
    anchor = command.value;
  } else if (const replay::Block* block = selected_block(state)) {
    const double middle = static_cast<double>(block->offset) + static_cast<double>(block->size) / 2;
    if (middle >= view.from && middle <= view.to) anchor = middle;
  }
  // What lies under the anchor stays under it.
  set_view(state, anchor - (anchor - view.from) / factor, anchor + (view.to - anchor) / factor);
}

void pan(State& state, double by) {
  const double shift = (state.bytes.to - state.bytes.from) * by;
  set_view(state, state.bytes.from + shift, state.bytes.to + shift);
}

void zoom_fit(State& state) {
  const ByteView before = state.bytes;
  if (const replay::Block* block = selected_block(state)) {
    const auto offset = static_cast<double>(block->offset);
    const auto size = static_cast<double>(block->size);
    set_view(state, offset - size, offset + 2 * size);
    if (state.bytes.from != before.from || state.bytes.to != before.to) return;
  }
  set_view(state, 0, arena_bytes(state));
}

void select(State& state, const Command& command) {
  if (command.stage >= state.stages.size()) return;
  state.selection = {command.number, command.stage};
}

// One thing a press, the topmost first.
void clear(State& state) {
  if (state.popup != Popup::None) {
    state.popup = Popup::None;
  } else if (state.trouble) {
    state.trouble.reset();
  } else if (state.is_what_if()) {
    end_what_if(state);
  } else if (state.range) {
    state.range.reset();
  } else if (state.selection.offset) {
    state.selection = {};
  } else if (!state.pins.empty()) {
    state.pins.pop_back();
  }
}

// At the place the mouse gave; without one the card stands beside its block.
void pin(State& state, const Command& command) {
  if (!state.selection.offset) return notice(state, "Select a block first: its card is what stays");
  const replay::Block* block = selected_block(state);
  if (block == nullptr) return;
  const auto same = [&](const Pinned& card) {
    return card.stage == state.selection.stage && card.offset == block->offset;
  };
  std::erase_if(state.pins, same);
  Pinned card{state.selection.stage, block->offset, static_cast<float>(command.value),
              static_cast<float>(command.value2)};
  card.placed = card.x != 0 || card.y != 0;
  state.pins.push_back(card);
}

void unpin(State& state, std::uint64_t which) {
  if (which < state.pins.size()) state.pins.erase(state.pins.begin() + static_cast<std::ptrdiff_t>(which));
}

void move_pin(State& state, const Command& command) {
  if (command.number >= state.pins.size()) return;
  Pinned& card = state.pins[static_cast<std::size_t>(command.number)];
  card.x = std::max(0.0f, static_cast<float>(command.value));
  card.y = std::max(0.0f, static_cast<float>(command.value2));
  card.placed = true;
}

bool update_cards(State& state, const Command& command) {
  switch (command.what) {
    case Do::Pin:
      pin(state, command);
      break;
    case Do::Unpin:
      unpin(state, command.number);
      break;
    case Do::MovePin:
      move_pin(state, command);
      break;
    case Do::TryFrees:
      try_frees(state, static_cast<std::size_t>(command.number));
      break;
    case Do::EndWhatIf:
      end_what_if(state);
      break;
    default:
      return false;
  }
  return true;
}

void show_tab(State& state, LeftTab tab) {
  state.left_tab = tab;
  state.settings.show_left = true;
  state.left_first = true;
  follow_cursor(state);
}

void show_find(State& state) {
  state.popup = Popup::None;
  show_tab(state, LeftTab::Events);
  state.focus_search_at = state.frame + 1;
}

void toggle_search_help(State& state) {
  const bool in_sight = state.search_help && state.left_tab == LeftTab::Events && sides_in_sight(state).left;
  show_tab(state, LeftTab::Events);
  state.popup = Popup::None;
  state.search_help = !in_sight;
}

void scroll(State& state, const Command& command) {
  const auto tab = static_cast<LeftTab>(command.number);
  ListView& list = tab == LeftTab::Failures ? state.failure_list
                   : tab == LeftTab::Groups ? state.groups.list
                                            : state.event_list;
  const double seen = std::max(command.value2, 1.0);
  const bool resized = std::abs(seen - list.seen) > 0.5;
  list.seen = seen;
  const auto rows = static_cast<double>(row_count(state, tab));
  list.top = std::clamp(command.value, 0.0, std::max(0.0, rows - list.seen));
  if (resized) follow_cursor(state);  // what was in sight stays there
}

void type(State& state, const std::string& text) {
  state.popup_state.text = text;
  state.popup_state.row = 0;
  list_files(state);
}

// What was picked stands in the field as if it had been typed, and what is typed next goes on behind it.
void propose(State& state, const std::string& path) {
  type(state, path);
  state.popup_opened_at = state.frame + 1;
}

void edit_draft(State& state, const Command& command) {
  if (command.number < kDraftFields) state.popup_state.draft[static_cast<DraftField>(command.number)] = command.text;
}

bool update_popups(State& state, const Command& command) {
  switch (command.what) {
    case Do::ShowPalette:
      open_popup(state, Popup::Palette);
      break;
    case Do::ShowKeys:
      open_popup(state, state.popup == Popup::Keys ? Popup::None : Popup::Keys);
      break;
    case Do::ShowGoTo:
      open_popup(state, Popup::GoTo);
      break;
    case Do::ShowFind:
      show_find(state);
      break;
    case Do::ShowAllocator:
      if (!waits_for_rest(state)) open_allocator_popup(state, command.stage);
      break;
    case Do::ShowAbout:
      open_popup(state, Popup::About);
      break;
    case Do::ClosePopup:
      state.popup = Popup::None;
      state.put_off.reset();
      break;
    case Do::TypeInPopup:
      type(state, command.text);
      break;
    case Do::ProposePath:
      propose(state, command.text);
      break;
    case Do::PickRow:
      state.popup_state.row = static_cast<std::size_t>(command.number);
      break;
    case Do::DraftKind:
      change_kind(state.popup_state.draft, static_cast<trace::AllocatorKind>(command.number));
      break;
    case Do::DraftText:
      edit_draft(state, command);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace

Stretch fitted(double from, double to, double least, double all) {
  if (!(from <= to)) std::swap(from, to);
  const double length = std::clamp(to - from, std::min(least, all), all);
  const double middle = (from + to) / 2;
  const double start = std::clamp(middle - length / 2, 0.0, all - length);
  return {start, start + length};
}

bool update_view(State& state, const Command& command) {
  switch (command.what) {
    case Do::Select:
      select(state, command);
      break;
    case Do::ClearSelection:
      clear(state);
      break;
    case Do::SetView:
      set_view(state, command.value, command.value2);
      break;
    case Do::ZoomIn:
      zoom(state, command, kZoom);
      break;
    case Do::ZoomOut:
      zoom(state, command, 1 / kZoom);
      break;
    case Do::PanLeft:
      pan(state, -kPan);
      break;
    case Do::PanRight:
      pan(state, kPan);
      break;
    case Do::ZoomFit:
      zoom_fit(state);
      break;
    case Do::SetFilter:
      set_filter(state, command.text);
      state.search_help = false;
      break;
    case Do::ToggleListAll:
      state.settings.list_all = !state.settings.list_all;
      follow_cursor(state);
      break;
    case Do::ToggleSearchHelp:
      toggle_search_help(state);
      break;
    case Do::ScrollList:
      scroll(state, command);
      break;
    case Do::ShowEventList:
      show_tab(state, LeftTab::Events);
      break;
    case Do::ShowGroups:
      show_tab(state, LeftTab::Groups);
      break;
    case Do::ShowScenarios:
      show_tab(state, LeftTab::Scenarios);
      break;
    case Do::ShowFailures:
      show_tab(state, LeftTab::Failures);
      break;
    default:
      return update_cards(state, command) || update_popups(state, command);
  }
  return true;
}

}  // namespace allocviz::app
