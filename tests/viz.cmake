# What the window shows, drawn without a display.
allocviz_test(platform_test DRAWS SOURCES platform_test.cpp platform_svg.cpp LIBS allocviz_platform fmt::fmt)
# The program itself: under a virtual display with a real mouse and keyboard, and with no display at all.
allocviz_test(window_test DRAWS SOURCES window_test.cpp LIBS fmt::fmt)
target_compile_definitions(window_test PRIVATE ALLOCVIZ_PROGRAM="$<TARGET_FILE:allocviz>")
add_dependencies(window_test allocviz)
# alloctrace render, which draws with the allocviz beside it.
if(TARGET cli_support)
  allocviz_test(render_test DRAWS SOURCES cli_render.cpp LIBS cli_support)
  add_dependencies(render_test allocviz)
endif()
# The first whole path, as a person goes it.
allocviz_test(session_test SOURCES session_test.cpp ui/gui.cpp ui/harness.cpp LIBS allocviz_platform)
if(NOT ALLOCVIZ_PARTS_TESTS)
  return()
endif()

# The widgets.
allocviz_test(ui_test SOURCES ui_test.cpp ui/gui.cpp LIBS allocviz_panels)
allocviz_test(draw_test
  SOURCES
    draw_cards.cpp
    draw_charts.cpp
    draw_digest.cpp
    draw_legend.cpp
    draw_lod.cpp
    draw_match_columns.cpp
    draw_theme.cpp
    stages_buddy.cpp
    stages_marks.cpp
    stages_marks_buddy.cpp
    stages_narrow.cpp
    stages_others.cpp
    stages_golden.cpp
    stages_recorded.cpp
    stages_tiered.cpp
    support/replay.cpp
  LIBS allocviz_app)
# The state and its commands: no window, no ImGui.
allocviz_test(app_test SOURCES app_update_test.cpp app_playback_test.cpp app_filter_test.cpp app_groups_test.cpp app_loader_test.cpp
              app_opening_test.cpp app_pages_test.cpp app_beside_test.cpp app_moving_test.cpp app_bad_input_test.cpp
              app_settings_test.cpp app_coloring_test.cpp app_commands_test.cpp app_charts_test.cpp app_inspect_test.cpp
              app_texts_test.cpp app_by_hand_test.cpp support/replay.cpp
              LIBS allocviz_app)
# The panels as they are clicked and typed into.
allocviz_test(panels_test SOURCES panels_test.cpp panels_charts_test.cpp panels_files_test.cpp panels_find_test.cpp panels_menus_test.cpp panels_monkey_test.cpp panels_words_test.cpp panels_cards_test.cpp panels_captions_test.cpp panels_event_test.cpp panels_waiting_test.cpp panels_room_test.cpp ui/gui.cpp
              LIBS allocviz_panels)
# What these name for themselves, others name too.
set_source_files_properties(stages_golden.cpp stages_recorded.cpp app_texts_test.cpp panels_cards_test.cpp
  PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
