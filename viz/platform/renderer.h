// What stands between ImGui and OpenGL 3.3, for the window and for pictures alike. Its GL context is current
// throughout.
#pragma once

#include "core/trace/trouble.h"
#include "viz/platform/fonts.h"
#include "viz/platform/png.h"

namespace allocviz::platform {

using GetProc = void (*(*)(const char* name))();

// Loads the GL functions, starts ImGui's OpenGL back end and takes the panels' textures. Trouble when the driver offers
// less than OpenGL 3.3. One at a time.
class Renderer {
 public:
  [[nodiscard]] static trace::Status start(GetProc get_proc);
  static void stop();

  // Fonts for this scale, unless they are loaded already; between frames.
  static void use_fonts(const FontFolders& where, float scale);
  static void new_frame();
  // Clears to `ground` and draws what ImGui::Render() left, into the framebuffer that is bound.
  static void draw(int width, int height, draw::Color ground);
  static void finish();  // waits until it is drawn
  // What was drawn, from the framebuffer that is bound.
  [[nodiscard]] static Image read(int width, int height);
};

}  // namespace allocviz::platform
