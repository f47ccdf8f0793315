// What a person typed into the document, marks, notes and events by hand, is not lost by a slip: a command that opens
// another document or ends the program is put off, and the window asks. A change of allocators alone is not asked for:
// it is made again in a moment.
#pragma once

#include <optional>
#include <string>

#include "viz/app/command.h"
#include "viz/app/state.h"

namespace allocviz::app {

struct PutOff {
  Command command;       // what is done once it may be
  bool dropped = false;  // what was typed may be lost
  bool saves = false;    // it is being saved; then the command follows
};

[[nodiscard]] bool has_unsaved(const State& state);
// Puts the command off and asks where it would lose something; false where it may be carried out.
bool put_off(State& state, const Command& command);
// What was put off, once nothing is in its way any more.
[[nodiscard]] std::optional<Command> take_put_off(State& state);
// "Marks and events of yours are in no file. Quitting loses them."
[[nodiscard]] std::string unsaved_text(const State& state);

}  // namespace allocviz::app
