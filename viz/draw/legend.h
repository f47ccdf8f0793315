// A legend: swatches with words over a few lines. Words are shortened before any is left out, numbers and offsets are
// never cut, and what is not on screen makes way first.
//
//   by site  [#] parse_header   [#] libsq…+0xa7504   [/] waste       one line after its title, the others
//            [ ] touched now    [:] several blocks behind one pixel   from where the map begins
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/trace/spec.h"
#include "viz/draw/scene.h"

namespace allocviz::draw {

struct LegendEntry {
  Box swatch;  // how it looks; where it stands is said by the layout
  std::string word;
  std::string telling{};   // what of the word stays where there is no room for it; empty = it has no such part
  std::string shortest{};  // the same where not even that fits, and the word is not to be cut; empty = it has none
  std::size_t kept = 0;    // how many bytes at the end of that are never cut: a number, an offset
  int rank = 0;            // the higher, the sooner it is left out
  Tone tone = Tone::Dim;
};

struct LegendPlace {
  Rect line;     // the first
  float x0 = 0;  // where the others begin
  int lines = 1;
};

// Adds them to a scene. Returns where each stands, swatch and word; what is left out has an empty rectangle.
std::vector<Rect> add_legend(Scene& scene, LegendPlace place, const std::vector<LegendEntry>& entries,
                             const Style& style);
// How many lines they need, with no word wider than so many ems that can be cut.
[[nodiscard]] int legend_lines(const LegendPlace& place, const std::vector<LegendEntry>& entries, float most_em,
                               const Style& style);
// How far it is from one line to the next.
[[nodiscard]] float legend_pitch(const Style& style);

// Which states a scene shows.
struct OnScreen {
  bool look[kLooks] = {};
  bool touched = false;
  bool several = false;  // some column stands for several blocks: it is dotted
  [[nodiscard]] bool has(Look one) const { return look[static_cast<std::size_t>(one)]; }
};
[[nodiscard]] OnScreen on_screen(const Scene& scene);

// The states of an allocator of this kind, in one order: those that it always has, and of the others those on screen.
// What is not there is left out first; with colours of its own, live blocks have no entry here.
[[nodiscard]] std::vector<LegendEntry> state_entries(trace::AllocatorKind kind, const OnScreen& shown, bool colored);

}  // namespace allocviz::draw
