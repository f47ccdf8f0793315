# The sources of core/analyze, relative to core/.
list(APPEND analyze_sources
  analyze/divergence.cpp
  analyze/grouping.cpp
  analyze/groups.cpp
  analyze/least_arena.cpp
  analyze/lives.cpp
  analyze/why.cpp)
