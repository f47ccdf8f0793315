# Calls made of bytes, on every allocator, with the sanitizers watching; a short run of it is a test.
add_executable(alloc_fuzz fuzz/alloc_fuzz.cpp)
target_compile_definitions(alloc_fuzz PRIVATE ALLOCVIZ_LIBFUZZER)
target_link_libraries(alloc_fuzz PRIVATE allocviz_alloc allocviz_flags)
target_compile_options(alloc_fuzz PRIVATE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
target_link_options(alloc_fuzz PRIVATE -fsanitize=fuzzer,address,undefined)
add_test(NAME Fuzz.calls_made_of_bytes_break_no_allocator COMMAND alloc_fuzz -runs=20000 -max_len=400 -seed=1)
