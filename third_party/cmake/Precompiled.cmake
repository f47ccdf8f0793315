# With ALLOCVIZ_PCH, what every source includes anyway is compiled once a library: about a third less time to build
# everything. The preset dev builds without it, so that a missing #include is seen.
set(allocviz_common_headers <algorithm> <cstdint> <functional> <map> <memory> <optional> <span> <string> <string_view>
    <variant> <vector> <fmt/format.h>)

# What prints or draws runs for milliseconds and takes minutes to optimise with all that a sanitizer adds: not there.
function(allocviz_unoptimised_when_sanitized)
  if(ALLOCVIZ_SANITIZE AND NOT ALLOCVIZ_FUZZ)
    foreach(target ${ARGN})
      target_compile_options(${target} PRIVATE -O0)
    endforeach()
  endif()
endfunction()

# allocviz_precompile(TARGET [further headers...])
function(allocviz_precompile target)
  if(ALLOCVIZ_PCH AND TARGET ${target})
    target_precompile_headers(${target} PRIVATE ${allocviz_common_headers} ${ARGN})
  endif()
endfunction()
