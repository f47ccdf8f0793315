# The house itself: who includes whom, and what the lists say. Needs no library of ours.
allocviz_test(house_test SOURCES house_test.cpp)
