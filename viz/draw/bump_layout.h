// The bump region: what is unused, the mark, and what lies above it, live or dead; then its figures as bars and, when
// something holds the region, a sentence that says what.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/replay/census.h"
#include "core/replay/digest.h"
#include "viz/draw/axis.h"
#include "viz/draw/focus.h"
#include "viz/draw/scene.h"
#include "viz/draw/strip.h"

namespace allocviz::draw {

struct BumpInput {
  const replay::Census& census;
  const trace::AllocatorSpec& spec;
  Moment now;  // the event at the cursor
  std::optional<std::uint64_t> selected;
  Rect rect;
  Span view;
  Style style;
  const NameOf& name_of;
  const replay::Digest* digest = nullptr;  // of the census, where there is one
};

struct Bar {
  std::string word;
  std::uint64_t bytes = 0;
  Look look = Look::Live;
  Rect track = {}, filled = {};
  std::uint64_t in_flight = 0;  // bytes that become part of it when the event is done
  Rect flying = {};             // their part of the track, next to `filled`
};

// Figures of a bump region; their sum is the arena.
struct BumpSums {
  std::uint64_t live = 0, in_flight = 0, dead = 0, padding = 0, unused = 0;
};
[[nodiscard]] BumpSums bump_sums(const replay::Census& census);
// Of few digits to the byte, so that a lesson's figures add up; else as sizes are told everywhere: "14.2 MiB".
[[nodiscard]] std::string bump_size(std::uint64_t bytes);
// Title and lines of the box, empty when nothing holds back dead bytes.
[[nodiscard]] std::vector<std::string> held_text(const replay::Census& census, const NameOf& name_of,
                                                 bool exact = true);

struct BumpScene {
  Scene scene;
  ByteAxis axis;
  Rect region;                  // the bar itself
  std::optional<float> mark_x;  // where the mark stands, when in view
  std::vector<Bar> bars;
  std::optional<Rect> held_box;  // below the bars, which keep their place whether anything is held or not
};

[[nodiscard]] BumpScene lay_out_bump(const BumpInput& input);
[[nodiscard]] std::optional<Span> hit(const BumpScene& scene, Point at);

}  // namespace allocviz::draw
