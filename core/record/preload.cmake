# The library that is loaded before a program's own. It gets into foreign programs, so it needs libc alone, shows nothing but
# the functions it stands before, and is never instrumented.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  include(CheckCXXSourceCompiles)
  check_cxx_source_compiles("#include <dlfcn.h>\nint main() { struct dl_find_object o; return _dl_find_object(nullptr, &o); }"
    ALLOCVIZ_HAS_DL_FIND_OBJECT)
endif()
if(NOT ALLOCVIZ_HAS_DL_FIND_OBJECT)
  message(STATUS "alloctrace record: left out, it needs Linux with glibc 2.35 or newer")
  return()
endif()
add_library(alloctrace_record SHARED
  record/preload_cfi.cpp
  record/preload_hooks.cpp
  record/preload_log.cpp
  record/preload_setup.cpp
  record/preload_stack.cpp)
target_compile_features(alloctrace_record PRIVATE cxx_std_20)
target_include_directories(alloctrace_record PRIVATE ${PROJECT_SOURCE_DIR})
target_compile_options(alloctrace_record PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${ALLOCVIZ_WERROR}>:-Werror>
  -O2 -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-builtin -fvisibility=hidden -ftls-model=initial-exec
  # The walk over the stack begins at a hook's frame, which has to be there and to stay.
  -fno-omit-frame-pointer -fno-optimize-sibling-calls)
target_link_options(alloctrace_record PRIVATE -nodefaultlibs LINKER:-z,defs,-z,now)
target_link_libraries(alloctrace_record PRIVATE c)
# As one unit, so that what stands on the way of every event is inlined.
set_target_properties(alloctrace_record PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF UNITY_BUILD ON)
