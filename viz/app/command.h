// The closed list of everything a user can do. Panels, keys, the palette and tests push Commands; update() (update.h) is
// the only code that carries them out. So every action has a name, a place in the palette and a test without a window.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/replay/timeline.h"
#include "core/trace/spec.h"

namespace allocviz::app {

enum class Do : std::uint16_t {
  // moving in time
  NextEvent, PreviousEvent, NextStep, PreviousStep, FirstEvent, LastEvent,
  SeekTo,              // position
  ScrubTo,             // position, while the mouse is down: the same as SeekTo, but playback resumes afterwards
  PlayPause, Slower, Faster,
  NextFailure, PreviousFailure, NextMark, PreviousMark,
  // the document
  OpenFile,            // text = path; empty = ask with the file dialog
  OpenScenario,        // number = index into scenario_list()
  Save, SaveAs,        // text = path; empty = ask
  SetAllocator,        // spec: the same trace on another configuration, the cursor stays at its event
  CancelLoading, DismissError,
  Undo, Redo,
  // looking
  Select,              // number = byte offset in the arena of the stage `stage`
  ClearSelection,
  SetView,             // value, value2 = first and last byte of the x axis shared by stage and map
  ZoomIn, ZoomOut, PanLeft, PanRight, ZoomFit,
  SetTimeView,         // value, value2 = first and last position of the charts
  ZoomTimeFit,
  ToggleCurve,         // number = replay::Curve
  SetFilter,           // text = the event list's search
  ShowEventList, ShowScenarios, ShowFailures,
  SetTheme,            // number = draw::ThemeKind
  ScaleUp, ScaleDown, ScaleReset, ToggleReduceMotion,
  SetSplit,            // number = which splitter, value = its fraction
  PresetTeach, PresetDebug, PresetCompare,
  ShowPalette, ShowKeys, ShowGoTo, ShowFind, ShowAbout,
  Screenshot,          // text = path; empty = allocviz-EVENT.png in the current folder
  Quit,
};

struct Command {
  Do what = Do::NextEvent;
  replay::Position position{};
  std::uint64_t number = 0;
  double value = 0, value2 = 0;
  std::string text{};
  trace::AllocatorSpec spec{};
  std::size_t stage = 0;
};

// What a panel is given to push into.
class Commands {
 public:
  void push(Command command) { list_.push_back(std::move(command)); }
  void push(Do what) { list_.push_back(Command{.what = what}); }
  [[nodiscard]] std::vector<Command> take() { return std::exchange(list_, {}); }
  [[nodiscard]] bool empty() const { return list_.empty(); }

 private:
  std::vector<Command> list_;
};

// How a command is called, for the palette, the menus and the keys page. Those without a sentence of their own
// (SetView, ScrubTo ...) have an empty name and do not appear there.
struct CommandInfo {
  Do what;
  std::string_view name;    // "Next event"
  std::string_view menu;    // "Trace"; empty = in no menu
  std::string_view key;     // "Right" as the compat layer spells chords ("Ctrl+Shift+P"); empty = none
  std::string_view key2;    // a second chord ("F10")
  std::string_view hint;    // one line for the tooltip
};
[[nodiscard]] std::span<const CommandInfo> command_infos();
[[nodiscard]] const CommandInfo& info_of(Do what);

}  // namespace allocviz::app
