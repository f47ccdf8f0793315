# The sources of viz/draw, relative to viz/.
list(APPEND draw_sources
  draw/axis.cpp
  draw/buddy_layout.cpp
  draw/buddy_lists.cpp
  draw/buddy_marks.cpp
  draw/buddy_relation.cpp
  draw/bump_layout.cpp
  draw/card_layout.cpp
  draw/chart_curves.cpp
  draw/chart_failures.cpp
  draw/chart_layout.cpp
  draw/focus.cpp
  draw/glimpse.cpp
  draw/legend.cpp
  draw/levels_layout.cpp
  draw/lod.cpp
  draw/map_layout.cpp
  draw/match_columns.cpp
  draw/recorded_layout.cpp
  draw/slab_layout.cpp
  draw/slab_list.cpp
  draw/slab_rows.cpp
  draw/strip.cpp
  draw/style.cpp
  draw/theme.cpp
  draw/time_axis.cpp
  draw/tip.cpp)
# What these name for themselves, others name too.
set_source_files_properties(draw/card_layout.cpp draw/glimpse.cpp draw/recorded_layout.cpp draw/buddy_relation.cpp
  PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
# Where each pixel, or each pair of cards, is looked at: a third of the time of the tests of the panels, unoptimised.
allocviz_optimised_when_sanitized(draw/card_layout.cpp draw/chart_curves.cpp)
