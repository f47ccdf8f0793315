# Benchmarks, with Google Benchmark (libbenchmark-dev); none of them is a test.
find_package(benchmark REQUIRED)
include(bench/alloc_bench.cmake)
if(ALLOCVIZ_VIZ AND NOT ALLOCVIZ_CORE_ONLY)
  add_executable(draw_bench bench/draw_bench.cpp)
  target_link_libraries(draw_bench PRIVATE allocviz_app allocviz_flags benchmark::benchmark)
  target_compile_definitions(draw_bench PRIVATE ALLOCVIZ_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_executable(frame_bench bench/frame_bench.cpp ui/gui.cpp ui/harness.cpp)
  target_link_libraries(frame_bench PRIVATE allocviz_platform allocviz_flags GTest::gtest)
endif()
# Logs of any length for scale_bench.py.
add_executable(make_log bench/make_log.cpp)
target_link_libraries(make_log PRIVATE allocviz_flags)
