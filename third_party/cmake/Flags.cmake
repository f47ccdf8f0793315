# allocviz_flags: what every target of this project is compiled with. Linked PRIVATE, so nobody who uses core/alloc
# inherits our warnings.
add_library(allocviz_flags INTERFACE)
target_compile_features(allocviz_flags INTERFACE cxx_std_20)
target_compile_options(allocviz_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
# Optimising, GCC 12 sees uninitialised strings on the path of an exception out of an aggregate's initialiser, and copies
# that overlap in "text" + string, where there are none. Clang's own analysis of the same stays on.
target_compile_options(allocviz_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict>)
# GCC collects what it no longer needs while it compiles, which takes a tenth of its time and spares 150 MB.
target_compile_options(allocviz_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=524288>)
target_include_directories(allocviz_flags INTERFACE ${PROJECT_SOURCE_DIR})
# What the standard library says of its own contracts (an index beyond the end, a clamp between bounds that are crossed).
target_compile_definitions(allocviz_flags INTERFACE $<$<NOT:$<CONFIG:Release>>:_GLIBCXX_ASSERTIONS>)
if(ALLOCVIZ_WERROR)
  target_compile_options(allocviz_flags INTERFACE -Werror)
endif()
if(ALLOCVIZ_SANITIZE)
  target_compile_options(allocviz_flags INTERFACE -fsanitize=${ALLOCVIZ_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(allocviz_flags INTERFACE -fsanitize=${ALLOCVIZ_SANITIZE})
  if(ALLOCVIZ_SANITIZE MATCHES "address")
    # What it finds AddressSanitizer finds, and it costs a twelfth of the time to compile.
    target_compile_options(allocviz_flags INTERFACE -fno-sanitize=object-size)
  endif()
endif()
# Forty programs take GNU's linker a good while, and LLVM's hardly any; most of all with what sanitizers add.
find_program(ALLOCVIZ_LLD ld.lld)
if(ALLOCVIZ_LLD AND PROJECT_IS_TOP_LEVEL)
  target_link_options(allocviz_flags INTERFACE -fuse-ld=lld)
endif()
# Where a program may lie anywhere, a sanitizer's tables are relocated at every start, which with a process a test is a
# good part of the time. ThreadSanitizer insists on it.
if(ALLOCVIZ_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(allocviz_flags INTERFACE $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
endif()
if(ALLOCVIZ_FUZZ)
  # Everything is instrumented for coverage; only the targets themselves link libFuzzer's main.
  target_compile_options(allocviz_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
