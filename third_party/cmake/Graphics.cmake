# Dear ImGui, GLFW, EGL and the generated OpenGL loader.
