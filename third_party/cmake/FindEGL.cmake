# EGL, to draw without a display. Defines EGL::EGL. (CMake's own FindOpenGL has an EGL component, but asks for GLX or
# an umbrella libGL beside it, which nothing here links.)
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PC_EGL QUIET egl)
endif()
find_path(EGL_INCLUDE_DIR EGL/egl.h HINTS ${PC_EGL_INCLUDE_DIRS})
find_library(EGL_LIBRARY EGL HINTS ${PC_EGL_LIBRARY_DIRS})

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(EGL REQUIRED_VARS EGL_LIBRARY EGL_INCLUDE_DIR)
mark_as_advanced(EGL_INCLUDE_DIR EGL_LIBRARY)

if(EGL_FOUND AND NOT TARGET EGL::EGL)
  add_library(EGL::EGL UNKNOWN IMPORTED)
  set_target_properties(EGL::EGL PROPERTIES IMPORTED_LOCATION ${EGL_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${EGL_INCLUDE_DIR})
endif()
