# The sources of core/cli, relative to core/.
list(APPEND cli_sources
  cli/check.cpp
  cli/choice.cpp
  cli/convert.cpp
  cli/groups.cpp
  cli/info.cpp
  cli/json_writer.cpp
  cli/main.cpp
  cli/moment.cpp
  cli/parse.cpp
  cli/record.cpp
  cli/render.cpp
  cli/replay.cpp
  cli/state.cpp
  cli/steps.cpp
  cli/sweep.cpp
  cli/terminal.cpp
  cli/why.cpp)
# CLI11 is long to compile, and nothing waits for it: not optimised, so it cannot share the precompiled header either.
set_source_files_properties(cli/parse.cpp PROPERTIES
  COMPILE_DEFINITIONS "ALLOCVIZ_VERSION=\"${PROJECT_VERSION}\"" COMPILE_OPTIONS -O0 SKIP_PRECOMPILE_HEADERS ON)
