# The sources of viz/app, relative to viz/.
list(APPEND app_sources
  app/adopt.cpp
  app/as_text.cpp
  app/availability.cpp
  app/by_hand.cpp
  app/coloring.cpp
  app/command.cpp
  app/cursor.cpp
  app/draft.cpp
  app/filter.cpp
  app/folder.cpp
  app/front_timeline.cpp
  app/group_view.cpp
  app/history.cpp
  app/in_the_way.cpp
  app/inspect.cpp
  app/keeping.cpp
  app/loader.cpp
  app/moving.cpp
  app/names.cpp
  app/opening.cpp
  app/partings.cpp
  app/playback.cpp
  app/presets.cpp
  app/processes.cpp
  app/query.cpp
  app/query_language.cpp
  app/refusals.cpp
  app/scenario_list.cpp
  app/settings.cpp
  app/startup.cpp
  app/unsaved.cpp
  app/update.cpp
  app/update_charts.cpp
  app/update_document.cpp
  app/update_groups.cpp
  app/update_texts.cpp
  app/update_time.cpp
  app/update_view.cpp
  app/update_window.cpp
  app/what_if.cpp)
# What these name for themselves, others name too.
set_source_files_properties(app/update_texts.cpp app/what_if.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
