// Everything the window knows, as plain data: small structs, no behaviour. Panels read it, update() alone writes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/replay/timeline.h"
#include "core/trace/trace.h"

namespace allocviz::app {

struct Document {
  std::shared_ptr<trace::Trace> trace;      // never null once the window is up
  std::string path;                         // as opened; empty = a scenario built in or something new
  std::string title;                        // what the window's title bar says
  bool edited = false;                      // something undoable was done since it was opened or saved
  bool default_spec = false;                // the log named no allocator: said on the configuration chip
};

// One allocator on the cursor. Compare shows two of these side by side.
struct Stage {
  std::unique_ptr<replay::Timeline> timeline;
};

struct ByteView { double from = 0, to = 0; };       // what the stage's and map's shared x axis shows
struct TimeView { double first = 0, last = 0; };    // what the charts show, in positions

struct Playback {
  bool playing = false;
  bool resume_after_scrub = false;
  int speed_index = 2;                      // into kSpeeds (playback.h)
  double carry = 0;                         // fraction of an event not yet played
};

struct Selection {
  std::optional<std::uint64_t> offset;      // a byte of the arena: the block that holds it is what is selected
  std::size_t stage = 0;
};

// Where a chart or map wants to show what the mouse is over; written by panels through commands only where it matters.
struct Loading {                            // shared with the worker that opens a file
  std::atomic<double> fraction{0};
  std::atomic<bool> cancel{false};
  std::string what;                         // "Opening sqlite-build.mtrace.zst"
};

enum class LeftTab : std::uint8_t { Events, Scenarios, Failures };
enum class Preset : std::uint8_t { Teach, Debug, Compare };
enum class Popup : std::uint8_t { None, Palette, Keys, GoTo, OpenPath, SavePath, Allocator, About };

// Remembered between runs in the user's config folder.
struct Settings {
  int theme = 0;                            // draw::ThemeKind
  float scale = 1.0f;                       // Ctrl + and Ctrl -, on top of the monitor's
  bool reduce_motion = false;
  Preset preset = Preset::Teach;
  float left_width = 0.18f, right_width = 0.22f, bottom_height = 0.25f, map_height = 0.30f;  // fractions of the window
  int window_width = 1280, window_height = 800;
  std::vector<std::string> recent;          // newest first, at most ten
  unsigned curves = 0b1011;                 // bit c = replay::Curve c is drawn
};

struct EventFilter {
  std::string text;
  std::string fault;                        // why the text is not a filter; empty = it is
  std::vector<std::uint64_t> matches;       // indices, only while text is not empty
  bool active = false;
};

struct State {
  Document document;
  std::vector<Stage> stages;                // at least one once the window is up
  Playback playback;
  Selection selection;
  ByteView bytes;
  TimeView time;
  EventFilter filter;
  Settings settings;
  LeftTab left_tab = LeftTab::Events;
  Popup popup = Popup::None;
  std::optional<trace::Trouble> trouble;    // the bar above the stage
  std::string notice;                       // a line that fades: "Saved lesson.json"
  std::shared_ptr<Loading> loading;         // while a file is being opened
  bool quit = false;
  std::string screenshot_path;              // set by Screenshot, done and cleared by the platform after the frame
  double now_s = 0;                         // the frame's clock: panels animate by it, nothing else reads a clock
  double moved_at_s = -1e9;                 // when the cursor last moved: what split and merge motion is timed from
  replay::Position moved_from{};            // where it was before

  [[nodiscard]] const replay::Timeline& timeline(std::size_t stage = 0) const { return *stages[stage].timeline; }
  [[nodiscard]] replay::Position cursor() const { return stages.front().timeline->position(); }
};

}  // namespace allocviz::app
