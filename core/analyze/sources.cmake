# The sources of core/analyze, relative to core/.
list(APPEND analyze_sources
  analyze/divergence.cpp
  analyze/why.cpp)
