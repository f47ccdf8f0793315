# The lessons, each run on the real allocators and held to what its notes claim.
allocviz_test(scenarios_test SOURCES scenarios_test.cpp scenarios_notes.cpp LIBS allocviz_core fmt::fmt)
