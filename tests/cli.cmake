# alloctrace as its users run it: the program that was built, its output, its errors and its exit codes.

# Running it and reading what it wrote, for every test of it.
add_library(cli_support OBJECT cli_support.cpp)
target_link_libraries(cli_support PUBLIC allocviz_core nlohmann_json::nlohmann_json GTest::gtest PRIVATE allocviz_flags test_flags)
target_compile_options(cli_support PRIVATE ${test_options})
target_compile_definitions(cli_support PUBLIC
  ALLOCTRACE_PROGRAM="$<TARGET_FILE:alloctrace>" ALLOCVIZ_VERSION="${PROJECT_VERSION}")
target_compile_definitions(cli_support PRIVATE ALLOCVIZ_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
add_dependencies(cli_support alloctrace)
allocviz_precompiled_by(test_headers cli_support)

allocviz_test(cli_test
  SOURCES
    cli_groups.cpp
    cli_info.cpp
    cli_replay.cpp
    cli_sweep.cpp
    cli_usage.cpp
    cli_why.cpp
  LIBS cli_support)
