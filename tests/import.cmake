# Foreign logs: each format's grammar, real logs and their figures, cuts and damage.
# ThreadSanitizer brings an operator new of its own; a second one beside it does not link.
if(NOT ALLOCVIZ_SANITIZE MATCHES "thread")
  set(import_memory import_memory.cpp support/counted_memory.cpp)
endif()
allocviz_test(import_test ALONE
  SOURCES
    import_bionic.cpp
    import_csv.cpp
    import_esp_heap.cpp
    import_heaptrack.cpp
    import_heaptrack_interpreted.cpp
    import_kmem.cpp
    import_lives.cpp
    import_ltrace.cpp
    import_malloclab.cpp
    ${import_memory}
    import_mtrace.cpp
    import_mutation.cpp
    import_registry.cpp
    import_support.cpp
    import_torch.cpp
    import_valgrind.cpp
  LIBS allocviz_core nlohmann_json::nlohmann_json)

# A fuzzer a format, on the same reader that the damage tests use.
if(ALLOCVIZ_FUZZ)
  foreach(format mtrace heaptrack-raw heaptrack bionic valgrind ltrace kmem malloclab csv esp-heap torch-json torch-pickle)
    add_executable(import_fuzz_${format} fuzz/import_fuzz.cpp import_support.cpp)
    target_compile_definitions(import_fuzz_${format} PRIVATE
      ALLOCVIZ_FUZZED_FORMAT="${format}" ALLOCVIZ_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    target_compile_options(import_fuzz_${format} PRIVATE -fsanitize=fuzzer)
    target_link_options(import_fuzz_${format} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(import_fuzz_${format} PRIVATE allocviz_core allocviz_flags GTest::gtest)
  endforeach()
endif()
