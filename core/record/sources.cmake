include(GNUInstallDirs)
# The sources of core/record that alloctrace is made of, relative to core/; preload.cmake has those of the library.
list(APPEND record_sources
  record/launch.cpp
  record/sites.cpp
  record/spool_events.cpp
  record/spool_reader.cpp
  record/symbols.cpp
  record/write_out.cpp)
set_source_files_properties(record/launch.cpp PROPERTIES
  COMPILE_DEFINITIONS "ALLOCVIZ_LIBRARY_FOLDER=\"${CMAKE_INSTALL_LIBDIR}\"")
if(TARGET libdw::libdw)
  set_source_files_properties(record/symbols.cpp PROPERTIES COMPILE_DEFINITIONS ALLOCVIZ_HAS_LIBDW=1)
endif()
