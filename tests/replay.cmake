# The tests of core/replay.
allocviz_test(replay_test
  SOURCES
    replay_machine.cpp
    replay_narrate.cpp
    replay_placement.cpp
    replay_property.cpp
    replay_series.cpp
    replay_timeline.cpp
    support/placement.cpp
    support/replay.cpp
  LIBS allocviz_core
)
