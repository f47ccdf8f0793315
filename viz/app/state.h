// Everything the window knows, as plain data: small structs, no behaviour. Panels read it, update() alone writes it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/analyze/divergence.h"
#include "core/analyze/groups.h"
#include "core/replay/clock.h"
#include "core/replay/timeline.h"
#include "core/trace/cache.h"
#include "core/trace/trace.h"
#include "viz/app/draft.h"
#include "viz/app/folder.h"

namespace allocviz::app {

// Which allocators the document is watched on.
struct MakeUp {
  std::vector<trace::AllocatorSpec> named;  // what the trace's header says; empty = it names none
  std::vector<trace::AllocatorSpec> shown;  // the stages' own: they differ where the command line chose
  bool operator==(const MakeUp&) const = default;
};

// What a person wrote at an event: its mark's name, or its note. Nothing = it has none.
enum class TextKind : std::uint8_t { Mark, Note };
struct EventText {
  TextKind kind = TextKind::Mark;
  std::uint64_t index = 0;  // of the event
  std::optional<std::string> text;
};

using TextsWere = std::map<std::pair<std::uint64_t, TextKind>, std::optional<std::string>>;
// All of its events, where some were put in by hand (by_hand.h).
struct EditedTrace {
  std::shared_ptr<trace::Trace> trace;
  TextsWere saved_texts;    // as Document's, by this trace's events
  std::uint64_t event = 0;  // where the cursor is with it
};

// A part of the document as it was before a change, or after one that was undone.
using Change = std::variant<MakeUp, EventText, EditedTrace>;

// The log that a trace was read from, as it was read: under its mark the trace and its replays are kept.
struct LogOf {
  trace::FileMark mark;
  std::shared_ptr<const trace::Trace> trace;
  bool read = true;  // from the log itself: its columns are not kept yet
};

struct Document {
  std::shared_ptr<trace::Trace> trace;  // never null once the window is up
  std::string path;                     // as opened; empty = a scenario built in or something new
  std::string title;                    // what the window's title bar says
  bool edited = false;                  // something undoable was done since it was opened or saved
  bool default_spec = false;            // the log named no allocator: said on the configuration chip
  bool first_part = false;              // a long log's first events alone: the rest is being read, or was given up
  bool placeholder = false;             // nothing but a stand-in while the first file is still being opened
  MakeUp saved;                         // as opened or last saved: edited = (now != saved)
  // The same of each mark and note that was changed since.
  TextsWere saved_texts;
  std::shared_ptr<const trace::Trace> saved_trace;  // the same of its events; null where none was put in
  std::uint64_t texts_changed = 0;                  // how often: what shows marks is laid out anew
  std::shared_ptr<const replay::Clock> clock;       // null where the log has no times
  std::vector<std::uint64_t> failed_there;          // indices of requests that failed in the log itself, ascending
  std::optional<LogOf> log;                         // of what is worth keeping
};

struct History {
  std::vector<Change> undo, redo;  // the newest last
};

// One allocator on the cursor. Compare shows two of these side by side.
struct Stage {
  std::unique_ptr<replay::Timeline> timeline;
  std::optional<analyze::Divergence> divergence = {};  // from the first stage
  bool serves_alike = true;                            // the same requests as the first stage
  bool kept = false;                                   // what the replay found is, or was taken from there
  std::unique_ptr<replay::Timeline> what_if{};         // shown in its place (what_if.h), until the cursor moves
};

struct ByteView {
  double from = 0, to = 0;
};  // what the stage's and map's shared x axis shows
struct TimeView {
  double first = 0, last = 0;
};  // what the charts show: positions, or, by clock, ns
// Some events that follow each other: indices [first, last), at least one.
struct EventRange {
  std::uint64_t first = 0, last = 0;
  bool operator==(const EventRange&) const = default;
};

struct Playback {
  bool playing = false;
  bool resume_after_scrub = false;
  int speed_index = 1;  // into kSpeeds (playback.h)
  double carry = 0;     // fraction of an event not yet played
};

struct Selection {
  std::optional<std::uint64_t> offset;  // a byte of the arena: the block that holds it is what is selected
  std::size_t stage = 0;
};

// A card that says what stands at a byte of a stage, wherever the cursor goes.
struct Pinned {
  std::size_t stage = 0;
  std::uint64_t offset = 0;
  float x = 0, y = 0;   // of its corner, in ems of the window
  bool placed = false;  // by the mouse; else it stands beside its block
};

struct LoadWork;  // the worker's own part, in loader.cpp
struct Loading {  // shared with the worker that opens, rebuilds or saves
  std::atomic<double> fraction{0};
  std::atomic<bool> cancel{false};
  std::atomic<bool> done{false};
  std::atomic<bool> first_ready{false};  // the first part of a long log is there to be shown
  double started_at_s = -1e9;            // by the frame's clock
  bool shows_first = false;              // it is the document: the window's own, the worker does not look at it
  std::string what;                      // "Opening sqlite-build.mtrace.zst"
  std::shared_ptr<LoadWork> work;
};

// How logs of millions of events are opened: their first part is shown while the rest is read, and what was read once
// is kept for the next time.
struct LongLogs {
  trace::CachePolicy cache;                             // its folder is empty where nothing is remembered
  std::uint64_t first_bytes = std::uint64_t{16} << 20;  // of a log, decompressed: its first part; it is long from
                                                        // twice that on
  std::uint64_t first_events = 400'000;                 // of a trace that was kept: its first part
  std::function<void()> before_rest;                    // by the worker, between the two; for tests and pictures
};
class Keeping;  // the worker that writes into the cache, in keeping.cpp

enum class LeftTab : std::uint8_t { Events, Scenarios, Failures, Groups };
enum class Preset : std::uint8_t { Teach, Debug, Compare };
enum class Popup : std::uint8_t {
  None,
  Palette,
  Keys,
  GoTo,
  OpenPath,
  SavePath,
  Allocator,
  EventText,
  TryRequest,
  Unsaved,
  About
};
// What the memory map's live blocks are coloured by (coloring.h).
enum class ColorBy : std::uint8_t { State, Size, Age, Lifetime, Thread, Site, Tag };
inline constexpr std::size_t kColorBys = 7;
enum class Split : std::uint8_t { Left, Right, Bottom, Map, Block };

// What the table of groups says: sums at the cursor or of a range, and what changed between two events.
enum class GroupColumn : std::uint8_t {
  // clang-format off
  LiveBytes, LiveBlocks, Allocations, Bytes, Failures, Lifetime,
  Grown, Born, BornBlocks, Died, DiedBlocks, Stayed, StayedBlocks,
  // clang-format on
};
inline constexpr std::size_t kGroupColumns = 13;

// Remembered between runs in the user's config folder.
struct Settings {
  int theme = 0;       // draw::ThemeKind
  float scale = 1.0f;  // Ctrl + and Ctrl -, on top of the monitor's
  bool reduce_motion = false;
  Preset preset = Preset::Teach;
  float left_width = 0.21f, right_width = 0.28f, bottom_height = 0.22f, map_height = 0.30f;  // fractions of the window
  float groups_width = 0.36f;  // of the left part while it holds the table of groups
  float block_height = 0.40f;  // of the part at the right
  bool show_left = true, show_right = true;
  int window_width = 1280, window_height = 800;
  std::vector<std::string> recent;  // newest first, at most ten
  unsigned curves = 0b1111;         // bit c = replay::Curve c is drawn
  unsigned bump_curves = 0b100101;  // the same over a bump allocator: what survivors hold back is what is reserved
  // The same where allocators are compared: what each of them holds, over what was asked for.
  unsigned compare_curves = 0b100001;
  bool failure_lane = true;
  bool by_clock = false;  // the charts' axis, where the log has times
  ColorBy color_by = ColorBy::State;
  bool keep_logs = true;  // long ones, as columns, for quick opening
  bool list_all = false;  // a search marks what it finds in the list of all events, instead of listing nothing else
  bool operator==(const Settings&) const = default;
};

struct EventFilter {
  std::string text;
  std::string fault;                   // why the text is not a filter; empty = it is
  std::vector<std::uint64_t> matches;  // indices found so far, ascending; only while active
  std::vector<std::uint64_t> bits;     // the same, a bit an event
  bool active = false;
  std::shared_ptr<const class Matcher> matcher;
  std::uint64_t scanned = 0;      // events looked at: a search through a large log runs beside the frames
  std::uint64_t searched_at = 0;  // where the cursor stood then
  std::uint64_t number = 0;       // another one for every search: what draws what was found goes by it
};

// A list that shows some of very many rows: the row at its top (with a fraction), and how many are seen.
struct ListView {
  double top = 0, seen = 20;
};

struct GroupView {
  analyze::GroupBy by = analyze::GroupBy::Site;
  std::size_t frames = 1;               // of a stack that tell call sites apart; 0 = all
  std::optional<std::uint64_t> anchor;  // events done where the comparison begins; the cursor is its other end
  bool sums_of_range = false;           // compared: sums of the events between instead of what changed
  GroupColumn sort = GroupColumn::LiveBytes;
  bool ascending = false;
  std::shared_ptr<analyze::Groups> sums;  // null until it is seen
  std::vector<analyze::GroupRow> rows;    // as they are listed; of an earlier moment until `fresh`
  bool fresh = false;
  ListView list;
  std::optional<std::uint32_t> picked;  // the group that is searched for
};

// The state of one of a lesson's allocators at its most telling event: what its small picture is drawn from.
struct Glimpse {
  trace::AllocatorSpec spec;
  replay::Census census;
};

struct Scenario {  // a lesson built into the program
  std::string title;
  std::string hint;  // one line
  std::string_view json;
  std::uint64_t events = 0;
  std::uint64_t telling = 0;      // the event of its picture, counted from 1
  std::vector<Glimpse> glimpses;  // one a stage
};

struct PopupState {
  std::string text;                // what is being typed: a search, a number, a path
  std::size_t row = 0;             // of the palette; of the files that a path may mean, counted from 1: 0 = none
  Folder folder;                   // Popup::OpenPath and SavePath: of the path that is being typed
  std::size_t stage = 0;           // Popup::Allocator: which stage it changes; = stages.size(): it adds one
  Draft draft;                     // Popup::Allocator
  TextKind kind = TextKind::Mark;  // Popup::EventText, ...
  std::uint64_t index = 0;         // ... and the event that it is written at
};

// Of a log of several processes: the one that was shown before, and where its cursor stood.
struct FormerProcess {
  std::uint64_t number = 0;
  replay::Position at{};
};

struct InTheWay;  // in_the_way.h
struct PutOff;    // unsaved.h
struct Moving;    // moving.cpp: a worker on its way to where the cursor will stand

struct State {
  Document document;
  History history;
  std::vector<Stage> stages;            // at least one once the window is up
  std::vector<std::uint64_t> failures;  // indices of requests that failed, there or here on any stage, ascending
  std::vector<Scenario> scenarios;
  std::optional<std::size_t> scenario;                // which of them is open
  std::optional<FormerProcess> former_process;        // of the log that is open
  std::shared_ptr<Moving> moving;                     // null where the cursor stands
  bool moves_late = false;                            // the cursor may arrive some frames after the command
  std::optional<std::chrono::milliseconds> patience;  // how long a command waits for it; for tests
  Playback playback;
  Selection selection;
  std::vector<Pinned> pins;                 // the newest last, above the others
  std::shared_ptr<const InTheWay> blocked;  // of the request that failed at the cursor; null where none did
  std::size_t tried = 0;                    // which place of it, while a what-if is shown
  ByteView bytes;
  TimeView time;
  std::optional<EventRange> range;  // selected on the charts
  EventFilter filter;
  GroupView groups;
  ListView event_list, failure_list;
  bool search_help = false;                 // what can be searched stands in place of the list
  std::optional<std::uint64_t> only_color;  // the entry of the map's legend that is lit, the others dimmed
  Settings settings, settings_on_disk;
  std::string settings_path;          // empty = nothing is remembered
  double settings_changed_at_s = -1;  // -1 = as on disk
  LeftTab left_tab = LeftTab::Events;
  float width_em = 80;                             // of the window, set by the platform before each frame
  bool left_first = false;                         // where one side alone has room it is the left one; sides.h
  std::shared_ptr<const Settings> before_compare;  // how the window was divided; null where that is not known
  bool compares_next = false;                      // Compare begins when the second allocator has been replayed
  bool slide = false;  // the stages alone, with what happened in words: a picture for a slide
  PopupState popup_state;
  Popup popup = Popup::None;
  std::shared_ptr<PutOff> put_off;        // what would lose what was typed, until that is answered; null else
  std::optional<trace::Trouble> trouble;  // the bar above the stage
  std::string notice;                     // a line that fades: "Saved lesson.json"
  double noticed_at_s = -1e9;
  std::shared_ptr<Loading> loading;               // while a file is being opened, rebuilt or saved
  std::shared_ptr<Loading> rest;                  // of the log that is shown, while another file is being opened beside
  std::vector<std::shared_ptr<Loading>> leaving;  // cancelled workers that have not noticed yet
  LongLogs long_logs;
  std::shared_ptr<Keeping> keeping;  // null where nothing is being kept
  bool quit = false;
  std::string to_clipboard;           // set by CopyText, taken by the platform after the frame
  std::string screenshot_path;        // set by Screenshot, done and cleared by the platform after the frame
  std::string slide_path;             // set by Slide, likewise
  double now_s = 0;                   // the frame's clock: panels animate by it, nothing else reads a clock
  std::uint64_t frame = 0;            // counted by tick()
  std::uint64_t focus_search_at = 0;  // in this frame the search box takes the keyboard
  std::uint64_t popup_opened_at = 0;  // in this frame the popup appeared: its first field takes the keyboard
  double moved_at_s = -1e9;           // when the cursor last moved: what split and merge motion is timed from
  replay::Position moved_from{};      // where it was before
  bool first_start = true;            // nothing was done yet: one line says which key to press

  [[nodiscard]] const replay::Timeline& timeline(std::size_t stage = 0) const { return *stages[stage].timeline; }
  // What a stage shows: a what-if where one is tried, else its replay.
  [[nodiscard]] const replay::Timeline& shown(std::size_t stage = 0) const {
    return stages[stage].what_if != nullptr ? *stages[stage].what_if : *stages[stage].timeline;
  }
  [[nodiscard]] bool is_what_if() const {
    for (const Stage& stage : stages) {
      if (stage.what_if != nullptr) return true;
    }
    return false;
  }
  [[nodiscard]] replay::Position cursor() const { return stages.front().timeline->position(); }
  // The curves over these stages.
  [[nodiscard]] unsigned curves() const {
    if (stages.size() > 1) return settings.compare_curves;
    return is_over_bump() ? settings.bump_curves : settings.curves;
  }
  // What the charts' axis goes by; null where it goes by events.
  [[nodiscard]] const replay::Clock* clock() const { return settings.by_clock ? document.clock.get() : nullptr; }
  // The end of that axis, which begins at 0.
  [[nodiscard]] double time_end() const {
    if (const replay::Clock* by = clock()) return static_cast<double>(by->end_ns());
    const std::uint64_t events = stages.empty() ? 0 : timeline().event_count();
    return static_cast<double>(events == 0 ? 1 : events);
  }
  [[nodiscard]] bool is_over_bump() const {
    return !stages.empty() && timeline().spec().kind == trace::AllocatorKind::Bump;
  }
};

}  // namespace allocviz::app
