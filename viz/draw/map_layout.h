// The memory map: every byte of the arena once, true to scale, on the stage's own x axis; or wrapped into rows where
// the map is the main view and the arena is large.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/replay/census.h"
#include "core/replay/digest.h"
#include "viz/draw/axis.h"
#include "viz/draw/scene.h"
#include "viz/draw/strip.h"

namespace allocviz::draw {

// What the live blocks are coloured by, where that is not their state.
struct MapColors {
  struct Entry {
    std::string word;
    std::string hint;  // for the panel's tooltip
    Color color = 0;
    bool dimmed = false;
    std::string telling{};  // what of the word stays where there is no room for it, and of that its end; empty = both
                            // ends of the word stay
    std::size_t kept = 0;   // of that, how many bytes at the end are never cut: a number, an offset
  };
  std::vector<Entry> legend;
  TintOf tint_of;
};

struct MapInput {
  const replay::Census& census;
  const Focus& focus;
  Rect rect;  // the panel's content
  Span view;
  Style style;
  const NameOf& name_of;
  const MapColors* colors = nullptr;       // null = by state
  std::string_view title = {};             // what the panel writes before the legend
  bool may_wrap = false;                   // the map is the main view: it need not stand under the tree
  bool alone = false;                      // no tree stands above whose axis it shares: it takes the whole width
  const replay::Digest* digest = nullptr;  // of the census, where there is one
};

struct MapScene {
  Scene scene;
  std::vector<ByteAxis> axes;  // one a row
  std::vector<Rect> rows;
  std::vector<Rect> legend;               // of MapColors::legend; empty where there is no room for one
  std::vector<std::string> legend_hints;  // one each
  Rect legend_line;                       // empty where there is no room for one
};

[[nodiscard]] MapScene lay_out_map(const MapInput& input);
// How many bytes a pixel stands for: "2.4 B" below ten, where a whole number would be far off, then "53 KiB".
[[nodiscard]] std::string scale_text(double bytes_per_px);
// What its width stands for: "1 px = 53 KiB", of a wrapped one "a row = 64 MiB"; empty where nothing is laid out.
[[nodiscard]] std::string scale_note(const MapScene& scene);
// The bytes that stand on the pixel at a point.
[[nodiscard]] std::optional<Span> hit(const MapScene& scene, Point at);

}  // namespace allocviz::draw
