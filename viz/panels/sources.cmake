# The sources of viz/panels, relative to viz/.
list(APPEND panels_sources panels/compat.cpp panels/ui.cpp panels/ui_controls.cpp panels/ui_focus.cpp panels/ui_menus.cpp panels/ui_shapes.cpp)
list(APPEND panels_sources
  panels/captions.cpp
  panels/error_bar.cpp
  panels/event_flow.cpp
  panels/events.cpp
  panels/events_list.cpp
  panels/events_rows.cpp
  panels/flow.cpp
  panels/groups.cpp
  panels/inspector.cpp
  panels/loading_bar.cpp
  panels/menu_bar.cpp
  panels/palette.cpp
  panels/parts.cpp
  panels/pinned.cpp
  panels/popups.cpp
  panels/popups_files.cpp
  panels/popups_allocator.cpp
  panels/popups_keys.cpp
  panels/popups_text.cpp
  panels/scenarios.cpp
  panels/search_help.cpp
  panels/slab_rows.cpp
  panels/slide.cpp
  panels/transport.cpp
  panels/what_happened.cpp
  panels/what_if.cpp
  panels/window.cpp
  panels/window_layout.cpp)
list(APPEND panels_sources panels/canvas.cpp panels/free_levels.cpp panels/match_lane.cpp panels/memory_map.cpp panels/paint.cpp panels/paint_motion.cpp
  panels/stage_buddy.cpp panels/stage_bump.cpp panels/stage_recorded.cpp panels/stage_slab.cpp panels/timeline.cpp
  panels/timeline_names.cpp panels/timeline_paint.cpp panels/timeline_words.cpp)
# What these name for themselves, others name too.
set_source_files_properties(panels/pinned.cpp panels/popups_text.cpp panels/stage_recorded.cpp panels/what_if.cpp
  panels/scenarios.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
