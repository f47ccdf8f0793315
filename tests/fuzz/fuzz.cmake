# libFuzzer targets, one a room; clang only.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "ALLOCVIZ_FUZZ needs clang: its libFuzzer is the driver")
endif()
include(fuzz/alloc_fuzz.cmake)
