// Draws a State to pixels without a display: --screenshot, the gallery, golden images.
#pragma once

#include <memory>
#include <string>

#include "core/trace/trouble.h"
#include "viz/app/state.h"
#include "viz/draw/stage_cache.h"
#include "viz/draw/vector.h"
#include "viz/platform/fonts.h"
#include "viz/platform/offscreen.h"

namespace allocviz::platform {

struct PictureSize {
  int width = 1280, height = 800;  // pixels
  float scale = 1;                 // as a monitor's content scale; the state's own scale comes on top
};

class Painter {
 public:
  [[nodiscard]] static trace::Result<std::unique_ptr<Painter>> create(FontFolders fonts = default_font_folders());
  ~Painter();
  Painter(const Painter&) = delete;
  Painter& operator=(const Painter&) = delete;

  // The window as it looks at rest: motion has come to its end, nothing is being loaded, no mouse is near.
  [[nodiscard]] trace::Result<Image> draw(app::State& state, const PictureSize& size);
  // The same as shapes (SVG): of a slide, for a window's controls are ImGui's and no shapes of ours.
  [[nodiscard]] trace::Result<std::string> draw_svg(app::State& state, const PictureSize& size);
  // How long the CPU part of the slowest frame of the last picture took: panels and draw lists, no GL.
  [[nodiscard]] double slowest_frame_ms() const { return slowest_frame_ms_; }

 private:
  Painter() = default;
  [[nodiscard]] trace::Status draw_frames(app::State& state, const PictureSize& size, draw::VectorPicture* shapes);
  void one_frame(app::State& state, const PictureSize& size, draw::Caches& caches);

  FontFolders fonts_;
  std::unique_ptr<Offscreen> offscreen_;
  bool started_ = false;
  double slowest_frame_ms_ = 0;
};

}  // namespace allocviz::platform
