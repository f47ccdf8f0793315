# The sources of core/replay, relative to core/.
list(APPEND replay_sources
  replay/builder.cpp
  replay/census.cpp
  replay/keyframes.cpp
  replay/player.cpp
  replay/series.cpp
  replay/timeline.cpp
)
