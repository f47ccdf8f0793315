#include "viz/app/command.h"

#include <array>

#include "core/replay/series.h"

namespace allocviz::app {

namespace {

constexpr std::uint64_t curve(replay::Curve which) {
  return static_cast<std::uint64_t>(which);
}

// Menus follow this order; a command without a menu is in the palette and on the keys page only.
constexpr std::array kInfos{
    CommandInfo{Do::OpenFile, "Open…", "File", "Ctrl+O", "", "A trace, or a log of another program"},
    CommandInfo{Do::ShowScenarios, "Lessons", "File", "", "", "The scenarios built into this program"},
    CommandInfo{Do::Save, "Save", "File", "Ctrl+S", "", "Write the trace back to its file", 0, true},
    CommandInfo{Do::SaveAs, "Save as…", "File", "Ctrl+Shift+S", "", "Write the trace to another file"},
    CommandInfo{Do::Screenshot, "Screenshot of the window", "File", "F12", "", "A PNG in the current folder"},
    CommandInfo{Do::Slide, "Stage for a slide", "File", "Shift+F12", "",
                "An SVG in the current folder: shapes and words"},
    CommandInfo{Do::ToggleKeepLogs, "Keep large logs for quick opening", "File", "", "",
                "In the cache folder, 8 GiB at most; the ones not used for longest go first", 0, true},
    CommandInfo{Do::Quit, "Quit", "File", "Ctrl+Q", "", "", 0, true},

    CommandInfo{Do::PresetTeach, "Teach", "View", "Ctrl+1", "", "The stage large, what happened beside it"},
    CommandInfo{Do::PresetDebug, "Debug", "View", "Ctrl+2", "", "Map, charts and failures large"},
    CommandInfo{Do::PresetCompare, "Compare", "View", "Ctrl+3", "", "Allocators side by side on one cursor"},
    CommandInfo{Do::ToggleLeft, "Event list", "View", "Ctrl+B", "", "Show or hide the left part", 0, true},
    CommandInfo{Do::ToggleRight, "What happened", "View", "Ctrl+J", "", "Show or hide the right part"},
    CommandInfo{Do::ZoomFit, "Fit selection, else all", "View", "F", "", "Zoom the stage and the map", 0, true},
    CommandInfo{Do::ZoomIn, "Zoom in", "View", "W", "", ""},
    CommandInfo{Do::ZoomOut, "Zoom out", "View", "S", "", ""},
    CommandInfo{Do::PanLeft, "Pan left", "View", "A", "", ""},
    CommandInfo{Do::PanRight, "Pan right", "View", "D", "", ""},
    CommandInfo{Do::SetColorBy, "Colour by state", "View", "", "", "What the map's colours stand for", 0, true},
    CommandInfo{Do::SetColorBy, "Colour by size", "View", "", "", "Requested bytes", 1},
    CommandInfo{Do::SetColorBy, "Colour by age", "View", "", "", "Events since it was made or last resized", 2},
    CommandInfo{Do::SetColorBy, "Colour by lifetime", "View", "", "", "Events until it is freed or resized", 3},
    CommandInfo{Do::SetColorBy, "Colour by thread", "View", "", "", "Where the log names threads", 4},
    CommandInfo{Do::SetColorBy, "Colour by call site", "View", "", "", "Where the log names call sites", 5},
    CommandInfo{Do::SetColorBy, "Colour by tag", "View", "", "", "Where the log has tags", 6},
    CommandInfo{Do::NextColorBy, "Next colouring", "View", "C", "", ""},
    CommandInfo{Do::SetTheme, "Dark theme", "View", "", "", "", 0, true},
    CommandInfo{Do::SetTheme, "Light theme", "View", "", "", "", 1},
    CommandInfo{Do::ScaleUp, "Larger", "View", "Ctrl++", "", "Everything, text included"},
    CommandInfo{Do::ScaleDown, "Smaller", "View", "Ctrl+-", "", ""},
    CommandInfo{Do::ScaleReset, "Normal size", "View", "Ctrl+0", "", ""},
    CommandInfo{Do::ToggleReduceMotion, "Reduce motion", "View", "", "", "Splits and merges do not move"},

    CommandInfo{Do::ZoomTimeFit, "Whole time in the charts", "Charts", "Shift+F", "", ""},
    CommandInfo{Do::ZoomTimeIn, "Zoom in on time", "Charts", "Shift+W", "", "W while the mouse is over the charts"},
    CommandInfo{Do::ZoomTimeOut, "Zoom out of time", "Charts", "Shift+S", "", "S while the mouse is over the charts"},
    CommandInfo{Do::PanTimeLeft, "Earlier in the charts", "Charts", "Shift+A", "",
                "A while the mouse is over the charts"},
    CommandInfo{Do::PanTimeRight, "Later in the charts", "Charts", "Shift+D", "",
                "D while the mouse is over the charts"},
    CommandInfo{Do::ToggleClock, "Time as clock", "Charts", "T", "", "Where the log has times; else by events"},
    CommandInfo{Do::RangeFrom, "Range begins at the cursor", "Charts", ",", "", "Selects events on the charts", 0,
                true},
    CommandInfo{Do::RangeTo, "Range ends at the cursor", "Charts", ".", "", ""},
    CommandInfo{Do::ZoomToRange, "Zoom to the range", "Charts", "R", "", "Shift+drag on the charts selects a range"},
    CommandInfo{Do::ToggleCurve, "Curve: live requested", "Charts", "", "", "", curve(replay::Curve::LiveRequested),
                true},
    CommandInfo{Do::ToggleCurve, "Curve: live rounded", "Charts", "", "", "", curve(replay::Curve::LiveRounded)},
    CommandInfo{Do::ToggleCurve, "Curve: free", "Charts", "", "", "", curve(replay::Curve::Free)},
    CommandInfo{Do::ToggleCurve, "Curve: largest free", "Charts", "", "", "", curve(replay::Curve::LargestFree)},
    CommandInfo{Do::ToggleCurve, "Curve: live blocks", "Charts", "", "", "", curve(replay::Curve::LiveBlocks)},
    CommandInfo{Do::ToggleCurve, "Curve: reserved", "Charts", "", "", "", curve(replay::Curve::Reserved)},
    CommandInfo{Do::ToggleCurve, "Curve: internal fragmentation", "Charts", "", "", "1 - live requested / live rounded",
                curve(replay::Curve::InternalFragmentation)},
    CommandInfo{Do::ToggleCurve, "Curve: external fragmentation", "Charts", "", "", "1 - largest free / free",
                curve(replay::Curve::ExternalFragmentation)},
    CommandInfo{Do::ToggleFailureLane, "Failures in the charts", "Charts", "", "", "A sign above the curves"},

    CommandInfo{Do::NextEvent, "Next event", "Go", "Right", "F10", ""},
    CommandInfo{Do::PreviousEvent, "Previous event", "Go", "Left", "F9", ""},
    CommandInfo{Do::NextStep, "Next step inside the event", "Go", "Shift+Right", "F11", ""},
    CommandInfo{Do::PreviousStep, "Previous step", "Go", "Shift+Left", "Shift+F11", ""},
    CommandInfo{Do::PlayPause, "Play or pause", "Go", "Space", "", "", 0, true},
    CommandInfo{Do::Slower, "Slower", "Go", "-", "", ""},
    CommandInfo{Do::Faster, "Faster", "Go", "+", "", ""},
    CommandInfo{Do::FirstEvent, "Before the first event", "Go", "Home", "", "", 0, true},
    CommandInfo{Do::LastEvent, "Last event", "Go", "End", "", ""},
    CommandInfo{Do::ShowGoTo, "Go to event…", "Go", "Ctrl+G", "", ""},
    CommandInfo{Do::NextFailure, "Next failed request", "Go", "N", "", "", 0, true},
    CommandInfo{Do::PreviousFailure, "Previous failed request", "Go", "Shift+N", "", ""},
    CommandInfo{Do::NextMark, "Next mark", "Go", "M", "", ""},
    CommandInfo{Do::PreviousMark, "Previous mark", "Go", "Shift+M", "", ""},
    CommandInfo{Do::FirstDivergence, "First divergence", "Go", "G", "", "Where compared allocators first part ways"},
    CommandInfo{Do::ShowFind, "Find…", "Go", "Ctrl+F", "", "id, size>4k, failed, site~text", 0, true},
    CommandInfo{Do::NextMatch, "Next event found", "Go", "F3", "", "After the last one the first"},
    CommandInfo{Do::PreviousMatch, "Previous event found", "Go", "Shift+F3", "", ""},

    CommandInfo{Do::ShowEventList, "List of events", "Trace", "", "", ""},
    CommandInfo{Do::ShowFailures, "List of failures", "Trace", "", "", ""},
    CommandInfo{Do::ToggleListAll, "List all events while searching", "Trace", "", "", "What is found is marked in it"},
    CommandInfo{Do::ShowGroups, "Groups", "Trace", "Ctrl+Shift+G", "",
                "Who holds what: by call site, size, thread or tag"},
    CommandInfo{Do::CompareFrom, "Compare from here", "Trace", "K", "",
                "Groups: what is born, dies and stays from now on"},
    CommandInfo{Do::EndCompare, "End the comparison", "Trace", "Shift+K", "", "Groups: everything up to the cursor"},
    CommandInfo{Do::SetGroupBy, "Group by call site", "", "", "", "Where the log names call sites", 0},
    CommandInfo{Do::SetGroupBy, "Group by size", "", "", "", "Powers of two", 1},
    CommandInfo{Do::SetGroupBy, "Group by thread", "", "", "", "Where the log names threads", 2},
    CommandInfo{Do::SetGroupBy, "Group by tag", "", "", "", "Where the log has tags", 3},
    CommandInfo{Do::NextGroupFrames, "More frames of a call site", "", "", "", "1, 2, 3, 5 or all tell groups apart"},
    CommandInfo{Do::ToggleGroupSums, "Sums of the compared range", "", "", "", "Instead of what changed in it"},
    CommandInfo{Do::CopyGroups, "Copy the groups as text", "", "", "", "For a spreadsheet: columns apart by tabs"},
    CommandInfo{Do::NextRow, "Next row of the list", "", "Down", "", "Events, found events or failures"},
    CommandInfo{Do::PreviousRow, "Previous row of the list", "", "Up", "", ""},
    CommandInfo{Do::NextRows, "A page down the list", "", "PageDown", "", ""},
    CommandInfo{Do::PreviousRows, "A page up the list", "", "PageUp", "", ""},
    CommandInfo{Do::CopyText, "Copy as text", "Trace", "Ctrl+C", "", "What happened, its steps, and the block", 0,
                true},
    CommandInfo{Do::Pin, "Pin the selected block", "Trace", "P", "", "A card that stays; Shift+click does the same"},
    CommandInfo{Do::ClearSelection, "Clear the selection", "Trace", "Escape", "", "And one by one what is pinned"},
    CommandInfo{Do::TryFrees, "Try the fewest frees", "Trace", "I", "",
                "What if they had been freed earlier: the request that failed is made again, on a copy"},
    CommandInfo{Do::TryRequest, "Try a request…", "Trace", "Ctrl+T", "",
                "Allocate or free something here, by hand: 100, free A, realloc A 200", 0, true},
    CommandInfo{Do::FreeSelected, "Free the selected block", "Trace", "Delete", "",
                "Here, by hand; one that is free already a second time"},
    CommandInfo{Do::EditMark, "Mark this event…", "Trace", "Ctrl+M", "", "A name to come back to with M", 0, true},
    CommandInfo{Do::RemoveMark, "Remove the mark", "Trace", "", "", "That of this event"},
    CommandInfo{Do::EditNote, "Write a note…", "Trace", "Ctrl+Shift+M", "", "Read whenever this event is reached"},
    CommandInfo{Do::Undo, "Undo", "Trace", "Ctrl+Z", "",
                "The last change of a configuration, a mark, a note or an event", 0, true},
    CommandInfo{Do::Redo, "Redo", "Trace", "Ctrl+Shift+Z", "Ctrl+Y", ""},

    CommandInfo{Do::ShowAllocator, "Configure…", "Allocator", "Ctrl+E", "", "Kind, arena, block sizes"},
    CommandInfo{Do::AddStage, "Compare with another…", "Allocator", "Ctrl+Shift+E", "", "One more allocator beside it"},
    CommandInfo{Do::RemoveStage, "Remove the last one", "Allocator", "", "", "One allocator less"},

    CommandInfo{Do::ShowPalette, "All commands…", "Help", "Ctrl+Shift+P", "", "By name, with their keys"},
    CommandInfo{Do::ShowKeys, "Keys and mouse", "Help", "?", "F1", "All on one page"},
    CommandInfo{Do::ToggleSearchHelp, "What can be searched", "Help", "", "", "The language of the search, by example"},
    CommandInfo{Do::ShowAbout, "About allocviz", "Help", "", "", "", 0, true},

    CommandInfo{Do::NextProcess, "Next process of the log", "", "", "", "Of a log of several: its events instead"},
    CommandInfo{Do::PreviousProcess, "Previous process of the log", "", "", "", "The same, the other way round"},
    CommandInfo{Do::FormerProcess, "Back to the former process", "", "", "", "Where the cursor stood in it"},
    CommandInfo{Do::CancelLoading, "Cancel opening or replaying", "", "", "",
                "What is shown stays, of a long log its first part"},
    CommandInfo{Do::DismissError, "Dismiss the error", "", "", "", ""},
};

}  // namespace

std::span<const CommandInfo> command_infos() {
  return kInfos;
}

const CommandInfo& info_of(Do what) {
  static constexpr CommandInfo kNone{Do::NextEvent, "", "", "", "", ""};
  for (const CommandInfo& info : kInfos) {
    if (info.what == what) return info;
  }
  return kNone;
}

}  // namespace allocviz::app
