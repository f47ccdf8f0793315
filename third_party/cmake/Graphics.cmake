# Dear ImGui, GLFW, EGL and the generated OpenGL loader.
allocviz_find(ImGui libimgui-dev "Dear ImGui 1.86 or newer, with its GLFW and OpenGL3 back ends (Arch imgui, vcpkg imgui[glfw-binding,opengl3-binding])")
allocviz_find(glfw3 libglfw3-dev "GLFW 3.3 or newer (Fedora glfw-devel, Arch glfw, Homebrew glfw)")
allocviz_find(EGL libegl-dev "EGL headers and library (Fedora mesa-libEGL-devel, Arch libglvnd)")

find_path(STB_INCLUDE_DIR stb/stb_image_write.h)
if(NOT STB_INCLUDE_DIR)
  message(FATAL_ERROR "stb/stb_image_write.h was not found. Debian and Ubuntu: apt install libstb-dev. Elsewhere: stb (Fedora stb-devel, Arch stb)")
endif()

# The OpenGL 3.3 core loader is generated when it is first needed; no network, byte for byte the same each time.
find_program(GLAD_COMMAND glad)
if(NOT GLAD_COMMAND)
  message(FATAL_ERROR "The command glad was not found. Debian and Ubuntu: apt install python3-glad. Elsewhere: pip install glad2")
endif()
set(glad_header ${CMAKE_BINARY_DIR}/glad/include/glad/gl.h)
add_custom_command(OUTPUT ${glad_header}
  COMMAND ${GLAD_COMMAND} --api gl:core=3.3 --extensions "" --out-path ${CMAKE_BINARY_DIR}/glad --reproducible --quiet c --header-only
  COMMENT "Generating the OpenGL 3.3 loader" VERBATIM)
add_custom_target(glad_header DEPENDS ${glad_header})
add_library(glad INTERFACE)
target_include_directories(glad SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/glad/include)
add_dependencies(glad glad_header)
