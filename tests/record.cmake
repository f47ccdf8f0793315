# alloctrace record. The programs it is tried on are never instrumented: a sanitizer's own allocator would stand before ours.
if(TARGET alloctrace_record)
  find_package(Threads REQUIRED)
  add_executable(record_subject record_subject.cpp)
  target_link_libraries(record_subject PRIVATE Threads::Threads)
  add_executable(record_early record_early.cpp)
  set_target_properties(record_early PROPERTIES ENABLE_EXPORTS ON)
  add_executable(record_static record_static.cpp)
  target_link_options(record_static PRIVATE -static)
  foreach(program record_subject record_early record_static)
    target_compile_features(${program} PRIVATE cxx_std_20)
    target_compile_options(${program} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -O2 -g -fomit-frame-pointer
      -fno-optimize-sibling-calls -fno-builtin)
  endforeach()
  foreach(plugin one:901 two:902)
    string(REPLACE ":" ";" plugin ${plugin})
    list(GET plugin 0 name)
    list(GET plugin 1 size)
    add_library(record_plugin_${name} MODULE record_plugin.cpp)
    target_compile_definitions(record_plugin_${name} PRIVATE PLUGIN_FUNCTION=plugin_${name} PLUGIN_SIZE=${size})
  endforeach()
  target_link_libraries(record_subject PRIVATE ${CMAKE_DL_LIBS})
  add_library(record_slow_fork MODULE record_slow_fork.cpp)
  target_link_libraries(record_slow_fork PRIVATE ${CMAKE_DL_LIBS})

  allocviz_test(record_test
    SOURCES
      record_events.cpp
      record_spool.cpp
      record_programs.cpp
      record_support.cpp
      record_trouble.cpp
    LIBS cli_support)
  target_compile_definitions(record_test PRIVATE
    RECORD_SUBJECT="$<TARGET_FILE:record_subject>" RECORD_EARLY="$<TARGET_FILE:record_early>"
    RECORD_STATIC="$<TARGET_FILE:record_static>" RECORD_LIBRARY="$<TARGET_FILE:alloctrace_record>")
  target_compile_definitions(record_test PRIVATE RECORD_PLUGIN_ONE="$<TARGET_FILE:record_plugin_one>"
    RECORD_PLUGIN_TWO="$<TARGET_FILE:record_plugin_two>" RECORD_SLOW_FORK="$<TARGET_FILE:record_slow_fork>")
  add_dependencies(record_test record_plugin_one record_plugin_two record_slow_fork alloctrace alloctrace_record record_subject record_early record_static)
endif()
