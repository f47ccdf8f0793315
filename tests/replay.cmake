# The tests of core/replay.
allocviz_test(replay_test
  SOURCES
    analyze_groups.cpp
    analyze_least_arena.cpp
    analyze_why.cpp
    replay_ahead.cpp
    replay_free_order.cpp
    replay_kept.cpp
    replay_keyframes.cpp
    replay_logs.cpp
    replay_machine.cpp
    replay_narrate.cpp
    replay_narrate_tiered.cpp
    replay_over_time.cpp
    replay_placement.cpp
    replay_property.cpp
    replay_recorded.cpp
    replay_series.cpp
    replay_timeline.cpp
    support/placement.cpp
    support/replay.cpp
    support/trace_samples.cpp
  LIBS allocviz_core
)

if(ALLOCVIZ_BENCH)
  find_package(benchmark REQUIRED)
  add_executable(replay_bench bench/replay_bench.cpp)
  target_link_libraries(replay_bench PRIVATE allocviz_core allocviz_flags benchmark::benchmark)
  target_compile_definitions(replay_bench PRIVATE ALLOCVIZ_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endif()
