// Colours by meaning. Dark and light hold the same meanings; panels never name a colour.
#pragma once

#include "viz/draw/geometry.h"

namespace allocviz::draw {

enum class ThemeKind : std::uint8_t { Dark, Light };

struct Theme {
  ThemeKind kind = ThemeKind::Dark;
  // surfaces
  Color window{}, panel{}, panel_edge{}, inset{}, row_hover{}, row_current{};
  // text
  Color text{}, text_dim{}, text_faint{}, text_on_live{};   // every one at least 4.5:1 on panel (faint: 3:1, never alone)
  // states (Okabe-Ito)
  Color live{}, live_fill{}, waste{}, waste_ground{}, free_edge{}, free_fill{}, split_edge{};
  Color touched{}, touched_fill{}, failed{}, failed_fill{}, relation{}, relation_fill{}, reserved{}, dead{}, ok{};
  // charts
  Color grid{}, curve_requested{}, curve_rounded{}, curve_free{}, curve_largest{}, cursor{};
};

[[nodiscard]] const Theme& theme(ThemeKind kind);
// Viridis at t in 0 ... 1.
[[nodiscard]] Color viridis(double t);

}  // namespace allocviz::draw
