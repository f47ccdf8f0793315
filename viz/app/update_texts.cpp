// Marks and notes that are written in the window, and events that are put in.
#include <fmt/format.h>

#include "viz/app/by_hand.h"
#include "viz/app/cursor.h"
#include "viz/app/history.h"
#include "viz/app/update_parts.h"

namespace allocviz::app {

namespace {

void ask(State& state, TextKind kind) {
  const std::uint64_t event = state.cursor().event;
  if (event == 0) return notice(state, "There is no event before the first one");
  open_popup(state, Popup::EventText);
  state.popup_state.kind = kind;
  state.popup_state.index = event - 1;
  std::string text = text_at(state, kind, event - 1).value_or("");
  // A mark that is set in haste has a name all the same.
  if (text.empty() && kind == TextKind::Mark) text = fmt::format("mark {}", state.document.trace->marks().size() + 1);
  state.popup_state.text = std::move(text);
}

void set(State& state, TextKind kind, std::uint64_t event, std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);  // nobody sees it
  state.popup = Popup::None;
  if (event == 0 || event > event_count(state)) return;
  EventText to{kind, event - 1, text.empty() ? std::nullopt : std::optional(text)};
  if (to.text.value_or("") == text_at(state, kind, event - 1).value_or("")) return;
  change_text(state, std::move(to), Remember::New);
}

}  // namespace

bool update_texts(State& state, const Command& command) {
  switch (command.what) {
    case Do::EditMark:
      ask(state, TextKind::Mark);
      break;
    case Do::EditNote:
      ask(state, TextKind::Note);
      break;
    case Do::RemoveMark:
      set(state, TextKind::Mark, state.cursor().event, {});
      break;
    case Do::SetEventText:
      set(state, static_cast<TextKind>(command.number), command.position.event, command.text);
      break;
    case Do::TryRequest:
      if (auto trouble = cannot_try(state)) {
        state.trouble = std::move(trouble);
      } else {
        open_popup(state, Popup::TryRequest);
      }
      break;
    case Do::InsertEvent:
      insert_by_hand(state, command.text);
      break;
    case Do::FreeSelected:
      if (const std::string text = free_of_selected(state); !text.empty()) insert_by_hand(state, text);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace allocviz::app
