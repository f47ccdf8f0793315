# The lessons of scenarios/ as C++, in the order of their names: target scenario_files. Run by CMake to make the target,
# and as a script (-DFILES, -DOUT) to write the source whenever a lesson changed.
if(CMAKE_SCRIPT_MODE_FILE)
  set(text "// Generated from scenarios/*.json.\n#include \"viz/app/scenario_files.h\"\n\n#include <iterator>\n\nnamespace allocviz::app {\nnamespace {\n\n")
  string(APPEND text "constexpr EmbeddedScenario kScenarios[] = {\n")
  string(REPLACE "|" ";" FILES "${FILES}")
  foreach(path IN LISTS FILES)
    get_filename_component(name ${path} NAME_WE)
    file(READ ${path} json)
    string(FIND "${json}" ")lesson\"" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${path} holds )lesson\", which ends the literal it is compiled in: write it otherwise")
    endif()
    string(APPEND text "    {\"${name}\", R\"lesson(" "${json}" ")lesson\"},\n")
  endforeach()
  string(APPEND text "    {},   // an array may not be empty\n};\n\n}  // namespace\n\n")
  string(APPEND text "std::span<const EmbeddedScenario> embedded_scenarios() { return std::span{kScenarios}.first(std::size(kScenarios) - 1); }\n\n")
  string(APPEND text "}  // namespace allocviz::app\n")
  file(WRITE ${OUT} "${text}")
  return()
endif()

file(GLOB scenario_json CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scenarios/*.json)
list(SORT scenario_json)
list(JOIN scenario_json "|" scenario_list)
set(scenario_source ${CMAKE_CURRENT_BINARY_DIR}/scenario_files.cpp)
add_custom_command(OUTPUT ${scenario_source}
  COMMAND ${CMAKE_COMMAND} "-DFILES=${scenario_list}" -DOUT=${scenario_source} -P ${CMAKE_CURRENT_LIST_FILE}
  DEPENDS ${scenario_json} ${CMAKE_CURRENT_LIST_FILE}
  COMMENT "Compiling the lessons in" VERBATIM)
add_library(scenario_files STATIC ${scenario_source})
target_link_libraries(scenario_files PRIVATE allocviz_flags)
