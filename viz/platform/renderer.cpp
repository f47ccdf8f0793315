#include "viz/platform/renderer.h"

#include <dlfcn.h>
#include <imgui.h>
// imgui_impl_opengl3.h stands in backends/ where Debian's pkg-config puts it, beside imgui.h elsewhere.
#if __has_include(<backends/imgui_impl_opengl3.h>)
#include <backends/imgui_impl_opengl3.h>
#else
#include <imgui_impl_opengl3.h>
#endif

#define GLAD_GL_IMPLEMENTATION
#include <glad/gl.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "viz/panels/ui.h"

namespace allocviz::platform {
namespace {

struct Texture {
  GLuint name = 0;
  int width = 0, height = 0;
};

// ui::upload is a plain function, and there is one GL context a process: so is there one of these.
struct Shared {
  std::map<std::string, Texture, std::less<>> textures;
  float font_scale = 0;
};
Shared shared;

std::uintptr_t upload(std::string_view name, const draw::Color* pixels, int width, int height) {
  if (width <= 0 || height <= 0) return 0;
  auto found = shared.textures.find(name);
  if (found == shared.textures.end()) {
    found = shared.textures.emplace(name, Texture{}).first;
    glGenTextures(1, &found->second.name);
  }
  Texture& texture = found->second;
  GLint bound = 0;  // ImGui's back end keeps track of what it bound itself
  glGetIntegerv(GL_TEXTURE_BINDING_2D, &bound);
  glBindTexture(GL_TEXTURE_2D, texture.name);
  if (texture.width != width || texture.height != height) {
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
    texture.width = width;
    texture.height = height;
  } else {
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
  }
  glBindTexture(GL_TEXTURE_2D, static_cast<GLuint>(bound));
  return texture.name;
}

// Dear ImGui's loader closes the library that it opened when its back end stops, and some versions (1.92.2) begin the
// next time with the pointers into it. So it stays; it is not opened here where the loader took another one.
void keep_library() {
  for (const char* name : {"libOpenGL.so.0", "libGL.so.1", "libGL.so"}) {
    if (void* const library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE)) dlclose(library);
  }
}

}  // namespace

trace::Status Renderer::start(GetProc get_proc) {
  const int version = gladLoadGL(reinterpret_cast<GLADloadfunc>(get_proc));
  if (version < GLAD_MAKE_VERSION(3, 3)) {
    return trace::Trouble{.what = "OpenGL 3.3 is not offered by this driver",
                          .where = {},
                          .todo = "update the graphics driver, or set LIBGL_ALWAYS_SOFTWARE=1 to draw without it"};
  }
  ImGui_ImplOpenGL3_Init("#version 330 core");
  keep_library();
  ui::set_upload(&upload);
  return trace::Done{};
}

void Renderer::stop() {
  for (const auto& [name, texture] : shared.textures) glDeleteTextures(1, &texture.name);
  shared = {};
  ui::set_upload(nullptr);
  ImGui_ImplOpenGL3_Shutdown();
}

void Renderer::use_fonts(const FontFolders& where, float scale) {
  if (scale == shared.font_scale) return;
  [[maybe_unused]] const bool again = shared.font_scale != 0;  // the first time, new_frame() makes the texture
  shared.font_scale = scale;
  load_fonts(where, scale);
#if IMGUI_VERSION_NUM < 19200
  if (again) {
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
  }
#endif
}

void Renderer::new_frame() {
  ImGui_ImplOpenGL3_NewFrame();
}

void Renderer::draw(int width, int height, draw::Color ground) {
  const ImVec4 color = ImGui::ColorConvertU32ToFloat4(ground);
  glViewport(0, 0, width, height);
  glDisable(GL_SCISSOR_TEST);
  glClearColor(color.x, color.y, color.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

void Renderer::finish() {
  glFinish();
}

Image Renderer::read(int width, int height) {
  Image image{.width = width, .height = height, .pixels = {}};
  const auto row = static_cast<std::size_t>(width);
  image.pixels.resize(row * static_cast<std::size_t>(height));
  glPixelStorei(GL_PACK_ALIGNMENT, 4);
  glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, image.pixels.data());
  for (draw::Color& pixel : image.pixels) pixel |= 0xff00'0000u;
  const auto line = [&image, row](int y) { return image.pixels.begin() + static_cast<std::ptrdiff_t>(row) * y; };
  for (int y = 0; y < height / 2; ++y) {  // GL counts rows from the bottom
    std::swap_ranges(line(y), line(y + 1), line(height - 1 - y));
  }
  return image;
}

}  // namespace allocviz::platform
