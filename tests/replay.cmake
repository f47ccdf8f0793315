# The tests of core/replay.
allocviz_test(replay_test
  SOURCES
    replay_property.cpp
    replay_series.cpp
    support/replay.cpp
  LIBS allocviz_core
)
