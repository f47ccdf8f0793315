#include "viz/app/history.h"

#include <algorithm>
#include <utility>

#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/app/keeping.h"
#include "viz/app/loader.h"

namespace allocviz::app {

void remember(History& history, Change before, Remember as) {
  switch (as) {
    case Remember::New:
      history.undo.push_back(std::move(before));
      history.redo.clear();
      break;
    case Remember::Undone:
      history.undo.pop_back();
      history.redo.push_back(std::move(before));
      break;
    case Remember::Redone:
      history.redo.pop_back();
      history.undo.push_back(std::move(before));
      break;
  }
}

bool differs_from_saved(const State& state) {
  const Document& document = state.document;
  const auto& texts = document.saved_texts;
  const bool others = document.saved_trace != nullptr && document.saved_trace != document.trace;
  return others || make_up_of(state) != document.saved || std::any_of(texts.begin(), texts.end(), [&](const auto& was) {
           return text_at(state, was.first.second, was.first.first) != was.second;
         });
}

void mark_saved(State& state) {
  state.document.saved = make_up_of(state);
  state.document.saved_texts.clear();
  state.document.saved_trace = state.document.trace;
  state.document.edited = false;
}

std::optional<std::string> text_at(const State& state, TextKind kind, std::uint64_t index) {
  const trace::Trace& trace = *state.document.trace;
  const std::string* text = kind == TextKind::Mark ? trace.mark_name(index) : trace.note(index);
  return text != nullptr ? std::optional(*text) : std::nullopt;
}

void change_text(State& state, EventText to, Remember as) {
  if (is_in_use(state)) return notice(state, "The document is being read just now: try again when that is done");
  stop_keeping(state);
  Document& document = state.document;
  const std::optional<std::string> before = text_at(state, to.kind, to.index);
  document.saved_texts.try_emplace({to.index, to.kind}, before);
  std::string text = std::move(to.text).value_or("");
  if (to.kind == TextKind::Mark) {
    document.trace->set_mark(to.index, std::move(text));
  } else {
    document.trace->set_note(to.index, std::move(text));
  }
  remember(state.history, EventText{to.kind, to.index, before}, as);
  ++document.texts_changed;
  document.edited = differs_from_saved(state);
  // A search looks into them, too.
  if (state.filter.active) set_filter(state, state.filter.text);
}

}  // namespace allocviz::app
