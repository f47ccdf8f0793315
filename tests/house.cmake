# The house itself: who includes whom, and what the lists say. Needs no library of ours (and fmt only for its flags, which
# belong to the shared precompiled header).
allocviz_test(house_test SOURCES house_test.cpp LIBS fmt::fmt)

if(ALLOCVIZ_SANITIZE)
  return()
endif()

add_test(NAME House.what_is_kept_goes_by_the_sources_it_was_made_by
  COMMAND ${CMAKE_COMMAND} -DVERSIONS=${PROJECT_SOURCE_DIR}/core/versions.cmake
    -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/versions -P ${PROJECT_SOURCE_DIR}/tests/versions_test.cmake)

# core/alloc in somebody else's project, by the two lines of README.md.
add_test(NAME House.the_allocators_are_embedded_in_two_lines
  COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${PROJECT_SOURCE_DIR}/tests/embed ${CMAKE_CURRENT_BINARY_DIR}/embed
    --build-generator ${CMAKE_GENERATOR}
    --build-options -DALLOCVIZ_DIR=${PROJECT_SOURCE_DIR} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
    --test-command firmware)
set_tests_properties(House.the_allocators_are_embedded_in_two_lines PROPERTIES TIMEOUT 120)
