# core/trace: columns, configurations, the builder, files, and our own format read, checked and written.
# ThreadSanitizer brings an operator new of its own; a second one beside it does not link.
if(NOT ALLOCVIZ_SANITIZE MATCHES "thread")
  set(trace_memory trace_memory.cpp support/counted_memory.cpp)
endif()
allocviz_test(trace_test
  SOURCES
    trace_beginning.cpp
    trace_builder.cpp
    trace_cache.cpp
    trace_column.cpp
    trace_cut.cpp
    trace_damage.cpp
    trace_files.cpp
    trace_plain.cpp
    ${trace_memory}
    trace_read.cpp
    trace_sizes.cpp
    trace_spec.cpp
    trace_write.cpp
    support/trace_samples.cpp
  LIBS allocviz_core ZLIB::ZLIB zstd::zstd LibArchive::LibArchive)

# The schema against the same samples and every lesson; skipped where its validator is not installed.
add_test(NAME trace_schema_test COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/trace_schema_test.sh ${PROJECT_SOURCE_DIR})
set_tests_properties(trace_schema_test PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 60)

if(ALLOCVIZ_FUZZ)
  add_executable(trace_json_fuzz fuzz/trace_json_fuzz.cpp support/trace_samples.cpp)
  target_compile_definitions(trace_json_fuzz PRIVATE ALLOCVIZ_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_compile_options(trace_json_fuzz PRIVATE -fsanitize=fuzzer)
  target_link_options(trace_json_fuzz PRIVATE -fsanitize=fuzzer)
  target_link_libraries(trace_json_fuzz PRIVATE allocviz_core allocviz_flags GTest::gtest)
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/trace_json_found)
  add_test(NAME Fuzz.bytes_that_look_like_json_break_no_reader
    COMMAND trace_json_fuzz -runs=20000 -max_len=4000 -seed=1 -timeout=20
      ${CMAKE_CURRENT_BINARY_DIR}/trace_json_found ${PROJECT_SOURCE_DIR}/scenarios)
endif()

if(ALLOCVIZ_BENCH)
  find_package(benchmark REQUIRED)
  add_executable(trace_bench bench/trace_bench.cpp)
  target_link_libraries(trace_bench PRIVATE allocviz_core allocviz_flags benchmark::benchmark)
endif()
