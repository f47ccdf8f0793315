# With ALLOCVIZ_TOGETHER, what every source includes anyway is compiled once a library, and sources are compiled several
# together: about half of the time to build everything. The preset dev builds without, so that a missing #include is seen.
# Names in the anonymous namespaces of one room must therefore differ, or lie in a namespace of their file, as those of the
# importers do, which all say recognise() and read().
set(allocviz_common_headers <algorithm> <cstdint> <functional> <map> <memory> <optional> <span> <string> <string_view>
    <variant> <vector> <fmt/format.h>)

# Where a sanitizer looks on, what prints, draws or is seldom done runs for milliseconds and takes minutes to optimise.
function(allocviz_unoptimised)
  foreach(target ${ARGN})
    if(TARGET ${target})
      target_compile_options(${target} PRIVATE -O0)
    endif()
  endforeach()
endfunction()

# Sources of such a target in which a loop counts: the precompiled header and the sources around them are not for them.
function(allocviz_optimised_when_sanitized)
  if(ALLOCVIZ_SANITIZE)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O1 SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()

# allocviz_precompile(TARGET [further headers...]): makes a precompiled header, which takes as long as a source.
function(allocviz_precompile target)
  if(ALLOCVIZ_TOGETHER AND TARGET ${target})
    target_precompile_headers(${target} PRIVATE ${allocviz_common_headers} ${ARGN})
    allocviz_compile_together(${target})
  endif()
endfunction()

# allocviz_precompiled_by(OWNER TARGETS...): they use the owner's, being compiled with the same options.
function(allocviz_precompiled_by owner)
  foreach(target ${ARGN})
    if(ALLOCVIZ_TOGETHER AND TARGET ${target})
      target_precompile_headers(${target} REUSE_FROM ${owner})
      allocviz_compile_together(${target})
    endif()
  endforeach()
endfunction()

function(allocviz_compile_together target)
  if(ALLOCVIZ_TOGETHER)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
    # GCC takes an anonymous namespace for a header's where the source is included by another, and sees a string's own
    # buffer overrun where an initialiser moves it; dev, which compiles each source alone, keeps both.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage -Wno-array-bounds
      -Wno-stringop-overread>)
  endif()
endfunction()
