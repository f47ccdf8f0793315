// Files, allocators, undo.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "viz/app/by_hand.h"
#include "viz/app/cursor.h"
#include "viz/app/history.h"
#include "viz/app/loader.h"
#include "viz/app/processes.h"
#include "viz/app/unsaved.h"
#include "viz/app/update_parts.h"

namespace allocviz::app {

namespace {

bool ends_with(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

bool named_as_trace(std::string_view path) {
  for (const std::string_view packed : {".zst", ".gz"}) {
    if (ends_with(path, packed)) path.remove_suffix(packed.size());
  }
  return ends_with(path, ".json") || ends_with(path, ".jsonl");
}

// "log.mtrace.zst" -> "log.jsonl.zst", "Coalescing all the way up" -> "coalescing-all-the-way-up.json".
std::string proposed_path(const Document& document) {
  if (named_as_trace(document.path) && !document.first_part) return document.path;
  if (!document.path.empty()) {
    const std::size_t name = document.path.find_last_of('/') + 1;
    const bool packed = ends_with(document.path, ".zst") || ends_with(document.path, ".gz");
    const std::string part = document.first_part ? fmt::format("-first-{}", document.trace->size()) : "";
    return document.path.substr(0, document.path.find('.', name + 1)) + part + (packed ? ".jsonl.zst" : ".json");
  }
  std::string path;
  for (const char c : document.title) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    if (plain || capital) path += capital ? static_cast<char>(c - 'A' + 'a') : c;
    if (c == ' ' && !path.empty() && path.back() != '-') path += '-';
  }
  return (path.empty() ? "trace" : path) + ".json";
}

// Asks for a path, beginning where the document came from; saving proposes a name, too.
void ask_for_path(State& state, Popup popup) {
  open_popup(state, popup);
  state.popup_state.text =
      popup == Popup::SavePath ? proposed_path(state.document) : std::string(folder_part(state.document.path));
  list_files(state);
}

void open_file(State& state, const std::string& path) {
  if (path.empty()) return ask_for_path(state, Popup::OpenPath);
  state.popup = Popup::None;
  OpenRequest request;
  request.path = expanded_path(path);
  start_opening(state, std::move(request));
}

void open_scenario(State& state, std::uint64_t index) {
  if (index >= state.scenarios.size()) return;
  give_up_loading(state);
  auto opened = open_now(request_of(state, static_cast<std::size_t>(index)));
  if (opened.ok()) {
    adopt(state, std::move(opened).value());
  } else {
    state.trouble = std::move(opened).trouble();
  }
}

// Only a trace of ours is written back to where it came from: another program's log is never overwritten.
void save(State& state) {
  if (waits_for_rest(state)) return;
  const Document& document = state.document;
  const bool ours =
      document.trace->header().format == "allocviz-trace" && named_as_trace(document.path) && !document.first_part;
  if (ours) return start_saving(state, document.path);
  ask_for_path(state, Popup::SavePath);
}

void save_as(State& state, std::string path) {
  if (waits_for_rest(state)) return;
  if (path.empty()) return ask_for_path(state, Popup::SavePath);
  state.popup = Popup::None;
  path = expanded_path(path);
  if (!named_as_trace(path)) path += ".json";
  start_saving(state, std::move(path));
}

// What was put off follows in update(), where it is dropped at once, else when the file stands.
void answer_unsaved(State& state, bool saves) {
  if (state.put_off == nullptr || (saves && waits_for_rest(state))) return;
  state.popup = Popup::None;
  (saves ? state.put_off->saves : state.put_off->dropped) = true;
  if (saves) save(state);
}

// Whoever stops the reading of a long log keeps what is shown of it.
void cancel(State& state) {
  const bool read = is_reading_rest(state);
  cancel_loading(state);
  if (!read || is_reading_rest(state)) return;  // what was opened beside it was cancelled
  notice(state, fmt::format("The first {} events stay open; open the log again to read all of it",
                            trace::count_text(state.document.trace->size())));
}

// The stages with one of them changed, added or left out; from now on the trace names them all.
void show_on(State& state, std::vector<trace::AllocatorSpec> shown) {
  MakeUp to{shown, std::move(shown)};
  if (to == make_up_of(state)) return;
  change_make_up(state, std::move(to), Remember::New);
}

// A configuration that cannot be is refused with its reason; the dialog has said so while it was typed.
bool refused(State& state, const trace::AllocatorSpec& spec) {
  std::optional<trace::Trouble> fault = trace::fault_of(spec);
  if (!fault) return false;
  state.trouble = std::move(fault);
  return true;
}

void set_allocator(State& state, const Command& command) {
  if (command.stage >= state.stages.size() || refused(state, command.spec)) return;
  std::vector<trace::AllocatorSpec> shown = make_up_of(state).shown;
  shown[command.stage] = command.spec;
  show_on(state, std::move(shown));
}

void add_stage(State& state, const Command& command) {
  if (waits_for_rest(state)) return;
  // From a menu no configuration comes along: it is asked for.
  if (command.spec == trace::AllocatorSpec{}) {
    return open_allocator_popup(state, state.stages.size());
  }
  if (refused(state, command.spec)) return;
  std::vector<trace::AllocatorSpec> shown = make_up_of(state).shown;
  shown.push_back(command.spec);
  show_on(state, std::move(shown));
}

void remove_stage(State& state, std::size_t stage) {
  if (state.stages.size() < 2) return notice(state, "The last allocator stays");
  if (stage >= state.stages.size()) return;
  std::vector<trace::AllocatorSpec> shown = make_up_of(state).shown;
  shown.erase(shown.begin() + static_cast<std::ptrdiff_t>(stage));
  show_on(state, std::move(shown));
}

void change(State& state, Change to, Remember as) {
  if (auto* make_up = std::get_if<MakeUp>(&to)) {
    change_make_up(state, std::move(*make_up), as);
  } else if (auto* edited = std::get_if<EditedTrace>(&to)) {
    change_trace(state, std::move(*edited), as);
  } else {
    change_text(state, std::get<EventText>(std::move(to)), as);
  }
}

void undo(State& state) {
  if (state.history.undo.empty()) return notice(state, "Nothing to undo");
  state.notice.clear();  // "Nothing to redo"
  change(state, state.history.undo.back(), Remember::Undone);
}

void redo(State& state) {
  if (state.history.redo.empty()) return notice(state, "Nothing to redo");
  state.notice.clear();
  change(state, state.history.redo.back(), Remember::Redone);
}

}  // namespace

void list_files(State& state) {
  if (state.popup != Popup::OpenPath && state.popup != Popup::SavePath) return;
  PopupState& popup = state.popup_state;
  const std::string_view path = folder_part(popup.text);
  if (popup.folder.looked_at && popup.folder.path == path) return;
  popup.folder = read_folder(path);
}

bool update_document(State& state, const Command& command) {
  switch (command.what) {
    case Do::OpenFile:
      open_file(state, command.text);
      break;
    case Do::OpenProcess:
      open_process(state, command.number);
      break;
    case Do::NextProcess:
    case Do::PreviousProcess:
    case Do::FormerProcess:
      open_process_meant(state, command.what);
      break;
    case Do::OpenScenario:
      open_scenario(state, command.number);
      break;
    case Do::Save:
      save(state);
      break;
    case Do::SaveAs:
      save_as(state, command.text);
      break;
    case Do::SaveUnsaved:
    case Do::DropUnsaved:
      answer_unsaved(state, command.what == Do::SaveUnsaved);
      break;
    case Do::SetAllocator:
      set_allocator(state, command);
      break;
    case Do::AddStage:
      add_stage(state, command);
      break;
    case Do::RemoveStage:
      remove_stage(state, command.stage);
      break;
    case Do::CancelLoading:
      cancel(state);
      break;
    case Do::DismissError:
      state.trouble.reset();
      break;
    case Do::Undo:
      undo(state);
      break;
    case Do::Redo:
      redo(state);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace allocviz::app
