// What the panels remember from frame to frame, and nothing else does: the last layout of each stage and chart, and the
// name of the texture its pixels were uploaded to. The frame loop owns one Caches and lends it to the panels; throwing
// it away at any time costs one layout and changes nothing on screen, but that pinned cards stand as if just pinned.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/replay/timeline.h"
#include "viz/draw/axis.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/bump_layout.h"
#include "viz/draw/card_layout.h"
#include "viz/draw/chart_layout.h"
#include "viz/draw/levels_layout.h"
#include "viz/draw/map_layout.h"
#include "viz/draw/recorded_layout.h"
#include "viz/draw/slab_layout.h"
#include "viz/draw/slab_rows.h"
#include "viz/draw/theme.h"

namespace allocviz::draw {

// Names the state of an allocator and how it is looked at. A replay is deterministic, so trace, configuration and
// position say what a census holds; the trace is remembered weakly, so that a new one at an old address is not taken
// for it.
struct ViewKey {
  std::weak_ptr<const void> trace;
  trace::AllocatorSpec spec;
  replay::Position position{};
  std::uint64_t events = 0;
  Rect rect;
  Span view;
  Style style;
  ThemeKind theme = ThemeKind::Dark;
  std::optional<std::uint64_t> selected;
  double moved_at_s = 0;
  unsigned flags = 0;         // what else a layout depends on: curves, motion
  std::uint64_t found = 0;    // which search lights blocks; 0 = none
  std::size_t failures = 0;   // of every stage: a second one adds its own
  std::string others;         // what else stands beside it, where that is in the picture
  std::uint64_t version = 0;  // of what else may change at one place: marks written by hand, what is tried

  [[nodiscard]] bool operator==(const ViewKey& other) const {
    const bool same_trace = !trace.owner_before(other.trace) && !other.trace.owner_before(trace);
    return same_trace && spec == other.spec && position == other.position && events == other.events &&
           rect.x0 == other.rect.x0 && rect.y0 == other.rect.y0 && rect.x1 == other.rect.x1 &&
           rect.y1 == other.rect.y1 && view == other.view && style == other.style && theme == other.theme &&
           selected == other.selected && moved_at_s == other.moved_at_s && flags == other.flags &&
           found == other.found && failures == other.failures && others == other.others && version == other.version;
  }
};

template <class Scene>
struct Cached {
  std::optional<ViewKey> key;
  Scene scene;
  Picture picture;
  std::uintptr_t texture = 0;
  std::uint64_t made = 0;  // how often it was laid out: what tests count

  // True when the scene has to be laid out anew; remembers the key.
  [[nodiscard]] bool outdated(const ViewKey& now) {
    if (key && *key == now) return false;
    key = now;
    ++made;
    return true;
  }
};

struct StageCache {
  Cached<BuddyScene> buddy;
  Cached<SlabScene> slab;
  Cached<SlabRows> slab_rows;
  Cached<BumpScene> bump;
  Cached<RecordedScene> recorded;
  Cached<MapScene> map;
  Cached<MapColors> colors;  // of the map: they change with the cursor, and stay while the map is zoomed
};

// Where a card stood last: it counts in the same room at the same scale only.
struct CardBefore {
  std::size_t stage = 0;
  std::uint64_t offset = 0;
  Rect room;
  float em = 0;
  CardPlace place;
  std::size_t lines = 0;  // that it said
};

struct Caches {
  std::map<std::size_t, StageCache> stages;
  Cached<ChartScene> chart;
  Cached<LevelsScene> levels;
  std::vector<CardBefore> cards;
};

}  // namespace allocviz::draw
