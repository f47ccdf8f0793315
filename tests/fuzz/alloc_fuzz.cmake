# Calls made of bytes, on every allocator, with the sanitizers watching: a program a target, in the order of kTargets.
# A short run of each is a test.
set(sanitizers -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
add_library(alloc_fuzz OBJECT fuzz/alloc_fuzz.cpp)
target_compile_definitions(alloc_fuzz PRIVATE ALLOCVIZ_LIBFUZZER)
target_link_libraries(alloc_fuzz PRIVATE allocviz_alloc allocviz_flags)
target_compile_options(alloc_fuzz PRIVATE ${sanitizers})
set(number 0)
foreach(target buddy bitmap slab bump tiered regions misuse beside)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/alloc_fuzz_${target}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "extern const unsigned fuzz_target;\nconst unsigned fuzz_target = ${number};\n")
  add_executable(alloc_fuzz_${target} ${source} $<TARGET_OBJECTS:alloc_fuzz>)
  target_link_options(alloc_fuzz_${target} PRIVATE ${sanitizers})
  add_test(NAME Fuzz.calls_made_of_bytes_break_nothing_of_${target}
    COMMAND alloc_fuzz_${target} -runs=20000 -max_len=400 -seed=1)
  math(EXPR number "${number} + 1")
endforeach()
