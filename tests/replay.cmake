# The tests of core/replay.
allocviz_test(replay_test
  SOURCES
    replay_series.cpp
  LIBS allocviz_core
)
