# core/alloc: contracts, placement, misuse, random streams; built without anything but the folder itself.
allocviz_test(alloc_test SOURCES
  alloc_adaptors.cpp
  alloc_backing.cpp
  alloc_buddy.cpp
  alloc_buddy_regions.cpp
  alloc_bump.cpp
  alloc_check.cpp
  alloc_placement.cpp
  alloc_random.cpp
  alloc_slab.cpp
  alloc_snapshot.cpp
  alloc_steps.cpp
  support/placement.cpp
  LIBS allocviz_alloc)
