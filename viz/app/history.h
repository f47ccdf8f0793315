// Undo and redo of what changes the document: its configurations, its marks, its notes.
#pragma once

#include "viz/app/state.h"

namespace allocviz::app {

// What a change is to the history: new, or one of its own taken back or done again.
enum class Remember : std::uint8_t { New, Undone, Redone };
// Puts what a change replaced where undo or redo finds it.
void remember(History& history, Change before, Remember as);
// Whether anything differs from what was opened or last saved. O(texts changed since).
[[nodiscard]] bool differs_from_saved(const State& state);
// The document is as saved from now on.
void mark_saved(State& state);

// The mark's name or the note of event `index`; nothing where it has none.
[[nodiscard]] std::optional<std::string> text_at(const State& state, TextKind kind, std::uint64_t index);
// Writes it. Refused with a notice while a worker reads the document.
void change_text(State& state, EventText to, Remember as);

}  // namespace allocviz::app
