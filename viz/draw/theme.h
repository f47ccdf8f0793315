// Colours by meaning. Dark and light hold the same meanings; panels never name a colour.
#pragma once

#include <cstddef>

#include "viz/draw/geometry.h"

namespace allocviz::draw {

enum class ThemeKind : std::uint8_t { Dark, Light };

struct Theme {
  ThemeKind kind = ThemeKind::Dark;
  // surfaces
  Color window{}, panel{}, panel_edge{}, inset{}, row_hover{}, row_current{};
  // text
  Color text{}, text_dim{}, text_faint{}, text_on_live{};  // every one at least 4.5:1 on each surface (on live_fill)
  // states (Okabe-Ito)
  Color live{}, live_fill{}, waste{}, waste_ground{}, free_edge{}, free_fill{}, split_edge{};
  Color touched{}, touched_fill{}, failed{}, failed_fill{}, relation{}, relation_fill{}, reserved{}, dead{}, ok{};
  Color mark{};  // of a mark in time, and of a note: neither is a state of memory
  // charts
  Color grid{}, curve_requested{}, curve_rounded{}, curve_free{}, curve_largest{}, curve_internal{}, curve_external{},
      cursor{};
};

[[nodiscard]] const Theme& theme(ThemeKind kind);
// Viridis at t in 0 ... 1.
[[nodiscard]] Color viridis(double t);

// Colours that differ, for kinds without an order: the i-th of eight, told apart by people with any colour vision
// (the scheme "muted" of Paul Tol, without what is like waste or the cursor, and a grey); from the ninth on the grey.
[[nodiscard]] Color kind_color(std::size_t i);

// Relative luminance and contrast ratio (1 ... 21) as WCAG 2.1 defines them; alpha is not looked at.
[[nodiscard]] double luminance(Color color);
[[nodiscard]] double contrast(Color a, Color b);
// a at t = 0, b at t = 1, each channel (alpha too) on a straight line between.
[[nodiscard]] Color mix(Color a, Color b, double t);

}  // namespace allocviz::draw
