# Finds every dependency, or says by name which package is missing and what it is called on other systems.
find_package(Threads REQUIRED)

# allocviz_find(PACKAGE DEBIAN "elsewhere"): find_package with a message somebody can act on.
macro(allocviz_find package debian elsewhere)
  find_package(${package} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "${package} was not found. Debian and Ubuntu: apt install ${debian}. Elsewhere: ${elsewhere}")
  endif()
endmacro()

allocviz_find(fmt libfmt-dev "fmt (Fedora fmt-devel, Arch fmt, Homebrew fmt, vcpkg fmt)")
allocviz_find(nlohmann_json nlohmann-json3-dev "nlohmann/json (Fedora json-devel, Arch nlohmann-json, Homebrew nlohmann-json)")
allocviz_find(CLI11 libcli11-dev "CLI11 (Fedora cli11-devel, Arch cli11, Homebrew cli11)")
allocviz_find(LibArchive libarchive-dev "libarchive (Fedora libarchive-devel, Arch libarchive, Homebrew libarchive)")
allocviz_find(ZLIB zlib1g-dev "zlib")

# zstd ships a CMake package in some releases only: look for header and library by hand.
find_path(ZSTD_INCLUDE_DIR zstd.h)
find_library(ZSTD_LIBRARY zstd)
if(NOT ZSTD_INCLUDE_DIR OR NOT ZSTD_LIBRARY)
  message(FATAL_ERROR "zstd was not found. Debian and Ubuntu: apt install libzstd-dev. Elsewhere: zstd (Fedora libzstd-devel, Arch zstd, Homebrew zstd)")
endif()
if(NOT TARGET zstd::zstd)
  add_library(zstd::zstd INTERFACE IMPORTED)
  target_include_directories(zstd::zstd INTERFACE ${ZSTD_INCLUDE_DIR})
  target_link_libraries(zstd::zstd INTERFACE ${ZSTD_LIBRARY})
endif()

if(NOT TARGET LibArchive::LibArchive)
  add_library(LibArchive::LibArchive INTERFACE IMPORTED)
  target_include_directories(LibArchive::LibArchive INTERFACE ${LibArchive_INCLUDE_DIRS})
  target_link_libraries(LibArchive::LibArchive INTERFACE ${LibArchive_LIBRARIES})
endif()

# protozero is headers alone and ships no CMake package.
find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_reader.hpp)
if(NOT PROTOZERO_INCLUDE_DIR)
  message(FATAL_ERROR "protozero was not found. Debian and Ubuntu: apt install libprotozero-dev. Elsewhere: protozero (Fedora protozero-devel, Arch protozero, Homebrew protozero)")
endif()
if(NOT TARGET protozero::protozero)
  add_library(protozero::protozero INTERFACE IMPORTED)
  target_include_directories(protozero::protozero INTERFACE ${PROTOZERO_INCLUDE_DIR})
endif()

# libdw names the functions and lines that call stacks go through; without it they are module and offset.
find_path(LIBDW_INCLUDE_DIR elfutils/libdwfl.h)
find_library(LIBDW_LIBRARY dw)
if(LIBDW_INCLUDE_DIR AND LIBDW_LIBRARY)
  if(NOT TARGET libdw::libdw)
    add_library(libdw::libdw INTERFACE IMPORTED)
    target_include_directories(libdw::libdw INTERFACE ${LIBDW_INCLUDE_DIR})
    target_link_libraries(libdw::libdw INTERFACE ${LIBDW_LIBRARY})
  endif()
else()
  message(STATUS "alloctrace record: call sites without names. Debian and Ubuntu: apt install libdw-dev. Elsewhere: elfutils")
endif()
