#include "viz/app/unsaved.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "viz/app/cursor.h"
#include "viz/app/history.h"

namespace allocviz::app {

namespace {

bool has_events_by_hand(const Document& document) {
  return document.saved_trace != nullptr && document.saved_trace != document.trace;
}

bool has_texts(const State& state, TextKind kind) {
  for (const auto& [where, was] : state.document.saved_texts) {
    if (where.second == kind && text_at(state, kind, where.first) != was) return true;
  }
  return false;
}

bool leaves_document(const Command& command) {
  switch (command.what) {
    case Do::OpenFile:
      return !command.text.empty();  // without one it only asks for a path
    case Do::OpenScenario:
    case Do::OpenProcess:
    case Do::NextProcess:
    case Do::PreviousProcess:
    case Do::FormerProcess:
    case Do::Quit:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool has_unsaved(const State& state) {
  return has_events_by_hand(state.document) || has_texts(state, TextKind::Mark) || has_texts(state, TextKind::Note);
}

bool put_off(State& state, const Command& command) {
  if (!leaves_document(command) || !has_unsaved(state)) return false;
  state.put_off = std::make_shared<PutOff>(PutOff{command});
  state.playback.playing = false;
  open_popup(state, Popup::Unsaved);
  return true;
}

std::optional<Command> take_put_off(State& state) {
  if (state.put_off == nullptr) return std::nullopt;
  const bool saved = state.put_off->saves && !has_unsaved(state);
  if (!saved && !state.put_off->dropped) return std::nullopt;
  return std::exchange(state.put_off, nullptr)->command;
}

std::string unsaved_text(const State& state) {
  std::string what;
  const auto add = [&](bool there, std::string_view name) {
    if (there) what += (what.empty() ? "" : ", ") + std::string(name);
  };
  add(has_texts(state, TextKind::Mark), "marks");
  add(has_texts(state, TextKind::Note), "notes");
  add(has_events_by_hand(state.document), "events by hand");
  if (const std::size_t last = what.rfind(", "); last != std::string::npos) what.replace(last, 2, " and ");
  const bool ends = state.put_off != nullptr && state.put_off->command.what == Do::Quit;
  return fmt::format("\"{}\" has {} that no file holds. {} loses them.", state.document.title, what,
                     ends ? "Quitting" : "Opening something else");
}

}  // namespace allocviz::app
