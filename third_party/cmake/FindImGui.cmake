# Dear ImGui as Debian packages it: headers, the GLFW and OpenGL3 back ends in one archive, its pkg-config file.
# Defines imgui::imgui. Works by pkg-config where there is one, else by looking for header and archive.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PC_IMGUI QUIET imgui)
endif()
find_path(ImGui_INCLUDE_DIR imgui.h HINTS ${PC_IMGUI_INCLUDE_DIRS} PATH_SUFFIXES imgui)
find_library(ImGui_LIBRARY imgui HINTS ${PC_IMGUI_LIBRARY_DIRS})
# Debian's ImGui is built without its own copies of stb_truetype and stb_rect_pack: they are in libstb.
find_library(ImGui_STB_LIBRARY stb)
if(ImGui_INCLUDE_DIR)
  file(STRINGS ${ImGui_INCLUDE_DIR}/imgui.h version_line REGEX "#define +IMGUI_VERSION +\"")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" ImGui_VERSION "${version_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ImGui REQUIRED_VARS ImGui_LIBRARY ImGui_INCLUDE_DIR VERSION_VAR ImGui_VERSION)
mark_as_advanced(ImGui_INCLUDE_DIR ImGui_LIBRARY ImGui_STB_LIBRARY)

if(ImGui_FOUND AND NOT TARGET imgui::imgui)
  add_library(imgui::imgui UNKNOWN IMPORTED)
  set_target_properties(imgui::imgui PROPERTIES IMPORTED_LOCATION ${ImGui_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${ImGui_INCLUDE_DIR})
  if(ImGui_STB_LIBRARY)
    target_link_libraries(imgui::imgui INTERFACE ${ImGui_STB_LIBRARY})
  endif()
  target_link_libraries(imgui::imgui INTERFACE ${CMAKE_DL_LIBS})   # its OpenGL loader opens libGL itself
endif()
