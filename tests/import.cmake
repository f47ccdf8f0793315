# Foreign logs: each format's grammar, real logs and their figures, cuts and damage.
# ThreadSanitizer brings an operator new of its own; a second one beside it does not link.
if(NOT ALLOCVIZ_SANITIZE MATCHES "thread")
  set(import_memory import_memory.cpp support/counted_memory.cpp)
endif()
allocviz_test(import_test
  SOURCES
    import_bionic.cpp
    import_csv.cpp
    import_csv_numbers.cpp
    import_esp_heap.cpp
    import_figures.cpp
    import_glibc_trace.cpp
    import_heaptrack.cpp
    import_heaptrack_interpreted.cpp
    import_hook_log.cpp
    import_json_rows.cpp
    import_kmem.cpp
    import_lives.cpp
    import_ltrace.cpp
    import_malloc_bench.cpp
    import_malloclab.cpp
    ${import_memory}
    import_mtrace.cpp
    import_mutation.cpp
    import_process_log.cpp
    import_registry.cpp
    import_support.cpp
    import_table_lives.cpp
    import_torch.cpp
    import_valgrind.cpp
    import_vma.cpp
    import_wee_alloc.cpp
  LIBS allocviz_core nlohmann_json::nlohmann_json)

# A fuzzer a format, on the same reader that the damage tests use, and one of them all, which takes each input for what
# it looks like. A short run of that one, from the test data on, is a test.
if(ALLOCVIZ_FUZZ)
  function(allocviz_import_fuzz name)
    add_executable(${name} fuzz/import_fuzz.cpp import_support.cpp)
    target_compile_definitions(${name} PRIVATE ALLOCVIZ_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ${ARGN})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${name} PRIVATE allocviz_core allocviz_flags GTest::gtest)
  endfunction()
  foreach(format mtrace heaptrack-raw heaptrack bionic valgrind ltrace kmem malloclab csv json-rows esp-heap process-log hook-log torch-json torch-pickle
      glibc-trace malloc-bench vma wee-alloc)
    allocviz_import_fuzz(import_fuzz_${format} ALLOCVIZ_FUZZED_FORMAT="${format}")
  endforeach()
  allocviz_import_fuzz(import_fuzz)
  # What it finds goes into the first folder, and what it begins with stands in the second.
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/import_fuzz_found)
  add_test(NAME Fuzz.bytes_that_look_like_a_log_break_no_importer
    COMMAND import_fuzz -runs=20000 -max_len=4000 -seed=1 -timeout=20
      ${CMAKE_CURRENT_BINARY_DIR}/import_fuzz_found ${CMAKE_CURRENT_SOURCE_DIR}/data/import)
endif()
