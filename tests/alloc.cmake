# core/alloc: contracts, placement, misuse, random streams; built without anything but the folder itself.
allocviz_test(alloc_test SOURCES
  alloc_adaptors.cpp
  alloc_backing.cpp
  alloc_beside.cpp
  alloc_bitmap.cpp
  alloc_buddy.cpp
  alloc_buddy_regions.cpp
  alloc_bump.cpp
  alloc_check.cpp
  alloc_folder.cpp
  alloc_fuzzed.cpp
  alloc_placement.cpp
  alloc_random.cpp
  alloc_recorder.cpp
  alloc_slab.cpp
  alloc_snapshot.cpp
  alloc_steps.cpp
  alloc_tiered.cpp
  alloc_tiered_check.cpp
  alloc_tiered_runs.cpp
  fuzz/alloc_fuzz.cpp
  support/placement.cpp
  LIBS allocviz_alloc ALONE)
# They bring whole namespaces into the global one.
set_source_files_properties(fuzz/alloc_fuzz.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
if(ALLOCVIZ_TOGETHER)
  target_precompile_headers(alloc_test PRIVATE <gtest/gtest.h> <algorithm> <array> <map> <random> <string> <vector>)
endif()

# Without a standard library: compiled so with every compiler, and asking for no symbol but memcpy and its like.
add_library(alloc_freestanding OBJECT alloc_freestanding.cpp)
target_link_libraries(alloc_freestanding PRIVATE allocviz_alloc)
target_compile_options(alloc_freestanding PRIVATE
  -O2 -ffreestanding -fno-exceptions -fno-rtti -fno-stack-protector -fno-asynchronous-unwind-tables
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${ALLOCVIZ_WERROR}>:-Werror>)
add_test(NAME Freestanding.core_alloc_needs_no_symbol_of_a_standard_library
  COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DOBJECT=$<TARGET_OBJECTS:alloc_freestanding>
    -P ${CMAKE_CURRENT_SOURCE_DIR}/support/undefined_symbols.cmake)

# The library's pages: the code on each, all of its blocks in order, is a program that is built and has to end with 0.
file(GLOB pages CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/core/docs ${PROJECT_SOURCE_DIR}/core/docs/*.md)
foreach(page ${pages})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/core/docs/${page})
  file(READ ${PROJECT_SOURCE_DIR}/core/docs/${page} rest)
  set(code "")
  while(rest MATCHES "\n```cpp\n")
    string(FIND "${rest}" "\n```cpp\n" from)
    math(EXPR from "${from} + 8")
    string(SUBSTRING "${rest}" ${from} -1 rest)
    string(FIND "${rest}" "\n```\n" length)
    string(SUBSTRING "${rest}" 0 ${length} block)
    string(APPEND code "${block}\n")
    string(SUBSTRING "${rest}" ${length} -1 rest)
  endwhile()
  if(code STREQUAL "")
    continue()
  endif()
  string(REPLACE ".md" "" name ${page})
  file(CONFIGURE OUTPUT docs/${name}.cpp CONTENT "// From core/docs/${page}.\n@code@" @ONLY)
  add_executable(docs_${name} ${CMAKE_CURRENT_BINARY_DIR}/docs/${name}.cpp)
  target_link_libraries(docs_${name} PRIVATE allocviz_alloc allocviz_flags)
  target_compile_options(docs_${name} PRIVATE -UNDEBUG $<$<CONFIG:RelWithDebInfo>:-O0>)
  add_test(NAME Docs.the_example_of_${name}_runs COMMAND docs_${name})
endforeach()

# What follows builds programs of its own, of which this build's sanitizers see nothing.
if(ALLOCVIZ_SANITIZE)
  return()
endif()

# Steps that nobody hears leave nothing behind, whichever compiler is here.
foreach(compiler g++ clang++)
  find_program(ALLOCVIZ_${compiler} ${compiler})
  if(ALLOCVIZ_${compiler})
    add_test(NAME MachineCode.is_the_same_without_the_calls_of_a_sink_with_${compiler}
      COMMAND ${CMAKE_COMMAND} -DCXX=${ALLOCVIZ_${compiler}} -DROOT=${PROJECT_SOURCE_DIR}
        -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}/alloc_machine_code.cpp -DOUT=${CMAKE_CURRENT_BINARY_DIR}/alloc_${compiler}
        -P ${CMAKE_CURRENT_SOURCE_DIR}/support/machine_code.cmake)
  endif()
endforeach()

# 32 bits and no library, and the same placement: a Cortex-M3 in QEMU, and this PC.
foreach(machine cortex_m pc32)
  set(name BareMetal.a_${machine}_places_every_block_where_64_bits_do)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -DMACHINE=${machine} -DROOT=${PROJECT_SOURCE_DIR}
    -DOUT=${CMAKE_CURRENT_BINARY_DIR}/${machine}.elf -P ${CMAKE_CURRENT_SOURCE_DIR}/embed/bare/run.cmake)
  set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED" TIMEOUT 120)
endforeach()

# In somebody else's project by way of find_package, from what is installed.
add_test(NAME Embed.the_installed_allocators_are_found_and_run
  COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -DOUT=${CMAKE_CURRENT_BINARY_DIR}/installed
    -DCXX=${CMAKE_CXX_COMPILER} -DGENERATOR=${CMAKE_GENERATOR} -P ${CMAKE_CURRENT_SOURCE_DIR}/embed/installed.cmake)
# And without CMake: the folder alone, copied under another name.
add_test(NAME Embed.a_copy_of_the_folder_serves_under_another_name
  COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -DOUT=${CMAKE_CURRENT_BINARY_DIR}/copied -DCXX=${CMAKE_CXX_COMPILER}
    -P ${CMAKE_CURRENT_SOURCE_DIR}/embed/copied.cmake)
set_tests_properties(Embed.the_installed_allocators_are_found_and_run
  Embed.a_copy_of_the_folder_serves_under_another_name PROPERTIES TIMEOUT 120)
