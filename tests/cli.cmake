# alloctrace as its users run it: the program that was built, its output, its errors and its exit codes.
allocviz_test(cli_test
  SOURCES
    cli_info.cpp
    cli_replay.cpp
    cli_support.cpp
    cli_usage.cpp
    cli_why.cpp
  LIBS nlohmann_json::nlohmann_json)
target_compile_definitions(cli_test PRIVATE
  ALLOCTRACE_PROGRAM="$<TARGET_FILE:alloctrace>" ALLOCVIZ_VERSION="${PROJECT_VERSION}")
add_dependencies(cli_test alloctrace)
allocviz_precompile(cli_test <gtest/gtest.h> <nlohmann/json.hpp>)
