// The closed list of everything a user can do. Panels, keys, the palette and tests push Commands; update() (update.h)
// is the only code that carries them out. So every action has a name, a place in the palette and a test without a
// window.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/replay/timeline.h"
#include "core/trace/spec.h"

namespace allocviz::app {

enum class Do : std::uint16_t {
  // moving in time
  NextEvent,  // to the end of the event at the cursor, or, where that is done, of the next one
  PreviousEvent,
  NextStep,
  PreviousStep,
  FirstEvent,  // before the first event
  LastEvent,
  SeekTo,    // position
  ScrubTo,   // position, while the mouse is down: the same as SeekTo, but playback resumes afterwards
  EndScrub,  // the mouse is up again
  PlayPause,
  Slower,
  Faster,
  NextFailure,
  PreviousFailure,
  NextMark,
  PreviousMark,
  FirstDivergence,  // where an allocator beside the first one serves what that does not, or elsewhere
  NextMatch,        // the next event that the search found; after the last one the first
  PreviousMatch,
  NextRow,  // of the list at the left: events, found events or failures
  PreviousRow,
  NextRows,  // as many as are seen
  PreviousRows,
  // the document
  OpenFile,     // text = path; empty = ask (the platform may put a file dialog in front; else Popup::OpenPath)
  OpenProcess,  // number = one of Header::processes: the document's log again, with this one's events
  NextProcess,  // of a log of several, in the order of the header; after the last one the first
  PreviousProcess,
  FormerProcess,  // the one that was shown before, where the cursor stood in it
  OpenScenario,   // number = index into State::scenarios
  Save,           // where it came from; asks where that is no trace of ours
  SaveAs,         // text = path; empty = ask, as OpenFile
  SetAllocator,   // spec, stage: the same trace on another configuration, the cursor stays at its event
  AddStage,       // spec: one more allocator beside the others
  RemoveStage,    // stage
  CancelLoading,
  DismissError,
  EditMark,      // asks for the name of a mark at the cursor's event
  EditNote,      // asks for a note on it
  RemoveMark,    // takes it away; a mark that is an event of its own stays
  SetEventText,  // number = TextKind, position.event = the event, text = the name or note; empty takes it away
  TryRequest,    // asks for a request to put behind the cursor's event
  InsertEvent,   // text = the request (by_hand.h)
  FreeSelected,  // the selected block is freed there; one that is free already is freed a second time
  Undo,
  Redo,
  // looking
  Select,          // number = byte offset in the arena of the stage `stage`
  ClearSelection,  // Esc: closes an open popup first, then ends a what-if, clears the selection, takes the newest card
  Pin,        // a card of the selected block that stays; value, value2 = its corner in ems, 0 and 0 = beside the others
  Unpin,      // number = which card
  MovePin,    // number = which card, value, value2 = its corner in ems
  TryFrees,   // number = which place of InTheWay: its blocks freed, the request made again, on a copy
  EndWhatIf,  // back to what happened
  SetView,    // value, value2 = first and last byte of the x axis shared by stage and map
  ZoomIn,     // W: number = 1: at the byte `value`; else at the selection or the middle
  ZoomOut,
  PanLeft,
  PanRight,
  ZoomFit,      // the selection; else, or when that is what is shown, everything
  SetTimeView,  // value, value2 = where the charts begin and end, as State::time has it
  ZoomTimeFit,
  ZoomTimeIn,  // at the cursor, or, where that is not in view, at the middle
  ZoomTimeOut,
  PanTimeLeft,
  PanTimeRight,
  ToggleClock,        // the charts' axis: events or time
  ToggleCurve,        // number = replay::Curve
  ToggleFailureLane,  // failures above the curves
  SelectRange,        // value, value2 = the first event's index, and one beyond the last one's
  RangeFrom,          // the event at the cursor is the first of the range
  RangeTo,            // ... the last
  ZoomToRange,
  SetColorBy,        // number = ColorBy
  NextColorBy,       // the next one that the log has something to say on
  OnlyColor,         // number = an entry of the map's legend: the others are dimmed; the same one again lights all
  SetFilter,         // text = the event list's search
  ToggleListAll,     // whether the list holds all events while something is searched
  ToggleSearchHelp,  // what can be searched
  ScrollList,        // number = LeftTab, value = the row at the top, value2 = how many rows are seen
  ShowEventList,
  ShowScenarios,
  ShowFailures,
  ShowGroups,
  SetGroupBy,       // number = analyze::GroupBy
  NextGroupFrames,  // 1, 2, 3, 5, all frames of a stack tell call sites apart
  CompareFrom,      // groups: what changes from the cursor's event on
  EndCompare,
  ToggleGroupSums,  // compared: sums of the events between, or what changed
  SortGroups,       // number = GroupColumn; the same one again turns the order round
  PickGroup,        // number = the group whose events are searched for; the same one again ends that
  CopyGroups,       // the table as text, to the clipboard
  SetTheme,         // number = draw::ThemeKind
  ScaleUp,
  ScaleDown,
  ScaleReset,
  ToggleReduceMotion,
  ToggleKeepLogs,  // whether long logs are kept as columns, to be opened quickly again
  ToggleLeft,      // the list at the left
  ToggleRight,     // what happened, at the right
  SetSplit,        // number = Split, value = its fraction
  PresetTeach,
  PresetDebug,
  PresetCompare,
  ShowPalette,
  ShowKeys,
  ShowGoTo,
  ShowFind,
  ShowAllocator,  // stage = which one to change; one beyond the last = add one
  ShowAbout,
  ClosePopup,
  SaveUnsaved,  // the answers to what was put off (unsaved.h): save, then go on
  DropUnsaved,  // ... lose it, and go on
  TypeInPopup,  // text: what the palette, go to, open and save ask for
  ProposePath,  // text: a path picked from the list of open or save; the field takes it, and the keyboard
  PickRow,      // number: the row of the palette, or of the files, that Enter carries out
  DraftKind,    // number = trace::AllocatorKind, while a configuration is being typed
  DraftText,    // number = DraftField, text = what it holds now
  CopyText,     // what happened and the block, as text, to the clipboard
  Screenshot,   // text = path; empty = allocviz-EVENT.png in the current folder
  Slide,        // the stage alone as shapes: text = path; empty = allocviz-EVENT.svg in the current folder
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
  void push(Do what) {
    Command command;
    command.what = what;
    list_.push_back(std::move(command));
  }
  [[nodiscard]] std::vector<Command> take() { return std::exchange(list_, {}); }
  [[nodiscard]] bool empty() const { return list_.empty(); }

 private:
  std::vector<Command> list_;
};

// How a command is called, for the palette, the menus and the keys page. Those that need more than their name (SetView,
// ScrubTo ...) have no entry and are reached by mouse only.
struct CommandInfo {
  Do what;
  std::string_view name;     // "Next event"
  std::string_view menu;     // "Trace"; empty = in no menu
  std::string_view key;      // "Right" as the compat layer spells chords ("Ctrl+Shift+P"); empty = none
  std::string_view key2;     // a second chord ("F10")
  std::string_view hint;     // one line for the tooltip
  std::uint64_t number = 0;  // what the command carries: the theme of SetTheme, the curve of ToggleCurve
  bool line_above = false;   // a new group begins in the menu
};
// In the order of the menus.
[[nodiscard]] std::span<const CommandInfo> command_infos();
// The entry of a command, or one with an empty name.
[[nodiscard]] const CommandInfo& info_of(Do what);

}  // namespace allocviz::app
